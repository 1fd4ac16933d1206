"""What is asked of one picture: its classes' probabilities, its maps and how faithful they are, its activations."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from core.engine.answers import Progress, answer, class_of, computes, kept_jointly
from core.errors import NotDefined
from core.measures import diagnosis
from core.measures import faithfulness as faith
from core.methods import METHODS, find_method
from core.methods import explain as run_methods
from core.methods.heatmap import Heatmap
from core.methods.registry import checked_parameters
from core.networks.layers import Layer
from core.networks.network import Network
from core.networks.taps import tap
from core.request import Request, image_subject

Key = tuple[str, str | None, int]


def probabilities(network: Network, image: np.ndarray) -> np.ndarray:
    """The probability of each class.  (H, W, 3) uint8 -> (classes,) float32"""
    return network.probabilities(network.prepare([image]))[0].cpu().numpy()


def activations(network: Network, image: np.ndarray, layer: str | Layer) -> np.ndarray:
    """What a layer's channels emit for a picture.  (H, W, 3) uint8 -> (K, h, w) float32.  Raises UnknownLayer."""
    with torch.no_grad(), tap(network, layer) as seen:
        network(network.prepare([image]))
    return seen[network.layer(layer).name][0].cpu().numpy()


def explain(
    network: Network,
    image: np.ndarray,
    *,
    classes: Sequence[int],
    layers: Sequence[str | Layer],
    methods: Sequence[str],
    subject: str | None = None,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    importances: Mapping[str, np.ndarray] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[Key, Heatmap | NotDefined]:
    """Maps of one picture: {(method, layer's name or None, class): map, or why there is none}.  (H, W, 3) uint8

    Instant methods share one computation for all layers and classes; slow ones come through the store, class by class.
    `subject` is the picture's part of a request, by its pixels unless given; `parameters` {method: {name: value}};
    `importances` {layer's name: (classes, K)}: where a method needs one that is not there, its map is a NotComputed.
    Raises UnknownName for a method or parameter, UnknownLayer, UnknownClass; what `progress` raises.
    """
    layers = list(dict.fromkeys(network.layer(layer) for layer in layers))
    classes = [class_of(network, c) for c in dict.fromkeys(classes)]
    settings = {name: checked_parameters(find_method(name), (parameters or {}).get(name, {})) for name in methods}
    found: dict[Key, Heatmap | NotDefined] = {}
    where: dict[str, list[Layer | None]] = {}
    for name in settings if classes else ():
        for layer in layers if METHODS[name].per_layer else [None]:
            if reason := METHODS[name].defined(network, layer):
                found |= {(name, layer and layer.name, c): NotDefined(reason) for c in classes}
            elif missing := METHODS[name].missing(network, layer, importances):
                found |= {(name, layer and layer.name, c): missing for c in classes}
            else:
                where.setdefault(name, []).append(layer)
    found |= _instant(network, image, classes, where, settings, importances, seed, progress)
    for name, places in where.items():
        if METHODS[name].cost != "instant":
            asked = {"subject": subject or image_subject(image), "parameters": settings[name], "seed": seed}
            base = Request(name, METHODS[name].version, network.fingerprint, **asked)
            found |= _slow(base, network, image, classes, places, progress)
    return found


def _instant(
    network: Network,
    image: np.ndarray,
    classes: Sequence[int],
    where: Mapping[str, Sequence[Layer | None]],
    settings: Mapping[str, Mapping[str, Any]],
    importances: Mapping[str, np.ndarray] | None,
    seed: int,
    progress: Progress | None,
) -> dict[Key, Heatmap]:
    names = [name for name in where if METHODS[name].cost == "instant"]
    if not names:
        return {}
    layers = {name: [layer for layer in where[name] if layer] for name in names}
    batch, labels = network.prepare([image]), torch.tensor([classes])
    asked = {"progress": progress, "seed": seed, "parameters": settings, "importances": importances}
    with network.lock:
        results = run_methods(names, network, batch, labels, layers, **asked)
    return {
        (name, layer, label): _heatmap(name, values, layer, label)
        for name, maps in results.items()
        for layer, together in maps.items()
        for label, values in zip(classes, together[0].cpu().numpy(), strict=True)
    }


def _slow(
    base: Request,
    network: Network,
    image: np.ndarray,
    classes: Sequence[int],
    layers: Sequence[Layer | None],
    progress: Progress | None,
) -> dict[Key, Heatmap]:
    """Maps through the store, one artefact a class. What has to be computed is computed for all classes together, since
    a further class costs little beside the first."""
    found: dict[Key, Heatmap] = {}
    for layer in layers:
        asked = {c: replace(base, layer=layer and layer.name, classes=(c,)) for c in classes}

        def compute(missing: Sequence[int], asked: dict[int, Request] = asked) -> dict[int, dict[str, np.ndarray]]:
            joint = replace(asked[missing[0]], classes=tuple(missing))
            values = _maps(joint, network, image, progress)["values"]
            return {label: {"values": one} for label, one in zip(missing, values, strict=True)}

        for label, artefact in kept_jointly(asked, compute, progress).items():
            where = layer and layer.name
            found[base.method, where, label] = _heatmap(base.method, artefact.arrays["values"], where, label)
    return found


def _heatmap(name: str, values: np.ndarray, layer: str | None, label: int) -> Heatmap:
    return Heatmap(np.array(values, np.float32), name, layer, label, METHODS[name].signed)


@computes(*METHODS)
def _maps(request: Request, network: Network, image: np.ndarray, progress: Progress | None) -> dict[str, np.ndarray]:
    """Maps of one picture at one layer for several classes.  -> values (C, h, w) float32"""
    layers = [network.layer(request.layer)] if request.layer else []
    method, batch = find_method(request.method), network.prepare([image])
    settings = {method.name: dict(request.parameters)}
    classes = torch.tensor([request.classes])
    results = run_methods(
        [method.name], network, batch, classes, layers, progress=progress, seed=request.seed, parameters=settings
    )
    return {"values": results[method.name][request.layer][0].cpu().numpy()}


def faithfulness(
    network: Network,
    image: np.ndarray,
    heatmaps: Sequence[Heatmap],
    *,
    steps: int = faith.STEPS,
    progress: Progress | None = None,
) -> list[faith.Faithfulness]:
    """Insertion and deletion curves of several maps of one picture, in one batched pass, in the maps' order."""
    return faith.faithfulness(network, network.prepare([image]), heatmaps, steps=steps, progress=progress)


_CURVES = ("random_insertion", "random_deletion", "centre_insertion", "centre_deletion")
_AREAS = ("random_insertion_areas", "random_deletion_areas")


def faithfulness_floors(
    network: Network,
    image: np.ndarray,
    *,
    classes: Sequence[int],
    subject: str | None = None,
    steps: int = faith.STEPS,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[int, faith.Floor]:
    """What random and centre-out orders reach on one picture: {class: floor}. Kept, for all classes at once."""
    asked = {"steps": steps, "orders": faith.RANDOM_ORDERS}
    request = Request(
        "faithfulness-floors", 1, network.fingerprint, subject or image_subject(image), parameters=asked, seed=seed
    )
    arrays = answer(request, network, image, progress).arrays
    fractions = arrays["fractions"]
    return {
        c: faith.Floor(
            c, *(faith.Curve(fractions, arrays[name][c]) for name in _CURVES), *(arrays[n][c] for n in _AREAS)
        )
        for c in (class_of(network, c) for c in classes)
    }


@computes("faithfulness-floors")
def _floors(request: Request, network: Network, image: np.ndarray, progress: Progress | None) -> dict[str, np.ndarray]:
    """Curves (classes, steps + 1) and areas (classes, orders) of every class."""
    every = range(len(network.classes))
    batch, settings = network.prepare([image]), dict(request.parameters)
    found = faith.floors(network, batch, every, seed=request.seed, progress=progress, **settings).values()
    arrays = {name: np.stack([getattr(floor, name).probabilities for floor in found]) for name in _CURVES}
    arrays |= {name: np.stack([getattr(floor, name) for floor in found]) for name in _AREAS}
    return arrays | {"fractions": next(iter(found)).random_insertion.fractions}


def diagnose(
    network: Network, image: np.ndarray, heatmap: Heatmap, importances: Mapping[str, np.ndarray] | None = None
) -> tuple[diagnosis.Finding, ...]:
    """Why a map is empty or to be read with care, in sentences; () where there is nothing to say."""
    return diagnosis.diagnose(network, network.prepare([image]), heatmap, importances)
