"""Charts, tables and galleries of a dissection: the numbers in them are those worked out by hand."""

import numpy as np
import pytest

from dashboard.views import (
    dissection,
    dissection_categories,
    dissection_failures,
    dissection_filters,
    dissection_pictures,
)
from dashboard.views.ink import DARK, LIGHT
from tests.dissections import LABELS, NAN, by_hand


def test_the_page_opens_with_a_concept_that_shows_well_else_with_the_best_one():
    assert dissection.first(by_hand()) == 0
    assert dissection.first(by_hand(), "ear") == 3, "what the picture at hand shows"
    assert dissection.first(by_hand(), "meadow") == 0, "a concept without a score is not"
    plain = by_hand(concepts=by_hand().concepts[1:] + by_hand().concepts[:1])
    assert dissection.first(plain) == 0, "its zebra has no score, and 0.6 is the highest"
    nothing = np.full(6, NAN)
    assert dissection.first(by_hand(combined_iou=nothing)) == 4, "the best classified"
    assert dissection.first(by_hand(combined_iou=nothing, cls_accuracy=nothing)) == 0


def test_the_distribution_has_a_bar_for_what_is_zero_and_the_mean_of_the_rest():
    _, single, combined = dissection.individual(by_hand(), 0)
    figure = dissection.distribution(single, combined, LIGHT)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert bars[0].y[0] == 2, "two of the four are 0"
    assert sum(bars[0].y) == sum(bars[1].y) == 4
    assert bars[0].y[1 + 10] == 1, "0.5 lies in the bin from 0.5 to 0.55"
    assert bars[1].y[1 + 4] == 1, "0.2 in that from 0.2 to 0.25"
    mean = next(trace for trace in figure.data if trace.type == "scatter")
    assert mean.x[0] == pytest.approx(0.4)
    assert mean.error_x.array[0] == pytest.approx(0.1)
    told = [one.text for one in figure.layout.annotations]
    assert "0.40 ± 0.10 without the zeros; 0 in 2 of 4 pictures" in told[0]
    assert "0.50 ± 0.22 without the zeros; 0 in 0 of 4 pictures" in told[1]


def test_the_distribution_of_nothing_but_zeros_is_drawn():
    figure = dissection.distribution(np.zeros(3), np.full(3, 0.5), DARK)
    assert "0 in 3 of 3 pictures" in figure.layout.annotations[0].text
    assert len(dissection.distribution(np.zeros(0), np.zeros(0), LIGHT).data) == 2


def test_the_gallery_goes_by_deciles_or_by_rank():
    values = np.array([0.3, 0, 0.1, 0.2, NAN])
    found = dissection.gallery(values, True)
    assert [(one.corner, one.place) for one in found] == [("30 %", 2), ("60 %", 3), ("100 %", 0)]
    found = dissection.gallery(values, False, 2)
    assert [(one.corner, one.place, one.value) for one in found] == [("1", 0, 0.3), ("2", 3, 0.2)]


