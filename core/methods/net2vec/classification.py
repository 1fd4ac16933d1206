"""Does an image contain a concept? One logistic classifier for each, on the mean activations of a layer (section 3.2).

    f(x; w, b) = sigmoid(b + sum_k w_k (mean over positions of A_k(x)))                                     (5)

The loss is logistic, and images with and without the concept weigh the same: they are drawn with equal probability
('paper'), or each side has half of the weight, which is the expectation of that ('fast').

Two ways to learn it. 'paper': SGD with momentum, learning rate 1e-4, a tenth of it every ten epochs; the start is
uniform in +-1/sqrt(K), for the bias too. 'fast', which we use: the loss is convex, so it is solved, by Newton's method
for all concepts together, with a ridge on w of RIDGE times the mean variance of the filters' means, and none on b. Mean
accuracy over 193 concepts of the Menagerie, conv5 of menagerie-plain, 2,000 images: 0.890, 'paper' 0.594 (difference
0.296, 95 % interval 0.279 to 0.314), in a fifth of the time: where means are well below 1, 1e-4 is a small step.

RIDGE is chosen on the Menagerie (2,000 images, conv1, conv3 and conv5). A weaker one gains up to a hundredth of
accuracy in the deeper layers (five in conv1), but vectors learned from two halves of the images then agree less
(cosine 0.60 at 0.001, 0.73 at 0.01, in conv5), rare concepts are told less well, and so is what the filter with the
highest |w| can tell alone: the best single filter would be made to look worse than it is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.errors import UnknownName, near

Progress = Callable[[int, int, str], None]

PRESETS = ("fast", "paper")
RIDGE = 1e-2
BATCH, EPOCHS, RATE, MOMENTUM, DECAY = 64, 30, 1e-4, 0.9, 10  # 'paper'
STEPS = 60  # of Newton's method
INNER = 100  # of conjugate gradients in each
TOLERANCE = 1e-11  # of the loss: what the next step of Newton's method would still gain
AT_ONCE = 2**22  # images times concepts that are solved together
LABEL = "Classifying concepts"


@dataclass(frozen=True)
class Classifiers:
    """weights (C, K), bias (C,) float32, NaN where the training images have none with the concept or none without;
    accuracy (C,): mean of the true-positive and the true-negative rate on the validation images, NaN where that is
    not defined; positives (2, C) int64: images with the concept among the training and the validation images."""

    weights: np.ndarray
    bias: np.ndarray
    accuracy: np.ndarray
    positives: np.ndarray


@dataclass(frozen=True)
class Single:
    """The filter of each concept with the highest |w|, best (C,) int64, -1 where there is none, learned again alone:
    weight, bias (C,) float32; accuracy (C,), as of Classifiers."""

    best: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    accuracy: np.ndarray


def learn(
    means: np.ndarray,
    present: np.ndarray,
    training: np.ndarray,
    preset: str = "fast",
    seed: int = 0,
    progress: Progress | None = None,
    allowed: np.ndarray | None = None,
) -> Classifiers:
    """Equation 5 for every concept, learned on the training images and scored on the others.

    means (N, K); present (N, C) bool: which image contains which concept; training (N,) bool; allowed (C, K) bool:
    the filters that a concept's w may use, all of them unless given, the others stay 0. `seed`: of 'paper'.
    Raises UnknownName for a preset; what `progress` raises.
    """
    if preset not in PRESETS:
        raise UnknownName(f"no preset '{preset}' for the classification of concepts{near(preset, PRESETS)}")
    counts = np.stack([present[training].sum(0), present[~training].sum(0)]).astype(np.int64)
    weights = np.full((present.shape[1], means.shape[1]), np.nan, np.float32)
    bias = np.full(len(weights), np.nan, np.float32)
    known = np.flatnonzero((counts[0] > 0) & (counts[0] < training.sum()))
    free = np.ones(weights.shape, bool) if allowed is None else allowed
    x = torch.from_numpy(np.ascontiguousarray(means[training], np.float64))
    each = max(1, AT_ONCE // max(1, len(x) if preset == "fast" else BATCH * means.shape[1]))
    generator = torch.Generator().manual_seed(seed)
    for start in range(0, len(known), each):
        some = known[start : start + each]
        labels, open_ = torch.from_numpy(present[training][:, some]), torch.from_numpy(free[some])
        tell = _within(progress, start / len(known), len(some) / len(known))
        found = solved(x, labels, open_, tell) if preset == "fast" else descended(x, labels, open_, generator, tell)
        weights[some], bias[some] = (one.numpy() for one in found)
    scores = accuracy(means[~training], present[~training], weights, bias)
    return Classifiers(weights, bias, scores, counts)


def single(
    means: np.ndarray,
    present: np.ndarray,
    training: np.ndarray,
    weights: np.ndarray,
    preset: str = "fast",
    seed: int = 0,
    progress: Progress | None = None,
) -> Single:
    """The best single filter: F = 1 of section 3.2.2. `weights` (C, K) are those of all filters; else as `learn`."""
    allowed = top(weights, 1)
    found = learn(means, present, training, preset, seed, progress, allowed)
    best, any_ = allowed.argmax(1), allowed.any(1)
    weight = np.where(any_, found.weights[np.arange(len(best)), best], np.nan)
    bias, scores = (np.where(any_, one, np.nan) for one in (found.bias, found.accuracy))
    return Single(np.where(any_, best, -1), weight, bias, scores)


def top(weights: np.ndarray, count: int) -> np.ndarray:
    """The `count` filters of each concept with the highest |w|, the first of equals; none where w is NaN or 0.

    (C, K) -> (C, K) bool
    """
    strength = np.where(np.isfinite(weights), np.abs(weights), 0)
    order = np.argsort(-strength, axis=1, kind="stable")[:, :count]
    chosen = np.zeros(weights.shape, bool)
    np.put_along_axis(chosen, order, True, axis=1)
    return chosen & strength.any(1, keepdims=True)


def accuracy(means: np.ndarray, present: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Mean of the true-positive and the true-negative rate: the accuracy over as many images with a concept as without.

    An image is said to contain it where the logit is above 0. NaN without images of both kinds, or without weights.
    (N, K), (N, C) bool, (C, K), (C,) -> (C,)
    """
    said = means.astype(np.float64) @ weights.astype(np.float64).T + bias > 0
    with_it = present.sum(0)
    without = len(present) - with_it
    defined = (with_it > 0) & (without > 0) & np.isfinite(bias)
    right = (said & present).sum(0) / np.maximum(with_it, 1), (~said & ~present).sum(0) / np.maximum(without, 1)
    return np.where(defined, (right[0] + right[1]) / 2, np.nan)


