"""Object parts in a browser: a prediction as a link asks for it, its files, and the gallery by clicks."""

import io
import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from core.engine import parts
from core.networks.catalogue import open_network
from core.probes.catalogue import open_probe


@pytest.fixture
def page(server, another, monkeypatch):
    """`page(**parameters)`: the page in a new tab, the explainer trained and looked at."""
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(server.cache))
    network, probe = open_network("menagerie-plain"), open_probe("menagerie-tiny")
    parts.looked(network, probe, parts.explained(network, probe))
    parts.marked(network, probe)
    view = another(server, height=2600)
    return lambda **asked: view.open("parts", network=network.name, probe=probe.name, **asked)


def rows(view) -> list[str]:
    """The numbers of conv-interp-2's filters, from the top."""
    found = (re.match(r"Where filter (\d+) of conv-interp-2 looks", alt) for alt in view.alts())
    return [one[1] for one in found if one]


def press(view, text: str) -> None:
    with view.change():
        view.page.get_by_role("radio", name=text, exact=True).click()


def test_the_gallery_follows_its_choices_and_the_address_says_so(page, another, server):
    view = page(of="All classes")
    assert len(rows(view)) == 8
    press(view, "4")
    press(view, "Activity")
    assert len(rows(view)) == 4
    asked = parse_qs(urlsplit(view.page.url).query)
    assert (asked["count"], asked["sort"]) == (["4"], ["Activity"])
    other = another(server, height=2600)
    other.page.goto(view.link())
    other.arrive()
    assert rows(other) == rows(view)
    assert view.faults() == other.faults() == []


def test_a_prediction_has_its_maps_bars_and_files(page):
    view = page(section="One prediction", picture="1")
    layers = [re.match(r"Grad-CAM for .* at (\S+) of", alt) for alt in view.alts()]
    assert [one[1] for one in layers if one] == ["conv-interp-2", "conv5"]
    labels = view.page.locator(
        ".js-plotly-plot .yaxislayer-above text, .js-plotly-plot .ytick text"
    ).all_text_contents()
    assert any("explainer's score" in text for text in labels)
    assert any("performer's own score" in text for text in labels)
    _, data = view.download("Maps as NPY")
    assert np.load(io.BytesIO(data)).shape == (128, 16, 16)
    name, table = view.download("Shares as CSV")
    assert name.endswith(".csv")
    assert len(table.decode().strip().split("\n")) == 1 + 128 + 3
    assert view.faults() == []
