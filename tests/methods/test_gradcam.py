"""Grad-CAM against its paper, by loops and by hand, and against captum."""

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam

from core.methods.gradcam import any_gradient, channel_weights, evidence, gradcam, rectified, weighted_sum
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.networks.vision import torchvision


def padded(values):
    return np.pad(values, ((0, 0), (1, 1), (1, 1)))


def slow_conv(x, weight, bias):
    """A 3 x 3 convolution with a margin of one, by loops.  (K, H, W), (M, K, 3, 3), (M,) -> (M, H, W)"""
    result = np.zeros((len(weight), *x.shape[1:]))
    x = padded(x)
    for m in range(result.shape[0]):
        for i in range(result.shape[1]):
            for j in range(result.shape[2]):
                total = bias[m]
                for k in range(len(x)):
                    for a in range(3):
                        for b in range(3):
                            total += weight[m, k, a, b] * x[k, i + a, j + b]
                result[m, i, j] = total
    return result


def slow_conv_gradient(gradient, weight):
    """The gradient at a convolution's input from the one at its output.  (M, H, W), (M, K, 3, 3) -> (K, H, W)"""
    height, width = gradient.shape[1:]
    result = np.zeros((weight.shape[1], height + 2, width + 2))
    for m in range(len(weight)):
        for i in range(height):
            for j in range(width):
                for k in range(weight.shape[1]):
                    for a in range(3):
                        for b in range(3):
                            result[k, i + a, j + b] += gradient[m, i, j] * weight[m, k, a, b]
    return result[:, 1:-1, 1:-1]


def slow_forward(network, image):
    """float64 values of the toy network: conv1 and conv2 after their ReLUs, and the logits."""
    p = {name: value.detach().double().numpy() for name, value in network.module.named_parameters()}
    first = np.maximum(slow_conv(image, p["conv1.weight"], p["conv1.bias"]), 0)
    second = np.maximum(slow_conv(first, p["conv2.weight"], p["conv2.bias"]), 0)
    return first, second, p["fc.weight"] @ second.reshape(-1) + p["fc.bias"], p


def slow_gradcam(network, image, label):
    """Equations 1 and 2, written again: {layer: map}."""
    first, second, _, p = slow_forward(network, image)
    at_second = p["fc.weight"][label].reshape(second.shape)
    at_first = slow_conv_gradient(at_second * (second > 0), p["conv2.weight"])
    maps = {}
    for name, activations, gradients in (("conv1", first, at_first), ("conv2", second, at_second)):
        channels, height, width = activations.shape
        total = np.zeros((height, width))
        for k in range(channels):
            alpha = 0.0
            for i in range(height):
                for j in range(width):
                    alpha += gradients[k, i, j]
            alpha /= height * width
            for i in range(height):
                for j in range(width):
                    total[i, j] += alpha * activations[k, i, j]
        maps[name] = np.maximum(total, 0)
    return maps


def test_equals_the_paper_written_with_loops(toy, batch_of):
    batch = batch_of(toy, 2)
    layers = [layer for layer in toy.layers if layer.spatial]
    assert [layer.path for layer in layers] == ["conv1", "conv2"]
    maps = gradcam(toy, batch, torch.tensor([[0, 1, 2], [2, 1, 0]]), layers)
    shown = 0
    for n, order in enumerate(([0, 1, 2], [2, 1, 0])):
        for column, label in enumerate(order):
            slow = slow_gradcam(toy, batch[n].double().numpy(), label)
            for layer in layers:
                fast = maps[layer.name][n, column].numpy()
                assert np.abs(fast - slow[layer.path]).max() < 1e-5
                shown += fast.max() > 0.01
    assert shown >= 6  # equal zeros would prove nothing


