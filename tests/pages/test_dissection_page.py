"""Dissection: with nothing computed, and on the small network with everything in the cache."""

import re

import cv2
import numpy as np
import pytest

from tests.pages.shown import alts, buttons, charts

PAGE, COMPUTE = "dissection", "dissect-conv3"
SECTIONS = ("Concept", "Filter", "By category", "Failures")


@pytest.fixture(scope="module")
def settings(named):
    named("small_network")


@pytest.fixture
def small(settings, opened):
    return lambda **parameters: opened(PAGE, **{"network": "small", "layer": "conv3", **parameters})


@pytest.fixture
def full(small, fine):
    """`full(**parameters)`: the page once its layer is dissected."""

    def open_page(**parameters):
        app = fine(small(**parameters))
        if COMPUTE in buttons(app):
            app = fine(app.button(key=COMPUTE).click().run(timeout=300))
        return app

    return open_page


def test_with_nothing_computed_there_is_a_sentence_and_one_button(small, fine, words_of):
    app = fine(small(layer="conv2"))
    assert "learnt once from" in words_of(app)
    assert [key for key in buttons(app) if key.startswith("dissect")] == ["dissect-conv2"]
    assert not app.get("plotly_chart")
    assert [button.label for button in app.button if button.label == "The cart"]


def test_the_button_computes_and_the_next_visit_finds_it(full, small, fine):
    app = full()
    assert app.get("plotly_chart")
    assert COMPUTE not in buttons(fine(small()))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens_with_words_for_all_it_draws(full, section):
    app = full(section=section)
    assert app.get("plotly_chart")
    assert all(alt.strip() for alt in alts(app))
    assert all(one.proto.alt.strip() for one in app.get("plotly_chart"))


def test_a_concept_shows_its_scores_and_pairs_of_examples(full, words_of):
    app = full(concept="green")
    labels = [metric.label for metric in app.metric]
    assert labels[0] == "Set IoU, all filters"
    assert re.fullmatch(r"Set IoU, filter \d+ alone", labels[1])
    single, both = ([alt for alt in alts(app) if re.match(f"Where {who} predicts green, ", alt)] for who in WHO)
    assert both
    shown = [float(re.search(r"IoU (?:< )?([\d.]+):", alt)[1]) for alt in both]
    assert shown == sorted(shown), "deciles go up"
    assert len(single) <= 10
    assert "Masks in" in words_of(app)


WHO = (r"filter \d+", "all filters")


def test_maximal_examples_go_down_from_the_first(full, fine):
    app = full(concept="green")
    app = fine(app.get("button_group")[_group(app, "examples")].set_value("Maximal").run())
    both = [alt for alt in alts(app) if alt.startswith("Where all filters predicts green, ")]
    assert [re.search("green, (\\d+),", alt)[1] for alt in both] == [str(n) for n in range(1, len(both) + 1)]
    shown = [float(re.search(r"IoU (?:< )?([\d.]+):", alt)[1]) for alt in both]
    assert shown == sorted(shown, reverse=True)


def _group(app, key):
    return next(number for number, group in enumerate(app.get("button_group")) if group.key == key)


def test_a_concept_without_masks_has_a_reason_and_no_gallery(full, words_of):
    app = full(concept="savanna")
    assert "fills every picture that it is in, so it has no score" in words_of(app)
    assert not [alt for alt in alts(app) if "predicts savanna" in alt and "picture at hand" not in alt]
    assert app.metric[0].label == "Accuracy, all filters"


def test_a_filter_is_chosen_by_its_number(full, fine, words_of):
    app = full(section="Filter", filter="3")
    assert "**Filter 3 of conv3**" in words_of(app)
    shown = [alt for alt in alts(app) if alt.startswith("Where filter 3 is active")]
    assert shown == [] or re.match(r"Where filter 3 is active, 1: ", shown[0])
    app = fine(app.number_input(key="filter").increment().run())
    assert "**Filter 4 of conv3**" in words_of(app)


def test_a_filter_that_is_not_there_is_said(full):
    app = full(section="Filter", filter="800")
    assert any("filter 800" in warning.value for warning in app.warning)
    assert app.number_input(key="filter").value < 8


def test_categories_show_a_panel_each_and_offer_further_layers(full, fine):
    app = full(section="By category")
    panels = [chart for chart in charts(app) if len(chart["data"]) == 2]
    assert 3 <= len(panels) <= 6
    table = app.dataframe[0].value
    assert table["layer"].tolist() == ["conv3"]
    assert 0 <= table["no worse, segmentation"][0] <= 100
    offered = next(one for one in app.multiselect if one.label == "Layers to compute")
    assert set(offered.value) == {"conv1", "conv2"}
    app = fine(app.button(key="dissect-conv1-conv2").click().run(timeout=300))
    assert app.dataframe[0].value["layer"].tolist() == ["conv1", "conv2", "conv3"]


def test_few_filters_are_computed_on_demand(full, fine):
    app = full(section="By category")
    before = len(charts(app))
    app = fine(app.button(key="subsets-segmentation").click().run(timeout=300))
    assert len(charts(app)) == before + 1
    assert "subsets-segmentation" not in buttons(app)
    assert "subsets-classification" in buttons(fine(full(section="By category", task="Classification")))


def test_networks_that_are_known_stand_beside_each_other(full):
    app = full(section="By category", over="Networks", networks=["small", "menagerie-untrained"])
    assert app.dataframe[0].value["network"].tolist() == ["small"]
    assert "dissect-networks" in buttons(app)


def test_failures_open_a_concept(full, fine, words_of):
    app = full(section="Failures", task="Classification")
    assert re.search(r"of \d+ concepts fail|for all \d+ concepts", words_of(app))
    for table in app.dataframe:
        assert (table.value["loss"] > 0).all()


def test_a_probe_whose_pictures_have_no_concepts_says_so(settings, opened, tmp_path, monkeypatch, fine):
    image = np.full((64, 64, 3), 200, np.uint8)
    for name in ("lion", "zebra"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "pictures" / name / "one.png"), image)
    (tmp_path / "settings.toml").write_text(f'[probes.bare]\nfolder = "{tmp_path / "pictures"}"\n')
    monkeypatch.setenv("CHANNELSCOPE_SETTINGS", str(tmp_path / "settings.toml"))
    app = fine(opened(PAGE, probe="bare"))
    assert any("is marked as a concept" in info.value for info in app.info)
    assert not [key for key in buttons(app) if key.startswith("dissect")]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"concept": "unicorn"}, "the concept 'unicorn'"),
        ({"section": "Filters"}, "the section 'Filters'"),
        ({"section": "By category", "over": "Time", "task": "Regression"}, "the task 'Regression'"),
    ],
)
def test_what_a_link_asks_for_in_vain_is_said(full, parameters, said):
    app = full(**parameters)
    assert any(said in warning.value for warning in app.warning)


def test_the_embedded_network_opens_with_what_the_picture_shows(opened, settings, fine, words_of):
    app = fine(opened(PAGE, network="menagerie-plain"))
    app = fine(app.button(key="dissect-conv5").click().run(timeout=600))
    label = app.selectbox(key="concept").value
    assert words_of(app).count(f"**{label.capitalize()}**") == 1
    assert len([alt for alt in alts(app) if "in " in alt and "predicts" in alt]) >= 2
