"""Landscapes among trees: the forest's glade and the jungle's clearing."""

import numpy as np

from core.probes.menagerie.canvas import Canvas, Paint
from core.probes.menagerie.scenes.brush import Stencil, below, crop, shade, shafts, skyline, veil
from core.probes.menagerie.scenes.ground import Ground
from core.probes.menagerie.scenes.objects import draw_object, ink
from core.probes.menagerie.scenes.sky import choose_hour, draw_sky, tint
from core.probes.menagerie.scenes.terrain import GRASS, mixed, plain, scatter, strokes, treeline
from core.probes.menagerie.shapes import Frame


def forest(canvas: Canvas, rng: np.random.Generator, critical: bool) -> Ground:
    """A glade in a misty wood."""
    hour = choose_hour(rng, morning=2, noon=1, dull=1.5, dusk=0.5)
    horizon = rng.uniform(0.42, 0.55)
    draw_sky(canvas, rng, hour, horizon, 0.3)
    greens = ((0.30, 0.42, 0.33), (0.36, 0.44, 0.28), (0.45, 0.41, 0.24))
    tone = np.array(greens[rng.choice(3, p=[0.45, 0.4, 0.15])])
    for high, far, count in ((0.3, 0.78, 22), (0.24, 0.62, 20), (0.17, 0.46, 22)):
        pointed = critical and rng.random() < 0.8
        treeline(
            canvas,
            rng,
            hour,
            horizon + 0.05,
            high * rng.uniform(0.8, 1.15),
            far,
            rgb=tone,
            count=count,
            pointed=pointed,
        )
        veil(canvas, horizon, high * 0.7, hour.haze, 0.4)
    floor = np.array(((0.40, 0.42, 0.25), (0.46, 0.40, 0.28), (0.34, 0.42, 0.26))[rng.integers(3)])
    name = "brown" if floor[0] > floor[1] else "green"
    line = skyline(rng, canvas.pixels, horizon + 0.04, 0.05, 3)
    labels = {"object": "ground", "material": "soil", "texture": "mossy"}
    plain(canvas, rng, line, name, mixed(floor, hour.haze, 0.4), floor * 0.8, amount=0.2, zoom=1.4, **labels)
    _glade(canvas, rng, hour, horizon, "pine" if critical else "tree")
    strokes(
        canvas, rng, horizon + 0.03, shade("green", floor * [0.85, 1.05, 0.8], 0.42), count=700, tall=0.045, **GRASS
    )
    _litter(canvas, rng, horizon)
    scatter(canvas, rng, "bush", rng.integers(1, 4), horizon + 0.06, horizon + 0.2, 0.1, avoid=0.22)
    if rng.random() < 0.45:
        draw_object(
            canvas,
            "log",
            Frame(rng.uniform(0.1, 0.9), rng.uniform(0.72, 0.95), rng.uniform(0.12, 0.2), int(rng.choice([-1, 1]))),
            rng,
        )
    if rng.random() < 0.06:
        scatter(canvas, rng, "mushroom", 2, 0.8, 0.98, 0.055)
    scatter(canvas, rng, "grass tuft", rng.integers(1, 4), horizon + 0.2, 1.02, 0.09)
    tint(canvas, hour)
    return Ground(horizon, 0.96, "land", horizon + 0.1)


def _glade(canvas, rng, hour, horizon, name):
    """Trees in rows left and right of a clearing, taller the nearer they stand."""
    for step, far in ((0.03, 0.5), (0.06, 0.3), (0.12, 0.08)):
        for side in (-1, 1):
            for _ in range(rng.integers(1, 3) if far > 0.1 else rng.integers(0, 2)):
                x = 0.5 + side * rng.uniform(0.2 + step, 0.56)
                size = (0.26 + step * 3.6) * rng.uniform(0.8, 1.2)
                draw_object(
                    canvas, name, Frame(x, horizon + step + rng.uniform(0, 0.02), size), rng, haze=(hour.haze, far)
                )
    x = rng.choice([rng.uniform(-0.02, 0.2), rng.uniform(0.8, 1.02)])
    draw_object(canvas, name, Frame(x, horizon + rng.uniform(0.16, 0.26), rng.uniform(0.75, 0.95)), rng)


