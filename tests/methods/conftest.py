"""Small networks with known weights, for every test of a method."""

from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from core.networks.network import Network
from core.networks.preprocessing import Preprocessing

SIDE = 6


def _small(side: int) -> Preprocessing:
    return Preprocessing(resize=(side, side), crop=None, mean=(0.5, 0.4, 0.3), std=(0.25, 0.2, 0.3))


def _grid(*shape: int, salt: int) -> torch.Tensor:
    """Weights set by hand: eighths between -1 and 1, by a fixed pattern."""
    count = int(np.prod(shape))
    return (((torch.arange(count) * 7 + salt * 5) % 17) - 8).reshape(shape).float() / 8


class Functional(nn.Module):
    """ReLUs written as functions, one of them in place, and a value that is used twice."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1)
        self.fc = nn.Linear(4, 5)

    def forward(self, x):
        x = F.relu(self.conv1(x), inplace=True)
        x = F.relu(self.conv2(x) + x)
        return self.fc(x.mean((2, 3)))


@pytest.fixture
def toy() -> Network:
    """conv1 3 -> 2, ReLU in place, conv2 2 -> 2, ReLU, fc -> 3, on 6 x 6 pixels, weights in eighths."""
    module = nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(3, 2, 3, padding=1),
            relu1=nn.ReLU(inplace=True),
            conv2=nn.Conv2d(2, 2, 3, padding=1),
            relu2=nn.ReLU(),
            flatten=nn.Flatten(),
            fc=nn.Linear(2 * SIDE * SIDE, 3),
        )
    )
    for salt, parameter in enumerate(module.parameters()):
        parameter.data = _grid(*parameter.shape, salt=salt)
    return Network(module, ["ape", "bee", "cat"], _small(SIDE), name="toy", title="Toy")


@pytest.fixture
def functional() -> Network:
    torch.manual_seed(1)
    return Network(Functional(), list("abcde"), _small(24), name="functional", title="Functional")


@pytest.fixture
def smooth() -> Network:
    """A network without ReLU."""
    torch.manual_seed(2)
    layers = [nn.Conv2d(3, 4, 3, 2), nn.GELU(), nn.Conv2d(4, 4, 3), nn.SiLU(), nn.Flatten(), nn.Linear(324, 5)]
    return Network(nn.Sequential(*layers), list("abcde"), _small(24), name="smooth", title="Smooth")


@pytest.fixture
def batch_of():
    def make(network: Network, count: int = 3, seed: int = 0) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        return torch.randn(count, 3, *network.preprocessing.size, generator=generator)

    return make
