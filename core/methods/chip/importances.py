"""What CHIP has learned of a layer: which channels matter for which class, at every strength of the sparse penalty."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from core.errors import NotDefined
from core.methods.chip import solve
from core.methods.chip.sums import ChipSumsResult
from core.networks.layers import Layer

Progress = Callable[[int, int, str], None]

FEW = 5.0  # effective images below which a class's row is greyed and counts for no choice
SHARES = np.geomspace(0.5, 1e-4, 14)  # the path of lambda
MARGIN = 0.01  # of held-out R^2 that a sparser row may cost
BYTES = 2**28  # what the matrices of the classes that are solved together may take


@dataclass(frozen=True)
class Importances:
    """Importances m of a layer's K channels for C classes (the paper's W, made sparse by Algorithm 1).

    `probe`: title of the probe whose `images` pictures, with `gates` gates each, they were learned from. `shares` (L,)
    float64, descending: lambda of each step of the path, as a share of the smallest lambda that empties the class's
    row. `path` (L, C, K) float32. `chosen`: the step to use unless another is asked for: the largest share whose
    held-out R^2, on average over classes with at least five effective images, is within 0.01 of the best.
    `held_out` (L, C): R^2 on gates that were not learned from, NaN for a class that no image has any probability of;
    `dense` (C,): the same without a penalty. `effective` (C,): how many images a class rests on,
    (sum f)^2 / sum f^2; `loyalty` (C,): sum f. `mean` (K,): mean over images of the channel's spatial mean; `dead`
    (K,) bool: never active on any of the images. `note`: what a person should know, "" or sentences.
    """

    layer: str
    probe: str
    shares: np.ndarray
    path: np.ndarray
    chosen: int
    held_out: np.ndarray
    dense: np.ndarray
    effective: np.ndarray
    loyalty: np.ndarray
    images: int
    gates: int
    mean: np.ndarray
    dead: np.ndarray
    note: str = ""

    def weights(self, share: float | None = None) -> np.ndarray:
        """m at the step nearest to a share (by ratio), or at the chosen one.  -> (C, K) float32"""
        if share is None:
            return self.path[self.chosen]
        return self.path[int(np.abs(np.log(self.shares) - np.log(share)).argmin())]

    def kept(self) -> np.ndarray:
        """The mean share of channels with m != 0, over classes, at each step of the path.  -> (L,)"""
        return (self.path != 0).mean((1, 2))


def layers_for(network: Any) -> tuple[Layer, ...]:
    """The layers that importances can be asked at: those with more than one position."""
    return tuple(layer for layer in network.layers if layer.spatial)


def channel_is_class(network: Any, layer: Layer) -> str | None:
    """The sentence that says which layer to use instead where a layer's channels are the classes themselves."""
    linear = any(other.kind == "linear" for other in network.layers)
    if linear or layer.kind != "conv" or not layer.spatial or layer.shape[0] != len(network.classes):
        return None
    instead = network.default_layer.name
    return f"the channels of {layer.name} are the {len(network.classes)} classes themselves; use {instead}"


def first_conv(network: Any) -> Layer:
    """The first convolution with a spatial extent: Refined CHIP's fine layer.  Raises NotDefined."""
    for layer in network.layers:
        if layer.kind == "conv" and layer.spatial:
            return layer
    raise NotDefined(f"{network.title} has no convolution with a spatial extent")