def _litter(canvas, rng, horizon):
    """Fallen leaves."""
    count = int(rng.integers(30, 90))
    depth = rng.uniform(0, 1, count) ** 0.7
    centres = np.stack([rng.uniform(0, 1, count), horizon + 0.08 + depth * (0.92 - horizon)], 1)
    stencil = Stencil(canvas, 0, horizon + 0.05, 1, 1)
    stencil.dabs(
        centres,
        0.004 + 0.016 * depth,
        0.002 + 0.007 * depth,
        rng.normal(0, 0.6, count),
        rng.uniform(40, 230, count),
        0.5,
    )
    ramp = ink("orange", (0.66, 0.42, 0.22), 0.4) if rng.random() < 0.5 else ink("brown", (0.46, 0.34, 0.22), 0.4)
    stencil.press(ramp, opacity=0.8, object="ground", material="leaf", texture="leafy")


def jungle(canvas: Canvas, rng: np.random.Generator, critical: bool) -> Ground:
    """A clearing in dense green, light falling in from one side."""
    hour = choose_hour(rng, morning=1, noon=2, dull=0.7)
    horizon = rng.uniform(0.5, 0.6)
    hour = type(hour)(hour.name, hour.sky, (0.72, 0.82, 0.62), hour.tint, 0.0, 0.0)
    _fill_wood(canvas, rng, hour, 0.0, horizon, 0.85)
    for level, size, far, count in ((0.26, 0.34, 0.7, 18), (0.4, 0.3, 0.46, 20), (horizon, 0.24, 0.24, 24)):
        treeline(canvas, rng, hour, level, size, far, rgb=(0.20, 0.40, 0.22), count=22)
        _fill_wood(canvas, rng, hour, level - 0.02, horizon + 0.05, far)
        _rosettes(canvas, rng, hour, level - size * 0.8, min(level + 0.1, horizon), far, count)
        veil(canvas, level + 0.1, 0.16, hour.haze, 0.3)
    shafts(canvas, rng, 0.0, horizon + 0.1, 0.2, (0.98, 0.97, 0.78))
    _stems(canvas, rng, hour, horizon)
    floor = np.array(((0.30, 0.33, 0.19), (0.36, 0.32, 0.21))[rng.integers(2)])
    line = skyline(rng, canvas.pixels, horizon + 0.04, 0.04, 3)
    labels = {"object": "ground", "material": "soil", "texture": "leafy"}
    name = "brown" if floor[0] > floor[1] else "green"
    plain(canvas, rng, line, name, mixed(floor, (0.6, 0.68, 0.42), 0.35), floor * 0.85, amount=0.22, zoom=1.5, **labels)
    strokes(canvas, rng, horizon + 0.03, shade("green", (0.27, 0.42, 0.2), 0.42), count=420, tall=0.06, **GRASS)
    _litter(canvas, rng, horizon)
    if critical:
        for side in rng.permutation([-1, 1])[: rng.integers(1, 3)]:
            x, y = 0.5 + side * rng.uniform(0.27, 0.47), horizon + rng.uniform(0.1, 0.22)
            draw_object(canvas, "giant fern", Frame(x, y, rng.uniform(0.34, 0.5)), rng)
    scatter(canvas, rng, "bush", rng.integers(1, 3), horizon + 0.06, horizon + 0.16, 0.12, avoid=0.3)
    for x, turn in ((-0.04, 40), (1.04, -40)):
        if rng.random() < 0.7:
            draw_object(canvas, "leaves", Frame(x, rng.uniform(0.9, 1.06), rng.uniform(0.22, 0.34), 1, turn), rng)
    if rng.random() < 0.4:
        scatter(canvas, rng, "flower", 2, horizon + 0.15, 0.98, 0.07, avoid=0.25)
    tint(canvas, hour)
    return Ground(horizon, 0.96, "land", horizon + 0.1)


