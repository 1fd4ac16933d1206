"""From the table to the pictures where one method wins, and from there to the picture's own page."""

import pytest

from core import engine
from core.networks.catalogue import open_network
from core.probes.catalogue import open_probe

METHODS = ("gradcam", "guided-backprop")


@pytest.fixture
def page(server, another, monkeypatch):
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(server.cache))
    network, probe = open_network("menagerie-untrained"), open_probe("menagerie-tiny")
    engine.localise(network, probe, network.default_layer, METHODS)
    return another(server).open("localisation", network=network.name, probe=probe.name)


def test_a_click_under_a_pair_opens_the_picture(page):
    assert page.faults() == []
    pair = [alt for alt in page.alts() if "'s box for" in alt and ", IoU" in alt][-2:]
    assert len(pair) == 2
    caption = pair[0].partition(" in ")[2].rpartition(", IoU")[0]
    link = page.page.locator('[data-testid="stPageLink"] a').filter(has_text=caption, visible=True).last
    with page.change():
        link.click()
    page.page.get_by_role("heading", name="Picture", level=1, exact=True).wait_for()
    page.settle()
    assert page.faults() == []
    assert page.alts()[0] == caption or caption in page.alts()
    assert page.maps()


def test_the_address_keeps_figure_and_pair(page):
    with page.change():
        page.page.get_by_role("radio", name="Regions, figure 7").click()
    page.pick("Where this method", "Guided Backpropagation")
    page.pick("wins over", "Grad-CAM")
    said = page.alts()
    link = page.link()
    assert "winner=Guided+Backpropagation" in link
    page.page.goto(link.replace("localhost", "127.0.0.1"))
    page.arrive()
    assert page.alts() == said
    assert any("'s region for" in alt for alt in said)
