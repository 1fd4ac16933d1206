"""CHIP's maps on the Explain pages: what waits for importances, one button, and what stands there afterwards."""

import re

import pytest

from dashboard import ask
from tests import listing
from tests.pages.shown import alts

CHIP = ["CHIP", "Refined CHIP", "Guided CHIP"]


@pytest.fixture
def small(opened, tmp_path, monkeypatch):
    """`small(page, **parameters)`: the page on a network whose importances take a second, with none computed yet."""
    monkeypatch.setenv("CHANNELSCOPE_SETTINGS", str(listing.write(tmp_path, "small_network")))
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "cache"))
    ask._importances.clear()
    return lambda page="picture", **parameters: opened(page, network="small", **parameters)


def maps(app):
    return [alt for alt in alts(app) if re.match(r".+ for .+, over ", alt)]


def titles(app):
    return [alt.split(" for ")[0] for alt in maps(app)]


def learn(app):
    """The buttons that learn importances, by the layers that they are for."""
    return [button.key.removeprefix("learn-") for button in app.button if (button.key or "").startswith("learn-")]


def test_the_defaults_are_as_they_were(small, fine):
    app = fine(small())
    assert titles(app) == ["Grad-CAM", "Guided Backpropagation", "Guided Grad-CAM"]
    assert learn(app) == []
    assert set(CHIP) < set(app.button_group(key="methods").options)


def test_one_button_learns_what_all_maps_wait_for_and_it_is_kept(small, fine, words_of):
    app = fine(small(methods=["Grad-CAM", *CHIP]))
    assert titles(app) == ["Grad-CAM"]
    assert learn(app) == ["conv3-conv1"], "the last convolution for CHIP, the first for Refined CHIP, on one button"
    assert "Waits for the channels' importances at conv1 and conv3" in words_of(app)
    app = fine(app.button(key="learn-conv3-conv1").click().run(timeout=120))
    assert titles(app) == ["Grad-CAM", *CHIP]
    assert learn(app) == []
    assert sum("Insertion area" in alt for alt in alts(app)) == 0
    app = fine(app.toggle(key="curves").set_value(True).run())
    empty = sum("**Empty.**" in caption.value for caption in app.caption)
    assert sum("Insertion area" in alt for alt in alts(app)) == 4 - empty, "CHIP's maps are scored like all others"
    ask._importances.clear()
    assert titles(fine(small(methods=CHIP))) == CHIP, "the second time they come from the cache, unasked"


def test_a_layer_that_nobody_asked_for_waits_alone(small, fine):
    app = fine(small(methods=["CHIP"], layer="conv2"))
    assert (learn(app), maps(app)) == (["conv2"], [])


def test_a_signed_map_can_be_seen_to_be_one(small, fine):
    app = fine(small(methods=["CHIP", "Guided CHIP"]))
    app = fine(app.button(key="learn-conv3").click().run(timeout=120))
    ends = [caption.value for caption in app.caption if " … " in caption.value]
    assert [value.startswith("−") for value in ends] == [True, False]


def test_two_rows_through_the_layers(small, fine):
    app = fine(small("layers", section="CHIP and Grad-CAM"))
    assert titles(app) == ["Grad-CAM"] * 3, "the poolings"
    assert learn(app) == ["pool1-pool2-pool3"]
    app = fine(app.button(key="learn-pool1-pool2-pool3").click().run(timeout=120))
    assert titles(app) == ["CHIP"] * 3 + ["Grad-CAM"] * 3
    assert [re.search(r" at (\S+),", alt)[1] for alt in maps(app)] == ["pool1", "pool2", "pool3"] * 2
    app = fine(app.button_group(key="through").set_value(["pool", "conv"]).run())
    assert learn(app) == ["conv1-conv2-conv3"], "what is known already is not asked for again"


def test_one_method_through_the_layers_waits_with_one_button(small, fine):
    app = fine(small("layers", method="CHIP"))
    assert (learn(app), maps(app)) == (["conv1-pool1-conv2-pool2-conv3-pool3"], [])


def test_seven_methods_for_two_classes(small, fine):
    app = fine(small("two_classes", section="All methods", **{"class": ["zebra", "horse"]}))
    assert titles(app) == ["Grad-CAM", "Guided Backpropagation", "Guided Grad-CAM"] * 2
    assert learn(app) == ["conv3-conv1"]
    app = fine(app.button(key="learn-conv3-conv1").click().run(timeout=120))
    lime = next(button for button in app.button if (button.key or "").startswith("compute-lime"))
    app = fine(lime.click().run(timeout=120))
    every = ["LIME", "Grad-CAM", "CHIP", "Refined CHIP", "Guided Backpropagation", "Guided Grad-CAM", "Guided CHIP"]
    assert titles(app) == every * 2
    assert [re.search(r" for (\w+)", alt)[1] for alt in maps(app)] == ["zebra"] * 7 + ["horse"] * 7
    before = [one.url for image in app.image for one in image.proto.imgs]
    app = fine(app.toggle(key="five").set_value(True).run())
    after = [one.url for image in app.image for one in image.proto.imgs]
    changed = [alt.split(" for ")[0] for alt, one, other in zip(alts(app), before, after, strict=True) if one != other]
    assert changed == ["LIME"] * 2, "the five strongest superpixels, and nothing else, are drawn anew"


def test_chip_for_two_classes_and_its_difference(small, fine):
    app = fine(small("two_classes", method="CHIP", **{"class": ["zebra", "horse"]}))
    app = fine(app.button(key="learn-conv3").click().run(timeout=120))
    assert titles(app)[:2] == ["CHIP", "CHIP"]
    assert "Map for zebra minus map for horse" in " ".join(alts(app))
