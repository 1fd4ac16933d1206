"""C9 to C11: few channels for a class, shared by classes that are alike, and needed (section III-A, figures 10, 11)."""

from collections.abc import Callable

import numpy as np

from core.claims.bench import Bench, another_row, evenly
from core.claims.chip.names import PERMUTED, TWIN
from core.claims.report import Condition, Control, holds
from core.claims.stated import Parts, stated
from core.errors import NotDefined
from core.measures import knockout
from core.measures.channel_overlap import overlaps, rank_correlation, strongest, top_channels
from core.measures.interval import Estimate, bootstrap, bootstrap_rows
from core.methods.chip.importances import FEW
from core.networks.network import Network

TOP = 10  # channels: figure 11, left
SPARSE = 0.5  # few: fewer than half of the channels
LOSS = 0.05  # of held-out R^2 that leaving channels out may cost


@stated("C9", "A small share of the channels matters for a class", "Figure 10", "by example")
def few_channels(bench: Bench) -> Parts:
    """Share of m != 0 below a half, while the sparse fit predicts gates that it has not seen as well as the dense one,
    to 0.05 of R^2: a penalty that is too strong is sparse too. Both bounds are ours. The penalty is the one that maps
    use; beside it stands how few channels would do at a loss of 0.05. Species that rest on fewer than
    five effective images are left out."""

    def rows(network: Network, step: int | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        one = bench.deep(network)
        step = one.chosen if step is None else step
        known = (one.effective >= FEW) & np.isin(np.arange(len(one.effective)), bench.columns)
        return (one.path[step] != 0).mean(1)[known], one.held_out[step][known], one.dense[known]

    share, sparse, dense = rows(bench.network)
    steps = range(len(bench.deep(bench.network).shares))
    enough = (rows(bench.network, step) for step in steps)  # the strongest penalty first
    fewest = next((kept for kept, fit, full in enough if np.mean(fit - full) > -LOSS), share)
    blank = dict(zip(("share", "held-out R²", "dense R²"), map(bootstrap, rows(bench.twin)), strict=True))
    return {
        "conditions": (
            Condition("share of m ≠ 0", bootstrap(share), "<", SPARSE),
            Condition("held-out R² - dense R²", bootstrap(sparse - dense), ">", -LOSS),
        ),
        "beside": {"held-out R²": bootstrap(sparse), "dense R²": bootstrap(dense)}
        | {f"share at the strongest penalty that costs less than {LOSS} of R²": bootstrap(fewest)},
        "controls": (Control(TWIN, blank),),
        "chance": "1 without a penalty",
        "note": f"At {bench.network.default_layer.name}; intervals over species.",
    }


@stated("C10", "Similar classes share important channels, dissimilar ones do not", "Figures 10, 11", "three classes")
def shared_channels(bench: Bench) -> Parts:
    """Spearman's correlation over all pairs of species: channels shared among the top ten, against the cosine of their
    attributes after each attribute's mean is taken off. Two intervals have to be above 0: by resampling species, and of
    the distance to what is found when the rows of W are given to other species (the permutation test)."""
    if bench.probe.class_attributes is None:
        raise NotDefined(f"{bench.probe.title} has no attributes of its classes")
    one = bench.deep(bench.network)
    known = np.flatnonzero(bench.columns >= 0)
    columns = bench.columns[known]
    shared = overlaps(top_channels(one.weights(), TOP))[np.ix_(columns, columns)]
    alike = _cosines(np.asarray(bench.probe.class_attributes, float)[known])
    rank = _pairwise(shared, alike)
    every = np.arange(len(known))
    observed, found = rank(every, None), bootstrap_rows(every, lambda drawn: rank(drawn, drawn))
    generator = np.random.default_rng(bench.seed)
    null = np.array([rank(generator.permutation(len(known)), None) for _ in range(bench.sizes.permutations)])
    p = (1 + np.count_nonzero(null >= observed)) / (1 + len(null))
    low, high = (float(value) for value in np.quantile(null, [0.025, 0.975]))
    beyond = Estimate(observed - float(null.mean()), observed - high, observed - low, len(known))
    pairs = shared[np.triu_indices(len(known), 1)]
    return {
        "conditions": (Condition("Spearman", found, ">"), Condition("Spearman beyond permuted rows", beyond, ">")),
        "beside": {
            "permutation p": Estimate(p, p, p, len(known)),
            f"channels of {TOP} shared by two species": Estimate(
                float(pairs.mean()), float(pairs.mean()), float(pairs.mean()), len(known)
            ),
        },
        "controls": (Control(PERMUTED, {"Spearman": Estimate(float(null.mean()), low, high, len(known))}, low > 0),),
        "chance": f"Spearman 0; {TOP**2 / one.weights().shape[1]:.2g} shared channels",
        "note": f"{len(pairs)} pairs of species at {one.layer}.",
    }


def _cosines(attributes: np.ndarray) -> np.ndarray:
    """(C, A) -> (C, C)"""
    centred = attributes - attributes.mean(0)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    return centred @ centred.T


def _pairwise(shared: np.ndarray, alike: np.ndarray) -> Callable[[np.ndarray, np.ndarray | None], float]:
    """Spearman's correlation over pairs of different species, after the first matrix is read in one order of species
    and the second in another (None: as they are).  Two (C, C)"""
    upper = np.triu_indices(len(shared), 1)

    def rank(rows: np.ndarray, columns: np.ndarray | None) -> float:
        second = np.arange(len(alike)) if columns is None else columns
        pairs = rows[upper[0]] != rows[upper[1]]
        first = shared[rows[upper[0]], rows[upper[1]]][pairs]
        return rank_correlation(first, alike[second[upper[0]], second[upper[1]]][pairs])

    return rank


@stated("C11", "Closing a class's important channels makes its probability drop", "Section III-A", "the principle")
def closed_channels(bench: Bench) -> Parts:
    """Drop of a class's mean probability on its own test pictures when its ten channels of largest importance are
    closed, minus that for random sets of ten with the same summed activation; one number a species, which are
    resampled. The control closes the ten of another class, beside random sets as active as those."""
    one = bench.deep(bench.network)
    pool = bench.labelled("test", len(bench.probe.splits["test"]))
    labels = np.array([bench.own_class(i) for i in pool])
    species = np.unique(labels)
    wrong = another_row(species, len(bench.network.classes), bench.seed)
    rows: list[list[float]] = []
    for done, (label, other) in enumerate(zip(species, wrong, strict=True)):
        bench.tell(done, len(species), "closing channels")
        chosen = evenly(pool[labels == label], bench.sizes.closed)
        images = bench.network.prepare([bench.probe.image(i) for i in chosen])
        drops = []
        for row in (label, other):
            if len(channels := strongest(one.weights()[row], TOP)):
                found = knockout.measure(
                    bench.network, lambda images=images: images.split(32), np.full(len(images), label),
                    one.layer, int(label), channels, seed=bench.seed,
                )  # fmt: skip
                drops += [found.drop(choice).value for choice in knockout.CHOICES]
            else:
                drops += [np.nan] * len(knockout.CHOICES)
        rows.append(drops)
    chip, gradcam, random, permuted, _, beside = np.array(rows).T
    blank = Condition("drop - random", bootstrap(permuted - beside), ">")
    return {
        "conditions": (Condition("CHIP - random", bootstrap(chip - random), ">"),),
        "beside": {"CHIP": bootstrap(chip), "Grad-CAM": bootstrap(gradcam), "random": bootstrap(random)}
        | {"CHIP - Grad-CAM": bootstrap(chip - gradcam)}
        | {"beyond random: CHIP - permuted": bootstrap((chip - random) - (permuted - beside))},
        "controls": (Control(PERMUTED, {blank.name: blank.estimate}, holds([blank])),),
        "chance": "random channels of equal summed activation",
        "note": f"At {one.layer}; intervals over species.",
    }
