"""Backpropagation and c-MWP against their papers, by loops in float64 and by hand."""

from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import NotDefined
from core.methods import METHODS
from core.methods.backprop import gradients
from core.methods.excitation import Rules, contrastive, excitations, winning
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.networks.vision import torchvision


def numbers(network):
    return {name: value.detach().double().numpy() for name, value in network.module.named_parameters()}


def slow_conv(x, weight, bias):
    """A 3 x 3 convolution with a margin of one.  (K, H, W), (M, K, 3, 3), (M,) -> (M, H, W)"""
    wide, result = np.pad(x, ((0, 0), (1, 1), (1, 1))), np.zeros((len(weight), *x.shape[1:]))
    for m, i, j in np.ndindex(result.shape):
        result[m, i, j] = bias[m] + (weight[m] * wide[:, i : i + 3, j : j + 3]).sum()
    return result


def slow_down_linear(a, weights, chances):
    """P(a_j) = sum_i a_j w+_ij / (sum_j a_j w+_ij) P(a_i), by loops.  (J,), (I, J), (I,) -> (J,)"""
    result = np.zeros(len(a))
    for i in range(len(weights)):
        total = sum(a[j] * weights[i, j] for j in range(len(a)) if weights[i, j] >= 0)
        if total > 0:
            for j in range(len(a)):
                if weights[i, j] >= 0:
                    result[j] += a[j] * weights[i, j] / total * chances[i]
    return result


def slow_down_conv(a, weight, chances):
    """The same for a 3 x 3 convolution with a margin of one.  (K, H, W), (M, K, 3, 3), (M, H, W) -> (K, H, W)"""
    channels, height, width = a.shape
    result = np.zeros_like(a)
    for m, i, j in np.ndindex(chances.shape):
        read = [
            (k, i + p - 1, j + q - 1, weight[m, k, p, q])
            for k, p, q in np.ndindex(channels, 3, 3)
            if 0 <= i + p - 1 < height and 0 <= j + q - 1 < width and weight[m, k, p, q] >= 0
        ]
        total = sum(a[k, y, x] * w for k, y, x, w in read)
        if total > 0:
            for k, y, x, w in read:
                result[k, y, x] += a[k, y, x] * w / total * chances[m, i, j]
    return result


def slow_maps(network, image, label):
    """c-MWP of the toy network, before its positive part is taken: {path: (H, W)}"""
    p = numbers(network)
    first = np.maximum(slow_conv(image, p["conv1.weight"], p["conv1.bias"]), 0)
    second = np.maximum(slow_conv(first, p["conv2.weight"], p["conv2.bias"]), 0)
    weights = p["fc.weight"][label : label + 1]
    winners = slow_down_linear(second.reshape(-1), weights, np.ones(1))
    losers = slow_down_linear(second.reshape(-1), -weights, np.ones(1))
    contrast = (winners - losers).reshape(second.shape)
    below = slow_down_conv(first, p["conv2.weight"], contrast)
    return {"conv1": below.sum(0), "conv2": contrast.sum(0)}


def test_c_mwp_equals_the_paper_written_with_loops(toy, batch_of):
    batch, orders = batch_of(toy, 2), ([0, 1, 2], [2, 1, 0])
    spatial = [layer for layer in toy.layers if layer.spatial]
    signed = excitations(toy, batch, torch.tensor(orders), spatial)
    maps = contrastive(toy, batch, torch.tensor(orders), spatial)
    for n, order in enumerate(orders):
        for column, label in enumerate(order):
            slow = slow_maps(toy, batch[n].double().numpy(), label)
            for layer in spatial:
                assert np.abs(signed[layer.name][n, column].numpy() - slow[layer.path]).max() < 1e-5
                assert np.abs(maps[layer.name][n, column].numpy() - np.maximum(slow[layer.path], 0)).max() < 1e-5
                assert slow[layer.path].min() < -0.01  # so that taking the positive part is seen
                assert slow[layer.path].max() > 0.01


