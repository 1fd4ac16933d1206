"""Explainer network in a browser: one is trained with its losses drawn, another's settings stand in the address."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests import listing


@pytest.fixture(scope="module")
def world(serve, tmp_path_factory):
    """A server that knows the pages' small performer by name."""
    path = listing.write(tmp_path_factory.mktemp("settings"), "small_performer")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHANNELSCOPE_SETTINGS", str(path))
        return serve()


def asked(view) -> dict[str, list[str]]:
    return parse_qs(urlsplit(view.page.url).query)


def test_an_explainer_is_trained_and_another_stands_beside_it(world, another):
    view = another(world, height=2600)
    view.open("explainer", network="small", probe="menagerie-tiny")
    view.button("Train").click()
    view.page.get_by_text("p, interpretable share").first.wait_for(timeout=120_000)
    view.settle()
    for section in ("Instability", "Templates", "Training"):
        with view.change():
            view.page.get_by_role("radio", name=section, exact=True).click()
        assert asked(view)["section"] == [section]
    with view.change():
        view.page.get_by_role("radio", name="Off", exact=True).click()
    assert asked(view)["loss"] == ["Off"]
    view.button("Train").click()
    view.page.get_by_text("Settings of the other").wait_for(timeout=120_000)
    view.settle()
    link, other = view.link(), another(world, height=2600)
    other.page.goto(link)
    other.arrive()
    assert other.page.get_by_text("Settings of the other").is_visible()
    assert view.faults() == other.faults() == []
