"""Explainer network: how much of a performer it explains, how steady its filters are, how it was trained."""

from dashboard import presets, selection
from dashboard.components import explainer, explainer_sections, notes
from dashboard.components.explainer_templates import teaching
from dashboard.components.explainer_training import training
from dashboard.selection_explainer import SECTIONS

here = selection.here()
found = explainer.explained(here)
seen = None if found is None else explainer.seen(here, found)
if seen is not None:
    drawn = (explainer_sections.share, explainer_sections.instability, training, teaching)
    dict(zip(SECTIONS, drawn, strict=True))[selection.section_picker(SECTIONS)](here, found, seen)
    explainer.origin(here, found, len(seen.looked.index))
notes.presets(presets.explainer())
explainer_sections.background()
notes.citations(["explainer"], False)
