"""N10 and N11: what lies near a concept, and arithmetic with concepts (tables 2 and 3)."""

from dataclasses import dataclass

import numpy as np

from core.claims.bench import Bench
from core.claims.net2vec.dissected import CLASSIFICATION, SEGMENTATION, TWIN, deep, scored
from core.claims.net2vec.known import Survey, same_kind, surveyed, with_hierarchy
from core.claims.report import Condition, Control, holds
from core.claims.stated import Parts, stated
from core.errors import NotDefined
from core.measures.interval import Estimate, bootstrap, bootstrap_rows
from core.methods.net2vec.dissection import Dissection
from core.methods.net2vec.spaces import unit
from core.networks.network import Network

NEIGHBOURS = 5  # table 2
DRAWS = 300  # of random operands: enough for p < .01


def vectors(found: Dissection, task: str) -> np.ndarray:
    """Each concept's weights at unit length, NaN where it has none or no score.  -> (C, K) float64"""
    weights = found.weights if task == SEGMENTATION else found.cls_weights
    return np.where(np.isfinite(scored(found, task)[1])[:, None], unit(weights), np.nan)


def neighbours(cosines: np.ndarray, count: int = NEIGHBOURS) -> np.ndarray:
    """The nearest other concepts of each, nearest first.  (n, n) -> (n, count)"""
    without = np.where(np.eye(len(cosines), dtype=bool), -np.inf, cosines)
    return np.argsort(-without, axis=1, kind="stable")[:, :count]


@stated("N10", "Near a concept lie its own kind (segmentation), or its parts and company (classification)", "Table 2",
        "by example: dog: cat, horse against muzzle, paw")  # fmt: skip
def nearest_concepts(bench: Bench) -> Parts:
    """Of each concept's five nearest, the share of its own kind in the hierarchy, segmentation - classification above
    0; and the share that lies on it or that it lies on, or that is twice as often in the same pictures as by chance,
    classification - segmentation above 0. Both spaces have the same concepts."""
    with_hierarchy(bench)

    def shares(network: Network) -> tuple[dict[tuple[str, str], np.ndarray], dict[str, Estimate]]:
        found, drawn = deep(bench, network), surveyed(bench)
        spaces = {task: vectors(found, task) for task in (SEGMENTATION, CLASSIFICATION)}
        known = np.flatnonzero(np.isfinite(np.concatenate(list(spaces.values()), 1)).all(1))
        kind, composed = (one[np.ix_(known, known)] for one in (same_kind(found.concepts), composition(drawn)))
        told = {}
        for task, space in spaces.items():
            near = neighbours(space[known] @ space[known].T)
            told |= {(task, "kind"): _hits(kind, near), (task, "parts and company"): _hits(composed, near)}
        other = ~np.eye(len(known), dtype=bool)
        chance = {"kind": kind, "parts and company": composed}
        return told, {name: bootstrap((one & other).sum(1) / max(len(known) - 1, 1)) for name, one in chance.items()}

    def rule(found: dict[tuple[str, str], np.ndarray]) -> tuple[Condition, ...]:
        kind = found[SEGMENTATION, "kind"] - found[CLASSIFICATION, "kind"]
        parts = found[CLASSIFICATION, "parts and company"] - found[SEGMENTATION, "parts and company"]
        return (
            Condition("kind: segmentation - classification", bootstrap(kind), ">"),
            Condition("parts and company: classification - segmentation", bootstrap(parts), ">"),
        )

    (own, chance), (twin, _) = shares(bench.network), shares(bench.twin)
    blank = rule(twin)
    return {
        "conditions": rule(own),
        "beside": {f"{task}: {what}": bootstrap(values) for (task, what), values in own.items()},
        "controls": (
            Control(TWIN, {one.name: one.estimate for one in blank}, holds(blank)),
            Control("concepts at random", chance),
        ),
        "chance": "difference 0",
        "note": f"At {bench.network.default_layer.name}; scenes are left out, which have no vector for segmentation.",
    }


def composition(drawn: Survey) -> np.ndarray:
    """Which pairs of concepts lie on one another or keep company.  -> (C, C) bool"""
    on = drawn.on()
    return (on | on.T | drawn.company()) & ~np.eye(len(on), dtype=bool)


def _hits(related: np.ndarray, near: np.ndarray) -> np.ndarray:
    return np.take_along_axis(related, near, 1).mean(1)


@dataclass(frozen=True)
class Analogies:
    """first - minus + plus = one of the answers: operands (n, 3), concepts in this order; answers (n, C) bool."""

    operands: np.ndarray
    answers: np.ndarray

    def ranks(self, cosines: np.ndarray, stand_in: np.ndarray | None = None, signs=(1, -1, 1)) -> np.ndarray:
        """The rank of the best answer, from 1, by cosine with the sum among all concepts but the operands; NaN where
        no answer is left. `stand_in`: the concept whose vector each is given, as an operand.  (C, C) -> (n,)"""
        operands = self.operands if stand_in is None else stand_in[self.operands]
        found = sum(sign * cosines[operands[:, i]] for i, sign in enumerate(signs) if sign)
        np.put_along_axis(found, operands, -np.inf, 1)
        best = np.where(self.answers, found, -np.inf).max(1)
        return np.where(np.isfinite(best), 1 + (found > best[:, None]).sum(1), np.nan)

    def of(self, kept: np.ndarray) -> "Analogies":
        """Among some concepts only, in their order.  (c,)"""
        place = np.full(self.answers.shape[1], -1)
        place[kept] = np.arange(len(kept))
        rows = (place[self.operands] >= 0).all(1) & self.answers[:, kept].any(1)
        return Analogies(place[self.operands[rows]], self.answers[rows][:, kept])


