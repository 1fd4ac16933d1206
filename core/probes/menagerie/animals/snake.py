"""The snake: coiled with its head raised, or winding over the ground; a banded back with diamonds."""

import numpy as np

from core.probes.menagerie.animals.anatomy import Brush, Loft, scallops
from core.probes.menagerie.canvas import Paint
from core.probes.menagerie.shapes import tube

SAND = Paint("yellow", (0.80, 0.68, 0.36))
RUST = Paint("brown", (0.45, 0.25, 0.12))
UMBER = Paint("brown", (0.25, 0.14, 0.08))
CREAM = Paint("yellow", (0.92, 0.86, 0.62))
TONGUE = Paint("red", (0.75, 0.12, 0.14))
AMBER = Paint("orange", (0.95, 0.62, 0.12))
EXTENT = (-0.92, -1.0, 1.1, 0.06)
WIDTH = 0.17


def draw(brush: Brush) -> None:
    """Draw the snake with its shadow, labels and landmarks."""
    paint = SAND.varied(brush.rng, 0.03)
    if brush.rng.random() < 0.55:
        _coiled(brush, paint)
    else:
        _winding(brush, paint)


def _ring(x: float, y: float, wide: float, tall: float, start: float, stop: float) -> np.ndarray:
    """Part of a flat ring on the ground, angles in degrees clockwise from the right.  -> (9, 2)"""
    t = np.radians(np.linspace(start, stop, 9))
    return np.stack([x + wide * np.cos(t), y + tall * np.sin(t)], 1)


def _coiled(brush: Brush, paint: Paint) -> None:
    lean = brush.rng.uniform(-0.05, 0.08)
    brush.shadow(0, 1.55)
    tail = [(-0.42, -0.12), (-0.62, -0.07), (-0.76, -0.10), (-0.82, -0.17)]
    _length(brush, paint, tail, (0.13, 0.09, 0.05, 0.016), "tail")
    brush.mark("tail", (-0.62, -0.07))
    _length(brush, paint, _ring(0, -0.2, 0.52, 0.13, 170, 370), (0.15,) * 9, "torso")
    _length(brush, paint, _ring(0, -0.2, 0.52, 0.13, -12, 192), (WIDTH,) * 9, "torso")
    _length(brush, paint, _ring(-0.02, -0.33, 0.39, 0.1, 170, 370), (0.14,) * 9, "torso")
    neck = [
        (-0.1, -0.32),
        (-0.02, -0.44),
        (0.10, -0.56),
        (0.04 + lean, -0.70),
        (0.14 + lean, -0.82),
        (0.32 + lean, -0.80),
    ]
    _raised(brush, paint, neck, (0.15, 0.15, 0.14, 0.12, 0.10, 0.10))
    _length(brush, paint, _ring(-0.02, -0.33, 0.39, 0.1, -12, 192), (WIDTH * 0.95,) * 9, "torso")
    brush.mark("torso", (0.0, -0.07))


def _winding(brush: Brush, paint: Paint) -> None:
    reach, x = brush.rng.uniform(-0.05, 0.05), brush.rng.uniform(0.28, 0.36)
    brush.shadow(-0.12, 1.5, 0.28)
    far = [
        (-0.78 + reach, -0.47),
        (-0.58 + reach, -0.52),
        (-0.34, -0.45),
        (-0.08, -0.49),
        (0.16, -0.45),
        (0.32, -0.41),
        (0.37, -0.36),
    ]
    middle = [(0.33, -0.40), (0.36, -0.33), (0.26, -0.27), (0.02, -0.29), (-0.26, -0.25), (-0.5, -0.25), (-0.6, -0.185)]
    near = [(-0.56, -0.235), (-0.62, -0.16), (-0.5, -0.10), (-0.26, -0.13), (0.0, -0.09), (x - 0.14, -0.10), (x, -0.12)]
    _length(brush, paint, far, (0.016, 0.06, 0.1, 0.125, 0.14, 0.148, 0.15), "torso", tail=0.45)
    _length(brush, paint, middle, (0.15, 0.15, 0.155, 0.16, 0.165, 0.165, 0.165), "torso", plain=0.12)
    _length(brush, paint, near, (0.165, 0.165, 0.168, 0.17, 0.168, 0.162, 0.156), "torso", plain=0.14)
    neck = [
        (x - 0.06, -0.11),
        (x + 0.05, -0.125),
        (x + 0.15, -0.2),
        (x + 0.14, -0.36),
        (x + 0.17, -0.50),
        (x + 0.34, -0.52),
    ]
    _raised(brush, paint, neck, (0.158, 0.155, 0.15, 0.13, 0.11, 0.10))
    brush.mark("tail", far[1])
    brush.mark("torso", near[3])


