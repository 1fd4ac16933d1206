"""Probe, Networks and Cache: with an empty cache and with a full one."""

import json

import numpy as np
import pytest
from PIL import Image

from core.probes.scenes import Scenes
from core.store import Store, keep_file

PROBE = ("Classes", "Masks", "Attributes", "Splits", "Confusion", "Centred disc", "The shortcut")
NETWORKS = ("The open one", "All", "torchvision", "Your checkpoint", "Your own code")


@pytest.mark.parametrize("section", PROBE)
def test_every_section_of_the_probe_page_opens(opened, section, fine):
    fine(opened("probe", section=section))


@pytest.fixture
def few_landscapes(cache, monkeypatch):
    """The landscapes' probe with a dozen test pictures."""

    def begin(self, real=Scenes.__init__):
        real(self)
        self.splits = {**self.splits, "test": self.splits["test"][:12]}

    monkeypatch.setattr(Scenes, "__init__", begin)


@pytest.mark.parametrize("section", PROBE)
def test_where_landscapes_are_the_classes_nothing_is_said_of_animals(opened, section, few_landscapes, fine, words_of):
    app = fine(opened("probe", probe="menagerie-scenes", section=section))
    if compute := [button for button in app.button if button.label == "Compute"]:
        app = fine(compute[0].click().run(timeout=120))
    told = [words_of(app), *(str(one.proto) for one in (*app.toggle, *app.metric))]
    if section == "Confusion":
        told += list(app.dataframe[0].value.columns)
    told = " ".join(told).lower()
    assert not [word for word in ("animal", "species", "landmark", "parts", "zero-shot") if word in told]


@pytest.mark.parametrize("section", NETWORKS)
def test_every_section_of_the_networks_page_opens(opened, section, fine):
    fine(opened("networks", section=section))


def test_every_species_has_its_picture_and_its_link(opened, fine):
    app = fine(opened("probe"))
    assert len(app.get("page_link")) >= 24


def test_masks_are_switched_on_by_hand(opened, fine):
    app = fine(opened("probe", section="Masks"))
    before = [one.url for image in app.image for one in image.proto.imgs]
    switch = next(toggle for toggle in app.toggle if toggle.label == "True boxes")
    fine(switch.set_value(True).run())
    after = [one.url for image in app.image for one in image.proto.imgs]
    assert before != after


def test_the_attribute_table_has_a_column_for_every_class(opened, fine):
    table = fine(opened("probe", section="Attributes")).dataframe[0].value
    assert {"attribute", "zebra", "okapi"} <= set(table.columns)
    assert len(table) >= 40


def test_splits_keep_unseen_species_out_of_training(opened, fine, words_of):
    app = fine(opened("probe", section="Splits"))
    table = app.dataframe[0].value
    assert table.loc["okapi", "train"] == 0
    assert "zero-shot" in words_of(app)
    assert table["train"].sum() > 0


@pytest.mark.parametrize(("section", "says"), [("Confusion", "95 % interval"), ("Centred disc", "n = ")])
def test_what_is_computed_on_demand_is_there_at_once_the_next_time(opened, section, says, fine, words_of):
    app = fine(opened("probe", section=section))
    assert says not in words_of(app)
    fine(next(button for button in app.button if button.label == "Compute").click().run(timeout=120))
    assert says in words_of(app)
    again = fine(opened("probe", section=section))
    assert says in words_of(again)
    assert not [button for button in again.button if button.label == "Compute"]


def test_the_networks_page_shows_the_layers_and_why_one_is_the_default(opened, fine, words_of):
    app = fine(opened("networks"))
    table = app.dataframe[0].value
    assert list(table["layer"])[:2] == ["conv1", "pool1"]
    assert "last layer with a spatial extent" in words_of(app)


@pytest.mark.parametrize("data", [b"", b"cos\nsystem\n(S'true'\ntR.", b"PK\x03\x04 cut short"])
def test_a_bad_checkpoint_is_refused_in_a_sentence(opened, data, fine):
    app = fine(opened("networks", section="Your checkpoint"))
    app.get("file_uploader")[0].upload("weights.pth", data, "application/octet-stream")
    app.run()
    assert not app.exception
    assert len(app.error) == 1
    assert "Something went wrong" not in app.error[0].value


def test_the_cache_is_listed_verified_and_pruned_only_when_sure(opened, cache, fine, words_of):
    keep_file(b"a picture", ".png")
    app = fine(opened("cache"))
    assert len(app.dataframe[0].value) >= 1
    fine(next(button for button in app.button if button.label == "Verify").click().run())
    assert "sound" in words_of(app)
    remove = next(button for button in app.button if button.label == "Remove")
    assert remove.disabled
    fine(app.radio[0].set_value("everything").run())
    fine(next(box for box in app.checkbox if "remove" in box.label).check().run())
    fine(next(button for button in app.button if button.label == "Remove").click().run())
    assert Store(cache).list() == ()
    assert "Nothing has been kept" in words_of(fine(opened("cache")))


