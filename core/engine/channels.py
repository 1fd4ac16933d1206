"""What is asked of a layer's channels: which of them matter for which class, and what happens without them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import torch

from core.engine.answers import Progress, answer, class_of, computes, indices, kept_jointly, subject, swept
from core.engine.probing import columns
from core.measures import knockout as closing
from core.measures.knockout import Knockout
from core.methods.chip import importances as chip
from core.methods.chip.importances import Importances
from core.methods.chip.sums import ChipSums
from core.networks.layers import Layer
from core.networks.network import Network
from core.probes.probe import Probe
from core.request import Request


def importances(network: Network, probe: Probe, layer: str | Layer, **asked: Any) -> Importances:
    """What CHIP learns of a layer: which channels matter for which class. As `importances_of`, for one layer."""
    layer = network.layer(layer)
    return importances_of(network, probe, [layer], **asked)[layer.name]


def importances_of(
    network: Network,
    probe: Probe,
    layers: Sequence[str | Layer],
    *,
    split: str = "train",
    images: int = 480,
    gates: int = 100,
    sigma: float = 0.25,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Importances]:
    """CHIP's importances at several layers, {layer's name: importances}, learned from so many images of a split with
    so many gates each; sigma^2 = sigma K (eq. 8). A probe without 'train' is learned from by its first split.

    Kept by layer; those missing are computed in one pass, which can be stopped and goes on from there.
    Raises UnknownName for a split, UnknownLayer; what `progress` raises.
    """
    if split == "train" and split not in probe.splits:
        split = next(iter(probe.splits))
    base = Request("chip-importances", 1, network.fingerprint, subject(probe, split), seed=seed)
    settings = {"images": images, "gates": gates, "sigma": sigma}
    names = [network.layer(layer).name for layer in layers]
    asked = {name: replace(base, layer=name, parameters=settings) for name in names}

    def compute(missing: Sequence[str]) -> dict[str, dict[str, np.ndarray]]:
        return _importances_at([asked[name] for name in missing], network, probe, progress)

    found = kept_jointly(asked, compute, progress)
    return {name: chip.record(one.arrays, name, probe.title, one.note) for name, one in found.items()}


@computes("chip-importances")
def _importances(request: Request, network: Network, probe: Probe, progress: Progress | None) -> dict[str, np.ndarray]:
    return _importances_at([request], network, probe, progress)[request.layer]


def _importances_at(
    requests: Sequence[Request], network: Network, probe: Probe, progress: Progress | None
) -> dict[str, dict[str, np.ndarray]]:
    """Requests that differ in the layer only, in one pass.  -> {layer's name: arrays}"""
    first = requests[0]
    told = {name: first.parameters[name] for name in ("gates", "sigma")}
    sums = {one.layer: ChipSums(network, one.layer, **told, seed=one.seed) for one in requests}
    swept(first, network, probe, sums, indices(first, probe), progress)
    return {name: chip.fit(sums.pop(name).result(), told["gates"], progress) for name in list(sums)}


def knockout_here(
    network: Network,
    image: np.ndarray,
    layer: str | Layer,
    label: int,
    channels: Sequence[int],
    *,
    draws: int = closing.DRAWS,
    seed: int = 0,
) -> Knockout:
    """One picture with the given channels closed, and beside them Grad-CAM's and random ones as active as they are.

    (H, W, 3) uint8.  Raises UnknownLayer, UnknownClass.
    """
    batch, unknown = network.prepare([image]), np.array([-1])
    label = class_of(network, label)
    return closing.measure(network, lambda: [batch], unknown, layer, label, channels, draws=draws, seed=seed)


def knockout(
    network: Network,
    probe: Probe,
    layer: str | Layer,
    label: int,
    channels: Sequence[int],
    *,
    split: str = "test",
    images: int | None = None,
    draws: int = closing.DRAWS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Knockout:
    """The same on a whole split, or on `images` of it, evenly spread over its classes where there are labels. Kept.

    Raises UnknownName for a split, UnknownLayer, UnknownClass; what `progress` raises.
    """
    asked = {"channels": sorted(map(int, channels)), "images": images, "draws": draws}
    where = {"layer": network.layer(layer).name, "classes": (class_of(network, label),)}
    request = Request("knockout", 1, network.fingerprint, subject(probe, split), **where, parameters=asked, seed=seed)
    return Knockout(label, **answer(request, network, probe, progress).arrays)


@computes("knockout")
def _knockout(request: Request, network: Network, probe: Probe, progress: Progress | None) -> dict[str, np.ndarray]:
    asked = request.parameters
    chosen = indices(request, probe)
    known, own = columns(network, probe), [probe.label(int(i)) for i in chosen]
    labels = np.array([-1 if label is None else known[label] for label in own], np.int64)
    found = closing.measure(
        network, _batches(network, probe, chosen), labels, request.layer, request.classes[0], asked["channels"],
        draws=asked["draws"], seed=request.seed, progress=progress,
    )  # fmt: skip
    return {field.name: getattr(found, field.name) for field in fields(found) if field.name != "label"}


_HELD = 1 << 28


def _batches(network: Network, probe: Probe, indices: np.ndarray) -> Callable[[], Iterator[torch.Tensor]]:
    """A function that goes through prepared images, as often as it is called; those that `_HELD` bytes have room for
    are read or drawn once."""
    held: dict[int, torch.Tensor] = {}

    def batches() -> Iterator[torch.Tensor]:
        for start in range(0, len(indices), 32):
            batch = held.get(start)
            if batch is None:
                batch = network.prepare([probe.image(int(i)) for i in indices[start : start + 32]])
                if (len(held) + 1) * batch.nbytes <= _HELD:
                    held[start] = batch
            yield batch

    return batches
