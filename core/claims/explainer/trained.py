"""The explainers that the claims are about and what they do on pictures, each made once."""

from typing import Any

import numpy as np

from core.claims.bench import Bench
from core.engine import parts
from core.engine.parts import Explained
from core.errors import NotDefined
from core.measures.part_places import Annotated
from core.methods.explainer.looking import Looked
from core.methods.explainer.training import Diverged, Settings

SEEDS = (0, 1, 2)
OFF, UNMASKED, BARE = "filter loss off", "mask off", "filter loss and mask off"
ELSEWHERE, EXACT = "templates at random places", "the exact gradient"
VARIANTS: dict[str, dict[str, Any]] = {
    OFF: {"filter_loss": "off"},
    UNMASKED: {"masked": False},
    BARE: {"filter_loss": "off", "masked": False},
    ELSEWHERE: {"filter_loss": "random places"},
}


def require_apart(bench: Bench) -> None:
    """Raises NotDefined where there are no pictures but those that an explainer is trained on."""
    if not parts.apart(bench.probe):
        raise NotDefined(f"{bench.probe.title} has no split 'test' apart from the pictures that are trained on")


def explained(bench: Bench, **settings: Any) -> Explained:
    """The explainer, or one with other settings.  Raises NotDefined, Diverged."""
    require_apart(bench)
    asked = Settings(**{"epochs": bench.sizes.epochs, **settings})
    images = bench.sizes.explained
    return bench.once(
        ("explainer", asked),
        lambda: parts.explained(bench.network, bench.probe, images=images, settings=asked, progress=bench.tell),
    )


def looked(bench: Bench, **settings: Any) -> Looked:
    """What the same does on pictures that it was not trained on."""
    of = explained(bench, **settings)
    return bench.once(
        ("looked", of.settings),
        lambda: parts.looked(bench.network, bench.probe, of, images=bench.sizes.looked, progress=bench.tell),
    )


def variant(bench: Bench, name: str) -> Looked | None:
    """The same of a control; None where its training ran away."""
    try:
        return looked(bench, **VARIANTS[name])
    except Diverged:
        return None


def marked(bench: Bench) -> tuple[Annotated, np.ndarray]:
    """Landmarks and parts of these pictures, and their classes as the network counts them, (N,), -1 where not exactly
    one object of the class is in the picture."""
    found = bench.once(
        "marked",
        lambda: parts.marked(bench.network, bench.probe, images=bench.sizes.looked, progress=bench.tell),
    )
    return found, parts.own_labels(bench.network, bench.probe, found.labels)
