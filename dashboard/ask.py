"""Questions to the engine. The only st.cache_* calls: networks, probes and small results, all bounded.

Arguments with an underscore are not part of a cache key; fingerprints and subjects stand for them.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
import streamlit as st

from core import engine
from core.measures.localisation_table import joined
from core.methods import METHODS
from core.networks.catalogue import list_networks, open_network
from core.networks.pretrained import PREFIX, architectures, fetch
from core.pictures import open_picture
from core.probes.catalogue import list_probes, open_probe
from dashboard.views import overlay

Progress = Callable[[int, int, str], None]
Answer = TypeVar("Answer")


def network_cards():
    return list_networks()


def probe_cards():
    return list_probes()


@st.cache_resource(max_entries=3, show_spinner="Opening the network")
def _network(name: str):
    return open_network(name)


def network(name: str, progress: Progress | None = None):
    """A network by its name, opened once; `progress` is told while torchvision's weights are downloaded."""
    _, prefix, architecture = name.rpartition(PREFIX)
    if prefix and progress and architecture in architectures():
        fetch(architecture, progress)
    return _network(name)


def trouble() -> str:
    """Why the last result could not be kept; '' where everything is."""
    return engine.store().trouble


@st.cache_resource(max_entries=4, show_spinner="Opening the probe")
def probe(name: str):
    return open_probe(name)


@st.cache_resource(max_entries=12, show_spinner=False)
def _picture(key: str, _probe, fingerprint: str):
    return open_picture(key, _probe)


def picture(key: str, of):
    """A picture by its key, decoded or drawn once."""
    return _picture(key, of, of.fingerprint)


@st.cache_resource(max_entries=16, show_spinner=False)
def _encoded(_image, subject: str, side: int) -> str:
    return overlay.source(overlay.enlarge(overlay.fit(_image, side), side))


def encoded(of, side: int = overlay.LONGEST) -> str:
    """A picture for `st.image`, its longer side at most `side` pixels."""
    return _encoded(of.image, of.subject, side)


@st.cache_resource(max_entries=400, show_spinner=False)
def _thumbnail(_probe, fingerprint: str, index: int, side: int) -> str:
    return overlay.source(overlay.fit(_probe.image(index), side), 88)


def thumbnail(of, index: int, side: int = 160) -> str:
    """A probe's picture, small, for `st.image`."""
    return _thumbnail(of, of.fingerprint, int(index), side)


@st.cache_resource(max_entries=32, show_spinner=False)
def _of_class(_probe, fingerprint: str, name: str, split: str) -> np.ndarray:
    return _probe.of_class(name, split)


def of_class(of, name: str, split: str) -> np.ndarray:
    return _of_class(of, of.fingerprint, name, split)


@st.cache_data(max_entries=4, show_spinner=False)
def _portraits(_probe, fingerprint: str) -> list[tuple[str, int]]:
    found = [(name, _probe.portrait(name)) for name in _probe.classes]
    return [(name, index) for name, index in found if index is not None]


def portraits(of) -> list[tuple[str, int]]:
    """An image for each class that has one.  -> (class, index)"""
    return _portraits(of, of.fingerprint)


@st.cache_resource(max_entries=64, show_spinner=False)
def _chances(_network, fingerprint: str, _image, subject: str) -> np.ndarray:
    return engine.probabilities(_network, _image)


def chances(of, picture) -> np.ndarray:
    """Probabilities of all classes for a picture.  -> (classes,)"""
    return _chances(of, of.fingerprint, picture.image, picture.subject)


@st.cache_resource(max_entries=16, show_spinner=False)
def _maps(_network, fingerprint: str, _picture, subject: str, classes, layers, methods, learned, _importances):
    return engine.explain(
        _network,
        _picture.image,
        subject=subject,
        classes=list(classes),
        layers=list(layers),
        methods=list(methods),
        importances=_importances,
    )


def maps(of, probe, picture, classes: Sequence[int], layers: Sequence[str], methods: Sequence[str]) -> dict:
    """Instant methods.  -> {(method, layer or None, class index): Heatmap, or the error that says why there is none}

    Where a method needs importances that nobody has learned on `probe` yet, the error is a NotComputed.
    """
    known = _known(of, probe, layers, methods)
    learned = (probe.fingerprint, *known) if known else ()
    asked = tuple(classes), tuple(layers), tuple(methods), learned
    return _maps(of, of.fingerprint, picture, picture.subject, *asked, known)


