"""ADE20K's files, of both releases, drawn small: classes, instances, parts, names and scenes worked by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import BadImage
from core.probes.ade20k import ADE20K
from core.probes.catalogue import open_folder
from core.probes.probe import Concept

DATA = Path(__file__).parents[3] / "shared" / "data" / "ade20k-3"
CLASSES = np.array([[401, 401, 0, 12], [401, 401, 12, 12], [3050, 0, 12, 12]])  # cars, sky, a window that is no part
BLUES = np.array([[85, 170, 0, 255], [85, 170, 255, 255], [64, 0, 255, 255]])  # two cars side by side
PARTS = np.array([[0, 7, 0, 0], [3050, 7, 0, 0], [0, 0, 0, 0]])
PARTS_OF_PARTS = np.array([[0, 0, 0, 0], [3050, 0, 0, 0], [9, 0, 0, 0]])
FULL = {401: "car, auto, automobile", 12: "sky", 3050: "window", 7: "wheel", 9: "rim"}
CAR, SKY, WINDOW = (Concept(name, "object") for name in ("car", "sky", "window"))
WHEEL, PANE, RIM = (Concept(name, "part") for name in ("wheel", "window", "rim"))
STREET = Concept("street", "scene")


def segmentation(path, classes, blues=None):
    """class = red // 10 * 256 + green; what red has over a ten means nothing"""
    red = classes // 256 * 10 + (classes > 0) * 3
    blue = np.zeros_like(classes) if blues is None else blues
    Image.fromarray(np.stack([red, classes % 256, blue], 2).astype(np.uint8)).save(path)


def told(things, scene=("outdoor", "urban", "street")):
    objects = [
        {"id": i, "name": FULL.get(number, f"name {number}"), "name_ndx": number, "parts": {"part_level": level}}
        for i, (level, number) in enumerate(things)
    ]
    return json.dumps({"annotation": {"scene": list(scene), "object": objects}})


def photo(path, size=(4, 3)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (90, 120, 200)).save(path)


@pytest.fixture
def scenes(tmp_path):
    """The release of 2021: one picture for training with its parts, one for validation without."""
    folder = tmp_path / "ade"
    one = folder / "images" / "training" / "urban" / "street" / "ADE_train_00000001.jpg"
    two = folder / "images" / "validation" / "urban" / "street" / "ADE_val_00000001.jpg"
    for path in (one, two):
        photo(path)
        segmentation(path.with_name(path.stem + "_seg.png"), CLASSES, BLUES)
    segmentation(one.with_name(one.stem + "_parts_1.png"), PARTS)
    segmentation(one.with_name(one.stem + "_parts_2.png"), PARTS_OF_PARTS)
    objects = [(0, 401), (0, 401), (0, 12), (0, 3050)]
    one.with_suffix(".json").write_text(told([*objects, (1, 7), (1, 3050), (2, 9), (2, 3050)]))
    two.with_suffix(".json").write_text(told(objects, ["indoor", "living_room"]))
    instances = one.with_suffix("")
    instances.mkdir()
    photo(instances / "instance_000_ADE_train_00000001.jpg")
    return folder


def test_objects_parts_of_all_levels_and_scenes_are_concepts(scenes):
    probe = open_folder(scenes)
    assert isinstance(probe, ADE20K)
    assert set(probe.concepts) == {CAR, SKY, WINDOW, WHEEL, PANE, RIM, STREET, Concept("living room", "scene")}
    assert len(set(probe.concepts)) == len(probe.concepts)
    assert {split: found.tolist() for split, found in probe.splits.items()} == {"train": [0], "val": [1]}
    assert [probe.scene(0), probe.scene(1)] == ["street", "living room"]
    assert probe.offers == {"masks", "instances", "boxes", "scenes"}
    assert len(probe) == 2, "masks of instances are no pictures"


def test_masks_by_hand(scenes):
    probe = ADE20K(scenes)
    found = probe.concept_masks(0)
    wanted = {
        CAR: CLASSES == 401,
        SKY: CLASSES == 12,
        WINDOW: CLASSES == 3050,
        WHEEL: PARTS == 7,
        PANE: (PARTS == 3050) | (PARTS_OF_PARTS == 3050),
        RIM: PARTS_OF_PARTS == 9,
    }
    assert set(found) == set(wanted)
    for concept, mask in wanted.items():
        assert found[concept].dtype == bool
        np.testing.assert_array_equal(found[concept], mask)
    assert probe.image_concepts(0) == {*wanted, STREET}
    assert set(probe.concept_masks(1)) == {CAR, SKY, WINDOW}
    assert probe.image_concepts(1) == {CAR, SKY, WINDOW, Concept("living room", "scene")}


