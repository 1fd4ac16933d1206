"""Concepts as the pages of the group Concepts name and colour them."""

from collections import Counter
from collections.abc import Sequence

from core.probes.probe import CATEGORIES, Concept
from dashboard.views.ink import DARK, Ink

# Of each category: at least 3:1 on its ground, and apart for people who see no red, no green or no blue.
_LIGHT = ("#3f5ad8", "#9e2b20", "#0a9d74", "#a98a00", "#c254ac", "#432348")
_DARK = ("#6488ff", "#f06a2a", "#2bdc82", "#f4e24a", "#e394e1", "#b0d0ba")
_SYMBOLS = ("square", "circle", "triangle-up", "diamond", "cross", "star")
SYMBOLS = dict(zip(CATEGORIES, _SYMBOLS, strict=True))  # plotly's names


def labels(concepts: Sequence[Concept]) -> tuple[str, ...]:
    """One name per concept, all different: where two categories share a name, the category stands behind it."""
    shared = {name for name, count in Counter(one.name for one in concepts).items() if count > 1}
    return tuple(f"{one.name} ({one.category})" if one.name in shared else one.name for one in concepts)


def colours(ink: Ink) -> dict[str, str]:
    """A colour for each category."""
    return dict(zip(CATEGORIES, _DARK if ink == DARK else _LIGHT, strict=True))
