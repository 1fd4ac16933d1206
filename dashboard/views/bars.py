"""The most probable classes, as bars that fit into a button's label."""

import base64
from collections.abc import Sequence

import numpy as np

from dashboard.views.ink import Ink
from dashboard.views.words import probability


def top(probabilities: np.ndarray, count: int = 5) -> list[int]:
    """Indices of the most probable classes, the first of equals first.  (classes,)"""
    return [int(index) for index in np.argsort(-probabilities, kind="stable")[:count]]


def label(name: str, value: float, chosen: bool, ink: Ink) -> str:
    """Bar, figure and name in Markdown; a chosen class is bold."""
    words = name if len(name) <= 24 else f"{name[:23]}…"
    return f"![]({bar(value, chosen, ink)}) {probability(value)} {f'**{words}**' if chosen else words}"


def bar(value: float, chosen: bool, ink: Ink, width: int = 72) -> str:
    """A horizontal bar from 0 to 1 as a data address."""
    filled = (
        f'<rect width="{max(width * value, 1.5):.1f}" height="12" rx="2" fill="{ink.accent if chosen else ink.muted}"/>'
    )
    body = f'<rect width="{width}" height="12" rx="2" fill="{ink.line}"/>{filled}'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="12" viewBox="0 0 {width} 12">{body}</svg>'
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def most_probable(probabilities: np.ndarray, names: Sequence[str]) -> str:
    """'zebra (0.81)' of the first class."""
    best = int(probabilities.argmax())
    return f"{names[best]} ({probability(float(probabilities[best]))})"
