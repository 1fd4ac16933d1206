"""Which images of a probe are taken where not all can be: evenly over its classes."""

import numpy as np

from core.probes.probe import Probe


def default_indices(probe: Probe, split: str, images: int) -> np.ndarray:
    """At most so many images of a split: evenly over its classes, and over each class's images, where there are
    labels; else evenly over the split.  -> (n,) int64, ascending"""
    pool = np.asarray(probe.splits[split], np.int64)
    return balanced(probe, pool, images)


def balanced(probe: Probe, pool: np.ndarray, images: int) -> np.ndarray:
    """At most so many of a pool of images, evenly over classes: where classes take turns, as in the Menagerie, every
    second image would be of half of the classes only.  (n,) -> (m,) int64, ascending"""
    if images >= len(pool):
        return np.sort(pool)
    labels = np.array([-1 if (label := probe.label(int(i))) is None else label for i in pool])
    classes = [pool[labels == c] for c in np.unique(labels)]
    shares = _dealt([len(one) for one in classes], images)
    taken = [one[_spread(len(one), share)] for one, share in zip(classes, shares, strict=True)]
    return np.sort(np.concatenate(taken))


def _dealt(sizes: list[int], total: int) -> list[int]:
    """How many each of several heaps gives, so that all give as evenly as they can and `total` together."""
    shares = [0] * len(sizes)
    while (left := total - sum(shares)) > 0:
        open_ = [i for i, size in enumerate(sizes) if shares[i] < size]
        each = max(left // len(open_), 1)
        for i in open_[:left]:
            shares[i] = min(sizes[i], shares[i] + each)
    return shares


def _spread(size: int, count: int) -> np.ndarray:
    return np.arange(count) * size // max(count, 1)
