"""Long work in place: what is being done, how far, how long still, and a way to stop."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.views.words import left_over


class Working:
    """A `progress(done, total, label)` that draws a bar where it was made; `with` it, and the bar leaves at the end.

    A press on 'Stop' starts the page's next run, which ends this one at its next step: nothing else is needed.
    """

    def __init__(self, key: str, stop: bool = True):
        self._place = st.empty()
        self._label, self._shown = "", 0.0
        self._start, self._first, self._done = time.monotonic(), 0, 0  # of the work that is called by the label
        with self._place.container():
            self._bar = st.progress(0.0, "Starting")
            if stop:
                st.button("Stop", key=f"stop-{key}", icon=":material/stop:")

    def __enter__(self) -> "Working":
        return self

    def __exit__(self, *_error) -> None:
        self._place.empty()

    def __call__(self, done: int, total: int, label: str) -> None:
        now = time.monotonic()
        if now - self._shown < 0.2 and done < total:
            return
        self._shown = now
        if label != self._label or done < self._done:  # each kind of work has a pace, and begins where it was stopped
            self._start, self._first, self._label = now, done, label
        self._done, made = done, done - self._first
        share = min(done / max(total, 1), 1.0)
        left = f", {left_over((now - self._start) * (total - done) / made)}" if made > 0.02 * total else ""
        count = f": {done:,} of {total:,}{left}" if total > 1 else ""
        self._bar.progress(share, f"{label[:1].upper()}{label[1:]}{count}")


@contextmanager
def when_told(key: str) -> Iterator[Callable[[int, int, str], None]]:
    """A progress that draws its bar when it is first told something, for what is nearly always there at once.

    Without 'Stop': it would be begun again as long as the choice stands that asks for it.
    """
    drawn: list[Working] = []

    def progress(done: int, total: int, label: str) -> None:
        if not drawn:
            drawn.append(Working(key, stop=False))
        drawn[0](done, total, label)

    try:
        yield progress
    finally:
        for working in drawn:
            working.__exit__()
