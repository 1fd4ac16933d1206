"""How a layer's grid lies on a picture: bilinear upsampling S, and the pixels that it treats alike.

Written without products of dense matrices: those of one picture are so small that several threads on one of them lose
more by waiting for each other than they win, tenfold on a busy machine.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.methods.net2vec.masks import Masks

Box = tuple[float, float, float, float]
Window = Callable[[int, int], Box]  # of a picture's height and width: what the network's input covers, in its pixels
HALF = 0.5 - 1e-6  # '>= 1/2' to rounding
_HELD = 32  # frames of as many sizes are kept


@dataclass(frozen=True)
class Axis:
    """Where a picture's pixels lie among a grid's cells along one axis, without anchoring (align_corners=False).

    seen: the pixels that the network's input covers; low (n,): the cell at or before each, share (n,) in 0..1: how much
    of the next one it takes; cells: how many there are.
    """

    seen: slice
    low: np.ndarray
    share: np.ndarray
    cells: int

    @property
    def nearest(self) -> np.ndarray:
        """The cell nearest to each pixel.  -> (n,)"""
        return self.low + (self.share >= HALF)

    @property
    def high(self) -> np.ndarray:
        """The cell after each pixel, the last one where there is none.  -> (n,)"""
        return np.minimum(self.low + 1, self.cells - 1)

    @property
    def matrix(self) -> np.ndarray:
        """S along the axis.  -> (n, cells) float32"""
        found, pixels = np.zeros((len(self.low), self.cells), np.float32), np.arange(len(self.low))
        found[pixels, self.low] = 1 - self.share
        found[pixels, self.high] += self.share
        return found

    def between(self, maps: np.ndarray, at: int) -> np.ndarray:
        """S along an axis of maps, float32."""
        shape = [1] * maps.ndim
        shape[at] = -1
        share = self.share.astype(np.float32).reshape(shape)
        found = maps.take(self.low, at)
        found *= 1 - share
        following = maps.take(self.high, at)
        following *= share
        found += following
        return found


def axis(cells: int, length: int, start: float, stop: float) -> Axis:
    """The axis of `length` pixels of which the network's input covers start .. stop."""
    pixels = np.arange(length)
    seen = pixels[(pixels + 1 > start + 1e-6) & (pixels < stop - 1e-6)]
    places = np.clip((seen + 0.5 - start) * cells / (stop - start) - 0.5, 0, cells - 1)
    whole = np.rint(places)
    places = np.where(np.abs(places - whole) < 1e-9, whole, places)
    low = np.floor(places).astype(np.int64)
    return Axis(slice(int(seen[0]), int(seen[-1]) + 1), low, places - low, cells)


@dataclass(frozen=True)
class Frame:
    """The grid of a layer on the pictures of one size."""

    rows: Axis
    columns: Axis

    def cut(self, masks: np.ndarray) -> np.ndarray:
        """What the network sees of masks.  (..., H, W) -> (..., H', W')"""
        return masks[..., self.rows.seen, self.columns.seen]

    def up(self, maps: np.ndarray) -> np.ndarray:
        """S of maps.  (m, h, w) float32 -> (m, H', W') float32"""
        return self.rows.between(self.columns.between(maps, 2), 1)

    @cached_property
    def nearest(self) -> np.ndarray:
        """The cell, row * w + column, that each pixel is nearest to.  -> (H', W') int64"""
        return self.rows.nearest[:, None] * self.columns.cells + self.columns.nearest

    @cached_property
    def pixels(self) -> np.ndarray:
        """How many pixels are nearest to each cell.  -> (h * w,) int64"""
        rows, columns = (np.bincount(one.nearest, minlength=one.cells) for one in (self.rows, self.columns))
        return (rows[:, None] * columns).ravel()

    def count(self, mask: np.ndarray) -> np.ndarray:
        """Those of them that lie in a mask.  (H', W') bool -> (h * w,) int64"""
        return np.bincount(self.nearest.ravel()[np.flatnonzero(mask)], minlength=self.rows.cells * self.columns.cells)

    @cached_property
    def regions(self) -> "Regions":
        return _regions(self.rows, self.columns)


@dataclass(frozen=True)
class Regions:
    """R sets of pixels in which every binary map, upsampled, is alike above 0 and alike at least 1/2.

    label (H', W') int64: each pixel's; corners (4, R) int64, the cells about one pixel of each, and weights (4, R)
    float32, what it takes of them.
    """

    label: np.ndarray
    corners: np.ndarray
    weights: np.ndarray

    def count(self, mask: np.ndarray) -> np.ndarray:
        """Pixels of a mask in each region.  (H', W') bool -> (R,)"""
        return np.bincount(self.label.ravel()[np.flatnonzero(mask)], minlength=self.corners.shape[1])

    @cached_property
    def size(self) -> np.ndarray:
        """Pixels of each region.  -> (R,)"""
        return np.bincount(self.label.ravel(), minlength=self.corners.shape[1])

    def touched(self, maps: np.ndarray) -> np.ndarray:
        """The regions with a corner in any of some maps.  (m, h * w) bool -> (r,)"""
        return np.flatnonzero(maps.any(0)[self.corners].any(0))

    def binary(self, maps: np.ndarray, some: np.ndarray) -> np.ndarray:
        """Binary maps, upsampled, '> 0' and '>= 1/2' in some regions.  (m, h * w) bool, (r,) -> (2, m, r) bool"""
        corners, weights = self.corners[:, some], self.weights[:, some]
        up = sum(weight * maps[:, corner] for corner, weight in zip(corners, weights, strict=True))
        return np.stack([up > 0, up >= HALF])


