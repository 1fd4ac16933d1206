"""What comes after a layer, run alone, gives what the whole network gives."""

import pytest
import torch
from torch import nn

from core.networks.catalogue import open_network
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing

ARCHITECTURES = (
    *("alexnet", "vgg16", "resnet18", "googlenet", "inception_v3", "densenet121", "squeezenet1_1"),
    *("mobilenet_v3_small", "shufflenet_v2_x0_5", "efficientnet_b0", "convnext_tiny"),
)
SIDES = {"alexnet": 96, "vgg16": 64, "inception_v3": 128}  # small pictures, where the architecture takes them


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_tail_equals_the_whole_network_at_an_early_a_middle_and_the_last_layer(name):
    network = open_network(f"torchvision:{name}@untrained")
    side = SIDES.get(name, 96)
    batch = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1))
    spatial = [layer for layer in network.layers if layer.spatial]
    with torch.no_grad():
        whole = network(batch)
        scale = float(whole.abs().max())
        for layer in (spatial[0], spatial[len(spatial) // 2], network.default_layer, spatial[-1], network.layers[-1]):
            tail = network.tail(layer, batch)
            assert torch.equal(tail(tail.activations), whole), layer
            swapped = tail(tail.activations[[1, 0, 1]], rows=[1, 0, 1])
            assert torch.allclose(swapped, whole[[1, 0, 1]], rtol=1e-4, atol=1e-4 * scale), layer


@pytest.mark.parametrize("layer", ["layer1.0.conv1", "layer2.0.downsample", "layer4.1"])
def test_a_changed_activation_has_the_effect_that_changing_it_in_a_full_pass_has(layer):
    network = open_network("torchvision:resnet18@untrained")
    batch = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    tail = network.tail(layer, batch)
    changed = tail.activations * (torch.arange(tail.activations.shape[1]) % 3 != 0)[:, None, None]
    from core.networks.taps import tap

    with torch.no_grad():
        with tap(network, [], {layer: lambda value: changed}):
            expected = network(batch)
        assert not torch.equal(expected, network(batch))
        assert torch.equal(tail(changed), expected)


def test_rows_say_which_image_each_changed_activation_belongs_to():
    network = open_network("torchvision:squeezenet1_1@untrained")
    batch = torch.randn(3, 3, 64, 64)
    tail = network.tail("fire5.expand3x3", batch)  # its block also reads the other expansion, kept per image
    rows = [2, 0, 2, 1]
    with torch.no_grad():
        assert torch.allclose(tail(tail.activations[rows], rows), network(batch)[rows], atol=1e-5)
        with pytest.raises(ValueError, match="rows"):
            tail(tail.activations[rows])
        one = network.tail("fire5.expand3x3", batch[:1])
        assert torch.allclose(one(tail.activations[[0, 0]]), network(batch[[0, 0]]), atol=1e-5)


def test_gradients_flow_through_a_tail_in_both_directions():
    network = open_network("menagerie-untrained")
    batch = torch.randn(1, 3, 128, 128)
    tail = network.tail("conv5", batch)
    value = tail.activations.clone().requires_grad_()
    (backward,) = torch.autograd.grad(tail(value)[0, 3], value)
    step = torch.randn_like(value)
    _, forward = torch.func.jvp(tail, (tail.activations,), (step,))
    assert torch.allclose((backward * step).sum(), forward[0, 3], rtol=1e-3, atol=1e-5)


class Sizes(nn.Module):
    """Reads the number of images, a parameter and a value of another branch after the cut."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.side = nn.Conv2d(3, 4, 3, padding=1)
        self.scale = nn.Parameter(torch.randn(4, 1, 1))
        self.head = nn.Linear(4 * 64, 2)

    def forward(self, x):
        images = x.size(0)
        side = self.side(x)
        x = torch.relu(self.conv(x))
        x = x * self.scale + side
        return self.head(x.view(images, -1))


class Branching(Sizes):
    def forward(self, x):
        return super().forward(x if x.sum() < 1e9 else x / 2)


@pytest.mark.parametrize(("module", "traced"), [(Sizes, True), (Branching, False)])
def test_sizes_and_parameters_are_read_again_for_another_number_of_images(module, traced):
    network = Network(module(), ["a", "b"], Preprocessing(8, 8))
    assert network.traced == traced
    batch = torch.randn(3, 3, 8, 8)
    with torch.no_grad():
        tail = network.tail("conv", batch)
        rows = [1, 1, 0, 2, 2]
        assert torch.allclose(tail(tail.activations[rows], rows), network(batch)[rows], atol=1e-5)
