"""The importance of channels by class as charts and diagrams: CHIP's figures 10 and 11, and what lambda leaves."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from scipy.cluster.hierarchy import leaves_list, linkage

from core.colouring import table
from core.measures import channel_overlap
from dashboard.views.ink import DARK, Ink

BY_LIKENESS, BY_NAME, AS_LISTED = "by likeness", "by name", "as listed"
ORDERS = (BY_LIKENESS, BY_NAME, AS_LISTED)
LIMIT = 60  # classes in one chart
CLEAR = "rgba(0,0,0,0)"
_MARGIN = {"l": 10, "r": 10, "t": 10, "b": 10}
_DARK_STOPS = (
    *("rgb(150,195,250)", "rgb(82,138,208)", "rgb(44,72,108)", "rgb(28,35,39)"),
    *("rgb(104,62,32)", "rgb(214,106,33)", "rgb(252,196,140)"),
)


def order(weights: np.ndarray, names: Sequence[str], how: str) -> list[int]:
    """The classes in one of ORDERS; by likeness, classes that stand on the same channels are neighbours: hierarchical
    clustering by the correlation of their importances.  (C, K) -> C indices"""
    if how == BY_NAME:
        return sorted(range(len(names)), key=lambda index: names[index].casefold())
    if how == AS_LISTED or len(weights) < 3:
        return list(range(len(weights)))
    centred = weights - weights.mean(1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = np.divide(centred, length, out=np.zeros_like(centred, np.float64), where=length > 0)
    return [int(index) for index in leaves_list(linkage(unit, "average", optimal_ordering=True))]


def shown(weights: np.ndarray, chosen: Sequence[int], limit: int = LIMIT) -> list[int]:
    """The classes that one chart has room for: all, or the chosen ones and those that share most with the first.
    (C, K) -> indices, ascending"""
    if len(weights) <= limit:
        return list(range(len(weights)))
    near = [label for label, _ in channel_overlap.nearest(channel_overlap.top_channels(weights, 10), chosen[0])]
    return sorted(list(dict.fromkeys([*chosen, *near]))[:limit])


def columns(weights: np.ndarray, by_class: bool) -> np.ndarray:
    """The channels that are of use to any class, by index, or `by_class`: grouped under the class, in the rows' order,
    that each matters most to.  (C, K) -> indices"""
    kept = np.flatnonzero((weights != 0).any(0))
    if not by_class:
        return kept
    scaled = relative(weights)[:, kept]
    return kept[np.lexsort((-scaled.max(0), scaled.argmax(0)))]


def relative(weights: np.ndarray) -> np.ndarray:
    """Weights as shares of the largest magnitude of their class; 0 where all are 0.  (C, K)"""
    top = np.abs(weights).max(1, keepdims=True)
    return np.divide(weights, top, out=np.zeros_like(weights, np.float64), where=top > 0)


def importance(
    weights: np.ndarray,
    names: Sequence[str],
    channels: Sequence[int],
    few: Sequence[bool],
    chosen: Sequence[str],
    ink: Ink,
) -> go.Figure:
    """Figure 10: classes down, channels across; the colour is the weight as a share of the class's largest.  (C, K),
    the rows as `names`, the columns as `channels`; classes marked by `few` are grey, the `chosen` ones bold"""
    heat = go.Heatmap(
        z=relative(weights).astype(np.float32),
        x=[str(channel) for channel in channels],
        y=list(names),
        customdata=weights,
        zmin=-1,
        zmax=1,
        colorscale=diverging(ink),
        colorbar=_colour_bar("share of the class's largest", tickvals=[-1, -0.5, 0, 0.5, 1]),
        hovertemplate="%{y}, channel %{x}: %{customdata:.3g}, %{z:.0%} of its largest<extra></extra>",
    )
    figure = _matrix(heat, len(names))
    labels = [f"<b>{name}</b>" if name in chosen else name for name in names]
    labels = [f"<i style='color:{ink.muted}'>{n}</i>" if f else n for n, f in zip(labels, few, strict=True)]
    figure.update_yaxes(tickvals=list(names), ticktext=labels, color=ink.text, autorange="reversed")
    figure.update_xaxes(title_text="channel", type="category", color=ink.text, nticks=20, tickangle=0)
    return figure


def diverging(ink: Ink) -> list[tuple[float, str]]:
    """Blue to orange around zero, which is nearly the ground's own colour, light or dark."""
    stops = (
        _DARK_STOPS
        if ink == DARK
        else [f"rgb({r},{g},{b})" for r, g, b in table("", True)[np.linspace(0, 255, 17).round().astype(int)]]
    )
    return [(float(place), colour) for place, colour in zip(np.linspace(0, 1, len(stops)), stops, strict=True)]


