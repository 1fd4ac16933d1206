"""The curve of an explainer's training: what is not yet reconstructed, epoch by epoch."""

import numpy as np
import plotly.graph_objects as go

from core.methods.explainer.training import MEASURES
from dashboard.views.ink import Ink
from dashboard.views.words import percent

CLEAR = "rgba(0,0,0,0)"
LOST = ("fc6", "fc7")  # shares of these layers' energy


def losses(history: np.ndarray, ink: Ink) -> go.Figure:
    """Shares of fc6 and fc7 that are not reconstructed, by epoch, on a logarithmic axis.  (epochs, MEASURES)"""
    figure, epochs = go.Figure(), np.arange(1, len(history) + 1)
    for name, colour in zip(LOST, (ink.third, ink.accent), strict=True):
        values = history[:, MEASURES.index(name)]
        figure.add_scatter(
            x=epochs, y=values, mode="lines+markers+text", name=name, showlegend=False,
            text=[""] * (len(values) - 1) + [f" {name}"], textposition="middle right", textfont={"color": colour},
            line={"color": colour, "width": 2}, marker={"size": 5}, cliponaxis=False,
            hovertemplate=f"{name}, epoch %{{x}}: %{{y:.1%}} not reconstructed<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(
        title_text="epoch", color=ink.text, gridcolor=ink.line, zeroline=False, dtick=max(len(history) // 12, 1),
        range=[0.8, max(len(history), 2) + 0.6],
    )  # fmt: skip
    figure.update_yaxes(
        title_text="not reconstructed", color=ink.text, gridcolor=ink.line, type="log", tickformat=".2~%", nticks=5
    )
    figure.update_layout(
        height=260, paper_bgcolor=CLEAR, plot_bgcolor=CLEAR, margin={"l": 10, "r": 30, "t": 10, "b": 10}
    )
    return figure


def told(history: np.ndarray) -> str:
    """The curve in words."""
    if not len(history):
        return "no epoch was completed"
    shares = [f"{percent(float(history[-1, MEASURES.index(name)]))} of {name}" for name in LOST]
    return f"after epoch {len(history)} not reconstructed: {' and '.join(shares)}"
