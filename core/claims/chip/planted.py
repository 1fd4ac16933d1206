"""P1 and P2: a shortcut is planted in the embedded world (one species nearly always stands beside the same object), so
that what CHIP shows can be held against what is known to be there. The paper has no such test."""

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn.functional import adaptive_avg_pool2d

from core.claims.bench import Bench, Picture, another_row, evenly
from core.claims.chip.names import PERMUTED, TITLES, TWIN
from core.claims.report import Condition, Control, holds
from core.claims.stated import Parts, stated
from core.errors import NotDefined
from core.measures import knockout
from core.measures.channel_overlap import strongest
from core.measures.discrimination import net_mass
from core.measures.interval import Estimate, bootstrap, bootstrap_apart
from core.networks.network import Network
from core.networks.taps import tap
from core.probes.catalogue import open_probe
from core.probes.probe import Concept

TOP = 10  # channels


@stated("P1", "Beside the planted object, the map of the species that cheats lies on it", "Menagerie", "no such test")
def mass_on_the_cart(bench: Bench) -> Parts:
    """Positive mass on the cart minus the cart's share of the area: donkeys beside one, for the class donkey, minus
    other species beside one, each for its own class. The two groups are resampled apart."""

    def masses(network: Network, method: str) -> list[np.ndarray]:
        return [_cart_masses(bench, network, pictures)[method] for pictures in _beside_carts(bench)]

    def rule(network: Network, method: str = "chip") -> Condition:
        found = bootstrap_apart(*masses(network, method))
        return Condition(f"{TITLES[method]}: donkeys - others", found, ">")

    blank, gradcam = rule(bench.twin), rule(bench.network, "gradcam")
    groups = {
        f"{TITLES[method]}, {who}": bootstrap(values)
        for method in ("chip", "gradcam")
        for who, values in zip(("donkeys", "others"), masses(bench.network, method), strict=True)
    }
    return {
        "conditions": (rule(bench.network),),
        "beside": {gradcam.name: gradcam.estimate, **groups},
        "controls": (Control(TWIN, {blank.name: blank.estimate}, holds([blank])),),
        "chance": "0: the cart's share of the area is taken off",
        "note": f"At {bench.network.default_layer.name}; the others are from the counter-split.",
    }


@stated("P2", "Closing the channels that put the map on the planted object makes the species that cheats drop",
        "Menagerie", "no such test")  # fmt: skip
def cart_channels(bench: Bench) -> Parts:
    """The ten channels with the largest m_k times summed activation on the cart, over donkeys beside one; closed, the
    probability of donkey has to drop further than with random ten of equal summed activation. The control chooses the
    ten by another class's row; another closes the same channels for donkeys without a cart. Beside: what they do to
    other species beside a cart."""
    network, layer = bench.network, bench.network.default_layer
    donkeys, others = _beside_carts(bench)
    alone = network.prepare([one.image for one in _without_carts(bench)])
    label, name = donkeys[0].label, bench.probe.shortcut[0]
    batch = network.prepare([one.image for one in donkeys])
    on_cart = _activation_on(network, batch, [_cart(bench, one) for one in donkeys])
    weights = bench.deep(network).weights()
    permuted = int(another_row(label, len(network.classes), bench.seed))

    def closed(images: torch.Tensor, row: int) -> knockout.Knockout:
        channels = strongest(weights[row] * on_cart, TOP)
        asked = (lambda: images.split(32)), np.full(len(images), label), layer, label, channels
        return knockout.measure(network, *asked, seed=bench.seed)

    def rule(closed: knockout.Knockout) -> Condition:
        return Condition("CHIP - random", closed.drop("chip", "random"), ">")

    found = closed(batch, label)
    blanks = {PERMUTED: rule(closed(batch, permuted)), f"{name} without a cart": rule(closed(alone, label))}
    rest = network.prepare([one.image for one in others])
    before, after = knockout.knock_out(network, rest, layer, found.closed[:1])
    own = np.array([one.label for one in others])
    each = np.arange(len(own))
    return {
        "conditions": (rule(found),),
        "beside": {
            f"{name}: drop": found.drop("chip"),
            f"{name}: drop, random": found.drop("random"),
            f"{name}: before": found.estimate("asked", ""),
            "others: drop of their own class": bootstrap(before[each, own] - after[0][each, own]),
            f"others taken for {name}: before": _taken(before, label),
            f"others taken for {name}: after": _taken(after[0], label),
        },
        "controls": tuple(Control(who, {one.name: one.estimate}, holds([one])) for who, one in blanks.items()),
        "chance": "random channels of equal summed activation",
        "note": f"At {layer.name}; channels {', '.join(map(str, np.flatnonzero(found.closed[0])))}.",
    }


