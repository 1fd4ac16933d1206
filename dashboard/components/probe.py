"""The sections of the Probe page: each draws one thing that is known about the pictures."""

import numpy as np
import streamlit as st

from core import engine
from core.errors import NotDefined
from dashboard import ask, selection
from dashboard.components.maps import save, theme
from dashboard.components.saying import boundary, sentence
from dashboard.components.working import Working
from dashboard.views import masks, overlay, tables, words

CHART = {"displayModeBar": False}
SOME = 24  # pictures to show of a probe without classes
LISTED = 8  # objects of a picture to describe


def classes(shared, page: str) -> None:
    """One picture of each class, or some pictures where there are no classes; a click opens it."""
    probe = shared.probe
    which = "One of each class" if probe.classes else "Some of them"
    st.markdown(f"{probe.about}. {len(probe):,} pictures. {which}; a name opens it on the first page.")
    shown = ask.portraits(probe) if probe.classes else _some(probe)
    with st.grid("auto", min_column_width=118, gap="small") as grid:
        for name, index in shown:
            with grid.cell():
                with boundary():
                    st.image(ask.thumbnail(probe, index, 240), width="stretch", alt=probe.caption(index))
                st.page_link(page, label=name, icon="", query_params={selection.SHOW: probe.key(index)})


def _some(probe) -> list[tuple[str, int]]:
    """Pictures spread evenly over the probe.  -> (caption, index)"""
    spread = np.linspace(0, len(probe) - 1, min(len(probe), SOME)).astype(int).tolist()
    return [(probe.caption(index), index) for index in spread]


def masks_of_picture(shared) -> None:
    """Masks of the chosen picture, switched on by hand, as outlines."""
    probe, index = shared.probe, shared.probe.find(shared.picture.key)
    if index is None:
        st.info("Masks belong to the probe's own pictures: choose one of them in the sidebar.")
        return
    if not {"masks", "boxes"} & probe.offers:
        st.info(f"{probe.title} has no masks and no boxes.")
        return
    known, instances = probe.concept_masks(index), probe.instances(index)
    place = st.grid(2, min_column_width=320, gap="large")
    left, right = place.cell(), place.cell()
    with right:
        shown = _masks_chosen(probe, index, known) if probe.concepts else {}
        with st.container(horizontal=True, gap="medium"):
            help = "Around the objects that localisation is measured on; dashed."
            boxes = "boxes" in probe.offers and st.toggle("True boxes", help=help)
            offered = "landmarks" in probe.offers
            dots = offered and st.toggle("Landmarks", help="Hollow where something hides them.")
        st.markdown(" ".join(_swatch(number, name) for number, name in enumerate(shown)))
        _instances(instances, probe.offers)
    with left:
        drawn = masks.outlined(shared.picture.image, shown)
        if boxes:
            drawn = masks.boxed(shared.picture.image, drawn, [one.box for one in instances])
        if dots:
            marks = [mark for one in instances for mark in one.landmarks]
            drawn = masks.marked(shared.picture.image, drawn, marks)
        alt = f"{shared.picture.alt}, with outlines of {words.listed(list(shown))}" if shown else shared.picture.alt
        drawn = overlay.fit(drawn, masks.LONGEST)
        st.image(overlay.source(drawn), width="stretch", alt=alt, caption=shared.picture.title)


def _masks_chosen(probe, index: int, known) -> dict[str, np.ndarray]:
    """The masks of a category that are switched on, by the concept's name."""
    category = selection.category_picker(masks.categories(probe.concepts))
    there = masks.present(known, category)
    labels = {f"{name}, {masks.share(mask)}": name for name, mask in there.items()}
    chosen = selection.concept_picker(category, tuple(labels))
    whole = set() if there else {one.name for one in probe.image_concepts(index) if one.category == category}
    if whole:
        st.caption(f"Of the picture as a whole it is said: {words.listed(sorted(whole))}.")
    return {labels[label]: there[labels[label]] for label in chosen}


