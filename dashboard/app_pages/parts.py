"""Object parts: what a performer's filters become when they are disentangled, and which parts decided a prediction."""

from dashboard import selection
from dashboard.components import explainer, notes

here = selection.here()
found = explainer.explained(here)
if found is not None:
    seen = explainer.seen(here, found, with_fields=True)
    if seen is not None:
        explainer.origin(here, found, len(seen.looked.index))
notes.citations(["explainer", "receptive"], False)
