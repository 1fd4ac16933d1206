"""Tables and charts of an explainer: the numbers in them are those worked out by hand."""

import numpy as np
import pytest

from core.measures.interval import Estimate
from core.measures.part_stability import FLOORS, Comparison, Rows
from core.measures.part_tables import CONTROLS, Beside, Erring, Landed
from core.methods.explainer.looking import SIDES, Looked, Side
from core.methods.explainer.training import MEASURES, Settings
from dashboard.views import explainer, templates
from dashboard.views.ink import DARK, LIGHT

NAMES = ("zebra", "horse", "owl")


def estimate(value, low=0.0, high=9.0, n=2):
    return Estimate(value, low, high, n)


def compared(first, second, low=0.5, high=0.9):
    return Comparison(estimate(first), estimate(second), estimate(first / second, low, high))


def beside(low=0.5, high=0.9, still=(0.4, 0.8)) -> Beside:
    """Two filters of 'zebra', in which the explainer is steadier, and one of 'owl', in which it is not."""
    rows = Rows(np.arange(3), np.array([0, 0, 2]), np.ones((3, 4), bool))
    values = {"explainer": np.array([0.1, 0.2, 0.3]), "performer": np.array([0.2, 0.4, 0.2])}
    values |= {name: np.full(3, 0.4) for name in (*FLOORS, "performer, modal cell")}
    against = {"performer": compared(0.2, 0.8 / 3, low, high), "modal cell": compared(0.2, 0.4, *still)}
    classes = {0: compared(0.15, 0.3, 0.3, 0.7), 2: compared(0.3, 0.2, 1.1, 1.9)}
    return Beside("top", rows, values, against, classes)


def looked(performer, explained, labels, ordinary=None) -> Looked:
    count = len(labels)
    side = Side(np.array([[1.0] * count, [0.0] * count], np.float32), np.zeros((2, count), np.int16), np.array([0, 1]))
    error, spread = np.full(count, 0.2), np.ones(count)
    arrays = [np.asarray(one) for one in (performer, explained, performer if ordinary is None else ordinary)]
    return Looked(
        np.arange(count), np.asarray(labels), *arrays, error / 2, spread, error, spread, error * 3,
        dict.fromkeys(SIDES, side),
    )  # fmt: skip


def test_errors_stand_beside_each_other_in_points():
    found = looked([0, 0, 1, 1], [0, 1, 1, 0], [0, 0, 1, 1], [2, 2, 2, 2])
    table = explainer.errors(found)
    assert table["error"].tolist() == [0, 50, 100]
    assert table["more"].tolist() == [0, 50, 100]
    assert table["interval"][1] == "6.8 to 93.2", "Clopper and Pearson's for 2 of 4"
    trained = looked([0, 0, 1, 1], [0, 0, 1, 0], [0, 0, 1, 1])
    table = explainer.errors(found, trained)
    assert table["what classifies"].tolist()[3] == "Explainer+cls, no explanation"
    assert table["error"][3] == 25


def test_published_values_are_the_papers():
    table = explainer.published().set_index("network and pictures")
    assert table.loc["VGG-16, 6 animals"].tolist() == [0.8593, 2.03, 2.17, 2.49]
    assert table.loc["AlexNet, birds"].tolist() == [0.5810, 4.41, 10.98, 3.57]
    table = explainer.published_instability()
    assert table["target layer"].tolist()[:4] == ["not given"] * 3 + ["0.139"]
    ratios = table["ratio"][:3]
    assert (ratios.min().round(2), ratios.max().round(2)) == (0.72, 0.85), "72 % to 85 % with many categories"
    single = table["ratio"][3:7]
    assert (single.min().round(2), single.max().round(2)) == (0.65, 0.69)


def test_the_class_that_loses_most_stands_first():
    erring = Erring(*(np.array(one) for one in ([4, 5, 0], [1, 0, 0], [2, 3, 0], [1, 3, 0], [0, 0, 0], [1, 2, -1])))
    table = explainer.lost(erring, NAMES)
    assert table["class"].tolist() == ["horse", "zebra"]
    assert table["taken for"].tolist() == ["owl", "horse"]
    assert "Of 9 pictures the explainer errs in 4" in explainer.lost_words(erring)


