"""How many filters does a concept need? All but the F with the highest |w| are held at zero and the others learned
again (section 3.2.2, figure 3)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.methods.net2vec import classification

Progress = Callable[[int, int, str], None]

COUNTS = {
    "segmentation": (1, 2, 4, 8, 16, 32, 64, 128, 160, 192, 224),
    "classification": (1, 2, 3, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 80, 100, 128),
}


@dataclass(frozen=True)
class Subsets:
    """Scores of concepts with few filters: F (n,) int64, ascending, the last being all of them; score (n, C): set IoU
    for 'segmentation', balanced accuracy for 'classification', on the validation images, NaN where not defined."""

    task: str
    F: np.ndarray
    score: np.ndarray


def counts(task: str, filters: int) -> tuple[int, ...]:
    """The paper's F below a layer's number of filters, and that number."""
    return (*(one for one in COUNTS[task] if one < filters), filters)


def scored(
    task: str,
    weights: np.ndarray,
    scores: np.ndarray,
    again: Callable[[np.ndarray, Progress | None], np.ndarray],
    progress: Progress | None = None,
) -> Subsets:
    """The scores for each F. weights (C, K), scores (C,): with all filters. `again(allowed, progress)` learns with the
    allowed filters, (C, K) bool, and gives the scores (C,); its progress is of a hundred."""
    F = counts(task, weights.shape[1])
    found = [again(classification.top(weights, one), _part(progress, i, len(F) - 1)) for i, one in enumerate(F[:-1])]
    undefined = ~np.isfinite(weights).all(1) | np.isnan(scores)
    return Subsets(task, np.array(F), np.where(undefined, np.nan, np.stack([*found, scores])))


def of_classification(
    means: np.ndarray,
    present: np.ndarray,
    training: np.ndarray,
    weights: np.ndarray,
    scores: np.ndarray,
    preset: str = "fast",
    seed: int = 0,
    progress: Progress | None = None,
) -> Subsets:
    """Balanced accuracy with few filters. weights (C, K), scores (C,): what `learn` gave for all; else as `learn`."""

    def again(allowed: np.ndarray, tell: Progress | None) -> np.ndarray:
        return classification.learn(means, present, training, preset, seed, tell, allowed).accuracy

    return scored("classification", weights, scores, again, progress)


def _part(progress: Progress | None, place: int, parts: int) -> Progress | None:
    """`progress` of one of several parts of equal length."""
    if progress is None:
        return None
    return lambda done, total, label: progress(100 * (place * total + done) // (parts * total), 100, label)
