"""Equation 5 again, slowly, in float64; against scikit-learn; by hand; and where there is nothing to learn from."""

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from core.errors import UnknownName
from core.methods.net2vec import classification
from core.methods.net2vec.classification import accuracy, learn, single, top


def _pool(images: int = 80, filters: int = 6, concepts: int = 5, seed: int = 0):
    """Means that tell, noisily, what is in an image: concept c shows in filters c and c + 1."""
    generator = np.random.default_rng(seed)
    present = generator.random((images, concepts)) < np.linspace(0.1, 0.6, concepts)
    present[:2], present[-2:] = [True], [False]
    means = generator.random((images, filters)).astype(np.float32)
    for c in range(concepts):
        means[:, [c % filters, (c + 1) % filters]] += 0.5 * present[:, [c]]
    return means, present, np.arange(images) % 4 != 3


def _loss(means: np.ndarray, present: np.ndarray, w: np.ndarray, b: float, ridge: float) -> float:
    """Equation 5 and the balanced logistic loss, image by image."""
    told = {True: [], False: []}
    for values, there in zip(means, present, strict=True):
        f = 1 / (1 + math.exp(-(b + sum(float(wk) * float(a) for wk, a in zip(w, values, strict=True)))))
        told[bool(there)].append(-math.log(f if there else 1 - f))
    return sum(sum(some) / len(some) / 2 for some in told.values()) + ridge / 2 * sum(float(wk) ** 2 for wk in w)


def _ridge(means: np.ndarray) -> float:
    return classification.RIDGE * means.astype(np.float64).var(0).mean()


def test_no_step_in_any_direction_lowers_the_loss_written_with_loops():
    means, present, training = _pool()
    found = learn(means, present, training)
    x, ridge = means[training], _ridge(means[training])
    for c in range(present.shape[1]):
        w, b = found.weights[c].astype(np.float64), float(found.bias[c])
        least = _loss(x, present[training, c], w, b, ridge)
        for step in (1e-2, -1e-2):
            assert _loss(x, present[training, c], w, b + step, ridge) > least
            for k in range(len(w)):
                moved = w + step * (np.arange(len(w)) == k)
                assert _loss(x, present[training, c], moved, b, ridge) > least


def test_equals_scikit_learn():
    means, present, training = _pool(300, 20, 7)
    found = learn(means, present, training)
    x = means[training].astype(np.float64)
    for c in range(7):
        y = present[training, c]
        share = np.where(y, 0.5 / y.sum(), 0.5 / (~y).sum())
        model = LogisticRegression(C=1 / _ridge(x), tol=1e-10, max_iter=10000).fit(x, y, share)
        assert found.weights[c] == pytest.approx(model.coef_[0], abs=1e-5)
        assert found.bias[c] == pytest.approx(model.intercept_[0], abs=1e-5)


def test_one_filter_two_values_by_hand():
    """With means -1 and 1 and a share e of each side on the wrong one, w = log((1 - e) / e) without a ridge; with it,
    (1 - e) sigmoid(-w) - e sigmoid(w) = ridge w, and b = 0. The ridge is RIDGE, since the variance is 1."""
    means = np.array([[1.0]] * 3 + [[-1.0]] + [[-1.0]] * 3 + [[1.0]])
    present = np.array([[True]] * 4 + [[False]] * 4)
    twice = np.concatenate([means, means]), np.concatenate([present, present]), np.arange(16) < 8
    found = learn(*twice)
    w = float(found.weights[0, 0])
    assert 0.75 / (1 + math.exp(w)) - 0.25 / (1 + math.exp(-w)) == pytest.approx(classification.RIDGE * w, abs=1e-6)
    assert 1 < w < math.log(3)
    assert found.bias[0] == pytest.approx(0, abs=1e-6)
    assert found.accuracy[0] == 0.75


def test_what_is_rare_weighs_as_much_as_what_is_not():
    """Ten images without for each one with: the boundary stays in the middle of the two, as if both were as many."""
    means = np.array([[2.0, 0]] + [[0.0, 0]] * 10)
    present = np.array([[True]] + [[False]] * 10)
    found = learn(np.concatenate([means] * 2), np.concatenate([present] * 2), np.arange(22) < 11)
    even = learn(np.array([[2.0, 0], [0, 0]] * 2), np.array([[True], [False]] * 2), np.arange(4) < 2)
    for one in (found, even):
        assert -one.bias[0] / one.weights[0, 0] == pytest.approx(1, abs=1e-3)


