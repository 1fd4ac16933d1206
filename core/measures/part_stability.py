"""How steadily a filter finds the same place of an object: location instability, and on which part that place lies.

Q. Zhang, Y. N. Wu, S.-C. Zhu: Interpretable Convolutional Neural Networks, CVPR 2018, section 4, as the paper on
explainer networks (arXiv:1805.07468, section 4, table 1 and appendix) uses it:

    d_fnl = ||peak_fn - landmark_nl|| / diagonal_n
    instability_f = mean_l std_n d_fnl,  over pictures n of the class that activates filter f most

Only landmarks that are visible count, only pictures where the filter fires, and of these at most the 100 with the
highest peaks; a deviation of fewer than three distances is not defined. A filter that does not follow the object may be
steady all the same, where objects stand still: beside each value stand those of peaks that do not move (`still`), above
all of each filter's own modal cell.

Two networks are compared on the same filters and pictures: in rows, a filter on the pictures of one class (`alike`).
R rows, N pictures, L landmarks, P positions of a map; places are (row, column) in pixels of the picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.measures.interval import Estimate

MOST, LEAST = 100, 3  # pictures of a row, distances of a deviation
ONE_PART = 0.6  # of a filter's pictures, for it to be one part's
FLOORS = ("modal cell", "centre", "cell 0", "random cell", "anywhere")


@dataclass(frozen=True)
class Rows:
    """What is measured: `filters` (R,) on pictures of `classes` (R,), int64; `counted` (R, N) bool says which."""

    filters: np.ndarray
    classes: np.ndarray
    counted: np.ndarray

    def take(self, which: np.ndarray) -> "Rows":
        """Some of the rows, by index or bool."""
        return Rows(self.filters[which], self.classes[which], self.counted[which])


def own(scores: np.ndarray, owners: np.ndarray, labels: np.ndarray) -> Rows:
    """A row for each filter that fires in three pictures of its class or more.  The peaks' values (F, N), the filters'
    classes (F,) (`training.owners`), the pictures' (N,), -1 for pictures that do not count -> Rows"""
    pairs = [(f, c) for f, c in enumerate(owners.tolist()) if c >= 0]
    return _rows(pairs, scores, scores > 0, labels)


def alike(first: np.ndarray, second: np.ndarray, owners: tuple[np.ndarray, np.ndarray], labels: np.ndarray) -> Rows:
    """Rows for two networks whose filters stand side by side: each filter on the pictures of the class that is its own
    in the one network, and in the other, where it fires in both. The highest are those of the largest mean of the two
    peaks, each as a share of its filter's highest.  (F, N), (F, N) -> Rows"""
    pairs = sorted({(f, c) for each in owners for f, c in enumerate(each.tolist()) if c >= 0})
    scores = sum(one / np.maximum(one.max(1, keepdims=True), 1e-30) for one in (first, second))
    return _rows(pairs, scores, (first > 0) & (second > 0), labels)


def _rows(pairs: Sequence[tuple[int, int]], scores: np.ndarray, fires: np.ndarray, labels: np.ndarray) -> Rows:
    filters, classes = np.array(pairs, np.int64).reshape(-1, 2).T
    allowed = fires[filters] & (labels == classes[:, None])
    order = np.argsort(-np.where(allowed, scores[filters], -np.inf), axis=1, kind="stable")[:, :MOST]
    counted = np.zeros(allowed.shape, bool)
    np.put_along_axis(counted, order, True, 1)
    counted &= allowed
    enough = counted.sum(1) >= LEAST
    return Rows(filters[enough], classes[enough], counted[enough])


