"""What goes wrong, said in a sentence; the traceback goes to the log."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import CoreError

_log = logging.getLogger("channelscope.dashboard")


def sentence(error: Exception) -> str:
    """An error's text as a sentence: capital letter, full stop."""
    text = str(error).strip() or type(error).__name__
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "…")) else ".")


UNEXPECTED = (
    "Something went wrong that should not have: the details are in the server's log. The rest of the page still works."
)


def attempt(call: Callable[[], object]) -> tuple[object | None, str | None]:
    """What `call` gives, or None and the sentence why there is nothing. Reruns and stops pass through."""
    try:
        return call(), None
    except CoreError as error:
        return None, sentence(error)
    except Exception:
        _log.exception("the page failed")
        return None, UNEXPECTED


@contextmanager
def boundary() -> Iterator[None]:
    """Show what fails inside instead of ending the page. Reruns and stops are no Exception and pass through."""
    try:
        yield
    except CoreError as error:
        st.error(sentence(error), icon=":material/error:")
    except Exception:
        _log.exception("the page failed")
        st.error(UNEXPECTED, icon=":material/error:")


def notices(problems: Iterable[str]) -> None:
    """What a link asked for in vain."""
    for problem in problems:
        st.warning(problem, icon=":material/link_off:")
