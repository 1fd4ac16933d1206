"""What landscapes are made of: ridges in haze, woods in the distance, plains, grass, scattered objects."""

import numpy as np

from core.probes.menagerie.canvas import Paint
from core.probes.menagerie.scenes.brush import Stencil, below, crop, laid, skyline
from core.probes.menagerie.scenes.objects import draw_object, ink
from core.probes.menagerie.shapes import Frame


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
