"""The gallery of Object parts: what filters of the explainer find, beside those of the performer's top conv layer."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.engine.parts import Explained
from core.methods.explainer.receptive import Fields
from dashboard import ask_parts
from dashboard.components.explainer import Seen, origin
from dashboard.components.maps import save
from dashboard.components.working import Working
from dashboard.selection import Here
from dashboard.selection_parts import count_picker, order_picker, owner_picker, peaks_picker
from dashboard.views import dissection, figure, panels, parts, words
from dashboard.views.parts import INTERPRETABLE, ORDINARY, Filter

EQUATION = (
    r"\mathbf{x}_{\mathrm{enc}} = p\,\mathbf{x}_{\mathrm{interp}} + (1 - p)\,\mathbf{x}_{\mathrm{ordin}}, \qquad "
    r"y = \sum_f \underbrace{p \sum_{ij} \frac{\partial y}{\partial x_{\mathrm{enc},fij}} x_{\mathrm{interp},fij}}"
    r"_{\text{share of filter } f} + \underbrace{(1 - p) \sum_{fij} \frac{\partial y}{\partial x_{\mathrm{enc},fij}} "
    r"x_{\mathrm{ordin},fij}}_{\text{ordinary track}} + \text{remainder}"
)
MEANING = (
    "**Explainer network** (section 3). The explainer reads the layer before the performer's top conv layer and gives "
    "back its two fully connected layers. On the way a filter of its interpretable track keeps only the surroundings "
    "of its own peak, and is taught to peak at one part of one class, with no part ever named to it; an ordinary track "
    "carries what does not fit. The share of each filter in a class's score is gradient times activation, which the "
    "paper leaves open; the remainder is the biases of the layers above. **Receptive fields** (Zhou et al., section "
    "3.2): small squares of a picture are hidden, and what takes away half as much of a filter's peak as the worst of "
    "them, or more, is what the filter looks at; averaged over pictures, laid on every place where its map is at least "
    "half of the picture's highest value."
)


def gallery(here: Here, found: Explained, seen: Seen) -> None:
    """Figures 3 and 4, and the appendix's."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        order = order_picker(seen.marked is not None)
        whose = owner_picker(here)
        by_quantiles = peaks_picker()
        count = count_picker()
    fields = ask_parts.fields(here.network, here.probe, found, seen.looked)
    sides = (INTERPRETABLE, ORDINARY)
    of = here.network, here.probe, found, seen.looked, seen.marked
    known = {side: ask_parts.filters(*of, side) for side in sides}
    shown = {side: parts.chosen(known[side], order, here.names, **whose)[:count] for side in sides}
    with st.grid(2, min_column_width=340, gap="medium") as place:
        for told in _about(found, fields):
            with place.cell():
                st.markdown(told)
        for rank in range(max(map(len, shown.values()))):
            for side in sides:
                with place.cell():
                    if rank < len(shown[side]):
                        _row(here, found, seen, fields, side, shown[side][rank], by_quantiles)
    if whose["owner"] is not None and not all(shown.values()):
        st.caption(f"Where a column is empty, no filter of that layer is of '{here.names[whose['owner']]}'.")
    _silent(found, seen)
    if fields is None:
        _measure(here, found, seen)
    _files(here, found, seen, fields, known, shown, by_quantiles)
    origin(here, found, len(seen.looked.index))


def _about(found: Explained, fields: Fields | None) -> tuple[str, str]:
    """What stands above the two columns."""
    own = "each with its own receptive field" if fields is not None else "with round fields"
    size = "round fields as large as those on average" if fields is not None else "with the same round fields"
    return (
        f"**Explainer, conv-interp-2**  \n:gray[interpretable filters, {own}]",
        f"**Performer, {found.performer.top.name}**  \n:gray[ordinary filters, {size}]",
    )


