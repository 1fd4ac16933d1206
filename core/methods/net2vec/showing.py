"""What a dissection predicts in single pictures, at their own size, for people to see."""

from collections.abc import Sequence

import numpy as np
import torch

from core.methods.net2vec.dissection import Dissection
from core.methods.net2vec.frames import HALF, Frames
from core.methods.net2vec.segmentation import segment
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.networks.taps import tap


def emitted(network: Network, images: Sequence[np.ndarray], layer: str, k: int) -> np.ndarray:
    """What one filter emits for some pictures, in one batch.  (H, W, 3) uint8 each -> (N, h, w) float32"""
    with torch.no_grad(), tap(network, layer) as seen:
        network(network.prepare(list(images)))
    return seen[network.layer(layer).name][:, k].cpu().numpy()


def firing(values: np.ndarray, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The filters that fire somewhere in a picture, and where, as `Fired.of_image` has them.  (K, h, w), (K,) ->
    (m,) int64, (m, h, w) bool"""
    above = values > thresholds[:, None, None]
    filters = np.flatnonzero(above.any((1, 2)))
    return filters, above[filters]


def predicted(
    found: Dissection,
    c: int,
    together: bool,
    filters: np.ndarray,
    maps: np.ndarray,
    preprocessing: Preprocessing,
    size: tuple[int, int],
) -> np.ndarray:
    """Where concept c is predicted in a picture of height and width `size`, as it is scored: by all filters `together`
    (eq. 2) or by its best one (eq. 1).  (m,), (m, h, w) bool -> (H, W) bool, False where the network sees nothing"""
    if together:
        weights, cut = found.weights[c, filters], 0.0
    else:
        weights, cut = (filters == found.best[c]).astype(np.float32), HALF if found.binarisation[c] else 0.0
    return segment(maps, np.zeros(len(filters)), weights, size, preprocessing.seen_box) > cut


def active(values: np.ndarray, threshold: float, preprocessing: Preprocessing, size: tuple[int, int]) -> np.ndarray:
    """Where a filter exceeds its threshold, enlarged before it is cut, which is smoother: figures 1 and 4, for display
    only.  (h, w) -> (H, W) bool, False where the network sees nothing"""
    frame = Frames((values.shape[0], values.shape[1]), preprocessing.seen_box).of(*size)
    inside = np.zeros(size, bool)
    above = frame.rows.matrix @ values @ frame.columns.matrix.T > threshold
    inside[frame.rows.seen, frame.columns.seen] = above
    return inside
