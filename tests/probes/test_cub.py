"""CUB-200-2011's files, written small: labels, boxes, parts, splits and attributes by hand; and the real lists."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import BadImage
from core.probes.catalogue import open_folder
from core.probes.cub import CUB
from core.probes.folder import Folder
from core.probes.probe import Attribute, Instance, Landmark

REAL = Path(__file__).parents[3] / "shared" / "data" / "zero-shot" / "cub"
FILES = {
    "images.txt": "1 001.Black_footed_Albatross/a.jpg\n2 001.Black_footed_Albatross/b.jpg\n"
    "3 002.Indigo_Bunting/c.jpg\n",
    "classes.txt": "1 001.Black_footed_Albatross\n2 002.Indigo_Bunting\n",
    "image_class_labels.txt": "1 1\n2 1\n3 2\n",
    "bounding_boxes.txt": "1 2.0 1.0 3.0 2.5\n2 0.0 0.0 6.0 4.0\n3 4.0 -1.0 9.0 3.0\n",
    "train_test_split.txt": "1 0\n2 1\n3 1\n",
    "parts/parts.txt": "1 beak\n2 left eye\n3 tail\n",
    "parts/part_locs.txt": "1 1 2.5 1.5 1\n1 2 0.0 0.0 0\n1 3 4.0 3.0 1\n3 2 5.5 0.0 1\n",
    "attributes/class_attribute_labels_continuous.txt": "25.0 0 100\n0 50 12.5\n",
    "attributes.txt": "1 has_bill_shape::curved_(up_or_down)\n2 has_eye_color::blue\n3 has_primary_color::grey\n",
}


def picture(path, size=(6, 4)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (90, 120, 60)).save(path)


@pytest.fixture
def birds(tmp_path):
    folder = tmp_path / "birds"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    for line in FILES["images.txt"].splitlines():
        picture(folder / "images" / line.split()[1])
    return folder


def test_birds_by_hand(birds):
    probe = open_folder(birds)
    assert isinstance(probe, CUB)
    assert probe.offers == {"labels", "boxes", "instances", "landmarks", "attributes"}
    assert probe.classes == ("Black footed Albatross", "Indigo Bunting")
    assert [probe.label(i) for i in range(3)] == [0, 0, 1]
    assert {split: found.tolist() for split, found in probe.splits.items()} == {"test": [0], "train": [1, 2]}
    beak, tail = Landmark("beak", 1.5, 2.5, True), Landmark("tail", 3.0, 4.0, True)
    assert probe.instances(0) == (Instance(probe.classes[0], (1.0, 2.0, 3.5, 5.0), None, (beak, tail)),)
    assert probe.instances(1) == (Instance(probe.classes[0], (0.0, 0.0, 4.0, 6.0)),)
    assert probe.instances(2)[0].box == (0.0, 4.0, 2.0, 6.0), "cut at the picture's edge"
    assert probe.key(2) == "images/002.Indigo_Bunting/c.jpg"
    assert probe.find(probe.key(2)) == 2
    assert probe.image(0).shape == (4, 6, 3)
    assert "left out" not in probe.about


def test_attributes_by_hand(birds):
    probe = CUB(birds)
    assert probe.attributes == (
        Attribute("bill shape: curved (up or down)", True, ("beak",)),
        Attribute("eye color: blue", True, ("left eye",)),
        Attribute("primary color: grey", True, ("beak", "left eye", "tail")),
    )
    np.testing.assert_array_equal(probe.class_attributes, [[0.25, 0, 1], [0, 0.5, 0.125]])
    (birds / "attributes.txt").rename(birds / "attributes" / "attributes.txt")
    assert CUB(birds).attributes == probe.attributes


def test_the_folder_around_it_will_do(birds):
    around = birds.parent / "around"
    around.mkdir()
    birds.rename(around / "CUB_200_2011")
    (around / "CUB_200_2011" / "attributes.txt").rename(around / "attributes.txt")
    probe = open_folder(around)
    assert isinstance(probe, CUB)
    assert (len(probe), len(probe.attributes)) == (3, 3)
    assert probe.key(0) == "CUB_200_2011/images/001.Black_footed_Albatross/a.jpg"
    assert CUB(around / "CUB_200_2011").attributes == (), "nothing outside the folder is read"


def test_what_is_not_there_is_not_offered(birds):
    for name in list(FILES)[3:]:
        (birds / name).unlink()
    probe = open_folder(birds)
    assert probe.offers == {"labels"}
    assert probe.instances(0) == ()
    assert probe.class_attributes is None
    assert {split: found.tolist() for split, found in probe.splits.items()} == {"all": [0, 1, 2]}


@pytest.mark.parametrize(("file", "line", "said"), [
    ("bounding_boxes.txt", "1 2.0 1.0 nan 2.5", "lines of bounding_boxes.txt that are damaged (1)"),
    ("bounding_boxes.txt", "1 2.0 1.0", "lines of bounding_boxes.txt that are damaged (1)"),
    ("bounding_boxes.txt", "99 2.0 1.0 3.0 3.0", "lines of bounding_boxes.txt that are damaged (1)"),
    ("bounding_boxes.txt", "1 2.0 one 3.0 3.0", "lines of bounding_boxes.txt that are damaged (1)"),
    ("bounding_boxes.txt", "1 9.0 1.0 3.0 3.0", "boxes outside their picture, or empty (1)"),
    ("bounding_boxes.txt", "1 2.0 1.0 0.0 3.0", "boxes outside their picture, or empty (1)"),
    ("parts/part_locs.txt", "1 1 7.0 1.5 1", "parts outside their picture (1)"),
    ("parts/part_locs.txt", "1 1 inf 1.5 1", "lines of part_locs.txt that are damaged (1)"),
    ("parts/part_locs.txt", "1 8 1.0 1.5 1", "lines of part_locs.txt of no part (1)"),
    ("parts/parts.txt", "beak", "lines of parts.txt that are damaged (1)"),
    ("image_class_labels.txt", "1 9", "pictures that are not there or of no class (3)"),
    ("images.txt", "1 001.Black_footed_Albatross/gone.jpg", "pictures that are not there or of no class (1)"),
    ("images.txt", "9", "lines of images.txt that are damaged (1)"),
    ("attributes.txt", "1 one", "attributes, whose numbers do not fit classes and names (1)"),
    ("attributes/class_attribute_labels_continuous.txt", "0 0 nan",
     "attributes, whose numbers do not fit classes and names (1)"),
])  # fmt: skip
def test_damaged_lines_are_left_out_and_counted(birds, file, line, said):
    rest = FILES[file].splitlines()[1:] if said.count("(1)") and file != "attributes.txt" else []
    (birds / file).write_text("\n".join([line, *rest]))
    if said.endswith("(3)"):
        with pytest.raises(BadImage, match=r"no picture of 'birds/images\.txt' is there"):
            CUB(birds)
        return
    probe = CUB(birds)
    assert said in probe.about
    assert probe.image(len(probe) - 1).shape == (4, 6, 3)


def test_names_that_climb_out_are_not_followed(birds):
    picture(birds.parent / "secret.jpg")
    (birds / "images" / "link.jpg").symlink_to(birds.parent / "secret.jpg")
    ways = ["../../secret.jpg", str(birds.parent / "secret.jpg"), "link.jpg", "a\0b.jpg"]
    ways.append("../images/002.Indigo_Bunting/c.jpg")
    lines = [f"{number} {way}" for number, way in enumerate(ways, 4)]
    (birds / "images.txt").write_text(FILES["images.txt"] + "\n".join(lines))
    (birds / "image_class_labels.txt").write_text(FILES["image_class_labels.txt"] + "4 1\n5 1\n6 1\n7 1\n8 1\n")
    probe = CUB(birds)
    assert len(probe) == 3
    assert "of no class (5)" in probe.about


def test_a_missing_list_is_said(birds):
    (birds / "classes.txt").unlink()
    with pytest.raises(BadImage, match=r"'birds' has no classes\.txt; CUB-200-2011 needs"):
        CUB(birds)
    assert isinstance(open_folder(birds), Folder)


def test_a_damaged_picture_is_named_and_the_probe_opens(birds):
    (birds / "images" / "001.Black_footed_Albatross" / "a.jpg").write_bytes(b"\xff\xd8\xff")
    probe = CUB(birds)
    assert probe.instances(0)[0].box == (1.0, 2.0, 3.5, 5.0)
    with pytest.raises(BadImage, match=r"Albatross/a\.jpg"):
        probe.image(0)


def test_the_fingerprint_follows_lists_and_pictures(birds):
    seen = {CUB(birds).fingerprint}
    assert {CUB(birds).fingerprint} == seen
    for file, content in (("bounding_boxes.txt", "1 0 0 2 2\n"), ("attributes.txt", "1 has_size::small\n")):
        (birds / file).write_text(content)
        seen.add(CUB(birds).fingerprint)
    picture(birds / "images" / "002.Indigo_Bunting" / "c.jpg", (7, 4))
    seen.add(CUB(birds).fingerprint)
    assert len(seen) == 4


@pytest.mark.skipif(not REAL.is_dir(), reason="CUB-200-2011's lists are not beside this repository")
def test_the_real_lists_with_blank_pictures(tmp_path):
    folder = shutil.copytree(REAL, tmp_path / "cub")
    listed = dict(line.split(maxsplit=1) for line in (REAL / "images.txt").read_text().splitlines())
    ids = [str(number) for number in (1, 2, 60, 5000, 11788)]
    for one in ids:
        picture(folder / "images" / listed[one].strip(), (700, 700))
    probe = open_folder(folder)
    assert isinstance(probe, CUB)
    assert [probe.key(i).removeprefix("images/") for i in range(5)] == [listed[one].strip() for one in ids]
    assert (len(probe.classes), len(set(probe.classes)), len(probe.attributes)) == (200, 200, 312)
    assert [probe.classes[probe.label(i)] for i in (0, 4)] == ["Black footed Albatross", "Common Yellowthroat"]
    assert probe.instances(0)[0].box == (27.0, 60.0, 331.0, 385.0)
    assert Landmark("beak", 182.0, 312.0, True) in probe.instances(0)[0].landmarks
    assert probe.class_attributes.shape == (200, 312)
    assert 0 <= probe.class_attributes.min() < probe.class_attributes.max() <= 1
    assert all(attribute.region for attribute in probe.attributes if "size" not in attribute.name)
    assert f"of no class ({11788 - 5})" in probe.about
    assert "damaged" not in probe.about
