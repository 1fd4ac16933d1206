"""What lies and grows on the sea bed and the beach: `thing(canvas, frame, rng, ink)` as in `plants`."""

import numpy as np

from core.probes.menagerie.canvas import Canvas
from core.probes.menagerie.scenes.brush import Stencil
from core.probes.menagerie.scenes.plants import Ink
from core.probes.menagerie.scenes.things import solid
from core.probes.menagerie.shapes import Frame, ellipse, rotate, smooth, tube


def seaweed(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """Waving ribbons."""
    stencil = Stencil.around(canvas, frame([[-0.65, -1.05], [0.65, 0.05]]))
    for x in np.linspace(-0.3, 0.3, 6) + rng.normal(0, 0.03, 6):
        tall, phase = rng.uniform(0.5, 1.0), rng.uniform(0, 6)
        y = np.linspace(0.03, -tall, 6)
        spine = np.stack([x + 0.09 * np.sin(phase + y * 7) * -y + x * -y * 0.6, y], 1)
        stencil.polygon(
            tube(frame(spine), np.array([0.05, 0.09, 0.1, 0.09, 0.07, 0.01]) * frame.scale, steps=4),
            rng.normal(120, 36),
        )
    rgb, name = ((0.30, 0.46, 0.22), "green") if rng.random() < 0.6 else ((0.45, 0.32, 0.17), "brown")
    stencil.press(ink(name, rgb, 0.42), object="seaweed", part="leaf", material="leaf", texture="wavy")


CORALS = {
    "pink": (0.90, 0.48, 0.55),
    "orange": (0.93, 0.55, 0.28),
    "purple": (0.58, 0.38, 0.66),
    "yellow": (0.90, 0.76, 0.36),
    "red": (0.80, 0.28, 0.28),
}


def coral(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink, kind: str | None = None) -> None:
    """One coral: branching, a fan, a brain or tubes."""
    kind = kind or str(rng.choice(["branch", "fan", "brain", "tube"], p=[0.42, 0.24, 0.17, 0.17]))
    name = str(rng.choice(list(CORALS)))
    stencil = Stencil.around(canvas, frame([[-0.8, -1.1], [0.8, 0.06]]))
    if kind == "brain":
        stencil.polygon(
            frame(
                smooth([[-0.62, 0.03], [-0.6, -0.35], [-0.3, -0.66], [0.1, -0.72], [0.48, -0.5], [0.62, 0.03]], steps=5)
            ),
            130,
        )
        stencil.relief(46, 0.012)
        maze = np.where(np.abs(_maze(stencil, rng)) < 0.16, -58.0, 8.0)
        stencil.add(maze)
        texture = "bumpy"
    elif kind == "tube":
        for x in rng.permutation(np.linspace(-0.42, 0.42, 6)):
            h = rng.uniform(0.45, 1.0) * (1 - 0.5 * abs(x))
            stencil.limb(
                frame([[x * 0.5, 0.03], [x * 0.9, -h * 0.5], [x * 1.2, -h]]),
                np.array([0.12, 0.14, 0.17]) * frame.scale,
                125,
            )
            stencil.polygon(frame(ellipse(x * 1.2, -h - 0.04, 0.12, 0.07)), 40)
        texture = "smooth"
    else:
        _branches(stencil, frame, rng, *((0.34, 0.11, 4) if kind == "branch" else (0.3, 0.055, 6)))
        texture = "branched"
    stencil.speckle(rng, 10, "grain")
    stencil.press(ink(name, CORALS[name], 0.4), object="coral", part="crown", material="coral", texture=texture)


def _maze(stencil, rng):
    """(h, w): a winding field whose zero lines are the grooves of a brain coral."""
    h, w = stencil.tone.shape
    y, x = np.mgrid[0:h, 0:w] / max(h, w, 1) * 34
    a, b = rng.uniform(0, 6, 2)
    return np.sin(x + 1.6 * np.sin(y * 0.6 + a)) * np.cos(y + 1.6 * np.sin(x * 0.55 + b))


def _branches(stencil, frame, rng, length, width, levels):
    """A tree of branches, forked again and again, each level thinner than the last."""
    starts, angles = np.array([[0.0, 0.04]]), np.array([-np.pi / 2])
    side = np.array([np.sign(stencil.canvas.light[0]), -0.3])
    for level in range(levels):
        ends = starts + length * np.stack([np.cos(angles), np.sin(angles)], 1) * rng.uniform(
            0.8, 1.15, (len(angles), 1)
        )
        bows = (starts + ends) / 2 + rng.normal(0, 0.018, ends.shape)
        strokes = frame(np.stack([starts, bows, ends], 1).reshape(-1, 2)).reshape(-1, 3, 2)
        for share, tone in ((1.0, 62), (0.7, 112), (0.36, 162)):
            shift = side * width * (1 - share) * 0.3 * frame.scale
            stencil.lines(strokes + shift, tone + 9 * level, width * share * frame.scale)
        fork = np.array([-0.72, 0.0, 0.72]) if level == 0 else np.array([-0.5, 0.5])
        starts = np.repeat(ends, len(fork), 0)
        angles = np.repeat(angles, len(fork)) + np.tile(fork, len(angles)) + rng.normal(0, 0.16, len(starts))
        length, width = length * (0.74 if levels < 5 else 0.68), width * 0.8


def shell(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A scallop."""
    angle = np.linspace(np.pi * 1.05, np.pi * 1.95, 13)
    r = np.where(np.arange(13) % 2, 0.8, 0.74)
    fan = np.concatenate([np.stack([np.cos(angle) * r, np.sin(angle) * r * 1.15], 1), [[0.16, 0.05], [-0.16, 0.05]]])
    stencil = Stencil.around(canvas, frame(fan))
    stencil.polygon(frame(fan), 150)
    stencil.slope(40)
    ribs = np.stack([frame([[0, 0.02], [np.cos(a) * 0.7, np.sin(a) * 0.8]]) for a in angle[::2]])
    stencil.lines(ribs, 70, 0.05 * frame.scale)
    name, rgb = (("pink", (0.90, 0.68, 0.64)), ("white", (0.92, 0.88, 0.80)), ("orange", (0.88, 0.62, 0.42)))[
        rng.integers(3)
    ]
    stencil.press(ink(name, rgb, 0.36), object="shell", material="shell", texture="ribbed")


def starfish(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A five-armed star lying flat."""
    turn = rng.uniform(0, 72)
    angle = np.arange(10) * np.pi / 5
    r = np.where(np.arange(10) % 2, 0.22, 0.6)
    star = rotate(np.stack([np.cos(angle) * r, np.sin(angle) * r], 1), turn) * [1, 0.6]
    solid(
        canvas,
        frame,
        smooth(star, steps=3),
        ink,
        "orange",
        (0.88, 0.46, 0.26),
        relief=50,
        object="starfish",
        material="skin",
        texture="bumpy",
    )
