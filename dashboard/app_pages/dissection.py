"""Concepts, Dissection: which filters encode a concept, alone and together, and which concepts a filter encodes."""

from dashboard import presets, selection
from dashboard.components import concepts, dissection, notes
from dashboard.components.dissection_categories import by_category
from dashboard.components.dissection_failures import failures
from dashboard.components.dissection_filters import one_filter
from dashboard.selection_dissection import SECTIONS

here = selection.here()
found = concepts.dissection(here)
if found is not None:
    sections = dict(zip(SECTIONS, (dissection.concept, one_filter, by_category, failures), strict=True))
    sections[selection.section_picker(SECTIONS)](here, found)
    dissection.origin(here, found)
notes.presets(presets.dissection())
dissection.background()
notes.citations(["net2vec"], False)
