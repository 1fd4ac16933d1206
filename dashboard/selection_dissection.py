"""What the page Dissection lets a person choose besides concept and task; the keys stand in `selection.py`."""

from collections.abc import Sequence

import streamlit as st

from core.errors import UnknownName, near
from dashboard.components.saying import notices
from dashboard.selection import (
    CONCEPT,
    EXAMPLES,
    FILTER,
    NETWORKS,
    OVER,
    SECTION,
    ask_for,
    follow,
    news,
    one_of,
    settle,
    several_of,
)

SECTIONS = ("Concept", "Filter", "By category", "Failures")
MAXIMAL, DECILES = "Maximal", "Deciles"
LAYERS, BY_NETWORK = "Layers", "Networks"


def filter_picker(count: int, default: int) -> int:
    """One filter of a layer that has `count`, by its number."""
    asked = [text for text in news(FILTER) if not text.isdecimal() or int(text) >= count]
    notices(f"The link asks for filter {text}; here they are numbered 0 to {count - 1}." for text in asked)
    held = st.session_state.get(FILTER)
    if held is not None:  # said again: a field that ends elsewhere is another widget, which would begin anew
        st.session_state[FILTER] = min(max(int(held), 0), count - 1)
    help = f"0 to {count - 1}. Opens with one that is the best filter of several concepts."
    chosen = st.number_input("Filter", 0, count - 1, default, key=FILTER, bind="query-params", width=160, help=help)
    follow(FILTER, default)
    return int(chosen)


def examples_picker(options: Sequence[str] = (DECILES, MAXIMAL)) -> bool:
    """Which examples of a distribution are shown; the first unless one chooses.  -> whether one for each decile"""
    notices(one_of(EXAMPLES, options, options[0], "choice of examples"))
    chosen = st.segmented_control(
        "Examples", options, default=options[0], key=EXAMPLES, bind="query-params", required=True,
        help="Maximal examples show a filter at its best. One for each tenth of what is not zero shows it as it "
        "usually is (section 5.1).",
    )  # fmt: skip
    return (chosen or options[0]) == DECILES


def over_picker() -> bool:
    """What categories are followed over: the open network's layers, or networks.  -> whether networks"""
    options = (LAYERS, BY_NETWORK)
    notices(one_of(OVER, options, options[0], "comparison"))
    chosen = st.segmented_control(
        "Over", options, default=options[0], key=OVER, bind="query-params", required=True,
        help="Figure 2 follows categories through the layers of a network, figure 6 over networks.",
    )  # fmt: skip
    return chosen == BY_NETWORK


def networks_picker(names: Sequence[str], default: Sequence[str]) -> list[str]:
    """Which networks stand beside each other."""

    def unknown(text: str) -> str:
        raise UnknownName(f"no network '{text}'{near(text, names)}")

    notices(several_of(NETWORKS, names, unknown, default, True))
    chosen = st.multiselect(
        "Networks", names, default=default, key=NETWORKS, bind="query-params", max_selections=12,
        help="Each at its last layer with a spatial extent before the classifier.",
    )  # fmt: skip
    settle(NETWORKS, default)
    return [name for name in names if name in chosen]


def open_filter(k: int) -> None:
    """To the section of a filter; from a callback."""
    ask_for(**{SECTION: SECTIONS[1], FILTER: k})


def open_concept(label: str) -> None:
    """To the section of a concept; from a callback."""
    ask_for(**{SECTION: SECTIONS[0], CONCEPT: label})
