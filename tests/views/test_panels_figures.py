"""Panels, curves and figures: boxes in the picture's pixels, files, the same bytes twice."""

import io
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from core.colouring import Look
from core.methods.heatmap import Heatmap
from core.networks.preprocessing import Preprocessing
from dashboard.views import curves, figure, panels
from dashboard.views.ink import DARK, LIGHT


def heat(values, signed=False, method="gradcam", label=0):
    return Heatmap(np.asarray(values, np.float32), method, "conv5", label, signed)


@pytest.fixture
def photo():
    return np.random.default_rng(0).integers(0, 255, (200, 400, 3)).astype(np.uint8)


def test_one_scale_is_shared_within_a_method_only():
    maps = {
        ("a", None, 0): heat([[0, 1]]),
        ("a", None, 1): heat([[0, 4]]),
        ("b", None, 0): heat([[0, 100]]),
    }
    assert list(panels.limits(maps, shared=False).values()) == [1, 4, 100]
    assert list(panels.limits(maps, shared=True).values()) == [4, 4, 100]


def test_the_box_is_in_the_pictures_own_pixels(photo):
    values = np.zeros((8, 8))
    values[2:4, 4:6] = 1
    made = panels.panel(photo, heat(values), Preprocessing((64, 64), None), 1.0, Look(box=True, threshold=0.5))
    top, left, bottom, right = made.box
    assert 45 <= top <= 55
    assert 195 <= left <= 205
    assert 95 <= bottom <= 105
    assert 295 <= right <= 305


def test_no_box_is_drawn_unless_asked_for_or_on_an_empty_map(photo):
    empty = panels.panel(photo, heat(np.zeros((4, 4))), Preprocessing((64, 64), None), 0.0, Look(box=True))
    assert empty.empty
    assert empty.box is None
    assert panels.panel(photo, heat(np.eye(4)), Preprocessing((64, 64), None), 1.0, Look()).box is None


@pytest.mark.parametrize(
    ("values", "signed", "empty"),
    [([[0, 0]], False, True), ([[-1, 0]], False, True), ([[-1, 0]], True, False), ([[np.nan, np.nan]], True, True)],
)
def test_what_counts_as_empty(values, signed, empty):
    assert panels.is_empty(heat(values, signed)) is empty


def test_saved_data_is_the_map_at_the_pictures_size_with_nan_where_nothing_was_seen(photo):
    full = panels.full_size(photo, heat(np.ones((4, 4))), Preprocessing(100, 100))
    loaded = np.load(io.BytesIO(panels.npy(full)))
    assert loaded.shape == (200, 400)
    assert loaded.dtype == np.float32
    assert np.isnan(loaded[:, :90]).all()
    assert np.isfinite(loaded[:, 110:290]).all()


def curve(*values):
    values = np.array(values, float)
    return SimpleNamespace(
        fractions=np.linspace(0, 1, len(values)),
        probabilities=values,
        area=float(np.trapezoid(values, np.linspace(0, 1, len(values)))),
    )


def score():
    found = SimpleNamespace(insertion=curve(0, 0.5, 1), deletion=curve(1, 0.25, 0))
    flat = curve(0.5, 0.5, 0.5)
    floor = SimpleNamespace(random_insertion=flat, centre_insertion=flat, random_deletion=flat, centre_deletion=flat)
    return found, floor


def test_curves_carry_their_areas_in_the_picture_and_in_words():
    found, floor = score()
    for ink in (LIGHT, DARK):
        drawn = curves.faithfulness(found, floor, ink)
        assert ">0.50<" in drawn
        assert ">0.38<" in drawn
        assert drawn.count("<polyline") == 6
        assert ink.accent in drawn
    assert "Insertion area 0.50 against 0.50" in curves.alt(found, floor)


def test_both_ends_of_a_curve_are_drawn():
    found, floor = score()
    line = curves.faithfulness(found, floor, LIGHT).split('points="')[3].split('"')[0].split()
    first, last = (tuple(map(float, point.split(","))) for point in (line[0], line[-1]))
    assert first[0] == 0
    assert last[0] == pytest.approx(122)
    assert first[1] > last[1], "probability rises from the blurred to the whole picture"


def small_grid(kind):
    picture = np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype(np.uint8)
    bar = figure.Bar(np.random.default_rng(1).integers(0, 255, (256, 3)).astype(np.uint8), 0, 2)
    return figure.grid(
        [[picture, picture], [None, picture]], ["picture", "Grad-CAM"], ["zebra\n0.81", "horse"], kind, bar
    )


@pytest.mark.parametrize("kind", ["pdf", "svg", "png"])
def test_a_figure_is_the_same_bytes_twice(kind):
    assert small_grid(kind) == small_grid(kind)


def test_a_figure_is_the_same_bytes_in_another_process():
    code = (
        "import sys, hashlib; sys.path.insert(0, 'tests/views'); sys.path.insert(0, '.');"
        "from test_panels_figures import small_grid; print(hashlib.sha256(small_grid('pdf')).hexdigest())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONHASHSEED": seed}, check=True
        )
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout


def test_text_in_the_svg_stays_text():
    drawn = small_grid("svg").decode()
    for text in ("Grad-CAM", "zebra", "0.81", "horse"):
        assert f">{text}<" in drawn or text in drawn.split("<text", 1)[1]
