"""Equations 2 to 4: a concept as weights on the filters that fire.

    M(x; w) = sigmoid(S sum_k w_k [a_k > T_k]), predicted where M > 1/2                                 (2)
    L = -1/N sum_x sum_pixels [alpha M L_c + (1 - alpha) (1 - M) (1 - L_c)]                             (4)

x: the N training pictures that contain concept c; alpha = 1 - the mean share of its pixels in them; no bias. Upsampling
S is linear, so filters are combined on the layer's grid and only their sum is upsampled. Equation 4, as printed and as
the authors coded it ('printed'), has no logarithm; the text calls it a cross entropy, which would have one:
-1/N sum_x sum_pixels [alpha L_c log M + (1 - alpha) (1 - L_c) log(1 - M)] ('logarithm').

Two ways to learn w. 'paper', to the letter: SGD with momentum over pixels, weights that start uniform in +-1/sqrt(K).
'fast', which we use: M is taken to be constant over the pixels nearest to a cell of the grid, so that a cell in which
no filter fires says nothing of w, and all cells in which the same filters fire say the same: 16 % of the cells fire at
conv5 of menagerie-plain, in a quarter as many patterns, and no pass over pictures is needed any more. Adam on all of
them at once from w = 0, with a ridge of RIDGE / 2 |w|^2 beside the mean over pixels of L. Pixels are upsampled only to
be scored (`overlaps`).

Measured at conv5 of menagerie-plain, 2,000 pictures of the Menagerie, 187 concepts, mean validation set IoU: 'fast'
0.149, 'paper' 0.137 (no lower for 88 % of concepts; Wilcoxon p < 1e-20), single filters 0.135. The ridge takes the
place of the paper's early end: without it IoU is 0.155, but vectors learned from two halves of the pictures agree less
(mean cosine 0.70; 0.87 with it). With 'logarithm' IoU is 0.157, agreement 0.81.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import csr_matrix
from torch import Tensor
from torch.nn import functional

from core.errors import UnknownName, near
from core.methods.net2vec.firing import Fired
from core.methods.net2vec.frames import Frame, Frames, Window, looks
from core.methods.net2vec.masks import Masks
from core.methods.net2vec.pool import Pool

Progress = Callable[[int, int, str], None]

PRESETS = ("fast", "paper")
LOSSES = ("printed", "logarithm")  # the first is both presets' own
BATCH, EPOCHS, RATE, MOMENTUM = 64, 30, 1e-4, 0.9  # 'paper'
STEPS, STEP, RIDGE = 200, 0.1, 4e-5  # 'fast'
DECAY = (0.9, 0.99)  # Adam's
AT_ONCE = 8  # concepts of a picture that are upsampled together


def logits(cells: Tensor, frame: Frame) -> Tensor:
    """What the sigmoid of eq. 2 is taken of, S sum_k w_k [a_k > T_k], to learn through; `Frame.up` is the same for
    arrays.  sums (n, h, w) -> (n, H', W')"""
    down, across = (torch.from_numpy(one.matrix) for one in (frame.rows, frame.columns))
    return down @ (cells @ across.T)


def loss(logits: Tensor, mask: Tensor, alpha: float, kind: str = "printed") -> Tensor:
    """Equation 4, summed over pixels: N times its mean over pictures.  (N, H, W), (N, H, W) in 0..1 -> ()"""
    if kind == "printed":
        m = logits.sigmoid()
        return -(alpha * m * mask + (1 - alpha) * (1 - m) * (1 - mask)).sum()
    inside, outside = functional.logsigmoid(logits), functional.logsigmoid(-logits)
    return -(alpha * mask * inside + (1 - alpha) * (1 - mask) * outside).sum()


def slope(logits: np.ndarray, inside: np.ndarray, outside: np.ndarray, alpha: float, kind: str) -> np.ndarray:
    """d loss / d logit where so many pixels share a logit, inside and outside of the mask.  (n,) each -> (n,)"""
    with np.errstate(over="ignore"):
        m = 1 / (1 + np.exp(-logits))
    if kind == "printed":
        return m * (1 - m) * ((1 - alpha) * outside - alpha * inside)
    return (1 - alpha) * outside * m - alpha * inside * (1 - m)


def settled(preset: str, kind: str | None) -> str:
    """The loss that is meant, the preset's own unless one is named.  Raises UnknownName for a preset or a loss."""
    if preset not in PRESETS:
        raise UnknownName(f"no preset '{preset}' for the segmentation of concepts{near(preset, PRESETS)}")
    if kind is not None and kind not in LOSSES:
        raise UnknownName(f"no loss '{kind}' for the segmentation of concepts{near(kind, LOSSES)}")
    return kind or LOSSES[0]


