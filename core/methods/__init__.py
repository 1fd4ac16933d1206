"""The methods: one paper, one file. Importing a file registers its methods in `METHODS`."""

from core.methods import gradcam, guided, lime

# isort: split  (a picker lists the methods in the order in which they register)
from core.methods.chip import maps as chip_maps

# isort: split
from core.methods import backprop, excitation
from core.methods.registry import METHODS, Method, explain, find_method

__all__ = [
    "METHODS",
    "Method",
    "backprop",
    "chip_maps",
    "excitation",
    "explain",
    "find_method",
    "gradcam",
    "guided",
    "lime",
]
