"""Embedding space in a browser: a sum is followed while it is typed, a press on the map opens a concept."""

from urllib.parse import parse_qs, urlsplit

import pytest

from core.engine import concepts
from core.networks.catalogue import open_network
from core.probes.catalogue import open_probe


@pytest.fixture
def page(server, another, monkeypatch):
    """`page(**parameters)`: the page in a new tab, its layer dissected."""
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(server.cache))
    network, probe = open_network("menagerie-untrained"), open_probe("menagerie-tiny")
    concepts.dissect(network, probe, network.default_layer)
    view = another(server)
    return lambda **asked: view.open("embedding", network=network.name, probe=probe.name, **asked)


def asked(view) -> dict[str, list[str]]:
    return parse_qs(urlsplit(view.page.url).query)


def test_names_are_offered_while_one_types_and_a_press_takes_one(page):
    view = page(section="Arithmetic", expression="sky")
    field = view.page.get_by_role("textbox", name="Concepts to add and subtract")
    field.press("End")
    field.press_sequentially(" - gra", delay=60)
    view.button("grass tuft").wait_for()
    view.settle()
    assert view.page.evaluate("document.activeElement.value") == "sky - gra"
    with view.change():
        view.button("grass tuft").click()
    assert field.input_value() == "sky - grass tuft"
    assert asked(view)["expression"] == ["sky - grass tuft"]
    assert any(alt.startswith("What sky - grass tuft answers") for alt in view.alts())
    assert view.faults() == []


def test_a_press_on_a_point_opens_its_concept(page, another, server):
    view = page(section="Map", concept="wolf")
    points = view.page.locator(".js-plotly-plot .scatterlayer .point")
    points.first.wait_for()
    with view.change():
        place = points.nth(7).bounding_box()
        view.page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    name = asked(view)["concept"][0]
    assert name != "wolf"
    assert any(f"near '{name}' in the space" in (chart or "") for chart in charts(view))
    other = another(server)
    other.page.goto(view.link())
    other.arrive()
    assert asked(other)["concept"] == [name]
    assert other.faults() == []


def charts(view) -> list[str]:
    return [one.get_attribute("aria-label") for one in view.page.get_by_test_id("stPlotlyChart").all()]
