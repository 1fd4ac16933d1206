"""One saliency map and what it is a map of."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import interpolate

from core.networks.preprocessing import Preprocessing


@dataclass(frozen=True)
class Heatmap:
    """`values` (h, w) float32 on the method's own scale, at the layer's or the network's input resolution."""

    values: np.ndarray
    method: str
    layer: str | None
    class_index: int
    signed: bool = False

    def at_input(self, height: int, width: int) -> np.ndarray:
        """Brought to the network's input resolution, bilinear, corners not aligned.  -> (height, width) float32"""
        return enlarged(self.values, height, width)

    def at(self, preprocessing: Preprocessing, height: int, width: int) -> np.ndarray:
        """Put on an image of (height, width): bilinear to the network's input, then back through its preprocessing; NaN
        where the network never looked.  -> (height, width) float32"""
        return preprocessing.back(self.at_input(*preprocessing.size), height, width)


def enlarged(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """A map at another resolution: bilinear, corners not aligned.  (h, w) -> (height, width) float32"""
    if values.shape == (height, width):
        return np.ascontiguousarray(values, np.float32)
    source = torch.from_numpy(np.ascontiguousarray(values, np.float32))[None, None]
    return interpolate(source, (height, width), mode="bilinear", align_corners=False)[0, 0].numpy()
