"""The Embedding space page: the map of a layer's concepts."""

from functools import partial

import numpy as np
import streamlit as st

from core.methods.net2vec import spaces
from core.methods.net2vec.dissection import Dissection
from dashboard import ask_embedding, selection_embedding
from dashboard.components.embedding import nearest, portrait
from dashboard.components.maps import save, theme
from dashboard.components.working import when_told
from dashboard.selection import CONCEPT, Here, ask_for
from dashboard.selection_concepts import concept_picker, task_picker
from dashboard.views import concept_map, concepts, dissection

CHART = {"displayModeBar": False, "scrollZoom": True}
COLUMNS = {
    "cluster": st.column_config.NumberColumn("Cluster", width=70),
    "size": st.column_config.NumberColumn("Concepts", width=80),
    "tight": st.column_config.NumberColumn("Mean cosine", format="%.2f", width=100, help="With the cluster's middle"),
    "members": st.column_config.TextColumn("Which"),
}
KEY = "concept-map"
FEWEST = 5  # concepts with a vector
USUAL = {selection_embedding.TSNE: 15, selection_embedding.UMAP: 12}


def chart(here: Here, found: Dissection) -> None:
    """Supplementary figures 16 and 17: the map, and beside it the concept that was pressed."""
    labels = concepts.labels(found.concepts)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        task = task_picker()
        vectors = ask_embedding.vectors(found, task)
        known = np.flatnonzero(np.isfinite(vectors).all(1))
        if len(known) < FEWEST:
            st.info(f"Only {len(known)} concepts have a vector for {task}: too few for a map.")
            return
        how, spread, seed = selection_embedding.map_picker(concept_map.widest(len(known)), USUAL)
        clusters = selection_embedding.colours_picker(min(20, len(known) - 1))
    with when_told("map") as progress:
        laid = ask_embedding.laid(here.network, here.probe, found, task, how, spread, seed, progress)
    groups = ask_embedding.clusters(here.network, here.probe, found, task, clusters) if clusters else None
    place = st.grid(3, min_column_width=230, gap="medium")
    left, right = place.cell(column_span=2), place.cell()
    with right:
        c = concept_picker(labels, labels[dissection.first(found)])
    with left:
        _drawn(found, labels, vectors, known, laid, groups, c)
    with right:
        portrait(here, found, labels, c, 200)
        st.markdown(f"**Nearest by {task}**")
        nearest(here, found, vectors, labels, c, task)
    if groups is not None:
        st.markdown("**The clusters**  \n:gray[the concepts nearest to each cluster's middle first]")
        table = concept_map.clusters(vectors[known], groups, [labels[k] for k in known])
        st.dataframe(table, hide_index=True, column_config=COLUMNS, height="content", alt="Concepts by cluster")
    name = f"map-{here.network_name}-{found.layer}-{task}.csv"
    data = partial(concept_map.csv, found, known, laid.points, groups)
    save("Map as CSV", data, name, "text/csv", "Each concept's place, and its cluster")


def _drawn(found: Dissection, labels, vectors, known, laid, groups, c: int) -> None:
    near = [", ".join(labels[other] for other, _ in spaces.nearest(vectors, vectors[k], 3, [k])) for k in known]
    chosen = int(np.flatnonzero(known == c)[0]) if c in known else None
    figure = concept_map.scatter(
        laid.points, [labels[k] for k in known], [found.concepts[k].category for k in known], near, groups, chosen,
        theme(),
    )  # fmt: skip
    st.plotly_chart(
        figure, config=CHART, key=KEY, on_select=partial(_pressed, [labels[k] for k in known]),
        selection_mode="points", alt=f"A map of {len(known)} concepts; near '{labels[c]}' in the space: "
        + (near[chosen] if chosen is not None else "nothing, it has no vector"),
    )  # fmt: skip
    st.caption(
        f"{len(known)} of {len(labels)} concepts have a vector. Trustworthiness {laid.trustworthiness:.2f}: 1 where "
        f"the {laid.neighbours} nearest on the map are near in the space too, about 0.5 at random. Only who is near "
        "whom means something, neither directions nor how far groups are apart. A press on a point opens its concept; "
        "drag to move, scroll to enlarge."
    )


def _pressed(names: list[str]) -> None:
    """A press on a point opens its concept."""
    points = st.session_state[KEY].selection.points
    if points and "customdata" in points[0]:
        ask_for(**{CONCEPT: names[int(points[0]["customdata"][0])]})
