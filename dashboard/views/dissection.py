"""One concept in a dissection as charts and tables: Net2Vec's figures 7 and 9, and its strongest filters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.measures import concept_scores
from core.methods.net2vec.dissection import Dissection
from dashboard.views.ink import Ink
from dashboard.views.words import number

CLEAR = "rgba(0,0,0,0)"
SINGLE, COMBINED = "best filter", "all filters"
FIRST = ("zebra", "striped", "stripes", "dog")  # what a page opens with, where the probe has it
_BINS = 20
_MARGIN = {"l": 10, "r": 10, "t": 10, "b": 10}


def first(found: Dissection, shown: str | None = None) -> int:
    """The concept to open with: what the picture at hand shows, else one that shows well, else the one that all filters
    together segment best."""
    _, combined = concept_scores.scores(found, "segmentation")
    names = [concept.name for concept in found.concepts]
    for name in (shown, *FIRST):
        if name in names and np.isfinite(combined[names.index(name)]):
            return names.index(name)
    if np.isfinite(combined).any():
        return int(np.nanargmax(combined))
    accuracy = concept_scores.scores(found, "classification")[1]
    return int(np.nanargmax(accuracy)) if np.isfinite(accuracy).any() else 0


def individual(found: Dissection, c: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The validation pictures of a concept: position in the pool, IoU with the best filter, IoU with all.  (n,) each"""
    mine = found.concept == c
    return found.image[mine], found.single_ind[mine], found.combined_ind[mine]


@dataclass(frozen=True)
class Example:
    """A picture of a gallery: what stands in its corner, its position among its fellows, its value."""

    corner: str
    place: int
    value: float


def gallery(values: np.ndarray, by_decile: bool, count: int = 10) -> list[Example]:
    """Figure 8: one example for each decile of the values that are not 0, the lowest first; or, as figure 1 has it, the
    `count` of the highest, '1' the first.  (n,) -> at most `count`"""
    if by_decile:
        chosen = [(f"{percent} %", place) for percent, place in concept_scores.deciles(values)]
    else:
        order = np.argsort(-np.nan_to_num(values), kind="stable")[:count]
        chosen = [(str(rank), int(place)) for rank, place in enumerate(order, 1) if values[place] > 0]
    return [Example(corner, place, float(values[place])) for corner, place in chosen]


def distribution(single: np.ndarray, combined: np.ndarray, ink: Ink) -> go.Figure:
    """Figure 7: the distribution of single pictures' IoU with the best filter (above) and all filters (below), with
    mean and deviation of what is not 0; what is 0 has a bar of its own.  (n,) each"""
    rows = ((SINGLE, single, ink.second), (COMBINED, combined, ink.accent))
    counts = [_histogram(values) for _, values, _ in rows]
    top = max(1, *(int(count.max()) for count in counts)) * 1.4
    told = ["0", *(f"{low:.2f} to {low + 1 / _BINS:.2f}" for low in np.arange(_BINS) / _BINS)]
    drawn, notes = [], []
    for (name, values, colour), count, axis in zip(rows, counts, ("y", "y2"), strict=True):
        spread = concept_scores.spread(values)
        bar = go.Bar(
            x=(np.arange(-1, _BINS) + 0.5) / _BINS, y=count, width=0.9 / _BINS, customdata=told, showlegend=False,
            marker={"color": [ink.muted, *[colour] * _BINS]}, yaxis=axis,
            hovertemplate="IoU %{customdata}: %{y} pictures<extra></extra>",
        )  # fmt: skip
        drawn += [bar, *_moments(spread, colour, top, axis)]
        note = {
            "x": 1, "y": top, "yref": axis, "text": f"<b>{name}</b> {distribution_words(spread)}", "showarrow": False,
            "xanchor": "right", "yanchor": "top", "font": {"color": colour, "size": 12},
        }  # fmt: skip
        notes.append(note)
    axis = {"range": [0, top], "title": {"text": "pictures"}, "color": ink.text, "nticks": 4, "showgrid": False}
    return go.Figure(
        drawn,
        {
            "xaxis": {
                "range": [-0.07, 1.02], "color": ink.text, "showgrid": False, "zeroline": False, "tick0": 0,
                "dtick": 0.2, "title": {"text": "IoU of one picture"}, "anchor": "y2",
            },
            "yaxis": {**axis, "domain": [0.545, 1]}, "yaxis2": {**axis, "domain": [0, 0.455]},
            "annotations": notes, "height": 330, "bargap": 0, "paper_bgcolor": CLEAR, "plot_bgcolor": CLEAR,
            "margin": _MARGIN,
        },
    )  # fmt: skip


def _histogram(values: np.ndarray) -> np.ndarray:
    """Pictures whose IoU is 0, then those in each of the bins.  -> (1 + _BINS,) int"""
    kept = values[np.isfinite(values)]
    counts, _ = np.histogram(kept[kept > 0], _BINS, (0, 1))
    return np.concatenate([[np.count_nonzero(kept == 0)], counts])


def _moments(spread: concept_scores.Spread, colour: str, top: float, axis: str) -> list[go.Scatter]:
    """Mean and deviation as a point with whiskers; nothing where there is none."""
    if not np.isfinite(spread.mean):
        return []
    mean, deviation = spread.mean, spread.deviation
    point = go.Scatter(
        x=[mean], y=[top * 0.78], mode="markers", showlegend=False, marker={"color": colour, "size": 8}, yaxis=axis,
        error_x={"array": [deviation], "color": colour, "thickness": 2, "width": 5},
        hovertemplate=f"mean {mean:.2f}, deviation {deviation:.2f} of the non-zero part<extra></extra>",
    )  # fmt: skip
    return [point]