def test_accuracy_is_the_mean_of_both_rates():
    means = np.array([[1.0], [1.0], [0.0], [0.0], [0.0], [1.0]])
    present = np.array([[1, 1, 0], [1, 1, 0], [1, 1, 0], [0, 1, 0], [0, 1, 0], [0, 1, 0]], bool)
    found = accuracy(means, present, np.ones((3, 1), np.float32), np.full(3, -0.5, np.float32))
    assert found[0] == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert np.isnan(found[1:]).all()
    assert np.isnan(accuracy(means, present[:, :1], np.full((1, 1), np.nan), np.full(1, np.nan))).all()
    assert accuracy(np.array([[1.0], [1.0]]), np.array([[True], [False]]), np.ones((1, 1)), -np.ones(1))[0] == 0.5


@pytest.mark.parametrize("preset", classification.PRESETS)
def test_what_cannot_be_learned_is_not_a_number_and_the_rest_is(preset):
    means, present, training = _pool()
    present[:, 0], present[training, 1], present[~training, 2] = False, True, False
    found = learn(means, present, training, preset)
    assert np.isnan(found.weights[:2]).all()
    assert np.isnan(found.bias[:2]).all()
    assert np.isfinite(found.weights[2:]).all()
    assert np.isnan(found.accuracy[:3]).all()
    assert np.isfinite(found.accuracy[3:]).all()
    assert (found.positives == [present[training].sum(0), present[~training].sum(0)]).all()


def test_the_same_however_many_are_solved_together(monkeypatch):
    means, present, training = _pool(concepts=9)
    whole = learn(means, present, training)
    monkeypatch.setattr(classification, "AT_ONCE", 2 * int(training.sum()))
    parts = learn(means, present, training)
    assert parts.weights == pytest.approx(whole.weights, abs=1e-4)


def test_the_scale_of_the_activations_does_not_matter():
    means, present, training = _pool()
    found = learn(means, present, training)
    for factor in (1e-6, 1e5):
        scaled = learn(means.astype(np.float64) * factor, present, training)
        assert scaled.weights * factor == pytest.approx(found.weights, abs=1e-5)
        assert np.array_equal(scaled.accuracy, found.accuracy, equal_nan=True)


def test_separable_concepts_dead_filters_and_more_filters_than_images():
    generator = np.random.default_rng(3)
    means = generator.random((12, 40)).astype(np.float32)
    means[:, 5] = 0
    means[:, 6] = np.arange(12) % 2
    present = np.stack([np.arange(12) % 2 == 1, generator.random(12) < 0.5], 1)
    found = learn(means, present, np.arange(12) < 8)
    assert np.isfinite(found.weights).all()
    assert (found.weights[:, 5] == 0).all()
    assert found.accuracy[0] == 1
    silent = learn(np.zeros((12, 3)), present, np.arange(12) < 8)
    assert (silent.weights == 0).all()
    assert silent.accuracy[0] == 0.5


@pytest.mark.parametrize("preset", classification.PRESETS)
def test_allowed_filters_only_and_as_if_there_were_no_others(preset):
    means, present, training = _pool()
    allowed = np.zeros((5, 6), bool)
    for c, some in enumerate(([0, 1], [2], [0, 5], [], [1, 2, 3, 4])):
        allowed[c, some] = True
    found = learn(means, present, training, preset, allowed=allowed)
    assert (found.weights[~allowed] == 0).all()
    if preset == "paper":
        assert (found.weights[allowed] != 0).all()
        return
    for c in range(5):
        alone = means[:, allowed[c]].astype(np.float64)
        # A filter alone would be held by a ridge of its own variance: it is given the one of all.
        keep = classification.RIDGE
        x, y = alone[training], present[training, c]
        share = np.where(y, 0.5 / y.sum(), 0.5 / (~y).sum())
        if not alone.shape[1]:
            assert found.bias[c] == pytest.approx(0, abs=1e-6)
            continue
        model = LogisticRegression(C=1 / (keep * means[training].astype(np.float64).var(0).mean()), tol=1e-10)
        model.fit(x, y, share)
        assert found.weights[c, allowed[c]] == pytest.approx(model.coef_[0], abs=1e-5)


