"""A number with its interval: bootstrap over images, or binomial."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

_AT_ONCE = 2**18  # values drawn together


@dataclass(frozen=True)
class Estimate:
    """A mean (or a median) over `n` images and its 95 % percentile bootstrap interval; NaN where there is no image."""

    value: float
    low: float
    high: float
    n: int


def bootstrap(
    values: Sequence[float] | np.ndarray,
    seed: int = 0,
    resamples: int = 1000,
    of: Callable[..., np.ndarray] = np.mean,
) -> Estimate:
    """The mean of `values` (n,), or another number that `of(values, axis=…)` gives, with its interval; NaN values are
    left out, and so not counted in `n`."""
    kept = np.asarray(values, np.float64)
    kept = kept[~np.isnan(kept)]
    if not len(kept):
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    generator, most = np.random.default_rng(seed), max(_AT_ONCE // len(kept), 1)
    counts = [min(most, resamples - done) for done in range(0, resamples, most)]
    numbers = [of(kept[generator.integers(len(kept), size=(count, len(kept)))], axis=1) for count in counts]
    low, high = np.quantile(np.concatenate(numbers), [0.025, 0.975])
    return Estimate(float(of(kept, axis=0)), float(low), float(high), len(kept))


def bootstrap_rows(
    rows: np.ndarray, of: Callable[[np.ndarray], float], seed: int = 0, resamples: int = 1000
) -> Estimate:
    """A number made of whole rows (a correlation, an order, the difference of two medians) with its interval: rows are
    drawn together, so that what was measured on one image stays together. (n, ...); resamples in which the number is
    not defined (NaN) are left out.
    """
    rows = np.asarray(rows)
    if not len(rows):
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    generator = np.random.default_rng(seed)
    found = np.array([of(rows[generator.integers(len(rows), size=len(rows))]) for _ in range(resamples)], np.float64)
    found = found[~np.isnan(found)]
    low, high = np.quantile(found, [0.025, 0.975]) if len(found) else (np.nan, np.nan)
    return Estimate(float(of(rows)), float(low), float(high), len(rows))


def bootstrap_apart(first: np.ndarray, second: np.ndarray, seed: int = 0, resamples: int = 1000) -> Estimate:
    """The mean of one group minus that of another with its interval, each drawn by itself; `n` is the smaller group's.
    (n,), (m,); NaN values are left out."""
    groups = [np.asarray(values, np.float64) for values in (first, second)]
    one, other = (values[~np.isnan(values)] for values in groups)
    if not (len(one) and len(other)):
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    generator = np.random.default_rng(seed)
    drawn = [[values[generator.integers(len(values), size=len(values))].mean() for _ in range(resamples)]
             for values in (one, other)]  # fmt: skip
    low, high = np.quantile(np.subtract(*drawn), [0.025, 0.975])
    return Estimate(float(one.mean() - other.mean()), float(low), float(high), min(len(one), len(other)))


def binomial(happened: Sequence[bool] | np.ndarray) -> Estimate:
    """The share of independent cases in which something happened, with the exact (Clopper and Pearson's) interval."""
    count, n = int(np.count_nonzero(happened)), len(happened)
    if not n:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    low = betaincinv(count, n - count + 1, 0.025) if count else 0.0
    high = betaincinv(count + 1, n - count, 0.975) if count < n else 1.0
    return Estimate(count / n, float(low), float(high), n)
