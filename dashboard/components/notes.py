"""What stands around the maps: rows, what is computed on demand, the key, files, presets, equations, how to cite."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from core.colouring import Look
from core.errors import NotComputed
from core.methods import METHODS
from dashboard import ask, selection
from dashboard.components import maps
from dashboard.components.working import Working
from dashboard.selection import Here
from dashboard.views import curves, figure, panels, properties, words

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
    "chip": (
        r"\tilde{A}^c = \sum_k w_k^c A_k",
        "The channels of a layer, weighted by their importance for the class (Cui et al., eq. 10): what closing "
        "channels at random on many pictures did to its probability. Orange speaks for the class, blue against it.",
    ),
    "refined-chip": (
        r"\max(\tilde{A}^c_{\text{first}}, 0) \circ \mathrm{upsample}\big(\max(\tilde{A}^c, 0)\big)",
        "CHIP at the first convolution where CHIP at the layer is high (Cui et al., section III-B): fine and of one "
        "class, without gradients.",
    ),
    "guided-chip": (
        r"\mathrm{upsample}\big(\max(\tilde{A}^c, 0)\big) \circ R^0",
        "Guided Backpropagation where CHIP is high (Cui et al., section III-B).",
    ),
    "backprop": (
        r"M_{ij} = \max_{\text{colour}} \Big|\frac{\partial y^c}{\partial I}\Big|_{ij}",
        "The gradient of the score with respect to the picture, the strongest of the three colours (Simonyan et al., "
        "section 3.1).",
    ),
    "c-mwp": (
        r"P(a_j) = \sum_i \frac{a_j\,w^+_{ij}}{\sum_{j'} a_{j'}\,w^+_{ij'}}\,P(a_i), \qquad "
        r"\max\Big(\sum_{\text{channels}} P - P',\,0\Big)",
        "From the class's score down, each neuron hands its probability to those that excite it, by how much; P' "
        "starts from the last weights with their signs turned (Zhang et al., sections 3.1 and 3.3).",
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
    **dict.fromkeys(
        ("chip", "refined-chip", "guided-chip"),
        "X. Cui, D. Wang, Z. J. Wang: CHIP: Channel-wise Disentangled Interpretation of Deep Convolutional Neural "
        "Networks. IEEE Transactions on Neural Networks and Learning Systems 31, 2020.",
    ),
    "backprop": "K. Simonyan, A. Vedaldi, A. Zisserman: Deep Inside Convolutional Networks: Visualising Image "
    "Classification Models and Saliency Maps. ICLR workshop 2014.",
    "c-mwp": "J. Zhang et al.: Top-down Neural Attention by Excitation Backprop. ECCV 2016; IJCV 126, 2018.",
    "net2vec": "R. Fong, A. Vedaldi: Net2Vec: Quantifying and Explaining how Concepts are Encoded by Filters in Deep "
    "Neural Networks. CVPR 2018.",
    "explainer": "Q. Zhang, Y. Yang, Y. Liu, Y. N. Wu, S.-C. Zhu: Unsupervised Learning of Neural Networks to Explain "
    "Neural Networks. arXiv:1805.07468, 2018.",
    "receptive": "B. Zhou, A. Khosla, A. Lapedriza, A. Oliva, A. Torralba: Object Detectors Emerge in Deep Scene CNNs. "
    "ICLR 2015.",
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


def on_demand(here: Here, key: tuple, classes: Sequence[int] | None = None) -> None:
    """A slow method's place while nothing is computed: what it takes, and a button; then the bar. `classes` are those
    of the page, where they are others than the chosen ones."""
    method = METHODS[key[0]]
    st.markdown(maps.caption(here, key))
    st.caption(f"{method.title} asks the network about {method.parameters['samples']} changed pictures: some seconds. "
               "The result is kept.")  # fmt: skip
    if st.button("Compute", key=f"compute-{'-'.join(map(str, key))}", icon=":material/play_arrow:"):
        with Working(method.name) as progress:
            ask.slow_maps(here.network, here.picture, classes or here.classes, method.name, progress)
        st.rerun()


def missing(found: Mapping) -> list[str]:
    """The layers whose importances some of a page's maps wait for, by name."""
    errors = [error for error in found.values() if isinstance(error, NotComputed)]
    return list(dict.fromkeys(name for error in errors for name in error.layers))


def to_learn(here: Here, key: tuple, found: Mapping, layers: Sequence[str]) -> None:
    """The place of a map whose importances nobody has learned: the first on the page has a button for all of them."""
    st.markdown(maps.caption(here, key))
    first = next(other for other, error in found.items() if isinstance(error, NotComputed))
    if key == first:
        learn(here, layers)
    else:
        st.caption(f"Waits for the channels' importances at {words.joined(found[key].layers)}; one button for all.")


def learn(here: Here, layers: Sequence[str]) -> None:
    """What it takes to learn importances at several layers in one pass, and a button; then the bar."""
    where = words.joined(layers)
    st.caption(
        f"Needs to know which channels of {where} matter for which class: learnt once from pictures of "
        f"{here.probe.title}, with channels closed at random, and kept."
    )
    if st.button("Compute", key=f"learn-{'-'.join(layers)}", icon=":material/play_arrow:"):
        with Working("importances") as progress:
            ask.compute_all_importances(here.network, here.probe, layers, progress)
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


def table_one(methods: Sequence[str]) -> None:
    """Table I of the CHIP paper, from what the methods declare."""
    with _on_opening("What each method can do") as folded:
        if not folded.open:
            return
        table = properties.properties(METHODS[name] for name in methods)
        columns = {name: st.column_config.TextColumn(name, help=help) for name, help in properties.COLUMNS.items()}
        st.dataframe(table, hide_index=True, column_config=columns, height="content", alt="What each method can do")
        st.caption(
            "Table I of Cui et al., by what each method here declares of itself. There Grad-CAM counts for the last "
            "layer only; here it can be asked at any layer."
        )


def citations(methods: Sequence[str], scored: bool) -> None:
    with _on_opening("How to cite") as folded:
        if not folded.open:
            return
        wanted = [PAPERS[name] for name in (*methods, *(["faithfulness"] if scored else [])) if name in PAPERS]
        st.markdown("\n".join(f"- {paper}" for paper in dict.fromkeys(wanted)))
