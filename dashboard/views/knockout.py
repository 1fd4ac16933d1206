"""What closing channels does to probabilities: bars of before and after, for each choice of channels."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.measures.interval import Estimate
from core.measures.knockout import Knockout
from dashboard.views.ink import Ink
from dashboard.views.words import number, percent, probability

WIDTH, ROW, BAR = 240, 37, 10  # pixels
TITLES = {"chip": "CHIP's channels", "gradcam": "Grad-CAM's channels", "random": "Random channels"}


@dataclass(frozen=True)
class Move:
    """A class's probability before and after; `low` and `high` say how far the second is known, or how far random sets
    scatter; `asked` is the class whose channels are closed."""

    name: str
    before: float
    after: float
    low: float
    high: float
    asked: bool = False


def classes(found: Knockout, choices: Sequence[str], count: int = 5) -> list[int]:
    """The classes worth a bar: the one asked for, then those of the highest probability before or after."""
    top = np.max([found.mean(choice) for choice in ("", *choices)], 0)
    rest = [int(index) for index in np.argsort(-top, kind="stable") if index != found.label]
    return [found.label, *rest[: count - 1]]


def moves(found: Knockout, choice: str, labels: Sequence[int], names: Sequence[str]) -> list[Move]:
    """The bars of one choice. On one picture the range is that of the random sets; on several images it is the asked
    class's interval over them."""
    before, after, every = found.mean(""), found.mean(choice), found.means[found.rows(choice)]
    low, high = every.min(0), every.max(0)
    if len(found.labels) > 1:
        low = high = after
    rows = [Move(names[c], before[c], after[c], low[c], high[c], c == found.label) for c in labels]
    if len(found.labels) > 1:
        one = found.estimate("asked", choice, "class")
        rows = [Move(r.name, r.before, r.after, one.low, one.high, True) if r.asked else r for r in rows]
    return rows


def bars(rows: Sequence[Move], ink: Ink) -> str:
    """One row a class: its name, before as an outline, after filled, the range as a line, both in figures; as SVG."""
    parts = []
    for place, row in enumerate(rows):
        top, colour, weight = place * ROW, ink.accent if row.asked else ink.muted, 700 if row.asked else 400
        parts.append(
            f'<g transform="translate(0 {top})" font-size="13" fill="{ink.text}"><text y="12" font-weight="{weight}">'
            f'{_short(row.name)}</text><text x="{WIDTH}" y="12" text-anchor="end">{_figure(row.before)} → '
            f'<tspan font-weight="{weight}">{_figure(row.after)}</tspan></text>'
            f'<rect y="19" width="{WIDTH}" height="{BAR}" rx="2" fill="{ink.line}" fill-opacity="0.45"/>'
            f'<rect y="19" width="{_along(row.after):.1f}" height="{BAR}" rx="2" fill="{colour}"/>'
            f"{_outline(row.before, ink)}{_range(row, ink)}</g>"
        )
    height = ROW * len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="Source Sans, Source Sans Pro, Helvetica, Arial, sans-serif">{"".join(parts)}</svg>'
    )


def alt(rows: Sequence[Move], title: str) -> str:
    """The bars in words."""
    told = ", ".join(f"{row.name} from {probability(row.before)} to {probability(row.after)}" for row in rows)
    return f"Probabilities with {title} closed: {told}"


def closed(found: Knockout, choice: str, limit: int = 12) -> str:
    """Which channels a choice closes and how much of the layer's activation they carry, in a sentence."""
    sets = found.closed[found.rows(choice) - 1]
    carried = found.carried(choice)
    if choice == "random":
        both = (sets & found.closed[0]).sum(1).mean()
        low, high = percent(carried.min()), percent(carried.max())
        range_of = low if low == high else f"{low} to {high}"
        return f"{len(sets)} sets, {range_of} of the activation; {number(both)} of CHIP's among them on average."
    channels = np.flatnonzero(sets[0])
    more = f" and {len(channels) - limit} more" if len(channels) > limit else ""
    same = int((sets[0] & found.closed[0]).sum())
    shared = f"; {same} {'is' if same == 1 else 'are'} CHIP's too" if choice == "gradcam" else ""
    return f"{', '.join(map(str, channels[:limit]))}{more}: {percent(carried[0])} of the activation{shared}."


