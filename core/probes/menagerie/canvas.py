"""A canvas that draws pixels and their labels in one stroke, so that every annotation is known exactly.

Positions are in picture units: (0, 0) is the top left corner, (1, 1) the bottom right one, x before y. Shapes are drawn
on an oversampled sheet, later ones over earlier ones, and averaged down at the end.
"""

from collections.abc import Callable, Sequence
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
class Piece:
    """One outline of a body painted by `Canvas.form`: its paint under any patterns, its labels, how far it stands out.

    The first pattern with a name gives the texture label, else `texture` does.
    """

    outline: np.ndarray
    paint: Paint
    part: str
    material: str = "fur"
    patterns: tuple[Pattern, ...] = ()
    texture: str | None = None
    thickness: float = 1.0


@dataclass(frozen=True)
class Mark:
    """A landmark of one animal, in picture units."""

    instance: int
    name: str
    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    """A finished picture: image (H, W, 3) uint8; per category a map (H, W) uint8 of 1-based indices into names (0:
    none); instance (H, W) uint8, 0 where no animal stands; and the landmarks."""

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
        `labels` are object=, part=, material=: a name stamps, "" clears, None or absent leaves what is below. Texture
        comes from the pattern, else from `texture`; colour from the paint. Pixels under opacity 0.5 keep the labels
        below.
        `within`, the outline of a body, keeps a marking inside that body and shades it as a piece of it.
        """
        window = self._window(outline)
        if window is None:
            return
        mask, shade = self._mask(window, outline), None
        if within is not None:
            mask, shade = self._part_of(within, window, mask)
        elif relief:
            shade = self._shade(mask)
        colour, numbers = self._tint(window, mask.shape, paint, () if pattern is None else (pattern,))
        if relief:
            colour *= _thrice(1 + relief * shade)
        below = self.rgb[window]
        colour -= below
        colour *= _thrice(mask.astype(np.float32) * (opacity / 255))
        below += colour
        if opacity >= 0.5:
            texture = texture if pattern is None else pattern.name
            self._label(window, mask > 127, numbers, {**labels, "texture": texture}, instance)

    def form(
        self, pieces: Sequence[Piece], *, object: str, instance: int, relief: float = 0.8, dim: float = 1.0
    ) -> None:
        """Paint pieces as one rounded body without seams: they share their shading, later ones lie over earlier ones.

        `dim` under 1 darkens the whole, as for the limbs on the far side.
        """
        corners = np.concatenate([piece.outline for piece in pieces])
        window = self._window(corners)
        if window is None:
            return
        shape = (window[0].stop - window[0].start, window[1].stop - window[1].start)
        colour, cover, height = (
            np.zeros((*shape, 3), np.float32),
            np.zeros(shape, np.float32),
            np.zeros(shape, np.float32),
        )
        for piece in pieces:
            spot = self._window(piece.outline)
            if spot is None:
                continue
            mask = self._mask(spot, piece.outline)
            tint, numbers = self._tint(spot, mask.shape, piece.paint, piece.patterns)
            local = tuple(slice(s.start - w.start, s.stop - w.start) for s, w in zip(spot, window, strict=True))
            alpha = mask.astype(np.float32) / 255
            cover[local] = np.maximum(cover[local], alpha)
            colour[local] += (alpha / np.maximum(cover[local], 1e-3))[..., None] * (tint - colour[local])
            height[local] = np.maximum(height[local], piece.thickness * _bulge(mask))
            texture = next((pattern.name for pattern in piece.patterns if pattern.name), piece.texture)
            labels = {"object": object, "part": piece.part, "material": piece.material, "texture": texture}
            self._label(spot, mask > 127, numbers, labels, instance)
        colour *= (dim * self._light(height, relief))[..., None]
        sheet = self.rgb[window]
        sheet += cover[..., None] * (colour - sheet)

    def shadow(self, outline: np.ndarray, strength: float = 0.35, blur: float = 0.01) -> None:
        """Darken what lies under an outline, with a soft edge of `blur` picture units; labels stay."""
        reach = 2 * blur
        window = self._window(np.stack([outline.min(0) - reach, outline.max(0) + reach]))
        if window is None:
            return
        soft = self._mask(window, outline).astype(np.float32) * (strength / 255)
        soft = cv2.GaussianBlur(soft, (0, 0), max(blur * self.pixels, 0.5))
        self.rgb[window] *= 1 - soft[..., None]

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

    def _window(self, outline):
        """The rows and columns of the sheet that an outline touches, None where it lies outside."""
        n = self.pixels
        low = np.clip(np.floor(outline.min(0) * n) - 1, 0, n).astype(int)
        high = np.clip(np.ceil(outline.max(0) * n) + 2, 0, n).astype(int)
        if (high <= low).any():
            return None
        return slice(low[1], high[1]), slice(low[0], high[0])

    def _mask(self, window, outline):
        """How much of each pixel of a window an outline covers.  -> (h, w) uint8, 255 for all of it"""
        rows, cols = window
        mask = np.zeros((rows.stop - rows.start, cols.stop - cols.start), np.uint8)
        points = np.round((outline * self.pixels - [cols.start, rows.start] - 0.5) * 16).astype(np.int32)
        cv2.fillPoly(mask, [points], 255, lineType=cv2.LINE_AA, shift=4)
        return mask

    def _tint(self, window, shape, paint, patterns):
        """Unshaded colours (h, w, 3) of a paint under its patterns, and their colour labels (h, w)."""
        colour = cv2.merge([np.full(shape, value, np.float32) for value in paint.rgb])
        numbers = np.full(shape, self.index("colour", paint.name), np.uint8)
        if patterns:
            xs, ys = self._grid(window)
        for pattern in patterns:
            weight = np.clip(pattern.weight(xs, ys), 0, 1).astype(np.float32)
            over = cv2.merge([weight * np.float32(value) for value in pattern.paint.rgb])
            colour *= _thrice(1 - weight)
            colour += over
            numbers[weight > 0.5] = self.index("colour", pattern.paint.name)
        return colour, numbers

    def _grid(self, window):
        """Picture units of the pixels of a window: two float32 arrays (h, w)."""
        rows, cols = window
        xs = np.arange(cols.start, cols.stop, dtype=np.float32) / self.pixels
        ys = np.arange(rows.start, rows.stop, dtype=np.float32) / self.pixels
        return np.tile(xs, (len(ys), 1)), np.repeat(ys[:, None], len(xs), 1)

    def _part_of(self, body, window, mask):
        """A marking's mask cut to the outline of a body, and the body's shading in the marking's window."""
        if self._body is None or self._body[0] is not body:
            whole = self._window(body)
            if whole is None:
                return np.zeros_like(mask), np.zeros(mask.shape, np.float32)
            shape = self._mask(whole, body)
            self._body = (body, whole, shape, self._shade(shape))
        _, whole, shape, shade = self._body
        cut, light = np.zeros_like(mask), np.zeros(mask.shape, np.float32)
        start = [max(a.start, b.start) for a, b in zip(window, whole, strict=True)]
        stop = [max(min(a.stop, b.stop), low) for a, b, low in zip(window, whole, start, strict=True)]
        here = tuple(slice(a - w.start, b - w.start) for a, b, w in zip(start, stop, window, strict=True))
        there = tuple(slice(a - w.start, b - w.start) for a, b, w in zip(start, stop, whole, strict=True))
        cut[here] = np.minimum(mask[here], shape[there])
        light[here] = shade[there]
        return cut, light

    def _label(self, window, inside, numbers, labels, instance):
        """Stamp colour numbers, names and the instance on the pixels `inside` a window."""
        np.copyto(self.maps["colour"][window], numbers, where=inside)
        for category, name in labels.items():
            if name is not None:
                np.copyto(self.maps[category][window], self.index(category, name) if name else 0, where=inside)
        if instance is not None:
            np.copyto(self.instance[window], instance, where=inside)

    def _shade(self, mask):
        """Change of brightness (h, w) over a rounded body lit from one side: a bas-relief of the depth within it."""
        share = 0.5 if min(mask.shape) > 48 else 1.0
        small = cv2.resize(mask, None, fx=share, fy=share, interpolation=cv2.INTER_AREA) if share < 1 else mask
        depth = _depth(small)
        bulge = np.sqrt(np.clip(depth / max(depth.max(), 1e-6), 0, 1))
        bulge = cv2.GaussianBlur(bulge, (0, 0), max(0.012 * self.pixels * share, 1.0))
        slope_y, slope_x = (cv2.Sobel(bulge, -1, *axis, scale=0.125) for axis in ((0, 1), (1, 0)))
        lit = -0.05 * self.pixels * share * (slope_x * self.light[0] + slope_y * self.light[1])
        shade = 0.55 * np.clip(lit, -0.5, 0.6) + 0.16 * (bulge - 0.6)
        return cv2.resize(shade, mask.shape[::-1]) if share < 1 else shade

    def _light(self, height, relief):
        """Brightness (h, w) around 1 of a surface with `height` in pixels (Lambert, the light half in front)."""
        height = cv2.GaussianBlur(height, (0, 0), max(0.006 * self.pixels, 0.8))
        slope_x, slope_y = cv2.Sobel(height, -1, 1, 0, scale=0.125), cv2.Sobel(height, -1, 0, 1, scale=0.125)
        steep = np.sqrt(1 + slope_x**2 + slope_y**2)
        lit = (0.8 * (-slope_x * self.light[0] - slope_y * self.light[1]) + 0.6) / steep
        return np.clip(1 + relief * 0.55 * (lit - 0.6), 0.3, 1.4)


def _thrice(sheet):
    """The same (h, w) for each of three channels: several times faster than broadcasting.  -> (h, w, 3)"""
    return cv2.merge([sheet, sheet, sheet])


def _depth(mask):
    """Distance (h, w) of each pixel of a mask to its rim, in pixels."""
    inside = cv2.copyMakeBorder((mask > 127).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    return cv2.distanceTransform(inside, cv2.DIST_L2, 3)[1:-1, 1:-1]


def _bulge(mask):
    """Height (h, w) in pixels of a body with a round section over the mask."""
    depth = _depth(mask)
    return np.sqrt(depth * (2 * depth.max() - depth))
