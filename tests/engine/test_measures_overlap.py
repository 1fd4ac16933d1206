"""IoU, boxes and mass, by hand and by loops."""

import numpy as np
import pytest

from core.measures.overlap import (
    Box,
    box_iou,
    iou,
    largest_box,
    map_box,
    mass_inside,
    peak_inside,
    region,
    set_iou,
)


def mask(text):
    return np.array([[c == "#" for c in line] for line in text.split()])


def test_iou_by_hand():
    a, b = mask("##. ##. ..."), mask(".## .## ...")
    assert iou(a, b) == pytest.approx(2 / 6)
    assert iou(a, a) == 1
    assert iou(a, ~a) == 0
    assert np.isnan(iou(a & False, a & False))


def test_set_iou_is_one_ratio_and_not_a_mean():
    small, large = (mask("#."), mask(".#")), (mask("#### ####"), mask("#### ####"))
    assert set_iou([small, large]) == pytest.approx(8 / 10)
    assert np.mean([iou(*small), iou(*large)]) == 0.5
    assert np.isnan(set_iou([]))


def test_box_iou_equals_counting_pixels():
    generator = np.random.default_rng(0)
    for _ in range(50):
        corners = np.sort(generator.integers(0, 12, (2, 2, 2)), 1)  # (box, low and high, axis)
        boxes = [Box(*(int(v) for v in (one[0, 0], one[0, 1], one[1, 0], one[1, 1]))) for one in corners]
        masks = np.zeros((2, 12, 12), bool)
        for canvas, box in zip(masks, boxes, strict=True):
            canvas[box.top : box.bottom, box.left : box.right] = True
        assert box_iou(*boxes) == pytest.approx(iou(*masks), nan_ok=True)


def test_a_region_is_a_share_of_the_maximum_and_never_nan():
    values = np.array([[1.0, 0.5, 0.49], [np.nan, -1.0, 0.0]])
    assert region(values, 0.5).tolist() == [[True, True, False], [False, False, False]]
    assert region(values, 0.0).tolist() == [[True, True, True], [False, False, False]]
    assert not region(np.zeros((2, 2)), 0.0).any()
    assert not region(-np.ones((2, 2)), 0.0).any()
    assert not region(np.full((2, 2), np.nan), 0.5).any()


def test_the_box_of_the_largest_region():
    picture = mask("##...# ##...# .....# .....# #....#")
    assert largest_box(picture) == Box(0, 5, 5, 6)
    assert largest_box(mask("#... .#.. ..#. ....")) == Box(0, 0, 3, 3)  # corners touch
    assert largest_box(mask("##.. .... ..##")) == Box(0, 0, 1, 2)  # the first of equals
    assert largest_box(np.zeros((3, 3), bool)) is None


def test_a_box_outlasts_a_network_that_saw_a_part_only():
    values = np.full((6, 8), np.nan, np.float32)
    values[:, 2:6] = 0.1
    values[1:3, 3:5] = 1
    assert map_box(values, 0.15) == Box(1, 3, 3, 5)
    assert map_box(np.full((4, 4), np.nan)) is None


def test_mass_inside():
    values = np.array([[1.0, 3.0], [-5.0, np.nan]])
    assert mass_inside(values, mask("#. ##")) == pytest.approx(0.25)
    assert np.isnan(mass_inside(np.zeros((2, 2)), mask("## ##")))


def test_peak_inside():
    values = np.array([[1.0, 3.0], [np.nan, 0.0]])
    assert peak_inside(values, mask(".# .."))
    assert not peak_inside(values, mask("#. ##"))
    assert not peak_inside(np.zeros((2, 2)), mask("## ##"))
