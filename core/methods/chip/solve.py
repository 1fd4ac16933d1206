"""Algorithm 1: the sparse importances of every class, by ADMM on the Gram matrix and right side, then exactly.

Per class c, G its Gram matrix, b its right side (sums.py), eq. 11 without its constant:

    minimise  1/2 w' G w - b' w + lambda ||w||_1
    w <- (G + rho I)^-1 (b + rho m + rho q)      (17)
    m <- soft(w - q, lambda / rho)               (19)
    q <- q - (w - m)                             (20)

What the paper leaves open, and what we do: lambda is a share of the smallest one that empties the class's row, max |b|;
rho is a share of the mean of G's diagonal; m, which is sparse, is returned, not w; ADMM stops when primal and dual
residuals are small. Then, or before if it can be, m is made exact: on its support the problem is a linear system, and
when the solution's signs and the gradient elsewhere agree with the support, it is the optimum. All penalties of a class
share one Cholesky factor and go through the iterations together.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

RHO = 0.3  # times the mean of the Gram matrix's diagonal
TOLERANCE = 1e-9  # of the residuals, where m is scaled to max |b| / mean diagonal
ROUND = 50  # iterations between attempts at the exact solution
ROUNDS = 60
REFINEMENTS = 12  # supports tried in each attempt
RIDGE = 1e-6  # times the mean of the diagonal: the fit without a penalty


@dataclass(frozen=True)
class Solution:
    """m (C, L, K) for each class and penalty; exact (C, L): whether it meets the optimum's conditions to rounding."""

    m: Tensor
    exact: Tensor


def soft(x: Tensor, threshold: Tensor | float) -> Tensor:
    """soft(x, t) = sign(x) max(|x| - t, 0)"""
    return x.sign() * (x.abs() - threshold).clamp(min=0)


def lambda_max(right: Tensor) -> Tensor:
    """The smallest lambda that empties the row: max |b|.  (C, K) -> (C,)"""
    return right.abs().amax(-1)


def objective(gram: Tensor, right: Tensor, m: Tensor, penalty: Tensor) -> Tensor:
    """1/2 m' G m - b' m + lambda ||m||_1.  (C, K, K), (C, K), (C, L, K), (C, L) -> (C, L)"""
    linear = (m @ right[..., None])[..., 0]
    return ((m @ gram) * m).sum(-1) / 2 - linear + penalty * m.abs().sum(-1)


def lasso(gram: Tensor, right: Tensor, penalty: Tensor) -> Solution:
    """The minimisers of eq. 11 for several penalties a class.

    (C, K, K), (C, K), (C, L), float64 -> Solution. A class without a right side, and a channel that never contributes
    (a zero row of G), have m = 0.
    """
    diagonal = gram.diagonal(dim1=-2, dim2=-1)
    alive = diagonal > 1e-12 * diagonal.amax(-1, keepdim=True)
    level = (diagonal * alive).sum(-1) / alive.sum(-1).clamp(min=1)
    top = lambda_max(right)
    seen = (level > 0) & (top > 0)
    level, top = torch.where(seen, level, 1.0), torch.where(seen, top, 1.0)
    scaled = _Scaled(gram / level[:, None, None], right / top[:, None] * alive, penalty / top[:, None])
    m, exact = scaled.solve()
    return Solution(m * (top / level * seen)[:, None, None], exact | ~seen[:, None])


