"""What closing channels did, drawn: on one picture at once, on a split on demand."""

from collections.abc import Sequence

import streamlit as st

from core.measures.interval import Estimate
from core.measures.knockout import CHOICES, Knockout
from dashboard import ask, selection
from dashboard.components.maps import theme
from dashboard.components.working import Working
from dashboard.selection import Here
from dashboard.views import knockout

SUBSETS = {"300": 300, "1,000": 1000, "all": None}


def fewer(here: Here, asked: int, there: int) -> None:
    """Where fewer channels speak for the class than were asked for."""
    if there < asked:
        layer, name = here.layers[0].name, here.names[here.classes[0]]
        st.caption(f"Only {there} channels of {layer} speak for '{name}': those are closed.")


def on_picture(here: Here, found: Knockout) -> None:
    """The picture, and beside it the bars of each choice of channels."""
    place = st.grid(4, min_column_width=210, gap="medium")
    with place.cell():
        title = (here.picture.label or here.picture.title).capitalize()
        st.markdown(f"**{title}**  \n:gray[{here.names[found.label]}'s channels are closed]")
        st.image(ask.encoded(here.picture), width="stretch", alt=here.picture.alt)
    _panels(here, found, place)
    st.caption("Outline: before. Filled: after; for random channels the mean, and as a line how far the sets scatter.")


def _panels(here: Here, found: Knockout, place) -> None:
    labels = knockout.classes(found, CHOICES)
    for choice in CHOICES:
        title = knockout.TITLES[choice]
        with place.cell():
            st.markdown(f"**{title}**  \n:gray[{_about(here, found, choice)}]")
            rows = knockout.moves(found, choice, labels, here.names)
            st.image(knockout.bars(rows, theme()), width="stretch", alt=knockout.alt(rows, title))
            st.caption(knockout.closed(found, choice))


def _about(here: Here, found: Knockout, choice: str) -> str:
    size, layer = int(found.closed[0].sum()), here.layers[0].name
    if choice == "random":
        return f"{size} of {layer}, as active"
    return f"the top {size} of {layer}"


def as_more_close(here: Here, ranked: Sequence[int]) -> None:
    """The probability of the class as more and more of its channels are closed, folded: it takes many passes."""
    with st.expander("As more channels are closed", on_change="rerun") as folded:
        if not folded.open:
            return
        steps = knockout.doublings(len(ranked))
        found = [
            ask.knockout(here.network, here.picture, here.layers[0].name, here.classes[0], ranked[:k]) for k in steps
        ]
        name = here.names[here.classes[0]]
        alt = f"Probability of {name} with {steps[0]} to {steps[-1]} channels closed, by choice of channels"
        st.plotly_chart(knockout.curve(steps, found, name, theme()), config={"displayModeBar": False}, alt=alt)


def on_split(here: Here, channels: Sequence[int]) -> None:
    """The same on many pictures: at once if it is known, else after a press on a button."""
    names = list(here.probe.splits)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        split = selection.split_picker(names, "test" if "test" in names else names[0])
        images = SUBSETS[selection.pictures_picker(tuple(SUBSETS))]
    label, layer = here.classes[0], here.layers[0].name
    asked = here.network, here.probe, layer, label, tuple(sorted(map(int, channels)))
    found = ask.knockout_on_split(*asked, split=split, images=images)
    if found is None:
        st.caption("Every picture goes through the network twice, and 12 times through what follows the layer.")
        if st.button("Measure on the split", key="measure-knockout", icon=":material/play_arrow:"):
            with Working("knockout") as progress:
                ask.knockout_on_split(*asked, split=split, images=images, progress=progress)
            st.rerun()
        return
    _figures(here, found)
    place = st.grid(4, min_column_width=210, gap="medium")
    with place.cell():
        _drops(here, found)
    _panels(here, found, place)
    mine = int((found.labels == label).sum())
    some = "picture" if mine == 1 else "pictures"
    of = f"the {mine} {some} of '{here.names[label]}'" if mine else f"all {len(found.labels)} pictures"
    st.caption(f"Mean probabilities over {of}; the line is the 95 % interval of the class's own.")


def _figures(here: Here, found: Knockout) -> None:
    """Accuracy on the class's own pictures and on the others, before and after, as a table."""
    table = knockout.table(found, here.names[found.label])
    st.dataframe(table, hide_index=True, alt="Probability and accuracy before and after, with 95 % intervals")


def _drops(here: Here, found: Knockout) -> None:
    """How much further CHIP's channels take the class down than the others: what the check is about."""
    st.markdown(f"**How far '{here.names[found.label]}' falls**  \n:gray[mean over its pictures, 95 % interval]")
    st.metric("With CHIP's channels closed", _signed(found.drop("chip")))
    for choice, title in (("random", "Further than with random ones"), ("gradcam", "Further than with Grad-CAM's")):
        st.metric(title, _signed(found.drop("chip", choice)))
        st.caption(_verdict(found.drop("chip", choice)))


def _signed(one: Estimate) -> str:
    return f"{one.value:+.2f}".replace("-", "−")


def _verdict(one: Estimate) -> str:
    if one.n < 2:
        return "one picture has no interval"
    between = f"{one.low:+.2f} to {one.high:+.2f}, n = {one.n}".replace("-", "−")
    if one.low > 0:
        return f"{between}: more"
    return f"{between}: less" if one.high < 0 else f"{between}: not told apart"
