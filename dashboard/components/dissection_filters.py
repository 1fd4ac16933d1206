"""One filter in a dissection, as the page shows it: its pictures, its concepts, and how filters are shared."""

from functools import partial

import streamlit as st

from core.measures import concept_scores
from core.methods.net2vec.dissection import TASKS, Dissection
from dashboard import ask_dissection
from dashboard.components.dissection import CHART, SHOWN, concept_rows, pictures_there
from dashboard.components.maps import save, theme
from dashboard.selection import Here
from dashboard.selection_dissection import DECILES, MAXIMAL, examples_picker, filter_picker
from dashboard.views import concepts, dissection, dissection_filters, words

_NUMBER = {"format": "%.2f", "width": 58}
_NAMES = {
    "concept": st.column_config.TextColumn("Concept"),
    "category": st.column_config.TextColumn("Category", width=70),
}
_BEST = {
    **_NAMES,
    "task": st.column_config.TextColumn("Task", width=96),
    "alone": st.column_config.NumberColumn("Alone", help="Set IoU or accuracy, validation.", **_NUMBER),
    "all filters": st.column_config.NumberColumn("All", help="With all filters together.", **_NUMBER),
}
_CONTRIBUTES = {
    **_NAMES,
    "weight": st.column_config.NumberColumn("Weight", format="%.2f", width=62),
    "share": st.column_config.NumberColumn(
        "Share", format="%.1f %%", width=62, help="Its |w| over the sum of all filters' (section 5.2)."
    ),
    "rank": st.column_config.NumberColumn("Rank", format="%d", width=50, help="Its place among the concept's filters."),
    "IoU alone": st.column_config.NumberColumn("Alone", help="Its own set IoU, validation.", **_NUMBER),
}


def one_filter(here: Here, found: Dissection) -> None:
    """Everything about one filter, then how all of them are shared."""
    labels = concepts.labels(found.concepts)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        k = filter_picker(len(found.thresholds), dissection_filters.first(found))
        by_decile = examples_picker((MAXIMAL, DECILES))
    loads = [int(concept_scores.loads(found, task)[k]) for task in TASKS]
    told = f"the best single filter of {loads[0]} concepts by segmentation and of {loads[1]} by classification"
    st.markdown(f"**Filter {k} of {found.layer}**: {told}")
    _pictures(here, found, k, by_decile)
    place = st.grid(2, min_column_width=330, gap="large")
    with place.cell():
        _best_for(found, k, labels)
    with place.cell():
        _contributes(found, k, labels)
    _examples(here, found, k, labels)
    _sharing(found, k)


def _pictures(here: Here, found: Dissection, k: int, by_decile: bool) -> None:
    """Figure 1: the pictures in which the filter is most active, or one for each decile of its peaks."""
    if not pictures_there(here, found):
        return
    peaks = ask_dissection.fired(here.network, here.probe, found.layer).peaks[:, k]
    some = dissection.gallery(peaks, by_decile, SHOWN)
    if not some:
        st.info(f"Filter {k} is active in none of the {len(found.pool):,} pictures.")
        return
    which = "one for each tenth of its peaks that are not 0" if by_decile else "those of its highest peaks"
    st.caption(
        f"Of {len(found.pool):,} pictures, {which}. In colours: where it exceeds its threshold, "
        f"{words.number(float(found.thresholds[k]))}, enlarged before it is cut (figure 1)."
    )
    drawn = ask_dissection.active(here.network, here.probe, found, k, [(one.place, one.corner) for one in some])
    with st.grid(5, min_column_width=140, gap="small") as grid:
        for one, source in zip(some, drawn, strict=True):
            with grid.cell():
                caption = here.probe.caption(int(found.pool.indices[one.place]))
                peak = words.number(one.value / float(found.thresholds[k])) if found.thresholds[k] > 0 else "no"
                st.image(source, width="stretch", alt=f"Where filter {k} is active, {one.corner}: {caption}")
                st.caption(f"{caption}  \n{peak} × the threshold")


def _best_for(found: Dissection, k: int, labels: tuple[str, ...]) -> None:
    st.markdown("**It is the best single filter of**  \n:gray[choose a row to open the concept]")
    table = dissection_filters.best_for(found, k, labels)
    if table.empty:
        st.caption("No concept has it as its best single filter.")
        return
    concept_rows(table, _BEST, f"best-for-{k}", f"Concepts that filter {k} is the best for")


def _contributes(found: Dissection, k: int, labels: tuple[str, ...]) -> None:
    st.markdown("**It contributes most to**  \n:gray[by its share of the weights when all filters are combined]")
    table = dissection_filters.contributes(found, k, labels)
    if table.empty:
        st.caption("No concept has a vector by segmentation.")
        return
    concept_rows(table, _CONTRIBUTES, f"contributes-{k}", f"Concepts that filter {k} contributes most to")
    every = partial(dissection_filters.contributes, found, k, labels, len(labels))
    name = f"net2vec-{found.layer}-filter-{k}.csv"
    save("All as CSV", lambda: dissection.csv(every()), name, "text/csv", "Every concept with a vector")


def _examples(here: Here, found: Dissection, k: int, labels: tuple[str, ...]) -> None:
    """Figure 4: validation pictures of the concepts that the filter segments best."""
    rows = dissection_filters.examples(found, k)
    if not rows:
        return
    st.subheader("Where it finds them best", anchor=False)
    st.caption(
        "Validation pictures of the highest IoU (figure 4). The yellow outline is where the concept is; the IoU is "
        "scored as everywhere, with the filter cut before it is enlarged."
    )
    for c, some in rows:
        told = [f"IoU {words.probability(one.value)}" for one in some]
        asked = [(one.place, f"{one.corner}  {iou}".strip()) for one, iou in zip(some, told, strict=True)]
        drawn = ask_dissection.active(here.network, here.probe, found, k, asked, c)
        st.markdown(f"**{labels[c]}**, {found.concepts[c].category}")
        with st.grid(4, min_column_width=150, gap="small") as grid:
            for one, iou, source in zip(some, told, drawn, strict=True):
                with grid.cell():
                    caption = here.probe.caption(int(found.pool.indices[one.place]))
                    st.image(source, width="stretch", alt=f"Filter {k} on {labels[c]}, {iou}: {caption}")


def _sharing(found: Dissection, k: int) -> None:
    """Figure 5."""
    st.subheader("How filters are shared", anchor=False)
    st.caption("How many filters are the best single one of how many concepts (figure 5). Dotted: drawn at random.")
    told = dissection_filters.sharing_words(found)
    chart = dissection_filters.sharing(found, k, theme())
    st.plotly_chart(chart, config=CHART, alt=f"Filters by the number of concepts they are best for. {told}")
    st.caption(f"{told} The triangles mark filter {k}.")
