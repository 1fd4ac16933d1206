"""Swimmers seen from the side: a body along a spine with fins on it.

The spine runs from the snout at x = 0.5 to the root of the tail fin; y = 0 is just under the lowest fin.
"""

from dataclasses import dataclass

import numpy as np

from core.probes.menagerie.animals.anatomy import BLACK, WHITE, Brush, Loft, scallops
from core.probes.menagerie.canvas import Canvas, Paint
from core.probes.menagerie.shapes import Frame, rotate, smooth

ORANGE = Paint("orange", (0.95, 0.45, 0.09))
AMBER = Paint("orange", (0.98, 0.62, 0.16))
SLATE = Paint("grey", (0.42, 0.48, 0.54))
DUSK = Paint("grey", (0.33, 0.39, 0.45))
PALE = Paint("white", (0.93, 0.94, 0.94))
INK = Paint("black", (0.09, 0.10, 0.12))
MIST = Paint("grey", (0.55, 0.57, 0.60))
MOUTH = Paint("red", (0.45, 0.13, 0.13))


@dataclass(frozen=True)
class Fin:
    """A fin rooted at (u, v) of the body; `points` from the root, x forward and y down, as if the body lay straight."""

    part: str
    u: float
    v: float
    points: tuple
    far: bool = False
    swing: float = 0.0  # degrees it may be turned either way


@dataclass(frozen=True)
class Swimmer:
    """How one species is built and coloured; half widths of the body along u from snout (0) to tail root (1)."""

    height: float  # of the spine above y = 0
    spine: float  # x of the tail root
    back: tuple
    belly: tuple
    fins: tuple[Fin, ...]
    paint: Paint
    fin_paint: Paint
    material: str
    head: float  # u where the head ends
    eye: tuple[float, float, float]  # u, v, size
    extent: tuple[float, float, float, float]


