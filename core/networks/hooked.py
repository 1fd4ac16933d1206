"""Running a network that has no graph: hooks on its modules see and replace values, slower and with the same result."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn

from core.networks.layers import ACTIVATIONS, NORMS, POOLS, Layer, is_spatial

Change = Callable[[torch.Tensor], torch.Tensor]
Resume = Callable[[torch.Tensor, torch.Tensor | None], torch.Tensor]


class Hooked:
    """Layers are the module's convolutions, poolings and linear modules that run once, a convolution with the norm
    and the activation module that read it directly."""

    def __init__(self, module: nn.Module, example: torch.Tensor):
        self.module = module
        self.layers = _layers(module, example)

    def run(self, batch: torch.Tensor, intercept: Mapping[Layer, Change]) -> torch.Tensor:
        """The network's output; each layer's value goes through its function first.  (N, 3, h, w) -> (N, classes)"""
        with ExitStack() as stack:
            for layer, change in intercept.items():
                stack.enter_context(_replacing(self.module.get_submodule(layer.node), change))
            return self.module(batch)

    def cut(self, layer: Layer, batch: torch.Tensor) -> tuple[torch.Tensor, Resume]:
        """The layer's value for a batch, and what computes the output from a changed one, by full passes."""
        seen = []
        with torch.no_grad():
            self.run(batch, {layer: lambda value: seen.append(value.clone()) or value})

        def resume(changed: torch.Tensor, rows: torch.Tensor | None) -> torch.Tensor:
            return self.run(batch if rows is None else batch[rows], {layer: lambda value: changed})

        return seen[0], resume


@contextmanager
def _replacing(module: nn.Module, change: Change) -> Iterator[None]:
    """What the module hands on is a clone, so that a ReLU that works in place cannot rewrite what was seen."""
    handle = module.register_forward_hook(lambda part, inputs, value: change(value).clone())
    try:
        yield
    finally:
        handle.remove()


@torch.no_grad()
def _layers(module: nn.Module, example: torch.Tensor) -> tuple[Layer, ...]:
    calls: list[tuple[str, nn.Module, int, Any]] = []
    kept = []  # a tensor that dies gives its id to another

    def note(path: str) -> Callable:
        def hook(part: nn.Module, inputs: tuple, value: Any) -> None:
            if inputs and isinstance(value, torch.Tensor) and isinstance(inputs[0], torch.Tensor):
                kept.extend((inputs[0], value))
                calls.append((path, part, id(inputs[0]), value))

        return hook

    with ExitStack() as stack:
        for path, part in module.named_modules():
            if not list(part.children()):
                stack.callback(part.register_forward_hook(note(path)).remove)
        module(example)
    often = [call[0] for call in calls]
    found = []
    for i, (path, part, _, value) in enumerate(calls):
        kind = _kind(part, value)
        if kind is None or often.count(path) > 1:
            continue
        last, value = _follow(calls[i:], often) if kind != "pool" else (path, value)
        found.append(Layer(last, path, path, kind, tuple(value.shape[1:]), None, last))
    spatial = [i for i, layer in enumerate(found) if layer.spatial]
    return tuple(layer for i, layer in enumerate(found) if layer.spatial or i > max(spatial, default=-1))


def _follow(calls: list[tuple[str, nn.Module, int, Any]], often: list[str]) -> tuple[str, torch.Tensor]:
    """Through the norm and the activation that are called next, each on the value before."""
    path, _, _, value = calls[0]
    for kinds in (NORMS, ACTIVATIONS):
        for other, part, source, emitted in calls[1:2]:
            if source == id(value) and isinstance(part, kinds) and often.count(other) == 1:
                path, value, calls = other, emitted, calls[1:]
    return path, value


def _kind(part: nn.Module, value: torch.Tensor) -> str | None:
    if isinstance(part, nn.Conv2d) and value.ndim == 4:
        return "conv"
    if isinstance(part, nn.Linear) and value.ndim == 2:
        return "linear"
    if isinstance(part, POOLS) and value.ndim == 4 and (is_spatial(value.shape) or value.shape[2:] == (1, 1)):
        return "pool"
    return None
