"""Questions about concepts: dissections of layers, held as `ask.py` holds what it asks for."""

from collections.abc import Sequence

import streamlit as st

from core.engine import concepts
from dashboard.ask import Progress, stored


@st.cache_resource(max_entries=24, show_spinner=False)
def _dissection(fingerprint: str, probe_fingerprint: str, layer: str) -> list:
    return []


def held(fingerprint: str, probe, layer_name: str):
    """The dissection of a layer of the network with a fingerprint, if somebody has asked for it; else None."""
    found = _dissection(fingerprint, probe.fingerprint, layer_name)
    return found[0] if found else None


def dissection(of, probe, layer_name: str):
    """What Net2Vec finds at a layer, if it is known; else None."""
    held = _dissection(of.fingerprint, probe.fingerprint, layer_name)
    if not held:
        found = stored(lambda refuse: concepts.dissect(of, probe, layer_name, progress=refuse))
        held[:] = [] if found is None else [found]
    return held[0] if held else None


def dissect(of, probe, layers: Sequence[str], progress: Progress) -> None:
    """Several layers, which share one pass over the probe's pictures; held even where they cannot be kept."""
    for name, found in concepts.dissect_of(of, probe, layers, progress=progress).items():
        _dissection(of.fingerprint, probe.fingerprint, name)[:] = [found]
