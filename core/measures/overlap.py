"""How a map, a region or a box lies on the truth: intersection over union, boxes, mass inside a mask."""

from collections.abc import Iterable
from typing import NamedTuple

import cv2
import numpy as np


class Box(NamedTuple):
    """Pixels top <= row < bottom, left <= column < right."""

    top: float
    left: float
    bottom: float
    right: float

    @property
    def area(self) -> float:
        return max(self.bottom - self.top, 0) * max(self.right - self.left, 0)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    """|A and B| / |A or B|, NaN where both are empty.  Two (H, W) bool"""
    union = np.count_nonzero(a | b)
    return np.count_nonzero(a & b) / union if union else float("nan")


def set_iou(pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> float:
    """sum |A and B| / sum |A or B| over a set of images: one ratio, not a mean of ratios (Net2Vec, eq. 2; Bau et al.
    2017, eq. 1).  Pairs of (H, W) bool of any sizes; NaN where all are empty"""
    shared = union = 0
    for a, b in pairs:
        shared += np.count_nonzero(a & b)
        union += np.count_nonzero(a | b)
    return shared / union if union else float("nan")


def box_iou(a: Box, b: Box) -> float:
    """IoU of two boxes in pixels, NaN where both are empty."""
    a, b = Box(*a), Box(*b)
    shared = Box(max(a.top, b.top), max(a.left, b.left), min(a.bottom, b.bottom), min(a.right, b.right)).area
    union = a.area + b.area - shared
    return shared / union if union else float("nan")


def region(values: np.ndarray, threshold: float) -> np.ndarray:
    """Where a map reaches `threshold`, a share (0..1) of its maximum.  (H, W) -> (H, W) bool

    Empty where nothing is positive; NaN (what the network never saw) is never inside.
    """
    top = np.max(values, where=np.isfinite(values), initial=0.0)
    if not top > 0:
        return np.zeros(values.shape, bool)
    with np.errstate(invalid="ignore"):
        return (values >= threshold * top) & (values > 0)


def largest_box(inside: np.ndarray) -> Box | None:
    """The box of the largest connected region (corners touch), the uppermost one of equals; None where there is none.
    (H, W) bool"""
    count, _, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(inside, np.uint8), connectivity=8)
    if count < 2:
        return None
    left, top, width, height, _ = (int(value) for value in stats[1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))])
    return Box(top, left, top + height, left + width)


def map_box(values: np.ndarray, threshold: float = 0.15) -> Box | None:
    """The box of a map: largest region over a share of its maximum (0.15: Selvaraju et al., section 4.1).  (H, W)"""
    return largest_box(region(values, threshold))


def mass_inside(values: np.ndarray, mask: np.ndarray) -> float:
    """Share of a map's positive mass that lies inside a mask; NaN where there is none.  (H, W), (H, W) bool"""
    positive = np.where(np.isfinite(values) & (values > 0), values, 0).astype(np.float64)
    total = positive.sum()
    return float(positive[mask].sum() / total) if total > 0 else float("nan")


def peak_inside(values: np.ndarray, mask: np.ndarray) -> bool:
    """The pointing game (Zhang et al., ECCV 2016), without its tolerance: is the largest value, the first of equals,
    inside the mask? False for a map without a positive value.  (H, W), (H, W) bool"""
    finite = np.where(np.isfinite(values), values, 0)
    place = int(np.argmax(finite))
    return bool(finite.flat[place] > 0 and mask.flat[place])
