"""What birds, swimmers and reptiles are built from: a brush in own units, bodies along a spine, coats, eyes."""

from collections.abc import Callable, Sequence
from functools import cache

import cv2
import numpy as np

from core.probes.menagerie.canvas import Canvas, Paint, Pattern
from core.probes.menagerie.shapes import Frame, ellipse, smooth

BLACK = Paint("black", (0.07, 0.07, 0.08))
WHITE = Paint("white", (0.95, 0.95, 0.93))
Weight = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Brush:
    """Paints one animal: points in the animal's own units, every stroke labelled with its species and instance."""

    def __init__(self, canvas: Canvas, species: str, frame: Frame, rng: np.random.Generator, instance: int):
        self.canvas, self.species, self.frame, self.rng, self.instance = canvas, species, frame, rng, instance

    def paint(self, outline: np.ndarray, paint: Paint, part: str | None, material: str | None, **options) -> np.ndarray:
        """Paint a part; a texture that is not given is cleared.  Returns the outline in picture units, for `within`."""
        placed = self.frame(outline)
        options.setdefault("texture", "")
        labels = {"object": self.species, "part": part, "material": material}
        self.canvas.paint(placed, paint, instance=self.instance, **labels, **options)
        return placed

    def marking(self, outline: np.ndarray, paint: Paint, body: np.ndarray, part: str | None = None, **options) -> None:
        """Paint a marking or name a region of a body already painted; what is not given stays as it is below."""
        options.setdefault("texture", None)
        material = options.pop("material", None)
        self.paint(outline, paint, part, material, within=body, **options)

    def mark(self, name: str, point: Sequence[float]) -> None:
        """Remember a landmark, in own units."""
        self.canvas.mark(self.instance, name, *self.frame(point))

    def shadow(self, x: float, width: float, strength: float = 0.34) -> None:
        """A cast shadow on the ground around x, drawn away from the light."""
        lean = -np.sign(self.canvas.light[0]) * self.frame.facing * 0.12 * width
        flat = ellipse(x + lean, 0.0, width, 0.16 * width, points=28)
        self.canvas.shadow(self.frame(flat), strength, blur=max(0.02 * width * self.frame.scale, 0.004))

    def pattern(self, name: str, paint: Paint, weight: Weight) -> Pattern:
        """A pattern whose weight is a function of the animal's own units."""
        origin, right, down = (self._own(point) for point in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)))
        along, across = right - origin, down - origin

        def placed(xs, ys):
            return weight(*(along[i] * xs + across[i] * ys + origin[i] for i in (0, 1)))

        return Pattern(name, paint, placed)

    def _own(self, point):
        x, y = self.frame.inverse(np.array([point[0]]), np.array([point[1]]))
        return np.array([x[0], y[0]], np.float32)

    def eye(self, x: float, y: float, size: float, iris: Paint = BLACK, pupil: float = 0.55, ring: Paint | None = None):
        """A round eye with a glint towards the light; the landmark 'eye' is its middle."""
        if ring is not None:
            self.paint(ellipse(x, y, 1.35 * size, 1.35 * size, points=20), ring, "eye", "skin", relief=0)
        self.paint(ellipse(x, y, size, size, points=20), iris, "eye", "eye", relief=0)
        if iris is not BLACK:
            self.paint(ellipse(x, y, pupil * size, pupil * size, points=16), BLACK, "eye", "eye", relief=0)
        glint = -0.2 * size
        at = (x + glint * self.frame.facing, y + glint)
        self.paint(ellipse(*at, 0.3 * size, 0.3 * size, points=10), WHITE, "eye", "eye", relief=0)
        self.mark("eye", (x, y))


