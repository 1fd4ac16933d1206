"""Toy pictures for Net2Vec's tests: firing and masks drawn by chance, no network and no probe."""

import zlib
from types import SimpleNamespace

import numpy as np

from core.methods.net2vec.firing import Fired
from core.methods.net2vec.masks import Masks
from core.methods.net2vec.pool import Pool


def fired_of(maps, means=None):
    """The record of binary maps.  (N, K, h, w) bool"""
    images, filters, height, width = maps.shape
    n, cell, k = np.nonzero(maps.reshape(images, filters, -1).transpose(0, 2, 1))
    means = np.zeros((images, filters), np.float32) if means is None else means
    thresholds = np.zeros(filters, np.float32)
    places = (n.astype(np.int32), cell.astype(np.int32), k.astype(np.int16))
    return Fired(thresholds, *places, means, means, (height, width))


def masks_of(pictures, concepts, known=None):
    """The record of {concept: (H, W) bool} of each picture; `known` (N, C): what is there without a mask too."""
    image, concept, area, packed = [], [], [], []
    for position, found in enumerate(pictures):
        for number, mask in sorted(found.items()):
            if mask.any():
                image.append(position)
                concept.append(number)
                area.append(int(mask.sum()))
                packed.append(zlib.compress(np.packbits(mask).tobytes(), 1))
    present = np.zeros((len(pictures), concepts), bool) if known is None else known.copy()
    present[image, concept] = True
    return Masks(
        np.array(image, np.int32),
        np.array(concept, np.int16),
        np.array(area, np.int64),
        np.concatenate([[0], np.cumsum([len(one) for one in packed])]).astype(np.int64),
        np.frombuffer(b"".join(packed), np.uint8),
        np.array([next((m.shape for m in found.values()), (0, 0)) for found in pictures], np.int32),
        present,
    )


def toys(images=18, filters=6, concepts=5, grid=(3, 4), sizes=((12, 16), (10, 9), (31, 20)), seed=0, rate=0.3):
    """Pictures of several sizes. Filter 1 never fires; the last concept is in one training picture only, the one before
    it fills every picture that it is in."""
    generator = np.random.default_rng(seed)
    maps = generator.random((images, filters, *grid)) < rate
    maps[:, 1] = False
    pictures = []
    for n in range(images):
        shape, found = sizes[n % len(sizes)], {}
        for c in range(concepts - 2):
            if generator.random() < 0.6:
                found[c] = generator.random(shape) < 0.2 + 0.2 * c
        if n % 3 == 0:
            found[concepts - 2] = np.ones(shape, bool)
        if n == 1:
            found[concepts - 1] = generator.random(shape) < 0.5
        pictures.append(found)
    pool = Pool(np.arange(images) * 2, np.arange(images) % 4 != 3)
    return SimpleNamespace(
        maps=maps, pictures=pictures, pool=pool, fired=fired_of(maps), masks=masks_of(pictures, concepts)
    )


def upsampled(map_, shape, window=None):
    """Bilinear, without anchoring, pixel by pixel in float64; NaN where the network sees nothing.  (h, w) -> (H, W)"""
    (h, w), (height, width) = map_.shape, shape
    top, left, bottom, right = window or (0, 0, height, width)
    result = np.full(shape, np.nan)
    for i in range(height):
        for j in range(width):
            if i + 1 > top and i < bottom and j + 1 > left and j < right:
                y = min(max((i + 0.5 - top) * h / (bottom - top) - 0.5, 0), h - 1)
                x = min(max((j + 0.5 - left) * w / (right - left) - 0.5, 0), w - 1)
                r, c = int(y), int(x)
                below, beside = min(r + 1, h - 1), min(c + 1, w - 1)
                a, b = y - r, x - c
                upper = (1 - b) * float(map_[r, c]) + b * float(map_[r, beside])
                lower = (1 - b) * float(map_[below, c]) + b * float(map_[below, beside])
                result[i, j] = (1 - a) * upper + a * lower
    return result
