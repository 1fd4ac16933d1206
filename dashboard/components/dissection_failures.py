"""Concepts for which filters together do worse than the best one (Net2Vec, section 4.1), as the page shows them."""

from functools import partial

import streamlit as st

from core.methods.net2vec.dissection import Dissection
from dashboard.components.dissection import CHART, concept_rows
from dashboard.components.maps import save, theme
from dashboard.selection import Here
from dashboard.selection_concepts import task_picker
from dashboard.selection_dissection import open_concept
from dashboard.views import concepts, dissection, dissection_failures
from dashboard.views.dissection import COMBINED, SINGLE

_NUMBER = {"format": "%.3f", "width": 90}
_COLUMNS = {
    "concept": st.column_config.TextColumn("Concept"),
    "category": st.column_config.TextColumn("Category", width=80),
    SINGLE: st.column_config.NumberColumn("Best filter", **_NUMBER),
    COMBINED: st.column_config.NumberColumn("All filters", **_NUMBER),
    "loss": st.column_config.NumberColumn("Loss", **_NUMBER),
    "training pictures": st.column_config.NumberColumn("Training pictures", format="%d", width=120),
    "area": st.column_config.NumberColumn(
        "Area", format="%.1f %%", width=75, help="Mean share of the pixels of the training pictures it is in."
    ),
    "what may be why": st.column_config.TextColumn(
        "What may be why", help="The paper's failures have 10 to 100 training pictures, or take less than 1 %."
    ),
}


def failures(here: Here, found: Dissection) -> None:
    """A sentence, a chart of all concepts, and the table of those that fail."""
    labels, task = concepts.labels(found.concepts), task_picker()
    st.markdown(dissection_failures.summary(found, task))
    key = f"gains-{task}"
    st.plotly_chart(
        dissection_failures.chart(found, task, labels, theme()), config=CHART, key=key, selection_mode="points",
        alt=f"What all filters gain over the best one by number of training pictures. "
        f"{dissection_failures.summary(found, task)}", on_select=partial(_opened, key, labels),
    )  # fmt: skip
    if task == "segmentation":
        st.caption("Hollow: concepts that take less than 1 % of the pictures they are in.")
    table = dissection_failures.table(found, task, labels)
    if table.empty:
        return
    st.markdown("**Where the best filter alone does better**  \n:gray[choose a row, or click a point, to open it]")
    concept_rows(table, _COLUMNS, f"failures-{task}", "Concepts that fail, the largest loss first")
    name = f"net2vec-failures-{here.network_name}-{found.layer}-{task}.csv"
    save("Table as CSV", partial(dissection.csv, table), name, "text/csv", "All of the failures")


def _opened(key: str, labels: tuple[str, ...]) -> None:
    """A click on a point opens its concept."""
    points = st.session_state[key].selection.points
    if points and "customdata" in points[0]:
        open_concept(labels[int(points[0]["customdata"][0])])
