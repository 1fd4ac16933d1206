"""Questions of the group Explainer: explainer networks, what they and their performers do on pictures, single pictures.
Held as `ask.py` holds what it asks for; None where something is not known and there is no progress to compute it with.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, replace

import numpy as np
import streamlit as st

from core.engine import parts
from core.errors import BadImage, NotDefined
from core.measures.part_places import Annotated, annotated
from core.methods.explainer.anatomy import Anatomy, anatomy
from core.methods.explainer.looking import Looked
from core.methods.explainer.receptive import Fields
from core.methods.explainer.training import Settings
from dashboard.ask import Progress, stored
from dashboard.views import parts as view

SLOWER = 5  # times slower is what to try where a training ran away, and again


@st.cache_resource(max_entries=8, show_spinner=False)
def _performer(_network, fingerprint: str) -> tuple:
    try:
        return anatomy(_network), None
    except NotDefined as error:
        return None, str(error)


def performer(of) -> Anatomy:
    """What an explainer is attached to.  Raises NotDefined where the network has no such chain of layers."""
    found, reason = _performer(of, of.fingerprint)
    if found is None:
        raise NotDefined(reason)
    return found


def usual(probe) -> list[Settings]:
    """How explainers are trained on a probe: the first unless one chooses, the others where that ran away."""
    first = parts.usual(probe)
    return [replace(first, rate=first.rate / SLOWER**k) for k in range(3)]


@st.cache_resource(max_entries=12, show_spinner=False)
def _explained(fingerprint: str, probe_fingerprint: str, settings: tuple) -> list:
    return []


def explained(of, probe, settings: Settings | None = None) -> parts.Explained | None:
    """A network's explainer, trained with the settings; without any, with the first ones or the next slower that are
    known."""
    for one in [settings] if settings else usual(probe):
        held = _explained(of.fingerprint, probe.fingerprint, astuple(one))
        if not held:
            found = stored(lambda refuse, one=one: parts.explained(of, probe, settings=one, progress=refuse))
            held[:] = [] if found is None else [found]
        if held:
            return held[0]
    return None


def train(
    of, probe, settings: Settings, progress: Progress, watch: Callable[[np.ndarray], None] | None = None
) -> parts.Explained:
    """The same computed where it is not known; `watch` is told the curve after every epoch.  Raises Diverged."""
    found = explained(of, probe, settings)
    if found is None:
        found = parts.explained(of, probe, settings=settings, progress=progress, watch=watch)
        _explained(of.fingerprint, probe.fingerprint, astuple(settings))[:] = [found]
    return found


@st.cache_resource(max_entries=12, show_spinner=False)
def _looked(fingerprint: str, probe_fingerprint: str, settings: tuple) -> list:
    return []


def looked(of, probe, explainer: parts.Explained, progress: Progress | None = None) -> Looked | None:
    """What an explainer and its performer do on the probe's test pictures."""
    held = _looked(of.fingerprint, probe.fingerprint, astuple(explainer.settings))
    return _known(held, lambda told: parts.looked(of, probe, explainer, progress=told), progress)


def has_marks(probe) -> bool:
    """Whether a probe says where the parts of its objects are."""
    return {"labels", "landmarks"} <= probe.offers


@st.cache_resource(max_entries=4, show_spinner=False)
def _marked(fingerprint: str, probe_fingerprint: str) -> list:
    return []


def marked(of, probe, progress: Progress | None = None) -> Annotated | None:
    """Landmarks and parts of the pictures that `looked` is about; None, too, where the probe marks no landmarks."""
    if not has_marks(probe):
        return None
    held = _marked(of.fingerprint, probe.fingerprint)
    return _known(held, lambda told: parts.marked(of, probe, progress=told), progress)


@st.cache_resource(max_entries=4, show_spinner=False)
def _fields(fingerprint: str, probe_fingerprint: str, settings: tuple) -> list:
    return []


