"""What a dissection predicts in single pictures, at their own size, for people to see."""

from collections.abc import Sequence

import numpy as np
import torch

from core.methods.net2vec.dissection import Dissection
from core.methods.net2vec.frames import HALF, Frames
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
        cells, cut = np.tensordot(found.weights[c, filters], maps, 1), 0.0
    else:
        cells, cut = maps[filters == found.best[c]].any(0), HALF if found.binarisation[c] else 0.0
    return _enlarged(cells, preprocessing, size, cut)


def active(values: np.ndarray, threshold: float, preprocessing: Preprocessing, size: tuple[int, int]) -> np.ndarray:
    """Where a filter exceeds its threshold, enlarged before it is cut, which is smoother: figures 1 and 4, for display
    only.  (h, w) -> (H, W) bool, False where the network sees nothing"""
    return _enlarged(values, preprocessing, size, threshold)


def _enlarged(cells: np.ndarray, preprocessing: Preprocessing, size: tuple[int, int], cut: float) -> np.ndarray:
    frame = Frames((cells.shape[0], cells.shape[1]), preprocessing.seen_box).of(*size)
    inside = np.zeros(size, bool)
    above = frame.rows.matrix @ np.asarray(cells, np.float32) @ frame.columns.matrix.T > cut
    inside[frame.rows.seen, frame.columns.seen] = above
    return inside
