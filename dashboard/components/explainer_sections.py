"""How much of a performer its explainer explains, and how steady its filters are, as the page shows them."""

from dataclasses import replace
from functools import partial

import streamlit as st

from core.engine.parts import Explained
from core.errors import NotDefined
from core.measures import part_tables
from core.methods.explainer.looking import Looked
from dashboard import ask_explainer, ask_parts
from dashboard.components import explainer
from dashboard.components.explainer import CHART, Seen
from dashboard.components.maps import save, theme
from dashboard.components.saying import sentence
from dashboard.selection import Here
from dashboard.selection_explainer import BESIDES, beside_picker
from dashboard.views import explainer as views
from dashboard.views import words

EQUATION = (
    r"\text{Loss} = \sum_l \lambda_l \lVert x_l - x_l^* \rVert^2 - \eta \log p + \sum_f \lambda_f \text{Loss}_f(x_f), "
    r"\qquad x_{\text{enc}} = p\, x_{\text{interp}} + (1 - p)\, x_{\text{ordin}}"
)
FILTER_LOSS = (
    r"\text{Loss}_f = -\mathrm{MI}(X; T) = -\sum_T p(T) \sum_x p(x|T) \log \frac{p(x|T)}{p(x)}, \qquad "
    r"p(x|T) = \frac{1}{Z_T} e^{\mathrm{tr}(x T)}"
)
UNSTEADY = (
    r"d_{fnl} = \frac{\lVert \text{peak}_{fn} - \text{landmark}_{nl} \rVert}{\text{diagonal}_n}, \qquad "
    r"\text{instability}_f = \underset{l}{\text{mean}} \; \underset{n}{\text{std}} \; d_{fnl}"
)
MEANING = (
    "**Explainer** (eq. 1). Beside the performer's top conv layer a second network reads the same target layer. Its "
    "interpretable track (two conv layers with masks) and its ordinary track together, weighted by p and 1 − p, are "
    "decoded into the performer's features of fc6 and fc7; no annotation teaches it. **Filter loss** (eq. 2): each "
    "interpretable filter's maps X shall tell as much as they can about where the part is, or that it is not there: T "
    "is one of n² + 1 templates. **Location instability** (section 4): how much the distance from a filter's peak to "
    "the object's landmarks varies over the pictures of its class."
)
_NUMBER = {"format": "%.3f", "width": 100}
_RANGE = st.column_config.TextColumn("95 %", width=110)


def share(here: Here, found: Explained, seen: Seen) -> None:
    """Table 3 and the appendix's: p, what is reconstructed, and what it costs."""
    looked = seen.looked
    place = st.grid(4, min_column_width=190, gap="medium")
    alone = looked.explained(ordinary=True)
    values = (
        ("p, interpretable share", words.probability(found.p), "Learned; the loss rewards a large one."),
        ("R² of fc6", words.r_squared(looked.explained("fc6")), "Variance of fc6 that is reconstructed."),
        ("R² of fc7", words.r_squared(looked.explained()), "Variance of fc7 that is reconstructed."),
        ("R² of fc7 without it", words.r_squared(alone), "With the interpretable track set to zero."),
    )
    for label, value, help in values:
        with place.cell():
            st.metric(label, value, help=help)
    st.caption(views.p_words(found.p))
    if not len(looked.error("performer")):
        st.info("None of the probe's classes is one of the network's, so no error can be counted.")
        return
    sides = st.grid(2, min_column_width=360, gap="large")
    with sides.cell():
        _errors(here, found, looked)
    with sides.cell():
        _published()
    _lost(here, looked)


