"""Brushes for landscapes: tones drawn on a stencil and pressed on the canvas at once, fields below a skyline, noise.

Positions are in picture units as on the canvas. A tone is 1 (darkest) to 255 (lightest), 0 leaves what is below; a ramp
turns tones into colours. Everything here works on small windows or at low resolution, because a scene has 15 ms.
"""

from collections.abc import Sequence
from copy import copy
from functools import lru_cache
from math import ceil, floor

import cv2
import numpy as np

from core.probes.menagerie.canvas import Canvas, Paint
from core.probes.menagerie.shapes import smooth

SHIFT = 4  # sub-pixel bits of OpenCV's drawing
PLAIN = ("object", "part", "material", "texture")  # categories named by the caller; colours come from the paint


@lru_cache(maxsize=8)
def _shares(count: int) -> tuple[np.ndarray, np.ndarray]:
    """How much of each of `count` paints is in every tone (256, count), and which is the nearest (256,)."""
    tones, at = np.linspace(0, 255, 256), np.linspace(0, 255, count)
    share = np.stack([np.interp(tones, at, row) for row in np.eye(count)], 1).astype(np.float32)
    return share, np.abs(tones[:, None] - at[None]).argmin(1)


class Ramp:
    """Colours for tones 0..255, from the first paint to the last; the nearest paint gives the colour's name."""

    def __init__(self, *paints: Paint):
        share, self.nearest = _shares(len(paints))
        self.paints = paints
        self.rgb = share @ np.array([paint.rgb for paint in paints], np.float32)

    def mixed(self, rgb: Sequence[float], amount: float) -> "Ramp":
        """The same names, every colour moved by `amount` towards `rgb`: haze, or the tint of an hour."""
        far = copy(self)
        far.rgb = self.rgb + np.float32(amount) * (np.asarray(rgb, np.float32) - self.rgb)
        return far

    def numbers(self, canvas: Canvas) -> np.ndarray:
        """(256,) uint8: the colour label of each tone on this canvas."""
        return np.array([canvas.index("colour", paint.name) for paint in self.paints], np.uint8)[self.nearest]


def shade(name: str, rgb: Sequence[float], spread: float = 0.3) -> Ramp:
    """One colour from `spread` darker and cooler to `spread` lighter and warmer."""
    dark = tuple(value * (1 - spread) * cool for value, cool in zip(rgb, (0.94, 0.98, 1.08), strict=True))
    light = tuple(value + spread * 0.8 * (sun - value) for value, sun in zip(rgb, (1.0, 0.97, 0.86), strict=True))
    return Ramp(Paint(name, dark), Paint(name, tuple(rgb)), Paint(name, light))


def label(canvas: Canvas, spots: np.ndarray | slice, colour: np.ndarray | int, labels: dict[str, str | None]) -> None:
    """Stamp object, part, material, texture and colour on flat indices of the sheet; what is not named is cleared, and
    so are animals."""
    for category in PLAIN:
        name = labels.get(category)
        canvas.maps[category].reshape(-1)[spots] = canvas.index(category, name) if name else 0
    canvas.maps["colour"].reshape(-1)[spots] = colour
    canvas.instance.reshape(-1)[spots] = 0


ROUND_X, ROUND_Y = (f(np.linspace(0, 2 * np.pi, 10, endpoint=False)) for f in (np.cos, np.sin))


