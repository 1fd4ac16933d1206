"""Location instability, floors, landings and entropies, against loops and examples worked by hand."""

import math

import numpy as np
import pytest

from core.measures import part_stability
from core.measures.part_stability import (
    FLOORS,
    Rows,
    alike,
    class_entropy,
    compared,
    deviations,
    distances,
    instabilities,
    landings,
    located,
    on_any_part,
    on_one_part,
    own,
    shifted,
    still,
    strongest,
)

F, N, L, SHAPE = 5, 60, 4, (4, 6)


@pytest.fixture
def world():
    """Random peaks, landmarks, boxes, labels of three classes, and scores of which a third are 0."""
    generator = np.random.default_rng(0)
    scores = np.maximum(generator.normal(0.5, 1, (F, N)), 0)
    return {
        "scores": scores,
        "labels": generator.integers(-1, 3, N),
        "points": generator.uniform(0, 100, (N, L, 2)),
        "visible": generator.random((N, L)) < 0.7,
        "diagonals": generator.uniform(50, 90, N),
        "peaks": generator.uniform(0, 100, (F, N, 2)),
        "owners": np.array([0, 1, 2, 2, -1]),
    }


def loop_instability(peaks, points, diagonals, visible, pictures):
    """Of one filter over some pictures."""
    found = []
    for mark in range(points.shape[1]):
        apart = []
        for n in pictures:
            if visible[n, mark]:
                down, across = peaks[n][0] - points[n, mark][0], peaks[n][1] - points[n, mark][1]
                apart.append(math.sqrt(down**2 + across**2) / diagonals[n])
        if len(apart) >= 3:
            mean = sum(apart) / len(apart)
            found.append(math.sqrt(sum((one - mean) ** 2 for one in apart) / (len(apart) - 1)))
    return sum(found) / len(found) if found else float("nan")


def test_instability_against_loops(world):
    rows = own(world["scores"], world["owners"], world["labels"])
    apart = distances(world["peaks"][rows.filters], world["points"], world["diagonals"])
    found = instabilities(apart, rows.counted, world["visible"])
    assert rows.filters.tolist() == [0, 1, 2, 3]
    assert rows.classes.tolist() == [0, 1, 2, 2]
    for r, (f, c) in enumerate(zip(rows.filters, rows.classes, strict=True)):
        pictures = [n for n in range(N) if world["labels"][n] == c and world["scores"][f, n] > 0]
        assert np.flatnonzero(rows.counted[r]).tolist() == pictures
        expected = loop_instability(world["peaks"][f], world["points"], world["diagonals"], world["visible"], pictures)
        assert found[r] == pytest.approx(expected, rel=1e-12)


def test_instability_by_hand():
    """Box of 30 x 40, diagonal 50. The peak is 10, 20 and 30 pixels right of one landmark: distances 0.2, 0.4, 0.6,
    deviation 0.2; always 5 below another: deviation 0. Their mean is 0.1."""
    points = np.array([[[0.0, 0], [-5, 10]], [[7, 7], [2, 27]], [[50, 50], [45, 80]]])
    peaks = points[:, 0] + np.array([[0, 10], [0, 20], [0, 30]])
    apart = distances(peaks[None], points, np.full(3, 50.0))
    np.testing.assert_allclose(apart[0, :, 0], [0.2, 0.4, 0.6])
    every = np.ones((1, 3), bool)
    np.testing.assert_allclose(deviations(apart, every, np.ones((3, 2), bool)), [[0.2, 0]], atol=1e-12)
    assert instabilities(apart, every, np.ones((3, 2), bool))[0] == pytest.approx(0.1)


def test_a_filter_that_sits_on_a_landmark_is_steadier_than_one_that_stands_still():
    """Objects move and keep their shape: the distances of a peak that moves along stay, those of one that stands
    still vary."""
    generator = np.random.default_rng(1)
    where = generator.uniform(0, 100, (40, 1, 2))
    points = where + np.array([[0, 0], [10, 0], [10, 25.0]])
    rows = Rows(np.array([0, 1]), np.array([0, 0]), np.ones((2, 40), bool))
    peaks = np.stack([points[:, 1] + 3, np.full((40, 2), 50.0)])
    found = instabilities(distances(peaks, points, np.full(40, 30.0)), rows.counted, np.ones((40, 3), bool))
    assert found[0] == pytest.approx(0, abs=1e-12)
    assert found[1] > 0.4