def analogies(drawn: Survey, categories: np.ndarray, of: str) -> Analogies:
    """Every analogy of objects and their colours or parts that the drawing knows. An object has a colour that at least
    half of it is painted in, and a part at least half of which lies on it; in first - minus + plus, minus is the first
    object's and plus is not, and the answers are the other objects that have plus and not minus.  categories (C,)"""
    on, objects, others = drawn.on(), np.flatnonzero(categories == "object"), np.flatnonzero(categories == of)
    has = np.zeros_like(on)
    has[np.ix_(objects, others)] = on[np.ix_(objects, others)] if of == "colour" else on[np.ix_(others, objects)].T
    operands, answers = [], []
    for first in objects:
        for minus in np.flatnonzero(has[first]):
            for plus in others[~has[first, others]]:
                right = has[:, plus] & ~has[:, minus]
                if right.any():
                    operands.append((first, minus, plus))
                    answers.append(right)
    return Analogies(np.array(operands, np.int64).reshape(-1, 3), np.array(answers, bool).reshape(-1, len(on)))


@stated("N11", "Concepts can be added and subtracted", "Table 3", "by example: grass + blue - green = sky")
def arithmetic(bench: Bench) -> Parts:
    """Analogies of objects with colours and with parts in the segmentation space: the median rank of the best expected
    answer minus that with random operands, below 0 at p < .01. At random: every operand's vector is another concept's
    of its category, the same one wherever it occurs. Beside it the rank by the added operand alone."""
    own, found = deep(bench, bench.network), {}
    categories = np.array([one.category for one in own.concepts])
    for what in ("colour", "part"):
        every = analogies(surveyed(bench), categories, what)
        pair = {"own": own, "twin": deep(bench, bench.twin)}
        found[what] = {who: _arithmetic(bench, one, what, every, categories) for who, one in pair.items()}
    blank = [one["twin"][0] for one in found.values()]
    told = {f"{what}s: {name}": value for what, one in found.items() for name, value in one["own"][1].items()}
    needed = all(one["own"][1][NEEDED].low > 0 for one in found.values())
    return {
        "conditions": tuple(one["own"][0] for one in found.values()),
        "beside": told,
        "controls": (Control(TWIN, {one.name: one.estimate for one in blank}, holds(blank)),),
        "chance": "0: the median rank with random operands is taken off",
        "note": f"At {own.layer}. The deciding intervals are of 98 %, for p < .01; those of the ranks resample the n "
        "first objects." + ("" if needed else _ALONE),
    }


NEEDED = "the sum finds it sooner than the added operand alone, less later"
_ALONE = (
    " The added operand alone finds the answers as soon: concepts lie near their colours and parts, no sum is needed."
)


def _arithmetic(
    bench: Bench, found: Dissection, what: str, every: Analogies, categories: np.ndarray
) -> tuple[Condition, dict[str, Estimate]]:
    """The deciding number and those beside it, of one network."""
    space = vectors(found, SEGMENTATION).astype(np.float32)
    known = np.flatnonzero(np.isfinite(space).all(1))
    asked, cosines = every.of(known), space[known] @ space[known].T
    if not len(asked.operands):
        raise NotDefined(f"no analogy of objects and their {what}s is known on {bench.probe.title}")
    firsts, generator = np.unique(asked.operands[:, 0]), np.random.default_rng(bench.seed)
    ranks, alone = asked.ranks(cosines), asked.ranks(cosines, signs=(0, 0, 1))
    null = np.zeros(DRAWS)
    for draw in range(DRAWS):
        bench.tell(draw, DRAWS, f"arithmetic with {what}s")
        drawn = asked.ranks(cosines, _within(categories[known], generator))
        null[draw] = np.median(drawn[np.isfinite(drawn)]) if np.isfinite(drawn).any() else len(known)
    observed, (low, high) = float(np.median(ranks)), np.quantile(null, [0.01, 0.99])
    gap = Estimate(observed - float(null.mean()), float(observed - high), float(observed - low), len(firsts))
    rows = {name: _by_first(values, asked.operands[:, 0], firsts) for name, values in
            (("median rank", ranks), ("median rank, added operand alone", alone))}  # fmt: skip
    middle = float(np.median(null))
    told = {**rows, "median rank, random operands": Estimate(middle, float(low), float(high), len(null))}
    told["analogies"] = Estimate(len(ranks), len(ranks), len(ranks), len(firsts))
    shares = (
        ("expected answer among the first five", (ranks <= NEIGHBOURS).astype(float)),
        (NEEDED, np.sign(alone - ranks)),
    )
    told |= {name: _by_first(values, asked.operands[:, 0], firsts, np.mean) for name, values in shares}
    return Condition(f"{what}s: median rank beyond random operands", gap, "<"), told


def _within(categories: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A random order of concepts in which each stands for one of its own category.  (c,) -> (c,)"""
    order = np.arange(len(categories))
    for category in np.unique(categories):
        some = np.flatnonzero(categories == category)
        order[some] = generator.permutation(some)
    return order


def _by_first(values: np.ndarray, first: np.ndarray, firsts: np.ndarray, of=np.median) -> Estimate:
    """A median over analogies whose first objects are resampled."""
    groups = [values[first == one] for one in firsts]
    return bootstrap_rows(np.arange(len(groups)), lambda drawn: float(of(np.concatenate([groups[i] for i in drawn]))))
