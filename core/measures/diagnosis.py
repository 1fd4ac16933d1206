"""Why a map is empty or suspicious, in plain sentences with numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.methods.gradcam import Evidence, evidence
from core.methods.heatmap import Heatmap
from core.methods.registry import METHODS
from core.networks.taps import tap

GRADIENT_WEIGHTED = ("gradcam", "guided-gradcam")  # methods whose channels weigh by the score's gradient


@dataclass(frozen=True)
class Finding:
    """One reason. `kind` is for programs, `sentence` for people; `empties` says that it explains an empty map, where
    the others only put it in its place."""

    kind: str
    sentence: str
    empties: bool


def nan_activations(activations: Tensor, layer: str) -> Finding | None:
    """The layer emits NaN or infinity.  (K, H, W)"""
    bad = int((~torch.isfinite(activations)).sum())
    if not bad:
        return None
    share = f"{bad:,} of {activations.numel():,} values at {layer}"
    return Finding("nan", f"{share} are not numbers: the weights or the picture make the network overflow.", True)


def dead_channels(activations: Tensor, layer: str) -> Finding | None:
    """At least half of the channels are zero everywhere (fewer is ordinary: a ReLU network uses what a picture needs).
    (K, H, W)"""
    channels = len(activations)
    dead = int((activations == 0).flatten(1).all(1).sum())
    if 2 * dead < channels:
        return None
    if dead == channels:
        return Finding("dead", f"All {channels} channels at {layer} are zero for this picture: nothing to weigh.", True)
    return Finding("dead", f"{dead} of {channels} channels at {layer} are zero for this picture.", False)


def zero_gradient(depends: bool, layer: str, name: str) -> Finding | None:
    """The score does not change with the layer: everything after it is saturated or does not use it."""
    if depends:
        return None
    sentence = (
        f"The score of {name} does not depend on {layer}: every gradient there is exactly zero (saturated or unused)."
    )
    return Finding("no gradient", sentence, True)


def negative_evidence(summed: Tensor, alpha: Tensor, layer: str, name: str) -> Finding | None:
    """No position has a positive weighted sum, so that ReLU leaves nothing.  (H, W), (K,)"""
    if not (torch.isfinite(summed).all() and (summed <= 0).all() and (summed < 0).any()):
        return None
    sentence = (
        f"{layer} speaks only against {name}: the weighted sum is at most {_two(summed.max())} and falls to "
        f"{_two(summed.min())}; {int((alpha > 0).sum())} of {len(alpha)} channels have a positive weight."
    )
    return Finding("negative", sentence, True)


def no_importance(weights: Tensor, layer: str, name: str) -> Finding | None:
    """CHIP left no channel for the class.  (K,)"""
    if (weights != 0).any():
        return None
    sentence = (
        f"No channel at {layer} has an importance for {name}: the pictures they were learnt from hardly show the "
        "class, or the sparse penalty left none."
    )
    return Finding("no importance", sentence, True)


def constant_map(values: np.ndarray) -> Finding | None:
    """A map with the same value everywhere: zero, or one that shows no place.  (h, w)"""
    seen = values[~np.isnan(values)]
    if not seen.size:
        return Finding("nan", "Every value of the map is not a number.", True)
    if seen.max() > seen.min():
        return None
    if values.size == 1:
        return Finding("constant", "The map has one position only: this layer cannot say where.", False)
    if seen.max() == 0:
        return Finding("zero", f"All {seen.size:,} values of the map are zero.", True)
    sentence = f"All {seen.size:,} values of the map are {_two(seen.max())}: it prefers no place."
    return Finding("constant", sentence, False)


def other_class(probabilities: Tensor, label: int, names: Sequence[str]) -> Finding | None:
    """The network prefers another class: the map says what little speaks for this one.  (classes,)"""
    best = int(probabilities.argmax())
    if best == label or not torch.isfinite(probabilities).all():
        return None
    rank = int((probabilities > probabilities[label]).sum()) + 1
    sentence = (
        f"The network prefers {names[best]} ({_two(probabilities[best])}) to {names[label]} "
        f"({_two(probabilities[label])}, place {rank} of {len(probabilities)})."
    )
    return Finding("other class", sentence, False)


def diagnose_layer(found: Evidence, image: int, column: int, layer: str, name: str) -> tuple[Finding, ...]:
    """What a layer's evidence for one class of one image explains, the first cause first; later ones that follow from
    it are left out."""
    activations = found.activations[image]
    broken = nan_activations(activations, layer)
    if broken:
        return (broken,)
    dead = dead_channels(activations, layer)
    if dead and dead.empties:
        return (dead,)
    flat = zero_gradient(bool(found.depends[image, column]), layer, name)
    against = negative_evidence(found.summed[image, column], found.alpha[image, column], layer, name)
    return tuple(one for one in (flat, against, dead) if one)


def diagnose_channels(
    activations: Tensor, weights: Tensor | None, layer: str, name: str, signed: bool
) -> tuple[Finding, ...]:
    """The same for a method that does not weigh channels by gradients: by the importances `weights`, or not at all
    (None). A signed map also shows what speaks against a class.  (K, H, W), (K,)"""
    broken = nan_activations(activations, layer)
    if broken:
        return (broken,)
    dead = dead_channels(activations, layer)
    if weights is None or (dead and dead.empties):
        return (dead,) if dead else ()
    summed = torch.einsum("khw,k->hw", activations, weights)
    against = None if signed else negative_evidence(summed, weights, layer, name)
    return tuple(one for one in (no_importance(weights, layer, name), against, dead) if one)


def diagnose(
    network: Any, batch: Tensor, heatmap: Heatmap, importances: Mapping[str, np.ndarray] | None = None
) -> tuple[Finding, ...]:
    """Everything worth saying about one map of one picture; () where nothing is.  (1, 3, H, W) prepared

    Runs the network once forward and, for a map that weighs a layer by gradients, once backward. `importances` {layer
    name: (classes, K)} are those that the map was made from, where it was.
    """
    label, name = heatmap.class_index, network.classes[heatmap.class_index]
    findings: list[Finding] = []
    layer = network.layer(heatmap.layer) if heatmap.layer is not None else None
    if layer is not None and layer.spatial and heatmap.method in GRADIENT_WEIGHTED:
        classes = torch.tensor([[label]])
        found = evidence(network, batch[:1], classes, [layer])[layer.name]
        findings += diagnose_layer(found, 0, 0, layer.name, name)
    elif layer is not None and layer.spatial:
        names = METHODS[heatmap.method].needs(network, layer) or [layer.name]
        with torch.no_grad(), tap(network, names) as seen:
            network(batch[:1])
        for one in names:
            weights = (importances or {}).get(one)
            row = None if weights is None else torch.as_tensor(weights[label], dtype=batch.dtype).to(batch.device)
            findings += diagnose_channels(seen[one][0], row, one, name, heatmap.signed)
    constant = constant_map(heatmap.values)
    if constant and not any(one.empties for one in findings):
        findings.append(constant)
    other = other_class(network.probabilities(batch[:1])[0], label, network.classes)
    return (*findings, other) if other else tuple(findings)


def _two(value: Any) -> str:
    """Two significant digits."""
    number = float(value)
    return f"{number:.2g}" if abs(number) < 100 else f"{number:.0f}"
