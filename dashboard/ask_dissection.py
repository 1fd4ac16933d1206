"""Questions of the page Dissection besides the dissections themselves: pictures with what is predicted in them, other
layers and networks, few filters. Held as `ask.py` holds what it asks for."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from core.engine import concepts
from core.errors import BadImage
from core.methods.net2vec import showing
from dashboard import ask, ask_concepts
from dashboard.ask import Progress, stored
from dashboard.views import dissection_pictures, overlay


@st.cache_resource(max_entries=3, show_spinner=False)
def _fired(fingerprint: str, probe_fingerprint: str, layer: str) -> list:
    return []


def fired(of, probe, layer_name: str, progress: Progress | None = None):
    """Where each filter of a layer fires on the pool, which a dissection is made of. None where it is no longer in the
    store, unless there is a progress to compute it with."""
    held = _fired(of.fingerprint, probe.fingerprint, layer_name)
    if not held:
        call = partial(concepts.firing, of, probe, [layer_name])
        found = call(progress=progress) if progress else stored(lambda refuse: call(progress=refuse))
        held[:] = [] if found is None else [found[layer_name]]
    return held[0] if held else None


@dataclass(frozen=True)
class _Pool:
    """The pool's pictures and masks, from the store where they are kept there, else from the probe itself."""

    probe: object
    indices: np.ndarray
    masks: object | None
    pictures: object | None

    def image(self, place: int) -> np.ndarray:
        return self.probe.image(int(self.indices[place])) if self.pictures is None else self.pictures.of_image(place)

    def mask(self, place: int, c: int) -> np.ndarray | None:
        if self.masks is None:
            return self.probe.concept_masks(int(self.indices[place])).get(self.probe.concepts[c])
        entries = self.masks.entries(place)
        found = np.flatnonzero(self.masks.concept[entries.start : entries.stop] == c)
        return self.masks.entry(entries.start + int(found[0])) if len(found) else None

    def size(self, place: int, image: np.ndarray) -> tuple[int, int]:
        """Height and width of a picture as the masks have it: the small one may be reduced."""
        own = (0, 0) if self.masks is None else self.masks.sizes[place].tolist()
        return tuple(own) if min(own) > 0 else image.shape[:2]


@st.cache_resource(max_entries=2, show_spinner=False)
def _pool(_probe, fingerprint: str, pictures: str, _chosen) -> _Pool:
    masks = stored(lambda refuse: concepts.concept_masks(_probe, _chosen, refuse))
    return _Pool(_probe, _chosen.indices, masks, concepts.pool_pictures(_probe, _chosen))


def pool(probe, found) -> _Pool:
    """What stands behind the galleries of a dissection."""
    return _pool(probe, probe.fingerprint, hashlib.sha256(found.pool.indices.tobytes()).hexdigest(), found.pool)


@st.cache_resource(max_entries=400, show_spinner=False)
def _predicted(
    _network, fingerprint: str, _probe, probe_fingerprint: str, layer: str, _found, c: int, together: bool, place: int,
    corner: str,
) -> str:  # fmt: skip
    filters, maps = fired(_network, _probe, layer).of_image(place)
    known = pool(_probe, _found)
    image = known.image(place)
    size = known.size(place, image)
    inside = showing.predicted(_found, c, together, filters, maps, _network.preprocessing, size)
    return overlay.source(dissection_pictures.lit(image, inside, known.mask(place, c), corner), 88)


def predicted(of, probe, found, c: int, together: bool, place: int, corner: str) -> str:
    """A picture of the pool with where a concept is predicted by its best filter, or by all `together`, and the true
    mask as an outline; for `st.image`. Where the filters fire has to be known."""
    return _predicted(of, of.fingerprint, probe, probe.fingerprint, found.layer, found, c, together, place, corner)


def at_hand(of, probe, found, picture, c: int, together: bool) -> tuple[str, bool]:
    """The same of the chosen picture, which may be any; and whether anything is predicted in it."""
    filters, maps = showing.firing(ask.activations(of, picture, found.layer), found.thresholds)
    index, image = probe.find(picture.key), picture.image
    truth = None if index is None else _masks(probe, probe.fingerprint, index).get(found.concepts[c])
    inside = showing.predicted(found, c, together, filters, maps, of.preprocessing, image.shape[:2])
    return overlay.source(dissection_pictures.lit(image, inside, truth), 90), bool(inside.any())