def _taken(chances: np.ndarray, label: int) -> Estimate:
    return bootstrap((chances.argmax(1) == label).astype(float))


def _beside_carts(bench: Bench) -> tuple[list[Picture], list[Picture]]:
    """Pictures of the cheating species beside the object, not trained on, and of other species beside one."""

    def choose() -> tuple[list[Picture], list[Picture]]:
        if not hasattr(bench.probe, "shortcut"):
            raise NotDefined(f"{bench.probe.title} has no planted shortcut")
        splits = [split for split in ("val", "test") if split in bench.probe.splits]
        cheats = [i for split in splits for i in bench.probe.of_class(bench.probe.shortcut[0], split)]
        beside = [i for i in cheats if bench.probe.plan(int(i)).cart and bench.own_class(i) >= 0]
        counter = bench.beside(open_probe("menagerie-counter"))
        apart = evenly(counter.labelled("with", len(counter.probe.splits["with"])), bench.sizes.planted)
        found = (
            bench.pictures(evenly(beside, bench.sizes.planted), "donkeys beside a cart"),
            counter.pictures(apart, "others beside a cart"),
        )
        if not all(found):
            raise NotDefined(f"{bench.network.title} does not know the species of {bench.probe.title}'s shortcut")
        return found

    return bench.once("carts", choose)


def _without_carts(bench: Bench) -> list[Picture]:
    """Pictures of the cheating species without the object, from the counter-split."""
    counter = bench.beside(open_probe("menagerie-counter"))
    return counter.pictures(evenly(counter.probe.splits["without"], bench.sizes.planted), "donkeys without a cart")


def _cart_masses(bench: Bench, network: Network, pictures: Sequence[Picture]) -> dict[str, np.ndarray]:
    """Net mass on the cart of the own class's map: {method: (n,)}"""

    def measure() -> dict[str, np.ndarray]:
        labels, rows = np.array([[one.label] for one in pictures]), {"chip": [], "gradcam": []}
        found = bench.maps(network, pictures, list(rows), labels, [network.default_layer], "maps beside a cart")
        for one, maps in zip(pictures, found, strict=True):
            for (name, _), values in maps.items():
                rows[name].append(net_mass(values[0], _cart(bench, one)))
        return {name: np.array(values) for name, values in rows.items()}

    return bench.once(("carts", network.fingerprint, pictures[0].probe.name), measure)


def _cart(bench: Bench, picture: Picture) -> np.ndarray:
    """Where the planted object is.  -> (H, W) bool"""
    concept = Concept(bench.probe.shortcut[1], "object")
    empty = np.zeros(picture.image.shape[:2], bool)
    return picture.probe.concept_masks(picture.index).get(concept, empty)


@torch.no_grad()
def _activation_on(network: Network, batch: torch.Tensor, masks: Sequence[np.ndarray]) -> np.ndarray:
    """Each channel's activation at the default layer summed over a mask and over the pictures; the masks go through the
    network's preprocessing like the pictures.  (N, 3, H, W), N of (H, W) bool -> (K,) float64"""
    layer = network.default_layer
    with tap(network, layer) as seen:
        network(batch)
    white, black = (network.prepare([np.full((*masks[0].shape, 3), value, np.uint8)]) for value in (255, 0))
    drawn = network.prepare([np.repeat(mask[..., None], 3, 2).astype(np.uint8) * 255 for mask in masks])
    inside = adaptive_avg_pool2d(((drawn - black) / (white - black))[:, :1], layer.shape[1:])
    return (seen[layer.name] * inside).sum((0, 2, 3)).double().cpu().numpy()