def test_instances_are_told_apart_by_blue(scenes):
    found = ADE20K(scenes).instances(0)
    assert sorted((one.class_name, one.box) for one in found) == [
        ("car", (0.0, 0.0, 2.0, 1.0)),
        ("car", (0.0, 1.0, 2.0, 2.0)),
        ("sky", (0.0, 2.0, 3.0, 4.0)),
        ("window", (2.0, 0.0, 3.0, 1.0)),
    ]
    assert sum(one.mask for one in found).max() == 1
    assert sum(one.mask.sum() for one in found) == (CLASSES > 0).sum()


def test_classes_that_share_their_first_name_keep_all_of_them(scenes):
    path = scenes / "images" / "validation" / "urban" / "street" / "ADE_val_00000001.json"
    content = path.read_text().replace('"sky"', '"car, railway car"')
    path.write_text(content)
    names = {one.name for one in ADE20K(scenes).concepts}
    assert {"car, auto, automobile", "car, railway car", "window"} <= names
    assert "car" not in names


@pytest.fixture
def old(tmp_path):
    """The release of 2016: names by instance in a text, the scene in the folder's name."""
    path = tmp_path / "old" / "images" / "training" / "l" / "living_room" / "ADE_train_00000007.jpg"
    photo(path)
    segmentation(path.with_name(path.stem + "_seg.png"), CLASSES, BLUES)
    segmentation(path.with_name(path.stem + "_parts_1.png"), PARTS, np.where(PARTS == 7, 128, np.where(PARTS, 255, 0)))
    # the n-th value of blue is the n-th instance: 64 window, 85 and 170 cars, 255 sky; of parts 128 wheel, 255 window
    lines = ["001 # 0 # 0 # window # pane # \"\"", "002 # 0 # 0 # car, auto, automobile # car # \"red, old\""]
    lines += ["003 # 0 # 1 # car, auto, automobile # car # \"\"", "004 # 0 # 0 # sky # sky # \"\""]
    lines += ["001 # 1 # 0 # wheel # wheel # \"\"", "002 # 1 # 0 # window # window # \"\"", "", "no such line"]
    path.with_name(path.stem + "_atr.txt").write_text("\n".join(lines))
    return tmp_path / "old"


def test_the_release_of_2016_names_instances(old):
    probe = open_folder(old)
    assert isinstance(probe, ADE20K)
    assert set(probe.concepts) == {CAR, SKY, WINDOW, WHEEL, PANE, Concept("living room", "scene")}
    found = probe.concept_masks(0)
    wanted = {CAR: CLASSES == 401, SKY: CLASSES == 12, WINDOW: CLASSES == 3050, WHEEL: PARTS == 7, PANE: PARTS == 3050}
    assert set(found) == set(wanted)
    for concept, mask in wanted.items():
        np.testing.assert_array_equal(found[concept], mask)
    assert sorted(one.class_name for one in probe.instances(0)) == ["car", "car", "sky", "window"]


@pytest.mark.parametrize("content", [None, "{", "[]", '{"annotation": {"object": [{"name": "x"}]}}', "[" * 100_000])
def test_a_missing_or_damaged_text_leaves_the_names_of_the_others(scenes, content):
    path = scenes / "images" / "training" / "urban" / "street" / "ADE_train_00000001.json"
    path.unlink() if content is None else path.write_text(content)
    probe = ADE20K(scenes)
    found = probe.concept_masks(0)
    assert {(one.category, one.name) for one in found} == {
        *(("object", name) for name in ("car", "sky", "window")),
        *(("part", name) for name in ("class 7", "class 9", "window")),
    }
    assert set(found) <= set(probe.concepts)
    np.testing.assert_array_equal(found[CAR], CLASSES == 401)
    assert probe.scene(0) is None
    assert len(probe.instances(0)) == 4


