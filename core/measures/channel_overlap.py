"""Which channels of a layer matter for a class, and how many two classes share (CHIP, section IV-E, figures 10 and 11).

Weights are CHIP's importances m, one row a class; a channel is important for a class only where its weight is positive:
closing one with a negative weight would raise the class. Sets of channels are rows of booleans.
"""

from itertools import product

import numpy as np

THOUSANDTH = 0.001  # of a class's largest weight: figure 11, right


def strongest(row: np.ndarray, k: int) -> np.ndarray:
    """The k channels of the largest positive weight, largest first, the lower index of equals; fewer where fewer are
    positive.  (K,) -> (at most k,) int64"""
    order = np.argsort(-row, kind="stable")[:k]
    return order[row[order] > 0]


def top_channels(weights: np.ndarray, k: int) -> np.ndarray:
    """The k most important channels of each class, fewer where fewer have a positive weight (figure 11, left).
    (..., K) -> (..., K) bool"""
    rank = np.argsort(np.argsort(-weights, axis=-1, kind="stable"), axis=-1, kind="stable")
    return (rank < k) & (weights > 0)


def above_share(weights: np.ndarray, share: float = THOUSANDTH) -> np.ndarray:
    """Channels whose weight is larger than a share of the class's largest (figure 11, right); none where no weight is
    positive.  (..., K) -> (..., K) bool"""
    return (weights > share * weights.max(-1, keepdims=True)) & (weights > 0)


def regions(sets: np.ndarray) -> dict[tuple[bool, ...], int]:
    """How many channels lie in each region of the sets' Venn diagram: {(in the first, in the second, ...): count}, the
    region outside of all of them left out.  (sets, K) bool"""
    inside = list(product((True, False), repeat=len(sets)))[:-1]
    return {region: int((sets == np.array(region)[:, None]).all(0).sum()) for region in inside}


def overlaps(sets: np.ndarray) -> np.ndarray:
    """How many channels each pair of classes shares; on the diagonal, how many a class has.  (C, K) bool -> (C, C)
    int64"""
    members = sets.astype(np.int64)
    return members @ members.T


def nearest(sets: np.ndarray, label: int) -> list[tuple[int, int]]:
    """The other classes by the channels they share with one, most first, the lower index of equals.  (C, K) bool ->
    [(class, channels shared)]"""
    shared = sets.astype(np.int64) @ sets[label].astype(np.int64)
    order = np.argsort(-shared, kind="stable")
    return [(int(other), int(shared[other])) for other in order if other != label]


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's correlation: Pearson's of the ranks, equals sharing their mean rank; NaN where one side is all equal.
    Two (n,)"""
    a, b = (_ranks(np.asarray(values)) for values in (first, second))
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 0 else float("nan")


def _ranks(values: np.ndarray) -> np.ndarray:
    """(n,) -> (n,) float64, from 0"""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return ((last - count + last - 1) / 2)[place]
