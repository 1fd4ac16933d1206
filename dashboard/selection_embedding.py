"""What the page Embedding space lets a person choose besides concept and task; the keys stand in `selection.py`."""

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard.components.saying import notices
from dashboard.selection import (
    CLUSTERS,
    COLOURED,
    EXPRESSION,
    MAPPING,
    MEASURE,
    ONE,
    OPERANDS,
    OTHER,
    SEED,
    SPACES,
    SPREAD,
    ask_for,
    one_of,
    settle,
    several_of,
)  # fmt: skip

TSNE, UMAP = "t-SNE", "UMAP"
MOST = 26  # spaces beside each other
BY_CATEGORY, BY_CLUSTER = "category", "cluster"
DISTANCE, CKA = "D, as in figure 10", "1 − CKA"


def expression_field(default: str) -> str:
    """The sum of concepts, followed while it is typed."""
    return st.text_input(
        "Concepts to add and subtract", default, key=EXPRESSION, bind="query-params", live=True, placeholder=default,
        width=520,
        help="Names of concepts with + and - between them, blanks around the signs; a factor before a name: 0.5*sky.",
    )  # fmt: skip


def write(text: str) -> None:
    """Another expression; from a callback."""
    ask_for(**{EXPRESSION: text})


def operands_switch() -> bool:
    help = "The concepts of the sum themselves are mostly nearest to it; the paper's table leaves them out."
    return st.toggle("Leave out what was added", True, key=OPERANDS, bind="query-params", help=help)


def map_picker(most: int, usual: dict[str, int]) -> tuple[str, int, int]:
    """How the space is drawn in a plane.  -> TSNE or UMAP, perplexity or neighbours, seed"""
    names = (TSNE, UMAP)
    notices(one_of(MAPPING, names, TSNE, "map"))
    how = st.segmented_control(
        "Map", names, default=TSNE, key=MAPPING, bind="query-params", required=True,
        help="Both keep near what is near. t-SNE is the paper's; UMAP keeps more of what is far, and takes some "
        "seconds the first time.",
    ) or TSNE  # fmt: skip
    if SPREAD in st.session_state:  # said again: a slider that ends elsewhere is another widget
        st.session_state[SPREAD] = min(st.session_state[SPREAD], most)
    spread = st.slider(
        "Perplexity" if how == TSNE else "Neighbours", 2, most, min(usual[how], most), key=SPREAD, bind="query-params",
        width=180, help="How many neighbours a concept is to stay near to: small shows small groups, large the whole.",
    )  # fmt: skip
    if how == TSNE:  # begins with the principal components: no chance in it
        return how, spread, 0
    help = "Another seed is another map that is as good. What changes with it is nothing to go by."
    seed = st.number_input("Seed", 0, 999, 0, key=SEED, bind="query-params", width=110, help=help)
    return how, spread, int(seed)


def colours_picker(most: int) -> int:
    """How the map is coloured.  -> the number of clusters, 0 for by category"""
    names = (BY_CATEGORY, BY_CLUSTER)
    notices(one_of(COLOURED, names, names[0], "colouring"))
    how = st.segmented_control(
        "Coloured by", names, default=names[0], key=COLOURED, bind="query-params", required=True,
        help="Clusters by k-means, of the vectors themselves and not of the map.",
    )  # fmt: skip
    if how != BY_CLUSTER:
        return 0
    if CLUSTERS in st.session_state:
        st.session_state[CLUSTERS] = min(st.session_state[CLUSTERS], most)
    return st.slider("Clusters", 2, most, min(8, most), key=CLUSTERS, bind="query-params", width=150)


def measure_picker() -> str:
    names = (DISTANCE, CKA)
    notices(one_of(MEASURE, names, names[0], "measure"))
    return st.segmented_control(
        "Distance between spaces", names, default=names[0], key=MEASURE, bind="query-params", required=True,
        help="D sums squared differences of all cosines, and grows with the number of concepts. 1 − CKA is 0 for "
        "spaces that are the same up to rotation and scale, 1 for unrelated ones.",
    )  # fmt: skip


def spaces_picker(names: Sequence[str], default: Sequence[str], resolve: Callable[[str], str]) -> list[str]:
    """Which spaces stand beside each other."""
    notices(several_of(SPACES, names, resolve, default, True))
    chosen = st.multiselect("Spaces", names, default=default, key=SPACES, bind="query-params", max_selections=MOST)
    settle(SPACES, default)
    return [name for name in names if name in chosen]


def also(titles: Sequence[str]) -> None:
    """Spaces that have just come join those that are shown; before `st.rerun`."""
    if SPACES in st.session_state:
        ask_for(**{SPACES: list(dict.fromkeys([*titles, *st.session_state[SPACES]]))[:MOST]})


def two_spaces(names: Sequence[str]) -> tuple[int, int]:
    """Two of the spaces, to be compared concept by concept.  -> their places in `names`"""
    chosen = []
    for key, label, place in ((ONE, "Concepts seen differently by", 0), (OTHER, "and by", len(names) - 1)):
        notices(one_of(key, names, names[place], "space"))
        chosen.append(st.selectbox(label, names, index=place, key=key, bind="query-params"))
    return names.index(chosen[0]), names.index(chosen[1])
