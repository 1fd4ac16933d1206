"""Channels: the importance of a layer's channels by class, what classes share, and what lambda leaves."""

import streamlit as st

from dashboard import presets, selection
from dashboard.components import channels, notes

SECTIONS = ("Importance", "Overlap", "One class", "Sparsity")
MOST = 48  # top channels to be counted, or drawn one by one

here = selection.here()
found = channels.importances(here)
if found is not None:
    steps = channels.path(found)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        section = selection.section_picker(SECTIONS)
        at = selection.lambda_picker(steps, steps[found.chosen])
        k = selection.top_slider(min(found.path.shape[2], MOST)) if section in ("Overlap", "One class") else 0
    weights = found.path[at]
    if section == "Importance":
        channels.heat_map(here, found, weights)
    elif section == "Overlap":
        channels.overlap(here, weights, k)
    elif section == "One class":
        channels.one_class(here, found, weights, k)
    else:
        channels.sparsity(found, at)
    channels.origin(found)
notes.presets(presets.channels())
channels.background()
notes.citations(["chip"], False)
