"""The time left that a bar of long work tells."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components import working


def page():
    import streamlit as st

    from dashboard.components.working import Working

    progress = Working("test")
    for told in st.session_state["told"]:
        progress(*told)


@pytest.mark.parametrize(
    ("told", "clock", "text"),
    [
        ([(0, 100, "drawing"), (50, 100, "drawing")], [1, 11], "Drawing: 50 of 100, about 10 seconds left"),
        ([(0, 100, "drawing")], [1], "Drawing: 0 of 100"),
        ([(60, 100, "drawing"), (80, 100, "drawing")], [1, 11], "Drawing: 80 of 100, about 10 seconds left"),
        (
            [(0, 100, "drawing"), (99, 100, "drawing"), (0, 10, "learning"), (5, 10, "learning")],
            [1, 500, 501, 506],
            "Learning: 5 of 10, about 5 seconds left",
        ),
        (
            [(0, 10, "learning"), (10, 10, "learning"), (0, 10, "learning"), (1, 10, "learning")],
            [1, 100, 101, 102],
            "Learning: 1 of 10, about 9 seconds left",
        ),
    ],
    ids=["from nothing", "at once", "begun before", "another kind of work", "once more"],
)
def test_the_time_left_is_that_of_the_work_in_hand(told, clock, text, monkeypatch):
    seconds = iter([0, *clock])
    monkeypatch.setattr(working, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    app = AppTest.from_function(page)
    app.session_state["told"] = told
    app.run()
    assert not app.exception
    assert app.get("progress")[0].proto.text == text