def test_without_any_text_classes_go_by_number(tmp_path):
    photo(tmp_path / "a.jpg")
    segmentation(tmp_path / "a_seg.png", CLASSES, BLUES)
    probe = open_folder(tmp_path)
    assert [one.name for one in probe.concepts] == ["class 12", "class 3050", "class 401"]
    assert set(probe.concept_masks(0)) == set(probe.concepts)
    assert list(probe.splits) == ["all"]


def test_pictures_without_a_segmentation_are_left_out_and_counted(scenes):
    photo(scenes / "images" / "training" / "urban" / "street" / "ADE_train_00000002.jpg")
    probe = ADE20K(scenes)
    assert len(probe) == 2
    assert "for want of a segmentation: 1 pictures" in probe.about
    with pytest.raises(BadImage, match="no picture"):
        ADE20K(scenes / "images" / "training" / "urban" / "street" / "ADE_train_00000001")


def test_a_segmentation_of_another_size_or_kind_is_named_and_the_probe_lives_on(scenes):
    probe = ADE20K(scenes)
    folder = scenes / "images" / "training" / "urban" / "street"
    segmentation(folder / "ADE_train_00000001_parts_1.png", PARTS[:2])
    with pytest.raises(BadImage, match=r"_parts_1\.png' has 2 x 4 pixels and its picture 3 x 4"):
        probe.concept_masks(0)
    Image.new("L", (4, 3)).save(folder / "ADE_train_00000001_seg.png")
    with pytest.raises(BadImage, match=r"_seg\.png' is no segmentation of ADE20K"):
        probe.instances(0)
    (folder / "ADE_train_00000001_seg.png").write_bytes(b"\x89PNG")
    with pytest.raises(BadImage, match=r"_seg\.png'"):
        probe.concept_masks(0)
    assert probe.concept_masks(1)


def test_links_that_leave_the_folder_are_passed_over(scenes, tmp_path):
    folder = scenes / "images" / "validation" / "urban" / "street"
    (folder / "ADE_val_00000001_seg.png").rename(tmp_path / "seg.png")
    (folder / "ADE_val_00000001_seg.png").symlink_to(tmp_path / "seg.png")
    assert len(ADE20K(scenes)) == 1
    text = (folder.parents[2] / "training" / "urban" / "street" / "ADE_train_00000001.json").rename(tmp_path / "a.json")
    (folder.parents[2] / "training" / "urban" / "street" / "ADE_train_00000001.json").symlink_to(text)
    assert "car" not in {one.name for one in ADE20K(scenes).concepts}


def test_the_fingerprint_follows_pictures_segmentations_and_texts(scenes):
    seen = {ADE20K(scenes).fingerprint}
    assert {ADE20K(scenes).fingerprint} == seen
    folder = scenes / "images" / "training" / "urban" / "street"
    segmentation(folder / "ADE_train_00000001_parts_2.png", PARTS)
    seen.add(ADE20K(scenes).fingerprint)
    (folder / "ADE_train_00000001.json").write_text(told([(0, 401), (0, 12), (0, 3050), (1, 7), (1, 3050)]))
    seen.add(ADE20K(scenes).fingerprint)
    photo(folder / "ADE_train_00000001.jpg", (5, 3))
    seen.add(ADE20K(scenes).fingerprint)
    assert len(seen) == 4


@pytest.mark.skipif(not DATA.is_dir(), reason="ADE20K's three scenes are not beside this repository")
def test_three_real_scenes():
    probe = open_folder(DATA)
    assert isinstance(probe, ADE20K)
    assert len(probe) == 3
    assert {split: len(found) for split, found in probe.splits.items()} == {"train": 3}
    assert {probe.scene(i) for i in range(3)} == {"street"}
    for index in range(3):
        found, size = probe.concept_masks(index), probe.image(index).shape[:2]
        assert {mask.shape for mask in found.values()} == {size}
        assert set(found) <= probe.image_concepts(index) <= set(probe.concepts)
        told = json.loads((DATA / probe.key(index)).with_suffix(".json").read_text())["annotation"]["object"]
        objects = [one["name"].split(",")[0] for one in told if int(one["parts"]["part_level"]) == 0]
        assert sorted(one.class_name for one in probe.instances(index)) == sorted(objects)
        assert {one.name for one in found if one.category == "object"} == set(objects)
