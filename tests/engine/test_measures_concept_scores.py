"""What a dissection says of many concepts at once, each number by hand or again with a loop."""

import numpy as np
import pytest
from scipy import stats

from core.measures import concept_scores
from tests.dissections import NAN, by_hand


def test_a_concept_counts_where_both_scores_are_there():
    single, combined = concept_scores.scores(by_hand(), "segmentation")
    np.testing.assert_array_equal(np.isnan(single), [False] * 4 + [True] * 2)
    half = by_hand(combined_iou=np.array([0.6, NAN, 0.5, 0.04, NAN, NAN]))
    single, combined = concept_scores.scores(half, "segmentation")
    assert np.isnan(single[1])
    assert np.isnan(combined[1])


def test_means_by_category_with_their_standard_errors():
    found = concept_scores.by_category(by_hand(), "segmentation")
    assert list(found) == ["object", "part", "material"]
    single, combined = found["object"]
    assert single.value == pytest.approx(0.35)
    assert single.error == pytest.approx(0.05), "deviation 0.0707 over the root of 2"
    assert combined.value == pytest.approx(0.4)
    assert combined.error == pytest.approx(0.2)
    assert found["part"][0].n == 1
    assert np.isnan(found["part"][0].error)
    assert list(concept_scores.by_category(by_hand(), "classification")) == ["scene", "object", "part", "material"]


def test_table_one_counts_equal_scores_as_no_worse():
    found = concept_scores.no_worse(by_hand(), "segmentation")
    assert (found.value, found.n) == (0.5, 4)
    assert found.low <= 0.5 <= found.high
    assert concept_scores.no_worse(by_hand(), "classification").value == pytest.approx(4 / 5)


def test_correlations_are_those_of_scipy_and_undefined_where_nothing_varies():
    generator = np.random.default_rng(0)
    weights, alone = generator.normal(size=(5, 30)), generator.random((5, 30))
    weights[3] = -1
    r, p = concept_scores.correlations(weights, alone)
    for row in (0, 1, 2, 4):
        expected = stats.pearsonr(np.maximum(weights[row], 0), alone[row])
        assert r[row] == pytest.approx(expected.statistic, abs=1e-12)
        assert p[row] == pytest.approx(expected.pvalue, abs=1e-12)
    assert np.isnan(r[3])
    assert np.isnan(p[3])


def test_weights_that_are_the_scores_themselves_are_correlated_and_shuffled_ones_hardly():
    generator = np.random.default_rng(1)
    alone = generator.random((200, 40)).astype(np.float32)
    found = by_hand(
        concepts=by_hand().concepts[:1] * 200,
        weights=alone,
        iou_val=np.stack([alone, alone]),
        binarisation=np.zeros(200, int),
        single_iou=alone.max(1),
        combined_iou=alone.max(1),
    )
    assert concept_scores.correlated(found).value == 1
    assert concept_scores.correlated(found, shuffled=True).value < 0.05


def test_shares_of_the_weights_add_up_to_one():
    shares = concept_scores.shares(by_hand().weights)
    np.testing.assert_allclose(shares[0], [0.5, 0.25, 0.25, 0])
    np.testing.assert_allclose(shares[:4].sum(1), 1)
    np.testing.assert_array_equal(shares[4], 0)


def test_loads_count_the_concepts_that_have_a_score():
    assert concept_scores.loads(by_hand(), "segmentation").tolist() == [2, 1, 1, 0]
    assert concept_scores.loads(by_hand(), "classification").tolist() == [1, 2, 1, 1]


def test_a_decile_is_the_smallest_value_that_so_many_do_not_exceed():
    values = np.array([0, *np.arange(1, 21) / 20, NAN, 0])[::-1]
    found = concept_scores.deciles(values)
    assert [percent for percent, _ in found] == list(range(10, 101, 10))
    for percent, place in found:
        some = values[np.nan_to_num(values) > 0]
        enough = [v for v in sorted(some) if np.mean(some <= v) >= percent / 100 - 1e-9]
        assert values[place] == enough[0]


@pytest.mark.parametrize(("count", "percents"), [(1, [100]), (3, [30, 60, 100]), (0, [])])
def test_few_examples_come_once(count, percents):
    found = concept_scores.deciles(np.array([0.0] * 4 + [0.1, 0.2, 0.3][:count]))
    assert [percent for percent, _ in found] == percents
    assert len({place for _, place in found}) == count


def test_the_spread_is_that_of_what_is_not_zero():
    found = concept_scores.spread(np.array([0, 0.2, 0.4, 0, NAN]))
    assert (found.n, found.zeros) == (4, 2)
    assert found.mean == pytest.approx(0.3)
    assert found.deviation == pytest.approx(0.1)
    empty = concept_scores.spread(np.zeros(3))
    assert (empty.n, empty.zeros) == (3, 3)
    assert np.isnan(empty.mean)


def test_failures_come_with_the_largest_loss_first_and_with_what_may_be_why():
    found = by_hand()
    assert concept_scores.failures(found, "segmentation").tolist() == [1, 3]
    assert concept_scores.failures(found, "classification").tolist() == [1]
    assert concept_scores.excuses(found, 1, "segmentation") == ("few examples (40)",)
    assert concept_scores.excuses(found, 3, "segmentation") == ("small area (0.4 %)",)
    assert concept_scores.excuses(found, 3, "classification") == ()
    assert concept_scores.excuses(found, 0, "segmentation") == ()
