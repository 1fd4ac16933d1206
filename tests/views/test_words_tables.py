"""Numbers, names and tables as people read them."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.probes.probe import Concept
from dashboard.views import bars, compare, masks, tables, words
from dashboard.views.ink import DARK, LIGHT


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.8134, "0.81"),
        (12.4, "12"),
        (0.00341, "0.0034"),
        (0, "0"),
        (-1.26, "-1.3"),
        (1.7e-5, "1.7e-5"),
        (np.nan, "none"),
    ],
)
def test_two_significant_digits(value, text):
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.81, "0.81"), (0.0001, "< 0.01"), (0.9999, "> 0.99"), (0, "0.00"), (1, "1.00")]
)
def test_a_probability_is_never_rounded_to_certainty(value, text):
    assert words.probability(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.82, "0.82"), (-0.4, "-0.40"), (-1, "-1.0"), (-1.1, "worse than the mean"), (-9e4, "worse than the mean"),
     (np.nan, "none")],
)  # fmt: skip
def test_explained_variation_far_below_zero_is_put_in_words(value, text):
    assert words.r_squared(value) == text


def test_classes_of_one_name_are_told_apart():
    assert words.class_names(["crane", "zebra", "crane"]) == ("crane (0)", "zebra", "crane (2)")


def test_a_layer_says_name_kind_shape_and_receptive_field():
    layer = SimpleNamespace(name="conv5", kind="conv", shape=(128, 16, 16), receptive_field=67)
    assert words.layer_name(layer) == "conv5, conv, 128x16x16, sees 67 px"
    whole = SimpleNamespace(name="fc6", kind="linear", shape=(256,), receptive_field=None)
    assert "whole input" in words.layer_name(whole)


def test_lists_are_sentences():
    assert words.listed(["a"]) == "'a'"
    assert words.listed(["a", "b"]) == "'a' and 'b'"
    assert words.listed(list("abcde")) == "'a', 'b', 'c' and 2 more"


def test_sizes_are_readable():
    assert [words.size(n) for n in (5, 1500, 74_000, 3_200_000_000)] == ["5 bytes", "1.5 kB", "74 kB", "3.2 GB"]


def test_top_classes_come_in_order_and_ties_stay():
    assert bars.top(np.array([0.1, 0.4, 0.4, 0.05, 0.05]), 3) == [1, 2, 0]


def contrast(first: str, second: str) -> float:
    def luminance(text: str) -> float:
        channels = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("ink", "ground"), [(LIGHT, "#ffffff"), (DARK, "#12171a")])
def test_drawn_text_is_legible_in_both_themes(ink, ground):
    assert contrast(ink.text, ground) > 7
    assert contrast(ink.muted, ground) > 4.5
    assert contrast(ink.accent, ground) > 4.5


def test_confused_pairs_leave_out_the_right_ones_and_match_by_name():
    counts = np.array([[5, 3, 0], [1, 6, 0]])
    found = tables.confused(counts, ["horse", "donkey"], ["horse", "donkey", "cow"])
    assert found.values.tolist() == [["horse", "donkey", 3, 3 / 8], ["donkey", "horse", 1, 1 / 7]]


def test_confusion_chart_shows_shares_of_true_classes():
    figure = tables.confusion(np.array([[2, 2], [0, 0]]), ["a", "b"], ["a", "b"], LIGHT)
    np.testing.assert_allclose(np.asarray(figure.data[0].z, float), [[0.5, 0.5], [0, 0]])


def test_splits_count_classes_and_skip_pictures_without_one():
    found = tables.splits({"test": np.arange(4)}, {"test": [0, 1, 1, None]}, ["a", "b", "c"])
    assert found["test"].tolist() == [1, 2, 0]


def test_the_pair_is_completed_by_the_most_probable_other_class():
    chances = np.array([0.2, 0.5, 0.3])
    assert compare.pair((1,), chances) == (1, 2)
    assert compare.pair((0,), chances) == (0, 1)
    assert compare.pair((2, 0, 1), chances) == (2, 0)


def test_correlation_and_shared_region():
    rising = np.arange(16.0).reshape(4, 4)
    assert compare.correlation(rising, rising * 3 + 1) == pytest.approx(1)
    assert np.isnan(compare.correlation(rising, np.ones((4, 4))))
    half = np.zeros((4, 4))
    half[:2] = 1
    assert compare.shared_region(half, half[::-1], 0.5) == 0
    assert compare.shared_region(half, np.ones((4, 4)), 0.5) == pytest.approx(0.5)


def test_spread_keeps_the_first_and_the_last():
    assert compare.spread(3, 5) == [0, 1, 2]
    found = compare.spread(100, 24)
    assert len(found) == 24
    assert found[0] == 0
    assert found[-1] == 99


def test_masks_of_a_category_come_largest_first():
    small, large = np.zeros((4, 4), bool), np.ones((4, 4), bool)
    small[0, 0] = True
    known = {Concept("eye", "part"): small, Concept("torso", "part"): large, Concept("sky", "object"): large}
    assert list(masks.present(known, "part")) == ["torso", "eye"]
    assert masks.share(np.zeros((4, 4), bool)) == "0 %"
    assert masks.share(np.arange(1000) < 1) == "< 1 %"
