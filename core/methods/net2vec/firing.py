"""Where each filter of a layer fires, a_k > T_k, with T_k exact: read in one pass."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor

from core.statistics import Batch, State

SHARE = 0.005  # tau (section 3.1.1)


@dataclass(frozen=True)
class Fired:
    """Filters of a layer on N pictures, in the order of their indices.

    thresholds (K,) float32: the smallest T_k with P(a_k > T_k) <= 0.005 over all pictures and positions. Where
    a_k > T_k: image (F,) int32, cell (F,) int32 (row * w + column), filter (F,) int16, sorted by image, cell, filter.
    means, peaks (N, K) float32: each picture's mean and largest value of a filter; grid: the layer's height and width.
    """

    thresholds: np.ndarray
    image: np.ndarray
    cell: np.ndarray
    filter: np.ndarray
    means: np.ndarray
    peaks: np.ndarray
    grid: tuple[int, int]

    def of_image(self, position: int) -> tuple[np.ndarray, np.ndarray]:
        """The filters that fire somewhere in a picture, and where.  -> (m,) int64, (m, h, w) bool"""
        first, last = np.searchsorted(self.image, [position, position + 1])
        filters, which = np.unique(self.filter[first:last], return_inverse=True)
        maps = np.zeros((len(filters), self.grid[0] * self.grid[1]), bool)
        maps[which, self.cell[first:last]] = True
        return filters.astype(np.int64), maps.reshape(-1, *self.grid)

    def arrays(self) -> dict[str, np.ndarray]:
        kept = {field.name: getattr(self, field.name) for field in fields(self)}
        return kept | {"grid": np.array(self.grid, np.int64)}


def fired(arrays: Mapping[str, np.ndarray]) -> Fired:
    """The record of stored arrays."""
    rest = {field.name: arrays[field.name] for field in fields(Fired) if field.name != "grid"}
    return Fired(**rest, grid=(int(arrays["grid"][0]), int(arrays["grid"][1])))


class Firing:
    """The statistic that gives a layer's `Fired`: the values above T_k are the top share that T_k is found by, so their
    places are kept beside them and no second pass is needed.

    As with TopQuantile, the number of images of the whole pass has to be known in every part of it. What passes one
    batch after another is only what exceeds the share's smallest value so far, which can but rise.
    Raises ValueError where a result is asked for before so many images were seen.
    """

    def __init__(self, layer: str, images: int, share: float = SHARE) -> None:
        self.layers = (layer,)
        self.settings = {"layer": layer, "images": images, "share": share}
        self._grid = (0, 0)
        self._tops: list[tuple[Tensor, Tensor]] = []  # values and places (K, any): the top so far, and what came since
        self._rows: list[dict[str, np.ndarray]] = []  # index (n,), means, peaks (n, K) of each batch

    @property
    def _above(self) -> int:
        """How many values of a filter may lie above T_k."""
        return int(Fraction(str(self.settings["share"])) * self.settings["images"] * self._grid[0] * self._grid[1])

    def update(self, batch: Batch) -> None:
        values = batch.values[self.layers[0]]
        maps = values if values.ndim == 4 else values[..., None, None]
        self._grid = (maps.shape[2], maps.shape[3])
        means, peaks = maps.mean((2, 3), dtype=torch.float64).float(), maps.amax((2, 3))
        index = np.asarray(batch.indices, np.int64)
        self._rows.append({"index": index, "means": means.cpu().numpy(), "peaks": peaks.cpu().numpy()})
        self._take(maps, torch.from_numpy(index).to(maps.device))

    def _take(self, maps: Tensor, index: Tensor) -> None:
        columns, size = maps.movedim(1, 0).flatten(1), self._grid[0] * self._grid[1]  # (K, N * h * w)
        floor = self._tops[0][0][:, -1:] if self._tops and self._tops[0][0].shape[1] > self._above else None
        if floor is None:
            top, column = columns.topk(min(self._above + 1, columns.shape[1]), 1)
        else:
            top, column = _passing(columns, floor.to(columns.device))
        self._tops.append((top, index[column // size] * size + column % size))
        if sum(part.shape[1] for part, _ in self._tops[1:]) > self._above:
            self._settle()

    def merge(self, other: "Firing") -> None:
        if other._rows:
            self._grid = other._grid
            self._rows = self._rows + other._rows
            self._tops = self._tops + other._tops
            self._settle()

    def _settle(self) -> None:
        if self._tops:
            device = self._tops[-1][0].device
            values, places = (torch.cat([top[i].to(device) for top in self._tops], 1) for i in (0, 1))
            top, column = values.topk(min(self._above + 1, values.shape[1]), 1)
            self._tops = [(top, places.gather(1, column))]

    def state(self) -> State:
        self._settle()
        if not self._rows:
            return {}
        rows = {name: np.concatenate([row[name] for row in self._rows]) for name in self._rows[0]}
        values, places = (part.cpu().numpy() for part in self._tops[0])
        return rows | {"values": values, "places": places, "grid": np.array(self._grid, np.int64)}

    def restore(self, state: State) -> None:
        self._grid = tuple(int(side) for side in state["grid"]) if state else (0, 0)
        self._rows = [{name: np.array(state[name]) for name in ("index", "means", "peaks")}] if state else []
        kept = [torch.from_numpy(np.array(state[name])) for name in ("values", "places")] if state else []
        self._tops = [(kept[0], kept[1])] if state else []

    def result(self) -> Fired:
        state = self.state()
        seen = len(state["index"]) if state else 0
        if seen != self.settings["images"]:
            raise ValueError(f"{seen} of {self.settings['images']} images were seen")
        thresholds, size = state["values"][:, -1], self._grid[0] * self._grid[1]
        filters, column = np.nonzero(state["values"] > thresholds[:, None])
        order = np.argsort(state["index"], kind="stable")
        index, cells = np.divmod(state["places"][filters, column], size)
        images = np.searchsorted(state["index"][order], index)
        sort = np.lexsort((filters, cells, images))
        return Fired(
            thresholds.copy(),
            images[sort].astype(np.int32),
            cells[sort].astype(np.int32),
            filters[sort].astype(np.int16),
            state["means"][order],
            state["peaks"][order],
            self._grid,
        )


def _passing(columns: Tensor, floor: Tensor) -> tuple[Tensor, Tensor]:
    """What exceeds the floor, row by row, padded with -inf to one length.  (K, n), (K, 1) -> values, columns (K, m)"""
    passing = columns > floor
    counts = passing.sum(1)
    row, column = passing.nonzero(as_tuple=True)
    place = torch.arange(len(row), device=row.device) - (counts.cumsum(0) - counts)[row]
    values = columns.new_full((len(columns), int(counts.max())), -torch.inf)
    where = torch.zeros_like(values, dtype=torch.int64)
    values[row, place] = columns[row, column]
    where[row, place] = column
    return values, where
