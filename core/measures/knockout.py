"""Closing channels: does the class drop when the channels that are said to matter for it are switched off?

The check of a ranking that CHIP (section III-A) starts from. The channels of a class's largest importance are closed,
and beside them Grad-CAM's, and random ones. Random channels are chosen to carry as much activation as CHIP's: a layer
that loses half of what it emits changes every class, whatever the channels stood for.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from core.measures.interval import Estimate, bootstrap
from core.methods.gradcam import evidence
from core.networks.layers import Layer
from core.networks.network import Network

Progress = Callable[[int, int, str], None]
CHOICES = ("chip", "gradcam", "random")
DRAWS = 10  # random sets
PROPOSALS = 2000  # exchanges tried for each of them
TOGETHER = 32  # images run through a tail at once
NEAR = 0.01  # of the wanted activation: nearer than this, a random set is left as it is


@torch.no_grad()
def knock_out(network: Network, batch: Tensor, layer: Layer | str, closed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities before, and after the channels of each set are closed, by passes of the layer's tail only.

    (N, 3, H, W), (S, K) bool -> (N, classes), (S, N, classes) float32
    """
    tail = network.tail(layer, batch)
    before = tail(tail.activations).softmax(1)
    gates = torch.from_numpy(~closed).to(tail.activations)
    gates = gates.reshape(len(gates), 1, -1, *[1] * (tail.activations.ndim - 2))  # (S, 1, K, 1, 1)
    rows, after = torch.arange(len(batch)), []
    for some in gates.split(max(TOGETHER // len(batch), 1)):
        changed = (tail.activations * some).flatten(0, 1)  # (s * N, K, H, W)
        after.append(tail(changed, rows.repeat(len(some))).softmax(1).unflatten(0, (len(some), -1)))
    return before.cpu().numpy(), torch.cat(after).cpu().numpy()


def mean_alpha(network: Network, batch: Tensor, layer: Layer | str, label: int) -> tuple[np.ndarray, np.ndarray]:
    """Grad-CAM's weights of a class, and each channel's activation, both means over positions, summed over the images.

    (N, 3, H, W) -> (K,), (K,) float64
    """
    one = network.layer(layer)
    found = evidence(network, batch, torch.full((len(batch), 1), label), [one])[one.name]
    activation = found.activations.mean((-2, -1))
    return tuple(value.double().sum(0).cpu().numpy() for value in (found.alpha[:, 0], activation))


def matched_sets(
    activation: np.ndarray, chosen: np.ndarray, draws: int = DRAWS, seed: int = 0, near: float = NEAR
) -> np.ndarray:
    """Random sets of as many channels as `chosen` has, whose summed activation is as near as possible to its own.

    Each set starts as a uniform draw from all channels. Then a random member is exchanged for a random other channel,
    and the exchange is kept where it brings the sum nearer, until it is within `near` of the wanted one or all
    proposals are used up. Channels of `chosen` may be drawn: where no others carry as much, leaving them out would
    compare a strong set with a weak one.  (K,), (K,) bool -> (draws, K) bool
    """
    generator = np.random.default_rng(seed)
    wanted, size, channels = float(activation[chosen].sum()), int(chosen.sum()), len(chosen)
    sets = np.zeros((draws, channels), bool)
    for members in sets:
        order = generator.permutation(channels)
        total = float(activation[order[:size]].sum())
        places = zip(generator.random(PROPOSALS), generator.random(PROPOSALS), strict=True)
        for one, other in places if 0 < size < channels else ():
            if abs(total - wanted) <= near * abs(wanted):
                break
            i, j = int(one * size), size + int(other * (channels - size))
            changed = total - activation[order[i]] + activation[order[j]]
            if abs(changed - wanted) < abs(total - wanted):
                order[[i, j]], total = order[[j, i]], changed
        members[order[:size]] = True
    return sets


def choose(
    channels: Sequence[int], alpha: np.ndarray, activation: np.ndarray, draws: int = DRAWS, seed: int = 0
) -> np.ndarray:
    """What is closed: the given channels (CHIP's), as many of Grad-CAM's, by largest weight, and random sets as large
    and as active as the first.  Indices, two (K,) -> (2 + draws, K) bool"""
    chip, gradcam = np.zeros((2, len(alpha)), bool)
    chip[list(channels)] = True
    gradcam[np.argsort(-alpha, kind="stable")[: int(chip.sum())]] = True
    return np.concatenate([chip[None], gradcam[None], matched_sets(activation, chip, draws, seed)])


@dataclass(frozen=True)
class Knockout:
    """What closing channels of a layer did to some images.

    closed (S, K) bool: CHIP's channels, Grad-CAM's, then the random sets; activation (K,): each channel's mean over
    the images; labels (N,): the image's class as one of the network's, -1 where there is none. Row 0 of what follows
    is the network as it is, row 1 + s with set s closed: asked (1 + S, N), the probability of the class whose channels
    are closed; own (1 + S, N), that of the image's own class, NaN without; right (1 + S, N), 1 where the image is
    taken for its own class, NaN without; means (1 + S, classes), mean probabilities over the class's own images (over
    all where there are none).
    """

    label: int
    closed: np.ndarray
    activation: np.ndarray
    labels: np.ndarray
    asked: np.ndarray
    own: np.ndarray
    right: np.ndarray
    means: np.ndarray

    def rows(self, choice: str) -> np.ndarray:
        """The rows of one of CHOICES; of the network as it is for ''."""
        return {"": np.array([0]), "chip": np.array([1]), "gradcam": np.array([2])}.get(
            choice, np.arange(3, 1 + len(self.closed))
        )

    def mean(self, choice: str) -> np.ndarray:
        """Mean probability of every class over the class's own images; over random sets their mean.  (classes,)"""
        return self.means[self.rows(choice)].mean(0)

    def estimate(self, what: str, choice: str, of: str = "all") -> Estimate:
        """'asked', 'own' or 'right' with its bootstrap interval over images; several random sets count as their mean
        per image. `of`: 'all' images, those of the 'class' whose channels are closed, or the 'others'."""
        return self._once((what, choice, of), lambda: self._values(what, choice)[self._images(of)])

    def drop(self, choice: str, against: str | None = None) -> Estimate:
        """How much the class's probability falls on its own images, or how much further than with the channels of
        `against` closed, image by image."""

        def falls() -> np.ndarray:
            before = self._values("asked", against or "")
            return (before - self._values("asked", choice))[self._images("class")]

        return self._once(("drop", choice, against), falls)

    def carried(self, choice: str) -> np.ndarray:
        """The share of the layer's mean activation that each of a choice's sets carries.  (sets,)"""
        total = self.activation.sum()
        sets = self.closed[self.rows(choice) - 1]
        return (sets * self.activation).sum(1) / total if total > 0 else np.zeros(len(sets))

    @cached_property
    def _known(self) -> dict[tuple, Estimate]:
        return {}

    def _once(self, key: tuple, values: Callable[[], np.ndarray]) -> Estimate:
        """An interval costs ten milliseconds, and a page asks for the same ones at every redraw."""
        if key not in self._known:
            self._known[key] = bootstrap(values())
        return self._known[key]

    def _values(self, what: str, choice: str) -> np.ndarray:
        return getattr(self, what)[self.rows(choice)].mean(0)

    def _images(self, of: str) -> np.ndarray:
        own = self.labels == self.label
        if of == "class":
            return own if own.any() else np.ones_like(own)
        return ~own if of == "others" else np.ones_like(own)


def measure(
    network: Network,
    batches: Callable[[], Iterable[Tensor]],
    labels: np.ndarray,
    layer: Layer | str,
    label: int,
    channels: Sequence[int],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Knockout:
    """Closes the given channels of a layer, and what stands beside them, on every image of `batches()`.

    The images are gone through twice: Grad-CAM's weights and the activations are means over all of them, and must be
    known before anything is closed. labels (N,): classes of the network, -1 where there is none.
    """
    count = len(labels)
    alpha = activation = np.zeros(network.layer(layer).shape[0])
    for done, batch in _counted(batches()):
        more = mean_alpha(network, batch, layer, label)
        alpha, activation = alpha + more[0] / count, activation + more[1] / count
        if progress:
            progress(done, 2 * count, "what Grad-CAM and the activations say")
    closed = choose(channels, alpha, activation, draws, seed)
    parts, sums = [], np.zeros((2, 1 + len(closed), len(network.classes)))  # over the class's own images, over all
    for done, batch in _counted(batches()):
        before, after = knock_out(network, batch, layer, closed)
        every, theirs = np.concatenate([before[None], after]).astype(np.float64), labels[done - len(batch) : done]
        parts.append(_single(every, theirs, label))
        sums += every[:, theirs == label].sum(1), every.sum(1)
        if progress:
            progress(count + done, 2 * count, "closing channels")
    own = int((labels == label).sum())
    means = sums[0] / own if own else sums[1] / count
    return Knockout(label, closed, activation, labels, *np.concatenate(parts, 2), means)


def _counted(batches: Iterable[Tensor]) -> Iterator[tuple[int, Tensor]]:
    """Each batch with the number of images up to its end."""
    done = 0
    for batch in batches:
        done += len(batch)
        yield done, batch


def _single(every: np.ndarray, labels: np.ndarray, label: int) -> np.ndarray:
    """`asked`, `own` and `right` of a record for some images.  (1 + S, N, classes), (N,) -> (3, 1 + S, N)"""
    unknown = np.where(labels >= 0, 0.0, np.nan)
    own = np.take_along_axis(every, np.maximum(labels, 0)[None, :, None], 2)[..., 0]
    return np.stack([every[..., label], own + unknown, (every.argmax(2) == labels) + unknown])
