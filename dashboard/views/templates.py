"""The templates that an explainer's maps are compared with, its masks, and maps, as pictures of squares."""

import cv2
import numpy as np

from core import colouring
from dashboard.views import overlay
from dashboard.views.words import number

SEQUENTIAL = "viridis"
_GAP, _CELL = 6, 14


def squares(values: np.ndarray, limit: float, signed: bool, longest: int = 320) -> str:
    """A map or a template at its own resolution, for `st.image`.  (n, n)"""
    return overlay.source(overlay.raw(values, limit, signed, SEQUENTIAL, longest), 97)


def marked(values: np.ndarray, cell: int, longest: int = 320) -> str:
    """The same of a map that is not negative, with a frame around one of its cells, row by row."""
    drawn = overlay.raw(values, colouring.limit_of(values, False), False, SEQUENTIAL, longest)
    side = drawn.shape[0] // len(values)
    row, column = divmod(cell, values.shape[1])
    corner = (column * side, row * side)
    cv2.rectangle(drawn, corner, (corner[0] + side - 1, corner[1] + side - 1), (255, 255, 255), max(side // 8, 1))
    return overlay.source(drawn, 97)


def toy(positive: np.ndarray, negative: np.ndarray, tau: float, ground: tuple[int, int, int]) -> str:
    """Figure 3's toy case: all positive templates in their places, and the negative one beside them.
    (n, n, n, n), (n, n), the colour between them -> for `st.image`"""
    n = len(negative)
    side, step = n * _CELL, n * _CELL + _GAP
    picture = np.full((n * step - _GAP, (n + 1) * step + 2 * _GAP - _GAP, 3), ground, np.uint8)
    for row in range(n):
        for column in range(n):
            _put(picture, positive[row, column], tau, row * step, column * step)
    _put(picture, negative, tau, (n * step - _GAP - side) // 2, n * step + 2 * _GAP)
    return overlay.source(picture, 97)


def _put(picture: np.ndarray, values: np.ndarray, tau: float, top: int, left: int) -> None:
    drawn = overlay.raw(values, tau, True, SEQUENTIAL, len(values) * _CELL)
    picture[top : top + len(drawn), left : left + len(drawn)] = drawn


def best(fits: np.ndarray) -> int:
    """The place whose template fits a map best, row by row; the first of equals.  (n, n)"""
    return int(fits.argmax())


def first(before: np.ndarray) -> int:
    """The filter to open with: the one that the mask has most to do with, among those that fire at least half as high
    as the highest.  (F, n, n)"""
    peaks = before.max((1, 2))
    mass = np.where(peaks >= peaks.max() / 2, before.sum((1, 2)), -1.0)
    return int(mass.argmax())


def told(fits: np.ndarray, absent: float, cell: int) -> str:
    """Which template fits a map best, in words.  (n, n), tr(x T-), the peak's cell"""
    place, n = best(fits), fits.shape[1]
    highest = float(fits.max())
    if absent >= highest:
        return f"The template of absence fits best: its trace is {_signed(absent)}, others' at most {_signed(highest)}."
    same = "which is also its peak" if place == cell else f"its peak is at row {cell // n}, column {cell % n}"
    return (
        f"The template of row {place // n}, column {place % n} fits best, {same}: its trace is {_signed(highest)}, "
        f"that of absence {_signed(absent)}."
    )


def _signed(value: float) -> str:
    return number(value).replace("-", "−")
