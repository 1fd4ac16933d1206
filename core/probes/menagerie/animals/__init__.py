"""Every animal of the Menagerie: `draw_animal` for any species, whatever its body plan."""

from types import ModuleType

import numpy as np

from core.probes.menagerie.animals import bird, quadruped, reptile, swimmer
from core.probes.menagerie.canvas import Canvas
from core.probes.menagerie.shapes import Frame
from core.probes.menagerie.species import SPECIES

PLANS = {"quadruped": quadruped, "bird": bird, "swimmer": swimmer, "reptile": reptile}


def draw_animal(canvas: Canvas, species: str, frame: Frame, rng: np.random.Generator, instance: int) -> None:
    """Paint one animal with its shadow, labels and landmarks where `frame` says, in a pose of its own."""
    _plan(species).draw(canvas, species, frame, rng, instance)


def extent(species: str) -> tuple[float, float, float, float]:
    """How far a species reaches in its own units in any pose: left, top, right, bottom."""
    return _plan(species).extent(species)


def _plan(species: str) -> ModuleType:
    return PLANS[next(known.plan for known in SPECIES if known.name == species)]
