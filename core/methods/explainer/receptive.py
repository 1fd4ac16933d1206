"""What a filter looks at, at the picture's own resolution: its receptive field as it is, not as large as it could be.

B. Zhou, A. Khosla, A. Lapedriza, A. Oliva, A. Torralba: Object detectors emerge in deep scene CNNs, ICLR 2015, section
3.2, which the explainer's figures 3 and 4 are drawn by. Small occluders slide over a picture; how much a filter's peak
changes is the discrepancy of the pixels beneath. The maps of several pictures are laid over one another so that the
middles of the peaks' theoretical fields meet, and averaged.

There an occluder is 11 pixels wide and moves by 3 on 227, which takes 5,000 passes for a picture. Here it is 1/16 of
the input's side wide and moves by half of that: 961 passes, each for all filters at once, and pictures are chosen that
serve many filters. It shows random pixels of the same picture. The discrepancy is the share of the peak that is gained
or lost, |a - a'| / a at the cell where the peak was, so that no picture outweighs another; the field is where the mean
is at least half of its largest value. What fewer than half of a filter's pictures reach to, around its peak, is left
out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from core.methods.explainer.templates import peaks
from core.networks.layers import Layer
from core.networks.network import Network

Progress = Callable[[int, int, str], None]
Respond = Callable[[Tensor], Tensor]
SHARE = 16  # an occluder is 1 / 16 of a side
EACH, MOST = 5, 32  # pictures for a filter, and in all
PIXELS = 32 * 128 * 128  # of input per pass


@dataclass(frozen=True)
class Fields:
    """Of F filters, around the middle of the peak, at the input's resolution: `discrepancy` (F, h, w) float32, the mean
    share of the peak that a pixel decides, h and w odd, the peak in the middle; `pictures` (F,) int64: over how many, 0
    for a filter without one, whose discrepancy is 0 everywhere."""

    discrepancy: np.ndarray
    pictures: np.ndarray

    @cached_property
    def masks(self) -> np.ndarray:
        """The fields themselves.  -> (F, h, w) bool"""
        most = self.discrepancy.max((1, 2), keepdims=True)
        return (self.discrepancy >= most / 2) & (most > 0)

    @cached_property
    def areas(self) -> np.ndarray:
        """Pixels of each field.  -> (F,) int64"""
        return self.masks.sum((1, 2))


def reading(network: Network, layer: Layer, then: Respond = lambda maps: maps) -> Respond:
    """What a layer emits for prepared pictures, passed on to `then`, an explainer's encoder; nothing after the layer is
    computed.  (B, 3, H, W) -> (B, F, n, n)

    For conv-interp-2 `then` gives the maps before their own mask: equal at the peak, and where an occluder moves the
    peak the old place is not cut to zero.
    """

    def respond(batch: Tensor) -> Tensor:
        with network.lock, torch.no_grad():
            return then(network.cut(layer, batch)[0])

    return respond


def chosen(highest: np.ndarray, each: int = EACH, most: int = MOST) -> tuple[np.ndarray, np.ndarray]:
    """Few pictures that give many filters one that they answer strongly: of each filter's `2 each` highest (where it
    fires), those that serve most filters with fewer than `each`, until all have enough or there are `most`.

    The peaks' values (N, F) -> pictures (P,) int64 in order, and which filters each is for, (P, F) bool
    """
    order = np.argsort(-highest, axis=0, kind="stable")[: 2 * each]
    good = np.zeros(highest.shape, bool)
    np.put_along_axis(good, order, True, 0)
    good &= highest > 0
    taken: list[int] = []
    while len(taken) < most:
        wanting = good[taken].sum(0) < each
        gain = (good & wanting).sum(1)
        gain[taken] = 0
        if not gain.any():
            break
        taken.append(int(gain.argmax()))
    pictures = np.array(sorted(taken), np.int64)
    return pictures, good[pictures]


def fields(
    respond: Respond,
    pictures: Tensor,
    wanted: np.ndarray,
    centres: tuple[np.ndarray, np.ndarray],
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Fields:
    """The fields of all filters over prepared pictures (P, 3, H, W); `wanted` (P, F): which picture is for which;
    `centres`: the middles of the maps' rows and columns in pixels (`Network.centres`)."""
    height, width = pictures.shape[-2:]
    reach = height // 2, width // 2
    total = np.zeros((wanted.shape[1], 2 * reach[0] + 1, 2 * reach[1] + 1), np.float32)
    times, count = np.zeros(total.shape, np.int32), np.zeros(wanted.shape[1], np.int64)
    for number, (picture, filters) in enumerate(zip(pictures, wanted, strict=True)):
        cells, found = discrepancies(respond, picture, filters, seed, _told(progress, number, len(pictures)))
        for f, cell, values in zip(np.flatnonzero(filters), cells, found, strict=True):
            if np.isnan(values).any():  # silent here
                continue
            row, column = divmod(int(cell), len(centres[1]))
            rows = _laid(centres[0][row], reach[0], height)
            columns = _laid(centres[1][column], reach[1], width)
            total[f][rows[1], columns[1]] += values[rows[0], columns[0]]
            times[f][rows[1], columns[1]] += 1
            count[f] += 1
    known = 2 * times >= np.maximum(count, 1)[:, None, None]
    return Fields(np.where(known, total / np.maximum(times, 1), 0), count)


