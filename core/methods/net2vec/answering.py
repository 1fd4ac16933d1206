"""What a vector in filter space says of pictures: one that was learned for a concept, or a sum of several.

For segmentation S sum_k w_k [a_k > T_k] > 0 is where it answers (eq. 2 without the sigmoid); for classification
w_k a_k, whose mean over positions is what eq. 5 adds up, is how much each position speaks for it.
"""

import numpy as np

from core.methods.net2vec.firing import Fired
from core.methods.net2vec.pool import Pool


def response(values: np.ndarray, thresholds: np.ndarray, vector: np.ndarray, task: str) -> np.ndarray:
    """A vector's answer at each position of a layer.  (K, h, w), thresholds (K,), (K,) -> (h, w) float32"""
    seen = values > thresholds[:, None, None] if task == "segmentation" else values
    return np.tensordot(vector, seen, 1).astype(np.float32)


def answering(fired: Fired, pool: Pool, vector: np.ndarray, task: str, count: int) -> np.ndarray:
    """The validation pictures that a vector answers most, as positions in the pool, the first of equals first: by the
    share of the layer's positions where the sum is above 0, or by its mean.  (K,) -> at most (count,)"""
    if task == "segmentation":
        cells = fired.grid[0] * fired.grid[1]
        place = fired.image.astype(np.int64) * cells + fired.cell
        sums = np.bincount(place, vector[fired.filter], len(pool) * cells).reshape(len(pool), cells)
        amount = (sums > 0).mean(1)
    else:
        amount = fired.means.astype(np.float64) @ vector
    held_out = np.flatnonzero(~pool.training & (amount > 0))
    return held_out[np.argsort(-amount[held_out], kind="stable")[:count]]
