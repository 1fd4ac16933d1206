"""A network's computation as a graph of values: a copy that works in place nowhere and shares the parameters."""

import copy
import inspect
import operator
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional as F

RELU_FUNCTIONS = (F.relu, torch.relu)
_OUT_OF_PLACE = {
    F.relu_: F.relu,
    torch.relu_: torch.relu,
    **{
        getattr(operator, "i" + name): getattr(operator, name)
        for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
    },
}
_tracing = threading.Lock()


class _Tracer(fx.Tracer):
    """Notes which module each node belongs to and which nodes each module emits.

    torch.fx replaces nn.Module.__call__ for everybody while it traces: one tracer at a time, and calls that come from
    another thread, where a picture is being explained meanwhile, are let through.
    """

    def __init__(self, whole: Collection[str]):
        super().__init__()
        self.whole = whole
        self.thread = threading.get_ident()
        self.inside = [""]
        self.emitted: dict[str, list[fx.Node]] = {}

    def is_leaf_module(self, m, module_qualified_name):
        return module_qualified_name in self.whole or super().is_leaf_module(m, module_qualified_name)

    def call_module(self, m, forward, args, kwargs):
        if threading.get_ident() != self.thread:
            return forward(*args, **kwargs)
        path = self.path_of_module(m)
        self.inside.append(path)
        try:
            result = super().call_module(m, forward, args, kwargs)
        finally:
            self.inside.pop()
        if isinstance(result, fx.Proxy):
            self.emitted.setdefault(path, []).append(result.node)
        return result

    def getattr(self, attr, attr_val, parameter_proxy_cache):
        if threading.get_ident() != self.thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)

    def create_node(self, *args, **kwargs):
        node = super().create_node(*args, **kwargs)
        node.meta["owner"] = self.inside[-1]
        return node


class Graph:
    """The graph of `module`: its nodes in order of execution, as far as the output needs them.

    `emitted` says which nodes each module of the original emits, once per call. Modules at the paths in `whole` are one
    node each, whatever they are made of. Raises whatever torch.fx raises where the module cannot be traced.
    """

    def __init__(self, module: nn.Module, whole: Collection[str] = ()):
        tracer = _Tracer(whole)
        with _tracing:
            graph = tracer.trace(module)
        self.module = fx.GraphModule(module, graph)
        self.emitted = tracer.emitted
        self.module_types = {path: type(part).__name__ for path, part in module.named_modules()}
        self._leaves = {node.target for node in graph.nodes if node.op == "call_module"}
        for node in graph.nodes:
            _make_functional(node, self.module)
        graph.lint()
        self.module.recompile()
        self.module.eval()
        self.output = next(node for node in graph.nodes if node.op == "output")
        self.input = next(node for node in graph.nodes if node.op == "placeholder")
        needed = ancestors(self.output)
        self.nodes = tuple(node for node in graph.nodes if node in needed)
        self._modules = dict(self.module.named_modules())

    def is_leaf(self, path: str) -> bool:
        """Whether a module of the original is one node of the graph."""
        return path in self._leaves

    def called(self, node: fx.Node) -> nn.Module | Any:
        """The module or function that a node calls."""
        return self._modules[node.target] if node.op == "call_module" else node.target

    def run(
        self,
        known: Mapping[fx.Node, Any],
        nodes: Iterable[fx.Node] | None = None,
        keep: Iterable[fx.Node] = (),
        intercept: Mapping[fx.Node, Callable[[Any], Any]] | None = None,
    ) -> tuple[Any, dict[fx.Node, Any]]:
        """Evaluates `nodes` (all by default) from the known values: the last one's value, and those to keep.

        What an intercepting function returns for a node's value takes that value's place.
        """
        nodes = self.nodes if nodes is None else tuple(nodes)
        last_use = _last_uses(nodes)
        values, kept, result = dict(known), dict.fromkeys(keep), None
        intercept = intercept or {}
        for node in nodes:
            result = values[node] if node in known else self._evaluate(node, values)
            if node in intercept:
                result = intercept[node](result)
            values[node] = result
            if node in kept:
                kept[node] = result
            for spent in last_use.get(node, ()):
                values.pop(spent, None)
        return result, kept

    def _evaluate(self, node: fx.Node, values: dict[fx.Node, Any]) -> Any:
        if node.op == "placeholder":
            return node.args[0]
        if node.op == "get_attr":
            return operator.attrgetter(node.target)(self.module)
        args, kwargs = fx.node.map_arg((node.args, node.kwargs), values.__getitem__)
        if node.op == "output":
            return args[0]
        if node.op == "call_method":
            return getattr(args[0], node.target)(*args[1:], **kwargs)
        return self.called(node)(*args, **kwargs)

    def is_relu(self, node: fx.Node) -> bool:
        if node.op == "call_method":
            return node.target == "relu"
        if node.op == "call_module":
            return type(self.called(node)) is nn.ReLU
        return node.op == "call_function" and node.target in RELU_FUNCTIONS

    def with_relu_modules(self) -> fx.GraphModule:
        """A further copy in which every ReLU, however written, is an nn.ReLU module of its own."""
        duplicate = fx.Graph()
        duplicate.output(duplicate.graph_copy(self.module.graph, {}))
        result = fx.GraphModule(self.module, duplicate)
        for node in duplicate.nodes:
            if self.is_relu(node):
                name = f"own_{node.name}"
                result.add_submodule(name, nn.ReLU())
                node.op, node.target, node.args, node.kwargs = "call_module", name, (node.all_input_nodes[0],), {}
        result.delete_all_unused_submodules()
        result.recompile()
        return result.eval()


