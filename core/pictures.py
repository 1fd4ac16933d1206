"""Single pictures from anywhere: a probe's, an upload, or one of the photographs that come with scikit-image."""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import BadImage, UnknownName, near
from core.probes.probe import Probe
from core.request import image_subject
from core.store import find_file, keep_file

LARGEST = 50_000_000  # pixels; larger files are refused before they are decoded
LONGEST = 2048  # pixels of an upload's longer side; larger ones are reduced
ORIENTATION = 0x0112  # of EXIF; from 5 on, rows and columns change places
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")


@dataclass(frozen=True)
class Sample:
    """A real photograph in scikit-image's package: its function in skimage.data, and who is to be thanked."""

    name: str
    title: str
    alt: str
    credit: str


SAMPLES = (
    Sample("chelsea", "Chelsea the cat", "a ginger tabby cat looking past the camera", "Stéfan van der Walt, CC0"),
    Sample(
        "astronaut",
        "Astronaut",
        "an astronaut in an orange suit before a flag and a model shuttle",
        "NASA, public domain",
    ),
    Sample("coffee", "Coffee", "a cup of coffee with a spoon on a wooden table", "Rachel Michetti, CC0"),
    Sample("camera", "Cameraman", "a man in a coat looking through a camera on a tripod", "Lav Varshney, CC0"),
    Sample("rocket", "Rocket", "a rocket on its launch pad at night", "SpaceX, public domain"),
)


@dataclass(frozen=True)
class Picture:
    """One picture to look at: uint8 (H, W, 3), RGB; `label` is its true class where one is known."""

    key: str
    image: np.ndarray
    title: str
    alt: str
    label: str | None = None
    credit: str = ""
    source: str = ""  # 'probe:<fingerprint>:<index>' for a probe's picture

    @property
    def subject(self) -> str:
        """What a request calls this picture: its place in a probe, else 'image:' and the sha256 of its pixels."""
        return self.source or image_subject(self.image)


def decode(data: bytes) -> np.ndarray:
    """A file's bytes as uint8 (H, W, 3), RGB, upright as its EXIF says.

    Alpha is laid on white, 16 bits are reduced to 8, grey, palette and CMYK converted; of an animation the first frame.
    Raises BadImage, in one sentence, for what is no picture, is damaged, or has more than 50 megapixels.
    """
    with _opened(data) as file:
        return _rgb(ImageOps.exif_transpose(file))


def decode_values(data: bytes) -> np.ndarray:
    """A file's pixels as they are stored, of a palette the indices: what label maps and segmentations are made of.

    -> (H, W), or (H, W, channels) of a picture in colours.  Raises BadImage as `decode`.
    """
    with _opened(data) as file:
        return np.array(file)


def size_of(data: bytes) -> tuple[int, int]:
    """Height and width that `decode` would give, from the file's head alone.  Raises BadImage."""
    with _opened(data) as file:
        width, height = file.size
        return (width, height) if file.getexif().get(ORIENTATION) in (5, 6, 7, 8) else (height, width)


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    """The first frame of a file, not decoded yet; what goes wrong with it inside ends as a BadImage."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's decompression warning starts above our own limit
            with Image.open(io.BytesIO(data), formats=FORMATS) as file:
                _refuse_large(file)
                file.seek(0)
                yield file
    except UnidentifiedImageError:
        raise BadImage(_unknown(data)) from None
    except Image.DecompressionBombError:
        raise BadImage("this picture is larger than 50 megapixels; save it smaller and try again") from None
    except BadImage:
        raise
    except Exception as error:  # Pillow's decoders raise many kinds for damaged files
        raise BadImage(
            f"this picture is damaged or cut short ({_reason(error)}); save it again and try once more"
        ) from None


def _refuse_large(file: Image.Image) -> None:
    width, height = file.size
    if width * height > LARGEST:
        raise BadImage(
            f"this picture has {width} x {height} pixels, {width * height / 1e6:.0f} megapixels; at most 50 can be read"
        )


def _unknown(data: bytes) -> str:
    if not data:
        return "this file is empty; a PNG, JPEG, WebP, BMP or TIFF picture is needed"
    return "this file is no picture that can be read; a PNG, JPEG, WebP, BMP or TIFF is needed"


def _reason(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0][:80] if text and text[0] else type(error).__name__


def _rgb(image: Image.Image) -> np.ndarray:
    """Any of Pillow's modes -> uint8 (H, W, 3)"""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return np.repeat(_eight_bits(image)[..., None], 3, 2)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(paper, image)
    return np.array(image.convert("RGB"))


