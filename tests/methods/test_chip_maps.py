"""CHIP's maps against the paper's formulas, by loops in float64 and by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from core import engine
from core.errors import NotComputed
from core.methods import METHODS, explain
from core.methods.chip.maps import chip_map, refined_map
from core.methods.guided import guided_gradients
from core.methods.heatmap import Heatmap
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing

CHIP = ("chip", "refined-chip", "guided-chip")


def slow_values(network, image):
    """The toy network's two convolutions after their ReLUs, by loops in float64: {path: (K, H, W)}"""
    parameters = {name: value.detach().double().numpy() for name, value in network.module.named_parameters()}
    values, value = {}, image.double().numpy()
    for name in ("conv1", "conv2"):
        weight, bias = parameters[f"{name}.weight"], parameters[f"{name}.bias"]
        wide = np.pad(value, ((0, 0), (1, 1), (1, 1)))
        made = np.zeros((len(weight), *value.shape[1:]))
        for m, i, j in np.ndindex(made.shape):
            made[m, i, j] = bias[m] + sum(
                weight[m, k, a, b] * wide[k, i + a, j + b] for k, a, b in np.ndindex(weight.shape[1:])
            )
        values[name] = value = np.maximum(made, 0)
    return values


def slow_chip(activations, importances):
    """Equation 10 for one class.  (K, H, W), (K,) -> (H, W)"""
    total = np.zeros(activations.shape[1:])
    for k in range(len(activations)):
        for i in range(total.shape[0]):
            for j in range(total.shape[1]):
                total[i, j] += importances[k] * activations[k, i, j]
    return total


def slow_bilinear(values, height, width):
    """Bilinear, corners not aligned: positions are centres of squares, the border is repeated.  (h, w) -> (H, W)"""
    rows, columns = values.shape
    result = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            y = min(max((i + 0.5) * rows / height - 0.5, 0), rows - 1)
            x = min(max((j + 0.5) * columns / width - 0.5, 0), columns - 1)
            top, left = int(y), int(x)
            below, right = min(top + 1, rows - 1), min(left + 1, columns - 1)
            dy, dx = y - top, x - left
            result[i, j] = (1 - dy) * ((1 - dx) * values[top, left] + dx * values[top, right]) + dy * (
                (1 - dx) * values[below, left] + dx * values[below, right]
            )
    return result


@pytest.fixture
def importances():
    generator = np.random.default_rng(3)
    return {name: generator.normal(0, 1, (3, 2)) for name in ("conv1", "conv2")}


@pytest.fixture
def spatial(toy):
    return [layer for layer in toy.layers if layer.spatial]


def test_equals_the_paper_written_with_loops(toy, spatial, batch_of, importances):
    batch, orders = batch_of(toy, 2), ([0, 1, 2], [2, 1, 0])
    maps = explain(CHIP, toy, batch, torch.tensor(orders), spatial, importances=importances)
    guided = guided_gradients(toy, batch, torch.tensor(orders)).double().numpy()
    signs = set()
    for n, order in enumerate(orders):
        values = slow_values(toy, batch[n])
        for column, label in enumerate(order):
            slow = {name: slow_chip(values[name], importances[name][label]) for name in values}
            fine = np.abs(guided[n, column]).max(0)
            for name, one in slow.items():
                assert np.abs(maps["chip"][name][n, column].numpy() - one).max() < 1e-5
                deep, first = np.maximum(one, 0), np.maximum(slow["conv1"], 0)
                assert np.abs(maps["refined-chip"][name][n, column].numpy() - first * deep).max() < 1e-4
                assert np.abs(maps["guided-chip"][name][n, column].numpy() - deep * fine).max() < 1e-4
                signs |= set(np.sign(one).ravel())
    assert signs >= {-1.0, 1.0}  # the clamping is only seen where there is something to clamp


def test_an_example_worked_by_hand():
    activations = torch.tensor([[[[1.0, 2.0], [0.0, 1.0]], [[0.0, 1.0], [3.0, 0.0]]]])
    importances = torch.tensor([[[1.0, -0.5], [0.0, 2.0]]])
    maps = chip_map(activations, importances)
    assert maps.tolist() == [[[[1.0, 1.5], [-1.5, 1.0]], [[0.0, 2.0], [6.0, 0.0]]]]