def _length(brush: Brush, paint: Paint, path, widths, part: str, tail: float = 0.0, plain: float = 0.0) -> None:
    """A piece of the body along a path; the first share `tail` of it is the tail, the share `plain` has no diamonds."""
    path = np.asarray(path, float)
    rows = np.concatenate([path, np.asarray(widths)[:, None] / 2, np.asarray(widths)[:, None] / 2], 1)[::-1]
    body = Loft.through(rows)
    scales = brush.pattern("scaly", Paint("yellow", tuple(0.86 * np.asarray(paint.rgb))), scallops(0.045, 90))
    placed = brush.paint(body.outline(), paint, part, "scales", pattern=scales, relief=0.85)
    if tail:
        brush.marking(body.patch(1 - tail, 1.0, -1.2, 1.2), paint, placed, "tail", pattern=scales, relief=0.85)
    _diamonds(brush, body, placed, 1 - plain)


def _diamonds(brush: Brush, body: Loft, placed: np.ndarray, stop: float) -> None:
    count = max(2, round(stop * body.length / 0.17))
    half = 0.42 * stop / count
    for u in stop * (np.arange(count) + 0.5) / count:
        for size, paint in ((1.0, UMBER), (0.66, RUST)):
            corners = ((u - half * size, 0.0), (u, -0.95 * size), (u + half * size, 0.0), (u, 0.7 * size))
            brush.marking(body.at(*np.array(corners).T), paint, placed, texture="diamond", relief=0.85)


def _raised(brush: Brush, paint: Paint, path, widths) -> None:
    """The raised neck with the head at its end, and the tongue."""
    path = np.asarray(path, float)
    nod = brush.rng.uniform(-0.05, 0.05)
    path[-1] += [0, nod]
    rows = np.concatenate([path, np.asarray(widths)[:, None] / 2, np.asarray(widths)[:, None] / 2], 1)[::-1]
    tip, jaw = path[-1] + [0.2, 0.06 + nod], path[-1] + [0.07, 0.005]
    rows[0] = (*(path[-1] - [0.03, 0.0]), 0.075, 0.07)
    rows = np.concatenate([[(*tip, 0.03, 0.03), (*jaw, 0.088, 0.075)], rows])
    body = Loft.through(rows)
    _tongue(brush, tip, nod)
    scales = brush.pattern("scaly", Paint("yellow", tuple(0.86 * np.asarray(paint.rgb))), scallops(0.045, 0))
    placed = brush.paint(body.outline(), paint, "neck", "scales", pattern=scales, relief=0.85)
    throat = np.concatenate([body.at(np.linspace(-0.01, 0.95, 40), 0.35), body.at(np.linspace(0.95, -0.01, 40), 1.2)])
    brush.marking(throat, CREAM, placed, texture="banded", relief=0.85)
    for u in np.arange(body.row(3.0), 0.98, 0.09):
        bar = body.at(u + np.array([0, 0.045, 0.045, 0.0]), np.array([-1.2, -1.2, 0.2, 0.2]))
        brush.marking(bar, RUST, placed, texture="banded", relief=0.85)
    brush.marking(body.patch(-0.02, body.row(2.3), -1.2, 1.2), paint, placed, "head", pattern=scales, relief=0.85)
    chin = body.patch(-0.02, body.row(2.2), 0.45, 1.2, 12)
    brush.marking(chin, CREAM, placed, relief=0.8)
    stripe = body.shape(
        (
            (body.row(0.6), -0.35),
            (body.row(1.2), -0.4),
            (body.row(2.4), 0.1),
            (body.row(2.4), 0.4),
            (body.row(1.2), 0.0),
        )
    )
    brush.marking(stripe, UMBER, placed, relief=0.6)
    mouth = tube(
        [body.at(0.0, 0.2), body.at(body.row(0.8), 0.42), body.at(body.row(1.6), 0.4)], (0.012, 0.012, 0.008), 5
    )
    brush.marking(mouth, UMBER, placed, relief=0)
    brush.mark("head", body.at(body.row(1.4)))
    brush.mark("neck", body.at(body.row(4.5)))
    brush.eye(*body.at(body.row(0.75), -0.3), 0.052 * brush.rng.uniform(0.95, 1.15), AMBER, 0.5, ring=UMBER)


def _tongue(brush: Brush, tip: np.ndarray, nod: float) -> None:
    fork = tip + [0.07, 0.03 + nod]
    brush.paint(tube([tip - [0.03, 0], fork], (0.016, 0.013), 4), TONGUE, "tongue", "skin", relief=0)
    for end in ((0.05, -0.012), (0.045, 0.035)):
        brush.paint(tube([fork, fork + end], (0.012, 0.007), 4), TONGUE, "tongue", "skin", relief=0)
    brush.mark("tongue", fork)
