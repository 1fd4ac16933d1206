"""What the dashboard and the command line ask: answers as arrays and records, never tensors.

What takes long goes through the store: loaded if it is there, else computed and kept. What takes no longer than a
redraw (the methods that call themselves instant) is computed when asked for and never touches the disk.
"""

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.atomic import delete
from core.errors import NotDefined, UnknownClass, UnknownName, near
from core.measures import diagnosis, localisation, localisation_table
from core.measures import faithfulness as faith
from core.measures import knockout as closing
from core.measures.boxes import DISC, THRESHOLDS, Boxes, Placed
from core.measures.interval import Estimate, bootstrap
from core.measures.knockout import Knockout
from core.measures.localisation_table import Localisation
from core.methods import METHODS, find_method
from core.methods import explain as run_methods
from core.methods.chip import importances as chip
from core.methods.chip.importances import Importances
from core.methods.chip.sums import ChipSums
from core.methods.heatmap import Heatmap
from core.methods.registry import checked_parameters
from core.networks.layers import Layer
from core.networks.network import Network
from core.networks.taps import tap
from core.probes.probe import Probe
from core.request import Request, image_subject
from core.statistics import Confusion
from core.store import Artefact, Store, cache_folder
from core.sweep import CannotResume, sweep

Progress = Callable[[int, int, str], None]
Key = tuple[str, str | None, int]

# Set once, here, for the whole process: Streamlit runs every redraw in a new thread, and a number that one of them set
# later would hold for some of the others only. The last bits of a sweep depend on it.
torch.set_num_threads(min(8, torch.get_num_threads()))
torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False


@dataclass(frozen=True)
class Confusions:
    """How often images of each of a probe's classes (rows) were taken for each of a network's classes (columns).

    `right[row]` is the column of the row's class, -1 where the network does not know it. `note` says why the table
    could not be kept, where it could not.
    """

    counts: np.ndarray  # (rows, columns) int64
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    right: np.ndarray  # (rows,) int64
    note: str = ""

    @property
    def accuracy(self) -> Estimate:
        """Share of the images taken for their own class, over classes that the network knows, with its interval."""
        known = np.flatnonzero(self.right >= 0)
        hits, total = int(self.counts[known, self.right[known]].sum()), int(self.counts[known].sum())
        return bootstrap(np.repeat([1.0, 0.0], [hits, total - hits]))


def probabilities(network: Network, image: np.ndarray) -> np.ndarray:
    """The probability of each class.  (H, W, 3) uint8 -> (classes,) float32"""
    return network.probabilities(network.prepare([image]))[0].cpu().numpy()


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
    classes = [_class(network, c) for c in dict.fromkeys(classes)]
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
        for c in (_class(network, c) for c in classes)
    }


def diagnose(
    network: Network, image: np.ndarray, heatmap: Heatmap, importances: Mapping[str, np.ndarray] | None = None
) -> tuple[diagnosis.Finding, ...]:
    """Why a map is empty or to be read with care, in sentences; () where there is nothing to say."""
    return diagnosis.diagnose(network, network.prepare([image]), heatmap, importances)


def confusion(network: Network, probe: Probe, split: str = "test", progress: Progress | None = None) -> Confusions:
    """What the network takes the images of a split for. One pass over the split, kept; stopped, it goes on from there.

    Raises UnknownName for a split, NotDefined where the probe has no labels; what `progress` raises.
    """
    if "labels" not in probe.offers:
        raise NotDefined(f"{probe.title} has no labels, so nothing can be counted right or wrong")
    request = Request("confusion", 1, network.fingerprint, _subject(probe, split))
    artefact = answer(request, network, probe, progress)
    right = _columns(network, probe)
    return Confusions(artefact.arrays["counts"], probe.classes, network.classes, right, artefact.note)


def accuracy(network: Network, probe: Probe, split: str = "test", progress: Progress | None = None) -> Estimate:
    """Share of a split's images that the network takes for their own class, with its interval; as `confusion`."""
    return confusion(network, probe, split, progress).accuracy


def disc_floor(probe: Probe, split: str = "test", progress: Progress | None = None) -> dict[str, Estimate]:
    """How well a fixed centred disc does on every localisation measure of a split: what maps must beat. Kept.

    Raises UnknownName for a split, NotDefined where the probe has neither masks nor boxes.
    """
    request = Request("centred-disc", 1, "none", _subject(probe, split), parameters={"radius": localisation.RADIUS})
    artefact = answer(request, None, probe, progress)
    return {
        name: Estimate(float(value), float(low), float(high), int(n))
        for name, (value, low, high, n) in artefact.arrays.items()
    }


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
    _subject(probe, split)
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


