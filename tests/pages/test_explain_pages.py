"""The three Explain pages: what is drawn, what a choice changes, what a bad link says."""

import re

import pytest

PAGES = ("picture", "two_classes", "layers")


def alts(app):
    return [alt for image in app.image for alt in image_alts(image)]


def image_alts(image):
    return [one.alt for one in image.proto.imgs]


def maps(app):
    return [alt for alt in alts(app) if " over " in alt]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_filled(opened, page, fine):
    app = fine(opened(page))
    assert maps(app)
    assert all(alt.strip() for alt in alts(app)), "every picture needs words for those who do not see it"


def test_the_first_page_shows_three_methods_for_the_most_probable_class(opened, fine):
    app = fine(opened())
    shown = maps(app)
    assert [alt.split(" for ")[0] for alt in shown] == ["Grad-CAM", "Guided Backpropagation", "Guided Grad-CAM"]
    name = re.search(r" for (.+?) (at|,)", shown[0])[1]
    assert f"**{name}**" in app.button(key=next(b.key for b in app.button if b.key and b.key.startswith("bar-"))).label
    assert sum("Insertion area" in alt for alt in alts(app)) == 3


def test_a_click_on_a_bar_adds_its_class_and_a_second_takes_it_away(opened, fine):
    app = fine(opened())
    bars = [button for button in app.button if button.key and button.key.startswith("bar-")]
    assert len(bars) == 5
    fine(bars[1].click().run())
    chosen = app.multiselect(key="class").value
    assert len(chosen) == 2
    assert len(maps(app)) == 6
    fine(app.button(key=bars[1].key).click().run())
    assert app.multiselect(key="class").value == chosen[:1]


def test_several_layers_and_methods_without_one_are_not_drawn_twice(opened, fine, words_of):
    app = fine(opened())
    layers = [option for option in app.multiselect(key="layer").options if option.startswith(("conv3", "conv5"))]
    fine(app.multiselect(key="layer").set_value(layers).run())
    shown = maps(app)
    assert sum(alt.startswith("Grad-CAM") for alt in shown) == 2
    assert sum(alt.startswith("Guided Backpropagation") for alt in shown) == 1
    assert "does not depend on the layer" in words_of(app)


def test_layers_are_listed_with_kind_shape_and_receptive_field_and_the_default_says_why(opened, fine):
    widget = fine(opened()).multiselect(key="layer")
    assert all(re.fullmatch(r"\S+, (conv|pool|block), \d+x\d+x\d+, sees .+", option) for option in widget.options)
    assert "last layer with a spatial extent" in widget.help


@pytest.mark.parametrize("change", [("opacity", 20), ("threshold", 50)])
def test_a_slider_changes_the_pictures(opened, change, fine):
    app = fine(opened())
    before = [one.url for image in app.image for one in image.proto.imgs if " over " in one.alt]
    fine(app.slider(key=change[0]).set_value(change[1]).run())
    after = [one.url for image in app.image for one in image.proto.imgs if " over " in one.alt]
    assert len(before) == len(after) == 3
    assert not set(before) & set(after)


def test_one_scale_brings_a_colour_bar(opened, fine):
    app = fine(opened())
    assert not any(alt.startswith("Colours of") for alt in alts(app))
    fine(app.button_group(key="scale").set_value("one scale").run())
    assert any(alt.startswith("Colours of Grad-CAM") for alt in alts(app))


def test_lime_waits_for_a_press_and_is_kept(opened, cache, fine):
    app = fine(opened(methods=["LIME"]))
    assert not maps(app)
    press = next(button for button in app.button if button.label == "Compute")
    fine(press.click().run(timeout=120))
    assert [alt.split(" for ")[0] for alt in maps(app)] == ["LIME"]
    assert maps(fine(opened(methods=["LIME"]))), "the second time it comes from the cache, unasked"


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"class": "unicorn"}, "no class 'unicorn'"),
        ({"layer": "conv9"}, "no layer 'conv9'"),
        ({"layer": "fc6"}, "no spatial extent"),
        ({"picture": "999999"}, "No picture '999999'"),
        ({"picture": "upload:" + "0" * 64}, "upload it again"),
        ({"probe": "atlantis"}, "the probe 'atlantis'"),
        ({"methods": "Magic"}, "no method 'Magic'"),
        ({"colours": "beige"}, "the colour map 'beige'"),
        ({"network": "menagerie-untraind", "probe": "menagerie-tiny"}, "the network 'menagerie-untraind'"),
    ],
)
def test_what_a_link_asks_for_in_vain_is_said(opened, parameters, said):
    app = opened(**parameters)
    assert not app.exception
    assert any(said in warning.value for warning in app.warning), [warning.value for warning in app.warning]


@pytest.mark.parametrize(
    ("asked", "option"), [("conv3", "conv3, conv"), ("conv3, conv, 128x16x16, sees 35 px", "conv3, conv")]
)
def test_a_link_may_name_a_layer_shortly_or_in_full(opened, asked, option, fine):
    app = fine(opened(layer=asked))
    assert [value.startswith(option) for value in app.multiselect(key="layer").value] == [True]
    assert not app.warning


def test_a_link_may_name_a_class_by_part_or_index(opened, fine):
    assert fine(opened(**{"class": "giraf"})).multiselect(key="class").value == ["giraffe"]
    assert fine(opened(**{"class": "0"})).multiselect(key="class").value == ["zebra"]


def test_the_copied_link_spells_out_every_value(opened, fine):
    link = fine(opened()).code[-1].value if opened().code else ""
    for key in ("network", "probe", "picture", "class", "layer", "methods", "opacity", "colours", "scale"):
        assert f"{key}=" in link, key


def test_a_network_that_cannot_be_opened_is_a_sentence_and_the_page_lives(opened, fine):
    app = opened(network="torchvision:resnet18@" + "0" * 64)
    assert not app.exception
    assert [error.value for error in app.error] != []
    assert all(error.value.endswith(".") for error in app.error)
    fine(app.selectbox(key="network").set_value("menagerie-untrained").run())
    assert maps(app)


def test_two_classes_shows_both_and_their_difference(opened, fine):
    app = fine(opened("two_classes", **{"class": ["zebra", "horse"]}))
    shown = maps(app)
    assert shown[0].startswith("Grad-CAM for zebra")
    assert shown[1].startswith("Grad-CAM for horse")
    assert shown[2].startswith("Map for zebra minus map for horse")


def test_through_the_layers_shows_every_spatial_layer_in_order(opened, fine):
    app = fine(opened("layers"))
    order = [re.search(r" at (\S+),", alt)[1] for alt in maps(app)]
    assert order == ["conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5"]


def test_choices_stay_from_page_to_page(opened, fine):
    app = fine(opened(**{"class": "zebra"}))
    fine(app.slider(key="opacity").set_value(25).run())
    app.switch_page("app_pages/cache.py").run()
    app.switch_page("app_pages/picture.py").run()
    assert fine(app).slider(key="opacity").value == 25
    assert app.multiselect(key="class").value == ["zebra"]


def test_a_cache_folder_that_cannot_be_written_is_said_and_costs_nothing(opened, fine, tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("in the way")
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "cache"))
    app = fine(opened(picture="5"))
    assert maps(app)
    assert any("cannot be written" in warning.value for warning in app.warning)
