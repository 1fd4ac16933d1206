"""What the page Explainer network lets a person choose; the keys stand in `selection.py`."""

from dataclasses import replace

import streamlit as st

from core.engine.parts import MOST_EPOCHS
from core.methods.explainer.training import FILTER_LOSSES, Settings
from dashboard.components.saying import notices
from dashboard.selection import (
    BESIDE,
    EPOCHS,
    INTERPRETABLE,
    LOSS,
    MASKED,
    PLACE_COLUMN,
    PLACE_ROW,
    RUN,
    Here,
    follow,
    news,
    one_of,
)

SECTIONS = ("Share explained", "Instability", "Training", "Templates")
BESIDES = {"top": "Top conv layer", "target": "Target layer"}
LOSSES = {name.capitalize(): name for name in FILTER_LOSSES}
MOST_SEEDS = 99


def beside_picker() -> str:
    """Which layer of the performer the explainer stands beside: 'top' or 'target'."""
    options = tuple(BESIDES.values())
    notices(one_of(BESIDE, options, options[0], "layer"))
    chosen = st.segmented_control(
        "Beside the performer's", options, default=options[0], key=BESIDE, bind="query-params", required=True,
        help="Table 1 sets the explainer beside the top conv layer, the appendix also beside the target layer, which "
        "the explainer reads.",
    )  # fmt: skip
    return next((name for name, title in BESIDES.items() if title == chosen), "top")


def settings_picker(usual: Settings) -> Settings:
    """How another explainer would be trained; the usual settings unless one chooses."""
    names, first = tuple(LOSSES), usual.filter_loss.capitalize()
    notices(one_of(LOSS, names, first, "filter loss"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        loss = st.segmented_control(
            "Filter loss", names, default=first, key=LOSS, bind="query-params", required=True,
            help="The published approximate gradient of equation 2, the exact one, or none: what do filters become "
            "without it? At random places is a control: the published one, told to find the part where it is not.",
        )  # fmt: skip
        masked = st.toggle(
            "Masks", usual.masked, key=MASKED, bind="query-params",
            help="Without masks a filter may fire in several places at once.",
        )  # fmt: skip
        epochs = _whole(EPOCHS, "Epochs", 1, MOST_EPOCHS, usual.epochs, "More epochs take longer.")
        seed = _whole(RUN, "Seed", 0, MOST_SEEDS, usual.seed, "Another seed shows what is chance.")
    return replace(
        usual, filter_loss=LOSSES.get(loss, usual.filter_loss), masked=masked, epochs=epochs, seed=seed, classes=False
    )


def filter_picker(here: Here, count: int, default: int) -> int:
    help = f"0 to {count - 1}. Opens with one that fires strongly for {here.picture.title}."
    return _whole(INTERPRETABLE, "Filter of conv-interp-2", 0, count - 1, default, help)


def place_picker(side: int) -> tuple[int, int]:
    """Row and column of mu."""
    with st.container(horizontal=True, gap="medium"):
        row = _slid(PLACE_ROW, "Row of μ", side, "Where the part is, from the top.")
        column = _slid(PLACE_COLUMN, "Column of μ", side, "Where the part is, from the left.")
    return row, column


def _slid(key: str, label: str, side: int, help: str) -> int:
    if key in st.session_state:  # said again: a slider that ends elsewhere is another widget, which would begin anew
        st.session_state[key] = min(st.session_state[key], side - 1)
    return st.slider(label, 0, side - 1, side // 2, key=key, bind="query-params", width=220, help=help)


def _whole(key: str, label: str, low: int, high: int, default: int, help: str) -> int:
    asked = [text for text in news(key) if not text.isdecimal() or not low <= int(text) <= high]
    notices(f"The link asks for {label.lower()} {text}; here it goes from {low} to {high}." for text in asked)
    held = st.session_state.get(key)
    if held is not None:
        st.session_state[key] = min(max(int(held), low), high)
    chosen = st.number_input(label, low, high, default, key=key, bind="query-params", width=160, help=help)
    follow(key, default)
    return int(chosen)