class Stencil:
    """A sheet of tones over a box of the picture: shapes are drawn on it and pressed on the canvas in one go."""

    def __init__(self, canvas: Canvas, left: float, top: float, right: float, bottom: float):
        n = canvas.pixels
        x0, x1 = (min(max(int(v), 0), n) for v in (floor(left * n), ceil(right * n)))
        y0, y1 = (min(max(int(v), 0), n) for v in (floor(top * n), ceil(bottom * n)))
        self.canvas, self.n = canvas, n
        self.window = (slice(y0, max(y0, y1)), slice(x0, max(x0, x1)))
        self.origin = np.array([x0, y0], float)
        self.tone = np.zeros((max(0, y1 - y0), max(0, x1 - x0)), np.uint8)
        self.empty = self.tone.size == 0

    @classmethod
    def around(cls, canvas: Canvas, *outlines: np.ndarray, margin: float = 0.01) -> "Stencil":
        """A stencil just large enough for the outlines."""
        points = np.concatenate([np.asarray(outline).reshape(-1, 2) for outline in outlines])
        low, high = points.min(0) - margin, points.max(0) + margin
        return cls(canvas, low[0], low[1], high[0], high[1])

    def _pixels(self, points):
        scaled = np.asarray(points, float) * (self.n << SHIFT) - self.origin * (1 << SHIFT)
        return np.rint(scaled).astype(np.int32)

    def polygon(self, outline: np.ndarray, tone: float) -> None:
        """Fill an outline (n, 2)."""
        if not self.empty:
            cv2.fillPoly(self.tone, [self._pixels(outline)], int(min(max(tone, 1), 255)), shift=SHIFT)

    def lines(self, strokes: np.ndarray, tones: np.ndarray | float, width: float = 0.003, levels: int = 6) -> None:
        """Open strokes (N, k, 2), drawn dark to light in a few levels; `width` in picture units."""
        if self.empty or not len(strokes):
            return
        points = self._pixels(strokes)
        tones = np.broadcast_to(np.clip(tones, 1, 255), (len(points),))
        level = np.clip((tones / 256 * levels).astype(int), 0, levels - 1)
        thickness = max(1, round(width * self.n))
        for one in np.unique(level):
            chosen = level == one
            cv2.polylines(self.tone, list(points[chosen]), False, int(tones[chosen].mean()), thickness, shift=SHIFT)

    def dabs(self, centres, lengths, widths, angles, tones, tip: float = 0.0) -> None:
        """Little leaves or puffs in the order given: ellipses turned by `angles` radians; `tip` 1 points them."""
        if self.empty or not len(centres):
            return
        count, unit = len(centres), self.n * (1 << SHIFT)
        lengths, widths, angles = (np.asarray(value, float).reshape(-1, 1) for value in (lengths, widths, angles))
        along, across = ROUND_X * lengths * (unit / 2), ROUND_Y * (1 - tip * ROUND_X**2) * widths * (unit / 2)
        c, s = np.cos(angles), np.sin(angles)
        centres = np.asarray(centres) * unit - self.origin * (1 << SHIFT)
        points = np.empty((count, len(ROUND_X), 2), np.int32)
        points[..., 0] = centres[:, :1] + along * c - across * s
        points[..., 1] = centres[:, 1:] + along * s + across * c
        values = np.broadcast_to(np.clip(tones, 1, 255), (count,)).astype(int).tolist()
        for polygon, value in zip(points, values, strict=True):
            cv2.fillConvexPoly(self.tone, polygon, value, shift=SHIFT)

    def limb(self, points, widths, tone: float, round_by: float = 70) -> None:
        """A stem or branch with full `widths`, rounded: lighter towards the sun, darker away from it."""
        if self.empty:
            return
        widths = np.asarray(widths, float)
        spine, across, half, tail, head = _limb(np.asarray(points, float), widths)
        side = np.array([np.sign(self.canvas.light[0]), -0.2])
        for share, rise in ((1.0, -0.6), (0.72, 0.1), (0.4, 0.7)):
            shift = side * widths.mean() * (1 - share) * 0.36
            rim = np.concatenate([spine + across * half * share, spine[-1] + head * share])
            rim = np.concatenate([rim, (spine - across * half * share)[::-1], spine[0] + tail * share])
            self.polygon(rim + shift, tone + rise * round_by)

    def blades(self, feet, middles, tips, widths, tones) -> None:
        """Tapering blades (N, 2) each, from foot over middle to tip, painted in the order given."""
        if self.empty or not len(feet):
            return
        t = np.linspace(0, 1, 6)[None, :, None]
        feet, middles, tips = (np.asarray(points, float)[:, None] for points in (feet, middles, tips))
        line = feet * (1 - t) ** 2 + 2 * middles * t * (1 - t) + tips * t**2
        along = np.gradient(line, axis=1)
        across = np.stack([-along[..., 1], along[..., 0]], -1)
        across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-9)
        half = np.broadcast_to(widths, (len(line),))[:, None, None] / 2 * np.sqrt(1.02 - t)
        points = self._pixels(np.concatenate([line + across * half, (line - across * half)[:, ::-1]], 1))
        values = np.broadcast_to(np.clip(tones, 1, 255), (len(line),)).astype(int).tolist()
        for outline, value in zip(points, values, strict=True):
            cv2.fillPoly(self.tone, [outline], value, shift=SHIFT)

    def relief(self, amount: float = 60, soft: float = 0.006) -> None:
        """Shade what is drawn like a rounded body in the canvas' light; amount in tones."""
        if self.empty:
            return
        inside = (self.tone > 0).astype(np.uint8)
        depth = cv2.distanceTransform(cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 3)
        bulge = cv2.blur(np.sqrt(depth / max(float(depth.max()), 1e-6)), (max(3, int(soft * self.n) | 1),) * 2)
        lit = cv2.Sobel(bulge, cv2.CV_32F, 1, 0) * self.canvas.light[0]
        lit += cv2.Sobel(bulge, cv2.CV_32F, 0, 1) * self.canvas.light[1]
        self.add(np.clip(-lit[1:-1, 1:-1] * 2.2, -1, 1) * amount)

    def slope(self, amount: float) -> None:
        """Lighter towards the sun across the whole window."""
        if self.empty:
            return
        h, w = self.tone.shape
        lx, ly = self.canvas.light
        across = np.linspace(-0.5, 0.5, w)[None] * lx + np.linspace(-0.5, 0.5, h)[:, None] * ly
        self.add(across.astype(np.float32) * 2 * amount)

    def speckle(self, rng: np.random.Generator, amount: float, kind: str = "clump", zoom: float = 1.0) -> None:
        """Uneven the tones with cached noise."""
        if not self.empty:
            self.add(crop(kind, rng, self.tone.shape, zoom) * amount)

    def add(self, change: np.ndarray) -> None:
        """Add tones (h, w) where something is drawn."""
        drawn = self.tone > 0
        changed = np.clip(self.tone + change, 1, 255).astype(np.uint8)
        np.copyto(self.tone, changed, where=drawn)

    def press(self, ramp: Ramp, *, opacity: float = 1.0, soft: float = 0.0, **labels: str) -> None:
        """Colour the tones and stamp the labels (none given: what is below keeps its own); `soft` blurs the edge by
        that many picture units."""
        if self.empty:
            return
        if soft:
            self._press_soft(ramp, opacity, soft, labels)
            return
        spots = cv2.findNonZero(self.tone)
        if spots is None:
            return
        if opacity == 1 and 3 * len(spots) > self.tone.size:
            self._press_dense(ramp, labels)
            return
        cols, rows = spots.reshape(-1, 2).T
        tones = self.tone[rows, cols]
        flat = (rows + self.window[0].start) * self.n + cols + self.window[1].start
        sheet = self.canvas.rgb.reshape(-1, 3)
        colours = np.take(ramp.rgb, tones, axis=0)
        if opacity < 1:
            colours *= opacity
            colours += (1 - opacity) * sheet[flat]
        sheet[flat] = colours
        if labels:
            label(self.canvas, flat, np.take(ramp.numbers(self.canvas), tones), labels)

    def _press_dense(self, ramp, labels):
        drawn = self.tone > 0
        cv2.copyTo(np.take(ramp.rgb, self.tone, axis=0), drawn.view(np.uint8), self.canvas.rgb[self.window])
        if not labels:
            return
        stamps = {name: self.canvas.index(name, labels[name]) if labels.get(name) else 0 for name in PLAIN}
        stamps["colour"] = np.take(ramp.numbers(self.canvas), self.tone)
        for category, number in stamps.items():
            np.copyto(self.canvas.maps[category][self.window], number, where=drawn)
        np.copyto(self.canvas.instance[self.window], 0, where=drawn)

    def _press_soft(self, ramp, opacity, soft, labels):
        drawn = self.tone > 0
        if not drawn.any():
            return
        sigma = soft * self.n
        alpha = cv2.GaussianBlur(drawn.astype(np.float32), (0, 0), sigma) * opacity
        whole = np.where(drawn, self.tone, int(self.tone[drawn].mean())).astype(np.uint8)
        tone = cv2.GaussianBlur(whole, (0, 0), sigma)
        target = self.canvas.rgb[self.window]
        target += alpha[..., None] * (np.take(ramp.rgb, tone, axis=0) - target)
        rows, cols = np.nonzero(alpha > 0.5 * min(opacity, 0.9))
        flat = (rows + self.window[0].start) * self.n + cols + self.window[1].start
        label(self.canvas, flat, np.take(ramp.numbers(self.canvas), tone[rows, cols]), labels)


