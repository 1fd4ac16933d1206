"""All that CHIP's rows W need of the perturbed dataset (section III-A), added up image by image.

The rows z_sn = d_sn o z_s of eq. 11 are never written down. With f_cs the loyalty (squared, eq. 7) and h the proximity
(eq. 8), the Gram matrix and the right side of class c are

    sum_sn f_cs h_sn z_sn z_sn'     = sum_s f_cs (z_s z_s') o H_s,     H_s = sum_n h_sn d_sn d_sn'
    sum_sn f_cs h_sn g_c(s,n) z_sn  = sum_s f_cs z_s o (sum_n h_sn g_c(s,n) d_sn)

exactly, with gates of its own for every image. One matrix product per batch serves all classes. f and g are softmax
probabilities; of a network that ends in anything else (a sigmoid per class), nothing here can know it.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.methods.chip.gates import of_image, proximity
from core.networks.network import Network
from core.networks.shortcut import GatedTail
from core.statistics import Batch, State

HELD_OUT = 5  # the last fifth of every image's gates is not learned from


@dataclass(frozen=True)
class ChipSumsResult:
    """Sums over images and gates, float64; the first axis is 0 for gates learned from, 1 for those held out.

    gram (2, C, K (K + 1) / 2): the lower triangle, row by row; right (2, C, K); squares, firsts, weights (2, C): sums
    of f h g^2, f h g and f h. Over images: loyalty, loyalty2 (C,): sums of f and f^2; total (K,): sum of z;
    highest (K,): the largest |activation|; images: how many.
    """

    gram: np.ndarray
    right: np.ndarray
    squares: np.ndarray
    firsts: np.ndarray
    weights: np.ndarray
    loyalty: np.ndarray
    loyalty2: np.ndarray
    total: np.ndarray
    highest: np.ndarray
    images: int

    def dense(self, part: int, classes: slice) -> np.ndarray:
        """Gram matrices of some classes in full.  -> (c, K, K)"""
        return unpacked(self.gram[part, classes], self.right.shape[2])


class ChipSums:
    """The sums of CHIP at one layer, with `gates` gates an image drawn from (seed, image), and sigma^2 = sigma K.

    result: ChipSumsResult. The memory it takes does not depend on how many images and gates there are.
    Raises ValueError for too few gates to hold one out.
    """

    def __init__(self, network: Network, layer: str, gates: int = 100, sigma: float = 0.25, seed: int = 0) -> None:
        if gates < HELD_OUT:
            raise ValueError(f"at least {HELD_OUT} gates an image are needed, not {gates}")
        self.layers = (network.layer(layer).name,)
        self.settings = {"layer": self.layers[0], "gates": gates, "sigma": sigma, "seed": seed}
        self._tail = GatedTail(network, layer)
        self._channels, self._classes = self._tail.layer.shape[0], len(network.classes)
        self._triangle = _triangle(self._channels)
        self._sums: dict[str, Tensor] = {}

    @property
    def bytes(self) -> int:
        """What the sums take in memory."""
        return 2 * self._classes * len(self._triangle) * 8

    def update(self, batch: Batch) -> None:
        values = batch.values[self.layers[0]]
        gates, channels, seed = self.settings["gates"], self._channels, self.settings["seed"]
        drawn = np.stack([of_image(gates, channels, seed, int(index)) for index in batch.indices])
        opened = torch.from_numpy(drawn).to(values.device)  # (N, M, K)
        near = torch.from_numpy(proximity(drawn, self.settings["sigma"] * channels)).to(values.device)  # (N, M)
        f = batch.logits.double().softmax(1)
        flat = values.double().flatten(2) if values.ndim > 2 else values.double()[..., None]
        z = flat.mean(2)
        sums = self._sums or self._zeros(values.device)
        for part, of_part in enumerate(_parts(gates)):
            rows = gate_products(opened[:, of_part], near[:, of_part]) * z[:, :, None] * z[:, None, :]
            sums["gram"][part].addmm_(f.T, rows.flatten(1)[:, self._triangle.to(rows.device)])
            sums["weights"][part] += near[:, of_part].sum(1) @ f
        for some, part, logits in self._tail(values, opened, batch.images):
            g = logits.double().softmax(2)
            self._add_predictions(sums, part, f[some], near[some, part], g, z[some, None] * opened[some, part])
        sums["loyalty"] += f.sum(0)
        sums["loyalty2"] += (f * f).sum(0)
        sums["total"] += z.sum(0)
        sums["highest"] = torch.maximum(sums["highest"], flat.abs().amax((0, 2)))
        sums["images"] += len(values)
        self._sums = sums

    def _add_predictions(self, sums: dict[str, Tensor], part: slice, f: Tensor, h: Tensor, g: Tensor, z: Tensor):
        """A piece's share of the right side.  part of the gates, (n, C), (n, m), (n, m, C), (n, m, K)"""
        fhg = f[:, None] * h[..., None] * g
        for which, whole in enumerate(_parts(self.settings["gates"])):
            own = slice(max(whole.start - part.start, 0), max(whole.stop - part.start, 0))
            mine = fhg[:, own].flatten(0, 1)
            sums["right"][which] += mine.T @ z[:, own].flatten(0, 1)
            sums["firsts"][which] += mine.sum(0)
            sums["squares"][which] += (mine * g[:, own].flatten(0, 1)).sum(0)

    def _zeros(self, device: torch.device) -> dict[str, Tensor]:
        classes, channels = self._classes, self._channels
        shapes = {"gram": (2, classes, len(self._triangle)), "right": (2, classes, channels)}
        shapes |= dict.fromkeys(("squares", "firsts", "weights"), (2, classes))
        shapes |= dict.fromkeys(("loyalty", "loyalty2"), (classes,)) | dict.fromkeys(("total", "highest"), (channels,))
        sums = {name: torch.zeros(shape, dtype=torch.float64, device=device) for name, shape in shapes.items()}
        return sums | {"images": torch.zeros((), dtype=torch.int64)}

    def merge(self, other: "ChipSums") -> None:
        for name, value in other._sums.items():
            mine = self._sums.get(name)
            if mine is None:
                self._sums[name] = value.clone()
            elif name == "highest":
                self._sums[name] = torch.maximum(mine, value.to(mine.device))
            else:
                mine += value.to(mine.device)

    def state(self) -> State:
        return {name: value.cpu().numpy() for name, value in self._sums.items()}

    def restore(self, state: State) -> None:
        device = self._tail.network.device
        sums = {name: torch.from_numpy(np.array(value)) for name, value in state.items()}
        self._sums = {name: value if name == "images" else value.to(device) for name, value in sums.items()}

    def result(self) -> ChipSumsResult:
        sums = self.state()
        return ChipSumsResult(**{**sums, "images": int(sums["images"])})


def gate_products(gates: Tensor, near: Tensor) -> Tensor:
    """H_s = sum_n h_sn d_sn d_sn'.  (N, M, K) bool, (N, M) -> (N, K, K)"""
    opened = gates.to(near.dtype)
    return (opened * near[..., None]).transpose(1, 2) @ opened


def unpacked(packed: np.ndarray, channels: int) -> np.ndarray:
    """Symmetric matrices of their lower triangles, row by row.  (c, K (K + 1) / 2) -> (c, K, K)"""
    rows, columns = np.tril_indices(channels)
    full = np.empty((len(packed), channels, channels), packed.dtype)
    full[:, rows, columns] = packed
    full[:, columns, rows] = packed
    return full


def _triangle(channels: int) -> Tensor:
    """Where the lower triangle lies in a flattened K x K matrix.  -> (K (K + 1) / 2,)"""
    rows, columns = torch.tril_indices(channels, channels)
    return rows * channels + columns


def _parts(gates: int) -> tuple[slice, slice]:
    """The gates to learn from, and those held out."""
    learned = gates - gates // HELD_OUT
    return slice(0, learned), slice(learned, gates)
