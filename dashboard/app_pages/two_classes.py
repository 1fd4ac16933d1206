"""Explain, Two classes: the same picture asked twice, by one method with the difference, or by all methods."""

import streamlit as st

from core.methods import METHODS
from dashboard import presets, selection
from dashboard.components import notes, versus

here = selection.here()
titles = {name: one.title for name, one in METHODS.items() if one.kind == "saliency"}
sections = {"One method": versus.one_method, "All methods": versus.all_methods}
controls = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
with controls:
    section = selection.section_picker(tuple(sections))
methods = sections[section](here, titles, controls)
notes.presets(presets.two_classes())
notes.equations(methods, False)
notes.citations(methods, False)
