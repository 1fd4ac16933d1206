"""Data and cache, Networks: what can be opened, and the layers of the one that is open."""

from dashboard import ask, selection
from dashboard.components import networks

shared = selection.shared()
sections = {
    "The open one": lambda: networks.opened(shared),
    "All": lambda: networks.listed(ask.network_cards()),
    "torchvision": lambda: networks.torchvision(ask.network_cards()),
    "Your checkpoint": lambda: networks.checkpoint(ask.network_cards()),
    "Your own code": networks.own_code,
}
sections[selection.section_picker(tuple(sections))]()
