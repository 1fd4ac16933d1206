"""Explain, Localisation: boxes and regions of maps against the true ones, in a table and on pictures."""

import streamlit as st

from core.errors import NotDefined
from dashboard import ask, presets, selection
from dashboard.components import localisation, notes
from dashboard.components.saying import sentence

here = selection.here()
split, images = localisation.choices(here)
found, missing = None, []
try:
    found, missing = ask.localised(here.network, here.probe, here.layers[0], localisation.titles(), split, images)
except NotDefined as error:
    st.info(sentence(error), icon=":material/block:")

if found:
    localisation.table(here, found, split)
localisation.compute(here, missing, split, images)

st.subheader("On pictures", anchor=False)
figure = selection.figure_picker()
localisation.at_hand(here, found, figure)
if found:
    st.subheader("Where one method wins over another", anchor=False)
    localisation.gallery(here, found, figure)
notes.presets(presets.localisation())
localisation.background()
