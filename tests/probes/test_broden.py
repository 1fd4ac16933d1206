"""Broden's layout, drawn small: every number worked by hand, and everything that can be wrong with tables and files."""

import csv

import numpy as np
import pytest
from PIL import Image

from core.errors import BadImage
from core.probes.broden import Broden, nearest
from core.probes.catalogue import open_folder
from core.probes.folder import Folder
from core.probes.probe import Concept

HEAD = ["image", "split", "ih", "iw", "sh", "sw", "color", "object", "part", "material", "scene", "texture"]
RED, WALL, WHEEL = Concept("red-c", "colour"), Concept("wall", "object"), Concept("wheel", "part")
WALL_PART, CAR, STREET = Concept("wall", "part"), Concept("car", "object"), Concept("street-s", "scene")
DOTTED = Concept("dotted", "texture")
LABELS = [
    (1, "wall", "object(20);part(3)"),
    (2, "car", "object(9)"),
    (3, "wheel", "part(4)"),
    (10, "red-c", "color(5)"),
    (20, "street-s", "scene(2)"),
    (21, "dotted", "texture(1)"),
    (700, "brick", "material(1)"),
]
OBJECTS = np.array([[1, 1, 2], [0, 2, 2]])  # of the first picture, half as large as it is: (2, 3) for (4, 6)
PARTS = np.array([[0, 0, 3], [0, 0, 1]]), np.array([[3, 0, 0], [0, 0, 0]])


def table(path, head, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])


