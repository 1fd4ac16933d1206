"""CHIP's three maps of a picture, from importances learned beforehand.

X. Cui, D. Wang, Z. J. Wang: CHIP: Channel-wise Disentangled Interpretation of Deep Convolutional Neural Networks;
equations as numbered there.

    A~^c = sum_k w_k^c A_k                                                       (10)
    Refined CHIP = CHIP at the first convolution  o  CHIP at a deep layer        (III-B)
    Guided CHIP  = CHIP at a deep layer  o  Guided Backpropagation               (III-B)

A_k is channel k of a layer, w_k^c its importance for class c: the sparse m of Algorithm 1 stands for it. Different
from the text: a map is clamped at zero before it enters a product, or what speaks against the class at both layers
would shine as if it spoke for it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from core.errors import NotDefined
from core.methods.chip.importances import channel_is_class, first_conv
from core.methods.gradcam import rectified, weighted_sum
from core.methods.guided import guided_gradcam_map, shared_gradients
from core.methods.registry import METHODS, Progress, check_shapes, method, require_defined
from core.networks.taps import tap

Importances = Mapping[str, np.ndarray]


def chip_map(activations: Tensor, importances: Tensor) -> Tensor:
    """A~^c = sum_k w_k^c A_k (eq. 10), signed.  (N, K, H, W), (N, C, K) -> (N, C, H, W)"""
    return weighted_sum(activations, importances)


def refined_map(first: Tensor, deep: Tensor, size: Sequence[int]) -> Tensor:
    """The deep layer's map, bilinear at the first one's resolution, times the first one's, both clamped at zero; then
    bilinear at `size`.  (N, C, H, W), (N, C, h, w) -> (N, C, *size)"""
    fine = interpolate(rectified(deep), first.shape[-2:], mode="bilinear", align_corners=False)
    return interpolate(rectified(first) * fine, tuple(size), mode="bilinear", align_corners=False)


def _own(network: Any, layer: Any) -> list[str]:
    return [layer.name]


def _own_and_first(network: Any, layer: Any) -> list[str]:
    return list(dict.fromkeys([first_conv(network).name, layer.name]))


def _classes_themselves(network: Any, layer: Any) -> str | None:
    reason = layer and channel_is_class(network, layer)
    return f"CHIP is not learned at {layer.name}: {reason}" if reason else None


def _without_first(network: Any, layer: Any) -> str | None:
    try:
        first_conv(network)
    except NotDefined as error:
        return f"Refined CHIP is not defined on {network.title}: {error}"
    return _classes_themselves(network, layer)


def require_importances(name: str, network: Any, layers: Sequence[Any], importances: Importances | None) -> None:
    """Raise NotComputed where the method needs importances of a layer that are not there."""
    for layer in layers:
        if missing := METHODS[name].missing(network, layer, importances):
            raise missing


def _signed_maps(
    network: Any, batch: Tensor, classes: Tensor, names: Sequence[str], importances: Importances, found: dict
) -> dict[str, Tensor]:
    """CHIP at several layers by name, in one forward pass for those whose activations nobody has seen yet."""
    seen: dict[str, Tensor] = found.setdefault("activations", {})
    missing = [name for name in names if name not in seen]
    if missing:
        with torch.no_grad(), tap(network, missing) as tapped:
            network(batch.detach())
        seen.update(tapped)
    maps = {}
    for name in names:
        weights = torch.tensor(importances[name], dtype=batch.dtype)[classes.cpu()]
        maps[name] = chip_map(seen[name], weights.to(batch.device))
    return maps


@method(
    name="chip",
    title="CHIP",
    paper="Cui et al., TNNLS 2020",
    about="Where the channels were active whose absence, over many pictures, costs the class its probability.",
    per_layer=True,
    signed=True,
    resolution="layer",
    uses_gradient=False,
    perturbs=True,
    needs_data=True,
    needs=_own,
    refuses=_classes_themselves,
)
def chip(
    network: Any,
    batch: Tensor,
    classes: Tensor,
    layers: Sequence[Any],
    *,
    progress: Progress | None = None,
    seed: int = 0,
    importances: Importances | None = None,
    found: dict | None = None,
) -> dict[str | None, Tensor]:
    """CHIP at every layer for every class, signed.  (N, 3, H, W), (N, C) -> {layer name: (N, C, h, w)}

    `importances`: {layer name: (classes, K)}. Raises NotDefined at a layer without spatial extent, NotComputed where a
    layer's importances are missing.
    """
    check_shapes(batch, classes)
    require_defined("chip", network, layers)
    require_importances("chip", network, layers, importances)
    if progress:
        progress(0, 1, "CHIP")
    names = [layer.name for layer in layers]
    return dict(_signed_maps(network, batch, classes, names, importances or {}, {} if found is None else found))


@method(
    name="refined-chip",
    title="Refined CHIP",
    paper="Cui et al., TNNLS 2020",
    about="CHIP at the first convolution where CHIP at the layer is high: fine, for one class, without gradients.",
    per_layer=True,
    uses_gradient=False,
    perturbs=True,
    needs_data=True,
    needs=_own_and_first,
    refuses=_without_first,
)
def refined_chip(
    network: Any,
    batch: Tensor,
    classes: Tensor,
    layers: Sequence[Any],
    *,
    progress: Progress | None = None,
    seed: int = 0,
    importances: Importances | None = None,
    found: dict | None = None,
) -> dict[str | None, Tensor]:
    """Refined CHIP of each layer with the first convolution.  (N, 3, H, W), (N, C) -> {layer name: (N, C, H, W)}

    At the first convolution itself it is the square of CHIP. `importances` and errors as of `chip`.
    """
    check_shapes(batch, classes)
    require_defined("refined-chip", network, layers)
    require_importances("refined-chip", network, layers, importances)
    if progress:
        progress(0, 1, "Refined CHIP")
    first, names = first_conv(network).name, [layer.name for layer in layers]
    found = {} if found is None else found
    maps = _signed_maps(network, batch, classes, list(dict.fromkeys([first, *names])), importances or {}, found)
    return {name: refined_map(maps[first], maps[name], batch.shape[-2:]) for name in names}


@method(
    name="guided-chip",
    title="Guided CHIP",
    paper="Cui et al., TNNLS 2020",
    about="Guided Backpropagation where CHIP is high: fine and for one class.",
    per_layer=True,
    perturbs=True,
    needs_relu=True,
    needs_data=True,
    needs=_own,
    refuses=_classes_themselves,
)
def guided_chip(
    network: Any,
    batch: Tensor,
    classes: Tensor,
    layers: Sequence[Any],
    *,
    progress: Progress | None = None,
    seed: int = 0,
    importances: Importances | None = None,
    found: dict | None = None,
) -> dict[str | None, Tensor]:
    """CHIP of each layer, clamped at zero, times guided gradients.  (N, 3, H, W), (N, C) -> {layer name: (N, C, H, W)}

    `importances` and errors as of `chip`; NotDefined also where the network has no ReLU.
    """
    check_shapes(batch, classes)
    require_defined("guided-chip", network, layers)
    require_importances("guided-chip", network, layers, importances)
    found = {} if found is None else found
    maps = _signed_maps(network, batch, classes, [layer.name for layer in layers], importances or {}, found)
    gradients = shared_gradients(network, batch, classes, progress, found)
    return {name: guided_gradcam_map(rectified(one), gradients) for name, one in maps.items()}