def test_an_example_worked_by_hand():
    activations = torch.tensor([[[[1.0, 2.0], [0.0, 1.0]], [[0.0, 1.0], [3.0, 0.0]]]])
    gradients = torch.tensor([[[[1.0, 0.0], [1.0, 2.0]], [[-1.0, -1.0], [0.0, 0.0]]]])
    alpha = channel_weights(gradients)
    assert alpha.tolist() == [[1.0, -0.5]]  # (1 + 0 + 1 + 2) / 4 and (-1 - 1 + 0 + 0) / 4
    summed = weighted_sum(activations, alpha[:, None])
    assert summed.tolist() == [[[[1.0, 1.5], [-1.5, 1.0]]]]
    assert rectified(summed).tolist() == [[[[1.0, 1.5], [0.0, 1.0]]]]


def test_the_evidence_keeps_what_the_map_drops(toy, batch_of):
    batch, classes = batch_of(toy, 2), torch.tensor([[0, 1], [2, 0]])
    layers = [layer for layer in toy.layers if layer.spatial]
    maps, found = gradcam(toy, batch, classes, layers), evidence(toy, batch, classes, layers)
    for layer in layers:
        one = found[layer.name]
        assert one.activations.shape == (2, *layer.shape)
        assert one.alpha.shape == (2, 2, layer.shape[0])
        assert torch.equal(one.summed.relu(), maps[layer.name])
        assert (one.summed < 0).any()
        assert one.depends.all()


def test_one_forward_pass_and_one_backward_pass_per_class(toy, batch_of):
    forward, backward = [], []
    handles = [
        toy.module.conv1.register_forward_hook(lambda *_: forward.append(1)),
        toy.module.fc.register_full_backward_hook(lambda *_: backward.append(1)),
    ]
    layers = [layer for layer in toy.layers if layer.spatial]
    gradcam(toy, batch_of(toy, 3), torch.tensor([[0, 1, 2]] * 3), layers)
    for handle in handles:
        handle.remove()
    assert (len(forward), len(backward)) == (1, 3)


def test_a_layer_the_score_does_not_use_gives_an_empty_map(toy, batch_of):
    toy.module.fc.weight.data[1] = 0
    layers = [layer for layer in toy.layers if layer.spatial]
    maps = gradcam(toy, batch_of(toy, 1), torch.tensor([[1]]), layers)
    assert all(values.abs().max() == 0 for values in maps.values())


def test_gradients_that_cancel_are_not_none():
    gradients = torch.zeros(3, 2, 2, 2)
    gradients[1, 0] = torch.tensor([[1.0, -1.0], [2.0, -2.0]])
    gradients[2, 1] = 1
    assert any_gradient(gradients, channel_weights(gradients)).tolist() == [False, True, True]


@pytest.fixture(scope="module", params=["alexnet", "resnet18", "squeezenet1_1", "densenet121", "vgg11"])
def architecture(request):
    torch.manual_seed(7)
    sizes = {} if request.param == "squeezenet1_1" else {"num_classes": 10}
    module = getattr(torchvision.models, request.param)(weights=None, **sizes).eval()
    classes = [str(i) for i in range(10 if sizes else 1000)]
    return Network(module, classes, Preprocessing(resize=(96, 96), crop=None), name=request.param)


def test_equals_captum_on_the_module_that_emits_the_layer(architecture):
    emitted = [layer for layer in architecture.layers if layer.spatial and layer.emitter]
    assert len(emitted) >= 5
    layers = [emitted[i] for i in sorted({0, len(emitted) // 3, 2 * len(emitted) // 3, len(emitted) - 1})]
    batch = torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    classes = torch.tensor([[3], [8]])
    maps = gradcam(architecture, batch, classes, layers)
    shown = 0
    for layer in layers:
        module = architecture.module.get_submodule(layer.emitter)
        captum = LayerGradCam(architecture.module, module)
        theirs = captum.attribute(batch, classes[:, 0], relu_attributions=True).detach()
        ours = maps[layer.name]
        assert ours.shape == theirs.shape
        assert (ours - theirs).abs().max() <= 1e-5 * max(1.0, float(theirs.abs().max()))
        shown += float(ours.max()) > 0 and bool(torch.allclose(ours, theirs, rtol=1e-4, atol=0.01 * float(ours.max())))
    assert shown >= 2  # tiny maps must agree in their own scale, too