def below(canvas, line, bottom, stops: Sequence[Paint], *, grain=None, **labels: str | None) -> None:
    """Fill from a skyline (pixels,) or level down to `bottom` with a gradient of paints, times 1 + `grain`."""
    n = canvas.pixels
    line = np.broadcast_to(np.asarray(line, float) * n, (n,))
    top, end = int(np.clip(np.floor(line.min()), 0, n)), int(np.clip(np.ceil(bottom * n), 0, n))
    if end <= top:
        return
    small = (max(2, end - top), 2) if grain is None else grain.shape
    at, share = np.linspace(0, 1, len(stops)), np.linspace(0, 1, small[0])
    colours = np.stack([np.interp(share, at, [paint.rgb[c] for paint in stops]) for c in range(3)], 1)
    field = np.repeat(colours.astype(np.float32)[:, None], small[1], axis=1)
    if grain is not None:
        field *= 1 + grain[..., None]
    field = cv2.resize(field, (n, end - top), interpolation=cv2.INTER_LINEAR)
    numbers = np.array([canvas.index("colour", paint.name) for paint in stops], np.uint8)
    numbers = numbers[np.abs(np.linspace(0, 1, end - top)[:, None] - at[None]).argmin(1)]
    whole = int(np.ceil(line.max()))
    if whole > top:
        part = slice(top, min(whole, end))
        where = np.arange(part.start, part.stop)[:, None] >= line[None]
        cv2.copyTo(field[: part.stop - top], where.view(np.uint8), canvas.rgb[part])
        rows, cols = np.nonzero(where)
        label(canvas, (rows + top) * n + cols, numbers[rows], labels)
        top, field, numbers = part.stop, field[part.stop - top :], numbers[part.stop - top :]
    if end > top:
        canvas.rgb[top:end] = field
        label(canvas, slice(top * n, end * n), np.repeat(numbers, n), labels)


