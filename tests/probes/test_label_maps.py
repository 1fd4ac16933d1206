"""Pictures beside label maps: every layout, every way to name the values, and what can be wrong with a map."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import BadImage, BadSettings
from core.probes.ade20k import ADE20K
from core.probes.catalogue import open_folder, open_probe
from core.probes.folder import Folder
from core.probes.label_maps import LabelMaps
from core.probes.probe import Concept

CAMVID = Path(__file__).parents[3] / "shared" / "data" / "camvid"
NAMES = ("sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist")
MAP = np.array([[0, 1, 1, 255], [0, 2, 2, 3], [0, 0, 2, 3]], np.uint8)
SKY, TREE, ROAD = (Concept(name, "object") for name in ("sky", "tree", "road"))


def picture(path, size=(4, 3), colour=(120, 60, 30), **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, **more)


def label_map(path, values=MAP):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


@pytest.fixture
def street(tmp_path):
    """images/ and labels/ with two pictures, without names."""
    folder = tmp_path / "street"
    for name in ("a", "b"):
        picture(folder / "images" / f"{name}.jpg")
        label_map(folder / "labels" / f"{name}.png")
    return folder


def test_without_names_every_value_is_a_concept_but_255(street):
    probe = open_folder(street)
    assert isinstance(probe, LabelMaps)
    assert [concept.name for concept in probe.concepts] == ["label 0", "label 1", "label 2", "label 3"]
    assert {concept.category for concept in probe.concepts} == {"object"}
    found = probe.concept_masks(0)
    assert list(found) == list(probe.concepts)
    for value, mask in enumerate(found.values()):
        assert mask.dtype == bool
        np.testing.assert_array_equal(mask, value == MAP)
    assert probe.offers == {"masks"}
    assert probe.label(0) is None
    assert probe.key(0) == "images/a.jpg"
    assert probe.find("images/b.jpg") == 1
    assert "4 concepts" in probe.about


@pytest.mark.parametrize(("file", "content"), [
    ("classes.txt", "sky\ntree\nroad\n\n"),
    ("labels.txt", "0 sky\n2 road\n1 tree\n"),
    ("labels.txt", "0: sky\n1,tree\n2\troad\n"),
    ("classes.txt", "\ufeffsky\r\n object: tree \r\nroad"),
    ("names.json", '{"0": "sky", "1": "tree", "2": "road"}'),
    ("names.json", '["sky", "tree", "road"]'),
])  # fmt: skip
def test_names_from_a_file_say_which_values_are_concepts(street, file, content):
    (street / file).write_text(content, encoding="utf-8")
    probe = LabelMaps(street)
    assert probe.concepts == (SKY, TREE, ROAD)
    found = probe.concept_masks(0)
    assert set(found) == {SKY, TREE, ROAD}, "3 has no name"
    np.testing.assert_array_equal(found[TREE], MAP == 1)


def test_void_values_are_no_concepts_and_a_category_can_be_named(street):
    (street / "classes.txt").write_text("Unlabelled\nmaterial: brick\nvoid\ncolor: red\n", encoding="utf-8")
    probe = LabelMaps(street)
    assert probe.concepts == (Concept("brick", "material"), Concept("red", "colour"))
    np.testing.assert_array_equal(probe.concept_masks(0)[Concept("red", "colour")], MAP == 3)


def test_a_colon_after_another_word_is_part_of_the_name(street):
    (street / "classes.txt").write_text("0 traffic: light\n1 part:\n", encoding="utf-8")
    assert [one.name for one in LabelMaps(street).concepts] == ["traffic: light", "part:"]


def test_two_values_of_one_name_are_one_concept(street):
    probe = LabelMaps(street, labels=["sky", "tree", "sky", ""])
    assert probe.concepts == (SKY, TREE)
    np.testing.assert_array_equal(probe.concept_masks(0)[SKY], (MAP == 0) | (MAP == 2))


def test_names_given_win_over_a_file_and_255_can_be_named(street):
    (street / "classes.txt").write_text("one\ntwo\n", encoding="utf-8")
    assert LabelMaps(street, labels=["sky"]).concepts == (SKY,)
    (street / "classes.txt").write_text("255 tree\n", encoding="utf-8")
    np.testing.assert_array_equal(LabelMaps(street).concept_masks(0)[TREE], MAP == 255)


@pytest.mark.parametrize("content", ["{", "3", '{"sky": 0}', "[" * 100_000])
def test_a_damaged_file_of_names_is_said(street, content):
    (street / "names.json").write_text(content, encoding="utf-8")
    with pytest.raises(BadImage, match=r"names\.json") as told:
        LabelMaps(street)
    assert "\n" not in str(told.value)


def test_names_outside_the_folder_are_not_read(street):
    outside = street.parent / "classes.txt"
    outside.write_text("secret\n", encoding="utf-8")
    (street / "classes.txt").symlink_to(outside)
    assert "secret" not in [one.name for one in LabelMaps(street).concepts]


@pytest.mark.parametrize(("images", "maps", "splits"), [
    ("images", "labels", {"all": 1}),
    ("Images", "Masks", {"all": 1}),
    ("images", "annotations", {"all": 1}),
    ("train/images", "train/labels", {"train": 1}),
    ("images/training", "annotations/training", {"train": 1}),
    ("images/val", "masks/validation", {"val": 1}),
    ("test", "testannot", {"test": 1}),
    ("train", "train_labels", {"train": 1}),
    ("images/day/one", "labels/day/one", {"all": 1}),
])  # fmt: skip
def test_layouts(tmp_path, images, maps, splits):
    picture(tmp_path / images / "a.jpg")
    label_map(tmp_path / maps / "a.png")
    probe = open_folder(tmp_path)
    assert isinstance(probe, LabelMaps)
    assert {split: len(found) for split, found in probe.splits.items()} == splits
    np.testing.assert_array_equal(probe.concept_masks(0)[Concept("label 1", "object")], MAP == 1)


def test_several_splits_of_the_segnet_layout(tmp_path):
    for split, count in (("train", 3), ("val", 2), ("test", 1)):
        for number in range(count):
            picture(tmp_path / split / f"{number}.png")
            label_map(tmp_path / f"{split}annot" / f"{number}.png", np.full((3, 4), number, np.uint8))
    probe = open_folder(tmp_path)
    assert {split: len(found) for split, found in probe.splits.items()} == {"test": 1, "train": 3, "val": 2}
    for index in range(len(probe)):
        (concept,) = probe.concept_masks(index)
        assert concept.name.removeprefix("label ") == Path(probe.key(index)).stem
        assert index in probe.splits[probe.key(index).split("/")[0]]


def test_pictures_without_a_map_are_left_out_and_counted(street):
    picture(street / "images" / "c.jpg")
    label_map(street / "labels" / "d.png")
    probe = LabelMaps(street)
    assert len(probe) == 2
    assert "for want of a label map: 1" in probe.about


@pytest.mark.parametrize("kind", ["palette", "one bit", "sixteen bits"])
def test_kinds_of_maps(tmp_path, kind):
    picture(tmp_path / "images" / "a.jpg")
    values = MAP.astype(np.uint16) * 200 if kind == "sixteen bits" else MAP % 2
    image = Image.fromarray(values.astype(bool) if kind == "one bit" else values)
    if kind == "palette":
        image.putpalette([5, 5, 5, 200, 0, 0])
    (tmp_path / "masks").mkdir()
    image.save(tmp_path / "masks" / "a.png")
    found = LabelMaps(tmp_path).concept_masks(0)
    assert [int(one.name.removeprefix("label ")) for one in found] == np.unique(values).tolist()
    for concept, mask in found.items():
        np.testing.assert_array_equal(mask, values == int(concept.name.removeprefix("label ")))


def test_a_map_of_another_size_is_named_and_the_probe_lives_on(street):
    label_map(street / "labels" / "a.png", MAP[:2])
    probe = LabelMaps(street)
    with pytest.raises(BadImage, match=r"'labels/a\.png' has 2 x 4 pixels and its picture 3 x 4") as told:
        probe.concept_masks(0)
    assert "\n" not in str(told.value)
    assert probe.image(0).shape == (3, 4, 3)
    assert probe.concept_masks(1)


def test_a_picture_on_its_side_has_the_size_at_which_it_is_shown(street):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(street / "images" / "a.jpg", size=(3, 4), exif=exif)
    probe = LabelMaps(street)
    assert probe.image(0).shape == (3, 4, 3)
    assert probe.concept_masks(0)[Concept("label 1", "object")].shape == (3, 4)


@pytest.mark.parametrize("damage", ["colours", "cut short", "gone"])
def test_a_damaged_map_is_named_and_the_probe_opens(street, damage):
    path = street / "labels" / "a.png"
    probe = LabelMaps(street)
    if damage == "colours":
        picture(path)
    elif damage == "cut short":
        path.write_bytes(path.read_bytes()[:40])
    else:
        path.unlink()
    with pytest.raises(BadImage, match=r"labels/a\.png") as told:
        probe.concept_masks(0)
    assert "\n" not in str(told.value)
    again = LabelMaps(street)
    assert [one.name for one in again.concepts] == ["label 0", "label 1", "label 2", "label 3"]
    assert len(again) == (1 if damage == "gone" else 2)


def test_links_that_leave_the_folder_are_passed_over(street):
    outside = street.parent / "outside"
    picture(outside / "c.jpg")
    label_map(outside / "c.png")
    (street / "images" / "c.jpg").symlink_to(outside / "c.jpg")
    (street / "labels" / "c.png").symlink_to(outside / "c.png")
    (street / "labels" / "b.png").unlink()
    (street / "labels" / "b.png").symlink_to(outside / "c.png")
    assert [LabelMaps(street).key(i) for i in range(len(LabelMaps(street)))] == ["images/a.jpg"]


def test_what_is_no_folder_of_label_maps_stays_an_ordinary_one(tmp_path):
    picture(tmp_path / "images" / "a.jpg")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("0 0.5 0.5 0.1 0.1")
    assert isinstance(open_folder(tmp_path), Folder)
    assert not isinstance(open_folder(tmp_path), ADE20K | LabelMaps)
    with pytest.raises(BadImage, match="has a label map"):
        LabelMaps(tmp_path)


def test_the_fingerprint_follows_pictures_maps_and_names(street):
    seen = {LabelMaps(street).fingerprint}
    assert {LabelMaps(street).fingerprint} == seen
    seen.add(LabelMaps(street, labels=["sky"]).fingerprint)
    seen.add(LabelMaps(street, labels=["part: sky"]).fingerprint)
    label_map(street / "labels" / "a.png", MAP[::-1].copy())
    seen.add(LabelMaps(street).fingerprint)
    picture(street / "images" / "b.jpg", colour=(9, 9, 9))
    seen.add(LabelMaps(street).fingerprint)
    assert len(seen) == 5
    assert LabelMaps(street.rename(street.parent / "moved")).fingerprint in seen


def test_names_in_the_settings_file(street, monkeypatch):
    monkeypatch.chdir(street.parent)
    settings = street.parent / ".channelscope.toml"
    settings.write_text('[probes.street]\nfolder = "street"\nlabels = ["sky", "tree", "", "road"]\n', encoding="utf-8")
    probe = open_probe("street")
    assert probe.name == "street"
    assert probe.concepts == (SKY, TREE, ROAD)
    for wrong in ('"sky"', "[]", "[1, 2]"):
        settings.write_text(f'[probes.street]\nfolder = "street"\nlabels = {wrong}\n', encoding="utf-8")
        with pytest.raises(BadSettings, match="a list of names would do"):
            open_probe("street")
    settings.write_text('[probes.street]\nfolder = "street/images"\nlabels = ["sky"]\n', encoding="utf-8")
    with pytest.raises(BadSettings, match="no label maps were found"):
        open_probe("street")


@pytest.mark.skipif(not CAMVID.is_dir(), reason="CamVid is not beside this repository")
def test_camvid():
    probe = open_folder(CAMVID)
    assert [one.name for one in probe.concepts] == [f"label {value}" for value in range(12)]
    probe = open_folder(CAMVID, labels=[*NAMES, "unlabelled"])
    assert {split: len(found) for split, found in probe.splits.items()} == {"train": 220, "val": 80}
    assert [one.name for one in probe.concepts] == list(NAMES)
    for index in (0, 150, 299):
        found, image = probe.concept_masks(index), probe.image(index)
        assert {mask.shape for mask in found.values()} == {image.shape[:2]}
        assert sum(mask.astype(int) for mask in found.values()).max() == 1, "a pixel is of one class"
        rows = {concept.name: np.flatnonzero(mask.any(1)).mean() for concept, mask in found.items()}
        assert rows["sky"] < rows["road"]
        assert image[found[SKY]].mean() > image[found[ROAD]].mean()
