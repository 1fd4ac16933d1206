"""N6, N7, N9: how many filters a concept needs, how many concepts share one, and how weights go with single filters."""

import numpy as np

from core import engine
from core.claims.bench import Bench
from core.claims.net2vec.dissected import (
    SEGMENTATION,
    TASKS,
    asked,
    deep,
    depths,
    dissections,
    fired_of,
    masks_of,
    scored,
)
from core.claims.net2vec.floors import floors
from core.claims.report import Condition, Control, holds
from core.claims.stated import Parts, stated
from core.measures import concept_scores
from core.measures.concept_scores import SIGNIFICANT, of_category
from core.measures.interval import Estimate, binomial, bootstrap, bootstrap_rows
from core.methods.net2vec import classification, segmentation
from core.methods.net2vec.dissection import Dissection, labelled
from core.networks.network import Network
from core.probes.probe import CATEGORIES

ENOUGH = 0.95  # of the best that any number of filters reaches
CHANCE = {SEGMENTATION: 0.0, "classification": 0.5}
DROPPING = ("part", "material")
LOAD = 2.0  # times the mean number of concepts of a filter
SHUFFLES = 20
TEN_TIMES = 10  # as often as with shuffled filters


@stated("N6", "A few filters suffice, how many differs by category; too many hurt parts and materials", "Figure 3",
        "best F of 256: parts and materials 8, objects 16, colours 128; classification: 15 to 50")  # fmt: skip
def few_filters(bench: Bench) -> Parts:
    """The smallest F with 95 % of the best mean score of a category (of accuracy, what is above a half), as a share of
    all K filters, below 1; concepts are resampled. For parts and materials in segmentation, the score at the best F
    minus that with all filters, above 0: each concept's best F is that of the others, for the largest of several means
    exceeds the last by luck alone. The control has as many filters, drawn at random for each concept."""
    found, conditions, beside, chosen = deep(bench, bench.network), [], {}, []
    for task in TASKS:
        subsets = engine.filter_subsets(bench.network, bench.probe, found.layer, task, **asked(bench))
        known = np.isfinite(scored(found, task)[1]) & np.isfinite(subsets.score).all(0)
        for category in CATEGORIES:
            rows = subsets.score[:, known & of_category(found, category)].T
            if not len(rows):
                continue
            share = bootstrap_rows(rows, lambda drawn, task=task, F=subsets.F: enough(drawn, F, CHANCE[task]) / F[-1])
            conditions.append(Condition(f"{task}, {category}: F / K", share, "<", 1))
            best = int(subsets.F[rows.mean(0).argmax()])
            beside[f"{task}, {category}: best F"] = Estimate(best, best, best, len(rows))
            if task == SEGMENTATION and category in DROPPING:
                conditions.append(Condition(f"{category}: best - last", bootstrap(drops(rows)), ">"))
        F = int(enough(subsets.score[:, known].T, subsets.F, CHANCE[task]))
        gap = subsets.score[list(subsets.F).index(F)] - _at_random(bench, found, task, F)
        chosen.append(Condition(f"{task}: strongest - random, F = {F}", bootstrap(gap[known]), ">"))
    return {
        "conditions": tuple(conditions),
        "beside": beside,
        "controls": (
            Control("random filters", {one.name: one.estimate for one in chosen}, not holds(chosen)),
            *floors(bench, *TASKS),
        ),
        "chance": "1",
        "note": f"At {found.layer}, K = {len(found.thresholds)}.",
    }


def _at_random(bench: Bench, found: Dissection, task: str, count: int) -> np.ndarray:
    """The scores of all concepts with so many random filters each.  -> (C,)"""
    (masks, pool), fired, box = masks_of(bench), fired_of(bench), bench.network.preprocessing.seen_box
    order, held_out = np.random.default_rng(bench.seed).random(found.weights.shape), ~pool.training
    told = {"allowed": order.argsort(1) < count, "seed": bench.seed, "progress": bench.tell}
    if task != SEGMENTATION:
        return classification.learn(*labelled(fired, masks, pool), found.preset, **told).accuracy
    weights = segmentation.learn(fired, masks, pool, found.preset, found.loss, window=box, **told)
    predicted = segmentation.overlaps(fired, masks, np.flatnonzero(held_out), weights, window=box, progress=bench.tell)
    return predicted.by_set(masks, held_out[masks.image])


def enough(rows: np.ndarray, counts: np.ndarray, chance: float) -> float:
    """The smallest F at which the mean score has 95 % of the way from chance to its best.  (n, F), (F,)"""
    mean = rows.mean(0) - chance
    return float(counts[np.argmax(mean >= ENOUGH * mean.max())])


def drops(rows: np.ndarray) -> np.ndarray:
    """Each concept's score at the F that is best for the others, minus its score with all filters.  (n, F) -> (n,)"""
    if len(rows) < 2:
        return np.zeros(0)
    others = (rows.sum(0) - rows).argmax(1)
    return rows[np.arange(len(rows)), others] - rows[:, -1]


@stated("N7", "Some filters are shared by many concepts, others are used by none", "Figure 5",
        "15 % of conv1's filters are best for 20 or more concepts; many are never best")  # fmt: skip
