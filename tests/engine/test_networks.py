"""A network answers for its classes, takes pictures, knows its fingerprint, and says what is wrong with a module."""

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import BadSettings, NotDefined, UnknownClass
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing

BIRDS = ("great white shark", "crane", "hen", "house finch", "goldfinch", "crane", "Cardigan", "cardigan", "12")


def module(classes=9):
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, classes))


def network(part=None, **kwargs):
    return Network(part or module(), kwargs.pop("classes", BIRDS), Preprocessing(16, 16), name="birds", **kwargs)


@pytest.mark.parametrize(
    ("text", "index"),
    [("hen", 2), ("HEN", 2), ("shark", 0), ("house", 3), ("3", 3), (3, 3), ("12", 8), ("Cardigan", 6), (" hen ", 2)],
)
def test_a_class_by_name_by_part_or_by_index(text, index):
    assert network().class_index(text) == index


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("finch", "fits 2 classes.*3 'house finch', 4 'goldfinch'"),
        ("crane", "1 'crane', 5 'crane'"),
        ("99", "9 classes"),
        ("goldfich", "goldfinch"),
        ("", "no class"),
    ],
)
def test_a_class_that_is_not_there_or_not_one(text, said):
    with pytest.raises(UnknownClass, match=said):
        network().class_index(text)


def test_pictures_of_any_size_become_one_batch_and_probabilities():
    birds = network()
    images = [np.full((h, w, 3), 99, np.uint8) for h, w in ((1, 1), (40, 30), (16, 400))]
    batch = birds.prepare(images)
    assert batch.shape == (3, 3, 16, 16)
    probabilities = birds.probabilities(batch)
    assert torch.allclose(probabilities.sum(1), torch.ones(3))
    assert not probabilities.requires_grad
    assert torch.equal(birds(batch), birds.module(batch))


def test_the_module_is_left_as_it_was_but_for_evaluation_mode():
    part = module().train()
    part[4].weight.requires_grad_(False)
    before = {name: value.clone() for name, value in part.state_dict().items()}
    birds = network(part)
    assert birds.module is part
    assert not any(p.training for p in part.modules())
    assert [p.requires_grad for p in part.parameters()] == [True, True, False, True]
    assert all(torch.equal(before[name], value) for name, value in part.state_dict().items())
    assert not any(p._forward_hooks for p in part.modules())


def test_fingerprints_are_equal_for_equal_networks_and_change_with_all_that_matters():
    same = network().fingerprint
    assert network(title="another title").fingerprint == same
    assert len(same) == 64
    int(same, 16)
    one_weight = module()
    with torch.no_grad():
        one_weight[4].bias[3] += 1e-6
    slope, buffered = module(), module()
    slope[1] = nn.LeakyReLU(0.1)
    buffered.register_buffer("extra", torch.zeros(1))
    others = [
        network(one_weight),
        network(slope),
        network(buffered),
        Network(module(), BIRDS, Preprocessing(16, 16, interpolation="bicubic")),
    ]
    prints = {other.fingerprint for other in others}
    assert len(prints) == 4
    assert same not in prints


class Functional(nn.Module):
    """Two networks with the same modules and weights whose forward differs."""

    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.function = nn.Conv2d(3, 2, 3), function

    def forward(self, x):
        return self.function(self.conv(x)).mean((2, 3))


def test_fingerprints_see_what_is_written_in_forward():
    one, other = (network(Functional(f), classes=("a", "b")).fingerprint for f in (torch.relu, torch.tanh))
    assert one != other


def test_large_tensors_are_hashed_to_the_last_byte():
    def wide():
        part = nn.Sequential(nn.Conv2d(3, 1, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 2))
        part.register_buffer("table", torch.zeros(6_000_000))
        for weight in part.parameters():
            nn.init.constant_(weight, 0.5)
        return part

    first, second = wide(), wide()
    second.table[-1] = 1
    assert network(first, classes=("a", "b")).fingerprint != network(second, classes=("a", "b")).fingerprint


class Pair(nn.Module):
    def forward(self, x):
        return x.mean((2, 3)), x


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (module(5), "scores 5 classes, but 9 are named"),
        (nn.Conv2d(3, 9, 3), "shape"),
        (Pair(), "tuple"),
        (nn.Sequential(nn.Flatten(), nn.Linear(10, 9)), "16 × 16 pixels"),
    ],
)
def test_a_module_that_is_no_classifier_of_these_pictures_is_refused_in_one_sentence(part, said):
    with pytest.raises(NotDefined, match=said) as caught:
        network(part)
    assert "\n" not in str(caught.value)


def test_a_module_without_any_layer_is_refused():
    class Mean(nn.Module):
        def forward(self, x):
            return x.mean((2, 3))

    with pytest.raises(NotDefined, match="no convolution"):
        Network(Mean(), "abc", Preprocessing(16, 16))


def test_a_device_that_is_not_there_is_said(monkeypatch):
    assert network().device == torch.device("cpu")
    for name in ("nonsense", "cuda:99"):
        monkeypatch.setenv("CHANNELSCOPE_DEVICE", name)
        with pytest.raises(BadSettings, match=name):
            network()