def test_minus_times_minus_does_not_shine():
    first = torch.tensor([[[[-2.0, 3.0], [4.0, -1.0]]]])
    deep = torch.tensor([[[[-1.0, 2.0], [-5.0, 6.0]]]])
    assert refined_map(first, deep, (2, 2)).tolist() == [[[[0.0, 6.0], [0.0, 0.0]]]]


def test_a_refined_map_meets_at_the_first_layers_resolution():
    """A deep map of 2 x 2 is brought to the first layer's 4 x 4, multiplied there, and only then to the input's 8 x 8:
    enlarging both to the input first would give another map."""
    generator = np.random.default_rng(1)
    first, deep = generator.normal(0, 1, (4, 4)), generator.normal(0.5, 1, (2, 2))
    product = np.maximum(first, 0) * slow_bilinear(np.maximum(deep, 0), 4, 4)
    slow = slow_bilinear(product, 8, 8)
    fast = refined_map(torch.from_numpy(first)[None, None], torch.from_numpy(deep)[None, None], (8, 8))
    assert np.abs(fast[0, 0].numpy() - slow).max() < 1e-12
    other = slow_bilinear(np.maximum(first, 0), 8, 8) * slow_bilinear(np.maximum(deep, 0), 8, 8)
    assert np.abs(other - slow).max() > 0.01


def test_what_each_method_needs(toy, spatial):
    assert METHODS["chip"].needs(toy, spatial[1]) == ["conv2"]
    assert METHODS["guided-chip"].needs(toy, spatial[1]) == ["conv2"]
    assert METHODS["refined-chip"].needs(toy, spatial[1]) == ["conv1", "conv2"]
    assert METHODS["refined-chip"].needs(toy, spatial[0]) == ["conv1"]
    assert METHODS["gradcam"].needs(toy, spatial[1]) == []


@pytest.mark.parametrize("name", CHIP)
def test_a_layer_whose_channels_are_the_classes_is_refused(name):
    torch.manual_seed(0)
    parts = nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Conv2d(6, 4, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    preprocessing = Preprocessing(resize=(12, 12), crop=None, mean=(0.0,) * 3, std=(1.0,) * 3)
    network = Network(nn.Sequential(*parts), list("abcd"), preprocessing)
    first, scores = (layer for layer in network.layers if layer.spatial)
    assert METHODS[name].defined(network, first) is None
    assert "are the 4 classes themselves; use" in METHODS[name].defined(network, scores)


@pytest.mark.parametrize("name", CHIP)
def test_importances_that_are_missing_are_named(name, toy, spatial, batch_of, importances):
    del importances["conv1" if name == "refined-chip" else "conv2"]
    with pytest.raises(NotComputed, match="not computed yet") as error:
        METHODS[name].run(toy, batch_of(toy, 1), torch.tensor([[0]]), spatial[1:], importances=importances)
    assert error.value.layers == (("conv1",) if name == "refined-chip" else ("conv2",))


def test_the_engine_answers_what_it_can_and_names_what_is_missing(toy, spatial, importances):
    image = np.random.default_rng(0).integers(0, 256, (12, 12, 3), np.uint8)
    del importances["conv1"]
    found = engine.explain(
        toy, image, classes=[0, 2], layers=spatial, methods=["gradcam", *CHIP], importances=importances
    )
    assert set(found) == {(name, layer.name, c) for name in ("gradcam", *CHIP) for layer in spatial for c in (0, 2)}
    for (name, layer, label), one in found.items():
        if name == "gradcam" or (layer == "conv2" and name != "refined-chip"):
            assert isinstance(one, Heatmap)
            assert one.signed == (name == "chip")
            assert one.class_index == label
        else:
            assert isinstance(one, NotComputed)
            assert one.layers == ("conv1",)
    alone = engine.explain(toy, image, classes=[0], layers=["conv2"], methods=["chip"], importances=importances)
    assert np.array_equal(alone["chip", "conv2", 0].values, found["chip", "conv2", 0].values)
    bare = engine.explain(toy, image, classes=[0], layers=["conv2"], methods=["chip"])
    assert isinstance(bare["chip", "conv2", 0], NotComputed)