def shared_filters(bench: Bench) -> Parts:
    """Of the filters of all layers, the share that is the best one of at least twice its layer's mean number of
    concepts, and the share that is the best one of none: each minus what it would be if every concept had a filter at
    random, with the interval of that."""
    found, conditions, beside = dissections(bench, bench.network), [], {}
    for task in TASKS:
        loads = [concept_scores.loads(one, task) for one in found.values()]
        for name, share in (("shared", crowded), ("unused", unused)):
            conditions.append(Condition(f"{task}: {name}", _beyond(bench, loads, share), ">"))
            for layer, load in zip(found, loads, strict=True):
                beside[f"{task}: {name}, {layer}"] = binomial(share(load))
    twin = [concept_scores.loads(one, SEGMENTATION) for one in dissections(bench, bench.twin).values()]
    beside |= {f"untrained twin: {name}, beyond chance": _beyond(bench, twin, share)
               for name, share in (("shared", crowded), ("unused", unused))}  # fmt: skip
    return {
        "conditions": tuple(conditions),
        "beside": beside,
        "controls": floors(bench, *TASKS),
        "chance": "0: what a random filter for every concept gives is taken off",
        "note": "Filters of " + ", ".join(found) + "; n = filters.",
    }


def crowded(loads: np.ndarray) -> np.ndarray:
    """Which filters are the best of at least twice the mean number of concepts.  (..., K) -> (..., K) bool"""
    return (loads >= LOAD * loads.mean(-1, keepdims=True)) & (loads > 0)


def unused(loads: np.ndarray) -> np.ndarray:
    """(..., K) -> (..., K) bool"""
    return loads == 0


def _beyond(bench: Bench, loads: list[np.ndarray], share) -> Estimate:
    """A share over all layers' filters minus the same where each concept draws its filter."""
    generator, draws = np.random.default_rng(bench.seed), bench.sizes.permutations
    filters = sum(len(load) for load in loads)
    observed = sum(int(share(load).sum()) for load in loads) / filters
    null = np.zeros(draws)
    for load in loads:
        drawn = generator.multinomial(int(load.sum()), np.full(len(load), 1 / len(load)), size=draws)
        null += share(drawn).sum(1) / filters
    low, high = np.quantile(null, [0.025, 0.975])
    return Estimate(observed - float(null.mean()), float(observed - high), float(observed - low), filters)


@stated("N9", "A filter's weight goes with how well it does alone", "Section 5.2",
        "47, 69, 81, 79, 82 % of concepts, p < .01, conv1 to conv5")  # fmt: skip
def weights_and_scores(bench: Bench) -> Parts:
    """The share of concepts for which max(w, 0) and the filters' IoU_val are correlated at p < .01, by layer: above ten
    times the share after the filters were shuffled. And the share at the third layer minus that at the first, above 0:
    concepts are resampled."""
    found = dissections(bench, bench.network)
    significant = {name: _significant(one) for name, one in found.items()}
    chance = {name: _shuffled(bench, one) for name, one in found.items()}
    conditions = [
        Condition(f"{name}", binomial(each[np.isfinite(each)] > 0), ">", TEN_TIMES * chance[name].value)
        for name, each in significant.items()
    ]
    names = [layer.name for layer in depths(bench.network)]
    if len(names) >= 3:
        rise = significant[names[2]] - significant[names[0]]
        conditions.append(Condition(f"{names[2]} - {names[0]}", bootstrap(rise), ">"))
    twin = {name: _share(bench.twin, bench, name) for name in names}
    no_less = [twin[name].value >= one.estimate.low for name, one in zip(names, conditions, strict=False)]
    return {
        "conditions": tuple(conditions),
        "beside": {f"{name}: median r": _median_r(one) for name, one in found.items()}
        | {f"untrained twin: {name}": one for name, one in twin.items()},
        "controls": (
            Control("filters shuffled", chance, any(one.value > TEN_TIMES * SIGNIFICANT for one in chance.values())),
            *floors(bench, SEGMENTATION),
        ),
        "chance": "1 %: what p < .01 means",
        "note": f"Pearson's. On the untrained twin it is as frequent at {sum(no_less)} of {len(names)} layers.",
    }


def _correlated(found: Dissection, generator: np.random.Generator | None = None) -> tuple[np.ndarray, np.ndarray]:
    """r and p of every concept with a score, NaN for the others; filters shuffled by a generator.  -> (C,), (C,)"""
    known = np.flatnonzero(np.isfinite(scored(found, SEGMENTATION)[1]))
    weights, alone = found.weights[known], found.iou_val[found.binarisation[known], known]
    if generator is not None:
        weights = generator.permuted(weights, axis=1)
    rows = np.full((2, len(found.concepts)), np.nan)
    rows[:, known] = concept_scores.correlations(weights, alone)
    return rows[0], rows[1]


def _significant(found: Dissection, generator: np.random.Generator | None = None) -> np.ndarray:
    """1 where a concept's correlation is significant, else 0; NaN without one.  -> (C,) float64"""
    _, p = _correlated(found, generator)
    return np.where(np.isnan(p), np.nan, p < SIGNIFICANT)


def _shuffled(bench: Bench, found: Dissection) -> Estimate:
    generator = np.random.default_rng(bench.seed)
    drawn = np.concatenate([_significant(found, generator) for _ in range(SHUFFLES)])
    return binomial(drawn[np.isfinite(drawn)] > 0)


def _share(network: Network, bench: Bench, name: str) -> Estimate:
    each = _significant(dissections(bench, network)[name])
    return binomial(each[np.isfinite(each)] > 0)


def _median_r(found: Dissection) -> Estimate:
    return bootstrap(_correlated(found)[0], of=np.median)
