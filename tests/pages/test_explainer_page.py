"""Explainer network: with nothing computed, and on a small performer with everything in the cache."""

import json

import numpy as np
import pytest

from core.engine import parts
from core.methods.explainer.training import Settings
from core.networks.catalogue import open_network
from core.probes.catalogue import open_probe
from dashboard import ask_explainer, ask_parts
from dashboard.selection_explainer import LOSSES, SECTIONS
from tests.pages.shown import alts, buttons, frames

PAGE = "explainer"


@pytest.fixture(scope="module")
def settings(named):
    named("small_performer")


@pytest.fixture(scope="module")
def known(settings):
    """An explainer of the small performer, and what is to be known of it."""
    network, probe = open_network("small"), open_probe("menagerie-tiny")
    found = parts.explained(network, probe)
    parts.looked(network, probe, found)
    parts.marked(network, probe)
    return network, probe, found


@pytest.fixture
def page(settings, opened):
    return lambda **parameters: opened(PAGE, network="small", **parameters)


def test_with_nothing_computed_there_is_a_sentence_and_one_button(page, fine, words_of):
    app = fine(page())
    assert "Needs an explainer" in words_of(app)
    assert [key for key in buttons(app) if key.startswith("explain-")]
    assert not app.get("plotly_chart")
    assert [button.label for button in app.button if button.label == "Beside the target layer"]


def test_a_network_without_two_fully_connected_layers_is_told_what_to_do(opened, fine, words_of):
    app = fine(opened(PAGE, network="menagerie-residual"))
    assert "no fully connected layer before its classifier" in words_of(app)
    assert "Choose menagerie-plain" in words_of(app)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens_with_words_for_all_it_draws(known, page, fine, section):
    app = fine(page(section=section))
    assert frames(app) or alts(app)
    assert all(alt.strip() for alt in alts(app))
    assert all(one.proto.alt.strip() for one in app.get("plotly_chart"))


def test_what_is_explained_stands_in_figures(known, page, fine):
    network, probe, found = known
    seen = parts.looked(network, probe, found)
    app = fine(page())
    shown = {metric.label: metric.value for metric in app.metric}
    assert float(shown["p, interpretable share"]) == pytest.approx(found.p, abs=0.006)
    assert {"R² of fc6", "R² of fc7", "R² of fc7 without it"} < set(shown)
    errors = frames(app)[0].set_index("what classifies")["error"]
    assert errors["Explainer"] == pytest.approx(100 * seen.error("explainer").mean())
    assert errors["Performer"] == pytest.approx(100 * seen.error("performer").mean())
    assert "Explainer+cls, no explanation" not in errors
    assert [key for key in buttons(app) if key.startswith("explain-")], "it can be trained"


def test_classes_of_one_picture_have_no_instability(known, page, fine, words_of):
    app = fine(page(section="Instability"))
    assert "No filter fires in three pictures of its class" in words_of(app)
    assert not frames(app)


@pytest.fixture
def one_class(known, monkeypatch):
    """As if all pictures were of the filters' class: the tiny probe tests with one picture of each."""
    network, probe, found = known
    owner = parts.looked(network, probe, found).sides["second"].owners[0]
    monkeypatch.setattr(parts, "own_labels", lambda network, probe, labels: np.full(len(labels), owner))
    ask_explainer._table.clear()
    yield
    ask_explainer._table.clear()


def test_instability_beside_either_layer(one_class, page, fine, words_of):
    app = fine(page(section="Instability"))
    table, on_parts = frames(app)
    assert table["instability"].between(0, 1).all()
    assert on_parts["explainer"].str.contains("%").all()
    assert "diagonal of the object's box" in words_of(app)
    assert "Filters that ever fire" in words_of(app)
    app = fine(page(section="Instability", beside="Target layer"))
    assert "The explainer has 12 filters and the performer's layer 10" in words_of(app)
    assert not frames(app)


def test_another_explainer_is_trained_and_stands_beside_this_one(known, page, fine, words_of):
    _, _, first = known
    app = fine(page(section="Training"))
    assert "Change a setting" in words_of(app)
    app = fine(page(section="Training", loss="Off", epochs="2"))
    key = next(key for key in buttons(app) if key.startswith("explain-"))
    app = fine(app.button(key=key).click().run(timeout=300))
    table = next(one for one in frames(app) if "explainer" in one and "p" in one)
    assert table["explainer"].tolist() == ["this one", "the other"]
    assert table["p"][0] == pytest.approx(first.p)
    assert "off" in next(one for one in reversed(frames(app)) if "setting" in one)["value"].tolist()
    lines = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    assert len(lines) == 2


def test_settings_of_a_link_are_the_trainings(known, page, fine, monkeypatch):
    asked = []
    monkeypatch.setattr(ask_parts, "explained", _telling(asked, ask_parts.explained))
    fine(page(section="Training", loss="Exact", masked="false", epochs="3", run="7"))
    wanted = Settings(epochs=3, filter_loss="exact", masked=False, seed=7)
    assert wanted in asked
    assert set(LOSSES.values()) == {"published", "exact", "off", "random places"}


def _telling(asked, call):
    def told(of, probe, settings=None):
        asked.append(settings)
        return call(of, probe, settings)

    return told


def test_templates_and_masks_of_a_filter(known, page, fine, words_of):
    app = fine(page(section="Templates", row="1", column="2"))
    assert any(alt.startswith("T_μ, part at μ, row 1, column 2 of 8 by 8") for alt in alts(app))
    assert any(alt.startswith("Before the mask: filter ") for alt in alts(app))
    assert "inter-category entropy" in words_of(app)
    app = fine(page(section="Templates", interpretable="99"))
    assert "asks for filter of conv-interp-2 99" in words_of(app)
