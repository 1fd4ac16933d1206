"""Every page opens, with nothing computed and with everything, fast enough, and without asking anybody outside."""

import socket
import time
from pathlib import Path

import pytest

PAGES = ("", "two_classes", "layers", "probe", "networks", "cache")
SECTIONS = {
    "probe": ("Classes", "Masks", "Attributes", "Splits", "Confusion", "Centred disc", "The shortcut"),
    "networks": ("The open one", "All", "torchvision", "Your checkpoint", "Your own code"),
}
VIEWS = [(page, {}) for page in PAGES]
VIEWS += [
    (page, {"section": name, "probe": "menagerie-tiny"}) for page, names in SECTIONS.items() for name in names[1:]
]


@pytest.fixture(scope="module")
def first(serve, browser):
    """A fresh server, the seconds until its first page showed explained pictures, and a tab."""
    server = serve()
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.goto(server.url, wait_until="commit")
    page.wait_for_function(
        """() => [...document.querySelectorAll('[data-testid="stImage"] img')]
            .filter(one => one.alt.includes(', over ') && one.complete && one.naturalWidth > 0).length >= 3""",
        timeout=60_000,
    )
    yield server, time.monotonic() - server.started
    page.close()


def test_the_first_page_shows_explained_pictures_within_15_seconds_of_the_servers_start(first):
    _, seconds = first
    assert seconds < 15


@pytest.mark.parametrize(("page", "more"), VIEWS, ids=lambda value: value if isinstance(value, str) else None)
def test_a_page_opens_with_an_empty_cache(first, another, page, more):
    view = another(first[0]).open(page, **more)
    assert view.faults() == []
    assert view.page.locator("h1").inner_text()
    assert [url for url in view.requests if not url.startswith((view.server.url, "data:", "blob:"))] == []


def _compute(view, section: str) -> None:
    view.open("probe", probe="menagerie-tiny", section=section)
    view.button("Compute").click()
    view.page.wait_for_selector('[data-testid="stMetric"]', timeout=120_000)
    view.settle()


@pytest.mark.parametrize("section", ["Confusion", "Centred disc"])
def test_what_is_computed_on_demand_is_kept(first, another, section):
    view = another(first[0])
    _compute(view, section)
    assert view.faults() == []
    metrics = view.page.locator('[data-testid="stMetric"]').all_inner_texts()
    again = another(first[0]).open("probe", probe="menagerie-tiny", section=section)
    assert again.faults() == []
    assert again.page.locator('[data-testid="stMetric"]').all_inner_texts() == metrics


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_with_a_filled_cache(first, another, page):
    view = another(first[0]).open(page)
    assert view.faults() == []
    if page == "cache":
        assert view.page.locator('[data-testid="stDataFrame"]').count() == 1
        with view.change():
            view.button("Verify").click()
        assert "sound" in " ".join(view.said("Success"))


def test_it_listens_to_this_machine_only(server):
    """Every listening socket on the server's port is bound to 127.0.0.1 (hexadecimal, low byte first)."""
    found = []
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            address, port = line.split()[1].split(":")
            if int(port, 16) == server.port and line.split()[3] == "0A":
                found.append(address)
    assert found == ["0100007F"]
    with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.2", server.port), timeout=2):
        pass
