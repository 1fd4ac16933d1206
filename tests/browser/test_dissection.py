"""Dissection in a browser: a row or a point that is pressed opens its filter or concept, and the address says so."""

from urllib.parse import parse_qs, urlsplit

import pytest

from core.engine import concepts
from core.networks.catalogue import open_network
from core.probes.catalogue import open_probe


@pytest.fixture
def page(server, another, monkeypatch):
    """`page(**parameters)`: the page in a new tab, its layer dissected."""
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(server.cache))
    network, probe = open_network("menagerie-plain"), open_probe("menagerie-tiny")
    concepts.dissect(network, probe, network.default_layer)
    view = another(server, height=2600)
    return lambda **asked: view.open("dissection", network=network.name, probe=probe.name, **asked)


def asked(view) -> dict[str, list[str]]:
    return parse_qs(urlsplit(view.page.url).query)


def press_row(view, table: int, row: int) -> None:
    """Choose a row: its first column holds the boxes; head and rows are 35 pixels high."""
    box = view.page.get_by_test_id("stDataFrame").nth(table).bounding_box()
    with view.change():
        view.page.mouse.click(box["x"] + 18, box["y"] + 35 * (row + 1) + 17)


def press_point(view, chart: int, number: int) -> None:
    points = view.page.locator(".js-plotly-plot").nth(chart).locator(".scatterlayer .point")
    points.first.wait_for()
    place = points.nth(number).bounding_box()
    with view.change():
        view.page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)


def filter_shown(view) -> str:
    return view.page.get_by_role("spinbutton", name="Filter").input_value()


def test_a_row_opens_its_filter_and_a_row_there_its_concept(page, another, server):
    view = page(concept="green")
    press_row(view, 0, 1)
    assert asked(view)["section"] == ["Filter"]
    assert asked(view)["filter"] == [filter_shown(view)]
    other = another(server)
    other.page.goto(view.link())
    other.arrive()
    assert filter_shown(other) == filter_shown(view)
    press_row(view, view.page.get_by_test_id("stDataFrame").count() - 1, 0)
    assert "section" not in asked(view)
    assert any(alt.startswith("Where all filters predicts ") for alt in view.alts())
    assert view.faults() == other.faults() == []


def test_a_point_opens_its_filter(page):
    view = page(concept="green")
    press_point(view, 1, 20)
    assert asked(view)["section"] == ["Filter"]
    assert filter_shown(view) == asked(view)["filter"][0]
    assert view.faults() == []


def test_a_failures_row_opens_its_concept_where_the_link_names_another(page):
    view = page(section="Failures", concept="zebra")
    press_row(view, 0, 0)
    view.page.wait_for_function("!location.search.includes('concept=zebra')")
    view.settle()
    shown = view.field("Concept").input_value()
    assert shown != "zebra"
    assert asked(view).get("concept", [shown]) == [shown]
    assert "section" not in asked(view)
    assert view.faults() == []
