"""Two maps of one picture beside one another: their difference and how much they share."""

from dataclasses import replace

import numpy as np

from core.measures.overlap import iou, region


def difference(first, second):
    """What the first map says beyond the second, on the maps' own scale: a signed map.  Two Heatmaps -> Heatmap"""
    return replace(first, values=first.values - second.values, signed=True)


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson's correlation of two maps over their positions, NaN where one is flat.  Two (h, w)"""
    a, b = (values[np.isfinite(first) & np.isfinite(second)].astype(np.float64) for values in (first, second))
    if a.size < 2 or not (a.std() > 0 and b.std() > 0):
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def shared_region(first: np.ndarray, second: np.ndarray, threshold: float) -> float:
    """IoU of where each map reaches `threshold` of its own maximum; NaN where both are empty.  Two (h, w)"""
    return iou(region(first, threshold), region(second, threshold))


def pair(classes: tuple[int, ...], chances: np.ndarray) -> tuple[int, int]:
    """The first two chosen classes; the most probable other one where only one is chosen."""
    if len(classes) > 1:
        return classes[0], classes[1]
    order = np.argsort(-chances, kind="stable")
    return classes[0], int(next(index for index in order if index != classes[0]))


def spread(count: int, limit: int) -> list[int]:
    """At most `limit` of `count` places, evenly spread, the first and the last among them."""
    if count <= limit:
        return list(range(count))
    return sorted({round(i * (count - 1) / (limit - 1)) for i in range(limit)})
