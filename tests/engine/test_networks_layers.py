"""Layers are found, named as the field names them, and their receptive fields are those that can be measured."""

from collections import Counter

import pytest
import torch
from torch import nn

from core.errors import UnknownLayer
from core.networks.catalogue import open_network
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing

VGG16 = (
    *("conv1_1", "conv1_2", "pool1", "conv2_1", "conv2_2", "pool2", "conv3_1", "conv3_2", "conv3_3", "pool3"),
    *("conv4_1", "conv4_2", "conv4_3", "pool4", "conv5_1", "conv5_2", "conv5_3", "pool5", "fc6", "fc7", "fc8"),
)
ALEXNET = ("conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5", "fc6", "fc7", "fc8")


def toy(module, classes=2, side=32):
    return Network(module, [f"class {i}" for i in range(classes)], Preprocessing(side, side), name="toy")


@pytest.fixture(scope="module")
def opened():
    """Untrained networks of torchvision by name, each opened once for this file."""
    networks = {}

    def get(name):
        if name not in networks:
            networks[name] = open_network(f"torchvision:{name}@untrained")
        return networks[name]

    return get


@pytest.mark.parametrize(
    ("name", "expected"),
    [("vgg16", VGG16), ("alexnet", ALEXNET)],
)
def test_plain_chains_have_the_fields_names(opened, name, expected):
    assert tuple(layer.name for layer in opened(name).layers) == expected


def test_the_embedded_plain_network_has_the_fields_names():
    network = open_network("menagerie-untrained")
    assert tuple(layer.name for layer in network.layers) == ALEXNET
    assert network.default_layer.name == "conv5"


@pytest.mark.parametrize(
    ("name", "default", "shape", "field", "others"),
    [
        ("alexnet", "conv5", (256, 13, 13), 163, {"pool5": 195}),
        ("vgg16", "conv5_3", (512, 14, 14), 196, {"pool5": 212, "conv1_1": 3}),
        ("resnet18", "layer4.1", (512, 7, 7), 435, {"conv1": 7, "maxpool": 11}),
        ("squeezenet1_1", "fire9", (512, 13, 13), 207, {"fire2": 15, "pool1": 7}),
        ("googlenet", "inception5b", (1024, 7, 7), 379, {"conv1": 7}),
        ("inception_v3", "Mixed_7c", (2048, 8, 8), 1311, {"Conv2d_4a_3x3": 23}),
        ("densenet121", "features", (1024, 7, 7), 2071, {"denseblock1": 59, "denseblock4": 2071}),
        ("mobilenet_v3_small", "features.12", (576, 7, 7), None, {"features.0": 3}),
    ],
)
def test_defaults_shapes_and_receptive_fields(opened, name, default, shape, field, others):
    network = opened(name)
    layer = network.default_layer
    assert (layer.name, layer.shape, layer.receptive_field) == (default, shape, field)
    assert default in network.default_reason
    assert "spatial extent" in network.default_reason
    assert {other: network.layer(other).receptive_field for other in others} == others


def test_the_default_is_before_a_convolution_that_scores_the_classes(opened):
    assert "conv10" in opened("squeezenet1_1").default_reason
    assert "classes themselves" in opened("squeezenet1_1").default_reason


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "densenet121", "mobilenet_v3_small", "squeezenet1_1"])
def test_names_nodes_and_the_order_of_execution_are_unambiguous(opened, name):
    network = opened(name)
    assert max(Counter(layer.name for layer in network.layers).values()) == 1
    assert max(Counter(layer.node for layer in network.layers).values()) == 1
    spatial = [layer.spatial for layer in network.layers]
    assert spatial == sorted(spatial, reverse=True), "values without extent come after those with"


def test_a_layer_is_found_by_either_name_and_a_wrong_one_is_answered_with_near_ones(opened):
    network = opened("vgg16")
    layer = network.layer("conv5_3")
    assert layer.path == "features.28"
    assert layer.emitter == "features.29"
    assert network.layer("features.28") == network.layer("features.29") == network.layer(layer) == layer
    with pytest.raises(UnknownLayer, match="conv5_3"):
        network.layer("conv5_4")


