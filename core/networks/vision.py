"""torchvision, importable on a CPU-only torch build: `from core.networks.vision import torchvision`.

There its compiled operators cannot be loaded, and importing it fails with "operator torchvision::nms does not exist",
though no classification model uses them.
"""

import importlib
import sys

import torch

_declared = []  # the schemas vanish with the library object, so it is kept for the life of the process


def _import():
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "operator torchvision::nms does not exist" not in str(error):
            raise
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    # FRAGMENT and not DEF: a library may be defined only once in a process, and a reload would be the second time.
    library = torch.library.Library("torchvision", "FRAGMENT")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _declared.append(library)
    return importlib.import_module("torchvision")


torchvision = _import()
