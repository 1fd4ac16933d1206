"""What a dissection says of many concepts at once (Net2Vec, sections 4.1, 4.2, 5.1 and 5.2): means by category, how
often filters together are no worse than the best one, how filters are shared, deciles, weights against single filters.

The score is set IoU (segmentation) or balanced accuracy (classification), both on validation pictures; a concept counts
where it has one with a single filter and with all.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from core.measures.interval import Estimate, bootstrap
from core.methods.net2vec.dissection import Dissection
from core.probes.probe import CATEGORIES

SIGNIFICANT = 0.01  # section 5.2
RARE, SMALL = 100, 0.01  # section 4.1: training pictures, and share of the picture, that failures stay below


@dataclass(frozen=True)
class Mean:
    """Mean and standard error over n concepts; the error is NaN for fewer than two."""

    value: float
    error: float
    n: int


def scores(found: Dissection, task: str) -> tuple[np.ndarray, np.ndarray]:
    """Of the best single filter and of all filters together.  -> (C,), (C,), NaN where either is not defined"""
    if task == "segmentation":
        single, combined = found.single_iou, found.combined_iou
    else:
        single, combined = found.cls_single_accuracy, found.cls_accuracy
    known = np.isfinite(single) & np.isfinite(combined)
    return np.where(known, single, np.nan), np.where(known, combined, np.nan)


def mean(values: np.ndarray) -> Mean:
    """Mean and standard error, NaN left out.  (n,)"""
    kept = values[np.isfinite(values)].astype(np.float64)
    error = kept.std(ddof=1) / np.sqrt(len(kept)) if len(kept) > 1 else np.nan
    return Mean(float(kept.mean()) if len(kept) else float("nan"), float(error), len(kept))


def of_category(found: Dissection, category: str) -> np.ndarray:
    """Which concepts belong to a category.  -> (C,) bool"""
    return np.array([concept.category == category for concept in found.concepts], bool)


def by_category(found: Dissection, task: str) -> dict[str, tuple[Mean, Mean]]:
    """Figure 2: single and combined of each category that has a score, in the order of CATEGORIES."""
    single, combined = scores(found, task)
    members = {category: of_category(found, category) for category in CATEGORIES}
    means = {category: (mean(single[some]), mean(combined[some])) for category, some in members.items()}
    return {category: pair for category, pair in means.items() if pair[0].n}


def gains(found: Dissection, task: str) -> np.ndarray:
    """How much more all filters reach than the best one.  -> (C,), NaN where there is no score"""
    single, combined = scores(found, task)
    return combined - single


def no_worse(found: Dissection, task: str) -> Estimate:
    """Table 1: the share of concepts for which all filters reach at least what the best one does."""
    gain = gains(found, task)
    return bootstrap(np.where(np.isnan(gain), np.nan, gain >= 0))


def alone(found: Dissection, c: int) -> np.ndarray:
    """Each filter's set IoU for a concept on validation pictures, made binary as for the best one.  -> (K,)"""
    return found.iou_val[found.binarisation[c], c]


def correlations(weights: np.ndarray, alone: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Section 5.2: Pearson's correlation of max(w_k, 0) with each filter's set IoU, and its p by Student's t with K - 2
    degrees of freedom; NaN where one side does not vary.  (..., K), (..., K) -> r (...), p (...)"""
    a, b = np.maximum(weights, 0).astype(np.float64), alone.astype(np.float64)
    a, b = a - a.mean(-1, keepdims=True), b - b.mean(-1, keepdims=True)
    scale = np.sqrt((a * a).sum(-1) * (b * b).sum(-1))
    r = np.divide((a * b).sum(-1), scale, out=np.full(scale.shape, np.nan), where=scale > 0)
    r, free = np.clip(r, -1, 1), weights.shape[-1] - 2
    if free < 1:
        return r, np.full(r.shape, np.nan)
    with np.errstate(divide="ignore"):
        p = 2 * student.sf(np.abs(r) * np.sqrt(free / (1 - r * r)), free)
    return r, p


def correlated(found: Dissection, shuffled: bool = False, seed: int = 0) -> Estimate:
    """Section 5.2: the share of concepts whose weights go with the single filters' IoU at p < 0.01; `shuffled`: after
    the filters' order was drawn anew for each concept."""
    _, combined = scores(found, "segmentation")
    known = np.flatnonzero(np.isfinite(combined))
    weights, single = found.weights[known], found.iou_val[found.binarisation[known], known]
    if shuffled:
        weights = np.random.default_rng(seed).permuted(weights, axis=1)
    _, p = correlations(weights, single)
    return bootstrap(np.where(np.isnan(p), np.nan, p < SIGNIFICANT))


def shares(weights: np.ndarray) -> np.ndarray:
    """How much each filter contributes to a concept, |w_k| / ||w||_1 (section 5.2); 0 where all weights are.
    (..., K) -> (..., K)"""
    size = np.abs(weights).astype(np.float64)
    total = size.sum(-1, keepdims=True)
    return np.divide(size, total, out=np.zeros_like(size), where=total > 0)


def best_of(found: Dissection, task: str) -> np.ndarray:
    """The best single filter of each concept.  -> (C,) int64, -1 where there is none or it has no score"""
    best = found.best if task == "segmentation" else found.cls_best
    return np.where(np.isfinite(scores(found, task)[0]), best, -1)


def loads(found: Dissection, task: str) -> np.ndarray:
    """Figure 5: of how many concepts each filter is the best.  -> (K,) int64"""
    best = best_of(found, task)
    return np.bincount(best[best >= 0], minlength=len(found.thresholds))


@dataclass(frozen=True)
class Spread:
    """Figure 7: of n scores, how many are 0, and mean and deviation of the others (NaN where there are none)."""

    n: int
    zeros: int
    mean: float
    deviation: float


def spread(values: np.ndarray) -> Spread:
    """Per-image IoU of a concept; NaN is left out.  (n,)"""
    kept = values[np.isfinite(values)].astype(np.float64)
    some = kept[kept > 0]
    mean, deviation = (float(some.mean()), float(some.std())) if len(some) else (float("nan"), float("nan"))
    return Spread(len(kept), len(kept) - len(some), mean, deviation)


def deciles(values: np.ndarray) -> list[tuple[int, int]]:
    """Section 5.1: one example for each decile of the non-zero part, the lowest first: (10 ... 100, its place in
    `values`). The example at d % is the smallest that d % of them do not exceed; fewer examples than ten come once.
    (n,), NaN is left out"""
    kept = np.flatnonzero(np.nan_to_num(values) > 0)
    order = kept[np.argsort(values[kept], kind="stable")]
    places = {-(-len(order) * d // 10) - 1: 10 * d for d in range(1, 11)} if len(order) else {}
    return [(percent, int(order[place])) for place, percent in sorted(places.items())]


def failures(found: Dissection, task: str) -> np.ndarray:
    """Section 4.1: the concepts for which all filters together reach less than the best one, the largest loss first.
    -> int64"""
    gain = gains(found, task)
    worse = np.flatnonzero(np.nan_to_num(gain) < 0)
    return worse[np.argsort(gain[worse], kind="stable")]


def excuses(found: Dissection, c: int, task: str) -> tuple[str, ...]:
    """What section 4.1 found failures to have: few training pictures, or (segmentation) a small area."""
    count = int(found.train[c] if task == "segmentation" else found.positives[0, c])
    few = (f"few examples ({count})",) if count <= RARE else ()
    small = task == "segmentation" and found.area[c] < SMALL
    return (*few, f"small area ({100 * found.area[c]:.2g} %)") if small else few
