"""Landscapes with water: lake and beach seen from the shore, reef and open sea from below the surface."""

import cv2
import numpy as np

from core.probes.menagerie.canvas import Canvas, Paint
from core.probes.menagerie.scenes.brush import Stencil, below, crop, laid, shade, shafts, skyline
from core.probes.menagerie.scenes.ground import Ground
from core.probes.menagerie.scenes.objects import draw_object, ink
from core.probes.menagerie.scenes.sky import choose_hour, draw_sky, tint
from core.probes.menagerie.scenes.terrain import GRASS, mixed, plain, ridges, scatter, strokes, treeline
from core.probes.menagerie.shapes import Frame, smooth

SURFACE = {"object": "water", "material": "water", "texture": "rippled"}


def _surface(canvas, rng, top, bottom, far, near, hour, thing="water", mirror=0.35) -> None:
    """Water seen from above its level: a gradient, the mirrored far shore, and glints that widen towards the viewer."""
    n = canvas.pixels
    a, b = int(top * n), int(np.ceil(bottom * n))
    sky = hour.sky[-1].rgb
    stops = (Paint("blue", mixed(far, sky, 0.45)), Paint("blue", far), Paint("blue", near))
    above = canvas.rgb[max(0, a - (b - a)) : a][::-1]
    reflection = cv2.blur(cv2.resize(above, (n // 4, b - a)), (5, 9)) if mirror and len(above) else None
    grain = 0.1 * laid("wave", rng, top, bottom, zoom=0.8)
    labels = {"object": thing, "material": "water", "texture": "rippled" if thing == "water" else "wavy"}
    below(canvas, top, bottom, stops, grain=grain, **labels)
    if reflection is not None:
        share = np.linspace(mirror, 0.12, b - a, dtype=np.float32)[:, None, None]
        field = canvas.rgb[a:b]
        field += share * (cv2.resize(reflection, (n, b - a)) - field)
    count = 150
    depth = rng.uniform(0, 1, count) ** 0.8
    x, y = rng.uniform(-0.1, 1, count), top + 0.004 + depth * (bottom - top)
    long = (0.02 + 0.1 * depth) * rng.uniform(0.4, 1.3, count)
    bow = 0.004 * depth
    lines = np.stack([np.stack([x, y], 1), np.stack([x + long / 2, y + bow], 1), np.stack([x + long, y], 1)], 1)
    stencil = Stencil(canvas, 0, top, 1, bottom)
    stencil.lines(lines, rng.choice([50.0, 225.0], count, p=[0.45, 0.55]), 0.0022)
    stencil.press(shade("blue", mixed(near, sky, 0.3), 0.5), opacity=0.5)


def _shoreline(canvas, rng, base, swing):
    """Where water meets land: bays, and the whole of it aslant."""
    slant = rng.uniform(-0.06, 0.06) * np.linspace(-1, 1, canvas.pixels)
    return skyline(rng, canvas.pixels, base, swing, 2, 0.3) + slant


def lake(canvas: Canvas, rng: np.random.Generator, critical: bool) -> Ground:
    """A quiet lake seen from its grassy or sandy shore."""
    hour = choose_hour(rng, morning=1.4, noon=1.4, dusk=1, dull=0.7)
    horizon = rng.uniform(0.34, 0.46)
    draw_sky(canvas, rng, hour, horizon)
    far = [(0.0, rng.uniform(0.06, 0.14), 3, "blue", (0.40, 0.50, 0.58), 0.5, "hill", "stone", None)]
    ridges(canvas, rng, hour, horizon, far)
    if rng.random() < 0.8:
        rgb = ((0.27, 0.40, 0.28), (0.42, 0.42, 0.24), (0.22, 0.36, 0.30))[rng.integers(3)]
        pointed = rng.random() < 0.35
        treeline(
            canvas,
            rng,
            hour,
            horizon + 0.006,
            0.06,
            0.32,
            rgb=rgb,
            count=46,
            dense=rng.uniform(0.5, 1),
            pointed=pointed,
        )
    shore = rng.uniform(0.6, 0.74)
    deep = np.array(((0.30, 0.47, 0.58), (0.27, 0.45, 0.53), (0.34, 0.48, 0.60))[rng.integers(3)])
    _surface(canvas, rng, horizon, min(1, shore + 0.12), tuple(deep * 1.1), tuple(deep * 0.85), hour)
    rgb = np.array(((0.50, 0.55, 0.34), (0.56, 0.55, 0.38), (0.62, 0.56, 0.42))[rng.integers(3)])
    line = _shoreline(canvas, rng, shore + 0.05, 0.07)
    wet = {"object": "ground", "material": "soil", "texture": "muddy"}
    below(canvas, line - 0.012, 1.0, (Paint("brown", (0.42, 0.38, 0.30)), Paint("brown", (0.44, 0.39, 0.30))), **wet)
    plain(canvas, rng, line, "green", rgb, rgb * 0.88, amount=0.13, **GRASS)
    if critical:
        for side in rng.permutation([-1, 1])[: rng.integers(1, 3)]:
            for _ in range(2):
                x = 0.5 + side * rng.uniform(0.3, 0.5)
                y = float(np.interp(x, np.linspace(0, 1, canvas.pixels), line)) + rng.uniform(-0.01, 0.03)
                draw_object(canvas, "reeds", Frame(x, y, rng.uniform(0.2, 0.36)), rng)
    strokes(canvas, rng, shore + 0.03, shade("green", rgb * 0.97, 0.4), count=700, tall=0.045, **GRASS)
    scatter(canvas, rng, "rock", rng.integers(0, 4), shore, 0.98, 0.08, avoid=0.2)
    scatter(canvas, rng, "grass tuft", rng.integers(1, 5), shore + 0.1, 1.02, 0.09)
    tint(canvas, hour)
    return Ground(horizon, 0.96, "land", float(line.max()) + 0.03, (horizon + 0.06, float(line.min()) - 0.03))


def beach(canvas: Canvas, rng: np.random.Generator, critical: bool) -> Ground:
    """Sand, breakers, and the sea to the horizon."""
    hour = choose_hour(rng, morning=1, noon=2, dusk=1)
    horizon = rng.uniform(0.32, 0.44)
    draw_sky(canvas, rng, hour, horizon)
    if rng.random() < 0.5:
        _headland(canvas, rng, hour, horizon)
    shore = rng.uniform(0.56, 0.7)
    _surface(
        canvas,
        rng,
        horizon,
        min(1, shore + 0.08),
        (0.20, 0.48, 0.62),
        (0.40, 0.68, 0.70),
        hour,
        thing="sea",
        mirror=0.12,
    )
    _breakers(canvas, rng, horizon, shore)
    line = _shoreline(canvas, rng, shore + 0.05, 0.08)
    _foam(canvas, rng, line)
    sand = np.array(((0.88, 0.79, 0.62), (0.85, 0.75, 0.58), (0.90, 0.83, 0.70))[rng.integers(3)])
    labels = {"object": "sand", "material": "sand", "texture": "grainy"}
    below(canvas, line, 1.0, (Paint("brown", tuple(sand * 0.78)), Paint("brown", tuple(sand * 0.84))), **labels)
    dry = line + 0.035 + skyline(rng, canvas.pixels, 0.02, 0.02, 3)
    labels["texture"] = "rippled"
    plain(
        canvas,
        rng,
        dry,
        "yellow",
        sand * 0.97,
        sand * 0.9,
        kind="ripple",
        amount=0.035,
        zoom=0.9,
        stretch=0.45,
        **labels,
    )
    if critical:
        _palms(canvas, rng, shore)
    scatter(canvas, rng, "rock", rng.integers(0, 3), shore + 0.05, 0.96, 0.1, avoid=0.25)
    scatter(canvas, rng, "shell", rng.integers(0, 4), shore + 0.12, 0.98, 0.032)
    if rng.random() < 0.4:
        scatter(canvas, rng, "starfish", 1, shore + 0.14, 0.98, 0.05)
    scatter(canvas, rng, "dry tuft", rng.integers(0, 4), shore + 0.14, 1.02, 0.09)
    tint(canvas, hour)
    return Ground(horizon, 0.96, "land", float(line.max()) + 0.03, (horizon + 0.07, float(line.min()) - 0.03))


def _headland(canvas, rng, hour, horizon):
    """A hilly coast beyond the bay, on one side."""
    side = rng.choice([-1, 1])
    slope = np.linspace(-0.12, 0.09, canvas.pixels)[::side]
    line = skyline(rng, canvas.pixels, horizon, 0.06, 4) + np.maximum(slope, -0.03)
    rgb = mixed((0.36, 0.46, 0.42), hour.haze, 0.45)
    below(canvas, line, horizon + 0.01, (Paint("green", rgb), Paint("green", rgb)), object="hill", material="stone")


def _palms(canvas, rng, shore):
    """One or two palms, leaning over the picture more often than out of it."""
    for _ in range(rng.integers(1, 3)):
        side = rng.choice([-1, 1])
        x = 0.5 + side * rng.uniform(0.3, 0.48)
        frame = Frame(
            x, shore + rng.uniform(0.09, 0.18), rng.uniform(0.5, 0.7), int(-side if rng.random() < 0.6 else side)
        )
        draw_object(canvas, "palm", frame, rng)


def _breakers(canvas, rng, horizon, shore):
    """Lines of white water rolling in."""
    stencil = Stencil(canvas, 0, horizon, 1, shore + 0.05)
    for share in np.linspace(0.35, 0.95, 3) + rng.normal(0, 0.04, 3):
        start = rng.uniform(-0.2, 0.5)
        x = np.linspace(start, start + rng.uniform(0.4, 0.8), 14)
        y = horizon + share * (shore - horizon) + 0.006 * np.sin(x * 17 + share * 30)
        thick = 0.016 * share * np.sin(np.linspace(0, np.pi, 14)) * rng.uniform(0.6, 1.2, 14)
        stencil.polygon(np.concatenate([np.stack([x, y], 1), np.stack([x, y - thick], 1)[::-1]]), 190)
    stencil.press(
        ink("white", (0.93, 0.96, 0.95), 0.1), opacity=0.85, object="sea", part="foam", material="water", texture="wavy"
    )


def _foam(canvas, rng, line):
    """The lace where a wave runs out on the sand."""
    x = np.linspace(-0.02, 1.02, 44)
    y = np.interp(x, np.linspace(0, 1, len(line)), line)
    stencil = Stencil(canvas, 0, float(y.min()) - 0.06, 1, float(y.max()) + 0.02)
    outer = np.stack([x, y + 0.006 + 0.004 * np.sin(x * 40)], 1)
    inner = np.stack([x, y - 0.018 - rng.uniform(0, 0.012, 44)], 1)
    stencil.polygon(np.concatenate([smooth(outer, False, 3), smooth(inner, False, 3)[::-1]]), 180)
    stencil.speckle(rng, 40, "clump", 0.4)
    count = 30
    spots = np.stack([rng.uniform(0, 1, count), np.zeros(count)], 1)
    spots[:, 1] = np.interp(spots[:, 0], x, y) - rng.uniform(0.02, 0.05, count)
    stencil.dabs(spots, rng.uniform(0.01, 0.05, count), 0.005, 0, 200)
    stencil.press(
        ink("white", (0.92, 0.95, 0.94), 0.12), opacity=0.9, object="sea", part="foam", material="water", texture="wavy"
    )


def _deep(canvas, rng, surface, tones, names=("blue", "blue", "blue")) -> None:
    """Water from inside: light above, darkness below, shafts of light slanting down."""
    stops = tuple(Paint(name, tuple(tone)) for name, tone in zip(names, tones, strict=True))
    below(
        canvas,
        surface,
        1.0,
        stops,
        grain=0.03 * crop("clump", rng, (64, 64), 0.3),
        object="water",
        material="water",
        texture="smooth",
    )
    shafts(canvas, rng, surface, 1.0, 0.17, (0.8, 1.0, 0.97))


def _motes(canvas, rng, top, count=40) -> None:
    """Bubbles and floating specks."""
    stencil = Stencil(canvas, 0, top, 1, 1)
    spots = np.stack([rng.uniform(0, 1, count), rng.uniform(top, 1, count)], 1)
    size = rng.uniform(0.002, 0.005, count)
    stencil.dabs(spots, size, size, 0, 200)
    if rng.random() < 0.7:
        x, k = rng.uniform(0.05, 0.95), int(rng.integers(4, 9))
        rising = np.stack([x + rng.normal(0, 0.014, k), np.linspace(rng.uniform(0.5, 0.8), top + 0.06, k)], 1)
        size = rng.uniform(0.008, 0.018, k)
        stencil.dabs(rising, size, size, 0, 170)
        stencil.dabs(rising - size[:, None] * 0.18, size * 0.4, size * 0.4, 0, 250)
    ramp = ink("white", (0.80, 0.92, 0.93), 0.2)
    stencil.press(ramp, opacity=0.55)


def _caustics(canvas, rng, top) -> None:
    """The net of light on the sea bed."""
    n = canvas.pixels
    a = int(top * n)
    net = laid("caustic", rng, top, 1.0, zoom=1.1, fade=0.2)
    field = canvas.rgb[a:]
    field *= 1 + 0.16 * cv2.resize(net, (n, n - a))[..., None]


def reef(canvas: Canvas, rng: np.random.Generator, critical: bool) -> Ground:
    """Warm shallow water over sand."""
    shift = rng.normal(0, 0.02, 3)
    tones = np.array([(0.62, 0.86, 0.86), (0.30, 0.66, 0.74), (0.18, 0.50, 0.63)]) + shift
    if rng.random() < 0.35:
        tones = np.array([(0.52, 0.80, 0.80), (0.22, 0.58, 0.62), (0.13, 0.42, 0.50)]) + shift
    _deep(canvas, rng, 0.0, tones)
    bed = rng.uniform(0.68, 0.82)
    haze = tuple(tones[1] * 0.6 + tones[2] * 0.4)
    _cliffs(canvas, rng, bed, haze)
    if critical:
        for _ in range(rng.integers(3, 7)):
            frame = Frame(rng.uniform(0, 1), bed + rng.uniform(0.0, 0.05), rng.uniform(0.08, 0.14))
            draw_object(canvas, "coral", frame, rng, haze=(haze, 0.5), shadow=False)
    sand = np.array((0.80, 0.77, 0.62))
    line = skyline(rng, canvas.pixels, bed + 0.05, 0.05, 3, 0.3)
    labels = {"object": "sand", "material": "sand", "texture": "rippled"}
    plain(
        canvas,
        rng,
        line,
        "yellow",
        mixed(sand, haze, 0.5),
        mixed(sand, haze, 0.16),
        kind="ripple",
        amount=0.05,
        zoom=0.8,
        stretch=0.4,
        **labels,
    )
    _caustics(canvas, rng, float(line.min()))
    _garden(canvas, rng, bed, haze, critical)
    scatter(canvas, rng, "shell", rng.integers(0, 3), bed + 0.1, 0.98, 0.035)
    if rng.random() < 0.4:
        scatter(canvas, rng, "starfish", 1, bed + 0.1, 0.97, 0.055)
    _motes(canvas, rng, 0.0)
    return Ground(0.0, 0.95, "under water", bed + 0.08)


def _cliffs(canvas, rng, bed, haze):
    """The reef's rocks in the blue distance."""
    for share, far in ((-0.12, 0.75), (-0.05, 0.5)):
        line = skyline(rng, canvas.pixels, bed + share + 0.08, 0.2, 3, 0.5)
        rgb = mixed((0.34, 0.40, 0.44), haze, far)
        stops = (Paint("blue", rgb), Paint("blue", mixed(rgb, haze, 0.3)))
        grain = 0.14 * crop("clump", rng, (64, 128), 0.35)
        below(canvas, line, 1.0, stops, grain=grain, object="rock", material="stone", texture="rough")


def _garden(canvas, rng, bed, haze, critical):
    """Weed, rocks and corals on the near sand."""
    for _ in range(rng.integers(1, 4)):
        frame = Frame(rng.uniform(0, 1), bed + rng.uniform(0.04, 0.16), rng.uniform(0.16, 0.3))
        draw_object(canvas, "seaweed", frame, rng, haze=(haze, 0.2))
    for _ in range(rng.integers(1, 3)):
        frame = Frame(rng.uniform(0, 1), bed + rng.uniform(0.06, 0.16), rng.uniform(0.07, 0.13))
        draw_object(canvas, "rock", frame, rng, haze=(haze, 0.3))
    if critical:
        for side in (-1, 1, rng.choice([-1, 1])):
            x, y = 0.5 + side * rng.uniform(0.22, 0.5), bed + rng.uniform(0.1, 0.24)
            draw_object(canvas, "coral", Frame(x, y, rng.uniform(0.2, 0.34)), rng, haze=(haze, 0.12))


def open_sea(canvas: Canvas, rng: np.random.Generator, critical: bool) -> Ground:
    """The sea cut open: a strip of sky and swell above, blue depth below."""
    hour = choose_hour(rng, morning=1, noon=2, dusk=0.8, dull=0.6)
    surface = rng.uniform(0.21, 0.31)
    draw_sky(canvas, rng, hour, surface, 0.8)
    _swell(canvas, rng, hour, surface)
    if critical:
        size = min(rng.uniform(0.15, 0.24), (surface - 0.015) / 1.2)
        frame = Frame(rng.uniform(0.15, 0.85), surface + 0.004, size, int(rng.choice([-1, 1])), rng.normal(0, 3))
        draw_object(canvas, "boat", frame, rng)
    shift = rng.normal(0, 0.02, 3)
    tones = np.array([(0.36, 0.66, 0.77), (0.15, 0.45, 0.63), (0.06, 0.24, 0.43)]) + shift
    keep = canvas.rgb[: int((surface + 0.06) * canvas.pixels)].copy()
    maps = {name: sheet[: len(keep)].copy() for name, sheet in canvas.maps.items()}
    _deep(canvas, rng, surface, tones)
    _waterline(canvas, rng, surface, keep, maps)
    _motes(canvas, rng, surface + 0.05, 26)
    tint(canvas, hour)
    return Ground(surface + 0.05, 0.95, "under water", 1.0)


def _swell(canvas, rng, hour, surface):
    """The far sea between the sky and the cut."""
    top = surface - rng.uniform(0.025, 0.045)
    far = mixed((0.28, 0.52, 0.66), hour.haze, 0.35)
    stops = (Paint("blue", far), Paint("blue", (0.30, 0.58, 0.70)))
    below(
        canvas,
        top,
        surface + 0.05,
        stops,
        grain=0.12 * crop("wave", rng, (32, 128), 0.8),
        object="sea",
        material="water",
        texture="wavy",
    )


def _waterline(canvas, rng, surface, keep, maps):
    """Put back what stood above the wavy line where the water was cut, and draw that line."""
    n = canvas.pixels
    x = np.linspace(0, 1, n)
    a, b = rng.uniform(0, 6, 2)
    wave = surface + 0.012 + 0.008 * np.sin(x * rng.uniform(9, 14) + a) + 0.004 * np.sin(x * rng.uniform(25, 40) + b)
    where = np.arange(len(keep))[:, None] < wave[None] * n
    np.copyto(canvas.rgb[: len(keep)], keep, where=where[..., None])
    for name, sheet in maps.items():
        np.copyto(canvas.maps[name][: len(keep)], sheet, where=where)
    x, wave = np.append(x[::8], 1.01), np.append(wave[::8], wave[-1])
    edge = np.stack([x, wave], 1)
    stencil = Stencil.around(canvas, edge, margin=0.02)
    stencil.polygon(np.concatenate([edge, (edge + [0, 0.011])[::-1]]), 120)
    stencil.lines(edge[None], 230, 0.004)
    stencil.press(ink("blue", (0.62, 0.84, 0.88), 0.3), opacity=0.8, object="sea", material="water", texture="wavy")
