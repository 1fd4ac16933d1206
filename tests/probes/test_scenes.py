"""The landscapes: every pixel labelled, the critical object there or not as asked, the same rng the same pixels."""

import numpy as np
import pytest

from core.probes.menagerie.canvas import Canvas
from core.probes.menagerie.scenes import OBJECTS, draw_object, draw_scene, object_extent
from core.probes.menagerie.shapes import Frame
from core.probes.menagerie.species import CRITICAL, SCENES

COLOURS = {"black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown"}


def painted(scene, seed, critical=True, size=96):
    canvas = Canvas(size=size, light=(0.6 if seed % 2 else -0.6, -0.8))
    return canvas, draw_scene(canvas, scene, np.random.default_rng(seed), critical)


def seen(canvas, name):
    """The pixels of an object; the canvas' names alone would not do, since what was drawn may be covered."""
    names = canvas.names["object"]
    return (canvas.maps["object"] == names.index(name) + 1).sum() if name in names else 0


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("seed", range(4))
def test_every_pixel_has_an_object_a_material_and_a_colour(scene, seed):
    canvas, _ = painted(scene, seed)
    for category in ("object", "material", "colour"):
        assert canvas.maps[category].all(), f"{(canvas.maps[category] == 0).mean():.2%} without {category}"
    assert set(canvas.names["colour"]) <= COLOURS
    assert np.isfinite(canvas.rgb).all()
    assert canvas.rgb.std() > 0.05


@pytest.mark.parametrize("scene", SCENES)
def test_the_critical_object_is_there_or_not_as_asked(scene):
    share = [seen(painted(scene, seed)[0], CRITICAL[scene]) / (96 * 2) ** 2 for seed in range(6)]
    assert min(share) > 0.002
    assert np.median(share) > 0.01
    for seed in range(6):
        assert CRITICAL[scene] not in painted(scene, seed, critical=False)[0].names["object"]


@pytest.mark.parametrize("scene", SCENES)
def test_the_same_rng_draws_the_same_pixels_and_another_one_others(scene):
    first, again, other = (painted(scene, seed)[0] for seed in (3, 3, 5))
    np.testing.assert_array_equal(first.rgb, again.rgb)
    for category, sheet in first.maps.items():
        np.testing.assert_array_equal(sheet, again.maps[category])
    assert np.abs(first.rgb - other.rgb).mean() > 0.01


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("seed", range(4))
def test_the_ground_tells_where_animals_may_be(scene, seed):
    canvas, ground = painted(scene, seed)
    assert 0 <= ground.horizon < ground.near <= 1
    if scene in ("reef", "open sea"):
        assert ground.medium == "under water"
        middle = canvas.maps["object"][int(0.5 * canvas.pixels)]
        assert (middle == canvas.index("object", "water")).mean() > 0.3
        return
    assert ground.medium == "land"
    assert ground.horizon < ground.bottom < ground.near - 0.05
    below = canvas.maps["object"][int(ground.bottom * canvas.pixels) :]
    for name in ("sky", "water", "sea"):
        assert not (below == canvas.index("object", name)).any(), f"{name} where animals should stand"
    if ground.water is not None:
        assert ground.horizon < ground.water[0] < ground.water[1] < ground.bottom


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("facing", [-1, 1])
def test_an_object_stays_within_its_extent_and_bears_its_name(name, facing):
    left, top, right, bottom = object_extent(name)
    scale = 0.7 / max(right - left, bottom - top)
    middle = (left + right) / 2 * facing
    frame = Frame(0.5 - scale * middle, 0.5 - scale * (top + bottom) / 2, scale, facing)
    for seed in range(3):
        canvas = Canvas(size=96)
        draw_object(canvas, name, frame, np.random.default_rng(seed))
        rows, cols = np.nonzero(canvas.maps["object"])
        assert len(rows) > 200
        low = frame([left, top] if facing > 0 else [right, top])
        high = frame([right, bottom] if facing > 0 else [left, bottom])
        drawn = np.array([cols.min(), rows.min(), cols.max(), rows.max()]) / canvas.pixels
        assert (drawn[:2] >= low - 0.03).all()
        assert (drawn[2:] <= high + 0.03).all()
        assert (canvas.maps["material"][rows, cols] > 0).all()
        assert (canvas.maps["colour"][rows, cols] > 0).all()


def test_what_stands_in_front_takes_the_pixels_of_the_animal_behind():
    canvas = Canvas(size=64)
    canvas.instance[:] = 3
    draw_object(canvas, "rock", Frame(0.5, 0.7, 0.4), np.random.default_rng(0))
    rock = canvas.maps["object"] == canvas.index("object", "rock")
    assert (canvas.instance[rock] == 0).all()
    assert (canvas.instance[~rock] == 3).all()


def test_haze_lightens_what_is_far_and_keeps_its_labels():
    near, far = Canvas(size=64), Canvas(size=64)
    frame = Frame(0.5, 0.9, 0.8)
    draw_object(near, "pine", frame, np.random.default_rng(0), shadow=False)
    draw_object(far, "pine", frame, np.random.default_rng(0), shadow=False, haze=((0.9, 0.9, 0.9), 0.6))
    drawn = near.maps["object"] > 0
    assert far.rgb[drawn].mean() > near.rgb[drawn].mean() + 0.2
    np.testing.assert_array_equal(near.maps["part"], far.maps["part"])
