"""New fully connected layers on the convolutions of another network."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from core.methods.explainer.anatomy import anatomy
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.networks.retrained import Schedule, retrained
from core.networks.taps import tap
from core.networks.vision import torchvision

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


@pytest.mark.parametrize("filters", [None, 5])
def test_large_values_are_learned_from_as_small_ones_are(network, pictures, filters):
    large = toys["performer"]()
    with torch.no_grad():
        for one in (large.module.conv3.weight, large.module.conv3.bias):
            one.mul_(1024)
    labels, found = np.repeat([0, 1], 24), []
    for one in (network, large):
        maps = values(one, "conv3", pictures)
        made = retrained(
            one, one.layer("conv3"), maps, labels, ("one", "two"), filters=filters, schedule=QUICK, name="n", title="N"
        )
        with torch.no_grad():
            found.append(made(pictures).numpy())
    np.testing.assert_allclose(*found, rtol=1e-3, atol=1e-3)


def test_a_rare_class_is_not_forgotten(network, pictures):
    labels = np.repeat([0, 1], 24)
    rows = np.r_[:24, 24:28]
    maps = values(network, "conv3", pictures)
    made = retrained(
        network, network.layer("conv3"), maps[rows], labels[rows], ("one", "two"), schedule=QUICK, name="n", title="N"
    )
    with torch.no_grad():
        assert (made(pictures[24:28]).argmax(1) == 1).sum() >= 3


@pytest.mark.parametrize(("architecture", "layer", "names"), [
    ("squeezenet1_1", "fire7", ["conv1", "pool1", "fire2", "fire6.squeeze", "fire7", "conv8", "pool8", "fc9", "fc11"]),
    ("squeezenet1_1", "fire4.expand3x3", ["fire2", "fire3", "conv4", "conv5", "conv6", "fc7"]),
    ("resnet18", "layer2.1", ["before.conv1", "before.layer1.0", "before.layer2.1", "after.top", "after.fc6"]),
    ("resnet18", "layer2.1.conv1", ["before.conv1", "after.top"]),
])  # fmt: skip
def test_blocks_before_the_new_layers_are_layers_still(architecture, layer, names):
    torch.manual_seed(0)
    module = getattr(torchvision.models, architecture)(weights=None, num_classes=4)
    network = Network(module, ["a", "b", "c", "d"], Preprocessing((96, 96), None), name=architecture)
    batch = torch.randn(4, 3, 96, 96)
    chosen = network.layer(layer)
    maps, labels, classes = values(network, chosen.name, batch), np.array([0, 1, 0, 1]), ("one", "two")
    asked = {"filters": 6, "schedule": Schedule(epochs=1, units=3), "name": "new", "title": "New"}
    made = retrained(network, chosen, maps, labels, classes, **asked)
    found = anatomy(made)
    assert found.target.shape == chosen.shape
    assert found.top.shape == (6, *chosen.shape[1:])
    assert set(names) <= {one.name for one in made.layers}
    np.testing.assert_array_equal(values(made, found.target.name, batch), maps)
    assert made.layers[-4].receptive_field is not None
    np.testing.assert_array_equal(made.centres(found.target), network.centres(chosen))
    again = retrained(made, found.target, maps, labels, classes, **asked)
    np.testing.assert_array_equal(values(again, anatomy(again).target.name, batch), maps)
    assert all(one.requires_grad for one in network.module.parameters()), "what was borrowed is as it was"
