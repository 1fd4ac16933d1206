"""Questions of the page Explainer network besides those in `ask_parts.py`, which the group shares: tables of what is
known of an explainer, and what its masks do. Held as `ask.py` holds what it asks for."""

from dataclasses import astuple

import streamlit as st

from core.engine import part_masks, parts
from core.errors import NotDefined
from core.measures import part_tables
from core.measures.part_places import Annotated
from core.methods.explainer.looking import Looked


@st.cache_resource(max_entries=48, show_spinner=False)
def _table(fingerprint: str, probe_fingerprint: str, settings: tuple, layer: str, what: str, _measured_on: tuple):
    measure, seen, marks, labels = _measured_on
    try:
        return measure(seen, marks, labels, layer)
    except NotDefined as error:
        return str(error)


def _measured(of, probe, explainer: parts.Explained, seen: Looked, marks: Annotated, layer: str, measure):
    known = of.fingerprint, probe.fingerprint, astuple(explainer.settings), layer, measure.__name__
    found = _table(*known, (measure, seen, marks, parts.own_labels(of, probe, marks.labels)))
    if isinstance(found, str):
        raise NotDefined(found)
    return found


def beside(of, probe, explainer: parts.Explained, seen: Looked, marks: Annotated, layer: str) -> part_tables.Beside:
    """The explainer's filters beside those of the performer's 'top' or 'target' layer.  Raises NotDefined."""
    return _measured(of, probe, explainer, seen, marks, layer, part_tables.beside)


def landed(of, probe, explainer: parts.Explained, seen: Looked, marks: Annotated, layer: str) -> part_tables.Landed:
    """The parts that their peaks lie on.  Raises NotDefined."""
    return _measured(of, probe, explainer, seen, marks, layer, part_tables.landed)


@st.cache_resource(max_entries=12, show_spinner=False)
def _selective(fingerprint: str, probe_fingerprint: str, settings: tuple, _looked) -> dict:
    return part_tables.selective(_looked)


def selective(of, probe, explainer: parts.Explained, seen: Looked) -> dict:
    """How far the filters keep to one class, `part_tables.selective`'s result."""
    return _selective(of.fingerprint, probe.fingerprint, astuple(explainer.settings), seen)


@st.cache_resource(max_entries=24, show_spinner=False)
def _masked(_network, fingerprint: str, probe_fingerprint: str, _explainer, settings: tuple, _picture, subject: str):
    return part_masks.masked(_network, _explainer, _picture.image)


def masked(of, probe, explainer: parts.Explained, picture) -> part_masks.Masked:
    """A picture's maps before and after the masks, and how well templates fit them."""
    known = of.fingerprint, probe.fingerprint, explainer, astuple(explainer.settings)
    return _masked(of, *known, picture, picture.subject)


@st.cache_resource(max_entries=4, show_spinner=False)
def templates(side: int) -> part_masks.Drawn:
    """The templates of n x n maps."""
    return part_masks.drawn(side)
