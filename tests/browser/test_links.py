"""What the address bar asks for is what is shown; what is not there is said."""

from urllib.parse import parse_qs, urlsplit

import pytest

PICTURE = {"picture": "sample:coffee", "class": ["zebra", "lion"], "layer": "conv4"}


def parameters(view) -> dict[str, list[str]]:
    return parse_qs(urlsplit(view.page.url).query)


def controls(view) -> list[str]:
    """Everything the person could have set, as the page shows it."""
    script = """all => all.map(one => [
        one.getAttribute('aria-label'), one.value, one.checked, one.getAttribute('aria-valuetext')].join('|'))"""
    fields = view.page.eval_on_selector_all('[data-testid="stApp"] input', script)
    pressed = view.page.locator('[aria-checked="true"], [aria-pressed="true"]').all_inner_texts()
    return [*fields, *pressed, *view.held("Class"), *view.held("Layer")]


def test_a_copied_link_opens_exactly_the_same_view(server, another):
    view = another(server).open(**PICTURE, opacity=40, threshold=20, colours="viridis", box="true", scale="one scale")
    with view.change():
        view.page.get_by_role("switch", name="Faithfulness").locator("xpath=ancestor::label").click()
    link = view.link()
    there = another(server)
    there.page.goto(link)
    there.arrive()
    assert there.faults() == there.said("Warning") == []
    assert controls(there) == controls(view)
    assert len(view.maps()) == 6
    assert there.files() == view.files()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"network": "no-such-net"}, "'no-such-net'"),
        ({"probe": "no-such-probe"}, "'no-such-probe'"),
        ({"class": "unicorn"}, "no class 'unicorn'"),
        ({"layer": "conv99"}, "no layer 'conv99'"),
        ({"picture": "99999999"}, "'99999999'"),
        ({"picture": "sample:nobody"}, "'nobody'"),
        ({"picture": f"upload:{'0' * 64}"}, "upload it again"),
        ({"methods": "Magic"}, "Magic"),
        ({"colours": "beige"}, "beige"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_what_a_link_asks_for_in_vain_is_said_and_the_default_shown(server, another, query, sentence):
    view = another(server).open(**query)
    assert sentence in " ".join(view.said("Warning"))
    assert view.faults() == []
    assert len(view.maps()) == 3
    if "picture" not in query:
        assert not set(query) & set(parameters(view))


def test_what_of_a_link_is_there_is_shown(server, another):
    view = another(server).open(**{"class": ["zebra", "unicorn"]})
    warning = " ".join(view.said("Warning"))
    assert "unicorn" in warning
    assert {alt.split(" for ")[1].split(" at ")[0].split(", ")[0] for alt in view.maps()} == {"zebra"}
    assert parameters(view)["class"] == ["zebra"]
    assert warning.endswith("Shown instead: 'zebra'.")


def test_a_view_survives_the_way_through_other_pages(server, another):
    view = another(server).open(**PICTURE, opacity=40)
    before = view.files()
    for name in ("Two classes", "Cache", "Picture"):
        view.go(name)
        assert view.faults() == view.said("Warning") == []
    assert view.files() == before
    assert parameters(view)["opacity"] == ["40"]
    assert parameters(view)["class"] == ["zebra", "lion"]


def test_the_browsers_back_returns_to_the_page_before(server, another):
    view = another(server).open(**PICTURE)
    before = view.files()
    view.go("Through the layers")
    with view.change():
        view.page.go_back()
    view.page.get_by_role("heading", name="Picture", level=1).wait_for()
    view.settle()
    assert view.faults() == []
    assert view.files() == before
