"""Concepts as the pages of the group Concepts name and colour them."""

from core.methods.net2vec.expression import spelled
from core.probes.probe import CATEGORIES
from dashboard.views.ink import DARK, Ink

# Of each category: at least 3:1 on its ground, and apart for people who see no red, no green or no blue.
_LIGHT = ("#3f5ad8", "#9e2b20", "#0a9d74", "#a98a00", "#c254ac", "#432348")
_DARK = ("#6488ff", "#f06a2a", "#2bdc82", "#f4e24a", "#e394e1", "#b0d0ba")
_SYMBOLS = ("square", "circle", "triangle-up", "diamond", "cross", "star")
SYMBOLS = dict(zip(CATEGORIES, _SYMBOLS, strict=True))  # plotly's names
labels = spelled  # a page names concepts as a sum of them is typed


def colours(ink: Ink) -> dict[str, str]:
    """A colour for each category."""
    return dict(zip(CATEGORIES, _DARK if ink == DARK else _LIGHT, strict=True))
