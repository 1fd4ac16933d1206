"""Templates, masks and the classes of filters, drawn for teaching."""

from functools import partial

import streamlit as st

from core import colouring
from core.engine.parts import Explained
from dashboard import ask, ask_explainer
from dashboard.components.explainer import CHART, Seen
from dashboard.components.maps import save, theme
from dashboard.selection import Here
from dashboard.selection_explainer import filter_picker, place_picker
from dashboard.views import explainer as views
from dashboard.views import panels, templates
from dashboard.views.ink import DARK
from dashboard.views.words import number

TOY = 3
GROUNDS = {True: (18, 23, 26), False: (255, 255, 255)}  # the theme's backgrounds, dark and light
ENTROPIES = (
    "**What the filter loss asks for** (appendix). Loss = −H(T) + H(T⁺, T⁻ | X) + Σ p(T⁺, x) H(T⁺ | X = x). "
    "−H(T) is a constant: all templates are equally probable. "
    "The *inter-category entropy* H(T⁺, T⁻ | X) is small where each map says clearly whether its part is in the "
    "picture or not, as when a filter fires for one class and is silent for all others. "
    "The *spatial entropy* is small where each map that fires says clearly where the part is, as when it fires at one "
    "place and not at several."
)


def teaching(here: Here, found: Explained, seen: Seen) -> None:
    """Figure 3 and the masks on the picture at hand; which filters belong to which class."""
    _patterns(found.performer.side)
    _at_hand(here, found)
    _assigned(here, seen)
    st.markdown(ENTROPIES)


def _patterns(side: int) -> None:
    st.markdown(f"**Templates of {side} × {side} maps**  \n:gray[what a map should look like, with its part at μ]")
    row, column = place_picker(side)
    known, small = ask_explainer.templates(side), ask_explainer.templates(TOY)
    drawn = (
        ("T_μ, part at μ", known.positive[row, column], known.tau, True, f"τ at μ, down to −τ; τ = {known.tau:.2g}"),
        ("T⁻, no part", known.negative, known.tau, True, "−τ everywhere: for silent maps"),
        ("Mask, peak at μ", known.masks[row, column], 1.0, False, "T_μ / τ, cut at zero"),
    )
    with st.grid(4, min_column_width=190, gap="medium") as place:
        for title, values, limit, signed, told in drawn:
            with place.cell():
                st.markdown(f"**{title}**  \n:gray[{told}]")
                alt = f"{title}, row {row}, column {column} of {side} by {side}"
                st.image(templates.squares(values, limit, signed), width="stretch", alt=alt)
        with place.cell():
            st.markdown(f"**All of a {TOY} × {TOY} map**  \n:gray[at the right T⁻ (figure 3)]")
            ground = GROUNDS[theme() is DARK]
            alt = f"The {TOY**2} positive templates of {TOY} by {TOY} maps, and the negative one"
            st.image(templates.toy(small.positive, small.negative, small.tau, ground), width="stretch", alt=alt)
    st.caption("Orange is positive, blue negative, grey zero; in the mask bright is 1 and dark 0.")


def _at_hand(here: Here, found: Explained) -> None:
    """A real map before and after its mask."""
    known = ask_explainer.masked(here.network, here.probe, found, here.picture)
    st.subheader("On the picture at hand", anchor=False)
    f = filter_picker(here, len(known.before), templates.first(known.before))
    before, cell = known.before[f], int(known.cells[f])
    with st.grid(4, min_column_width=190, gap="medium") as place:
        with place.cell():
            st.markdown(f"**{here.picture.title}**  \n:gray[what the performer sees]")
            st.image(ask.encoded(here.picture), width="stretch", alt=here.picture.alt)
        if not before.max() > 0:
            with place.cell():
                st.markdown(f"**Filter {f}**  \n:gray[conv-interp-2]")
                st.caption("Silent for this picture: it fits the template of absence. Choose another filter.")
            return
        size = f"{len(before)} × {len(before)}"
        shown = (
            ("Before the mask", templates.marked(before, cell), f"{size}, to {number(before.max())}; framed: the peak"),
            ("After the mask", templates.marked(known.after[f], cell), "what leaves the layer"),
            (
                "How each template fits",
                templates.squares(known.fits[f], colouring.limit_of(known.fits[f], True), True),
                "tr(x T_μ) by the place of μ",
            ),
        )
        for title, picture, told in shown:
            with place.cell():
                st.markdown(f"**{title}**  \n:gray[{told}]")
                alt = f"{title}: filter {f} of conv-interp-2 on {here.picture.alt}"
                st.image(picture, width="stretch", alt=alt)
    told, kept = templates.told(known.fits[f], float(known.absent[f]), cell), known.after[f].sum() / before.sum()
    st.caption(f"{told} The mask leaves {100 * kept:.0f} % of what the map adds up to.")
    if not found.settings.masked:
        st.caption("This explainer was trained without masks: maps leave the layer as they are.")
    stem = panels.file_stem("explainer-masks", here.picture.key)
    data = partial(panels.npy, known.before)
    save("Maps as NPY", data, f"{stem}.npy", "application/octet-stream", "All filters' maps before the mask")


def _assigned(here: Here, seen: Seen) -> None:
    """Which class each filter belongs to."""
    sides = seen.looked.sides
    st.markdown(
        "**Filters by class**  \n:gray[a filter belongs to the class whose pictures activate it most; the performer's "
        "own predictions say which pictures these are]"
    )
    live = {name: sides[name].owners[sides[name].live] for name in ("second", "top")}
    st.plotly_chart(
        views.owners(live["second"], live["top"], here.names, theme()), config=CHART, key="owners",
        alt="How many filters belong to each class, of the explainer and of the performer's top conv layer",
    )  # fmt: skip
    st.caption(views.live_words(seen.looked))