def _eight_bits(image: Image.Image) -> np.ndarray:
    """Grey values of 16 or 32 bits -> uint8 (H, W): 16 bits by their top half, others over the range they fill."""
    values = np.asarray(image).astype(np.float64)
    if image.mode != "F" and values.min() >= 0 and values.max() <= 65535:
        return np.round(values / 257).astype(np.uint8)
    values = np.nan_to_num(values, posinf=0, neginf=0)
    if image.mode == "F" and values.min() >= 0 and values.max() <= 1:
        return np.round(values * 255).astype(np.uint8)
    low, high = values.min(), values.max()
    return np.round((values - low) * (255 / (high - low) if high > low else 0)).astype(np.uint8)


def reduced(image: np.ndarray, longest: int = LONGEST) -> np.ndarray:
    """The picture with its longer side at most `longest` pixels.  uint8 (H, W, 3) -> uint8 (h, w, 3)"""
    height, width = image.shape[:2]
    share = longest / max(height, width)
    if share >= 1:
        return image
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.array(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))


def keep_upload(data: bytes, title: str = "Your picture") -> Picture:
    """Decode an upload, reduce it, and keep it by the content of its file.  Raises BadImage, StoreError.

    What is kept is a PNG of the reduced picture without any of the file's other data (place, camera).
    """
    image = reduced(decode(data))
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", compress_level=3)
    sha = keep_file(buffer.getvalue(), ".png")
    return Picture(f"upload:{sha}", image, title, "an uploaded picture")


def open_picture(key: str, probe: Probe | None = None) -> Picture:
    """A picture by its key: a probe's own ('1234'), 'sample:astronaut', or 'upload:' and 64 hexadecimal digits.

    Raises UnknownName, BadImage.
    """
    if key.startswith("sample:"):
        return _sample(key.removeprefix("sample:"))
    if key.startswith("upload:"):
        return _upload(key)
    index = None if probe is None else probe.find(key)
    if index is None:
        where = "without a probe" if probe is None else f"in {probe.title}"
        raise UnknownName(f"no picture '{key}' {where}; it may have been moved or removed")
    label = probe.label(index)
    caption = probe.caption(index)
    name = None if label is None else probe.classes[label]
    source = f"probe:{probe.fingerprint}:{index}"
    return Picture(key, probe.image(index), caption, caption, name, probe.title, source)


def open_file(path: str | Path) -> Picture:
    """A picture file at its own size; its key is its path.  Raises BadImage."""
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadImage(f"'{path}' cannot be read: {(error.strerror or str(error)).lower()}") from None
    try:
        image = decode(data)
    except BadImage as error:
        raise BadImage(f"'{path.name}': {error}") from None
    return Picture(str(path), image, path.name, f"the picture file {path.name}")


def _sample(name: str) -> Picture:
    sample = next((sample for sample in SAMPLES if sample.name == name), None)
    if sample is None:
        raise UnknownName(f"no sample photograph '{name}'{near(name, [sample.name for sample in SAMPLES])}")
    from skimage import data  # slow to import; only those who ask for a photograph wait

    values = getattr(data, sample.name)()
    image = np.repeat(values[..., None], 3, 2) if values.ndim == 2 else values[..., :3]
    return Picture(f"sample:{name}", np.ascontiguousarray(image), sample.title, sample.alt, None, sample.credit)


def _upload(key: str) -> Picture:
    sha = key.removeprefix("upload:")
    if not re.fullmatch(r"[0-9a-f]{64}", sha):
        raise UnknownName(f"'{key}' is no upload's key; upload the picture again")
    path = find_file(sha, ".png")
    if path is None:
        raise UnknownName("this uploaded picture is no longer in the cache; upload it again")
    return Picture(key, decode(path.read_bytes()), "Your picture", "an uploaded picture")