def overlap_matrix(shared: np.ndarray, names: Sequence[str], ink: Ink) -> go.Figure:
    """How many channels each pair of classes shares; what a class shares with itself is left out.  (C, C) int"""
    heat = go.Heatmap(
        z=np.where(np.eye(len(shared), dtype=bool), np.nan, shared),
        x=list(names),
        y=list(names),
        zmin=0,
        colorscale="Cividis",
        colorbar=_colour_bar("channels shared", dtick=max(1, round(int(np.max(shared)) / 8)), tick0=0),
        hovertemplate="%{y} and %{x}: %{z} channels<extra></extra>",
        xgap=1,
        ygap=1,
    )
    figure = _matrix(heat, len(names), 110)
    figure.update_yaxes(dtick=1, color=ink.text, autorange="reversed")
    figure.update_xaxes(dtick=1, tickangle=-60, color=ink.text)
    return figure


def sparsity(shares: np.ndarray, kept: np.ndarray, fit: np.ndarray, dense: float, at: int, ink: Ink) -> go.Figure:
    """What lambda leaves and what that explains, mean over classes: share of channels kept, held-out R^2, and as a line
    R^2 of the fit that keeps all; (L,) each, `at` the place on the path that is shown."""
    figure = go.Figure()
    apart = np.nan_to_num(np.abs(np.clip(fit, -0.1, 1) - kept)).argmax()  # where there is room for both names
    above, below = ("bottom", "right", 3), ("top", "left", -3)
    upper, lower = (above, below) if fit[apart] >= kept[apart] else (below, above)
    lines = (("held-out R²", fit, ink.accent, upper), ("channels kept", kept, ink.second, lower))
    for name, values, colour, (side, beside, shift) in lines:
        figure.add_scatter(
            x=shares, y=values, mode="lines+markers", line={"color": colour, "width": 2}, marker={"size": 5},
            hovertemplate=f"λ share %{{x:.3g}}: {name} %{{y:.2f}}<extra></extra>",
        )  # fmt: skip
        figure.add_scatter(
            x=[shares[at]], y=[values[at]], mode="markers", hoverinfo="skip",
            marker={"size": 13, "color": CLEAR, "line": {"color": colour, "width": 2.5}},
        )  # fmt: skip
        figure.add_annotation(
            x=np.log10(shares[apart]), y=values[apart], text=name, font={"color": colour, "size": 13},
            showarrow=False, xanchor=beside, yanchor=side, yshift=shift,
        )  # fmt: skip
    if np.isfinite(dense):
        figure.add_scatter(x=shares[[0, -1]], y=[dense, dense], mode="lines", hoverinfo="skip",
                           line={"color": ink.muted, "dash": "dot", "width": 1.5})  # fmt: skip
        figure.add_annotation(
            x=np.log10(shares[0]), y=dense, text="held-out R² with all channels", showarrow=False, xanchor="left",
            yanchor="bottom", font={"color": ink.muted, "size": 13},
        )  # fmt: skip
    figure.update_xaxes(
        type="log", dtick=1, exponentformat="none", color=ink.text,
        title_text="λ as a share of the smallest that leaves none",
        range=[np.log10(shares[0]) + 0.08, np.log10(shares[-1]) - 0.08],
    )  # fmt: skip
    figure.update_yaxes(range=[-0.12, 1.09], color=ink.text, zeroline=False)
    figure.update_layout(height=340, showlegend=False, paper_bgcolor=CLEAR, plot_bgcolor=CLEAR, margin=_MARGIN)
    return figure


