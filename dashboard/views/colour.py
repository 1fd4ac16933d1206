"""Colours for maps: perceptually uniform and safe for colour-blind people, diverging where a map has a sign."""

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


def bar(name: str, signed: bool, low: str, high: str, ink: str, width: int = 260) -> str:
    """A horizontal colour bar with its ends (and zero, where signed) written under it, as SVG."""
    colours = table(name, signed)[np.linspace(0, 255, 17).astype(int)]
    stops = "".join(
        f'<stop offset="{i / 16:.4f}" stop-color="rgb({r},{g},{b})"/>' for i, (r, g, b) in enumerate(colours)
    )
    text = f'<text y="28" font-family="sans-serif" font-size="12" fill="{ink}"'
    middle = f'{text} x="{width / 2}" text-anchor="middle">0</text>' if signed else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="34" viewBox="0 0 {width} 34">'
        f'<linearGradient id="g">{stops}</linearGradient><rect width="{width}" height="12" rx="3" fill="url(#g)"/>'
        f'{text} x="0">{low}</text>{middle}{text} x="{width}" text-anchor="end">{high}</text></svg>'
    )