class _Scaled:
    """The problems with a mean diagonal and a largest right side of 1, so that tolerances mean the same for all."""

    def __init__(self, gram: Tensor, right: Tensor, share: Tensor):
        self.gram, self.right, self.share = gram, right, share
        eye = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
        self.inverse = torch.cholesky_inverse(torch.linalg.cholesky(gram + RHO * eye))

    def solve(self) -> tuple[Tensor, Tensor]:
        classes, steps = self.share.shape
        m = self.right.new_zeros(classes, steps, self.right.shape[-1])
        q, done = torch.zeros_like(m), self.share.new_zeros(classes, steps, dtype=torch.bool)
        exact = done.clone()
        for _ in range(ROUNDS):
            busy = (~done).any(1).nonzero()[:, 0]
            if not len(busy):
                break
            m_, q_, small = self._admm(busy, m[busy], q[busy])
            open_ = ~done[busy]
            m[busy], q[busy] = torch.where(open_[..., None], m_, m[busy]), q_
            at = busy[open_.nonzero()[:, 0]], open_.nonzero()[:, 1]
            polished, right_ = self._polish(*at, m[at])
            m[at] = torch.where(right_[:, None], polished, m[at])
            exact[at] = right_
            done[at] = right_ | small[open_]
        return m, exact

    def _admm(self, busy: Tensor, m: Tensor, q: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Some iterations for some classes, and where both residuals are small."""
        inverse, right, share = self.inverse[busy], self.right[busy, None], self.share[busy, :, None]
        for _ in range(ROUND):
            before = m
            w = (right + RHO * (m + q)) @ inverse
            m = soft(w - q, share / RHO)
            q = q - (w - m)
        primal, dual = (w - m).abs().amax(-1), RHO * (m - before).abs().amax(-1)
        return m, q, (primal < TOLERANCE) & (dual < TOLERANCE)

    def _polish(self, which: Tensor, step: Tensor, m: Tensor) -> tuple[Tensor, Tensor]:
        """Exact solutions on supports that begin with m's and follow the optimum's conditions: a channel leaves whose
        sign turned, one enters whose gradient exceeds lambda.  (n,), (n,), (n, K) -> (n, K), (n,)"""
        found, right_ = m.clone(), torch.zeros(len(m), dtype=torch.bool, device=m.device)
        signs = m.sign()
        for _ in range(REFINEMENTS):
            left = (~right_).nonzero()[:, 0]
            if not len(left):
                break
            gram, right, share = self.gram[which[left]], self.right[which[left]], self.share[which[left], step[left]]
            sign = signs[left]
            solved, sound = _on_support(gram, right - share[:, None] * sign, sign != 0)
            gradient = right - (gram @ solved[..., None])[..., 0]
            slack = 1e-9 * share[:, None]
            tau = 1 / gram.diagonal(dim1=-2, dim2=-1).clamp(min=1e-9)
            reach = solved + tau * gradient
            fresh = torch.where(reach.abs() > tau * (share[:, None] + slack), reach.sign(), 0.0)
            fresh = torch.where((sign != 0) & (solved.sign() == sign), sign, fresh)
            good = sound & (fresh == sign).all(1)
            found[left[good]], right_[left[good]] = solved[good], True
            signs[left] = fresh
        return found, right_


def _on_support(gram: Tensor, right: Tensor, support: Tensor) -> tuple[Tensor, Tensor]:
    """Solves each system on its support, and says where the matrix is regular.  (n, K, K), (n, K), (n, K) bool"""
    width = int(support.sum(1).max())
    order = support.to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, :width]  # the support first
    inside = support.gather(1, order)
    rows = gram.gather(1, order[:, :, None].expand(-1, -1, gram.shape[2]))
    small = rows.gather(2, order[:, None, :].expand(-1, width, -1))
    small = torch.where(inside[:, :, None] & inside[:, None, :], small, 0.0) + torch.diag_embed(
        (~inside).to(gram.dtype)
    )
    factor, info = torch.linalg.cholesky_ex(small)
    solved = torch.cholesky_solve((right.gather(1, order) * inside)[..., None], factor)[..., 0]
    result = torch.zeros_like(right).scatter(1, order, solved * inside)
    return result, (info == 0) & result.isfinite().all(1)


def dense(gram: Tensor, right: Tensor) -> Tensor:
    """The fit without a penalty but a tiny ridge: (G + r I)^-1 b.  (C, K, K), (C, K) -> (C, K)"""
    level = gram.diagonal(dim1=-2, dim2=-1).mean(-1)
    ridge = torch.where(level > 0, RIDGE * level, 1.0)
    eye = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
    return torch.linalg.solve(gram + ridge[:, None, None] * eye, right)
