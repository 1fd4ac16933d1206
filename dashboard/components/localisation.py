"""The sections of the Localisation page: table II, the picture at hand, and where one method wins over another."""

from functools import partial

import streamlit as st

from core.measures.localisation import instances_of, search_split
from core.methods import METHODS
from dashboard import ask, selection
from dashboard.components.maps import save
from dashboard.components.saying import sentence
from dashboard.components.working import Working
from dashboard.selection import BOXES, REGIONS, Here
from dashboard.views import localisation, overlay, words

COUNTS = {"120": 120, "600": 600, "all": 10**6}
SHOWN = 8  # pictures in the gallery
PAPER = (
    "X. Cui, D. Wang, Z. J. Wang: CHIP: Channel-wise Disentangled Interpretation of Deep Convolutional Neural "
    "Networks. IEEE Transactions on Neural Networks and Learning Systems, 2020."
)
TASK = "O. Russakovsky et al.: ImageNet Large Scale Visual Recognition Challenge. IJCV 2015."
THRESHOLD = 0.15  # where none has been searched: Selvaraju et al., section 4.1
_OVER = "Bootstrap over the pictures, in the unit of the column before"
COLUMNS = {
    "method": st.column_config.TextColumn("Method", pinned=True, width=165),
    "top 1": st.column_config.NumberColumn(
        "Top-1 error",
        format="%.1f %%",
        width=85,
        help="Class wrong, or IoU of the most probable class's box below 0.5",
    ),
    "top 1, interval": st.column_config.TextColumn("95 %", width=100, help=_OVER),
    "top 5": st.column_config.NumberColumn(
        "Top-5 error",
        format="%.1f %%",
        width=85,
        help="None of the five most probable classes right with an IoU of 0.5",
    ),
    "top 5, interval": st.column_config.TextColumn("95 %", width=100, help=_OVER),
    "paper": st.column_config.TextColumn("In the paper", width=105, help="Top 1, top 5; VGG16 on ILSVRC 2015"),
    "threshold": st.column_config.NumberColumn(
        "Cut at", format="%.0f %%", width=65, help="Share of the map's maximum, the best on the pictures searched"
    ),
    "area": st.column_config.NumberColumn(
        "Box area",
        format="%.2f ×",
        width=75,
        help="Median area of the box over that of the true one, where the class is right",
    ),
    "pixel IoU": st.column_config.NumberColumn(
        "Pixel IoU",
        format="%.2f",
        width=75,
        help="Mean IoU of the region with the object's mask, where the class is right; cut at a share of its own",
    ),
    "pixel IoU, interval": st.column_config.TextColumn("95 %", width=95, help=_OVER),
}


def titles() -> dict[str, str]:
    """The methods of the table that need no patience, the paper's four first."""
    names = [name for name, one in METHODS.items() if one.kind == "saliency" and one.cost == "instant"]
    order = [*(name for name in localisation.PAPER if name in names), *names]
    return {name: METHODS[name].title for name in dict.fromkeys(order)}


def choices(here: Here) -> tuple[str, int]:
    """The split that is scored, and how many of its pictures."""
    splits = list(here.probe.splits)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        split = selection.split_picker(splits, "test" if "test" in splits else splits[0])
        count = selection.pictures_picker(tuple(COUNTS), "600")
    return split, COUNTS[count]


def table(here: Here, found, split: str) -> None:
    """Table II with the disc, the classification errors, and the numbers as a file."""
    one, five = found.class_error(1), found.class_error(5)
    with st.container(horizontal=True, gap="large"):
        st.metric("Top-1 classification error", words.percent(one.value), width="content")
        st.metric("Top-5 classification error", words.percent(five.value), width="content")
        st.metric("Pictures", f"{one.n:,}", width="content")
    rows = localisation.table(found, titles())
    st.dataframe(
        rows,
        hide_index=True,
        column_order=list(COLUMNS),
        column_config=COLUMNS,
        height="content",
        placeholder="–",
        alt="Localisation errors by method",
    )
    search = search_split(tuple(here.probe.splits), split)
    st.caption(
        f"{here.network.title} at {here.layers[0].name}, split '{split}', thresholds searched on '{search}'. The "
        "paper's classification errors are 30.12 % and 10.85 %. The disc is the same in every picture: a method no "
        "better than the disc has found where pictures have their middle."
    )
    for reason in found.undefined.values():
        st.caption(f":material/block: {reason}.")
    if found.note:
        st.warning(found.note, icon=":material/save:")
    name = f"localisation-{here.network_name}-{here.probe_name}-{split}.csv"
    save("Table as CSV", partial(localisation.csv, found), name, "text/csv", "Every number of the table")


def compute(here: Here, missing: list[str], split: str, images: int) -> None:
    """A button for the rows that are not there yet, and what it takes."""
    if not missing:
        return
    layer, names = here.layers[0], titles()
    st.markdown(
        f"Not computed yet at {layer.name}: {', '.join(names[name] for name in missing)}. Every picture is shown to "
        "the network once for all of them, some minutes in all; importances of channels that a method needs are learnt "
        "first. What has been done is kept, also when it is stopped."
    )
    if st.button("Compute", key="compute-localisation", icon=":material/play_arrow:", type="primary"):
        with Working("localisation") as progress:
            ask.localise(here.network, here.probe, layer, missing, split, images, progress)
        st.rerun()