def _known(of, probe, layers: Sequence[str], methods: Sequence[str]) -> dict[str, np.ndarray]:
    """What is known of the importances that the methods need at the layers, by layer."""
    learners = [METHODS[name] for name in methods if METHODS[name].needs_data]
    places = [(one, of.layer(layer)) for one in learners for layer in layers]
    wanted = dict.fromkeys(name for one, layer in places if not one.defined(of, layer) for name in one.needs(of, layer))
    found = {name: importances(of, probe, name) for name in wanted}
    return {name: one.weights() for name, one in found.items() if one is not None}


class _NotYet(Exception):
    """Raised by a progress callback: the answer is not in the store and would have to be computed."""


def _refuse(done: int, total: int, label: str) -> None:
    raise _NotYet


def stored(call: Callable[[Progress], Answer]) -> Answer | None:
    """What a question that takes a progress gives if the store has the answer; None if it had to be computed."""
    try:
        return call(_refuse)
    except _NotYet:
        return None


def slow_maps(of, picture, classes: Sequence[int], method: str, progress: Progress) -> dict:
    """A slow method's maps, by the same keys: from the store, or computed."""
    return engine.explain(
        of,
        picture.image,
        subject=picture.subject,
        classes=list(classes),
        layers=[],
        methods=[method],
        progress=progress,
    )


@st.cache_resource(max_entries=24, show_spinner=False)
def _importances(fingerprint: str, probe_fingerprint: str, layer: str) -> list:
    return []


def importances(of, probe, layer_name: str):
    """CHIP's importances of a layer's channels, if they are known; else None."""
    held = _importances(of.fingerprint, probe.fingerprint, layer_name)
    if not held:
        found = stored(lambda refuse: engine.importances(of, probe, layer_name, progress=refuse))
        held[:] = [] if found is None else [found]
    return held[0] if held else None


def compute_all_importances(of, probe, layers: Sequence[str], progress: Progress) -> None:
    """Those of several layers, which share one pass over the probe's pictures; held even where they cannot be kept."""
    for name, found in engine.importances_of(of, probe, layers, progress=progress).items():
        _importances(of.fingerprint, probe.fingerprint, name)[:] = [found]


@st.cache_resource(max_entries=8, show_spinner=False)
def _activations(_network, fingerprint: str, _picture, subject: str, layer: str) -> np.ndarray:
    return engine.activations(_network, _picture.image, layer)


def activations(of, picture, layer_name: str) -> np.ndarray:
    """What a layer's channels emit for a picture.  -> (K, h, w)"""
    return _activations(of, of.fingerprint, picture, picture.subject, layer_name)


@st.cache_resource(max_entries=48, show_spinner=False)
def _knockout(_network, fingerprint: str, _picture, subject: str, layer: str, label: int, channels: tuple):
    return engine.knockout_here(_network, _picture.image, layer, label, channels)


def knockout(of, picture, layer_name: str, label: int, channels: Sequence[int]):
    """A picture with channels closed, and with Grad-CAM's and random ones beside them."""
    found = tuple(sorted(map(int, channels)))
    return _knockout(of, of.fingerprint, picture, picture.subject, layer_name, label, found)


@st.cache_resource(max_entries=24, show_spinner=False)
def _on_split(fingerprint: str, probe_fingerprint: str, asked: str) -> list:
    return []


def knockout_on_split(of, probe, *asked, progress: Progress | None = None, **more):
    """The same on a split, as `engine.knockout`: None where it is not known, unless there is a progress to compute it
    with; held even where it cannot be kept."""
    held = _on_split(of.fingerprint, probe.fingerprint, repr((asked, more)))
    if not held:
        call = partial(engine.knockout, of, probe, *asked, **more)
        found = call(progress=progress) if progress else stored(lambda refuse: call(progress=refuse))
        held[:] = [] if found is None else [found]
    return held[0] if held else None


def _learned(of, probe, layer, method: str) -> dict[str, np.ndarray] | None:
    """The importances that a method needs at a layer, by layer; None where some are not known."""
    one, known = METHODS[method], _known(of, probe, [layer.name], [method])
    return known if one.defined(of, layer) or not one.missing(of, layer, known) else None


@st.cache_resource(max_entries=64, show_spinner=False)
def _localised(
    _network, fingerprint: str, _probe, probe_fingerprint: str, layer: str, method: str, split: str, images: int,
    _importances: dict, _progress: Progress,
):  # fmt: skip
    return engine.localise(
        _network, _probe, layer, [method], split=split, images=images, importances=_importances, progress=_progress
    )


