"""What the pages of the group Concepts let a person choose; the keys stand in `selection.py`."""

from collections.abc import Sequence

import streamlit as st

from dashboard.components.saying import notices
from dashboard.selection import CONCEPT, TASK, follow, one_of

TASKS = ("Segmentation", "Classification")


def concept_picker(labels: Sequence[str], default: str, label: str = "Concept") -> int:
    """One concept of the probe.  -> its number"""
    notices(one_of(CONCEPT, labels, default, "concept"))
    chosen = st.selectbox(
        label, labels, index=labels.index(default), key=CONCEPT, bind="query-params", width=260,
        help="Type part of a name. A name that two categories share has its category behind it.",
    )  # fmt: skip
    follow(CONCEPT, default)
    return labels.index(chosen)


def task_picker() -> str:
    """Which of the paper's two tasks the vectors were learnt for.  -> 'segmentation' or 'classification'"""
    notices(one_of(TASK, TASKS, TASKS[0], "task"))
    chosen = st.segmented_control(
        "Task", TASKS, default=TASKS[0], key=TASK, bind="query-params", required=True,
        help="Segmentation: which pixels are the concept (eqs. 1 to 4). Classification: whether the picture has it "
        "(eq. 5).",
    )  # fmt: skip
    return (chosen or TASKS[0]).lower()