def activations(network: Network, image: np.ndarray, layer: str | Layer) -> np.ndarray:
    """What a layer's channels emit for a picture.  (H, W, 3) uint8 -> (K, h, w) float32.  Raises UnknownLayer."""
    with torch.no_grad(), tap(network, layer) as seen:
        network(network.prepare([image]))
    return seen[network.layer(layer).name][0].cpu().numpy()


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
    label = _class(network, label)
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
    where = {"layer": network.layer(layer).name, "classes": (_class(network, label),)}
    request = Request("knockout", 1, network.fingerprint, _subject(probe, split), **where, parameters=asked, seed=seed)
    return Knockout(label, **answer(request, network, probe, progress).arrays)


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
    base = Request("chip-importances", 1, network.fingerprint, _subject(probe, split), seed=seed)
    settings = {"images": images, "gates": gates, "sigma": sigma}
    names = [network.layer(layer).name for layer in layers]
    asked = {name: replace(base, layer=name, parameters=settings) for name in names}
    made: dict[str, dict[str, np.ndarray]] = {}

    def compute(name: str) -> dict[str, np.ndarray]:
        if name not in made:
            missing = [one for key, one in asked.items() if key == name or store().load(one) is None]
            made.update(_importances_at(missing, network, probe, progress))
        return made.pop(name)

    found = {}
    for name, request in asked.items():
        artefact = _kept(request, functools.partial(compute, name), progress)
        if artefact.folder is not None:
            delete(_checkpoint(request))
        found[name] = chip.record(artefact.arrays, name, probe.title, artefact.note)
    return found


def answer(
    request: Request, network: Network | None, source: np.ndarray | Probe, progress: Progress | None = None
) -> Artefact:
    """The answer to a request about a picture or a probe: loaded, or computed and kept; where it cannot be kept, in
    memory and with a note.  Raises UnknownName for a method that no answer is known to; what `progress` raises."""
    if network is not None and request.network != network.fingerprint:
        raise ValueError(f"the request is about another network than {network.name}")
    if request.method in METHODS:
        compute = _maps
    elif request.method in _COMPUTED:
        compute = _COMPUTED[request.method]
    else:
        known = [*METHODS, *_COMPUTED]
        raise UnknownName(f"nothing is known to answer '{request.method}'{near(request.method, known)}")
    artefact = _kept(request, lambda: compute(request, network, source, progress), progress)
    if artefact.folder is not None:
        delete(_checkpoint(request))
    return artefact


def store() -> Store:
    """The store of this process, under the cache folder."""
    return _store(cache_folder())


@functools.lru_cache(maxsize=4)
def _store(folder: Path) -> Store:
    opened = Store(folder)
    opened.tidy()
    return opened


def _kept(request: Request, compute: Callable[[], Mapping[str, np.ndarray]], progress: Progress | None) -> Artefact:
    """Loads without a word; tells `progress` before anything is computed, so that it can refuse."""

    def told() -> Mapping[str, np.ndarray]:
        if progress:
            progress(0, 1, "beginning")
        return compute()

    def waiting() -> None:
        if progress:
            progress(0, 1, "waiting for somebody who is computing the same")

    return store().build(request, told, waiting)


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
        made: dict[int, np.ndarray] = {}

        def compute(label: int, asked: dict[int, Request] = asked, made: dict[int, np.ndarray] = made) -> dict:
            if label not in made:
                missing = [c for c in asked if c == label or store().load(asked[c]) is None]
                joint = replace(asked[label], classes=missing)
                made.update(zip(missing, _maps(joint, network, image, progress)["values"], strict=True))
            return {"values": made[label]}

        for label, request in asked.items():
            values = _kept(request, functools.partial(compute, label), progress).arrays["values"]
            found[base.method, request.layer, label] = _heatmap(base.method, values, request.layer, label)
    return found


def _heatmap(name: str, values: np.ndarray, layer: str | None, label: int) -> Heatmap:
    return Heatmap(np.array(values, np.float32), name, layer, label, METHODS[name].signed)


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


def _confusion(request: Request, network: Network, probe: Probe, progress: Progress | None) -> dict[str, np.ndarray]:
    table = Confusion(len(probe.classes), len(network.classes))
    _swept(request, network, probe, {"confusion": table}, _indices(request, probe), progress)
    return {"counts": table.result()}


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
    base = Request("localisation", 2, network.fingerprint, _subject(probe, split))
    size = {"images": images, "thresholds": THRESHOLDS}
    asked, made = {DISC: replace(base, parameters={"method": DISC, **size})}, {}
    for name in methods:
        if known := METHODS.get(name):
            taken = {one: _digest(importances[one]) for one in known.needs(network, layer)}
            told = {"method": name, "version": known.version, "parameters": known.parameters, "importances": taken}
            asked[name] = replace(base, layer=layer.name if known.per_layer else None, parameters=told | size)

    def compute(name: str) -> dict[str, np.ndarray]:
        if name not in made:
            missing = [other for other in asked if other == name or store().load(asked[other]) is None]
            own, told = _columns(network, probe), {one: _digest(values) for one, values in importances.items()}
            boxes = Boxes(network, probe, missing, layer, own, importances, told)
            pool = [i for i in probe.splits[split] if (label := probe.label(int(i))) is not None and own[label] >= 0]
            chosen = chip.balanced(probe, np.array(pool, np.int64), images)
            _swept(asked[name], network, probe, {"boxes": boxes}, chosen, progress)
            made.update({other: dict(vars(one)) for other, one in boxes.result().items()})
        return made[name]

    found = {}
    for name, request in asked.items():
        artefact = _kept(request, functools.partial(compute, name), progress)
        if artefact.folder is not None:
            delete(_checkpoint(request))
        found[name] = Placed(**artefact.arrays), artefact.note
    return found


