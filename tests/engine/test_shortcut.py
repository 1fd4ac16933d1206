"""Closed channels by the shortcut: the same logits as closing them and running all that comes after."""

from functools import cache

import pytest
import torch
from torch import nn

from core.networks import catalogue
from core.networks import shortcut as module
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.networks.shortcut import GatedTail, shares

open_network = cache(catalogue.open_network)

ARCHITECTURES = {  # layer: the value that gates are applied at, and the affine map whose shares are used
    "menagerie-untrained": {
        "conv1": ("pool1", "conv2"),
        "conv4": ("relu4", "conv5"),
        "conv5": ("drop6", "fc6"),
        "pool5": ("drop6", "fc6"),
        "fc6": ("drop7", None),
        "fc8": ("fc8", None),
    },
    "menagerie-residual": {"layer3.1": ("layer3_1_relu_1", None), "layer4.0": ("flatten", None)},
    "torchvision:alexnet@untrained": {"conv1": ("features_2", "features_3"), "conv5": ("classifier_0", "classifier_1")},
    "torchvision:resnet18@untrained": {"layer1.0.conv1": None, "layer3.1": ("layer3_1_relu_1", None)},
    "torchvision:squeezenet1_1@untrained": {"fire8": ("cat_6", None), "fire9": ("classifier_0", None)},
}
SIDES = {
    "torchvision:alexnet@untrained": 96,
    "torchvision:resnet18@untrained": 64,
    "torchvision:squeezenet1_1@untrained": 64,
}


def both_ways(network, layer, side, images=2, ways=3):
    """The logits of the shortcut and of the whole tail, both (images, ways, classes)."""
    generator = torch.Generator().manual_seed(1)
    batch = torch.randn(images, 3, side, side, generator=generator)
    tail, gated = network.tail(layer, batch), GatedTail(network, layer)
    values = tail.activations
    gates = torch.rand(images, ways, values.shape[1], generator=generator) < 0.5
    gates[0, 0], gates[-1, -1] = True, False
    found = torch.full((images, ways, len(network.classes)), torch.nan)
    for some, part, logits in gated(values, gates, batch):
        found[some, part] = logits
    with torch.no_grad():
        closed = values[:, None] * gates.reshape(*gates.shape, *[1] * (values.ndim - 2))
        rows = torch.arange(images).repeat_interleave(ways)
        return found, tail(closed.flatten(0, 1), rows).unflatten(0, (images, ways))


def agree(found, expected):
    return torch.allclose(found, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))


@pytest.mark.parametrize(
    ("name", "layer"), [(name, layer) for name, layers in ARCHITECTURES.items() for layer in layers]
)
def test_the_shortcut_gives_what_the_tail_gives(name, layer):
    network = open_network(name)
    found, expected = both_ways(network, layer, SIDES.get(name, network.preprocessing.size[0]))
    assert agree(found, expected)
    assert not agree(found[:, :1], found[:, 1:2])
    way, wanted = network.shortcut(network.layer(layer)), ARCHITECTURES[name][layer]
    assert (way and (way.gate.name, way.affine and way.affine.name)) == wanted


def made(*parts, side=16, channels=6, classes=3):
    """conv, relu, and then these parts and a classifier."""
    torch.manual_seed(3)
    body = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), nn.ReLU(), *parts, nn.Flatten())
    width = body(torch.zeros(1, 3, side, side)).shape[1]
    return Network(nn.Sequential(body, nn.Linear(width, classes)), list("abc")[:classes], Preprocessing(side, side))


