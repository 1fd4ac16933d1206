"""Insertion and deletion as one small picture: the map's curve beside those of orders that know nothing of it."""

import numpy as np

from dashboard.views.ink import Ink
from dashboard.views.words import number

WIDTH, HEIGHT = 264, 134
_PLOT = (122, 64)  # pixels of one curve's frame
_TOP = 48


def faithfulness(found, floor, ink: Ink) -> str:
    """Two frames side by side with both ends of each curve and the areas in figures, as SVG.

    `found` has `insertion` and `deletion`, `floor` the same for random and centre-out orders (core/measures/
    faithfulness.py). Probability runs from 0 to the highest value seen, so that weak classes show.
    """
    lines = {
        "insertion": (found.insertion, floor.random_insertion, floor.centre_insertion),
        "deletion": (found.deletion, floor.random_deletion, floor.centre_deletion),
    }
    top = max(float(curve.probabilities.max()) for trio in lines.values() for curve in trio) * 1.05 or 1.0
    frames = []
    for left, (name, (own, random, centre)) in zip((0, WIDTH - _PLOT[0]), lines.items(), strict=True):
        frames.append(
            f'<text x="{left}" y="11" font-size="12" fill="{ink.text}">{name.capitalize()} '
            f'<tspan font-weight="700">{number(own.area)}</tspan></text>'
            f'<text x="{left}" y="25" font-size="10.5" fill="{ink.muted}">random {number(random.area)}</text>'
            f'<text x="{left}" y="38" font-size="10.5" fill="{ink.muted}">from the centre {number(centre.area)}</text>'
            f'<path d="M{left} {_TOP}v{_PLOT[1]}h{_PLOT[0]}" fill="none" stroke="{ink.line}"/>'
            f"{_line(random, left, top, ink.muted, 1.2)}"
            f"{_line(centre, left, top, ink.muted, 1.2, '3 3')}{_line(own, left, top, ink.accent, 2.2)}"
        )
    foot = (
        f'<text x="0" y="{HEIGHT - 5}" font-size="10" fill="{ink.muted}">0 … 100 % of pixels</text>'
        f'<text x="{WIDTH}" y="{HEIGHT - 5}" font-size="10" text-anchor="end" fill="{ink.muted}">'
        f"height {number(top)}</text>"
    )
    return _svg("".join(frames) + foot, WIDTH, HEIGHT)


def alt(found, floor) -> str:
    """The same in words."""
    return (
        f"Insertion area {number(found.insertion.area)} against {number(floor.random_insertion.area)} in random and "
        f"{number(floor.centre_insertion.area)} in centre-out order; deletion area {number(found.deletion.area)} "
        f"against {number(floor.random_deletion.area)} and {number(floor.centre_deletion.area)}"
    )


def key(ink: Ink) -> str:
    """Which line is which, once for the whole page, as SVG."""
    items = (
        ("the map's order", ink.accent, 2.2, ""),
        ("random order", ink.muted, 1.2, ""),
        ("from the centre out", ink.muted, 1.2, "3 3"),
    )
    parts, left = [], 0
    for label, colour, width, dash in items:
        parts.append(
            f'<path d="M{left} 8h22" stroke="{colour}" stroke-width="{width}" stroke-dasharray="{dash}"/>'
            f'<text x="{left + 28}" y="12" font-size="12" fill="{ink.muted}">{label}</text>'
        )
        left += 44 + 6.4 * len(label)
    return _svg("".join(parts), round(left), 18)


def _line(curve, left: float, top: float, colour: str, width: float, dash: str = "") -> str:
    x = left + np.asarray(curve.fractions) * _PLOT[0]
    y = _TOP + _PLOT[1] * (1 - np.asarray(curve.probabilities) / top)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-dasharray="{dash}" '
        'stroke-linejoin="round"/>'
    )


def _svg(body: str, width: int, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="Source Sans, Source Sans Pro, Helvetica, Arial, sans-serif">{body}</svg>'
    )
