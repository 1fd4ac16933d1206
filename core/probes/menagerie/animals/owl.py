"""The owl: upright, facing the viewer, its head turned a little to one side."""

import numpy as np

from core.probes.menagerie.animals.anatomy import BLACK, Brush, mottles, scallops
from core.probes.menagerie.canvas import Paint
from core.probes.menagerie.shapes import ellipse, rotate, smooth, tube

BROWN = Paint("brown", (0.52, 0.38, 0.24))
UMBER = Paint("brown", (0.27, 0.18, 0.11))
BUFF = Paint("brown", (0.80, 0.66, 0.46))
TAN = Paint("brown", (0.70, 0.54, 0.36))
CREAM = Paint("white", (0.92, 0.87, 0.76))
AMBER = Paint("orange", (0.98, 0.66, 0.10))
HORN = Paint("grey", (0.22, 0.21, 0.21))
EXTENT = (-0.66, -1.8, 0.66, 0.08)
TORSO = ((0, -1.12), (0.26, -1.06), (0.4, -0.8), (0.42, -0.5), (0.33, -0.2), (0.16, -0.07), (0, -0.05))
HEAD = ((0, -1.5), (0.2, -1.49), (0.37, -1.36), (0.415, -1.16), (0.33, -0.97), (0.17, -0.88), (0, -0.86))
WING = (
    (0.26, -1.0),
    (0.42, -0.9),
    (0.5, -0.62),
    (0.44, -0.3),
    (0.26, -0.04),
    (0.24, -0.3),
    (0.28, -0.6),
    (0.24, -0.85),
)
EAR = ((0.12, -1.42), (0.24, -1.54), (0.42, -1.66), (0.41, -1.5), (0.36, -1.3))
DISC = (
    (0.0, -1.30),
    (0.1, -1.385),
    (0.24, -1.36),
    (0.335, -1.22),
    (0.31, -1.06),
    (0.2, -0.96),
    (0.06, -0.95),
    (0.0, -0.98),
)


def draw(brush: Brush) -> None:
    """Draw the owl with its shadow, labels and landmarks."""
    rng = brush.rng
    brown, look = BROWN.varied(rng, 0.03), rng.uniform(-0.07, 0.07)
    tip, open_ = rng.uniform(-8, 8), rng.uniform(-3, 12)
    brush.shadow(0, 0.95)
    tail = smooth(((-0.14, -0.2), (0.14, -0.2), (0.13, 0.01), (0.0, 0.04), (-0.13, 0.01)), steps=5)
    brush.paint(tail, UMBER, "tail", "feathers", texture="banded", relief=0.4)
    for y in (-0.06, -0.01):
        brush.paint(ellipse(0, y, 0.22, 0.018, points=14), TAN, "tail", "feathers", texture="banded", relief=0)
    brush.mark("tail", (0, 0.02))
    torso = brush.paint(
        _whole(TORSO), BUFF.varied(rng, 0.02), "torso", "feathers", pattern=_streaks(brush), relief=0.75
    )
    brush.marking(ellipse(0.0, -0.88, 0.42, 0.26), CREAM, torso, relief=0.5, texture="feathered")
    brush.mark("torso", (0, -0.5))
    _feet(brush)
    spots = brush.pattern("mottled", UMBER, mottles(rng, 0.075, 0.42))
    for side in (-1, 1):
        wing = rotate(smooth(WING, steps=6), -open_, (0.3, -0.95)) * [side, 1]
        placed = brush.paint(wing, brown, "wing", "feathers", pattern=spots, relief=0.7)
        for k in range(3):
            bar = np.array(((0.24, -0.2 - 0.11 * k), (0.36, -0.24 - 0.12 * k), (0.5, -0.22 - 0.13 * k)))
            bar = rotate(bar, -open_, (0.3, -0.95)) * [side, 1]
            brush.marking(tube(bar, (0.02, 0.028, 0.02), 4), BUFF, placed, relief=0.5)
    brush.mark("wing", rotate((0.38, -0.6), -open_, (0.3, -0.95)))
    _head(brush, brown, look, tip)