def _figure(value: float) -> str:
    return escape(probability(value))


def _outline(value: float, ink: Ink) -> str:
    if value < 0.01:
        return ""
    return (
        f'<rect x="0.6" y="19.6" width="{_along(value) - 1.2:.1f}" height="{BAR - 1.2}" rx="2" fill="none" '
        f'stroke="{ink.text}" stroke-width="1.2"/>'
    )


def _range(row: Move, ink: Ink) -> str:
    if row.high - row.low < 0.005:
        return ""
    low, high, middle = _along(row.low), _along(row.high), 19 + BAR / 2
    return (
        f'<path d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 4}v8M{high:.1f} {middle - 4}v8" '
        f'stroke="{ink.second}" stroke-width="2" fill="none"/>'
    )


def _along(value: float) -> float:
    return max(WIDTH * value, 1.5)


def _short(name: str) -> str:
    return escape(name if len(name) <= 18 else f"{name[:17]}…")


def doublings(most: int) -> list[int]:
    """1, 2, 4 ... and `most`."""
    return sorted({*(2**power for power in range(most.bit_length())), most})


def curve(steps: Sequence[int], found: Sequence[Knockout], name: str, ink: Ink) -> go.Figure:
    """The probability of the class on one picture against how many channels are closed; for random sets their mean and
    how far they scatter."""
    label = found[0].label
    before = float(found[0].mean("")[label])
    x = [0, *steps]
    figure = go.Figure()
    scatter = np.array([one.means[one.rows("random"), label] for one in found])  # (steps, sets)
    low, high = [before, *scatter.min(1)], [before, *scatter.max(1)]
    figure.add_scatter(
        x=[*x, *x[::-1]], y=[*high, *low[::-1]], fill="toself", fillcolor=ink.line, opacity=0.5, mode="none",
        hoverinfo="skip", name="range of random sets",
    )  # fmt: skip
    for choice, colour in (("random", ink.muted), ("gradcam", ink.second), ("chip", ink.accent)):
        values = [before, *(float(one.mean(choice)[label]) for one in found)]
        figure.add_scatter(
            x=x, y=values, name=TITLES[choice], mode="lines+markers", line={"color": colour, "width": 2},
            hovertemplate=f"%{{x}} closed: %{{y:.2f}}<extra>{TITLES[choice]}</extra>",
        )  # fmt: skip
    figure.update_xaxes(title_text="channels closed", type="linear", color=ink.text, zeroline=False)
    figure.update_yaxes(title_text=f"probability of {name}", range=[-0.03, 1.03], color=ink.text, zeroline=False)
    figure.update_layout(
        height=320, margin={"l": 10, "r": 10, "t": 10, "b": 10}, paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)", legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    return figure


def table(found: Knockout, name: str) -> pd.DataFrame:
    """What is closed, the probability of the class on its own pictures, and accuracy on those and on the others, each
    with its 95 % interval."""
    rows = {"nothing": "", "CHIP's": "chip", "Grad-CAM's": "gradcam", "as active, at random": "random"}
    columns = {
        f"probability of {name}": ("asked", "class"),
        f"accuracy on {name}": ("right", "class"),
        "accuracy on the others": ("right", "others"),
    }
    cells = [
        {"closed": title, **{head: _interval(found.estimate(what, choice, of)) for head, (what, of) in columns.items()}}
        for title, choice in rows.items()
    ]
    return pd.DataFrame(cells)


def _interval(one: Estimate) -> str:
    return "none" if not one.n else f"{one.value:.2f} ({one.low:.2f} to {one.high:.2f})"
