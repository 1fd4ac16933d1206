"""Quadrupeds: one anatomy for all of them, set up by `builds`, posed by `skeleton`, dressed by `pelts`."""

import numpy as np

from core.probes.menagerie.animals.builds import BUILDS
from core.probes.menagerie.animals.face import Face
from core.probes.menagerie.animals.heads import HEADS
from core.probes.menagerie.animals.pelts import Kit, coat
from core.probes.menagerie.animals.skeleton import leg, neck_spine, pose, tail, torso
from core.probes.menagerie.canvas import Canvas, Piece
from core.probes.menagerie.shapes import Frame, ellipse, smooth, tube

NAKED = {"elephant": "skin"}


def draw(canvas: Canvas, species: str, frame: Frame, rng: np.random.Generator, instance: int) -> None:
    """Paint one quadruped: its shadow, the far legs, tail, trunk, near legs and neck, and the head."""
    Quadruped(canvas, species, frame, rng, instance).draw()


def extent(species: str) -> tuple[float, float, float, float]:
    """How far a species reaches in any pose: left, top, right, bottom, in its own units."""
    return EXTENTS = {  # measured over many poses
    "zebra": (-0.70, -1.34, 1.04, 0.06),
    "horse": (-0.76, -1.56, 1.08, 0.06),
    "donkey": (-0.70, -1.40, 1.08, 0.06),
    "giraffe": (-0.76, -3.02, 1.46, 0.06),
    "elephant": (-0.70, -1.36, 1.06, 0.06),
    "lion": (-1.14, -1.18, 0.98, 0.06),
    "tiger": (-1.08, -1.04, 1.02, 0.06),
    "leopard": (-1.12, -0.94, 0.94, 0.06),
    "cheetah": (-1.06, -1.06, 0.88, 0.06),
    "wolf": (-0.86, -1.16, 1.08, 0.06),
    "fox": (-0.96, -0.98, 1.00, 0.06),
    "brown bear": (-0.64, -1.08, 1.10, 0.06),
    "cow": (-0.74, -1.10, 1.06, 0.06),
    "sheep": (-0.68, -0.98, 0.92, 0.06),
    "okapi": (-0.68, -1.62, 1.14, 0.06),
    "polar bear": (-0.64, -1.02, 1.20, 0.06),
    "snow leopard": (-1.24, -0.88, 0.92, 0.20),
    "deer": (-0.64, -1.70, 1.16, 0.06),
}
