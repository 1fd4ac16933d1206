"""The settings file: what it says is checked, its paths are its own, and mistakes are named."""

import pytest

from core.errors import BadSettings
from core.settings import settings

GOOD = """
[networks.my-net]
factory = "a.b:make"
python_path = "code"
weights = "w.pth"
classes = "names.txt"
preprocessing = { resize = 64, crop = 64 }
[probes."holiday.2026"]
folder = "pictures/holiday"
"""
NET = '[networks.n]\nfactory = "a:b"\nclasses = ["x"]\npreprocessing = {}\n'


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.delenv("CHANNELSCOPE_SETTINGS", raising=False)
    monkeypatch.chdir(tmp_path)
    return lambda text: (tmp_path / ".channelscope.toml").write_text(text, encoding="utf-8")


def test_no_file_is_no_settings(write, tmp_path):
    assert (dict(settings().networks), dict(settings().probes)) == ({}, {})
    assert settings().folder == tmp_path


def test_entries_by_name_with_paths_from_the_files_own_folder(write, tmp_path, monkeypatch):
    write(GOOD)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("CHANNELSCOPE_SETTINGS", str(tmp_path / ".channelscope.toml"))
    monkeypatch.chdir(elsewhere)
    found = settings()
    assert found.folder == tmp_path
    assert found.networks["my-net"] == {
        "factory": "a.b:make",
        "python_path": tmp_path / "code",
        "weights": tmp_path / "w.pth",
        "classes": tmp_path / "names.txt",
        "preprocessing": {"resize": 64, "crop": 64},
    }
    assert found.probes["holiday.2026"]["folder"] == tmp_path / "pictures" / "holiday"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[networks", "not TOML"),
        ("[netwroks.a]\n", r"\[netwroks\]"),
        ("networks = 3", r"\[networks\] needs a name"),
        ("[networks]\nfactory = 'a:b'", r"\[networks\] needs a name"),
        (NET + "wieghts = 'x'", "no use for 'wieghts'; try 'weights'"),
        (NET.replace("a:b", "a.b"), "package.module:function"),
        (NET.replace('["x"]', "3"), "classes = 3"),
        (NET.replace('["x"]', "[]"), r"classes = \[\]"),
        (NET.replace("{}", "'no'"), "preprocessing = 'no'"),
        (NET.replace('factory = "a:b"\n', ""), "lacks 'factory'"),
        (NET.replace("networks.n", "networks.menagerie-plain"), "cannot be a name"),
        (NET.replace("networks.n", "networks.'torchvision:mine'"), "cannot be a name"),
        ("[probes.p]\n", "lacks 'folder'"),
        ("[probes.p]\nfolder = 3", "folder = 3"),
    ],
)
def test_mistakes_are_named_with_their_place(write, text, said):
    write(text)
    with pytest.raises(BadSettings, match=said) as caught:
        settings()
    assert "\n" not in str(caught.value)


def test_a_named_file_that_is_not_there_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("CHANNELSCOPE_SETTINGS", str(tmp_path / "gone.toml"))
    with pytest.raises(BadSettings, match=r"gone\.toml"):
        settings()


def test_an_umlaut_in_another_encoding_is_said(write, tmp_path):
    (tmp_path / ".channelscope.toml").write_bytes("# Größe".encode("latin-1"))
    with pytest.raises(BadSettings, match="not TOML"):
        settings()
