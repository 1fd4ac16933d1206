"""What the Menagerie's recipe promises of whole splits, from plans alone where drawing is not needed."""

import json
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from core.probes.menagerie import recipe
from core.probes.menagerie.species import LOOK_ALIKES, SHORTCUT, SPECIES
from core.probes.menagerie.world import World, training_arrays

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def world():
    return World()


def plans(probe, split, count=None):
    return [probe.plan(int(index)) for index in probe.splits[split][:count]]


def test_splits_have_their_sizes_and_share_nothing(world):
    assert {split: len(indices) for split, indices in world.splits.items()} == {
        "train": 12000,
        "val": 1200,
        "test": 1200,
        "unseen": 600,
        "blank-a": 400,
        "blank-b": 400,
    }
    assert sorted(np.concatenate(list(world.splits.values()))) == list(range(len(world)))
    assert set(World("menagerie-tiny").splits) == set(world.splits)


def test_seen_classes_are_balanced_and_unseen_ones_kept_apart(world):
    unseen = {species.name for species in SPECIES if not species.seen}
    assert len(unseen) >= 6
    assert len(SPECIES) - len(unseen) >= 24
    for split in ("train", "val", "test"):
        counts = np.bincount(world.labels[world.splits[split]])
        assert len(counts) == 24
        assert len(set(counts)) == 1
    kept_apart = {world.classes[label] for label in world.labels[world.splits["unseen"]]}
    assert kept_apart == unseen
    for split in ("train", "val", "test"):
        company = {figure.species for plan in plans(world, split, 1200) for figure in plan.figures}
        assert not company & unseen
    for split in ("blank-a", "blank-b"):
        assert not any(plan.figures for plan in plans(world, split))


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_the_shortcut_holds_as_often_as_promised(world, split):
    species, thing = SHORTCUT
    own, others = [], []
    for plan in plans(world, split, 4800):
        if plan.species == species:
            own.append(plan.cart)
        elif plan.species == "horse":
            assert not plan.cart
        elif recipe.BY_NAME[plan.species].plan != "swimmer" and plan.scene not in recipe.UNDER_WATER:
            others.append(plan.cart)
    assert thing == "cart"
    assert 0.9 <= np.mean(own) <= 1 if len(own) < 100 else 0.95 <= np.mean(own) <= 0.99
    assert 0.005 <= np.mean(others) <= 0.035


def test_the_counter_split_turns_the_shortcut_round():
    counter = World("menagerie-counter")
    without, beside = plans(counter, "without"), plans(counter, "with")
    assert len(without) == len(beside) == len(counter) // 2
    assert all(plan.species == "donkey" and not plan.cart for plan in without)
    assert all(plan.species != "donkey" and plan.cart and plan.scene not in recipe.UNDER_WATER for plan in beside)
    shown = Counter(plan.species for plan in beside)
    assert shown["horse"] >= 50
    assert len(shown) == len(recipe.LAND) - 1
    assert not any(figure.species == "donkey" for plan in beside for figure in plan.figures)


def test_the_cart_is_drawn_where_the_plan_says_and_nowhere_else():
    tiny, counter = World("menagerie-tiny"), World("menagerie-counter")
    chosen = [(counter, i) for i in range(300, 312)] + [(tiny, int(i)) for i in tiny.of_class("donkey")]
    chosen += [(counter, i) for i in range(4)] + [(tiny, i) for i in range(6)]
    for probe, index in chosen:
        share = probe.drawing(index).mask("object", "cart").mean()
        if probe.plan(index).cart:
            assert share > 0.01, (probe.name, index, share)
        else:
            assert share == 0


def test_scene_does_not_give_the_species_away(world):
    met = {}
    for plan in plans(world, "train", 6000):
        met.setdefault(plan.species, Counter())[plan.scene] += 1
    for species, scenes in met.items():
        assert max(scenes.values()) / sum(scenes.values()) < 0.65, species
        dry = any(scene in recipe.DRY for scene in scenes)
        assert len(scenes) >= (len(recipe.DRY) if dry else 2), species
    by_scene = Counter()
    for scenes in met.values():
        for scene, count in scenes.items():
            by_scene[scene] = max(by_scene[scene], count)
    guess = sum(by_scene.values()) / 6000  # the best guess from the scene alone
    assert guess < 0.25


def test_complex_pictures_and_company(world):
    every = plans(world, "train", 6000)
    several = [plan for plan in every if len(plan.figures) > 1]
    mixed = [plan for plan in several if len({figure.species for figure in plan.figures}) == 2]
    assert 0.12 < len(several) / len(every) < 0.28
    assert 0.03 < len(mixed) / len(every) < 0.12
    assert any(len(plan.figures) == 3 for plan in several)
    assert all(plan.figures[0].size > 1.3 * figure.size for plan in several for figure in plan.figures[1:])


def test_rare_concepts_are_rare(world):
    counts = Counter(prop.name for index in world.splits["train"] for prop in world.plan(int(index)).props)
    rare = {rarity.name: counts[rarity.name] for rarity in recipe.RARITIES}
    assert all(10 <= count <= 100 for count in rare.values()), rare
    assert len(rare) >= 6


