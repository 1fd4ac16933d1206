"""Choosing a class, a layer, a network, a picture: the page and the address bar agree."""

import re
from urllib.parse import parse_qs, urlsplit


def parameters(view) -> dict[str, list[str]]:
    return parse_qs(urlsplit(view.page.url).query)


def assert_agreement(view) -> None:
    """The address bar names exactly the classes and layers that are chosen."""
    asked = parameters(view)
    assert asked.get("class", []) == view.held("Class")
    assert asked.get("layer", []) == view.held("Layer")


def test_a_class_is_found_by_part_of_its_name(view):
    view.open()
    view.pick("Class", "gir")
    assert view.held("Class") == ["giraffe"]
    assert parameters(view) == {"class": ["giraffe"]}
    assert all(" for giraffe" in alt for alt in view.maps())
    view.pick("Class", "zeb")
    assert parameters(view)["class"] == ["giraffe", "zebra"]
    assert sum(" for zebra" in alt for alt in view.maps()) == 3
    assert view.faults() == []


def test_a_click_on_a_bar_adds_its_class_and_the_next_takes_it_away(view):
    view.open(**{"class": "crocodile"})
    bars = view.page.locator('[data-testid="stMain"] [data-testid="stBaseButton-tertiary"]')
    bars = bars.filter(has_text=re.compile(r"0\.\d"), has_not_text="crocodile", visible=True)
    name = re.sub(r"^[\s<]*0\.\d+\s+", "", bars.nth(1).inner_text()).strip()
    with view.change():
        bars.nth(1).click()
    assert parameters(view)["class"] == view.held("Class") == ["crocodile", name]
    assert len(view.maps()) == 6
    with view.change():
        bars.filter(has_text=name).click()
    assert parameters(view)["class"] == view.held("Class") == ["crocodile"]
    assert len(view.maps()) == 3


def test_another_layer_changes_the_maps_that_have_one(view):
    view.open()
    before = view.maps()
    view.pick("Layer", "conv3")
    after = view.maps()
    assert sum(" at conv3" in alt for alt in after) == sum(" at " in alt for alt in after) == 2
    assert {alt: after[alt] for alt in after if " at " not in alt} == {
        alt: before[alt] for alt in before if " at " not in alt
    }
    assert not {file for alt, file in after.items() if " at " in alt} & set(before.values())


def test_changing_the_network_keeps_address_and_view_in_agreement(view):
    """The class is one of both networks' and stays; the layer is not, and the new network's default is shown."""
    view.open(layer="conv3", **{"class": "giraffe"})
    assert_agreement(view)
    view.pick("Network", "residual")
    assert parameters(view)["network"] == ["menagerie-residual"]
    assert view.faults() == []
    shown = list(view.maps())
    assert all(" for giraffe" in alt for alt in shown)
    assert not any("conv3" in alt for alt in shown)
    assert_agreement(view)
    view.pick("Network", "menagerie-plain")
    assert "menagerie-residual" not in view.page.url
    assert view.held("Class") == ["giraffe"]
    assert len(view.maps()) == 3
    assert_agreement(view)


def test_a_network_with_other_classes_forgets_the_class(view):
    view.open(network="torchvision:squeezenet1_1@untrained", picture="sample:chelsea", **{"class": "tabby"})
    assert view.faults() == []
    assert all(" for tabby" in alt for alt in view.maps())
    assert_agreement(view)
    view.pick("Network", "menagerie-plain")
    assert not any(" for tabby" in alt for alt in view.maps())
    assert len(view.maps()) == 3
    assert_agreement(view)


def test_a_click_in_the_gallery_picks_a_picture(view):
    view.open()
    before = view.maps()
    dialog = view.choose_picture("The probe")
    button = dialog.locator('[data-testid="stGridCell"] button').filter(has_not_text="Fullscreen").nth(3)
    key = button.inner_text().strip()
    with view.change():
        button.click()
        dialog.wait_for(state="detached")
    assert parameters(view)["picture"] == [key]
    assert view.page.get_by_label("Picture", exact=True).input_value() == key
    assert not set(view.maps().values()) & set(before.values())
    assert view.faults() == []


def test_a_photograph_of_scikit_image_is_one_click_away(view):
    view.open()
    dialog = view.choose_picture("Photographs")
    with view.change():
        dialog.get_by_role("button", name="Astronaut", exact=True).click()
        dialog.wait_for(state="detached")
    assert parameters(view)["picture"] == ["sample:astronaut"]
    assert all(alt.endswith("model shuttle") for alt in view.maps())
    assert view.faults() == []


def test_next_and_previous_step_through_the_probe(view):
    view.open(picture="5")
    for icon, key in (("chevron_right", "6"), ("chevron_left", "5"), ("chevron_left", "4")):
        with view.change():
            view.button(icon).click()
        assert parameters(view)["picture"] == [key]
        assert view.faults() == []


def test_lime_is_computed_on_demand_and_kept(server, another):
    view = another(server).open(methods="LIME", curves="false")
    assert view.maps() == {}
    view.button("Compute").click()
    view.page.wait_for_selector('[data-testid="stImage"] img[alt^="LIME for"]', timeout=90_000)
    view.settle()
    assert view.faults() == []
    again = another(server).open(methods="LIME", curves="false")
    assert again.maps() == view.maps()
    assert len(view.maps()) == 1
