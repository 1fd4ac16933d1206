"""The methods: one paper, one file. Importing a file registers its methods in `METHODS`."""

from core.methods import gradcam, guided, lime
from core.methods.chip import maps as chip_maps
from core.methods.registry import METHODS, Method, explain, find_method

__all__ = ["METHODS", "Method", "chip_maps", "explain", "find_method", "gradcam", "guided", "lime"]
