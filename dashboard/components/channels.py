"""The sections of the Channels page, and what it shares with Knock-out: importances, or what to do for them."""

import numpy as np
import streamlit as st

from core.colouring import Look, limit_of
from core.measures import channel_overlap
from core.methods.chip.importances import FEW, Importances, channel_is_class
from core.methods.heatmap import Heatmap
from dashboard import ask, selection
from dashboard.components import notes
from dashboard.components.maps import save, theme
from dashboard.selection import Here
from dashboard.views import channels, overlay, panels, words

CHART = {"displayModeBar": False}
EQUATION = (
    r"\min_{\mathbf{w}_c} \; \frac{1}{2} \sum_n h(\mathbf{d}_n) \sum_s f^c(\mathbf{X}_s) \big[\mathbf{w}_c "
    r"\mathbf{z}_{s,n} - g^c(\mathbf{X}_s, \mathbf{d}_n)\big]^2 + \lambda \lVert \mathbf{w}_c \rVert_1"
)
MEANING = (
    "**CHIP** (eq. 11). Gates d close channels of the layer at random; g is the class's probability with them closed, "
    "z how active each channel is, f how probable the class is with none closed, and h how few are closed. The weight "
    "of a channel is what its activity adds to the probability; λ leaves only the channels that are needed."
)


def importances(here: Here) -> Importances | None:
    """Those of the chosen layer; while there are none, what it takes, and a button."""
    layer = here.layers[0]
    if reason := channel_is_class(here.network, layer):
        st.info(f"{reason[0].upper()}{reason[1:]}.", icon=":material/block:")
        return None
    found = ask.importances(here.network, here.probe, layer.name)
    if found is None:
        notes.learn(here, [layer.name])
    return found


def origin(found: Importances) -> None:
    """What the importances were learnt from, and what to know of them."""
    st.caption(f"{found.layer}, learnt from {found.images:,} pictures of {found.probe} with {found.gates} gates each.")
    if found.note:
        st.caption(f":material/info: {found.note}")


def path(found: Importances) -> list[str]:
    """The path's steps, in words: what the slider offers."""
    return [words.number(float(share)) for share in found.shares]


