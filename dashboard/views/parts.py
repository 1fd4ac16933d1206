"""Filters that stand for parts: what is known of each, which are shown, on which pictures, and where on them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.measures import part_stability
from core.measures.part_places import Annotated
from core.methods.explainer import receptive
from core.methods.explainer.looking import Looked, Side
from core.methods.explainer.receptive import Fields
from core.networks.preprocessing import Preprocessing
from dashboard.views import dissection_pictures, overlay
from dashboard.views.words import number

STABILITY, ACTIVITY, BY_CLASS = "Stability", "Activity", "Class"
FEW = 0.2  # of a class's pictures: a filter that fires in fewer is sorted behind the others
ACTIVE = 0.5  # of a picture's highest value, from which a place counts as active
PICTURES = 5  # of each filter
SIDE, GAP = 192, 8  # pixels of a drawn picture, crisp at half of it, and between two
ROUND = 0.03  # of the input's area, a round field where none was measured
INTERPRETABLE, ORDINARY = "second", "top"  # sides of a Looked


@dataclass(frozen=True)
class Filter:
    """A filter that fires: its class, an index of the network's, -1 for none; in how many of the class's pictures it
    fires, and how many there are; the mean of its peaks over all pictures; its location instability, NaN where it is
    not defined; the part that it lands on most, '' where none is known, and in which share of its pictures."""

    number: int
    owner: int
    fires: int
    of: int
    activity: float
    instability: float
    part: str
    share: float


def own_pictures(looked: Looked, owner: int) -> np.ndarray:
    """The pictures of a class: by their labels, or, where there are none, by what the performer takes them for.
    -> (N,) bool"""
    labels = looked.labels if (looked.labels >= 0).any() else looked.performer
    return labels == owner


def filters(looked: Looked, side: Side, marked: Annotated | None, labels: np.ndarray) -> list[Filter]:
    """Those of one layer that fire; `labels` (N,) are those of `marked` as the network's classes."""
    unsteady, landed = _placed(side, marked, labels)
    found = []
    for f in np.flatnonzero(side.live).tolist():
        own = own_pictures(looked, int(side.owners[f]))
        fires = int((side.scores[f, own] > 0).sum())
        activity = float(side.scores[f].mean())
        part, share = landed.get(f, ("", np.nan))
        known = f, int(side.owners[f]), fires, int(own.sum()), activity
        found.append(Filter(*known, unsteady.get(f, np.nan), part, share))
    return found


def _placed(side: Side, marked: Annotated | None, labels: np.ndarray) -> tuple[dict, dict]:
    """By filter: its instability; the part that it lands on most, and how often."""
    if marked is None:
        return {}, {}
    rows = part_stability.own(side.scores, side.owners, labels)
    cells = side.cells[rows.filters].astype(np.int64)
    peaks = part_stability.located(cells, marked.places)
    apart = part_stability.distances(peaks, marked.points, marked.diagonals)
    unsteady = part_stability.instabilities(apart, rows.counted, marked.visible)
    shares = part_stability.landings(cells, marked.part_at, rows.counted, len(marked.parts))
    landed = {}
    for f, one in zip(rows.filters.tolist(), shares, strict=True):
        if one.size and np.nanmax(one, initial=0) > 0:
            landed[f] = marked.parts[int(np.nanargmax(one))], float(np.nanmax(one))
    return dict(zip(rows.filters.tolist(), unsteady.tolist(), strict=True)), landed


def chosen(
    found: Sequence[Filter], order: str, names: Sequence[str], owner: int | None = None, each: bool = False
) -> list[Filter]:
    """In an order; those of one class only where one is given, or the first of `each` class."""
    kept = sorted((one for one in found if owner is None or one.owner == owner), key=_steadiness)
    if order == ACTIVITY:
        kept.sort(key=lambda one: -one.activity)
    elif order == BY_CLASS:
        kept.sort(key=lambda one: names[one.owner] if one.owner >= 0 else "")
    if each:
        first: dict[int, Filter] = {}
        for one in kept:
            first.setdefault(one.owner, one)
        kept = list(first.values())
    return kept


def _steadiness(one: Filter) -> tuple:
    """The steadiest first; then those that fire in too few pictures to be compared with, then those of which it is not
    known."""
    return (np.isnan(one.instability), one.fires < FEW * one.of, np.nan_to_num(one.instability), one.number)


@dataclass(frozen=True)
class Shown:
    """A picture of a filter's row: its position among those looked at, the peak there, and its rank in words."""

    place: int
    peak: float
    rank: str


