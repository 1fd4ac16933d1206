"""What the field calls a network's layers: conv5_3, pool5, fc6, fire9, denseblock4, layer4.1."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from torch import fx

from core.networks.graph import Graph

_COUNTED = {"conv": "conv", "linear": "fc", "block": "block"}
_FIELD = re.compile(r"(conv|pool|fc)\d+(_\d+)?")


def field_names(graph: Graph, found: Sequence[Any]) -> dict[fx.Node, str]:
    """A name for every layer found (records with node, start, kind, path), each name once."""
    if _is_chain(graph, found):
        names = _chain(graph, found)
    elif any(graph.module_types.get(entry.path) == "Fire" for entry in found):
        names = _squeeze(graph, found)
    else:
        names = {entry.node: _short(_whole(graph, entry)) for entry in found}
        names |= {entry.node: _of_owner(entry) for entry in found if entry.path == entry.node.name != entry.node.target}
        _name_the_end(graph, found, names)
    return _unique(found, names)


def _is_chain(graph: Graph, found: Sequence[Any]) -> bool:
    """Whether no value is read twice and none is made of two."""
    joined = any(entry.kind == "block" for entry in found)
    forked = any(len([user for user in node.users if user.op != "call_method"]) > 1 for node in graph.nodes)
    return not joined and not forked


def _chain(graph: Graph, found: Sequence[Any]) -> dict[fx.Node, str]:
    """VGG: conv5_3 and pool5 (block and position); other chains, AlexNet's way: conv5 and the pool5 behind it; then
    fc6 and on. Names of this form that the modules have themselves stand."""
    own = {entry.node: entry.path.rsplit(".", 1)[-1] for entry in found}
    if all(_FIELD.fullmatch(own[entry.node]) for entry in found if entry.kind != "pool"):
        return {node: name if _FIELD.fullmatch(name) else _short(name) for node, name in own.items()}
    in_blocks = _in_blocks(graph, found)
    names, block, position, number = {}, 1, 0, 0
    for entry in found:
        if entry.kind == "conv":
            position, number = position + 1, number + 1
            names[entry.node] = f"conv{block}_{position}" if in_blocks else f"conv{number}"
        elif entry.kind == "pool":
            names[entry.node] = f"pool{block if in_blocks else number}"
            block, position, number = (block + 1, 0, number) if in_blocks else (block, 0, number)
        else:
            stage = block - 1 if in_blocks else number
            block, number = block + 1, number + 1
            names[entry.node] = f"fc{stage + 1}"
    return names


def _in_blocks(graph: Graph, found: Sequence[Any]) -> bool:
    """VGG or built like it: only 3 x 3 convolutions, the first two or more before the first pooling."""
    if graph.module_types.get("") == "VGG":
        return True
    kinds = [entry.kind for entry in found]
    kernels = [getattr(graph.called(entry.start), "kernel_size", None) for entry in found if entry.kind == "conv"]
    last_conv = max((i for i, kind in enumerate(kinds) if kind == "conv"), default=-1)
    pooled = "pool" in kinds[last_conv + 1 :]
    return kinds[:2] == ["conv", "conv"] and "pool" in kinds and pooled and set(kernels) == {(3, 3)}


def _squeeze(graph: Graph, found: Sequence[Any]) -> dict[fx.Node, str]:
    """SqueezeNet: conv1, fire2 … fire9, conv10; a pooling has the number of what it pools. Fully connected layers that
    were put behind it are counted on: fc9."""
    names, blocks, number = {}, {}, 0
    paths = [path for path, kind in graph.module_types.items() if kind == "Fire"]
    for entry in found:
        inside = next((path for path in paths if entry.path.startswith(path + ".")), None)
        if inside is not None:
            blocks.setdefault(inside, number + 1)
            names[entry.node] = f"fire{blocks[inside]}{entry.path.removeprefix(inside)}"
        elif entry.kind == "pool":
            names[entry.node] = f"pool{number}"
        else:
            number += 1
            names[entry.node] = f"{'fire' if entry.path in paths else _COUNTED[entry.kind]}{number}"
    return names


def _whole(graph: Graph, entry: Any) -> str:
    """The path of the largest module that is this conv with its norm and activation and no more, else the layer's."""
    path = entry.path
    while entry.kind == "conv" and "." in path:
        parent = path.rsplit(".", 1)[0]
        convs = [p for p, kind in graph.module_types.items() if p.startswith(parent + ".") and kind == "Conv2d"]
        if graph.emitted.get(parent) != [entry.node] or convs != [entry.path]:
            break
        path = parent
    return path


def _name_the_end(graph: Graph, found: Sequence[Any], names: dict[fx.Node, str]) -> None:
    """DenseNet's last value, after the norm that `features` ends with and a ReLU, is called `features`."""
    for entry in found:
        source = entry.node.all_input_nodes[0] if entry.node.all_input_nodes else None
        if entry.kind == "block" and entry.path == entry.node.name and graph.emitted.get("features") == [source]:
            names[entry.node] = "features"


def _of_owner(entry: Any) -> str:
    """A function's value: the module that calls it and the function, `Mixed_7b.avg_pool2d`."""
    owner = entry.node.meta.get("owner")
    return f"{owner}.{re.sub(r'_[0-9]+$', '', entry.node.name)}" if owner else entry.node.name


def _short(path: str) -> str:
    """Without the containers that say nothing: `features.` where a name follows and not a number, RegNet's stages."""
    rest = re.sub(r"^(features|trunk_output\.block\d+)\.", "", path)
    return rest if rest[:1].isalpha() else path


def _unique(found: Sequence[Any], names: dict[fx.Node, str]) -> dict[fx.Node, str]:
    for other in ("path", "node"):
        count = Counter(names.values())
        names = {
            entry.node: names[entry.node] if count[names[entry.node]] == 1 else str(getattr(entry, other))
            for entry in found
        }
    return names
