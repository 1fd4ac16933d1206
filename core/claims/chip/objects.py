"""C5 to C8 and C12: whether maps find every animal, keep to one class, lie on the object at every depth, and follow its
edges (figures 3 to 5, 8, 9). Of a signed map the positive part counts."""

from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np

from core.claims.bench import Bench, Picture, another_row, evenly, per_position, stages
from core.claims.chip.names import PERMUTED, TITLES, TWIN
from core.claims.report import Condition, Control, holds
from core.claims.stated import Parts, stated
from core.errors import NotDefined
from core.measures.boxes import THRESHOLDS
from core.measures.channel_overlap import rank_correlation
from core.measures.discrimination import correlation, edge_agreement, edges, net_mass, recall, two_way_share
from core.measures.interval import Estimate, bootstrap, bootstrap_rows
from core.measures.localisation import centred_disc
from core.measures.overlap import iou, region
from core.networks.network import Network


@stated("C5", "Where several objects of a class stand, CHIP finds them all", "Figure 4", "by example")
def instances_found(bench: Bench) -> Parts:
    """Share of the animals of the labelled species that are found, in pictures with two or more of it.

    Found: at least half of its visible pixels lie in the map, cut at the method's own threshold. That is the one with
    the largest mean IoU on validation pictures of one animal, or a map could find everything by covering everything.
    Animals smaller than one position of the layer are left out: nothing at that layer can tell them apart. What the
    sizes of the regions alone would find is the recall of another picture's region.
    """
    found, blank = (_recalls(bench, one) for one in (bench.network, bench.twin))
    pictures = _several(bench)
    disc = [recall(centred_disc(*one.image.shape[:2]), _animals(bench, one)) for one in pictures]
    return {
        "conditions": tuple(
            Condition(f"CHIP - {TITLES[name]}", bootstrap(found["chip"] - found[name]), ">")
            for name in ("gradcam", "lime")
        ),
        "beside": {TITLES[name]: bootstrap(found[name]) for name in ("chip", "gradcam", "lime")}
        | {"all found by CHIP": bootstrap((found["chip"] == 1).astype(float))},
        "controls": (
            Control("another picture's map", {"CHIP": bootstrap(found["another"])}),
            Control("centred disc", {"recall": bootstrap(disc)}),
            Control(TWIN, {"CHIP - Grad-CAM": bootstrap(blank["chip"] - blank["gradcam"])}),
        ),
        "chance": "another picture's map",
        "note": f"At {bench.network.default_layer.name}; mean over pictures.",
    }


def _several(bench: Bench) -> list[Picture]:
    """Test pictures with two or more animals of the labelled species that are large enough."""

    def choose() -> list[Picture]:
        pool = bench.labelled("test", len(bench.probe.splits["test"]))
        names = [bench.probe.classes[bench.probe.label(int(i))] for i in pool]
        pool = [i for i, name in zip(pool, names, strict=True) if list(bench.company(i)).count(name) > 1]
        found = bench.pictures(evenly(pool, bench.sizes.several), "pictures of several animals")
        return [one for one in found if len(_animals(bench, one)) > 1]

    return bench.once("several", choose)


def _animals(bench: Bench, picture: Picture) -> list[np.ndarray]:
    masks = [one.mask for one in picture.instances if one.class_name == picture.class_name and one.mask is not None]
    least = per_position(bench.network.default_layer, *picture.image.shape[:2])
    return [mask for mask in masks if mask.sum() >= least]