def pictures(looked: Looked, side: Side, one: Filter, by_quantiles: bool, count: int = PICTURES) -> list[Shown]:
    """Of the filter's own class, where it fires: those of its highest peaks, or evenly from the highest to the
    lowest."""
    peaks = side.scores[one.number]
    own = np.flatnonzero(own_pictures(looked, one.owner) & (peaks > 0))
    order = own[np.argsort(-peaks[own], kind="stable")]
    ranks = np.arange(min(count, len(order)))
    if by_quantiles:
        ranks = np.round(np.linspace(0, len(order) - 1, len(ranks))).astype(int)
    return [Shown(int(order[k]), float(peaks[order[k]]), f"{k + 1} of {len(order)}") for k in ranks.tolist()]


def field_of(fields: Fields | None, number: int | None, size: tuple[int, int]) -> np.ndarray:
    """What one filter looks at around its peak, in the network's input of a size; for filters without a field of their
    own (an ordinary one, None) a disc as large as the others' are on average, as the paper draws them; where no field
    is known, one of ROUND.  -> (h, w) bool"""
    known = np.zeros(0, bool) if fields is None else fields.pictures > 0
    if not known.any():
        return receptive.disc(ROUND * size[0] * size[1], tuple(2 * (side // 2) + 1 for side in size))
    if number is not None and known[number]:
        return fields.masks[number]
    return receptive.disc(float(fields.areas[known].mean()), fields.discrepancy.shape[1:])


def active(values: np.ndarray) -> np.ndarray:
    """The places of a map that count as active.  (n, n) -> bool"""
    most = values.max()
    return (values >= ACTIVE * most) & (most > 0)


def drawn(
    image: np.ndarray, values: np.ndarray, field: np.ndarray, centres: tuple, preprocessing: Preprocessing
) -> np.ndarray:
    """A picture that is dark where a filter does not look.  (H, W, 3), the filter's map (n, n), its field (h, w) ->
    uint8"""
    looked_at = receptive.covered(field, active(values), centres, preprocessing.size)
    inside = preprocessing.back(looked_at.astype(np.float32), *image.shape[:2]) >= 0.5
    return overlay.fit(dissection_pictures.lit(image, inside), SIDE)


def heading(one: Filter, names: Sequence[str]) -> str:
    """A filter's number, class and part, in Markdown."""
    owner = names[one.owner] if one.owner >= 0 else "no class"
    return f"**{one.number}** · {owner}{f' · {one.part}' if one.part else ''}"


def plain(one: Filter, names: Sequence[str]) -> str:
    """The same for a figure."""
    return heading(one, names).replace("*", "")


def told(one: Filter) -> str:
    """What is known of a filter, in one line."""
    said = [f"fires in {one.fires} of {one.of}"]
    if one.part:
        said.append(f"on the {one.part} in {one.share:.0%} of them".replace("%", " %"))
    if np.isfinite(one.instability):
        said.append(f"instability {number(one.instability)}")
    return ", ".join(said)


def table(found: Sequence[Filter], names: Sequence[str]) -> pd.DataFrame:
    """All filters of a layer that fire, for a file."""
    return pd.DataFrame(
        {
            "filter": [one.number for one in found],
            "class": [names[one.owner] if one.owner >= 0 else "" for one in found],
            "fires": [one.fires for one in found],
            "of": [one.of for one in found],
            "mean peak": [one.activity for one in found],
            "instability": [one.instability for one in found],
            "part": [one.part for one in found],
            "share on the part": [one.share for one in found],
        }
    )


def silent(side: Side, layer: str, count: int) -> str:
    """How many filters of a layer never fire, in a sentence."""
    dead = int((~side.live).sum())
    which = "Every filter" if not dead else f"{dead} of {len(side.live)} filters"
    return f"{which} of {layer} {'fires' if not dead else f'fire in none of the {count:,} pictures and are left out'}."


def strip(cells: Sequence[np.ndarray], count: int) -> str:
    """Pictures in a row that has places for `count`, with room between them that shows the page, as SVG.  uint8
    (H, W, 3) each, of any size up to SIDE"""
    images = []
    for place, one in enumerate(cells):
        height, width = one.shape[:2]
        left, top = place * (SIDE + GAP) + (SIDE - width) / 2, (SIDE - height) / 2
        corner = f'x="{left:g}" y="{top:g}" width="{width}" height="{height}"'
        images.append(f'<image {corner} href="{overlay.source(one, 85)}"/>')
    wide = count * (SIDE + GAP) - GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{SIDE}" viewBox="0 0 {wide} {SIDE}">'
        f"{''.join(images)}</svg>"
    )
