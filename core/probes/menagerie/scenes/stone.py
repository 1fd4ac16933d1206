"""Things of stone, snow and ice: `thing(canvas, frame, rng, ink)` in own units, ground at y = 0, as in `plants`."""

import numpy as np

from core.probes.menagerie.canvas import Canvas, Paint
from core.probes.menagerie.scenes.brush import Ramp, Stencil
from core.probes.menagerie.scenes.plants import Ink
from core.probes.menagerie.scenes.things import solid
from core.probes.menagerie.shapes import Frame, smooth


def igloo(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A dome of snow blocks with a low entrance; 1 high, 2 wide."""
    angle = np.linspace(np.pi, 2 * np.pi, 26)
    dome = np.stack([np.cos(angle) * 0.95, np.sin(angle) * 0.98 + 0.02], 1)
    body = Stencil.around(canvas, frame(dome))
    body.polygon(frame(dome), 140)
    body.slope(78)
    seams, rows = [], (0.0, 0.23, 0.45, 0.65, 0.82, 0.94)
    for row, height in enumerate(rows[:-1]):
        half = 0.95 * np.sqrt(1 - height**2)
        x = np.linspace(-half, half, 15)
        seams.append(np.stack([x, -height - 0.05 * (1 - (x / 0.95) ** 2) * (1 - height) + 0.02], 1))
        upper = 0.95 * np.sqrt(1 - rows[row + 1] ** 2)
        for t in np.linspace(-0.96, 0.96, 9 - row) + (row % 2) * 0.11:
            s = np.sin(np.clip(t, -1, 1) * np.pi / 2)
            seam = np.array([[s * half, -height - 0.03], [s * upper, -rows[row + 1]]])
            body.lines(frame(seam)[None], 92, 0.016 * frame.scale)
    body.lines(frame(np.concatenate(seams)).reshape(len(seams), -1, 2), 86, 0.018 * frame.scale)
    body.press(_snow(ink), object="igloo", part="dome", material="snow", texture="bricked")
    side = 0.42
    porch = smooth(
        [[side - 0.36, 0.03], [side - 0.34, -0.3], [side, -0.56], [side + 0.34, -0.3], [side + 0.36, 0.03]],
        closed=False,
    )
    arch = Stencil.around(canvas, frame(porch))
    arch.polygon(frame(porch), 176)
    arch.slope(60)
    for t in (-0.24, -0.1, 0.1, 0.24):
        arch.lines(
            frame([[side + t * 0.8, -0.36 + abs(t) * 0.4], [side + t * 1.3, -0.62 + abs(t) * 0.7]])[None],
            92,
            0.016 * frame.scale,
        )
    arch.press(_snow(ink), object="igloo", part="entrance", material="snow", texture="bricked")
    hole = smooth(
        [[side - 0.2, 0.03], [side - 0.19, -0.2], [side, -0.36], [side + 0.19, -0.2], [side + 0.2, 0.03]], closed=False
    )
    solid(
        canvas, frame, hole, ink, "blue", (0.16, 0.22, 0.34), relief=0, object="igloo", part="entrance", material="snow"
    )


def _snow(ink):
    """Blue shadows, cream light."""
    tones = ink("white", (0.86, 0.90, 0.95), 0.1)
    made = Ramp(
        Paint("blue", (0.44, 0.54, 0.70)), Paint("white", (0.78, 0.84, 0.91)), Paint("white", (0.98, 0.97, 0.94))
    )
    pull = tones.rgb[128] - np.array((0.86, 0.90, 0.95), np.float32)
    made.rgb = made.rgb + pull * 0.8
    return made


def peak(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A mountain: a lit and a shaded flank either side of a crooked arete, and a cap of snow; 1 high, about 2 wide."""
    left, right = _flank(rng, -1), _flank(rng, 1)
    top = np.array([[0.0, -1.0]])
    outline = np.concatenate([left[::-1], top, right])
    sunny = -1 if canvas.light[0] * frame.facing < 0 else 1
    heights = np.linspace(-1, 0.02, 9)
    bend = np.cumsum(rng.normal(0, 0.035, 9)) + np.linspace(0, -0.12 * sunny, 9)
    arete = np.stack([bend - bend[0], heights], 1)
    rock = Stencil.around(canvas, frame(outline))
    rock.polygon(frame(outline), 84)
    rock.polygon(frame(np.concatenate([arete, (left if sunny < 0 else right)[::-1]])), 168)
    _facets(rock, frame, rng, arete, sunny)
    rock.speckle(rng, 16, "clump", 0.5)
    rock.press(ink("grey", (0.47, 0.47, 0.51), 0.44), object="peak", material="stone", texture="craggy")
    limit = rng.uniform(-0.62, -0.48)
    cap = Stencil.around(canvas, frame(outline))
    for half, tone in ((left if sunny > 0 else right, 74), (left if sunny < 0 else right, 226)):
        cap.polygon(frame(np.concatenate([arete[:6], _hem(rng, arete, half, limit), top])), tone)
    cap.add(np.where(rock.tone == 0, -255, 0))
    cap.tone[rock.tone == 0] = 0
    cap.speckle(rng, 12, "clump", 0.7)
    cap.press(_snow(ink), object="peak", part="snow cap", material="snow", texture="craggy")


def _flank(rng, side):
    """From near the top to the foot of one side, jagged."""
    y = np.linspace(-0.93, 0.02, 10)
    steep = rng.uniform(0.8, 1.05)
    x = (1 + y) ** rng.uniform(0.95, 1.15) * steep + np.concatenate([[0.0], rng.normal(0, 0.022, 9)])
    return np.stack([side * np.maximum(x, 0.02), y], 1)


def _facets(stencil, frame, rng, arete, sunny):
    """Spurs that run down both flanks, each with its own light and dark side."""
    for side in (-1, 1):
        for _ in range(6):
            start = arete[rng.integers(1, 7)] + [side * rng.uniform(0.02, 0.2), 0]
            if abs(start[0]) > (1 + start[1]) * 0.7:
                continue
            drop = rng.uniform(0.2, 0.45)
            foot = start + [side * drop * rng.uniform(0.2, 0.75), drop]
            width = rng.uniform(0.03, 0.07)
            base = 168 if side == sunny else 84
            edge = (start + foot) / 2 + [side * rng.normal(0, 0.03), 0]
            stencil.polygon(frame([start, edge, foot, foot + [-side * width * 2, 0.0]]), base - 34)
            stencil.polygon(frame([start, edge, foot, foot + [side * width, -0.03]]), base + 30)


def _hem(rng, arete, half, limit):
    """The lower edge of the snow: tongues between the ridge and one flank."""
    inside = [arete[5] if arete[5][1] < limit + 0.25 else arete[4]]
    edge = half[half[:, 1] < limit]
    reach = edge[-1] if len(edge) else half[0]
    teeth = 7
    x = np.linspace(inside[0][0], reach[0] * 1.1, teeth)
    y = np.linspace(inside[0][1], limit, teeth) + np.where(np.arange(teeth) % 2, -0.13, 0.05) * rng.uniform(
        0.5, 1.1, teeth
    )
    return np.concatenate([np.stack([x, y], 1), edge[::-1] * [1.06, 1.0]])


def rock(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A boulder with a lit top and facets; 1 high, about 1.5 wide."""
    x = np.array([-0.75, -0.68, -0.4, -0.05, 0.35, 0.66, 0.76])
    y = np.array([0.02, -0.45, -0.84, -0.98, -0.8, -0.42, 0.02])
    outline = np.stack([x, y], 1) + np.concatenate([[[0, 0]], rng.normal(0, 0.06, (5, 2)), [[0, 0]]])
    full = np.concatenate([outline, [[0.4, 0.08], [-0.4, 0.08]]])
    sunny = (outline[:4] if canvas.light[0] * frame.facing < 0 else outline[3:]).copy()
    stencil = Stencil.around(canvas, frame(full))
    stencil.polygon(frame(full), 96)
    pivot = np.array([[0.04, -0.55]]) + rng.normal(0, 0.05, (1, 2))
    stencil.polygon(frame(np.concatenate([sunny, pivot])), 164)
    top = np.concatenate([outline[2:5], pivot])
    stencil.polygon(frame(top), 196)
    low = np.concatenate(
        [outline[[5, 6]] if canvas.light[0] * frame.facing < 0 else outline[[0, 1]], [[0.05, 0.06]], pivot]
    )
    stencil.polygon(frame(low), 66)
    stencil.speckle(rng, 20, "clump", 0.4)
    stencil.speckle(rng, 9, "grain")
    name, rgb = (("grey", (0.54, 0.53, 0.53)), ("grey", (0.48, 0.49, 0.51)), ("brown", (0.55, 0.47, 0.40)))[
        rng.integers(3)
    ]
    stencil.press(ink(name, rgb, 0.38), object="rock", material="stone", texture="rough")


def ice_block(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A slab of blue ice; 1 high, about 1.4 wide."""
    tip = rng.normal(0, 0.12)
    front = np.array([[-0.7, 0.03], [-0.55, -0.7], [-0.1 + tip, -1.0], [0.3, -0.75], [0.2, 0.05]])
    side = np.array([[0.3, -0.75], [0.68, -0.45], [0.72, 0.02], [0.2, 0.05]])
    lit = canvas.light[0] * frame.facing < 0
    stencil = Stencil.around(canvas, frame(front), frame(side))
    stencil.polygon(frame(front), 190 if lit else 100)
    stencil.polygon(frame(side), 84 if lit else 196)
    stencil.polygon(frame([[-0.55, -0.7], [-0.1 + tip, -1.0], [0.3, -0.75], [-0.05, -0.62]]), 235)
    stencil.speckle(rng, 14, "clump", 0.5)
    ramp = Ramp(
        Paint("blue", (0.40, 0.58, 0.72)), Paint("blue", (0.62, 0.78, 0.87)), Paint("white", (0.90, 0.95, 0.97))
    )
    stencil.press(ramp, object="ice", material="ice", texture="smooth")
