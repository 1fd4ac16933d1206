"""How an explainer was trained, and another one with other settings beside it, as the page shows them."""

from functools import partial

import numpy as np
import streamlit as st

from core.engine.parts import Explained
from core.errors import NotDefined
from core.measures import part_tables
from core.methods.explainer.looking import Looked
from core.methods.explainer.training import MEASURES, Settings, first_rate
from dashboard import ask_explainer
from dashboard.components import explainer
from dashboard.components.explainer import CHART, Seen
from dashboard.components.maps import save, theme
from dashboard.selection import Here
from dashboard.selection_explainer import settings_picker
from dashboard.views import explainer as views

THIS, OTHER = "this one", "the other"
_HELP = {
    "p": "The interpretable track's share of the encoder's output. The loss rewards a large one.",
    "information 1": "Equation 2 as a share of the most there can be, log(n² + 1): mean over the filters that fire.",
    "information 2": "The same of the encoder's output channels, p interpretable + (1 − p) ordinary.",
    "fc6": "Share of fc6's energy.",
    "fc7": "Share of fc7's energy.",
    "live filters": "Filters of conv-interp-2's channels that fire for some picture.",
    "loss": "Reconstruction and −η log p, without the filter loss.",
}


def training(here: Here, found: Explained, seen: Seen) -> None:
    """The curves, the settings, and another explainer trained with others."""
    st.markdown("**Train another**  \n:gray[its curves and measures stand beside this one's; each is kept]")
    settings = settings_picker(found.settings)
    other = None if settings == found.settings else explainer.explained(here, settings)
    looked = None
    if other is not None:
        other_seen = explainer.seen(here, other)
        looked = None if other_seen is None else other_seen.looked
    elif settings == found.settings:
        st.caption("Change a setting to train another.")
    _curves({THIS: found.history} | ({} if other is None else {OTHER: other.history}))
    _compared(here, found, seen, other, looked)
    _settings(here, found, other)


def _curves(histories: dict[str, np.ndarray]) -> None:
    which = ", dotted: the other" if OTHER in histories else ""
    st.subheader("Epoch by epoch", anchor=False)
    st.caption(f"Means over the training pictures; at the end of each epoch p and what follows it{which}.")
    with st.grid(4, min_column_width=190, gap="medium") as place:
        for measure in MEASURES:
            with place.cell():
                st.markdown(f"**{views.TITLES[measure]}**", help=_HELP[measure])
                chart, alt = views.panel(histories, measure, theme()), views.panel_words(histories, measure)
                st.plotly_chart(chart, config=CHART, alt=alt, key=f"curve-{measure}")


def _compared(here: Here, found: Explained, seen: Seen, other: Explained | None, looked: Looked | None) -> None:
    """What both reach on the test pictures."""
    rows = {THIS: (found.p, seen.looked, _beside(here, found, seen.looked, seen))}
    if other is not None and looked is not None:
        rows[OTHER] = (other.p, looked, _beside(here, other, looked, seen))
    st.subheader("On test pictures", anchor=False)
    st.dataframe(
        views.variants(rows), hide_index=True, column_config=_VARIANTS, height="content",
        alt="What the explainers reach on test pictures",
    )  # fmt: skip


def _beside(here: Here, of: Explained, looked: Looked, seen: Seen) -> part_tables.Beside | None:
    if seen.marked is None:
        return None
    try:
        return ask_explainer.beside(here.network, here.probe, of, looked, seen.marked, "top")
    except NotDefined:
        return None


def _settings(here: Here, found: Explained, other: Explained | None) -> None:
    with st.grid(2, min_column_width=330, gap="large") as place:
        for name, one in ((THIS, found), (OTHER, other)):
            if one is not None:
                with place.cell():
                    _one(here, name, one)


def _one(here: Here, name: str, one: Explained) -> None:
    st.markdown(f"**Settings of {name}**  \n:gray[trained on {one.images:,} pictures]")
    table = views.settings(one.settings, first_rate(one.settings, one.performer))
    st.dataframe(table, hide_index=True, height="content", alt=f"Settings of {name}", column_config=_SETTINGS)
    stem = f"explainer-training-{here.network_name}-{_named(one.settings)}"
    data = partial(views.csv, views.history(one.history))
    save("Curves as CSV", data, f"{stem}.csv", "text/csv", "Every measure after every epoch")


def _named(settings: Settings) -> str:
    masks = "masks" if settings.masked else "no-masks"
    return f"{settings.filter_loss}-{masks}-{settings.epochs}-seed-{settings.seed}"


_SETTINGS = {
    "setting": st.column_config.TextColumn("Setting"),
    "value": st.column_config.TextColumn("Value", width=300),
}
_VARIANTS = {
    "explainer": st.column_config.TextColumn("Explainer"),
    "p": st.column_config.NumberColumn("p", format="%.2f", width=60),
    "R² of fc7": st.column_config.NumberColumn("R² of fc7", format="%.3f", width=90),
    "without": st.column_config.NumberColumn(
        "Without interpretable", format="%.3f", width=145, help="R² of fc7 with the interpretable track at zero."
    ),
    "error": st.column_config.NumberColumn("Error", format="%.2f %%", width=80),
    "fire": st.column_config.TextColumn("Filters that fire", width=120),
    "instability": st.column_config.NumberColumn("Instability", format="%.3f", width=95),
    "ratio": st.column_config.NumberColumn(
        "Of the top conv layer's", format="%.2f", width=155, help="Below 1: steadier than the performer's filters."
    ),
    "still": st.column_config.NumberColumn(
        "Of still peaks'", format="%.2f", width=115, help="Of its own peaks held at their most frequent cells."
    ),
}