class Loft:
    """A body along a spine from head to tail: u in 0..1 runs along it, v from -1 (back) over 0 (spine) to 1 (belly).

    `spine` (n, 2) in own units; `back` and `belly` are (u, half width) pairs, joined smoothly.
    """

    place: np.ndarray

    def __init__(self, spine: Sequence, back: Sequence, belly: Sequence | None = None):
        curve = smooth(spine, closed=False, steps=12)
        length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
        self.length = float(length[-1])
        self._u = np.linspace(0, 1, 81)
        self._spine = np.stack([np.interp(self._u, length / length[-1], curve[:, i]) for i in (0, 1)], 1)
        along = np.gradient(self._spine, axis=0)
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
        self._up = np.stack([-along[:, 1], along[:, 0]], 1)
        self._back, self._belly = (self._profile(p) for p in (back, back if belly is None else belly))

    @classmethod
    def through(cls, rows: Sequence) -> "Loft":
        """A body through rows (x, y, half width of the back, of the belly); `place[i]` is the u of row i."""
        rows = np.asarray(rows, float)
        curve = smooth(rows[:, :2], closed=False, steps=12)
        length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
        place = length[::12] / length[-1]
        body = cls(rows[:, :2], *(np.stack([place, rows[:, i]], 1) for i in (2, 3)))
        body.place = place
        return body

    def row(self, i: float) -> float:
        """u of a row, or of a place between two rows."""
        return float(np.interp(i, np.arange(len(self.place)), self.place))

    def _profile(self, pairs):
        curve = smooth(pairs, closed=False, steps=10)
        return np.maximum(np.interp(self._u, curve[:, 0], curve[:, 1]), 0)

    def at(self, u, v=0.0) -> np.ndarray:
        """Points of the body.  u, v (n,) or numbers -> (n, 2) or (2,)"""
        u, v = np.broadcast_arrays(np.asarray(u, float), np.asarray(v, float))
        middle, up = (np.stack([np.interp(u, self._u, p[:, i]) for i in (0, 1)], -1) for p in (self._spine, self._up))
        half = np.where(v < 0, np.interp(u, self._u, self._back), np.interp(u, self._u, self._belly))
        return middle - up * (half * v)[..., None]

    def outline(self, start: float = 0.0, stop: float = 1.0) -> np.ndarray:
        """The silhouette between two places along the spine.  -> (n, 2)"""
        return self.patch(start, stop, -1, 1)

    def patch(self, start: float, stop: float, upper: float, lower: float, points: int = 48) -> np.ndarray:
        """The piece between two places along the spine and two heights.  -> (2 * points, 2)"""
        u = np.linspace(start, stop, points)
        return np.concatenate([self.at(u, upper), self.at(u[::-1], lower)])

    def shape(self, uv: Sequence, steps: int = 6) -> np.ndarray:
        """A smooth closed outline given by (u, v) points.  -> (n * steps, 2)"""
        curve = smooth(uv, steps=steps)
        return self.at(curve[:, 0], curve[:, 1])

    def half(self, u: float) -> float:
        """Half width of the back at u."""
        return float(np.interp(u, self._u, self._back))

    def heading(self, u: float) -> float:
        """The direction towards the head at u, in degrees clockwise from straight forward."""
        here = self.at(max(u - 0.02, 0.0)) - self.at(min(u + 0.02, 1.0))
        return float(np.degrees(np.arctan2(here[1], here[0])))


def scallops(size: float, angle: float = 0.0, edge: float = 0.24) -> Weight:
    """Rows of overlapping feathers or scales `size` wide, their tips pointing down, turned by `angle` degrees."""
    return _tiled(_scallop_tile(edge), size, 1.24 * size, angle)


def plates(size: float, angle: float = 0.0, edge: float = 0.16) -> Weight:
    """Joints between rows of offset square plates, as on a crocodile's flank."""
    return _tiled(_plate_tile(edge), size, 1.7 * size, angle)


def mottles(rng: np.random.Generator, size: float, cover: float = 0.4, stretch: float = 1.0) -> Weight:
    """Irregular soft blotches about `size` across over a share of the ground; `stretch` > 1 makes upright streaks."""
    noise = cv2.copyMakeBorder(rng.random((8, 8)).astype(np.float32), 2, 2, 2, 2, cv2.BORDER_WRAP)
    noise = cv2.resize(noise, (192, 192), interpolation=cv2.INTER_CUBIC)[32:-32, 32:-32]
    tile = np.clip((noise - np.quantile(noise[::2, ::2], 1 - cover)) / 0.16 + 0.5, 0, 1)
    return _tiled(tile, 8 * size, 8 * size * stretch, 0.0)


def _tiled(tile: np.ndarray, width: float, height: float, angle: float) -> Weight:
    """A square tile (n, n), n a power of two, repeated every `width` x `height` units, turned by `angle` degrees."""
    c, s, n = np.cos(np.radians(angle)), np.sin(np.radians(angle)), len(tile)

    def weight(x, y):
        across = ((c * n / width) * x + (s * n / width) * y).astype(np.int32) & (n - 1)
        down = ((c * n / height) * y - (s * n / height) * x).astype(np.int32) & (n - 1)
        return tile[down, across]

    return weight


def _tile_places(rows_shift: float):
    """Place within its cell, across and down (64, 64), of a tile with two rows of cells, the second shifted."""
    down, across = np.mgrid[0:64, 0:64].astype(np.float32) / 64
    across = across + rows_shift * (down >= 0.5)
    return across - np.floor(across), 2 * down - np.floor(2 * down)


@cache
def _scallop_tile(edge: float) -> np.ndarray:
    across, down = _tile_places(0.5)
    return np.clip(1.15 - np.abs(down - 1 + 2.2 * (across - 0.5) ** 2) / edge, 0, 1).astype(np.float32)


@cache
def _plate_tile(edge: float) -> np.ndarray:
    across, down = _tile_places(0.5)
    rim = np.minimum(0.5 - np.abs(across - 0.5), 0.5 - np.abs(down - 0.5))
    return (0.75 * np.clip(1.3 - rim / edge, 0, 1)).astype(np.float32)


def joined(start: Sequence[float], stop: Sequence[float], bend: float, share: float = 0.5) -> list:
    """The three points of a limb bent at its joint, `bend` units to the side of the straight line."""
    start, stop = np.asarray(start, float), np.asarray(stop, float)
    along = stop - start
    side = np.array([-along[1], along[0]]) / max(np.linalg.norm(along), 1e-9)
    return [start, start + share * along + bend * side, stop]
