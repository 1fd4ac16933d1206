"""From a picture to what a network sees, and back: resize, crop, scale, and the way a map returns to the picture."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from core.errors import BadSettings

_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}
# Pixels of a resized picture above which only what the crop keeps is computed: 8000 x 1 would become 2,048,000 x 256.
# Below, the whole is resized, since the part alone may differ from torchvision's by a rounding of one level in 255.
_LARGE = 16_000_000
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Preprocessing:
    """Resize, centre crop, scale to [0, 1], subtract `mean`, divide by `std`, as torchvision's presets do.

    `resize`: the short side in pixels (the long side follows), or (height, width) exactly, or None; `crop`: side of the
    centred square, or (height, width), or None where `resize` is exact. What the crop asks for beyond the picture is
    black. `antialias=False` samples without a filter, as torchvision does on tensors. Raises BadSettings for values
    that leave the input's size open.
    """

    resize: int | tuple[int, int] | None = 256
    crop: int | tuple[int, int] | None = 224
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    interpolation: str = "bilinear"
    antialias: bool = True

    def __post_init__(self):
        for name in ("resize", "crop", "mean", "std"):
            if isinstance(value := getattr(self, name), list):
                object.__setattr__(self, name, tuple(value))
        _check(self)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the network's input in pixels."""
        if self.crop is not None:
            return _pair(self.crop)
        return self.resize

    def apply(self, image: np.ndarray) -> torch.Tensor:
        """What the network sees of a picture.  uint8 (H, W, 3), RGB -> float32 (3, h, w)"""
        pixels = torch.from_numpy(self._resized(image)).permute(2, 0, 1).float() / 255
        return (pixels - pixels.new_tensor(self.mean)[:, None, None]) / pixels.new_tensor(self.std)[:, None, None]

    def seen_box(self, height: int, width: int) -> Box:
        """The part of a (height, width) picture that the network sees.  -> top, left, bottom, right in its pixels"""
        top, left, bottom, right = self._window(height, width)
        return max(top, 0.0), max(left, 0.0), min(bottom, float(height)), min(right, float(width))

    def place(self, rows: np.ndarray, columns: np.ndarray, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
        """Where points of the network's input lie in the (height, width) picture it came from; both in pixels, the
        upper left corner (0, 0). A point of added black lies outside."""
        top, left, bottom, right = self._window(height, width)
        down, across = (bottom - top) / self.size[0], (right - left) / self.size[1]
        return top + np.asarray(rows) * down, left + np.asarray(columns) * across

    def back(self, values: np.ndarray, height: int, width: int) -> np.ndarray:
        """A map over the network's input, put back on the picture it came from, bilinearly; NaN in every pixel of
        which the network saw nothing.  (h, w) -> float32 (height, width)"""
        top, left, bottom, right = self._window(height, width)
        rows = _samples(height, top, bottom, values.shape[0])
        columns = _samples(width, left, right, values.shape[1])
        wide = _along(np.asarray(values, np.float32), *columns, axis=1)
        result = np.full((height, width), np.nan, np.float32)
        result[np.ix_(rows[0], columns[0])] = _along(wide, *rows, axis=0)
        return result

    def record(self) -> dict:
        """The same as JSON-able values, for requests and fingerprints."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        }

    def _scaled(self, height: int, width: int) -> tuple[int, int]:
        """Height and width after resizing; the long side is cut to whole pixels, as torchvision does."""
        if self.resize is None:
            return height, width
        if isinstance(self.resize, tuple):
            return self.resize
        short, long = min(height, width), max(height, width)
        longer = int(self.resize * long / short)
        return (self.resize, longer) if height <= width else (longer, self.resize)

    def _offset(self, height: int, width: int) -> tuple[int, int]:
        """First row and column of the crop in the resized picture; negative where black is added."""
        rows, columns = self._scaled(height, width)
        return _margin(rows, self.size[0]), _margin(columns, self.size[1])

    def _window(self, height: int, width: int) -> Box:
        """What the input covers, in the picture's pixels; it reaches over the edge where black is added."""
        (rows, columns), (first, start) = self._scaled(height, width), self._offset(height, width)
        down, across = height / rows, width / columns
        return first * down, start * across, (first + self.size[0]) * down, (start + self.size[1]) * across

    def _resized(self, image: np.ndarray) -> np.ndarray:
        """Resized and cropped.  (H, W, 3) -> (h, w, 3) uint8"""
        height, width = image.shape[:2]
        (rows, columns), (first, start) = self._scaled(height, width), self._offset(height, width)
        top, left = max(first, 0), max(start, 0)
        bottom, right = min(first + self.size[0], rows), min(start + self.size[1], columns)
        if rows * columns <= _LARGE:
            whole = (0.0, 0.0, float(width), float(height))
            kept = _resample(image, (rows, columns), whole, self.interpolation, self.antialias)
            kept = kept[top:bottom, left:right]
        else:
            down, across = height / rows, width / columns
            box = (left * across, top * down, min(right * across, width), min(bottom * down, height))
            kept = _resample(image, (bottom - top, right - left), box, self.interpolation, self.antialias)
        if kept.shape[:2] == self.size:
            return kept
        result = np.zeros((*self.size, 3), np.uint8)
        result[top - first : bottom - first, left - start : right - start] = kept
        return result


def preset(transforms) -> Preprocessing:
    """The preprocessing that torchvision's weights name as theirs (`weights.transforms()`)."""
    return Preprocessing(
        resize=transforms.resize_size[0],
        crop=transforms.crop_size[0],
        mean=tuple(transforms.mean),
        std=tuple(transforms.std),
        interpolation=transforms.interpolation.value,
        antialias=transforms.antialias is not False,
    )


def from_record(record: Mapping) -> Preprocessing:
    """The inverse of `record`; what is left out keeps its default.  Raises BadSettings for a name it does not know."""
    known = Preprocessing.__dataclass_fields__
    if unknown := [name for name in record if name not in known]:
        raise BadSettings(f"preprocessing has no '{unknown[0]}'; it has {', '.join(known)}")
    values = dict(record)
    if isinstance(values.get("resize"), list | tuple) and "crop" not in values:
        values["crop"] = None
    return Preprocessing(**values)


def _check(self: Preprocessing) -> None:
    def whole(value) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 4096

    for name, value in (("resize", self.resize), ("crop", self.crop)):
        pair = isinstance(value, tuple) and len(value) == 2 and all(map(whole, value))
        if not (value is None or whole(value) or pair):
            raise BadSettings(f"preprocessing has {name} = {value!r}; a side in pixels or [height, width] would do")
    if self.crop is None and not isinstance(self.resize, tuple):
        raise BadSettings("preprocessing leaves the input's size open; give crop = N or resize = [height, width]")
    for name, values in (("mean", self.mean), ("std", self.std)):
        three = isinstance(values, tuple) and len(values) == 3
        if not three or not all(isinstance(value, int | float) for value in values):
            raise BadSettings(f"preprocessing has {name} = {values!r}; three numbers would do, for red, green, blue")
    if not all(value > 0 for value in self.std):
        raise BadSettings(f"preprocessing has std = {list(self.std)}; three numbers above 0 would do")
    if self.interpolation not in _FILTERS:
        raise BadSettings(f"preprocessing has interpolation = '{self.interpolation}'; try {', '.join(_FILTERS)}")


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)