def _recalls(bench: Bench, network: Network) -> dict[str, np.ndarray]:
    """Recall per picture of every method (LIME's on the trained network only), and of CHIP's region of another one."""
    methods = ["chip", "gradcam", *(["lime"] if network is bench.network else [])]
    layer, pictures = network.default_layer, _several(bench)
    if not pictures:
        raise NotDefined(f"{bench.probe.title} has no test picture with several animals of one species")
    cuts = _thresholds(bench, network, methods)
    regions: dict[str, list[np.ndarray]] = {name: [] for name in methods}
    labels = np.array([[one.label] for one in pictures])
    for found in bench.maps(network, pictures, methods, labels, [layer], "maps of several animals"):
        for (name, _), maps in found.items():
            regions[name].append(region(maps[0], cuts[name]))
    animals = [_animals(bench, one) for one in pictures]

    def recalled(inside: Sequence[np.ndarray]) -> np.ndarray:
        return np.array([recall(*both) for both in zip(inside, animals, strict=True)])

    return {name: recalled(inside) for name, inside in regions.items()} | {
        "another": recalled([*regions["chip"][1:], regions["chip"][0]])
    }


def _thresholds(bench: Bench, network: Network, methods: Sequence[str]) -> dict[str, float]:
    """For each method the share of the maximum with the largest mean IoU on validation pictures of one animal."""

    def choose() -> list[Picture]:
        pool = [i for i in bench.labelled("val", len(bench.probe.splits["val"])) if len(bench.company(i)) == 1]
        return bench.pictures(evenly(pool, bench.sizes.searched), "pictures for thresholds")

    pictures = bench.once("searched", choose)
    labels = np.array([[one.label] for one in pictures])
    scores: dict[str, list[list[float]]] = {name: [] for name in methods}
    rows = bench.maps(network, pictures, methods, labels, [network.default_layer], "thresholds")
    for one, found in zip(pictures, rows, strict=True):
        for (name, _), maps in found.items():
            scores[name].append([iou(region(maps[0], cut), one.mask()) for cut in THRESHOLDS])
    return {name: THRESHOLDS[int(np.nanmean(values, 0).argmax())] for name, values in scores.items()}


@stated("C6", "With two classes in a picture, CHIP keeps to the asked one; Grad-CAM spills; Guided Backpropagation does"
        " not tell them apart", "Figure 5", "by example")  # fmt: skip
def class_discrimination(bench: Bench) -> Parts:
    """Mass on the own animal over that on both, mean of both directions, so that a map which is the same for both
    classes gets exactly one half. Guided Backpropagation: Pearson's correlation of its two maps."""

    def rule(shares: Mapping[str, np.ndarray], chip: str = "chip") -> tuple[Condition, ...]:
        return (Condition("CHIP - Grad-CAM", bootstrap(shares[chip] - shares["gradcam"]), ">"),)

    found, blank = (_pair_shares(bench, one) for one in (bench.network, bench.twin))
    guided = Condition("Guided Backpropagation's correlation", bootstrap(found["alike"]), ">", 0.9)
    names = ("chip", "gradcam", "refined-chip", "guided-gradcam")
    return {
        "conditions": (*rule(found), guided),
        "beside": {TITLES[name]: bootstrap(found[name]) for name in names},
        "controls": (
            Control(TWIN, _shares(rule(blank), {"CHIP": blank["chip"]}), holds(rule(blank))),
            Control(PERMUTED, _shares(rule(found, "chip permuted"), {"CHIP": found["chip permuted"]}),
                    holds(rule(found, "chip permuted"))),
        ),
        "chance": "0.5",
        "note": f"At {bench.network.default_layer.name}.",
    }  # fmt: skip


def _shares(conditions: Sequence[Condition], more: Mapping[str, np.ndarray]) -> dict[str, Estimate]:
    return {one.name: one.estimate for one in conditions} | {name: bootstrap(values) for name, values in more.items()}


def _pairs(bench: Bench) -> list[tuple[Picture, tuple[str, str]]]:
    """Pictures with animals of two species that the network knows, each at least one position large."""

    def choose() -> list[tuple[Picture, tuple[str, str]]]:
        columns = dict(zip(bench.probe.classes, bench.columns, strict=True))
        splits = [split for split in ("val", "test") if split in bench.probe.splits]
        pool = [i for split in splits for i in bench.labelled(split, len(bench.probe.splits[split]))]
        names = {i: tuple(dict.fromkeys(bench.company(i))) for i in pool}
        pool = [i for i in pool if len(names[i]) == 2 and all(columns.get(name, -1) >= 0 for name in names[i])]
        pictures = bench.pictures(evenly(pool, bench.sizes.pairs), "pictures of two species")
        least = per_position(bench.network.default_layer, *pictures[0].image.shape[:2]) if pictures else 0
        return [
            (one, names[one.index])
            for one in pictures
            if min(one.mask(name).sum() for name in names[one.index]) >= least
        ]

    found = bench.once("pairs", choose)
    if not found:
        raise NotDefined(
            f"{bench.probe.title} has no labelled picture with two species that {bench.network.title} knows"
        )
    return found