def test_damage_in_the_cache_is_told(opened, cache, fine):
    sha = keep_file(np.arange(9).tobytes(), ".png")
    (cache / "uploads" / f"{sha}.png").write_bytes(b"other")
    app = fine(opened("cache"))
    app = next(button for button in app.button if button.label == "Verify").click().run()
    assert not app.exception
    assert any("damaged" in warning.value for warning in app.warning)


@pytest.fixture
def streets(tmp_path, monkeypatch):
    """Probe 'streets': thirty pictures with label maps, of which one is damaged; no classes."""
    for folder in ("images", "labels"):
        (tmp_path / "streets" / folder).mkdir(parents=True)
    values = np.zeros((48, 64), np.uint8)
    values[24:, :32] = 1
    for number in range(30):
        Image.new("RGB", (64, 48), (90, number, 120)).save(tmp_path / "streets" / "images" / f"{number:02}.png")
        Image.fromarray(values).save(tmp_path / "streets" / "labels" / f"{number:02}.png")
    damaged = tmp_path / "streets" / "labels" / "07.png"
    damaged.write_bytes(damaged.read_bytes()[:40])
    (tmp_path / "settings.toml").write_text('[probes.streets]\nfolder = "streets"\nlabels = ["sky", "material: tar"]\n')
    monkeypatch.setenv("CHANNELSCOPE_SETTINGS", str(tmp_path / "settings.toml"))
    return "streets"


@pytest.mark.parametrize("section", PROBE)
def test_a_probe_with_concepts_and_no_classes_opens(opened, streets, section, fine):
    fine(opened("probe", probe=streets, section=section))


def test_without_classes_some_pictures_and_the_sizes_of_splits_are_shown(opened, streets, fine, words_of):
    app = fine(opened("probe", probe=streets))
    assert len(app.get("page_link")) == 24
    assert "One of each class" not in words_of(app)
    table = fine(opened("probe", probe=streets, section="Splits")).dataframe[0].value
    assert table.to_dict() == {"all": {"pictures": 30}}


def test_masks_are_offered_in_the_categories_that_there_are(opened, streets, fine, words_of):
    app = fine(opened("probe", probe=streets, section="Masks"))
    by_label = {group.label: group for group in app.get("button_group")}
    assert list(by_label["Masks by category"].options) == ["object", "material"]
    assert "sky, 75 %" in by_label["In this picture, largest first"].options
    assert not app.toggle
    app = fine(opened("probe", probe=streets, section="Masks", category="material"))
    assert "tar" in words_of(app)
    app = opened("probe", probe=streets, section="Masks", picture="images/07.png")
    assert not app.exception
    assert [error.value for error in app.error if "labels/07.png" in error.value]


def test_the_gallery_needs_no_classes(opened, streets, fine):
    app = fine(opened(probe=streets))
    app = fine(next(button for button in app.button if button.label == "Choose").click().run())
    assert not [box for box in app.selectbox if box.label == "Class"]
    named = [button.label for button in app.button if button.label.endswith(".png")]
    assert named == [f"{number:02}.png" for number in range(24)]


def test_without_concepts_boxes_and_landmarks_are_offered_and_no_categories(opened, cache, tmp_path, monkeypatch, fine):
    Image.new("RGB", (64, 48), (90, 60, 120)).save(tmp_path / "a.png")
    row = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [8, 4, 20, 30], "keypoints": [10, 10, 2]}
    kind = {"id": 1, "name": "lion", "keypoints": ["head"]}
    listed = {"id": 1, "file_name": "a.png", "width": 64, "height": 48}
    (tmp_path / "annotations.json").write_text(
        json.dumps({"images": [listed], "categories": [kind], "annotations": [row]})
    )
    monkeypatch.setenv("CHANNELSCOPE_SETTINGS", str(tmp_path / "settings.toml"))
    (tmp_path / "settings.toml").write_text(f'[probes.lions]\nfolder = "{tmp_path}"\n')
    app = fine(opened("probe", probe="lions", section="Masks"))
    assert "Masks by category" not in [group.label for group in app.get("button_group")]
    assert [toggle.label for toggle in app.toggle] == ["True boxes", "Landmarks"]
    fine(app.toggle[0].set_value(True).run())
    fine(app.toggle[1].set_value(True).run())
