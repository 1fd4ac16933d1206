"""The map: a space of concepts laid into a plane, as a chart."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import export
from core.methods.net2vec import spaces
from core.methods.net2vec.dissection import Dissection
from core.probes.probe import CATEGORIES
from dashboard.views import concepts, masks
from dashboard.views.ink import DARK, Ink

CLEAR = "rgba(0,0,0,0)"
_MARGIN = {"l": 10, "r": 10, "t": 10, "b": 10}
_WIDE, _HIGH = 640, 620  # pixels of the map as it is mostly drawn: where names would lie on each other


def widest(count: int) -> int:
    """The largest perplexity or number of neighbours for so many concepts, of which t-SNE wants three times as many;
    at least 3, so that there is something to choose."""
    return max(3, min(50, (count - 1) // 3))


def scatter(
    points: np.ndarray, names: Sequence[str], categories: Sequence[str], near: Sequence[str], groups: np.ndarray | None,
    chosen: int | None, ink: Ink,
) -> go.Figure:  # fmt: skip
    """The map: a point per concept, its category by symbol, and by colour its category or, given (n,) `groups`, its
    cluster; `near` names what is nearest in the space itself. Names stand where they hide nothing, the chosen point's
    first.  points (n, 2); customdata begins with the point's number"""
    figure, places = go.Figure(), _laid(points)
    for category in [name for name in CATEGORIES if name in categories]:
        rows = [row for row, name in enumerate(categories) if name == category]
        _add_points(figure, category, rows, places, names, near, groups, ink)
    if chosen is not None:
        figure.add_scatter(
            x=places[[chosen], 0], y=places[[chosen], 1], mode="markers", hoverinfo="skip", showlegend=False,
            marker={"symbol": "circle-open", "size": 22, "color": ink.text, "line": {"width": 2.5}},
        )  # fmt: skip
    # all at once: each that is added alone has all others checked again
    figure.update_layout(annotations=[*_names(places, names, chosen, ink), *_numbers(places, groups, ink)])
    _framed(figure, ink)
    return figure


def _add_points(figure, category: str, rows: Sequence[int], places, names, near, groups, ink: Ink) -> None:
    """The concepts of one category."""
    colour, told, symbol = concepts.colours(ink)[category], [category] * len(rows), concepts.SYMBOLS[category]
    if groups is not None:
        colour = [cluster_colour(int(groups[row])) for row in rows]
        told = [f"{category}, cluster {int(groups[row]) + 1}" for row in rows]
        key = {"symbol": symbol, "size": 11, "color": ink.muted}  # of the symbol alone
        figure.add_scatter(x=[None], y=[None], mode="markers", name=category, marker=key, legendgroup=category)
    outline = {"width": 1, "color": _ground(ink)}
    figure.add_scatter(
        x=places[rows, 0], y=places[rows, 1], mode="markers", name=category, legendgroup=category,
        showlegend=groups is None,
        marker={"symbol": symbol, "size": 11, "color": colour, "opacity": 1, "line": outline},
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
        customdata=[[row, names[row], words, near[row]] for row, words in zip(rows, told, strict=True)],
        hovertemplate="<b>%{customdata[1]}</b><br>%{customdata[2]}<br>nearest: %{customdata[3]}<extra></extra>",
    )  # fmt: skip


def _names(places: np.ndarray, names: Sequence[str], chosen: int | None, ink: Ink) -> list[dict]:
    """Names above their points, the chosen one larger."""
    looks = {True: (20, 14, ink.text), False: (13, 12, ink.muted)}
    found = []
    for row in _named(places, names, chosen):
        up, size, colour = looks[row == chosen]
        place = {"x": places[row, 0], "y": places[row, 1], "yshift": up, "showarrow": False}
        found.append({**place, "text": names[row], "font": {"size": size, "color": colour}})
    return found


