"""The theoretical receptive field of every value of a graph: how many pixels of the input a position can depend on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional as F

from core.networks.graph import Graph

_CONVS = (F.conv2d, torch.conv2d)
_POOLS = (F.max_pool2d, F.avg_pool2d, torch.max_pool2d)
_ADAPTIVE = (F.adaptive_avg_pool2d, F.adaptive_max_pool2d)
_MOVES = (torch.permute, F.layer_norm, F.linear)  # on (N, H, W, K) they keep positions apart
_WINDOWED = (nn.MaxPool2d, nn.AvgPool2d, nn.LPPool2d)


Pair = tuple[int, int]


@dataclass(frozen=True)
class Field:
    """Receptive field `size`, `jump` between neighbouring positions and the middle of the first one's, which may lie
    outside, (down, across) in pixels of the input, whose upper left corner is (0, 0)."""

    size: Pair
    jump: Pair
    first: tuple[float, float] = (0.5, 0.5)

    def after(self, reach: Pair, stride: Pair, padding: Pair = (0, 0)) -> "Field":
        """Through a window: r_out = r_in + reach * j_in, j_out = j_in * stride; reach is (kernel - 1) * dilation."""
        size = tuple(r + k * j for r, k, j in zip(self.size, reach, self.jump, strict=True))
        first = tuple(f + (k / 2 - p) * j for f, k, p, j in zip(self.first, reach, padding, self.jump, strict=True))
        return Field(size, tuple(j * s for j, s in zip(self.jump, stride, strict=True)), first)


def receptive_fields(graph: Graph, shapes: Mapping[fx.Node, tuple[int, ...]]) -> dict[fx.Node, Field | None]:
    """The largest over each node's inputs, per direction. None where a position can depend on the whole input: after
    a pooling over all positions, a flattening, or squeeze-and-excitation."""
    fields: dict[fx.Node, Field | None] = {graph.input: Field((1, 1), (1, 1))}
    for node in graph.nodes:
        sources = [source for source in node.all_input_nodes if source in shapes and source in fields]
        if node is graph.input or not sources or node not in shapes:
            continue
        before = [fields[source] for source in sources]
        if any(field is None for field in before):
            fields[node] = None
            continue
        widest = max(before, key=lambda one: one.size)
        field = Field(_largest(f.size for f in before), _largest(f.jump for f in before), widest.first)
        fields[node] = _after(graph, node, field, shapes[sources[0]], shapes[node])
    return fields


def _largest(pairs: Iterable[Pair]) -> Pair:
    down, across = zip(*pairs, strict=True)
    return max(down), max(across)


def _after(graph: Graph, node: fx.Node, field: Field, before: tuple[int, ...], after: tuple[int, ...]) -> Field | None:
    if (window := _window(graph, node)) is not None:
        return field.after(*window)
    if (before[-2:] == after[-2:] and len(after) >= 3) or _moves(graph, node):
        return field
    if len(after) == 4 and _is_adaptive(graph, node) and after[-2] * after[-1] > 1:
        strides = tuple(max(a // b, 1) for a, b in zip(before[-2:], after[-2:], strict=True))
        reach = tuple(a - (b - 1) * s - 1 for a, b, s in zip(before[-2:], after[-2:], strides, strict=True))
        return field.after(reach, strides)
    return None


def _window(graph: Graph, node: fx.Node) -> tuple[Pair, Pair, Pair] | None:
    """Reach, stride and padding of a convolution or pooling."""
    if node.op == "call_module":
        module = graph.called(node)
        if isinstance(module, (nn.Conv2d, *_WINDOWED)):
            padding, dilation = getattr(module, "padding", 0), getattr(module, "dilation", 1)
            return _reach(module.kernel_size, module.stride, padding, dilation)
        return None
    if node.op != "call_function" or node.target not in _CONVS + _POOLS:
        return None
    names = ("input", "weight", "bias", "stride", "padding", "dilation")
    if node.target in _POOLS:
        names = ("input", "kernel_size", "stride", "padding", "dilation")
    given: dict[str, Any] = dict(zip(names, node.args, strict=False)) | dict(node.kwargs)
    if node.target in _CONVS:
        weight = given["weight"]
        if not (isinstance(weight, fx.Node) and weight.op == "get_attr"):
            return None
        kernel = graph.module.get_parameter(weight.target).shape[-2:]
        return _reach(kernel, given.get("stride", 1), given.get("padding", 0), given.get("dilation", 1))
    # the fourth argument that may stand there for average pooling is ceil_mode, and it has no dilation
    dilation = 1 if node.target is F.avg_pool2d else given.get("dilation", 1)
    stride = given.get("stride") or given["kernel_size"]
    return _reach(given["kernel_size"], stride, given.get("padding", 0), dilation)


def _reach(kernel: Any, stride: Any, padding: Any, dilation: Any) -> tuple[Pair, Pair, Pair]:
    reach = tuple((k - 1) * d for k, d in zip(_pair(kernel), _pair(dilation), strict=True))
    if isinstance(padding, str):
        padding = tuple(r // 2 for r in reach) if padding == "same" else 0
    return reach, _pair(stride), _pair(padding)


def _pair(value: Any) -> Pair:
    return tuple(value) if isinstance(value, tuple | list | torch.Size) else (value, value)


def _moves(graph: Graph, node: fx.Node) -> bool:
    if node.op == "call_module":
        return (
            isinstance(graph.called(node), nn.LayerNorm | nn.Linear) or type(graph.called(node)).__name__ == "Permute"
        )
    return node.target in _MOVES or (node.op == "call_method" and node.target == "permute")


def _is_adaptive(graph: Graph, node: fx.Node) -> bool:
    if node.op == "call_module":
        return isinstance(graph.called(node), nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d)
    return node.op == "call_function" and node.target in _ADAPTIVE
