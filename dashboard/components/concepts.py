"""What the pages of the group Concepts share: a layer's dissection, or what to do for it."""

from collections.abc import Sequence

import streamlit as st

from dashboard import ask_concepts
from dashboard.components.working import Working
from dashboard.selection import Here
from dashboard.views import words

IMAGES = 2000  # of the probe, where it has so many: what `engine.dissect` takes


def dissection(here: Here):
    """That of the chosen layer; while there is none, what it takes, and a button."""
    if not here.probe.concepts:
        st.info(
            f"Nothing in the pictures of {here.probe.title} is marked as a concept. Choose a probe that has concepts, "
            "as the Menagerie has.",
            icon=":material/block:",
        )
        return None
    found = ask_concepts.dissection(here.network, here.probe, here.layers[0].name)
    if found is None:
        learn(here, [here.layers[0].name])
    return found


def learn(here: Here, layers: Sequence[str]) -> None:
    """What it takes to dissect layers in one pass, and a button; then the bar."""
    pictures = min(IMAGES, len(here.probe))
    st.caption(
        f"Needs a vector for each of {len(here.probe.concepts)} concepts at {words.joined(layers)}: learnt once from "
        f"{pictures:,} pictures of {here.probe.title} and what is marked in them, and kept."
    )
    if st.button("Compute", key=f"dissect-{'-'.join(layers)}", icon=":material/play_arrow:"):
        with Working("dissection") as progress:
            ask_concepts.dissect(here.network, here.probe, layers, progress)
        st.rerun()
