"""The Menagerie's annotations say what the pictures show."""

import numpy as np
import pytest

from core.errors import UnknownClass
from core.probes.menagerie import attributes, recipe
from core.probes.menagerie.species import CRITICAL, SCENES, SPECIES
from core.probes.menagerie.vocabulary import VOCABULARY
from core.probes.menagerie.world import World
from core.probes.probe import CATEGORIES, Concept

ANIMALS = {species.name for species in SPECIES}


@pytest.fixture(scope="module")
def tiny():
    probe = World("menagerie-tiny")
    probe.drawings = [probe._draw(i) for i in range(len(probe))]  # all of them once: the probe keeps 64
    probe._drawing = probe.drawings.__getitem__
    return probe


def test_every_picture_has_its_species_large_and_in_front(tiny):
    areas = {}
    for index in range(len(tiny)):
        label = tiny.label(index)
        animals = tiny.instances(index)
        if label is None:
            assert not animals
            assert not tiny.drawing(index).instance.any()
            continue
        assert animals[0].class_name == tiny.classes[label]
        share = animals[0].mask.mean()
        assert share > 0.015, tiny.caption(index)
        assert all(other.mask.mean() < share for other in animals[1:]), tiny.caption(index)
        longer = max(animals[0].box[2] - animals[0].box[0], animals[0].box[3] - animals[0].box[1])
        areas.setdefault(label, []).append((share, longer / 256))
    assert len(areas) == 30
    for label, sizes in areas.items():
        assert 0.45 <= np.mean([long for _, long in sizes]) <= 0.98, tiny.classes[label]
        assert np.mean([share for share, _ in sizes]) > 0.04, tiny.classes[label]


def test_object_labels_and_instances_agree(tiny):
    for index in range(len(tiny)):
        drawing = tiny.drawing(index)
        names = np.array(["", *drawing.names["object"]])[drawing.maps["object"]]
        for animal in tiny.instances(index):
            assert set(np.unique(names[animal.mask])) == {animal.class_name}
        assert not ANIMALS & set(np.unique(names[drawing.instance == 0])), tiny.caption(index)


def test_every_animal_pixel_has_part_material_and_colour(tiny):
    for index in range(len(tiny)):
        drawing = tiny.drawing(index)
        animal = drawing.instance > 0
        for category in ("part", "material", "colour"):
            bare = animal & (drawing.maps[category] == 0)
            assert bare.sum() <= 0.002 * max(animal.sum(), 1), (tiny.caption(index), category)


def test_every_pixel_shows_some_object_of_some_colour(tiny):
    for index in range(len(tiny)):
        drawing = tiny.drawing(index)
        for category in ("object", "colour"):
            assert (drawing.maps[category] > 0).mean() > 0.995, (tiny.caption(index), category)


def test_boxes_are_those_of_the_visible_pixels(tiny):
    for index in tiny.splits["test"]:
        for animal in tiny.instances(int(index)):
            rows, columns = np.nonzero(animal.mask)
            assert animal.box == (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)


def test_parts_are_disjoint_and_lie_on_their_animal(tiny):
    for index in range(len(tiny)):
        for animal in tiny.instances(index):
            together = np.sum(list(animal.parts.values()), 0)
            assert together.max() == 1
            assert not together[~animal.mask].any()


def test_visible_landmarks_lie_on_their_animal_and_hidden_ones_do_not(tiny):
    seen = 0
    for index in range(len(tiny)):
        animals = tiny.instances(index)
        for animal in animals:
            height, width = animal.mask.shape
            for mark in animal.landmarks:
                inside = 0 <= mark.row < height and 0 <= mark.column < width
                assert mark.visible == (inside and animal.mask[int(mark.row), int(mark.column)])
        if animals:
            names = {mark.name for mark in animals[0].landmarks}
            assert {"head", "torso", "eye"} <= names, (tiny.caption(index), names)
            seen += np.mean([mark.visible for mark in animals[0].landmarks]) > 0.6
    assert seen > 0.9 * (len(tiny) - 12)


def test_concept_masks_are_the_vocabularys_and_cover_the_scene(tiny):
    known = set(tiny.concepts)
    for index in range(len(tiny)):
        masks = tiny.concept_masks(index)
        assert set(masks) <= known, set(masks) - known
        assert all(mask.dtype == bool and mask.shape == (256, 256) and mask.any() for mask in masks.values())
        scenes = [concept for concept in masks if concept.category == "scene"]
        assert scenes == [Concept(tiny.scene(index), "scene")]
        assert masks[scenes[0]].all()


def test_there_are_at_least_80_concepts_in_six_categories_and_they_are_met(tiny):
    assert len(tiny.concepts) >= 80
    assert {concept.category for concept in tiny.concepts} == set(CATEGORIES)
    met = {concept for index in range(len(tiny)) for concept in tiny.concept_masks(index)}
    rare = {rarity.name for rarity in recipe.RARITIES}
    missing = [concept for concept in tiny.concepts if concept not in met and concept.name not in rare]
    assert len(missing) <= 0.12 * len(tiny.concepts), missing


