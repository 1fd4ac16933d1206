"""The Localisation page: with an empty cache, with rows, and with a probe that has no boxes."""

import cv2
import numpy as np
import pytest

from core import engine
from core.networks.catalogue import open_network
from core.probes.catalogue import open_probe
from dashboard.components.localisation import titles
from tests.pages.shown import alts

PAGE = "localisation"
METHODS = ("gradcam", "guided-backprop")


@pytest.fixture
def full(cache):
    """Rows of two methods in the cache, as another session has left them."""
    network, probe = open_network("menagerie-untrained"), open_probe("menagerie-tiny")
    engine.localise(network, probe, network.default_layer, METHODS)


def test_with_an_empty_cache_it_opens_and_says_what_to_do(opened, fine, words_of):
    app = fine(opened(PAGE))
    assert not app.dataframe
    assert "Not computed yet" in words_of(app)
    assert any(button.label == "Compute" for button in app.button)
    shown = [alt for alt in alts(app) if "'s box for" in alt]
    assert any(alt.startswith("Grad-CAM's box") for alt in shown)


def test_what_is_in_the_cache_is_there_at_once(opened, full, fine, words_of):
    app = fine(opened(PAGE))
    table = app.dataframe[0].value
    assert list(table["method"]) == ["Grad-CAM", "Guided Backpropagation", "Centred disc"]
    assert table["top 1"].between(0, 100).all()
    assert table["threshold"].notna().tolist() == [True, True, False]
    assert table.loc[0, "paper"] == "56.47, 46.35"
    assert "thresholds searched on 'val'" in words_of(app)
    left = [title for name, title in titles().items() if name not in METHODS]
    assert all(title in words_of(app) for title in left)


def test_the_table_is_a_file_with_every_number(opened, full, fine):
    app = fine(opened(PAGE))
    assert any(button.label == "Table as CSV" for button in app.get("download_button"))


def test_pictures_where_one_method_wins_over_another_lead_to_the_picture(opened, full, fine, words_of):
    app = fine(opened(PAGE, winner="Guided Backpropagation", loser="Grad-CAM"))
    pairs = [alt for alt in alts(app) if ", IoU " in alt]
    links = [one for one in app.get("page_link") if "show=" in one.proto.query_string]
    assert links
    shown = pairs[-2 * len(links) :]
    assert [alt.split("'s box")[0] for alt in shown] == ["Guided Backpropagation", "Grad-CAM"] * len(links)
    gains = [float(a.rpartition("IoU ")[2].strip("<> ")) - float(b.rpartition("IoU ")[2].strip("<> "))
             for a, b in zip(shown[::2], shown[1::2], strict=True)]  # fmt: skip
    assert gains == sorted(gains, reverse=True)
    assert "95 % interval of the paired difference" in words_of(app)
    fine(app.selectbox(key="loser").set_value("Guided Backpropagation").run())
    assert "two different methods" in words_of(app)


def test_regions_take_the_place_of_boxes(opened, full, fine, words_of):
    app = fine(opened(PAGE))
    before = alts(app)
    fine(app.button_group(key="figure").set_value("Regions, figure 7").run())
    assert any("'s region for" in alt for alt in alts(app))
    assert not any("'s box for" in alt for alt in alts(app))
    assert before != alts(app)
    assert "IoU" in words_of(app)


def test_a_press_computes_what_is_missing_and_it_stays(opened, full, fine, words_of):
    app = fine(opened(PAGE))
    press = next(button for button in app.button if button.label == "Compute")
    fine(press.click().run(timeout=300))
    table = app.dataframe[0].value
    assert list(table["method"]) == [*titles().values(), "Centred disc"]
    assert "Not computed yet" not in words_of(app)
    again = fine(opened(PAGE))
    assert not [button for button in again.button if button.label == "Compute"]
    assert all(any(alt.startswith(f"{title}'s box") for alt in alts(again)) for title in titles().values())


def test_a_probe_without_boxes_says_so_and_shows_the_picture(opened, tmp_path, monkeypatch, fine, words_of):
    image = np.full((64, 64, 3), 200, np.uint8)
    for name in ("lion", "zebra"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "pictures" / name / "one.png"), image)
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[probes.bare]\nfolder = "{tmp_path / "pictures"}"\n')
    monkeypatch.setenv("CHANNELSCOPE_SETTINGS", str(settings))
    app = fine(opened(PAGE, probe="bare"))
    assert any("nothing can be localised" in info.value for info in app.info)
    assert not app.dataframe
    assert any("'s box for" in alt for alt in alts(app))


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"figure": "Circles"}, "the figure 'Circles'"),
        ({"winner": "Magic"}, "the method 'Magic'"),
        ({"split": "tset"}, "the split 'tset'"),
    ],
)
def test_what_a_link_asks_for_in_vain_is_said(opened, full, parameters, said):
    app = opened(PAGE, **parameters)
    assert not app.exception
    assert any(said in warning.value for warning in app.warning), [warning.value for warning in app.warning]