def _regions(rows: Axis, columns: Axis) -> Regions:
    """By the four cells about a pixel, which of them it touches, to which it is nearest, and whether it takes at least
    or at most half of that one: no other corner can hold half, two neighbours do on their side of the middle, two
    opposite ones where both shares or neither exceed 1/2, and three where the fourth holds at most half."""
    down, first = _groups(rows)
    across, second = _groups(columns)
    near = np.maximum(rows.share, 1 - rows.share)[:, None] * np.maximum(columns.share, 1 - columns.share)
    side = (near >= HALF).astype(np.int64) + (near > 1 - HALF)
    label = (down[:, None] * second + across) * 3 + side
    pixel = np.full(first * second * 3, -1)
    pixel[label.ravel()] = np.arange(label.size)  # the last of each
    kept = np.flatnonzero(pixel >= 0)
    number = np.full(len(pixel), -1)
    number[kept] = np.arange(len(kept))
    i, j = np.divmod(pixel[kept], label.shape[1])
    corners, weights = [], []
    for row, down_share in ((rows.low[i], 1 - rows.share[i]), (rows.high[i], rows.share[i])):
        for column, across_share in ((columns.low[j], 1 - columns.share[j]), (columns.high[j], columns.share[j])):
            corners.append(row * columns.cells + column)
            weights.append(down_share * across_share)
    return Regions(number[label], np.stack(corners), np.stack(weights).astype(np.float32))


def _groups(one: Axis) -> tuple[np.ndarray, int]:
    """Pixels of an axis by their cell, whether they touch the next, and their side of the middle.  -> (n,), how many"""
    share = one.share
    told = np.stack([one.low, share > 0, share >= HALF, share > 1 - HALF], 1)
    groups, which = np.unique(told, axis=0, return_inverse=True)
    return which.ravel(), len(groups)


class Frames:
    """Frames by the size of a picture; `window` where the network does not see all of every picture."""

    def __init__(self, grid: tuple[int, int], window: Window | None = None) -> None:
        self.grid, self._window = grid, window
        self._held: dict[tuple[int, int], Frame] = {}

    def of(self, height: int, width: int) -> Frame:
        if (height, width) not in self._held:
            top, left, bottom, right = self._window(height, width) if self._window else (0.0, 0.0, height, width)
            rows = axis(self.grid[0], height, top, bottom)
            columns = axis(self.grid[1], width, left, right)
            while len(self._held) >= _HELD:
                del self._held[next(iter(self._held))]
            self._held[height, width] = Frame(rows, columns)
        return self._held[height, width]


@dataclass(frozen=True)
class Look:
    """A picture's masks as far as the network sees them: position in the pool; entries (m,) int64 of `Masks`; concepts
    (m,) int64; masks (m, H', W') bool; the frame they stand in."""

    position: int
    entries: np.ndarray
    concepts: np.ndarray
    masks: np.ndarray
    frame: Frame


def looks(masks: Masks, positions: Sequence[int], frames: Frames, wanted: np.ndarray) -> Iterator[Look]:
    """Pictures one after another with their masks of the wanted concepts, the next ones unpacked in the meantime.

    A concept of which the network sees no pixel is left out, and a picture without any.  wanted (C,) bool
    """

    def look(position: int) -> Look:
        entries = np.array([e for e in masks.entries(position) if wanted[masks.concept[e]]], np.int64)
        frame = frames.of(*masks.sizes[position].tolist()) if len(entries) else None
        found = [frame.cut(masks.entry(e)) for e in entries]
        shown = [i for i, mask in enumerate(found) if mask.any()]
        together = np.stack([found[i] for i in shown]) if shown else np.zeros((0, 0, 0), bool)
        return Look(position, entries[shown], masks.concept[entries[shown]].astype(np.int64), together, frame)

    with ThreadPoolExecutor(1) as ahead:
        coming = [ahead.submit(look, int(position)) for position in positions[:2]]
        try:
            for n in range(len(positions)):
                found = coming.pop(0).result()
                if n + 2 < len(positions):
                    coming.append(ahead.submit(look, int(positions[n + 2])))
                if len(found.entries):
                    yield found
        finally:
            for one in coming:
                one.cancel()
