"""The Menagerie with scenes as classes: its pictures, and the one critical object of each scene."""

import numpy as np
import pytest

from core.errors import UnknownClass
from core.measures.localisation import labelled_instances
from core.probes.catalogue import list_probes, open_probe
from core.probes.menagerie.species import CRITICAL, SCENES
from core.probes.menagerie.world import World
from core.probes.probe import Concept


@pytest.fixture(scope="module")
def scenes():
    return open_probe("menagerie-scenes")


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture(scope="module")
def shown(scenes):
    """Two test pictures of each scene."""
    return [int(index) for name in scenes.classes for index in scenes.of_class(name, "test")[:2]]


def test_it_is_listed_with_what_it_offers(scenes):
    card = next(card for card in list_probes() if card.name == "menagerie-scenes")
    assert (card.title, card.group) == (scenes.title, "Embedded")
    assert scenes.offers == {"labels", "masks", "instances", "boxes", "scenes"}
    assert scenes.classes == SCENES


def test_pictures_and_splits_are_the_menageries(scenes, world, shown):
    assert len(scenes) == len(world)
    assert list(scenes.splits) == list(world.splits)
    for split, indices in world.splits.items():
        np.testing.assert_array_equal(scenes.splits[split], indices)
    for index in shown[::5]:
        np.testing.assert_array_equal(scenes.image(index), world.image(index))


def test_the_class_is_the_scene(scenes, world, shown):
    for index in shown:
        assert scenes.classes[scenes.label(index)] == scenes.scene(index) == world.scene(index)
        assert scenes.labels[index] == scenes.label(index)
    for split in ("train", "test"):
        counts = np.bincount(scenes.labels[scenes.splits[split]], minlength=len(SCENES))
        assert counts.min() > 0.03 * counts.sum(), dict(zip(SCENES, counts, strict=True))
    of_all = np.concatenate([scenes.of_class(name) for name in scenes.classes])
    assert sorted(of_all) == list(range(len(scenes)))
    with pytest.raises(UnknownClass, match="savanna"):
        scenes.of_class("savannah")


def test_the_only_instance_is_the_critical_object(scenes, shown):
    met = set()
    for index in shown:
        scene = scenes.scene(index)
        truth = scenes.concept_masks(index).get(Concept(CRITICAL[scene], "object"))
        found = scenes.instances(index)
        if truth is None:
            assert found == ()
            continue
        (one,) = found
        assert one.class_name == scene
        np.testing.assert_array_equal(one.mask, truth)
        rows, columns = np.nonzero(truth)
        assert one.box == (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
        (counted,) = labelled_instances(scenes, index)
        assert counted.box == one.box
        met.add(scene)
    assert met == set(SCENES)


def test_a_scene_is_shown_without_animals_and_with_its_critical_object(scenes, world):
    for name in scenes.classes:
        index = scenes.portrait(name)
        assert scenes.scene(index) == name
        assert not world.plan(index).figures
        assert scenes.instances(index)[0].mask.mean() > 0.005


def test_nothing_kept_for_the_menagerie_is_taken_for_it(scenes, world):
    assert scenes.fingerprint != world.fingerprint
    assert scenes.fingerprint == open_probe("menagerie-scenes").fingerprint
    assert scenes.fingerprint != type(scenes)(seed=21).fingerprint
