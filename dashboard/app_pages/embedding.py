"""Embedding space: concepts as vectors of a layer, their neighbours, sums, map, and spaces beside each other."""

from dashboard import presets, selection
from dashboard.components import concept_map, concepts, embedding, notes, spaces

SECTIONS = ("Neighbours", "Arithmetic", "Map", "Spaces")

here = selection.here()
found = concepts.dissection(here)
if found is not None:
    section = selection.section_picker(SECTIONS)
    if section == "Neighbours":
        embedding.neighbours(here, found)
    elif section == "Arithmetic":
        embedding.arithmetic(here, found)
    elif section == "Map":
        concept_map.chart(here, found)
    else:
        spaces.beside(here, found)
notes.presets(presets.embedding())
embedding.background()
notes.citations(["net2vec"], False)