def test_an_example_worked_by_hand():
    """Two neurons read (2, 1, 3) with weights (1, -1, 0) and (2, 1, -5): the first wins by the first value only, the
    second by 4 against 1."""
    weight = torch.tensor([[1.0, -1.0, 0.0], [2.0, 1.0, -5.0]]).clamp(min=0)
    values = torch.tensor([[2.0, 1.0, 3.0]])
    (found,) = winning(lambda a: a @ weight.T, [values], torch.tensor([[0.5, 0.5]]))
    assert torch.allclose(found, torch.tensor([[0.5 + 0.5 * 4 / 5, 0.5 / 5, 0.0]]))
    (nothing,) = winning(lambda a: a @ weight.T, [-values], torch.tensor([[0.5, 0.5]]))
    assert nothing.abs().max() == 0  # nothing excites: the probability ends


class Everything(nn.Module):
    """Every operation that has a rule, with weights that excite everywhere."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1)
        self.alone = nn.BatchNorm2d(4)
        self.left, self.right = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 1)
        self.norm = nn.BatchNorm2d(4)
        self.highest, self.mean = nn.MaxPool2d(2), nn.AvgPool2d(2)
        self.drop, self.fc = nn.Dropout(), nn.Linear(8, 3)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = torch.relu(self.alone(self.highest(x)))
        x = torch.relu(self.norm(self.left(x))) + self.right(x)
        x = torch.cat([self.mean(x), self.highest(x)], 1)
        return self.fc(self.drop(x).mean((2, 3)))


@pytest.fixture
def everything():
    module, generator = Everything(), torch.Generator().manual_seed(4)
    for parameter in module.parameters():
        parameter.data = torch.rand(parameter.shape, generator=generator) + 0.1
    for norm in (module.alone, module.norm):
        norm.running_var = torch.rand(4, generator=generator) + 0.5
    preprocessing = Preprocessing(resize=(8, 8), crop=None, mean=(0.0,) * 3, std=(1.0,) * 3)
    return Network(module, list("abc"), preprocessing, name="everything")


def test_probability_is_neither_made_nor_lost(everything):
    """With positive weights and values nothing speaks against a class, and P sums to one at every layer that all of it
    passes."""
    batch = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    spatial = {layer.name: layer for layer in everything.layers if layer.spatial}
    maps = excitations(everything, batch, torch.tensor([[0, 1], [2, 0]]), list(spatial.values()))
    mass = {name: one.sum((2, 3)) for name, one in maps.items()}
    for name in ("conv1", "highest", "add", "cat"):
        assert torch.allclose(mass[name], torch.ones(2, 2), atol=1e-5), name
    for left, right in (("left", "right"), ("mean", "highest_1")):
        assert torch.allclose(mass[left] + mass[right], torch.ones(2, 2), atol=1e-5)
        assert ((mass[left] > 0.01) & (mass[left] < 0.99)).all()


def test_a_batch_norm_is_part_of_the_convolution_before_it():
    torch.manual_seed(3)
    conv, norm = nn.Conv2d(4, 6, 3), nn.BatchNorm2d(6)
    norm.weight.data, norm.running_var = torch.randn(6), torch.rand(6) + 0.5
    norm.running_mean = torch.randn(6)
    first, fc = nn.Conv2d(3, 4, 3), nn.Linear(6 * 8 * 8, 3)
    parts = lambda *middle: nn.Sequential(first, nn.ReLU(), *middle, nn.ReLU(), nn.Flatten(), fc)  # noqa: E731
    preprocessing = Preprocessing(resize=(12, 12), crop=None, mean=(0.0,) * 3, std=(1.0,) * 3)
    apart = Network(parts(conv, norm).eval(), list("abc"), preprocessing)
    fused = Network(parts(nn.utils.fuse_conv_bn_eval(conv.eval(), norm.eval())), list("abc"), preprocessing)
    batch, classes = torch.randn(2, 3, 12, 12), torch.tensor([[0], [1]])
    one, other = (
        excitations(n, batch, classes, [layer for layer in n.layers if layer.spatial]) for n in (apart, fused)
    )
    assert len(one) == len(other) == 2
    for left, right in zip(one.values(), other.values(), strict=True):
        assert left.abs().max() > 0.001
        assert torch.allclose(left, right, atol=1e-6)


@pytest.mark.parametrize("name", ["alexnet", "vgg11_bn", "resnet18", "googlenet", "densenet121", "squeezenet1_1"])
def test_has_a_rule_for_everything_in(name):
    torch.manual_seed(7)
    more = {"init_weights": True} if name == "googlenet" else {}
    module = getattr(torchvision.models, name)(weights=None, **more).eval()
    network = Network(module, [str(i) for i in range(1000)], Preprocessing(resize=(96, 96), crop=None), name=name)
    spatial = [layer for layer in network.layers if layer.spatial]
    classifier = [layer for layer in spatial if METHODS["c-mwp"].defined(network, layer)]
    assert [layer.name for layer in classifier] == (["conv10"] if name == "squeezenet1_1" else [])
    chosen = [layer for layer in spatial if layer not in classifier][:: max(len(spatial) // 4, 1)]
    batch = torch.randn(1, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    maps = contrastive(network, batch, torch.tensor([[3, 8]]), chosen)
    assert all(torch.isfinite(one).all() for one in maps.values())
    assert sum(float(one.max()) > 0 for one in maps.values()) >= len(maps) - 1


def test_what_has_no_rule_is_said(toy, smooth, batch_of):
    torch.manual_seed(7)
    module = torchvision.models.mobilenet_v3_small(weights=None).eval()
    classes = [str(i) for i in range(1000)]
    network = Network(module, classes, Preprocessing(resize=(64, 64), crop=None), name="mobilenet")
    first = network.layers[0]
    assert "no rule for a Hardsigmoid" in METHODS["c-mwp"].defined(network, first)
    with pytest.raises(NotDefined, match="no rule"):
        contrastive(network, torch.randn(1, 3, 64, 64), torch.tensor([[0]]), [first])
    assert METHODS["c-mwp"].defined(network, network.default_layer) is None
    assert METHODS["c-mwp"].defined(smooth) is None


def test_scores_that_are_a_sum_of_two_layers_are_refused(batch_of):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)
            self.one, self.other = nn.Linear(4, 3), nn.Linear(4, 3)

        def forward(self, x):
            x = self.conv(x).relu().mean((2, 3))
            return self.one(x) + self.other(x)

    network = Network(Two(), list("abc"), Preprocessing(resize=(8, 8), crop=None), name="two")
    assert Rules(network.graph).top is None
    assert "one last layer of weights" in METHODS["c-mwp"].defined(network)


def test_backpropagation_is_the_change_of_the_score(toy, batch_of):
    """Against differences of the score itself in float64, and the maximum over colours by hand."""
    batch, classes = batch_of(toy, 2), torch.tensor([[0, 2], [1, 0]])
    found = gradients(toy, batch, classes)
    maps = METHODS["backprop"].run(toy, batch, classes, [])[None]
    module = nn.Sequential(OrderedDict(toy.module.named_children())).double()
    step, checked = 1e-5, 0
    for n, column in np.ndindex(2, 2):
        for colour, i, j in [(0, 0, 0), (1, 3, 2), (2, 5, 5), (0, 2, 4)]:
            up, down = batch[n : n + 1].double(), batch[n : n + 1].double()
            up[0, colour, i, j] += step
            down[0, colour, i, j] -= step
            label = int(classes[n, column])
            with torch.no_grad():
                slow = float((module(up) - module(down))[0, label]) / (2 * step)
            assert abs(float(found[n, column, colour, i, j]) - slow) < 1e-4
            checked += abs(slow) > 0.01
            assert float(maps[n, column, i, j]) == max(abs(float(found[n, column, c, i, j])) for c in range(3))
    assert checked >= 8
