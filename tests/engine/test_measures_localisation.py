"""Localisation error and the centred disc, on probes where the answer is known."""

import numpy as np
import pytest

from core.errors import Cancelled, NotDefined
from core.measures.boxes import THRESHOLDS, Placed
from core.measures.interval import bootstrap
from core.measures.localisation import best_iou, centred_disc, disc_floor
from core.measures.localisation_table import wrong
from core.measures.overlap import Box
from core.probes.probe import Instance, Probe

NONE = (-1, -1, -1, -1)
TRUE = (Box(0, 0, 10, 10), Box(20, 20, 30, 30))


def placed(rank, first, own=NONE):
    """One image with two true boxes; the boxes of the most probable and of its own class, the same at any threshold."""
    boxes = np.array([[[box] * len(THRESHOLDS) for box in (first, own)]], np.int32)
    index, truth = np.array([5]), np.array(TRUE, float)
    return Placed(index, index, np.array([rank]), boxes, np.zeros((1, len(THRESHOLDS))), truth, np.array([5, 5]))


def errors(*given):
    return wrong(placed(*given))[0, :, 0].tolist()


def test_an_image_is_wrong_unless_class_and_box_are_right():
    good, bad = (20, 20, 30, 26), (20, 20, 30, 24)  # IoU 0.6 and 0.4 with the second box
    assert errors(0, good, good) == [False, False]
    assert errors(0, bad, bad) == [True, True]
    assert errors(-1, good) == [True, True]
    assert errors(0, NONE, NONE) == [True, True]
    assert errors(0, (20, 20, 30, 25), (20, 20, 30, 25)) == [False, False]  # exactly 0.5 counts
    assert errors(2, good, good) == [True, False]
    # A good box of a wrong class and a bad box of the right one do not add up.
    assert errors(1, good, bad) == [True, True]


def test_best_iou():
    assert best_iou(TRUE[0], TRUE) == 1
    assert best_iou(None, TRUE) == 0
    assert best_iou(TRUE[0], ()) == 0


def test_the_interval_covers_and_repeats():
    values = np.random.default_rng(0).normal(2, 1, 400)
    one = bootstrap([*values, np.nan])
    assert one.n == 400
    assert one.value == pytest.approx(values.mean())
    # The percentile interval of a mean is near +- 1.96 s / sqrt(n).
    assert one.high - one.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert one == bootstrap([*values, np.nan])
    assert one != bootstrap(values, seed=1)
    assert bootstrap([1.0, 1.0]).low == 1
    assert bootstrap([1.0, 2.0, 9.0], of=np.median).value == 2
    empty = bootstrap([np.nan])
    assert empty.n == 0
    assert np.isnan(empty.value)


class Squares(Probe):
    """One square of 40 x 40 pixels in each picture of 100 x 100, at given corners; a second class sits elsewhere."""

    title = "Squares"
    classes = ("square", "other")
    offers = frozenset({"labels", "instances"})

    def __init__(self, corners, masks=True):
        self.corners, self.masks = corners, masks

    def __len__(self):
        return len(self.corners)

    def image(self, index):
        return np.zeros((100, 100, 3), np.uint8)

    def label(self, index):
        return 0

    def instances(self, index):
        def square(top, left, name):
            mask = np.zeros((100, 100), bool)
            mask[top : top + 40, left : left + 40] = True
            return Instance(name, (top, left, top + 40, left + 40), mask if self.masks else None)

        return square(*self.corners[index], "square"), square(30, 30, "other")


def test_a_disc():
    disc = centred_disc(5, 7, 0.4)
    assert disc.astype(int).tolist() == [
        [0, 0, 0, 1, 0, 0, 0],
        [0, 0, 1, 1, 1, 0, 0],
        [0, 1, 1, 1, 1, 1, 0],
        [0, 0, 1, 1, 1, 0, 0],
        [0, 0, 0, 1, 0, 0, 0],
    ]
    assert centred_disc(200, 300, 0.3).mean() == pytest.approx(np.pi * 60**2 / (200 * 300), rel=0.01)


def test_the_floor_on_centred_and_on_scattered_squares():
    centred = disc_floor(Squares([(30, 30)] * 4), range(4), radius=0.25)
    disc = np.count_nonzero(centred_disc(100, 100, 0.25))
    inside = np.count_nonzero(centred_disc(100, 100, 0.25)[30:70, 30:70])
    assert centred["iou"].value == pytest.approx(inside / (disc + 1600 - inside))
    assert centred["mass"].value == pytest.approx(inside / disc)
    assert centred["pointing"].value == 1
    assert centred["box"].value == 1  # 1600 / 2500
    scattered = disc_floor(Squares([(0, 0), (0, 60), (60, 0), (30, 30)]), range(4), radius=0.25)
    assert scattered["pointing"].value == 0.25
    assert scattered["box"].value == 0.25
    assert scattered["iou"].value < centred["iou"].value
    assert scattered["iou"].n == 4


def test_the_floor_without_masks_has_boxes_only():
    found = disc_floor(Squares([(30, 30), (0, 0)], masks=False), [0, 1], radius=0.25)
    assert set(found) == {"box"}
    assert found["box"].value == 0.5


def test_the_floor_needs_objects():
    class Bare(Squares):
        def instances(self, index):
            return ()

    with pytest.raises(NotDefined, match="Squares has no masks or boxes"):
        disc_floor(Bare([(0, 0)]), [0])


def test_the_floor_can_be_stopped():
    def stop(done, total, label):
        assert total == 2
        if done == 1:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        disc_floor(Squares([(0, 0)] * 2), [0, 1], progress=stop)