def _pair_shares(bench: Bench, network: Network) -> dict[str, np.ndarray]:
    """Share of the own animal per picture and method; 'METHOD permuted': of maps of two other
    classes, which for CHIP is W with its rows permuted; 'alike': Guided Backpropagation's correlation."""

    def measure() -> dict[str, np.ndarray]:
        pictures, names = zip(*_pairs(bench), strict=True)
        columns = dict(zip(bench.probe.classes, bench.columns, strict=True))
        classes = np.array([[columns[name] for name in both] for both in names])
        asked = np.concatenate([classes, another_row(classes, len(network.classes), bench.seed)], 1)
        methods = ["chip", "refined-chip", "gradcam"]
        if network.has_relu:
            methods += ["guided-gradcam", "guided-backprop"]
        rows: dict[str, list[float]] = {}
        found = bench.maps(network, pictures, methods, asked, [network.default_layer], "maps of two species")
        for one, both, maps in zip(pictures, names, found, strict=True):
            masks = [one.mask(name) for name in both]
            for (name, _), values in maps.items():
                rows.setdefault(name, []).append(two_way_share(values[:2], masks))
                rows.setdefault(f"{name} permuted", []).append(two_way_share(values[2:], masks))
                if name == "guided-backprop":
                    rows.setdefault("alike", []).append(correlation(*values[:2]))
        return {name: np.array(values) for name, values in rows.items()}

    return bench.once(("pairs", network.fingerprint), measure)


@stated("C7", "In early layers CHIP already lies on the object, Grad-CAM on the background", "Figure 9", "by example")
def early_layers(bench: Bench) -> Parts:
    """Positive mass inside the object's mask minus the mask's share of the area, at each stage: CHIP above 0
    everywhere, Grad-CAM at most 0 at all but the last."""

    def above(network: Network) -> tuple[Condition, ...]:
        masses = _masses(bench, network)
        return tuple(
            Condition(f"CHIP, {one.name}", bootstrap(masses["chip", one.name]), ">") for one in stages(network)
        )

    masses, places = _masses(bench, bench.network), stages(bench.network)
    gradcam = {one.name: bootstrap(masses["gradcam", one.name]) for one in places}
    blank, last = above(bench.twin), places[-1].name
    return {
        "conditions": (
            *above(bench.network),
            *(Condition(f"Grad-CAM, {one.name}", gradcam[one.name], "<=") for one in places[:-1]),
        ),
        "beside": {f"Grad-CAM, {last}": gradcam[last]},
        "controls": (
            Control(TWIN, {one.name: one.estimate for one in blank}, holds(blank)),
            Control("centred disc", {"disc": bootstrap([_disc_mass(one) for one in _inside(bench)])}),
        ),
        "chance": "0: the mask's share of the area is taken off",
    }


def _disc_mass(picture: Picture) -> float:
    return net_mass(centred_disc(*picture.image.shape[:2]).astype(float), picture.mask())


def _inside(bench: Bench) -> list[Picture]:
    """Test pictures, evenly over classes, on which the own species can be seen."""

    def choose() -> list[Picture]:
        pictures = bench.pictures(bench.labelled("test", bench.sizes.inside), "pictures")
        return [one for one in pictures if one.mask().any()]

    return bench.once("inside", choose)