def test_moving_or_enlarging_the_whole_picture_changes_nothing(world):
    rows = own(world["scores"], world["owners"], world["labels"])
    peaks = world["peaks"][rows.filters]
    expected = instabilities(distances(peaks, world["points"], world["diagonals"]), rows.counted, world["visible"])
    again = distances(3 * peaks + 40, 3 * world["points"] + 40, 3 * world["diagonals"])
    np.testing.assert_allclose(instabilities(again, rows.counted, world["visible"]), expected)


def test_fewer_than_three_distances_have_no_deviation():
    apart = np.array([[[0.1, 0.1], [0.4, 0.2], [0.2, 0.6], [0.9, 0.9]]])
    counted, visible = np.array([[True, True, True, False]]), np.ones((4, 2), bool)
    visible[2, 1] = False
    found = deviations(apart, counted, visible)
    assert found[0, 0] == pytest.approx(np.std([0.1, 0.4, 0.2], ddof=1))
    assert np.isnan(found[0, 1])
    assert instabilities(apart, counted, visible)[0] == found[0, 0]
    assert np.isnan(instabilities(apart, counted & False, visible)[0])


def test_a_landmark_that_is_not_there_does_no_harm():
    points = np.full((4, 2, 2), np.nan)
    points[:, 0] = [[0, 0], [1, 1], [2, 2], [3, 3]]
    visible = np.array([[True, False]] * 4)
    apart = distances(np.zeros((1, 4, 2)), points, np.ones(4))
    expected = np.std(np.sqrt(2) * np.arange(4), ddof=1)
    assert instabilities(apart, np.ones((1, 4), bool), visible)[0] == pytest.approx(expected)


def test_at_most_a_hundred_of_the_highest_pictures_count():
    scores = np.random.default_rng(3).random((2, 300)) + 0.1
    labels = np.arange(300) % 2
    rows = own(scores, np.array([0, 1]), labels)
    assert rows.counted.sum(1).tolist() == [100, 100]
    for f in range(2):
        of_class = np.flatnonzero(labels == f)
        expected = sorted(of_class[np.argsort(-scores[f, of_class])][:100])
        assert np.flatnonzero(rows.counted[f]).tolist() == expected


def test_filters_that_fire_in_fewer_than_three_pictures_are_no_rows():
    scores = np.array([[1.0, 1, 0, 0, 1], [1, 1, 1, 0, 1], [0, 0, 0, 0, 0]])
    rows = own(scores, np.array([0, 0, 0]), np.array([0, 0, 0, 0, 1]))
    assert rows.filters.tolist() == [1]
    assert rows.counted.tolist() == [[True, True, True, False, False]]
    nothing = own(scores, np.full(3, -1), np.zeros(5, int))
    assert nothing.counted.shape == (0, 5)


def test_two_networks_are_measured_on_the_same_filters_and_pictures(world):
    """Filter 1 is of class 1 in the one network and of class 2 in the other: it is measured on both. Only pictures in
    which it fires in both count."""
    generator = np.random.default_rng(5)
    other = np.maximum(generator.normal(0.5, 1, (F, N)), 0)
    rows = alike(world["scores"], other, (world["owners"], np.array([0, 2, 2, -1, -1])), world["labels"])
    assert list(zip(rows.filters.tolist(), rows.classes.tolist(), strict=True)) == [
        (0, 0),
        (1, 1),
        (1, 2),
        (2, 2),
        (3, 2),
    ]
    for r, (f, c) in enumerate(zip(rows.filters, rows.classes, strict=True)):
        expected = [n for n in range(N) if world["labels"][n] == c and world["scores"][f, n] > 0 and other[f, n] > 0]
        assert np.flatnonzero(rows.counted[r]).tolist() == expected
    turned = alike(other, world["scores"], (np.array([0, 2, 2, -1, -1]), world["owners"]), world["labels"])
    assert np.array_equal(turned.counted, rows.counted)


