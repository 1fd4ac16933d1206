"""Tables of an explainer beside its performer (arXiv:1805.07468): location instability (table 1 and the appendix's),
the parts that filters land on, the classes that they keep to, and the pictures that the reconstruction loses (table 3).

Two layers are compared on the same filters and pictures (`part_stability.alike`): a row is a filter on the pictures of
a class that is its own in either layer, where it fires in both. Filter f of conv-interp-1 begins as filter f of the top
conv layer; with channel f of the target layer it shares the number only. Distances are in diagonals of the object's
box, as pictures are whole; the paper crops the boxes and divides by the diagonal of the crop.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np

from core.errors import NotDefined
from core.measures import part_stability
from core.measures.interval import Estimate, bootstrap
from core.measures.part_places import Annotated
from core.measures.part_stability import FLOORS, Comparison, Rows
from core.methods.explainer.looking import Looked

EXPLAINER, PERFORMER = "explainer", "performer"
LAYERS = ("top", "target")  # of the performer, that conv-interp-2 is set beside
COMPARED = (PERFORMER, "modal cell")  # with intervals
CONTROLS = ("as it is", "shifted", "any part")  # peaks, the same after a shift by chance, anywhere on a part


@dataclass(frozen=True)
class Beside:
    """conv-interp-2 beside a layer of the performer, on R rows.

    `values`: instability by row (R,), NaN where not defined, of 'explainer', of 'performer', of the explainer's peaks
    held still as each of part_stability.FLOORS does, and of the performer's held at their 'performer, modal cell'.
    `against`: the explainer over those in COMPARED. `classes`: the explainer over the performer, by class.
    """

    layer: str
    rows: Rows
    values: Mapping[str, np.ndarray]
    against: Mapping[str, Comparison]
    classes: Mapping[int, Comparison]

    def mean(self, name: str, label: int | None = None) -> float:
        """Mean instability over the rows, or over those of one class; NaN where none is defined."""
        of = np.ones(len(self.rows.filters), bool) if label is None else self.rows.classes == label
        found = self.values[name][of]
        return float(np.nanmean(found)) if np.isfinite(found).any() else float("nan")


def beside(
    seen: Looked, marks: Annotated, labels: np.ndarray, layer: str, *, seed: int = 0, resamples: int = 400
) -> Beside:
    """Table 1: the explainer's conv-interp-2 and a layer of the performer, 'top' or 'target'. `labels` (N,): the
    pictures' classes as the network counts them, -1 for those that do not count.

    Raises NotDefined where the two have unlike numbers of filters, or no filter fires in three pictures of its class.
    """
    rows, cells = _alike(seen, labels, layer)
    shape = (side := isqrt(marks.places.shape[1]), side)
    still = part_stability.still(cells[EXPLAINER], rows.counted, shape, seed)
    own = part_stability.still(cells[PERFORMER], rows.counted, shape, seed)["modal cell"]
    peaks = cells | still | {"performer, modal cell": own}
    blocks = [_Block.of(rows, marks, label) for label in np.unique(rows.classes).tolist()]
    values = {name: np.full(len(rows.filters), np.nan) for name in peaks}
    whole = {name: np.zeros((*rows.counted.shape, len(marks.landmarks))) for name in (EXPLAINER, *COMPARED)}
    drawn, classes = {"seed": seed, "resamples": resamples}, {}
    for one in blocks:
        apart = {name: one.distances(cells, marks) for name, cells in peaks.items()}
        for name, found in apart.items():
            values[name][one.rows] = part_stability.instabilities(found, one.of_class.counted, one.visible)
        for name, every in whole.items():
            every[np.ix_(one.rows, one.pictures, one.landmarks)] = apart[name]
        pair = apart[EXPLAINER], apart[PERFORMER]
        classes[one.label] = part_stability.compared(*pair, one.of_class, one.visible, **drawn)
    against = {
        name: part_stability.compared(whole[EXPLAINER], whole[name], rows, marks.visible, **drawn) for name in COMPARED
    }
    return Beside(layer, rows, values, against, classes)


@dataclass(frozen=True)
class _Block:
    """The rows of one class, and the pictures and landmarks that count in them, by index: a small part of all."""

    label: int
    rows: np.ndarray
    pictures: np.ndarray
    landmarks: np.ndarray
    of_class: Rows
    visible: np.ndarray

    @classmethod
    def of(cls, rows: Rows, marks: Annotated, label: int) -> "_Block":
        some = np.flatnonzero(rows.classes == label)
        pictures = np.flatnonzero(rows.counted[some].any(0))
        landmarks = np.flatnonzero(marks.visible[pictures].any(0))
        mine = Rows(rows.filters[some], rows.classes[some], rows.counted[np.ix_(some, pictures)])
        return cls(label, some, pictures, landmarks, mine, marks.visible[np.ix_(pictures, landmarks)])

    def distances(self, cells: np.ndarray, marks: Annotated) -> np.ndarray:
        """(R, N) -> (rows, pictures, landmarks)"""
        peaks = part_stability.located(cells[np.ix_(self.rows, self.pictures)], marks.places[self.pictures])
        points = marks.points[np.ix_(self.pictures, self.landmarks)]
        return part_stability.distances(peaks, points, marks.diagonals[self.pictures])


def _alike(seen: Looked, labels: np.ndarray, layer: str) -> tuple[Rows, dict[str, np.ndarray]]:
    """The rows of the two sides, and their peaks' cells, (R, N) int64 each."""
    first, second = seen.sides["second"], seen.sides[layer]
    if len(first.scores) != len(second.scores):
        raise NotDefined(
            f"the explainer has {len(first.scores)} filters and the performer's layer {len(second.scores)}; only as "
            "many can stand side by side"
        )
    rows = part_stability.alike(first.scores, second.scores, (first.owners, second.owners), labels)
    if not len(rows.filters):
        raise NotDefined("no filter fires in three pictures of its class, in the explainer and in the performer")
    sides = {EXPLAINER: first, PERFORMER: second}
    return rows, {name: one.cells[rows.filters].astype(np.int64) for name, one in sides.items()}


