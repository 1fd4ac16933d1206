"""Knock-out through the engine: on a split as picture by picture, and from the store the second time."""

import numpy as np
import pytest
import torch
from torch import nn

from core import engine
from core.engine import channels
from core.errors import Cancelled, UnknownClass, UnknownLayer, UnknownName
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.probes.probe import Probe
from core.request import Request

CHANNELS = [4, 1]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 144, 4))
    own = Preprocessing(resize=(12, 12), crop=None, mean=(0.5,) * 3, std=(0.25,) * 3)
    return Network(module, ["Red_fox", "owl", "cat", "dog"], own, name="toy")


class Noise(Probe):
    """Pictures of noise; of the classes the network knows two, in another order and spelling."""

    name = title = about = fingerprint = "noise"
    classes = ("owl", "red fox", "unicorn")
    offers = frozenset({"labels"})

    def __init__(self, count: int = 40):
        self.count, self.splits = count, {"test": np.arange(count), "val": np.arange(5)}

    def __len__(self):
        return self.count

    def image(self, index):
        return np.random.default_rng(index).integers(0, 256, (12, 12, 3), np.uint8)

    def label(self, index):
        return index % 3


def refuse(*_step):
    raise Cancelled("not now")


def test_a_split_equals_its_pictures_one_by_one(network):
    probe, layer = Noise(), network.layers[0]
    found = engine.knockout(network, probe, layer, 0, CHANNELS, draws=2)
    assert found.labels.tolist() == [[1, 0, -1][index % 3] for index in range(40)], "classes of the network"
    assert np.flatnonzero(found.closed[0]).tolist() == [1, 4]
    for index in range(40):
        one = engine.knockout_here(network, probe.image(index), layer, 0, CHANNELS, draws=2)
        assert found.asked[:2, index] == pytest.approx(one.asked[:2, 0], abs=1e-6)
    shown = np.mean([engine.activations(network, probe.image(i), layer).mean((1, 2)) for i in range(40)], 0)
    np.testing.assert_allclose(found.activation, shown, atol=1e-6)


def test_the_second_time_it_comes_from_the_store(network):
    probe, asked = Noise(), {"split": "test", "images": 9, "draws": 2}
    with pytest.raises(Cancelled):
        engine.knockout(network, probe, network.layers[0], 0, CHANNELS, progress=refuse, **asked)
    first = engine.knockout(network, probe, network.layers[0], 0, CHANNELS, **asked)
    again = engine.knockout(network, probe, network.layers[0], 0, CHANNELS[::-1], progress=refuse, **asked)
    for name in ("closed", "asked", "own", "right", "means", "labels", "activation"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert first.labels.tolist().count(0) == first.labels.tolist().count(1) == 3, "evenly over the classes"


def test_pictures_that_memory_has_no_room_for_are_drawn_again(network, monkeypatch):
    whole = engine.knockout(network, Noise(), network.layers[0], 1, CHANNELS, draws=2)
    monkeypatch.setattr(channels, "_HELD", 0)
    again = channels._knockout(
        Request("knockout", 1, network.fingerprint, "probe:noise:test", layer=network.layers[0].name,
                classes=(1,), parameters={"channels": sorted(CHANNELS), "images": None, "draws": 2}),
        network, Noise(), None,
    )  # fmt: skip
    np.testing.assert_array_equal(whole.asked, again["asked"])


@pytest.mark.parametrize(
    ("change", "error"),
    [({"label": 4}, UnknownClass), ({"layer": "conv9"}, UnknownLayer), ({"split": "train"}, UnknownName)],
)
def test_what_is_not_there_is_said(network, change, error):
    asked = {"layer": network.layers[0], "label": 0, "split": "test", **change}
    with pytest.raises(error):
        engine.knockout(network, Noise(), asked["layer"], asked["label"], CHANNELS, split=asked["split"])
