"""Each reason for an empty or suspicious map, on a network built to have it."""

from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from core.measures.diagnosis import constant_map, dead_channels, diagnose, negative_evidence
from core.methods import METHODS
from core.methods.gradcam import gradcam
from core.methods.heatmap import Heatmap
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing


@pytest.fixture
def network():
    """conv1 1 x 1, 3 -> 2 channels: red and green as they are; ReLU; the mean over space; class scores from the two."""
    layers = OrderedDict(
        conv1=nn.Conv2d(3, 2, 1),
        relu1=nn.ReLU(),
        pool=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
        fc=nn.Linear(2, 3),
    )
    module = nn.Sequential(layers)
    module.conv1.weight.data = torch.tensor([[1.0, 0, 0], [0, 1, 0]]).reshape(2, 3, 1, 1)
    module.conv1.bias.data.zero_()
    module.fc.weight.data = torch.tensor([[4.0, 1.0], [-4.0, -2.0], [0.0, 0.0]])
    module.fc.bias.data = torch.tensor([0.0, 0.0, 0.5])
    scale = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    return Network(module, ["ape", "bee", "cat"], Preprocessing((8, 8), None, *scale), name="colours")


@pytest.fixture
def batch():
    """Red on the left half, a green spot on the right."""
    result = torch.zeros(1, 3, 8, 8)
    result[0, 0, :, :4] = 1
    result[0, 1, 3, 6] = 0.5
    return result


def findings(network, batch, label):
    layer = network.layers[0]
    values = gradcam(network, batch, torch.tensor([[label]]), [layer])[layer.name][0, 0].numpy()
    return {one.kind: one for one in diagnose(network, batch, Heatmap(values, "gradcam", layer.name, label))}


def test_a_good_map_needs_no_word(network, batch):
    assert findings(network, batch, 0) == {}


def test_negative_evidence_only(network, batch):
    found = findings(network, batch, 1)
    assert set(found) == {"negative", "other class"}
    # alpha = (-4/64, -2/64): -0.0625 on the left half; nothing speaks for the class.
    assert found["negative"].sentence == (
        "conv1 speaks only against bee: the weighted sum is at most 0 and falls to -0.062; 0 of 2 channels have a "
        "positive weight."
    )
    assert found["negative"].empties


def test_evidence_for_and_against_is_ordinary():
    alpha = torch.tensor([0.5, -1.0])
    assert negative_evidence(torch.tensor([[0.1, -3.0]]), alpha, "conv1", "ape") is None
    assert negative_evidence(torch.zeros(1, 2), alpha, "conv1", "ape") is None
    against = negative_evidence(torch.tensor([[-0.1, -3.0]]), alpha, "conv1", "ape")
    assert "at most -0.1 and falls to -3; 1 of 2 channels" in against.sentence


def test_another_class_is_preferred(network, batch):
    p = network.probabilities(batch)[0]
    found = findings(network, batch, 1)["other class"]
    assert found.sentence == f"The network prefers ape ({p[0]:.2g}) to bee ({p[1]:.2g}, place 3 of 3)."
    assert not found.empties


def test_gradients_that_are_zero(network, batch):
    found = findings(network, batch, 2)
    assert found["no gradient"].empties
    assert "The score of cat does not depend on conv1" in found["no gradient"].sentence
    assert "zero" not in found


def test_dead_channels(network, batch):
    some = batch.clone()
    some[0, 1] = 0
    found = findings(network, some, 0)
    assert found["dead"].sentence == "1 of 2 channels at conv1 are zero for this picture."
    assert not found["dead"].empties
    none = findings(network, -batch, 0)
    assert none["dead"].sentence == "All 2 channels at conv1 are zero for this picture: nothing to weigh."
    assert none["dead"].empties
    assert set(none) == {"dead", "other class"}


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_activations_that_are_not_numbers(network, batch, value):
    batch[0, 0, 2:4, 2] = value
    found = findings(network, batch, 0)
    assert set(found) == {"nan"}
    # Two pixels, and both channels: a weight of zero does not stop what is not a number.
    assert "4 of 128 values at conv1 are not numbers" in found["nan"].sentence


def test_a_constant_map(network):
    grey = torch.full((1, 3, 8, 8), 0.25)
    found = findings(network, grey, 0)
    assert not found["constant"].empties
    assert found["constant"].sentence.startswith("All 64 values of the map are 0.02")


def test_a_few_dead_channels_are_ordinary():
    activations = torch.ones(4, 2, 2)
    activations[0] = 0
    assert dead_channels(activations, "conv1") is None
    activations[1] = 0
    assert dead_channels(activations, "conv1").sentence == "2 of 4 channels at conv1 are zero for this picture."


def test_maps_without_a_layer():
    assert constant_map(np.zeros((4, 4))).kind == "zero"
    assert constant_map(np.zeros((4, 4))).empties
    assert constant_map(np.full((4, 4), np.nan)).kind == "nan"
    assert constant_map(np.ones((1, 1))).sentence == "The map has one position only: this layer cannot say where."
    assert constant_map(np.array([[0.0, np.nan, 1.0]])) is None


def test_a_map_of_zeros_from_a_method_without_layers(network, batch):
    found = diagnose(network, batch, Heatmap(np.zeros((8, 8), np.float32), "lime", None, 0, True))
    assert [(one.kind, one.empties) for one in found] == [("zero", True)]


def test_every_sentence_is_one_sentence(network, batch):
    for label in range(3):
        for one in findings(network, batch, label).values():
            assert one.sentence.endswith(".")
            assert ". " not in one.sentence


def chip_findings(network, batch, label, weights, method="chip"):
    layer = network.layers[0]
    importances = {layer.name: np.array(weights)}
    found = METHODS[method].run(network, batch, torch.tensor([[label]]), [layer], importances=importances)
    heatmap = Heatmap(found[layer.name][0, 0].numpy(), method, layer.name, label, METHODS[method].signed)
    return {one.kind: one for one in diagnose(network, batch, heatmap, importances)}


def test_a_class_without_importances(network, batch):
    found = chip_findings(network, batch, 0, [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert found["no importance"].empties
    assert found["no importance"].sentence.startswith("No channel at conv1 has an importance for ape")
    assert chip_findings(network, batch, 0, [[0.5, 0.0], [1.0, 0.0], [0.0, 1.0]]) == {}


@pytest.mark.parametrize("method", ["refined-chip", "guided-chip"])
def test_importances_that_only_speak_against_a_class_empty_what_is_clamped(network, batch, method):
    weights = [[-1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    against = chip_findings(network, batch, 0, weights, method)["negative"]
    assert against.empties
    assert "speaks only against ape: the weighted sum is at most 0 and falls to -1" in against.sentence
    assert chip_findings(network, batch, 0, weights) == {}, "a signed map shows what speaks against"


def test_a_method_without_weights_says_nothing_of_gradients(network, batch):
    network.module.fc.weight.data.abs_().neg_()
    layer = network.layers[0]
    heatmap = Heatmap(np.zeros((8, 8), np.float32), "c-mwp", layer.name, 0)
    assert {one.kind for one in diagnose(network, batch, heatmap)} == {"zero", "other class"}
