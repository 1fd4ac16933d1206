"""N1, N3, N4, N8, N13: filters together against the best one alone (sections 4.1, 4.3 and 5.1)."""

import numpy as np

from core.claims.bench import Bench
from core.claims.net2vec.dissected import (
    CLASSIFICATION,
    SEGMENTATION,
    TASKS,
    TWIN,
    deep,
    dissections,
    gains,
    masks_of,
    scored,
)
from core.claims.net2vec.floors import floors
from core.claims.report import Condition, Control, holds
from core.claims.stated import Parts, stated
from core.errors import NotDefined
from core.measures.concept_scores import of_category
from core.measures.interval import Estimate, binomial, bootstrap, bootstrap_rows
from core.measures.localisation import centred_disc
from core.measures.logistic import logistic, wald
from core.methods.net2vec.dissection import Dissection
from core.networks.catalogue import open_network
from core.networks.network import Network
from core.probes.probe import CATEGORIES

TABLE_1 = {  # of conv1 to conv5
    SEGMENTATION: (0.916, 0.868, 0.840, 0.823, 0.757),
    CLASSIFICATION: (0.878, 0.902, 0.850, 0.879, 0.881),
}
SELF_SUPERVISED = {"menagerie-plain": "menagerie-rotations"}  # networks of one architecture


@stated("N1", "Filters together do at least as well as the best one for most concepts", "Table 1",
        "75.7 to 91.6 % (segmentation), 85 to 90.2 % (classification)")  # fmt: skip
def better_together(bench: Bench) -> Parts:
    """Share of the concepts with combined >= single, by layer and task, above a half. The single filter has the better
    of two ways to make its upsampled map binary; concepts have at least ten training pictures, as in the paper."""

    def shares(network: Network) -> dict[tuple[str, str], Estimate]:
        found = dissections(bench, network)
        return {(task, name): _no_worse(one, task) for task in TASKS for name, one in found.items()}

    own, twin = shares(bench.network), shares(bench.twin)
    beside = {f"untrained twin: {task}, {name}": twin[task, name] for task, name in own}
    for task in TASKS:
        ours = np.array([own[key].value for key in own if key[0] == task])
        if len(ours) == len(TABLE_1[task]):
            away = float(np.mean(ours - TABLE_1[task]))
            beside[f"{task}: mean distance to table 1"] = Estimate(away, away, away, len(ours))
    return {
        "conditions": tuple(Condition(f"{task}, {name}", one, ">", 0.5) for (task, name), one in own.items()),
        "beside": beside,
        "controls": floors(bench, *TASKS),
        "chance": "0.5",
        "note": "Exact binomial intervals over concepts. That filters together are no worse is no sign of training: "
        "the untrained twin's shares stand beside. The controls ask whether what they reach is knowledge, at "
        f"{bench.network.default_layer.name}.",
    }


def _no_worse(found: Dissection, task: str) -> Estimate:
    gain = gains(found, task)
    return binomial(gain[np.isfinite(gain)] >= 0)


@stated("N3", "Where filters together do worse, the concept is rare or tiny", "Section 4.1",
        "failures have 10 to 100 training pictures, or cover less than 1 %")  # fmt: skip
def failures(bench: Bench) -> Parts:
    """Logistic regression, over concepts at the default layer, of combined < single (set IoU) on the logarithms of the
    number of training pictures and of the mean area where it can be seen: both coefficients below 0 with Wald's
    p < .05. Here all concepts count, also those with fewer than ten pictures. Beside it all layers together, each with
    its own intercept, concepts resampled; and classification on the logarithm of the number alone."""

    def rule(network: Network) -> tuple[Condition, ...]:
        found = deep(bench, network)
        gain = gains(found, SEGMENTATION, 1)
        known = np.isfinite(gain)
        fit = logistic(_logs(found)[known], gain[known] < 0)
        n = min(int((gain[known] < 0).sum()), int((gain[known] >= 0).sum()))
        return tuple(
            Condition(f"coefficient of log {name}", wald(fit[0][i], fit[1][i], n), "<")
            for i, name in enumerate(("count", "area"), 1)
        )

    found, conditions, blank = deep(bench, bench.network), rule(bench.network), rule(bench.twin)
    gain, right = gains(found, SEGMENTATION, 1), gains(found, CLASSIFICATION, 1)
    known = np.isfinite(right)
    counts = np.log(np.maximum(found.positives[0][known], 1))
    fit = logistic(counts[:, None], right[known] < 0)
    beside = {f"all layers: log {name}": one for name, one in zip(("count", "area"), _pooled(bench), strict=True)}
    beside["classification: log count"] = wald(fit[0][1], fit[1][1], int((right[known] < 0).sum()))
    beside["untrained twin: log count"], beside["untrained twin: log area"] = (one.estimate for one in blank)
    return {
        "conditions": conditions,
        "beside": {"failures": binomial(gain[np.isfinite(gain)] < 0), **beside},
        "controls": floors(bench, SEGMENTATION),
        "chance": "0",
        "note": f"At {found.layer}, n = failures among {int(np.isfinite(gain).sum())} concepts. A coefficient without "
        "a number: there are too few failures to tell apart.",
    }


