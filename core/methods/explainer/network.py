"""The explainer itself: two tracks that encode a layer's maps, and a decoder that gives back fc6 and fc7.

    interpretable track   conv-interp-1, ReLU, mask, conv-interp-2, ReLU, mask, pooling, norm
    ordinary track        conv-ordin, ReLU, pooling, norm
    encoder's output      x_enc = p x_interp + (1 - p) x_ordin, p from the softmax of two learned numbers
    decoder               fc-dec-1, ReLU, fc-dec-2, ReLU

Each conv has as many filters as the performer's top one, 3 x 3, with a bias and zero padding; conv-interp-1 begins as
the top conv, the decoder as fc6 and fc7. The paper begins conv-interp-2 with random weights; a tenth of them is added
to the identity here, since from random ones alone the ordinary track learns to do without it. A norm layer divides each
channel by its mean positive value over pictures and positions, alpha_k, tracked while training, so that p is the share
of what the interpretable track gives. One that hardly fires is divided by a tenth of the channels' mean alpha instead:
by its own, a picture on which it does fire would be drowned in it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.methods.explainer.anatomy import Anatomy
from core.methods.explainer.templates import masks, peaks

MOMENTUM = 0.9  # of the running magnitudes
RANDOM = 0.1  # of the random weights that the paper begins conv-interp-2 with
LEAST = 0.1  # of the channels' mean magnitude, that a channel is divided by


class Norm(nn.Module):
    """x_ijk / alpha_k, alpha_k = mean over pictures and positions of max(x_ijk, 0)"""

    def __init__(self, channels: int):
        super().__init__()
        self.register_buffer("magnitude", torch.zeros(channels))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))

    def forward(self, maps: Tensor) -> Tensor:
        if self.training:
            now = maps.detach().clamp(min=0).mean((0, 2, 3))
            self.magnitude.copy_(torch.lerp(now, self.magnitude, MOMENTUM * (self.seen > 0).to(now)))
            self.seen += 1
        least = LEAST * self.magnitude.mean()
        return maps / torch.maximum(self.magnitude, least).clamp(min=1e-12)[:, None, None]


@dataclass(frozen=True)
class Passed:
    """What a pass through the explainer gives: maps of the two interpretable layers after ReLU (N, F, n, n), before
    and after the mask, the two tracks' outputs and the encoder's (N, F, m, m), and the decoder's fc6 and fc7."""

    first: Tensor
    first_masked: Tensor
    second: Tensor
    second_masked: Tensor
    interpretable: Tensor
    ordinary: Tensor
    encoded: Tensor
    fc6: Tensor
    fc7: Tensor


class Explainer(nn.Module):
    """An explainer of a performer's layer, ready to be trained; `masked` False leaves the mask layers out."""

    def __init__(self, performer: Anatomy, *, masked: bool = True, seed: int = 0):
        super().__init__()
        channels, filters = performer.target.shape[0], performer.top.shape[0]
        self.side, self.masked = performer.side, masked
        self._pool = performer.pool
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.interp1 = nn.Conv2d(channels, filters, 3, padding=1)
            self.interp2 = nn.Conv2d(filters, filters, 3, padding=1)
            self.ordin = nn.Conv2d(channels, filters, 3, padding=1)
        self.norm_interp, self.norm_ordin = Norm(filters), Norm(filters)
        self.balance = nn.Parameter(torch.zeros(2))
        first, second = performer.first, performer.second
        self.dec1 = nn.utils.skip_init(nn.Linear, first.in_features, first.out_features)
        self.dec2 = nn.utils.skip_init(nn.Linear, second.in_features, second.out_features)
        with torch.no_grad():
            if performer.conv.weight.shape == self.interp1.weight.shape:
                _copy(self.interp1, performer.conv)
            identity = nn.init.dirac_(torch.empty_like(self.interp2.weight))
            self.interp2.weight.mul_(RANDOM).add_(identity)
            _copy(self.dec1, first)
            _copy(self.dec2, second)

    @property
    def p(self) -> Tensor:
        """The share of the interpretable track in the encoder's output."""
        return self.balance.softmax(0)[0]

    def forward(self, maps: Tensor) -> Passed:
        """The target layer's maps (N, K, n, n) -> Passed"""
        first = self.interp1(maps).relu()
        first_masked = self.mask(first)
        second = self.interp2(first_masked).relu()
        second_masked = self.mask(second)
        ordinary = self.norm_ordin(self._pool(self.ordin(maps).relu()))
        interpretable, encoded = self.encode(second_masked, ordinary)
        fc6, fc7 = self.decode(encoded)
        return Passed(
            first, first_masked, second, second_masked, interpretable, ordinary, encoded, fc6, fc7
        )  # fmt: skip

    def encode(self, second_masked: Tensor, ordinary: Tensor) -> tuple[Tensor, Tensor]:
        """The interpretable track's output, and the encoder's.  (N, F, n, n), (N, F, m, m) -> (N, F, m, m) twice"""
        interpretable = self.norm_interp(self._pool(second_masked))
        return interpretable, self.p * interpretable + (1 - self.p) * ordinary

    def mask(self, maps: Tensor) -> Tensor:
        """Each map times the template of its own peak, cut at zero and held constant.  (N, F, n, n) -> the same"""
        if not self.masked:
            return maps.clone()  # a value of its own: training asks what gradient comes to it from above
        return maps * masks(peaks(maps.detach()), self.side).to(maps)

    def decode(self, encoded: Tensor) -> tuple[Tensor, Tensor]:
        """fc6 and fc7 as the decoder reconstructs them.  (N, F, m, m) -> (N, units) each"""
        fc6 = self.dec1(encoded.flatten(1)).relu()
        return fc6, self.dec2(fc6).relu()


def _copy(to: nn.Module, source: nn.Module) -> None:
    to.weight.copy_(source.weight)
    if source.bias is None:
        to.bias.zero_()
    else:
        to.bias.copy_(source.bias)
