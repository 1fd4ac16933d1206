"""One concept in a dissection, as the page shows it: scores, pictures, distributions, its filters."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from core.measures import concept_scores
from core.methods.net2vec.dissection import TASKS, Dissection
from dashboard import ask_dissection
from dashboard.components.maps import save, theme
from dashboard.components.working import Working
from dashboard.selection import Here
from dashboard.selection_concepts import concept_picker
from dashboard.selection_dissection import examples_picker, open_concept, open_filter
from dashboard.views import concepts, dissection, words
from dashboard.views.dissection import Example

CHART = {"displayModeBar": False}
SHOWN = 10  # pictures of a gallery
EQUATION = (
    r"\mathrm{IoU}_{\text{set}}(c; M) = \frac{\sum_{x \in X_c} |M(x) \cap L_c(x)|}{\sum_{x \in X_c} |M(x) \cup L_c(x)|}"
    r", \qquad M(x; \mathbf{w}) = \sigma\Big(\sum_k w_k \, \mathbb{I}\big(A_k(x) > T_k\big)\Big)"
)
MEANING = (
    "**Net2Vec** (eqs. 1 and 2). A filter k fires where its activation A exceeds T, which 0.5 % of its activations do. "
    "The best filter of a concept c is the one whose firing, enlarged to the picture, has the highest set IoU with the "
    "concept's mask L on training pictures; all filters together are weighted by a vector w that is learned for the "
    "concept, and predict it where M > 1/2. Scores are of validation pictures. **Classification** (eq. 5) learns from "
    "each picture's mean activations whether the concept is in it; its accuracy counts pictures with and without the "
    "concept alike, and its single filter is the one of the largest weight, learned again alone."
)


def concept(here: Here, found: Dissection) -> None:
    """Everything about one concept."""
    labels = concepts.labels(found.concepts)
    c = concept_picker(labels, labels[dissection.first(found, here.picture.label)])
    _heading(found, c, labels[c])
    _cards(here, found, c, labels[c])
    if np.isfinite(found.combined_iou[c]):
        _examples(here, found, c, labels[c])
        place = st.grid(2, min_column_width=330, gap="large")
        with place.cell():
            _distribution(found, c, labels[c])
        with place.cell():
            _unified(found, c, labels[c])
        _strongest(found, c, labels[c])
    with st.container(horizontal=True, gap="medium"):
        if np.isfinite(found.combined_iou[c]):
            every = partial(dissection.strongest, found, c, len(found.thresholds))
            name = f"net2vec-{found.layer}-{labels[c]}.csv"
            save("Filters as CSV", lambda: dissection.csv(every()), name, "text/csv", f"All, for {labels[c]}")
        _file(here, found, labels)


def _heading(found: Dissection, c: int, label: str) -> None:
    """What the concept is, how often it is there and how large; why it has no score, or one to be read with care."""
    area = "" if np.isnan(found.area[c]) else f", where it takes {words.percent(float(found.area[c]))} of the picture"
    masks = f"Masks in {found.train[c]} training and {found.val[c]} validation pictures{area}."
    more = (found.positives[:, c] != (found.train[c], found.val[c])).any()
    there = f" Known to be in {found.positives[0, c]} and {found.positives[1, c]}." if more else ""
    st.markdown(f"**{label[0].upper()}{label[1:]}**, {found.concepts[c].category}  \n:gray[{masks}{there}]")
    for task in TASKS:
        if reason := found.reason(c, task):
            learned = np.isfinite(concept_scores.scores(found, task)[1][c])
            so = "its score is not to be trusted" if learned else "it has no score"
            st.caption(f":material/info: {task.capitalize()}: {reason}, so {so}.")


def _cards(here: Here, found: Dissection, c: int, label: str) -> None:
    """The picture at hand with what is predicted in it, and the scores of both tasks."""
    place = st.grid(4, min_column_width=190, gap="medium")
    if np.isfinite(found.combined_iou[c]):
        for together, title in ((False, f"Filter {found.best[c]}"), (True, "All filters")):
            with place.cell():
                st.markdown(f"**{title}**  \n:gray[on the picture at hand]")
                drawn, some = ask_dissection.at_hand(here.network, here.probe, found, here.picture, c, together)
                where = "Where" if some else "Nowhere"
                alt = f"{where} {title.lower()} predicts {label} in {here.picture.alt}"
                st.image(drawn, width="stretch", alt=alt)
                if not some:
                    st.caption(f"Predicts '{label}' nowhere in it.")
    for task, score, best in ((TASKS[0], "Set IoU", found.best), (TASKS[1], "Accuracy", found.cls_best)):
        single, combined = (float(values[c]) for values in concept_scores.scores(found, task))
        with place.cell():
            st.markdown(f"**{task.capitalize()}**  \n:gray[on validation pictures]")
            if np.isnan(combined):
                st.caption("No score.")
                continue
            st.metric(f"{score}, all filters", words.probability(combined), _gain(single, combined))
            st.metric(f"{score}, filter {best[c]} alone", words.probability(single))


def _gain(single: float, combined: float) -> str:
    return f"{combined - single:+.2f} over one filter"  # a plain minus: the metric reads it


def _examples(here: Here, found: Dissection, c: int, label: str) -> None:
    """Figure 8: pairs of pictures, above by the best filter, below by all of them."""
    st.subheader("Validation pictures", anchor=False)
    by_decile = examples_picker()
    positions, *values = dissection.individual(found, c)
    rows = [{one.corner: one for one in dissection.gallery(iou, by_decile, SHOWN)} for iou in values]
    which = "one for each tenth of those whose IoU is not 0" if by_decile else "those of the highest IoU"
    st.caption(
        f"Above with filter {found.best[c]}, below with all filters, each by its own IoU: {which}. What is predicted "
        f"keeps its colours; the yellow outline is where '{label}' is."
    )
    if not pictures_there(here, found):
        return
    titles = (f"filter {found.best[c]}", "all filters")
    with st.grid(5, min_column_width=140, gap="small") as grid:
        for corner in sorted({*rows[0], *rows[1]}, key=lambda text: int(text.removesuffix(" %"))):
            with grid.cell():
                for together, (title, row) in enumerate(zip(titles, rows, strict=True)):
                    if one := row.get(corner):
                        _example(here, found, c, bool(together), (title, label), one, int(positions[one.place]))
                    else:
                        st.caption(f"No example with {title}.")


def _example(
    here: Here, found: Dissection, c: int, together: bool, named: tuple[str, str], one: Example, place: int
) -> None:
    iou, caption = words.probability(one.value), here.probe.caption(int(found.pool.indices[place]))
    corner = f"{one.corner}  IoU {iou}"
    drawn = ask_dissection.predicted(here.network, here.probe, found, c, together, place, corner)
    who, what = named
    st.image(drawn, width="stretch", alt=f"Where {who} predicts {what}, {one.corner}, IoU {iou}: {caption}")


def pictures_there(here: Here, found: Dissection) -> bool:
    """Whether it is known where filters fire, without which pictures cannot be drawn; else a button for it."""
    if ask_dissection.fired(here.network, here.probe, found.layer) is not None:
        return True
    st.caption(f"Where the filters of {found.layer} fire is no longer kept: it takes one pass over the pictures.")
    if st.button("Compute", key=f"firing-{found.layer}", icon=":material/play_arrow:"):
        with Working("firing") as progress:
            ask_dissection.fired(here.network, here.probe, found.layer, progress)
        st.rerun()
    return False


def _distribution(found: Dissection, c: int, label: str) -> None:
    """Figure 7."""
    _, single, combined = dissection.individual(found, c)
    st.markdown(f"**IoU of each validation picture of {label}**")
    told = [dissection.distribution_words(concept_scores.spread(values)) for values in (single, combined)]
    alt = f"Distribution of the IoU of single pictures: best filter {told[0]}; all filters {told[1]}"
    st.plotly_chart(dissection.distribution(single, combined, theme()), config=CHART, alt=alt, key=f"iou-{c}")


def _unified(found: Dissection, c: int, label: str) -> None:
    """Figure 9."""
    r, p = concept_scores.correlations(found.weights[c], concept_scores.alone(found, c))
    told = dissection.correlation_words(float(r), float(p))
    st.markdown(f"**Weights for {label} against what filters reach alone**  \n:gray[{told}; square: the best filter]")
    chart = dissection.weights_against_iou(found, c, theme())
    key = f"unified-{c}"
    st.plotly_chart(
        chart, config=CHART, alt=f"Weight of each filter for {label} against its own IoU, {told}", key=key,
        on_select=partial(_opened, key), selection_mode="points",
    )  # fmt: skip


def _opened(key: str) -> None:
    """A click on a filter's point opens the filter."""
    points = st.session_state[key].selection.points
    if points and "customdata" in points[0]:
        open_filter(int(np.ravel(points[0]["customdata"])[0]))


