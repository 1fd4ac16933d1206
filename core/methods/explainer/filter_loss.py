"""Equation 2, exactly: how much a filter's map says about where its part is, over a fixed set of pictures.

The information over a batch of B maps is at most log B, so that p(x|T) is normalised over a fixed set that is much
larger than n^2 + 1, in two steps: a first pass stores log Z_T and KL(p(.|T) || p); the gradient at a picture of the set
then needs nothing but them:

    dLoss / dx_ij = -sum_T p(T) p(x|T) {log [p(x|T) / p(x)] - KL(p(.|T) || p)} t_ij

The paper's alpha = n^2 / (n^2 + 1) makes all templates equally probable, p(T) = 1 / (n^2 + 1).

With tau = 0.5 / n^2 the loss is flat unless activations are in the hundreds (1e-5 nat at 1), so a filter's maps are
multiplied by `scales` first; its gradient is that of the scaled map.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from core.methods.explainer.templates import templates

CONTRAST = 2.0  # times log(n^2 + 1): what the best template's trace is brought to, mean over the maps that fire


@dataclass(frozen=True)
class Normalisers:
    """Of F filters over the fixed set: log Z_T and KL(p(.|T) || p), both (F, n^2 + 1) float64."""

    log_z: Tensor
    kl: Tensor

    @property
    def information(self) -> Tensor:
        """MI(X; T) in nats.  -> (F,)"""
        return self.kl.mean(1)

    @property
    def share(self) -> Tensor:
        """Of the most that there can be, log(n^2 + 1): 1 where every template has pictures of its own.  -> (F,)"""
        return self.information / math.log(self.kl.shape[1])


def traces(maps: Tensor) -> Tensor:
    """tr(x T) of all templates.  (F, M, n, n) -> (F, M, n^2 + 1)"""
    patterns = templates(maps.shape[-1]).to(maps).flatten(1)
    return maps.flatten(2) @ patterns.T


def scales(maps: Tensor) -> Tensor:
    """What makes the loss of a filter not flat: what its best template holds, mean over the maps that fire, becomes
    CONTRAST log(n^2 + 1). Held is the trace of the template cut at zero: with the rest of it, a filter that fires
    everywhere would have none above zero.  (F, M, n, n) -> (F,), 0 for a filter that never fires"""
    within = templates(maps.shape[-1])[:-1].clamp(min=0).to(maps).flatten(1)
    best = (maps.flatten(2) @ within.T).amax(-1)  # (F, M)
    mean = best.sum(1) / (best > 0).sum(1).clamp(min=1)
    wanted = CONTRAST * math.log(maps.shape[-1] ** 2 + 1)
    return torch.where(mean > 0, wanted / torch.where(mean > 0, mean, 1.0), 0.0)


def normalisers(maps: Tensor) -> Normalisers:
    """Over the fixed set, exactly.  (F, M, n, n), already scaled -> Normalisers"""
    given = traces(maps.double())
    log_z = given.logsumexp(1)
    told = given - log_z[:, None]  # log p(x|T)
    ratio = told - _log_p(told)[..., None]
    return Normalisers(log_z, (told.exp() * ratio).sum(1))


def gradient(maps: Tensor, known: Normalisers) -> Tensor:
    """dLoss / dx of maps of the set.  (F, B, n, n), scaled -> the same"""
    told = _told(traces(maps), known)
    ratio = told - _log_p(told)[..., None]
    return _along(maps, told, ratio - known.kl.to(maps)[:, None])


def approximate_gradient(maps: Tensor, known: Normalisers, own: Tensor, places: Tensor | None = None) -> Tensor:
    """The published approximation: only the template that a map should match counts, and Z does not move.

    That is the positive one of the largest trace where the picture is of the filter's class (`own`, (F, B) bool),
    else T-; with `places`, (F, B) int64, that of another cell instead of the nearest, which is a control.
    (F, B, n, n), scaled -> the same
    """
    given = traces(maps)
    told, nearest = _told(given, known), given[..., :-1].argmax(-1) if places is None else places
    target = torch.where(own, nearest, told.shape[-1] - 1)
    own_told = told.gather(-1, target[..., None])[..., 0]
    weight = own_told.exp() * (own_told - _log_p(told)) / -told.shape[-1]
    return weight[..., None, None] * templates(maps.shape[-1]).to(maps)[target]


def entropies(maps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The appendix's rewriting, whose three terms sum to the loss: -H(T), the inter-category entropy
    H({T-, T+} | X), and the spatial entropy sum_x p(T+, x) H(T+ | X = x).  (F, M, n, n), scaled -> (F,) each"""
    given = traces(maps.double())
    told = given - given.logsumexp(1, keepdim=True)
    log_p = _log_p(told)
    after = told - math.log(told.shape[-1]) - log_p[..., None]  # log p(T|x)
    p, present, absent = log_p.exp(), after[..., :-1].logsumexp(-1), after[..., -1]
    category = -(p * (present.exp() * present + absent.exp() * absent)).sum(1)
    inside = after[..., :-1] - present[..., None]  # log p(T|x, T+)
    spatial = -(p * present.exp() * (inside.exp() * inside).sum(-1)).sum(1)
    return torch.full_like(category, -math.log(told.shape[-1])), category, spatial


def _told(given: Tensor, known: Normalisers) -> Tensor:
    """log p(x|T) of maps of the set, at most 0 also where the maps have moved since Z_T was summed."""
    return (given - known.log_z.to(given)[:, None]).clamp(max=0)


def _log_p(told: Tensor) -> Tensor:
    """log p(x) = log sum_T p(T) p(x|T).  (F, M, n^2 + 1) -> (F, M)"""
    return told.logsumexp(-1) - math.log(told.shape[-1])


def _along(maps: Tensor, told: Tensor, factor: Tensor) -> Tensor:
    """-sum_T p(T) p(x|T) factor_T T"""
    weights = told.exp() * factor / -told.shape[-1]
    return (weights @ templates(maps.shape[-1]).to(maps).flatten(1)).view_as(maps)
