"""Guided Backpropagation and Guided Grad-CAM against their papers, by loops, and where they are not defined."""

import numpy as np
import pytest
import torch

from core.errors import NotDefined
from core.methods import METHODS
from core.methods.gradcam import gradcam
from core.methods.guided import guided_backprop, guided_gradcam, guided_gradcam_map, guided_gradients, without_colour
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.networks.vision import torchvision


def slow_conv_gradient(gradient, weight):
    """The gradient at the input of a 3 x 3 convolution with a margin of one.  (M, H, W), (M, K, 3, 3) -> (K, H, W)"""
    height, width = gradient.shape[1:]
    result = np.zeros((weight.shape[1], height + 2, width + 2))
    for m, i, j in np.ndindex(gradient.shape):
        for k, a, b in np.ndindex(weight.shape[1:]):
            result[k, i + a, j + b] += gradient[m, i, j] * weight[m, k, a, b]
    return result[:, 1:-1, 1:-1]


def slow_guided(network, image, label):
    """R_i^l = (f_i^l > 0) (R_i^{l+1} > 0) R_i^{l+1} at each ReLU, by loops in float64.  -> (3, H, W)"""
    p = {name: value.detach().double() for name, value in network.module.named_parameters()}
    conv = torch.nn.functional.conv2d
    before1 = conv(image[None], p["conv1.weight"], p["conv1.bias"], padding=1)
    before2 = conv(before1.clamp(min=0), p["conv2.weight"], p["conv2.bias"], padding=1)
    passed = p["fc.weight"][label].reshape(before2.shape[1:]).numpy().copy()
    for before, weight in ((before2, p["conv2.weight"]), (before1, p["conv1.weight"])):
        for place in np.ndindex(passed.shape):
            if not (before[0].numpy()[place] > 0 and passed[place] > 0):
                passed[place] = 0.0
        passed = slow_conv_gradient(passed, weight.numpy())
    return passed


def plain_gradient(module, batch, label):
    image = batch.clone().requires_grad_()
    return torch.autograd.grad(module(image)[:, label].sum(), image)[0]


def test_equals_the_paper_written_with_loops(toy, batch_of):
    batch = batch_of(toy, 2)
    gradients = guided_gradients(toy, batch, torch.tensor([[0, 1], [2, 0]]))
    for n, order in enumerate(([0, 1], [2, 0])):
        for column, label in enumerate(order):
            slow = slow_guided(toy, batch[n].double(), label)
            assert np.abs(slow).max() > 0.01
            assert np.abs(gradients[n, column].numpy() - slow).max() < 1e-5
            assert not torch.allclose(gradients[n, column], plain_gradient(toy.module, batch, label)[n])


def test_colours_are_reduced_by_the_largest_absolute_value():
    gradients = torch.tensor([[[1.0, -2.0]], [[-3.0, 0.5]], [[2.0, 1.0]]])  # (3, 1, 2)
    assert without_colour(gradients).tolist() == [[3.0, 2.0]]


def test_guided_gradcam_is_the_product_before_colours_are_reduced():
    generator = torch.Generator().manual_seed(0)
    cam, gradients = torch.rand(1, 1, 2, 2, generator=generator), torch.randn(1, 1, 3, 4, 4, generator=generator)
    # Bilinear, corners not aligned, from 2 to 4 positions: shares 1, 3/4, 1/4, 0 of the first.
    share = np.array([1, 0.75, 0.25, 0])
    spread = np.stack([share, 1 - share], 1)
    fine = spread @ cam[0, 0].numpy() @ spread.T
    expected = np.zeros((4, 4))
    for i in range(4):
        for j in range(4):
            expected[i, j] = max(abs(fine[i, j] * float(gradients[0, 0, colour, i, j])) for colour in range(3))
    assert np.abs(guided_gradcam_map(cam, gradients)[0, 0].numpy() - expected).max() < 1e-6


def test_guided_gradcam_is_made_of_the_two(toy, batch_of):
    batch, classes = batch_of(toy, 2), torch.tensor([[0], [2]])
    layers = [layer for layer in toy.layers if layer.spatial]
    product = guided_gradcam(toy, batch, classes, layers)
    cam, guided = gradcam(toy, batch, classes, layers), guided_backprop(toy, batch, classes, [])[None]
    for layer in layers:  # the toy's layers are as large as its input, so nothing is enlarged
        assert torch.allclose(product[layer.name], cam[layer.name] * guided)


def test_relus_written_as_functions_are_guided_too(functional, batch_of):
    batch = batch_of(functional, 1)
    guided = guided_gradients(functional, batch, torch.tensor([[2]]))[:, 0]
    assert not torch.allclose(guided, plain_gradient(functional.module, batch, 2))


def test_googlenet_is_not_the_plain_gradient():
    torch.manual_seed(0)
    module = torchvision.models.googlenet(weights=None, aux_logits=False, init_weights=False, num_classes=5).eval()
    network = Network(module, list("abcde"), Preprocessing(resize=(64, 64), crop=None), name="googlenet")
    batch = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    guided = guided_gradients(network, batch, torch.tensor([[1]]))[:, 0]
    plain = plain_gradient(module, batch, 1)
    assert (guided - plain).abs().max() > 0.1 * plain.abs().max()


@pytest.mark.parametrize("name", ["guided-backprop", "guided-gradcam"])
def test_without_relu_it_is_not_defined_and_says_so(name, smooth, batch_of):
    reason = METHODS[name].defined(smooth)
    assert "is not defined on Smooth" in reason
    assert "has none" in reason
    layers = [layer for layer in smooth.layers if layer.spatial]
    with pytest.raises(NotDefined, match="not defined on Smooth"):
        METHODS[name].run(smooth, batch_of(smooth, 1), torch.tensor([[0]]), layers)
    assert METHODS["gradcam"].defined(smooth) is None