def fields(of, probe, explainer: parts.Explained, seen: Looked, progress: Progress | None = None) -> Fields | None:
    """What the filters of conv-interp-2 look at, around their peaks."""
    held = _fields(of.fingerprint, probe.fingerprint, astuple(explainer.settings))
    return _known(held, lambda told: parts.part_fields(of, probe, explainer, seen, told), progress)


def _known(held: list, call: Callable[[Progress], object], progress: Progress | None):
    if not held:
        found = call(progress) if progress else stored(call)
        held[:] = [] if found is None else [found]
    return held[0] if held else None


@st.cache_resource(max_entries=48, show_spinner=False)
def _disentangled(
    _network, fingerprint: str, probe_fingerprint: str, _explainer, settings: tuple, _picture, subject: str, label: int
):  # fmt: skip
    return parts.disentangle(_network, _explainer, _picture.image, label)


def disentangled(of, probe, explainer: parts.Explained, picture, label: int) -> parts.Disentangled:
    """What each filter gives to a class's score for a picture, and the maps."""
    known = of.fingerprint, probe.fingerprint, explainer, astuple(explainer.settings)
    return _disentangled(of, *known, picture, picture.subject, label)


@st.cache_resource(max_entries=8, show_spinner=False)
def _filters(
    fingerprint: str, probe_fingerprint: str, settings: tuple, side: str, _looked, _marked, _labels
) -> list[view.Filter]:
    return view.filters(_looked, _looked.sides[side], _marked, _labels)


def filters(
    of, probe, explainer: parts.Explained, seen: Looked, marks: Annotated | None, side: str
) -> list[view.Filter]:
    """What is known of each filter of 'second', conv-interp-2, or of 'top', the performer's top conv layer."""
    labels = seen.labels if marks is None else parts.own_labels(of, probe, marks.labels)
    return _filters(of.fingerprint, probe.fingerprint, astuple(explainer.settings), side, seen, marks, labels)


def cells(
    of, probe, explainer: parts.Explained, around: Fields | None, side: str, number: int, indices: Sequence[int]
) -> list[np.ndarray]:
    """Some of the probe's pictures, dark where a filter does not look."""
    field = view.field_of(around, number if side == view.INTERPRETABLE else None, of.preprocessing.size)
    centres = of.centres(explainer.performer.top)
    images = [probe.image(int(index)) for index in indices]
    maps = parts.filter_maps(of, explainer, images)[side][:, number]
    given = field, centres, of.preprocessing
    return [view.drawn(image, values, *given) for image, values in zip(images, maps, strict=True)]


@st.cache_resource(max_entries=200, show_spinner=False)
def _strip(
    _network, fingerprint: str, _probe, probe_fingerprint: str, _explainer, settings: tuple, _fields, measured: bool,
    side: str, number: int, indices: tuple,
) -> str:  # fmt: skip
    return view.strip(cells(_network, _probe, _explainer, _fields, side, number, indices), view.PICTURES)


def strip(
    of, probe, explainer: parts.Explained, around: Fields | None, side: str, number: int, indices: Sequence[int]
) -> str:
    """The same in a row, for `st.image`."""
    known = of, of.fingerprint, probe, probe.fingerprint, explainer, astuple(explainer.settings)
    return _strip(*known, around, around is not None, side, int(number), tuple(map(int, indices)))


@st.cache_resource(max_entries=8, show_spinner=False)
def _parts_here(_network, fingerprint: str, _probe, probe_fingerprint: str, index: int):
    try:
        found = annotated(_probe, [index], _network, anatomy(_network).top)
    except (NotDefined, BadImage):
        return None
    return (found.parts, found.part_at[0]) if found.parts else None


def parts_here(of, probe, picture) -> tuple[tuple[str, ...], np.ndarray] | None:
    """Which part of an object each position of the top conv layer looks at, -1 for none: names and (P,) int64; None
    where the picture is not the probe's, or no parts are marked in it."""
    index = probe.find(picture.key) if has_marks(probe) else None
    return None if index is None else _parts_here(of, of.fingerprint, probe, probe.fingerprint, index)
