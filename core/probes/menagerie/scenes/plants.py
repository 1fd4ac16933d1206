"""Plants and sea life that stand still: `plant(canvas, frame, rng, ink)` in own units, ground at y = 0, about 1 high.

`ink(name, rgb, spread)` makes the ramp of one colour as seen from here: hazy when far away.
"""

from collections.abc import Callable

import numpy as np

from core.probes.menagerie.canvas import Canvas
from core.probes.menagerie.scenes.brush import Ramp, Stencil, curve
from core.probes.menagerie.shapes import Frame, ellipse, rotate, smooth

Ink = Callable[..., Ramp]
WOOD = (0.40, 0.29, 0.20)


def _foliage(canvas, frame, rng, clumps, leaf=0.05, per=46, tip=0.3):
    """A stencil of leafy clumps (x, y, width, height) in own units, each round and lit from the sun's side."""
    low = np.min([[x - w * 0.62, y - h * 0.62] for x, y, w, h in clumps], 0)
    high = np.max([[x + w * 0.62, y + h * 0.62] for x, y, w, h in clumps], 0)
    stencil = Stencil.around(canvas, frame([low, high]))
    detail = float(np.clip(frame.scale / 0.42, 0.3, 1.0))
    per, leaf = int(per * detail), leaf / detail**0.5
    sun = np.array(canvas.light) / np.hypot(*canvas.light)
    middle = np.mean([[x, y] for x, y, _, _ in clumps], 0)
    reach = max(np.ptp([c[0] for c in clumps]) / 2, np.ptp([c[1] for c in clumps]) / 2, 0.1)
    for x, y, w, h in sorted(clumps, key=lambda clump: np.dot(clump[:2], sun)):
        whole = float((np.array([x, y]) - middle) * [frame.facing, 1] @ sun / reach)
        spin, ring = rng.uniform(0, 2 * np.pi, per), np.sqrt(rng.uniform(0.05, 1, per))
        flat = np.stack([np.cos(spin) * ring, np.sin(spin) * ring], 1)
        tones = 112 + 62 * (flat @ (sun * [frame.facing, 1])) + 30 * whole + rng.normal(0, 14, per)
        stencil.polygon(frame(_ragged(rng, x, y, w, h)), 70 + 24 * whole)
        order = np.argsort(tones)
        size = leaf * rng.uniform(0.7, 1.4, per) * frame.scale
        spots = frame(flat[order] * [w / 2, h / 2] + [x, y])
        stencil.dabs(spots, size, size * 0.62, spin, tones[order], tip)
    return stencil


TURN = np.linspace(0, 2 * np.pi, 20, endpoint=False)
RIM = np.stack([np.cos(TURN), np.sin(TURN)], 1)


def _ragged(rng, x, y, w, h, rough=0.06):
    return [x, y] + RIM * (1 + rng.normal(0, rough, (20, 1))) * [w / 2, h / 2]


