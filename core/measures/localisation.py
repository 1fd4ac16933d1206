"""Localisation: which objects of an image count, and the floor that a fixed centred disc reaches."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from core.errors import NotDefined
from core.measures.interval import Estimate, bootstrap
from core.measures.overlap import Box, box_iou, iou, largest_box, mass_inside
from core.probes.probe import Instance, Probe

FOUND = 0.5
RADIUS = 0.3  # of the shorter side: on the Menagerie its mean IoU is above those of 0.2 and 0.4
Progress = Callable[[int, int, str], None]


def best_iou(box: Box | None, truth: Iterable[Box]) -> float:
    """The largest IoU of a box with any of the true ones; 0 without a box or without truth."""
    return 0.0 if box is None else max((box_iou(box, one) for one in truth), default=0.0)


def centred_disc(height: int, width: int, radius: float = RADIUS) -> np.ndarray:
    """A disc in the middle, its radius as a share of the shorter side.  -> (height, width) bool"""
    rows, columns = np.ogrid[:height, :width]
    distance = (rows - (height - 1) / 2) ** 2 + (columns - (width - 1) / 2) ** 2
    return distance <= (radius * min(height, width)) ** 2


def disc_floor(
    probe: Probe,
    indices: Sequence[int],
    *,
    radius: float = RADIUS,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Estimate]:
    """How well a fixed centred disc does, by measure: what every map must beat on this probe.

    'iou' with the mask of the labelled class, 'mass' (share of the disc inside the mask), 'pointing' (is the centre
    inside), 'box' (share of images where the disc's box has IoU >= 0.5 with an instance's box). A measure whose
    annotation the probe lacks is left out.  Raises NotDefined where it has neither masks nor boxes of instances.
    """
    rows: dict[str, list[float]] = {"iou": [], "mass": [], "pointing": [], "box": []}
    for done, index in enumerate(indices):
        if progress:
            progress(done, len(indices), "Centred disc")
        instances = labelled_instances(probe, int(index))
        if not instances:
            continue
        for name, value in _disc_scores(probe, int(index), instances, radius).items():
            rows[name].append(value)
    if not any(rows.values()):
        raise NotDefined(f"{probe.title} has no masks or boxes of its objects, so nothing can be localised on it")
    return {name: bootstrap(values, seed) for name, values in rows.items() if values}


def labelled_instances(probe: Probe, index: int) -> tuple[Instance, ...]:
    """The instances of the class that an image is labelled with; all of them where it has no label."""
    label = probe.label(index)
    found = probe.instances(index)
    return found if label is None else tuple(one for one in found if one.class_name == probe.classes[label])


def instances_of(probe: Probe, index: int, class_name: str) -> tuple[Instance, ...]:
    """The instances of a class in an image; upper and lower case and underscores do not matter."""
    return tuple(one for one in probe.instances(index) if plain(one.class_name) == plain(class_name))


def plain(name: str) -> str:
    """A class's name as it is compared between a probe and a network."""
    return name.casefold().replace("_", " ")


def search_split(splits: Sequence[str], split: str) -> str:
    """Where thresholds are searched: on 'val', else on the first other split, else, with none left, on the same."""
    return next((name for name in ("val", *splits) if name in splits and name != split), split)


def _disc_scores(probe: Probe, index: int, instances: tuple[Instance, ...], radius: float) -> dict[str, float]:
    masks = [one.mask for one in instances if one.mask is not None]
    height, width = masks[0].shape if masks else probe.image(index).shape[:2]
    disc = centred_disc(height, width, radius)
    scores = {"box": float(best_iou(largest_box(disc), [Box(*one.box) for one in instances]) >= FOUND)}
    if masks:
        truth = np.logical_or.reduce(masks)
        pointing = float(truth[height // 2, width // 2])
        scores |= {"iou": iou(disc, truth), "mass": mass_inside(disc, truth), "pointing": pointing}
    return scores
