"""Algorithm 1: the sparse importances of every class, by ADMM on the Gram matrix and right side, then exactly.

Per class c, G its Gram matrix, b its right side (sums.py), eq. 11 without its constant:

    minimise  1/2 w' G w - b' w + lambda ||w||_1
    w <- (G + rho I)^-1 (b + rho m + rho q)      (17)
    m <- soft(w - q, lambda / rho)               (19)
    q <- q - (w - m)                             (20)

What the paper leaves open, and what we do: lambda is a share of the smallest one that empties the class's row, max |b|;
rho is a share of the mean of G's diagonal; m, which is sparse, is returned, not w; ADMM stops when primal and dual
residuals are small. Then, or before if it can be, m is made exact by an active-set descent from where ADMM stands: on
a support the problem is a linear system, and where the solution's signs and the gradient elsewhere agree with the
support, it is the optimum. All penalties of a class share one Cholesky factor and go through the iterations together.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

RHO = 0.1  # times the mean of the Gram matrix's diagonal
TOLERANCE = 1e-9  # of the residuals, where m is scaled to max |b| / mean diagonal
ROUND = 100  # iterations between attempts at the exact solution
ROUNDS = 40
SUPPORTS = 200  # tried in each attempt
ENTERING = 0.1  # of the worst violation: how much makes a channel enter the support
RIDGE = 1e-6  # times the mean of the diagonal: the fit without a penalty
SYSTEMS = 2**24  # bytes of linear systems solved at once


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
    m, exact = _solved(gram / level[:, None, None], right / top[:, None] * alive, penalty / top[:, None])
    return Solution(m * (top / level * seen)[:, None, None], exact | ~seen[:, None])


def dense(gram: Tensor, right: Tensor) -> Tensor:
    """The fit without a penalty but a tiny ridge: (G + r I)^-1 b.  (C, K, K), (C, K) -> (C, K)"""
    level = gram.diagonal(dim1=-2, dim2=-1).mean(-1)
    level = torch.where(level > 0, level, 1.0)
    # At one scale, so that classes of hardly any probability can be solved too.
    factor = torch.linalg.cholesky(gram / level[:, None, None] + RIDGE * _eye(gram))
    return torch.cholesky_solve((right / level[:, None])[..., None], factor)[..., 0]


def _solved(gram: Tensor, right: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    """Problems with a mean diagonal and a largest right side of 1, so that tolerances mean the same for all."""
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(gram + RHO * _eye(gram)))
    m = right.new_zeros(*share.shape, right.shape[-1])
    q, exact = torch.zeros_like(m), torch.zeros_like(share, dtype=torch.bool)
    done = exact.clone()
    for _ in range(ROUNDS):
        busy = (~done).any(1).nonzero()[:, 0]
        if not len(busy):
            break
        fresh, q[busy], small = admm(inverse[busy], right[busy], share[busy], m[busy], q[busy])
        fresh, met = polished(gram[busy], right[busy], share[busy], fresh, ~done[busy])
        m[busy] = torch.where(done[busy, :, None], m[busy], fresh)
        exact[busy] |= met
        done[busy] |= met | small
    return m, exact


def admm(inverse: Tensor, right: Tensor, share: Tensor, m: Tensor, q: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """A round of eqs. 17, 19, 20; and whether both residuals are small.

    (C, K, K) the inverse of G + rho I, (C, K), (C, L), (C, L, K), (C, L, K) -> m, q, (C, L)
    """
    right, threshold = right[:, None], share[..., None] / RHO
    for _ in range(ROUND):
        before = m
        w = (right + RHO * (m + q)) @ inverse
        m = soft(w - q, threshold)
        q = q - (w - m)
    primal, dual = (w - m).abs().amax(-1), RHO * (m - before).abs().amax(-1)
    return m, q, (primal < TOLERANCE) & (dual < TOLERANCE)


def polished(gram: Tensor, right: Tensor, share: Tensor, m: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """The exact optimum where it is wanted and found from m, else a point no worse than m; and where it is.

    From m towards the solution on its support, as far as no sign turns; a channel that reaches zero leaves. Once there,
    the channels enter where |b - G m| exceeds lambda most; where it does nowhere, m is the optimum.
    (C, K, K), (C, K), (C, L), (C, L, K), (C, L) bool -> (C, L, K), (C, L)
    """
    met, signs, limit = torch.zeros_like(wanted), m.sign(), share[..., None] * (1 + 1e-9)
    for _ in range(SUPPORTS):
        if not wanted.any():
            break
        goal, regular = _on_supports(gram, right[:, None] - share[..., None] * signs, signs != 0, wanted)
        wanted = wanted & regular
        turned = (signs != 0) & (goal * signs <= 0) & wanted[..., None]
        reach = torch.where(turned, m / torch.where(turned & (m != goal), m - goal, 1.0), torch.inf)
        first = reach.amin(-1, keepdim=True)
        arrived = wanted & (first[..., 0] > 1)
        step = torch.where(arrived[..., None], goal, m + first.clamp(max=1) * (goal - m))
        leaving = turned & (reach == first)
        m = torch.where(wanted[..., None] & ~leaving, step, torch.where(leaving, 0.0, m))
        gradient = right[:, None] - m @ gram
        over = torch.where(signs == 0, gradient.abs() - limit, -torch.inf)
        worst = over.amax(-1, keepdim=True)
        optimal = arrived & (worst[..., 0] <= 0)
        met, wanted = met | optimal, wanted & ~optimal
        entering = (arrived & wanted)[..., None] & (over > 0) & (over >= ENTERING * worst)
        signs = torch.where(entering, gradient.sign(), torch.where(leaving, 0.0, signs))
    return m, met


def _on_supports(gram: Tensor, right: Tensor, support: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Solves the wanted systems on their supports, those of about one size together, and says which are regular.

    (C, K, K), (C, L, K), (C, L, K) bool, (C, L) bool -> (C, L, K), (C, L)
    """
    result, regular = torch.zeros_like(right), torch.zeros_like(wanted)
    which, step = wanted.nonzero(as_tuple=True)
    sizes, order = support[which, step].sum(1).sort()
    which, step, first = which[order], step[order], 0
    while first < len(which):
        width = max(16, int(sizes[first]) * 3 // 2)  # what all of them are padded to, at most
        fitting = int((sizes <= width).sum())
        last = min(fitting, first + max(1, SYSTEMS // (8 * width * width)))
        some = which[first:last], step[first:last]
        result[some], regular[some] = _solve(gram, some[0], right[some], support[some])
        first = last
    return result, regular


def _solve(gram: Tensor, which: Tensor, right: Tensor, support: Tensor) -> tuple[Tensor, Tensor]:
    """(C, K, K), (n,), (n, K), (n, K) bool -> (n, K), (n,) bool"""
    width = max(1, int(support.sum(1).max()))
    inside, order = support.to(torch.int8).sort(dim=1, descending=True, stable=True)
    inside, order = inside[:, :width].to(right.dtype), order[:, :width]
    small = gram[which[:, None, None], order[:, :, None], order[:, None, :]] * inside[:, :, None] * inside[:, None, :]
    small.diagonal(dim1=1, dim2=2).add_(1 - inside)
    factor, info = torch.linalg.cholesky_ex(small)
    solved = torch.cholesky_solve((right.gather(1, order) * inside)[..., None], factor)[..., 0]
    return torch.zeros_like(right).scatter(1, order, solved), (info == 0) & solved.isfinite().all(1)


def _eye(gram: Tensor) -> Tensor:
    return torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
