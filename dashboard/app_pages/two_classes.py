"""Explain, Two classes: the same picture asked twice, by one method with the difference, or by all methods."""

from core.methods import METHODS
from dashboard import presets, selection
from dashboard.components import notes, versus

here = selection.here()
titles = {name: one.title for name, one in METHODS.items() if one.kind == "saliency"}
sections = {
    "One method": lambda: versus.one_method(here, titles),
    "All methods": lambda: versus.all_methods(here, titles),
}
methods = sections[selection.section_picker(tuple(sections))]()
notes.presets(presets.two_classes())
notes.equations(methods, False)
notes.citations(methods, False)
