"""Running statistics of a pass over a probe: each can be fed, merged, saved and restored.

Counts and order statistics are exact however the pass is split; moments are summed in float64, so that parts merged in
another order agree to 1e-12.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

State = dict[str, np.ndarray]


@dataclass(frozen=True)
class Batch:
    """What a pass shows of some images at once.

    indices (N,) int64 into the probe; labels (N,) int64, -1 where there is none; logits (N, classes) and values
    {layer name: (N, K, H, W) or (N, K)} on the network's device, without a gradient; images (N, 3, h, w), as the
    network took them, for a statistic that has to run part of it again.
    """

    indices: np.ndarray
    labels: np.ndarray
    logits: Tensor
    values: Mapping[str, Tensor]
    images: Tensor | None = None


class Statistic(Protocol):
    """`layers`: names of the layers it reads; `settings`: JSON-able, equal for statistics that can be merged.
    `restore(state())` brings it back bit for bit; a statistic that has seen nothing has the state {}."""

    layers: tuple[str, ...]

    @property
    def settings(self) -> Mapping[str, Any]: ...

    def update(self, batch: Batch) -> None: ...

    def merge(self, other: "Statistic") -> None: ...

    def state(self) -> State: ...

    def restore(self, state: State) -> None: ...

    def result(self) -> Any: ...


class Confusion:
    """How often images of each label were taken for each class; images without a label do not count.

    result: (labels, classes) int64.
    """

    layers = ()

    def __init__(self, labels: int, classes: int) -> None:
        self.settings = {"labels": labels, "classes": classes}
        self._counts = np.zeros((labels, classes), np.int64)

    def update(self, batch: Batch) -> None:
        known = batch.labels >= 0
        taken_for = batch.logits.argmax(1).cpu().numpy()[known]
        np.add.at(self._counts, (batch.labels[known], taken_for), 1)

    def merge(self, other: "Confusion") -> None:
        self._counts = self._counts + other._counts

    def state(self) -> State:
        return {"counts": self._counts}

    def restore(self, state: State) -> None:
        self._counts = np.array(state["counts"]) if state else np.zeros_like(self._counts)

    def result(self) -> np.ndarray:
        return self._counts.copy()


@dataclass(frozen=True)
class MomentsResult:
    """count: vectors seen; mean (K,); gram (K, K) = sum of x x', or its diagonal (K,), both float64."""

    count: int
    mean: np.ndarray
    gram: np.ndarray

    @property
    def covariance(self) -> np.ndarray:
        """E[x x'] - E[x] E[x]', (K, K), or the variances (K,)."""
        product = np.outer(self.mean, self.mean) if self.gram.ndim == 2 else self.mean**2
        return self.gram / self.count - product


class Moments:
    """Sums of a layer's channels over images and positions, in float64, and of their products (`full`) or squares.

    The plain sums are kept rather than mean and variance: sums merge by addition. result: MomentsResult.
    """

    def __init__(self, layer: str, full: bool = False) -> None:
        self.layers = (layer,)
        self.settings = {"layer": layer, "full": full}
        self._sums: dict[str, Tensor] = {}

    def update(self, batch: Batch) -> None:
        values = batch.values[self.settings["layer"]].double()
        rows = values.movedim(1, -1).reshape(-1, values.shape[1])  # (N * H * W, K)
        self._add(
            {
                "count": torch.tensor(len(rows)),
                "total": rows.sum(0),
                "gram": rows.T @ rows if self.settings["full"] else (rows * rows).sum(0),
            }
        )

    def merge(self, other: "Moments") -> None:
        self._add(other._sums)

    def _add(self, sums: Mapping[str, Tensor]) -> None:
        for name, value in sums.items():
            mine = self._sums.get(name)
            self._sums[name] = value if mine is None else mine.to(value.device) + value

    def state(self) -> State:
        return {name: value.cpu().numpy() for name, value in self._sums.items()}

    def restore(self, state: State) -> None:
        self._sums = {name: torch.from_numpy(np.array(value)) for name, value in state.items()}

    def result(self) -> MomentsResult:
        sums = self.state()
        return MomentsResult(int(sums["count"]), sums["total"] / sums["count"], sums["gram"])