def _strongest(found: Dissection, c: int, label: str) -> None:
    """The filters by their share of the weights; a chosen row opens the filter."""
    table, key = dissection.strongest(found, c), f"strongest-{c}"
    st.markdown(f"**The filters that {label} rests on**  \n:gray[choose a row to open the filter]")
    st.dataframe(
        table, hide_index=True, column_config=_FILTERS, key=key, on_select=partial(_row, key, table["filter"].tolist()),
        selection_mode="single-row", height="content", alt=f"Filters by their share of the weights for {label}",
    )  # fmt: skip


def _row(key: str, filters: list[int]) -> None:
    rows = st.session_state[key].selection.rows
    if rows:
        open_filter(filters[rows[0]])


def concept_rows(table: pd.DataFrame, columns: Mapping, key: str, alt: str, height: int = 420) -> None:
    """A table of concepts, long ones in a window; a chosen row opens the concept."""
    chosen = partial(_concept_of, key, table["concept"].tolist())
    st.dataframe(
        table, hide_index=True, column_config=columns, key=key, on_select=chosen, selection_mode="single-row", alt=alt,
        height=height if len(table) > 12 else "content",
    )  # fmt: skip


def _concept_of(key: str, labels: list[str]) -> None:
    rows = st.session_state[key].selection.rows
    if rows:
        open_concept(labels[rows[0]])


