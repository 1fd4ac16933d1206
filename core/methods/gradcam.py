"""Grad-CAM: which positions of a layer spoke for a class.

R. R. Selvaraju, M. Cogswell, A. Das, R. Vedantam, D. Parikh, D. Batra: Grad-CAM: Visual Explanations from Deep Networks
via Gradient-based Localization, ICCV 2017; equations as numbered there.

    alpha_k^c = 1/Z  sum_i sum_j  dy^c / dA_ij^k                 (1)
    L^c       = ReLU( sum_k alpha_k^c A^k )                      (2)

A^k is channel k of a layer, y^c the score of class c before the softmax, Z the number of positions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.methods.registry import Progress, check_shapes, method, require_defined
from core.networks.taps import tap


def channel_weights(gradients: Tensor) -> Tensor:
    """alpha_k = mean over positions of dy/dA_k (eq. 1).  (..., K, H, W) -> (..., K)"""
    return gradients.mean((-2, -1))


def weighted_sum(activations: Tensor, alpha: Tensor) -> Tensor:
    """sum_k alpha_k A_k, the map before its ReLU (eq. 2).  (N, K, H, W), (N, C, K) -> (N, C, H, W)"""
    return torch.einsum("nkhw,nck->nchw", activations, alpha)


def rectified(summed: Tensor) -> Tensor:
    """ReLU(sum): only what speaks for the class is shown (eq. 2).  Any shape, kept."""
    return summed.relu()


def any_gradient(gradients: Tensor, alpha: Tensor) -> Tensor:
    """Does the score depend on the layer at all? Weights can be zero by gradients that cancel, so then these are
    looked at.  (N, K, H, W), (N, K) -> (N,) bool"""
    weighted = (alpha != 0).any(1)
    return weighted if weighted.all() else (gradients != 0).flatten(1).any(1)


@dataclass(frozen=True)
class Evidence:
    """What Grad-CAM knows about one layer before it rectifies; all detached, on the network's device."""

    activations: Tensor  # (N, K, H, W)
    alpha: Tensor  # (N, C, K), eq. 1
    summed: Tensor  # (N, C, H, W), signed: eq. 2 before its ReLU
    depends: Tensor  # (N, C) bool: whether any dy/dA is not zero


def evidence(
    network: Any, batch: Tensor, classes: Tensor, layers: Sequence[Any], progress: Progress | None = None
) -> dict[str, Evidence]:
    """Evidence of every layer for every class, by layer name.  (N, 3, H, W), (N, C)

    One forward pass, and one backward pass per class that gives the gradients of all layers at once: images of a batch
    do not touch each other in evaluation mode, so the sum of their scores has each image's own gradient.
    """
    names = [layer.name for layer in layers]
    alphas: dict[str, list[Tensor]] = {name: [] for name in names}
    depends: dict[str, list[Tensor]] = {name: [] for name in names}
    with torch.enable_grad(), tap(network, layers) as seen:
        logits = network(batch.detach())
        values = [seen[name] for name in names]
        scores = logits.gather(1, classes.to(logits.device)).sum(0)
        for column, score in enumerate(scores):
            if progress:
                progress(column, len(scores), "Grad-CAM")
            gradients = torch.autograd.grad(
                score, values, retain_graph=column + 1 < len(scores), materialize_grads=True
            )
            for name, gradient in zip(names, gradients, strict=True):
                alphas[name].append(channel_weights(gradient))
                depends[name].append(any_gradient(gradient, alphas[name][-1]))
    found = {}
    for name, value in zip(names, values, strict=True):
        activations, alpha = value.detach(), torch.stack(alphas[name], 1)
        found[name] = Evidence(activations, alpha, weighted_sum(activations, alpha), torch.stack(depends[name], 1))
    return found


@method(
    name="gradcam",
    title="Grad-CAM",
    paper="Selvaraju et al., ICCV 2017",
    about="Where the layer's channels that raise the class's score were active.",
    per_layer=True,
    resolution="layer",
)
def gradcam(
    network: Any,
    batch: Tensor,
    classes: Tensor,
    layers: Sequence[Any],
    *,
    progress: Progress | None = None,
    seed: int = 0,
    found: dict | None = None,
) -> dict[str | None, Tensor]:
    """Grad-CAM at every layer for every class, not normalised.  (N, 3, H, W), (N, C) -> {layer name: (N, C, h, w)}

    Raises NotDefined at a layer without spatial extent.
    """
    check_shapes(batch, classes)
    require_defined("gradcam", network, layers)
    found = {} if found is None else found
    key = ("gradcam", *(layer.name for layer in layers))
    if key not in found:
        seen = evidence(network, batch, classes, layers, progress) if layers else {}
        found[key] = {name: rectified(one.summed) for name, one in seen.items()}
        found.setdefault("activations", {}).update({name: one.activations for name, one in seen.items()})
    return found[key]