def _numbers(places: np.ndarray, groups: np.ndarray | None, ink: Ink) -> list[dict]:
    """Each cluster's number in the middle of its points."""
    look = {"showarrow": False, "bgcolor": _ground(ink), "borderwidth": 2, "borderpad": 3, "opacity": 0.9}
    found = []
    for number in np.unique(groups) if groups is not None else ():
        x, y = np.median(places[groups == number], 0)
        text, font = f"<b>{number + 1}</b>", {"size": 15, "color": ink.text}
        found.append({**look, "x": x, "y": y, "text": text, "font": font, "bordercolor": cluster_colour(int(number))})
    return found


def cluster_colour(number: int) -> str:
    """Of a cluster, counted from 0; round again after seven."""
    return "rgb({},{},{})".format(*masks.ink(number))


def _ground(ink: Ink) -> str:
    return "#12171a" if ink == DARK else "#ffffff"


def _laid(points: np.ndarray) -> np.ndarray:
    """The map turned so that its longest direction lies flat (neither kind of map has an upright), in pixels of a frame
    that it fills.  (n, 2)"""
    centred = points - points.mean(0)
    turned = centred @ np.linalg.svd(centred, full_matrices=False)[2].T
    turned *= np.where(np.abs(turned.min(0)) > turned.max(0), -1, 1)  # one of two equal ones, always the same
    low, high = turned.min(0), turned.max(0)
    scale = min(size / max(float(length), 1e-9) for size, length in zip((_WIDE, _HIGH), high - low, strict=True))
    return (turned - (low + high) / 2) * scale


def _named(places: np.ndarray, names: Sequence[str], chosen: int | None) -> list[int]:
    """The chosen point, and those that have room for their names above them.  (n, 2) pixels -> rows"""
    taken, found = [(x - 6, y - 6, x + 6, y + 6) for x, y in places], []
    for row in sorted(range(len(names)), key=lambda row: row != chosen):
        x, y, half = *places[row], 3.4 * len(names[row])
        box = (x - half, y + 7, x + half, y + 20 + 8 * (row == chosen))
        hides = any(box[0] < r and left < box[2] and box[1] < top and low < box[3] for left, low, r, top in taken)
        if row == chosen or not hides:
            taken.append(box)
            found.append(row)
    return found


def _framed(figure: go.Figure, ink: Ink) -> None:
    """Neither axis means anything: a frame without ticks, what each symbol stands for above it."""
    frame = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": "", "showline": True}
    figure.update_xaxes(**frame, mirror=True, linecolor=ink.line, range=[-_WIDE * 0.54, _WIDE * 0.54])
    figure.update_yaxes(
        **frame, mirror=True, linecolor=ink.line, range=[-_HIGH * 0.53, _HIGH * 0.56], scaleanchor="x"
    )
    legend = {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "font": {"size": 13, "color": ink.text}}
    figure.update_layout(
        height=700, margin=_MARGIN, paper_bgcolor=CLEAR, plot_bgcolor=CLEAR, legend=legend, hovermode="closest",
        dragmode="pan", clickmode="event+select",
    )  # fmt: skip


def clusters(vectors: np.ndarray, groups: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """Supplementary table 2: the concepts of each cluster, those nearest to its middle first.  (n, K), (n,)"""
    rows = []
    for number in np.unique(groups):
        members = np.flatnonzero(groups == number)
        near = spaces.nearest(vectors[members], vectors[members].mean(0), len(members))
        rows.append(
            {
                "cluster": int(number) + 1,
                "size": len(members),
                "tight": float(np.mean([cosine for _, cosine in near])),
                "members": ", ".join(names[members[row]] for row, _ in near),
            }
        )
    return pd.DataFrame(rows, columns=["cluster", "size", "tight", "members"])


def csv(found: Dissection, known: Sequence[int], points: np.ndarray, groups: np.ndarray | None) -> bytes:
    """A row per concept on the map: where it stands, and its cluster if there are clusters.  points (n, 2)"""
    labels = concepts.labels(found.concepts)
    rows = [
        {"concept": labels[c], "category": found.concepts[c].category, "x": float(x), "y": float(y)}
        | ({} if groups is None else {"cluster": int(groups[row]) + 1})
        for row, (c, (x, y)) in enumerate(zip(known, points, strict=True))
    ]
    return export.table(rows).encode()
