"""How well methods' maps find objects on a probe, asked once a method."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from core.engine.answers import Progress, kept_jointly, subject, swept
from core.engine.channels import importances_of
from core.engine.probing import columns
from core.errors import NotDefined
from core.measures import localisation, localisation_table
from core.measures.boxes import DISC, THRESHOLDS, Boxes, Placed
from core.measures.localisation_table import Localisation
from core.methods import METHODS, find_method
from core.networks.layers import Layer
from core.networks.network import Network
from core.probes.choice import balanced
from core.probes.probe import Probe
from core.request import Request


def localise(
    network: Network,
    probe: Probe,
    layer: str | Layer,
    methods: Sequence[str],
    *,
    split: str = "test",
    search: str | None = None,
    images: int = 600,
    importances: Mapping[str, np.ndarray] | None = None,
    progress: Progress | None = None,
) -> Localisation:
    """How well boxes and regions of maps find the objects (CHIP's table II and figure 7), beside a fixed centred disc.

    Thresholds are searched on at most so many images of `search` (else as `search_split` says) and applied to as many
    of `split`, evenly over classes. Kept by method, so that a further one is only added work; those missing are
    computed in one pass, which can be stopped and goes on from there. `importances` {layer's name: (classes, K)} take
    the place of what `importances_of` gives for the methods that need some. Raises NotDefined where no image has a
    label that the network knows and a box; UnknownName for a method or split, UnknownLayer; what `progress` raises.
    """
    layer = network.layer(layer)
    reasons = {name: find_method(name).defined(network, layer) for name in methods}
    names = [*(name for name, reason in reasons.items() if not reason), DISC]
    if not {"instances", "labels"} <= probe.offers:
        raise NotDefined(f"{probe.title} has no labelled objects with boxes, so nothing can be localised on it")
    if (columns(network, probe) < 0).all():
        raise NotDefined(f"no class of {probe.title} is one of {network.title}'s, so nothing can be localised on it")
    subject(probe, split)
    search = search or localisation.search_split(tuple(probe.splits), split)
    learned = dict(importances or {})
    needed = dict.fromkeys(one for name in names if name != DISC for one in METHODS[name].needs(network, layer))
    if lacking := [one for one in needed if one not in learned]:
        computed = importances_of(network, probe, lacking, progress=progress)
        learned |= {one: record.weights() for one, record in computed.items()}
    found: dict[str, dict[str, tuple[Placed, str]]] = {}
    for one in dict.fromkeys((split, search)):
        found[one] = _placed(network, probe, layer, names, one, images, learned, progress)
        if not len(found[one][DISC][0].indices):
            raise NotDefined(f"no image in '{one}' of {probe.title} has a label that {network.title} knows and a box")
    rows = {name: (found[split][name][0], found[search][name][0]) for name in names}
    notes = [note for part in found.values() for _, note in part.values() if note]
    undefined = {name: reason for name, reason in reasons.items() if reason}
    return localisation_table.table(rows, undefined, notes[0] if notes else "")


def _placed(
    network: Network,
    probe: Probe,
    layer: Layer,
    methods: Sequence[str],
    split: str,
    images: int,
    importances: Mapping[str, np.ndarray],
    progress: Progress | None,
) -> dict[str, tuple[Placed, str]]:
    """Boxes of every method through the store, one artefact a method, with a note where it could not be kept."""
    base = Request("localisation", 2, network.fingerprint, subject(probe, split))
    size = {"images": images, "thresholds": THRESHOLDS}
    asked = {DISC: replace(base, parameters={"method": DISC, **size})}
    for name in methods:
        if known := METHODS.get(name):
            taken = {one: _digest(importances[one]) for one in known.needs(network, layer)}
            told = {"method": name, "version": known.version, "parameters": known.parameters, "importances": taken}
            asked[name] = replace(base, layer=layer.name if known.per_layer else None, parameters=told | size)

    def compute(missing: Sequence[str]) -> dict[str, dict[str, np.ndarray]]:
        own, told = columns(network, probe), {one: _digest(values) for one, values in importances.items()}
        boxes = Boxes(network, probe, list(missing), layer, own, importances, told)
        pool = [i for i in probe.splits[split] if (label := probe.label(int(i))) is not None and own[label] >= 0]
        chosen = balanced(probe, np.array(pool, np.int64), images)
        swept(asked[missing[0]], network, probe, {"boxes": boxes}, chosen, progress)
        return {name: dict(vars(one)) for name, one in boxes.result().items()}

    found = kept_jointly(asked, compute, progress)
    return {name: (Placed(**one.arrays), one.note) for name, one in found.items()}


def _digest(values: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(values, np.float32).tobytes()).hexdigest()
