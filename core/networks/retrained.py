"""A network with two fully connected layers of its own on the convolutions of another, which stay as they are.

So a photograph network without such layers becomes a performer that an explainer can be attached to, and the embedded
one becomes a performer for one species against all others, as the paper on explainers trains them. A new top conv
layer, where one is asked for, is learned with them.
"""

import copy
import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.networks.graph import Graph
from core.networks.layers import Layer
from core.networks.network import Network

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Schedule:
    """How the new layers are trained: AdamW, half a cosine down to zero."""

    epochs: int = 12
    batch: int = 32
    rate: float = 1e-3
    decay: float = 1e-3
    units: int = 256
    seed: int = 0


class _OnTop(nn.Module):
    """What a network computes up to a layer, then new layers."""

    def __init__(self, before: nn.Module, after: nn.Module):
        super().__init__()
        self.before, self.after = before, after

    def forward(self, batch: Tensor) -> Tensor:
        return self.after(self.before(batch))


def retrained(
    network: Network,
    layer: Layer,
    maps: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    *,
    filters: int | None = None,
    schedule: Schedule | None = None,
    name: str,
    title: str,
    progress: Progress | None = None,
) -> Network:
    """A network for other classes on a layer's values `maps` (N, K, h, w) for pictures of `labels` (N,): a 3 x 3 conv
    with so many `filters` where given, max pooling by 2, fc6, fc7 and the classifier.  Rare classes count as much as
    common ones."""
    schedule = schedule or Schedule()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(schedule.seed)
        head = _head(maps.shape[1:], filters, len(classes), schedule.units)
        _train(head, maps, labels, len(classes), schedule, progress)
    made = Network(_OnTop(_up_to(network, layer), head), classes, network.preprocessing, name=name, title=title)
    made.module.requires_grad_(False)
    return made


def _up_to(network: Network, layer: Layer) -> nn.Module:
    """What gives a layer's value, as a module of its own. The blocks before it stay whole, as it is by them that layers
    are found and named.  Raises NotDefined where the network cannot be traced."""
    modules, emitter = network.graph.module_types, layer.emitter or ""
    blocks = {one.path for one in network.layers if one.kind == "block" and one.path in modules}
    whole = {path for path in blocks if emitter and not emitter.startswith(f"{path}.")}
    graph = Graph(network.module, whole)
    node = graph.emitted[emitter][-1] if emitter else next(one for one in graph.nodes if one.name == layer.node)
    graph.output.args = (node,)
    graph.module.graph.eliminate_dead_code()
    graph.module.delete_all_unused_submodules()
    graph.module.recompile()
    return copy.deepcopy(graph.module)


def _head(shape: tuple[int, ...], filters: int | None, classes: int, units: int) -> nn.Sequential:
    channels, height, width = shape
    parts: list[tuple[str, nn.Module]] = []
    if filters:
        parts += [("top", nn.Conv2d(channels, filters, 3, padding=1)), ("top_relu", nn.ReLU())]
        channels = filters
    parts += [("pool", nn.MaxPool2d(2)), ("flatten", nn.Flatten()), ("drop6", nn.Dropout(0.5))]
    parts += [("fc6", nn.Linear(channels * (height // 2) * (width // 2), units)), ("fc6_relu", nn.ReLU())]
    parts += [("drop7", nn.Dropout(0.5)), ("fc7", nn.Linear(units, units)), ("fc7_relu", nn.ReLU())]
    return nn.Sequential(OrderedDict([*parts, ("fc8", nn.Linear(units, classes))]))


def _train(
    head: nn.Sequential,
    maps: np.ndarray,
    labels: np.ndarray,
    classes: int,
    schedule: Schedule,
    progress: Progress | None,
) -> None:
    counts = np.bincount(labels, minlength=classes)
    weights = torch.from_numpy(len(labels) / (classes * np.maximum(counts, 1))).float()
    sizes = _sizes(maps)
    optimiser = torch.optim.AdamW(head.parameters(), schedule.rate, weight_decay=schedule.decay)
    steps = math.ceil(len(maps) / schedule.batch)
    head.train()
    for epoch in range(schedule.epochs):
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate * (1 + math.cos(math.pi * epoch / schedule.epochs)) / 2
        order = torch.randperm(len(maps)).numpy()
        for step in range(steps):
            rows = np.sort(order[step * schedule.batch : (step + 1) * schedule.batch])
            batch = torch.from_numpy(maps[rows].astype(np.float32)) / sizes[:, None, None]
            loss = F.cross_entropy(head(batch), torch.from_numpy(labels[rows]), weights)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if progress:
                progress(epoch * steps + step + 1, schedule.epochs * steps, "performer")
    head.eval()
    first = next(one for one in head if isinstance(one, nn.Conv2d | nn.Linear))
    with torch.no_grad():
        by_channel = first.weight.reshape(len(first.weight), len(sizes), -1)
        first.weight.copy_((by_channel / sizes[:, None]).reshape(first.weight.shape))


def _sizes(maps: np.ndarray) -> Tensor:
    """What channels are divided by while the first new layer learns, and its weights once it has: their root mean
    squares, at least a tenth of the mean one. SqueezeNet's values reach 2,000.  (N, K, h, w) -> (K,)"""
    squares = np.mean([np.square(one.astype(np.float32)).mean((1, 2)) for one in maps], 0)
    sizes = torch.from_numpy(np.sqrt(squares))
    return sizes.clamp(min=max(float(sizes.mean()) / 10, 1e-12))
