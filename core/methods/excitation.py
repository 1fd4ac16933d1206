"""Excitation backpropagation, contrastive: the c-MWP that CHIP's table II compares with.

J. Zhang, S. A. Bargal, Z. Lin, J. Brandt, X. Shen, S. Sclaroff: Top-down Neural Attention by Excitation Backprop, ECCV
2016 and IJCV 126, 2018; marginal winning probabilities of section 3.1, the contrast of section 3.3:

    P(a_j | a_i) = Z_i a_j w_ij   where w_ij >= 0, else 0,      Z_i = 1 / sum_{j: w_ij >= 0} a_j w_ij
    P(a_j)       = sum_i P(a_j | a_i) P(a_i)
    c-MWP        = P - P'         P' started from the last weights with their signs turned

a_j are the values that neuron i reads with weights w_ij. From P = 1 at the class's score the probabilities go down to
the layer, where they are summed over channels. Going down is linear in P, so the difference is taken right below the
last weights and goes down once; only its positive part is kept, as in the authors' code. Averages and sums are weights
of one value; a maximum hands its probability to its winner; activations, dropout and changes of shape hand it on; a
batch norm is part of the convolution before it, else a weight for each channel. The paper takes every a_j to be
positive: where one is not (a branch of a residual sum before its ReLU), it counts as zero.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from core.methods.registry import Progress, check_shapes, method, require_defined
from core.networks.graph import Graph, ancestors, descendants
from core.networks.layers import ACTIVATION_FUNCTIONS, ACTIVATIONS, is_kind

_WEIGHTED = (nn.Conv2d, nn.Linear)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
_AVERAGES = (nn.AvgPool2d, nn.AdaptiveAvgPool2d)
_AVERAGE_CALLS = (F.avg_pool2d, F.adaptive_avg_pool2d, torch.mean, "mean")
_SUM_CALLS = (operator.add, torch.add, "add")
_ROUTES = (nn.MaxPool2d, nn.AdaptiveMaxPool2d, nn.Dropout, nn.Dropout2d, nn.Identity, nn.Flatten)
_ROUTE_CALLS = (
    *(F.max_pool2d, torch.max_pool2d, F.adaptive_max_pool2d, F.dropout, torch.cat, torch.concat),
    *(torch.flatten, torch.reshape, torch.permute, torch.transpose, torch.squeeze),
    *("flatten", "reshape", "view", "permute", "transpose", "squeeze", "contiguous"),
)

Forward = Callable[..., Tensor]


def winning(excite: Forward, inputs: Sequence[Tensor], probability: Tensor) -> list[Tensor]:
    """P(a_j) = a_j sum_i w+_ij Z_i P(a_i), 1 / Z_i = sum_j a_j w+_ij, where `excite` is a -> sum_j a_j w+_ij: the sum
    over i is its transpose, which autograd knows. Where nothing excites i its probability ends.  -> like `inputs`"""
    with torch.enable_grad():
        positive = [value.detach().clamp(min=0).requires_grad_() for value in inputs]
        total = excite(*positive)
        shares = torch.where(total > 0, probability / total, 0)
        back = torch.autograd.grad(total, positive, shares.detach())
    return [value.detach() * one for value, one in zip(positive, back, strict=True)]


def routed(forward: Forward, inputs: Sequence[Tensor], probability: Tensor) -> list[Tensor]:
    """Every probability goes to the one value that the output was taken from.  -> like `inputs`"""
    with torch.enable_grad():
        values = [value.detach().clone().requires_grad_() for value in inputs]
        return list(torch.autograd.grad(forward(*values), values, probability))


def scale_of(norm: nn.Module) -> Tensor:
    """What a batch norm in evaluation mode multiplies each channel by.  -> (K,)"""
    scale = (norm.running_var + norm.eps).rsqrt()
    return scale if norm.weight is None else scale * norm.weight.detach()


def positive_part(module: nn.Module, scale: Tensor | None, sign: int) -> Forward:
    """a -> sum_j a_j w+_ij of a convolution or linear layer (of -w where `sign` is -1), its batch norm multiplied in.
    The module, which others may be using, is only read."""
    weight = sign * module.weight.detach()
    if scale is not None:
        weight = weight * scale.reshape(-1, *[1] * (weight.ndim - 1))
    weight = weight.clamp(min=0)
    if isinstance(module, nn.Linear):
        return lambda value: F.linear(value, weight)
    return lambda value: F.conv2d(value, weight, None, module.stride, module.padding, module.dilation, module.groups)


class Rules:
    """What each node of a graph does with the probability of its value, going down."""

    def __init__(self, graph: Graph):
        self.graph = graph
        self.top = self._top()

    def known(self, node: fx.Node) -> bool:
        """Whether there is a rule for the node."""
        if node.op in ("output", "placeholder"):
            return True
        if node.op == "call_module" and isinstance(self.graph.called(node), _NORMS):
            return self.graph.called(node).running_var is not None
        if node.op == "call_module" and isinstance(self.graph.called(node), nn.Conv2d):
            return self.graph.called(node).padding_mode == "zeros"
        return self._is(node, (*_WEIGHTED, *_AVERAGES, *_ROUTES), (*_AVERAGE_CALLS, *_SUM_CALLS, *_ROUTE_CALLS)) or (
            self._passes(node)
        )

    def word(self, node: fx.Node) -> str:
        """What a node is called by people: its module's kind, or its function's name."""
        called = self.graph.called(node)
        return type(called).__name__ if node.op == "call_module" else getattr(called, "__name__", str(called))

    def down(
        self, node: fx.Node, values: Mapping[fx.Node, Any], probability: Tensor, sign: int = 1
    ) -> dict[fx.Node, Tensor]:
        """The probabilities that the node's inputs get from the node's own; `sign` -1 turns its weights' signs."""
        sources = [one for one in node.all_input_nodes if isinstance(values[one], Tensor)]
        if node.op == "output" or self._passes(node) or self._folded(node):
            return {sources[0]: probability}
        inputs = [values[one] for one in sources]

        def forward(*changed: Tensor) -> Tensor:
            known = {one: values[one] for one in node.all_input_nodes}
            return self.graph.run({**known, **dict(zip(sources, changed, strict=True))}, [node])[0]

        excite = self._excite(node, forward, sign)
        found = winning(excite, inputs, probability) if excite else routed(forward, inputs, probability)
        return dict(zip(sources, found, strict=True))

    def _excite(self, node: fx.Node, forward: Forward, sign: int) -> Forward | None:
        """a -> sum_j a_j w+_ij; None for what hands its probability on."""
        if self._is(node, _WEIGHTED):
            module = self.graph.called(node)
            reader = next(iter(node.users))
            scale = scale_of(self.graph.called(reader)) if self._folded(reader) else None
            return positive_part(module, scale, sign)
        if self._is(node, _NORMS):
            scale = scale_of(self.graph.called(node)).clamp(min=0)
            return lambda value: value * scale.reshape(1, -1, *[1] * (value.ndim - 2))
        if self._is(node, (), _SUM_CALLS):
            return lambda *values: sum(values)
        return forward if self._is(node, _AVERAGES, _AVERAGE_CALLS) else None

    def _top(self) -> fx.Node | None:
        """The last weights before the scores; None where the scores do not come from one layer of them."""
        node = self.graph.output
        while not self._is(node, _WEIGHTED):
            if len(node.all_input_nodes) != 1 or not self.known(node):
                return None
            node = node.all_input_nodes[0]
        return node

    def _folded(self, node: fx.Node) -> bool:
        """Whether a batch norm belongs to the convolution or linear layer before it."""
        if not self._is(node, _NORMS):
            return False
        source = node.all_input_nodes[0]
        return self._is(source, _WEIGHTED) and len(source.users) == 1

    def _passes(self, node: fx.Node) -> bool:
        return is_kind(self.graph, node, ACTIVATIONS, ACTIVATION_FUNCTIONS)

    def _is(self, node: fx.Node, modules: tuple = (), calls: tuple = ()) -> bool:
        if node.op == "call_module":
            return isinstance(self.graph.called(node), modules)
        return node.op in ("call_function", "call_method") and node.target in calls


