"""Few filters for each concept (section 3.2.2), against choosing and learning concept by concept."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from core.methods.net2vec import classification, subsets


def _pool(images: int = 120, filters: int = 12, concepts: int = 4):
    generator = np.random.default_rng(0)
    present = generator.random((images, concepts)) < 0.4
    means = generator.random((images, filters))
    for c in range(concepts):
        means[:, c : c + 4] += 0.4 * present[:, [c]]
    return means, present, np.arange(images) % 3 > 0


def test_the_papers_counts_below_the_layers_and_the_layers_own():
    assert subsets.counts("segmentation", 256) == (1, 2, 4, 8, 16, 32, 64, 128, 160, 192, 224, 256)
    assert subsets.counts("segmentation", 128) == (1, 2, 4, 8, 16, 32, 64, 128)
    assert subsets.counts("classification", 48) == (1, 2, 3, 5, 10, 15, 20, 25, 30, 35, 40, 45, 48)
    assert subsets.counts("classification", 128)[-2:] == (100, 128)
    assert subsets.counts("classification", 200)[-2:] == (128, 200)
    assert subsets.counts("classification", 1) == (1,)


def _slow(means, present, training, weights, F: int) -> list[float]:
    """Concept by concept: the F filters of the highest |w|, scikit-learn's logistic regression, rates counted."""
    ridge = classification.RIDGE * means[training].var(0).mean()
    found = []
    for c in range(present.shape[1]):
        chosen = sorted(range(means.shape[1]), key=lambda k: -abs(weights[c, k]))[:F]
        x, y = means[training][:, chosen], present[training, c]
        model = LogisticRegression(C=1 / ridge, tol=1e-10, max_iter=10000)
        model.fit(x, y, np.where(y, 0.5 / y.sum(), 0.5 / (~y).sum()))
        said, true = model.predict(means[~training][:, chosen]), present[~training, c]
        found.append((said[true].mean() + (~said[~true]).mean()) / 2)
    return found


def test_classification_against_choosing_and_learning_one_by_one():
    means, present, training = _pool()
    learned = classification.learn(means, present, training)
    found = subsets.of_classification(means, present, training, learned.weights, learned.accuracy)
    assert found.task == "classification"
    assert found.F.tolist() == [1, 2, 3, 5, 10, 12]
    for F, scores in zip(found.F, found.score, strict=True):
        assert scores == pytest.approx(_slow(means, present, training, learned.weights, int(F)))
    assert found.score[-1].mean() > found.score[0].mean() + 0.05


def test_what_is_not_defined_is_so_for_every_count():
    means, present, training = _pool()
    present[:, 0], present[~training, 1] = False, True
    learned = classification.learn(means, present, training)
    found = subsets.of_classification(means, present, training, learned.weights, learned.accuracy)
    assert np.isnan(found.score[:, :2]).all()
    assert np.isfinite(found.score[:, 2:]).all()


def test_the_filters_that_are_handed_on_and_the_scores_in_their_places():
    weights = np.array([[0.1, -3, 2, 0.5], [4, 1, -2, 0], [np.nan] * 4])
    seen = []

    def again(allowed, progress):
        seen.append(allowed)
        progress(5, 10, "Learning")
        return np.full(3, float(allowed[0].sum()))

    told = []
    found = subsets.scored("segmentation", weights, np.array([7.0, 8, 9]), again, lambda *one: told.append(one))
    assert found.F.tolist() == [1, 2, 4]
    assert seen[0].tolist() == [[False, True, False, False], [True, False, False, False], [False] * 4]
    assert seen[1].tolist() == [[False, True, True, False], [True, False, True, False], [False] * 4]
    assert found.score[:, :2].tolist() == [[1, 1], [2, 2], [7, 8]]
    assert np.isnan(found.score[:, 2]).all()
    assert told == [(25, 100, "Learning"), (75, 100, "Learning")]


def test_a_layer_of_one_filter_learns_nothing_again():
    def never(allowed, progress):
        raise AssertionError

    found = subsets.scored("segmentation", np.ones((2, 1)), np.array([0.5, np.nan]), never)
    assert found.F.tolist() == [1]
    assert found.score[0, 0] == 0.5
    assert np.isnan(found.score[0, 1])


@pytest.mark.parametrize("preset", classification.PRESETS)
def test_progress_ends_at_the_end(preset):
    means, present, training = _pool(30, 4, 2)
    told = []
    learned = classification.learn(means, present, training, preset)
    subsets.of_classification(
        means, present, training, learned.weights, learned.accuracy, preset, progress=lambda *one: told.append(one)
    )
    shares = [done for done, _, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 100