def _logs(found: Dissection) -> np.ndarray:
    """(C, 2)"""
    area = np.where(found.area > 0, found.area, 1)
    return np.log(np.stack([np.maximum(found.train, 1), area], 1))


def _pooled(bench: Bench) -> list[Estimate]:
    """Both coefficients over all layers, each with its own intercept; concepts are resampled."""
    found = list(dissections(bench, bench.network).values())
    gain = np.stack([gains(one, SEGMENTATION, 1) for one in found], 1)  # (C, layers)
    known = np.flatnonzero(np.isfinite(gain).all(1))
    logs, offsets = _logs(found[0]), np.eye(len(found))[:, 1:]

    def coefficient(number: int, drawn: np.ndarray) -> float:
        rows = np.concatenate([np.repeat(logs[drawn], len(found), 0), np.tile(offsets, (len(drawn), 1))], 1)
        return float(logistic(rows, (gain[drawn] < 0).ravel())[0][1 + number])

    return [bootstrap_rows(known, lambda drawn, i=i: coefficient(i, drawn), resamples=200) for i in (0, 1)]


@stated("N4", "Filters together are better on average in every category, for colours up to four times", "Figure 2",
        "up to 4 x for colours")  # fmt: skip
def every_category(bench: Bench) -> Parts:
    """Combined - single of every concept, meaned over the layers, above 0 in each category and task. Beside it both
    means at the default layer, and the largest ratio that a colour has at any layer."""

    def rule(network: Network) -> tuple[Condition, ...]:
        found = list(dissections(bench, network).values())
        rows = {task: np.mean([gains(one, task) for one in found], 0) for task in TASKS}
        return tuple(
            Condition(f"{task}, {category}", bootstrap(rows[task][some]), ">")
            for task in TASKS
            for category in CATEGORIES
            if np.isfinite(rows[task][some := of_category(found[0], category)]).any()
        )

    found, beside = deep(bench, bench.network), {}
    for condition in rule(bench.network):
        task, category = condition.name.split(", ")
        some = of_category(found, category)
        for name, values in zip(("single", "combined"), scored(found, task), strict=True):
            beside[f"{condition.name}: {name}"] = bootstrap(values[some])
    blank = [one for one in rule(bench.twin) if one.estimate.low > 0]
    return {
        "conditions": rule(bench.network),
        "beside": {"largest ratio of a colour, segmentation": _largest_ratio(bench), **beside},
        "controls": floors(bench, *TASKS),
        "chance": "difference 0; accuracy 0.5",
        "note": f"Means of both are at {found.layer}. On the untrained twin {len(blank)} of {len(rule(bench.twin))} "
        "differences are above 0 as well.",
    }


def _largest_ratio(bench: Bench) -> Estimate:
    ratios = []
    for found in dissections(bench, bench.network).values():
        single, combined = (values[of_category(found, "colour")] for values in scored(found, SEGMENTATION))
        ratios += list(combined[single > 0] / single[single > 0])
    best = max(ratios, default=float("nan"))
    return Estimate(best, best, best, len(ratios))


