"""What coats of quadrupeds are made of: fields of weights in the body's own frame (x forward, y down, ground at 0)."""

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np

from core.probes.menagerie.shapes import smooth

TILE = 512
Weight = Callable[[np.ndarray, np.ndarray], np.ndarray]


def step(low: float, high: float, values: np.ndarray) -> np.ndarray:
    """0 under `low`, 1 over `high` (or the reverse where low > high), smooth between."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def waves(rng: np.random.Generator, size: float) -> Weight:
    """A smooth random field around 0, about 1 in size, with features about `size` long."""
    turns = rng.uniform(0, 2 * np.pi) + rng.uniform(-0.3, 0.3, 3) + np.array([0, 2.1, 4.2])
    pace = 2 * np.pi / (size * np.array([2.0, 1.5, 1.1]))
    kx, ky, shift = pace * np.cos(turns), pace * np.sin(turns), rng.uniform(0, 2 * np.pi, 3)
    terms = list(zip(kx.tolist(), ky.tolist(), shift.tolist(), strict=True))
    return lambda x, y: sum(np.sin(a * x + b * y + c) for a, b, c in terms) / 1.5


@lru_cache
def tile(name: str) -> np.ndarray:
    """A square of a pattern that repeats without seams, 0..1: spots, rosettes, their cores, or a net.  -> (512, 512)"""
    rng = np.random.default_rng(7)
    if name == "net":
        return _net(rng)
    sheet = np.zeros((TILE, TILE), np.uint8)
    cells = {"spots": 9, "rosettes": 6, "cores": 6}[name]
    pace = TILE / cells
    for row in range(cells):
        for column in range(cells):
            middle = (np.array([column + 0.5 * (row % 2), row]) + 0.5 + rng.uniform(-0.16, 0.16, 2)) * pace
            for outline in _blot(name, rng, pace):
                for shift in np.mgrid[-1:2, -1:2].reshape(2, -1).T * TILE:
                    points = np.round((middle + outline + shift) * 16).astype(np.int32)
                    cv2.fillPoly(sheet, [points], 255, lineType=cv2.LINE_AA, shift=4)
    return cv2.GaussianBlur(sheet.astype(np.float32) / 255, (0, 0), 2)


def _blot(name, rng, pace):
    """Outlines around (0, 0) of one spot, of the pieces of a rosette's ring, or of its core."""
    turn = rng.uniform(0, 2 * np.pi)
    angles = np.linspace(0, 2 * np.pi, 8, endpoint=False) + turn
    radius = pace * rng.uniform(0.9, 1.1, 8)[:, None]
    around = np.stack([np.cos(angles), 0.86 * np.sin(angles)], 1)
    gaps = rng.permutation(8)[: rng.integers(2, 4)]
    if name == "spots":
        return [smooth(0.27 * radius * around, steps=4)]
    if name == "cores":
        return [smooth(0.34 * radius * around, steps=4)]
    blots = []
    for k in set(range(8)) - set(gaps.tolist()):
        x, y = (0.36 * radius * around)[k]
        t = np.linspace(0, 2 * np.pi, 14, endpoint=False)
        size = pace * rng.uniform(0.115, 0.165)
        flat = np.stack([1.25 * np.cos(t), 0.85 * np.sin(t)], 1) * size
        along = angles[k] + np.pi / 2
        spin = np.array([[np.cos(along), np.sin(along)], [-np.sin(along), np.cos(along)]])
        blots.append(flat @ spin + [x, y])
    return blots


def _net(rng):
    """Light lines between the cells around scattered seeds: 1 inside a cell, 0 on the lines."""
    cells = 6
    seeds = (np.mgrid[:cells, :cells].reshape(2, -1).T + rng.uniform(0.12, 0.88, (cells * cells, 2))) / cells
    everywhere = np.concatenate([seeds + shift for shift in np.mgrid[-1:2, -1:2].reshape(2, -1).T])
    ys, xs = np.mgrid[:TILE, :TILE] / TILE
    near = np.full((2, TILE, TILE), 9.0)
    for y, x in everywhere[((everywhere > -0.35) & (everywhere < 1.35)).all(1)]:
        far = np.hypot(xs - x, ys - y)
        near[1] = np.minimum(near[1], np.maximum(near[0], far))
        near[0] = np.minimum(near[0], far)
    return step(0.018, 0.034, near[1] - near[0]).astype(np.float32)


def tiled(name: str, size: float, rng: np.random.Generator) -> Weight:
    """A tile laid over the body, `size` long, somewhere at random."""
    left, top = (TILE * rng.uniform(0, 1, 2)).tolist()
    turn = rng.uniform(-0.3, 0.3)
    c, s = float(np.cos(turn) * TILE / size), float(np.sin(turn) * TILE / size)

    def weight(x, y):
        us = np.asarray(c * x + s * y + left, np.float32)
        vs = np.asarray(c * y - s * x + top, np.float32)
        return cv2.remap(tile(name), us, vs, cv2.INTER_NEAREST, borderMode=cv2.BORDER_WRAP)

    return weight


def stripes(
    bend: tuple[float, float], pace: float, knee: float, rng: np.random.Generator, wobble: float = 0.35
) -> Weight:
    """The phase of stripes that stand upright on the trunk, fan out over the haunch around the point `bend`, and ring
    the legs below the height `knee`; one stripe every `pace`."""
    x0, y0 = bend
    k, noise, shift = 2 * np.pi / pace, waves(rng, 0.3), float(rng.uniform(0, 2 * np.pi))

    def phase(x, y):
        turned = np.arctan2(np.minimum(x - x0, 0), np.maximum(y0 - y, 0.02))
        trunk = k * np.maximum(x - x0, 0) + k * 0.42 * turned
        start = np.where(x > x0, np.float32(k * (0.315 - x0)), np.float32(-0.21 * np.pi * k))
        legs = start - k * 1.25 * (y + knee)
        down = step(-0.08, 0.10, y + knee)
        return (1 - down) * trunk + down * legs + wobble * noise(x, y) + shift

    return phase
