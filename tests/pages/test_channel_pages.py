"""Channels and Knock-out: with nothing computed, and with importances in the cache."""

import re

import pytest

from tests.pages.shown import alts, buttons

SECTIONS = ("Importance", "Overlap", "One class", "Sparsity")
COMPUTE, MEASURE = "learn-conv5", "measure-knockout"


@pytest.fixture
def filled(opened, fine):
    """`filled(page, **parameters)`: the page once the importances are there."""

    def open_page(page, **parameters):
        app = fine(opened(page, **parameters))
        if COMPUTE in buttons(app):
            app = fine(app.button(key=COMPUTE).click().run(timeout=300))
        return app

    return open_page


@pytest.mark.parametrize("page", ["channels", "knockout"])
def test_with_nothing_computed_there_is_a_sentence_and_one_button(opened, page, fine, words_of):
    app = fine(opened(page))
    assert "learnt once from pictures of" in words_of(app)
    assert [key for key in buttons(app) if key == COMPUTE] == [COMPUTE]
    assert not app.get("plotly_chart")


def test_the_button_computes_and_the_next_visit_finds_them(filled, opened, fine):
    app = filled("channels")
    assert len(app.get("plotly_chart")) == 1
    assert COMPUTE not in buttons(fine(opened("channels")))
    assert COMPUTE not in buttons(fine(opened("knockout")))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens(filled, section, fine):
    app = filled("channels", section=section)
    assert app.get("plotly_chart") or alts(app)
    assert all(alt.strip() for alt in alts(app))


def test_lambda_changes_how_many_channels_are_kept(filled, fine):
    app = filled("channels", section="Sparsity")
    slider = app.select_slider(key="lambda")
    kept = []
    for place in (slider.options[1], slider.options[-1]):
        app = fine(app.select_slider(key="lambda").set_value(place).run())
        kept.append(float(app.metric[0].value.split()[0]))
    assert kept[0] < kept[1]


def test_where_nothing_can_be_predicted_it_is_said_in_words(filled, words_of):
    app = filled("channels", section="Sparsity")
    assert [one.value for one in app.metric[1:]] == ["worse than the mean"] * 2
    assert "worse than the mean does: not to be trusted" in words_of(app)
    assert "R² worse than the mean" in app.get("plotly_chart")[0].proto.alt


def test_the_numbers_of_a_venn_diagram_add_up_to_the_top_channels(filled):
    app = filled("channels", section="Overlap", top="5", **{"class": ["donkey", "horse"]})
    alt = next(alt for alt in alts(app) if alt.startswith("Among the top 5"))
    shared, first, second = map(int, re.findall(r"\d+", alt.partition(":")[2]))
    assert shared + first <= 5
    assert shared + second <= 5
    assert "donkey" in alt
    assert "horse" in alt


def test_one_class_shows_as_many_channels_as_are_asked_for(filled, fine):
    app = filled("channels", section="One class", top="4")
    assert sum(alt.startswith("Where channel") for alt in alts(app)) <= 4
    before = alts(app)
    app = fine(app.slider(key="top").set_value(1).run())
    assert sum(alt.startswith("Where channel") for alt in alts(app)) == 1
    assert before != alts(app)


def test_knocking_out_shows_three_choices_on_the_picture_at_once(filled):
    app = filled("knockout")
    told = [alt for alt in alts(app) if alt.startswith("Probabilities with")]
    assert [re.search("with (CHIP|Grad-CAM|Random)", alt)[1] for alt in told] == ["CHIP", "Grad-CAM", "Random"]
    assert MEASURE in buttons(app)


def test_where_fewer_channels_speak_for_the_class_only_those_are_closed(filled, words_of):
    app = filled("knockout", top="128")
    there = int(re.search(r"Only (\d+) channels of conv5 speak for", words_of(app))[1])
    told = next(caption.value for caption in app.caption if "of the activation." in caption.value)
    listed = re.match(r"[\d, ]+", told)[0].count(",") + 1
    assert listed + int(re.search(r"and (\d+) more", told)[1]) == there < 128


def test_the_split_is_measured_on_demand_and_kept(filled, opened, fine, words_of):
    app = filled("knockout", top="3")
    assert "not told apart" not in words_of(app)
    app = fine(app.button(key=MEASURE).click().run(timeout=300))
    assert sum(alt.startswith("Probabilities with") for alt in alts(app)) == 6
    assert app.dataframe[0].value["closed"].tolist() == ["nothing", "CHIP's", "Grad-CAM's", "as active, at random"]
    assert MEASURE not in buttons(fine(opened("knockout", top="3")))


@pytest.mark.parametrize(
    ("page", "asked", "says"),
    [
        ("channels", {"section": "Importance", "order": "by colour"}, "by colour"),
        ("channels", {"lambda": "17"}, "17"),
        ("knockout", {"pictures": "a few"}, "a few"),
    ],
)
def test_what_a_link_asks_for_in_vain_is_said(filled, page, asked, says):
    app = filled(page, **asked)
    assert any(says in warning.value for warning in app.warning)


def test_the_page_keeps_its_link_and_its_presets_while_there_is_nothing(opened, fine):
    app = fine(opened("channels", layer="conv2"))
    assert app.get("popover")
    assert [button.label for button in app.button if button.label == "The donkey's channels"]