CLOWNFISH = Swimmer(
    height=0.45,
    spine=-0.36,
    back=((0, 0.03), (0.06, 0.10), (0.2, 0.19), (0.42, 0.245), (0.65, 0.205), (0.85, 0.11), (1, 0.085)),
    belly=((0, 0.03), (0.06, 0.09), (0.2, 0.18), (0.42, 0.235), (0.65, 0.20), (0.85, 0.11), (1, 0.085)),
    fins=(
        Fin(
            "dorsal fin",
            0.38,
            -0.88,
            ((0.12, 0.08), (0.1, -0.06), (0.0, -0.12), (-0.13, -0.09), (-0.16, 0.06)),
            swing=3,
        ),
        Fin(
            "dorsal fin",
            0.66,
            -0.85,
            ((0.10, 0.05), (0.05, -0.1), (-0.06, -0.16), (-0.17, -0.12), (-0.13, 0.04)),
            swing=5,
        ),
        Fin("fin", 0.68, 0.85, ((0.09, -0.05), (0.04, 0.08), (-0.06, 0.15), (-0.16, 0.1), (-0.12, -0.04)), swing=5),
        Fin("fin", 0.37, 0.9, ((0.06, -0.06), (0.04, 0.08), (-0.05, 0.19), (-0.13, 0.14), (-0.09, -0.03)), swing=8),
        Fin(
            "tail fin",
            0.98,
            0.0,
            ((0.06, -0.08), (-0.1, -0.16), (-0.22, -0.13), (-0.26, 0.0), (-0.22, 0.13), (-0.1, 0.16), (0.06, 0.08)),
            swing=9,
        ),
    ),
    paint=ORANGE,
    fin_paint=ORANGE,
    material="scales",
    head=0.27,
    eye=(0.125, -0.28, 0.072),
    extent=(-0.68, -0.85, 0.54, 0.02),
)
SHARK = Swimmer(
    height=0.32,
    spine=-0.46,
    back=((0, 0.006), (0.05, 0.042), (0.15, 0.085), (0.35, 0.13), (0.5, 0.12), (0.7, 0.075), (0.9, 0.028), (1, 0.024)),
    belly=((0, 0.006), (0.05, 0.03), (0.15, 0.07), (0.35, 0.105), (0.5, 0.10), (0.7, 0.06), (0.9, 0.026), (1, 0.022)),
    fins=(
        Fin(
            "fin",
            0.37,
            0.75,
            ((0.09, -0.01), (-0.02, 0.1), (-0.13, 0.2), (-0.12, 0.1), (-0.06, -0.01)),
            far=True,
            swing=6,
        ),
        Fin(
            "dorsal fin",
            0.45,
            -0.85,
            ((0.12, 0.03), (0.04, -0.09), (-0.07, -0.215), (-0.085, -0.19), (-0.06, -0.08), (-0.085, 0.03)),
            swing=2,
        ),
        Fin("dorsal fin", 0.8, -0.8, ((0.035, 0.01), (-0.01, -0.04), (-0.055, -0.065), (-0.045, -0.02), (-0.05, 0.01))),
        Fin("fin", 0.78, 0.8, ((0.035, -0.01), (-0.01, 0.04), (-0.055, 0.065), (-0.045, 0.02), (-0.05, -0.01))),
        Fin("fin", 0.63, 0.8, ((0.05, -0.01), (-0.01, 0.05), (-0.075, 0.08), (-0.06, 0.02), (-0.05, -0.01))),
        Fin(
            "tail fin",
            0.97,
            0.0,
            (
                (0.06, -0.018),
                (0.0, -0.04),
                (-0.1, -0.19),
                (-0.2, -0.285),
                (-0.205, -0.26),
                (-0.15, -0.12),
                (-0.095, 0.0),
                (-0.13, 0.1),
                (-0.165, 0.17),
                (-0.15, 0.185),
                (-0.07, 0.11),
                (0.0, 0.04),
                (0.06, 0.018),
            ),
            swing=5,
        ),
    ),
    paint=SLATE,
    fin_paint=DUSK,
    material="skin",
    head=0.26,
    eye=(0.105, -0.22, 0.03),
    extent=(-0.74, -0.76, 0.54, 0.08),
)
ORCA = Swimmer(
    height=0.36,
    spine=-0.44,
    back=((0, 0.03), (0.04, 0.08), (0.15, 0.14), (0.35, 0.18), (0.5, 0.165), (0.7, 0.10), (0.9, 0.04), (1, 0.03)),
    belly=((0, 0.03), (0.04, 0.07), (0.15, 0.125), (0.35, 0.165), (0.5, 0.155), (0.7, 0.09), (0.9, 0.035), (1, 0.028)),
    fins=(
        Fin(
            "fin",
            0.33,
            0.75,
            ((0.06, -0.03), (0.04, 0.08), (-0.03, 0.17), (-0.09, 0.16), (-0.07, 0.0)),
            far=True,
            swing=8,
        ),
        Fin(
            "dorsal fin",
            0.43,
            -0.85,
            ((0.09, 0.04), (0.05, -0.1), (-0.02, -0.29), (-0.045, -0.3), (-0.055, -0.24), (-0.06, -0.1), (-0.10, 0.04)),
            swing=3,
        ),
        Fin(
            "tail fin",
            0.97,
            0.0,
            (
                (0.08, -0.02),
                (-0.02, -0.07),
                (-0.15, -0.15),
                (-0.2, -0.145),
                (-0.14, -0.06),
                (-0.11, 0.0),
                (-0.13, 0.06),
                (-0.18, 0.145),
                (-0.13, 0.15),
                (-0.02, 0.07),
                (0.08, 0.02),
            ),
            swing=8,
        ),
    ),
    paint=INK,
    fin_paint=INK,
    material="skin",
    head=0.24,
    eye=(0.125, 0.02, 0.022),
    extent=(-0.70, -0.9, 0.54, 0.03),
)
PADDLE = Fin(
    "fin",
    0.31,
    0.45,
    ((0.06, -0.04), (0.05, 0.08), (-0.01, 0.2), (-0.08, 0.23), (-0.11, 0.16), (-0.07, -0.02)),
    swing=10,
)
SICKLE = Fin(
    "fin",
    0.34,
    0.55,
    ((0.08, -0.02), (0.02, 0.08), (-0.12, 0.26), (-0.145, 0.25), (-0.11, 0.11), (-0.05, 0.0)),
    swing=8,
)
FAN = Fin(
    "fin",
    0.36,
    0.25,
    ((0.03, -0.05), (-0.08, -0.1), (-0.17, -0.04), (-0.18, 0.06), (-0.1, 0.11), (0.02, 0.05)),
    swing=14,
)
SWIMMERS = {"clownfish": CLOWNFISH, "shark": SHARK, "orca": ORCA}


