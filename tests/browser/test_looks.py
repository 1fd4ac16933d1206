"""Dark and light, narrow and wide, with the keyboard alone, and in words for those who do not see the pictures."""

import pytest

PAGES = ("", "two_classes", "layers", "localisation", "probe", "networks", "cache")
BACKGROUND = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 23, 26)"}


def luminance(colour: str) -> float:
    """Relative luminance of 'rgb(r, g, b)' as WCAG 2 defines it."""
    channels = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_follows_the_browsers_theme_and_its_text_can_be_read(server, another, theme):
    view = another(server, color_scheme=theme).open()
    assert view.faults() == []
    style = "(one, name) => getComputedStyle(one)[name]"
    ground = view.page.eval_on_selector('[data-testid="stApp"]', style, "backgroundColor")
    assert ground == BACKGROUND[theme]
    for selector in ("h1", '[data-testid="stMain"] p', '[data-testid="stCaptionContainer"] p'):
        ink = view.page.eval_on_selector(selector, style, "color")
        low, high = sorted((luminance(ink), luminance(ground)))
        assert (high + 0.05) / (low + 0.05) > 4.5, f"{selector}: {ink} on {ground}"


def test_curves_are_drawn_for_the_theme(server, another):
    drawn = {}
    for theme in ("light", "dark"):
        view = another(server, color_scheme=theme).open()
        drawn[theme] = {alt: file for alt, file in view.files().items() if alt.startswith("Insertion")}
        assert len(drawn[theme]) >= 1
    assert not set(drawn["light"].values()) & set(drawn["dark"].values())


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_wider_than_a_narrow_window(server, another, page):
    view = another(server, width=800).open(page)
    assert view.faults() == []
    wider = view.page.evaluate(
        """() => ['html', '[data-testid="stMain"]', '[data-testid="stMainBlockContainer"]'].filter(name => {
            const one = document.querySelector(name);
            return one.scrollWidth > one.clientWidth + 1;
        })"""
    )
    assert wider == []


@pytest.mark.parametrize("page", PAGES)
def test_every_picture_is_told_in_words(server, another, page):
    """Pictures have a text; the bars and swatches inside a line of text are ornaments beside their words."""
    view = another(server).open(page)
    assert all(view.alts())
    silent = view.page.eval_on_selector_all(
        "img", "all => all.filter(one => !one.alt && !one.closest('p')?.innerText.trim()).map(one => one.outerHTML)"
    )
    assert silent == []


def test_a_class_is_chosen_with_the_keyboard_alone(server, another):
    view = another(server).open()
    keys = view.page.keyboard
    for _ in range(60):
        keys.press("Tab")
        if view.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Class":
            break
    else:
        pytest.fail("the class box cannot be reached with the tabulator key")
    keys.type("giraf")
    view.page.get_by_role("option", name="giraffe").wait_for()
    keys.press("ArrowDown")
    with view.change():
        keys.press("Enter")
        keys.press("Escape")
    assert view.held("Class") == ["giraffe"]
    assert all(" for giraffe" in alt for alt in view.maps())
    with view.change():
        keys.press("Backspace")
    assert view.held("Class") == []
