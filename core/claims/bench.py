"""What claims are measured with: a network and its untrained twin, a probe, importances, maps of chosen pictures."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch

from core import engine
from core.errors import NotDefined
from core.methods import METHODS
from core.methods import explain as run_methods
from core.methods.chip.importances import Importances, layers_for
from core.methods.heatmap import Heatmap
from core.networks.catalogue import open_network
from core.networks.layers import Layer
from core.networks.network import Network
from core.probes.choice import default_indices
from core.probes.probe import Instance, Probe

Progress = Callable[[int, int, str], None]
BATCH = 16
STAGES = 5  # layers that stand for the depth of a network; the paper has VGG16's five poolings


@dataclass(frozen=True)
class Sizes:
    """How many pictures, classes' pictures or permutations each measurement takes at most."""

    localised: int = 400  # of each of the two splits
    scenes: int = 60  # the same, with LIME
    several: int = 80  # with several animals of one species, with LIME
    searched: int = 40  # for the thresholds of these, with LIME
    pairs: int = 150  # with two species
    inside: int = 240
    closed: int = 20  # of each class
    planted: int = 100
    images: int = 480  # that importances are learned from
    gates: int = 100  # for each of them, at the default layer
    early: int = 100  # the same, at the others
    permutations: int = 2000
    dissected: int = 2000  # that concepts are learned from and scored on
    explained: int = 3000  # that an explainer is trained on
    epochs: int = 12  # of its training
    looked: int = 1200  # that it is measured on


@dataclass(frozen=True)
class Picture:
    """An image of a probe: the name of its class, that class as one of the network's, and the objects in it."""

    probe: Probe
    index: int
    image: np.ndarray
    class_name: str
    label: int
    instances: tuple[Instance, ...]

    def mask(self, class_name: str | None = None) -> np.ndarray:
        """Where the instances of a class, else of its own, are.  -> (H, W) bool"""
        class_name = class_name or self.class_name
        masks = [one.mask for one in self.instances if one.class_name == class_name and one.mask is not None]
        return np.logical_or.reduce(masks) if masks else np.zeros(self.image.shape[:2], bool)