def fit(sums: ChipSumsResult, gates: int, progress: Progress | None = None) -> dict[str, np.ndarray]:
    """Every class's importances along the path of lambda, what they foretell of the held-out gates, and the choice of
    a step: the arrays of an `Importances`."""
    classes, channels = sums.right.shape[1:]
    solved = []
    each = max(1, BYTES // (8 * channels**2 * len(SHARES)))
    for start in range(0, classes, each):
        if progress:
            progress(start, classes, "solving for the classes' importances")
        solved.append(_fit(sums, slice(start, start + each)))
    found = {name: np.concatenate([one[name] for one in solved]) for name in solved[0]}
    effective = np.divide(sums.loyalty**2, sums.loyalty2, out=np.zeros(classes), where=sums.loyalty2 > 0)
    held_out = found["held_out"].T
    return {
        "shares": SHARES,
        "path": found["m"].swapaxes(0, 1).astype(np.float32),
        "exact": found["exact"].T,
        "chosen": np.int64(chosen_step(held_out[:, effective >= FEW])),
        "held_out": held_out,
        "dense": found["dense"],
        "effective": effective,
        "loyalty": sums.loyalty,
        "images": np.int64(sums.images),
        "gates": np.int64(gates),
        "mean": sums.total / sums.images,
        "dead": sums.highest == 0,
    }


def _fit(sums: ChipSumsResult, some: slice) -> dict[str, np.ndarray]:
    """Some classes: m (c, L, K), exact (c, L), held_out (c, L), dense (c,)."""
    gram, right = torch.from_numpy(sums.dense(0, some)), torch.from_numpy(sums.right[0, some])
    solution = solve.lasso(gram, right, solve.lambda_max(right)[:, None] * torch.from_numpy(SHARES))
    full = solve.dense(gram, right)
    gram, right = torch.from_numpy(sums.dense(1, some)), torch.from_numpy(sums.right[1, some])
    m = torch.cat([solution.m, full[:, None]], 1)
    errors = 2 * solve.objective(gram, right, m, m.new_zeros(m.shape[:2])).numpy() + sums.squares[1, some, None]
    scores = _explained(errors, *(part[1, some, None] for part in (sums.squares, sums.firsts, sums.weights)))
    return {
        "m": solution.m.numpy(),
        "exact": solution.exact.numpy(),
        "held_out": scores[:, :-1],
        "dense": scores[:, -1],
    }


def _explained(errors: np.ndarray, squares: np.ndarray, firsts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """R^2 = 1 - sum f h (g - w z)^2 / sum f h (g - mean g)^2, NaN where g does not vary or nothing was seen."""
    spread = squares - np.divide(firsts**2, weights, out=np.zeros_like(weights), where=weights > 0)
    varies = spread > 1e-12 * squares
    return np.where(varies, 1 - errors / np.where(varies, spread, 1.0), np.nan)


def chosen_step(held_out: np.ndarray) -> int:
    """The sparsest step whose held-out R^2 is within the margin of the best.  (L, classes) -> step"""
    counted = held_out[:, np.isfinite(held_out).all(0)]
    if not counted.shape[1]:
        return len(held_out) // 2
    mean = counted.mean(1)
    return int((mean >= mean.max() - MARGIN).argmax())


def record(arrays: Mapping[str, np.ndarray], layer: str, probe: str, note: str = "") -> Importances:
    """The record of stored arrays; `note` is said first."""
    numbers = {"chosen": int(arrays["chosen"]), "images": int(arrays["images"]), "gates": int(arrays["gates"])}
    fields = ("shares", "path", "held_out", "dense", "effective", "loyalty", "mean", "dead")
    rest = {name: arrays[name] for name in fields}
    sentences = [note, *remarks(arrays)]
    return Importances(layer, probe, **rest, **numbers, note=" ".join(s for s in sentences if s))


def remarks(arrays: Mapping[str, np.ndarray]) -> list[str]:
    """What a person should know of importances before reading them, in sentences."""
    loyalty, effective, dead = arrays["loyalty"], arrays["effective"], arrays["dead"]
    images, held_out, told = int(arrays["images"]), arrays["held_out"][int(arrays["chosen"])], []
    empty = int((effective < 1).sum())
    unseen = int((loyalty < 0.5).sum()) - empty
    few = int(((effective < FEW) & (loyalty >= 0.5)).sum())
    if empty:
        told.append(f"{_classes(empty)} no probability on any picture: nothing can be learned, all importances are 0.")
    if unseen > 0:
        told.append(f"{_classes(unseen)} less than half a picture's probability in all: the probe hardly shows them.")
    if few:
        told.append(f"{few} of {len(effective)} classes rest on fewer than {FEW:.0f} effective pictures.")
    known = held_out[(effective >= FEW) & np.isfinite(held_out)]
    if len(known) and known.mean() < 0:
        told.append("They predict held-out probabilities worse than the mean does: not to be trusted.")
    if dead.any():
        told.append(f"{int(dead.sum())} of {len(dead)} channels are never active on these pictures; they get 0.")
    if images < len(dead):
        told.append(
            f"{images} pictures for {len(dead)} channels: the gates tell channels apart, but only as they act there."
        )
    if not arrays["exact"].all():
        told.append(f"{int((~arrays['exact']).any(0).sum())} classes stopped at the solver's tolerance.")
    return told


def _classes(count: int) -> str:
    return "1 class gets" if count == 1 else f"{count} classes get"
