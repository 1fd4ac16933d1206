"""`precompute` and `export` on the command line: what is kept, what is written, what is refused."""

import csv
import json

import cv2
import numpy as np
import pytest

from core import engine
from core.__main__ import main
from core.engine import answers
from core.export import table
from core.methods.net2vec import dissection, segmentation
from core.probes.catalogue import open_probe

ASKED = ["localisation", "--network", "menagerie-untrained", "--probe", "menagerie-tiny", "--layer", "conv5"]
ASKED += ["--methods", "gradcam", "guided-backprop", "--images", "8"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "cache"))


def test_what_is_precomputed_is_exported_without_computing_anything(tmp_path, capsys, monkeypatch):
    assert main(["precompute", *ASKED]) == 0
    assert len(engine.store().list()) == 6  # two methods and the disc, on two splits
    monkeypatch.setattr(answers, "sweep", None)
    out = tmp_path / "new" / "folder"
    assert main(["export", *ASKED, "--out", str(out)]) == 0
    rows = list(csv.DictReader((out / "conv5-localisation.csv").open()))
    assert [row["method"] for row in rows] == ["gradcam", "guided-backprop", "centred-disc", "classification"]
    assert rows[0]["images"] == "8"
    assert float(rows[0]["top1"]) <= 1
    assert rows[2]["threshold"] == rows[3]["area"] == ""
    boxes = np.load(out / "conv5-gradcam-boxes.npy", allow_pickle=False)
    assert boxes.shape == (8, 4)
    assert np.load(out / "conv5-indices.npy", allow_pickle=False).shape == (8,)
    told = json.loads((out / "request.json").read_text())
    assert told["layers"] == ["conv5"]
    assert told["methods"] == ["gradcam", "guided-backprop"]
    assert str(out) in capsys.readouterr().out


def test_importances_as_files(tmp_path):
    asked = ["chip", "--network", "menagerie-untrained", "--probe", "menagerie-tiny", "--layer", "conv5", "pool5"]
    assert main(["export", *asked, "--images", "6", "--out", str(tmp_path / "out")]) == 0
    values = np.load(tmp_path / "out" / "pool5-importances.npy", allow_pickle=False)
    rows = list(csv.DictReader((tmp_path / "out" / "pool5-importances.csv").open()))
    assert values.shape == (24, 128)
    assert [int(row["channels kept"]) for row in rows] == (values != 0).sum(1).tolist()
    assert all(int(row["top channels"].split()[0]) == values[c].argmax() for c, row in enumerate(rows))
    assert np.load(tmp_path / "out" / "conv5-path.npy", allow_pickle=False).shape[1:] == (24, 128)


