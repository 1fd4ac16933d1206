"""Where filters together do worse than the best one (Net2Vec, section 4.1), as a table and as a chart."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.measures import concept_scores
from core.methods.net2vec.dissection import Dissection
from dashboard.views.dissection import CLEAR, COMBINED, SINGLE
from dashboard.views.ink import Ink


def counts(found: Dissection, task: str) -> np.ndarray:
    """How many training pictures each concept is learned from.  -> (C,) int64"""
    return found.train if task == "segmentation" else found.positives[0]


def table(found: Dissection, task: str, labels: Sequence[str]) -> pd.DataFrame:
    """The failures, the largest loss first."""
    single, combined = concept_scores.scores(found, task)
    rows = [
        {
            "concept": labels[c],
            "category": found.concepts[c].category,
            SINGLE: float(single[c]),
            COMBINED: float(combined[c]),
            "loss": float(single[c] - combined[c]),
            "training pictures": int(counts(found, task)[c]),
            "area": 100 * float(found.area[c]),
            "what may be why": "; ".join(concept_scores.excuses(found, c, task)) or "neither rare nor small",
        }
        for c in concept_scores.failures(found, task)
    ]
    names = ["concept", "category", SINGLE, COMBINED, "loss", "training pictures", "area", "what may be why"]
    return pd.DataFrame(rows, columns=names)


def summary(found: Dissection, task: str) -> str:
    """How many fail, and how many of those are rare or small, beside how many of the others are."""
    gains = concept_scores.gains(found, task)
    known, failed = np.isfinite(gains), concept_scores.failures(found, task)
    excused = np.array([bool(concept_scores.excuses(found, c, task)) for c in range(len(gains))])
    others = known.copy()
    others[failed] = False
    what = "rare or small" if task == "segmentation" else "rare"
    if not len(failed):
        return f"All filters together reach at least what the best one does for all {int(known.sum())} concepts."
    return (
        f"{len(failed)} of {int(known.sum())} concepts fail; {int(excused[failed].sum())} of them are {what}, against "
        f"{int(excused[others].sum())} of the {int(others.sum())} others."
    )


def chart(found: Dissection, task: str, labels: Sequence[str], ink: Ink) -> go.Figure:
    """What all filters gain over the best one, against the number of training pictures; what is small has a marker of
    its own, failures their names."""
    gains, x = concept_scores.gains(found, task), counts(found, task)
    figure = go.Figure()
    small = (found.area < concept_scores.SMALL) & (task == "segmentation")
    for inside, symbol in ((~small, "circle"), (small, "diamond-open")):
        some = np.flatnonzero(np.isfinite(gains) & inside)
        if not len(some):
            continue
        colours = [ink.second if gains[c] < 0 else ink.accent for c in some]
        figure.add_scatter(
            x=x[some], y=gains[some], mode="markers", customdata=[[int(c), labels[c]] for c in some],
            marker={"color": colours, "size": 8, "symbol": symbol, "opacity": 0.85},
            hovertemplate="%{customdata[1]}: %{y:+.3f}, %{x} training pictures<extra></extra>",
        )  # fmt: skip
    figure.add_hline(y=0, line={"color": ink.muted, "width": 1})
    for c in named(x, gains, concept_scores.failures(found, task)):
        figure.add_annotation(
            x=np.log10(max(x[c], 1)), y=gains[c], text=labels[c], showarrow=False, xanchor="left", xshift=8,
            font={"color": ink.text, "size": 12},
        )  # fmt: skip
    ticks = [times * 10**power for power in range(7) for times in (1, 2, 5)]
    figure.update_xaxes(type="log", title_text="training pictures with the concept", color=ink.text, showgrid=False,
                        tickvals=ticks, ticktext=[f"{tick:,}" for tick in ticks])  # fmt: skip
    figure.update_yaxes(title_text="all filters − best filter", color=ink.text, zeroline=False)
    figure.update_layout(
        height=340, paper_bgcolor=CLEAR, plot_bgcolor=CLEAR, margin={"l": 10, "r": 10, "t": 10, "b": 10},
        font={"color": ink.text}, showlegend=False,
    )  # fmt: skip
    return figure


def named(x: np.ndarray, y: np.ndarray, order: np.ndarray, limit: int = 8) -> list[int]:
    """Of points, in order of importance, those whose names can stand at their right without touching a point or a name.
    (C,), (C,), indices -> indices"""
    known = np.isfinite(y)
    across, up = np.log10(np.maximum(x, 1.0)), y
    spans = [max(float(np.ptp(values[known])), 1e-9) for values in (across, up)] if known.any() else [1.0, 1.0]
    points = np.stack([across / spans[0], up / spans[1]], 1)  # as shares of the chart
    found: list[int] = []
    for c in order:
        aside, above = (points - points[c]).T
        covered = (aside > 0) & (aside < 0.12) & (np.abs(above) < 0.04) & known
        covered[c] = False
        apart = all(abs(aside[other]) > 0.14 or abs(above[other]) > 0.08 for other in found)
        if len(found) < limit and apart and not covered.any():
            found.append(int(c))
    return found
