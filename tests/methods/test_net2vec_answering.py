"""A vector's answers: position by position, and which pictures it answers most, again with loops."""

import numpy as np
import pytest

from core.methods.net2vec.answering import answering, response
from core.methods.net2vec.firing import Fired
from core.methods.net2vec.pool import Pool

VALUES = np.array([[[0.0, 2.0], [3.0, 1.0]], [[5.0, 0.0], [0.0, 4.0]]])  # two filters on two by two positions
THRESHOLDS = np.array([1.5, 3.0])
VECTOR = np.array([0.5, -2.0])


def test_worked_by_hand():
    assert response(VALUES, THRESHOLDS, VECTOR, "segmentation").tolist() == [[-2.0, 0.5], [0.5, -2.0]]
    assert response(VALUES, THRESHOLDS, VECTOR, "classification").tolist() == [[-10.0, 1.0], [1.5, -7.5]]


def test_a_value_at_the_threshold_does_not_fire():
    assert response(VALUES, np.array([2.0, 5.0]), VECTOR, "segmentation").tolist() == [[0.0, 0.0], [0.5, 0.0]]


@pytest.fixture
def seen():
    """Activations of four filters on nine pictures of three by two positions, and what is recorded of them."""
    rng = np.random.default_rng(3)
    values = rng.random((9, 4, 3, 2)).astype(np.float32)
    thresholds = np.full(4, 0.7, np.float32)
    image, filters, row, column = np.nonzero(values > 0.7)
    order = np.lexsort((filters, row * 2 + column, image))
    fired = Fired(
        thresholds, image[order].astype(np.int32), (row * 2 + column)[order].astype(np.int32),
        filters[order].astype(np.int16), values.mean((2, 3)), values.max((2, 3)), (3, 2),
    )  # fmt: skip
    return values, fired, Pool(np.arange(9) * 10, np.array([True, False, False] * 3))


@pytest.mark.parametrize("task", ["segmentation", "classification"])
def test_the_pictures_that_are_answered_most(seen, task):
    values, fired, pool = seen
    vector = np.array([1.0, -0.7, 0.4, 0.2])
    amounts = {}
    for n in range(9):
        if pool.training[n]:
            continue
        cells = []
        for i in range(3):
            for j in range(2):
                cell = values[n, :, i, j].astype(float)
                seen_as = cell > np.float32(0.7) if task == "segmentation" else cell
                cells.append(sum(float(vector[k]) * seen_as[k] for k in range(4)))
        amounts[n] = sum(c > 0 for c in cells) if task == "segmentation" else sum(cells)
    expected = sorted((n for n in amounts if amounts[n] > 0), key=lambda n: -amounts[n])[:4]
    assert answering(fired, pool, vector, task, 4).tolist() == expected


def test_a_vector_that_says_no_everywhere_answers_no_picture(seen):
    _, fired, pool = seen
    for task in ("segmentation", "classification"):
        assert not len(answering(fired, pool, -np.ones(4), task, 4))
