"""Open landscapes, painted back to front: sky, far ridges in haze, middle distance, ground, what stands on it."""

import numpy as np

from core.probes.menagerie.canvas import Canvas, Paint
from core.probes.menagerie.scenes.brush import Stencil, below, crop, laid, shade, skyline
from core.probes.menagerie.scenes.ground import Ground
from core.probes.menagerie.scenes.objects import draw_object, ink
from core.probes.menagerie.scenes.sky import choose_hour, draw_sky, tint
from core.probes.menagerie.scenes.terrain import GRASS, mixed, plain, ridges, scatter, strokes, treeline
from core.probes.menagerie.scenes.things import fence_along
from core.probes.menagerie.shapes import Frame, smooth


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
    hills = [(-0.01, rng.uniform(0.05, 0.1), 3, "green", (0.30, 0.42, 0.34), 0.36, "hill", "leaf", "grassy")]
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
        [(0.0, rng.uniform(0.05, 0.1), 3, "blue", (0.40, 0.52, 0.56), 0.55, "hill", "leaf", None)],
    )
    _fields(canvas, rng, hour, horizon)
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


def _fields(canvas, rng, hour, horizon):
    """Two far swells of meadow or ripe corn, with hedges."""
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
            material="leaf",
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