@st.cache_resource(max_entries=4, show_spinner=False)
def _masks(_probe, fingerprint: str, index: int) -> dict:
    try:
        return _probe.concept_masks(index)
    except BadImage:  # said of the picture on the page Probe
        return {}


@st.cache_resource(max_entries=80, show_spinner=False)
def _active(
    _network, fingerprint: str, _probe, probe_fingerprint: str, layer: str, _found, k: int, asked: tuple, c: int | None
) -> list[str]:
    known = pool(_probe, _found)
    images, drawn = [known.image(place) for place, _ in asked], []
    maps = showing.emitted(_network, images, layer, k)
    for image, values, (place, corner) in zip(images, maps, asked, strict=True):
        inside = showing.active(values, float(_found.thresholds[k]), _network.preprocessing, image.shape[:2])
        truth = None if c is None else known.mask(place, c)
        drawn.append(overlay.source(dissection_pictures.lit(image, inside, truth, corner), 88))
    return drawn


def active(of, probe, found, k: int, asked: Sequence[tuple[int, str]], c: int | None = None) -> list[str]:
    """Pictures of the pool (position, what stands in the corner) with where a filter exceeds its threshold, enlarged
    before it is cut, in one batch; the true mask of concept `c` as an outline; for `st.image`. Where small copies of
    the pictures are kept, of these: what is lit overlaps what it would be of the Menagerie's own by 0.97 (conv5)."""
    return _active(of, of.fingerprint, probe, probe.fingerprint, found.layer, found, k, tuple(asked), c)


def best_filters(of, probe) -> dict[str, int]:
    """The best filter of each concept, by its name, at a network's last spatial layer; {} where that is not known."""
    found = ask_concepts.held(of.fingerprint, probe, of.default_layer.name)
    names = [concept.name for concept in found.concepts] if found else []
    return {name: int(k) for name, k in zip(names, found.best, strict=True) if k >= 0} if found else {}


def known_layers(of, probe) -> dict[str, object]:
    """The dissections of a network's layers that are known, by the layers' names in their order."""
    kept = {one.layer for one in concepts.dissections_known(probe) if one.network == of.fingerprint}
    names = [layer.name for layer in of.layers]
    held = {name for name in names if ask_concepts.held(of.fingerprint, probe, name)}
    found = {name: ask_concepts.dissection(of, probe, name) for name in names if name in kept | held}
    return {name: one for name, one in found.items() if one is not None}


@st.cache_data(max_entries=100, show_spinner=False)
def _last(name: str, _progress: Progress) -> tuple[str, str]:
    of = ask.network(name, _progress)
    return of.fingerprint, of.default_layer.name


def at_last_layer(name: str, probe, progress: Progress):
    """What is known of a network, by its name, at its last spatial layer; None if nothing. The network is opened once
    for all and not kept open; `progress` is told of what has to be downloaded.  Raises CoreError where it cannot be."""
    fingerprint, layer = _last(name, progress)
    held = ask_concepts.held(fingerprint, probe, layer)
    known = ((one.network, one.layer) for one in concepts.dissections_known(probe))
    if held or (fingerprint, layer) not in known:
        return held
    return ask_concepts.dissection(ask.network(name), probe, layer)


def dissect_at_last_layer(name: str, probe, progress: Progress) -> None:
    of = ask.network(name, progress)
    ask_concepts.dissect(of, probe, [of.default_layer.name], progress)


@st.cache_resource(max_entries=24, show_spinner=False)
def _subsets(fingerprint: str, probe_fingerprint: str, layer: str, task: str) -> list:
    return []


def subsets(of, probe, layer_name: str, task: str, progress: Progress | None = None):
    """Scores with few filters: None where they are not known, unless there is a progress to compute them with."""
    held = _subsets(of.fingerprint, probe.fingerprint, layer_name, task)
    if not held:
        call = concepts.filter_subsets
        if progress:
            held[:] = [call(of, probe, layer_name, task, progress=progress)]
        else:
            found = stored(lambda refuse: call(of, probe, layer_name, task, progress=refuse))
            held[:] = [] if found is None else [found]
    return held[0] if held else None
