"""What a dissection's scores must exceed before they speak of what the network knows: the untrained twin's, those with
masks of other pictures, and a fixed disc's. Objects and parts decide: colours survive in an untrained network."""

from dataclasses import replace

import numpy as np

from core.claims.bench import Bench
from core.claims.net2vec.dissected import (
    CLASSIFICATION,
    DISC,
    SEGMENTATION,
    SHUFFLED,
    TWIN,
    dealt,
    deep,
    fired_of,
    masks_of,
    scored,
)
from core.claims.net2vec.known import surveyed
from core.claims.report import Condition, Control, holds
from core.measures.concept_scores import of_category
from core.measures.interval import Estimate, bootstrap
from core.methods.net2vec.dissection import Dissection, dissect, record

KNOWN = ("object", "part")
CONSTANT = "best constant mask"
SCORES = {SEGMENTATION: "IoU", CLASSIFICATION: "accuracy"}


def shuffled(bench: Bench) -> Dissection:
    """The default layer's dissection with masks given to other pictures."""

    def measure() -> Dissection:
        own, (masks, pool), fired = deep(bench, bench.network), masks_of(bench), fired_of(bench)
        how, box = (own.preset, own.loss), bench.network.preprocessing.seen_box
        arrays = dissect(fired, dealt(masks, pool, bench.seed), pool, box, *how, bench.seed, bench.tell)
        return record(arrays, own.layer, pool, own.concepts, *how)

    return bench.once("shuffled", measure)


def floors(bench: Bench, *tasks: str) -> tuple[Control, ...]:
    """At the default layer, each floor with how far the combined scores of objects and of parts exceed its own; it
    shows the same where one of them does not. The best constant mask, which knows where the pictures have a concept
    and nothing else, is told only: with masks of other pictures no more than that can be learned."""
    own, drawn = deep(bench, bench.network), surveyed(bench)
    scores = {task: scored(own, task)[1] for task in tasks}
    twin, wrong = ({task: scored(one, task)[1] for task in tasks} for one in (deep(bench, bench.twin), shuffled(bench)))
    known = np.isin([one.category for one in own.concepts], KNOWN)

    def control(name: str, floor: dict[str, np.ndarray], decides: bool = True) -> Control:
        gaps = [
            Condition(f"{category}s: {SCORES[task]} above it", _mean(scores[task] - floor[task], own, category), ">")
            for task in floor
            for category in KNOWN
            if of_category(own, category).any()
        ]
        return Control(name, {one.name: one.estimate for one in gaps}, not holds(gaps) if decides else None)

    found = [control(TWIN, twin), control(SHUFFLED, wrong)]
    if SEGMENTATION in tasks:
        constant = drawn.constant_iou()
        beyond = {"its IoU above the best constant mask's": bootstrap((wrong[SEGMENTATION] - constant)[known])}
        found[1] = replace(found[1], estimates={**found[1].estimates, **beyond})
        found.append(control(DISC, {SEGMENTATION: drawn.disc_iou()}))
        found.append(control(CONSTANT, {SEGMENTATION: constant}, decides=False))
    return tuple(found)


def _mean(values: np.ndarray, found: Dissection, category: str) -> Estimate:
    return bootstrap(values[of_category(found, category)])
