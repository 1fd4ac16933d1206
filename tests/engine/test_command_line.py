"""The command line: what it prints, what it writes, and how it says no."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.__main__ import main
from core.networks import menagerie_nets, training
from core.probes.menagerie import world

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
UNTRAINED = ["--network", "menagerie-untrained"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "cache"))


def refused(capsys, *words) -> str:
    """Exit code 2 and the sentence on standard error; nothing on standard output."""
    assert main(list(map(str, words))) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Traceback" not in printed.err
    assert printed.err.count("\n") == 1
    return printed.err


def test_networks_are_listed_and_one_shows_its_layers(capsys):
    assert main(["networks"]) == 0
    assert "torchvision:resnet18" in capsys.readouterr().out
    assert main(["networks", "menagerie-untrained"]) == 0
    shown = capsys.readouterr().out
    assert "default layer: pool5" in shown or "default layer: conv5" in shown
    assert "128 x 16 x 16" in shown


def test_probes_are_listed_and_one_shows_its_splits(capsys):
    assert main(["probes"]) == 0
    assert "menagerie-tiny" in capsys.readouterr().out
    assert main(["probes", "menagerie-tiny"]) == 0
    shown = capsys.readouterr().out
    assert "zebra" in shown
    assert "part:" in shown


def test_a_map_is_written_at_the_images_own_size(tmp_path, capsys):
    out = tmp_path / "map.npy"
    asked = ["explain", "sample:chelsea", *UNTRAINED, "--class", "zeb", "--layer", "conv4", "--out", str(out)]
    assert main(asked) == 0
    values = np.load(out, allow_pickle=False)
    assert values.dtype == np.float32
    assert values.shape == (300, 451)
    seen = np.isfinite(values)
    assert seen.any()
    assert "'zebra'" in capsys.readouterr().out


def test_chip_learns_from_the_probe_that_is_named(tmp_path, capsys):
    out = tmp_path / "map.npy"
    asked = ["explain", "0", "--method", "chip", "--layer", "pool5", "--out", out, *UNTRAINED]
    assert "say which by --probe" in refused(capsys, *["explain", "sample:chelsea"], *asked[2:])
    assert main(list(map(str, [*asked, "--probe", "menagerie-tiny"]))) == 0
    values = np.load(out)
    assert values.dtype == np.float32
    assert values.min() < values.max()
    assert len(list((tmp_path / "cache" / "artefacts" / "chip-importances").glob("*/request.json"))) == 1
    first = values.copy()
    assert main(list(map(str, [*asked, "--probe", "menagerie-tiny"]))) == 0
    assert np.array_equal(np.load(out), first)


def test_several_images_get_a_file_each(tmp_path):
    asked = ["explain", "0", "1", "--probe", "menagerie-tiny", *UNTRAINED, "--out", str(tmp_path / "m.png")]
    assert main(asked) == 0
    for key in "01":
        assert cv2.imread(str(tmp_path / f"m-{key}.png")).shape == (256, 256, 3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["networks", "menagerie-plane"], "menagerie-plain"),
        (["probes", "menagery"], "menagerie"),
        (["explain", "sample:chelsea", *UNTRAINED, "--class", "zebro", "--out", "x.npy"], "zebra"),
        (["explain", "sample:chelsea", *UNTRAINED, "--layer", "conv9", "--out", "x.npy"], "conv"),
        (["explain", "sample:chelsea", *UNTRAINED, "--method", "gradcan", "--out", "x.npy"], "gradcam"),
        (["explain", "sample:chelsea", *UNTRAINED, "--out", "x.pdf"], ".npy or .png"),
        (["explain", "nowhere.png", *UNTRAINED, "--out", "x.npy"], "nowhere.png"),
        (["train", "menagerie"], "menagerie-plain"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(capsys, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    assert said in refused(capsys, *words)
    assert not list(tmp_path.glob("x.*"))


@pytest.mark.parametrize(
    ("name", "images"), [("menagerie-scenes", 6000), ("menagerie-rotations", 6000), (None, None)]
)
def test_no_more_pictures_are_drawn_than_the_recipes_take(monkeypatch, tmp_path, name, images):
    drawn, trained = {}, {}

    def arrays(split, size, progress, images):
        drawn[split] = images
        return np.zeros((images or 12000, 1, 1, 3), np.uint8), None

    def train(name, images, labels, progress):
        trained[name] = {len(images), len(images if labels is None else labels)}

    monkeypatch.setattr(world, "training_arrays", arrays)
    monkeypatch.setattr(training, "train", train)
    monkeypatch.setattr(training, "accuracy", lambda *_: 1.0)
    monkeypatch.setattr(menagerie_nets, "keep", lambda *_: Path(__file__))
    monkeypatch.setattr(menagerie_nets, "performer", lambda name: None)
    assert main(["train", *([name] if name else [])]) == 0
    assert drawn == {"train": images, "val": None, "test": None}
    assert all(sizes == {images or 12000} for sizes in trained.values())
    assert set(trained) == ({name} if name else set(training.RECIPES))


def test_a_damaged_picture_is_said(capsys, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 50)
    assert "bad.png" in refused(capsys, "explain", bad, *UNTRAINED, "--out", tmp_path / "x.npy")


def test_the_cache_is_listed_verified_and_pruned(capsys, tmp_path):
    out = ["--out", str(tmp_path / "x.npy")]
    assert main(["explain", "0", "--probe", "menagerie-tiny", *UNTRAINED, "--method", "lime", *out]) == 0
    capsys.readouterr()
    assert main(["cache", "list"]) == 0
    assert "lime" in capsys.readouterr().out
    assert main(["cache", "verify"]) == 0
    assert capsys.readouterr().out.startswith("1 sound, 0 damaged")
    assert main(["cache", "prune", "--all"]) == 0
    assert capsys.readouterr().out.startswith("1 removed")


def test_a_process_ends_with_2_and_no_traceback():
    ran = subprocess.run(
        [sys.executable, "-m", "core", "networks", "nothing"], cwd=ROOT, capture_output=True, text=True, env=os.environ
    )
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr


def test_a_real_network_explains_a_real_photograph(tmp_path, capsys):
    weights = DATA / "weights" / "squeezenet1_1.pth"
    photograph = DATA / "imagenet-samples" / "000_n01440764_tench.jpg"
    if not weights.exists() or not photograph.exists():
        pytest.skip("the real weights and photographs are not beside this repository")
    out = tmp_path / "map.npy"
    asked = ["explain", str(photograph), "--network", "torchvision:squeezenet1_1", "--weights", str(weights)]
    assert main([*asked, "--class", "tench", "--out", str(out)]) == 0
    assert np.nanmax(np.load(out)) > 0
    assert "at fire9" in capsys.readouterr().out
