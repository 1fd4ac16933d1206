"""Landscapes on land, back to front: sky, far ridges in haze, the middle distance, the ground, what stands on it."""

import numpy as np

from core.probes.menagerie.canvas import Canvas, Paint
from core.probes.menagerie.scenes.brush import Stencil, below, crop, laid, shade, shafts, skyline, veil
from core.probes.menagerie.scenes.ground import Ground
from core.probes.menagerie.scenes.objects import draw_object, ink
from core.probes.menagerie.scenes.sky import choose_hour, draw_sky, tint
from core.probes.menagerie.scenes.things import fence_along
from core.probes.menagerie.shapes import Frame, smooth


def mixed(rgb, haze, amount: float) -> tuple[float, float, float]:
    """A colour seen through haze."""
    return tuple(np.asarray(rgb) + amount * (np.asarray(haze) - np.asarray(rgb)))


def ridges(canvas, rng, hour, horizon, layers, *, rough=0.42) -> None:
    """Far ridges, each (base above the horizon, height, bumps, colour name, rgb, haze, object, material, texture)."""
    for lift, height, bumps, name, rgb, far, thing, material, texture in layers:
        line = skyline(rng, canvas.pixels, horizon - lift, height, bumps, rough)
        tone = mixed(rgb, hour.haze, far)
        stops = (Paint(name, tone), Paint(name, mixed(tone, hour.haze, 0.4)))
        grain = 0.05 * crop("clump", rng, (64, 128), 0.5)
        below(canvas, line, horizon + 0.12, stops, grain=grain, object=thing, material=material, texture=texture)


def plain(canvas, rng, line, name, far, near, *, kind="clump", amount=0.1, zoom=1.0, stretch=1.0, **labels) -> None:
    """Flat ground from a skyline (or level) to the lower edge, textured in perspective."""
    texture = amount * laid(kind, rng, float(np.min(line)), 1.0, zoom=zoom, stretch=stretch)
    stops = (Paint(name, far), Paint(name, tuple((np.asarray(far) + near) / 2)), Paint(name, tuple(near)))
    below(canvas, line, 1.0, stops, grain=texture, **labels)


def strokes(canvas, rng, top, ramp, *, count=900, tall=0.05, lean=0.25, bottom=1.04, fade=1.6, **labels) -> None:
    """Grass blades over the ground from `top` down, small and dense far away, `tall` at the lower edge."""
    for far, near in ((0.0, 0.3), (0.3, 0.6), (0.6, 1.0)):
        number = int(count * (near - far) * (1.5 - far))
        depth = rng.uniform(far, near, number)
        y = top + 0.01 + depth * (bottom - top)
        x = rng.uniform(-0.02, 1.02, number)
        high = tall * (0.12 + depth**fade) * rng.uniform(0.5, 1.1, number)
        drift = rng.normal(0, lean, number) * high
        stems = np.stack(
            [np.stack([x, y], 1), np.stack([x + drift * 0.3, y - high * 0.6], 1), np.stack([x + drift, y - high], 1)], 1
        )
        low, end = top + far * (bottom - top) - tall * 1.2, top + near * (bottom - top) + 0.02
        stencil = Stencil(canvas, 0, max(low, 0), 1, min(end, 1))
        stencil.lines(stems, np.clip(rng.normal(128, 52, number), 8, 250), 0.0018 + 0.003 * near * (tall > 0.03))
        stencil.press(ramp, opacity=0.55 + 0.25 * near, **labels)


GRASS = {"object": "grass", "material": "leaf", "texture": "grassy"}


def scatter(canvas, rng, name, count, top, bottom, size, *, avoid=0.0, haze=None, **options) -> None:
    """Objects over the ground, far ones first and smaller; `avoid` keeps the middle of the picture free."""
    for share in np.sort(rng.uniform(0, 1, count)):
        y = top + share * (bottom - top)
        x = rng.uniform(-0.03, 1.03)
        if avoid and abs(x - 0.5) < avoid:
            x = 0.5 + np.sign(x - 0.5 + 1e-9) * rng.uniform(avoid, 0.52)
        scale = size * (0.25 + 0.75 * share) * rng.uniform(0.7, 1.25)
        far = None if haze is None else (haze, 0.6 * (1 - share) ** 1.5)
        draw_object(canvas, name, Frame(x, y, scale, int(rng.choice([-1, 1]))), rng, haze=far, **options)


