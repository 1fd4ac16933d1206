"""Explain, Through the layers: one class at every layer, by one method or by CHIP beside Grad-CAM."""

from core.methods import METHODS
from dashboard import presets, selection
from dashboard.components import notes, stages

here = selection.here()
titles = {
    name: one.title
    for name, one in METHODS.items()
    if one.kind == "saliency" and one.per_layer and one.cost == "instant"
}
sections = {
    "One method": lambda: stages.one_method(here, titles),
    "CHIP and Grad-CAM": lambda: stages.two_rows(here, titles),
}
methods = sections[selection.section_picker(tuple(sections))]()
notes.presets(presets.layers())
notes.equations(methods, False)
notes.citations(methods, False)
