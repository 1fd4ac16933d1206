"""The record of a dissection against tables, weights and scores put together by hand, and what it says of gaps."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core.errors import Cancelled, UnknownName
from core.methods.net2vec import classification, segmentation
from core.methods.net2vec.dissection import dissect, record, segmentation_subsets
from core.methods.net2vec.frames import HALF
from core.methods.net2vec.pool import Pool
from core.probes.probe import Concept

TOYS = runpy.run_path(str(Path(__file__).with_name("net2vec_toys.py")))
fired_of, masks_of, toys, upsampled = (TOYS[name] for name in ("fired_of", "masks_of", "toys", "upsampled"))
NAMES = tuple(Concept(name, "object") for name in ("a", "b", "c", "everywhere", "once"))


@pytest.fixture(scope="module")
def toy():
    found = toys()
    means = np.random.default_rng(7).random((18, 6)).astype(np.float32)
    return SimpleNamespace(**{**vars(found), "fired": fired_of(found.maps, means)})


@pytest.fixture(scope="module")
def found(toy):
    arrays = dissect(toy.fired, toy.masks, toy.pool)
    stored = {name: np.array(value) for name, value in arrays.items()}
    return record(stored, "layer", toy.pool, NAMES, "fast", "printed", "kept in memory")


def single_loops(toy, c, k, cut):
    """Set IoU of a filter in each split and its IoU in each validation picture, pixel by pixel in float64."""
    sums, singles = np.zeros((2, 2)), {}
    for n, pictures in enumerate(toy.pictures):
        if c in pictures and pictures[c].any():
            inside, mask = upsampled(toy.maps[n, k], pictures[c].shape) > cut, pictures[c]
            inter, union = np.sum(inside & mask), np.sum(inside | mask)
            sums[0 if toy.pool.training[n] else 1] += inter, union
            singles[n] = inter / union
    return [inter / union if union else np.nan for inter, union in sums], singles


def test_best_filters_are_the_best_of_both_binarisations_on_training(toy, found):
    for c in range(3):
        scores = np.array([[single_loops(toy, c, k, cut)[0] for k in range(6)] for cut in (0, 0.5 - 1e-9)])  # (2, K, 2)
        np.testing.assert_allclose(found.iou_train[:, c], scores[..., 0], atol=1e-6)
        np.testing.assert_allclose(found.iou_val[:, c], scores[..., 1], atol=1e-6)
        binarisation, best = np.unravel_index(scores[..., 0].argmax(), (2, 6))
        assert (found.binarisation[c], found.best[c]) == (binarisation, best)
        assert found.single_iou[c] == pytest.approx(scores[binarisation, best, 1], abs=1e-6)
    assert 1 not in found.best, "a filter that never fires"
    assert not found.iou_train[:, :3, 1].any()
    assert found.thresholds[1] == 0


def test_single_pictures(toy, found):
    pairs = set()
    for image, c, single, combined in zip(
        found.image, found.concept, found.single_ind, found.combined_ind, strict=True
    ):
        pairs.add((int(image), int(c)))
        cut = 0.5 - 1e-9 if found.binarisation[c] else 0
        assert single == pytest.approx(single_loops(toy, c, found.best[c], cut)[1][image], abs=1e-6)
        mask = toy.pictures[image][c]
        z = sum(float(found.weights[c, k]) * upsampled(toy.maps[image, k], mask.shape) for k in range(6))
        assert combined == pytest.approx(np.sum((z > 0) & mask) / np.sum((z > 0) | mask), abs=1e-6)
    expected = {(n, c) for n in range(18) if not toy.pool.training[n] for c in toy.pictures[n] if c != 3}
    assert pairs == expected


def test_counts_areas_and_scores(toy, found):
    for c in range(5):
        shown = [n for n in range(18) if c in toy.pictures[n]]
        assert found.train[c] == sum(toy.pool.training[n] for n in shown)
        assert found.val[c] == len(shown) - found.train[c]
        area = np.mean([toy.pictures[n][c].mean() for n in shown if toy.pool.training[n]])
        assert found.area[c] == pytest.approx(area, abs=1e-12)
        assert found.alpha[c] == 1 - found.area[c]
    np.testing.assert_array_equal(found.weights, segmentation.learn(toy.fired, toy.masks, toy.pool))
    scores = segmentation.overlaps(toy.fired, toy.masks, np.arange(18), found.weights)
    training = toy.pool.training[toy.masks.image]
    np.testing.assert_array_equal(found.combined_train, scores.by_set(toy.masks, training))
    np.testing.assert_array_equal(found.combined_iou, scores.by_set(toy.masks, ~training))
    own = classification.learn(toy.fired.means, toy.masks.present, toy.pool.training)
    np.testing.assert_array_equal(found.cls_weights, own.weights)
    np.testing.assert_array_equal(found.positives, own.positives)


def test_by_hand():
    """Two pictures for training, one for validation, one concept, two filters on a grid of one cell, so that a filter
    that fires fills its picture. In training filter 0 fires on the first, half of which is the concept, filter 1 on
    both, a quarter of the second being it: IoU 2 / (4 + 1) and (2 + 1) / 8. Filter 0 is best; in validation it is
    silent: IoU 0."""
    maps = np.array([[1, 1], [0, 1], [0, 1]], bool).reshape(3, 2, 1, 1)
    halves = [np.array([[1, 1], [0, 0]], bool), np.array([[1, 0], [0, 0]], bool), np.array([[1, 1], [1, 0]], bool)]
    pool = Pool(np.arange(3), np.array([True, True, False]))
    arrays = dissect(fired_of(maps), masks_of([{0: mask} for mask in halves], 1), pool)
    one = record(arrays, "layer", pool, NAMES[:1], "fast", "printed")
    np.testing.assert_allclose(one.iou_train[:, 0], [[2 / 5, 3 / 8]] * 2, atol=1e-7)
    np.testing.assert_allclose(one.iou_val[:, 0], [[0, 3 / 4]] * 2, atol=1e-7)
    assert (one.best[0], one.binarisation[0], one.single_iou[0]) == (0, 0, 0)
    assert one.alpha[0] == 1 - (2 / 4 + 1 / 4) / 2
    assert one.single_ind.tolist() == [0]


def test_what_is_missing_is_said_and_nan(found):
    assert found.reason(3, "segmentation") == "fills every picture that it is in"
    assert found.reason(4, "segmentation") == "in training pictures only"
    assert found.reason(4, "classification") == "in training pictures only"
    assert found.note == "kept in memory"
    for c, learned in ((3, False), (4, True)):
        assert np.isfinite(found.weights[c]).all() == learned
        assert (found.best[c] >= 0) == learned
        assert np.isnan([found.single_iou[c], found.combined_iou[c]]).all()


@pytest.mark.parametrize(
    ("train", "val", "alpha", "expected"),
    [
        (30, 5, 0.9, ""),
        (9, 5, 0.9, "only 9 training pictures"),
        (1, 5, 0.9, "only 1 training picture"),
        (0, 5, np.nan, "in validation pictures only"),
        (5, 0, 0.9, "in training pictures only"),
        (0, 0, np.nan, "no picture shows where it is"),
        (30, 5, 0.0, "fills every picture that it is in"),
    ],
)
def test_reasons_of_segmentation(found, train, val, alpha, expected):
    told = SimpleNamespace(train=np.array([train]), val=np.array([val]), alpha=np.array([alpha]))
    assert type(found).reason(told, 0, "segmentation") == expected


@pytest.mark.parametrize(
    ("train", "val", "expected"),
    [
        (10, 3, ""),
        (2, 3, "only 2 training pictures"),
        (0, 0, "in none of the pictures"),
        (0, 2, "in validation pictures only"),
        (14, 3, "in every training picture"),
        (10, 4, "in every validation picture"),
        (14, 4, "in every picture"),
    ],
)
def test_reasons_of_classification(toy, found, train, val, expected):
    told = SimpleNamespace(positives=np.array([[train], [val]]), pool=toy.pool, unread=np.zeros(0, int))
    assert type(found).reason(told, 0, "classification") == expected


def test_subsets_of_filters(toy, found):
    subsets = segmentation_subsets(toy.fired, toy.masks, found)
    assert subsets.F.tolist() == [1, 2, 4, 6]
    np.testing.assert_array_equal(subsets.score[-1], found.combined_iou)
    allowed = classification.top(found.weights, 2)
    weights = segmentation.learn(toy.fired, toy.masks, toy.pool, allowed=allowed)
    assert ((weights != 0).sum(1)[:3] <= 2).all()
    scores = segmentation.overlaps(toy.fired, toy.masks, np.flatnonzero(~toy.pool.training), weights)
    expected = scores.by_set(toy.masks, ~toy.pool.training[toy.masks.image])
    np.testing.assert_array_equal(subsets.score[1], expected)


def test_progress_can_stop_it(toy):
    seen = []

    def progress(done, total, label):
        seen.append(label)
        if label.startswith("learning"):
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        dissect(toy.fired, toy.masks, toy.pool, progress=progress)
    assert "filters against concepts" in seen


def test_unknown_names_are_refused_before_any_work(toy):
    with pytest.raises(UnknownName):
        dissect(None, None, toy.pool, preset="quick")


def test_halves_are_the_second_binarisation(toy, found):
    """'>= 1/2' is the same filter as a weight of 1 cut at 1/2."""
    c = int(np.argmax(found.binarisation[:3])) if found.binarisation[:3].any() else 0
    k, weights = int(found.best[c]), np.full((5, 6), np.nan, np.float32)
    weights[c] = np.arange(6) == k
    cuts = np.full(5, HALF if found.binarisation[c] else 0)
    scores = segmentation.overlaps(toy.fired, toy.masks, np.flatnonzero(~toy.pool.training), weights, cuts)
    value = scores.by_set(toy.masks, ~toy.pool.training[toy.masks.image])[c]
    assert value == pytest.approx(found.single_iou[c], abs=1e-6)
