"""Many concepts at once, as the page shows them: categories over layers and networks, table 1, few filters."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from core.methods.net2vec.dissection import Dissection
from dashboard import ask, ask_dissection
from dashboard.components.concepts import learn
from dashboard.components.dissection import CHART
from dashboard.components.maps import save, theme
from dashboard.components.saying import attempt
from dashboard.components.working import Working, when_told
from dashboard.selection import Here
from dashboard.selection_concepts import task_picker
from dashboard.selection_dissection import networks_picker, over_picker
from dashboard.views import dissection, words
from dashboard.views import dissection_categories as categories

_BLOCKS = 3  # more than so many stand for a network's depth, rather than its convolutions
_SHARE = {"format": "%.1f %%", "width": 96}
_RANGE = st.column_config.TextColumn("95 %", width=118, help="Bootstrap over the concepts.")


def by_category(here: Here, found: Dissection) -> None:
    """Figures 2 and 6, table 1, figure 3."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        over_networks, task = over_picker(), task_picker()
    what = "network" if over_networks else "layer"
    every = _networks(here) if over_networks else ask_dissection.known_layers(here.network, here.probe)
    _panels(every, task, what)
    _table_one(every, what)
    if not over_networks:
        _further(here, every)
        _subsets(here, found, task)


def _panels(every: Mapping[str, Dissection], task: str, what: str) -> None:
    """Figure 2, or 6: one panel for each category, all on one scale."""
    pairs = categories.pairs(every, task)
    if not pairs:
        st.info(f"No concept has a score by {task} here.")
        return
    st.image(categories.key(theme()), alt="Round and solid: all filters. Square and dotted: the best filter.")
    span = categories.limits(pairs, task)
    with st.grid(3, min_column_width=200, gap="medium") as grid:
        for category, row in pairs.items():
            with grid.cell():
                count = max(single.n for single, _ in row.values())
                st.markdown(f"**{category.capitalize()}** :gray[{count} concept{'s' * (count > 1)}]")
                chart = categories.panel(row, list(every), span, theme(), what == "layer")
                alt = categories.panel_words(category, row, task)
                st.plotly_chart(chart, config=CHART, alt=alt, key=f"category-{what}-{category}")
    st.caption(
        f"Mean {categories.SCORE[task]} over a category's concepts on validation pictures, with its standard error."
    )
    table = partial(categories.means_table, pairs, what)
    name = f"net2vec-categories-{task}-by-{what}.csv"
    save("Means as CSV", lambda: dissection.csv(table()), name, "text/csv", "Means and standard errors")


def _table_one(every: Mapping[str, Dissection], what: str) -> None:
    """Table 1 and section 5.2."""
    if not every:
        return
    st.subheader("All filters against the best one", anchor=False)
    table = categories.table_one(every, what)
    columns = {
        what: st.column_config.TextColumn(what.capitalize(), pinned=True),
        "no worse, segmentation": st.column_config.NumberColumn(
            "Segmentation", help="Concepts for which all filters reach at least what the best one does.", **_SHARE
        ),
        "no worse, classification": st.column_config.NumberColumn("Classification", help="The same.", **_SHARE),
        "correlated": st.column_config.NumberColumn(
            "Correlated", help="Concepts whose max(w, 0) goes with the filters' own IoU at p < 0.01.", **_SHARE
        ),
        "shuffled": st.column_config.NumberColumn(
            "Shuffled", help="The same after the filters were shuffled: what chance gives.", **_SHARE
        ),
    }
    columns |= {name: _RANGE for name in table.columns if name.endswith(", interval")}
    st.dataframe(table, hide_index=True, column_config=columns, alt=f"Table 1 and the correlations, by {what}")
    st.caption(
        "Segmentation and classification: the share of concepts for which all filters are no worse than the best one "
        "(table 1; in the paper 75.7 to 91.6 % and 85.0 to 90.2 %, AlexNet on Broden). Correlated: the share whose "
        "weights go with what the filters reach alone (section 5.2; in the paper 47 to 82 %)."
    )
    save("Table as CSV", partial(dissection.csv, table), f"net2vec-by-{what}.csv", "text/csv", "With intervals")


def _further(here: Here, every: Mapping[str, Dissection]) -> None:
    """Layers that are not computed yet, and a button for those one wants."""
    missing = [layer.name for layer in here.network.layers if layer.spatial and layer.name not in every]
    if not missing:
        return
    st.subheader("Further layers", anchor=False)
    kinds = {layer.name: layer.kind for layer in here.network.layers}
    blocks, convs = ([name for name in missing if kinds[name] == kind] for kind in ("block", "conv"))
    some = blocks if len(blocks) > _BLOCKS else convs
    first = some[:: -(-len(some) // 6)] if some else []
    key = f"further-{here.network_name}-{len(missing)}"
    chosen = st.multiselect("Layers to compute", missing, default=first, key=key)
    if chosen:
        learn(here, chosen)


def _networks(here: Here) -> dict[str, Dissection]:
    """Figure 6: the dissections of the chosen networks that are known, and a button for the others."""
    cards = ask.network_cards()
    default = list(dict.fromkeys([*(card.name for card in cards if card.group == "Embedded"), here.network_name]))
    options = list(dict.fromkeys([*default, *(card.name for card in cards)]))
    found, missing = {}, []
    for name in networks_picker(options, default):
        with when_told(f"network-{name}") as progress:
            known, problem = attempt(partial(ask_dissection.at_last_layer, name, here.probe, progress))
        if problem:
            st.caption(f":material/block: {name}: {problem}")
        elif known is None:
            missing.append(name)
        else:
            found[name] = known
    if missing:
        st.caption(f"Not computed yet on {here.probe.title}: {words.joined(missing)}, each at its last spatial layer.")
        if st.button("Compute", key="dissect-networks", icon=":material/play_arrow:"):
            for name in missing:
                with Working(f"dissection-{name}") as progress:
                    ask_dissection.dissect_at_last_layer(name, here.probe, progress)
            st.rerun()
    return found


def _subsets(here: Here, found: Dissection, task: str) -> None:
    """Figure 3, at the chosen layer."""
    st.subheader("How many filters a concept needs", anchor=False)
    known = ask_dissection.subsets(here.network, here.probe, found.layer, task)
    if known is None:
        st.caption(
            f"Every concept is learned again from its strongest filters only, 1, 2, 4 … of {len(found.thresholds)} at "
            f"{found.layer}: several times what the dissection took. The result is kept."
        )
        if st.button("Compute", key=f"subsets-{task}", icon=":material/play_arrow:"):
            with Working("subsets") as progress:
                ask_dissection.subsets(here.network, here.probe, found.layer, task, progress)
            st.rerun()
        return
    groups = [concept.category for concept in found.concepts]
    chart = categories.subsets(known.F, known.score, groups, task, theme())
    alt = f"Mean {categories.SCORE[task]} by category with 1 to {int(known.F[-1])} filters"
    st.plotly_chart(chart, config=CHART, alt=alt, key=f"subsets-chart-{task}")
    table = categories.saturation(known.F, known.score, groups)
    st.dataframe(table, hide_index=True, alt="With how few filters each category is nearly at its best")
    st.caption(f"{found.layer}, by {task}; the F filters of the largest |w| of each concept, learned again (figure 3).")
    save("Table as CSV", partial(dissection.csv, table), f"net2vec-filters-{task}.csv", "text/csv", "By category")
