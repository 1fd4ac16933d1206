"""A folder of pictures as a probe, whatever people keep in their folders."""

import os
from io import BytesIO

import pytest
from PIL import Image

from core.errors import BadImage, BadSettings, UnknownName
from core.probes.catalogue import list_probes, open_probe
from core.probes.folder import Folder


def picture(path, colour=(200, 30, 30), size=(12, 8)):
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    path.write_bytes(buffer.getvalue())


@pytest.fixture
def zoo(tmp_path):
    folder = tmp_path / "zoo"
    for name in ("猫", "Löwe", "dog"):
        for number in range(2):
            picture(folder / name / f"{number}.png", (number * 100, 50, 50))
    (folder / "dog" / "notes.txt").write_text("no picture")
    (folder / "dog" / "damaged.jpg").write_bytes(b"\xff\xd8\xff\xe0 not much of a picture")
    (folder / ".hidden").mkdir()
    picture(folder / ".hidden" / "x.png")
    return folder


def test_sub_folders_are_classes_in_any_script(zoo):
    probe = Folder(zoo)
    assert probe.classes == tuple(sorted(("猫", "Löwe", "dog")))
    assert len(probe) == 7
    assert list(probe.splits) == ["all"]
    assert probe.offers == {"labels"}
    assert probe.image(0).shape == (8, 12, 3)
    assert {probe.classes[probe.label(i)] for i in range(7)} == set(probe.classes)
    index = probe.find("猫/1.png")
    assert probe.key(index) == "猫/1.png"
    assert probe.classes[probe.label(index)] == "猫"
    assert "猫" in probe.caption(index)
    assert probe.find("猫/2.png") is None
    assert len(probe.of_class("dog")) == 3


def test_a_damaged_picture_says_which_and_the_rest_lives_on(zoo):
    probe = Folder(zoo)
    with pytest.raises(BadImage, match=r"dog/damaged\.jpg"):
        probe.image(probe.find("dog/damaged.jpg"))
    assert probe.image(probe.find("dog/1.png")).any()
    (zoo / "dog" / "0.png").unlink()
    with pytest.raises(BadImage, match=r"dog/0\.png.*no such file"):
        probe.image(probe.find("dog/0.png"))


def test_split_folders(tmp_path):
    for split, count in (("Training", 3), ("validation", 2), ("test", 1)):
        for name in ("a", "b"):
            for number in range(count):
                picture(tmp_path / split / name / f"{number}.png")
    probe = Folder(tmp_path)
    assert {split: len(indices) for split, indices in probe.splits.items()} == {"train": 6, "val": 4, "test": 2}
    assert probe.classes == ("a", "b")
    assert len(probe.of_class("a", "val")) == 2


def test_a_class_may_be_called_train_beside_others(tmp_path):
    for name in ("train", "bus"):
        picture(tmp_path / name / "1.png")
    probe = Folder(tmp_path)
    assert probe.classes == ("bus", "train")
    assert list(probe.splits) == ["all"]


def test_a_flat_folder_has_no_classes(tmp_path):
    picture(tmp_path / "b.png")
    picture(tmp_path / "a.png")
    probe = Folder(tmp_path)
    assert probe.classes == ()
    assert "labels" not in probe.offers
    assert probe.label(0) is None
    assert [probe.key(i) for i in range(2)] == ["a.png", "b.png"]


def test_no_pictures_is_said(tmp_path):
    (tmp_path / "readme.txt").write_text("nothing here")
    (tmp_path / "class").mkdir()
    with pytest.raises(BadImage, match="one sub-folder per class"):
        Folder(tmp_path)
    with pytest.raises(BadImage, match="there is no folder"):
        Folder(tmp_path / "elsewhere")


def test_links_that_leave_the_folder_are_passed_over(zoo, tmp_path):
    outside = tmp_path / "outside"
    picture(outside / "secret.png")
    (zoo / "dog" / "link.png").symlink_to(outside / "secret.png")
    (zoo / "outside").symlink_to(outside)
    (zoo / "dog" / "nowhere.png").symlink_to(zoo / "missing.png")
    (zoo / "dog" / "loop").symlink_to(zoo)
    (zoo / "dog" / "same.png").symlink_to(zoo / "dog" / "1.png")
    probe = Folder(zoo)
    keys = [probe.key(i) for i in range(len(probe))]
    assert "dog/same.png" in keys
    assert not any(word in key for key in keys for word in ("link", "outside", "nowhere", "loop"))


def test_the_fingerprint_follows_contents_and_names(zoo):
    first = Folder(zoo).fingerprint
    assert Folder(zoo).fingerprint == first
    os.utime(zoo / "dog" / "1.png", (1, 1))
    assert Folder(zoo).fingerprint == first, "only the time changed"
    path = zoo / "dog" / "1.png"
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    second = Folder(zoo).fingerprint
    assert second != first, "a changed byte under the same size and time"
    (zoo / "dog" / "1.png").rename(zoo / "dog" / "9.png")
    assert Folder(zoo).fingerprint not in (first, second)


def test_a_folder_elsewhere_with_the_same_pictures_is_the_same_probe(zoo, tmp_path):
    first = Folder(zoo).fingerprint
    assert Folder(zoo.rename(tmp_path / "moved")).fingerprint == first


def test_names_that_are_no_text(tmp_path):
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    try:
        os.mkdir(folder)
    except OSError:
        pytest.skip("this file system has no such names")
    picture(tmp_path / "plain" / "1.png")
    with open(folder + b"/1.png", "wb") as file:
        file.write((tmp_path / "plain" / "1.png").read_bytes())
    probe = Folder(tmp_path)
    assert len(probe) == 2
    assert all(probe.image(i).any() for i in range(2))
    for index in range(2):
        probe.key(index).encode()
        probe.caption(index).encode()
        assert probe.find(probe.key(index)) == index
    assert all(name.encode() for name in probe.classes)


def test_open_probe_by_name_path_and_settings(zoo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert open_probe("menagerie-tiny").title == "Menagerie, tiny"
    assert len(open_probe(zoo)) == 7
    assert len(open_probe("zoo")) == 7
    (tmp_path / ".channelscope.toml").write_text('[probes.holiday]\nfolder = "zoo"\n', encoding="utf-8")
    assert open_probe("holiday").name == "holiday"
    cards = {card.name: card.group for card in list_probes()}
    assert cards == {
        "menagerie": "Embedded",
        "menagerie-tiny": "Embedded",
        "menagerie-counter": "Embedded",
        "menagerie-scenes": "Embedded",
        "holiday": "Yours",
    }


@pytest.mark.parametrize(
    "name", ["menagery", "https://example.org/pictures", "", "no/such/folder", "x" * 5000, "~nobody-at-all/x"]
)
def test_unknown_probes_are_said(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownName) as told:
        open_probe(name)
    assert "\n" not in str(told.value)


def test_a_file_and_an_empty_entry_are_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    picture(tmp_path / "one.png")
    with pytest.raises(UnknownName, match="is a file"):
        open_probe("one.png")
    (tmp_path / ".channelscope.toml").write_text("[probes.holiday]\n", encoding="utf-8")
    with pytest.raises(BadSettings):
        open_probe("holiday")