def _fill_wood(canvas, rng, hour, top, bottom, far):
    """Behind the crowns nothing but green shade."""
    rgb = mixed((0.13, 0.27, 0.16), hour.haze, far)
    stops = (Paint("green", rgb), Paint("green", tuple(np.asarray(rgb) * 0.86)))
    grain = 0.12 * crop("clump", rng, (64, 128), 0.4)
    below(canvas, top, bottom, stops, grain=grain, object="tree", material="leaf", texture="leafy")


def _rosettes(canvas, rng, hour, top, bottom, far, count):
    """Tufts of long leaves catching the light in a wall of green."""
    stencil = Stencil(canvas, 0, max(top - 0.1, 0), 1, bottom + 0.1)
    middles = np.stack([rng.uniform(0, 1, count), rng.uniform(top, bottom, count)], 1)
    middles = middles[np.argsort(middles[:, 1])]
    angles = (np.linspace(-np.pi * 1.08, np.pi * 0.08, 9)[None] + rng.normal(0, 0.15, (count, 9))).ravel()
    long = np.repeat(rng.uniform(0.08, 0.14, count) * (1.25 - 0.7 * far), 9) * rng.uniform(0.75, 1.2, count * 9)
    way = np.stack([np.cos(angles), np.sin(angles) * 0.9], 1)
    feet = np.repeat(middles, 9, 0)
    bends = feet + way * long[:, None] * 0.65
    tips = feet + way * long[:, None] + np.stack([0 * long, long * 0.38], 1)
    tones = 112 + 56 * way @ np.array(canvas.light) + rng.normal(0, 22, len(long))
    stencil.blades(feet, bends, tips, long * 0.17, tones)
    ramp = ink("green", (0.22, 0.42, 0.22), 0.46, haze=(hour.haze, far * 0.8))
    stencil.press(ramp, object="tree", part="crown", material="leaf", texture="leafy")


def _stems(canvas, rng, hour, horizon):
    """Stems that vanish into the leaves above, and hanging vines."""
    for x in rng.permutation(np.linspace(0.03, 0.97, 7))[: rng.integers(2, 5)]:
        wide, foot = rng.uniform(0.02, 0.05), horizon + rng.uniform(0.03, 0.08)
        bow = rng.normal(0, 0.02)
        spine = np.array([[x - bow, foot + 0.02], [x - bow * 0.4, foot - 0.1], [x + bow, 0.2], [x, -0.05]])
        stem = Stencil.around(canvas, spine, margin=wide)
        stem.limb(spine, np.array([wide * 1.9, wide, wide * 0.9, wide * 0.9]), 120)
        stem.speckle(rng, 16, "grain")
        ramp = ink("brown", (0.33, 0.28, 0.20), 0.4, haze=(hour.haze, rng.uniform(0.05, 0.35)))
        stem.press(ramp, object="tree", part="stem", material="wood", texture="barked")
    vines = Stencil(canvas, 0, 0, 1, horizon)
    for x in rng.uniform(0, 1, rng.integers(2, 6)):
        y = np.linspace(-0.02, rng.uniform(0.15, 0.4), 7)
        line = np.stack([x + 0.02 * np.sin(y * 9 + x * 20), y], 1)
        vines.lines(line[None], 120, 0.006)
        vines.dabs(
            np.repeat(line, 2, 0) + rng.normal(0, 0.008, (14, 2)),
            0.03,
            0.014,
            rng.uniform(0.8, 2.2, 14),
            rng.normal(150, 30, 14),
            0.6,
        )
    vines.press(ink("green", (0.22, 0.40, 0.18), 0.4), object="vine", part="leaf", material="leaf", texture="leafy")
