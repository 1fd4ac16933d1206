"""Charts and diagrams of channels: what is in which place, and what is said of it."""

import re

import numpy as np
import pytest

from core.measures import channel_overlap
from dashboard.views import channels
from dashboard.views.ink import DARK, LIGHT

WEIGHTS = np.array(
    [
        [0.9, 0.0, 0.1, 0.0, 0.0],
        [0.0, 0.5, 0.0, 0.0, -0.5],
        [0.8, 0.0, 0.2, 0.0, 0.0],
        [0.0, 0.4, 0.0, 0.0, -0.3],
    ]
)
NAMES = ("toad", "Zebra", "frog", "ape")


def test_classes_on_the_same_channels_are_neighbours():
    found = channels.order(WEIGHTS, NAMES, channels.BY_LIKENESS)
    assert sorted(found) == [0, 1, 2, 3]
    assert abs(found.index(0) - found.index(2)) == 1
    assert abs(found.index(1) - found.index(3)) == 1


def test_the_other_orders():
    assert channels.order(WEIGHTS, NAMES, channels.BY_NAME) == [3, 2, 0, 1]
    assert channels.order(WEIGHTS, NAMES, channels.AS_LISTED) == [0, 1, 2, 3]
    assert channels.order(np.zeros((5, 3)), "abcde", channels.BY_LIKENESS) != []


def test_of_many_classes_the_chosen_and_those_like_the_first_are_shown():
    weights = np.random.default_rng(0).normal(size=(100, 20))
    found = channels.shown(weights, (50, 3), 10)
    assert len(found) == 10
    assert {50, 3} <= set(found)
    near = [label for label, _ in channel_overlap.nearest(channel_overlap.top_channels(weights, 10), 50)]
    assert set(near[:8]) <= set(found)
    assert channels.shown(weights, (50,), 100) == list(range(100))


def test_channels_that_no_class_needs_are_left_out_and_the_rest_grouped_by_class():
    assert channels.columns(WEIGHTS, False).tolist() == [0, 1, 2, 4]
    assert channels.columns(WEIGHTS, True).tolist() == [0, 1, 2, 4] or channels.columns(WEIGHTS, True)[0] == 0
    rows = WEIGHTS[[1, 3, 0, 2]]
    assert channels.columns(rows, True)[0] == 1, "the first row's channel comes first"


def test_the_heat_map_shows_shares_of_each_class_s_largest_and_greys_what_rests_on_little():
    figure = channels.importance(WEIGHTS, NAMES, range(5), [False, True, False, False], ["ape"], LIGHT)
    heat = figure.data[0]
    np.testing.assert_allclose(np.array(heat.z)[1], [0, 1, 0, 0, -1])
    assert (heat.zmin, heat.zmax) == (-1, 1)
    assert [LIGHT.muted in text for text in figure.layout.yaxis.ticktext] == [False, True, False, False]
    assert figure.layout.yaxis.ticktext[3] == "<b>ape</b>"
    assert heat.customdata[0][0] == 0.9


@pytest.mark.parametrize("ink", [LIGHT, DARK])
def test_the_scale_is_symmetric_and_near_the_ground_at_zero(ink):
    scale = channels.diverging(ink)
    assert (scale[0][0], scale[-1][0]) == (0, 1)
    middle = [int(value) for value in re.findall(r"\d+", scale[len(scale) // 2][1])]
    assert max(middle) - min(middle) < 20, "zero has no colour of its own"
    assert (np.mean(middle) > 200) == (ink is LIGHT)


@pytest.mark.parametrize("count", [2, 3])
def test_every_region_of_a_venn_diagram_has_its_number_once(count):
    counts = {region: 10 + number for number, region in enumerate(channel_overlap.regions(WEIGHTS[:count] != 0))}
    svg = channels.venn(counts, NAMES[:count], LIGHT)
    assert svg.count("<circle") == count
    texts = re.findall(r">([^<]+)</text>", svg)
    assert sorted(texts) == sorted([*map(str, counts.values()), *NAMES[:count]])
    places = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"', svg)
    assert len(set(places)) == len(places), "no number stands on another"


def test_a_venn_diagram_lies_in_the_region_it_counts():
    counts = channel_overlap.regions(np.eye(3, dtype=bool))
    for region in counts:
        x, y = channels._centre(region, channels._THREE)
        inside = tuple(np.hypot(x - a, y - b) < channels._RADIUS for a, b in channels._THREE)
        assert inside == region


def test_a_venn_diagram_in_words():
    counts = {(True, True): 3, (True, False): 7, (False, True): 0}
    assert channels.venn_words(counts, ["zebra", "horse"]) == (
        "3 shared by zebra and horse, 7 of zebra only, 0 of horse only"
    )


def test_a_name_cannot_break_out_of_the_drawing():
    svg = channels.venn(channel_overlap.regions(WEIGHTS[:2] > 0), ["<b>", "a & b"], LIGHT)
    assert "<b>" not in svg
    assert "a &amp; b" in svg


def test_the_likest_classes():
    table = channels.likest(channel_overlap.top_channels(WEIGHTS, 2), WEIGHTS, NAMES, 0)
    assert table["class"].tolist() == ["frog", "Zebra", "ape"]
    assert table["channels shared"].tolist() == [2, 0, 0]
    assert table["rank correlation"][0] == pytest.approx(1)


def test_the_curve_of_lambda_marks_the_place_that_is_shown():
    shares, kept = np.array([1.0, 0.1, 0.01]), np.array([0.0, 0.2, 0.7])
    figure = channels.sparsity(shares, kept, np.array([0.0, 0.8, 0.9]), 0.92, 1, DARK)
    rings = [trace for trace in figure.data if len(trace.x) == 1]
    assert [(one.x[0], one.y[0]) for one in rings] == [(0.1, 0.8), (0.1, 0.2)]
    assert {note.text for note in figure.layout.annotations} == {
        "held-out R²", "channels kept", "held-out R² with all channels"
    }  # fmt: skip


def test_the_matrix_counts_shared_channels():
    shared = channel_overlap.overlaps(WEIGHTS != 0)
    found = np.array(channels.overlap_matrix(shared, NAMES, LIGHT).data[0].z)
    assert np.isnan(found.diagonal()).all()
    apart = ~np.eye(4, dtype=bool)
    assert found[apart].tolist() == shared[apart].tolist()