def _row(
    here: Here, found: Explained, seen: Seen, fields: Fields | None, side: str, one: Filter, by_quantiles: bool
) -> None:  # fmt: skip
    """One filter over several pictures of its class."""
    pictures = parts.pictures(seen.looked, seen.looked.sides[side], one, by_quantiles)
    layer = "conv-interp-2" if side == INTERPRETABLE else found.performer.top.name
    st.markdown(f"{parts.heading(one, here.names)}  \n:gray[:small[{layer}: {parts.told(one)}]]")
    if not pictures:
        st.caption("It fires in none of its class's pictures.")
        return
    indices = seen.looked.index[[one.place for one in pictures]]
    drawn = ask_parts.strip(here.network, here.probe, found, fields, side, one.number, indices)
    ranks = words.joined([picture.rank.split(" ")[0] for picture in pictures])
    captions = "; ".join(here.probe.caption(int(index)) for index in indices)
    st.image(drawn, width="stretch", alt=f"Where filter {one.number} of {layer} looks, pictures {ranks} by its peak: "
             f"{captions}")  # fmt: skip


def _silent(found: Explained, seen: Seen) -> None:
    layers = {INTERPRETABLE: "conv-interp-2", ORDINARY: found.performer.top.name}
    count = len(seen.looked.index)
    st.caption(" ".join(parts.silent(seen.looked.sides[side], name, count) for side, name in layers.items()))


def _measure(here: Here, found: Explained, seen: Seen) -> None:
    """What it takes to know the filters' own receptive fields, and a button."""
    st.caption(
        "Round fields show where filters are active, as the paper's appendix has it. What each filter looks at there "
        "is measured by hiding a thousand small squares of each of 32 pictures: a minute for menagerie-plain, "
        "longer for larger networks; once, and kept."
    )
    if st.button("Measure the receptive fields", key="measure-fields", icon=":material/play_arrow:"):
        with Working("fields") as progress:
            ask_parts.fields(here.network, here.probe, found, seen.looked, progress)
        st.rerun()


def _files(
    here: Here, found: Explained, seen: Seen, fields: Fields | None, known: dict, shown: dict, by_quantiles: bool
) -> None:  # fmt: skip
    """The gallery as a figure for a paper, and what is known of all filters as tables."""
    stem = panels.file_stem("parts", here.network_name, here.probe_name)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("As a figure and as tables:", width="content")
        for kind in ("pdf", "svg", "png"):
            data = partial(_figure, here, found, seen, fields, shown, by_quantiles, kind)
            save(kind.upper(), data, f"{stem}.{kind}", figure.MIME[kind], "By matplotlib, 300 dots per inch")
        for side, name in ((INTERPRETABLE, "conv-interp-2"), (ORDINARY, found.performer.top.name)):
            data = partial(_table, known[side], here.names)
            save(f"{name} as CSV", data, f"{stem}-{name}.csv", "text/csv", "All filters that fire")
        if fields is not None:
            data = partial(panels.npy, fields.discrepancy)
            help = "How much of each filter's peak every pixel around it decides"
            save("Fields as NPY", data, f"{stem}-fields.npy", "application/octet-stream", help)


def _table(known: Sequence[Filter], names: Sequence[str]) -> bytes:
    return dissection.csv(parts.table(known, names))


def _figure(
    here: Here, found: Explained, seen: Seen, fields: Fields | None, shown: dict, by_quantiles: bool, kind: str
) -> bytes:
    """Both columns, a row for each pair of filters."""
    rows, headings = [], []
    for rank in range(max(map(len, shown.values()))):
        cells, named = [], []
        for side in (INTERPRETABLE, ORDINARY):
            one = shown[side][rank] if rank < len(shown[side]) else None
            drawn = [] if one is None else _cells(here, found, seen, fields, side, one, by_quantiles)
            cells += [*drawn, *[None] * (parts.PICTURES - len(drawn))]
            named.append("" if one is None else parts.plain(one, here.names))
        rows.append(cells)
        headings.append("\n".join(named))
    blanks = [""] * (parts.PICTURES - 1)
    columns = ["conv-interp-2", *blanks, found.performer.top.name, *blanks]
    return figure.grid(rows, columns, headings, kind)


def _cells(
    here: Here, found: Explained, seen: Seen, fields: Fields | None, side: str, one: Filter, by_quantiles: bool
) -> list:
    pictures = parts.pictures(seen.looked, seen.looked.sides[side], one, by_quantiles)
    indices = seen.looked.index[[one.place for one in pictures]]
    return ask_parts.cells(here.network, here.probe, found, fields, side, one.number, indices)


def background() -> None:
    """The equations, folded and written when they are opened."""
    with st.expander("The equation", on_change="rerun") as folded:
        if folded.open:
            st.markdown(MEANING)
            st.latex(EQUATION)