@pytest.mark.parametrize(
    ("parts", "gate", "affine"),
    [
        ([nn.AvgPool2d(2), nn.Dropout(), nn.GELU()], "linear", True),
        ([nn.Conv2d(6, 4, 3, stride=2, padding=(2, 1), dilation=2), nn.Tanh()], "conv", True),
        ([nn.Conv2d(6, 4, (1, 3), bias=False)], "conv", True),
        ([nn.Conv2d(6, 6, 3, groups=2)], "conv", False),
        ([nn.Conv2d(6, 6, 3, padding=1, padding_mode="reflect")], "conv", False),
        ([nn.Conv2d(6, 6, 3, padding="same")], "conv", False),
        ([nn.Conv2d(6, 6, 1)], "conv", False),
        ([nn.Sigmoid(), nn.Conv2d(6, 4, 3)], "layer", False),  # closed channels come out as a half
        ([nn.LocalResponseNorm(3), nn.Conv2d(6, 4, 3)], "layer", False),
        ([nn.Softmax(1)], "layer", False),
    ],
)
def test_only_what_commutes_and_gains_is_cut_short(parts, gate, affine):
    network = made(*parts)
    layer = network.layers[0]
    assert agree(*both_ways(network, layer, 16))
    way = network.shortcut(layer)
    assert (way.affine is not None) == affine
    if gate == "layer":
        assert way.gate.name == layer.node


class Reshaping(nn.Module):
    """Sizes read from the value; a skip around the last convolution."""

    def __init__(self, skip):
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.head, self.skip = nn.Linear(4 * 64, 3), skip

    def forward(self, x):
        x = torch.relu(self.one(x))
        x = torch.relu(self.two(x)) + x if self.skip else torch.relu(self.two(x))
        return self.head(x.view(x.size(0), -1))


class Branching(Reshaping):
    def forward(self, x):
        return super().forward(x if x.sum() < 1e9 else x / 2)


def test_sizes_skips_and_networks_without_a_graph():
    plain = Network(Reshaping(False), list("abc"), Preprocessing(8, 8))
    assert plain.shortcut(plain.layer("two")).affine is not None
    skipping = Network(Reshaping(True), list("abc"), Preprocessing(8, 8))
    assert skipping.shortcut(skipping.layer("one")).affine is None
    assert skipping.shortcut(skipping.layer("two")) is None
    untraced = Network(Branching(False), list("abc"), Preprocessing(8, 8))
    assert untraced.shortcut(untraced.layer("one")) is None
    for network in (plain, skipping, untraced):
        for layer in ("one", "two"):
            assert agree(*both_ways(network, layer, 8)), (network.traced, layer)


def test_a_network_without_a_shortcut_asks_for_the_images():
    network = Network(Reshaping(True), list("abc"), Preprocessing(8, 8))
    with pytest.raises(ValueError, match="images"):
        next(GatedTail(network, "two")(torch.randn(1, 4, 8, 8), torch.ones(1, 2, 4) > 0))


def test_shares_and_the_bias_add_up_to_the_map():
    network = made(nn.MaxPool2d(2), nn.Conv2d(6, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    for layer, shape in ((network.layers[0], (6, 8, 8)), (network.layers[2], (5 * 4 * 4,))):
        affine = network.graph.called(network.shortcut(layer).affine)
        value = torch.randn(2, *shape)
        with torch.no_grad():
            together = shares(affine, value, layer.shape[0]).sum(1)
            bias = affine.bias.view(-1, *[1] * (together.ndim - 2))
            assert torch.allclose(together + bias, affine(value), atol=1e-5)


@pytest.mark.parametrize("bytes_", [1, 2**14, 2**25])
@pytest.mark.parametrize("layer", ["conv1", "conv5", "layer3.1"])
def test_pieces_stay_within_their_bytes_and_cover_everything(layer, bytes_, monkeypatch):
    monkeypatch.setattr(module, "PIECE_BYTES", bytes_)
    name = "menagerie-residual" if layer.startswith("layer") else "menagerie-untrained"
    network = open_network(name)
    seen, run = [], network.graph.run

    def watched(known, nodes=None, *rest, **more):
        result = run(known, nodes, *rest, **more)
        seen.extend(4 * value.numel() for value in known.values())
        return result

    monkeypatch.setattr(network.graph, "run", watched)
    gated = GatedTail(network, layer)
    values = torch.rand(3, *network.layer(layer).shape)
    gates = torch.rand(3, 5, values.shape[1]) < 0.5
    count = torch.zeros(3, 5)
    for some, part, logits in gated(values, gates):
        assert logits.shape[:2] == count[some, part].shape
        count[some, part] += 1
    assert (count == 1).all()
    one_row = max(4 * values[0].numel(), gated._row_bytes)
    assert max(seen) <= max(bytes_, one_row, 4 * values.numel())
