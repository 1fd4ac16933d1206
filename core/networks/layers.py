"""The layers of a network, found in its graph: what can be tapped, under which names, and which one to begin with.

A layer is a node of the graph, not a module: values after a ReLU have no module in GoogLeNet, Inception and DenseNet,
and ResNet calls one ReLU twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import fx, nn
from torch.nn import functional as F

from core.networks.graph import Graph, ancestors
from core.networks.naming import field_names
from core.networks.receptive import receptive_fields

Shapes = Mapping[fx.Node, tuple[int, ...]]
ACTIVATIONS = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.Hardswish, nn.SiLU, nn.GELU, nn.Mish)
NORMS = (nn.modules.batchnorm._BatchNorm, nn.GroupNorm)
POOLS = (nn.MaxPool2d, nn.AvgPool2d, nn.LPPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
ACTIVATION_FUNCTIONS = (
    *(F.relu, torch.relu, F.relu6, F.leaky_relu, F.prelu, F.elu, F.hardswish, F.silu, F.gelu, F.mish),
)
_POOL_FUNCTIONS = (F.max_pool2d, F.avg_pool2d, F.adaptive_avg_pool2d, F.adaptive_max_pool2d, torch.max_pool2d)
_CONV_FUNCTIONS = (F.conv2d, torch.conv2d)
_JOINS = ("add", "cat", "concat")
_BLOCKS = ("Fire", "InvertedResidual", "_InvertedResidual", "MBConv", "FusedMBConv", "CNBlock", "ResBottleneckBlock")


@dataclass(frozen=True)
class Layer:
    """A value of the network that can be seen or changed.

    `node`: its node in the graph, or the module that emits it where tracing failed; `path`: the module it belongs to
    (`features.28`; the graph's name where there is none); `name`: the field's name (`conv5_3`), else the path;
    `kind`: 'conv', 'pool', 'block' or 'linear'; `shape` without the batch; `receptive_field` in pixels, None where a
    position can depend on the whole input (or it is not known); `emitter`: the one module call that emits exactly this
    value, None where a function does or the module is called more than once.
    """

    node: str
    path: str
    name: str
    kind: str
    shape: tuple[int, ...]
    receptive_field: int | None
    emitter: str | None = None

    @property
    def spatial(self) -> bool:
        """Whether it has more than one position."""
        return len(self.shape) == 3 and self.shape[1] * self.shape[2] > 1


@dataclass(frozen=True)
class Found:
    """A layer on its way: its node, the node it starts from (the conv itself) and its kind."""

    node: fx.Node
    start: fx.Node
    kind: str
    path: str


def find_layers(graph: Graph, shapes: Shapes) -> tuple[Layer, ...]:
    """All layers in order of execution; `shapes` are those of the graph's values for a batch of one."""
    found = _found(graph, shapes)
    names = field_names(graph, found)
    fields = receptive_fields(graph, shapes)
    layers = []
    for entry in found:
        field = fields.get(entry.node)
        shape = shapes[entry.node][1:]
        layer = Layer(entry.node.name, entry.path, names[entry.node], entry.kind, shape, None, _emitter(graph, entry))
        layers.append(replace(layer, receptive_field=max(field.size) if field and layer.spatial else None))
    return tuple(layers)


def default_layer(layers: Sequence[Layer], classes: int) -> tuple[Layer, str]:
    """The layer to begin with, and why: the last one with a spatial extent before the classifier, not counting
    poolings, which only make it coarser, nor a convolution whose channels are the classes themselves."""
    spatial = [layer for layer in layers if layer.spatial]
    if not spatial:
        last = layers[-1]
        return last, f"{last.name} is the last layer; none of this network's layers has a spatial extent"
    candidates = [layer for layer in spatial if layer.kind != "pool"] or spatial
    best, why = candidates[-1], ""
    scores = best.kind == "conv" and best.shape[0] == classes and not any(layer.kind == "linear" for layer in layers)
    if scores and len(candidates) > 1:
        best, skipped = candidates[-2], best
        why = f"; the channels of {skipped.name} after it are the {classes} classes themselves"
    later = [layer.name for layer in spatial[spatial.index(best) + 1 :] if layer.kind == "pool"]
    if later and not why:
        why = f"; {later[-1]} after it only makes it coarser"
    rows, columns = best.shape[1:]
    extent = f"{rows} × {columns} positions"
    return best, f"{best.name} is the last layer with a spatial extent before the classifier ({extent}){why}"


def _found(graph: Graph, shapes: Shapes) -> list[Found]:
    found: dict[fx.Node, Found] = {}
    for node in graph.nodes:
        rank = len(shapes.get(node, ()))
        if is_kind(graph, node, nn.Conv2d, _CONV_FUNCTIONS) and rank == 4:
            value = follow(graph, node)
            found.setdefault(value, Found(value, node, "conv", _path(node)))
        elif is_kind(graph, node, nn.Linear, (F.linear,)) and rank == 2:
            value = follow(graph, node)
            found.setdefault(value, Found(value, node, "linear", _path(node)))
        elif is_kind(graph, node, POOLS, _POOL_FUNCTIONS) and rank == 4 and not _keeps_size(graph, node, shapes):
            found.setdefault(node, Found(node, node, "pool", _path(node)))
    for entry in _blocks(graph, shapes):
        found[entry.node] = entry
    last = _last_spatial(graph, shapes)
    if last is not None and last not in found:
        found[last] = Found(last, last, "block", last.name)
    order = {node: i for i, node in enumerate(graph.nodes)}
    entries = sorted(found.values(), key=lambda entry: order[entry.node])
    return _without_asides(entries, shapes)


def _without_asides(entries: list[Found], shapes: Shapes) -> list[Found]:
    """Drops values without extent that come before one with extent: the gates of squeeze-and-excitation."""
    last = max((i for i, entry in enumerate(entries) if is_spatial(shapes[entry.node])), default=-1)
    return [entry for i, entry in enumerate(entries) if i > last or is_spatial(shapes[entry.node])]


def _blocks(graph: Graph, shapes: Shapes) -> list[Found]:
    """Outputs of the modules that add or concatenate, and the joins that the network itself does outside of any."""
    result, modules = [], dict(graph.module_types)
    for path, nodes in graph.emitted.items():
        for node in nodes:
            if len(shapes.get(node, ())) != 4 or not is_spatial(shapes[node]) or graph.is_leaf(path):
                continue
            join = _joined(graph, node)
            if modules[path] in _BLOCKS or (join is not None and join.meta.get("owner") == path):
                result.append(Found(node, node, "block", path))
    taken = {entry.node for entry in result}
    for node in graph.nodes:
        own = node.meta.get("owner") == "" and _is_join(node) and is_spatial(shapes.get(node, ()))
        if own and any(is_kind(graph, source, nn.Conv2d, _CONV_FUNCTIONS) for source in ancestors(node)):
            value = follow(graph, node)
            if value not in taken:
                result.append(Found(value, node, "block", value.name))
    return result


def _joined(graph: Graph, node: fx.Node) -> fx.Node | None:
    """The add or cat that a value comes from through norm, activation and dropout only."""
    while not _is_join(node):
        passes = is_kind(graph, node, (*NORMS, *ACTIVATIONS, nn.Dropout, nn.Identity), ACTIVATION_FUNCTIONS)
        if not passes or not node.all_input_nodes:
            return None
        node = node.all_input_nodes[0]
    return node


def _is_join(node: fx.Node) -> bool:
    if node.op == "call_function":
        joins = getattr(node.target, "__name__", "") in _JOINS
    else:
        joins = node.op == "call_method" and node.target in _JOINS
    return joins and (len(node.all_input_nodes) > 1)


def follow(graph: Graph, node: fx.Node) -> fx.Node:
    """From a conv along edges with a single reader through batch norm and one activation."""
    for modules, functions in ((NORMS, (F.batch_norm, F.group_norm)), (ACTIVATIONS, ACTIVATION_FUNCTIONS)):
        reader = next(iter(node.users)) if len(node.users) == 1 else None
        if reader is not None and is_kind(graph, reader, modules, functions):
            node = reader
    return node


def is_kind(graph: Graph, node: fx.Node, modules, functions) -> bool:
    """Whether a node calls one of these modules or functions (or the tensor method of a function's name)."""
    if node.op == "call_module":
        return isinstance(graph.called(node), modules)
    if node.op == "call_method":
        return node.target in {"relu"} and F.relu in functions
    return node.op == "call_function" and node.target in functions


def _keeps_size(graph: Graph, node: fx.Node, shapes: Shapes) -> bool:
    """Adaptive pooling that changes nothing at this input size."""
    adaptive = (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
    same = shapes[node] == shapes.get(node.all_input_nodes[0])
    return same and is_kind(graph, node, adaptive, (F.adaptive_avg_pool2d, F.adaptive_max_pool2d))


def _last_spatial(graph: Graph, shapes: Shapes) -> fx.Node | None:
    """The last value with a spatial extent, not counting what only passes it on and what comes after its collapse."""
    spatial: set[fx.Node] = {graph.input}
    last = None
    for node in graph.nodes:
        if is_spatial(shapes.get(node, ())) and any(source in spatial for source in node.all_input_nodes):
            spatial.add(node)
            last = node
    while last is not None and (is_kind(graph, last, nn.Dropout, (F.dropout,)) or _is_adaptive(graph, last)):
        last = last.all_input_nodes[0]
    return last if last in ancestors(graph.output) else None


def _is_adaptive(graph: Graph, node: fx.Node) -> bool:
    functions = (F.adaptive_avg_pool2d, F.adaptive_max_pool2d)
    return is_kind(graph, node, (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d), functions)


def is_spatial(shape: Sequence[int]) -> bool:
    return len(shape) == 4 and shape[2] * shape[3] > 1


def _path(node: fx.Node) -> str:
    return node.target if node.op == "call_module" else node.name


def _emitter(graph: Graph, entry: Found) -> str | None:
    once = [path for path, nodes in graph.emitted.items() if nodes == [entry.node]]
    return max(once, key=len, default=None)
