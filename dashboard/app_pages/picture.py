"""Explain, Picture: several methods side by side for the same classes and layers."""

from functools import partial

import streamlit as st

from core.errors import NotComputed
from core.methods import METHODS
from dashboard import ask, presets, selection
from dashboard.components import maps, notes
from dashboard.views import panels

FIRST = ("gradcam", "guided-backprop", "guided-gradcam")

here = selection.here()
titles = {name: method.title for name, method in METHODS.items() if method.kind == "saliency"}
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    chosen = selection.method_picker(titles, FIRST)
    curves = selection.curves_switch(default=here.network_name.startswith("menagerie"))
    five = "lime" in chosen and selection.five_switch()
look, shared = selection.look_picker()

instant = [name for name in chosen if METHODS[name].cost == "instant"]
at = [layer.name for layer in here.layers]
found = dict(ask.maps(here.network, here.probe, here.picture, here.classes, at, instant))
for method in set(chosen) - set(instant):
    found |= ask.stored(partial(ask.slow_maps, here.network, here.picture, here.classes, method)) or {}
heatmaps = {key: one for key, one in found.items() if not isinstance(one, Exception)}
drawn = found | {key: panels.strongest(one) for key, one in heatmaps.items() if five and key[0] == "lime"}
limits, rows = panels.limits({key: drawn[key] for key in heatmaps}, shared), notes.rows(here)
missing = notes.missing(found)

made, slots = {}, {}
grid = maps.grid(here, len(chosen), len(rows))
for _, (layer, label) in rows:
    for method in chosen:
        key = (method, layer if METHODS[method].per_layer else None, label)
        with grid.cell():
            if key in made:
                st.caption(f"{titles[method]} does not depend on the layer: it is above.")
            elif key not in found:
                notes.on_demand(here, key)
            elif isinstance(found[key], NotComputed):
                notes.to_learn(here, key, found, missing)
            elif panel := maps.map_panel(here, key, drawn[key], limits.get(key, 0.0), look):
                made[key] = panel
                if curves and not panel.empty:
                    slots[key] = st.empty()
                maps.files(here, key, drawn[key], panel)
if not chosen:
    st.info("Nothing is shown: choose a method above.")
notes.legend(made, found, limits, look, shared, bool(slots))
notes.figure_files(here, made, {name: titles[name] for name in chosen}, rows, limits, look)
notes.presets(presets.picture())
notes.equations(chosen, curves)
notes.table_one(list(titles))
notes.citations(chosen, curves)
if slots:
    maps.draw_curves(here, {key: heatmaps[key] for key in slots}, slots)