def test_the_strongest_filters_with_their_share_and_what_they_reach_alone():
    table = dissection.strongest(by_hand(), 0)
    assert table["filter"].tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(table["share"], [50, 25, 25, 0])
    np.testing.assert_allclose(table["IoU alone"], [0.4, 0.2, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(table["of all"], [200 / 3, 100 / 3, 0, 0], rtol=1e-6)


def test_weights_stand_against_the_filters_own_iou_and_the_best_one_is_marked():
    figure = dissection.weights_against_iou(by_hand(), 0, LIGHT)
    dots = figure.data[-1]
    np.testing.assert_allclose(dots.x, [2, 1, 0, 0])
    np.testing.assert_allclose(dots.y, [0.4, 0.2, 0, 0], rtol=1e-6)
    assert dots.marker.symbol[0] == "square"
    line = figure.data[0]
    slope = (line.y[1] - line.y[0]) / (line.x[1] - line.x[0])
    assert slope == pytest.approx(0.2), "IoU is a fifth of max(w, 0)"
    assert [one.text for one in figure.layout.annotations] == ["0", "1", "2"], "3 would lie on 2"
    assert dissection.correlation_words(-0.5, 1e-9) == "r = −0.50, p < 0.001"
    assert "does not vary" in dissection.correlation_words(NAN, NAN)


def test_a_filter_is_best_for_these_concepts_and_contributes_to_those():
    found = by_hand()
    table = dissection_filters.best_for(found, 1, LABELS)
    assert table[["concept", "task"]].to_numpy().tolist() == [
        ["cloud (object)", "segmentation"],
        ["cloud (object)", "classification"],
        ["meadow", "classification"],
    ]
    table = dissection_filters.contributes(found, 3, LABELS)
    assert table["concept"].tolist()[:2] == ["ear", "cloud (object)"]
    np.testing.assert_allclose(table["share"], [100, 25, 25, 0])
    assert table["rank"].tolist()[:3] == [1, 1, 2], "equals share the better rank"


def test_figure_five_counts_filters_by_their_number_of_concepts():
    figure = dissection_filters.sharing(by_hand(), 3, LIGHT)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert list(bars[0].x) == ["0", "1", "2"]
    assert list(bars[0].y) == [1, 2, 1]
    assert list(bars[1].y) == [0, 3, 1]
    lines = [trace for trace in figure.data if trace.type == "scatter"]
    chance = next(trace for trace in lines if trace.mode == "lines")
    np.testing.assert_allclose(chance.y[:2], [4 * 0.75**4, 4 * 4 * 0.25 * 0.75**3])
    marks = [trace.x[0] for trace in lines if trace.mode == "markers"]
    assert marks == ["0", "1"], "filter 3 is the best for no concept and for one"
    assert "4 concepts have their best filter among 3 of 4; 1 are never" in dissection_filters.sharing_words(by_hand())


def test_many_concepts_on_one_filter_get_wider_bins():
    best = np.zeros(100, int)
    scores = np.full(100, 0.5)
    found = by_hand(
        concepts=by_hand().concepts[:1] * 100, best=best, cls_best=best, single_iou=scores, combined_iou=scores,
        cls_accuracy=scores, cls_single_accuracy=scores,
    )  # fmt: skip
    figure = dissection_filters.sharing(found, 0, LIGHT)
    bars = figure.data[0]
    assert len(bars.x) <= 41
    assert bars.x[:2] == ("0", "1 to 3")
    assert sum(bars.y) == 4
    assert bars.y[0] == 3, "those that are never the best have a bin of their own"
    assert bars.y[-1] == 1
    assert dissection_filters.first(found) == 0


def test_the_page_opens_with_the_filter_that_does_most():
    assert dissection_filters.first(by_hand()) == 2, "0.5, against 0.4 + 0.05 and 0.3"


def test_figure_four_takes_the_highest_iou_of_the_concepts_that_a_filter_is_best_at():
    found = dissection_filters.examples(by_hand(), 0, pictures=1)
    assert [(c, [one.place for one in some]) for c, some in found] == [(0, [5]), (3, [7])]
    assert found[0][1][0].value == pytest.approx(0.5)
    assert dissection_filters.examples(by_hand(), 3) == []


def test_figure_four_shows_concepts_with_the_same_pictures_once():
    found = by_hand(best=np.zeros(6, int), single_ind=np.linspace(0.9, 0.1, 12).astype(np.float32))
    shown = dissection_filters.examples(found, 0, pictures=2)
    assert [(c, [one.place for one in some]) for c, some in shown] == [(2, [4, 5]), (3, [5, 6])]


def test_panels_by_category_hold_means_and_standard_errors():
    layers = {"conv4": by_hand(combined_iou=by_hand().single_iou), "conv5": by_hand()}
    found = dissection_categories.pairs(layers, "segmentation")
    assert list(found) == ["object", "part", "material"]
    span = dissection_categories.limits(found, "segmentation")
    assert span[0] == 0
    assert span[1] == pytest.approx(0.6 * 1.05), "objects with all filters: 0.4 and an error of 0.2"
    combined, single = dissection_categories.panel(found["object"], list(layers), span, LIGHT).data
    np.testing.assert_allclose(combined.y, [0.35, 0.4])
    np.testing.assert_allclose(single.y, [0.35, 0.35])
    np.testing.assert_allclose(combined.error_y.array, [0.05, 0.2])
    assert "conv5 0.40 against 0.35" in dissection_categories.panel_words("object", found["object"], "segmentation")
    table = dissection_categories.means_table(found, "layer")
    assert len(table) == 6
    assert table["concepts"].tolist() == [2, 2, 1, 1, 1, 1]


def test_table_one_has_shares_in_per_cent_and_their_intervals():
    table = dissection_categories.table_one({"conv5": by_hand()}, "layer")
    assert table["layer"].tolist() == ["conv5"]
    assert table["no worse, segmentation"][0] == 50
    assert table["no worse, classification"][0] == pytest.approx(80)
    assert table["no worse, segmentation, interval"][0].endswith("n = 4")
    assert 0 <= table["correlated"][0] <= 100


def test_table_one_has_no_column_of_what_is_known_of_none():
    unknown = by_hand(cls_accuracy=np.full(6, NAN))
    alone = dissection_categories.table_one({"conv4": unknown, "conv5": unknown}, "layer")
    assert not [name for name in alone if "classification" in name]
    both = dissection_categories.table_one({"conv4": unknown, "conv5": by_hand()}, "layer")
    assert np.isnan(both["no worse, classification"][0])
    assert both["no worse, classification"][1] == pytest.approx(80)


def test_a_dark_picture_is_made_lighter():
    image = np.full((40, 60, 3), (20, 30, 40), np.uint8)
    image[10:30, 20:40] = 10
    drawn = dissection_pictures.lit(image, np.ones((40, 60), bool))
    middle = drawn[drawn.shape[0] // 2, drawn.shape[1] // 2]
    assert (middle > 40).all()
    assert (drawn[60, 60] > middle).all(), "what was lighter stays lighter"
    light = np.full((40, 60, 3), 180, np.uint8)
    assert (dissection_pictures.lit(light, np.ones((40, 60), bool))[60, 60] == 180).all()
    black = np.zeros((40, 60, 3), np.uint8)
    assert not dissection_pictures.lit(black, np.zeros((40, 60), bool)).any()


def test_figure_three_is_the_mean_of_the_concepts_that_have_a_score_at_every_f():
    counts = np.array([1, 2, 4])
    scores = np.array([[0.2, 0.4, NAN], [0.4, 0.6, 0.1], [0.4, 0.4, 0.1]])
    categories = ["object", "object", "part"]
    figure = dissection_categories.subsets(counts, scores, categories, "segmentation", LIGHT)
    assert len(figure.data) == 1
    np.testing.assert_allclose(figure.data[0].y, [0.3, 0.5, 0.4])
    table = dissection_categories.saturation(counts, scores, categories)
    assert table.to_numpy().tolist() == [["object", 2, 2, 0.5, pytest.approx(0.4)]]


def test_labels_that_would_touch_are_moved_apart_in_their_order():
    found = dissection_categories.apart({"a": 0.5, "b": 0.51, "c": 0.1}, 0.1)
    assert found == {"c": 0.1, "a": 0.5, "b": pytest.approx(0.6)}


def test_the_table_of_failures_says_what_may_be_why():
    table = dissection_failures.table(by_hand(), "segmentation", LABELS)
    assert table["concept"].tolist() == ["cloud (object)", "ear"]
    np.testing.assert_allclose(table["loss"], [0.1, 0.01])
    assert table["what may be why"].tolist() == ["few examples (40)", "small area (0.4 %)"]
    told = dissection_failures.summary(by_hand(), "segmentation")
    assert told == "2 of 4 concepts fail; 2 of them are rare or small, against 0 of the 2 others."
    none = by_hand(combined_iou=by_hand().single_iou)
    assert "for all 4 concepts" in dissection_failures.summary(none, "segmentation")
    assert dissection_failures.table(none, "segmentation", LABELS).empty


def test_the_chart_of_failures_has_every_concept_with_a_score_once():
    figure = dissection_failures.chart(by_hand(), "segmentation", LABELS, LIGHT)
    shown = sorted(int(one[0]) for trace in figure.data for one in trace.customdata)
    assert shown == [0, 1, 2, 3]
    assert [int(one[0]) for one in figure.data[1].customdata] == [3], "the small one has a marker of its own"
    assert {one.text for one in figure.layout.annotations} == {"cloud (object)", "ear"}


def test_a_name_is_left_out_where_it_would_cover_a_point_or_a_name():
    x, y = np.array([1.0, 1.1, 1.2, 100.0, 10.0]), np.array([-1.0, -1.01, -1.02, -0.5, NAN])
    assert dissection_failures.named(x, y, np.array([0, 1, 2, 3])) == [2, 3], "the others have a point at their right"
    assert dissection_failures.named(x[:0], y[:0], np.array([], int)) == []


def test_what_is_predicted_keeps_its_colours_and_the_rest_turns_grey():
    image = np.zeros((64, 64, 3), np.uint8)
    image[...] = 200, 40, 40
    inside = np.zeros((64, 64), bool)
    inside[:, :32] = True
    drawn = dissection_pictures.lit(image, inside)
    assert drawn.shape == (320, 320, 3)
    assert drawn[160, 40].tolist() == [200, 40, 40]
    red, green, _ = drawn[160, 280].astype(int)
    assert red < 60
    assert red - green < 20
    truth = np.zeros((64, 64), bool)
    truth[20:40, 40:60] = True
    outlined = dissection_pictures.lit(image, inside, truth)
    assert (outlined == dissection_pictures.TRUTH).all(-1).any()
    assert not (drawn == dissection_pictures.TRUTH).all(-1).any()
    numbered = dissection_pictures.lit(image, inside, corner="7")
    assert numbered[2, 2].tolist() == [0, 0, 0]


def test_a_file_holds_every_concept():
    table = dissection.scores_table(by_hand(), LABELS)
    assert len(table) == 6
    assert dissection.csv(table).decode().splitlines()[1].startswith("zebra,object,200,4,0.2,0,0.4,0.6")