def test_of_too_many_shared_pictures_those_high_in_both_count():
    """101 pictures; one is highest in the first network and lowest in the second, another the reverse, and one low in
    both goes."""
    first = np.full((1, 101), 5.0)
    second = np.full((1, 101), 0.5)
    first[0, 0], second[0, 0] = 10, 0.1
    first[0, 1], second[0, 1] = 1, 1
    first[0, 2], second[0, 2] = 2, 0.2
    rows = alike(first, second, (np.array([0]), np.array([0])), np.zeros(101, int))
    assert np.flatnonzero(~rows.counted[0]).tolist() == [2]


def test_cells_are_located_in_each_picture_by_itself():
    places = np.array([[[0.0, 0], [0, 10]], [[5, 5], [5, 25]]])
    found = located(np.array([[1, 0], [0, 1]]), places)
    assert found.tolist() == [[[0, 10], [5, 5]], [[0, 0], [5, 25]]]


def test_a_comparison_is_of_means_over_rows(world):
    rows = own(world["scores"], world["owners"], world["labels"])
    first = distances(world["peaks"][rows.filters], world["points"], world["diagonals"])
    found = compared(first, 2 * first, rows, world["visible"], resamples=200)
    values = instabilities(first, rows.counted, world["visible"])
    assert found.first.value == pytest.approx(values.mean())
    assert found.second.value == pytest.approx(2 * values.mean())
    assert found.first.n == len(rows.filters) == 4
    assert found.first.low < found.first.value < found.first.high
    # The same pictures and rows are drawn on both sides, so that the ratio does not vary at all.
    assert (found.ratio.low, found.ratio.value, found.ratio.high) == pytest.approx((0.5, 0.5, 0.5))
    again = compared(first, 2 * first, rows, world["visible"], resamples=200)
    assert again == found
    assert compared(first, 2 * first, rows, world["visible"], resamples=200, seed=1) != found


def test_a_resample_against_loops(world):
    """Pictures that come several times, one by one; scaled by n / (n - 1) of the pictures that there are."""
    rows = own(world["scores"], world["owners"], world["labels"]).take(np.array([2, 3]))
    apart = distances(world["peaks"][rows.filters], world["points"], world["diagonals"])
    known = rows.counted[:, :, None] & world["visible"]
    times = np.random.default_rng(1).multinomial(N, np.full(N, 1 / N), 5)
    found = part_stability._resampled(apart, known.astype(float), times.astype(float))
    for b in range(5):
        for r in range(2):
            deviation = []
            for mark in range(L):
                there = [n for n in range(N) if known[r, n, mark]]
                drawn = [apart[r, n, mark] for n in there for _ in range(times[b, n])]
                if len(there) >= 3 and len(drawn) >= 2:
                    spread = np.var(drawn, ddof=1) * len(there) / (len(there) - 1)
                    deviation.append(math.sqrt(spread))
            assert found[b, r] == pytest.approx(np.mean(deviation), rel=1e-9)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    """Distances drawn from a normal of deviation 0.1 for filters that are all alike: the mean's interval holds 0.1 in
    most of 60 trials."""
    held = 0
    for trial in range(60):
        generator = np.random.default_rng(trial)
        apart = 1 + 0.1 * generator.normal(size=(12, 25, 5))
        rows = Rows(np.arange(12), np.zeros(12, int), np.ones((12, 25), bool))
        found = compared(apart, apart, rows, np.ones((25, 5), bool), resamples=200).first
        held += found.low <= 0.1 <= found.high
    assert 52 <= held <= 60


def test_nothing_to_compare_is_not_a_number():
    rows = Rows(np.zeros(0, int), np.zeros(0, int), np.zeros((0, 4), bool))
    found = compared(np.zeros((0, 4, 2)), np.zeros((0, 4, 2)), rows, np.ones((4, 2), bool), resamples=10)
    assert np.isnan([found.first.value, found.ratio.value, found.ratio.low]).all()
    assert found.ratio.n == 0
    rows = Rows(np.zeros(1, int), np.zeros(1, int), np.ones((1, 4), bool))
    same = np.ones((1, 4, 2))
    assert np.isnan(compared(same, same, rows, np.ones((4, 2), bool), resamples=10).ratio.value)