def localised(of, probe, layer, methods: Sequence[str], split: str, images: int):
    """Localisation by those of the methods whose boxes are known, None without any; and the other methods."""
    rows, missing = [], []
    for method in methods:
        learned = _learned(of, probe, layer, method)
        ask = partial(
            _localised, of, of.fingerprint, probe, probe.fingerprint, layer.name, method, split, images, learned
        )
        row = None if learned is None else stored(ask)
        rows, missing = (rows, [*missing, method]) if row is None else ([*rows, row], missing)
    return (joined(rows) if rows else None), missing


def localise(of, probe, layer, methods: Sequence[str], split: str, images: int, progress: Progress) -> None:
    """Compute and keep what `localised` calls missing, the importances first."""
    needed = dict.fromkeys(name for method in methods for name in METHODS[method].needs(of, layer))
    compute_all_importances(of, probe, list(needed), progress)
    learned = _known(of, probe, [layer.name], methods)
    engine.localise(of, probe, layer, methods, split=split, images=images, importances=learned, progress=progress)


@st.cache_resource(max_entries=160, show_spinner=False)
def _one_map(_network, fingerprint: str, _picture, subject: str, label: int, layer: str, method: str, _importances):
    found = engine.explain(
        _network, _picture.image, subject=subject, classes=[label], layers=[layer], methods=[method],
        importances=_importances,
    )  # fmt: skip
    return next(iter(found.values()))


def one_map(of, probe, picture, label: int, layer, method: str):
    """A single instant map, as a gallery asks for many pictures; None where its importances are not known."""
    learned = _learned(of, probe, layer, method)
    if learned is None:
        return None
    subject = f"{probe.fingerprint}:{picture.subject}" if learned else picture.subject
    return _one_map(of, of.fingerprint, picture, subject, label, layer.name, method, learned)


@st.cache_resource(max_entries=48, show_spinner=False)
def _scores(fingerprint: str, subject: str, key: tuple) -> list:
    return []


def faithfulness(of, picture, heatmaps: dict) -> dict:
    """Insertion and deletion of several maps of a picture, by the maps' own keys; those not known yet in one pass."""
    held = {key: _scores(of.fingerprint, picture.subject, key) for key in heatmaps}
    missing = [key for key in heatmaps if not held[key]]
    if missing:
        for key, score in zip(
            missing, engine.faithfulness(of, picture.image, [heatmaps[k] for k in missing]), strict=True
        ):
            held[key][:] = [score]
    return {key: scores[0] for key, scores in held.items()}


@st.cache_resource(max_entries=16, show_spinner=False)
def _floors(_network, fingerprint: str, _picture, subject: str) -> dict:
    every = range(len(_network.classes))
    return engine.faithfulness_floors(_network, _picture.image, classes=every, subject=subject)


def floors(of, picture) -> dict:
    """What random and centre-out orders reach, by class: for every class."""
    return _floors(of, of.fingerprint, picture, picture.subject)


@st.cache_data(max_entries=32, show_spinner=False)
def _diagnosis(
    _network, fingerprint: str, _picture, subject: str, key: tuple, learned: str, _heatmap, _importances
) -> list[str]:
    found = engine.diagnose(_network, _picture.image, _heatmap, _importances)
    return [finding.sentence for finding in found]


def diagnosis(of, probe, picture, key: tuple, heatmap) -> list[str]:
    """Why a map is empty, in sentences."""
    method, layer, _ = key
    known = _known(of, probe, [layer], [method]) if layer else {}
    return _diagnosis(of, of.fingerprint, picture, picture.subject, key, probe.fingerprint, heatmap, known)


@st.cache_resource(max_entries=2, show_spinner=False)
def labels(_probe, fingerprint: str) -> dict[str, list[int | None]]:
    """The class of every picture, by split."""
    return {split: [_probe.label(int(index)) for index in indices] for split, indices in _probe.splits.items()}


@st.cache_data(max_entries=32, show_spinner=False)
def _first_captioned(_probe, fingerprint: str, name: str, split: str, phrase: str) -> int | None:
    indices = _probe.of_class(name, split)
    return next((int(index) for index in indices if phrase in _probe.caption(int(index))), None)


def first_captioned(of, name: str, split: str, phrase: str) -> int | None:
    """The first picture of a class whose caption holds a phrase, or None."""
    return _first_captioned(of, of.fingerprint, name, split, phrase)
