"""Explainer network: how much of a performer it explains, how steady its filters are, how it was trained."""

from dashboard import selection
from dashboard.components import explainer, notes

here = selection.here()
found = explainer.explained(here)
if found is not None:
    seen = explainer.seen(here, found)
    if seen is not None:
        explainer.origin(here, found, len(seen.looked.index))
notes.citations(["explainer"], False)
