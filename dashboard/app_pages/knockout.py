"""Channels, Knock-out: the channels that matter for a class are closed, on one picture and on a whole split."""

import streamlit as st

from core.measures.channel_overlap import strongest
from dashboard import ask, presets, selection
from dashboard.components import channels, knockout, notes

here = selection.here()
label, layer = here.classes[0], here.layers[0]
found = channels.importances(here)
if found is not None:
    k = selection.top_slider(found.path.shape[2])
    ranked = strongest(found.weights()[label], found.path.shape[2])
    if len(ranked):
        knockout.fewer(here, k, len(ranked))
        st.subheader("On this picture", anchor=False)
        knockout.on_picture(here, ask.knockout(here.network, here.picture, layer.name, label, ranked[:k]))
        knockout.as_more_close(here, ranked)
        st.subheader("On a whole split", anchor=False)
        knockout.on_split(here, ranked[:k])
    else:
        st.info(f"No channel of {layer.name} speaks for '{here.names[label]}', so there is nothing to close.")
    channels.origin(found)
notes.presets(presets.knockout())
channels.background()
notes.citations(["chip", "gradcam"], False)