def likest(sets: np.ndarray, weights: np.ndarray, names: Sequence[str], label: int, limit: int = 10) -> pd.DataFrame:
    """The classes that share most channels with one, and the rank correlation of their importances with its own."""
    rows = [
        {
            "class": names[other],
            "channels shared": shared,
            "rank correlation": channel_overlap.rank_correlation(weights[label], weights[other]),
        }
        for other, shared in channel_overlap.nearest(sets, label)[:limit]
    ]
    return pd.DataFrame(rows, columns=["class", "channels shared", "rank correlation"])


def venn(counts: Mapping[tuple[bool, ...], int], names: Sequence[str], ink: Ink) -> str:
    """Figure 11: two or three circles with the number of channels in each region, as SVG.

    The circles are of one size: with three sets, areas cannot follow all seven numbers."""
    places = _TWO if len(names) == 2 else _THREE
    circles = "".join(
        f'<circle cx="{x}" cy="{y}" r="{_RADIUS}" fill="{colour}" fill-opacity="0.16" stroke="{colour}" '
        'stroke-width="2"/>'
        for (x, y), colour in zip(places, (ink.accent, ink.second, ink.third), strict=False)
    )
    numbers = "".join(
        _text(*_centre(region, places), str(count), 17, ink.text if count else ink.muted, 600)
        for region, count in counts.items()
    )
    labels = "".join(
        _text(x, y, _short(name), 14, colour, 600)
        for name, (x, y), colour in zip(names, _LABELS[len(names)], (ink.accent, ink.second, ink.third), strict=False)
    )
    height = 230 if len(names) == 2 else 318
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="360" height="{height}" viewBox="0 0 360 {height}" '
        f'font-family="Source Sans, Source Sans Pro, Helvetica, Arial, sans-serif">{circles}{numbers}{labels}</svg>'
    )


def venn_words(counts: Mapping[tuple[bool, ...], int], names: Sequence[str]) -> str:
    """The diagram in words: '3 shared by zebra and horse, 7 of zebra only'."""
    parts = []
    for region, count in counts.items():
        members = [name for name, inside in zip(names, region, strict=True) if inside]
        parts.append(f"{count} of {members[0]} only" if len(members) == 1 else f"{count} shared by {_and(members)}")
    return ", ".join(parts)


_RADIUS = 86
_TWO = ((130, 130), (230, 130))
_THREE = ((132, 120), (228, 120), (180, 203))
_LABELS = {2: ((100, 26), (260, 26)), 3: ((100, 20), (260, 20), (180, 310))}


def _centre(region: tuple[bool, ...], places: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Where a region's number stands: at the mean of its circles' centres, pushed away from the other circles."""
    inside = np.mean([place for place, member in zip(places, region, strict=True) if member], 0)
    if all(region):
        return float(inside[0]), float(inside[1])
    outside = np.mean([place for place, member in zip(places, region, strict=True) if not member], 0)
    away = (inside - outside) / np.linalg.norm(inside - outside)
    x, y = inside + away * (30 if sum(region) == 1 else 21)
    return float(x), float(y)


def _text(x: float, y: float, text: str, size: float, colour: str, weight: int) -> str:
    return (
        f'<text x="{x:.1f}" y="{y + size / 3:.1f}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
        f'text-anchor="middle">{escape(text)}</text>'
    )


def _short(name: str) -> str:
    return name if len(name) <= 22 else f"{name[:21]}…"


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _colour_bar(title: str, **more) -> dict:
    return {"title": {"text": title, "side": "right"}, "thickness": 12, "outlinewidth": 0, **more}


def _matrix(heat: go.Heatmap, rows: int, foot: int = 60) -> go.Figure:
    figure = go.Figure(heat)
    figure.update_layout(
        height=foot + max(19 * rows, 120),
        margin=_MARGIN,
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
    )
    figure.update_yaxes(showgrid=False, zeroline=False)
    figure.update_xaxes(showgrid=False, zeroline=False)
    return figure