def test_dissections_as_files(tmp_path, monkeypatch):
    asked = ["net2vec", "--network", "menagerie-untrained", "--probe", "menagerie-tiny", "--layer", "conv5"]
    asked += ["--images", "24"]
    monkeypatch.setattr(segmentation, "STEPS", 20)
    assert main(["precompute", *asked]) == 0
    monkeypatch.setattr(answers, "sweep", None)
    monkeypatch.setattr(dissection, "dissect", None)
    out = tmp_path / "out"
    assert main(["export", *asked, "--out", str(out)]) == 0
    probe = open_probe("menagerie-tiny")
    count = len(probe.concepts)
    rows = list(csv.DictReader((out / "conv5-concepts.csv").open()))
    weights, iou = np.load(out / "conv5-weights.npy"), np.load(out / "conv5-iou-val.npy")
    assert [row["concept"] for row in rows] == [one.name for one in probe.concepts]
    assert (weights.shape, iou.shape) == ((count, 128), (2, count, 128))
    known = [(c, row) for c, row in enumerate(rows) if row["single IoU"] and row["combined IoU"]]
    assert known
    for c, row in known:
        way = (">0", ">=1/2").index(row["binarisation"])
        assert float(row["single IoU"]) == pytest.approx(iou[way, c, int(row["best filter"])])
        assert np.isfinite(weights[c]).all()
    assert "only 1 training picture" in {row["remark, segmentation"] for row in rows}
    single, combined = (np.array([float(row[name]) for _, row in known]) for name in ("single IoU", "combined IoU"))
    said = f"{len(known)} concepts: mean set IoU {combined.mean():.3f} with all filters, {single.mean():.3f} with the"
    assert said in (out / "conv5-note.txt").read_text()
    assert f"no worse for {100 * np.mean(combined >= single):.0f} %\n" in (out / "conv5-note.txt").read_text()
    filters = list(csv.DictReader((out / "conv5-filters.csv").open()))
    assert [float(row["threshold"]) for row in filters] == pytest.approx(np.load(out / "conv5-thresholds.npy").tolist())
    assert sum(int(row["best of, segmentation"]) for row in filters) == sum(row["single IoU"] != "" for row in rows)
    pictures = list(csv.DictReader((out / "conv5-pictures.csv").open()))
    concept, combined = np.load(out / "conv5-concept.npy"), np.load(out / "conv5-combined-ind.npy")
    assert [row["concept"] for row in pictures] == [rows[c]["concept"] for c in concept]
    assert [float(row["combined IoU"]) for row in pictures] == pytest.approx(combined.tolist())
    val = {probe.key(int(i)) for i in probe.splits["val"]}
    assert {row["picture"] for row in pictures} <= val
    assert np.load(out / "conv5-cls-weights.npy").shape == (count, 128)


def test_what_was_left_out_is_said(tmp_path, monkeypatch, capsys):
    for part in ("images", "labels"):
        (tmp_path / "set" / part).mkdir(parents=True)
    for n in range(8):
        label = np.zeros((24, 24), np.uint8)
        label[n:12] = 1
        cv2.imwrite(str(tmp_path / f"set/images/{n}.png"), np.repeat(label[..., None] * 200, 3, 2))
        cv2.imwrite(str(tmp_path / f"set/labels/{n}.png"), label)
    (tmp_path / "set/labels/3.png").write_bytes(b"no picture")
    (tmp_path / "set/labels/classes.txt").write_text("floor\nwall\n")
    monkeypatch.setattr(segmentation, "STEPS", 5)
    asked = ["net2vec", "--network", "menagerie-untrained", "--probe", str(tmp_path / "set"), "--layer", "conv5"]
    sentence = "Left out, because what they show cannot be read: 1 picture 'images/3.png'."
    assert main(["precompute", *asked]) == 0
    assert f"conv5: {sentence}\n" in capsys.readouterr().out
    assert main(["export", *asked, "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "conv5-note.txt").read_text().splitlines()[2:] == [sentence]
    rows = list(csv.DictReader((tmp_path / "out" / "conv5-concepts.csv").open()))
    assert [int(row["training pictures"]) + int(row["validation pictures"]) for row in rows] == [7, 7]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["precompute", "lokalisation"], "try 'localisation'"),
        (["precompute", "net2vec", "--split", "test"], "net2vec has no --split"),
        (["precompute", *ASKED[:-4], "magic"], "no method 'magic'"),
        (["precompute", *ASKED, "--split", "tset"], "no split 'tset'"),
    ],
)
def test_what_cannot_be_computed_is_a_sentence(words, said, capsys):
    assert main(words) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert "Traceback" not in printed.err


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["export", *ASKED, "--out", str(tmp_path / "file" / "folder")]) == 2
    assert "cannot make the folder" in capsys.readouterr().err


def test_rows_need_not_have_the_same_columns():
    text = table([{"a": 1, "b": float("nan")}, {"a": 2.5, "c": "x, y"}])
    assert list(csv.reader(text.splitlines())) == [["a", "b", "c"], ["1", "", ""], ["2.5", "", "x, y"]]
