"""What a probe knows about a picture, drawn over it: masks as outlines, boxes, landmarks."""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence

import cv2
import numpy as np

from core.probes.probe import CATEGORIES
from dashboard.views import overlay

# Okabe and Ito's colours, which colour-blind people can tell apart, without black; then round again
INKS = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167))
LONGEST = 1024  # pixels of the longer side of a drawing: it is shown large


def ink(number: int) -> tuple[int, int, int]:
    return INKS[number % len(INKS)]


def swatch(number: int) -> str:
    """The colour as a small square, a data address for Markdown."""
    colour = "rgb({},{},{})".format(*ink(number))
    square = f'<rect width="14" height="14" rx="3" fill="{colour}"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="14" height="14">{square}</svg>'
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()


def outlined(image: np.ndarray, masks: Mapping[str, np.ndarray]) -> np.ndarray:
    """Each mask as an outline in its own colour, enlarged first so that the lines are fine.  uint8 (H, W, 3)"""
    result = overlay.enlarge(image, LONGEST)
    times = result.shape[0] // image.shape[0]
    for number, mask in enumerate(masks.values()):
        large = np.repeat(np.repeat(mask, times, 0), times, 1)
        result = overlay.outline(result, large, ink(number))
    return result


def boxed(image: np.ndarray, drawn: np.ndarray, boxes: Sequence[tuple[float, float, float, float]]) -> np.ndarray:
    """True boxes (top, left, bottom, right in the picture's pixels), dashed, on its enlarged drawing."""
    times = drawn.shape[0] / image.shape[0]
    for box in boxes:
        drawn = overlay.draw_box(drawn, tuple(edge * times for edge in box), dashed=True)
    return drawn


def marked(image: np.ndarray, drawn: np.ndarray, landmarks: Sequence) -> np.ndarray:
    """Landmarks as dots, hollow where something hides them, on the picture's enlarged drawing.  Returns a copy"""
    result, times = drawn.copy(), drawn.shape[0] / image.shape[0]
    radius = max(round(drawn.shape[0] / 130), 2)
    for one in landmarks:
        place = (round(one.column * times), round(one.row * times))
        cv2.circle(result, place, radius + 2, (0, 0, 0), -1, cv2.LINE_AA)
        cv2.circle(result, place, radius, overlay.ACCENT, -1 if one.visible else 2, cv2.LINE_AA)
    return result


def categories(concepts: Iterable) -> tuple[str, ...]:
    """The categories of some concepts, the usual six in their order, then others."""
    there = dict.fromkeys(concept.category for concept in concepts)
    return (*(name for name in CATEGORIES if name in there), *(name for name in there if name not in CATEGORIES))


def present(masks: Mapping, category: str) -> dict[str, np.ndarray]:
    """The masks of one category by concept name, the largest first.  {Concept: (H, W) bool}"""
    fitting = {concept.name: mask for concept, mask in masks.items() if concept.category == category}
    return dict(sorted(fitting.items(), key=lambda pair: (-int(pair[1].sum()), pair[0])))


def share(mask: np.ndarray) -> str:
    """How much of the picture a mask covers."""
    part = mask.mean()
    return "< 1 %" if 0 < part < 0.005 else f"{part:.0%}".replace("%", " %")
