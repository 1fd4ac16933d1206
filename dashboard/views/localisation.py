"""Table II and the pictures of figures 6 and 7, made ready to be shown."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core import colouring, export
from core.colouring import Look
from core.measures.boxes import DISC
from core.measures.localisation import best_iou
from core.measures.localisation_table import rows
from core.measures.overlap import Box, iou, map_box, region
from dashboard.views import overlay, words

PAPER = {  # top 1, top 5, in per cent: VGG16 on the validation images of ILSVRC 2015
    "backprop": (61.11, 51.43),
    "c-mwp": (70.92, 63.01),
    "gradcam": (56.47, 46.35),
    "chip": (51.45, 40.16),
}
FIXED = "Centred disc"
TRUE, PREDICTED = (255, 255, 255), (240, 228, 66)


def table(found, titles: Mapping[str, str]) -> pd.DataFrame:
    """One row per method: errors in per cent with their intervals and the paper's values, thresholds, how large boxes
    are beside the true ones, IoU of regions with masks."""
    return pd.DataFrame([_row(one, titles) for one in found.scores.values()])


def _row(one, titles: Mapping[str, str]) -> dict:
    paper = PAPER.get(one.method)
    return {
        "method": FIXED if one.method == DISC else titles[one.method],
        "top 1": 100 * one.top1.value,
        "top 1, interval": interval(one.top1, 100, 1),
        "top 5": 100 * one.top5.value,
        "top 5, interval": interval(one.top5, 100, 1),
        "threshold": 100 * one.threshold,
        "area": one.area.value,
        "area, interval": interval(one.area, 1, 2),
        "pixel IoU": one.pixel.value,
        "pixel IoU, interval": interval(one.pixel, 1, 2),
        "pixel threshold": 100 * one.pixel_threshold,
        "paper": "{:.2f}, {:.2f}".format(*paper) if paper else None,
    }


def interval(one, times: float, digits: int) -> str:
    """'48.2 to 53.0'; empty where there is none."""
    return f"{times * one.low:.{digits}f} to {times * one.high:.{digits}f}".replace("-", "−") if one.n else ""


def verdict(one, first: str, second: str) -> str:
    """A paired difference of top-1 errors in words."""
    points = f"{100 * abs(one.value):.1f} points"
    spread = f"95 % interval of the paired difference {interval(one, 100, 1)}, n = {one.n}"
    if one.low <= 0 <= one.high:
        return f"By top-1 error {first} and {second} cannot be told apart on these pictures ({spread})."
    return f"{first} errs {'less' if one.value < 0 else 'more'} often than {second} by {points} ({spread})."


def pixel_verdict(one, first: str, second: str) -> str:
    """A paired difference of pixel IoU in words."""
    if not one.n:
        return "This probe has no masks of its objects, so regions cannot be compared with them."
    spread = f"95 % interval of the paired difference {interval(one, 1, 3)}, n = {one.n}"
    if one.low <= 0 <= one.high:
        return f"By pixel IoU {first} and {second} cannot be told apart on these pictures ({spread})."
    more = "larger" if one.value > 0 else "smaller"
    return f"The IoU of {first}'s regions is {more} than that of {second}'s by {abs(one.value):.3f} ({spread})."


def csv(found) -> bytes:
    """Every number of the table, the classification errors as its last row."""
    return export.table(rows(found)).encode()


def boxed(
    image: np.ndarray, values: np.ndarray, threshold: float, true: Sequence[Box]
) -> tuple[np.ndarray, float | None]:
    """The map over its picture with its box solid and the true ones dashed.  uint8 (H, W, 3), (H, W)
    -> the drawing, the box's IoU with the nearest true one (None where there is no true one)"""
    predicted = map_box(values, threshold)
    return _drawn(image, values, true, predicted), best_iou(predicted, true) if true else None


def _drawn(image: np.ndarray, values: np.ndarray, true: Sequence[Box], predicted: Box | None) -> np.ndarray:
    positive = np.where(values < 0, 0, values)
    over = colouring.blend(image, positive, colouring.limit_of(positive, False), False, Look(opacity=0.5))
    drawn = overlay.enlarge(overlay.fit(over))
    times = drawn.shape[0] / image.shape[0]
    for box in true:
        drawn = overlay.draw_box(drawn, tuple(edge * times for edge in box), TRUE, dashed=True)
    return overlay.draw_box(drawn, tuple(edge * times for edge in predicted), PREDICTED) if predicted else drawn


def cut(
    image: np.ndarray, values: np.ndarray, threshold: float, mask: np.ndarray | None
) -> tuple[np.ndarray, float | None]:
    """What a map's region leaves of the picture, the object's mask as an outline.  uint8 (H, W, 3), (H, W)
    -> the drawing, the region's IoU with the mask (None where there is no mask)"""
    inside = region(values, threshold)
    grey = image.mean(2, keepdims=True) * 0.35
    drawn = overlay.enlarge(overlay.fit(np.where(inside[..., None], image, grey).astype(np.uint8)))
    if mask is None:
        return drawn, None
    times = drawn.shape[0] / image.shape[0]
    large = mask[(np.arange(drawn.shape[0]) / times).astype(int)][:, (np.arange(drawn.shape[1]) / times).astype(int)]
    return overlay.outline(drawn, large, PREDICTED), iou(inside, mask)


def mask_of(instances: Sequence) -> np.ndarray | None:
    """All the masks of some instances as one; None where there is none."""
    masks = [one.mask for one in instances if one.mask is not None]
    return np.logical_or.reduce(masks) if masks else None


def under(title: str, value: float | None, threshold: float) -> str:
    """What stands under a picture."""
    told = "" if value is None else f"IoU {words.probability(value)} "
    return f"**{title}**  \n{told}:gray[at {100 * threshold:.0f} %]"
