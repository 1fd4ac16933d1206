"""Concepts as vectors, made ready to be shown: neighbours, sums as they are typed, pictures with what a sum answers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core import colouring, export
from core.colouring import Look
from core.errors import NotDefined
from core.methods.heatmap import Heatmap
from core.methods.net2vec import expression, spaces
from core.methods.net2vec.dissection import TASKS, Dissection
from core.probes.probe import Concept
from dashboard.views import overlay, panels
from dashboard.views.dissection_pictures import TRUTH, lit

IN_FILE = 10  # neighbours of each concept
_SIGN_LAST = re.compile(r"(?:[+*]|(?:^|\s)-)\s*$")
_SUMS = ("grass + blue - green", "tree - wood")  # table 3's


@dataclass(frozen=True)
class Sum:
    """A sum of concepts that was read: as it was typed, the concepts in it, and the sum of their unit vectors (K,)."""

    text: str
    operands: tuple[int, ...]
    vector: np.ndarray


def first_sum(concepts: Sequence[Concept], known: np.ndarray) -> str:
    """What a page opens with, of concepts that have a vector, (C,) bool: one of the paper's sums that can be read, else
    the first two concepts."""
    names = {concept.name for concept, has in zip(concepts, known, strict=True) if has}
    for text in _SUMS:
        if names >= set(text.replace("+", "-").split(" - ")):
            return text
    labels = expression.spelled(concepts)
    return " + ".join([labels[c] for c in np.flatnonzero(known)][:2] or labels[:2])


def summed(text: str, found: Dissection, vectors: np.ndarray, task: str) -> Sum:
    """Reads a sum.  (C, K) unit vectors.  Raises CoreError for what cannot be read, for a concept without a vector, and
    where nothing is left."""
    labels = expression.spelled(found.concepts)
    terms = [(weight, found.concepts.index(concept)) for weight, concept in expression.parse(text, found.concepts)]
    for _, c in terms:
        if not np.isfinite(vectors[c]).all():
            raise NotDefined(f"'{labels[c]}' has no vector for {task}: {found.reason(c, task)}")
    vector = sum(weight * vectors[c] for weight, c in terms)
    if not np.linalg.norm(vector) > 1e-9:
        raise NotDefined(f"nothing is left of '{text.strip()}', so nothing is near to it")
    return Sum(" ".join(text.split()), tuple(dict.fromkeys(c for _, c in terms)), vector)


def completions(text: str, concepts: Sequence[Concept]) -> dict[str, str]:
    """What the last name may become.  {name: the whole text}, empty where none is begun or it is one already"""
    names = sorted(expression.spelled(concepts), key=len, reverse=True)
    begun = text.strip() and not _SIGN_LAST.search(text.translate(expression.SIGNS))
    offers = expression.complete(text, concepts) if begun and len(text) <= expression.LONGEST else ()
    if text.strip() in offers:
        return {}
    return {next(name for name in names if offer.endswith(name)): offer for offer in offers}


def figure(cosine: float) -> str:
    """Two decimals, with a minus."""
    return f"{cosine:.2f}".replace("-", "−")


def answered(image: np.ndarray, answer: np.ndarray, preprocessing, segments: bool) -> str:
    """A picture with what a vector answers, for `st.image`: lit where it is above 0, or in colours from blue to orange.
    uint8 (H, W, 3), (h, w) of the layer"""
    heatmap = Heatmap(answer, "sum", None, 0, signed=True)
    if segments:
        return overlay.source(lit(image, np.nan_to_num(heatmap.at(preprocessing, *image.shape[:2])) > 0))
    limit = colouring.limit_of(answer, True)
    return overlay.source(panels.panel(image, heatmap, preprocessing, limit, Look(opacity=0.65)).image)


def marked(image: np.ndarray, mask: np.ndarray | None, longest: int) -> str:
    """A picture with a concept outlined, for `st.image`; one that fills it is not.  uint8 (H, W, 3), bool (H, W)"""
    drawn = overlay.enlarge(overlay.fit(image, longest), longest)
    if mask is not None and not mask.all():
        share = cv2.resize(mask.astype(np.float32), drawn.shape[1::-1], interpolation=cv2.INTER_AREA)
        drawn = overlay.outline(drawn, share >= 0.5, TRUTH)
    return overlay.source(drawn, 90)


def same_category_words(found: Dissection, vectors: dict[str, np.ndarray], count: int) -> str:
    """How often the nearest concepts are of the same category, by task, beside any others with a vector; '' where all
    are of one."""
    category = np.array([concept.category for concept in found.concepts])
    parts = []
    if len(set(category)) == 1:
        return ""
    for task in TASKS:
        known = np.flatnonzero(np.isfinite(vectors[task]).all(1))
        near = [[other for other, _ in spaces.nearest(vectors[task], vectors[task][c], count, [c])] for c in known]
        if len(known) > count:
            same = np.mean([category[others] == category[c] for c, others in zip(known, near, strict=True)])
            chance = np.mean([(category[known[known != c]] == category[c]).mean() for c in known])
            parts.append(f"{100 * same:.0f} % by {task} (of any concepts {100 * chance:.0f} %)")
    if not parts:
        return ""
    return f"Of the {count} nearest of each concept, these are of its own category: {', '.join(parts)}."


def neighbours_csv(found: Dissection, vectors: dict[str, np.ndarray]) -> bytes:
    """The nearest concepts of every concept by both tasks, a row each."""
    labels, rows = expression.spelled(found.concepts), []
    for task in TASKS:
        for c in np.flatnonzero(np.isfinite(vectors[task]).all(1)):
            for place, (other, cosine) in enumerate(spaces.nearest(vectors[task], vectors[task][c], IN_FILE, [c]), 1):
                rows.append(
                    {"concept": labels[c], "task": task, "place": place, "neighbour": labels[other], "cosine": cosine}
                )
    return export.table(rows).encode()


def answers_csv(read: Sum, found: Dissection, vectors: np.ndarray) -> bytes:
    """Every concept's cosine with a sum, the nearest first."""
    labels = expression.spelled(found.concepts)
    rows = [
        {"sum": read.text, "concept": labels[c], "category": found.concepts[c].category, "cosine": cosine,
         "in the sum": c in read.operands}
        for c, cosine in spaces.nearest(vectors, read.vector, len(vectors), [])
    ]  # fmt: skip
    return export.table(rows).encode()
