"""An explainer for a performer on photographs of animals: table 1 with the set of the paper's own group.

    python -m pytest tests/benchmarks/test_explainer_photographs.py -s

Boxes are cropped and resized as in the paper. The performer has SqueezeNet 1.1's convolutions up to fire8, a top conv
layer and two fully connected layers of its own, trained on half of the crops; the explainer is trained on the same
crops with the default settings, and both are looked at on a third that neither has seen. Distances are in diagonals of
the crop. The top conv layer has fewer filters than fire8 channels; of those, as many are taken, evenly.
"""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.engine import parts
from core.measures import part_tables
from core.measures.interval import Estimate, binomial
from core.measures.part_stability import FLOORS
from core.methods.explainer.looking import Looked, Side
from core.methods.explainer.training import MEASURES
from core.networks.catalogue import open_network
from core.networks.network import Network
from core.networks.retrained import Schedule, retrained
from core.networks.taps import tap
from core.probes.catalogue import open_probe
from tests.animal_parts import CROP, SOURCE, write

WEIGHTS = SOURCE.parent / "weights" / "squeezenet1_1.pth"
LAYER, FILTERS = "fire8", 128
SCHEDULE = Schedule(epochs=30, rate=2e-4)  # at 1e-3 two thirds of the top conv's filters die
IMAGES = 2000  # more than there are in a split


@pytest.fixture
def animals(tmp_path, monkeypatch):
    """Crops of the animals as a probe."""
    if not SOURCE.is_dir() or not WEIGHTS.exists():
        pytest.skip("the photographs of animals and SqueezeNet's weights are not beside this repository")
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "cache"))
    return open_probe(str(write(tmp_path / "animals", crops=True)))


def performer(probe) -> Network:
    """A network for the animals: 30 classes, of which a picture shows one."""
    parent = open_network("torchvision:squeezenet1_1", WEIGHTS)
    parent = Network(
        parent.module, parent.classes, replace(parent.preprocessing, resize=CROP), name=parent.name, title=parent.title
    )
    layer, shown = parent.layer(LAYER), probe.splits["train"]
    labels = np.array([probe.label(int(index)) for index in shown])
    return retrained(
        parent, layer, emitted(parent, layer, probe, shown), labels, probe.classes, filters=FILTERS,
        schedule=SCHEDULE, name="animals", title=f"SqueezeNet 1.1 up to {LAYER}, with two fully connected layers",
    )  # fmt: skip


def emitted(network: Network, layer, probe, indices: np.ndarray, batch: int = 32) -> np.ndarray:
    """A layer's values for some pictures.  -> (N, K, h, w) float16"""
    found = []
    for start in range(0, len(indices), batch):
        pictures = network.prepare([probe.image(int(index)) for index in indices[start : start + batch]])
        with torch.no_grad(), tap(network, [layer.name]) as seen:
            network(pictures)
        found.append(seen[layer.name].half().numpy())
    return np.concatenate(found)


def test_table_1_on_crops_of_photographs(animals):
    start = time.monotonic()
    network = performer(animals)
    trained = time.monotonic()
    made = parts.explained(network, animals, images=IMAGES)
    took = time.monotonic() - trained
    seen = parts.looked(network, animals, made, images=IMAGES)
    marks = parts.marked(network, animals, images=IMAGES)
    labels = parts.own_labels(network, animals, marks.labels)
    right = binomial(seen.error("performer") == 0)
    print(
        f"\n{network.title}: {percent(right)} of {right.n} test crops of {len(animals.classes)} animals right; "
        f"performer {trained - start:.0f} s, explainer {took:.0f} s\n{curve(made.history)}\n{fidelity(seen, made.p)}"
    )
    for layer in part_tables.LAYERS:
        show(part_tables.beside(as_many(seen, layer), marks, labels, layer), animals.classes)
    assert right.low > 0.4
    assert np.isfinite(made.history).all()


def as_many(seen: Looked, layer: str) -> Looked:
    """With as many of the layer's filters, evenly, as the explainer has."""
    side, filters = seen.sides[layer], len(seen.sides["second"].scores)
    some = np.linspace(0, len(side.scores) - 1, filters).astype(int)
    taken = Side(side.scores[some], side.cells[some], side.owners[some])
    return replace(seen, sides={**seen.sides, layer: taken})


def curve(history: np.ndarray) -> str:
    rows = [" ".join(f"{value:13.3f}" for value in row) for row in history]
    return "\n".join([" ".join(f"{name:>13}" for name in MEASURES), *rows])


def fidelity(seen: Looked, p: float) -> str:
    errors = ", ".join(f"{who} {np.mean(seen.error(who)):.1%}" for who in ("performer", "explainer", "ordinary"))
    filters = ", ".join(f"{name} {live} ({dead} dead)" for name, (live, dead) in part_tables.live(seen).items())
    return (
        f"p = {p:.2f}; R² of fc6 {seen.explained('fc6'):.2f}, of fc7 {seen.explained():.2f}, with the interpretable "
        f"track at zero {seen.explained(ordinary=True):.2f}; errors: {errors}; live filters: {filters}"
    )


def show(found: part_tables.Beside, classes) -> None:
    """Table 1: all classes, then each."""
    over = {name: number(one.ratio, 2) for name, one in found.against.items()}
    whole = found.against[part_tables.PERFORMER]
    still = ", ".join(f"{name} {found.mean(name):.3f}" for name in (*FLOORS, "performer, modal cell"))
    print(
        f"\nbeside {found.layer}, {whole.first.n} rows: explainer {number(whole.first)}, performer "
        f"{number(whole.second)}, ratio {over[part_tables.PERFORMER]}; over the filters' own modal cells "
        f"{over['modal cell']}; peaks held still: {still}"
    )
    for label, one in sorted(found.classes.items()):
        modal = found.mean("modal cell", label)
        print(
            f"  {classes[label]:<16} {one.first.n:4d} rows  explainer {one.first.value:.3f}  performer "
            f"{one.second.value:.3f}  ratio {number(one.ratio, 2):<20} modal cell {modal:.3f}"
        )


def number(one: Estimate, digits: int = 3) -> str:
    return f"{one.value:.{digits}f} ({one.low:.{digits}f} to {one.high:.{digits}f})"


def percent(one: Estimate) -> str:
    return f"{one.value:.1%} ({one.low:.0%} to {one.high:.0%})"