@dataclass(frozen=True)
class TopImagesResult:
    """For each channel its k images with the highest value, best first, all (K, k): the values (float32), the images
    (indices into the probe, int64), and where the value stands, as row * W + column (int64)."""

    values: np.ndarray
    images: np.ndarray
    positions: np.ndarray


class TopImages:
    """The k images in which each channel of a layer is highest, and where; equal values go to the lower index.

    result: TopImagesResult, with fewer than k columns after fewer than k images.
    """

    def __init__(self, layer: str, k: int = 16) -> None:
        self.layers = (layer,)
        self.settings = {"layer": layer, "k": k}
        self._best: State = {}

    def update(self, batch: Batch) -> None:
        values = batch.values[self.settings["layer"]]
        highest, positions = values.flatten(2).max(-1) if values.ndim > 2 else (values, torch.zeros_like(values).long())
        found = {"values": highest.T.cpu().numpy(), "positions": positions.T.cpu().numpy()}  # (K, N)
        self._take({**found, "images": np.broadcast_to(batch.indices, found["values"].shape)})

    def merge(self, other: "TopImages") -> None:
        if other._best:
            self._take(other._best)

    def _take(self, more: State) -> None:
        if self._best:
            more = {name: np.concatenate([mine, more[name]], 1) for name, mine in self._best.items()}
        order = np.lexsort((more["images"], -more["values"]), axis=1)[:, : self.settings["k"]]
        self._best = {name: np.take_along_axis(values, order, 1) for name, values in more.items()}

    def state(self) -> State:
        return dict(self._best)

    def restore(self, state: State) -> None:
        self._best = {name: np.array(value) for name, value in state.items()}

    def result(self) -> TopImagesResult:
        return TopImagesResult(**self._best)


class TopQuantile:
    """The exact value that a share of each channel's values exceeds at most: P(a > T) <= share, T the smallest such.

    Only the top share is kept, and merged with what comes. For that the number of images of the whole pass has to be
    known from the start, in every part of a pass that is split: what is thrown away depends on it.
    result: (K,) float32.  Raises ValueError before `images` images were seen.
    """

    def __init__(self, layer: str, images: int, share: float = 0.005) -> None:
        self.layers = (layer,)
        self.settings = {"layer": layer, "images": images, "share": share}
        self._kept: list[Tensor] = []  # (K, any): the top so far, and what came since
        self._size = 0  # positions of one channel
        self._seen = 0  # images

    @property
    def _above(self) -> int:
        """How many values of a channel may lie above the quantile."""
        return int(Fraction(str(self.settings["share"])) * self.settings["images"] * self._size)

    def update(self, batch: Batch) -> None:
        values = batch.values[self.settings["layer"]]
        columns = values.movedim(1, 0).flatten(1)  # (K, N * H * W)
        self._seen, self._size = self._seen + len(values), columns.shape[1] // len(values)
        self._kept.append(columns.topk(min(self._above + 1, columns.shape[1]), 1).values)
        if sum(part.shape[1] for part in self._kept[1:]) > self._above:
            self._settle()

    def merge(self, other: "TopQuantile") -> None:
        self._seen, self._size = self._seen + other._seen, max(self._size, other._size)
        self._kept = self._kept + other._kept
        self._settle()

    def _settle(self) -> None:
        if self._kept:
            together = torch.cat([part.to(self._kept[-1].device) for part in self._kept], 1)
            self._kept = [together.topk(min(self._above + 1, together.shape[1]), 1).values]

    def state(self) -> State:
        self._settle()
        counts = np.array([self._seen, self._size], np.int64)
        return {"counts": counts, "values": self._kept[0].cpu().numpy()} if self._kept else {}

    def restore(self, state: State) -> None:
        self._seen, self._size = (int(count) for count in state["counts"]) if state else (0, 0)
        self._kept = [torch.from_numpy(np.array(state["values"]))] if state else []

    def result(self) -> np.ndarray:
        if self._seen != self.settings["images"]:
            raise ValueError(f"{self._seen} of {self.settings['images']} images were seen")
        self._settle()
        return self._kept[0][:, -1].cpu().numpy()
