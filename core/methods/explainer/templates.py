"""The templates that a map is compared with: one for each place where a part may be, and one for its absence.

tau and beta are those of interpretable CNNs (Zhang, Wu, Zhu, CVPR 2018), which the paper takes over.
"""

from functools import lru_cache

import torch
from torch import Tensor

from core.errors import NotDefined

BETA = 4.0


def tau(side: int) -> float:
    """tau = 0.5 / n^2"""
    return 0.5 / side**2


@lru_cache(maxsize=8)
def templates(side: int) -> Tensor:
    """T_mu(i, j) = tau max(1 - beta ||(i, j) - mu||_1 / n, -1), mu row by row, then T- = -tau.

    -> (n^2 + 1, n, n) float64, not to be written to. Raises NotDefined for 1 x 1 maps, where no place differs.
    """
    if side < 2:
        raise NotDefined("maps of 1 x 1 have no places to tell apart, so no part can be found in them")
    place = torch.arange(side, dtype=torch.float64)
    apart = (place[:, None] - place).abs()  # (n, n): |i - mu_i|
    distance = apart[:, None, :, None] + apart[None, :, None, :]  # (mu_i, mu_j, i, j)
    positive = tau(side) * (1 - BETA * distance / side).clamp(min=-1)
    return torch.cat([positive.reshape(-1, side, side), torch.full((1, side, side), -tau(side), dtype=torch.float64)])


def peaks(maps: Tensor) -> Tensor:
    """The cell of each map's largest value, the first of several.  (..., n, n) -> (...) int64"""
    return maps.flatten(-2).argmax(-1)


def masks(cells: Tensor, side: int) -> Tensor:
    """max(T_mu / tau, 0): what the mask layer multiplies a map by, where its peak is at mu.  (...) -> (..., n, n)"""
    return (templates(side)[:-1] / tau(side)).clamp(min=0).to(cells.device)[cells]