def at_hand(here: Here, found, figure: str) -> None:
    """The picture at hand with every method's box or region."""
    index, label = here.probe.find(here.picture.key), here.classes[0]
    true = () if index is None else instances_of(here.probe, index, here.names[label])
    st.markdown(f"**{here.picture.title}**: " + _truth(true, here.names[label], figure))
    with st.grid(4, min_column_width=210, gap="medium") as grid:
        for method in titles():
            with grid.cell():
                panel(here, found, here.picture, label, true, method, figure)


def _truth(true, name: str, figure: str) -> str:
    if not true:
        return f"no '{name}' is marked in this picture, so there is nothing to measure the maps against."
    if figure == BOXES:
        return f"the map's box for '{name}' solid, the true one dashed."
    return f"what the map's region for '{name}' leaves of the picture; the object is outlined."


def panel(here: Here, found, picture, label: int, true, method: str, figure: str) -> None:
    """One method's answer for one picture, with its IoU under it."""
    title, heatmap = METHODS[method].title, None
    heatmap = ask.one_map(here.network, here.probe, picture, label, here.layers[0], method)
    if heatmap is None or isinstance(heatmap, Exception):
        st.markdown(f"**{title}**")
        st.caption("Not computed yet." if heatmap is None else sentence(heatmap))
        return
    values = heatmap.at(here.network.preprocessing, *picture.image.shape[:2])
    score = found.scores.get(method) if found else None
    if figure == BOXES:
        threshold = score.threshold if score else THRESHOLD
        drawn, value = localisation.boxed(picture.image, values, threshold, [one.box for one in true])
    else:
        threshold = score.pixel_threshold if score else THRESHOLD
        drawn, value = localisation.cut(picture.image, values, threshold, localisation.mask_of(true))
    kind = "box" if figure == BOXES else "region"
    told = "" if value is None else f", IoU {words.probability(value)}"
    alt = f"{title}'s {kind} for {here.names[label]} in {picture.alt}{told}"
    st.image(overlay.source(drawn), width="stretch", alt=alt)
    st.markdown(localisation.under(title, value, threshold))


def gallery(here: Here, found, figure: str) -> None:
    """Where one method wins over another by most, both side by side; a click opens the picture."""
    names = {name: title for name, title in titles().items() if name in found.scores}
    if len(names) < 2:
        st.info("Two methods are needed: compute another row of the table.")
        return
    first, second = _first_pair(names)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        winner, loser = selection.pair_picker(names, first, second)
    if winner == loser:
        st.info("Choose two different methods.")
        return
    if figure == BOXES:
        st.markdown(localisation.verdict(found.difference(winner, loser), names[winner], names[loser]))
    else:
        st.markdown(localisation.pixel_verdict(found.pixel_difference(winner, loser), names[winner], names[loser]))
    rows = found.gains(winner, loser, pixels=figure == REGIONS)[:SHOWN]
    with st.grid(2, min_column_width=330, gap="medium") as grid:
        for row in rows:
            with grid.cell():
                _both(here, found, int(row), (winner, loser), figure)


def _first_pair(names: dict[str, str]) -> tuple[str, str]:
    """CHIP over Grad-CAM where both are there, as in the paper; else the first two."""
    if {"chip", "gradcam"} <= set(names):
        return "chip", "gradcam"
    first, second, *_ = names
    return first, second


def _both(here: Here, found, row: int, methods: tuple[str, str], figure: str) -> None:
    index, label = int(found.indices[row]), int(found.first[row])
    key = here.probe.key(index)
    picture, true = ask.picture(key, here.probe), instances_of(here.probe, index, here.names[label])
    left, right = st.columns(2, gap="xsmall")
    for place, method in zip((left, right), methods, strict=True):
        with place:
            panel(here, found, picture, label, true, method, figure)
    caption = here.probe.caption(index)
    st.page_link("app_pages/picture.py", label=caption, icon="", query_params={selection.SHOW: key})


def background() -> None:
    """How it is measured, and the paper."""
    with st.expander("How it is measured", on_change="rerun") as folded:
        if folded.open:
            st.latex(r"\mathrm{IoU}(A, B) = \frac{|A \cap B|}{|A \cup B|}")
            st.markdown(
                "The map of each of the five most probable classes is cut at a share of its maximum; the box surrounds "
                "the largest part of what is left (section IV-B2). **Top-1 error**: the most probable class is wrong, "
                "or its box has an IoU below 0.5 with every true box of the class. **Top-5 error**: none of the five "
                "classes is right with an IoU of 0.5 or more. The share is searched for each method on other pictures, "
                "for the lowest top-1 error. **Pixel IoU** (section IV-C): what is left of the map itself against the "
                "object's mask, with a share of its own. Of signed maps the positive part counts."
            )
    with st.expander("How to cite", on_change="rerun") as folded:
        if folded.open:
            st.markdown(f"- {PAPER}\n- {TASK}")
