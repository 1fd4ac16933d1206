"""Explain, Two classes: the same picture asked twice, and the difference of the answers."""

import streamlit as st

from core.methods import METHODS
from dashboard import ask, presets, selection
from dashboard.components import maps, notes
from dashboard.views import compare, panels, words

here = selection.here()
titles = {name: one.title for name, one in METHODS.items() if one.kind == "saliency" and one.cost == "instant"}
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    method = selection.one_method_picker(titles)
look, _ = selection.look_picker(scale=False)

pair = compare.pair(here.classes, here.chances)
layer = here.layers[0].name if METHODS[method].per_layer else None
found = ask.maps(here.network, here.picture, pair, [here.layers[0].name], [method])
keys = [(method, layer, label) for label in pair]
failed = [found[key] for key in keys if isinstance(found[key], Exception)]

place = st.grid(4, min_column_width=210, gap="medium")
with place.cell():
    maps.subject(here)
    maps.top_classes(here)
if failed:
    with place.cell(column_span=2):
        st.info(str(failed[0]), icon=":material/block:")
    st.stop()

limits = panels.limits({key: found[key] for key in keys}, shared=True)
for key in keys:
    with place.cell():
        panel = maps.map_panel(here, key, found[key], limits[key], look)
        maps.files(here, key, found[key], panel)
gap = compare.difference(*(found[key] for key in keys))
with place.cell():
    first, second = (here.names[label] for label in pair)
    maps.difference_panel(here, gap, first, second, look)

values = [found[key].values for key in keys]
cut = look.threshold or 0.5
shared, alike = compare.shared_region(*values, cut), compare.correlation(*values)
with st.container(horizontal=True, gap="large"):
    for name, label in zip((first, second), pair, strict=True):
        st.metric(f"Probability of {name}", words.probability(float(here.chances[label])), width="content")
    st.metric("Correlation of the maps", words.number(alike), width="content", help="1: the same map, 0: unrelated.")
    st.metric(
        "Shared region",
        words.number(shared),
        width="content",
        help=f"IoU of where each map reaches {cut:.0%} of its maximum.",
    )
st.caption("Both maps and their difference are on one scale, so that brightness can be compared.")
notes.presets(presets.two_classes())
notes.equations([method], False)
notes.citations([method], False)