def _margin(length: int, kept: int) -> int:
    """First index of a centred crop, rounded as torchvision rounds it (black goes first to the start, by floor)."""
    return round((length - kept) / 2.0) if length >= kept else -((kept - length) // 2)


def _resample(image: np.ndarray, size: tuple[int, int], box: Box, interpolation: str, antialias: bool) -> np.ndarray:
    """A box (left, top, right, bottom) of a picture at another size.  (H, W, 3) uint8 -> (*size, 3) uint8"""
    left, top, right, bottom = box
    if (bottom - top, right - left) == size and all(float(side).is_integer() for side in box):
        return np.ascontiguousarray(image[int(top) : int(bottom), int(left) : int(right)])
    if antialias or interpolation == "nearest":
        picture = Image.fromarray(np.ascontiguousarray(image))
        return np.array(picture.resize(size[::-1], _FILTERS[interpolation], box=box))
    rows = (np.arange(size[0]) + 0.5) * (bottom - top) / size[0] + top
    columns = (np.arange(size[1]) + 0.5) * (right - left) / size[1] + left
    grid = np.stack(np.meshgrid(columns / image.shape[1], rows / image.shape[0]), -1) * 2 - 1
    sampled = torch.nn.functional.grid_sample(
        torch.from_numpy(image).permute(2, 0, 1)[None].float(),
        torch.from_numpy(grid)[None].float(),
        mode=interpolation,
        padding_mode="border",
        align_corners=False,
    )
    return sampled[0].permute(1, 2, 0).round().clamp(0, 255).byte().numpy()


def _samples(length: int, start: float, stop: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Which of `length` pixels overlap start .. stop, and where their centres lie among `count` values there."""
    pixels = np.arange(length)
    seen = pixels[(pixels + 1 > start + 1e-6) & (pixels < stop - 1e-6)]
    return seen, np.clip((seen + 0.5 - start) / (stop - start) * count - 0.5, 0, count - 1)


def _along(values: np.ndarray, pixels: np.ndarray, places: np.ndarray, axis: int) -> np.ndarray:
    """Linear interpolation of an axis at fractional places.  (h, w) -> (places, w) or (h, places)"""
    low = np.floor(places).astype(int)
    high = np.minimum(low + 1, values.shape[axis] - 1)
    share = np.expand_dims((places - low).astype(np.float32), 1 - axis)
    return values.take(low, axis) * (1 - share) + values.take(high, axis) * share
