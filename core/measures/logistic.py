"""Logistic regression with Wald's intervals: on which of a few quantities does it depend whether something happens?"""

import numpy as np

from core.measures.interval import Estimate

STEPS = 50
EXACT = 1e-9  # of the largest step, after which it is at the maximum
Z95 = 1.959963984540054


def logistic(rows: np.ndarray, happened: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log p / (1 - p) = b_0 + b_1 x_1 + ... by maximum likelihood (Newton's steps, that is iteratively reweighted least
    squares), and the standard errors from the inverse of the information matrix.

    NaN where there is no maximum: it happened always or never, the quantities tell the two apart without an error, or
    one of them follows from the others.  (n, p), (n,) bool -> (p + 1,), (p + 1,) float64, the intercept first
    """
    x, y = np.column_stack([np.ones(len(rows)), rows]).astype(np.float64), np.asarray(happened, np.float64)
    nothing = np.full(x.shape[1], np.nan)
    if y.min(initial=1) == y.max(initial=0) or np.linalg.matrix_rank(x) < x.shape[1]:
        return nothing, nothing
    spread = np.maximum(x.std(0), 1e-12)
    found = np.zeros(x.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(x @ found, -500, 500)))
        information = (x * (chance * (1 - chance))[:, None]).T @ x
        if np.linalg.cond(information) > 1e14:
            return nothing, nothing
        step = np.linalg.solve(information, x.T @ (y - chance))
        found = found + step
        if np.abs(step[1:] * spread[1:]).max(initial=0) < EXACT and abs(step[0]) < EXACT * max(abs(found[0]), 1):
            return found, np.sqrt(np.diag(np.linalg.inv(information)))
    return nothing, nothing


def wald(coefficient: float, error: float, n: int) -> Estimate:
    """A coefficient with the interval that leaves out 0 where Wald's two-sided p is below .05."""
    return Estimate(float(coefficient), float(coefficient - Z95 * error), float(coefficient + Z95 * error), n)
