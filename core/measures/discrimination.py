"""Does a map tell the object from its surroundings, one class from another, one animal from its neighbour, and how
finely: the numbers behind what CHIP's figures 4, 5 and 9 show by examples.

Of a signed map the positive part counts; NaN is what the network never saw. A map without a positive value says
nothing, and is given what a map that knows nothing gets.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from core.measures.overlap import mass_inside

HALF = 0.5  # of an instance's visible pixels: covered so far, it counts as found


def net_mass(values: np.ndarray, mask: np.ndarray) -> float:
    """Share of the positive mass inside the mask minus the mask's share of the area that was seen: 0 for a map that is
    flat or empty, below 0 for one that shines on the surroundings.  (H, W), (H, W) bool"""
    inside = mass_inside(values, mask)
    return 0.0 if np.isnan(inside) else inside - float(mask[np.isfinite(values)].mean())


def own_share(values: np.ndarray, own: np.ndarray, other: np.ndarray) -> float:
    """Positive mass on the own object over that on both objects; 1/2 where there is none on either.
    (H, W), two (H, W) bool"""
    either = mass_inside(values, own | other)
    return mass_inside(values, own) / either if either > 0 else 0.5


def two_way_share(maps: Sequence[np.ndarray], masks: Sequence[np.ndarray]) -> float:
    """Mean own share of the maps of two classes, each on its own object. A map that is the same for both classes gets
    exactly 1/2, whatever the sizes of the objects.  Two (H, W), two (H, W) bool"""
    return (own_share(maps[0], masks[0], masks[1]) + own_share(maps[1], masks[1], masks[0])) / 2


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson's correlation over what both saw; NaN where one of them is flat.  Two of one shape"""
    seen = np.isfinite(first) & np.isfinite(second)
    a, b = (values[seen].astype(np.float64) for values in (first, second))
    a, b = a - a.mean() if len(a) else a, b - b.mean() if len(b) else b
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 0 else float("nan")


def recall(inside: np.ndarray, instances: Sequence[np.ndarray]) -> float:
    """Share of the instances that a region finds: covers at least half of. Half, because a region that only touches an
    animal would find its neighbour as well, and one that must cover all of it would be asked for an outline.
    (H, W) bool, masks (H, W) bool; NaN without instances"""
    found = [np.count_nonzero(inside & one) >= HALF * np.count_nonzero(one) for one in instances]
    return float(np.mean(found)) if found else float("nan")


def edges(image: np.ndarray) -> np.ndarray:
    """How fast the luminance changes: the length of its Sobel gradient.  (H, W, 3) uint8 -> (H, W) float32"""
    luminance = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    return np.hypot(cv2.Sobel(luminance, cv2.CV_32F, 1, 0), cv2.Sobel(luminance, cv2.CV_32F, 0, 1))


def edge_agreement(values: np.ndarray, drawn: np.ndarray, mask: np.ndarray) -> float:
    """Pearson's correlation, inside the object's mask, of a map's positive part with the picture's edges: does the map
    know more of the object than where it is? 0 for a map that is flat there.  Two (H, W), (H, W) bool"""
    found = correlation(np.maximum(values[mask], 0), drawn[mask])
    return 0.0 if np.isnan(found) else found


def kendall(first: Sequence[float], second: Sequence[float]) -> float:
    """Kendall's tau: pairs in the same order minus pairs in the opposite one, over all pairs; a tie is neither."""
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    one, other = np.triu_indices(len(a), 1)
    return float(np.mean(np.sign(a[one] - a[other]) * np.sign(b[one] - b[other])))