def _file(here: Here, found: Dissection, labels: tuple[str, ...]) -> None:
    name = f"net2vec-{here.network_name}-{here.probe_name}-{found.layer}.csv"
    save("All concepts as CSV", partial(_scores, found, labels), name, "text/csv", "Counts and scores of both tasks")


def _scores(found: Dissection, labels: tuple[str, ...]) -> bytes:
    return dissection.csv(dissection.scores_table(found, labels))


def origin(here: Here, found: Dissection) -> None:
    """What the dissection rests on, and what to know of it."""
    learned = int(found.pool.training.sum())
    rest = len(found.pool) - learned
    st.caption(
        f"{found.layer} of {here.network.title}: learned from {learned:,} pictures of {here.probe.title}, scored on "
        f"{rest:,} other{'s' * (rest != 1)}. Preset '{found.preset}', loss {_LOSSES.get(found.loss, found.loss)}."
    )
    if found.note:
        st.caption(f":material/info: {found.note}")


_LOSSES = {"printed": "as printed (eq. 4, without logarithm)", "logarithm": "the weighted cross entropy"}
_FILTERS = {
    "filter": st.column_config.NumberColumn("Filter", width=70, format="%d"),
    "weight": st.column_config.NumberColumn("Weight", format="%.3g", width=85),
    "share": st.column_config.ProgressColumn(
        "Share of the weights", format="%.1f %%", min_value=0, max_value=100, help="Its |w| over the sum of all."
    ),
    "IoU alone": st.column_config.NumberColumn("IoU alone", format="%.3f", width=90, help="Set IoU, validation."),
    "of all": st.column_config.NumberColumn(
        "Of what all reach", format="%.0f %%", width=130, help="Its IoU over that of all together (section 5.2)."
    ),
}


def background() -> None:
    """The equations, folded and written when they are opened."""
    with st.expander("The equation", on_change="rerun") as folded:
        if folded.open:
            st.markdown(MEANING)
            st.latex(EQUATION)