def shares(masks: Masks, frames: Frames) -> np.ndarray:
    """The share of each mask among the pixels that the network sees of its picture.  -> (E,) float64"""
    found = np.zeros(len(masks))
    for position in np.unique(masks.image):
        frame, entries = frames.of(*masks.sizes[position].tolist()), masks.entries(int(position))
        seen = frame.nearest.size
        if seen == masks.sizes[position].prod():
            found[entries] = masks.area[entries] / seen
        else:
            found[entries] = [np.count_nonzero(frame.cut(masks.entry(e))) / seen for e in entries]
    return found


def learn(
    fired: Fired,
    masks: Masks,
    pool: Pool,
    preset: str = "fast",
    kind: str | None = None,
    *,
    window: Window | None = None,
    share: np.ndarray | None = None,
    allowed: np.ndarray | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> np.ndarray:
    """w of every concept, learned on the training pictures that contain it.  -> (C, K) float32

    NaN where no training picture has a mask of it, or where it fills all that have one: then alpha is 0, and so is the
    loss. `share` (E,): what `shares` gives, if it is known; `allowed` (C, K) bool: the filters that a concept's w may
    use, the others stay 0; `seed`: of 'paper'. Raises UnknownName for a preset or a loss; what `progress` raises.
    """
    kind, frames = settled(preset, kind), Frames(fired.grid, window)
    share = shares(masks, frames) if share is None else share
    learned = _fast if preset == "fast" else _paper
    cells, training = _Cells(fired), pool.training[masks.image] & (share > 0)
    weights = np.full((masks.present.shape[1], len(fired.thresholds)), np.nan, np.float32)
    free = np.ones(weights.shape, bool) if allowed is None else allowed
    known = np.unique(masks.concept[training]).tolist()
    for done, c in enumerate(known):
        if progress:
            progress(done, len(known), "learning to segment concepts")
        entries = np.flatnonzero(training & (masks.concept == c))
        if (alpha := float(1 - share[entries].mean())) > 0:
            generator = torch.Generator().manual_seed(seed * len(weights) + c)
            weights[c] = learned(_Examples(cells, masks, entries, frames), alpha, kind, free[c], generator)
    return weights


class _Cells:
    """The cells in which some filter fires: place (A,), picture * h * w + cell, ascending; which filters, as a row
    (A,) of patterns (P, K): often the same few fire together.

    Equal patterns are found by the sum of random 64-bit numbers, one for each filter: for a million patterns the chance
    that any two share theirs is below one in ten million.
    """

    def __init__(self, fired: Fired) -> None:
        self.grid, self.size = fired.grid, fired.grid[0] * fired.grid[1]
        self.place, first = np.unique(fired.image.astype(np.int64) * self.size + fired.cell, return_index=True)
        numbers = np.random.default_rng(0).integers(0, 2**64, len(fired.thresholds), np.uint64)[fired.filter]
        sums = np.add.reduceat(numbers, first) if len(first) else numbers
        _, examples, self.row = np.unique(sums, return_index=True, return_inverse=True)
        bounds, ones = np.append(first, len(fired.filter)), np.ones(len(fired.filter), np.float32)
        filters = csr_matrix((ones, fired.filter, bounds), (len(first), len(fired.thresholds)))
        self.patterns = filters[examples]

    def of_picture(self, position: int) -> slice:
        return slice(*np.searchsorted(self.place, [position * self.size, (position + 1) * self.size]).tolist())


@dataclass(frozen=True)
class _Examples:
    """A concept's pictures, as entries of `masks`."""

    cells: _Cells
    masks: Masks
    entries: np.ndarray
    frames: Frames

    def mask(self, e: int) -> tuple[np.ndarray, Frame]:
        frame = self.frames.of(*self.masks.sizes[self.masks.image[e]].tolist())
        return frame.cut(self.masks.entry(e)), frame

    def firing(self, entries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The entries' pictures one after another: rows of the patterns (n,), places among entries * h * w (n,)"""
        slices = [self.cells.of_picture(int(self.masks.image[e])) for e in entries]
        here = np.concatenate([np.arange(one.start, one.stop) for one in slices])
        own = np.repeat(np.arange(len(entries)) * self.cells.size, [one.stop - one.start for one in slices])
        return self.cells.row[here], own + self.cells.place[here] % self.cells.size


def _fast(examples: _Examples, alpha: float, kind: str, allowed: np.ndarray, _: torch.Generator) -> np.ndarray:
    """Adam on all firing cells at once, those of one pattern together, from 0."""
    rows, place = examples.firing(examples.entries)
    inside, pixels = (np.zeros((len(examples.entries), examples.cells.size)) for _ in range(2))
    for i, e in enumerate(examples.entries):
        mask, frame = examples.mask(e)
        inside[i], pixels[i] = frame.count(mask), frame.pixels
    shares = (np.bincount(rows, one.ravel()[place]) / pixels.sum() for one in (inside, pixels - inside))
    inside, outside = (one.astype(np.float32) for one in shares)
    some = np.flatnonzero(inside + outside)
    inside, outside, filters = inside[some], outside[some], examples.cells.patterns[some]
    of_filters = filters.T.tocsr()
    w, first, second = (np.zeros(len(allowed), np.float32) for _ in range(3))
    for step in range(1, STEPS + 1):
        by_pattern = slope(filters @ w, inside, outside, np.float32(alpha), kind)
        gradient = (of_filters @ by_pattern + np.float32(RIDGE) * w) * allowed
        first = DECAY[0] * first + (1 - DECAY[0]) * gradient
        second = DECAY[1] * second + (1 - DECAY[1]) * gradient**2
        root = np.sqrt(second / (1 - DECAY[1] ** step)) + 1e-12
        rate = STEP * (1 + np.cos(np.pi * (step - 1) / STEPS)) / 2
        w = (w - rate * first / (1 - DECAY[0] ** step) / root).astype(np.float32)
    return w


def _paper(examples: _Examples, alpha: float, kind: str, allowed: np.ndarray, generator: torch.Generator) -> np.ndarray:
    """SGD with momentum over batches of pictures, pixel by pixel."""
    w = (2 * torch.rand(len(allowed), generator=generator).numpy() - 1) / len(allowed) ** 0.5 * allowed
    velocity, grid = np.zeros_like(w), examples.cells.grid
    for _ in range(EPOCHS):
        shuffled = examples.entries[torch.randperm(len(examples.entries), generator=generator).numpy()]
        for batch in np.array_split(shuffled, range(BATCH, len(shuffled), BATCH)):
            rows, place = examples.firing(batch)
            filters = examples.cells.patterns[rows]
            cells = torch.zeros(len(batch) * examples.cells.size)
            cells[torch.from_numpy(place)] = torch.from_numpy(filters @ w)
            slopes = _slopes(cells.reshape(-1, *grid), [examples.mask(e) for e in batch], alpha, kind)
            gradient = filters.T @ slopes.flatten().numpy()[place] / len(batch)
            velocity = MOMENTUM * velocity + gradient * allowed
            w = (w - RATE * velocity).astype(np.float32)
    return w


def _slopes(cells: Tensor, masks: list[tuple[np.ndarray, Frame]], alpha: float, kind: str) -> Tensor:
    """d loss / d cells, pictures of one size together.  (n, h, w), n masks with their frames -> (n, h, w)"""
    cells.requires_grad_()
    total = cells.new_zeros(())
    for frame in {id(frame): frame for _, frame in masks}.values():
        some = [i for i, (_, own) in enumerate(masks) if own is frame]
        truth = torch.from_numpy(np.stack([masks[i][0] for i in some])).float()
        total = total + loss(logits(cells[some], frame), truth, alpha, kind)
    return torch.autograd.grad(total, cells)[0]


@dataclass(frozen=True)
class Overlaps:
    """Pixels of a prediction and the true mask together, for each entry of `Masks` (E,) int64; 0 and 0 where there is
    no prediction or nothing to be seen."""

    inter: np.ndarray
    union: np.ndarray

    def by_set(self, masks: Masks, some: np.ndarray) -> np.ndarray:
        """Equation 1 of each concept over some entries (E,) bool; NaN without pixels.  -> (C,) float64"""
        count = masks.present.shape[1]
        inter, union = (np.bincount(masks.concept[some], one[some], count) for one in (self.inter, self.union))
        return np.where(union > 0, inter / np.maximum(union, 1), np.nan)

    def by_picture(self) -> np.ndarray:
        """Equation 3 of each entry; NaN without pixels.  -> (E,) float64"""
        return np.where(self.union > 0, self.inter / np.maximum(self.union, 1), np.nan)


def overlaps(
    fired: Fired,
    masks: Masks,
    positions: np.ndarray,
    weights: np.ndarray,
    cuts: np.ndarray | None = None,
    window: Window | None = None,
    progress: Progress | None = None,
) -> Overlaps:
    """Where concepts are predicted in some pictures, at the masks' resolution: S sum_k w_k [a_k > T_k] > cut.

    positions (n,); weights (C, K), NaN for a concept to pass over; cuts (C,), 0 unless given.
    """
    inter, union = (np.zeros(len(masks), np.int64) for _ in range(2))
    cuts = np.zeros(len(weights), np.float32) if cuts is None else cuts
    known = np.isfinite(weights).all(1)
    for done, look in enumerate(looks(masks, positions, Frames(fired.grid, window), known)):
        if progress:
            progress(done, len(positions), "predicting where concepts are")
        firing, maps = fired.of_image(look.position)
        by_cell = csr_matrix(maps.reshape(len(firing), fired.grid[0] * fired.grid[1]).T, dtype=np.float32)
        cells = np.ascontiguousarray((by_cell @ weights[look.concepts][:, firing].T).T).reshape(-1, *fired.grid)
        for first in range(0, len(cells), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            predicted = look.frame.up(cells[some]) > cuts[look.concepts[some], None, None]
            for e, one, mask in zip(look.entries[some], predicted, look.masks[some], strict=True):
                inter[e] = np.count_nonzero(one & mask)
                union[e] = np.count_nonzero(one) + np.count_nonzero(mask) - inter[e]
    return Overlaps(inter, union)


def segment(
    values: np.ndarray,
    thresholds: np.ndarray,
    weights: np.ndarray,
    size: tuple[int, int],
    window: Window | None = None,
) -> np.ndarray:
    """The logits of eq. 2 in one picture of height and width `size`, NaN where the network sees nothing of it.

    (K, h, w), thresholds (K,), (K,) -> (H, W) float32
    """
    cells = np.tensordot(weights, values > thresholds[:, None, None], 1).astype(np.float32)
    frame, found = Frames(cells.shape, window).of(*size), np.full(size, np.nan, np.float32)
    found[frame.rows.seen, frame.columns.seen] = frame.up(cells[None])[0]
    return found
