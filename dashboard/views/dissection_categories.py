"""Many concepts at once: Net2Vec's figures 2, 3 and 6 by category, and table 1 with the correlations of section 5.2."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.measures import concept_scores
from core.measures.concept_scores import Mean
from core.measures.interval import Estimate
from core.methods.net2vec.dissection import TASKS, Dissection
from core.probes.probe import CATEGORIES
from dashboard.views import concepts
from dashboard.views.dissection import CLEAR, COMBINED, SINGLE
from dashboard.views.ink import Ink

SCORE = {"segmentation": "set IoU", "classification": "accuracy"}
LINES = ((COMBINED, 1, "circle", "solid"), (SINGLE, 0, "square", "dot"))  # name, place in a pair, marker, dash
Pairs = dict[str, dict[str, tuple[Mean, Mean]]]  # {category: {layer or network: (single, combined)}}


def pairs(found: Mapping[str, Dissection], task: str) -> Pairs:
    """Mean scores of every category at several layers, or of several networks, by its name."""
    every = {name: concept_scores.by_category(one, task) for name, one in found.items()}
    there = [category for category in CATEGORIES if any(category in one for one in every.values())]
    return {category: {name: one[category] for name, one in every.items() if category in one} for category in there}


def limits(found: Pairs, task: str) -> tuple[float, float]:
    """One scale for all categories: from 0, or from chance, to a little above the highest mean."""
    ends = [one.value + np.nan_to_num(one.error) for row in found.values() for pair in row.values() for one in pair]
    low = 0.0 if task == "segmentation" else 0.45
    return low, max([low + 0.1, *ends]) * 1.05


def panel(
    row: Mapping[str, tuple[Mean, Mean]], names: Sequence[str], span: tuple[float, float], ink: Ink, joined: bool = True
) -> go.Figure:
    """Figures 2 and 6: one category, single and combined with their standard errors, over layers, which are `joined` by
    lines, or over networks."""
    figure = go.Figure()
    there = [name for name in names if name in row]
    at = np.array([list(names).index(name) for name in there])
    for line, place, symbol, dash in LINES:
        means = [row[name][place] for name in there]
        colour = ink.accent if line == COMBINED else ink.second
        figure.add_scatter(
            x=at + (0.04 - 0.08 * place), y=[one.value for one in means], name=line, showlegend=False,
            mode="lines+markers" if joined else "markers", line={"color": colour, "width": 2, "dash": dash},
            marker={"size": 8, "symbol": symbol, "color": colour},
            error_y={"array": np.nan_to_num([one.error for one in means]), "thickness": 1.5, "width": 3},
            customdata=[[name, one.error, one.n] for name, one in zip(there, means, strict=True)],
            hovertemplate=f"%{{customdata[0]}}: {line} %{{y:.3f}} ± %{{customdata[1]:.3f}}, n = %{{customdata[2]}}"
            "<extra></extra>",
        )  # fmt: skip
    short = [name.rpartition(":")[2].removeprefix("menagerie-") for name in names]
    figure.update_xaxes(
        tickvals=list(range(len(names))), ticktext=short, range=[-0.4, len(names) - 0.6], color=ink.text,
        showgrid=False, zeroline=False, tickangle=-45 if sum(map(len, short)) > 36 else 0,
    )  # fmt: skip
    figure.update_yaxes(range=span, color=ink.text, zeroline=False, nticks=5)
    figure.update_layout(
        height=210, paper_bgcolor=CLEAR, plot_bgcolor=CLEAR, margin={"l": 6, "r": 6, "t": 6, "b": 6}
    )  # fmt: skip
    return figure


def panel_words(category: str, row: Mapping[str, tuple[Mean, Mean]], task: str) -> str:
    """The same in words."""
    told = ", ".join(f"{name} {both.value:.2f} against {one.value:.2f}" for name, (one, both) in row.items())
    return f"Mean {SCORE[task]} of {category} concepts with all filters against the best one: {told}"


def key(ink: Ink) -> str:
    """Which line is which, once for all panels, as SVG."""
    parts, left = [], 0
    for line, _, symbol, dash in LINES:
        colour = ink.accent if line == COMBINED else ink.second
        stroke = '" stroke-dasharray="2 4' if dash == "dot" else ""
        mark = (
            f'<circle cx="{left + 15}" cy="9" r="4.5" fill="{colour}"/>'
            if symbol == "circle"
            else f'<rect x="{left + 11}" y="5" width="8" height="8" fill="{colour}"/>'
        )
        parts.append(
            f'<path d="M{left} 9h30" stroke="{colour}" stroke-width="2{stroke}"/>{mark}'
            f'<text x="{left + 38}" y="13" font-size="13" fill="{ink.text}">{line}</text>'
        )
        left += 130
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left}" height="18" viewBox="0 0 {left} 18" '
        f'font-family="Source Sans, Source Sans Pro, Helvetica, Arial, sans-serif">{"".join(parts)}</svg>'
    )


def table_one(found: Mapping[str, Dissection], what: str) -> pd.DataFrame:
    """Table 1 and section 5.2: of every layer or network, in how many per cent of its concepts all filters reach at
    least what the best one does, and in how many the weights go with the single filters' IoU; with 95 % intervals.
    What is known of none has no column."""
    rows = []
    for name, one in found.items():
        cells = {f"no worse, {task}": concept_scores.no_worse(one, task) for task in TASKS}
        cells["correlated"] = concept_scores.correlated(one)
        cells["shuffled"] = concept_scores.correlated(one, shuffled=True)
        rows.append({what: name, **{head: value for key, one in cells.items() for head, value in _cells(key, one)}})
    unknown = [name for name in rows[0] if all(row[name] != row[name] or row[name] == "" for row in rows)]
    return pd.DataFrame(rows).drop(columns=unknown)


def _cells(key: str, one: Estimate) -> list[tuple[str, object]]:
    between = f"{100 * one.low:.0f} to {100 * one.high:.0f}, n = {one.n}" if one.n else ""
    return [(key, 100 * one.value), (f"{key}, interval", between)]


def means_table(found: Pairs, what: str) -> pd.DataFrame:
    """Figure 2 as numbers: a row for each category and layer (or network)."""
    rows = [
        {
            "category": category, what: name, "concepts": single.n, SINGLE: single.value,
            f"{SINGLE}, standard error": single.error, COMBINED: combined.value,
            f"{COMBINED}, standard error": combined.error,
        }
        for category, row in found.items()
        for name, (single, combined) in row.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def subsets(counts: np.ndarray, scores: np.ndarray, categories: Sequence[str], task: str, ink: Ink) -> go.Figure:
    """Figure 3: mean score by category when only the F strongest filters of each concept are learned from.
    (n,), (n, C), the category of each concept"""
    figure, colours, ends = go.Figure(), concepts.colours(ink), {}
    for category, values in subset_means(scores, categories).items():
        colour = colours[category]
        figure.add_scatter(
            x=counts, y=values, mode="lines+markers", showlegend=False, line={"color": colour, "width": 2},
            marker={"size": 7, "symbol": concepts.SYMBOLS[category]},
            hovertemplate=f"{category}, %{{x}} filters: %{{y:.3f}}<extra></extra>",
        )  # fmt: skip
        ends[category] = float(values[-1])
    low, high = _span([trace.y for trace in figure.data])
    for category, place in apart(ends, (high - low) * 0.075).items():
        figure.add_annotation(
            x=np.log10(counts[-1]), y=place, text=category, showarrow=False, xanchor="left", xshift=10,
            font={"color": colours[category], "size": 13},
        )  # fmt: skip
    figure.update_xaxes(
        type="log", tickvals=list(map(int, counts)), title_text="filters F", color=ink.text, showgrid=False, tickangle=0
    )
    figure.update_yaxes(title_text=f"mean {SCORE[task]}", range=[low, high], color=ink.text, zeroline=False)
    figure.update_layout(
        height=360, paper_bgcolor=CLEAR, plot_bgcolor=CLEAR, margin={"l": 10, "r": 80, "t": 10, "b": 10}
    )
    return figure


def subset_means(scores: np.ndarray, categories: Sequence[str]) -> dict[str, np.ndarray]:
    """Mean score of every category for each F, over the concepts that have a score at all of them.  (n, C)"""
    known, members = np.isfinite(scores).all(0), np.array(categories)
    there = [category for category in CATEGORIES if (known & (members == category)).any()]
    return {category: scores[:, known & (members == category)].mean(1) for category in there}


def saturation(counts: np.ndarray, scores: np.ndarray, categories: Sequence[str], share: float = 0.95) -> pd.DataFrame:
    """With how few filters each category reaches a share of its best mean, where that is, and what the last F loses."""
    rows = []
    for category, values in subset_means(scores, categories).items():
        enough = int(np.flatnonzero(values >= share * values.max())[0])
        best = int(values.argmax())
        rows.append(
            {
                "category": category,
                f"filters for {100 * share:.0f} % of the best": int(counts[enough]),
                "best at": int(counts[best]),
                "best mean": float(values[best]),
                "with all": float(values[-1]),
            }
        )
    return pd.DataFrame(rows)


def apart(places: Mapping[str, float], gap: float) -> dict[str, float]:
    """Labels moved up just as far as they need to stand a gap apart, in their order."""
    found: dict[str, float] = {}
    for name, place in sorted(places.items(), key=lambda pair: pair[1]):
        found[name] = max(place, *(other + gap for other in found.values())) if found else place
    return found


def _span(lines: Sequence[np.ndarray]) -> tuple[float, float]:
    values = np.concatenate([np.asarray(line, float) for line in lines]) if len(lines) else np.array([0.0, 1.0])
    room = 0.08 * max(float(values.max() - values.min()), 0.05)
    return float(values.min()) - room, float(values.max()) + room