def refusal(network: Any, layer: Any = None) -> str | None:
    """Why c-MWP has no meaning on a network or at a layer, as a sentence; None where it has."""
    if not network.traced:
        return f"c-MWP is not defined on {network.title}: the network cannot be traced, so its weights are not known"
    rules = Rules(network.graph)
    if rules.top is None:
        return f"c-MWP is not defined on {network.title}: its scores do not come from one last layer of weights"
    if layer is None:
        return None
    start = next(node for node in network.graph.nodes if node.name == layer.node)
    if start is rules.top or start not in ancestors(rules.top):
        return f"c-MWP is not defined at {layer.name}: it comes after the last weights, whose signs it turns"
    after = descendants(start) - {start}
    strange = next((node for node in network.graph.nodes if node in after and not rules.known(node)), None)
    if strange is not None:
        word = rules.word(strange)
        return f"c-MWP is not defined at {layer.name}: it has no rule for a {word} between the layer and the scores"
    return None


def excitations(
    network: Any, batch: Tensor, classes: Tensor, layers: Sequence[Any], progress: Progress | None = None
) -> dict[str, Tensor]:
    """P - P' summed over channels, signed.  (N, 3, H, W), (N, C) -> {layer name: (N, C, h, w)}

    One forward pass, and one way down per class for all layers.
    """
    graph, rules = network.graph, Rules(network.graph)
    starts = {node: layer.name for layer in layers for node in graph.nodes if node.name == layer.node}
    below = set().union(*(descendants(node) for node in starts))
    order = [node for node in graph.nodes if node in below]
    needed = {source for node in order for source in node.all_input_nodes} | set(order)
    with torch.no_grad(), network.lock:
        _, values = graph.run({graph.input: batch.detach()}, keep=needed)
    found: dict[str, list[Tensor]] = {name: [] for name in starts.values()}
    for column in range(classes.shape[1]):
        if progress:
            progress(column, classes.shape[1], "c-MWP")
        scores = F.one_hot(classes[:, column].to(batch.device), len(network.classes)).to(batch.dtype)
        chances: dict[fx.Node, Tensor] = {graph.output: scores}
        for node in reversed(order):
            chance = chances.pop(node)
            if node in starts:
                found[starts[node]].append(chance.sum(1))
            if below.isdisjoint(node.all_input_nodes):
                continue
            for source, part in _contrast(rules, node, values, chance).items():
                if source in below:
                    chances[source] = chances[source] + part if source in chances else part
    return {name: torch.stack(several, 1) for name, several in found.items()}