def _importances(request: Request, network: Network, probe: Probe, progress: Progress | None) -> dict[str, np.ndarray]:
    return _importances_at([request], network, probe, progress)[request.layer]


def _importances_at(
    requests: Sequence[Request], network: Network, probe: Probe, progress: Progress | None
) -> dict[str, dict[str, np.ndarray]]:
    """Requests that differ in the layer only, in one pass.  -> {layer's name: arrays}"""
    first = requests[0]
    told = {name: first.parameters[name] for name in ("gates", "sigma")}
    sums = {one.layer: ChipSums(network, one.layer, **told, seed=one.seed) for one in requests}
    split = first.subject.rpartition(":")[2]
    _swept(first, network, probe, sums, chip.default_indices(probe, split, first.parameters["images"]), progress)
    return {name: chip.fit(sums.pop(name).result(), told["gates"], progress) for name in list(sums)}


def _swept(
    request: Request,
    network: Network,
    probe: Probe,
    statistics: Mapping[str, Any],
    indices: np.ndarray,
    progress: Progress | None,
) -> None:
    """A pass that goes on from where it was stopped, if it was."""
    checkpoint = _checkpoint(request)
    go = functools.partial(sweep, network, probe, statistics, indices=indices, progress=progress)
    try:
        go(checkpoint=checkpoint)
    except CannotResume:  # left by a process with another number of threads, or another torch
        delete(checkpoint)
        go(checkpoint=checkpoint)


def _disc(request: Request, network: None, probe: Probe, progress: Progress | None) -> dict[str, np.ndarray]:
    radius = request.parameters["radius"]
    floor = localisation.disc_floor(
        probe, _indices(request, probe), radius=radius, seed=request.seed, progress=progress
    )
    return {name: np.array([one.value, one.low, one.high, one.n], np.float64) for name, one in floor.items()}


def _knockout(request: Request, network: Network, probe: Probe, progress: Progress | None) -> dict[str, np.ndarray]:
    asked = request.parameters
    indices = _indices(request, probe)
    if asked["images"] is not None:
        indices = chip.default_indices(probe, request.subject.rpartition(":")[2], asked["images"])
    columns, own = _columns(network, probe), [probe.label(int(i)) for i in indices]
    labels = np.array([-1 if label is None else columns[label] for label in own], np.int64)
    found = closing.measure(
        network, _batches(network, probe, indices), labels, request.layer, request.classes[0], asked["channels"],
        draws=asked["draws"], seed=request.seed, progress=progress,
    )  # fmt: skip
    return {field.name: getattr(found, field.name) for field in fields(found) if field.name != "label"}


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


_HELD = 1 << 28
_CURVES = ("random_insertion", "random_deletion", "centre_insertion", "centre_deletion")
_AREAS = ("random_insertion_areas", "random_deletion_areas")


def _floors(request: Request, network: Network, image: np.ndarray, progress: Progress | None) -> dict[str, np.ndarray]:
    """Curves (classes, steps + 1) and areas (classes, orders) of every class."""
    every = range(len(network.classes))
    batch, settings = network.prepare([image]), dict(request.parameters)
    found = faith.floors(network, batch, every, seed=request.seed, progress=progress, **settings).values()
    arrays = {name: np.stack([getattr(floor, name).probabilities for floor in found]) for name in _CURVES}
    arrays |= {name: np.stack([getattr(floor, name) for floor in found]) for name in _AREAS}
    return arrays | {"fractions": next(iter(found)).random_insertion.fractions}


_COMPUTED: Mapping[str, Callable[..., dict[str, np.ndarray]]] = {
    "confusion": _confusion,
    "centred-disc": _disc,
    "faithfulness-floors": _floors,
    "chip-importances": _importances,
    "knockout": _knockout,
}


def _class(network: Network, index: int) -> int:
    if not 0 <= index < len(network.classes):
        raise UnknownClass(f"no class {index} in {network.name}; its {len(network.classes)} classes count from 0")
    return int(index)


def _subject(probe: Probe, split: str) -> str:
    if split not in probe.splits:
        raise UnknownName(f"no split '{split}' in {probe.title}{near(split, probe.splits)}")
    return f"probe:{probe.fingerprint}:{split}"


def _indices(request: Request, probe: Probe) -> np.ndarray:
    return np.asarray(probe.splits[request.subject.rpartition(":")[2]])


def _checkpoint(request: Request) -> Path:
    return store().folder / "sweeps" / f"{request.digest}.checkpoint"


def _digest(values: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(values, np.float32).tobytes()).hexdigest()


def _columns(network: Network, probe: Probe) -> np.ndarray:
    """The network's class of each of the probe's, -1 where it knows none.  -> (probe's classes,) int64"""
    known = {localisation.plain(name): column for column, name in reversed(list(enumerate(network.classes)))}
    return np.array([known.get(localisation.plain(name), -1) for name in probe.classes], np.int64)
