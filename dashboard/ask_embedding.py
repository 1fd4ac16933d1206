"""Questions about spaces of concepts: vectors, pictures that show concepts, what a sum answers, maps, other spaces."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.engine import concepts
from core.engine.concept_maps import concept_map
from core.errors import NotDefined
from core.methods.net2vec import spaces
from core.methods.net2vec.answering import answering
from core.methods.net2vec.dissection import TASKS
from core.methods.net2vec.examples import examples
from core.networks.catalogue import list_networks, open_network
from core.probes import semantic
from dashboard import ask_dissection
from dashboard.ask import Progress
from dashboard.components.saying import sentence
from dashboard.views import embedding


def vectors(found, task: str) -> np.ndarray:
    """The concepts of a dissection as unit vectors, NaN where one has none.  -> (C, K)"""
    return spaces.unit(found.weights if task == TASKS[0] else found.cls_weights)


@st.cache_resource(max_entries=4, show_spinner=False)
def _examples(_masks, fingerprint: str, pictures: int) -> np.ndarray:
    return examples(_masks)


@st.cache_resource(max_entries=800, show_spinner=False)
def _example(_known, fingerprint: str, place: int, c: int, side: int) -> str:
    return embedding.marked(_known.image(place), _known.mask(place, c), side)


def example(probe, found, c: int, side: int) -> str | None:
    """A picture that shows a concept, with its outline, for `st.image`; None where no picture is known to."""
    known = ask_dissection.pool(probe, found)
    if known.masks is None:
        return None
    place = int(_examples(known.masks, probe.fingerprint, len(found.pool))[c])
    return None if place < 0 else _example(known, probe.fingerprint, place, c, side)


def answered_most(of, probe, found, vector: np.ndarray, task: str, count: int) -> list[int]:
    """The probe's pictures, held out from learning, that a vector answers most, by index; none where the pass through
    them is no longer in the store."""
    fired = ask_dissection.fired(of, probe, found.layer)
    positions = [] if fired is None else answering(fired, found.pool, vector, task, count)
    return [int(found.pool.indices[position]) for position in positions]


@st.cache_resource(max_entries=48, show_spinner=False)
def _laid(fingerprint: str, probe_fingerprint: str, layer: str, task: str, how: str, spread: int, seed: int) -> list:
    return []


def laid(of, probe, found, task: str, how: str, spread: int, seed: int, progress: Progress):
    """The map of a dissection's concepts; `progress` is told where it has to be made."""
    held = _laid(of.fingerprint, probe.fingerprint, found.layer, task, how, spread, seed)
    if not held:
        held[:] = [concept_map(vectors(found, task), how.lower(), spread, seed, progress)]
    return held[0]


@st.cache_resource(max_entries=48, show_spinner=False)
def _clusters(fingerprint: str, probe_fingerprint: str, layer: str, task: str, count: int, _found) -> np.ndarray:
    known = vectors(_found, task)
    return spaces.kmeans(known[np.isfinite(known).all(1)], count, 0)


def clusters(of, probe, found, task: str, count: int) -> np.ndarray:
    """The cluster of each concept that has a vector, by k-means.  -> (n,) int"""
    return _clusters(of.fingerprint, probe.fingerprint, found.layer, task, count, found)


@dataclass(frozen=True)
class Space:
    """A space that a probe's concepts have places in: unit vectors (C, any), NaN for a concept that it does not have;
    `note`: what to know of it, or ''."""

    title: str
    vectors: np.ndarray
    note: str = ""


def known_spaces(here, found) -> list[Space]:
    """Those of the layer at hand, what words mean, and those of all else that has been dissected on the probe: first
    the same layer of other networks, then other layers of the same network."""
    names, others = _names(), []
    names[here.network.fingerprint] = here.network_name
    for request in concepts.dissections_known(here.probe):
        if (request.network, request.layer) != (here.network.fingerprint, found.layer):
            name = names.get(request.network, f"network {request.network[:8]}")
            others.append((request.layer != found.layer, name != here.network_name, name, request.layer, request))
    read = [(name, _known(here.probe, one.digest, one)) for *_, name, _, one in sorted(others, key=lambda one: one[:4])]
    beside = [space for name, one in read if one is not None for space in _of_layer(name, one)]
    return [*_of_layer(here.network_name, found), *_meanings(here.probe, here.probe.fingerprint)[0], *beside]


def titles(network_name: str, layers: Sequence[str]) -> list[str]:
    """What the spaces of some layers are called."""
    return [f"{network_name} {layer}, {task}" for layer in layers for task in TASKS]


def _of_layer(name: str, found) -> list[Space]:
    return [Space(title, vectors(found, task)) for title, task in zip(titles(name, [found.layer]), TASKS, strict=True)]


@st.cache_resource(max_entries=24, show_spinner=False)
def _known(_probe, digest: str, _request):
    return concepts.dissection_of(_request, _probe)


def layers_known(of, probe) -> list[str]:
    """The layers of a network that have been dissected on a probe."""
    known = (request.layer for request in concepts.dissections_known(probe) if request.network == of.fingerprint)
    return list(dict.fromkeys(known))


@st.cache_resource(show_spinner=False)
def _names() -> dict[str, str]:
    """Names of networks by fingerprint: the embedded ones, and those that a page was opened with."""
    return {open_network(card.name).fingerprint: card.name for card in list_networks() if card.group == "Embedded"}


def _placed(space, probe) -> Space:
    """A semantic space as one of all the probe's concepts."""
    rows = {concept: row for row, concept in enumerate(space.concepts)}
    found = np.full((len(probe.concepts), space.vectors.shape[1]), np.nan)
    for c, concept in enumerate(probe.concepts):
        if concept in rows:
            found[c] = space.vectors[rows[concept]]
    return Space(space.title, spaces.unit(found), space.note)


@st.cache_resource(max_entries=4, show_spinner=False)
def _meanings(_probe, fingerprint: str) -> tuple[list[Space], str]:
    """What words mean, as far as it is there; and why WordNet is not."""
    found, missing = [], {}
    for make in (semantic.hierarchy_space, semantic.word_space, semantic.wordnet_space):
        try:
            found.append(_placed(make(_probe.concepts), _probe))
        except NotDefined as error:
            missing[make] = sentence(error)
    return found, missing.get(semantic.wordnet_space, "")


def no_wordnet(probe) -> str:
    """Why WordNet is no space here; '' where it is one."""
    return _meanings(probe, probe.fingerprint)[1]


def read_words(probe, file, progress: Progress) -> Space:
    """The probe's concepts in an uploaded file of word vectors.  Raises CoreError."""
    return _placed(semantic.text_space(file.getvalue(), probe.concepts, file.name, progress), probe)