@dataclass(frozen=True)
class Landed:
    """On which parts the peaks of R rows lie: `shares` (R, parts) of the pictures, by side ('explainer', 'performer')
    and control (one of CONTROLS); `on_one`: the share of rows with at least 60 % on one part, by the same; `gain`: how
    much larger the explainer's is than the performer's."""

    parts: tuple[str, ...]
    rows: Rows
    shares: Mapping[tuple[str, str], np.ndarray]
    on_one: Mapping[tuple[str, str], Estimate]
    gain: Estimate

    def most(self, side: str) -> np.ndarray:
        """The part that each row lies on most, -1 where it never lies on one.  -> (R,)"""
        shares = np.nan_to_num(self.shares[side, CONTROLS[0]])
        return np.where(shares.max(1, initial=0) > 0, shares.argmax(1) if shares.shape[1] else -1, -1)


def landed(seen: Looked, marks: Annotated, labels: np.ndarray, layer: str = "top", *, seed: int = 0) -> Landed:
    """Which parts the filters of conv-interp-2 and of a layer of the performer land on, on the same rows.

    Raises NotDefined as `beside` does, and where the probe marks no parts.
    """
    if not marks.parts:
        raise NotDefined("the probe marks no parts, so it cannot be said which of them a filter lands on")
    rows, cells = _alike(seen, labels, layer)
    shape = (side := isqrt(marks.places.shape[1]), side)
    shares = {}
    for name, own in cells.items():
        moved = (own, part_stability.shifted(own, shape, seed), part_stability.on_any_part(own, marks.part_at, seed))
        for control, one in zip(CONTROLS, moved, strict=True):
            found = part_stability.landings(one, marks.part_at, rows.counted, len(marks.parts))
            shares[name, control] = found
    steady = {key: part_stability.on_one_part(one) for key, one in shares.items()}
    gain = steady[EXPLAINER, CONTROLS[0]] - steady[PERFORMER, CONTROLS[0]]
    on_one = {key: bootstrap(one, seed) for key, one in steady.items()}
    return Landed(marks.parts, rows, shares, on_one, bootstrap(gain, seed))


def selective(seen: Looked, seed: int = 0) -> dict[str, Estimate]:
    """H(class | the filter fires) in nats, mean over filters: 0 for filters of one class, log C for those that know
    none. Of each filter the tenth of the pictures with the highest peaks counts, so that filters which fire often and
    seldom are compared.  -> {'explainer', 'performer': Estimate}"""
    found = {}
    for name, side in ((EXPLAINER, "second"), (PERFORMER, "top")):
        fires = part_stability.strongest(seen.sides[side].scores)
        found[name] = bootstrap(part_stability.class_entropy(fires, seen.labels), seed)
    return found


@dataclass(frozen=True)
class Erring:
    """By class of the network, (C,) each: labelled pictures, errors of the performer and of the explainer; pictures
    that the explainer alone errs in (`lost`) and that the performer alone does (`won`); what most of the lost ones are
    taken for, -1 where none is lost."""

    pictures: np.ndarray
    performer: np.ndarray
    explainer: np.ndarray
    lost: np.ndarray
    won: np.ndarray
    taken_for: np.ndarray


def erring(seen: Looked, classes: int) -> Erring:
    """Where the explainer errs and the performer does not, and the other way round."""
    known = seen.labels >= 0
    wrong = {name: known & (getattr(seen, name) != seen.labels) for name in (PERFORMER, EXPLAINER)}
    lost, won = wrong[EXPLAINER] & ~wrong[PERFORMER], wrong[PERFORMER] & ~wrong[EXPLAINER]
    taken = np.zeros((classes, classes), np.int64)
    np.add.at(taken, (seen.labels[lost], seen.explainer[lost]), 1)
    counts = [
        np.bincount(seen.labels[which], minlength=classes)
        for which in (known, wrong[PERFORMER], wrong[EXPLAINER], lost, won)
    ]
    return Erring(*counts, np.where(taken.any(1), taken.argmax(1), -1))


def live(seen: Looked) -> dict[str, tuple[int, int]]:
    """How many filters fire at all, and how many never do.  -> {one of looking.SIDES: (live, dead)}"""
    return {name: (int(side.live.sum()), int((~side.live).sum())) for name, side in seen.sides.items()}


def instability_rows(found: Beside, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Table 1 as rows for a file: all classes first, then each class, by its name among `names`."""
    whole = {"class": "all"} | _cells(found.against[PERFORMER])
    whole |= {name: found.mean(name) for name in FLOORS}
    rows = [whole | {"performer, modal cell": found.mean("performer, modal cell")}]
    for label, one in found.classes.items():
        row = {"class": names[label]} | _cells(one)
        rows.append(row | {name: found.mean(name, label) for name in (*FLOORS, "performer, modal cell")})
    return [{"layer": found.layer, **row} for row in rows]


def _cells(one: Comparison) -> dict[str, Any]:
    estimates = {EXPLAINER: one.first, PERFORMER: one.second, "ratio": one.ratio}
    cells: dict[str, Any] = {"rows": one.first.n}
    for name, estimate in estimates.items():
        cells |= {name: estimate.value, f"{name}, low": estimate.low, f"{name}, high": estimate.high}
    return cells
