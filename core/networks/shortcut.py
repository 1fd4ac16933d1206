"""Closing channels of a layer in many ways at once, at less than the cost of running what comes after it each time.

A gate that closes a channel commutes with pooling, with dropout and with every activation that keeps zero, so it can be
applied after them. Where it meets an affine map (a fully connected layer, a convolution), that layer's output is

    bias + sum_k d_k share_k,       share_k = the map without its bias, of channel k alone

so the shares are computed once per image, and each way of closing channels costs one product with them.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from core.networks.graph import Graph, ancestors
from core.networks.layers import Layer
from core.networks.traced import Traced

if TYPE_CHECKING:
    from core.networks.network import Network

SHARE_BYTES = 2**28  # what one image's shares may take
PIECE_BYTES = 2**25  # what the largest value of one piece may take


class GatedTail:
    """What comes after a layer, with its channels open or closed.

        gated = GatedTail(network, "conv5")
        for images, gates, logits in gated(activations, open_channels, batch): ...

    The largest value held at once depends on neither the number of images nor that of gates. `shortcut` is None where
    the output depends on more than the layer's value: there, and only there, the whole tail runs and the images are
    needed.
    """

    def __init__(self, network: "Network", layer: str | Layer):
        self.network, self.layer = network, network.layer(layer)
        self.shortcut = network.shortcut(self.layer)
        later = network.layers[network.layers.index(self.layer) + (self.shortcut is not None) :]
        self._row_bytes = 4 * max((math.prod(one.shape) for one in later), default=1)

    @torch.no_grad()
    def __call__(
        self, values: Tensor, gates: Tensor, images: Tensor | None = None
    ) -> Iterator[tuple[slice, slice, Tensor]]:
        """Pieces of images and of gates, with their logits.

        (N, K, H, W) or (N, K), (N, M, K) bool, (N, 3, h, w) -> slices of N and M, (n, m, classes)
        """
        rows = max(1, PIECE_BYTES // self._row_bytes)
        if self.shortcut is not None:
            groups = _slices(len(values), max(1, SHARE_BYTES // max(1, self.shortcut.share_bytes)))
        else:
            if images is None:
                raise ValueError(f"what comes after {self.layer.name} depends on more than its value; give the images")
            tail, groups = self.network.tail(self.layer, images), [slice(0, len(values))]
        for group in groups:
            if self.shortcut is not None:
                with self.network.lock:
                    ready = self.shortcut.prepare(values[group])
            for inner in _slices(group.stop - group.start, max(1, rows // gates.shape[1])):
                some = slice(group.start + inner.start, group.start + inner.stop)
                for part in _slices(gates.shape[1], min(rows, gates.shape[1])):
                    opened = gates[some, part]
                    if self.shortcut is not None:
                        with self.network.lock:
                            logits = self.shortcut(ready[inner], opened)
                    else:
                        who = torch.arange(some.start, some.stop).repeat_interleave(opened.shape[1])
                        logits = tail(_closed(values[some], opened), who)
                    yield some, part, logits.unflatten(0, opened.shape[:2])


class Shortcut:
    """The way from a layer's value, which is all that the output depends on, to the output.

    Gates are applied at `gate`, the last value before the first affine map, or, where `affine` is set, to that map's
    shares; then what comes after it runs.
    """

    def __init__(self, traced: Traced, layer: Layer):
        self._graph, self._channels = traced.graph, layer.shape[0]
        self._start = self.gate = traced.node(layer)
        self._between, self._rest = [], traced.after(self._start)
        self.affine, self.share_bytes = None, 0
        met = next((node for node in self._rest if _is_affine(traced.graph, node)), None)
        if met is None:
            return
        source = met.all_input_nodes[0]
        wanted = ancestors(source)
        between = [] if source is self._start else [node for node in self._rest if node in wanted]
        rest = traced.after(source)
        if rest is None or not self._commutes(between, layer.shape):
            return
        self.gate, self._between, self._rest = source, between, rest
        size = 4 * self._channels * math.prod(traced.shapes[met][1:])
        after = traced.after(met)
        if after is not None and size <= SHARE_BYTES and _gains(traced.graph.called(met), self._channels):
            self.affine, self._rest, self.share_bytes = met, after, size

    def prepare(self, values: Tensor) -> Tensor:
        """What is computed once per image: the value that gates are applied to, or the shares (N, K, outputs)."""
        value = self._graph.run({self._start: values}, self._between)[0] if self._between else values
        return value if self.affine is None else shares(self._graph.called(self.affine), value, self._channels)

    def __call__(self, ready: Tensor, gates: Tensor) -> Tensor:
        """What `prepare` gave for n images, (n, m, K) bool -> logits (n * m, classes)"""
        if self.affine is None:
            known = {self.gate: _closed(ready, gates)}
        else:
            known = {self.affine: _joined(self._graph.called(self.affine), ready, gates)}
        return self._graph.run(known, self._rest)[0]

    @torch.no_grad()
    def _commutes(self, between: list[fx.Node], shape: tuple[int, ...]) -> bool:
        """Whether closing channels before these nodes gives what closing them after gives, to the bit."""
        if not between:
            return True
        generator = torch.Generator().manual_seed(0)
        device = next((p.device for p in self._graph.module.parameters()), torch.device("cpu"))
        values = torch.randn(2, *shape, generator=generator).to(device)
        gates = (torch.rand(2, 1, self._channels, generator=generator) < 0.5).to(device)
        before, _ = self._graph.run({self._start: _closed(values, gates)}, between)
        after, _ = self._graph.run({self._start: values}, between)
        fits = after.ndim in (2, 4) and after.shape[1] % self._channels == 0
        return fits and torch.equal(before, _closed(after, gates))


def shares(affine: nn.Module, value: Tensor, channels: int) -> Tensor:
    """share_k = the map, without its bias, of channel k alone.

    (N, K, h, w) or (N, K * p) -> (N, K, F, h', w') or (N, K, F)
    """
    if isinstance(affine, nn.Linear):
        weight = affine.weight.unflatten(1, (channels, -1)).permute(1, 2, 0)  # (K, p, F)
        return torch.bmm(value.unflatten(1, (channels, -1)).transpose(0, 1), weight).transpose(0, 1)
    sizes = zip(value.shape[2:], affine.kernel_size, affine.dilation, affine.padding, affine.stride, strict=True)
    extent = [(size + 2 * pad - reach * (kernel - 1) - 1) // step + 1 for size, kernel, reach, pad, step in sizes]
    columns = F.unfold(value, affine.kernel_size, affine.dilation, affine.padding, affine.stride)
    weight = affine.weight.transpose(0, 1).flatten(2)  # (K, F, area)
    return (weight @ columns.unflatten(1, (channels, -1))).unflatten(3, extent)


def _joined(affine: nn.Module, ready: Tensor, gates: Tensor) -> Tensor:
    """bias + sum_k d_k share_k.  (n, K, F, …), (n, m, K) -> (n * m, F, …)"""
    total = (gates.to(ready.dtype) @ ready.flatten(2)).flatten(0, 1).unflatten(1, ready.shape[2:])
    if affine.bias is not None:
        total += affine.bias.view(-1, *[1] * (total.ndim - 2))
    return total


def _closed(values: Tensor, gates: Tensor) -> Tensor:
    """Channels times their gates.  (n, K, …) or (n, K * p), (n, m, K) -> (n * m, K, …)"""
    blocks = values.unflatten(1, (gates.shape[2], -1)) if values.ndim == 2 else values.flatten(2)
    return (blocks[:, None] * gates[..., None]).flatten(0, 1).reshape(-1, *values.shape[1:])


def _is_affine(graph: Graph, node: fx.Node) -> bool:
    return node.op == "call_module" and isinstance(graph.called(node), nn.Linear | nn.Conv2d)


def _gains(affine: nn.Module, channels: int) -> bool:
    """Whether a channel has more than one weight for each output, so that its share saves anything."""
    if isinstance(affine, nn.Linear):
        return affine.in_features > channels
    plain = affine.groups == 1 and affine.padding_mode == "zeros" and not isinstance(affine.padding, str)
    return plain and affine.in_channels == channels and math.prod(affine.kernel_size) > 1


def _slices(count: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]
