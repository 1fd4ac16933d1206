"""Spaces of concepts beside each other: Net2Vec's figure 10, and which concepts two of them see differently."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import export
from core.methods.net2vec import spaces
from core.probes.probe import CATEGORIES, Concept
from dashboard.views.ink import Ink

CLEAR = "rgba(0,0,0,0)"
NEAR = 3  # nearest concepts told of each
_MARGIN = {"l": 10, "r": 10, "t": 10, "b": 10}


def letters(count: int) -> list[str]:
    """A, B, … Z, AA: short names for the columns of a matrix."""
    return [chr(65 + i) if i < 26 else f"{chr(64 + i // 26)}{chr(65 + i % 26)}" for i in range(count)]


def overlapping(spaces_here: Mapping[str, np.ndarray], most: int) -> list[str]:
    """The spaces to begin with, by title: those that have at least half of the first one's concepts.  (C, any) each,
    NaN for a concept that a space does not have"""
    known = [np.isfinite(vectors).all(1) for vectors in spaces_here.values()]
    enough = [2 * (one & known[0]).sum() >= known[0].sum() for one in known]
    return [title for title, fits in zip(spaces_here, enough, strict=True) if fits][:most]


def pairwise(vectors: Sequence[np.ndarray], by_cka: bool) -> np.ndarray:
    """D_ij, or 1 - CKA, between spaces of the same concepts.  (S, S), NaN on the diagonal"""
    found = np.full((len(vectors), len(vectors)), np.nan)
    for i, one in enumerate(vectors):
        for j, other in enumerate(vectors[:i]):
            value = 1 - spaces.cka(one, other) if by_cka else spaces.distance(one, other)
            found[i, j] = found[j, i] = value
    return found


def matrix(values: np.ndarray, titles: Sequence[str], what: str, ink: Ink) -> go.Figure:
    """Figure 10, left: how far each pair of spaces is apart.  (S, S), NaN on the diagonal"""
    short = letters(len(titles))
    rows = [f"{title}  <b>{letter}</b>" for title, letter in zip(titles, short, strict=True)]
    told = [[f"{a}<br>{b}" for b in titles] for a in titles]
    figure = _heat(values, rows, short, told, what, ink)
    figure.update_xaxes(side="top")
    return figure


def by_category(
    vectors: Sequence[np.ndarray], of: int, concepts: Sequence[Concept]
) -> tuple[list[str], list[int], np.ndarray]:
    """Mean D_ijc of one space and each other over the concepts of each category.  -> categories that have concepts,
    how many, means (spaces - 1, categories)"""
    category = np.array([concept.category for concept in concepts])
    names = [name for name in CATEGORIES if name in category]
    apart = [spaces.by_concept(vectors[of], other) for i, other in enumerate(vectors) if i != of]
    means = np.array([[values[category == name].mean() for name in names] for values in apart])
    return names, [int((category == name).sum()) for name in names], means


def categories(means: np.ndarray, titles: Sequence[str], names: Sequence[str], counts: Sequence[int], ink: Ink):
    """Figure 10, right: how far one space is from each other one, by category.  (spaces, categories) -> chart"""
    columns = [f"{name}<br>n = {count}" for name, count in zip(names, counts, strict=True)]
    return _heat(means, list(titles), columns, [[f"{t}<br>{name}" for name in names] for t in titles], "mean D", ink)


def _heat(values: np.ndarray, rows, columns, told, what: str, ink: Ink) -> go.Figure:
    """Values as colours and as figures."""
    texts = [[_short(value) if np.isfinite(value) else "" for value in row] for row in values]
    figure = go.Figure(
        go.Heatmap(
            z=values, x=list(columns), y=list(rows), customdata=told, colorscale="Cividis", xgap=1, ygap=1,
            colorbar={"title": {"text": what, "side": "right"}, "thickness": 12, "outlinewidth": 0},
            hovertemplate="%{customdata}<br>%{z:.3g}<extra></extra>", text=texts, texttemplate="%{text}",
            textfont={"size": 12},
        )
    )  # fmt: skip
    figure.update_layout(height=80 + 32 * len(rows), margin=_MARGIN, paper_bgcolor=CLEAR, plot_bgcolor=CLEAR)
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False, color=ink.text, automargin=True)
    figure.update_xaxes(type="category", showgrid=False, color=ink.text, tickangle=0)
    return figure


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2f}"


def apart(one: np.ndarray, other: np.ndarray, labels: Sequence[str], concepts: Sequence[Concept]) -> pd.DataFrame:
    """Which concepts two spaces see most differently: D_ijc, largest first, and what is nearest in each.  (C, any)"""
    values = spaces.by_concept(one, other)
    rows = [
        {
            "concept": labels[c],
            "category": concepts[c].category,
            "apart": float(values[c]),
            "near in the first": _near(one, c, labels),
            "near in the second": _near(other, c, labels),
        }
        for c in np.argsort(-values, kind="stable")
    ]
    return pd.DataFrame(rows, columns=["concept", "category", "apart", "near in the first", "near in the second"])


def _near(vectors: np.ndarray, c: int, labels: Sequence[str]) -> str:
    return ", ".join(labels[other] for other, _ in spaces.nearest(vectors, vectors[c], NEAR, [c]))


def csv(values: np.ndarray, titles: Sequence[str], measure: str) -> bytes:
    """Every pair of spaces once."""
    rows = [
        {"space": titles[i], "other space": titles[j], measure: float(values[i, j])}
        for i in range(len(titles))
        for j in range(i + 1, len(titles))
    ]
    return export.table(rows).encode()