def ancestors(node: fx.Node) -> set[fx.Node]:
    """The node and all that its value depends on."""
    return _reached(node, lambda one: one.all_input_nodes)


def descendants(node: fx.Node) -> set[fx.Node]:
    """The node and all that depends on its value."""
    return _reached(node, lambda one: one.users)


def _reached(node: fx.Node, step: Callable[[fx.Node], Iterable[fx.Node]]) -> set[fx.Node]:
    found, waiting = {node}, [node]
    while waiting:
        fresh = [other for other in step(waiting.pop()) if other not in found]
        found.update(fresh)
        waiting += fresh
    return found


def _last_uses(nodes: Sequence[fx.Node]) -> dict[fx.Node, list[fx.Node]]:
    """After which node each value is needed no more."""
    last = {source: node for node in nodes for source in node.all_input_nodes}
    spent: dict[fx.Node, list[fx.Node]] = {}
    for source, node in last.items():
        spent.setdefault(node, []).append(source)
    return spent


def _make_functional(node: fx.Node, module: fx.GraphModule) -> None:
    """Turns an operation that rewrites its input into one that does not; later readers get the new value, as they
    would have seen it in the rewritten one."""
    if not _works_in_place(node, module):
        return
    if node.op == "call_module":
        fresh = copy.deepcopy(module.get_submodule(node.target))
        fresh.inplace = False
        name = f"functional_{node.name}"
        module.add_submodule(name, fresh)
        node.target = name
    elif node.op == "call_method":
        node.target = node.target[:-1]
    elif node.target in _OUT_OF_PLACE:
        node.target = _OUT_OF_PLACE[node.target]
    else:
        _without_flag(node)
    if node.all_input_nodes:
        rewritten, seen = node.all_input_nodes[0], False
        for other in list(node.graph.nodes):
            if seen and rewritten in other.all_input_nodes:
                other.replace_input_with(rewritten, node)
            seen = seen or other is node


def _works_in_place(node: fx.Node, module: fx.GraphModule) -> bool:
    if node.op == "call_module":
        return bool(getattr(module.get_submodule(node.target), "inplace", False))
    if node.op == "call_method":
        return node.target.endswith("_") and not node.target.endswith("__")
    return node.op == "call_function" and (node.target in _OUT_OF_PLACE or bool(_flag(node)))


def _flag(node: fx.Node) -> Any:
    """The `inplace` argument of a function call, None where it has none."""
    if "inplace" in node.kwargs:
        return node.kwargs["inplace"]
    return _bound(node).get("inplace") if node.args else None


def _bound(node: fx.Node) -> dict[str, Any]:
    try:
        return dict(inspect.signature(node.target).bind(*node.args, **node.kwargs).arguments)
    except (TypeError, ValueError):
        return {}


def _without_flag(node: fx.Node) -> None:
    if "inplace" in node.kwargs:
        node.kwargs = {**node.kwargs, "inplace": False}
    else:
        position = list(inspect.signature(node.target).parameters).index("inplace")
        node.args = (*node.args[:position], False, *node.args[position + 1 :])