def located(cells: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Where cells lie in the pictures.  (R, N) int64, (N, P, 2) -> (R, N, 2)"""
    return places[np.arange(len(places)), cells]


def distances(peaks: np.ndarray, points: np.ndarray, diagonals: np.ndarray) -> np.ndarray:
    """d_fnl, in diagonals of the object's box.  (R, N, 2), (N, L, 2), (N,) -> (R, N, L)"""
    apart = peaks[:, :, None] - points
    return np.hypot(apart[..., 0], apart[..., 1]) / diagonals[:, None]


def deviations(apart: np.ndarray, counted: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """std_n d_fnl over the pictures that count and show the landmark (n - 1 in the denominator), NaN for fewer than
    three.  (R, N, L), (R, N), (N, L) -> (R, L)"""
    known = counted[:, :, None] & visible
    count = known.sum(1)
    mean = np.where(known, apart, 0).sum(1) / np.maximum(count, 1)
    squares = np.where(known, apart - mean[:, None], 0) ** 2
    return np.where(count >= LEAST, np.sqrt(squares.sum(1) / np.maximum(count - 1, 1)), np.nan)


def instabilities(apart: np.ndarray, counted: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Mean over the landmarks whose deviation is defined, NaN where none is.  (R, N, L), (R, N), (N, L) -> (R,)"""
    return _mean(deviations(apart, counted, visible))


@dataclass(frozen=True)
class Comparison:
    """Mean location instability of the rows in one network, in another (or with still peaks), and one over the other;
    `n` is the number of rows."""

    first: Estimate
    second: Estimate
    ratio: Estimate


def compared(
    first: np.ndarray,
    second: np.ndarray,
    rows: Rows,
    visible: np.ndarray,
    *,
    seed: int = 0,
    resamples: int = 1000,
) -> Comparison:
    """Of the same rows on two sides.  (R, N, L) twice, (N, L) -> Comparison

    The intervals are bootstrapped both ways, the same draw for both sides: pictures within each class are drawn anew,
    and rows are.
    """
    apart = (first, second)
    values = [_mean(instabilities(one, rows.counted, visible)) for one in apart]
    n = int(np.isfinite(instabilities(first, rows.counted, visible)).sum())
    drawn = _drawn(apart, rows, visible, seed, resamples)
    ratio = values[0] / values[1] if values[1] > 0 else np.nan
    ratios = np.divide(*drawn, out=np.full(resamples, np.nan), where=drawn[1] > 0)
    return Comparison(*(_estimate(*one, n) for one in zip((*values, ratio), (*drawn, ratios), strict=True)))


def _drawn(apart: Sequence[np.ndarray], rows: Rows, visible: np.ndarray, seed: int, resamples: int) -> list[np.ndarray]:
    """The sides' means over rows in every resample.  -> each (resamples,)"""
    generator = np.random.default_rng(seed)
    found = [np.full((resamples, len(rows.filters)), np.nan) for _ in apart]
    for c in np.unique(rows.classes):
        which = np.flatnonzero(rows.classes == c)
        pictures = np.flatnonzero(rows.counted[which].any(0))
        times = generator.multinomial(len(pictures), np.full(len(pictures), 1 / len(pictures)), resamples)
        known = (rows.counted[which][:, pictures, None] & visible[pictures]).astype(np.float64)
        for one, given in zip(found, apart, strict=True):
            one[:, which] = _resampled(given[which][:, pictures], known, times.astype(np.float64))
    of = generator.integers(len(rows.filters), size=found[0].shape) if len(rows.filters) else found[0].astype(int)
    return [_mean(np.take_along_axis(one, of, 1)) for one in found]


def _resampled(apart: np.ndarray, known: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Instabilities where each picture comes so many times.  (r, n, L), (r, n, L), (B, n) -> (B, r)"""
    count = known.sum(1)  # (r, L)
    mean = np.where(known > 0, apart, 0).sum(1) / np.maximum(count, 1)
    around = np.where(known > 0, apart - mean[:, None], 0)
    drawn, sums, squares = (np.tensordot(times, values, (1, 1)) for values in (known, around, around**2))  # (B, r, L)
    variance = (squares - sums**2 / np.maximum(drawn, 1)) / np.maximum(drawn - 1, 1)
    # What is drawn with repetition varies less, by (n - 1) / n.
    variance = variance * (count / np.maximum(count - 1, 1))
    defined = (count >= LEAST) & (drawn >= 2)
    return _mean(np.where(defined, np.sqrt(np.maximum(variance, 0)), np.nan))


def _mean(values: np.ndarray) -> np.ndarray:
    """Over the last axis without what is not defined; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(-1)
    return np.where(count > 0, np.where(known, values, 0).sum(-1) / np.maximum(count, 1), np.nan)


def _estimate(value: float, drawn: np.ndarray, n: int) -> Estimate:
    kept = drawn[np.isfinite(drawn)]
    low, high = np.quantile(kept, [0.025, 0.975]) if len(kept) else (np.nan, np.nan)
    return Estimate(float(value), float(low), float(high), n)


def still(cells: np.ndarray, counted: np.ndarray, shape: tuple[int, int], seed: int = 0) -> dict[str, np.ndarray]:
    """Peaks that do not follow the object, for maps of a shape: each row's own most frequent cell (the first of
    several), the middle of the map, its first cell, one by chance for each row; and, not still, one by chance for each
    picture.  (R, N) int64 -> {one of FLOORS: (R, N) int64}"""
    generator, size = np.random.default_rng(seed), shape[0] * shape[1]
    modal = [np.bincount(row[known], minlength=size).argmax() for row, known in zip(cells, counted, strict=True)]
    fixed = (
        np.array(modal, np.int64),
        np.full(len(cells), shape[0] // 2 * shape[1] + shape[1] // 2),
        np.zeros(len(cells), np.int64),
        generator.integers(size, size=len(cells)),
    )
    spread = [np.broadcast_to(one[:, None], cells.shape) for one in fixed]
    return dict(zip(FLOORS, (*spread, generator.integers(size, size=cells.shape)), strict=True))


def landings(cells: np.ndarray, part_at: np.ndarray, counted: np.ndarray, parts: int) -> np.ndarray:
    """How often each row's peak lies on each part.  (R, N), the part at each position (N, P) int64, -1 for none, (R, N)
    -> share of the pictures that count, (R, parts), NaN where none does"""
    on = part_at[np.arange(len(part_at)), cells]
    count = counted.sum(1)
    shares = [((on == part) & counted).sum(1) / np.maximum(count, 1) for part in range(parts)]
    return np.where(count[:, None] > 0, np.stack(shares, 1), np.nan) if parts else np.empty((len(cells), 0))


def on_one_part(shares: np.ndarray) -> np.ndarray:
    """Whether a row lies on one part in at least 60 % of its pictures: 1 or 0, NaN where none counts.
    (R, parts) -> (R,)"""
    most = shares.max(1, initial=0)
    return np.where(np.isnan(most), np.nan, (most >= ONE_PART).astype(np.float64))


def shifted(cells: np.ndarray, shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    """The peaks after each map was shifted by chance, what leaves it at one end coming in at the other: the control for
    large parts.  (R, N) -> the same"""
    generator = np.random.default_rng(seed)
    rows, columns = (generator.integers(side, size=cells.shape) for side in shape)
    return (cells // shape[1] + rows) % shape[0] * shape[1] + (cells % shape[1] + columns) % shape[1]


def on_any_part(cells: np.ndarray, part_at: np.ndarray, seed: int = 0) -> np.ndarray:
    """The peaks moved by chance to any position on a part, large parts more often: the harder control. Where a picture
    shows none they stay.  (R, N), (N, P) -> (R, N)"""
    generator, found = np.random.default_rng(seed), cells.copy()
    for n, parts in enumerate(part_at):
        if len(positions := np.flatnonzero(parts >= 0)):
            found[:, n] = generator.choice(positions, len(cells))
    return found


def strongest(scores: np.ndarray, share: float = 0.1) -> np.ndarray:
    """The pictures in which a filter's peak is among its highest, as a share of all, and above 0: so filters of two
    networks fire equally often. Ties go to the first.  (F, N) -> (F, N) bool"""
    count = max(round(share * scores.shape[1]), 1)
    order, found = np.argsort(-scores, axis=1, kind="stable")[:, :count], np.zeros(scores.shape, bool)
    np.put_along_axis(found, order, True, 1)
    return found & (scores > 0)


def class_entropy(fires: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """H(class | the filter fires) in nats, as if all classes had equally many pictures; pictures of -1 do not count.
    (F, N) bool, (N,) -> (F,), NaN for a filter that never fires"""
    classes = np.unique(labels[labels >= 0])
    if not len(classes):
        return np.full(len(fires), np.nan)
    rates = np.stack([fires[:, labels == c].mean(1) for c in classes], 1)
    total = rates.sum(1, keepdims=True)
    p = rates / np.where(total > 0, total, 1)
    return np.where(total[:, 0] > 0, -(p * np.log(np.where(p > 0, p, 1))).sum(1), np.nan)
