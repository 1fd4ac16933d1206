"""One filter in a dissection, and how filters are shared: Net2Vec's figure 5 and what stands around figures 1 and 4."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from scipy.stats import binom

from core.measures import concept_scores
from core.methods.net2vec.dissection import TASKS, Dissection
from dashboard.views.dissection import CLEAR, Example
from dashboard.views.ink import Ink

_BARS = 40  # at most so many bins


def first(found: Dissection) -> int:
    """The filter to open with: the one whose concepts, those it is the best filter of, it segments best in all."""
    single, _ = concept_scores.scores(found, "segmentation")
    best = concept_scores.best_of(found, "segmentation")
    filters = len(found.thresholds)
    return int(np.bincount(best[best >= 0], single[best >= 0], filters).argmax())


def best_for(found: Dissection, k: int, labels: Sequence[str]) -> pd.DataFrame:
    """The concepts that a filter is the best single one for, in either task, the highest score first."""
    rows = []
    for task in TASKS:
        single, combined = concept_scores.scores(found, task)
        mine = np.flatnonzero(concept_scores.best_of(found, task) == k)
        rows += [
            {
                "concept": labels[c],
                "category": found.concepts[c].category,
                "task": task,
                "alone": float(single[c]),
                "all filters": float(combined[c]),
            }
            for c in mine[np.argsort(-single[mine], kind="stable")]
        ]
    return pd.DataFrame(rows, columns=["concept", "category", "task", "alone", "all filters"])


def contributes(found: Dissection, k: int, labels: Sequence[str], limit: int = 12) -> pd.DataFrame:
    """The concepts that a filter contributes most to when all are combined, by |w_k| / ||w||_1 (section 5.2)."""
    _, combined = concept_scores.scores(found, "segmentation")
    known = np.flatnonzero(np.isfinite(combined))
    shares = concept_scores.shares(found.weights[known])
    rank = 1 + (shares > shares[:, [k]]).sum(1)
    order = np.argsort(-shares[:, k], kind="stable")[:limit]
    rows = [
        {
            "concept": labels[known[i]],
            "category": found.concepts[known[i]].category,
            "weight": float(found.weights[known[i], k]),
            "share": 100 * float(shares[i, k]),
            "rank": int(rank[i]),
            "IoU alone": float(concept_scores.alone(found, known[i])[k]),
        }
        for i in order
    ]
    return pd.DataFrame(rows, columns=["concept", "category", "weight", "share", "rank", "IoU alone"])


def sharing(found: Dissection, k: int | None, ink: Ink) -> go.Figure:
    """Figure 5: how many filters are the best single one for how many concepts, in both tasks; dotted, how many would
    be if each concept had its filter at random; the shown filter is marked."""
    loads = {task: concept_scores.loads(found, task) for task in TASKS}
    top = max(int(load.max()) for load in loads.values())
    width = max(-(-top // _BARS), 1)
    edges = np.array([0, *range(1, top + width + 1, width)])
    names = [str(low) if high == low + 1 else f"{low} to {high - 1}" for low, high in pairwise(edges)]
    figure = go.Figure()
    for task, colour in zip(TASKS, (ink.third, ink.muted), strict=True):
        load = loads[task]
        counts, _ = np.histogram(load, edges)
        figure.add_bar(
            x=names, y=counts, name=task, marker={"color": colour},
            hovertemplate=f"%{{y}} filters are best for %{{x}} concepts<extra>{task}</extra>",
        )  # fmt: skip
        chance = np.diff(binom.cdf(edges - 1, load.sum(), 1 / len(load))) * len(load)
        figure.add_scatter(
            x=names, y=chance, mode="lines", showlegend=False, line={"color": colour, "dash": "dot", "width": 1.5},
            hovertemplate=f"%{{y:.1f}} filters if drawn at random<extra>{task}</extra>",
        )  # fmt: skip
        if k is not None:
            place = int(np.searchsorted(edges, load[k], "right")) - 1
            figure.add_scatter(
                x=[names[place]], y=[counts[place]], mode="markers", showlegend=False,
                marker={"symbol": "triangle-down", "size": 11, "color": ink.text},
                hovertemplate=f"filter {k} is among these<extra>{task}</extra>",
            )  # fmt: skip
    figure.update_xaxes(title_text="concepts", type="category", color=ink.text, tickangle=0, nticks=13)
    figure.update_yaxes(title_text="filters", color=ink.text, zeroline=False, nticks=5)
    figure.update_layout(
        height=300, barmode="group", bargap=0.25, paper_bgcolor=CLEAR, plot_bgcolor=CLEAR,
        margin={"l": 10, "r": 10, "t": 10, "b": 10}, font={"color": ink.text},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    return figure


def sharing_words(found: Dissection) -> str:
    """What the figure shows, in a sentence or two."""
    told = []
    for task in TASKS:
        load = concept_scores.loads(found, task)
        if load.sum():
            never = int((load == 0).sum())
            at_random = len(load) * (1 - 1 / len(load)) ** load.sum()
            told.append(
                f"**{task.capitalize()}**: {int(load.sum())} concepts have their best filter among {len(load) - never} "
                f"of {len(load)}; {never} are never the best ({at_random:.0f} if drawn at random); one is the best for "
                f"{load.max()}."
            )
    return " ".join(told)


def examples(found: Dissection, k: int, concepts: int = 3, pictures: int = 4) -> list[tuple[int, list[Example]]]:
    """Figure 4: of the concepts that a filter segments best, those it is best at, with the validation pictures of the
    highest IoU; of concepts with the same pictures (an elephant, its skin) one.  -> [(concept, its examples)]"""
    single, _ = concept_scores.scores(found, "segmentation")
    mine = np.flatnonzero(concept_scores.best_of(found, "segmentation") == k)
    chosen, seen = [], set()
    for c in mine[np.argsort(-single[mine], kind="stable")]:
        pairs = np.flatnonzero((found.concept == c) & (found.single_ind > 0))
        top = pairs[np.argsort(-found.single_ind[pairs], kind="stable")][:pictures]
        places = found.image[top].tolist()
        if len(top) and len(chosen) < concepts and 2 * len(seen.intersection(places)) <= len(places):
            seen.update(places)
            chosen.append((int(c), [Example("", int(found.image[v]), float(found.single_ind[v])) for v in top]))
    return chosen
