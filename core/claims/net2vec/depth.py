"""N2 and N5: what changes from the first convolution to the last (table 1, figure 2)."""

from itertools import permutations

import numpy as np

from core.claims.bench import Bench
from core.claims.net2vec.dissected import (
    CLASSIFICATION,
    SEGMENTATION,
    TASKS,
    TWIN,
    depths,
    dissections,
    gains,
    scored,
)
from core.claims.report import Condition, Control, holds
from core.claims.stated import Parts, stated
from core.errors import NotDefined
from core.measures.channel_overlap import rank_correlation
from core.measures.concept_scores import of_category
from core.measures.interval import Estimate, bootstrap, bootstrap_rows
from core.networks.network import Network
from core.probes.probe import CATEGORIES


@stated("N2", "The share of concepts for which filters together do as well falls with depth", "Table 1",
        "91.6, 86.8, 84.0, 82.3, 75.7 % (segmentation)")  # fmt: skip
def share_by_depth(bench: Bench) -> Parts:
    """Spearman's correlation of the layer's number with the share of N1 for segmentation, below 0. Concepts are
    resampled, each with all its layers; the few layers are what they are: beside it the share of all their orders that
    fall as much or more."""

    def fall(network: Network, task: str = SEGMENTATION) -> Estimate:
        rows = np.stack([gains(one, task) for one in dissections(bench, network).values()], 1)
        better = rows[np.isfinite(rows).all(1)] >= 0
        return bootstrap_rows(better, lambda drawn: rank_correlation(np.arange(rows.shape[1]), drawn.mean(0)))

    _several(bench.network)
    found, blank = fall(bench.network), Condition("Spearman", fall(bench.twin), "<")
    count = len(depths(bench.network))
    orders = [rank_correlation(np.arange(count), np.array(order)) for order in permutations(range(count))]
    p = float(np.mean(np.array(orders) <= found.value + 1e-9))
    return {
        "conditions": (Condition("Spearman", found, "<"),),
        "beside": {f"orders of {count} layers that fall as much": Estimate(p, p, p, len(orders))}
        | {"classification": fall(bench.network, CLASSIFICATION)},
        "controls": (Control(TWIN, {blank.name: blank.estimate}, holds([blank])),),
        "chance": "0",
        "note": ", ".join(one.name for one in depths(bench.network)) + "; n = concepts.",
    }


@stated("N5", "The deeper the layer the better, but for colours", "Figure 2", "by example")
def better_with_depth(bench: Bench) -> Parts:
    """Slope of the combined score over the number of the layer, for each category and task: the mean over concepts of
    each one's least-squares slope, above 0; for colours at most 0."""

    def rule(network: Network) -> tuple[Condition, ...]:
        found, conditions = list(dissections(bench, network).values()), []
        for task in TASKS:
            each = slopes(np.stack([scored(one, task)[1] for one in found], 1))
            for category in CATEGORIES:
                some = each[of_category(found[0], category)]
                if np.isfinite(some).any():
                    sense = "<=" if category == "colour" else ">"
                    conditions.append(Condition(f"{task}, {category}", bootstrap(some), sense))
        return tuple(conditions)

    _several(bench.network)
    own, blank = rule(bench.network), rule(bench.twin)
    told = {one.name: one.estimate for one in blank}
    return {
        "conditions": own,
        "controls": (Control(TWIN, told, holds(blank)),),
        "chance": "0",
        "note": "Score a layer; " + ", ".join(one.name for one in depths(bench.network)) + "; intervals over concepts.",
    }


def slopes(rows: np.ndarray) -> np.ndarray:
    """Least-squares slopes over 0, 1, 2, ...  (n, layers) -> (n,), NaN where a layer lacks a value"""
    at = np.arange(rows.shape[1]) - (rows.shape[1] - 1) / 2
    return (rows - rows.mean(1, keepdims=True)) @ at / (at @ at)


def _several(network: Network) -> None:
    if len(depths(network)) < 3:
        raise NotDefined(f"{network.title} has fewer than three convolutions: too few for a trend")