SPRUCE = np.array([[-1, 0], [-0.5, -0.3], [-0.72, -0.28], [-0.3, -0.62], [-0.46, -0.6], [0, -1]])
SPRUCE = np.concatenate([SPRUCE, SPRUCE[-2::-1] * [-1, 1]])


def treeline(
    canvas, rng, hour, level, size, far, *, rgb=(0.27, 0.40, 0.26), count=40, dense=1.0, pointed=False, line=None
) -> None:
    """A wood in the distance: many crowns as one mass, lit from the sun's side."""
    x = np.linspace(-0.03, 1.03, count) + rng.normal(0, 0.012, count)
    if dense < 1:
        patch = skyline(rng, count, 1.0, 1.0, 3)
        x = x[patch < np.quantile(patch, dense)]
    foot = level if line is None else np.interp(x, np.linspace(0, 1, canvas.pixels), line) + size * 0.12
    high = size * rng.uniform(0.6, 1.15, len(x))
    stencil = Stencil(canvas, 0, max(0.0, float(np.min(foot)) - size * 1.5), 1, float(np.max(foot)) + 0.004)
    centre = np.stack([x, foot - high * 0.45], 1)
    lit = np.array([np.sign(canvas.light[0]) * 0.16, -0.16]) * size
    if pointed:
        for place, h, tone in zip(x, high, rng.normal(100, 16, len(x)), strict=True):
            base = foot if np.ndim(foot) == 0 else foot[np.argmin(np.abs(x - place))]
            w = h * 0.24
            outline = SPRUCE * [w, h * 1.3] + [place, base]
            stencil.polygon(outline, tone)
            lit = outline[: len(SPRUCE) // 2 + 1] if canvas.light[0] < 0 else outline[len(SPRUCE) // 2 :]
            stencil.polygon(np.concatenate([lit, [[place, base]]]), tone + 40)
    else:
        for share, shift, tone in ((1.0, 0, 84), (0.72, 0.8, 126), (0.4, 1.5, 166)):
            tones = tone + rng.normal(0, 12, len(x))
            stencil.dabs(centre + lit * shift, high * share * 0.95, high * share, 0.0, tones)
    ramp = ink("green", rgb, 0.42, haze=(hour.haze, far))
    stencil.press(ramp, object="tree", part="crown", material="leaf", texture="leafy")


def savanna(canvas: Canvas, rng: np.random.Generator, critical: bool) -> Ground:
    """A golden plain under a wide sky."""
    hour = choose_hour(rng, morning=1, noon=1, dusk=1.4)
    horizon = rng.uniform(0.34, 0.5)
    draw_sky(canvas, rng, hour, horizon, 0.7)
    ridges(
        canvas,
        rng,
        hour,
        horizon,
        [
            (0.0, rng.uniform(0.04, 0.1), 2, "blue", (0.45, 0.52, 0.62), 0.55, "hill", "stone", None),
            (-0.005, rng.uniform(0.02, 0.05), 4, "brown", (0.55, 0.50, 0.38), 0.45, "hill", "soil", None),
        ],
    )
    season = int(rng.integers(4))
    gold = np.array(((0.76, 0.64, 0.36), (0.70, 0.62, 0.36), (0.66, 0.62, 0.38), (0.53, 0.58, 0.33))[season])
    name = "green" if season == 3 else "yellow"
    plain(canvas, rng, horizon, name, mixed(gold, hour.haze, 0.45), gold * 0.92, amount=0.13, **GRASS)
    treeline(canvas, rng, hour, horizon + 0.008, 0.022, 0.5, rgb=(0.42, 0.45, 0.28), count=60, dense=0.45)
    if critical:
        for _ in range(rng.integers(2, 5)):
            y = horizon + rng.uniform(0.004, 0.05)
            size = 0.06 + (y - horizon) * 2.2 * rng.uniform(0.8, 1.2)
            draw_object(canvas, "acacia", Frame(rng.uniform(0, 1), y, size), rng, haze=(hour.haze, 0.4))
    strokes(canvas, rng, horizon, shade(name, gold, 0.42), count=1000, tall=0.05)
    scatter(canvas, rng, "bush", rng.integers(1, 4), horizon + 0.02, horizon + 0.22, 0.07, haze=hour.haze)
    if critical:
        x = rng.choice([rng.uniform(0.02, 0.3), rng.uniform(0.7, 0.98)])
        y = horizon + rng.uniform(0.08, 0.2)
        draw_object(
            canvas, "acacia", Frame(x, y, rng.uniform(0.34, 0.5), int(rng.choice([-1, 1]))), rng, haze=(hour.haze, 0.08)
        )
    scatter(canvas, rng, "rock", rng.integers(0, 3), horizon + 0.1, 0.98, 0.08, avoid=0.2)
    scatter(canvas, rng, "grass tuft", rng.integers(2, 6), horizon + 0.2, 1.02, 0.1)
    tint(canvas, hour)
    return Ground(horizon, 0.96, "land", horizon + 0.06)


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


def snowfield(canvas: Canvas, rng: np.random.Generator, critical: bool) -> Ground:
    """Drifts of blue-white snow under a cold sky."""
    hour = choose_hour(rng, morning=1, noon=1.5, dusk=0.7, dull=1.2)
    horizon = rng.uniform(0.36, 0.5)
    draw_sky(canvas, rng, hour, horizon, 0.7)
    blue, white = (
        Paint("blue", mixed((0.55, 0.65, 0.76), hour.haze, 0.45)),
        Paint("white", mixed((0.80, 0.86, 0.91), hour.haze, 0.3)),
    )
    for lift, height, bumps in ((0.0, rng.uniform(0.08, 0.17), 3), (-0.01, rng.uniform(0.04, 0.08), 4)):
        line = skyline(rng, canvas.pixels, horizon - lift, height, bumps, 0.5)
        grain = 0.09 * crop("clump", rng, (48, 96), 0.5)
        below(
            canvas, line, horizon + 0.05, (blue, white), grain=grain, object="hill", material="snow", texture="smooth"
        )
    if rng.random() < 0.4:
        treeline(
            canvas, rng, hour, horizon + 0.012, 0.05, 0.45, rgb=(0.22, 0.32, 0.32), count=44, dense=0.4, pointed=True
        )
    shadow, light = np.array((0.71, 0.78, 0.87)), np.array((0.83, 0.87, 0.91))
    for share in (0.0, 0.28, 0.6):
        line = skyline(rng, canvas.pixels, horizon + 0.05 + share * 0.5, 0.06, 2, 0.3)
        stops = (
            Paint("white", tuple(light + 0.03)),
            Paint("white", tuple((shadow + light) / 2)),
            Paint("white", tuple(shadow)),
        )
        texture = 0.05 * laid("clump", rng, horizon, 1.0, zoom=0.8, stretch=0.5)
        below(canvas, line, 1.0, stops, grain=texture, object="snow", material="snow", texture="grainy")
        if critical and share == 0.0:
            x = rng.choice([rng.uniform(0.12, 0.32), rng.uniform(0.68, 0.88)])
            size = rng.uniform(0.13, 0.2)
            draw_object(
                canvas,
                "igloo",
                Frame(x, horizon + rng.uniform(0.06, 0.1), size, int(rng.choice([-1, 1]))),
                rng,
                haze=(hour.haze, 0.1),
            )
    _glitter(canvas, rng, horizon)
    scatter(canvas, rng, "ice", rng.integers(0, 4), horizon + 0.06, 0.97, 0.1, avoid=0.25)
    if rng.random() < 0.4:
        scatter(canvas, rng, "rock", rng.integers(1, 3), horizon + 0.08, 0.97, 0.08, avoid=0.28)
    tint(canvas, hour, cold=1.0)
    return Ground(horizon, 0.96, "land", horizon + 0.07)


def _glitter(canvas, rng, horizon):
    """Wind marks and sparks on the snow."""
    stencil = Stencil(canvas, 0, horizon, 1, 1)
    depth = rng.uniform(0, 1, 60)
    start = np.stack([rng.uniform(-0.1, 1, 60), horizon + 0.05 + depth * (0.95 - horizon)], 1)
    long = (0.03 + 0.13 * depth) * rng.uniform(0.5, 1.2, 60)
    marks = np.stack(
        [start, start + np.stack([long * 0.5, -0.006 * depth], 1), start + np.stack([long, 0 * long], 1)], 1
    )
    stencil.lines(marks, rng.choice([60.0, 235.0], 60), 0.0022)
    spots = np.stack([rng.uniform(0, 1, 90), rng.uniform(horizon + 0.1, 1, 90)], 1)
    stencil.dabs(spots, 0.0045, 0.0045, 0, 255)
    ramp = ink("white", (0.82, 0.87, 0.93), 0.2)
    stencil.press(ramp, opacity=0.7)


def mountain(canvas: Canvas, rng: np.random.Generator, critical: bool) -> Ground:
    """An alpine meadow below a range."""
    hour = choose_hour(rng, morning=1.2, noon=1.5, dusk=0.7, dull=0.6)
    horizon = rng.uniform(0.46, 0.58)
    draw_sky(canvas, rng, hour, horizon, 0.8)
    far = [(0.02, rng.uniform(0.1, 0.2), 4, "blue", (0.42, 0.52, 0.66), 0.6, "hill", "stone", None)]
    ridges(canvas, rng, hour, horizon, far, rough=0.5)
    if critical:
        heights = np.sort(rng.uniform(0.2, 0.34, rng.integers(1, 4)))
        for k, height in enumerate([*heights, rng.uniform(0.36, 0.48)]):
            last = k == len(heights)
            x = rng.uniform(0.2, 0.8) if last else rng.uniform(0, 1)
            draw_object(canvas, "peak", Frame(x, horizon + 0.02, height), rng, haze=(hour.haze, 0.12 if last else 0.42))
    hills = [(-0.01, rng.uniform(0.05, 0.1), 3, "green", (0.30, 0.42, 0.34), 0.36, "hill", "grass", "grassy")]
    ridges(canvas, rng, hour, horizon, hills)
    if rng.random() < 0.75:
        treeline(
            canvas,
            rng,
            hour,
            horizon + 0.035,
            0.055,
            0.3,
            rgb=(0.2, 0.34, 0.27),
            count=50,
            dense=rng.uniform(0.4, 0.9),
            pointed=True,
        )
    rgb = np.array(((0.46, 0.56, 0.31), (0.52, 0.56, 0.33), (0.55, 0.54, 0.38))[rng.integers(3)])
    line = skyline(rng, canvas.pixels, horizon + 0.06, 0.06, 2, 0.3)
    plain(canvas, rng, line, "green", mixed(rgb, hour.haze, 0.3), rgb * 0.84, amount=0.12, **GRASS)
    strokes(canvas, rng, horizon + 0.05, shade("green", rgb * 0.95, 0.4), count=900, tall=0.035)
    scatter(canvas, rng, "rock", rng.integers(2, 7), horizon + 0.06, 0.98, 0.1, avoid=0.16)
    if rng.random() < 0.5:
        scatter(canvas, rng, "flower", rng.integers(2, 6), horizon + 0.14, 1.0, 0.045)
    scatter(canvas, rng, "grass tuft", rng.integers(1, 4), horizon + 0.16, 1.02, 0.07)
    tint(canvas, hour)
    return Ground(horizon, 0.96, "land", horizon + 0.08)


def pasture(canvas: Canvas, rng: np.random.Generator, critical: bool) -> Ground:
    """Rolling meadows with hedges."""
    hour = choose_hour(rng, morning=1, noon=2, dusk=0.7, dull=0.6)
    horizon = rng.uniform(0.36, 0.5)
    draw_sky(canvas, rng, hour, horizon)
    ridges(
        canvas,
        rng,
        hour,
        horizon,
        [(0.0, rng.uniform(0.05, 0.1), 3, "blue", (0.40, 0.52, 0.56), 0.55, "hill", "grass", None)],
    )
    tones = [(0.52, 0.60, 0.34), (0.45, 0.57, 0.32), (0.66, 0.64, 0.38), (0.50, 0.62, 0.36)]
    for k, (lift, far) in enumerate(((-0.01, 0.42), (-0.045, 0.25))):
        rgb = tones[rng.integers(4)]
        name = "yellow" if rgb[0] > 0.6 else "green"
        line = skyline(rng, canvas.pixels, horizon - lift, 0.07, 2 + k, 0.25)
        stops = (Paint(name, mixed(rgb, hour.haze, far * 0.7)), Paint(name, mixed(rgb, hour.haze, far)))
        below(
            canvas,
            line,
            1.0,
            stops,
            grain=0.05 * crop("clump", rng, (64, 128), 0.6),
            object="hill",
            material="grass",
            texture="grassy",
        )
        treeline(
            canvas,
            rng,
            hour,
            0,
            0.04 + 0.012 * k,
            far,
            rgb=(0.28, 0.41, 0.25),
            count=44,
            dense=rng.uniform(0.2, 0.5),
            line=line,
        )
    rgb = np.array(((0.43, 0.56, 0.29), (0.48, 0.58, 0.31), (0.40, 0.53, 0.31))[rng.integers(3)])
    line = skyline(rng, canvas.pixels, horizon + 0.1, 0.05, 2, 0.25)
    plain(canvas, rng, line, "green", mixed(rgb, hour.haze, 0.25), rgb * 0.88, amount=0.1, **GRASS)
    if rng.random() < 0.65:
        x = rng.choice([rng.uniform(0, 0.3), rng.uniform(0.7, 1)])
        draw_object(canvas, "tree", Frame(x, horizon + 0.1, rng.uniform(0.24, 0.4)), rng, haze=(hour.haze, 0.12))
    strokes(canvas, rng, horizon + 0.07, shade("green", rgb * 0.97, 0.4), count=900, tall=0.045)
    if critical:
        _paddock(canvas, rng, horizon, hour)
    scatter(canvas, rng, "flower", rng.integers(0, 6), horizon + 0.16, 1.0, 0.055)
    scatter(canvas, rng, "grass tuft", rng.integers(1, 4), horizon + 0.2, 1.02, 0.08)
    tint(canvas, hour)
    return Ground(horizon, 0.96, "land", horizon + 0.14)


def _paddock(canvas, rng, horizon, hour):
    """A fence across the meadow, coming nearer to one side."""
    posts = int(rng.integers(6, 10))
    y0, y1 = horizon + rng.uniform(0.11, 0.14), horizon + rng.uniform(0.14, 0.3)
    share = np.linspace(0, 1, posts) ** rng.uniform(0.75, 1.0)
    feet = np.stack([-0.06 + 1.12 * share, y0 + (y1 - y0) * share**1.3], 1)
    heights = 0.075 + (feet[:, 1] - horizon - 0.1) * 0.5
    if rng.random() < 0.5:
        feet[:, 0] = 1 - feet[:, 0]
    fence_along(canvas, feet, heights, rng, lambda *a: ink(*a, haze=(hour.haze, 0.08)))


def desert(canvas: Canvas, rng: np.random.Generator, critical: bool) -> Ground:
    """Dunes, each with a lit and a shaded side."""
    hour = choose_hour(rng, morning=1, noon=1.4, dusk=1)
    horizon = rng.uniform(0.38, 0.5)
    draw_sky(canvas, rng, hour, horizon, 0.35)
    rgb = np.array(((0.84, 0.68, 0.46), (0.82, 0.62, 0.42), (0.86, 0.74, 0.54))[rng.integers(3)])
    if rng.random() < 0.5:
        mesa = [(0.0, rng.uniform(0.06, 0.13), 3, "brown", (0.62, 0.44, 0.36), 0.45, "hill", "stone", "rough")]
        ridges(canvas, rng, hour, horizon, mesa, rough=0.6)
    base = mixed(rgb, hour.haze, 0.5)
    sand = {"object": "sand", "material": "sand", "texture": "rippled"}
    below(canvas, horizon, 1.0, (Paint("yellow", base), Paint("yellow", base)), **sand)
    for share, far in ((0.0, 0.45), (0.12, 0.28), (0.28, 0.12)):
        _dune(canvas, rng, horizon + 0.02 + share * 0.55, rgb * (1.02 - 0.25 * share), hour, far)
    line = skyline(rng, canvas.pixels, horizon + 0.24, 0.05, 1, 0.3)
    labels = {"object": "sand", "material": "sand", "texture": "rippled"}
    plain(
        canvas,
        rng,
        line,
        "yellow",
        mixed(rgb, hour.haze, 0.12),
        rgb * 0.9,
        kind="ripple",
        amount=0.055,
        zoom=1.0,
        stretch=0.5,
        **labels,
    )
    if critical:
        for _ in range(rng.integers(1, 4)):
            y = horizon + rng.uniform(0.04, 0.14)
            draw_object(
                canvas, "cactus", Frame(rng.uniform(0, 1), y, 0.07 + (y - horizon) * 0.9), rng, haze=(hour.haze, 0.35)
            )
        x = rng.choice([rng.uniform(0.05, 0.27), rng.uniform(0.73, 0.95)])
        draw_object(canvas, "cactus", Frame(x, horizon + rng.uniform(0.2, 0.34), rng.uniform(0.36, 0.55)), rng)
    scatter(canvas, rng, "rock", rng.integers(1, 5), horizon + 0.12, 0.98, 0.09, avoid=0.2)
    for x, y in zip(rng.uniform(0, 1, 3), rng.uniform(horizon + 0.2, 1.0, 3), strict=True):
        draw_object(canvas, "dry tuft", Frame(x, y, 0.03 + 0.05 * (y - horizon)), rng)
    tint(canvas, hour)
    return Ground(horizon, 0.96, "land", horizon + 0.12)


def _dune(canvas, rng, base, rgb, hour, far):
    """A row of dunes with sharp crests; below each, the side away from the sun lies in shade."""
    n = canvas.pixels
    x, line, crests = np.linspace(0, 1, n), np.full(n, base + 0.02), []
    away = 1 if canvas.light[0] < 0 else -1
    for middle in rng.permutation([0.1, 0.45, 0.85])[: rng.integers(1, 4)] + rng.normal(0, 0.08):
        high, wide, steep = rng.uniform(0.06, 0.13), rng.uniform(0.35, 0.6), rng.uniform(0.22, 0.36)
        t = (x - middle) * away
        t = np.clip(np.abs(np.where(t > 0, t / steep, t / wide)), 0, 1) * np.pi / 2
        hump = base + 0.03 - high * (0.5 * np.cos(t) ** 2 + 0.5 * (1 - np.sin(t)))
        crests.append((middle, steep, float(hump.min())))
        line = np.minimum(line, hump)
    labels = {"object": "sand", "material": "sand", "texture": "rippled"}
    lit = mixed(rgb, hour.haze, far)
    grain = 0.05 * crop("wave", rng, (80, 128), 0.6)
    below(
        canvas, line, 1.0, (Paint("yellow", lit), Paint("yellow", tuple(np.asarray(lit) * 0.93))), grain=grain, **labels
    )
    shaded = shade("brown", mixed(rgb * [0.76, 0.72, 0.76], hour.haze, far), 0.08)
    for middle, steep, top in crests:
        xs = middle + away * steep * np.linspace(0, 0.97, 16)
        edge = np.stack([xs, np.interp(xs, x, line)], 1)
        if edge[0, 1] > top + 0.01:
            continue
        drop = base + 0.035 - top
        path = [
            edge[0],
            [middle - away * 0.035, top + 0.5 * drop],
            [middle + away * steep * 0.22, top + 0.98 * drop],
            edge[-1],
        ]
        stencil = Stencil.around(canvas, edge, path)
        stencil.polygon(np.concatenate([edge, smooth(path, False, 6)[::-1]]), 110)
        stencil.press(shaded, soft=0.002, **labels)