def distribution_words(spread: concept_scores.Spread) -> str:
    """What stands beside a distribution: '0.41 ± 0.18 without the zeros; 0 in 12 of 40 pictures'."""
    if not spread.n:
        return "no validation picture"
    zeros = f"0 in {spread.zeros} of {spread.n} pictures"
    if spread.zeros == spread.n:
        return zeros
    return f"{spread.mean:.2f} ± {spread.deviation:.2f} without the zeros; {zeros}"


def strongest(found: Dissection, c: int, limit: int = 12) -> pd.DataFrame:
    """The filters that contribute most to a concept by |w_k| / ||w||_1, beside what each reaches alone and how much
    that is of what all reach (section 5.2)."""
    weights, alone = found.weights[c], concept_scores.alone(found, c)
    shares = concept_scores.shares(weights)
    order = np.argsort(-shares, kind="stable")[:limit]
    reached = float(found.combined_iou[c])
    rows = [
        {
            "filter": int(k),
            "weight": float(weights[k]),
            "share": 100 * float(shares[k]),
            "IoU alone": float(alone[k]),
            "of all": 100 * float(alone[k]) / reached if reached > 0 else float("nan"),
        }
        for k in order
    ]
    return pd.DataFrame(rows, columns=["filter", "weight", "share", "IoU alone", "of all"])


def weights_against_iou(found: Dissection, c: int, ink: Ink, limit: int = 3) -> go.Figure:
    """Figure 9: max(w_k, 0) and set IoU of every filter, the line of least squares, the strongest ones named."""
    x, y = np.maximum(found.weights[c], 0).astype(float), concept_scores.alone(found, c).astype(float)
    figure = go.Figure()
    if x.std() > 0:
        slope, offset = np.polyfit(x, y, 1)
        ends = np.array([0, x.max()])
        figure.add_scatter(
            x=ends, y=slope * ends + offset, mode="lines", hoverinfo="skip", showlegend=False,
            line={"color": ink.muted, "width": 1.5, "dash": "dot"},
        )  # fmt: skip
    best = int(found.best[c])
    rings = [ink.second if k == best else ink.accent for k in range(len(x))]
    figure.add_scatter(
        x=x, y=y, mode="markers", customdata=np.arange(len(x)), showlegend=False,
        marker={
            "color": rings, "size": [11 if k == best else 7 for k in range(len(x))], "opacity": 0.75,
            "symbol": ["square" if k == best else "circle" for k in range(len(x))],
        },
        hovertemplate="filter %{customdata}: max(w, 0) %{x:.3g}, IoU %{y:.3f}<extra></extra>",
    )  # fmt: skip
    for k in _apart(dict.fromkeys([best, *np.argsort(-x, kind="stable")[:limit].tolist()]), x, y):
        colour = ink.second if k == best else ink.text
        figure.add_annotation(
            x=x[k], y=y[k], text=str(k), showarrow=False, yshift=13, font={"color": colour, "size": 12}
        )
    for values, update, title in (
        (x, figure.update_xaxes, "max(w, 0)"), (y, figure.update_yaxes, "IoU of the filter alone"),
    ):  # fmt: skip
        top = float(values.max()) or 1.0
        update(title_text=title, color=ink.text, zeroline=False, range=[-0.04 * top, 1.12 * top])
    figure.update_xaxes(showgrid=False)
    figure.update_layout(height=330, paper_bgcolor=CLEAR, plot_bgcolor=CLEAR, margin=_MARGIN)
    return figure


def _apart(filters: Iterable[int], x: np.ndarray, y: np.ndarray) -> list[int]:
    """Of filters in order of importance, those whose numbers do not lie on each other."""
    found: list[int] = []
    wide, high = 0.1 * float(x.max()), 0.08 * float(y.max())
    for k in filters:
        if k >= 0 and all(abs(x[k] - x[one]) > wide or abs(y[k] - y[one]) > high for one in found):
            found.append(k)
    return found


def correlation_words(r: float, p: float) -> str:
    """'r = 0.71, p < 0.001'."""
    if not np.isfinite(r):
        return "no correlation: one side does not vary"
    told = "p < 0.001" if p < 0.001 else f"p = {number(p)}"
    return f"r = {r:.2f}, {told}".replace("-", "−")


def csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False).encode()


def scores_table(found: Dissection, labels: Sequence[str]) -> pd.DataFrame:
    """Every concept with its counts and scores of both tasks, for a file."""
    return pd.DataFrame(
        {
            "concept": labels,
            "category": [concept.category for concept in found.concepts],
            "training pictures with a mask": found.train,
            "validation pictures with a mask": found.val,
            "mean area": found.area,
            "best filter": found.best,
            "best filter's set IoU": found.single_iou,
            "all filters' set IoU": found.combined_iou,
            "training pictures with it": found.positives[0],
            "validation pictures with it": found.positives[1],
            "best filter, classification": found.cls_best,
            "best filter's accuracy": found.cls_single_accuracy,
            "all filters' accuracy": found.cls_accuracy,
        }
    )