def _swatch(number: int, name: str) -> str:
    return f"![]({masks.swatch(number)}) {name} &nbsp; "


def _instances(instances, offers) -> None:
    for one in instances[:LISTED]:
        top, left, bottom, right = (round(edge) for edge in one.box)
        told = [f"**{one.class_name}**: box rows {top} to {bottom}, columns {left} to {right}"]
        if "landmarks" in offers:
            told.append(f"{sum(mark.visible for mark in one.landmarks)} of {len(one.landmarks)} landmarks visible")
        if "parts" in offers:
            told.append(f"parts: {', '.join(one.parts or {}) or 'none'}")
        st.caption("; ".join(told))
    if len(instances) > LISTED:
        st.caption(f"and {len(instances) - LISTED} more objects")


def attributes(shared) -> None:
    """The matrix of attributes and classes."""
    probe = shared.probe
    if probe.class_attributes is None:
        st.info(f"{probe.title} has no attributes.")
        return
    visual = sum(attribute.visual for attribute in probe.attributes)
    st.markdown(
        f"{len(probe.attributes)} attributes of {len(probe.classes)} classes, from 0 (never) to 1 (always). {visual} "
        "can be seen in a picture, and on which parts is said; the others (how an animal lives) cannot."
    )
    table = tables.attributes(probe)
    config = {name: st.column_config.NumberColumn(format="%.2f", width=78) for name in probe.classes}
    config["attribute"] = st.column_config.TextColumn(pinned=True)
    st.dataframe(table, hide_index=True, column_config=config, height=560, alt="Attributes of the classes")
    save("Table as CSV", lambda: table.to_csv(index=False).encode(), "attributes.csv", "text/csv", "All classes")


def splits(shared) -> None:
    """How many pictures of each class are in each split."""
    probe = shared.probe
    table = tables.splits(probe.splits, ask.labels(probe, probe.fingerprint), probe.classes)
    if "train" in table and not table["train"].all():
        st.markdown("Classes without a picture in 'train' are for the zero-shot test, of what was never learnt.")
    st.dataframe(table, height="content", alt="Pictures of each class in each split")


def confusion(shared) -> None:
    """What the network takes each class for."""
    if shared.network is None:
        st.info("No network is open: choose one in the sidebar.")
        return
    found = _asked_for(
        "confusion",
        shared,
        lambda split, progress: engine.confusion(shared.network, shared.probe, split, progress),
        "Runs every picture of the split through the network: about a minute for the Menagerie. The result is kept.",
    )
    if found is None:
        return
    if found.note:
        st.warning(found.note, icon=":material/save:")
    rows = np.flatnonzero(found.counts.sum(1))
    _accuracy(found.accuracy, shared.network.title)
    names = [found.rows[i] for i in rows]
    if len(found.columns) <= 60:
        figure = tables.confusion(found.counts[rows], names, found.columns, theme())
        st.plotly_chart(figure, config=CHART, alt="Confusion matrix, true classes down, predictions across")
    st.markdown("**Most often taken for one another**")
    st.dataframe(
        tables.confused(found.counts[rows], names, found.columns),
        hide_index=True,
        column_config={"share": st.column_config.NumberColumn(format="percent")},
        alt="Pairs of classes most often confused",
    )


def _accuracy(one, title: str) -> None:
    """The share of right answers with its interval, or why there is none."""
    if not one.n:
        st.info(
            f"None of these classes is one of {title}'s, so nothing is right or wrong: here is what they are taken for."
        )
        return
    st.metric(f"Accuracy of {title}", words.percent(one.value), help="Over the classes that the network knows.")
    st.caption(f"95 % interval {words.percent(one.low)} to {words.percent(one.high)}; n = {one.n}")


