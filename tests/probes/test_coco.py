"""COCO's format, written small: boxes, outlines, key points and labels worked by hand, and every kind of damage."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import BadImage, BadSettings
from core.probes.catalogue import open_folder
from core.probes.coco import Coco
from core.probes.folder import Folder
from core.probes.label_maps import LabelMaps
from core.probes.probe import Concept, Instance, Landmark
from tests.animal_parts import PARTS, SOURCE, write

CATEGORIES = [
    {"id": 3, "name": "horse", "keypoints": ["head", "tail"]},
    {"id": 7, "name": " cat "},
    {"id": 9, "name": "mouse"},
]
SQUARE = [[1, 0, 3, 0, 3, 2, 1, 2]]  # x 1 to 3, y 0 to 2
RUNS = {"size": [4, 6], "counts": [1, 2, 3, 1, 17]}  # down the columns: rows 1 and 2 of column 0, row 2 of column 1
HORSE, CAT = Concept("horse", "object"), Concept("cat", "object")


def picture(path, size=(6, 4), **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (90, 120, 60)).save(path, **more)


def image(number, name, **more):
    return {"id": number, "file_name": name, "width": 6, "height": 4} | more


def row(number, image_id, category, box, **more):
    return {"id": number, "image_id": image_id, "category_id": category, "bbox": box} | more


ROWS = [
    row(1, 1, 3, [1, 0, 2, 2], segmentation=SQUARE, keypoints=[1, 0, 2, 2, 1, 1], iscrowd=0),
    row(2, 1, 7, [0, 0, 5.5, 3.5]),
    row(3, 2, 7, [0, 1, 2, 2], segmentation=RUNS),
    row(4, 2, 7, [0, 0, 6, 4], segmentation={"size": [4, 6], "counts": [0, 24]}, iscrowd=1),
]


def told(folder, rows=ROWS, images=None, categories=CATEGORIES, name="annotations.json"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    images = images or [image(1, "a.jpg"), image(2, "b.jpg"), image(5, "c.jpg")]
    path.write_text(json.dumps({"images": images, "annotations": rows, "categories": categories}))
    return folder


@pytest.fixture
def farm(tmp_path):
    """annotations.json beside images/ with three pictures, the last without an object."""
    for name in "abc":
        picture(tmp_path / "farm" / "images" / f"{name}.jpg")
    return told(tmp_path / "farm")


def test_objects_by_hand(farm):
    probe = open_folder(farm)
    assert isinstance(probe, Coco)
    assert len(probe) == 3
    assert probe.offers == {"labels", "boxes", "instances", "masks", "landmarks"}
    horse, cat = probe.instances(0)
    assert (horse.class_name, horse.box) == ("horse", (0.0, 1.0, 2.0, 3.0))
    assert horse.landmarks == (Landmark("head", 0.5, 1.5, True), Landmark("tail", 1.5, 2.5, False))
    inside = np.zeros((4, 6), bool)
    inside[:2, 1:3] = True
    np.testing.assert_array_equal(horse.mask, inside)
    assert cat == Instance("cat", (0.0, 0.0, 3.5, 5.5))
    assert probe.image(0).shape == (4, 6, 3)
    assert probe.instances(2) == ()
    assert probe.key(1) == "images/b.jpg"
    assert probe.find("images/c.jpg") == 2


def test_the_label_is_the_largest_objects_class(farm):
    probe = Coco(farm)
    assert probe.classes == ("cat", "horse"), "of categories with an object, and without blanks around"
    assert [probe.label(i) for i in range(3)] == [0, 0, None]
    assert "labelled by the largest object: 1 pictures" in probe.about
    told(farm, [row(1, 1, 3, [0, 0, 6, 4]), row(2, 1, 7, [0, 0, 5, 3])])
    assert Coco(farm).classes[Coco(farm).label(0)] == "horse"


def test_runs_go_down_the_columns_and_crowds_are_no_objects(farm):
    probe = Coco(farm)
    (cat,) = probe.instances(1)
    wanted = np.zeros((4, 6), bool)
    wanted[1:3, 0] = wanted[2, 1] = True
    np.testing.assert_array_equal(cat.mask, wanted)
    assert probe.concept_masks(1)[CAT].all(), "the crowd is everywhere"
    assert probe.concept_masks(0).keys() == {HORSE}, "the cat in it has no outline"
    assert probe.image_concepts(0) == {HORSE, CAT} == set(probe.concepts)


def test_key_points_that_are_not_marked_or_outside_are_none_and_may_lack_names(farm):
    told(farm, [row(1, 1, 3, [0, 0, 2, 2], keypoints=[9, 0, 2, 1, 1, 0]),
                row(2, 2, 7, [0, 0, 2, 2], keypoints=[0, 0, 0, 5, 3, 2])])  # fmt: skip
    probe = Coco(farm)
    assert probe.instances(0)[0].landmarks == ()
    assert probe.instances(1)[0].landmarks == (Landmark("point 2", 3.5, 5.5, True),)


@pytest.mark.parametrize(("name", "pictures", "wanted"), [
    ("annotations.json", "images", "all"),
    ("annotations.json", "", "all"),
    ("annotations/instances_val2017.json", "val2017", "val"),
    ("annotations/instances_train2017.json", "images/train2017", "train"),
    ("annotations/test.json", "images", "test"),
])  # fmt: skip
def test_layouts(tmp_path, name, pictures, wanted):
    for one in "ab":
        picture(tmp_path / pictures / f"{one}.jpg")
    probe = open_folder(told(tmp_path, images=[image(1, "a.jpg"), image(2, "b.jpg")], name=name))
    assert isinstance(probe, Coco)
    assert {split: found.tolist() for split, found in probe.splits.items()} == {wanted: [0, 1]}


def test_a_folder_on_the_way_names_the_split(tmp_path):
    ways = ["test/a.jpg", "images/val2014/b.jpg", "other/c.jpg"]
    for way in ways:
        picture(tmp_path / way)
    probe = Coco(told(tmp_path, images=[image(number, way) for number, way in enumerate(ways, 1)]))
    assert {probe.key(int(found[0])): split for split, found in probe.splits.items()} == {
        ways[0]: "test", ways[1]: "val", ways[2]: "all"
    }  # fmt: skip


def test_files_about_the_same_objects_are_put_together(tmp_path):
    picture(tmp_path / "val2017" / "a.jpg")
    images = [image(1, "a.jpg")]
    plain = [row(1, 1, 3, [1, 0, 2, 2], segmentation=SQUARE), row(2, 1, 7, [0, 0, 1, 1])]
    told(tmp_path, plain, images, name="annotations/instances_val2017.json")
    points = [row(1, 1, 3, [1, 0, 2, 2], keypoints=[1, 0, 2, 0, 0, 0])]
    told(tmp_path, points, images, name="annotations/person_keypoints_val2017.json")
    (tmp_path / "annotations" / "captions_val2017.json").write_text('{"images": [], "annotations": []}')
    horse, cat = Coco(tmp_path).instances(0)
    assert horse.mask is not None
    assert [mark.name for mark in horse.landmarks] == ["head"]
    assert cat.class_name == "cat"


NAN, FAR = float("nan"), 10**400


@pytest.mark.parametrize(("wrong", "said"), [
    ({"bbox": None}, "rows without a box (1)"),
    ({"bbox": [0, 0, 2]}, "rows without a box (1)"),
    ({"bbox": [0, 0, NAN, 2]}, "rows without a box (1)"),
    ({"bbox": [0, float("inf"), 2, 2]}, "rows without a box (1)"),
    ({"bbox": [0, 0, "2", 2]}, "rows without a box (1)"),
    ({"bbox": [0, 0, FAR, 2]}, "rows without a box (1)"),
    ({"bbox": [0, 0, 0, 2]}, "rows without a box (1)"),
    ({"bbox": [6, 0, 2, 2]}, "rows with a box outside their picture (1)"),
    ({"bbox": [0, -3, 2, 2]}, "rows with a box outside their picture (1)"),
    ({"image_id": 99}, "rows of no listed picture or category (1)"),
    ({"image_id": [1]}, "rows of no listed picture or category (1)"),
    ({"category_id": None}, "rows of no listed picture or category (1)"),
])  # fmt: skip
def test_rows_that_cannot_be_used_are_left_out_and_counted(farm, wrong, said):
    probe = Coco(told(farm, [ROWS[0] | wrong, ROWS[2]]))
    assert said in probe.about
    assert sum(len(probe.instances(i)) for i in range(3)) == 1


@pytest.mark.parametrize("outline", [
    [[0, 0, 1, 1]], [[0, 0, 1, 1, 2, NAN]], [[0, 0, 1, 1, 2, 2, 3]], [3], "runs", {"size": [4, 6], "counts": "0P1"},
    {"size": [4, 6], "counts": [1, 2]}, {"size": [6, 4], "counts": [24]}, {"size": [4, 6], "counts": [-1, 25]},
])  # fmt: skip
def test_outlines_that_cannot_be_drawn_leave_the_box(farm, outline):
    probe = Coco(told(farm, [ROWS[0] | {"segmentation": outline}]))
    assert "outlines that cannot be drawn (1)" in probe.about
    assert probe.instances(0)[0].mask is None
    assert "masks" not in probe.offers


def test_boxes_are_cut_at_the_pictures_edge(farm):
    told(farm, [row(1, 1, 3, [-1, -2, 9, 4])])
    assert Coco(farm).instances(0)[0].box == (0.0, 0.0, 2.0, 6.0)
    without = [{"id": 1, "file_name": "a.jpg"}]
    assert Coco(told(farm, [row(1, 1, 3, [4, 2, 9, 9])], without)).instances(0)[0].box == (2.0, 4.0, 4.0, 6.0)


def test_names_that_climb_out_are_not_followed(farm):
    picture(farm.parent / "secret.jpg")
    (farm / "link.jpg").symlink_to(farm.parent / "secret.jpg")
    ways = ["../secret.jpg", "images/../../secret.jpg", str(farm.parent / "secret.jpg"), "..\\secret.jpg", "link.jpg"]
    ways += ["images/../images/a.jpg", "gone.jpg", "", None, "a\0b.jpg"]
    images = [image(number, way) for number, way in enumerate(ways, 10)] + [image(1, "a.jpg"), "no picture"]
    probe = Coco(told(farm, ROWS[:1], images))
    assert [probe.key(i) for i in range(len(probe))] == ["images/a.jpg"]
    assert f"pictures that are not there ({len(ways) + 1})" in probe.about


@pytest.mark.parametrize(("content", "said"), [
    ('{"images": [], "annotations": [', "damaged or cut short"),
    ('{"images": [], "annotations": [], "x": ' + "[" * 100_000, "damaged or cut short"),
    ('{"images": [], "annotations": []}', "has no list 'categories'"),
    ('{"images": [], "annotations": [], "categories": 3}', "has no list 'categories'"),
    ('[{"images": [], "annotations": []}]', "has no list 'images'"),
    ('{"images": [], "annotations": [], "categories": []}', "no picture that 'annotations.json' lists is in 'farm'"),
])  # fmt: skip
def test_a_damaged_file_is_said_in_a_sentence(farm, content, said):
    (farm / "annotations.json").write_text(content)
    with pytest.raises(BadImage, match=said) as error:
        open_folder(farm)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 200


def test_a_damaged_file_beside_a_good_one_is_counted(farm):
    (farm / "annotations").mkdir()
    (farm / "annotations" / "more.json").write_text('{"images": [], "annotations": [')
    assert "JSON files that cannot be read (1)" in Coco(farm).about


def test_no_box_at_all_is_said(farm):
    with pytest.raises(BadImage, match=r"no row of 'annotations\.json' has a box.*left out: rows without a box \(1\)"):
        Coco(told(farm, [row(1, 1, 3, None)]))


def test_a_picture_of_another_size_or_damaged_is_named_and_the_probe_opens(farm):
    picture(farm / "images" / "a.jpg", (5, 4))
    (farm / "images" / "b.jpg").write_bytes(b"\xff\xd8\xff")
    probe = Coco(farm)
    with pytest.raises(BadImage, match=r"'images/a\.jpg' has 4 x 5 pixels, and its annotations are for 4 x 6"):
        probe.instances(0)
    with pytest.raises(BadImage, match=r"images/b\.jpg"):
        probe.concept_masks(1)
    assert probe.label(1) == 0


def test_other_folders_stay_what_they_are(tmp_path):
    picture(tmp_path / "cats" / "a.jpg")
    (tmp_path / "annotations.json").write_text('{"items": [], "note": "images"}')
    assert isinstance(open_folder(tmp_path), Folder)
    picture(tmp_path / "images" / "a.jpg")
    (tmp_path / "annotations").mkdir()
    Image.new("L", (6, 4), 1).save(tmp_path / "annotations" / "a.png")
    (tmp_path / "annotations" / "a.json").write_text('{"shapes": []}')
    assert isinstance(open_folder(tmp_path), LabelMaps)


def test_names_of_labels_are_refused(farm):
    with pytest.raises(BadSettings, match="no label maps were found"):
        open_folder(farm, "farm", labels=["sky"])


def test_the_fingerprint_follows_rows_and_pictures(farm):
    seen = {Coco(farm).fingerprint}
    assert {Coco(farm).fingerprint} == seen
    told(farm, ROWS[:3])
    seen.add(Coco(farm).fingerprint)
    picture(farm / "images" / "b.jpg", quality=10)
    seen.add(Coco(farm).fingerprint)
    assert len(seen) == 3
    assert Coco(farm.rename(farm.parent / "moved")).fingerprint in seen


@pytest.mark.skipif(not SOURCE.is_dir(), reason="the photographs of animals are not beside this repository")
def test_real_photographs_of_animals(tmp_path):
    probe = open_folder(write(tmp_path / "animals", per_class=6))
    assert (len(probe), len(probe.classes)) == (180, 30)
    assert {split: len(found) for split, found in probe.splits.items()}.keys() == {"train", "val", "test"}
    assert probe.offers == {"labels", "boxes", "instances", "landmarks"}
    assert "left out" not in probe.about
    for index in range(len(probe)):
        (animal,) = probe.instances(index)
        top, left, bottom, right = animal.box
        assert animal.class_name == probe.classes[probe.label(index)]
        assert all(top <= mark.row <= bottom and left <= mark.column <= right for mark in animal.landmarks)
        assert {mark.name for mark in animal.landmarks} <= set(PARTS)
    goldfish = probe.find("train/n01443537_00055.jpg")
    (head,) = probe.instances(goldfish)[0].landmarks  # at (117, 28.5) of 224 x 224 in the box
    wanted = (68.12 + 116.5 / 224 * 126.37 - 0.01, 119.32 + 28 / 224 * 178.92)
    assert (head.row, head.column) == pytest.approx(wanted, abs=0.5)


@pytest.mark.skipif(not SOURCE.is_dir(), reason="the photographs of animals are not beside this repository")
def test_crops_of_real_photographs_show_the_boxes_own_pixels(tmp_path):
    whole = open_folder(write(tmp_path / "whole", per_class=6))
    crops = open_folder(write(tmp_path / "crops", per_class=6, crops=True))
    assert (len(crops), crops.classes) == (180, whole.classes)
    counts = [len(crops.splits[split]) for split in ("train", "test", "val")]
    np.testing.assert_allclose(counts, (90, 60, 30), atol=2)  # what shows one photograph is in one split
    places = {Path(whole.key(index)).name: index for index in range(len(whole))}
    for index in range(0, len(crops), 20):
        of = places[Path(crops.key(index)).name]
        (animal,), (photographed,) = crops.instances(index), whole.instances(of)
        top, left, bottom, right = photographed.box
        assert (crops.image(index).shape, animal.box) == ((224, 224, 3), (0, 0, 224, 224))
        for mark, found in zip(photographed.landmarks, animal.landmarks, strict=True):
            there = ((mark.row - top) / (bottom - top) * 224, (mark.column - left) / (right - left) * 224)
            assert (found.name, found.row, found.column) == (mark.name, *map(pytest.approx, there))
        inside = whole.image(of)[round(top) : round(bottom), round(left) : round(right)].reshape(-1, 3)
        np.testing.assert_allclose(crops.image(index).reshape(-1, 3).mean(0), inside.mean(0), atol=2)
