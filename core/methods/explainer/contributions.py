"""The parts of one prediction: what each interpretable filter gives to a class's score, the ordinary track, the rest.

    y = sum_f share_f + share_ordin + remainder
    share_f = sum_ij dy/dx_enc,fij p x_interp,fij;   share_ordin = sum_fij dy/dx_enc,fij (1 - p) x_ordin,fij

The paper (figure 5, appendix 'Grad-CAM attention maps') tells the contributions of parts without saying how they were
computed; gradient times activation is chosen here, since x_enc = p x_interp + (1 - p) x_ordin splits it without a rest
of its own. y is the class's logit that the performer's classifier gives for the explainer's fc7. The remainder is what
gradient times activation does not account for: with ReLUs and affine layers, exactly the biases of fc-dec-1, fc-dec-2
and the classifier, as far as they reach y through the units that are on. How far y is from the performer's own score is
another matter, the error of the reconstruction, and stands by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.methods.explainer.anatomy import Anatomy
from core.methods.explainer.network import Explainer
from core.methods.gradcam import channel_weights, rectified, weighted_sum


@dataclass(frozen=True)
class Contributions:
    """To the score of one class for each of N pictures, in logits, float64.

    `filters` (N, F), `ordinary` (N,) and `remainder` (N,) sum to `score` (N,), the explainer's; `performer` (N,) is the
    performer's own score of the same class.
    """

    classes: np.ndarray
    filters: np.ndarray
    ordinary: np.ndarray
    remainder: np.ndarray
    score: np.ndarray
    performer: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """What the reconstruction adds to the performer's score.  -> (N,)"""
        return self.score - self.performer


def shares(gradient: Tensor, interpretable: Tensor, ordinary: Tensor, p: float) -> tuple[Tensor, Tensor]:
    """Gradient times activation of the two tracks.  (N, F, m, m) three times -> (N, F), (N,) float64"""
    gradient = gradient.double()
    filters = p * (gradient * interpretable.double()).sum((2, 3))
    return filters, (1 - p) * (gradient * ordinary.double()).sum((1, 2, 3))


def contributions(
    explainer: Explainer, performer: Anatomy, maps: Tensor, logits: Tensor, classes: int | Sequence[int]
) -> Contributions:
    """The target layer's maps (N, K, n, n) and the performer's own logits (N, classes) -> Contributions to one class,
    or to one for each picture. The explainer is in evaluation mode."""
    chosen = torch.as_tensor(classes, device=maps.device).expand(len(maps))
    with torch.no_grad():
        passed = explainer(maps)
    encoded = passed.encoded.requires_grad_()
    with torch.enable_grad():
        score = _of(performer.classify(explainer.decode(encoded)[1]), chosen)
        (gradient,) = torch.autograd.grad(score.sum(), encoded)
    filters, ordinary = shares(gradient, passed.interpretable, passed.ordinary, float(explainer.p.detach()))
    score = score.detach().double()
    remainder = score - filters.sum(1) - ordinary
    found = (chosen, filters, ordinary, remainder, score, _of(logits, chosen).double())
    return Contributions(*(one.detach().cpu().numpy() for one in found))


def attention(
    explainer: Explainer, performer: Anatomy, maps: Tensor, classes: int | Sequence[int]
) -> tuple[Tensor, Tensor]:
    """conv-interp-2's maps after the mask and Grad-CAM on them, of the explainer's score (appendix, 'Grad-CAM attention
    maps').  The target layer's maps (N, K, n, n) -> (N, F, n, n), (N, n, n)"""
    with torch.no_grad():
        passed = explainer(maps)

    def score(second: Tensor) -> Tensor:
        return performer.classify(explainer.decode(explainer.encode(second, passed.ordinary)[1])[1])

    return passed.second_masked, _gradcam(passed.second_masked, score, classes)


def attention_top(performer: Anatomy, maps: Tensor, classes: int | Sequence[int]) -> Tensor:
    """Grad-CAM on the performer's top conv layer, of its own score.  The top conv layer's maps (N, F, n, n) ->
    (N, n, n)"""

    def score(top: Tensor) -> Tensor:
        fc6 = performer.first(performer.pool(top).flatten(1)).relu()
        return performer.classify(performer.second(fc6).relu())

    return _gradcam(maps, score, classes)


def _gradcam(maps: Tensor, score: Callable[[Tensor], Tensor], classes: int | Sequence[int]) -> Tensor:
    chosen = torch.as_tensor(classes, device=maps.device).expand(len(maps))
    with torch.enable_grad():
        leaf = maps.detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad(_of(score(leaf), chosen).sum(), leaf)
    return rectified(weighted_sum(maps, channel_weights(gradient)[:, None]))[:, 0]


def _of(logits: Tensor, classes: Tensor) -> Tensor:
    """(N, classes), (N,) -> (N,)"""
    return logits.gather(1, classes[:, None])[:, 0]