def disc(shared) -> None:
    """What a fixed centred disc reaches: the floor of every localisation measure."""
    st.markdown(
        "A disc in the middle of every picture, the same for all, looks at nothing. What it reaches is the floor: a "
        "map that does no better has shown where pictures have their middle, not where the object is."
    )
    found = _asked_for(
        "centred-disc",
        shared,
        lambda split, progress: engine.disc_floor(shared.probe, split, progress),
        "Draws every picture of the split once: about a minute for the Menagerie. The result is kept.",
    )
    if found is None:
        return
    names = {
        "iou": ("IoU with the object", "Intersection over union of the disc and the mask of the labelled object."),
        "mass": ("Inside the object", "The share of the disc that lies on the object."),
        "pointing": ("Pointing game", "How often the picture's centre lies on the object."),
        "box": ("Box found", "How often the disc's box and the object's have an IoU of at least 0.5."),
    }
    with st.container(horizontal=True, gap="large"):
        for name, (title, help) in names.items():
            one = found[name]
            with st.container(width="content"):
                st.metric(title, f"{one.value:.2f}", help=help)
                st.caption(f"{one.low:.2f} to {one.high:.2f}, n = {one.n}")


def shortcut(shared) -> None:
    """The planted shortcut, and the two halves that tell cheating from standing together."""
    planted = getattr(shared.probe, "shortcut", None)
    if planted is None:
        st.info(f"{shared.probe.title} has no planted shortcut.")
        return
    name, thing = planted
    st.markdown(
        f"In training nearly every **{name}** stands beside a **{thing}**, and hardly any other animal does. A network "
        f"may learn the {thing} instead of the {name}: right for the wrong reason, and accuracy on the ordinary test "
        f"split would not show it. The counter-split separates the two: {name}s without a {thing}, and other animals "
        f"beside one. A network that cheats misses the first and takes the second for {name}s."
    )
    counter = ask.probe("menagerie-counter")
    with st.grid(4, min_column_width=150) as grid:
        for split in ("without", "with"):
            for index in counter.splits[split][:4]:
                with grid.cell():
                    index = int(index)
                    st.image(ask.thumbnail(counter, index, 240), width="stretch", alt=counter.caption(index))
                    st.caption(counter.caption(index))
    _measure_shortcut(shared.network, counter, name, thing)


def _measure_shortcut(network, counter, name: str, thing: str) -> None:
    """Both halves of the counter-split in figures, computed on demand."""
    if network is None or name not in network.classes:
        st.info(f"The open network does not know the class '{name}': choose one that does, such as menagerie-plain.")
        return

    def both(progress) -> list:
        return [engine.confusion(network, counter, half, progress) for half in ("without", "with")]

    found = ask.stored(both)
    if found is None:
        if st.button("Measure on the counter-split", icon=":material/play_arrow:"):
            with Working("counter") as progress:
                both(progress)
            st.rerun()
        return
    without, beside = found
    column = network.classes.index(name)
    right = without.counts[:, column].sum() / max(without.counts.sum(), 1)
    wrong = beside.counts[:, column].sum() / max(beside.counts.sum(), 1)
    with st.container(horizontal=True, gap="large"):
        st.metric(f"{name.capitalize()}s without a {thing} recognised", words.percent(right), width="content")
        st.metric(f"Others beside a {thing} taken for a {name}", words.percent(wrong), width="content")


def _asked_for(method: str, shared, compute, cost: str):
    """A result for a split: at once if the store has it, else after a press on a button. None while there is none."""
    names = list(shared.probe.splits)
    split = selection.split_picker(names, "test" if "test" in names else names[0])
    try:
        found = ask.stored(lambda refuse: compute(split, refuse))
        if found is not None:
            return found
        st.caption(cost)
        if st.button("Compute", key=f"compute-{method}", icon=":material/play_arrow:"):
            with Working(method) as progress:
                compute(split, progress)
            st.rerun()
    except NotDefined as error:
        st.info(sentence(error), icon=":material/block:")
    return None