@dataclass
class Bench:
    """A network and a probe, with what several claims share, which is measured once.

    `part` and `parts`: the claim that is being measured and how many there are, for `progress`, and `reached`, how far
    that was told to be.
    """

    network: Network
    probe: Probe
    sizes: Sizes = field(default_factory=Sizes)
    seed: int = 0
    progress: Progress | None = None
    part: int = 0
    parts: int = 1
    reached: int = 0
    shared: dict[Any, Any] = field(default_factory=dict)

    def tell(self, done: int, total: int, label: str) -> None:
        """Progress within a claim, as a share of all claims. A claim has several passes; it never goes back."""
        within = min(100 * done // max(total, 1), 99)
        self.reached = max(self.reached, 100 * self.part + within)
        if self.progress:
            self.progress(self.reached, 100 * self.parts, label)

    def beside(self, probe: Probe, network: Network | None = None) -> "Bench":
        """A bench with another probe, which tells its progress within this one's claim."""
        return Bench(network or self.network, probe, self.sizes, self.seed, self.tell)

    def once(self, key: Any, measure: Callable[[], Any]) -> Any:
        if key not in self.shared:
            self.shared[key] = measure()
        return self.shared[key]

    @cached_property
    def twin(self) -> Network:
        """The untrained network of the same architecture."""
        return untrained(self.network)

    @cached_property
    def columns(self) -> np.ndarray:
        """The network's class of each of the probe's, -1 where it knows none.  -> (probe's classes,) int64"""
        return engine.columns(self.network, self.probe)

    def learned(self, network: Network, layers: Sequence[str]) -> dict[str, Importances]:
        """Layers' importances by name, from the store or computed, those missing in one pass."""
        keys = {name: ("learned", network.fingerprint, name) for name in layers}
        if missing := [name for name, key in keys.items() if key not in self.shared]:
            asked = {"images": self.sizes.images, "seed": self.seed, "progress": self.tell}
            deep = [name for name in missing if name == network.default_layer.name]
            early = [name for name in missing if name not in deep]
            found = engine.importances_of(network, self.probe, deep, gates=self.sizes.gates, **asked)
            found |= engine.importances_of(network, self.probe, early, gates=self.sizes.early, **asked)
            self.shared |= {keys[name]: one for name, one in found.items()}
        return {name: self.shared[key] for name, key in keys.items()}

    def deep(self, network: Network) -> Importances:
        """The importances at the default layer."""
        return self.learned(network, [network.default_layer.name])[network.default_layer.name]

    def needed(self, network: Network, methods: Sequence[str], layers: Sequence[Layer]) -> dict[str, np.ndarray]:
        """The importances that methods need at layers: {layer name: (classes, K)}."""
        names = [name for method in methods for layer in layers for name in METHODS[method].needs(network, layer)]
        return {name: one.weights() for name, one in self.learned(network, list(dict.fromkeys(names))).items()}

    def own_class(self, index: int) -> int:
        """The network's class of an image, -1 where it has none or the network does not know it."""
        label = self.probe.label(int(index))
        return -1 if label is None else int(self.columns[label])

    def picture(self, index: int) -> Picture:
        """An image with its objects' masks; their parts are left out, which weigh ten times as much."""
        index, label = int(index), self.probe.label(int(index))
        found = tuple(Instance(one.class_name, one.box, one.mask) for one in self.probe.instances(index))
        name = "" if label is None else self.probe.classes[label]
        return Picture(self.probe, index, self.probe.image(index), name, self.own_class(index), found)

    def pictures(self, indices: Sequence[int], label: str) -> list[Picture]:
        found = []
        for done, index in enumerate(indices):
            self.tell(done, len(indices), label)
            found.append(self.picture(index))
        return found

    def labelled(self, split: str, images: int) -> np.ndarray:
        """Images of a split, evenly over classes, that have an own class and masks.  Raises NotDefined."""
        if not {"labels", "masks", "instances"} <= self.probe.offers or split not in self.probe.splits:
            raise NotDefined(f"{self.probe.title} has no split '{split}' with labels and masks of its objects")
        chosen = default_indices(self.probe, split, images)
        return np.array([i for i in chosen if self.own_class(i) >= 0], np.int64)

    def company(self, index: int) -> tuple[str, ...]:
        """The classes of the objects in an image, one each, without drawing it where it is drawn by program."""
        if hasattr(self.probe, "plan"):
            return tuple(figure.species for figure in self.probe.plan(int(index)).figures)
        return tuple(one.class_name for one in self.probe.instances(int(index)))

    def maps(
        self,
        network: Network,
        pictures: Sequence[Picture],
        methods: Sequence[str],
        classes: np.ndarray,
        layers: Sequence[Layer],
        label: str,
    ) -> Iterator[dict[tuple[str, str | None], np.ndarray]]:
        """Maps of each picture for its classes, at the picture's size: {(method, layer's name or None): (C, H, W)}.
        classes (N, C)"""
        weights = self.needed(network, methods, layers)
        for start in range(0, len(pictures), BATCH):
            self.tell(start, len(pictures), label)
            some = pictures[start : start + BATCH]
            labels = torch.from_numpy(np.ascontiguousarray(classes[start : start + BATCH], np.int64))
            with network.lock:
                batch = network.prepare([one.image for one in some])
                found = run_methods(methods, network, batch, labels, layers, importances=weights, seed=self.seed)
            for row, one in enumerate(some):
                yield {
                    (method, layer): np.stack([_sized(value, network, one.image) for value in values[row]])
                    for method, made in found.items()
                    for layer, values in made.items()
                }


def _sized(values: torch.Tensor, network: Network, image: np.ndarray) -> np.ndarray:
    return Heatmap(values.cpu().numpy(), "", None, 0).at(network.preprocessing, *image.shape[:2])


def untrained(network: Network) -> Network:
    """The same architecture with random weights, drawn as its layers draw them when they are made."""
    if network.name == "menagerie-plain":
        return open_network("menagerie-untrained")
    module = copy.deepcopy(network.module)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for part in module.modules():
            if hasattr(part, "reset_parameters"):
                part.reset_parameters()
    named = {"name": f"{network.name}@untrained", "title": f"{network.title}, untrained"}
    twin = Network(module, network.classes, network.preprocessing, **named)
    twin.module.requires_grad_(False)
    return twin


def stages(network: Network) -> tuple[Layer, ...]:
    """Five layers that stand for the depth: the poolings, where there are five as in VGG16; else the named blocks after
    the first convolution; else convolutions, each replaced by the pooling that follows it. More are thinned out evenly,
    first and last kept."""
    spatial = layers_for(network)
    pools, blocks = ([one for one in spatial if one.kind == kind] for kind in ("pool", "block"))
    if len(pools) >= STAGES:
        chosen = pools
    elif len(blocks) >= STAGES - 1:
        chosen = [next(one for one in spatial if one.kind == "conv"), *blocks]
    else:
        after = [*spatial[1:], None]
        chosen = [one for one, next_ in zip(spatial, after, strict=True) if next_ is None or next_.kind != "pool"]
    places = np.linspace(0, len(chosen) - 1, min(STAGES, len(chosen))).round().astype(int)
    return tuple(chosen[place] for place in places)


def per_position(layer: Layer, height: int, width: int) -> float:
    """Pixels of a picture that fall to one position of a layer: what is smaller cannot be told apart there."""
    return height * width / (layer.shape[1] * layer.shape[2])


def evenly(pool: Sequence[int], count: int) -> list[int]:
    """At most `count` of a pool, evenly spread, first and last among them."""
    places = np.linspace(0, len(pool) - 1, min(count, len(pool))).round().astype(int) if len(pool) else []
    return [int(pool[place]) for place in places]


def another_row(classes: np.ndarray | int, count: int, seed: int) -> np.ndarray:
    """A random other class for each: the row of W that it gets when the rows are permuted.  Any shape, kept"""
    shift = np.random.default_rng(seed).integers(1, max(count, 2), size=np.shape(classes))
    return (np.asarray(classes) + shift) % count