def discrepancies(
    respond: Respond, picture: Tensor, filters: np.ndarray, seed: int = 0, progress: Progress | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Of one prepared picture (3, H, W) and some filters, (F,) bool: their peaks' cells (some,), and at each pixel the
    mean of |a - a'| / a over the occluders that cover it, (some, H, W) float32, NaN for a silent filter."""
    height, width = picture.shape[-2:]
    some, generator = torch.from_numpy(filters).to(picture.device), torch.Generator().manual_seed(seed)
    shuffled = torch.randperm(height * width, generator=generator).to(picture.device)
    noise = picture.flatten(1)[:, shuffled].view_as(picture)
    rows, columns = (_cover(side).to(picture.device) for side in (height, width))
    before = respond(picture[None])[0, some]  # (some, n, n)
    cells, values, batch = peaks(before), before.amax((1, 2)), max(1, PIXELS // (height * width))
    places = torch.cartesian_prod(torch.arange(len(rows)), torch.arange(len(columns))).to(picture.device)
    found = []
    for start in range(0, len(places), batch):
        down, across = places[start : start + batch].unbind(1)
        hidden = rows[down][:, None, :, None] & columns[across][:, None, None, :]
        # The same numbers, but convolutions on the processor take half the time on this layout.
        occluded = torch.where(hidden, noise, picture).contiguous(memory_format=torch.channels_last)
        after = respond(occluded)[:, some]
        found.append(after.flatten(2).gather(2, cells[None, :, None].expand(len(after), -1, 1))[..., 0])
        if progress:
            progress(min(start + batch, len(places)), len(places), "")
    changed = (torch.cat(found) - values).abs() / torch.where(values > 0, values, torch.nan)  # (occluders, some)
    grid = changed.T.double().reshape(-1, len(rows), len(columns))
    spread = rows.double().T @ grid @ columns.double()  # summed over the occluders that cover a pixel
    times = rows.sum(0).double()[:, None] * columns.sum(0).double()
    return cells.cpu().numpy(), (spread / times).float().cpu().numpy()


def covered(
    field: np.ndarray, active: np.ndarray, centres: tuple[Sequence[float], Sequence[float]], size: tuple[int, int]
) -> np.ndarray:
    """All that a filter looks at in a picture: its field laid on the middle of each cell that is active, together.

    (h, w) bool with the peak in the middle, (n, n) bool, the middles of rows and columns -> (H, W) bool, `size` the
    network's input's.
    """
    result = np.zeros(size, bool)
    for row, column in np.argwhere(active):
        rows = _laid(centres[0][row], field.shape[0] // 2, size[0])
        columns = _laid(centres[1][column], field.shape[1] // 2, size[1])
        result[rows[0], columns[0]] |= field[rows[1], columns[1]]
    return result


def disc(area: float, shape: tuple[int, int]) -> np.ndarray:
    """A round field of an area in pixels, for filters of a performer, whose own have no contour that pictures share
    (the paper draws them so).  -> (h, w) bool, h and w odd, around the middle"""
    rows, columns = (np.arange(side) - side // 2 for side in shape)
    return rows[:, None] ** 2 + columns**2 <= area / np.pi


def _cover(side: int) -> Tensor:
    """Which pixels of a side each occluder covers; they reach from end to end.  -> (occluders, side) bool"""
    size = max(side // SHARE, 1)
    step = max(size // 2, 1)
    starts = torch.tensor(sorted({*range(0, side - size, step), side - size}))
    pixel = torch.arange(side)
    return (pixel >= starts[:, None]) & (pixel < starts[:, None] + size)


def _laid(middle: float, reach: int, length: int) -> tuple[slice, slice]:
    """Where a field that reaches `reach` pixels to both sides lies along a side: the part of the picture, and of the
    field. Both are empty where they do not meet."""
    first = int(np.floor(middle)) - reach
    start, stop = max(first, 0), max(min(first + 2 * reach + 1, length), 0)
    stop = max(start, stop)
    return slice(start, stop), slice(start - first, stop - first)


def _told(progress: Progress | None, number: int, pictures: int) -> Progress | None:
    if progress is None:
        return None
    return lambda done, total, label: progress(number * total + done, pictures * total, "fields of the filters")
