"""Bars of before and after: which classes, which figures, which words."""

import re

import numpy as np
import pytest

from core.measures.knockout import Knockout
from dashboard.views import knockout
from dashboard.views.ink import LIGHT

NAMES = ("ape", "bee", "cat", "dog")


def record(images: int = 4) -> Knockout:
    """Class 1's channels closed; CHIP's cost it all, Grad-CAM's half, two random sets a little."""
    asked = np.repeat([[0.8], [0.0], [0.4], [0.7], [0.6]], images, 1)
    means = np.array(
        [[0.1, 0.8, 0.1, 0], [0.7, 0.0, 0.2, 0.1], [0.5, 0.4, 0.1, 0], [0.2, 0.7, 0.1, 0], [0.2, 0.6, 0.2, 0]]
    )
    closed = np.array([[1, 1, 0, 0, 0], [1, 0, 1, 0, 0], [0, 0, 1, 1, 0], [1, 0, 0, 0, 1]], bool)
    labels = np.array([1, 1, 0, 2])[:images] if images > 1 else np.array([-1])
    right = np.where(labels == 1, asked > 0.5, 1.0) if images > 1 else np.full(asked.shape, np.nan)
    activation = np.array([3.0, 1.0, 2.0, 2.0, 2.0])
    return Knockout(1, closed, activation, labels, asked, asked, right.astype(float), means)


def test_the_class_asked_for_stands_first_and_the_others_by_what_they_reach():
    assert knockout.classes(record(), ("chip", "gradcam", "random"), 3) == [1, 0, 2]


def test_on_one_picture_the_line_is_how_far_random_sets_scatter():
    rows = knockout.moves(record(1), "random", [1, 0], NAMES)
    assert (rows[0].before, rows[0].after) == (pytest.approx(0.8), pytest.approx(0.65))
    assert (rows[0].low, rows[0].high) == (0.6, 0.7)
    assert rows[0].asked
    assert not rows[1].asked


def test_on_several_pictures_it_is_the_interval_of_the_class():
    rows = knockout.moves(record(), "chip", [1, 0], NAMES)
    assert (rows[0].low, rows[0].high) == (0, 0)
    assert (rows[1].low, rows[1].high) == (0.7, 0.7)


def test_bars_are_as_long_as_the_probabilities():
    rows = knockout.moves(record(1), "chip", [1, 0], NAMES)
    svg = knockout.bars(rows, LIGHT)
    along = [float(width) / knockout.WIDTH for width in re.findall(r'<rect [^>]*? width="([\d.]+)"', svg)]
    assert along == pytest.approx([1, 0, 0.8, 1, 0.7, 0.1], abs=0.01), "the track, after, before"
    assert knockout.alt(rows, "CHIP's channels") == (
        "Probabilities with CHIP's channels closed: bee from 0.80 to 0.00, ape from 0.10 to 0.70"
    )


def test_what_is_closed_is_said():
    assert knockout.closed(record(), "chip") == "0, 1: 40.0 % of the activation."
    assert knockout.closed(record(), "gradcam") == "0, 2: 50.0 % of the activation; 1 is CHIP's too."
    assert knockout.closed(record(), "random") == (
        "2 sets, 40.0 % to 50.0 % of the activation; 0.50 of CHIP's among them on average."
    )


def test_the_table_tells_the_class_s_own_pictures_from_the_others():
    table = knockout.table(record(), "bee").set_index("closed")
    assert table["probability of bee"]["nothing"].startswith("0.80")
    assert table["accuracy on bee"]["CHIP's"].startswith("0.00")
    assert table["accuracy on the others"]["CHIP's"].startswith("1.00")
    assert knockout.table(record(1), "bee")["accuracy on bee"][0] == "none"


def test_the_curve_begins_with_nothing_closed():
    assert knockout.doublings(10) == [1, 2, 4, 8, 10]
    assert knockout.doublings(1) == [1]
    figure = knockout.curve([1, 2], [record(1), record(1)], "bee", LIGHT)
    lines = {trace.name: list(trace.y) for trace in figure.data}
    assert lines["CHIP's channels"] == pytest.approx([0.8, 0, 0])
    assert lines["Random channels"] == pytest.approx([0.8, 0.65, 0.65])
    assert list(figure.data[-1].x) == [0, 1, 2]
