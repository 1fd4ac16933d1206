"""Channel gates: which channels of a layer are open in each perturbed network (section III-A), and what it weighs."""

import numpy as np


def draw(count: int, channels: int, generator: np.random.Generator) -> np.ndarray:
    """Gates d: how many channels are open is uniform on 0 … K, then which ones is uniform.  -> (count, K) bool"""
    opened = generator.integers(0, channels, count, endpoint=True)
    keys = generator.random((count, channels), dtype=np.float32)
    limits = np.concatenate([np.sort(keys, 1), np.full((count, 1), np.inf, np.float32)], 1)
    return keys < limits[np.arange(count), opened, None]


def of_image(count: int, channels: int, seed: int, index: int) -> np.ndarray:
    """The gates of one image of a probe: the same in whichever batch or order it comes.  -> (count, K) bool"""
    return draw(count, channels, np.random.default_rng([seed, index]))


def proximity(gates: np.ndarray, sigma2: float) -> np.ndarray:
    """h = exp(-||d - 1||^2 / sigma^2) (eq. 8).  (…, K) bool -> (…,) float64

    The paper gives no sigma. We use sigma^2 = K / 4: a network with an eighth of its channels closed counts 0.61, one
    with half of them closed 0.14, and half of all gates have a say, whatever K is. With sigma = 1 and 512 channels, as
    many as four in a thousand would.
    """
    return np.exp(-(~gates).sum(-1) / sigma2)
