"""The same picture asked for two classes: by one method with the difference, or figure 5 of the CHIP paper."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from core.errors import NotComputed
from core.methods import METHODS
from dashboard import ask, selection
from dashboard.components import maps, notes
from dashboard.components.saying import sentence
from dashboard.selection import Here
from dashboard.views import compare, panels, words

FIGURE = ("lime", "gradcam", "chip", "refined-chip", "guided-backprop", "guided-gradcam", "guided-chip")


def one_method(here: Here, titles: Mapping[str, str], controls) -> list[str]:
    """Both maps of a chosen method and their difference; its widget joins `controls`.  -> the methods shown"""
    instant = {name: title for name, title in titles.items() if METHODS[name].cost == "instant"}
    with controls:
        method = selection.one_method_picker(instant)
    look, _ = selection.look_picker(scale=False)
    pair, layer = compare.pair(here.classes, here.chances), here.layers[0].name
    found = ask.maps(here.network, here.probe, here.picture, pair, [layer], [method])
    keys = [(method, layer if METHODS[method].per_layer else None, label) for label in pair]
    place = st.grid(4, min_column_width=210, gap="medium")
    with place.cell():
        maps.subject(here)
        maps.top_classes(here)
    failed = next((found[key] for key in keys if isinstance(found[key], Exception)), None)
    if failed is not None:
        with place.cell(column_span=2):
            if isinstance(failed, NotComputed):
                notes.to_learn(here, keys[0], found, notes.missing(found))
            else:
                st.info(sentence(failed), icon=":material/block:")
        return [method]

    limits = panels.limits({key: found[key] for key in keys}, shared=True)
    for key in keys:
        with place.cell():
            panel = maps.map_panel(here, key, found[key], limits[key], look)
            maps.files(here, key, found[key], panel)
    gap = compare.difference(*(found[key] for key in keys))
    first, second = (here.names[label] for label in pair)
    with place.cell():
        maps.difference_panel(here, gap, first, second, look)
    _numbers(here, pair, [found[key].values for key in keys], look.threshold or 0.5)
    st.caption("Both maps and their difference are on one scale, so that brightness can be compared.")
    return [method]


def _numbers(here: Here, pair: Sequence[int], values: Sequence, cut: float) -> None:
    shared, alike = compare.shared_region(*values, cut), compare.correlation(*values)
    help = f"IoU of where each map reaches {cut:.0%} of its maximum."
    with st.container(horizontal=True, gap="large"):
        for label in pair:
            chance = words.probability(float(here.chances[label]))
            st.metric(f"Probability of {here.names[label]}", chance, width="content")
        st.metric(
            "Correlation of the maps", words.number(alike), width="content", help="1: the same map, 0: unrelated."
        )
        st.metric("Shared region", words.number(shared), width="content", help=help)


def all_methods(here: Here, titles: Mapping[str, str], controls) -> list[str]:
    """Seven methods for the first class above, for the second below; its widget joins `controls`.  -> the methods"""
    with controls:
        five = selection.five_switch()
    look, shared = selection.look_picker()
    pair, layer = compare.pair(here.classes, here.chances), here.layers[0].name
    found = dict(ask.maps(here.network, here.probe, here.picture, pair, [layer], FIGURE[1:]))
    found |= ask.stored(partial(ask.slow_maps, here.network, here.picture, pair, "lime")) or {}
    if five:
        found |= {key: panels.strongest(one) for key, one in found.items() if key[0] == "lime"}
    heatmaps = {key: one for key, one in found.items() if not isinstance(one, Exception)}
    limits, missing, made = panels.limits(heatmaps, shared), notes.missing(found), {}
    place = st.grid(4, min_column_width=210, gap="medium")
    for label in pair:
        with place.cell():
            _asked(here, label)
        for method in FIGURE:
            key = (method, layer if METHODS[method].per_layer else None, label)
            with place.cell():
                if key not in found:
                    notes.on_demand(here, key, pair)
                elif isinstance(found[key], NotComputed):
                    notes.to_learn(here, key, found, missing)
                elif panel := maps.map_panel(here, key, found[key], limits.get(key, 0.0), look):
                    made[key] = panel
                    maps.files(here, key, found[key], panel)
    notes.legend(made, found, limits, look, shared, False)
    rows = [(f"{here.names[label]}\n{words.probability(float(here.chances[label]))}", (layer, label)) for label in pair]
    notes.figure_files(here, made, {name: titles[name] for name in FIGURE}, rows, limits, look)
    return list(FIGURE)


def _asked(here: Here, label: int) -> None:
    chance = words.probability(float(here.chances[label]))
    st.markdown(f"**{here.names[label].capitalize()}?**  \n:gray[probability {chance}]")
    st.image(ask.encoded(here.picture), width="stretch", alt=here.picture.alt)