def heat_map(here: Here, found: Importances, weights: np.ndarray) -> None:
    """Figure 10."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        how = selection.order_picker(channels.ORDERS)
        grouped = selection.grouped_switch()
    rows = _rows(here, weights, how)
    columns = channels.columns(weights[rows], grouped)
    few = found.effective[rows] < FEW
    names = [here.names[row] for row in rows]
    if not len(columns):
        st.info("At this λ no channel is left for any class: move it to the right.")
        return
    chosen = [here.names[label] for label in here.classes]
    chart = channels.importance(weights[np.ix_(rows, columns)], names, columns, few, chosen, theme())
    alt = f"Importance of {len(columns)} channels of {found.layer} for {len(rows)} classes"
    st.plotly_chart(chart, config=CHART, alt=alt)
    of = weights.shape[1]
    st.caption(
        f"{len(columns)} of {of} channels matter to at least one of these classes; a class keeps "
        f"{words.number(float((weights[rows] != 0).sum(1).mean()))} of them on average. Orange raises the class's "
        "probability, blue lowers it."
    )
    if few.any():
        st.caption(f"Grey names: fewer than {FEW:.0f} effective pictures, so their importances rest on too little.")
    _left_out(here, rows)
    save("CSV", lambda: _csv(weights, here), f"chip-{found.layer}.csv", "text/csv", "All classes and all channels")


def _rows(here: Here, weights: np.ndarray, how: str) -> list[int]:
    rows = channels.shown(weights, here.classes)
    inner = channels.order(weights[rows], [here.names[row] for row in rows], how)
    return [rows[index] for index in inner]


def _left_out(here: Here, rows: list[int]) -> None:
    if len(rows) < len(here.names):
        st.caption(
            f"{len(rows)} of {len(here.names):,} classes: the chosen ones and those that share most channels with "
            f"'{here.names[here.classes[0]]}'. Choose others under Class."
        )


def _csv(weights: np.ndarray, here: Here) -> bytes:
    head = ",".join(["class", *(f"channel {k}" for k in range(weights.shape[1]))])
    lines = [
        f'"{name}",' + ",".join(f"{value:.6g}" for value in row) for name, row in zip(here.names, weights, strict=True)
    ]
    return "\n".join([head, *lines, ""]).encode()


def overlap(here: Here, weights: np.ndarray, k: int) -> None:
    """Figure 11 for two or three classes, the matrix for many, and the likest classes of the first."""
    tops, above = channel_overlap.top_channels(weights, k), channel_overlap.above_share(weights)
    label = here.classes[0]
    trio = _trio(here, tops)
    names = [here.names[one] for one in trio]
    place = st.grid(3, min_column_width=225, gap="medium")
    for sets, title in ((tops, f"Among the top {k}"), (above, "Above a thousandth of the class's largest")):
        with place.cell():
            st.markdown(f"**{title}**")
            counts = channel_overlap.regions(sets[trio])
            alt = f"{title}: {channels.venn_words(counts, names)}"
            st.image(channels.venn(counts, names, theme()), width=330, alt=alt)
    with place.cell():
        st.markdown(f"**Classes most like {here.names[label]}**  \n:gray[by the top {k} channels they share]")
        table = channels.likest(tops, weights, here.names, label)
        config = {
            "channels shared": st.column_config.NumberColumn("shared", format=f"%d of {int(tops[label].sum())}"),
            "rank correlation": st.column_config.NumberColumn(
                "correlation", format="%.2f", help="Spearman, over all channels of the layer."
            ),
        }
        st.dataframe(table, hide_index=True, column_config=config, alt=f"Classes by channels shared with {names[0]}")
    if len(here.classes) < 2:
        st.caption(
            "Choose two or three classes above to compare those; without, the first stands beside its likest and its "
            "least like."
        )
    rows = _rows(here, weights, channels.BY_LIKENESS)
    st.markdown(f"**Channels that each pair of classes shares among its top {k}**")
    chart = channels.overlap_matrix(channel_overlap.overlaps(tops[rows]), [here.names[row] for row in rows], theme())
    st.plotly_chart(chart, config=CHART, alt=f"Channels shared by each pair of {len(rows)} classes")
    _left_out(here, rows)


def _trio(here: Here, tops: np.ndarray) -> list[int]:
    """The first three chosen classes; one alone stands beside its likest and its least like."""
    if len(here.classes) > 1:
        return list(here.classes[:3])
    others = [label for label, _ in channel_overlap.nearest(tops, here.classes[0])]
    return [here.classes[0], *dict.fromkeys([*others[:1], *others[-1:]])]


def one_class(here: Here, found: Importances, weights: np.ndarray, k: int) -> None:
    """The most important channels of a class, each with where it is active on the picture."""
    label, layer = here.classes[0], here.layers[0]
    ranked = channel_overlap.strongest(weights[label], k)
    st.markdown(
        f"**{here.names[label]}** keeps {int((weights[label] != 0).sum())} of {weights.shape[1]} channels of "
        f"{layer.name}, {int((weights[label] > 0).sum())} of which raise it. Below, where its most important ones are "
        "active on this picture, each on its own scale."
    )
    if found.effective[label] < FEW:
        st.caption(
            f":material/info: This class rests on {words.number(float(found.effective[label]))} effective pictures: "
            "its importances are not to be trusted."
        )
    if not len(ranked):
        st.info("At this λ no channel speaks for this class: move it to the right.")
        return
    values, shares = ask.activations(here.network, here.picture, layer.name), channels.relative(weights)
    place = st.grid(4, min_column_width=210, gap="medium")
    with place.cell():
        st.markdown(f"**The picture**  \n:gray[{here.names[label]} {words.probability(float(here.chances[label]))}]")
        st.image(ask.encoded(here.picture), width="stretch", alt=here.picture.alt)
    for channel in ranked:
        with place.cell():
            _channel(here, int(channel), values[channel], shares[:, channel], float(found.mean[channel]))


def _channel(here: Here, channel: int, values: np.ndarray, shares: np.ndarray, usual: float) -> None:
    """One channel: where it is active, how much more than usual, and for which other classes it matters most."""
    layer, label = here.layers[0], here.classes[0]
    others = [here.names[c] for c in np.argsort(-shares, kind="stable")[:3] if c != label][:2]
    st.markdown(f"**Channel {channel}**  \n:gray[{shares[label]:.0%} of the class's largest]")
    heatmap = Heatmap(values, f"channel-{channel}", layer.name, label)
    made = panels.panel(here.image, heatmap, here.network.preprocessing, limit_of(values, False), Look(opacity=0.65))
    alt = f"Where channel {channel} of {layer.name} is active, over {here.picture.alt}"
    st.image(overlay.source(made.image), width="stretch", alt=alt)
    ratio = f"{words.number(float(values.mean()) / usual)} times its mean" if usual > 0 else "never active when learnt"
    st.caption(f"Activity {ratio}. Matters most to {' and '.join(others)} besides.")


def sparsity(found: Importances, at: int) -> None:
    """How many channels stay as lambda moves, beside what they explain."""
    enough = found.effective >= FEW
    fit = np.nanmean(found.held_out[:, enough], 1) if enough.any() else np.full(len(found.shares), np.nan)
    dense = float(np.nanmean(found.dense[enough])) if enough.any() else float("nan")
    kept = found.kept()
    with st.container(horizontal=True, gap="large"):
        count = kept[at] * found.path.shape[2]
        st.metric("Channels kept, mean over classes", f"{count:.1f} of {found.path.shape[2]}", width="content")
        st.metric("Held-out R²", words.r_squared(float(fit[at])), width="content", help=_HELD_OUT)
        st.metric("Held-out R² with all channels", words.r_squared(dense), width="content")
    chart = channels.sparsity(found.shares, kept, fit, dense, at, theme())
    shown = f"{kept[at]:.0%} kept, R² {words.r_squared(float(fit[at]))}"
    alt = f"Share of channels kept and held-out R² as λ falls; shown: {shown}"
    st.plotly_chart(chart, config=CHART, alt=alt)
    st.caption(
        "Read the two together: a λ that is too large leaves few channels too, but they predict nothing. "
        "Below 0 they predict worse than the mean probability does; so they do wherever the probabilities hardly vary, "
        "as an untrained network's."
    )


_HELD_OUT = "How much of the probability's variation under gates that were not learnt from the kept channels predict."


def background() -> None:
    """The equation, folded and written when it is opened."""
    with st.expander("The equation", on_change="rerun") as folded:
        if folded.open:
            st.markdown(MEANING)
            st.latex(EQUATION)
