"""New fully connected layers on the convolutions of another network."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from core.methods.explainer.anatomy import anatomy
from core.networks.retrained import Schedule, retrained
from core.networks.taps import tap

toys = runpy.run_path(str(Path(__file__).parents[1] / "methods" / "explainer_toys.py"))
QUICK = Schedule(epochs=30, batch=8, rate=0.01, units=7)


@pytest.fixture(scope="module")
def network():
    return toys["performer"]()


@pytest.fixture(scope="module")
def pictures(network):
    batch = torch.randn(48, 3, 12, 12, generator=torch.Generator().manual_seed(3))
    batch[24:, 0] += 2  # the second class is redder
    return batch


def values(network, layer, batch):
    with torch.no_grad(), tap(network, [layer]) as seen:
        network(batch)
        return seen[layer].numpy()


@pytest.mark.parametrize(("layer", "filters"), [("conv3", None), ("conv2", 5)])
def test_the_convolutions_stay_and_the_classes_are_learned(network, pictures, layer, filters):
    labels = np.repeat([0, 1], 24)
    maps = values(network, layer, pictures)
    made = retrained(
        network, network.layer(layer), maps, labels, ("one", "two"), filters=filters, schedule=QUICK, name="new",
        title="New",
    )  # fmt: skip
    assert made.classes == ("one", "two")
    with torch.no_grad():
        assert (made(pictures).argmax(1).numpy() == labels).mean() > 0.95
    kept = next(one for one in made.layers if one.shape == network.layer(layer).shape and one.kind == "conv")
    np.testing.assert_allclose(values(made, kept.name, pictures), maps, atol=1e-6)
    found = anatomy(made)
    assert found.top.shape[0] == (filters or maps.shape[1])
    assert found.first.out_features == 7
    assert not any(one.requires_grad for one in made.module.parameters())


def test_the_seed_decides_and_the_callers_numbers_stay(network, pictures):
    labels, maps = np.repeat([0, 1], 24), values(network, "conv3", pictures)
    asked = {"schedule": Schedule(epochs=1, units=3), "name": "new", "title": "New"}
    state = torch.random.get_rng_state()
    layer = network.layer("conv3")
    first, again = (retrained(network, layer, maps, labels, ("one", "two"), **asked) for _ in range(2))
    assert first.fingerprint == again.fingerprint
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_rare_class_is_not_forgotten(network, pictures):
    labels = np.repeat([0, 1], 24)
    rows = np.r_[:24, 24:28]
    maps = values(network, "conv3", pictures)
    made = retrained(
        network, network.layer("conv3"), maps[rows], labels[rows], ("one", "two"), schedule=QUICK, name="n", title="N"
    )
    with torch.no_grad():
        assert (made(pictures[24:28]).argmax(1) == 1).sum() >= 3
