"""Birds, swimmers and reptiles: each is drawn within its extent, with its parts, and its landmarks lie on it."""

import numpy as np
import pytest

from core.probes.menagerie.animals import bird, reptile, swimmer
from core.probes.menagerie.canvas import Canvas
from core.probes.menagerie.shapes import Frame
from core.probes.menagerie.species import SPECIES

PLANS = {"bird": bird, "swimmer": swimmer, "reptile": reptile}
PARTS = {
    "flamingo": {"head", "eye", "beak", "neck", "torso", "wing", "tail", "leg", "foot"},
    "owl": {"head", "eye", "beak", "ear", "face disc", "torso", "wing", "tail", "leg", "foot", "claw"},
    "macaw": {"head", "eye", "beak", "neck", "torso", "wing", "tail", "leg", "foot"},
    "penguin": {"head", "eye", "beak", "neck", "torso", "wing", "tail", "foot"},
    "mallard": {"head", "eye", "beak", "neck", "torso", "wing", "tail"},
    "swan": {"head", "eye", "beak", "neck", "torso", "wing", "tail"},
    "clownfish": {"head", "eye", "mouth", "torso", "tail", "fin", "dorsal fin", "tail fin"},
    "shark": {"head", "eye", "mouth", "tooth", "gill", "torso", "tail", "fin", "dorsal fin", "tail fin"},
    "orca": {"head", "eye", "torso", "tail", "fin", "dorsal fin", "tail fin"},
    "turtle": {"head", "eye", "beak", "neck", "torso", "shell", "tail", "leg", "foot", "claw"},
    "crocodile": {"head", "eye", "snout", "tooth", "torso", "crest", "tail", "leg", "foot", "claw"},
    "snake": {"head", "eye", "neck", "torso", "tail", "tongue"},
}
TEXTURES = {
    "owl": "mottled",
    "clownfish": "banded",
    "turtle": "scuted",
    "crocodile": "scaly",
    "snake": "diamond",
    "flamingo": "feathered",
}
PLAN_OF = {species.name: PLANS[species.plan] for species in SPECIES if species.plan in PLANS}


def drawn(species, seed, facing=1, tilt=0.0):
    """The species in the middle of a sheet of 256 pixels, half of it free, and its frame."""
    left, top, right, bottom = PLAN_OF[species].extent(species)
    scale = 0.7 / max(right - left, bottom - top)
    x, y = 0.5 - facing * scale * (left + right) / 2, 0.5 - scale * (top + bottom) / 2
    canvas, frame = Canvas(size=256, oversample=2), Frame(x, y, scale, facing, tilt)
    canvas.rgb[:] = 0.7
    PLAN_OF[species].draw(canvas, species, frame, np.random.default_rng(seed), 3)
    return canvas.finish(np.random.default_rng(0)), frame


def test_every_species_of_these_plans_is_tested():
    assert set(PARTS) == set(PLAN_OF)


@pytest.mark.parametrize("species", PARTS)
@pytest.mark.parametrize("facing", [1, -1])
def test_stays_within_its_extent(species, facing):
    left, top, right, bottom = PLAN_OF[species].extent(species)
    for seed in range(6):
        picture, frame = drawn(species, seed, facing)
        rows, cols = np.nonzero(picture.instance)
        xs, ys = frame.inverse((cols + 0.5) / 256, (rows + 0.5) / 256)
        assert left <= xs.min() <= xs.max() <= right
        assert top <= ys.min() <= ys.max() <= bottom
        assert np.ptp(xs) > 0.5 * (right - left)
        assert np.ptp(ys) > 0.5 * (bottom - top)


@pytest.mark.parametrize("species", PARTS)
def test_has_its_parts_and_nothing_unlabelled(species):
    seen = set()
    for seed in range(4):
        picture, _ = drawn(species, seed)
        here = picture.instance == 3
        for category in ("object", "part", "material", "colour"):
            assert (picture.maps[category][here] > 0).all(), category
        assert (picture.mask("object", species) == here).all()
        present = np.unique(picture.maps["part"][here])
        seen |= {picture.names["part"][i - 1] for i in present}
        assert PARTS[species] <= {picture.names["part"][i - 1] for i in present}
    assert seen - PARTS[species] <= {"leg", "foot", "claw", "mouth"}


@pytest.mark.parametrize(("species", "texture"), TEXTURES.items())
def test_wears_its_texture(species, texture):
    picture, _ = drawn(species, 1)
    assert picture.mask("texture", texture).sum() > 0.02 * (picture.instance == 3).sum()


@pytest.mark.parametrize("species", PARTS)
def test_landmarks_lie_on_the_animal(species):
    for seed in range(6):
        picture, _ = drawn(species, seed, (-1) ** seed, tilt=4.0 * (seed - 3))
        assert {"head", "eye", "torso", "tail"} <= {mark.name for mark in picture.marks}
        for mark in picture.marks:
            col, row = int(mark.x * 256), int(mark.y * 256)
            near = picture.instance[max(row - 2, 0) : row + 3, max(col - 2, 0) : col + 3]
            assert mark.instance == 3
            assert (near == 3).any(), (seed, mark)


@pytest.mark.parametrize("species", PARTS)
def test_the_eye_is_where_it_says(species):
    picture, _ = drawn(species, 2)
    rows, cols = np.nonzero(picture.mask("part", "eye"))
    assert any(
        np.hypot(cols + 0.5 - mark.x * 256, rows + 0.5 - mark.y * 256).min() < 1.5
        for mark in picture.marks
        if mark.name == "eye"
    )


@pytest.mark.parametrize("species", PARTS)
def test_same_seed_same_pixels_and_another_seed_another_pose(species):
    first, again, other = (drawn(species, seed)[0] for seed in (5, 5, 6))
    assert (first.image == again.image).all()
    assert all((first.maps[category] == again.maps[category]).all() for category in first.maps)
    assert first.marks == again.marks
    assert (first.image != other.image).any(-1).mean() > 0.02


def test_a_turtle_swims_where_it_is_afloat():
    walking, swimming = (Canvas(size=256, oversample=2) for _ in range(2))
    for canvas, afloat in ((walking, False), (swimming, True)):
        canvas.rgb[:] = 0.7
        reptile.draw(canvas, "turtle", Frame(0.45, 0.7, 0.5, afloat=afloat), np.random.default_rng(4), 1)
    drawings = [canvas.finish(np.random.default_rng(0), grain=0) for canvas in (walking, swimming)]
    assert [drawing.mask("part", "claw").any() for drawing in drawings] == [True, False]
    col, row = (
        int(256 * (0.45 - 0.5 * 0.2)),
        int(256 * (0.7 + 0.5 * 0.04)),
    )  # behind the front legs, where the shadow is
    assert [int(drawing.image[row, col].max()) < 165 for drawing in drawings] == [True, False]
