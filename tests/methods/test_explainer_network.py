"""What an explainer is attached to, and the explainer itself, against the networks' own values and against loops."""

import math
import runpy
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from core.errors import NotDefined
from core.methods.explainer.anatomy import anatomy
from core.methods.explainer.network import Explainer, Norm
from core.networks.catalogue import open_network
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing

TOYS = runpy.run_path(str(Path(__file__).with_name("explainer_toys.py")))
chain, performer, emitted = TOYS["chain"], TOYS["performer"], TOYS["emitted"]

NAMES = {
    "menagerie-plain": ("conv4", "conv5", "fc6", "fc7", (128, 16, 16), (128, 8, 8)),
    "torchvision:alexnet@untrained": ("conv4", "conv5", "fc6", "fc7", (256, 13, 13), (256, 6, 6)),
    "torchvision:vgg16@untrained": ("conv5_2", "conv5_3", "fc6", "fc7", (512, 14, 14), (512, 7, 7)),
    "torchvision:vgg11_bn@untrained": ("conv5_1", "conv5_2", "fc6", "fc7", (512, 14, 14), (512, 7, 7)),
}


@pytest.fixture(params=["plain", "norm", "no bias", *NAMES])
def found(request):
    """A network and its anatomy."""
    kinds = {"norm": {"norm": True}, "no bias": {"bias": False}, "plain": {}}
    name = request.param
    network = performer(chain(**kinds[name])) if name in kinds else open_network(name)
    return network, anatomy(network)


def test_the_parts_give_the_networks_own_values(found):
    """conv, pool, the two affine maps and classify, put together again, are the performer."""
    network, parts = found
    batch = torch.randn(2, 3, *network.preprocessing.size, generator=torch.Generator().manual_seed(0))
    target, top, fc6, fc7, logits = emitted(network, parts, batch)
    with torch.no_grad():
        pooled = parts.pool(top)
        assert pooled.ndim == 4
        _near(parts.conv(target).relu(), top)
        _near(parts.first(pooled.flatten(1)).relu(), fc6)
        _near(parts.second(fc6).relu(), fc7)
        assert torch.equal(parts.classify(fc7), logits)
        assert parts.classify(torch.cat([fc7, fc7, fc7])).shape == (6, len(network.classes))
    if network.name in NAMES:
        told = (parts.target.name, parts.top.name, parts.fc6.name, parts.fc7.name, parts.top.shape, pooled.shape[1:])
        assert told == NAMES[network.name]
    assert parts.side == top.shape[-1]
    assert float(top.max()) > 0 < float(fc7.max())


def _near(one, other):
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5 * float(other.abs().max()))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("menagerie-residual", "Menagerie, residual has no fully connected layer before its classifier"),
        ("torchvision:resnet18@untrained", "has no fully connected layer before its classifier"),
        ("torchvision:squeezenet1_1@untrained", "has no fully connected layer before its classifier"),
        ("torchvision:mobilenet_v3_small@untrained", "has 1 fully connected layer before its classifier"),
    ],
)
def test_networks_of_another_build_are_refused(name, sentence):
    with pytest.raises(NotDefined, match=sentence) as error:
        anatomy(open_network(name))
    assert str(error.value).endswith("an explainer reconstructs two, as AlexNet and VGG have them")


class Odd(nn.Module):
    """Two convolutions, pooling, three affine maps, and one oddity."""

    def __init__(self, kind):
        super().__init__()
        self.kind = kind
        self.a, self.b = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, 2 if kind == "stride" else 1, padding=1)
        self.c, self.pool = nn.Conv2d(4, 16, 6), nn.MaxPool2d(2)
        side = 12 // (4 if kind == "stride" else 2)
        width = 16 if kind == "single cell" else 4 * side * side
        self.d, self.e, self.f = nn.Linear(width, 6), nn.Linear(6, 5), nn.Linear(5, 3)
        self.g = nn.Conv2d(4, 4, 3, padding=1, groups=2)

    def forward(self, x):
        x = F.relu(self.a(x))
        if self.kind == "functional conv":
            y = F.relu(F.conv2d(x, self.b.weight, self.b.bias, padding=1))
        elif self.kind == "tanh":
            y = torch.tanh(self.b(x))
        else:
            y = F.relu(self.g(x) if self.kind == "groups" else self.b(x))
        y = y + x if self.kind == "skip" else y
        y = self.pool(y)
        y = F.relu(self.c(y)) if self.kind == "single cell" else y
        y = torch.reshape(y, (-1, self.d.in_features)) if self.kind == "reshape" else y.view(y.size(0), -1)
        y = F.linear(y, self.d.weight, self.d.bias) if self.kind == "functional linear" else self.d(y)
        y = y if self.kind == "no ReLU" else F.relu(y)
        y = y + x.mean((1, 2, 3))[:, None] if self.kind == "late skip" else y
        return self.f(F.relu(self.e(y)))


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("skip", "the layers of Toy are no plain chain of convolutions"),
        ("late skip", "depends on more than it, as in residual networks"),
        ("single cell", "the maps of conv3 are 1 x 1; no part can be found where there is one place"),
        ("stride", "the maps of conv1_2 are 6 x 6 and those of conv1_1 before it 12 x 12; .* square maps of one size"),
        ("groups", "is a grouped convolution"),
        ("no ReLU", "no ReLU follows fc2 of Toy"),
        ("tanh", "no ReLU follows conv1_2 of Toy"),
        ("functional conv", "is not made by an nn.Conv2d"),
        ("functional linear", "is not made by an nn.Linear"),
    ],
)
def test_chains_that_do_not_fit_are_refused_in_one_sentence(kind, sentence):
    with pytest.raises(NotDefined, match=sentence):
        anatomy(performer(Odd(kind)))


