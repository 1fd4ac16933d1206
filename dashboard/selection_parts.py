"""What the page Object parts lets a person choose; the keys stand in `selection.py`."""

import streamlit as st

from dashboard.components.saying import notices
from dashboard.selection import COUNT, GIVERS, OF_CLASS, PEAKS, SORT, Here, one_of
from dashboard.views.parts import ACTIVITY, BY_CLASS, STABILITY

SECTIONS = ("Gallery", "One prediction")
ORDERS = (STABILITY, ACTIVITY, BY_CLASS)
EACH, ALL, CHOSEN = "One of each class", "All classes", "The chosen class"
COUNTS = ("4", "8", "16", "32")
HIGHEST, QUANTILES = "Highest peaks", "By quantiles"
PARTS, FILTERS = "Parts", "Filters"


def order_picker(marked: bool) -> str:
    """By what filters are sorted; by stability only where landmarks are marked."""
    options = ORDERS if marked else ORDERS[1:]
    notices(one_of(SORT, options, options[0], "order"))
    return st.segmented_control(
        "Sorted by", options, default=options[0], key=SORT, bind="query-params", required=True,
        help="Stability: how little a filter's peak moves against the landmarks of its class's pictures, the steadiest "
        "first; filters that fire in less than a fifth of these come later. Activity: the mean of a filter's peaks.",
    )  # fmt: skip


def owner_picker(here: Here) -> dict:
    """Whose filters are shown, as `views.parts.chosen` takes it."""
    options = (EACH, ALL, CHOSEN)
    notices(one_of(OF_CLASS, options, EACH, "choice of classes"))
    chosen = st.segmented_control(
        "Filters of", options, default=EACH, key=OF_CLASS, bind="query-params", required=True,
        help=f"The chosen class is the one above the page, now '{here.names[here.classes[0]]}'. A filter is of the "
        "class whose pictures activate it most.",
    )  # fmt: skip
    return {"owner": here.classes[0] if chosen == CHOSEN else None, "each": chosen == EACH}


def peaks_picker() -> bool:
    """Which pictures stand in a filter's row.  -> whether evenly from its highest peak to its lowest"""
    options = (HIGHEST, QUANTILES)
    notices(one_of(PEAKS, options, HIGHEST, "choice of pictures"))
    chosen = st.segmented_control(
        "Pictures of its class", options, default=HIGHEST, key=PEAKS, bind="query-params", required=True,
        help="The highest peaks show a filter at its best; pictures spread evenly from its highest peak to its lowest "
        "show it as it usually is.",
    )  # fmt: skip
    return chosen == QUANTILES


def count_picker() -> int:
    """How many filters of each layer are shown."""
    notices(one_of(COUNT, COUNTS, COUNTS[1], "number of filters"))
    chosen = st.segmented_control("Filters", COUNTS, default=COUNTS[1], key=COUNT, bind="query-params", required=True)
    return int(chosen or COUNTS[1])


def givers_picker() -> str:
    """What the bars of a prediction stand for."""
    notices(one_of(GIVERS, (PARTS, FILTERS), PARTS, "choice of bars"))
    return st.segmented_control(
        "Score by", (PARTS, FILTERS), default=PARTS, key=GIVERS, bind="query-params", required=True,
        help="Parts: filters whose peaks lie on one part of the object, together.",
    ) or PARTS  # fmt: skip
