import numpy as np
import pytest

from core.probes.menagerie.animals import draw_animal, extent
from core.probes.menagerie.animals.builds import BUILDS
from core.probes.menagerie.canvas import Canvas
from core.probes.menagerie.shapes import Frame
from core.probes.menagerie.species import SPECIES

GROUND = (0.5, 0.6, 0.4)
SIZE = 128
EVERYONE = {"head", "eye", "ear", "muzzle", "neck", "torso", "leg", "tail"}
OWN_PARTS = {
    "zebra": {"mane", "hoof"},
    "horse": {"mane", "hoof"},
    "donkey": {"mane", "hoof"},
    "giraffe": {"horn", "hoof"},
    "elephant": {"trunk", "tusk"},
    "lion": {"mane", "paw"},
    "cow": {"horn", "hoof", "udder"},
    "deer": {"horn", "hoof"},
}
TEXTURES = {
    "zebra": "striped",
    "tiger": "striped",
    "okapi": "striped",
    "giraffe": "reticulated",
    "leopard": "rosetted",
    "snow leopard": "rosetted",
    "cheetah": "spotted",
    "deer": "spotted",
    "cow": "patched",
    "sheep": "woolly",
    "elephant": "wrinkled",
}


def picture(species, seed, facing=1, size=SIZE):
    left, top, right, bottom = extent(species)
    scale = 0.9 / max(right - left, bottom - top)
    middle = 0.5 - facing * scale * (left + right) / 2
    frame = Frame(middle, 0.5 - scale * (top + bottom) / 2, scale, facing)
    canvas = Canvas(size)
    canvas.rgb[:] = GROUND
    rng = np.random.default_rng(seed)
    draw_animal(canvas, species, frame, rng, instance=1)
    return canvas.finish(rng, grain=0), frame


def test_there_is_a_build_for_every_quadruped_of_the_list():
    assert set(BUILDS) == {species.name for species in SPECIES if species.plan == "quadruped"}


@pytest.mark.parametrize("species", BUILDS)
def test_a_species_stays_within_its_extent_and_fills_it(species):
    left, top, right, bottom = extent(species)
    reached = []
    for seed in range(20, 26):
        drawing, frame = picture(species, seed)
        rows, columns = np.nonzero(drawing.instance == 1)
        xs = (np.array([columns.min(), columns.max() + 1]) / SIZE - frame.x) / frame.scale
        ys = (np.array([rows.min(), rows.max() + 1]) / SIZE - frame.ground) / frame.scale
        pixel = 1.5 / SIZE / frame.scale
        assert left - pixel <= xs[0] < xs[1] <= right + pixel
        assert top - pixel <= ys[0] < ys[1] <= bottom + pixel
        reached.append((xs[1] - xs[0]) / (right - left))
    assert max(reached) > 0.8


@pytest.mark.parametrize("species", BUILDS)
def test_its_parts_and_texture_are_labelled(species):
    drawing, _ = picture(species, 3, size=192)
    animal = drawing.instance == 1
    expected = EVERYONE | OWN_PARTS.get(species, set())
    assert {part for part in expected if drawing.mask("part", part).any()} == expected
    assert (drawing.mask("object", species) == animal).all()
    for category in ("part", "material", "texture", "colour"):
        assert (drawing.maps[category][animal] > 0).all(), category
        assert not drawing.maps[category][~animal].any(), category
    if species in TEXTURES:
        assert drawing.mask("texture", TEXTURES[species]).sum() > 0.05 * animal.sum()


@pytest.mark.parametrize("facing", [1, -1])
@pytest.mark.parametrize("species", BUILDS)
def test_landmarks_lie_on_the_animal(species, facing):
    for seed in (1, 2):
        drawing, _ = picture(species, seed, facing)
        body = np.pad(drawing.instance == 1, 1)
        names = [mark.name for mark in drawing.marks]
        assert {"head", "eye", "muzzle", "ear", "torso", "tail", "front leg", "hind leg"} <= set(names)
        assert len(names) == len(set(names))
        for mark in drawing.marks:
            column, row = int(mark.x * SIZE), int(mark.y * SIZE)
            assert body[row : row + 3, column : column + 3].any(), mark
        by_name = {mark.name: mark for mark in drawing.marks}
        assert facing * (by_name["muzzle"].x - by_name["torso"].x) > 0
        assert facing * (by_name["tail"].x - by_name["torso"].x) < 0


@pytest.mark.parametrize("species", ["zebra", "elephant", "snow leopard"])
def test_the_same_seed_gives_the_same_pixels_and_another_seed_another_animal(species):
    once, again, other = (picture(species, seed)[0] for seed in (5, 5, 6))
    assert (once.image == again.image).all()
    assert once.marks == again.marks
    assert (once.image != other.image).any(-1).mean() > 0.02


def test_facing_mirrors_the_silhouette():
    right, left = (picture("wolf", 4, facing)[0].instance for facing in (1, -1))
    assert (right != left[:, ::-1]).mean() < 0.01


def test_look_alikes_differ_in_coat_and_proportions():
    leopard, cheetah = picture("leopard", 7)[0], picture("cheetah", 7)[0]
    assert not cheetah.mask("texture", "rosetted").any()
    assert leopard.mask("texture", "rosetted").any()
    horse, donkey = (picture(species, 7)[0] for species in ("horse", "donkey"))
    ears = [drawing.mask("part", "ear").sum() / (drawing.instance == 1).sum() for drawing in (horse, donkey)]
    assert ears[1] > 2 * ears[0]
