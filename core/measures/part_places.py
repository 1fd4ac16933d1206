"""What a probe says of its pictures' parts, as arrays that part stability is measured on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import NotDefined
from core.networks.layers import Layer
from core.networks.network import Network
from core.probes.probe import Instance, Probe

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Annotated:
    """Of N pictures, for a layer with P positions; places are (row, column) in pixels of the picture.

    `labels` (N,) int64 into the probe's classes, -1 where not exactly one object of the class is there; `landmarks`,
    their names (L); `points` (N, L, 2), NaN where that object has no such landmark; `visible` (N, L) bool; `diagonals`
    (N,) of the object's box in pixels, 1 where there is none; `places` (N, P, 2), where the layer's positions look;
    `parts`, their names; `part_at` (N, P) int64, the part of any object that has most pixels in a position's own square
    (as wide as positions are apart: at its middle alone a part of a few pixels would be missed), -1 for none.
    """

    labels: np.ndarray
    landmarks: tuple[str, ...]
    points: np.ndarray
    visible: np.ndarray
    diagonals: np.ndarray
    places: np.ndarray
    parts: tuple[str, ...]
    part_at: np.ndarray


def annotated(
    probe: Probe, indices: Sequence[int], network: Network, layer: Layer, progress: Progress | None = None
) -> Annotated:
    """The pictures at some indices of a probe, as a layer of a network looks at them.  Raises NotDefined where the
    probe marks no landmarks."""
    if not {"labels", "landmarks"} <= probe.offers:
        raise NotDefined(f"{probe.title} marks no landmarks, so it cannot be said how steadily a filter finds a part")
    middles = network.centres(layer)
    labels, objects, places, part_at = [], [], [], []
    parts: dict[str, int] = {}
    for done, index in enumerate(indices, 1):
        instances, label = probe.instances(int(index)), probe.label(int(index))
        alone = [] if label is None else [one for one in instances if one.class_name == probe.classes[label]]
        size = probe.image(int(index)).shape[:2]
        seen = network.preprocessing.place(*middles, *size)
        labels.append(label if len(alone) == 1 else -1)
        objects.append(alone[0] if len(alone) == 1 else None)
        places.append(np.stack(np.meshgrid(*seen, indexing="ij"), 2))
        part_at.append(_part_at(instances, seen, size, parts))
        if progress:
            progress(done, len(indices), "parts of the pictures")
    names = tuple(dict.fromkeys(mark.name for one in objects if one for mark in one.landmarks))
    points, visible, diagonals = _marks(objects, names)
    positions = layer.shape[1] * layer.shape[2]
    return Annotated(
        np.array(labels, np.int64),
        names,
        points,
        visible,
        diagonals,
        np.array(places).reshape(len(labels), positions, 2),
        tuple(parts),
        np.array(part_at, np.int64).reshape(len(labels), positions),
    )


def _part_at(
    instances: Sequence[Instance], middles: Sequence[np.ndarray], size: tuple[int, int], parts: dict[str, int]
) -> np.ndarray:
    """The part with most pixels in each position's square, numbered in `parts`, to which new names are added; the
    middles of rows (h,) and columns (w,) in pixels -> (h, w)"""
    rows, columns = (_squares(*one) for one in zip(middles, size, strict=True))
    counts: dict[int, np.ndarray] = {}
    for instance in instances:
        for name, mask in (instance.parts or {}).items():
            number = parts.setdefault(name, len(parts))
            counts[number] = counts.get(number, 0) + rows @ mask.astype(np.float32) @ columns.T
    if not counts:
        return np.full((len(rows), len(columns)), -1)
    numbers, pixels = np.array(list(counts)), np.stack(list(counts.values()))
    return np.where(pixels.max(0) > 0, numbers[pixels.argmax(0)], -1)


def _squares(middles: np.ndarray, length: int) -> np.ndarray:
    """Which of `length` pixels belong to each position, all of a side where there is one position only.
    -> (positions, length) float32"""
    half = (middles[1] - middles[0]) / 2 if len(middles) > 1 else length
    pixels = np.arange(length) + 0.5
    return ((pixels >= middles[:, None] - half) & (pixels < middles[:, None] + half)).astype(np.float32)


def _marks(objects: Sequence[Instance | None], names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Landmarks (N, L, 2), which are visible (N, L), and the boxes' diagonals (N,); the first of several of a name."""
    points = np.full((len(objects), len(names), 2), np.nan)
    visible, diagonals = np.zeros(points.shape[:2], bool), np.ones(len(objects))
    for n, one in enumerate(objects):
        if one is None:
            continue
        top, left, bottom, right = one.box
        diagonals[n] = np.hypot(bottom - top, right - left)
        for mark in reversed(one.landmarks):
            at = names.index(mark.name)
            points[n, at], visible[n, at] = (mark.row, mark.column), mark.visible
    return points, visible, diagonals