def veil(canvas: Canvas, level: float, reach: float, rgb: Sequence[float], strength: float) -> None:
    """A bank of mist lying around a level, thinning out over `reach` above it and half of that below."""
    n = canvas.pixels
    rows = np.arange(int(np.clip((level - reach) * n, 0, n)), int(np.clip((level + reach / 2) * n, 0, n)))
    if len(rows):
        away = rows / n - level
        share = np.clip(1 - np.abs(away) / np.where(away < 0, reach, reach / 2), 0, 1)
        share = (strength * share**2 * (3 - 2 * share)).astype(np.float32)[:, None, None]
        canvas.rgb[rows[0] : rows[-1] + 1] += share * (np.asarray(rgb, np.float32) - canvas.rgb[rows[0] : rows[-1] + 1])


def shafts(canvas: Canvas, rng, top: float, bottom: float, strength: float, rgb: Sequence[float]) -> None:
    """Shafts of light slanting down from the sun's side, fading before `bottom`."""
    n, small = canvas.pixels, 64
    y, x = np.mgrid[0:small, 0:small].astype(np.float32) / small
    across = x + np.sign(canvas.light[0]) * rng.uniform(0.25, 0.6) * y
    rays = np.zeros((small, small), np.float32)
    for _ in range(6):
        centre, wide = rng.uniform(-0.4, 1.4), rng.uniform(0.02, 0.06)
        rays += rng.uniform(0.3, 1) * np.exp(-(((across - centre) / (wide * (1 + 1.4 * y))) ** 2))
    rays *= np.clip(1.03 - 1.05 * y, 0, 1) ** 1.3 * strength
    a, b = int(top * n), int(np.ceil(bottom * n))
    glow = cv2.resize(rays[..., None] * np.asarray(rgb, np.float32) * 0.55, (n, b - a), interpolation=cv2.INTER_LINEAR)
    cv2.add(canvas.rgb[a:b], glow, dst=canvas.rgb[a:b])


def skyline(rng: np.random.Generator, n: int, base: float, height: float, bumps: int = 3, rough: float = 0.45):
    """A ridge (n,): y between about base - height and base, of `bumps` large bumps and smaller ones on them."""
    line, gain, total = np.zeros(n), 1.0, 0.0
    for octave in range(4):
        knots = bumps * 2**octave
        values = rng.random(knots + 4)
        at = np.linspace(0, knots, n) + rng.random()
        low = at.astype(int)
        t = at - low
        t = t * t * (3 - 2 * t)
        line += gain * (values[low] * (1 - t) + values[low + 1] * t)
        total += gain
        gain *= rough
    return base - height * line / total


