"""Pascal-Part's files, written small with scipy: boxes, masks, parts and their middles by hand, and damage."""

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from core.errors import BadImage, BadSettings
from core.probes.catalogue import open_folder
from core.probes.folder import Folder
from core.probes.label_maps import LabelMaps
from core.probes.pascal_part import PascalPart
from core.probes.probe import Landmark

SIZE = (4, 6)


def block(top, left, bottom, right, size=SIZE):
    mask = np.zeros(size, np.uint8)
    mask[top:bottom, left:right] = 1
    return mask


DOG, HEAD, TAIL = block(0, 1, 4, 5), block(0, 1, 2, 4), block(3, 4, 4, 5)
TABLE = block(2, 0, 4, 1)
ONE = [("dog", DOG, [("head", HEAD), ("tail", TAIL), ("lfleg", block(0, 0, 0, 0))]), ("table", TABLE, [])]
TWO = [("table", block(0, 0, 4, 6), []), ("dog", block(1, 1, 2, 2), [("head", block(1, 1, 2, 2))])]
XML = """<annotation><object><name>{}</name><part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>600</xmax>
<ymax>600</ymax></bndbox></part><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5</xmax><ymax>4</ymax></bndbox></object>
<object><name>table</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>3.5</xmax><ymax>3</ymax></bndbox></object></annotation>
"""


def picture(path, size=SIZE[::-1]):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (90, 120, 60)).save(path)


def told(path, objects=ONE):
    """A file as MATLAB writes it: an object without parts has an empty array of numbers."""
    records = np.zeros((1, len(objects)), [(name, object) for name in ("class", "class_ind", "mask", "parts")])
    for place, (name, mask, parts) in enumerate(objects):
        inner = np.zeros((1, len(parts)), [("part_name", object), ("mask", object)])
        inner[0] = parts
        records[0, place] = (name, 12.0, mask, inner if parts else np.zeros((0, 0)))
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {"anno": {"imname": path.stem, "objects": records}}, do_compression=True)


@pytest.fixture
def voc(tmp_path):
    folder = tmp_path / "voc"
    for name, objects in (("2008_1", ONE), ("2008_2", TWO)):
        picture(folder / "JPEGImages" / f"{name}.jpg")
        told(folder / "Annotations_Part" / f"{name}.mat", objects)
    return folder


def test_objects_and_parts_by_hand(voc):
    probe = open_folder(voc)
    assert isinstance(probe, PascalPart)
    assert probe.offers == {"labels", "boxes", "instances", "parts", "landmarks"}
    assert probe.classes == ("dog", "table")
    assert [probe.label(i) for i in range(2)] == [0, 1], "of the largest object"
    dog, table = probe.instances(0)
    assert (dog.class_name, dog.box) == ("dog", (0.0, 1.0, 4.0, 5.0))
    np.testing.assert_array_equal(dog.mask, DOG > 0)
    assert dog.mask.dtype == bool
    assert dog.parts.keys() == {"head", "tail"}, "a part without a pixel is none"
    np.testing.assert_array_equal(dog.parts["head"], HEAD > 0)
    assert dog.landmarks == (Landmark("head", 1.0, 2.5, True), Landmark("tail", 3.5, 4.5, True))
    assert (table.class_name, table.box, table.parts, table.landmarks) == ("table", (2.0, 0.0, 4.0, 1.0), {}, ())
    assert probe.key(0) == "JPEGImages/2008_1.jpg"
    assert probe.image(0).shape == (*SIZE, 3)
    assert {split: found.tolist() for split, found in probe.splits.items()} == {"all": [0, 1]}
    assert "left out" not in probe.about


@pytest.mark.parametrize("place", ["ImageSets/Main", "ImageSets"])
def test_splits_from_the_image_sets(voc, place):
    (voc / place).mkdir(parents=True)
    (voc / place / "train.txt").write_text("2008_2\n2008_9\n")
    (voc / place / "dog_train.txt").write_text("2008_1 1\n")
    (voc / place / "val.txt").write_text("2008_1\n")
    probe = PascalPart(voc)
    assert {split: found.tolist() for split, found in probe.splits.items()} == {"val": [0], "train": [1]}


def test_boxes_of_pascal_voc_name_the_classes_without_a_mat_file(voc):
    (voc / "Annotations").mkdir()
    (voc / "Annotations" / "2008_2.xml").write_text(XML.format("dog"))
    (voc / "Annotations_Part" / "2008_2.mat").write_bytes(b"no such file")
    probe = PascalPart(voc)
    assert [probe.classes[probe.label(i)] for i in range(2)] == ["dog", "dog"]
    with pytest.raises(BadImage, match=r"Annotations_Part/2008_2\.mat'.*no objects with masks"):
        probe.instances(1)
    (voc / "Annotations" / "2008_2.xml").write_text("<annotation>")
    assert len(PascalPart(voc)) == 1, "without a box the .mat file is asked"


