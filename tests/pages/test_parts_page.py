"""Object parts: with nothing computed, and for a small performer with its explainer in the cache."""

import base64
import re
from collections import Counter

import numpy as np
import pytest
import streamlit as st

from core.methods.explainer.training import MEASURES, Diverged
from dashboard import ask, ask_parts
from tests.pages.shown import alts, buttons, charts

PAGE, TRAIN, MEASURE = "parts", "explain-0.001", "measure-fields"


@pytest.fixture(scope="module")
def settings(named):
    named("small_performer")


@pytest.fixture
def small(settings, opened):
    return lambda **parameters: opened(PAGE, **{"network": "small", **parameters})


@pytest.fixture
def full(small, fine):
    """`full(**parameters)`: the page once the explainer is trained."""

    def open_page(**parameters):
        app = fine(small(**parameters))
        if TRAIN in buttons(app):
            app = fine(app.button(key=TRAIN).click().run(timeout=300))
        return app

    return open_page


def curve(*rows):
    return np.array([[fc6, fc7, *[0.5] * (len(MEASURES) - 2)] for fc6, fc7 in rows])


def test_with_nothing_computed_there_is_a_sentence_and_one_button(small, fine, words_of):
    app = fine(small())
    assert "Needs an explainer" in words_of(app)
    assert "emits for 72 pictures" in words_of(app)
    assert [key for key in buttons(app) if key.startswith(("explain", "look", "measure"))] == [TRAIN]
    assert [button.label for button in app.button if button.label == "The parts of a zebra"]


def test_a_training_that_runs_away_shows_its_curve_and_a_slower_one_is_offered(small, fine, words_of, monkeypatch):
    def runs_away(*_, settings, progress, watch=None):
        progress(0, 1, "beginning")
        watch(curve((0.9, 0.8)))
        raise Diverged(f"the training ran away at {settings.rate:g}", curve((0.9, 0.8), (1.2, 1.5)))

    app = fine(small())
    monkeypatch.setattr(ask_parts.parts, "explained", runs_away)
    app = app.button(key=TRAIN).click().run(timeout=300)
    assert [error.value for error in app.error] == ["The training ran away at 0.001."]
    (spec,) = charts(app)
    assert [len(trace["x"]) for trace in spec["data"]] == [2, 2]
    assert [button.label for button in app.button if button.key == "explain-0.0002"] == ["Train at rate 0.0002"]
    monkeypatch.undo()
    app = fine(app.button(key="explain-0.0002").click().run(timeout=300))
    assert alts(app)
    assert not charts(app)
    st.cache_resource.clear()
    assert not [key for key in buttons(fine(small())) if key.startswith("explain")], "the slower one is found again"


def test_every_section_opens_with_words_for_all_it_draws(full):
    for section in ("Gallery", "One prediction"):
        app = full(section=section)
        assert alts(app)
        assert all(alt.strip() for alt in alts(app))
        assert all(one.proto.alt.strip() for one in app.get("plotly_chart"))


def test_the_gallery_shows_filters_of_both_networks(full, words_of):
    app = full(section="Gallery", of="All classes", count="4")
    rows = [re.search(r"filter \d+ of (\S+) looks", alt) for alt in alts(app)]
    layers = Counter(row[1] for row in rows if row)
    assert layers.pop("conv-interp-2") == 4
    assert list(layers.values()) == [4]
    assert "fire" in words_of(app)
    assert MEASURE in buttons(app)
    more = full(section="Gallery", of="All classes", count="8")
    assert len([alt for alt in alts(more) if " of conv-interp-2 looks" in alt]) == 8


def test_filters_of_one_class_only(full, words_of):
    owner = _owners(full(section="Gallery", count="32"))[0]
    asked = {"section": "Gallery", "of": "The chosen class", "count": "32"}
    own = full(**asked, **{"class": owner})
    assert set(_owners(own)) == {owner}
    other = full(**asked, **{"class": "lion" if owner != "lion" else "zebra"})
    assert owner not in _owners(other)
    assert "no filter of that layer is of" in words_of(other)


def _owners(app):
    """The classes of the filters that are shown."""
    rows = (re.match(r"\*\*\d+\*\* · ([^·\n]+?) *( ·|\n)", one.value) for one in app.markdown)
    return [row[1] for row in rows if row]


def test_the_bars_of_a_prediction_sum_to_its_scores(full, fine, words_of):
    app = full(section="One prediction", picture="0")
    assert "of the explainer's score is the interpretable track's" in words_of(app) or "not above zero" in words_of(app)
    found = [_ends(app)]
    app = fine(app.get("button_group")[_group(app, "givers")].set_value("Filters").run())
    found.append(_ends(app))
    for score, own, relative in found:
        assert sum(relative) == pytest.approx(own, abs=1e-4)
        assert sum(relative[:-1]) == pytest.approx(score, abs=1e-4)
    assert found[0][:2] == found[1][:2]


def _ends(app):
    """Both scores, from what the explainer gives, and the steps of the bars."""
    (trace,) = charts(app)[0]["data"]
    steps = [float(x) for x, kind in zip(values(trace["x"]), trace["measure"], strict=True) if kind == "relative"]
    network, probe = ask.network("small"), ask.probe("menagerie-tiny")
    explainer = ask_parts.explained(network, probe)
    picture = ask.picture("0", probe)
    given = ask_parts.disentangled(network, probe, explainer, picture, int(ask.chances(network, picture).argmax()))
    return float(given.contributions.score[0]), float(given.contributions.performer[0]), steps


def values(told):
    """A list in a chart's text, or numbers packed as base64."""
    return told if isinstance(told, list) else np.frombuffer(base64.b64decode(told["bdata"]), told["dtype"])


def _group(app, key):
    return next(number for number, group in enumerate(app.get("button_group")) if group.key == key)


def test_a_network_without_two_fully_connected_layers_says_what_to_choose(settings, opened, fine):
    app = fine(opened(PAGE, network="menagerie-residual"))
    (told,) = [info.value for info in app.info]
    assert "no fully connected layer before its classifier" in told
    assert "Choose menagerie-plain" in told
    assert TRAIN not in buttons(app)


def test_a_picture_of_ones_own_has_filters_but_no_parts(full, words_of):
    app = full(section="One prediction", picture="sample:chelsea")
    assert "no parts are marked in this picture" in words_of(app)
    assert [alt for alt in alts(app) if "is active, on no part" in alt or "Grad-CAM" in alt]


def test_the_fields_are_measured_by_a_button_and_found_again(full, fine, words_of):
    app = full(section="Gallery")
    assert "round fields" in words_of(app)
    app = fine(app.button(key=MEASURE).click().run(timeout=300))
    assert "each with its own receptive field" in words_of(app)
    assert MEASURE not in buttons(fine(full(section="Gallery")))


def test_a_link_that_asks_for_what_is_not_there_is_told_so(full, words_of):
    assert "The link asks for the order 'size'" in words_of(full(section="Gallery", sort="size"))