def test_table_one_has_the_floors_under_the_performer():
    table = explainer.instability(beside(), "top conv layer, conv5")
    assert table["peaks of"].tolist()[:3] == [
        "Explainer, conv-interp-2", "Performer, top conv layer, conv5", explainer.STILL["modal cell"],
    ]  # fmt: skip
    np.testing.assert_allclose(table["instability"], [0.2, 0.8 / 3, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4])
    np.testing.assert_allclose(table["ratio"][1:], [0.75, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    assert table["of it"][1] == "0.50 to 0.90"


@pytest.mark.parametrize(
    ("low", "high", "still", "said"),
    [
        (0.5, 0.9, (0.4, 0.8), "are steadier than the performer's top conv layer: 0.75 (0.50 to 0.90)"),
        (0.5, 1.1, (0.4, 0.8), "are not shown to be steadier"),
        (1.1, 1.9, (0.4, 0.8), "are less steady than"),
        (0.5, 0.9, (0.4, 1.2), "theirs is **not shown to be less**"),
    ],
)
def test_the_verdict_follows_from_the_intervals(low, high, still, said):
    assert said in explainer.verdict(beside(low, high, still), "top conv layer")


def test_classes_in_which_the_explainer_gains_most_stand_on_top():
    figure = explainer.by_class(beside(), NAMES, "top conv layer", LIGHT)
    dots = [trace for trace in figure.data if trace.mode == "markers"]
    assert list(dots[0].y) == ["owl (2)", "zebra (2)"], "plotly draws the last on top"
    np.testing.assert_allclose(dots[0].x, [0.3, 0.15])
    np.testing.assert_allclose(dots[1].x, [0.2, 0.3])
    assert dots[0].customdata[0][0] == "1.50 (1.10 to 1.90)"
    told = explainer.by_class_words(beside(), NAMES)
    assert told == "The explainer is steadier than the performer for 1 of 2 classes, beyond doubt for zebra"


def test_classes_counted_once():
    """Zebra's rows have 0.15 and 0.3, the owl's 0.3 and 0.2."""
    told = explainer.once_words(beside(), NAMES)
    assert told.startswith("Of the 4 rows 2 are of zebra.")
    assert "0.225 for the explainer and 0.250 for the performer" in told


def landed(gain=(0.1, 0.3)) -> Landed:
    own = np.array([[0.9, 0.1], [0.2, 0.7], [0.0, 0.0]])
    shares = {(side, control): own for side in ("explainer", "performer") for control in CONTROLS}
    shares["performer", "as it is"] = own[:, ::-1]
    rows = Rows(np.arange(3), np.zeros(3, int), np.ones((3, 4), bool))
    on_one = dict.fromkeys(shares, estimate(0.5, 0.25, 0.75))
    return Landed(("head", "leg"), rows, shares, on_one, estimate(sum(gain) / 2, *gain))


def test_filters_are_counted_on_the_part_that_they_lie_on_most():
    figure = explainer.landings(landed(), "top conv layer", DARK)
    assert set(figure.data[0].x) == {"head", "leg", "no part"}
    counts = [dict(zip(trace.x, trace.y, strict=True)) for trace in figure.data]
    assert counts[0] == counts[1] == {"head": 1, "leg": 1, "no part": 1}
    table = explainer.one_part(landed())
    assert table["explainer"].tolist() == ["50 % (25 to 75)"] * 3
    assert explainer.gain_words(landed()).startswith("More of the explainer's")
    assert explainer.gain_words(landed((-0.3, -0.1))).startswith("Fewer of the")
    assert explainer.gain_words(landed((-0.1, 0.2))) == (
        "It is not shown that more of the explainer's filters keep to one part: +5.0 points (−10.0 to 20.0)."
    )


def test_filters_of_each_class_are_counted():
    figure = explainer.owners(np.array([0, 0, 2, -1]), np.array([1, 1, 1, 0]), NAMES, LIGHT)
    assert list(figure.data[0].y) == [2, 0, 1]
    assert list(figure.data[1].y) == [1, 3, 0]


def test_the_curve_of_a_training_and_of_another():
    history = np.arange(14.0).reshape(2, 7) / 20
    figure = explainer.panel({"this one": history, "the other": history[:1]}, "p", LIGHT)
    at = MEASURES.index("p")
    np.testing.assert_allclose(figure.data[0].y, history[:, at])
    assert list(figure.data[1].x) == [1]
    assert figure.data[1].line.dash == "dot"
    assert explainer.panel_words({"this one": history}, "p") == (
        "p, interpretable share over the epochs: this one from 0.10 to 0.45"
    )
    table = explainer.history(history)
    assert table.columns.tolist() == ["epoch", *MEASURES]
    assert table["epoch"].tolist() == [1, 2]
    assert set(explainer.TITLES) == set(MEASURES)


def test_settings_in_words():
    told = dict(explainer.settings(Settings(filter_loss="off", masked=False), 2.5e-4).to_numpy().tolist())
    assert told["filter loss"] == "off"
    assert told["masks"] == "off"
    assert told["learning rate"].startswith("0.00025, ")
    told = dict(explainer.settings(Settings(classes=True), 1e-3).to_numpy().tolist())
    assert told["filter loss"] == "published gradient, 2 times the reconstruction's"
    assert told["trained on"] == "classes (+cls, no explanation)"


def test_explainers_side_by_side():
    seen = looked([0, 1], [0, 0], [0, 1])
    table = explainer.variants({"this one": (0.8, seen, beside()), "the other": (0.5, seen, None)})
    assert table["fire"].tolist() == ["1 of 2", "1 of 2"]
    assert table["error"].tolist() == [50, 50]
    np.testing.assert_allclose(table["R² of fc7"], 0.8)
    np.testing.assert_allclose(table["without"], 0.4)
    assert table["ratio"][0] == pytest.approx(0.75)
    assert np.isnan(table["ratio"][1])


def test_words_about_p_and_entropy():
    assert "84.0 % of the encoder's output" in explainer.p_words(0.84)
    told = explainer.selective_words({"explainer": estimate(0.5, 0.4, 0.6), "performer": estimate(1)}, 24)
    assert "of 3.18 there can be: explainer 0.50 (0.40 to 0.60)" in told


def test_the_template_that_fits_best_and_the_filter_to_open_with():
    fits = np.array([[0.1, 0.5], [0.2, 0.3]])
    assert templates.best(fits) == 1
    assert "row 0, column 1 fits best, which is also its peak" in templates.told(fits, -1, 1)
    assert "its peak is at row 1, column 0" in templates.told(fits, -1, 2)
    assert templates.told(fits, 0.6, 1).startswith("The template of absence fits best")
    maps = np.zeros((3, 2, 2))
    maps[0, 0, 0], maps[1, 0], maps[2] = 1.0, 0.8, 0.3
    assert templates.first(maps) == 1, "the third fires less than half as high"


def test_templates_are_pictures():
    assert templates.squares(np.eye(4), 1.0, True).startswith("data:image/jpeg;base64,")
    assert templates.marked(np.eye(4), 5).startswith("data:image/jpeg;base64,")
    assert templates.toy(np.zeros((3, 3, 3, 3)), np.zeros((3, 3)), 0.1, (0, 0, 0)).startswith("data:image/jpeg")