@stated("N8", "A single filter misses many pictures of its concept, filters together fewer", "Figure 7", "by example")
def misses(bench: Bench) -> Parts:
    """Share of zeros of IoU_ind over pairs of a validation picture and a concept that it shows, at the default layer;
    combined - single below 0, the pairs of a picture resampled together."""

    def zeros(network: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        found = deep(bench, network)
        enough = np.isfinite(scored(found, SEGMENTATION)[1])[found.concept]
        single, combined = ((values[enough] == 0).astype(float) for values in (found.single_ind, found.combined_ind))
        return single, combined, found.image[enough]

    def by_picture(values: np.ndarray, image: np.ndarray) -> Estimate:
        if not len(image):
            return bootstrap(values)
        rows = np.stack([np.bincount(image, values), np.bincount(image)], 1)
        return bootstrap_rows(rows[rows[:, 1] > 0], lambda drawn: float(drawn[:, 0].sum() / drawn[:, 1].sum()))

    single, combined, image = zeros(bench.network)
    blank_single, blank_combined, blank_image = zeros(bench.twin)
    return {
        "conditions": (Condition("combined - single", by_picture(combined - single, image), "<"),),
        "beside": {
            "single": by_picture(single, image),
            "combined": by_picture(combined, image),
            "centred disc": by_picture(_missed_by_disc(bench, image), image),
            "untrained twin: combined - single": by_picture(blank_combined - blank_single, blank_image),
        },
        "controls": floors(bench, SEGMENTATION),
        "chance": "1 where nothing fires",
        "note": f"At {bench.network.default_layer.name}; {len(image)} pairs, n = pictures. To miss none is no merit by "
        "itself: a disc in the middle is always somewhere.",
    }


def _missed_by_disc(bench: Bench, image: np.ndarray) -> np.ndarray:
    """Of the same pairs, whether a disc in the middle misses the concept.  -> (pairs,) float64"""
    masks, _ = masks_of(bench)
    found = deep(bench, bench.network)
    enough = np.isfinite(scored(found, SEGMENTATION)[1])[found.concept]
    missed = []
    for position, concept in zip(found.image[enough].tolist(), found.concept[enough].tolist(), strict=True):
        entries = masks.entries(position)
        e = entries.start + int(np.searchsorted(masks.concept[entries.start : entries.stop], concept))
        mask = masks.entry(e)
        missed.append(not (mask & centred_disc(*mask.shape)).any())
    return np.array(missed, float)


@stated("N13", "Combining filters gains more in self-supervised networks", "Figure 6", "5 to 6 x against 2 to 4 x")
def self_supervised(bench: Bench) -> Parts:
    """Mean combined set IoU over mean single, at the last convolution of the self-supervised network, minus the same
    for the supervised one of its architecture; concepts resampled together. The untrained twin's ratio minus the
    supervised one's is the control: what any poor network has needs no self-supervision."""
    name = SELF_SUPERVISED.get(bench.network.name)
    if name is None:
        raise NotDefined(f"there is no self-supervised network of {bench.network.title}'s architecture")
    other = open_network(name)
    layer = bench.network.default_layer.name
    found = {
        "supervised": deep(bench, bench.network),
        "self-supervised": dissections(bench, other, [other.layer(layer)])[layer],
        "untrained": deep(bench, bench.twin),
    }
    rows = {who: np.stack(scored(one, SEGMENTATION), 1) for who, one in found.items()}
    known = np.isfinite(np.concatenate(list(rows.values()), 1)).all(1)

    def gap(first: str, second: str) -> Estimate:
        both = np.concatenate([rows[first], rows[second]], 1)[known]
        return bootstrap_rows(both, lambda drawn: _ratio(drawn[:, :2]) - _ratio(drawn[:, 2:]))

    blank = Condition("untrained - supervised", gap("untrained", "supervised"), ">")
    right = {who: np.stack(scored(one, CLASSIFICATION), 1) for who, one in found.items()}
    return {
        "conditions": (Condition("self-supervised - supervised", gap("self-supervised", "supervised"), ">"),),
        "beside": {who: bootstrap_rows(one[known], _ratio) for who, one in rows.items()}
        | {f"{who}: combined IoU": bootstrap(one[known, 1]) for who, one in rows.items()}
        | {f"{who}: accuracy": bootstrap(one[:, 1]) for who, one in right.items()}
        | {"self-supervised - untrained": gap("self-supervised", "untrained")},
        "controls": (Control(TWIN, {blank.name: blank.estimate}, holds([blank])),),
        "chance": "1",
        "note": f"{other.title} at {layer}; ratios of means, of set IoU."
        + (" The untrained network gains as well: it is poor single filters that make a ratio large." * holds([blank])),
    }


def _ratio(rows: np.ndarray) -> float:
    """(n, 2): single, combined"""
    single, combined = rows.sum(0)
    return float(combined / single) if single > 0 else float("nan")
