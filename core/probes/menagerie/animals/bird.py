"""Birds seen from the side, one body from the beak's root to the tail; the owl, facing the viewer, is in `owl.py`."""

import numpy as np

from core.probes.menagerie.animals import owl
from core.probes.menagerie.animals.anatomy import Brush, Loft, joined, scallops
from core.probes.menagerie.animals.plumage import (
    BIRDS,
    BLUE,
    CHESTNUT,
    COAL,
    GREEN,
    ROSE,
    SCARLET,
    SHELL_PINK,
    SNOW,
    YELLOW,
    Bird,
    Leg,
)
from core.probes.menagerie.canvas import Canvas, Paint
from core.probes.menagerie.shapes import Frame, ellipse, rotate, smooth, tube


def extent(species: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a species in its own units, with room for every pose."""
    return owl.EXTENT if species == "owl" else BIRDS[species].extent


def draw(canvas: Canvas, species: str, frame: Frame, rng: np.random.Generator, instance: int) -> None:
    """Draw one bird with its shadow, labels and landmarks."""
    brush = Brush(canvas, species, frame, rng, instance)
    if species == "owl":
        owl.draw(brush)
        return
    bird = BIRDS[species]
    rests = rng.random() < 0.3 or frame.afloat or bird.leg is None
    sunk = bird.sits if rests else 0.0
    rows = _posed(bird, rng, sunk)
    body, paint, lift = (
        Loft.through(rows),
        bird.paint.varied(rng, 0.015 if bird.paint.name == "black" else 0.03),
        rng.uniform(*bird.open),
    )
    brush.shadow(*(0.0, 1.3) if sunk else bird.shadow)
    if lift > 8:
        _wing(brush, bird, paint, 1.6 * lift, sunk, far=True)
    if bird.leg is not None and not sunk:
        _legs(brush, bird.leg, paint)
    _tail(brush, bird, sunk)
    placed = _trunk(brush, bird, body, paint)
    COATS.get(species, _plain)(brush, bird, body, placed, paint)
    _wing(brush, bird, paint, lift, sunk)
    _head(brush, bird, body)
    for name, row in (
        ("head", 0.5 * bird.head),
        ("torso", 0.5 * (bird.neck + bird.rump)),
        ("neck", 0.5 * (bird.head + bird.neck)),
    ):
        brush.mark(name, body.at(body.row(row)))


def _posed(bird: Bird, rng: np.random.Generator, sunk: float) -> np.ndarray:
    """The rows with neck and head turned about the hinge, each row a little more, and the girth varied."""
    rows = np.array(bird.rows, float)
    rows[:, 2:] *= rng.uniform(0.95, 1.06)
    angle = rng.uniform(*bird.turn)
    for i in range(bird.hinge):
        share = min(1.0, 2 * (bird.hinge - i) / bird.hinge)
        rows[i, :2] = rotate(rows[i, :2], angle * share, rows[bird.hinge, :2])
    nod = 0.5 * rng.uniform(*bird.turn)
    pivot = int(bird.head)
    rows[:pivot, :2] = rotate(rows[:pivot, :2], nod, rows[pivot, :2])
    rows[:, 1] += sunk
    return rows


def _plumage(brush: Brush, bird: Bird, paint: Paint, angle: float, deep: float = 0.88):
    return brush.pattern("feathered", _deeper(paint, deep), scallops(bird.feather, angle))


def _deeper(paint: Paint, share: float) -> Paint:
    """The same paint darker, or lighter where it is nearly black."""
    rgb = np.asarray(paint.rgb)
    return Paint(paint.name, tuple(rgb * share if rgb.max() > 0.3 else rgb + 0.05))


def _trunk(brush: Brush, bird: Bird, body: Loft, paint: Paint) -> np.ndarray:
    """Torso, neck and head as one shaded body."""
    pattern = _plumage(brush, bird, paint, 90, 0.93)
    outline = np.minimum(body.outline(), [np.inf, 0.012])  # what rests or floats lies flat on the ground
    placed = brush.paint(outline, paint, "torso", "feathers", pattern=pattern, relief=0.7)
    for part, start, stop in (("neck", bird.head, bird.neck), ("head", -0.2, bird.head)):
        u = [body.row(i) for i in (start, stop)]
        brush.marking(body.patch(u[0], u[1], -1.15, 1.15, 24), paint, placed, part, texture="smooth", relief=0.7)
    return placed


def _legs(brush: Brush, leg: Leg, paint: Paint) -> None:
    """Two legs to the ground, the far one first; one may be raised."""
    raised = brush.rng.random() < 0.35 and leg.hip[1] < -0.5
    stride = brush.rng.uniform(-0.5, 0.5) * leg.apart
    for far in (True, False):
        x = leg.hip[0] + (leg.apart if far else 0) * 0.6
        foot = np.array([x + leg.reach + (stride if far else -stride), 0.0])
        tone = Paint(leg.paint.name, tuple((0.82 if far else 1.0) * np.asarray(leg.paint.rgb)))
        if far and raised:
            knee = np.array([x + 0.24, 0.55 * leg.hip[1]])
            points, foot = (
                [(x, leg.hip[1]), knee, (x - 0.06, 0.38 * leg.hip[1])],
                np.array([x - 0.08, 0.38 * leg.hip[1]]),
            )
        else:
            points = joined((x, leg.hip[1]), foot - [0, 0.4 * leg.width], leg.bend)
        brush.paint(
            tube(points, (1.1 * leg.width, 1.15 * leg.width, leg.width), 6), tone, "leg", "skin", texture="smooth"
        )
        _foot(brush, leg, foot, tone, 50 if far and raised else 0)
        if leg.thigh:
            knee = np.asarray(points[0]) + 0.3 * (np.asarray(points[1]) - points[0])
            thigh = tube([points[0], knee], (leg.thigh, 0.5 * leg.thigh), 4)
            brush.paint(thigh, _deeper(paint, 0.8 if far else 0.94), "leg", "feathers", texture="feathered")
        if not far:
            brush.mark("leg", points[1])
            brush.mark("foot", foot + [0.3 * leg.foot, -0.01])


def _foot(brush: Brush, leg: Leg, at: np.ndarray, paint: Paint, droop: float) -> None:
    n = leg.foot
    if leg.webbed:
        toes = smooth(
            (
                (-0.25 * n, -0.1 * n),
                (0.1 * n, -0.3 * n),
                (0.5 * n, -0.2 * n),
                (1.0 * n, 0.02),
                (0.5 * n, 0.03),
                (-0.1 * n, 0.02),
            ),
            steps=4,
        )
        brush.paint(rotate(toes, droop) + at, paint, "foot", "skin", texture="webbed")
        return
    for tip in ((-0.7 * n, 0.0), (0.7 * n, 0.03), (1.0 * n, 0.0)):
        brush.paint(
            rotate(tube([(0, -0.12 * n), tip], (0.38 * n, 0.2 * n), 4), droop) + at,
            paint,
            "foot",
            "skin",
            texture="scaly",
        )


def _tail(brush: Brush, bird: Bird, sunk: float) -> None:
    tone = bird.tail_paint.varied(brush.rng, 0.02)
    outline = smooth(bird.tail, steps=6) + [0, sunk]
    placed = brush.paint(outline, tone, "tail", "feathers", texture="feathered", relief=0.5)
    if brush.species == "macaw":
        low = np.array(((-0.3, -0.29), (-0.9, -0.14), (-1.4, -0.06), (-1.0, 0.0), (-0.5, -0.1)))
        brush.marking(smooth(low, steps=5), BLUE, placed, relief=0.5)
    brush.mark("tail", np.mean(bird.tail, 0) + [0, sunk])


def _wing(brush: Brush, bird: Bird, paint: Paint, lift: float, sunk: float, far: bool = False) -> None:
    """A folded wing, lifted about the shoulder by `lift` degrees."""
    shoulder = np.asarray(bird.wing[0])
    turn = lift
    points = rotate(smooth(bird.wing, steps=6), turn, shoulder) + [0.0, sunk]
    tone = bird.wing_paint if bird.wing_paint is not bird.paint else paint
    if far:
        brush.paint(points + [0.06, -0.02], _deeper(tone, 0.75), "wing", "feathers", texture="feathered")
        return
    pattern = _plumage(brush, bird, tone, bird.slant + turn, 0.84)
    placed = brush.paint(points, tone, "wing", "feathers", pattern=pattern, relief=0.65)

    def on_wing(outline):
        return rotate(smooth(outline, steps=5), turn, shoulder) + [0.0, sunk]

    for outline, colour in WINGS.get(brush.species, ()):
        brush.marking(
            on_wing(outline),
            colour,
            placed,
            pattern=_plumage(brush, bird, colour, bird.slant + turn, 0.86),
            relief=0.65,
        )
    brush.mark("wing", rotate(np.mean(bird.wing, 0), turn, shoulder) + [0.0, sunk])


WINGS = {
    "flamingo": (
        (((-0.38, -1.16), (-0.6, -1.1), (-0.8, -0.86), (-0.5, -0.9)), COAL),
        (((0.4, -1.4), (0.1, -1.5), (-0.2, -1.42), (-0.3, -1.3), (0.0, -1.26), (0.3, -1.2)), ROSE),
    ),
    "macaw": (
        (((0.2, -1.06), (-0.1, -1.06), (-0.5, -0.58), (-0.42, -0.46), (-0.2, -0.54), (0.1, -0.71)), YELLOW),
        (((0.2, -1.06), (-0.1, -1.06), (-0.34, -0.74), (-0.28, -0.64), (-0.1, -0.66), (0.12, -0.81)), SCARLET),
    ),
    "mallard": (
        (((-0.14, -0.31), (-0.3, -0.35), (-0.5, -0.41), (-0.44, -0.28), (-0.2, -0.22)), SNOW),
        (((-0.17, -0.31), (-0.3, -0.335), (-0.45, -0.385), (-0.41, -0.29), (-0.2, -0.235)), BLUE),
    ),
}


def _head(brush: Brush, bird: Bird, body: Loft) -> None:
    """Beak and eye."""
    root, heading = body.at(0.0), body.heading(0.03)
    for points, paint in bird.beak:
        tone = paint.varied(brush.rng, 0.02)
        brush.paint(rotate(smooth(points, steps=6), heading) + root, tone, "beak", "horn", texture="smooth", relief=0.6)
    middle = np.mean(bird.beak[-1][0], 0)
    brush.mark("beak", rotate(middle, heading) + root)
    if brush.species == "swan":
        mask = np.array(((-0.1, -0.03), (-0.03, -0.075), (0.03, -0.055), (0.0, 0.0), (-0.02, 0.05), (-0.06, 0.02)))
        brush.paint(rotate(smooth(mask, steps=5), heading) + root, COAL, "head", "skin", relief=0.3)
        knob = rotate(ellipse(0.015, -0.055, 0.085, 0.07, points=18), heading) + root
        brush.paint(knob, COAL, "beak", "horn", relief=0.6)
    row, v, size = bird.eye
    brush.eye(*body.at(body.row(row), v), size * brush.rng.uniform(0.95, 1.15), bird.iris)


def _plain(brush: Brush, bird: Bird, body: Loft, placed: np.ndarray, paint: Paint) -> None:
    """No markings on the body."""


def _flamingo(brush: Brush, bird: Bird, body: Loft, placed: np.ndarray, paint: Paint) -> None:
    face = body.shape(((-0.02, -1.2), (body.row(0.8), -0.5), (body.row(0.8), 0.6), (-0.02, 1.2)))
    brush.marking(face, SHELL_PINK, placed, relief=0.6)


def _mallard(brush: Brush, bird: Bird, body: Loft, placed: np.ndarray, paint: Paint) -> None:
    row = body.row
    brush.marking(body.patch(row(6.7), 1, -1.2, 1.2), COAL, placed, relief=0.7)
    chest = body.shape(
        ((row(3.0), -1.2), (row(4.3), -1.2), (row(4.7), -0.1), (row(5.0), 0.7), (row(4.9), 1.3), (row(3), 1.2))
    )
    brush.marking(chest, CHESTNUT.varied(brush.rng, 0.02), placed, relief=0.8)
    brush.marking(body.patch(row(2.85), row(3.3), -1.2, 1.2), SNOW, placed, texture="smooth", relief=0.6)
    green = GREEN.varied(brush.rng, 0.02)
    brush.marking(body.patch(-0.02, row(3.05), -1.2, 1.2), green, placed, texture="glossy", relief=0.9)
    gloss = body.shape(((row(0.9), -0.75), (row(1.5), -0.8), (row(2.2), -0.7), (row(2.2), -0.35), (row(1.5), -0.45)))
    brush.marking(gloss, Paint("green", (0.20, 0.62, 0.42)), placed, relief=0.6, opacity=0.6)


def _penguin(brush: Brush, bird: Bird, body: Loft, placed: np.ndarray, paint: Paint) -> None:
    row = body.row
    front = (
        (row(2.9), 1.3),
        (row(3.05), 0.3),
        (row(3.5), 0.0),
        (row(4.2), -0.3),
        (row(5.2), -0.38),
        (row(6.2), -0.2),
        (row(6.8), 0.4),
        (row(6.9), 1.3),
    )
    brush.marking(body.shape(front), SNOW, placed, relief=0.75)
    glow = ((row(2.7), 1.3), (row(2.85), 0.4), (row(3.3), 0.2), (row(3.7), 0.6), (row(3.8), 1.3))
    brush.marking(body.shape(glow), Paint("yellow", (0.98, 0.87, 0.50)), placed, relief=0.7)
    ear = ((row(1.75), 0.35), (row(2.1), 0.0), (row(2.6), 0.05), (row(3.0), 0.35), (row(2.9), 0.75), (row(2.3), 0.5))
    brush.marking(body.shape(ear), YELLOW, placed, relief=0.6)


def _macaw(brush: Brush, bird: Bird, body: Loft, placed: np.ndarray, paint: Paint) -> None:
    row = body.row
    cheek = (
        (row(-0.1), -0.7),
        (row(0.8), -0.45),
        (row(1.5), -0.2),
        (row(1.7), 0.4),
        (row(1.2), 0.9),
        (row(0.3), 1.0),
        (row(-0.1), 0.9),
    )
    brush.marking(body.shape(cheek), SNOW, placed, relief=0.5, texture="smooth", material="skin")
    for v in (0.15, 0.42, 0.68):
        line = tube([body.at(row(0.35), v), body.at(row(1.35), v - 0.05)], (0.009, 0.009), 4)
        brush.marking(line, SCARLET, placed, relief=0)


COATS = {"flamingo": _flamingo, "mallard": _mallard, "penguin": _penguin, "macaw": _macaw}