def test_the_best_single_filter_is_the_strongest_learned_again():
    means, present, training = _pool(seed=1)
    present[:, 0] = False
    found = learn(means, present, training)
    best = single(means, present, training, found.weights)
    assert best.best[0] == -1
    assert np.isnan([best.weight[0], best.bias[0], best.accuracy[0]]).all()
    for c in range(1, 5):
        assert best.best[c] == max(range(6), key=lambda k: abs(found.weights[c, k]))
        allowed = np.zeros((5, 6), bool)
        allowed[c, best.best[c]] = True
        again = learn(means, present, training, allowed=allowed)
        assert best.weight[c] == pytest.approx(again.weights[c, best.best[c]], abs=1e-5)
        assert best.weight[c] != pytest.approx(found.weights[c, best.best[c]], rel=1e-3)
        assert best.accuracy[c] == again.accuracy[c]


def test_top_takes_the_first_of_equals_and_nothing_of_nothing():
    weights = np.array([[1.0, -3, 3, 0], [0, 0, 0, 0], [np.nan] * 4])
    assert top(weights, 1).tolist() == [[False, True, False, False], [False] * 4, [False] * 4]
    assert top(weights, 3)[0].tolist() == [True, True, True, False]
    assert top(weights, 99).sum(1).tolist() == [4, 0, 0]
    assert top(np.zeros((0, 3)), 2).shape == (0, 3)


def _slow_sgd(means, present, seed):
    """The paper's preset again: one concept, loops over the batch, float64, with the same draws."""
    generator = torch.Generator().manual_seed(seed)
    images, filters = means.shape
    bound = filters**-0.5
    w = torch.empty(1, filters).uniform_(-bound, bound, generator=generator)[0].double().numpy()
    b = float(torch.empty(1).uniform_(-bound, bound, generator=generator))
    inside, outside = np.flatnonzero(present), np.flatnonzero(~present)
    pace_w, pace_b = np.zeros(filters), 0.0
    for epoch in range(30):
        rate = 1e-4 / 10 ** (epoch // 10)
        for _ in range(math.ceil(images / 64)):
            sides = torch.rand(1, 64, generator=generator)[0] < 0.5
            places = torch.rand(1, 64, generator=generator)[0]
            slope_w, slope_b = np.zeros(filters), 0.0
            for side, place in zip(sides.tolist(), places, strict=True):
                some = inside if side else outside
                x = means[some[min(int(place * len(some)), len(some) - 1)]].astype(np.float64)
                wrong = 1 / (1 + math.exp(-(b + w @ x))) - side
                slope_w, slope_b = slope_w + wrong * x / 64, slope_b + wrong / 64
            pace_w, pace_b = 0.9 * pace_w + slope_w, 0.9 * pace_b + slope_b
            w, b = w - rate * pace_w, b - rate * pace_b
    return w, b


def test_the_papers_preset_against_loops():
    means, present, training = _pool(90, 4, 1)
    means = means * 20  # so that 30 epochs at 1e-4 go somewhere
    found = learn(means, present, training, "paper", seed=5)
    w, b = _slow_sgd(means[training], present[training, 0], 5)
    assert found.weights[0] == pytest.approx(w, abs=1e-5)
    assert found.bias[0] == pytest.approx(b, abs=1e-5)
    assert not np.allclose(found.weights, learn(means, present, training, "paper", seed=6).weights)
    again = learn(means, present, training, "paper", seed=5)
    assert (again.weights == found.weights).all()


def test_the_fast_way_is_no_worse_than_the_papers():
    means, present, training = _pool(400, 12, 10, seed=2)
    fast = learn(means, present, training).accuracy
    paper = learn(means, present, training, "paper").accuracy
    assert np.nanmean(fast) > np.nanmean(paper) + 0.05


@pytest.mark.parametrize("preset", classification.PRESETS)
def test_progress_never_goes_back_ends_and_can_stop(preset, monkeypatch):
    means, present, training = _pool()
    monkeypatch.setattr(classification, "AT_ONCE", 2 * (int(training.sum()) if preset == "fast" else 64 * 6))
    told = []
    learn(means, present, training, preset, progress=lambda *one: told.append(one))
    shares = [done for done, _, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 100
    assert told[0][1:] == (100, "Classifying concepts")

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn(means, present, training, preset, progress=stop)


def test_nothing_to_learn_and_unknown_presets():
    none = learn(np.zeros((4, 3)), np.zeros((4, 0), bool), np.array([True, True, False, False]))
    assert none.weights.shape == (0, 3)
    assert none.positives.shape == (2, 0)
    assert np.isnan(learn(np.ones((2, 3)), np.eye(2, dtype=bool), np.zeros(2, bool)).weights).all()
    with pytest.raises(UnknownName, match=r"no preset 'papper'.*try 'paper'"):
        learn(np.zeros((2, 2)), np.zeros((2, 1), bool), np.ones(2, bool), "papper")
