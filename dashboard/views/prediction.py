"""One prediction taken apart: what filters, parts and the rest give to a class's score, as bars and tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.engine.parts import Disentangled
from dashboard.views.ink import Ink
from dashboard.views.words import number

CLEAR = "rgba(0,0,0,0)"
MOST = 10  # filters with a bar of their own
NOWHERE = "on no part"


@dataclass(frozen=True)
class Giver:
    """What gives something to a score, in logits: its name, how much, and by how many filters, 0 for none."""

    name: str
    value: float
    filters: int = 0


def peaks(found: Disentangled) -> np.ndarray:
    """Where each filter's map is highest, row by row, -1 where it is silent.  -> (F,) int64"""
    flat = found.maps.reshape(len(found.maps), -1)
    return np.where(flat.max(1) > 0, flat.argmax(1), -1)


def landed(found: Disentangled, here: tuple[Sequence[str], np.ndarray] | None) -> list[str]:
    """The part that each filter's peak lies on in the picture: '' for a silent one, or where none is known there."""
    if here is None:
        return [""] * len(found.maps)
    names, part_at = here
    on = np.where((cells := peaks(found)) >= 0, part_at[cells], -1)
    return [names[part] if part >= 0 else "" for part in on]


def by_parts(found: Disentangled, on: Sequence[str]) -> list[Giver]:
    """The filters that fire, together by the part that they lie on, the largest first; at the end those on none."""
    shares, fires = found.contributions.filters[0], peaks(found) >= 0
    groups: dict[str, list[int]] = {}
    for f in np.flatnonzero(fires).tolist():
        groups.setdefault(on[f], []).append(f)
    rest = groups.pop("", [])
    given = [Giver(name, float(shares[which].sum()), len(which)) for name, which in groups.items()]
    given.sort(key=lambda one: -one.value)
    return [*given, Giver(NOWHERE, float(shares[rest].sum()), len(rest))] if rest else given


def by_filters(found: Disentangled, named: Sequence[str]) -> list[Giver]:
    """The filters that give or take most, the largest first, and all others together."""
    shares = found.contributions.filters[0]
    most = np.argsort(-np.abs(shares), kind="stable")[:MOST]
    most = most[shares[most] != 0]
    order = most[np.argsort(-shares[most], kind="stable")]
    others = np.setdiff1d(np.flatnonzero(peaks(found) >= 0), most)
    given = [Giver(named[f], float(shares[f]), 1) for f in order]
    if not len(others):
        return given
    return [*given, Giver(f"{len(others)} other{'s' * (len(others) > 1)}", float(shares[others].sum()), len(others))]


def strongest(found: Disentangled, count: int) -> list[int]:
    """The filters that give most to the score, those that take from it left out."""
    shares = found.contributions.filters[0]
    return [int(f) for f in np.argsort(-shares, kind="stable")[:count] if shares[f] > 0]


def share(value: float, score: float) -> str:
    """What a value is of a score, where that is above zero and it is not less than half a percent of it: ', 18 %'."""
    if score <= 0 or abs(value) < 0.005 * score:
        return ""
    return f", {value / score:.0%}".replace("%", " %").replace("-", "−")


def signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def bars(found: Disentangled, given: Sequence[Giver], ink: Ink) -> go.Figure:
    """Figure 5: what is given, one under the other from where the last ended; with the ordinary track and the remainder
    it ends at the explainer's score, and with the error of the reconstruction at the performer's own."""
    told = found.contributions
    score, own = float(told.score[0]), float(told.performer[0])
    rest = [("ordinary track", float(told.ordinary[0])), ("remainder: biases", float(told.remainder[0]))]
    steps = [*((one.name, one.value) for one in given), *rest]
    names = [name for name, _ in steps]
    figure = go.Figure(
        go.Waterfall(
            orientation="h",
            y=[*names, "<b>explainer's score</b>", "not reconstructed", "<b>performer's own score</b>"],
            x=[*(value for _, value in steps), 0, own - score, 0],
            measure=[*["relative"] * len(steps), "total", "relative", "total"],
            text=[*(signed(value) + share(value, score) for _, value in steps), number(score), signed(own - score),
                  number(own)],
            textposition="outside", textfont={"color": ink.text, "size": 13}, cliponaxis=False, constraintext="none",
            increasing={"marker": {"color": ink.accent}}, decreasing={"marker": {"color": ink.second}},
            totals={"marker": {"color": ink.muted}}, connector={"line": {"color": ink.line, "width": 1}},
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )  # fmt: skip
    ends = np.cumsum([0, *(value for _, value in steps), own - score])
    low, high = min(float(ends.min()), 0.0), max(float(ends.max()), 0.0)
    room = 0.22 * max(high - low, 1e-6)
    figure.update_yaxes(autorange="reversed", color=ink.text, showgrid=False, ticksuffix="  ", tickfont={"size": 13})
    figure.update_xaxes(
        range=[low - (room if low < 0 else 0), high + room], color=ink.text, gridcolor=ink.line,
        zerolinecolor=ink.muted, title_text="score (logit)",
    )  # fmt: skip
    figure.update_layout(
        height=90 + 28 * (len(steps) + 3), paper_bgcolor=CLEAR, plot_bgcolor=CLEAR, showlegend=False, bargap=0.3,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
    )  # fmt: skip
    return figure


def bars_told(found: Disentangled, given: Sequence[Giver]) -> str:
    """The bars in words."""
    told = found.contributions
    steps = [*given, Giver("the ordinary track", float(told.ordinary[0])), Giver("biases", float(told.remainder[0]))]
    listed = ", ".join(f"{one.name} {signed(one.value)}" for one in steps)
    return f"{listed}: together {number(float(told.score[0]))}, the performer {number(float(told.performer[0]))}"


def table(found: Disentangled, owners: Sequence[str], on: Sequence[str]) -> pd.DataFrame:
    """Every filter's share, then the ordinary track, the remainder and the error, for a file."""
    told = found.contributions
    shares = told.filters[0]
    error = float(told.performer[0] - told.score[0])
    rest = [("ordinary track", told.ordinary[0]), ("remainder", told.remainder[0]), ("not reconstructed", error)]
    return pd.DataFrame(
        {
            "giver": [*(f"filter {f}" for f in range(len(shares))), *(name for name, _ in rest)],
            "class": [*owners, *[""] * len(rest)],
            "lies on": [*on, *[""] * len(rest)],
            "logits": [*shares, *(float(value) for _, value in rest)],
        }
    )
