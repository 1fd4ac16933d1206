"""Running a network by its graph: see or change any value, or run only what comes after one."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import torch
from torch import fx, nn

from core.networks.graph import Graph, ancestors, descendants
from core.networks.layers import Layer, find_layers
from core.networks.receptive import Field, receptive_fields

Change = Callable[[torch.Tensor], torch.Tensor]
Resume = Callable[[torch.Tensor, torch.Tensor | None], torch.Tensor]


class Untraceable(Exception):
    """The module has no graph, or its graph computes something else."""


class Traced:
    """A module's graph and layers. Raises Untraceable where torch.fx cannot follow the module, or where the graph
    does not give the module's own output on the example (1, 3, h, w)."""

    def __init__(self, module: nn.Module, example: torch.Tensor, expected: torch.Tensor):
        try:
            self.graph = Graph(module)
            shapes, output = self._shapes(example)
        except Exception as error:  # torch.fx raises what the module's own code raises on a proxy
            raise Untraceable(str(error)) from error
        if not _same(output, expected):
            raise Untraceable("the graph gives another output than the module")
        self._nodes = {node.name: node for node in self.graph.nodes}
        self.shapes = shapes  # of the graph's tensors, for a batch of one
        self.layers = find_layers(self.graph, shapes)

    @torch.no_grad()
    def _shapes(self, example: torch.Tensor) -> tuple[dict[fx.Node, tuple[int, ...]], Any]:
        shapes: dict[fx.Node, tuple[int, ...]] = {}

        def note(node: fx.Node) -> Callable[[Any], Any]:
            def watch(value: Any) -> Any:
                if isinstance(value, torch.Tensor):
                    shapes[node] = tuple(value.shape)
                return value

            return watch

        watching = {node: note(node) for node in self.graph.nodes if node.op != "get_attr"}
        output, _ = self.graph.run({self.graph.input: example}, intercept=watching)
        return shapes, output

    def run(self, batch: torch.Tensor, intercept: Mapping[Layer, Change]) -> torch.Tensor:
        """The network's output; each layer's value goes through its function first.  (N, 3, h, w) -> (N, classes)"""
        steps = {self.node(layer): change for layer, change in intercept.items()}
        return self.graph.run({self.graph.input: batch}, intercept=steps)[0]

    def cut(self, layer: Layer, batch: torch.Tensor) -> tuple[torch.Tensor, Resume]:
        """The layer's value for a batch, and what computes the output from a changed one: only the part of the graph
        that depends on the layer, with the other values it reads kept, whichever branches they come from."""
        node = self.node(layer)
        tail, live = self._split(node)
        needed = set().union(*(ancestors(other) for other in [*live, node]))
        with torch.no_grad():
            head = [other for other in self.graph.nodes if other in needed]
            _, kept = self.graph.run({self.graph.input: batch}, head, [*live, node])
        value = kept.pop(node)
        per_row = {other for other in live if self.graph.input in ancestors(other) and len(kept[other]) == len(batch)}

        def resume(changed: torch.Tensor, rows: torch.Tensor | None) -> torch.Tensor:
            known = {other: v[rows] if rows is not None and other in per_row else v for other, v in kept.items()}
            return self.graph.run({**known, node: changed}, tail)[0]

        return value, resume

    def field(self, layer: Layer) -> Field | None:
        """A layer's receptive field; None where a position can depend on the whole input."""
        return receptive_fields(self.graph, self.shapes).get(self.node(layer))

    def node(self, layer: Layer) -> fx.Node:
        return self._nodes[layer.node]

    def after(self, node: fx.Node) -> list[fx.Node] | None:
        """The nodes to run after one whose value is all that the output depends on; None where it is not all."""
        tail, live = self._split(node)
        return None if live else tail

    def _split(self, node: fx.Node) -> tuple[list[fx.Node], list[fx.Node]]:
        """The nodes to run after the cut, and the tensors from before it that they read. Sizes and parameters are not
        kept but read again: the number of images may be another."""
        tail = descendants(node) - {node}
        while True:
            live = {s for other in tail for s in other.all_input_nodes} - tail - {node}
            if not (again := {source for source in live if source not in self.shapes}):
                return [other for other in self.graph.nodes if other in tail], list(live)
            tail |= again

    @cached_property
    def relu_modules(self) -> fx.GraphModule:
        return self.graph.with_relu_modules()

    @cached_property
    def has_relu(self) -> bool:
        return any(self.graph.is_relu(node) for node in self.graph.nodes)


def _same(one: Any, other: torch.Tensor) -> bool:
    if not isinstance(one, torch.Tensor) or one.shape != other.shape:
        return False
    return torch.allclose(one, other, rtol=1e-4, atol=1e-5 * float(other.abs().max()), equal_nan=True)
