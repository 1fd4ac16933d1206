"""`precompute explainer` and `export explainer`: what is written is what the engine says."""

import csv

import numpy as np
import pytest

from core.__main__ import main
from core.engine import answers, parts
from core.measures import part_tables
from core.measures.part_stability import FLOORS
from core.networks.catalogue import open_network
from core.probes.catalogue import open_probe
from tests import listing

ASKED = ["explainer", "--network", "small", "--probe", "menagerie-tiny"]


@pytest.fixture(autouse=True)
def own_world(tmp_path, monkeypatch):
    """A cache of its own, and the pages' small performer by name."""
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CHANNELSCOPE_SETTINGS", str(listing.write(tmp_path, "small_performer")))


@pytest.fixture
def one_class(monkeypatch):
    """As if all pictures were of one class: the tiny probe tests with one picture of each."""
    monkeypatch.setattr(parts, "own_labels", lambda network, probe, labels: np.full(len(labels), 5))
    alone = part_tables.part_stability.alike

    def alike(first, second, owners, labels):
        return alone(first, second, tuple(np.full_like(one, 5) for one in owners), labels)

    monkeypatch.setattr(part_tables.part_stability, "alike", alike)


def rows(path):
    return list(csv.DictReader(path.open()))


def test_what_is_precomputed_is_exported_without_computing_anything(one_class, tmp_path, monkeypatch, capsys):
    assert main(["precompute", *ASKED]) == 0
    said = capsys.readouterr().out
    assert "explainer: p 0." in said
    assert "explainer: target: the explainer has 12 filters and the performer's layer 10" in said
    monkeypatch.setattr(answers, "sweep", None)
    monkeypatch.setattr(parts, "train", None)
    out = tmp_path / "out"
    assert main(["export", *ASKED, "--out", str(out)]) == 0

    network, probe = open_network("small"), open_probe("menagerie-tiny")
    of = parts.explained(network, probe)
    seen, marks = parts.looked(network, probe, of), parts.marked(network, probe)
    beside = part_tables.beside(seen, marks, parts.own_labels(network, probe, marks.labels), "top")
    table = rows(out / "explainer-instability.csv")
    assert {row["layer"] for row in table} == {"top"}
    assert table[0]["class"] == "all"
    assert float(table[0]["explainer"]) == pytest.approx(beside.against["performer"].first.value)
    assert all(float(table[0][name]) == pytest.approx(beside.mean(name)) for name in FLOORS)
    assert [row["class"] for row in table[1:]] == [network.classes[c] for c in beside.classes]

    (whole,) = rows(out / "explainer-explained.csv")
    assert float(whole["p"]) == pytest.approx(of.p)
    assert float(whole["R2 of fc7"]) == pytest.approx(seen.explained())
    assert float(whole["error, explainer"]) == pytest.approx(seen.error("explainer").mean())
    history = rows(out / "explainer-history.csv")
    assert [float(row["fc7"]) for row in history] == pytest.approx(of.history[:, 1].tolist())

    filters = rows(out / "explainer-filters.csv")
    assert [row["layer"] for row in filters].count("second") == 12
    owner = next(row for row in filters if (row["layer"], row["filter"]) == ("second", "3"))["class"]
    assert owner == network.classes[seen.sides["second"].owners[3]]
    np.testing.assert_array_equal(np.load(out / "explainer-second-cells.npy"), seen.sides["second"].cells)
    np.testing.assert_array_equal(np.load(out / "explainer-pictures.npy"), seen.index)
    classes = rows(out / "explainer-classes.csv")
    assert sum(int(row["lost"]) for row in classes) == part_tables.erring(seen, 30).lost.sum()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*ASKED, "--split", "test"], "explainer has no --split"),
        (["explainer", "--network", "menagerie-residual", "--probe", "menagerie-tiny"], "no fully connected layer"),
    ],
)
def test_what_cannot_be_computed_is_a_sentence(words, said, capsys):
    assert main(["precompute", *words]) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert "Traceback" not in printed.err