def test_the_critical_object_stands_in_its_scene(tiny):
    for scene, thing in CRITICAL.items():
        here = [i for i in range(len(tiny)) if tiny.scene(i) == scene]
        shown = [Concept(thing, "object") in tiny.concept_masks(i) for i in here]
        assert len(here) > 0
        assert np.mean(shown) > 0.7, (scene, thing, np.mean(shown))


def test_a_visual_attribute_is_shown_by_the_species_that_have_it_wholly(tiny):
    """Seen in at least half of a species' pictures; what stands in the landscape is not the animal's own."""
    for number, attribute in enumerate(tiny.attributes):
        if not attribute.visual or attribute.name.startswith("lives"):
            continue
        for label in np.flatnonzero(tiny.class_attributes[:, number] == 1):
            pictures = tiny.of_class(tiny.classes[label])
            shown = [tiny.attribute_mask(int(i), attribute.name).any() for i in pictures]
            assert np.mean(shown) >= 0.5, (attribute.name, tiny.classes[label])


def test_colour_attributes_follow_the_colours_that_are_drawn(tiny):
    """Over species, the value of a colour and the share of the animal's pixels that have it go together."""
    names = [attribute.name for attribute in tiny.attributes]
    for colour in VOCABULARY["colour"]:
        drawn = np.zeros(30)
        for label, name in enumerate(tiny.classes):
            pictures = [tiny.drawing(int(i)) for i in tiny.of_class(name)]
            drawn[label] = np.mean([d.mask("colour", colour)[d.instance == 1].mean() for d in pictures])
        if colour not in names:
            assert drawn.max() < 0.2, colour
        else:
            told = tiny.class_attributes[:, names.index(colour)]
            assert np.corrcoef(told, drawn)[0, 1] > 0.85, colour
            assert drawn[told == 0].max(initial=0) < 0.15, colour


def test_attribute_masks_lie_on_animals(tiny):
    for index in tiny.splits["test"][:8]:
        on_animals = tiny.drawing(int(index)).instance > 0
        for attribute in tiny.attributes:
            mask = tiny.attribute_mask(int(index), attribute.name)
            if not attribute.visual:
                assert not mask.any()
            elif not attribute.name.startswith("lives"):
                assert not mask[~on_animals].any()


def test_colour_labels_name_the_colour_that_is_seen(tiny):
    """Mean colours of what is called black, white, red, green, blue … are told apart by the naming channel."""
    sums = {}
    for index in range(len(tiny)):
        drawing = tiny.drawing(index)
        for number, name in enumerate(drawing.names["colour"], 1):
            where = drawing.maps["colour"] == number
            if where.any():
                total, count = sums.get(name, (0, 0))
                sums[name] = (total + drawing.image[where].astype(float).sum(0), count + where.sum())
    mean = {name: total / count for name, (total, count) in sums.items()}
    assert mean["black"].mean() < 80 < 160 < mean["white"].mean()
    assert mean["red"].argmax() == 0
    assert mean["red"][0] > 1.5 * mean["red"][1]
    assert mean["green"].argmax() == 1
    assert mean["blue"].argmax() == 2
    assert mean["orange"][0] > mean["orange"][1] > mean["orange"][2]
    assert np.ptp(mean["grey"]) < 30


def test_animals_are_not_centred(tiny):
    """A fixed centred disc or box finds few of them: the floor under every localisation measure."""
    animals = [tiny.instances(int(i))[0] for i in range(len(tiny)) if tiny.label(i) is not None]
    rows, columns = np.mgrid[1.5:256:4, 1.5:256:4] - 127.5
    distance = np.hypot(rows, columns)
    masks = np.stack([animal.mask[2::4, 2::4] for animal in animals])
    floor = 0.0
    for radius in range(40, 140, 10):
        disc = distance < radius
        floor = max(floor, np.mean((masks & disc).sum((1, 2)) / (masks | disc).sum((1, 2))))
    assert floor < 0.45
    centres = np.array([[(a.box[0] + a.box[2]) / 512, (a.box[1] + a.box[3]) / 512] for a in animals])
    assert centres[:, 1].std() > 0.09
    assert abs(centres[:, 1].mean() - 0.5) < 0.05


def test_names_that_are_asked_for_and_not_there(tiny):
    with pytest.raises(UnknownClass, match="try 'zebra'"):
        tiny.of_class("zebras")
    assert tiny.find("143") == 143
    assert tiny.find("144") is None
    assert tiny.find("-1") is None
    assert tiny.find("sample:cat") is None
    assert tiny.texts("unicorn") == ()


def test_vocabulary_and_scenes_have_no_double_names():
    for words in VOCABULARY.values():
        assert len(set(words)) == len(words)
    assert VOCABULARY["scene"] == SCENES
    assert set(attributes.SHOWN) == {attribute.name for attribute in attributes.ATTRIBUTES if attribute.visual}


def test_portraits_show_their_species_alone_and_in_daylight():
    world = World()
    assert world.label(world.first) is not None
    for name in world.classes:
        index = world.portrait(name)
        plan = world.plan(index)
        assert (plan.species, len(plan.figures), plan.haze) == (name, 1, 0)
        assert world.place(index)[0] != "train"
