"""Toy performers and features for the tests of explainer networks; read with runpy."""

from collections import OrderedDict

import numpy as np
import torch
from torch import nn

from core.methods.explainer.training import Features
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.networks.taps import tap


def chain(side=12, kernels=(3, 3, 3), strides=(2, 1, 1), norm=False, bias=True, activation=nn.ReLU, units=(10, 9)):
    """conv1 3 -> 4, conv2 4 -> 5, conv3 5 -> 6, each with its activation, pool 2, fc1, fc2, fc3 -> 3 classes."""
    parts, channels = [], (3, 4, 5, 6)
    for i, (kernel, stride) in enumerate(zip(kernels, strides, strict=True)):
        parts.append((f"conv{i + 1}", nn.Conv2d(channels[i], channels[i + 1], kernel, stride, kernel // 2, bias=bias)))
        parts += [(f"norm{i + 1}", nn.BatchNorm2d(channels[i + 1]))] if norm else []
        parts.append((f"act{i + 1}", activation()))
    parts += [("pool", nn.MaxPool2d(2)), ("flatten", nn.Flatten()), ("drop", nn.Dropout(0.5))]
    before = nn.Sequential(OrderedDict(parts))(torch.zeros(2, 3, side, side)).shape[1]
    widths = (before, *units, 3)
    for i in range(3):
        parts.append((f"fc{i + 1}", nn.Linear(widths[i], widths[i + 1])))
        parts += [(f"act{i + 4}", activation())] if i < 2 else []
    return nn.Sequential(OrderedDict(parts))


def performer(module=None, side=12, classes=3, seed=0):
    """A network around a module whose parameters are drawn anew, batch norms' included."""
    torch.manual_seed(seed)
    module = chain(side) if module is None else module
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2)
            nn.init.uniform_(part.weight, 0.5, 2)
            nn.init.normal_(part.bias)
        elif isinstance(part, nn.Conv2d | nn.Linear):
            nn.init.normal_(part.weight, std=1.5 / part.weight[0].numel() ** 0.5)
    names = [f"class {c}" for c in range(classes)]
    return Network(module, names, Preprocessing((side, side), None), name="toy", title="Toy")


def emitted(network, found, batch):
    """What the four layers of an anatomy and the output emit: target, top, fc6, fc7, logits."""
    layers = [found.target, found.top, found.fc6, found.fc7]
    with torch.no_grad(), tap(network, layers) as seen:
        logits = network(batch)
    return *(seen[layer.name] for layer in layers), logits


def features(network, found, count=40, seed=0):
    """Features of random pictures, labelled as the network takes them."""
    batch = torch.randn(count, 3, *network.preprocessing.size, generator=torch.Generator().manual_seed(seed))
    target, _, fc6, fc7, logits = emitted(network, found, batch)
    return Features(target.numpy().astype(np.float16), fc6.numpy(), fc7.numpy(), *[logits.argmax(1).numpy()] * 2)