def _errors(here: Here, found: Explained, looked: Looked) -> None:
    st.markdown("**Classification error**  \n:gray[the features put back into the performer, on test pictures]")
    settings = replace(found.settings, classes=True)
    cls = ask_parts.explained(here.network, here.probe, settings)
    seen = None if cls is None else ask_parts.looked(here.network, here.probe, cls)
    table = views.errors(looked, seen)
    st.dataframe(table, hide_index=True, column_config=_ERRORS, height="content", alt="Classification errors")
    save("CSV", partial(views.csv, table), f"explainer-errors-{here.network_name}.csv", "text/csv", "The table")
    if seen is not None:
        return
    st.caption(
        "Explainer+cls is trained to classify instead of to reconstruct. It shows how well the features could be "
        "classified; as it does not follow the performer, the paper does not count it as an explanation of it."
    )
    if cls is None:
        explainer.explained(here, settings)
    else:
        explainer.seen(here, cls)


def _published() -> None:
    st.markdown("**In the paper**  \n:gray[table 3 and the appendix's; errors in per cent]")
    st.dataframe(
        views.published(), hide_index=True, column_config=_PUBLISHED, height="content",
        alt="p and classification errors as published",
    )  # fmt: skip


def _lost(here: Here, looked: Looked) -> None:
    found = part_tables.erring(looked, len(here.names))
    st.subheader("By class", anchor=False)
    st.caption(views.lost_words(found))
    table = views.lost(found, here.names)
    st.dataframe(
        table, hide_index=True, column_config=_LOST, alt="Errors by class, of the performer and of the explainer",
        height=420 if len(table) > 11 else "content",
    )  # fmt: skip
    save("CSV", partial(views.csv, table), f"explainer-classes-{here.network_name}.csv", "text/csv", "The table")


def instability(here: Here, found: Explained, seen: Seen) -> None:
    """Table 1 and the appendix's, by class, with floors; and the parts that filters land on."""
    st.caption(views.live_words(seen.looked))
    if seen.marked is None:
        st.info(
            f"{here.probe.title} marks no landmarks, so it cannot be said how steadily a filter finds a part. Choose a "
            "probe that does, as the Menagerie, or birds of CUB-200-2011.",
            icon=":material/block:",
        )
        return
    layer = beside_picker()
    title = f"{BESIDES[layer].lower()}, {getattr(found.performer, layer).name}"
    try:
        with st.spinner("Measuring", show_time=False):
            beside = ask_explainer.beside(here.network, here.probe, found, seen.looked, seen.marked, layer)
    except NotDefined as error:
        st.info(sentence(error), icon=":material/block:")
        return
    _table_one(here, beside, title)
    _by_class(here, beside, title)
    _landings(here, found, seen, layer, title)
    kept = ask_explainer.selective(here.network, here.probe, found, seen.looked)
    st.caption(views.selective_words(kept, len(here.names)))


def _table_one(here: Here, beside: part_tables.Beside, title: str) -> None:
    st.markdown(views.verdict(beside, title.split(",")[0]))
    rows = beside.against["performer"].first.n
    st.markdown(f"**Location instability**  \n:gray[{rows} rows: a filter on pictures of its class]")
    table = views.instability(beside, title)
    st.dataframe(
        table, hide_index=True, column_config=_INSTABILITY, height="content", placeholder="", alt="Location instability"
    )
    st.caption(
        "The same filters on the same pictures on both sides, where both fire; at most 100 pictures of a class. "
        "Pictures are whole here, so distances are divided by the diagonal of the object's box; the paper crops "
        "the boxes, makes them squares and divides by their diagonal."
    )
    with st.expander("As published", on_change="rerun") as folded:
        if folded.open:
            st.dataframe(
                views.published_instability(), hide_index=True, column_config=_PAPER_INSTABILITY, height="content",
                alt="Location instability as published",
            )  # fmt: skip
            st.caption("Table 1 and the appendix's: means over landmarks and filters.")


def _by_class(here: Here, beside: part_tables.Beside, title: str) -> None:
    st.markdown(
        "**By class**  \n:gray[mean over the filters of each class, their number in brackets; where the explainer "
        "gains most, on top]"
    )
    chart = views.by_class(beside, here.names, title.split(",")[0], theme())
    st.plotly_chart(chart, config=CHART, alt=views.by_class_words(beside, here.names), key=f"classes-{beside.layer}")
    st.caption(f"{views.by_class_words(beside, here.names)}. {views.once_words(beside, here.names)}")
    data = partial(views.csv_rows, part_tables.instability_rows(beside, here.names))
    name = f"explainer-instability-{here.network_name}-{beside.layer}.csv"
    save("Instability as CSV", data, name, "text/csv", "All classes and each, with intervals and still peaks")


