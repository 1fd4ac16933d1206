"""Maps over pictures: scales, blending, what was never seen, boxes and outlines."""

import cv2
import numpy as np
import pytest

from core import colouring
from core.colouring import Look
from dashboard.views import overlay


@pytest.fixture
def photo():
    return np.random.default_rng(0).integers(0, 255, (40, 60, 3)).astype(np.uint8)


def ramp(height=40, width=60):
    return np.tile(np.linspace(0, 2, width, dtype=np.float32), (height, 1))


def test_limit_is_the_maximum_of_an_unsigned_map_and_ignores_what_was_never_seen():
    values = np.array([[0.5, np.nan], [3.0, -9.0]], np.float32)
    assert colouring.limit_of(values, signed=False) == 3.0
    assert colouring.limit_of(np.full((2, 2), np.nan), signed=True) == 0.0
    assert colouring.limit_of(-np.ones((2, 2)), signed=False) == 0.0


def test_limit_of_a_signed_map_is_not_ruled_by_one_pixel():
    values = np.ones((100, 100), np.float32)
    values[0, 0] = -500
    assert colouring.limit_of(values, signed=True) == pytest.approx(1.0)
    lonely = np.zeros((100, 100), np.float32)
    lonely[3, 4] = 7
    assert colouring.limit_of(lonely, signed=True) == 7.0


def test_a_fine_unsigned_map_is_not_ruled_by_one_pixel_but_a_coarse_one_shows_its_peak():
    fine, coarse = np.ones((100, 100), np.float32), np.ones((16, 16), np.float32)
    fine[0, 0] = coarse[0, 0] = 500
    assert colouring.limit_of(fine, signed=False) == pytest.approx(1.0)
    assert colouring.limit_of(coarse, signed=False) == 500


def test_scaled_cuts_at_the_ends_and_an_empty_map_is_zero():
    values = np.array([[-1.0, 0.5, 4.0, np.nan]])
    np.testing.assert_allclose(colouring.scaled(values, 2.0, True), [[-0.5, 0.25, 1.0, 0.0]])
    np.testing.assert_allclose(colouring.scaled(values, 2.0, False), [[0.0, 0.25, 1.0, 0.0]])
    assert not colouring.scaled(values, 0.0, True).any()


def test_opacity_zero_is_the_picture_and_one_is_the_map_alone(photo):
    values = ramp()
    np.testing.assert_array_equal(colouring.blend(photo, values, 2.0, False, Look(opacity=0.0)), photo)
    alone = colouring.blend(photo, values, 2.0, False, Look("viridis", opacity=1.0))
    np.testing.assert_array_equal(alone, colouring.paint(values / 2, "viridis"))


def test_below_the_threshold_nothing_of_the_map_is_drawn(photo):
    look = Look("viridis", opacity=1.0, threshold=0.5)
    drawn = colouring.blend(photo, ramp(), 2.0, False, look)
    low, high = drawn[:, :25].astype(int), drawn[:, 35:]
    assert (low.max(2) - low.min(2)).mean() < 0.5 * (photo[:, :25].astype(int).max(2) - photo[:, :25].min(2)).mean()
    np.testing.assert_array_equal(high, colouring.paint(ramp()[:, 35:] / 2, "viridis"))


def test_what_was_never_seen_is_light_grey_whatever_the_look(photo):
    values = ramp()
    values[:, :10] = np.nan
    drawn = colouring.blend(photo, values, 2.0, False, Look(opacity=0.8))[:, :10].astype(int)
    assert (drawn.max(2) == drawn.min(2)).all()
    assert drawn.min() >= 149


def test_zero_of_a_signed_map_is_neutral_and_the_arms_differ():
    middle, low, high = colouring.paint(np.array([[0.0, -1.0, 1.0]]), "inferno", signed=True)[0].astype(int)
    assert np.ptp(middle) <= 4
    assert low[2] > low[0] + 60
    assert high[0] > high[2] + 60


@pytest.mark.parametrize("name", [name for name in colouring.NAMES if name != colouring.PAPERS])
def test_every_offered_map_but_jet_rises_in_lightness(name):
    lightness = cv2.cvtColor(colouring.table(name)[None], cv2.COLOR_RGB2LAB)[0, :, 0].astype(int)
    assert (np.diff(lightness[::8]) > 0).all()


def test_fit_reduces_the_longer_side_and_never_enlarges(photo):
    assert overlay.fit(photo, 30).shape == (20, 30, 3)
    assert overlay.fit(photo, 200) is photo
    assert overlay.fit(np.zeros((1, 900, 3), np.uint8), 30).shape == (1, 30, 3)


def test_raw_values_are_squares_of_one_colour():
    values = np.array([[0.0, 1.0], [0.5, 0.25]], np.float32)
    drawn = overlay.raw(values, 1.0, False, "viridis", 100)
    assert drawn.shape == (100, 100, 3)
    assert (drawn[:50, 50:] == colouring.table("viridis")[255]).all()


def test_a_solid_box_is_closed_and_a_dashed_one_has_gaps():
    flat = np.full((200, 200, 3), 90, np.uint8)
    solid, dashed = (overlay.draw_box(flat, (40, 50, 160, 170), dashed=gaps) for gaps in (False, True))
    edges = [(picture[40, 50:170] == 255).all(-1).mean() for picture in (solid, dashed)]
    assert edges[0] == 1.0
    assert 0.2 < edges[1] < 0.9
    assert (flat == 90).all(), "the picture itself must not be written to"


def test_outline_leaves_the_inside_alone():
    flat, mask = np.full((80, 80, 3), 90, np.uint8), np.zeros((80, 80), bool)
    mask[20:60, 20:60] = True
    drawn = overlay.outline(flat, mask, (230, 159, 0))
    assert (drawn[40, 40] == 90).all()
    assert (drawn == (230, 159, 0)).all(-1).sum() > 100


def test_png_is_lossless(photo):
    decoded = cv2.imdecode(np.frombuffer(colouring.png(photo), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    np.testing.assert_array_equal(decoded, photo)
