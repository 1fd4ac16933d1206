"""N12: which task's space of concepts is nearer to what the concepts mean (section 5.3, figure 10)."""

import numpy as np

from core.claims.bench import Bench
from core.claims.net2vec.dissected import CLASSIFICATION, SEGMENTATION, TWIN, deep
from core.claims.net2vec.meaning import vectors
from core.claims.report import Condition, Control, holds
from core.claims.stated import Parts, stated
from core.measures.interval import Estimate, bootstrap_rows
from core.methods.net2vec.spaces import alignment, unit
from core.networks.network import Network
from core.probes.semantic import Space, hierarchy_space, word_space

PERMUTED = "concepts permuted"


@stated("N12", "Spaces of classification are nearer to what concepts mean than those of segmentation", "Figure 10",
        "by colour of the figure's cells")  # fmt: skip
def nearer_to_meaning(bench: Bench) -> Parts:
    """D_ij, the squared differences of two spaces' cosines, as a mean over pairs of different concepts:
    classification's to a space of meanings minus segmentation's, below 0; all have the same concepts, which are
    resampled. A space whose cosines are small is near to everything: the control gives the meanings to other concepts,
    where nothing is nearer but by size. Centred kernel alignment, which size does not move, stands beside."""
    meanings = (hierarchy_space(bench.probe.concepts), word_space(bench.probe.concepts))

    def rule(network: Network) -> tuple[Condition, ...]:
        found = {one.name: _resampled(*_cosines(bench, network, one)) for one in meanings}
        return tuple(Condition(f"D to {name}: classification - segmentation", one, "<") for name, one in found.items())

    beside, permuted = {}, []
    for meaning in meanings:
        segmentation, classification, other = _cosines(bench, bench.network, meaning)
        for task, own in ((SEGMENTATION, segmentation), (CLASSIFICATION, classification)):
            beside[f"D to {meaning.name}: {task}"] = _resampled(None, own, other)
        aligned = bootstrap_rows(np.arange(len(other)), _aligned(segmentation, classification, other), resamples=300)
        beside[f"CKA with {meaning.name}: classification - segmentation"] = aligned
        permuted.append(_permuted(bench, segmentation, classification, other))
    own, blank = rule(bench.network), rule(bench.twin)
    names, small = [one.name for one in own], all(one.high < 0 for one in permuted)
    return {
        "conditions": own,
        "beside": beside,
        "controls": (
            Control(TWIN, {one.name: one.estimate for one in blank}, holds(blank)),
            Control(PERMUTED, dict(zip(names, permuted, strict=True)), small),
        ),
        "chance": "0",
        "note": f"At {bench.network.default_layer.name}; n = concepts."
        + " Classification's is nearer to meanings given to other concepts as well: its cosines are smaller." * small,
    }


def _cosines(bench: Bench, network: Network, meaning: Space) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the concepts that all three know: segmentation, classification, meaning.  -> three (n, n)"""
    found, place = deep(bench, network), {concept: i for i, concept in enumerate(meaning.concepts)}
    spaces = [vectors(found, task) for task in (SEGMENTATION, CLASSIFICATION)]
    known = np.isfinite(np.concatenate(spaces, 1)).all(1) & np.array([one in place for one in found.concepts])
    rows = meaning.vectors[[place[one] for one, kept in zip(found.concepts, known, strict=True) if kept]]
    segmentation, classification, drawn = (one @ one.T for one in (*(space[known] for space in spaces), unit(rows)))
    return segmentation, classification, drawn


def _resampled(first: np.ndarray | None, second: np.ndarray, meaning: np.ndarray) -> Estimate:
    """D of the second space to the meaning, minus that of the first where there is one.  (n, n) each"""
    apart = distances(second, meaning) - (0 if first is None else distances(first, meaning))

    def mean(drawn: np.ndarray) -> float:
        times = np.bincount(drawn, minlength=len(apart)).astype(float)
        pairs = times.sum() ** 2 - times @ times
        return float(times @ apart @ times / pairs) if pairs else float("nan")

    return bootstrap_rows(np.arange(len(apart)), mean)


def distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Squared differences, 0 on the diagonal.  Two (n, n) -> (n, n)"""
    return np.where(np.eye(len(first), dtype=bool), 0, (first - second) ** 2)


def _aligned(segmentation: np.ndarray, classification: np.ndarray, meaning: np.ndarray):
    def gap(drawn: np.ndarray) -> float:
        some = np.ix_(drawn, drawn)
        return alignment(classification[some], meaning[some]) - alignment(segmentation[some], meaning[some])

    return gap


def _permuted(bench: Bench, segmentation: np.ndarray, classification: np.ndarray, meaning: np.ndarray) -> Estimate:
    """The same difference with meanings given to other concepts, and the 95 % of such orders about its mean. Of the
    squares of D only their cross terms depend on the order."""
    generator, pairs = np.random.default_rng(bench.seed), len(meaning) * (len(meaning) - 1)
    whole = (distances(classification, 0 * meaning) - distances(segmentation, 0 * meaning)).sum()
    apart = np.where(np.eye(len(meaning), dtype=bool), 0, classification - segmentation)
    null = np.zeros(bench.sizes.permutations)
    for draw in range(len(null)):
        order = generator.permutation(len(meaning))
        null[draw] = (whole - 2 * (apart * meaning[order][:, order]).sum()) / max(pairs, 1)
    low, high = np.quantile(null, [0.025, 0.975])
    return Estimate(float(null.mean()), float(low), float(high), len(meaning))