def test_maps_that_are_not_square_are_refused():
    module = chain(12)
    module.fc1 = nn.Linear(6 * 3 * 2, 10)
    network = Network(module, list("abc"), Preprocessing((12, 8), None), name="toy", title="Toy")
    with pytest.raises(NotDefined, match=r"the maps of conv3 are 6 x 4 and .* square maps of one size"):
        anatomy(network)


def test_any_way_of_flattening_will_do():
    network = performer(Odd("reshape"))
    parts = anatomy(network)
    assert parts.pool(torch.zeros(2, *parts.top.shape)).shape == (2, 4, 6, 6)


def test_what_is_flattened_need_not_be_pooled():
    parts = OrderedDict(chain(12).named_children())
    del parts["pool"]
    parts["fc1"] = nn.Linear(6 * 36, 10)
    found = anatomy(performer(nn.Sequential(parts)))
    given = torch.rand(2, 6, 6, 6)
    assert torch.equal(found.pool(given), given)


@pytest.fixture
def explainer():
    """Of the toy performer, 6 x 6 maps of 5 channels, in float64, with weights that let every track speak."""
    made = Explainer(anatomy(performer(seed=3)), seed=1).double()
    with torch.no_grad():
        made.balance.copy_(torch.tensor([1.0, 0.0]))
    return made


def loops_conv(maps, layer):
    """3 x 3, zero padding, bias, then ReLU.  (N, K, n, n) -> (N, F, n, n)"""
    count, channels, side, _ = maps.shape
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    found = np.zeros((count, len(weight), side, side))
    for n in range(count):
        for f in range(len(weight)):
            for i in range(side):
                for j in range(side):
                    total = bias[f]
                    for k in range(channels):
                        for u in range(3):
                            for v in range(3):
                                if 0 <= i + u - 1 < side and 0 <= j + v - 1 < side:
                                    total += weight[f, k, u, v] * maps[n, k, i + u - 1, j + v - 1]
                    found[n, f, i, j] = max(total, 0)
    return found


def loops_mask(maps):
    found, side = np.zeros_like(maps), maps.shape[-1]
    for place in np.ndindex(maps.shape[:2]):
        best = max(np.ndindex(side, side), key=lambda cell: maps[place][cell])
        for i, j in np.ndindex(side, side):
            template = max(1 - 4 * (abs(i - best[0]) + abs(j - best[1])) / side, 0)
            found[place][i, j] = maps[place][i, j] * template
    return found


