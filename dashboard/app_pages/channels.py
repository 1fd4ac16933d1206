"""Channels: the importance of a layer's channels by class, what classes share, and what lambda leaves."""

from dashboard import presets, selection
from dashboard.components import channels, notes

here = selection.here()
found = channels.importances(here)
at = selection.lambda_picker(channels.path(found), channels.path(found)[found.chosen])
weights = found.path[at]
sections = {
    "Importance": lambda: channels.heat_map(here, found, weights),
    "Overlap": lambda: channels.overlap(here, found, weights),
    "One class": lambda: channels.one_class(here, found, weights),
    "Sparsity": lambda: channels.sparsity(here, found, at),
}
sections[selection.section_picker(tuple(sections))]()
channels.origin(found)
notes.presets(presets.channels())
channels.background()
