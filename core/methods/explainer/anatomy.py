"""What an explainer is attached to, found in the performer's graph: a chain that ends in two fully connected layers.

    target -> top conv, ReLU -> pooling -> flattening -> fc6, ReLU -> fc7, ReLU -> classifier

The explainer reads the target layer, stands beside the top conv and gives back fc7. Residual and dense networks, and
those that end in a mean over space, have no such chain; the paper does not claim them either.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn

from core.errors import NotDefined
from core.networks.graph import Graph, ancestors, descendants
from core.networks.layers import NORMS, Layer
from core.networks.network import Network

_FLATTENING = (torch.flatten, torch.reshape, "flatten", "view", "reshape")


@dataclass(frozen=True)
class Anatomy:
    """The performer's parts: layers to tap, modules to begin with, and the ways between them.

    `pool`: the value of the top conv layer -> what is flattened for fc6, (N, K, n, n) -> (N, K, m, m);
    `classify`: the value of fc7 -> logits. `conv` has the batch norm after it folded in, where there is one.
    """

    target: Layer
    top: Layer
    fc6: Layer
    fc7: Layer
    conv: nn.Conv2d
    first: nn.Linear
    second: nn.Linear
    pool: Callable[[Tensor], Tensor]
    classify: Callable[[Tensor], Tensor]

    @property
    def side(self) -> int:
        """n: height and width of the maps that are disentangled."""
        return self.top.shape[1]


def anatomy(network: Network) -> Anatomy:
    """The parts of a performer.  Raises NotDefined, in one sentence, where it has no such chain."""
    graph = network.graph
    nodes = {node.name: node for node in graph.nodes}
    linear = [one for one in network.layers if one.kind == "linear"]
    if len(linear) != 3:
        raise NotDefined(
            f"{network.title} has {_count(len(linear) - 1)} before its classifier; an explainer reconstructs two, "
            "as AlexNet and VGG have them"
        )
    before = network.layers[: network.layers.index(linear[0])]
    convs = [one for one in before if one.kind == "conv"]
    if not convs or any(one.kind != "pool" for one in before[before.index(convs[-1]) + 1 :]):
        raise NotDefined(f"the layers of {network.title} are no plain chain of convolutions, so it has no top one")
    top, (fc6, fc7, _) = convs[-1], linear
    if no_relu := [one.name for one in (top, fc6, fc7) if not graph.is_relu(nodes[one.node])]:
        raise NotDefined(f"no ReLU follows {no_relu[0]} of {network.title}; an explainer has one after each layer")
    node, affine = nodes[top.node], [_module(graph, nodes[one.node], nn.Linear) for one in linear]
    conv, source = _conv(graph, node)
    target = next((one for one in before if nodes[one.node] is _behind_dropout(graph, source)), None)
    if target is None or not _alone(graph, node):
        raise NotDefined(f"what {network.title} makes of {top.name} depends on more than it, as in residual networks")
    _require_square(target, top, conv)
    maps = _between(graph, node, _flattened(graph, node, affine[0]))
    after = descendants(nodes[fc7.node]) - {nodes[fc7.node]}
    rest = [one for one in graph.nodes if one in after]

    def pool(values: Tensor) -> Tensor:
        return graph.run({node: values}, maps)[0] if maps else values

    def classify(values: Tensor) -> Tensor:
        return graph.run({nodes[fc7.node]: values}, rest)[0]

    first, second = (graph.called(one) for one in affine[:2])
    return Anatomy(target, top, fc6, fc7, conv, first, second, pool, classify)


def _count(layers: int) -> str:
    return "no fully connected layer" if layers < 1 else f"{layers} fully connected layer{'s' * (layers > 1)}"


def _module(graph: Graph, node: fx.Node, kind: type[nn.Module]) -> fx.Node:
    """The module whose value, after norm and ReLU, a layer is."""
    name = node.name
    while not isinstance(part := graph.called(node), kind):
        if not (graph.is_relu(node) or isinstance(part, NORMS)):
            raise NotDefined(f"{name} is not made by an nn.{kind.__name__}, whose weights an explainer begins with")
        node = node.all_input_nodes[0]
    return node


def _conv(graph: Graph, node: fx.Node) -> tuple[nn.Conv2d, fx.Node]:
    """The convolution behind a layer's value, with its batch norm folded in, and what it reads."""
    found = _module(graph, node, nn.Conv2d)
    conv, norm = graph.called(found), graph.called(next(iter(found.users)))
    if isinstance(norm, nn.BatchNorm2d):
        conv = nn.utils.fuse_conv_bn_eval(conv, norm)
    return conv, found.all_input_nodes[0]


def _behind_dropout(graph: Graph, node: fx.Node) -> fx.Node:
    while isinstance(graph.called(node), nn.Dropout | nn.Identity):
        node = node.all_input_nodes[0]
    return node


def _alone(graph: Graph, node: fx.Node) -> bool:
    """Whether nothing that comes after a value reads anything from before it."""
    later = descendants(node)
    return all(source in later for one in later - {node} for source in one.all_input_nodes)


def _between(graph: Graph, first: fx.Node, last: fx.Node) -> list[fx.Node]:
    inside = descendants(first) & ancestors(last) - {first}
    return [one for one in graph.nodes if one in inside]


def _flattened(graph: Graph, node: fx.Node, affine: fx.Node) -> fx.Node:
    """The last value with maps on the way from a layer to the first affine map: what is flattened."""
    for one in _between(graph, node, affine):
        if isinstance(graph.called(one), nn.Flatten) or one.target in _FLATTENING:
            return one.all_input_nodes[0]
    return affine.all_input_nodes[0]


def _require_square(target: Layer, top: Layer, conv: nn.Conv2d) -> None:
    if not top.spatial:
        raise NotDefined(f"the maps of {top.name} are 1 x 1; no part can be found where there is one place")
    if top.shape[1] != top.shape[2] or target.shape[1:] != top.shape[1:]:
        raise NotDefined(
            f"the maps of {top.name} are {top.shape[1]} x {top.shape[2]} and those of {target.name} before it "
            f"{target.shape[1]} x {target.shape[2]}; templates of parts need square maps of one size"
        )
    if conv.groups != 1:
        raise NotDefined(f"{top.name} is a grouped convolution; the explainer's filters read all channels")