def _contrast(rules: Rules, node: fx.Node, values: Mapping[fx.Node, Any], chance: Tensor) -> dict[fx.Node, Tensor]:
    """What a node hands down; at the last weights, minus what it hands down with their signs turned."""
    found = rules.down(node, values, chance)
    if node is not rules.top:
        return found
    return {source: part - rules.down(node, values, chance, -1)[source] for source, part in found.items()}


@method(
    name="c-mwp",
    title="c-MWP",
    paper="Zhang et al., ECCV 2016",
    about="Excitation backpropagation: which active neurons won the class's score, minus those that won against it.",
    per_layer=True,
    resolution="layer",
    refuses=refusal,
)
def contrastive(
    network: Any,
    batch: Tensor,
    classes: Tensor,
    layers: Sequence[Any],
    *,
    progress: Progress | None = None,
    seed: int = 0,
) -> dict[str | None, Tensor]:
    """The positive part of c-MWP at every layer for every class.  (N, 3, H, W), (N, C) -> {layer name: (N, C, h, w)}

    Raises NotDefined at a layer without spatial extent, and where the network between the layer and the scores does
    what there is no rule for (attention, products of two values).
    """
    check_shapes(batch, classes)
    require_defined("c-mwp", network, layers)
    maps = excitations(network, batch, classes, layers, progress) if layers else {}
    return {layer.name: maps[layer.name].clamp(min=0) for layer in layers}
