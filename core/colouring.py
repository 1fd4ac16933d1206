"""A saliency map in colours over its picture, for the dashboard's panels and the command line's PNG alike.

Colours are perceptually uniform and safe for colour-blind people, diverging where a map has a sign. The photograph
steps back where the map is low; the map's colour comes where it is high.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

PAPERS = "jet, as in the papers"
_SEQUENTIAL = {
    "inferno": cv2.COLORMAP_INFERNO,
    "viridis": cv2.COLORMAP_VIRIDIS,
    "magma": cv2.COLORMAP_MAGMA,
    "cividis": cv2.COLORMAP_CIVIDIS,
    PAPERS: cv2.COLORMAP_JET,
}
# blue to orange through a light grey: both arms are told apart in every common colour blindness
_DIVERGING = [
    (23, 64, 139),
    (74, 125, 191),
    (158, 190, 221),
    (236, 236, 234),
    (240, 182, 130),
    (214, 106, 33),
    (138, 52, 4),
]
NAMES = tuple(_SEQUENTIAL)
COARSE = 64 * 64  # positions; the maps of most layers have fewer, those of the input's pixels more


@cache
def table(name: str, signed: bool = False) -> np.ndarray:
    """256 colours from the lowest to the highest value; for signed maps zero is at 127.5.  -> uint8 (256, 3), RGB

    A signed map is always drawn in the diverging colours, except in 'jet, as in the papers'.
    """
    if signed and name != PAPERS:
        stops = np.linspace(0, 255, len(_DIVERGING))
        channels = [np.interp(np.arange(256), stops, [stop[i] for stop in _DIVERGING]) for i in range(3)]
        colours = np.stack(channels, 1).round().astype(np.uint8)
    else:
        ramp = np.arange(256, dtype=np.uint8)[:, None]
        colours = np.ascontiguousarray(cv2.applyColorMap(ramp, _SEQUENTIAL[name])[:, 0, ::-1])
    colours.setflags(write=False)
    return colours


def paint(strength: np.ndarray, name: str, signed: bool = False) -> np.ndarray:
    """Colours of scaled values: 0 … 1, or -1 … 1 for a signed map.  float (H, W) -> uint8 (H, W, 3)"""
    position = (strength + 1) * 127.5 if signed else strength * 255
    return table(name, signed)[np.clip(np.nan_to_num(position), 0, 255).astype(np.uint8)]


@dataclass(frozen=True)
class Look:
    """How maps are drawn: opacity and threshold in 0 … 1, the threshold as a share of the scale's end."""

    colours: str = "inferno"
    opacity: float = 0.6
    threshold: float = 0.0
    box: bool = False


def limit_of(values: np.ndarray, signed: bool) -> float:
    """The value drawn in the strongest colour: the maximum of a coarse map, the 99th percentile of the magnitude of a
    signed or a fine one, whose few largest pixels would leave the rest blank.  NaN (never seen) is left out; 0 for an
    empty map."""
    known = values[np.isfinite(values)]
    if not known.size:
        return 0.0
    top = max(float(np.abs(known).max() if signed else known.max()), 0.0)
    if not signed and known.size <= COARSE:
        return top
    return float(np.percentile(np.abs(known) if signed else np.maximum(known, 0), 99)) or top


def scaled(values: np.ndarray, limit: float, signed: bool) -> np.ndarray:
    """Values as shares of `limit`, cut to 0 … 1 (or -1 … 1); 0 where the network never looked or the map is empty."""
    if not limit > 0 or not np.isfinite(limit):
        return np.zeros(values.shape, np.float32)
    return np.clip(np.nan_to_num(values / limit), -1.0 if signed else 0.0, 1.0).astype(np.float32)


def blend(image: np.ndarray, values: np.ndarray, limit: float, signed: bool, look: Look) -> np.ndarray:
    """The picture with the map over it.  uint8 (H, W, 3), float (H, W) with NaN outside -> uint8 (H, W, 3)

    At opacity 0 this is the picture, at 1 the map alone. What the network never saw is light grey.
    """
    share = scaled(values, limit, signed)
    strength = np.abs(share)
    shown = strength if look.threshold <= 0 else np.where(strength >= look.threshold, strength, 0)
    colours = paint(share, look.colours, signed).astype(np.float32)
    back = look.opacity * (1 - shown)[..., None]
    photo = image.astype(np.float32)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)[..., None]
    ground = (photo + (grey - photo) * 0.75 * back) * (1 - 0.3 * back)
    alpha = look.opacity * np.power(shown, 1.4 * (1 - look.opacity))
    if look.threshold > 0:
        alpha = np.where(shown > 0, alpha, 0)
    mixed = ground + (colours - ground) * alpha[..., None]
    unseen = np.isnan(values)[..., None]
    return np.clip(np.where(unseen, 0.25 * grey + 150, mixed), 0, 255).astype(np.uint8)


def png(image: np.ndarray) -> bytes:
    """Encoded without loss, fast rather than small.  uint8 (H, W, 3), RGB"""
    return cv2.imencode(".png", image[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