def test_a_relu_called_twice_gives_two_layers_and_no_single_emitter(opened):
    network = opened("resnet18")
    assert network.layer("layer4.1.conv1").emitter is None
    assert network.layer("layer4.1.conv1").node != network.layer("layer4.1").node
    assert network.layer("layer4.1").emitter == "layer4.1"


class Joined(nn.Module):
    """Written without blocks: the network itself adds and concatenates, by functions."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 5, 2)
        self.second = nn.Conv2d(4, 4, (3, 1), padding=(1, 0), dilation=(1, 1))
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        x = torch.relu(self.first(x))
        y = (x + self.second(x)).relu()
        y = torch.cat([y, nn.functional.max_pool2d(y, 3, 1, 1)], 1)
        return self.head(y.mean((2, 3)))


def test_joins_outside_of_any_block_are_layers_too():
    names = [(layer.name, layer.kind, layer.receptive_field) for layer in toy(Joined()).layers]
    assert names == [
        ("first", "conv", 5),
        ("second", "conv", 9),
        ("relu_1", "block", 9),
        ("max_pool2d", "pool", 13),
        ("cat", "block", 13),
        ("head", "linear", None),
    ]


class Ladder(nn.Module):
    """Strides, dilation, padding and poolings in a row, and a shortcut around some."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 2, 3, 2, 1)
        self.b = nn.Conv2d(2, 2, 3, dilation=2, padding=2)
        self.c = nn.Conv2d(2, 2, (1, 5), padding=(0, 2))
        self.pool = nn.AvgPool2d(2)
        self.d = nn.Conv2d(2, 2, 3, padding=1)
        self.head = nn.Linear(2, 2)

    def forward(self, x):
        x = self.a(x)
        x = self.pool(x + self.c(self.b(x)))
        return self.head(self.d(x).flatten(2).mean(2))


def test_receptive_fields_are_what_gradients_reach():
    module = Ladder()
    for weight in module.parameters():
        nn.init.constant_(weight, 1.0)
    network = toy(module, side=96)
    batch = torch.rand(1, 3, 96, 96, requires_grad=True)
    from core.networks.taps import tap

    spatial = [layer for layer in network.layers if layer.spatial]
    assert len(spatial) >= 5
    with tap(network, spatial) as seen:
        network(batch)
    for layer in spatial:
        value = seen[layer.name]
        middle = value[0, 0, value.shape[2] // 2, value.shape[3] // 2]
        (reached,) = torch.autograd.grad(middle, batch, retain_graph=True)
        rows = reached[0, 0].abs().sum(1).nonzero()
        columns = reached[0, 0].abs().sum(0).nonzero()
        measured = max(int(rows.max() - rows.min()), int(columns.max() - columns.min())) + 1
        assert measured == layer.receptive_field, layer


class Untraceable(nn.Module):
    """A branch that depends on the picture's values."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.relu = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        x = self.pool(self.relu(self.norm(self.conv(x))))
        if x.sum() > 1e9:
            x = x / 2
        return self.head(x.mean((2, 3)))


def test_a_network_that_cannot_be_traced_offers_its_modules():
    network = toy(Untraceable())
    assert not network.traced
    assert [(layer.path, layer.node, layer.kind, layer.shape) for layer in network.layers] == [
        ("conv", "relu", "conv", (4, 30, 30)),
        ("pool", "pool", "pool", (4, 15, 15)),
        ("head", "head", "linear", (2,)),
    ]
    assert network.default_layer.path == "conv"


class Liar(nn.Module):
    """Traces without complaint, and into something else: it counts its calls."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return self.conv(x).mean((2, 3)) * self.calls


def test_a_graph_that_computes_something_else_is_not_used():
    assert not toy(Liar()).traced
