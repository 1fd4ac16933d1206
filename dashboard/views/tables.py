"""Records of the engine as tables, and a confusion matrix as a chart."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.views.ink import Ink


def layers(found: Iterable) -> pd.DataFrame:
    """Name, module, kind, shape and receptive field of each layer, in order of execution."""
    return pd.DataFrame(
        [
            {
                "layer": layer.name,
                "module": layer.path,
                "kind": layer.kind,
                "shape": " × ".join(map(str, layer.shape)),
                "receptive field": "whole input" if layer.receptive_field is None else f"{layer.receptive_field} px",
            }
            for layer in found
        ],
        columns=["layer", "module", "kind", "shape", "receptive field"],
    )


def attributes(probe) -> pd.DataFrame:
    """One row per attribute: whether it can be seen, where, and its value for each class, which is a column."""
    rows = []
    for number, attribute in enumerate(probe.attributes):
        values = {name: float(probe.class_attributes[i, number]) for i, name in enumerate(probe.classes)}
        seen = ", ".join(attribute.region) if attribute.visual else "cannot be seen"
        rows.append({"attribute": attribute.name, "shown by": seen or "the whole animal", **values})
    return pd.DataFrame(rows)


def splits(
    found: Mapping[str, np.ndarray], labels: Mapping[str, Sequence[int | None]], classes: Sequence[str]
) -> pd.DataFrame:
    """How many pictures of each class each split holds, or of all where there are no classes.  -> classes x splits"""
    if not classes:
        return pd.DataFrame({name: [len(indices)] for name, indices in found.items()}, index=["pictures"])
    table = {name: np.bincount([i for i in labels[name] if i is not None], minlength=len(classes)) for name in found}
    return pd.DataFrame(table, index=list(classes))


def confused(counts: np.ndarray, rows: Sequence[str], columns: Sequence[str], limit: int = 8) -> pd.DataFrame:
    """The pairs of classes most often taken for one another.  (true, predicted) counts"""
    pairs = [
        (rows[i], columns[j], int(counts[i, j]), counts[i, j] / max(counts[i].sum(), 1))
        for i in range(counts.shape[0])
        for j in range(counts.shape[1])
        if rows[i] != columns[j] and counts[i, j] > 0
    ]
    pairs.sort(key=lambda pair: (-pair[2], pair[0], pair[1]))
    return pd.DataFrame(pairs[:limit], columns=["class", "taken for", "pictures", "share"])


def confusion(counts: np.ndarray, rows: Sequence[str], columns: Sequence[str], ink: Ink) -> go.Figure:
    """Shares of each true class, true classes down and predictions across.  (true, predicted) counts"""
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    figure = go.Figure(
        go.Heatmap(
            z=share,
            x=list(columns),
            y=list(rows),
            customdata=counts,
            zmin=0,
            zmax=1,
            colorscale="Cividis",
            colorbar={"title": {"text": "share"}, "thickness": 12, "outlinewidth": 0},
            hovertemplate="%{y} taken for %{x}: %{customdata} pictures, %{z:.0%}<extra></extra>",
            xgap=1,
            ygap=1,
        )
    )
    figure.update_yaxes(autorange="reversed", title_text="true class", dtick=1, tickfont={"size": 11}, color=ink.text)
    figure.update_xaxes(title_text="predicted", dtick=1, tickangle=-60, tickfont={"size": 11}, color=ink.text)
    figure.update_layout(
        height=180 + 18 * len(rows), margin={"l": 10, "r": 10, "t": 10, "b": 10}, paper_bgcolor="rgba(0,0,0,0)"
    )
    return figure


def cards(found: Iterable) -> pd.DataFrame:
    """What can be opened: name, group and one sentence."""
    return pd.DataFrame(
        [{"name": card.name, "group": card.group, "what it is": card.about} for card in found],
        columns=["name", "group", "what it is"],
    )


def height(table: pd.DataFrame) -> int | str:
    """All of a short table, a window of a long one: what `st.dataframe` takes as its height."""
    return "content" if len(table) <= 18 else 640


def cache(items: Iterable) -> pd.DataFrame:
    """What the cache holds, as its list has it: the most recently used first."""
    rows = []
    for item in items:
        request = item.request
        rows.append(
            {
                "what": request.method if request else "upload",
                "of": _of(request.subject) if request else item.path.name,
                "layer": (request.layer or "") if request else "",
                "classes": ", ".join(map(str, request.classes)) if request else "",
                "kB": item.size / 1000,
                "last used": pd.Timestamp(item.used, unit="s").floor("s"),
            }
        )
    return pd.DataFrame(rows, columns=["what", "of", "layer", "classes", "kB", "last used"])


def _of(subject: str) -> str:
    """A request's subject in words, its digest cut to what tells it from others: 'probe 3fa9c1d2, 13205'."""
    kind, _, rest = subject.partition(":")
    digest, _, part = rest.partition(":")
    return f"{kind} {digest[:8]}" + (f", {part}" if part else "")