def test_still_peaks_by_hand():
    cells = np.array([[3, 3, 9, 9, 9, 3], [7, 7, 2, 2, 1, 1]])
    counted = np.array([[True, True, True, False, False, True], [False, True, True, True, True, True]])
    found = still(cells, counted, SHAPE, seed=1)
    assert tuple(found) == FLOORS
    assert found["modal cell"].tolist() == [[3] * 6, [1] * 6]  # 2 and 1 twice each: the first of them
    assert found["centre"].tolist() == [[2 * 6 + 3] * 6] * 2
    assert not found["cell 0"].any()
    assert all(len(set(row)) == 1 for row in found["random cell"].tolist())
    anywhere = still(np.zeros((50, 400), int), np.ones((50, 400), bool), SHAPE, seed=2)["anywhere"]
    counts = np.bincount(anywhere.ravel(), minlength=24)
    assert len(counts) == 24
    assert abs(counts / counts.mean() - 1).max() < 0.15


def test_landings_against_loops():
    generator = np.random.default_rng(0)
    cells, part_at = generator.integers(0, 24, (3, 40)), generator.integers(-1, 4, (40, 24))
    counted = generator.random((3, 40)) < 0.5
    counted[2] = False
    found = landings(cells, part_at, counted, 4)
    for r in range(2):
        for part in range(4):
            pictures = np.flatnonzero(counted[r])
            expected = sum(part_at[n, cells[r, n]] == part for n in pictures) / len(pictures)
            assert found[r, part] == pytest.approx(expected)
    assert np.isnan(found[2]).all()
    assert landings(cells, part_at, counted, 0).shape == (3, 0)


def test_one_part_is_three_fifths_of_the_pictures():
    shares = np.array([[0.6, 0.4], [0.59, 0.3], [np.nan, np.nan], [0.1, 0.9]])
    np.testing.assert_array_equal(on_one_part(shares), [1, 0, np.nan, 1])
    np.testing.assert_array_equal(on_one_part(np.empty((2, 0))), [0, 0])


def test_shifted_maps_keep_nothing_but_the_torus():
    """All shifts are as likely; a map's peak goes where its map goes."""
    cells = np.full((40, 600), 9)
    found = shifted(cells, SHAPE, seed=3)
    counts = np.bincount(found.ravel(), minlength=24)
    assert abs(counts / counts.mean() - 1).max() < 0.15
    np.testing.assert_array_equal(found, shifted(cells, SHAPE, seed=3))
    # The same draw moves the cell below by one row and the one beside by one column, around the edge.
    below, beside = shifted(cells + 6, SHAPE, seed=3), shifted(cells + 1, SHAPE, seed=3)
    np.testing.assert_array_equal(below, (found + 6) % 24)
    np.testing.assert_array_equal(beside, found // 6 * 6 + (found + 1) % 6)


def test_peaks_on_any_part_fall_on_parts_by_their_size():
    part_at = np.full((300, 24), -1)
    part_at[:, 3:9], part_at[:, 20] = 0, 1
    part_at[7] = -1
    cells = np.full((20, 300), 23)
    found = on_any_part(cells, part_at, seed=0)
    assert (found[:, 7] == 23).all()
    shares = landings(found, part_at, np.ones((20, 300), bool), 2).mean(0)
    assert shares == pytest.approx([6 / 7 * 299 / 300, 1 / 7 * 299 / 300], abs=0.02)


def test_the_strongest_pictures_of_a_filter():
    scores = np.array([[5.0, 1, 4, 3, 2, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 1], [2] * 10])
    assert strongest(scores, 0.3).tolist() == [
        [n in (0, 2, 3) for n in range(10)],
        [n == 9 for n in range(10)],
        [n < 3 for n in range(10)],
    ]


def test_entropies_of_classes_by_hand():
    """Class 0 has four pictures, class 1 two. A filter that fires in half of both says nothing of the class: log 2;
    one that fires in one class only: 0; in a quarter and in all: rates 1 to 4."""
    labels = np.array([0, 0, 0, 0, 1, 1, -1])
    fires = np.array([[1, 1, 0, 0, 1, 0, 1], [1, 0, 1, 0, 0, 0, 1], [1, 0, 0, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0, 1]], bool)
    found = class_entropy(fires, labels)
    uneven = -(0.2 * math.log(0.2) + 0.8 * math.log(0.8))
    np.testing.assert_allclose(found, [math.log(2), 0, uneven, np.nan], atol=1e-12)
    assert np.isnan(class_entropy(fires, np.full(7, -1))).all()