def extent(species: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a species in its own units, with room for every pose."""
    return SWIMMERS[species].extent


def draw(canvas: Canvas, species: str, frame: Frame, rng: np.random.Generator, instance: int) -> None:
    """Draw one swimmer with its labels and landmarks."""
    plan, brush = SWIMMERS[species], Brush(canvas, species, frame, rng, instance)
    paint, bend, plump = (
        plan.paint.varied(rng, 0.015 if plan.paint.name == "black" else 0.04),
        rng.uniform(-0.045, 0.045),
        rng.uniform(0.93, 1.06),
    )
    body = _body(plan, bend, plump)
    for fin in plan.fins:
        _fin(brush, plan, body, fin, paint)
    pattern = None
    if species == "clownfish":
        pattern = brush.pattern("scaly", Paint("orange", tuple(0.88 * np.array(paint.rgb))), scallops(0.05, 90))
    placed = brush.paint(body.outline(), paint, "torso", plan.material, pattern=pattern, texture="smooth", relief=0.75)
    brush.marking(body.patch(0, plan.head, -1.1, 1.1, 14), paint, placed, "head", pattern=pattern, relief=0.75)
    brush.marking(body.patch(0.84, 1, -1.1, 1.1, 8), paint, placed, "tail", pattern=pattern, relief=0.75)
    COATS[species](brush, body, placed, paint)
    u, v, size = plan.eye
    iris = AMBER if species == "clownfish" else BLACK
    brush.eye(*body.at(u, v), size * rng.uniform(0.95, 1.1), iris, ring=BLACK if species == "clownfish" else None)
    for name, at in (("head", (0.5 * plan.head, 0.0)), ("torso", (0.5, 0.0)), ("tail", (0.94, 0.0))):
        brush.mark(name, body.at(*at))


def _body(plan: Swimmer, bend: float, plump: float) -> Loft:
    x = np.linspace(0.5, plan.spine, 5)
    y = -plan.height + bend * np.array([0.4, 0.0, -0.25, 0.1, 1.0])
    widen = [tuple((u, half * plump) for u, half in side) for side in (plan.back, plan.belly)]
    return Loft(np.stack([x, y], 1), *widen)


def _placed(brush: Brush, body: Loft, fin: Fin, share: float = 1.0) -> np.ndarray:
    """A fin's outline on the body, the landmark at its middle."""
    points = smooth(np.asarray(fin.points) * share, steps=5)
    root = body.at(fin.u, fin.v)
    return rotate(points, body.heading(fin.u)) + root


def _fin(brush: Brush, plan: Swimmer, body: Loft, fin: Fin, paint: Paint) -> None:
    """A fin with rays or plain, edged black where the species has it so."""
    turn = brush.rng.uniform(-fin.swing, fin.swing)
    outline = rotate(_placed(brush, body, fin), turn, body.at(fin.u, fin.v))
    middle = 0.5 * (np.asarray(fin.points).mean(0) + np.asarray(fin.points)[1:-1].mean(0))
    if plan is CLOWNFISH:
        inner = rotate(_placed(brush, body, fin, 0.8), turn, body.at(fin.u, fin.v))
        rays = brush.pattern("rayed", Paint("orange", tuple(0.8 * np.array(paint.rgb))), _rays(fin))
        brush.paint(outline, BLACK, fin.part, "skin", relief=0.3)
        brush.paint(inner, paint, fin.part, "skin", pattern=rays, relief=0.4)
    else:
        shade = 0.75 if fin.far else 1.0
        base = paint if plan.fin_paint is plan.paint else plan.fin_paint
        tone = Paint(base.name, tuple(shade * np.array(base.rgb)))
        brush.paint(outline, tone, fin.part, plan.material, texture="smooth", relief=0.5)
    if not fin.far:
        spot = rotate(rotate(middle, turn), body.heading(fin.u)) + body.at(fin.u, fin.v)
        brush.mark(fin.part, spot)


def _rays(fin: Fin):
    horizontal = fin.part == "tail fin" or fin is FAN

    def weight(x, y):
        across = (y if horizontal else x + 0.3 * y) / 0.035
        return np.clip(1 - np.abs(across - np.floor(across) - 0.5) / 0.3, 0, 1)

    return weight


def _band(body: Loft, start: float, stop: float, bow: float) -> np.ndarray:
    """A band round the body, its edges bowed towards the head."""
    v = np.linspace(-1.15, 1.15, 12)
    round_ = bow * (1 - v**2)
    return np.concatenate([body.at(start - round_, v), body.at((stop - round_)[::-1], v[::-1])])


def _clownfish(brush: Brush, body: Loft, placed: np.ndarray, paint: Paint) -> None:
    for start, stop, bow in ((0.235, 0.315, 0.02), (0.5, 0.61, 0.05), (0.87, 0.93, 0.0)):
        wide = brush.rng.uniform(-0.008, 0.012)
        brush.marking(_band(body, start - wide - 0.022, stop + wide + 0.022, bow), BLACK, placed, texture="banded")
        brush.marking(_band(body, start - wide, stop + wide, bow), WHITE, placed, texture="banded")
    brush.marking(
        body.shape(((-0.01, 0.2), (0.03, 0.1), (0.075, 0.42), (0.03, 0.34))), MOUTH, placed, "mouth", relief=0
    )
    _fin(brush, CLOWNFISH, body, FAN, paint)


def _shark(brush: Brush, body: Loft, placed: np.ndarray, paint: Paint) -> None:
    edge = [(0.0, 0.2), (0.1, 0.3), (0.2, 0.32), (0.35, 0.3), (0.5, 0.42), (0.7, 0.35), (0.88, 0.5), (1.0, 1.2)]
    curve = smooth(edge, closed=False)
    low = np.concatenate([body.at(curve[:, 0], curve[:, 1]), body.at(np.linspace(1, 0, 30), 1.25)])
    brush.marking(low, PALE, placed, relief=0.75)
    jaw = body.shape(((0.075, 0.95), (0.10, 0.68), (0.175, 0.5), (0.165, 0.66), (0.12, 0.92)))
    brush.marking(jaw, MOUTH, placed, "mouth", material="skin", relief=0)
    for u in np.linspace(0.1, 0.16, 5):
        top = 0.72 - 3.0 * (u - 0.1)
        brush.marking(
            body.at(np.array([u - 0.007, u + 0.007, u]), np.array([top, top - 0.02, top + 0.17])),
            WHITE,
            placed,
            "tooth",
            material="horn",
            relief=0,
        )
    for u in np.linspace(0.235, 0.3, 5):
        slit = np.concatenate(
            [
                body.at(u + 0.012 * np.array([0, 0.6, 0]), (-0.3, 0.0, 0.32)),
                body.at(u - 0.006 + 0.012 * np.array([0, 0.6, 0]), (0.32, 0.0, -0.3)),
            ]
        )
        brush.marking(slit, Paint("grey", (0.2, 0.24, 0.28)), placed, "gill", relief=0)
    brush.mark("gill", body.at(0.268, 0.0))
    _fin(brush, SHARK, body, SICKLE, paint)


def _orca(brush: Brush, body: Loft, placed: np.ndarray, paint: Paint) -> None:
    saddle = ((0.5, -1.2), (0.56, -0.6), (0.66, -0.45), (0.66, -0.8), (0.62, -1.2))
    brush.marking(body.shape(saddle), MIST, placed, texture="patched", relief=0.6)
    low = [
        (0.005, 0.35),
        (0.1, 0.42),
        (0.2, 0.6),
        (0.35, 0.72),
        (0.5, 0.62),
        (0.58, 0.25),
        (0.72, -0.05),
        (0.78, 0.0),
        (0.72, 0.35),
        (0.68, 0.6),
        (0.78, 0.75),
        (0.86, 1.2),
    ]
    curve = smooth(low, closed=False)
    under = np.concatenate([body.at(curve[:, 0], curve[:, 1]), body.at(np.linspace(0.86, 0, 30), 1.25)])
    brush.marking(under, WHITE, placed, texture="patched", relief=0.75)
    patch = ((0.125, -0.2), (0.16, -0.42), (0.235, -0.42), (0.255, -0.24), (0.2, -0.12))
    brush.marking(body.shape(patch), WHITE, placed, texture="patched", relief=0.6)
    _fin(brush, ORCA, body, PADDLE, paint)


COATS = {"clownfish": _clownfish, "shark": _shark, "orca": _orca}
