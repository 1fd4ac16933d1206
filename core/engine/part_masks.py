"""What the masks of an explainer do on one picture, and how well each template fits its maps: for teaching."""

from dataclasses import dataclass

import numpy as np
import torch

from core.engine.parts import Explained
from core.methods.explainer.filter_loss import traces
from core.methods.explainer.templates import masks, peaks, tau, templates
from core.networks.network import Network


@dataclass(frozen=True)
class Masked:
    """Of F filters of conv-interp-2: their maps after ReLU, `before` the mask and `after` it, (F, n, n) float32 each;
    the peaks' cells (F,) int64, row by row; how well the template of each place fits each map, tr(x T_mu), `fits`
    (F, n, n), and that of absence, tr(x T-), `absent` (F,), float64."""

    before: np.ndarray
    after: np.ndarray
    cells: np.ndarray
    fits: np.ndarray
    absent: np.ndarray


def masked(network: Network, of: Explained, image: np.ndarray) -> Masked:
    """One picture (H, W, 3) uint8; instant."""
    batch = network.prepare([image])
    with network.lock, torch.no_grad():
        passed = of.explainer(network.cut(of.performer.target, batch)[0])
    before, after = passed.second[0].cpu(), passed.second_masked[0].cpu()
    told = traces(before.double()[:, None])[:, 0]
    side = before.shape[-1]
    fits = told[:, :-1].reshape(-1, side, side)
    return Masked(before.numpy(), after.numpy(), peaks(before).numpy(), fits.numpy(), told[:, -1].numpy())


@dataclass(frozen=True)
class Drawn:
    """The templates of n x n maps: T_mu by place (n, n, n, n), T- (n, n), what the mask layer multiplies by, by the
    peak's place (n, n, n, n), and tau."""

    positive: np.ndarray
    negative: np.ndarray
    masks: np.ndarray
    tau: float


def drawn(side: int) -> Drawn:
    """Raises NotDefined for 1 x 1 maps."""
    every = templates(side).numpy()
    multiplied = masks(torch.arange(side**2), side).numpy()
    shape = (side, side, side, side)
    return Drawn(every[:-1].reshape(shape), every[-1], multiplied.reshape(shape), tau(side))
