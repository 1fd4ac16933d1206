"""CHIP's table II and figure 7: localisation errors and IoU of methods, with thresholds from other images.

The error of ILSVRC localisation (Russakovsky et al., IJCV 2015), as CHIP's table II and Grad-CAM's table 1 use it: an
image is wrong unless a predicted class is right and its box has an IoU of at least 0.5 with a true box of that class.
Top-1 looks at the most probable class only, top-5 at the five most probable, each with its own map and box. The share
of the maximum at which maps are cut is searched per method on one split and applied to another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.measures.boxes import DISC, THRESHOLDS, Placed
from core.measures.interval import Estimate, bootstrap
from core.measures.localisation import FOUND


@dataclass(frozen=True)
class Score:
    """One method's row of CHIP's table II, with what stands behind it.

    `threshold` gave the lowest top-1 error on the images searched, `pixel_threshold` the largest mean IoU of regions;
    NaN for the disc. top1 and top5: localisation errors; area: median of predicted over true area, `pixel`: mean IoU of
    the region with the object's mask, both over images whose most probable class is right. boxes (n, 4) int32 and iou
    (n,): of the most probable class's box, -1 and 0 where there is none; wrong (n, 2) bool: top 1, top 5; ratio (n,)
    and overlap (n,): the single values of `area` and `pixel`, NaN for images that do not count.
    """

    method: str
    threshold: float
    top1: Estimate
    top5: Estimate
    area: Estimate
    pixel_threshold: float
    pixel: Estimate
    boxes: np.ndarray
    iou: np.ndarray
    wrong: np.ndarray
    ratio: np.ndarray
    overlap: np.ndarray


@dataclass(frozen=True)
class Localisation:
    """Table II on a probe's images: indices (n,), first (n,), the most probable class, rank (n,), the place of the own
    class among the five most probable or -1; true boxes {index: (k, 4)}; scores by method, the disc's among them;
    `undefined` {method: why it has no row}; `note` says why results could not be kept, where they could not."""

    indices: np.ndarray
    first: np.ndarray
    rank: np.ndarray
    truth: Mapping[int, np.ndarray]
    scores: Mapping[str, Score]
    undefined: Mapping[str, str]
    note: str = ""

    def class_error(self, top: int) -> Estimate:
        """Share of images whose own class is not among the `top` most probable."""
        return bootstrap((self.rank < 0) | (self.rank >= top))

    def difference(self, first: str, second: str, top: int = 1) -> Estimate:
        """Localisation error of one method minus another's, paired over images."""
        one, other = (self.scores[name].wrong[:, 0 if top == 1 else 1].astype(float) for name in (first, second))
        return bootstrap(one - other)

    def pixel_difference(self, first: str, second: str) -> Estimate:
        """IoU of one method's regions with the masks minus that of another's, paired over images."""
        return bootstrap(self.scores[first].overlap - self.scores[second].overlap)

    def gains(self, first: str, second: str, pixels: bool = False) -> np.ndarray:
        """Rows where the class is right, by how much more IoU the first method's box has (`pixels`: its region): the
        largest gain first.  -> (m,) int64"""
        one, other = (self.scores[name].overlap if pixels else self.scores[name].iou for name in (first, second))
        gain = one - other
        order = np.argsort(-gain, kind="stable")
        return order[(self.rank[order] == 0) & ~np.isnan(gain[order])]


def wrong(placed: Placed) -> np.ndarray:
    """Localisation errors at every threshold: class wrong or IoU < 0.5; none of five classes right with IoU >= 0.5.
    -> (n, 2, T) bool, top 1 and top 5"""
    found = placed.ious() >= FOUND
    right = np.stack([placed.rank == 0, placed.rank >= 0], 1)[..., None]
    return ~(found & right)


def best_threshold(placed: Placed) -> int:
    """The threshold with the lowest top-1 error; among equals the one with the largest mean IoU.  -> its number"""
    errors, overlaps = wrong(placed)[:, 0].mean(0), placed.ious()[:, 0].mean(0)
    return int(np.lexsort((-overlaps, errors))[0])


def best_pixel_threshold(placed: Placed) -> int:
    """The threshold with the largest mean IoU of regions where the class is right; the first where there are none."""
    values = placed.pixel[placed.rank == 0]
    return int(np.nan_to_num(values, nan=-1.0).mean(0).argmax()) if len(values) else 0


def score(method: str, placed: Placed, searched: Placed) -> Score:
    """One row of the table: thresholds from `searched`, errors from `placed`."""
    t, p = best_threshold(searched), best_pixel_threshold(searched)
    right = placed.rank == 0
    errors = wrong(placed)[:, :, t]
    ratio = np.where(right, placed.areas()[:, t], np.nan)
    overlap = np.where(right, placed.pixel[:, p], np.nan)
    fixed = method == DISC
    return Score(
        method,
        float("nan") if fixed else THRESHOLDS[t],
        bootstrap(errors[:, 0]),
        bootstrap(errors[:, 1]),
        bootstrap(ratio, of=np.median),
        float("nan") if fixed else THRESHOLDS[p],
        bootstrap(overlap),
        placed.boxes[:, 0, t],
        placed.ious()[:, 0, t],
        errors,
        ratio,
        overlap,
    )


def table(scores: Mapping[str, tuple[Placed, Placed]], undefined: Mapping[str, str], note: str = "") -> Localisation:
    """Rows for all methods of the same images.  {method: (placed, searched)}"""
    made = {method: score(method, *both) for method, both in scores.items()}
    one = next(iter(scores.values()))[0]
    truth = {int(index): one.truth[one.owner == index] for index in one.indices}
    return Localisation(one.indices, one.first, one.rank, truth, made, dict(undefined), note)


def joined(tables: Sequence[Localisation]) -> Localisation:
    """Tables of the same images with other methods, as one; the disc's row at the end."""
    scores = {name: one for part in tables for name, one in part.scores.items() if name != DISC}
    undefined = {name: reason for part in tables for name, reason in part.undefined.items()}
    note = next((part.note for part in tables if part.note), "")
    return replace(tables[0], scores={**scores, DISC: tables[0].scores[DISC]}, undefined=undefined, note=note)


def rows(found: Localisation) -> list[dict[str, str | float]]:
    """The table as plain numbers for a file: errors as shares, each with the ends of its interval; the classification
    errors as its last row."""
    made = []
    for one in found.scores.values():
        row: dict[str, str | float] = {"method": one.method, "images": one.top1.n, "threshold": one.threshold}
        row |= _ends("top1", one.top1) | _ends("top5", one.top5) | _ends("area", one.area)
        made.append(row | {"pixel_threshold": one.pixel_threshold} | _ends("pixel", one.pixel))
    last = {"method": "classification", "images": len(found.indices)}
    return [*made, last | _ends("top1", found.class_error(1)) | _ends("top5", found.class_error(5))]


def _ends(name: str, one: Estimate) -> dict[str, float]:
    return {name: one.value, f"{name}_low": one.low, f"{name}_high": one.high}


def arrays(found: Localisation) -> dict[str, np.ndarray]:
    """What stands behind the table, image by image, by file name: indices into the probe, the most probable class, the
    place of the own class, and each method's boxes (n, 4), IoU (n,), regions' IoU (n,) and errors (n, 2)."""
    named = {"indices": found.indices, "first": found.first, "rank": found.rank}
    for method, one in found.scores.items():
        named |= {f"{method}-boxes": one.boxes, f"{method}-iou": one.iou}
        named |= {f"{method}-pixel-iou": one.overlap, f"{method}-wrong": one.wrong}
    return named