@pytest.mark.parametrize("damage", ["cut short", "nothing", "another variable", "no mask", "empty name"])
def test_damaged_files_are_left_out_and_counted(voc, damage):
    path = voc / "Annotations_Part" / "2008_1.mat"
    if damage in ("cut short", "nothing"):
        path.write_bytes(path.read_bytes()[:200] if damage == "cut short" else b"")
    elif damage == "empty name":
        told(path, [("", DOG, [])])
    else:
        savemat(path, {"x": 3} if damage == "another variable" else {"anno": {"objects": [{"class": "dog"}]}})
    probe = PascalPart(voc)
    assert [probe.key(i) for i in range(len(probe))] == ["JPEGImages/2008_2.jpg"]
    assert "without readable objects: 1 .mat files" in probe.about


def test_a_mat_file_without_its_picture_is_counted(voc):
    (voc / "JPEGImages" / "2008_1.jpg").unlink()
    probe = PascalPart(voc)
    assert len(probe) == 1
    assert "for want of a picture: 1 .mat files" in probe.about


def test_a_mask_of_another_size_is_named(voc):
    picture(voc / "JPEGImages" / "2008_1.jpg", (5, 4))
    probe = PascalPart(voc)
    with pytest.raises(BadImage, match=r"2008_1\.mat' has a mask of 4 x 6 pixels and its picture 4 x 5"):
        probe.instances(0)
    assert probe.instances(1)


def test_numbers_that_are_none_are_outside(voc):
    told(voc / "Annotations_Part" / "2008_1.mat", [("dog", np.where(DOG, 1.0, np.nan), [("head", HEAD * np.nan)])])
    (dog,) = PascalPart(voc).instances(0)
    np.testing.assert_array_equal(dog.mask, DOG > 0)
    assert dog.parts == {}


def test_nothing_left_is_said(voc):
    for path in (voc / "Annotations_Part").iterdir():
        path.write_bytes(b"")
    with pytest.raises(BadImage, match=r"no \.mat file in 'voc/Annotations_Part' has its picture") as error:
        open_folder(voc)
    assert "\n" not in str(error.value)
    with pytest.raises(BadImage, match="has no folder Annotations_Part"):
        PascalPart(voc / "JPEGImages")


def test_links_that_leave_the_folder_are_passed_over(voc):
    (voc / "Annotations_Part").rename(voc.parent / "parts")
    (voc / "Annotations_Part").symlink_to(voc.parent / "parts")
    assert not isinstance(open_folder(voc), PascalPart)
    (voc / "Annotations_Part").unlink()
    (voc / "Annotations_Part").mkdir()
    for name in ("2008_1", "2008_2"):
        (voc.parent / "parts" / f"{name}.mat").rename(voc / "Annotations_Part" / f"{name}.mat")
    (voc / "JPEGImages" / "2008_1.jpg").rename(voc.parent / "a.jpg")
    (voc / "JPEGImages" / "2008_1.jpg").symlink_to(voc.parent / "a.jpg")
    assert len(PascalPart(voc)) == 1


def test_other_folders_stay_what_they_are(voc):
    assert isinstance(open_folder(voc / "JPEGImages"), Folder)
    (voc / "SegmentationClass").mkdir()
    Image.new("L", SIZE[::-1], 1).save(voc / "SegmentationClass" / "2008_1.png")
    assert isinstance(open_folder(voc), PascalPart)
    with pytest.raises(BadSettings, match="no label maps were found"):
        open_folder(voc, "voc", labels=["dog"])
    (voc / "Annotations_Part").rename(voc / "Other")
    assert isinstance(open_folder(voc), LabelMaps)


def test_the_fingerprint_follows_pictures_masks_labels_and_splits(voc):
    seen = {PascalPart(voc).fingerprint}
    assert {PascalPart(voc).fingerprint} == seen
    (voc / "ImageSets").mkdir()
    (voc / "ImageSets" / "train.txt").write_text("2008_1\n")
    seen.add(PascalPart(voc).fingerprint)
    (voc / "Annotations").mkdir()
    (voc / "Annotations" / "2008_1.xml").write_text(XML.format("cat"))
    seen.add(PascalPart(voc).fingerprint)
    told(voc / "Annotations_Part" / "2008_1.mat", ONE[:1])
    seen.add(PascalPart(voc).fingerprint)
    picture(voc / "JPEGImages" / "2008_2.jpg", (7, 4))
    seen.add(PascalPart(voc).fingerprint)
    assert len(seen) == 5
