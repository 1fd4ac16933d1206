"""A trained image classifier: its module, its classes, its layers, and how pictures get in."""

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np
import torch
from torch import fx, nn

from core.errors import BadSettings, NotDefined, UnknownClass, UnknownLayer, near
from core.networks.graph import Graph
from core.networks.hooked import Hooked
from core.networks.layers import Layer, default_layer
from core.networks.preprocessing import Preprocessing
from core.networks.shortcut import Shortcut
from core.networks.taps import Change, Tail
from core.networks.traced import Traced, Untraceable

_CHUNK = 1 << 24  # bytes hashed at once, so that several threads can share a large tensor


def device() -> torch.device:
    """Where networks live: the processor, or what $CHANNELSCOPE_DEVICE names ('cuda').  Raises BadSettings."""
    name = os.environ.get("CHANNELSCOPE_DEVICE") or "cpu"
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise BadSettings(f"$CHANNELSCOPE_DEVICE is '{name}', which torch cannot use here") from error


class Network:
    """A classifier ready to be looked into.

    `module` is put into evaluation mode once, here, and otherwise left as it is. `lock` is held by every pass, since
    people share a network. `layers` are in order of execution; `default_layer` is the one to begin with and
    `default_reason` the sentence why. `traced` is False where torch.fx cannot follow the module: then layers are
    modules, and `tail` runs the whole network. Raises NotDefined where the module does not turn a picture of its
    preprocessing's size into one score for each of `classes`.
    """

    def __init__(
        self,
        module: nn.Module,
        classes: Sequence[str],
        preprocessing: Preprocessing,
        *,
        name: str = "network",
        title: str | None = None,
    ):
        self.name, self.title = name, title or name
        self.device = device()
        self.module = module.to(self.device).eval()
        self.classes = tuple(classes)
        self.preprocessing = preprocessing
        self.lock = threading.RLock()
        self.taps: list[dict[Layer, Change]] = []
        example = torch.randn(1, 3, *preprocessing.size, generator=torch.Generator().manual_seed(0)).to(self.device)
        expected = self._try(example)
        try:
            self._runner: Traced | Hooked = Traced(self.module, example, expected)
        except Untraceable:
            self._runner = Hooked(self.module, example)
        self.layers = self._runner.layers
        if not self.layers:
            raise NotDefined(f"{self.title} has no convolution, pooling or linear layer to look at")
        self.default_layer, self.default_reason = default_layer(self.layers, len(self.classes))

    @property
    def traced(self) -> bool:
        return isinstance(self._runner, Traced)

    @property
    def graph(self) -> Graph:
        """The network's values and how each follows from others.  Raises NotDefined where it cannot be traced."""
        if not self.traced:
            raise NotDefined(f"{self.title} cannot be traced, so its graph is not known")
        return self._runner.graph

    def layer(self, name: str | Layer) -> Layer:
        """A layer by the field's name, its path, its emitting module or its graph's name.  Raises UnknownLayer."""
        if isinstance(name, Layer):
            name = name.name
        for key in ("name", "path", "emitter", "node"):
            for layer in self.layers:
                if getattr(layer, key) == name:
                    return layer
        known = [layer.name for layer in self.layers]
        raise UnknownLayer(f"no layer '{name}' in {self.name}{near(name, known)}")

    def class_index(self, text: str | int) -> int:
        """A class by its name, by part of a name that fits one class only, or by its index.  Raises UnknownClass."""
        text = str(text).strip()
        folded = text.casefold()
        tests = (
            lambda name: name == text,
            lambda name: name.casefold() == folded,
            lambda name: bool(folded) and folded in name.casefold(),
        )
        if text.isdecimal() and text not in self.classes:
            if int(text) < len(self.classes):
                return int(text)
            raise UnknownClass(f"no class {text} in {self.name}; its {len(self.classes)} classes count from 0")
        for test in tests:
            fitting = [i for i, name in enumerate(self.classes) if test(name)]
            if len(fitting) == 1:
                return fitting[0]
            if fitting:
                shown = ", ".join(f"{i} '{self.classes[i]}'" for i in fitting[:5]) + (" …" if len(fitting) > 5 else "")
                raise UnknownClass(f"'{text}' fits {len(fitting)} classes of {self.name}: {shown}; give one's index")
        raise UnknownClass(f"no class '{text}' in {self.name}{near(text, self.classes)}")

    def prepare(self, images: Sequence[np.ndarray]) -> torch.Tensor:
        """Pictures as the network takes them.  N of uint8 (H, W, 3), RGB -> (N, 3, h, w)"""
        return torch.stack([self.preprocessing.apply(image) for image in images]).to(self.device)

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        """Logits, with the taps that are on.  (N, 3, h, w) -> (N, classes)"""
        with self.lock:
            if not self.taps:
                return self.module(batch)
            steps: dict[Layer, list[Change]] = {}
            for taps in self.taps:
                for layer, step in taps.items():
                    steps.setdefault(layer, []).append(step)
            return self._runner.run(batch, {layer: _one_after_another(several) for layer, several in steps.items()})

    @torch.no_grad()
    def probabilities(self, batch: torch.Tensor) -> torch.Tensor:
        """Softmax of the logits, without gradients.  (N, 3, h, w) -> (N, classes)"""
        return self(batch).softmax(1)

    def tail(self, layer: str | Layer, batch: torch.Tensor) -> Tail:
        """What comes after a layer, for a batch of prepared pictures.  Raises UnknownLayer."""
        return Tail(self, self.layer(layer), batch)

    def cut(self, layer: Layer, batch: torch.Tensor):
        """A layer's value for a batch and the function that resumes from a changed one; see `Tail`."""
        return self._runner.cut(layer, batch)

    def centres(self, layer: Layer) -> tuple[np.ndarray, np.ndarray]:
        """The middles of a layer's receptive fields, in pixels of the network's input, whose upper left corner is
        (0, 0): of its maps' rows (H,) and of their columns (W,). Evenly spread where a position can depend on the whole
        input, and where the network cannot be traced.  float64"""
        field = self._runner.field(layer) if self.traced else None
        sides = [side / count for side, count in zip(self.preprocessing.size, layer.shape[1:], strict=True)]
        first, jump = (field.first, field.jump) if field else ([side / 2 for side in sides], sides)
        return tuple(f + j * np.arange(count) for f, j, count in zip(first, jump, layer.shape[1:], strict=True))

    def shortcut(self, layer: Layer) -> Shortcut | None:
        """How closed channels of a layer reach the output at less than the tail's cost; None where the output depends
        on more than the layer's value, or the network cannot be traced."""
        complete = self.traced and self._runner.after(self._runner.node(layer)) is not None
        return Shortcut(self._runner, layer) if complete else None

    @property
    def has_relu(self) -> bool:
        """Whether `relu_modules_graph` has a ReLU; False where the network cannot be traced, since none is known."""
        return self.traced and self._runner.has_relu

    def relu_modules_graph(self) -> fx.GraphModule:
        """A copy with the same parameters, nothing in place, and each ReLU, however the module writes it, an nn.ReLU
        of its own: what hooks on ReLU modules need. The same object each time.  Raises NotDefined."""
        if not self.traced:
            raise NotDefined(f"{self.title} cannot be traced, so its ReLUs are not known")
        return self._runner.relu_modules

    @cached_property
    def fingerprint(self) -> str:
        """sha256 (hex) over architecture, weights and preprocessing: equal for networks that compute the same way."""
        digest = hashlib.sha256()
        graph = [_told(node) for node in self._runner.graph.nodes] if self.traced else []
        record = [type(self.module).__qualname__, repr(self.module), graph, self.preprocessing.record()]
        digest.update(json.dumps(record, sort_keys=True).encode())
        for part in _state_digests(self.module):
            digest.update(part)
        return digest.hexdigest()

    def _try(self, example: torch.Tensor) -> torch.Tensor:
        height, width = self.preprocessing.size
        try:
            with torch.no_grad():
                output = self.module(example)
        except Exception as error:  # anybody's module may raise anything
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise NotDefined(f"{self.title} cannot take a picture of {height} × {width} pixels: {reason}") from error
        if not isinstance(output, torch.Tensor) or output.ndim != 2:
            given = (
                f"a tensor of shape {tuple(output.shape)}"
                if isinstance(output, torch.Tensor)
                else type(output).__name__
            )
            raise NotDefined(f"{self.title} gives {given} for a picture; a tensor (pictures, classes) is needed")
        if output.shape[1] != len(self.classes):
            raise NotDefined(f"{self.title} scores {output.shape[1]} classes, but {len(self.classes)} are named")
        return output


def _one_after_another(steps: Sequence[Change]) -> Change:
    def change(value: torch.Tensor) -> torch.Tensor:
        for step in steps:
            value = step(value)
        return value

    return change


def _told(node: fx.Node) -> str:
    """A node in words that are the same in every process: a function by its name, not by where it lies in memory."""
    target = node.target
    name = target if isinstance(target, str) else f"{target.__module__}.{target.__qualname__}"
    return f"{node.op} {name} {node.args} {node.kwargs}"


def _state_digests(module: nn.Module) -> list[bytes]:
    """Digests of every parameter and buffer with its name, in order; chunks are hashed side by side."""
    parts: list[memoryview | bytes] = []
    for key, value in sorted(module.state_dict().items()):
        parts.append(f"{key} {value.dtype} {tuple(value.shape)}".encode())
        flat = value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy()
        parts += [memoryview(flat[i : i + _CHUNK]) for i in range(0, len(flat), _CHUNK)]
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda part: hashlib.sha256(part).digest(), parts))
