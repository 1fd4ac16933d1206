"""Data and cache, Probe: the pictures and what is known about them."""

import streamlit as st

from dashboard import selection
from dashboard.components import probe

shared = selection.shared()
if shared.probe is None:
    st.stop()
sections = {
    "Classes": lambda: probe.classes(shared, "app_pages/picture.py"),
    "Masks": lambda: probe.masks_of_picture(shared),
    "Attributes": lambda: probe.attributes(shared),
    "Splits": lambda: probe.splits(shared),
    "Confusion": lambda: probe.confusion(shared),
    "Centred disc": lambda: probe.disc(shared),
    "The shortcut": lambda: probe.shortcut(shared),
}
sections[selection.section_picker(tuple(sections))]()