def _masses(bench: Bench, network: Network) -> dict[tuple[str, str], np.ndarray]:
    """Net mass on the own species: {(method, layer's name): (n,)}, and {('edges', method): (n,)}, how far CHIP's and
    Refined CHIP's maps at the default layer follow the picture's edges inside the mask."""

    def measure() -> dict[tuple[str, str], np.ndarray]:
        pictures, deep = _inside(bench), network.default_layer
        labels = np.array([[one.label] for one in pictures])
        rows: dict[tuple[str, str], list[float]] = {}
        for methods, layers in ((["chip", "gradcam"], stages(network)), (["chip", "refined-chip"], [deep])):
            found = bench.maps(network, pictures, methods, labels, layers, "maps by depth")
            for one, maps in zip(pictures, found, strict=True):
                for (name, layer), values in maps.items():
                    if "refined-chip" in methods:
                        agreement = edge_agreement(values[0], edges(one.image), one.mask())
                        rows.setdefault(("edges", name), []).append(agreement)
                    else:
                        rows.setdefault((name, layer), []).append(net_mass(values[0], one.mask()))
        return {name: np.array(values) for name, values in rows.items()}

    return bench.once(("masses", network.fingerprint), measure)


@stated("C8", "The deeper the layer, the better CHIP lies on the object", "Figures 8, 9", "by example")
def deeper_is_better(bench: Bench) -> Parts:
    """Spearman's correlation of the stage's number with CHIP's mean net mass there; images are resampled, the few
    layers are what they are: beside it the share of all their orders that rise as much or more."""

    def rise(network: Network, method: str = "chip") -> Estimate:
        masses = _masses(bench, network)
        rows = np.stack([masses[method, one.name] for one in stages(network)], 1)
        return bootstrap_rows(rows, lambda drawn: rank_correlation(np.arange(rows.shape[1]), drawn.mean(0)))

    blank, found = Condition("Spearman", rise(bench.twin), ">"), rise(bench.network)
    count = len(stages(bench.network))
    orders = [rank_correlation(np.arange(count), np.array(order)) for order in permutations(range(count))]
    p = float(np.mean(np.array(orders) >= found.value - 1e-9))
    return {
        "conditions": (Condition("Spearman", found, ">"),),
        "beside": {f"orders of {count} layers that rise as much": Estimate(p, p, p, len(orders))}
        | {"Grad-CAM": rise(bench.network, "gradcam")},
        "controls": (Control(TWIN, {blank.name: blank.estimate}, holds([blank])),),
        "chance": "0",
        "note": ", ".join(one.name for one in stages(bench.network)) + ".",
    }


@stated("C12", "Refined CHIP is fine-grained and class-discriminative", "Figures 3 to 5", "by example")
def refined(bench: Bench) -> Parts:
    """Edges: correlation of the map with the picture's Sobel gradient inside the object's mask, Refined CHIP at least
    CHIP. Classes: the share of C6, Refined CHIP not below Guided Grad-CAM."""

    def rule(network: Network, refined: str = "refined-chip") -> tuple[Condition, ...]:
        masses, shares = _masses(bench, network), _pair_shares(bench, network)
        if "guided-gradcam" not in shares:
            raise NotDefined(f"Guided Grad-CAM is not defined on {network.title}")
        finer = masses["edges", "refined-chip"] - masses["edges", "chip"]
        return (
            Condition("edges: Refined CHIP - CHIP", bootstrap(finer), ">="),
            Condition("classes: Refined CHIP - Guided Grad-CAM", bootstrap(shares[refined] - shares["guided-gradcam"]),
                      ">="),
        )  # fmt: skip

    masses = _masses(bench, bench.network)
    blank, permuted = rule(bench.twin), rule(bench.network, "refined-chip permuted")
    return {
        "conditions": rule(bench.network),
        "beside": {f"edges: {TITLES[name]}": bootstrap(masses["edges", name]) for name in ("refined-chip", "chip")},
        "controls": (
            Control(TWIN, {one.name: one.estimate for one in blank}, holds(blank)),
            Control(PERMUTED, {permuted[1].name: permuted[1].estimate}, holds(permuted[1:])),
        ),
        "chance": "edges 0, classes 0.5",
        "note": f"At {bench.network.default_layer.name}.",
    }
