"""Explain, Through the layers: one class, every layer with a spatial extent."""

import streamlit as st

from core.methods import METHODS
from dashboard import ask, presets, selection
from dashboard.components import maps, notes
from dashboard.views import compare, panels

LIMIT = 24  # maps on one page

here = selection.here()
titles = {
    name: one.title
    for name, one in METHODS.items()
    if one.kind == "saliency" and one.per_layer and one.cost == "instant"
}
spatial = [layer for layer in here.network.layers if layer.spatial]
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    method = selection.one_method_picker(titles)
    kinds = selection.kind_picker(tuple(dict.fromkeys(layer.kind for layer in spatial)))
    raw = selection.raw_switch()
look, shared = selection.look_picker()

fitting = [layer for layer in spatial if layer.kind in kinds]
layers = [fitting[i] for i in compare.spread(len(fitting), LIMIT)]
label = here.classes[0]
found = ask.maps(here.network, here.picture, (label,), [layer.name for layer in layers], [method]) if layers else {}
heatmaps = {key: one for key, one in found.items() if not isinstance(one, Exception)}
limits = panels.limits(heatmaps, shared)

place = st.grid(4, min_column_width=210, gap="medium")
with place.cell():
    maps.subject(here)
    maps.top_classes(here)
made = {}
for layer in layers:
    key = (method, layer.name, label)
    with place.cell():
        panel = maps.layer_panel(here, layer, key, found[key], limits.get(key, 0.0), look, raw)
        if panel:
            made[key] = panel
            maps.files(here, key, found[key], panel)
if not layers:
    st.info("Nothing is shown: choose a kind of layer above.")
if len(layers) < len(fitting):
    st.caption(f"{len(layers)} of {len(fitting)} layers, evenly spread; choose fewer kinds to see more of one.")
notes.legend(made, found, limits, look, shared, False)
rows = [(f"{layer.name}", (layer.name, label)) for layer in layers]
notes.figure_files(here, made, {method: titles[method]}, rows, limits, look)
notes.presets(presets.layers())
notes.equations([method], False)
notes.citations([method], False)