@lru_cache(maxsize=16)
def tile(kind: str) -> np.ndarray:
    """A noise tile (256, 256) float32 that wraps, about -1..1: clump, grain, ripple, wave, caustic."""
    rng = np.random.default_rng(list(kind.encode()))
    fy, fx = np.meshgrid(np.fft.fftfreq(256), np.fft.fftfreq(256), indexing="ij")
    radius = np.hypot(fx, fy)
    y, x = np.mgrid[0:256, 0:256] / 256 * 2 * np.pi

    def coloured(weight):
        noise = np.fft.ifft2(np.fft.fft2(rng.normal(size=(256, 256))) * weight).real
        return noise / noise.std() / 2

    soft = coloured(1 / np.maximum(radius, 1 / 256) ** 1.6 * (radius > 0))
    if kind == "clump":
        made = soft
    elif kind == "grain":
        made = coloured(np.exp(-((radius - 0.25) ** 2) / 0.01))
    elif kind == "ripple":
        made = np.sin(22 * y + 3 * x + 3.2 * soft) * (0.7 + 0.3 * np.tanh(soft))
    elif kind == "wave":
        made = coloured(np.exp(-(fy**2) / 0.006 - fx**2 / 0.0006) * radius)
    else:
        warp = coloured(np.exp(-(radius**2) / 0.0012) * (radius > 0))
        other = coloured(np.exp(-(radius**2) / 0.0012) * (radius > 0))
        web = 1 - np.minimum(np.abs(warp), np.abs(other)) * 3.2
        made = np.clip(web, 0, 1) ** 2.5 * 1.6 - 0.5
    return np.clip(made, -1.6, 1.6).astype(np.float32)


def crop(kind: str, rng: np.random.Generator, shape: tuple[int, int], zoom: float = 1.0) -> np.ndarray:
    """A window of a noise tile at a random place, seen from the front.  -> shape"""
    h, w = (max(2, int(size / 2 / zoom)) for size in shape)
    down, right = rng.integers(0, 256, 2)
    piece = tile(kind).take(np.arange(down, down + h), 0, mode="wrap").take(np.arange(right, right + w), 1, mode="wrap")
    return cv2.resize(piece, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def laid(kind: str, rng, top: float, bottom: float, *, zoom=1.0, stretch=1.0, fade=0.5, columns=160) -> np.ndarray:
    """A noise tile lying on flat ground between two levels, small and faint with distance.  -> (rows, columns)"""
    rows = max(4, int((bottom - top) * columns))
    near = np.linspace(0.04, 1, rows)
    depth = 1 / (near + 0.12)
    u0, v0 = rng.random(2) * 256
    across = np.linspace(-0.5, 0.5, columns)
    u = (across[None] * depth[:, None] * 150 / zoom * stretch + u0).astype(np.float32)
    v = np.repeat((depth * 110 / zoom + v0)[:, None], columns, 1).astype(np.float32)
    seen = cv2.remap(tile(kind), u % 256, v % 256, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return seen * (near**fade)[:, None].astype(np.float32)


@lru_cache(maxsize=32)
def _spline(count: int, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Matrices from `count` points to their smooth line, to its tangents, and from widths there to widths along it."""
    line = np.stack([smooth(np.stack([row, row], 1), closed=False, steps=steps)[:, 0] for row in np.eye(count)], 1)
    at = np.linspace(0, count - 1, len(line))
    return line, np.gradient(line, axis=0), np.stack([np.interp(at, np.arange(count), row) for row in np.eye(count)], 1)


CAP = np.linspace(0, np.pi, 6)[1:-1, None]


def _limb(points, widths, steps=4):
    """Spine, unit normals, half widths (n, 1), and the round ends of a limb relative to its first and last point."""
    line, tangent, weights = _spline(len(points), steps)
    spine, along = line @ points, tangent @ points
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1])[:, None], 1e-9)
    across = along[:, ::-1] * [-1, 1]
    half = (weights @ widths)[:, None] / 2
    head = half[-1] * (across[-1] * np.cos(CAP) + along[-1] * np.sin(CAP))
    tail = half[0] * (-across[0] * np.cos(CAP) - along[0] * np.sin(CAP))
    return spine, across, half, tail, head


def curve(points, steps: int = 6) -> np.ndarray:
    """An open smooth line through points."""
    return _spline(len(points), steps)[0] @ np.asarray(points, float)
