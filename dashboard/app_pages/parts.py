"""Object parts: what a performer's filters become when they are disentangled, and which parts decided a prediction."""

from dashboard import presets, selection
from dashboard.components import explainer, notes, parts, prediction
from dashboard.selection_parts import SECTIONS

here = selection.here()
found = explainer.explained(here)
if found is not None:
    section = selection.section_picker(SECTIONS)
    if section == SECTIONS[1]:
        prediction.decided(here, found)
    elif (seen := explainer.seen(here, found)) is not None:
        parts.gallery(here, found, seen)
notes.presets(presets.parts())
parts.background()
notes.citations(["explainer", "receptive"], False)