def solved(x: Tensor, labels: Tensor, free: Tensor, tell: Callable[[float], None]) -> tuple[Tensor, Tensor]:
    """The minimum of sum_n s_n log(1 + exp(-y_n z_n)) + ridge / 2 ||w||^2 for each concept, z = w x + b, y = +-1, s_n
    one half of 1 / (images on the side of n): Newton's method, each step by conjugate gradients. `tell` is told the
    share of the concepts that are done.

    (N, K) float64, (N, C) bool, (C, K) bool -> (C, K), (C,)
    """
    problem = _Problem(x, labels, free)
    w = problem.free.new_zeros(problem.free.shape)
    busy = torch.arange(len(w))
    for _ in range(STEPS):
        if not len(busy):
            break
        now = problem.of(busy)
        w[busy], gain = now.stepped(w[busy])
        busy = busy[gain > TOLERANCE]
        tell(1 - len(busy) / len(w))
    slopes = w[:, :-1] / problem.scale
    return slopes, w[:, -1] - slopes @ problem.mean


class _Problem:
    """Some concepts' losses. The bias is the weight of a last column of ones; the others have mean 0 and, on average,
    variance 1, so that one matrix, the inverse of the Hessian at w = 0 if all images weighed the same, preconditions
    all concepts.
    """

    def __init__(self, x: Tensor, labels: Tensor, free: Tensor):
        self.mean = x.mean(0)
        centred = x - self.mean
        spread = centred.square().mean().sqrt()
        self.scale = torch.where(spread > 0, spread, 1.0)
        self.x = torch.cat([centred / self.scale, torch.ones_like(x[:, :1])], 1)
        self.quick = self.x.float()
        self.ridge = RIDGE * (torch.arange(self.x.shape[1]) < x.shape[1]).to(x)
        self.inverse = torch.linalg.inv(self.x.T @ self.x / (4 * len(x)) + self.ridge.diag())
        self.y = 2 * labels.to(x) - 1
        self.share = torch.where(labels, 0.5 / labels.sum(0), 0.5 / (~labels).sum(0))
        self.free = torch.cat([free.to(x), torch.ones_like(free[:, :1]).to(x)], 1)

    def of(self, some: Tensor) -> "_Problem":
        """The same for some of the concepts."""
        part = object.__new__(_Problem)
        part.__dict__ |= self.__dict__
        part.y, part.share, part.free = self.y[:, some], self.share[:, some], self.free[some]
        return part

    def loss(self, w: Tensor) -> Tensor:
        """(C, K + 1) -> (C,)"""
        z = self.y * (self.x @ w.T)
        return -(self.share * torch.nn.functional.logsigmoid(z)).sum(0) + (self.ridge * w * w).sum(1) / 2

    def stepped(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """A step of Newton's method, halved until the loss falls, and the gain that it foretold.

        (C, K + 1) -> (C, K + 1), (C,)
        """
        wrong = torch.sigmoid(-self.y * (self.x @ w.T))
        slope = (self.ridge * w - (self.share * self.y * wrong).T @ self.x) * self.free
        step = self.direction(slope, self.share * wrong * (1 - wrong))
        gain = -(slope * step).sum(1)
        before, size = self.loss(w), torch.ones_like(gain)
        for _ in range(30):
            rises = self.loss(w + size[:, None] * step) > before - 1e-4 * size * gain + 1e-14
            if not rises.any():
                break
            size = torch.where(rises, size / 2, size)
        return w + size[:, None] * step, gain

    def direction(self, slope: Tensor, curve: Tensor) -> Tensor:
        """Solves (X' diag(curve) X + ridge) step = -slope to a tenth, and better near the minimum.

        A direction need not be exact, so this is done in single precision. (C, K + 1), (N, C) -> (C, K + 1)
        """
        scale = slope.abs().amax(1, keepdim=True).clamp(min=1e-300)
        rest = -(slope / scale).float()
        curve, ridge, free, inverse = (one.float() for one in (curve, self.ridge, self.free, self.inverse))
        step, way = torch.zeros_like(rest), (rest @ inverse) * free
        left = first = (rest * way).sum(1)
        enough = first * (scale[:, 0].float() * first.sqrt()).clamp(1e-6, 1e-2)
        for _ in range(INNER):
            going = left > enough
            if not going.any():
                break
            image = ((curve * (self.quick @ way.T)).T @ self.quick + ridge * way) * free
            size = torch.where(going, left / (way * image).sum(1).clamp(min=1e-30), 0.0)[:, None]
            step, rest = step + size * way, rest - size * image
            shorter = (rest @ inverse) * free
            before, left = left, torch.where(going, (rest * shorter).sum(1), left)
            way = torch.where(going[:, None], shorter + (left / before.clamp(min=1e-30))[:, None] * way, way)
        return step.double() * scale


def descended(
    x: Tensor, labels: Tensor, free: Tensor, generator: torch.Generator, tell: Callable[[float], None]
) -> tuple[Tensor, Tensor]:
    """The paper's way: SGD with momentum on batches in which an image has the concept with probability 1/2; an epoch is
    as many draws as there are images. (N, K) float64, (N, C) bool, (C, K) bool -> (C, K), (C,)"""
    x, (concepts, filters) = x.float(), free.shape
    bound = filters**-0.5
    w = torch.empty(concepts, filters).uniform_(-bound, bound, generator=generator) * free
    b = torch.empty(concepts).uniform_(-bound, bound, generator=generator)
    order = labels.T.to(torch.int8).argsort(dim=1, descending=True, stable=True)
    positive = labels.sum(0)[:, None]
    pace_w, pace_b = torch.zeros_like(w), torch.zeros_like(b)
    for epoch in range(EPOCHS):
        rate = RATE * 0.1 ** (epoch // DECAY)
        for _ in range(-(-len(x) // BATCH)):
            y = torch.rand(concepts, BATCH, generator=generator) < 0.5
            place = torch.rand(concepts, BATCH, generator=generator)
            place = torch.where(y, place * positive, positive + place * (len(x) - positive)).long()
            drawn = x[order.gather(1, place.clamp(max=len(x) - 1))]
            wrong = (torch.sigmoid((drawn @ w[..., None])[..., 0] + b[:, None]) - y.float()) / BATCH
            pace_w = MOMENTUM * pace_w + (wrong[:, None] @ drawn)[:, 0] * free
            pace_b = MOMENTUM * pace_b + wrong.sum(1)
            w, b = w - rate * pace_w, b - rate * pace_b
        tell((epoch + 1) / EPOCHS)
    return w, b


def _within(progress: Progress | None, start: float, size: float) -> Callable[[float], None]:
    """Tells `progress` of a part of the whole that begins at a share of it and is of that size."""

    def tell(share: float) -> None:
        if progress:
            progress(round(100 * (start + size * share)), 100, LABEL)

    return tell
