"""A canvas that draws pixels and their labels in one stroke, so that every annotation is known exactly.

Positions are in picture units: (0, 0) is the top left corner, (1, 1) the bottom right one, x before y. Shapes are drawn
on an oversampled sheet, later ones over earlier ones, and averaged down at the end.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np

CATEGORIES = ("object", "part", "material", "texture", "colour")


@dataclass(frozen=True)
class Paint:
    """A colour and its everyday name ("brown"), which becomes the colour label."""

    name: str
    rgb: tuple[float, float, float]

    def varied(self, rng: np.random.Generator, amount: float = 0.04) -> "Paint":
        """The same paint a little lighter, darker, warmer or colder; the name stays."""
        shift = rng.normal(0, amount) + rng.normal(0, amount / 3, 3)
        return Paint(self.name, tuple(np.clip(np.asarray(self.rgb) + shift, 0, 1)))


@dataclass(frozen=True)
class Pattern:
    """A second paint laid over the first where `weight(x, y) > 0.5`; `name` becomes the texture label.

    `weight` takes two float32 arrays (h, w) of picture units and returns (h, w) in 0..1.
    """

    name: str
    paint: Paint
    weight: Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Mark:
    """A landmark of one animal, in picture units."""

    instance: int
    name: str
    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    """A finished picture: image (H, W, 3) uint8; per category a map (H, W) uint8 of 1-based indices into names (0: none);
    instance (H, W) uint8, 0 where no animal stands; and the landmarks."""

    image: np.ndarray
    maps: dict[str, np.ndarray]
    names: dict[str, tuple[str, ...]]
    instance: np.ndarray
    marks: tuple[Mark, ...]

    def mask(self, category: str, name: str) -> np.ndarray:
        """(H, W) bool: where `name` was drawn."""
        names = self.names[category]
        if name not in names:
            return np.zeros(self.instance.shape, bool)
        return self.maps[category] == names.index(name) + 1


@dataclass
class Canvas:
    """A sheet of size x size pixels, drawn `oversample` times larger; `light` points from the scene to the sun."""

    size: int = 256
    oversample: int = 2
    light: tuple[float, float] = (-0.6, -0.8)
    rgb: np.ndarray = field(init=False)
    instance: np.ndarray = field(init=False)
    maps: dict[str, np.ndarray] = field(init=False)
    names: dict[str, list[str]] = field(init=False)
    marks: list[Mark] = field(init=False)
    _body: tuple | None = field(init=False, default=None, repr=False)

    def __post_init__(self):
        n = self.size * self.oversample
        self.rgb = np.zeros((n, n, 3), np.float32)
        self.instance = np.zeros((n, n), np.uint8)
        self.maps = {category: np.zeros((n, n), np.uint8) for category in CATEGORIES}
        self.names = {category: [] for category in CATEGORIES}
        self.marks = []

    @property
    def pixels(self) -> int:
        """Height and width of the oversampled sheet."""
        return self.size * self.oversample

    def paint(
        self,
        outline: np.ndarray,
        paint: Paint,
        *,
        pattern: Pattern | None = None,
        texture: str | None = None,
        relief: float = 0.5,
        opacity: float = 1.0,
        within: np.ndarray | None = None,
        instance: int | None = None,
        **labels: str | None,
    ) -> None:
        """Fill a closed outline (n, 2) with shaded paint and stamp its labels.

        `relief` 0 is flat, 1 round. `instance` n gives the pixels to animal n, 0 takes them from any, None leaves them.
        `labels` are object=, part=, material=: a name stamps, "" clears, None or absent leaves what is below. Texture comes
        from the pattern, else from `texture`; colour from the paint. Pixels under opacity 0.5 keep the labels below.
        `within`, the outline of a body, keeps a marking inside that body and shades it as a piece of it.
        """
        window, mask = self._mask(outline)
        if window is None:
            return
        if within is None:
            bulge = self._bulge(mask) if relief else None
        else:
            mask, bulge = self._piece(window, mask, within)
        self._stamp(window, mask, paint, pattern, texture, relief, bulge, opacity, instance, labels)

    def shadow(self, outline: np.ndarray, strength: float = 0.35, blur: float = 0.01) -> None:
        """Darken what lies under an outline, with a soft edge of `blur` picture units; labels stay."""
        reach = 2 * blur
        low, high = outline.min(0) - reach, outline.max(0) + reach
        frame = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]])
        window, _ = self._mask(frame)
        if window is None:
            return
        rows, cols = window
        mask = np.zeros((rows.stop - rows.start, cols.stop - cols.start), np.uint8)
        self._fill(mask, outline, cols.start, rows.start)
        soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(blur * self.pixels, 0.5))
        self.rgb[window] *= 1 - strength * soft[..., None]

    def mark(self, instance: int, name: str, x: float, y: float) -> None:
        """Remember a landmark of an animal."""
        self.marks.append(Mark(instance, name, float(x), float(y)))

    def index(self, category: str, name: str) -> int:
        """The 1-based number of a name on this sheet."""
        names = self.names[category]
        if name not in names:
            names.append(name)
        return names.index(name) + 1

    def finish(self, rng: np.random.Generator, grain: float = 0.012) -> Drawing:
        """Average down, add film grain, and hand over image and labels."""
        small = cv2.resize(self.rgb, (self.size, self.size), interpolation=cv2.INTER_AREA)
        small += rng.normal(0, grain, (self.size, self.size, 1)).astype(np.float32)
        pick = slice(self.oversample // 2, None, self.oversample)
        return Drawing(
            image=(np.clip(small, 0, 1) * 255 + 0.5).astype(np.uint8),
            maps={category: np.ascontiguousarray(sheet[pick, pick]) for category, sheet in self.maps.items()},
            names={category: tuple(names) for category, names in self.names.items()},
            instance=np.ascontiguousarray(self.instance[pick, pick]),
            marks=tuple(self.marks),
        )

    def _mask(self, outline):
        """The window of the sheet that an outline touches, and the outline's uint8 mask in it."""
        n = self.pixels
        low = np.clip(np.floor(outline.min(0) * n) - 1, 0, n).astype(int)
        high = np.clip(np.ceil(outline.max(0) * n) + 2, 0, n).astype(int)
        if (high <= low).any():
            return None, None
        mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
        self._fill(mask, outline, low[0], low[1])
        return (slice(low[1], high[1]), slice(low[0], high[0])), mask

    def _fill(self, mask, outline, left, top):
        points = np.round((outline * self.pixels - [left, top]) * 16).astype(np.int32)
        cv2.fillPoly(mask, [points], 1, lineType=cv2.LINE_8, shift=4)

    def _stamp(self, window, mask, paint, pattern, texture, relief, bulge, opacity, instance, labels):
        inside = mask.astype(bool)
        colour = np.empty((*mask.shape, 3), np.float32)
        colour[:] = paint.rgb
        numbers = np.full(mask.shape, self.index("colour", paint.name), np.uint8)
        if pattern is not None:
            ys, xs = np.mgrid[window].astype(np.float32) / self.pixels
            weight = np.clip(pattern.weight(xs, ys), 0, 1).astype(np.float32)
            colour += weight[..., None] * (np.asarray(pattern.paint.rgb, np.float32) - colour)
            numbers[weight > 0.5] = self.index("colour", pattern.paint.name)
            texture = pattern.name
        if relief:
            colour *= (1 + relief * bulge)[..., None]
        below = self.rgb[window]
        below[inside] += opacity * (colour[inside] - below[inside])
        if opacity < 0.5:
            return
        self.maps["colour"][window][inside] = numbers[inside]
        for category, name in {**labels, "texture": texture}.items():
            if name is not None:
                self.maps[category][window][inside] = self.index(category, name) if name else 0
        if instance is not None:
            self.instance[window][inside] = instance

    def _piece(self, window, mask, body):
        """A marking's mask cut to a body, and the body's bulge in the marking's window."""
        if self._body is None or self._body[0] is not body:
            whole, shape = self._mask(body)
            if whole is None:
                return np.zeros_like(mask), np.zeros(mask.shape, np.float32)
            self._body = (body, whole, shape, self._bulge(shape))
        _, whole, shape, bulge = self._body
        cut, light = np.zeros_like(mask), np.zeros(mask.shape, np.float32)
        start = [max(a.start, b.start) for a, b in zip(window, whole, strict=True)]
        stop = [max(min(a.stop, b.stop), low) for a, b, low in zip(window, whole, start, strict=True)]
        here = tuple(slice(a - w.start, b - w.start) for a, b, w in zip(start, stop, window, strict=True))
        there = tuple(slice(a - w.start, b - w.start) for a, b, w in zip(start, stop, whole, strict=True))
        cut[here] = mask[here] & shape[there]
        light[here] = bulge[there]
        return cut, light

    def _bulge(self, mask):
        """Brightness (h, w) around 0 of a rounded body lit from one side: a bas-relief of the distance to the rim."""
        depth = cv2.distanceTransform(cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 3)
        depth = depth[1:-1, 1:-1]
        bulge = np.sqrt(np.clip(depth / max(depth.max(), 1e-6), 0, 1))
        bulge = cv2.GaussianBlur(bulge, (0, 0), max(0.012 * self.pixels, 1.0))
        slope_y, slope_x = np.gradient(bulge) if min(bulge.shape) > 1 else (0 * bulge, 0 * bulge)
        lit = -0.05 * self.pixels * (slope_x * self.light[0] + slope_y * self.light[1])
        return 0.55 * np.clip(lit, -0.5, 0.6) + 0.16 * (bulge - 0.6)