def _whole(half) -> np.ndarray:
    """The right half of an outline and its mirror image, from top to bottom."""
    half = np.asarray(half, float)
    return smooth(np.concatenate([half, (half * [-1, 1])[-2:0:-1]]), steps=6)


def _streaks(brush: Brush):
    return brush.pattern("mottled", UMBER, mottles(brush.rng, 0.042, 0.34, 2.2))


def _feet(brush: Brush) -> None:
    for x in (-0.15, 0.15):
        brush.paint(ellipse(x, -0.1, 0.19, 0.2, points=20), TAN, "leg", "feathers", texture="feathered")
        for tip in (-0.09, 0.0, 0.09):
            brush.paint(tube([(x, -0.06), (x + tip, 0.02)], (0.07, 0.055), 4), TAN, "foot", "feathers", relief=0.6)
            claw = np.array([(x + tip - 0.022, 0.015), (x + tip + 0.022, 0.015), (x + 1.2 * tip, 0.06)])
            brush.paint(claw, HORN, "claw", "horn", relief=0)
    brush.mark("foot", (0.15, -0.02))
    brush.mark("leg", (0.15, -0.1))


def _head(brush: Brush, brown: Paint, look: float, tip: float) -> None:
    """Head, tufts and face, the face shifted by `look` and the whole tipped by `tip` degrees."""
    neck = (0, -0.95)

    def tipped(points):
        return rotate(points, tip, neck)

    for side in (-1, 1):
        ear = tipped(smooth(np.array(EAR) * [side, 1], steps=5))
        placed = brush.paint(ear, brown, "ear", "feathers", texture="feathered", relief=0.6)
        inner = tipped(smooth((np.array(EAR) * 0.6 + [0.115, -0.6]) * [side, 1], steps=4))
        brush.marking(inner, UMBER, placed, relief=0.3)
    spots = brush.pattern("mottled", UMBER, mottles(brush.rng, 0.06, 0.38))
    head = brush.paint(tipped(_whole(HEAD)), brown, "head", "feathers", pattern=spots, relief=0.75)
    disc = _whole(DISC) + [look, 0.0]
    rim = (disc - [look, -1.16]) * 1.09 + [look, -1.16]
    brush.marking(tipped(rim), UMBER, head, "face disc", texture="feathered", relief=0.6)
    barbs = brush.pattern("feathered", TAN, scallops(0.055, 0))
    brush.marking(tipped(disc), BUFF, head, "face disc", pattern=barbs, relief=0.6)
    brow = np.array(((0.0, -1.1), (0.05, -1.24), (0.15, -1.34), (0.24, -1.345), (0.12, -1.25), (0.06, -1.1)))
    for side in (-1, 1):
        brush.marking(tipped(smooth(brow * [side, 1], steps=4) + [look, 0]), CREAM, head, "face disc", relief=0.5)
    brush.marking(tipped(ellipse(look, -0.97, 0.2, 0.1)), CREAM, head, "face disc", relief=0.5)
    for side in (-1, 1):
        x, y = tipped(np.array([0.155 * side + look * (1.15 if side * look > 0 else 0.9), -1.17]))
        brush.eye(x, y, 0.17, AMBER, 0.58, ring=BLACK)
    beak = smooth(((-0.04, -1.13), (0.04, -1.13), (0.05, -1.06), (0.0, -0.96), (-0.05, -1.06)), steps=5)
    brush.paint(tipped(beak + [1.25 * look, 0]), HORN, "beak", "horn", texture="smooth", relief=0.8)
    brush.mark("beak", tipped(np.array([1.25 * look, -1.06])))
    brush.mark("head", tipped(np.array([0, -1.42])))
    brush.mark("ear", tipped(np.array([0.34, -1.5])))
