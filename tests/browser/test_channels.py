"""Channels and Knock-out in a browser: computed by a press, kept in the address, closed at once."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

TINY = {"probe": "menagerie-tiny"}


@pytest.fixture
def learned(view):
    """A tab in which the importances are there."""
    view.open("channels", **TINY)
    if view.button("Compute").count():
        view.button("Compute").click()
        view.page.locator(".js-plotly-plot").first.wait_for(timeout=120_000)
        view.settle()
    return view


def asked(view) -> dict[str, list[str]]:
    return parse_qs(urlsplit(view.page.url).query)


def slide(view, label: str, key: str) -> None:
    with view.change():
        view.page.get_by_role("slider", name=re.compile(label)).first.press(key)


def cells(view) -> str:
    """The heat map as the browser drew it: equal for equal charts."""
    return view.page.locator(".heatmaplayer image").first.get_attribute("href")


def test_a_press_brings_the_heat_map_and_lambda_changes_it(learned):
    before = cells(learned)
    slide(learned, "λ", "ArrowLeft")
    assert cells(learned) != before
    assert "lambda" in asked(learned)
    assert learned.faults() == []


def test_a_copied_link_opens_the_same_section_with_the_same_choices(learned, another, server):
    learned.open("channels", **TINY, section="Overlap", top=7, **{"class": ["lion", "tiger"]})
    link = learned.link()
    other = another(server)
    other.page.goto(link)
    other.arrive()
    assert other.alts() == learned.alts()
    assert any(alt.startswith("Among the top 7") and "lion" in alt and "tiger" in alt for alt in other.alts())
    assert other.faults() == []


def test_more_channels_closed_change_the_bars_at_once(learned):
    learned.open("knockout", **TINY)
    told = [alt for alt in learned.alts() if alt.startswith("Probabilities")]
    assert len(told) == 3
    slide(learned, "Top channels", "ArrowRight")
    after = [alt for alt in learned.alts() if alt.startswith("Probabilities")]
    assert len(after) == 3
    assert asked(learned)["top"] == ["11"]
    files = learned.files()
    assert all(files[alt] for alt in after)
    assert learned.faults() == []


def test_the_choice_of_channels_goes_along_to_the_other_page(learned):
    learned.open("channels", **TINY, section="One class", top=5)
    learned.go("Knock-out")
    assert learned.page.get_by_role("slider", name="Top channels").input_value() == "5"
    learned.go("Channels")
    assert sum(alt.startswith("Where channel") for alt in learned.alts()) == 5
