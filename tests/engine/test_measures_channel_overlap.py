"""Sets of channels and what they share, by hand and by loops."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from core.measures.channel_overlap import (
    above_share,
    nearest,
    overlaps,
    rank_correlation,
    regions,
    strongest,
    top_channels,
)

WEIGHTS = np.array(
    [
        [0.5, 0.0, 0.4, -0.9, 0.0004, 0.0006],
        [0.1, 0.1, 0.1, 0.0, 0.0, 0.0],
        [0.0, -0.2, 0.0, -0.1, 0.0, 0.0],
    ]
)


def sets(*rows):
    return np.array([[c == "#" for c in row] for row in rows])


def test_top_channels_by_hand():
    assert (top_channels(WEIGHTS, 3) == sets("#.#..#", "###...", "......")).all()
    assert (top_channels(WEIGHTS[1], 2) == sets("##....")[0]).all(), "of equals the lower index comes first"
    assert strongest(WEIGHTS[0], 2).tolist() == [0, 2]
    assert strongest(WEIGHTS[2], 2).tolist() == []


def test_top_channels_equal_a_loop():
    weights = np.random.default_rng(0).normal(size=(5, 40)).round(1)
    for k in (1, 7, 40):
        for row, found in zip(weights, top_channels(weights, k), strict=True):
            ranked = sorted(range(40), key=lambda channel: (-row[channel], channel))[:k]
            wanted = {channel for channel in ranked if row[channel] > 0}
            assert set(np.flatnonzero(found)) == wanted
            assert strongest(row, k).tolist() == [channel for channel in ranked if channel in wanted]


def test_a_share_of_the_largest_weight():
    assert (above_share(WEIGHTS) == sets("#.#..#", "###...", "......")).all()
    assert (above_share(WEIGHTS, 0.9) == sets("#.....", "###...", "......")).all()
    assert (above_share(WEIGHTS, 0.0) == (WEIGHTS > 0)).all()


@pytest.mark.parametrize("count", [2, 3])
def test_regions_of_a_venn_diagram_equal_counting(count):
    members = np.random.default_rng(1).random((count, 60)) < 0.4
    found = regions(members)
    counted = {}
    for column in members.T:
        if column.any():
            counted[tuple(map(bool, column))] = counted.get(tuple(map(bool, column)), 0) + 1
    assert len(found) == 2**count - 1
    assert {region: number for region, number in found.items() if number} == counted


def test_overlaps_equal_sets():
    members = np.random.default_rng(2).random((6, 30)) < 0.5
    found = overlaps(members)
    for i in range(6):
        for j in range(6):
            assert found[i, j] == len(set(np.flatnonzero(members[i])) & set(np.flatnonzero(members[j])))


def test_the_nearest_classes_share_most_and_the_class_itself_is_not_among_them():
    members = sets("##..", "##..", ".##.", "....")
    assert nearest(members, 0) == [(1, 2), (2, 1), (3, 0)]


def test_rank_correlation_equals_scipy_with_ties():
    generator = np.random.default_rng(3)
    first, second = generator.integers(0, 6, 50), generator.normal(size=50)
    assert rank_correlation(first, second) == pytest.approx(spearmanr(first, second).statistic, abs=1e-12)
    assert rank_correlation([1, 2, 3], [2, 4, 9]) == pytest.approx(1)
    assert np.isnan(rank_correlation([1, 1, 1], [1, 2, 3]))
