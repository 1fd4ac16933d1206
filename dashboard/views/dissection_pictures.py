"""Pictures with what is predicted in them: lit where it is, grey and dark elsewhere, the truth as an outline."""

import math
from functools import lru_cache

import cv2
import numpy as np

from dashboard.views import overlay

SIDE = 320  # pixels of the longer side: crisp in a column of 190
TRUTH = (240, 228, 66)
LIGHT = 0.36  # mean brightness to which a darker picture is brought: else what is lit in it is as dark as the rest


def lit(image: np.ndarray, inside: np.ndarray, truth: np.ndarray | None = None, corner: str = "") -> np.ndarray:
    """A picture that keeps its colours where a mask is predicted.  uint8 (H, W, 3), (H, W) bool, (H, W) bool or None;
    `corner` is written into the upper left -> uint8, at drawing size"""
    height, width = image.shape[:2]
    times = SIDE / max(height, width)
    size = (max(round(width * times), 1), max(round(height * times), 1))
    large = _light(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC if times > 1 else cv2.INTER_AREA))
    kept = (cv2.resize(inside.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) >= 0.5).astype(np.uint8)
    grey = cv2.cvtColor(cv2.cvtColor(large, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    drawn = _edge(cv2.copyTo(large, kept, cv2.addWeighted(grey, 0.4, large, 0.06, 0)), kept)
    if truth is not None and truth.any():
        mask = cv2.resize(truth.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) >= 0.5
        drawn = overlay.outline(drawn, mask, TRUTH)
    return _corner(drawn, corner) if corner else drawn


def _light(image: np.ndarray) -> np.ndarray:
    """A dark picture made lighter, at most as its square root."""
    mean = float(image.mean()) / 255
    if not 0 < mean < LIGHT:
        return image
    curve = 255 * (np.arange(256) / 255) ** max(math.log(LIGHT) / math.log(mean), 0.5)
    return cv2.LUT(image, curve.astype(np.uint8))


def _edge(image: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """A thin white line where the lit part ends, so that it shows on dark pictures too."""
    contours, _ = cv2.findContours(inside, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(image, contours, -1, overlay.ACCENT, 1, cv2.LINE_AA)
    return image


def _corner(image: np.ndarray, text: str) -> np.ndarray:
    label = _label(text)[: image.shape[0], : image.shape[1]]
    image[: label.shape[0], : label.shape[1]] = label
    return image


@lru_cache(64)
def _label(text: str) -> np.ndarray:
    """Words on black.  -> uint8 (h, w, 3)"""
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, 0.62
    (width, height), _ = cv2.getTextSize(text, font, scale, 2)
    label = np.zeros((height + 15, width + 15, 3), np.uint8)
    return cv2.putText(label, text, (7, height + 7), font, scale, overlay.ACCENT, 2, cv2.LINE_AA)
