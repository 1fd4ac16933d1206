"""Table II as a table and a file; boxes and regions drawn on pictures."""

import io

import numpy as np
import pandas as pd
import pytest

from core.measures.boxes import DISC, THRESHOLDS, Placed
from core.measures.interval import Estimate
from core.measures.localisation_table import table as localisation
from core.measures.overlap import Box
from core.probes.probe import Instance
from dashboard.views import localisation as views

TITLES = {"gradcam": "Grad-CAM", "lime": "LIME"}
SIDE = 240


def placed(boxes, pixel, rank=(0, 0, 1, -1)):
    """Four pictures, each with one true box of 10 x 10; the same boxes and IoU at every threshold."""
    n, many = len(rank), len(THRESHOLDS)
    sheet = np.repeat(np.array(boxes, np.int32)[:, None, None], 2, 1).repeat(many, 2)
    truth = np.tile([[0.0, 0.0, 10.0, 10.0]], (n, 1))
    indices = np.arange(n)
    return Placed(indices, indices, np.array(rank), sheet, np.tile(np.array(pixel)[:, None], many), truth, indices)


@pytest.fixture
def found():
    good, small = (0, 0, 10, 10), (0, 0, 10, 2)
    one = placed([good, small, good, good], [0.8, 0.4, 0.0, 0.0])
    disc = placed([small] * 4, [0.1] * 4)
    return localisation({"gradcam": (one, one), DISC: (disc, disc)}, {})


def test_the_table_holds_every_number(found):
    table = views.table(found, TITLES)
    row, disc = table.iloc[0], table.iloc[1]
    assert list(table["method"]) == ["Grad-CAM", "Centred disc"]
    assert row["top 1"] == 75
    assert row["top 5"] == 50
    assert row["area"] == pytest.approx(0.6)  # the median of 1 and 0.2
    assert row["pixel IoU"] == pytest.approx(0.6)
    assert row["paper"] == "56.47, 46.35"
    assert row["threshold"] == 100 * THRESHOLDS[0]
    assert disc["top 1"] == 100
    assert disc[["threshold", "pixel threshold", "paper"]].isna().all()


def test_the_file_has_the_classification_errors_too(found):
    read = pd.read_csv(io.BytesIO(views.csv(found)))
    assert list(read["method"]) == ["gradcam", DISC, "classification"]
    assert list(read["top1"]) == [0.75, 1, 0.5]
    assert list(read["top5"]) == [0.5, 1, 0.25]
    assert read.loc[0, "top1_low"] == found.scores["gradcam"].top1.low
    assert read.loc[1, ["threshold", "pixel_threshold"]].isna().all()


def test_an_interval_is_written_in_the_unit_of_its_column():
    assert views.interval(Estimate(0.5, 0.4821, 0.53, 10), 100, 1) == "48.2 to 53.0"
    assert views.interval(Estimate(-0.01, -0.02, 0.001, 10), 1, 2) == "−0.02 to 0.00"
    assert views.interval(Estimate(float("nan"), float("nan"), float("nan"), 0), 100, 1) == ""


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (Estimate(-0.05, -0.08, -0.02, 600), "CHIP errs less often than Grad-CAM by 5.0 points"),
        (Estimate(0.05, 0.02, 0.08, 600), "CHIP errs more often than Grad-CAM by 5.0 points"),
        (Estimate(0.01, -0.02, 0.08, 600), "cannot be told apart"),
    ],
)
def test_a_difference_is_judged_by_its_interval(one, said):
    assert said in views.verdict(one, "CHIP", "Grad-CAM")
    assert "n = 600" in views.verdict(one, "CHIP", "Grad-CAM")


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (Estimate(0.05, 0.02, 0.08, 600), "larger than that of Grad-CAM's by 0.050"),
        (Estimate(-0.05, -0.08, -0.02, 600), "smaller than that of Grad-CAM's by 0.050"),
        (Estimate(0.0, -0.01, 0.01, 600), "cannot be told apart"),
        (Estimate(float("nan"), float("nan"), float("nan"), 0), "no masks"),
    ],
)
def test_a_difference_of_regions_is_judged_by_its_interval(one, said):
    assert said in views.pixel_verdict(one, "CHIP", "Grad-CAM")


def picture():
    return np.full((SIDE, SIDE, 3), 90, np.uint8)


def lit(box):
    values = np.full((SIDE, SIDE), -1.0, np.float32)
    values[int(box.top) : int(box.bottom), int(box.left) : int(box.right)] = 2.0
    return values


def has(drawn, colour, place):
    return np.abs(drawn[place].astype(int) - colour).max() < 12


def test_the_predicted_box_is_solid_and_the_true_one_dashed():
    box, true = Box(60, 60, 180, 160), Box(40, 20, 200, 140)
    drawn, value = views.boxed(picture(), lit(box), 0.5, [true])
    assert drawn.shape[0] % SIDE == 0
    times = drawn.shape[0] // SIDE
    assert value == pytest.approx(120 * 80 / (120 * 100 + 160 * 120 - 120 * 80))
    solid = [has(drawn, views.PREDICTED, (60 * times, column)) for column in range(62 * times, 158 * times)]
    dashed = [has(drawn, views.TRUE, (40 * times, column)) for column in range(22 * times, 138 * times)]
    assert all(solid)
    assert 0.2 < np.mean(dashed) < 0.8


def test_without_a_true_box_there_is_no_iou_and_without_a_map_no_box():
    assert views.boxed(picture(), lit(Box(0, 0, 9, 9)), 0.5, [])[1] is None
    flat = np.zeros((SIDE, SIDE), np.float32)
    drawn, value = views.boxed(picture(), flat, 0.5, [Box(40, 20, 200, 140)])
    assert value == 0
    assert not any(has(drawn, views.PREDICTED, place) for place in np.ndindex(drawn.shape[:2]))


def test_what_the_region_leaves_keeps_its_colour_and_the_mask_is_outlined():
    image = np.dstack([np.full((SIDE, SIDE), value, np.uint8) for value in (200, 60, 60)])
    box = Box(60, 60, 180, 160)
    mask = np.zeros((SIDE, SIDE), bool)
    mask[60:180, 60:110] = True
    drawn, value = views.cut(image, lit(box), 0.5, mask)
    assert value == pytest.approx(0.5)
    times = drawn.shape[0] // SIDE
    assert has(drawn, (200, 60, 60), (120 * times, 150 * times))
    dark = drawn[20 * times, 20 * times].astype(int)
    assert dark.max() < 60
    assert np.ptp(dark) < 6
    assert has(drawn, views.PREDICTED, (120 * times, 60 * times))
    assert views.cut(image, lit(box), 0.5, None)[1] is None


def test_masks_of_several_instances_are_one():
    first, second = np.eye(3, dtype=bool), np.fliplr(np.eye(3, dtype=bool))
    one, other = (Instance("a", (0, 0, 3, 3), mask) for mask in (first, second))
    assert (views.mask_of([one, other]) == (first | second)).all()
    assert views.mask_of([Instance("a", (0, 0, 3, 3))]) is None
    assert views.mask_of([]) is None


def test_words_under_a_picture():
    assert views.under("CHIP", 0.534, 0.25) == "**CHIP**  \nIoU 0.53 :gray[at 25 %]"
    assert views.under("CHIP", None, 0.15) == "**CHIP**  \n:gray[at 15 %]"