def acacia(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A flat-topped umbrella thorn on a forked stem."""
    lean = rng.uniform(-0.06, 0.06)
    fork = [lean * 0.6, -rng.uniform(0.34, 0.46)]
    tips = np.array([[-0.46, -0.76], [-0.2, -0.82], [0.06, -0.84], [0.28, -0.8], [0.5, -0.74]])
    tips = tips + rng.normal(0, 0.025, tips.shape)
    stem = Stencil.around(canvas, frame([[-0.6, -1], [0.6, 0.02]]))
    stem.limb(frame([[0.0, 0.02], [lean * 0.4, -0.2], fork]), np.array([0.075, 0.05, 0.05]) * frame.scale, 110)
    for tip in tips:
        middle = (np.array(fork) * 0.55 + tip * 0.45) + [0.1 * np.sign(tip[0]), 0.02]
        stem.limb(frame([fork, middle, tip]), np.array([0.036, 0.024, 0.012]) * frame.scale, 100)
    stem.speckle(rng, 18, "grain")
    stem.press(ink("brown", WOOD, 0.42), object="acacia", part="stem", material="wood", texture="barked")
    clumps = [(x, y - 0.03, rng.uniform(0.34, 0.46), rng.uniform(0.11, 0.15)) for x, y in tips]
    clumps += [(rng.uniform(-0.35, 0.35), -rng.uniform(0.88, 0.95), 0.42, 0.12) for _ in range(3)]
    clumps.sort(key=lambda c: c[1])
    crown = _foliage(canvas, frame, rng, clumps[::-1], leaf=0.045, per=44)
    crown.press(ink("green", (0.36, 0.43, 0.22), 0.42), object="acacia", part="crown", material="leaf", texture="leafy")


def pine(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A spruce: drooping tiers, jagged at the rim, on a straight stem."""
    stem = Stencil.around(canvas, frame([[-0.05, -0.3], [0.05, 0.02]]))
    stem.limb(frame([[0, 0.015], [0, -0.25]]), np.array([0.055, 0.04]) * frame.scale, 120)
    stem.press(ink("brown", (0.36, 0.26, 0.19), 0.35), object="pine", part="stem", material="wood", texture="barked")
    crown = Stencil.around(canvas, frame([[-0.34, -1.02], [0.34, -0.03]]))
    tiers, width = int(rng.integers(8, 11)), rng.uniform(0.46, 0.6)
    lit = np.sign(canvas.light[0]) * frame.facing
    share = np.linspace(0, 1, tiers)
    top, bottom = -0.2 - 0.8 * share, -0.10 - 0.78 * share**0.93
    half = width / 2 * (1 - share) ** 0.85 + 0.025
    x = np.linspace(-1, 1, 9)
    jag = np.where(np.arange(9) % 2 == 0, 0.0, -0.028) + rng.normal(0, 0.006, (tiers, 9))
    droop = 0.035 * x**2 * (1 - share)[:, None] + jag * (1.2 - share)[:, None]
    rims = frame(np.stack([half[:, None] * x, bottom[:, None] + droop], -1).reshape(-1, 2)).reshape(tiers, 9, 2)
    tips = frame(np.stack([0 * top, top - 0.09], 1))
    side = slice(0, 5) if lit < 0 else slice(4, 9)
    for rim, tip in zip(rims, tips, strict=True):
        crown.polygon(np.concatenate([rim, tip[None]]), 82)
        crown.polygon(np.concatenate([rim[side], tip[None]]), 126)
    tier = np.sort(rng.integers(0, tiers, int(150 * np.clip(frame.scale / 0.6, 0.2, 1.0))))
    px = rng.uniform(-0.95, 0.95, len(tier))
    py = bottom[tier] + 0.02 * px**2 - 0.012 - rng.uniform(0, 0.07, len(tier)) * (1 - np.abs(px))
    tones = 108 + 50 * px * lit + rng.normal(0, 18, len(tier))
    spots, angle = frame(np.stack([px * half[tier], py], 1)), np.pi / 2 - px * 0.75 * frame.facing
    crown.dabs(spots, 0.055 * frame.scale, 0.022 * frame.scale, angle, tones, 0.6)
    rgb = ((0.18, 0.34, 0.27), (0.21, 0.36, 0.24), (0.20, 0.35, 0.31))[rng.integers(3)]
    crown.press(ink("green", rgb, 0.42), object="pine", part="crown", material="leaf", texture="leafy")


def tree(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A round broadleaf tree."""
    stem = Stencil.around(canvas, frame([[-0.25, -0.7], [0.25, 0.02]]))
    stem.limb(frame([[0, 0.015], [0.01, -0.2], [0, -0.5]]), np.array([0.085, 0.06, 0.04]) * frame.scale, 115)
    stem.limb(frame([[0.0, -0.26], [0.12, -0.5]]), np.array([0.035, 0.02]) * frame.scale, 105)
    stem.limb(frame([[0.0, -0.3], [-0.12, -0.52]]), np.array([0.035, 0.02]) * frame.scale, 105)
    stem.press(ink("brown", WOOD, 0.38), object="tree", part="stem", material="wood", texture="barked")
    spots = [(-0.2, -0.46), (0.21, -0.48), (0.0, -0.52), (-0.24, -0.64), (0.24, -0.66), (-0.1, -0.8), (0.12, -0.8)]
    clumps = [(x + rng.normal(0, 0.02), y + rng.normal(0, 0.02), rng.uniform(0.32, 0.4), 0.3) for x, y in spots]
    clumps.append((0.0, -0.7, 0.42, 0.38))
    rgb = ((0.34, 0.50, 0.24), (0.28, 0.46, 0.26), (0.42, 0.52, 0.24))[rng.integers(3)]
    crown = _foliage(canvas, frame, rng, clumps, leaf=0.055, per=40)
    crown.press(ink("green", rgb, 0.42), object="tree", part="crown", material="leaf", texture="leafy")


def bush(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A low round shrub, about 1 high and 1.6 wide."""
    spots = [(-0.45, -0.3, 0.7, 0.62), (0.45, -0.32, 0.72, 0.66), (0.0, -0.5, 0.85, 0.85), (0.12, -0.24, 0.8, 0.5)]
    clumps = [(x + rng.normal(0, 0.05), y, w, h) for x, y, w, h in spots]
    rgb = ((0.33, 0.46, 0.24), (0.40, 0.45, 0.25), (0.26, 0.41, 0.25))[rng.integers(3)]
    crown = _foliage(canvas, frame, rng, clumps, leaf=0.13, per=44, tip=0.4)
    crown.press(ink("green", rgb, 0.42), object="bush", part="crown", material="leaf", texture="leafy")


def giant_fern(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A rosette of long arching fronds, each with paired leaflets."""
    stencil = Stencil.around(canvas, frame([[-0.85, -1.05], [0.85, 0.04]]))
    count = int(rng.integers(8, 11))
    reach = np.linspace(-1, 1, count) + rng.normal(0, 0.06, count)
    for r in reach[np.argsort(np.abs(reach))]:
        tall = (1 - 0.42 * abs(r) ** 2) * rng.uniform(0.85, 1.02)
        fall = 0.34 * abs(r) + 0.06
        spine = curve([[0, 0], [0.17 * r, -0.55 * tall], [0.5 * r, -0.9 * tall], [0.86 * r, -0.86 * tall + fall]], 5)
        lit = 128 + 40 * r * np.sign(canvas.light[0]) * frame.facing
        _frond(stencil, frame, rng, spine, 0.17, 19, lit, width=0.036, droop=0.2)
    stencil.press(
        ink("green", (0.26, 0.52, 0.22), 0.46), object="giant fern", part="leaf", material="leaf", texture="leafy"
    )


def _frond(stencil, frame, rng, spine, length, pairs, tone, width=0.05, droop=0.25):
    """Leaflets along a spine, longest near its lower middle, the lower row darker than the upper."""
    at = np.linspace(0.12, 0.99, pairs)
    where = np.linspace(0, 1, len(spine))
    base = np.stack([np.interp(at, where, spine[:, k]) for k in (0, 1)], 1)
    along = np.gradient(base, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    size = length * np.sin(np.pi * (0.14 + 0.86 * at) ** 0.8) + 0.02
    for side in (-1, 1):
        out = across * side + along * 0.55 + [0, droop]
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        centres, ends = frame(base + out * size[:, None] / 2), out * [frame.facing, 1]
        up = np.where(out[:, 1] < 0, 26, -26)
        tones = tone + up + rng.normal(0, 8, pairs)
        angles = np.arctan2(ends[:, 1], ends[:, 0])
        stencil.dabs(centres, size * frame.scale, width * frame.scale, angles, tones, 0.75)
    stencil.lines(frame(spine)[None], tone - 60, 0.009 * frame.scale)


def palm(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A leaning coconut palm: ringed stem, drooping fronds, a few nuts."""
    lean = rng.uniform(0.08, 0.34)
    spine = np.array([[0, 0.02], [0.05 * lean, -0.25], [0.45 * lean, -0.52], [lean, -0.76]])
    stem = Stencil.around(canvas, frame(spine), margin=0.05 * frame.scale + 0.01)
    stem.limb(frame(spine), np.array([0.07, 0.045, 0.036, 0.034]) * frame.scale, 130)
    rings = curve(spine, 8)[1:-1]
    offsets = np.array([[-0.022, 0.004], [0, 0.012], [0.022, 0.004]])
    before = stem.tone > 0
    stem.lines(frame(rings[:, None] + offsets), 70, 0.006 * frame.scale)
    stem.tone[~before] = 0
    stem.press(ink("brown", (0.52, 0.42, 0.31), 0.42), object="palm", part="stem", material="wood", texture="ringed")
    top = spine[-1]
    crown = Stencil.around(canvas, frame(np.array([[-0.5, -0.33], [0.5, 0.3]]) + top))
    angles = np.linspace(-3.0, -0.14, 8) + rng.normal(0, 0.1, 8)
    for angle in angles[np.argsort(np.abs(np.sin(angles)))][::-1]:
        out = np.array([np.cos(angle), np.sin(angle)])
        long = rng.uniform(0.34, 0.44)
        fall = 0.1 + 0.16 * abs(out[0])
        spine = curve([top, top + out * long * 0.5 + [0, -0.03], top + out * long + [0, fall]])
        lit = 130 + 44 * out[0] * np.sign(canvas.light[0]) * frame.facing - 20 * out[1]
        _frond(crown, frame, rng, spine, 0.115, 15, lit, width=0.022, droop=0.5)
    crown.press(ink("green", (0.30, 0.52, 0.24), 0.46), object="palm", part="leaf", material="leaf", texture="leafy")
    nuts = [frame(ellipse(top[0] + dx, top[1] + 0.03, 0.05, 0.055)) for dx in (-0.03, 0.025)]
    fruit = Stencil.around(canvas, *nuts)
    for nut in nuts:
        fruit.polygon(nut, 120)
    fruit.relief(60)
    fruit.press(ink("brown", (0.42, 0.28, 0.16), 0.4), object="palm", part="fruit", material="wood")


def cactus(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A saguaro: ribbed column with one to three raised arms, spines, sometimes a flower."""
    stencil = Stencil.around(canvas, frame([[-0.45, -1.03], [0.45, 0.03]]))
    limbs = [(np.array([[0, 0.02], [0.005, -0.4], [0, -0.94]]), 0.17)]
    for side in rng.permutation([-1, 1])[: rng.integers(1, 3)]:
        start, out, rise = rng.uniform(0.28, 0.5), rng.uniform(0.2, 0.27), rng.uniform(0.22, 0.36)
        arm = [[0.03 * side, -start], [out * 0.6 * side, -start - 0.0], [out * side, -start - 0.09]]
        limbs.insert(0, (np.array([*arm, [out * side, -start - rise]]), 0.105))
    for spine, width in limbs:
        widths = np.full(len(spine), width)
        widths[-1] *= 0.86
        stencil.limb(frame(spine), widths * frame.scale, 120, 64)
        line = curve(spine)
        along = np.gradient(line, axis=0)
        across = np.stack([-along[:, 1], along[:, 0]], 1) / np.linalg.norm(along, axis=1, keepdims=True)
        ribs = np.stack([frame(line + across * width * k) for k in (-0.27, -0.09, 0.1, 0.28)])
        stencil.lines(ribs[:, 1:-1], 66, 0.008 * frame.scale)
        stencil.lines(ribs[:, 1:-1] + [0.006 * frame.scale, 0], 172, 0.005 * frame.scale)
    stencil.press(
        ink("green", (0.31, 0.47, 0.30), 0.42), object="cactus", part="stem", material="leaf", texture="ribbed"
    )
    if rng.random() < 0.5:
        spine, width = limbs[rng.integers(len(limbs))]
        spots = spine[-1] + np.stack([rng.uniform(-0.4, 0.4, 4) * width, rng.uniform(-0.05, -0.03, 4) - width * 0.3], 1)
        bloom = Stencil.around(canvas, frame(spots), margin=0.04 * frame.scale)
        bloom.dabs(frame(spots), 0.05 * frame.scale, 0.04 * frame.scale, 0.3, [90, 130, 160, 200])
        bloom.press(ink("pink", (0.88, 0.45, 0.58), 0.35), object="cactus", part="flower head", material="leaf")


def reeds(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A stand of blades and brown cattails."""
    blades = Stencil.around(canvas, frame([[-0.75, -1.1], [0.75, 0.04]]))
    count = int(rng.integers(30, 42))
    foot = rng.normal(0, 0.17, count)
    tall = rng.uniform(0.5, 1.0, count) * (1 - 0.5 * np.abs(foot))
    lean = foot * 0.7 + rng.normal(0, 0.12, count)
    tones = 120 + 50 * np.sign(canvas.light[0]) * frame.facing * foot / 0.3 + rng.normal(0, 28, count)
    middles, tips = np.stack([foot + lean * 0.2, -tall * 0.6], 1), np.stack([foot + lean, -tall], 1)
    feet = np.stack([foot, np.full(count, 0.03)], 1)
    blades.blades(frame(feet), frame(middles), frame(tips), 0.034 * frame.scale, tones)
    tails = rng.uniform(-0.32, 0.32, int(rng.integers(3, 6)))
    tops = np.stack([tails * 1.25, -rng.uniform(0.72, 0.98, len(tails))], 1)
    blades.lines(
        np.stack([frame([[x, 0.0], top]) for x, top in zip(tails, tops, strict=True)]), 110, 0.014 * frame.scale
    )
    blades.press(ink("green", (0.44, 0.52, 0.26), 0.45), object="reeds", part="leaf", material="leaf", texture="grassy")
    heads = Stencil.around(canvas, frame(tops), margin=0.16 * frame.scale)
    for x, top in zip(tails, tops, strict=True):
        way = (np.array(top) - [x, 0]) / np.linalg.norm(np.array(top) - [x, 0])
        heads.limb(frame([top, top + way * 0.13]), np.array([0.05, 0.05]) * frame.scale, 120)
    heads.press(ink("brown", (0.42, 0.27, 0.16), 0.4), object="reeds", part="flower head", material="leaf")


def grass_tuft(
    canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink, name="green", rgb=(0.42, 0.54, 0.26)
) -> None:
    """A tuft of blades."""
    stencil = Stencil.around(canvas, frame([[-0.85, -1.05], [0.85, 0.05]]))
    count = 24
    foot = rng.normal(0, 0.16, count)
    lean = foot * 1.6 + rng.normal(0, 0.16, count)
    tall = rng.uniform(0.45, 1.0, count) * (1 - 0.3 * np.abs(lean))
    middles, tips = np.stack([foot + lean * 0.2, -tall * 0.7], 1), np.stack([foot + lean, -tall], 1)
    feet = np.stack([foot, np.full(count, 0.03)], 1)
    tones = rng.normal(130, 40, count)
    stencil.blades(frame(feet), frame(middles), frame(tips), 0.06 * frame.scale, tones)
    stencil.press(ink(name, rgb, 0.45), object="grass tuft", part="leaf", material="leaf", texture="grassy")


PETALS = {
    "white": (0.95, 0.94, 0.90),
    "yellow": (0.95, 0.80, 0.25),
    "red": (0.82, 0.24, 0.20),
    "purple": (0.56, 0.38, 0.68),
    "pink": (0.90, 0.55, 0.66),
    "blue": (0.36, 0.46, 0.80),
    "orange": (0.94, 0.58, 0.20),
}


def flower(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A small group of flowers of one colour."""
    name = str(rng.choice(list(PETALS)))
    near = frame.scale > 0.09  # a clump close by shows more and finer flowers
    count, size = (int(rng.integers(7, 12)), 0.6) if near else (int(rng.integers(3, 7)), 1.0)
    across = np.linspace(-0.62, 0.62, count) + rng.normal(0, 0.05, count)
    heads = np.stack([across, -rng.uniform(0.45, 0.98, count) * (1 - 0.3 * np.abs(across))], 1)
    stems = np.stack([heads * [0.5, 0], heads], 1)
    leaves = Stencil.around(canvas, frame([[-0.9, -1.1], [0.9, 0.05]]))
    leaves.lines(frame(stems.reshape(-1, 2)).reshape(count, 2, 2), 110, 0.05 * size * frame.scale)
    aside, rise = rng.normal(0, 0.12, 2 * count), rng.uniform(-0.22, -0.06, 2 * count)
    foot = np.repeat(stems[:, 0], 2, 0) + np.stack([aside, rise], 1)
    lean, tones = rng.normal(-np.pi / 2, 0.6, 2 * count), rng.normal(130, 26, 2 * count)
    leaves.dabs(frame(foot), 0.42 * size**0.5 * frame.scale, 0.12 * size * frame.scale, lean, tones, 0.7)
    leaves.press(ink("green", (0.36, 0.52, 0.27), 0.35), object="flower", part="leaf", material="leaf")
    petals = {"object": "flower", "part": "flower head", "material": "leaf"}
    bloom = Stencil.around(canvas, frame(heads), margin=0.3 * frame.scale)
    for head in heads[np.argsort(heads[:, 1])]:
        angles = np.arange(6) * np.pi / 3 + rng.uniform(0, 1)
        ring = head + 0.12 * size * np.stack([np.cos(angles), np.sin(angles) * 0.8], 1)
        shine = 140 - 40 * np.sin(angles) + rng.normal(0, 16, 6)
        bloom.dabs(frame(ring), 0.24 * size * frame.scale, 0.16 * size * frame.scale, angles, shine)
    bloom.press(ink(name, PETALS[name], 0.3), **petals)
    heart = "orange" if name == "yellow" else "yellow"
    centre = Stencil.around(canvas, frame(heads), margin=0.2 * frame.scale)
    centre.dabs(frame(heads), 0.14 * size * frame.scale, 0.12 * size * frame.scale, 0, 140)
    centre.press(ink(heart, PETALS[heart], 0.2), **petals)


def mushroom(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A fly agaric."""
    stem = Stencil.around(canvas, frame([[-0.25, -0.6], [0.25, 0.06]]))
    stem.limb(frame([[0, 0.03], [0.02, -0.55]]), np.array([0.26, 0.2]) * frame.scale, 150)
    stem.press(ink("white", (0.90, 0.87, 0.80), 0.25), object="mushroom", part="stem", material="skin")
    cap = smooth([[-0.5, -0.5], [-0.4, -0.8], [0, -1.0], [0.4, -0.8], [0.5, -0.5], [0, -0.44]], steps=5)
    top = Stencil.around(canvas, frame(cap))
    top.polygon(frame(cap), 130)
    top.relief(50, 0.01)
    top.press(ink("red", (0.76, 0.20, 0.15), 0.35), object="mushroom", part="crown", material="skin", texture="spotted")
    spots = np.array([[-0.28, -0.66], [0.0, -0.84], [0.25, -0.7], [0.05, -0.62], [-0.13, -0.76], [0.36, -0.57]])
    dots = Stencil.around(canvas, frame(spots), margin=0.1 * frame.scale)
    dots.dabs(frame(spots), 0.13 * frame.scale, 0.1 * frame.scale, 0, 160)
    dots.press(
        ink("white", (0.95, 0.93, 0.88), 0.2), object="mushroom", part="crown", material="skin", texture="spotted"
    )


def leaves(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A fan of large banana-like leaves, for the front of a jungle."""
    stencil = Stencil.around(canvas, frame([[-1.1, -1.1], [1.1, 0.1], [-1.1, 0.1], [1.1, -1.1]]))
    angles = np.linspace(-1.15, 1.15, 6) + rng.normal(0, 0.1, 6)
    for angle in angles[np.argsort(-np.abs(angles))]:
        long = rng.uniform(0.75, 1.05)
        outline = np.array(
            [[0, 0], [-0.11, -0.25], [-0.15, -0.5], [-0.11, -0.78], [0, -1], [0.11, -0.78], [0.15, -0.5], [0.11, -0.25]]
        )
        place = [frame(rotate(smooth(part * [1, long], steps=3), np.degrees(angle))) for part in (outline, outline[:5])]
        tone = 112 - 34 * np.sin(angle)
        stencil.polygon(place[0], tone)
        stencil.polygon(place[1], tone + 24)
        veins = np.array([[[0, y], [s * 0.12, y - 0.12]] for y in (-0.25, -0.38, -0.51, -0.64, -0.77) for s in (-1, 1)])
        turned = rotate(veins.reshape(-1, 2) * [1, long], np.degrees(angle))
        stencil.lines(frame(turned).reshape(-1, 2, 2), tone - 30, 0.008 * frame.scale)
        stencil.lines(
            frame(rotate(np.array([[0, 0], [0, -0.97 * long]]), np.degrees(angle)))[None],
            tone + 66,
            0.016 * frame.scale,
        )
    stencil.press(ink("green", (0.19, 0.38, 0.21), 0.4), object="bush", part="leaf", material="leaf", texture="leafy")
