"""What stands around the maps: rows, what is computed on demand, the key, files, presets, equations, how to cite."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from core.colouring import Look
from core.methods import METHODS
from dashboard import ask, selection
from dashboard.components import maps
from dashboard.components.working import Working
from dashboard.selection import Here
from dashboard.views import curves, figure, panels, words

EQUATIONS = {
    "gradcam": (
        r"\alpha_k^c = \frac{1}{Z}\sum_i\sum_j \frac{\partial y^c}{\partial A_{ij}^k}, \qquad "
        r"L^c = \mathrm{ReLU}\Big(\sum_k \alpha_k^c A^k\Big)",
        "The channels of a layer, weighted by how much the class's score rises with each of them (Selvaraju et al., "
        "eqs. 1 and 2). Only what speaks for the class is kept.",
    ),
    "guided-backprop": (
        r"R_i^l = [f_i^l > 0]\,[R_i^{l+1} > 0]\;R_i^{l+1}",
        "The gradient of the score, where every ReLU lets only positive gradients of active units pass (Springenberg "
        "et al., section 3.4). Sharp, but hardly different from class to class.",
    ),
    "guided-gradcam": (
        r"G^c = \mathrm{upsample}(L^c) \circ R^0",
        "Guided Backpropagation where Grad-CAM is high: sharp, and of one class (Selvaraju et al., section 3.3).",
    ),
    "lime": (
        r"\mathcal{L}(f, g, \pi) = \sum_z \pi(z)\,\big(f(z) - g(z')\big)^2",
        "Superpixels are switched off at random; a linear model learns which of them the probability needs (Ribeiro et "
        "al., section 3.4).",
    ),
}
FAITHFULNESS = (
    "**Insertion and deletion** (Petsiuk et al., section 3.2). Insertion starts from the blurred picture and puts "
    "pixels back, the map's strongest first; deletion takes them out of it. A faithful map has a large area "
    "under the first curve and a small one under the second: larger and smaller than random orders and an order from "
    "the centre outwards, which stand beside it."
)
PAPERS = {
    "gradcam": "R. R. Selvaraju et al.: Grad-CAM: Visual Explanations from Deep Networks via Gradient-based "
    "Localization. ICCV 2017.",
    "guided-backprop": "J. T. Springenberg et al.: Striving for Simplicity: The All Convolutional Net. ICLR workshop "
    "2015. Computed with captum.",
    "guided-gradcam": "R. R. Selvaraju et al.: Grad-CAM: Visual Explanations from Deep Networks via Gradient-based "
    "Localization. ICCV 2017.",
    "lime": 'M. T. Ribeiro et al.: "Why Should I Trust You?": Explaining the Predictions of Any Classifier. KDD 2016. '
    "Computed with captum.",
    "faithfulness": "V. Petsiuk et al.: RISE: Randomized Input Sampling for Explanation of Black-box Models. "
    "BMVC 2018.",
}


def rows(here: Here) -> list[tuple[str, tuple[str, int]]]:
    """One row per class and layer: (heading, (layer, class))."""
    found = []
    for label in here.classes:
        for layer in here.layers:
            heading = f"{here.names[label]}\n{words.probability(float(here.chances[label]))}"
            found.append((f"{heading}\n{layer.name}" if len(here.layers) > 1 else heading, (layer.name, label)))
    return found


def on_demand(here: Here, key: tuple) -> None:
    """A slow method's place while nothing is computed: what it takes, and a button; then the bar."""
    method = METHODS[key[0]]
    st.markdown(maps.caption(here, key))
    st.caption(f"{method.title} asks the network about {method.parameters['samples']} changed pictures: some seconds. "
               "The result is kept.")  # fmt: skip
    if st.button("Compute", key=f"compute-{'-'.join(map(str, key))}", icon=":material/play_arrow:"):
        with Working(method.name) as progress:
            ask.slow_maps(here.network, here.picture, here.classes, method.name, progress)
        st.rerun()


def legend(made: Mapping, found: Mapping, limits: Mapping, look: Look, shared: bool, scored: bool) -> None:
    """Which line is which; and where one scale is shared, its colour bar."""
    with st.container(horizontal=True, gap="large", vertical_alignment="center"):
        if shared:
            for method in dict.fromkeys(key[0] for key in made):
                key = next(key for key in made if key[0] == method)
                with st.container(width=260):
                    maps.colour_bar(limits[key], found[key].signed, look, METHODS[method].title)
        if scored:
            st.image(
                curves.key(maps.theme()),
                alt="Coloured: the map's order. Grey: random order. Dashed: from the centre out.",
            )


def figure_files(
    here: Here, made: Mapping, titles: Mapping[str, str], of: Sequence, limits: Mapping, look: Look
) -> None:
    """The whole grid as a figure for a paper."""
    if not made:
        return
    several = {round(limits[key], 12) for key in made}
    signs = {METHODS[key[0]].signed for key in made}
    one = (next(iter(limits[key] for key in made)), signs == {True}) if len(several) == 1 and len(signs) == 1 else None
    stem = panels.file_stem("channelscope", here.picture.key, *(here.names[label] for label in here.classes))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("The whole grid as a figure:", width="content")
        for kind in ("pdf", "svg", "png"):
            data = partial(
                panels.grid_figure, here.image, dict(made), tuple(titles.items()), tuple(of), kind, look, one
            )
            maps.save(kind.upper(), data, f"{stem}.{kind}", figure.MIME[kind], "By matplotlib, 300 dots per inch")


def presets(entries: Sequence[tuple[str, str, Mapping]]) -> None:
    """'Try this': views worth seeing. (label, why, the choices that a press makes)"""
    if not entries:
        return
    st.subheader("Try this", anchor=False)
    with st.container(horizontal=True, gap="small"):
        for label, why, choices in entries:
            st.button(
                label, help=why, icon=":material/arrow_outward:", on_click=selection.ask_for, kwargs=dict(choices)
            )


def _on_opening(label: str):
    """A folded section that is written when it is opened: what nobody reads must not be sent at every click."""
    return st.expander(label, on_change="rerun")


def equations(methods: Sequence[str], scored: bool) -> None:
    with _on_opening("The equations") as folded:
        if not folded.open:
            return
        for name in methods:
            if name in EQUATIONS:
                formula, meaning = EQUATIONS[name]
                st.markdown(f"**{METHODS[name].title}.** {meaning}")
                st.latex(formula)
        if scored:
            st.markdown(FAITHFULNESS)


def citations(methods: Sequence[str], scored: bool) -> None:
    with _on_opening("How to cite") as folded:
        if not folded.open:
            return
        wanted = [PAPERS[name] for name in (*methods, *(["faithfulness"] if scored else [])) if name in PAPERS]
        st.markdown("\n".join(f"- {paper}" for paper in dict.fromkeys(wanted)))
