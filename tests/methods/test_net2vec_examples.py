"""A picture for each concept, found again with loops, and by hand."""

import math

import numpy as np

from core.methods.net2vec.examples import BEST, examples
from core.methods.net2vec.masks import Masks


def made(image, concept, area, sizes, present) -> Masks:
    """Masks whose bits nobody asks for."""
    whole = np.zeros(len(image) + 1, np.int64)
    return Masks(
        np.array(image, np.int32), np.array(concept, np.int16), np.array(area, np.int64), whole, np.zeros(0, np.uint8),
        np.array(sizes, np.int32), np.array(present, bool),
    )  # fmt: skip


def test_by_hand():
    present = [[1, 0, 1, 0], [1, 0, 1, 0], [1, 1, 1, 0]]
    masks = made([0, 1, 1, 2], [0, 0, 2, 0], [10, 50, 100, 100], [[10, 10]] * 3, present)
    assert examples(masks).tolist() == [1, 2, 1, -1]  # half of it; known without a mask; all of it; nowhere


def test_of_pictures_as_good_the_first():
    masks = made([0, 1, 2], [0, 0, 0], [1, 40, 80], [[10, 10], [10, 10], [10, 20]], [[1]] * 3)
    assert examples(masks).tolist() == [1]


def test_again_with_loops():
    rng = np.random.default_rng(5)
    sizes = rng.integers(5, 30, (20, 2))
    has = rng.random((20, 7)) < 0.3
    image, concept = np.nonzero(has)
    area = [int(rng.integers(1, sizes[n].prod() + 1)) for n in image]
    expected = []
    for c in range(7):
        off = {}
        for n, k, pixels in zip(image, concept, area, strict=True):
            if k == c:
                off[int(n)] = abs(math.log(pixels / (BEST * int(sizes[n, 0]) * int(sizes[n, 1]))))
        expected.append(min(off, key=off.get) if off else -1)
    assert examples(made(image, concept, area, sizes, has)).tolist() == expected