def loops_pool(maps):
    count, filters, side, _ = maps.shape
    found = np.zeros((count, filters, side // 2, side // 2))
    for n, f, i, j in np.ndindex(found.shape):
        found[n, f, i, j] = max(maps[n, f, 2 * i + u, 2 * j + v] for u in (0, 1) for v in (0, 1))
    return found


def loops_norm(maps):
    """Divided by the mean positive value over pictures and positions, of this batch, or by a tenth of the channels'."""
    found, alphas = np.zeros_like(maps), []
    for k in range(maps.shape[1]):
        values = [max(value, 0) for value in maps[:, k].ravel()]
        alphas.append(sum(values) / len(values))
    least = 0.1 * sum(alphas) / len(alphas)
    for k, alpha in enumerate(alphas):
        found[:, k] = maps[:, k] / max(alpha, least)
    return found


def loops_affine(values, layer):
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    rows = [[max(bias[u] + sum(weight[u, d] * row[d] for d in range(len(row))), 0) for u in range(len(bias))]
            for row in values]  # fmt: skip
    return np.array(rows)


def test_a_pass_against_loops(explainer):
    maps = torch.rand(3, 5, 6, 6, generator=torch.Generator().manual_seed(5), dtype=torch.float64) ** 3
    passed = explainer.train()(maps)
    first = loops_conv(maps.numpy(), explainer.interp1)
    second = loops_conv(loops_mask(first), explainer.interp2)
    interpretable = loops_norm(loops_pool(loops_mask(second)))
    ordinary = loops_norm(loops_pool(loops_conv(maps.numpy(), explainer.ordin)))
    p = math.exp(1) / (math.exp(1) + math.exp(0))
    encoded = p * interpretable + (1 - p) * ordinary
    fc6 = loops_affine(encoded.reshape(3, -1), explainer.dec1)
    fc7 = loops_affine(fc6, explainer.dec2)
    expected = {
        "first": first,
        "first_masked": loops_mask(first),
        "second": second,
        "second_masked": loops_mask(second),
        "interpretable": interpretable,
        "ordinary": ordinary,
        "encoded": encoded,
        "fc6": fc6,
        "fc7": fc7,
    }
    for name, values in expected.items():
        np.testing.assert_allclose(getattr(passed, name).detach(), values, atol=1e-12, err_msg=name)
        assert np.count_nonzero(values) > 3, name
    assert np.count_nonzero(expected["second_masked"]) < np.count_nonzero(second)


def test_what_an_explainer_begins_with():
    parts = anatomy(performer(chain(norm=True)))
    made = Explainer(parts, seed=4)
    assert torch.equal(made.interp1.weight, parts.conv.weight)
    assert torch.equal(made.interp1.bias, parts.conv.bias)
    assert torch.equal(made.dec1.weight, parts.first.weight)
    assert torch.equal(made.dec2.bias, parts.second.bias)
    assert made.p.item() == 0.5
    again, other = Explainer(parts, seed=4), Explainer(parts, seed=5)
    assert torch.equal(made.interp2.weight, again.interp2.weight)
    assert not torch.equal(made.interp2.weight, other.interp2.weight)
    assert not torch.equal(made.ordin.weight, made.interp1.weight)


def test_a_top_conv_without_bias_or_with_another_kernel():
    made = Explainer(anatomy(performer(chain(bias=False))))
    assert made.interp1.bias.tolist() == [0.0] * 6
    wide = anatomy(performer(chain(kernels=(3, 3, 5))))
    assert Explainer(wide).interp1.weight.shape == (6, 5, 3, 3)


def test_the_global_generator_is_left_alone():
    parts = anatomy(performer())
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    Explainer(parts, seed=1)
    assert torch.equal(torch.rand(3), expected)


def test_the_masks_gradient_takes_the_mask_for_a_constant(explainer):
    """d/dx of x times a mask is the mask, though the mask hangs on x's peak."""
    maps = torch.rand(2, 6, 6, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64).requires_grad_()
    weights = torch.randn(2, 6, 6, 6, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    (found,) = torch.autograd.grad((explainer.mask(maps) * weights).sum(), maps)
    constant = torch.from_numpy(loops_mask(maps.detach().numpy())) / maps.detach()
    torch.testing.assert_close(found, constant * weights)


def test_without_masks_the_maps_go_on_as_they_are():
    made = Explainer(anatomy(performer()), masked=False)
    maps = torch.rand(2, 5, 6, 6, generator=torch.Generator().manual_seed(0))
    passed, above = made(maps), []
    assert torch.equal(passed.first_masked, passed.first)
    assert torch.equal(passed.second_masked, passed.second)
    # What is asked of the maps before the mask is no gradient from above, with or without a mask.
    (expected,) = torch.autograd.grad(passed.fc7.sum(), passed.first_masked, retain_graph=True)
    passed.first_masked.register_hook(above.append)
    (passed.fc7.sum() + 100 * passed.first.sum()).backward()
    assert torch.equal(above[0], expected)


def test_running_magnitudes_by_hand():
    """The first batch sets alpha; from then on nine tenths of it stay; evaluation changes nothing."""
    norm = Norm(2).train()
    one = torch.tensor([[[[4.0, -2.0]], [[0.0, -1.0]]]])  # (1, 2, 1, 2): mean positive values 2 and 0
    assert norm(one)[0, 0].tolist() == [[2.0, -1.0]]
    assert norm(one)[0, 1].tolist() == [[0.0, pytest.approx(-10.0)]]  # never fired: by a tenth of the mean of 2 and 0
    assert norm.magnitude.tolist() == [2.0, 0.0]
    two = torch.tensor([[[[8.0, 16.0]], [[2.0, 0.0]]]])  # mean positive values 12 and 1
    found = norm(two)
    assert norm.magnitude.tolist() == pytest.approx([0.9 * 2 + 0.1 * 12, 0.1])
    assert found[0, 0, 0].tolist() == pytest.approx([8 / 3, 16 / 3])
    before = norm.magnitude.clone()
    assert norm.eval()(one)[0, 0, 0].tolist() == pytest.approx([4 / 3, -2 / 3])
    assert torch.equal(norm.magnitude, before)


def test_magnitudes_are_constants_to_the_gradient():
    norm = Norm(1).train()
    maps = torch.tensor([[[[1.0, 3.0]]]]).requires_grad_()
    (found,) = torch.autograd.grad(norm(maps).sum(), maps)
    assert found.flatten().tolist() == [0.5, 0.5]