def segmentation(path, numbers):
    """Red holds the number's low byte, green its high one; blue means nothing."""
    values = np.stack([numbers % 256, numbers // 256, np.full_like(numbers, 99)], 2).astype(np.uint8)
    Image.fromarray(values).save(path)


@pytest.fixture
def broden(tmp_path):
    """A folder with three pictures: one with objects, parts and a scene; one with a material; one with a texture."""
    folder = tmp_path / "broden"
    images = folder / "images" / "ade20k"
    images.mkdir(parents=True)
    for number, size in enumerate([(4, 6), (5, 4), (4, 4)]):
        pixels = np.random.default_rng(number).integers(0, 256, (*size, 3), np.uint8)
        Image.fromarray(pixels).save(images / f"{number}.png")
    segmentation(images / "0_object.png", OBJECTS)
    segmentation(images / "0_color.png", np.where(OBJECTS == 1, 10, 0))
    for number, numbers in enumerate(PARTS, 1):
        segmentation(images / f"0_part_{number}.png", numbers)
    segmentation(images / "1_material.png", np.array([[700, 0], [0, 444]]))  # 444 is nobody's number
    rows = [
        ["ade20k/0.png", "train", 4, 6, 2, 3, "ade20k/0_color.png", "ade20k/0_object.png"]
        + ["ade20k/0_part_1.png;ade20k/0_part_2.png", "", "20", ""],
        ["ade20k/1.png", "train", 5, 4, 2, 2, "", "", "", "ade20k/1_material.png", "", ""],
        ["ade20k/2.png", "val", 4, 4, 1, 1, "", "2", "", "", "", "21;999"],
    ]
    table(folder / "index.csv", HEAD, rows)
    table(folder / "category.csv", ["name", "first", "last", "count", "frequency"], [[c, 0, 0, 0, 0] for c in HEAD[6:]])
    table(
        folder / "label.csv",
        ["number", "name", "category", "frequency", "coverage", "syns"],
        [[number, name, used, 9, 0.5, ""] for number, name, used in LABELS],
    )
    return folder


def rewrite(folder, change):
    """Change the rows of index.csv in place."""
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    change(rows)
    table(folder / "index.csv", head, rows)


def test_concepts_by_category_with_their_published_names(broden):
    probe = open_folder(broden)
    assert isinstance(probe, Broden)
    brick = Concept("brick", "material")
    assert set(probe.concepts) == {RED, WALL, WALL_PART, CAR, WHEEL, STREET, DOTTED, brick}
    assert len(probe.concepts) == 8
    assert {split: found.tolist() for split, found in probe.splits.items()} == {"train": [0, 1], "val": [2]}
    assert probe.offers == {"masks", "scenes"}
    assert probe.classes == ()
    assert probe.key(1) == "images/ade20k/1.png"
    assert probe.find("images/ade20k/1.png") == 1
    assert probe.scene(0) == "street-s"
    assert probe.scene(1) is None
    assert "8 concepts" in probe.about
    assert "left out" not in probe.about


def test_masks_are_brought_to_the_pictures_size_and_planes_are_joined(broden):
    found = Broden(broden).concept_masks(0)
    twice = {  # each cell of (2, 3) is two by two pixels of (4, 6)
        WALL: OBJECTS == 1,
        CAR: OBJECTS == 2,
        RED: OBJECTS == 1,
        WHEEL: (PARTS[0] == 3) | (PARTS[1] == 3),
        WALL_PART: PARTS[0] == 1,
    }
    assert set(found) == set(twice)
    for concept, small in twice.items():
        assert found[concept].dtype == bool
        np.testing.assert_array_equal(found[concept], np.kron(small, np.ones((2, 2))).astype(bool), str(concept))
    np.testing.assert_array_equal(
        found[WHEEL],
        np.array([[1, 1, 0, 0, 1, 1], [1, 1, 0, 0, 1, 1], [0] * 6, [0] * 6], bool),
    )


def test_a_number_above_255_is_red_and_green_and_an_unknown_one_is_nothing(broden):
    found = Broden(broden).concept_masks(1)
    assert [concept.name for concept in found] == ["brick"]
    # rows 0 to 4 have their middles at 0.2, 0.6, 1.0, 1.4, 1.8 of 2: the third lies on the border and goes down
    np.testing.assert_array_equal(found[Concept("brick", "material")], np.outer([1, 1, 0, 0, 0], [1, 1, 0, 0]) > 0)


def test_what_is_said_of_the_whole_picture_has_no_mask(broden):
    probe = Broden(broden)
    assert probe.concept_masks(2) == {}
    assert probe.image_concepts(2) == {DOTTED, CAR}  # 999 is nobody's number
    assert probe.image_concepts(0) == {WALL, CAR, RED, WHEEL, WALL_PART, STREET}
    assert probe.image_concepts(1) == {Concept("brick", "material")}
    for index in range(3):
        assert set(probe.concept_masks(index)) <= probe.image_concepts(index) <= set(probe.concepts)


@pytest.mark.parametrize(("old", "new"), [((2, 3), (4, 6)), ((113, 2), (227, 3)), ((5, 7), (3, 2)), ((1, 1), (4, 5))])
def test_nearest_takes_the_value_whose_middle_is_nearest(old, new):
    places = np.arange(old[0] * old[1]).reshape(old)
    found = nearest(places, new)
    assert found.shape == new
    for row, column in np.ndindex(*new):
        for at, length, before, chosen in zip((row, column), new, old, divmod(found[row, column], old[1]), strict=True):
            distances = [abs((one + 0.5) / before - (at + 0.5) / length) for one in range(before)]
            assert distances[chosen] <= min(distances) + 1e-12


@pytest.mark.parametrize(("column", "value"), [
    (0, "ade20k/missing.jpg"),
    (0, "../../outside.png"),
    (0, ""),
    (0, "ade20k"),
    (0, "a\0b.png"),
    (1, ""),
    (2, "four"),
    (2, "-4"),
    (2, "0"),
    (3, "99999999"),
    (4, ""),
    (7, "ade20k/missing_object.png"),
    (7, "../../outside.png"),
    (8, "ade20k/0_part_1.png;../../../../../../../../etc/passwd"),
])  # fmt: skip
def test_a_damaged_row_is_left_out_and_counted(broden, column, value):
    Image.new("RGB", (6, 4)).save(broden.parent / "outside.png")

    def change(rows):
        rows[0][column] = value

    rewrite(broden, change)
    probe = Broden(broden)
    assert len(probe) == 2
    assert "1 of 3 rows of index.csv" in probe.about
    assert probe.key(0) == "images/ade20k/1.png"
    assert probe.image_concepts(1) == {DOTTED, CAR}


def test_absolute_names_and_links_never_lead_out_of_the_folder(broden):
    outside = broden.parent / "outside.png"
    Image.new("RGB", (6, 4)).save(outside)
    (broden / "images" / "ade20k" / "link.png").symlink_to(outside)
    (broden / "images" / "elsewhere").symlink_to(broden.parent)
    for name in (str(outside), "ade20k/link.png", "elsewhere/outside.png"):

        def change(rows, name=name):
            rows[0][0] = name

        rewrite(broden, change)
        assert len(Broden(broden)) == 2, name
    (broden / "images" / "ade20k" / "inner.png").symlink_to(broden / "images" / "ade20k" / "0.png")

    def inner(rows):
        rows[0][0] = "ade20k/inner.png"

    rewrite(broden, inner)
    assert len(Broden(broden)) == 3


def test_a_row_too_short_or_too_long_is_left_out(broden):
    with (broden / "index.csv").open("a", encoding="utf-8") as file:
        file.write("ade20k/0.png,train,4\n" + "ade20k/0.png,train,4,6,2,3,,,,,,,,,,\n\n")
    probe = Broden(broden)
    assert len(probe) == 3
    assert "2 of 5 rows" in probe.about


@pytest.mark.parametrize("name", ["category.csv", "label.csv"])
def test_a_missing_table_is_said_in_a_sentence(broden, name):
    (broden / name).unlink()
    with pytest.raises(BadImage, match=name) as told:
        Broden(broden)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(("name", "content", "said"), [
    ("index.csv", "", "no column 'image'"),
    ("index.csv", "image,split,ih,iw,sh\n", "no column 'sw'"),
    ("label.csv", "number;name;category\n1;wall;object(1)\n", "no column 'number'"),
    ("label.csv", "\0\0\0", "no column"),
    ("category.csv", "\n\n", "no column 'name'"),
    ("index.csv", ",".join(HEAD) + "\n", "no row"),
    ("index.csv", ",".join(HEAD) + "\n" + "x" * 200_000 + "\n", "no table"),
])  # fmt: skip
def test_a_damaged_table_is_said_in_a_sentence(broden, name, content, said):
    (broden / name).write_text(content, encoding="utf-8")
    with pytest.raises(BadImage, match=said) as told:
        Broden(broden)
    assert "\n" not in str(told.value)


def test_a_table_that_is_a_link_out_of_the_folder_is_not_read(broden):
    outside = (broden / "label.csv").rename(broden.parent / "label.csv")
    (broden / "label.csv").symlink_to(outside)
    with pytest.raises(BadImage, match=r"has no label\.csv"):
        Broden(broden)


def test_damaged_labels_are_passed_over(broden):
    with (broden / "label.csv").open("a", encoding="utf-8") as file:
        file.write("x,nobody,object(1),1,1,\n,,object(1),1,1,\n30,,object(1),1,1,\n31,unused,,1,1,\n-3,minus,object(1),1,1,\n")
    assert len(Broden(broden).concepts) == 8


@pytest.mark.parametrize("name", ["0_object.png", "0.png"])
def test_a_file_of_another_size_than_the_table_says_is_refused_and_the_probe_lives_on(broden, name):
    probe = Broden(broden)
    Image.new("RGB", (5, 5)).save(broden / "images" / "ade20k" / name)
    with pytest.raises(BadImage, match=rf"{name}' has 5 x 5 pixels, and index\.csv says") as told:
        probe.concept_masks(0)
    assert "\n" not in str(told.value)
    assert probe.concept_masks(1)


def test_a_damaged_segmentation_is_named(broden):
    probe = Broden(broden)
    path = broden / "images" / "ade20k" / "0_object.png"
    Image.new("L", (3, 2)).save(path)
    with pytest.raises(BadImage, match=r"0_object\.png' is no segmentation"):
        probe.concept_masks(0)
    path.write_bytes(b"\x89PNG and no more")
    with pytest.raises(BadImage, match=r"0_object\.png'"):
        probe.image_concepts(0)
    path.unlink()
    with pytest.raises(BadImage, match=r"0_object\.png' cannot be read: no such file"):
        probe.concept_masks(0)


def test_the_fingerprint_follows_tables_pictures_and_segmentations(broden):
    seen = {Broden(broden).fingerprint}
    assert {Broden(broden).fingerprint} == seen
    images = broden / "images" / "ade20k"
    segmentation(images / "0_object.png", OBJECTS[::-1].copy())
    seen.add(Broden(broden).fingerprint)
    Image.new("RGB", (6, 4)).save(images / "0.png")
    seen.add(Broden(broden).fingerprint)
    (broden / "label.csv").write_text((broden / "label.csv").read_text().replace("car", "cat"))
    seen.add(Broden(broden).fingerprint)
    assert len(seen) == 4
    moved = broden.rename(broden.parent / "moved")
    assert Broden(moved).fingerprint in seen


def test_a_folder_with_another_index_is_an_ordinary_one(tmp_path):
    (tmp_path / "dog").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "dog" / "1.png")
    (tmp_path / "index.csv").write_text("image,label\ndog/1.png,0\n")
    assert isinstance(open_folder(tmp_path), Folder)
