"""Outlines: closed polygons (n, 2) in picture units, and ways to place them."""

from collections.abc import Sequence

import numpy as np


def ellipse(x: float, y: float, width: float, height: float, angle: float = 0.0, points: int = 40) -> np.ndarray:
    """An ellipse with full axes `width` and `height`, turned by `angle` degrees clockwise.  -> (points, 2)"""
    t = np.linspace(0, 2 * np.pi, points, endpoint=False)
    flat = np.stack([np.cos(t) * width / 2, np.sin(t) * height / 2], 1)
    return rotate(flat, angle) + [x, y]


def smooth(points: Sequence, closed: bool = True, steps: int = 8) -> np.ndarray:
    """A Catmull-Rom curve through the points.  (n, 2) -> (about n * steps, 2)"""
    points = np.asarray(points, float)
    if closed:
        around = np.concatenate([points[-1:], points, points[:2]])
    else:
        around = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    a, b, c, d = around[:-3], around[1:-2], around[2:-1], around[3:]
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    curve = curve.transpose(1, 0, 2).reshape(-1, 2)
    return curve if closed else np.concatenate([curve, points[-1:]])


def tube(points: Sequence, widths: Sequence[float], steps: int = 8) -> np.ndarray:
    """A limb: a smooth spine through the points with full widths along it, rounded at both ends.  -> (n, 2)"""
    spine = smooth(points, closed=False, steps=steps)
    at = np.linspace(0, len(points) - 1, len(spine))
    half = np.interp(at, np.arange(len(points)), np.asarray(widths, float))[:, None] / 2
    along = np.gradient(spine, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    turn = np.linspace(0, np.pi, 7)[1:-1, None]
    head = spine[-1] + half[-1] * (across[-1] * np.cos(turn) + along[-1] * np.sin(turn))
    tail = spine[0] + half[0] * (-across[0] * np.cos(turn) - along[0] * np.sin(turn))
    return np.concatenate([spine + across * half, head, (spine - across * half)[::-1], tail])


def rotate(points: np.ndarray, angle: float, about: Sequence[float] = (0.0, 0.0)) -> np.ndarray:
    """Turn by `angle` degrees clockwise (y points down) about a point."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return (np.asarray(points, float) - about) @ np.array([[c, s], [-s, c]]) + about


def beyond(points: np.ndarray, x: float) -> np.ndarray:
    """The part of a closed outline to the right of a vertical line; empty where there is none.  (n, 2) -> (m, 2)"""
    kept = []
    for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0), strict=True):
        if x0 >= x:
            kept.append((x0, y0))
        if (x0 >= x) != (x1 >= x):
            kept.append((x, y0 + (y1 - y0) * (x - x0) / (x1 - x0)))
    return np.array(kept).reshape(-1, 2)


class Frame:
    """Where an animal stands: its own units (x forward, y down, ground at y = 0, body about 1 long) to picture units.

    `afloat` where no ground bears it: then it swims and casts no shadow under water.
    """

    def __init__(self, x: float, ground: float, scale: float, facing: int = 1, tilt: float = 0.0, afloat: bool = False):
        self.x, self.ground, self.scale, self.facing, self.tilt = (
            float(x),
            float(ground),
            float(scale),
            facing,
            float(tilt),
        )
        self.afloat = afloat

    def __call__(self, points: Sequence) -> np.ndarray:
        """(n, 2) or (2,) in the animal's units -> the same shape in picture units."""
        turned = rotate(np.asarray(points, float), self.tilt)
        return turned * [self.facing * self.scale, self.scale] + [self.x, self.ground]

    def inverse(self, xs: np.ndarray, ys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Picture units to the animal's own, for patterns that must follow the body."""
        xs, ys = (xs - self.x) / (self.facing * self.scale), (ys - self.ground) / self.scale
        if self.tilt == 0:
            return xs, ys
        c, s = float(np.cos(np.radians(self.tilt))), float(np.sin(np.radians(self.tilt)))
        return xs * c + ys * s, ys * c - xs * s
