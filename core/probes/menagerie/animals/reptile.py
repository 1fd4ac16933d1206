"""Reptiles: the turtle under its shell, the long low crocodile; the snake, all spine, is in `snake.py`."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.probes.menagerie.animals import snake
from core.probes.menagerie.animals.anatomy import Brush, Loft, joined, mottles, plates, scallops
from core.probes.menagerie.canvas import Canvas, Paint
from core.probes.menagerie.shapes import Frame, ellipse, rotate, smooth, tube

OLIVE = Paint("green", (0.46, 0.52, 0.27))
MOSS = Paint("green", (0.30, 0.38, 0.22))
FERN = Paint("green", (0.38, 0.46, 0.26))
STRAW = Paint("yellow", (0.80, 0.76, 0.50))
BARK = Paint("brown", (0.47, 0.33, 0.18))
HONEY = Paint("brown", (0.66, 0.48, 0.24))
EARTH = Paint("brown", (0.27, 0.18, 0.10))
DARK_GREEN = Paint("green", (0.19, 0.26, 0.16))
GOLD = Paint("yellow", (0.93, 0.78, 0.22))
TOOTH = Paint("white", (0.96, 0.94, 0.86))
CLAW = Paint("grey", (0.30, 0.29, 0.25))
THROAT = Paint("red", (0.62, 0.25, 0.22))


@dataclass(frozen=True)
class Walker:
    """Where a reptile's limbs hang: (hip, foot) in own units, the far ones first; `width` at hip and foot."""

    limbs: tuple
    width: tuple[float, float, float]
    claws: int
    paint: Paint
    extent: tuple[float, float, float, float]


TURTLE = Walker(
    limbs=(
        ("front leg", (0.32, -0.28), (0.44, -0.03), True),
        ("hind leg", (-0.22, -0.28), (-0.16, -0.03), True),
        ("front leg", (0.28, -0.27), (0.32, 0.0), False),
        ("hind leg", (-0.32, -0.27), (-0.38, 0.0), False),
    ),
    width=(0.26, 0.2, 0.17),
    claws=3,
    paint=OLIVE,
    extent=(-0.74, -0.80, 0.96, 0.13),
)
CROCODILE = Walker(
    limbs=(
        ("front leg", (0.24, -0.2), (0.38, -0.03), True),
        ("hind leg", (-0.24, -0.2), (-0.08, -0.03), True),
        ("front leg", (0.18, -0.21), (0.22, 0.01), False),
        ("hind leg", (-0.32, -0.2), (-0.34, 0.01), False),
    ),
    width=(0.18, 0.13, 0.1),
    claws=4,
    paint=FERN,
    extent=(-1.22, -0.58, 1.1, 0.06),
)
WALKERS = {"turtle": TURTLE, "crocodile": CROCODILE}


