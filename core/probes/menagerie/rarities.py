"""Small things that turn up in a few pictures only: the rare concepts, each in about 10 to 100 of 12,000 pictures.

Most cover less than one percent of the picture. They say nothing about the species.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.probes.menagerie.canvas import Canvas, Paint
from core.probes.menagerie.shapes import Frame, ellipse, smooth, tube

RED, BLUE = Paint("red", (0.78, 0.2, 0.17)), Paint("blue", (0.22, 0.4, 0.7))
YELLOW, WHITE = Paint("yellow", (0.93, 0.78, 0.27)), Paint("white", (0.95, 0.93, 0.89))
BROWN, GREY = Paint("brown", (0.5, 0.34, 0.2)), Paint("grey", (0.5, 0.5, 0.52))
PURPLE, ORANGE = Paint("purple", (0.5, 0.3, 0.58)), Paint("orange", (0.91, 0.52, 0.2))
PINK, GREEN = Paint("pink", (0.9, 0.58, 0.64)), Paint("green", (0.3, 0.5, 0.26))
BLACK = Paint("black", (0.12, 0.11, 0.12))


@dataclass(frozen=True)
class Rarity:
    """A rare object: the share of pictures that would show it, its height as a share of the picture, where it is
    ('ground', 'sky' or 'water') and how it is drawn in its own units (y down, standing on y = 0, about 1 high)."""

    name: str
    share: float
    size: float
    where: str
    draw: Callable


def _stroke(canvas, frame, outline, paint, name, material, **more):
    canvas.paint(frame(outline), paint, object=name, part="", material=material, texture="", instance=0, **more)


def _kite(canvas, frame, rng):
    paint = (RED, YELLOW, BLUE)[int(rng.integers(3))].varied(rng)
    tail = smooth([(0, 0.5), (0.12, 0.8), (-0.05, 1.1), (0.1, 1.5)], closed=False)
    _stroke(canvas, frame, tube(tail[::4], np.full(len(tail[::4]), 0.05)), WHITE, "kite", "cloth")
    _stroke(canvas, frame, np.array([(0, -0.5), (0.36, -0.08), (0, 0.5), (-0.36, -0.08)]), paint, "kite", "cloth")


def _bucket(canvas, frame, rng):
    paint = (BLUE, GREY)[int(rng.integers(2))].varied(rng)
    _stroke(canvas, frame, np.array([(-0.42, -0.8), (0.42, -0.8), (0.3, 0), (-0.3, 0)]), paint, "bucket", "metal")
    _stroke(canvas, frame, ellipse(0, -0.8, 0.84, 0.2), BLACK, "bucket", "metal", relief=0)


def _lantern(canvas, frame, rng):
    _stroke(canvas, frame, np.array([(-0.3, -0.08), (0.3, -0.08), (0.34, 0), (-0.34, 0)]), BLACK, "lantern", "metal")
    _stroke(
        canvas,
        frame,
        smooth([(-0.24, -0.1), (-0.27, -0.4), (-0.2, -0.68), (0.2, -0.68), (0.27, -0.4), (0.24, -0.1)]),
        YELLOW.varied(rng),
        "lantern",
        "glass",
        relief=0.3,
    )
    _stroke(canvas, frame, np.array([(-0.26, -0.66), (0, -0.9), (0.26, -0.66)]), BLACK, "lantern", "metal")
    _stroke(canvas, frame, ellipse(0, -0.94, 0.16, 0.14), BLACK, "lantern", "metal", relief=0)


def _signpost(canvas, frame, rng):
    _stroke(canvas, frame, tube([(0, 0), (0, -0.95)], [0.1, 0.1]), BROWN, "signpost", "wood")
    arrow = np.array([(-0.3, -0.9), (0.3, -0.9), (0.46, -0.75), (0.3, -0.6), (-0.3, -0.6)])
    _stroke(canvas, frame, arrow, WHITE.varied(rng), "signpost", "wood")
    _stroke(
        canvas, frame, np.array([(-0.2, -0.78), (0.22, -0.78), (0.22, -0.72), (-0.2, -0.72)]), BLACK, "signpost", "wood"
    )


def _butterfly(canvas, frame, rng):
    paint = (ORANGE, PURPLE, BLUE)[int(rng.integers(3))].varied(rng)
    for side in (-1, 1):
        _stroke(
            canvas, frame, ellipse(0.26 * side, -0.18, 0.5, 0.56, 30 * side), paint, "butterfly", "scales", relief=0.2
        )
        _stroke(
            canvas, frame, ellipse(0.2 * side, 0.22, 0.36, 0.4, -30 * side), YELLOW, "butterfly", "scales", relief=0.2
        )
    _stroke(canvas, frame, ellipse(0, 0, 0.1, 0.8), BLACK, "butterfly", "skin", relief=0.3)


def _umbrella(canvas, frame, rng):
    paint = (RED, BLUE, YELLOW)[int(rng.integers(3))].varied(rng)
    _stroke(canvas, frame, tube([(0, 0), (0, -0.95)], [0.05, 0.05]), WHITE, "umbrella", "metal")
    top = smooth(
        [(-0.62, -0.58), (-0.42, -0.88), (0, -1), (0.42, -0.88), (0.62, -0.58), (0.3, -0.63), (0, -0.58), (-0.3, -0.63)]
    )
    _stroke(canvas, frame, top, paint, "umbrella", "cloth")
    wedge = smooth([(-0.2, -0.61), (-0.14, -0.9), (0, -1), (0.14, -0.9), (0.2, -0.61), (0, -0.58)])
    _stroke(canvas, frame, wedge, WHITE, "umbrella", "cloth")


def _anchor(canvas, frame, rng):
    _stroke(canvas, frame, tube([(0, -0.1), (0, -0.8)], [0.1, 0.1]), GREY, "anchor", "metal")
    _stroke(canvas, frame, tube([(-0.22, -0.66), (0.22, -0.66)], [0.08, 0.08]), GREY, "anchor", "metal")
    hook = [(-0.42, -0.38), (-0.3, -0.12), (0, 0), (0.3, -0.12), (0.42, -0.38)]
    _stroke(canvas, frame, tube(hook, [0.05, 0.11, 0.13, 0.11, 0.05]), GREY.varied(rng), "anchor", "metal")
    _stroke(canvas, frame, ellipse(0, -0.88, 0.2, 0.2), GREY, "anchor", "metal")


def _jellyfish(canvas, frame, rng):
    paint = (PINK, PURPLE)[int(rng.integers(2))].varied(rng)
    for x in (-0.24, -0.08, 0.08, 0.24):
        arm = [(x, -0.5), (x + rng.normal(0, 0.05), -0.25), (x + rng.normal(0, 0.08), 0)]
        _stroke(canvas, frame, tube(arm, [0.07, 0.05, 0.03]), paint, "jellyfish", "skin")
    bell = smooth([(-0.4, -0.5), (-0.34, -0.85), (0, -1), (0.34, -0.85), (0.4, -0.5), (0, -0.44)])
    _stroke(canvas, frame, bell, paint, "jellyfish", "skin", relief=0.8)


RARITIES = (
    Rarity("kite", 0.0018, 0.1, "sky", _kite),
    Rarity("butterfly", 0.006, 0.07, "sky", _butterfly),
    Rarity("bucket", 0.0048, 0.09, "ground", _bucket),
    Rarity("lantern", 0.0025, 0.1, "ground", _lantern),
    Rarity("signpost", 0.0036, 0.2, "ground", _signpost),
    Rarity("umbrella", 0.002, 0.16, "ground", _umbrella),
    Rarity("anchor", 0.015, 0.13, "water", _anchor),
    Rarity("jellyfish", 0.04, 0.1, "water", _jellyfish),
)


def draw_rarity(canvas: Canvas, name: str, frame: Frame, rng: np.random.Generator) -> None:
    """Draw one rare object with its labels."""
    next(rarity for rarity in RARITIES if rarity.name == name).draw(canvas, frame, rng)