def _landings(here: Here, found: Explained, seen: Seen, layer: str, title: str) -> None:
    st.subheader("Parts that filters land on", anchor=False)
    try:
        landed = ask_explainer.landed(here.network, here.probe, found, seen.looked, seen.marked, layer)
    except NotDefined as error:
        st.info(sentence(error), icon=":material/block:")
        return
    sides = st.grid(2, min_column_width=360, gap="large")
    with sides.cell():
        st.markdown("**The part under most of its peaks**  \n:gray[each filter on pictures of its class]")
        chart = views.landings(landed, title.split(",")[0], theme())
        st.plotly_chart(chart, config=CHART, alt="How many filters lie most on each part", key=f"landings-{layer}")
    with sides.cell():
        st.markdown("**On one part in at least 60 % of the pictures**  \n:gray[per cent of the filters]")
        table = views.one_part(landed)
        st.dataframe(table, hide_index=True, column_config=_ONE_PART, height="content", alt="Filters on one part")
        st.caption(views.gain_words(landed))


_ERRORS = {
    "what classifies": st.column_config.TextColumn("What classifies", width=180),
    "error": st.column_config.NumberColumn("Error", format="%.1f %%", width=70),
    "interval": _RANGE,
    "more": st.column_config.NumberColumn("Δ", format="%+.1f", width=65, help="Points more than the performer."),
}
_PUBLISHED = {
    "network and pictures": st.column_config.TextColumn("Network and pictures"),
    "p": st.column_config.NumberColumn("p", format="%.2f", width=60),
    "performer": st.column_config.NumberColumn("Performer", format="%.2f", width=85),
    "explainer": st.column_config.NumberColumn("Explainer", format="%.2f", width=85),
    "explainer+cls": st.column_config.NumberColumn("+cls", format="%.2f", width=70, help="No explanation."),
}
_LOST = {
    "class": st.column_config.TextColumn("Class"),
    "pictures": st.column_config.NumberColumn("Pictures", width=80),
    "lost": st.column_config.NumberColumn("Explainer alone errs", width=150),
    "taken for": st.column_config.TextColumn("Mostly taken for"),
    "won": st.column_config.NumberColumn("Performer alone errs", width=150),
    "performer": st.column_config.NumberColumn("Performer errs", width=115),
    "explainer": st.column_config.NumberColumn("Explainer errs", width=115),
}
_INSTABILITY = {
    "peaks of": st.column_config.TextColumn("Peaks"),
    "instability": st.column_config.NumberColumn("Instability", **_NUMBER),
    "interval": _RANGE,
    "ratio": st.column_config.NumberColumn(
        "Explainer's, of it", format="%.2f", width=125, help="Below 1: the explainer's filters are steadier."
    ),
    "of it": _RANGE,
}
_PAPER_INSTABILITY = {
    "network and pictures": st.column_config.TextColumn("Network and pictures"),
    "target layer": st.column_config.TextColumn("Target layer"),
    "top conv layer": st.column_config.NumberColumn("Top conv layer", format="%.3f"),
    "explainer": st.column_config.NumberColumn("Explainer", format="%.3f"),
    "ratio": st.column_config.NumberColumn("Of the top conv layer's", format="%.2f"),
}
_ONE_PART = {
    "peaks": st.column_config.TextColumn("Peaks"),
    "explainer": st.column_config.TextColumn("Explainer", width=110),
    "performer": st.column_config.TextColumn("Performer", width=110),
}


def background() -> None:
    """The equations, folded and written when they are opened."""
    with st.expander("The equations", on_change="rerun") as folded:
        if folded.open:
            st.markdown(MEANING)
            for formula in (EQUATION, FILTER_LOSS, UNSTEADY):
                st.latex(formula)