def extent(species: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a species in its own units, with room for every pose."""
    return snake.EXTENT if species == "snake" else WALKERS[species].extent


def draw(canvas: Canvas, species: str, frame: Frame, rng: np.random.Generator, instance: int) -> None:
    """Draw one reptile with its shadow, labels and landmarks."""
    brush = Brush(canvas, species, frame, rng, instance)
    {"turtle": _turtle, "crocodile": _crocodile, "snake": snake.draw}[species](brush)


def _limbs(brush: Brush, plan: Walker, paint: Paint, far: bool, bend: float) -> None:
    """The legs of one side, bent outwards, with their feet and claws."""
    for name, hip, foot, behind in plan.limbs:
        if behind != far:
            continue
        step = brush.rng.uniform(-0.06, 0.06)
        foot = np.array(foot) + [step, 0]
        tone = Paint(paint.name, tuple((0.72 if far else 0.98) * np.asarray(paint.rgb)))
        back = -1 if name == "front leg" else 1
        spine = joined(hip, foot - [0, 0.5 * plan.width[2]], back * bend)
        scales = brush.pattern("scaly", Paint(tone.name, tuple(0.84 * np.asarray(tone.rgb))), scallops(0.05))
        brush.paint(tube(spine, plan.width, 6), tone, "leg", "scales", pattern=scales, relief=0.6)
        n = plan.width[2]
        paw = (
            (-0.5 * n, -0.3 * n),
            (0.0, -0.8 * n),
            (0.6 * n, -0.55 * n),
            (0.95 * n, -0.1 * n),
            (0.8 * n, 0.06 * n),
            (-0.4 * n, 0.05 * n),
        )
        paw = smooth(paw, steps=5)
        brush.paint(paw + foot, tone, "foot", "scales", texture="scaly", relief=0.5)
        for k in range(plan.claws):
            x = foot[0] + n * (0.25 + 0.75 * k / plan.claws)
            y = foot[1] - 0.04 * n
            claw = np.array([(x - 0.1 * n, y - 0.12 * n), (x + 0.12 * n, y - 0.12 * n), (x + 0.22 * n, y + 0.14 * n)])
            brush.paint(claw, CLAW, "claw", "horn", relief=0)
        if not far:
            brush.mark(name, spine[1])


def _turtle(brush: Brush) -> None:
    rng = brush.rng
    skin, shell = TURTLE.paint.varied(rng, 0.03), HONEY.varied(rng, 0.03)
    swims = brush.frame.afloat
    if not swims:
        brush.shadow(0.02, 1.15)
    _turtle_limbs(brush, skin, True, swims)
    tail = smooth(((-0.42, -0.30), (-0.56, -0.21), (-0.64, -0.11), (-0.5, -0.14), (-0.38, -0.19)), steps=5)
    brush.paint(tail, skin, "tail", "scales", texture="smooth")
    brush.mark("tail", (-0.52, -0.18))
    _turtle_head(brush, skin)
    belly = smooth(((-0.46, -0.29), (0.44, -0.29), (0.36, -0.18), (0.0, -0.15), (-0.38, -0.18)), steps=5)
    brush.paint(belly, STRAW, "torso", "shell", texture="smooth", relief=0.6)
    _turtle_limbs(brush, skin, False, swims)
    _shell(brush, shell)


FLIPPERS = (  # as TURTLE.limbs, with a knee between: what it swims with
    ("front leg", ((0.30, -0.30), (0.50, -0.22), (0.56, -0.05), (0.50, 0.06)), True),
    ("hind leg", ((-0.26, -0.27), (-0.42, -0.2), (-0.54, -0.14)), True),
    ("front leg", ((0.27, -0.29), (0.27, -0.14), (0.12, 0.0), (-0.06, 0.07)), False),
    ("hind leg", ((-0.34, -0.27), (-0.50, -0.19), (-0.66, -0.08)), False),
)


def _turtle_limbs(brush: Brush, skin: Paint, far: bool, swims: bool) -> None:
    """Stout legs on the ground, flippers in the water."""
    if not swims:
        _limbs(brush, TURTLE, skin, far, 0.03)
        return
    stroke = brush.rng.uniform(-18, 14)
    for name, path, behind in FLIPPERS:
        if behind != far:
            continue
        path = rotate(path, stroke if name == "front leg" else -0.5 * stroke, path[0])
        tone = Paint(skin.name, tuple((0.75 if far else 1.0) * np.asarray(skin.rgb)))
        spots = brush.pattern("spotted", DARK_GREEN, mottles(brush.rng, 0.05, 0.34))
        widths = (0.18, 0.21, 0.15, 0.03) if len(path) == 4 else (0.18, 0.17, 0.07)
        outline = tube(path, widths, 6)
        placed = brush.paint(outline, tone, "leg", "scales", pattern=spots, relief=0.6)
        brush.marking(
            tube(path[-2:], (1.4 * widths[-2], 2 * widths[-1]), 6), tone, placed, "foot", pattern=spots, relief=0.6
        )
        if not far:
            brush.mark(name, path[1])


def _turtle_head(brush: Brush, skin: Paint) -> None:
    """Neck and head, raised or stretched."""
    rng = brush.rng
    lift, reach = rng.uniform(-0.03, 0.14), rng.uniform(-0.03, 0.05)
    rows = (
        (0.85 + reach, -0.43 - lift, 0.05, 0.055),
        (0.75 + reach, -0.47 - lift, 0.125, 0.10),
        (0.62 + reach, -0.44 - lift, 0.115, 0.105),
        (0.48, -0.35, 0.095, 0.095),
        (0.3, -0.31, 0.1, 0.1),
    )
    body = Loft.through(rows)
    spots = brush.pattern("spotted", DARK_GREEN, mottles(rng, 0.055, 0.36))
    placed = brush.paint(body.outline(), skin, "neck", "scales", pattern=spots, relief=0.7)
    brush.mark("neck", body.at(body.row(3)))
    brush.marking(body.patch(-0.02, body.row(2.3), -1.2, 1.2), skin, placed, "head", pattern=spots, relief=0.7)
    beak = ((-0.02, -1.2), (body.row(0.35), -0.9), (body.row(0.4), 0.4), (-0.02, 1.0))
    brush.marking(body.shape(beak), STRAW, placed, "beak", material="horn", texture="smooth", relief=0.6)
    mouth = tube(
        [body.at(0.0, 0.3), body.at(body.row(0.5), 0.45), body.at(body.row(1.1), 0.25)], (0.016, 0.014, 0.008), 5
    )
    brush.marking(mouth, EARTH, placed, relief=0)
    brush.mark("head", body.at(body.row(1.3)))
    brush.mark("beak", body.at(body.row(0.15)))
    brush.eye(*body.at(body.row(0.85), -0.3), 0.062 * rng.uniform(0.95, 1.15), GOLD, 0.6, ring=DARK_GREEN)


DOME = (
    (-0.54, -0.27),
    (-0.50, -0.43),
    (-0.36, -0.62),
    (-0.12, -0.735),
    (0.12, -0.725),
    (0.34, -0.60),
    (0.48, -0.42),
    (0.54, -0.27),
    (0.3, -0.22),
    (0.0, -0.205),
    (-0.3, -0.22),
)


def _shell(brush: Brush, paint: Paint) -> None:
    """A dome of scutes: three rows of plates, each darker towards its joints, over a rim of small ones."""
    placed = brush.paint(smooth(DOME, steps=8), EARTH, "shell", "shell", texture="scuted", relief=0.9)
    edges = np.array([-0.53, -0.33, -0.11, 0.12, 0.34, 0.53])
    for low, high, narrow in ((0.24, 0.66, 1.0), (0.7, 1.06, 0.86)):
        for a, b in pairwise(edges):
            x = np.array([a + 0.012, (a + b) / 2, b - 0.012]) * narrow
            rim = np.concatenate(
                [np.stack([x, _dome_height(x, high)], 1), np.stack([x[::-1], _dome_height(x[::-1], low)], 1)]
            )
            tone = paint.varied(brush.rng, 0.02)
            brush.marking(rim, tone, placed, relief=0.9)
            inner = rim.mean(0) + 0.55 * (rim - rim.mean(0))
            brush.marking(inner, BARK, placed, relief=0.9, opacity=0.75)
    steps = np.linspace(-0.54, 0.54, 11)
    for a, b in pairwise(steps):
        x = np.array([a + 0.008, b - 0.008])
        rim = np.concatenate(
            [np.stack([x, _dome_height(x, 0.2)], 1), np.stack([x[::-1], _dome_height(x[::-1], -0.1)], 1)]
        )
        brush.marking(rim, STRAW, placed, "shell", relief=0.9)
    brush.mark("shell", (0, -0.52))
    brush.mark("torso", (0.0, -0.36))


def _dome_height(x, share):
    """y on the dome above x: 0 at its rim, 1 at its ridge."""
    ridge = np.interp(x, [p[0] for p in DOME[:8]], [p[1] for p in DOME[:8]])
    rim = -0.26 + 0.04 * (1 - (np.asarray(x) / 0.54) ** 2)
    return rim + share * (ridge - rim)


def _crocodile(brush: Brush) -> None:
    rng = brush.rng
    paint, sway, gape = CROCODILE.paint.varied(rng, 0.03), rng.uniform(-0.05, 0.06), rng.uniform(0, 1)
    gape = 4.0 if gape < 0.5 else 4.0 + 16 * (gape - 0.5) * 2
    rows = (
        (0.60, -0.31, 0.09, 0.085),
        (0.44, -0.31, 0.135, 0.12),
        (0.27, -0.29, 0.12, 0.13),
        (0.05, -0.285, 0.16, 0.175),
        (-0.22, -0.275, 0.15, 0.165),
        (-0.44, -0.24, 0.115, 0.13),
        (-0.68, -0.185 + 0.5 * sway, 0.09, 0.10),
        (-0.90, -0.125 + 0.3 * sway, 0.062, 0.07),
        (-1.14, -0.12 - sway, 0.016, 0.02),
    )
    brush.shadow(-0.1, 1.9)
    _limbs(brush, CROCODILE, paint, True, -0.07)
    body = Loft.through(rows)
    _jaws(brush, paint, gape)
    _ridges(brush, body)
    scales = brush.pattern("scaly", MOSS, plates(0.062))
    placed = brush.paint(body.outline(), paint, "torso", "scales", pattern=scales, relief=0.75)
    brush.marking(body.patch(body.row(5.2), 1, -1.2, 1.2), paint, placed, "tail", pattern=scales, relief=0.75)
    brush.marking(body.patch(0, body.row(1.5), -1.2, 1.2), paint, placed, "head", texture="scaly", relief=0.75)
    for row in (2.6, 3.5, 4.4, 5.3, 6.0, 6.7, 7.3):
        u = body.row(row)
        bar = body.at(u + 0.012 * np.array([-1, 1, 1.4, 0.6]), np.array([-1.2, -1.2, 0.0, 0.15]))
        brush.marking(bar, DARK_GREEN, placed, relief=0.6, opacity=0.55)
    under = np.concatenate([body.at(np.linspace(0, 1, 40), 0.52), body.at(np.linspace(1, 0, 40), 1.2)])
    brush.marking(under, STRAW, placed, relief=0.75)
    _limbs(brush, CROCODILE, paint, False, -0.07)
    for name, row in (("head", 0.6), ("torso", 3.3), ("tail", 6.5)):
        brush.mark(name, body.at(body.row(row)))
    brow = ellipse(0.5, -0.435, 0.19, 0.125, 8, points=24)
    brush.paint(brow, paint, "head", "scales", texture="scaly", relief=0.7)
    brush.eye(0.52, -0.44, 0.068 * rng.uniform(0.95, 1.15), GOLD, 0.5, ring=DARK_GREEN)


UPPER_JAW = (
    (0.42, -0.37),
    (0.58, -0.385),
    (0.75, -0.325),
    (0.92, -0.325),
    (1.02, -0.345),
    (1.06, -0.285),
    (1.02, -0.24),
    (0.75, -0.235),
    (0.44, -0.24),
)
LOWER_JAW = (
    (0.38, -0.29),
    (0.63, -0.255),
    (0.94, -0.235),
    (1.03, -0.205),
    (0.94, -0.165),
    (0.63, -0.155),
    (0.42, -0.155),
)
HINGE = (0.45, -0.245)


def _jaws(brush: Brush, paint: Paint, gape: float) -> None:
    """The long snout and the lower jaw, `gape` degrees open, with teeth between."""
    up, down = -0.45 * gape, 0.6 * gape
    inside = np.array([HINGE, rotate((0.98, -0.25), up, HINGE), rotate((0.96, -0.23), down, HINGE)])
    brush.paint(inside, THROAT, "mouth", "skin", relief=0)
    brush.paint(rotate(smooth(LOWER_JAW, steps=6), down, HINGE), STRAW, "snout", "scales", texture="scaly", relief=0.7)
    for k, x in enumerate(np.linspace(0.6, 0.99, 8)):
        size = 0.017 + 0.006 * (k % 3 == 2)
        for turn, sign, y in ((up, 1, -0.245), (down, -1, -0.24)):
            if sign > 0 or gape > 6:
                at = x - 0.022 * (sign < 0)
                tooth = np.array([(at - size, y), (at + size, y), (at, y + sign * 2.8 * size)])
                brush.paint(rotate(tooth, turn, HINGE), TOOTH, "tooth", "horn", relief=0)
    scales = brush.pattern("scaly", MOSS, plates(0.05))
    brush.paint(rotate(smooth(UPPER_JAW, steps=6), up, HINGE), paint, "snout", "scales", pattern=scales, relief=0.7)
    nostril = rotate(ellipse(1.0, -0.325, 0.05, 0.028, -20, points=14), up, HINGE)
    brush.paint(nostril, DARK_GREEN, "snout", "scales", relief=0)
    brush.mark("snout", rotate((0.82, -0.28), up, HINGE))


def _ridges(brush: Brush, body: Loft) -> None:
    """Saw-toothed scutes along the back and the tail."""
    u = np.arange(body.row(1.7), 0.985, 0.026)
    for i, at in enumerate(u):
        tall = 1.0 + (0.045 + 0.02 * (at > body.row(5))) / max(body.half(at), 0.03)
        points = body.at(at + np.array([-0.018, -0.006, 0.016, 0.02]), np.array([-0.9, -tall, -tall + 0.12, -0.85]))
        brush.paint(points, MOSS if i % 2 else DARK_GREEN, "crest", "scales", texture="ridged", relief=0.3)
    brush.mark("crest", body.at(body.row(3.5), -1.0))
