"""Things in a landscape: `thing(canvas, frame, rng, ink)` in own units, ground or waterline at y = 0."""

import numpy as np

from core.probes.menagerie.canvas import Canvas
from core.probes.menagerie.scenes.brush import Stencil
from core.probes.menagerie.scenes.plants import Ink
from core.probes.menagerie.shapes import Frame, ellipse, smooth, tube


def solid(canvas, frame, outline, ink, name, rgb, *, tone=130, relief=40, spread=0.38, grain=0.0, rng=None, **labels):
    """One shaded body."""
    stencil = Stencil.around(canvas, frame(outline))
    stencil.polygon(frame(outline), tone)
    if relief:
        stencil.relief(relief)
    if grain:
        stencil.speckle(rng, grain, "clump", 0.6)
    stencil.press(ink(name, rgb, spread), **labels)


def cart(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A wooden two-wheeled cart, shafts forward, in a donkey's body lengths: a bed 1.1 long on large spoked wheels."""
    rgb = np.array(((0.58, 0.36, 0.20), (0.52, 0.34, 0.22), (0.62, 0.42, 0.24))[rng.integers(3)])
    reach = [[-0.85, -1.2], [1.5, 0.1]]
    _wheel(canvas, frame, rng, ink, (0.1, -0.43), 0.41, rgb * 0.62)
    shafts = Stencil.around(canvas, frame(reach))
    for rise, tone in ((0.05, 80), (0.0, 140)):
        shafts.limb(
            frame([[0.4, -0.56 - rise], [0.9, -0.6 - rise], [1.38, -0.68 - rise]]),
            np.array([0.055, 0.05, 0.04]) * frame.scale,
            tone,
        )
    shafts.press(ink("brown", rgb, 0.42), object="cart", part="shaft", material="wood")
    bed = Stencil.around(canvas, frame(reach))
    bed.polygon(frame([[-0.66, -0.98], [0.52, -0.98], [0.44, -0.52], [-0.58, -0.52]]), 118)
    for row, tone in ((0, 136), (1, 118), (2, 104)):
        top, bottom = -0.98 + 0.155 * row, -0.98 + 0.155 * (row + 1) - 0.012
        slant = 0.08 * row / 3
        bed.polygon(
            frame([[-0.66 + slant, top], [0.52 - slant, top], [0.5 - slant, bottom], [-0.64 + slant, bottom]]), tone
        )
        bed.lines(frame([[-0.64 + slant, bottom + 0.01], [0.5 - slant, bottom + 0.01]])[None], 48, 0.014 * frame.scale)
    for x in (-0.56, -0.08, 0.4):
        bed.polygon(frame([[x, -1.04], [x + 0.07, -1.04], [x * 0.93 + 0.065, -0.5], [x * 0.93, -0.5]]), 168)
    bed.polygon(frame([[-0.7, -1.04], [0.56, -1.04], [0.55, -0.98], [-0.69, -0.98]]), 188)
    bed.speckle(rng, 14, "grain")
    bed.press(ink("brown", rgb * 1.06, 0.45), object="cart", part="bed", material="wood", texture="planked")
    if rng.random() < 0.6:
        _load(canvas, frame, rng, ink)
    _wheel(canvas, frame, rng, ink, (-0.06, -0.43), 0.43, rgb * 1.02)


def _load(canvas, frame, rng, ink):
    """Hay heaped on the cart."""
    heap = smooth([[-0.66, -1.03], [-0.5, -1.2], [-0.15, -1.32], [0.2, -1.26], [0.45, -1.14], [0.53, -1.03]], steps=4)
    hay = Stencil.around(canvas, frame(heap), margin=0.05 * frame.scale)
    hay.polygon(frame(heap), 120)
    hay.relief(40)
    count = 90
    x = rng.uniform(-0.58, 0.45, count)
    y = -1.04 - rng.uniform(0, 1, count) * 0.26 * (1 - (np.abs(x + 0.07) / 0.62) ** 2)
    turn = rng.uniform(-0.9, 0.9, count)
    ends = np.stack([np.cos(turn), np.sin(turn)], 1) * 0.06
    base = np.stack([x, y], 1)
    strokes = np.stack([frame(base - ends), frame(base + ends)], 1)
    hay.lines(strokes, rng.uniform(60, 230, count), 0.012 * frame.scale)
    hay.press(ink("yellow", (0.82, 0.68, 0.34), 0.4), object="hay", material="straw", texture="grassy")


def _wheel(canvas, frame, rng, ink, centre, radius, rgb):
    x, y = centre
    stencil = Stencil.around(canvas, frame(ellipse(x, y, 2.2 * radius, 2.2 * radius)))
    turn = rng.uniform(0, np.pi / 6)
    hub = np.array([x, y])
    for angle in np.arange(12) * np.pi / 6 + turn:
        way = np.array([np.cos(angle), np.sin(angle)])
        spoke = frame([hub + way * 0.06, hub + way * radius * 0.94])
        stencil.polygon(tube(spoke, np.array([0.042, 0.03]) * frame.scale, steps=2), 120 + 50 * way @ canvas.light)
    ring = np.linspace(0, 2 * np.pi, 49)
    circle = np.stack([np.cos(ring), np.sin(ring)], 1)
    rim = frame(hub + circle * radius * 0.915)
    tones = 130 + 60 * (circle[:-1] @ (np.array(canvas.light) * [frame.facing, 1]))
    stencil.lines(np.stack([rim[:-1], rim[1:]], 1), tones, 0.17 * radius * frame.scale, levels=10)
    stencil.lines(frame(hub + circle * radius * 0.985)[None], 40, 0.024 * frame.scale)
    stencil.polygon(frame(ellipse(x, y, 0.19, 0.19)), 92)
    stencil.polygon(frame(ellipse(x - 0.01, y - 0.01, 0.1, 0.1)), 190)
    stencil.press(ink("brown", rgb, 0.46), object="cart", part="wheel", material="wood", texture="spoked")


def fence(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """Five posts and their rails; 1 high, 5.2 long."""
    foot = frame(np.stack([np.linspace(-2.5, 2.5, 5), np.zeros(5)], 1))
    fence_along(canvas, foot, np.full(5, frame.scale), rng, ink)


def fence_along(canvas: Canvas, feet: np.ndarray, heights: np.ndarray, rng: np.random.Generator, ink: Ink) -> None:
    """A post-and-rail fence through feet (n, 2) in picture units, its posts `heights` (n,) tall."""
    white = rng.random() < 0.25
    name, rgb = ("white", (0.88, 0.86, 0.81)) if white else ("brown", (0.50, 0.38, 0.27))
    low = feet - np.stack([0 * heights, heights * 1.1], 1)
    rails = Stencil.around(canvas, feet, low)
    for level in (0.36, 0.66, 0.92):
        line = feet - np.stack([0 * heights, heights * (level + rng.normal(0, 0.012, len(feet)))], 1)
        for a, b, h in zip(line[:-1], line[1:], heights[:-1], strict=True):
            tilt = rng.normal(0, 0.02) * h
            band = np.array([0, 0.055 * h])
            rails.polygon(np.array([a - band, b - band + [0, tilt], b + band + [0, tilt], a + band]), 96)
            rails.polygon(np.array([a - band, b - band + [0, tilt], b + [0, tilt], a]), 158)
    rails.speckle(rng, 14, "grain")
    rails.press(ink(name, rgb, 0.4), object="fence", part="rail", material="wood")
    posts = Stencil.around(canvas, feet, low)
    for foot, h in zip(feet, heights, strict=True):
        lean = rng.normal(0, 0.02) * h
        posts.limb([foot + [0, 0.02 * h], foot + [lean, -1.06 * h]], np.array([0.15, 0.14]) * h, 120)
        posts.polygon(ellipse(foot[0] + lean, foot[1] - 1.08 * h, 0.14 * h, 0.06 * h), 210)
    posts.press(ink(name, np.array(rgb) * 0.96, 0.42), object="fence", part="post", material="wood")


def boat(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A small sailing boat, 1 long, waterline at y = 0."""
    hulls = (
        ("red", (0.72, 0.26, 0.22)),
        ("blue", (0.22, 0.38, 0.58)),
        ("white", (0.90, 0.89, 0.86)),
        ("green", (0.24, 0.45, 0.38)),
    )
    sails = (
        ("white", (0.95, 0.93, 0.87)),
        ("orange", (0.88, 0.52, 0.27)),
        ("red", (0.74, 0.28, 0.24)),
        ("yellow", (0.93, 0.80, 0.45)),
    )
    name, rgb = hulls[rng.integers(len(hulls))]
    mast = Stencil.around(canvas, frame([[-0.02, -1.2], [0.1, -0.1]]))
    mast.limb(frame([[0.06, -0.1], [0.06, -1.16]]), np.array([0.03, 0.018]) * frame.scale, 130)
    mast.press(ink("brown", (0.45, 0.32, 0.22), 0.4), object="boat", part="mast", material="wood")
    sail_name, sail_rgb = sails[rng.integers(len(sails))]
    cloth = Stencil.around(canvas, frame([[-0.6, -1.2], [0.6, -0.1]]))
    cloth.polygon(
        frame(
            smooth([[0.03, -1.12], [-0.2, -0.72], [-0.46, -0.24], [-0.2, -0.2], [0.03, -0.22], [0.04, -0.6]], steps=4)
        ),
        120,
    )
    cloth.polygon(
        frame(smooth([[0.09, -1.02], [0.28, -0.66], [0.46, -0.22], [0.26, -0.24], [0.09, -0.26]], steps=4)), 176
    )
    for y, half in ((-0.42, 0.37), (-0.62, 0.26), (-0.82, 0.15)):
        cloth.lines(frame([[0.03 - half, y + 0.02], [0.02, y]])[None], 84, 0.01 * frame.scale)
    cloth.press(ink(sail_name, sail_rgb, 0.34), object="boat", part="sail", material="cloth")
    shape = smooth(
        [
            [-0.5, -0.2],
            [-0.46, -0.02],
            [-0.36, 0.09],
            [0.1, 0.11],
            [0.36, 0.06],
            [0.56, -0.24],
            [0.2, -0.16],
            [-0.2, -0.16],
        ],
        steps=4,
    )
    solid(canvas, frame, shape, ink, name, rgb, relief=46, object="boat", part="hull", material="wood")
    band = Stencil.around(canvas, frame([[-0.52, -0.3], [0.6, -0.1]]))
    band.lines(frame([[-0.5, -0.185], [-0.2, -0.15], [0.2, -0.15], [0.55, -0.225]])[None], 150, 0.028 * frame.scale)
    trim = ("white", (0.93, 0.91, 0.86)) if name != "white" else ("blue", (0.24, 0.38, 0.58))
    band.press(ink(*trim, 0.2), object="boat", part="hull", material="wood")


def log(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A fallen log seen half from its end; 0.4 high, 2 long."""
    body = Stencil.around(canvas, frame([[-1.1, -0.75], [1.1, 0.08]]))
    body.limb(frame([[0.3, -0.36], [0.38, -0.66]]), np.array([0.13, 0.07]) * frame.scale, 110)
    body.polygon(frame([[-0.85, -0.44], [0.9, -0.38], [1.0, -0.2], [0.92, 0.02], [-0.85, 0.05]]), 96)
    body.polygon(frame([[-0.85, -0.44], [0.9, -0.38], [0.98, -0.22], [-0.85, -0.2]]), 150)
    x = rng.uniform(-0.7, 0.7, 24)
    y = rng.uniform(-0.38, 0.0, 24)
    grooves = np.stack([frame(np.stack([x, y], 1)), frame(np.stack([x + 0.28, y + 0.01], 1))], 1)
    body.lines(grooves, rng.uniform(50, 190, 24), 0.016 * frame.scale)
    body.press(ink("brown", (0.38, 0.28, 0.20), 0.42), object="log", part="stem", material="wood", texture="barked")
    end = Stencil.around(canvas, frame(ellipse(-0.86, -0.2, 0.34, 0.52)))
    for share, tone in ((1.0, 70), (0.84, 190), (0.6, 150), (0.5, 190), (0.28, 150), (0.18, 190)):
        end.polygon(frame(ellipse(-0.86, -0.2, 0.32 * share, 0.5 * share)), tone)
    end.press(ink("brown", (0.66, 0.50, 0.33), 0.38), object="log", part="cut", material="wood", texture="ringed")


def cloud(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A heap cloud with a flat base; 1 wide, y = 0 its base."""
    count = int(rng.integers(7, 11))
    x = np.linspace(-0.42, 0.42, count) + rng.normal(0, 0.03, count)
    size = rng.uniform(0.14, 0.22, count) * (1.25 - (np.abs(x) / 0.5) ** 1.5) + 0.05
    y = -size * 0.45
    extra = np.stack([rng.uniform(-0.22, 0.22, 4), -rng.uniform(0.12, 0.24, 4)], 1)
    spots = np.concatenate([np.stack([x, y], 1), extra])
    size = np.concatenate([size, rng.uniform(0.14, 0.22, 4)])
    spots = np.concatenate([spots, [[-0.16, -0.04], [0.16, -0.04], [0.0, -0.06]]])
    size = np.concatenate([size, [0.2, 0.2, 0.11]])
    wide = np.concatenate([size[:-1] * 1.25, [0.9]])
    stencil = Stencil.around(canvas, frame([[-0.62, -0.5], [0.62, 0.06]]), margin=0.02)
    sun = np.array([np.sign(canvas.light[0]) * frame.facing, -0.8])
    for share, shift, tone in ((1.0, 0.0, 70), (0.84, 0.045, 170), (0.58, 0.085, 245)):
        puffs = frame(spots + sun * shift * size[:, None] * 3)
        stencil.dabs(puffs, wide * share * frame.scale, size * share * frame.scale, 0, tone)
    base = int(np.clip((frame([0.0, 0.0])[1] * stencil.n - stencil.origin[1]), 0, stencil.tone.shape[0]))
    stencil.tone[base:] = 0
    stencil.press(
        ink("white", (0.90, 0.91, 0.93), 0.16),
        soft=0.0055,
        opacity=0.92,
        object="cloud",
        material="cloud",
        texture="fluffy",
    )


def sun(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """The sun's disc, 1 wide around y = 0."""
    stencil = Stencil.around(canvas, frame([[-0.5, -0.5], [0.5, 0.5]]))
    stencil.polygon(frame(ellipse(0, 0, 1, 1)), 200)
    stencil.press(ink("yellow", (1.0, 0.93, 0.70), 0.12), soft=0.003, object="sun", material="light", texture="smooth")


def balloon(canvas: Canvas, frame: Frame, rng: np.random.Generator, ink: Ink) -> None:
    """A hot-air balloon, 1 high, y = 0 under its basket."""
    hue = [
        ("red", (0.80, 0.28, 0.24)),
        ("yellow", (0.94, 0.78, 0.34)),
        ("blue", (0.28, 0.44, 0.70)),
        ("orange", (0.90, 0.52, 0.24)),
    ]
    first, second = (hue[k] for k in rng.permutation(4)[:2])
    bag = np.array([[0, -1.0], [0.3, -0.9], [0.38, -0.66], [0.24, -0.4], [0.08, -0.22]])
    outline = smooth(np.concatenate([bag, (bag * [-1, 1])[::-1][:-1]]), steps=5)
    solid(
        canvas,
        frame,
        outline,
        ink,
        *first,
        relief=36,
        object="balloon",
        part="hull",
        material="cloth",
        texture="striped",
    )
    for wide in (0.62, 0.2):
        gore = smooth(np.concatenate([bag * [wide, 1], (bag * [-wide, 1])[::-1][:-1]]), steps=5)
        paint = second if wide > 0.5 else first
        solid(
            canvas,
            frame,
            gore,
            ink,
            *paint,
            relief=20,
            object="balloon",
            part="hull",
            material="cloth",
            texture="striped",
        )
    basket = Stencil.around(canvas, frame([[-0.12, -0.24], [0.12, 0.02]]))
    basket.lines(
        frame([[-0.07, -0.22], [-0.06, -0.1], [0.06, -0.1], [0.07, -0.22]]).reshape(2, 2, 2), 60, 0.012 * frame.scale
    )
    basket.polygon(frame([[-0.07, -0.12], [0.07, -0.12], [0.06, 0.0], [-0.06, 0.0]]), 130)
    basket.press(
        ink("brown", (0.48, 0.34, 0.22), 0.4), object="balloon", part="basket", material="wood", texture="woven"
    )
