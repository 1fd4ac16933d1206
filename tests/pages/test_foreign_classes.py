"""Pages of a network whose classes are none of the probe's: rotations, over pictures of animals."""

import pytest

NETWORK = "menagerie-rotations"
SECTIONS = ("Species", "Masks", "Attributes", "Splits", "Confusion", "Centred disc", "The shortcut")
ROTATIONS = ["0°", "90°", "180°", "270°"]


def press(app, label: str):
    return next(button for button in app.button if button.label == label).click().run(timeout=120)


@pytest.mark.parametrize(
    "page",
    ["picture", "two_classes", "layers", "localisation", "channels", "knockout", "dissection", "embedding", "networks"],
)
def test_every_page_opens(opened, page, fine):
    fine(opened(page, network=NETWORK))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_of_the_probe_page_opens(opened, section, fine):
    fine(opened("probe", network=NETWORK, section=section))


@pytest.mark.parametrize(
    ("network", "says"), [(NETWORK, "true class, none of"), ("menagerie-untrained", "true class]")]
)
def test_a_picture_s_own_class_is_said_to_be_foreign_only_where_it_is(opened, network, says, fine, words_of):
    assert f":gray[{says}" in words_of(fine(opened(network=network)))


def test_the_bars_are_the_four_rotations(opened, fine):
    app = fine(opened(network=NETWORK))
    bars = [button.label for button in app.button if str(button.key).startswith("bar-")]
    assert sorted(label.rpartition(" ")[2].strip("*") for label in bars) == sorted(ROTATIONS)


def test_a_link_asks_for_a_rotation(opened, fine, words_of):
    app = fine(opened(network=NETWORK, **{"class": "180°"}))
    assert next(box for box in app.multiselect if box.label == "Class").value == ["180°"]
    assert ":gray[180° " in words_of(app)


def test_the_networks_page_says_what_its_classes_are(opened, fine, words_of):
    said = words_of(fine(opened("networks", network=NETWORK)))
    assert "tells how far a picture was turned" in said
    assert ", ".join(ROTATIONS) in said


def test_a_confusion_without_right_answers_has_no_accuracy(opened, fine, words_of):
    app = press(fine(opened("probe", network=NETWORK, section="Confusion")), "Compute")
    assert not fine(app).metric
    assert "nothing is right or wrong" in words_of(app)
    table = app.dataframe[0].value
    assert set(table["taken for"]) <= set(ROTATIONS)


def test_the_shortcut_is_measured_on_another_network(opened, fine, words_of):
    app = fine(opened("probe", network=NETWORK, section="The shortcut"))
    assert "such as menagerie-plain" in words_of(app)
    assert not [button for button in app.button if button.label.startswith("Measure")]


def test_nothing_to_localise_is_said_before_anything_is_computed(opened, fine, words_of):
    app = fine(opened("localisation", network=NETWORK))
    assert "nothing can be localised" in words_of(app)
    assert not [button for button in app.button if button.label == "Compute"]


def test_what_is_worth_seeing_opens_the_network_that_it_speaks_of(opened, fine):
    app = press(fine(opened(network=NETWORK)), "A donkey with a cart")
    assert next(box for box in fine(app).selectbox if box.label == "Network").value == "menagerie-plain"