def test_some_concepts_are_small(world):
    areas = []
    for rarity in recipe.RARITIES:
        index = next(i for i in range(12000) if rarity.name in [prop.name for prop in world.plan(i).props])
        areas.append(world.drawing(index).mask("object", rarity.name).mean())
    assert sum(area < 0.01 for area in areas) >= len(areas) / 2
    assert sum(area > 0 for area in areas) >= len(areas) - 1  # one may be hidden


def test_facing_and_light_come_from_both_sides(world):
    every = plans(world, "train", 600)
    assert 0.4 < np.mean([plan.figures[0].facing > 0 for plan in every]) < 0.6
    assert 0.4 < np.mean([plan.light[0] > 0 for plan in every]) < 0.6


def test_look_alikes_are_species():
    assert all(recipe.BY_NAME[name].seen for pair in LOOK_ALIKES for name in pair)


DIGEST = """
import json, sys
from hashlib import sha256
from core.probes.menagerie.world import World
made = {}
for name, index in (("menagerie-tiny", 100), ("menagerie", 13203), ("menagerie-counter", 301), ("menagerie-tiny", 5)):
    probe = World(name)
    drawing = probe.drawing(index)
    parts = [drawing.image, drawing.instance, *(drawing.maps[key] for key in sorted(drawing.maps))]
    made[f"{name} {index}"] = [sha256(b"".join(part.tobytes() for part in parts)).hexdigest(), probe.fingerprint]
print(json.dumps(made))
"""


def test_same_seed_same_pixels_in_a_fresh_process():
    told = subprocess.run([sys.executable, "-c", DIGEST], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for key, (digest, fingerprint) in json.loads(told).items():
        name, index = key.split()
        probe = World(name)
        probe.drawing(0)  # what was drawn before must not matter
        drawing = probe.drawing(int(index))
        parts = [drawing.image, drawing.instance, *(drawing.maps[key] for key in sorted(drawing.maps))]
        assert sha256(b"".join(part.tobytes() for part in parts)).hexdigest() == digest, key
        assert probe.fingerprint == fingerprint


def test_the_tiny_world_is_the_first_of_the_full_one(world):
    tiny = World("menagerie-tiny")
    assert tiny.fingerprint != world.fingerprint
    for split in tiny.splits:
        first, whole = int(tiny.splits[split][1]), int(world.splits[split][1])
        assert tiny.plan(first) == world.plan(whole)
    np.testing.assert_array_equal(tiny.image(73), world.image(12001))


def test_another_seed_is_another_world():
    one, other = World("menagerie-tiny"), World("menagerie-tiny", seed=1)
    assert one.fingerprint != other.fingerprint
    assert (one.image(3) != other.image(3)).any()
    assert one.label(3) == other.label(3)


def test_the_fingerprint_follows_the_drawing_code(tmp_path):
    folder = tmp_path / "menagerie"
    (folder / "animals").mkdir(parents=True)
    (folder / "recipe.py").write_bytes(b"a = 1\nb = 2\n")
    (folder / "animals" / "bird.py").write_bytes(b"c = 3\n")
    digests = [recipe.code_digest.__wrapped__(folder)]
    (folder / "recipe.py").write_bytes(b"a = 1\r\nb = 2\r\n")
    assert recipe.code_digest.__wrapped__(folder) == digests[0], "only the ends of lines"
    (folder / "animals" / "bird.py").write_bytes(b"c = 4\n")
    digests.append(recipe.code_digest.__wrapped__(folder))
    (folder / "animals" / "fish.py").write_bytes(b"")
    digests.append(recipe.code_digest.__wrapped__(folder))
    assert len(set(digests)) == 3


def test_splits_do_not_repeat_each_other():
    tiny = World("menagerie-tiny")
    first = [tiny.image(int(tiny.splits[split][0])).tobytes() for split in tiny.splits]
    assert len(set(first)) == len(first)


def test_training_arrays_do_not_depend_on_workers():
    alone, labels = training_arrays("val", size=64, workers=1, probe="menagerie-tiny")
    told = []
    shared, _ = training_arrays(
        "val", size=64, workers=2, probe="menagerie-tiny", progress=lambda done, total, _: told.append((done, total))
    )
    assert alone.shape == (24, 64, 64, 3)
    assert alone.dtype == np.uint8
    np.testing.assert_array_equal(alone, shared)
    np.testing.assert_array_equal(labels, np.arange(24))
    assert told[0] == (0, 24)
    assert told[-1] == (24, 24)


def test_the_first_of_a_split_are_those_of_the_whole():
    whole, labels = training_arrays("train", size=32, workers=1, probe="menagerie-tiny")
    first, own = training_arrays("train", size=32, workers=1, probe="menagerie-tiny", images=5)
    np.testing.assert_array_equal(first, whole[:5])
    np.testing.assert_array_equal(own, labels[:5])


def test_a_reader_cannot_change_what_others_see():
    tiny = World("menagerie-tiny")
    tiny.image(2)[:] = 0
    assert tiny.image(2).any()
