"""One class through the layers: every layer by one method, or figures 8 and 9 of the CHIP paper."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.errors import NotComputed
from dashboard import ask, selection
from dashboard.components import maps, notes
from dashboard.selection import Here
from dashboard.views import compare, panels

LIMIT = 24  # maps of one method on one page
ROW = 5  # layers side by side, as in figures 8 and 9
ROWS = ("chip", "gradcam")


def one_method(here: Here, titles: Mapping[str, str], controls) -> list[str]:
    """A chosen method at every layer; its widgets join `controls`.  -> the methods shown"""
    spatial = [layer for layer in here.network.layers if layer.spatial]
    with controls:
        method = selection.one_method_picker(titles)
        kinds = selection.kind_picker(tuple(dict.fromkeys(layer.kind for layer in spatial)))
        raw = selection.raw_switch()
    look, shared = selection.look_picker()
    fitting = [layer for layer in spatial if layer.kind in kinds]
    layers = [fitting[i] for i in compare.spread(len(fitting), LIMIT)]
    label = here.classes[0]
    found = _maps(here, layers, [method])
    heatmaps = {key: one for key, one in found.items() if not isinstance(one, Exception)}
    limits, missing = panels.limits(heatmaps, shared), notes.missing(found)

    place, made = st.grid(4, min_column_width=210, gap="medium"), {}
    with place.cell():
        maps.subject(here)
        maps.top_classes(here)
    for layer in layers:
        key = (method, layer.name, label)
        with place.cell():
            if isinstance(found[key], NotComputed):
                notes.to_learn(here, key, found, missing)
            elif panel := maps.layer_panel(here, layer, key, found[key], limits.get(key, 0.0), look, raw):
                made[key] = panel
                maps.files(here, key, found[key], panel)
    _said(layers, fitting)
    notes.legend(made, found, limits, look, shared, False)
    rows = [(f"{layer.name}", (layer.name, label)) for layer in layers]
    notes.figure_files(here, made, {method: titles[method]}, rows, limits, look)
    return [method]


def two_rows(here: Here, titles: Mapping[str, str], controls) -> list[str]:
    """CHIP above Grad-CAM, at the poolings or other chosen layers; its widget joins `controls`.  -> the methods"""
    spatial = [layer for layer in here.network.layers if layer.spatial]
    kinds = tuple(dict.fromkeys(layer.kind for layer in spatial))
    several = [kind for kind in ("pool", "block") if sum(layer.kind == kind for layer in spatial) > 2]
    with controls:
        chosen = selection.stage_picker(kinds, several[:1] or kinds)
    look, shared = selection.look_picker()
    fitting = [layer for layer in spatial if layer.kind in chosen]
    layers = [fitting[i] for i in compare.spread(len(fitting), 2 * ROW)]
    label = here.classes[0]
    found = _maps(here, layers, ROWS)
    heatmaps = {key: one for key, one in found.items() if not isinstance(one, Exception)}
    limits, missing = panels.limits(heatmaps, shared), notes.missing(found)

    maps.above(here)
    made = {}
    for start in range(0, len(layers), ROW):
        part = layers[start : start + ROW]
        place = st.grid(max(len(part), 3), min_column_width=180, gap="medium")
        for method in ROWS:
            for layer in part:
                key = (method, layer.name, label)
                with place.cell():
                    if isinstance(found[key], NotComputed):
                        notes.to_learn(here, key, found, missing)
                    elif panel := maps.map_panel(here, key, found[key], limits.get(key, 0.0), look):
                        made[key] = panel
                        maps.files(here, key, found[key], panel)
            for _ in range(len(part), 3):
                place.cell()
    _said(layers, fitting)
    notes.legend(made, found, limits, look, shared, False)
    rows = [(f"{layer.name}", (layer.name, label)) for layer in layers]
    notes.figure_files(here, made, {name: titles[name] for name in ROWS}, rows, limits, look)
    return list(ROWS)


def _maps(here: Here, layers: Sequence, methods: Sequence[str]) -> dict:
    if not layers:
        return {}
    names = [layer.name for layer in layers]
    return ask.maps(here.network, here.probe, here.picture, here.classes[:1], names, methods)


def _said(layers: Sequence, fitting: Sequence) -> None:
    if not layers:
        st.info("Nothing is shown: choose a kind of layer above.")
    if len(layers) < len(fitting):
        st.caption(f"{len(layers)} of {len(fitting)} layers, evenly spread; choose fewer kinds to see more of one.")
