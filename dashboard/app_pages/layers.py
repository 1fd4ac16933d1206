"""Explain, Through the layers: one class at every layer, by one method or by CHIP beside Grad-CAM."""

import streamlit as st

from core.methods import METHODS
from dashboard import presets, selection
from dashboard.components import notes, stages

here = selection.here()
titles = {
    name: one.title
    for name, one in METHODS.items()
    if one.kind == "saliency" and one.per_layer and one.cost == "instant"
}
sections = {"One method": stages.one_method, "CHIP and Grad-CAM": stages.two_rows}
controls = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
with controls:
    section = selection.section_picker(tuple(sections))
methods = sections[section](here, titles, controls)
notes.presets(presets.layers())
notes.equations(methods, False)
notes.citations(methods, False)
