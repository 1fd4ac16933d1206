"""Pictures made ready for the page: fitted, enlarged, with boxes and outlines drawn on them."""

import base64

import cv2
import numpy as np

from core.colouring import paint, scaled

LONGEST = 480  # pixels of the longer side of a drawn picture: crisp at twice the 240 of a grid's column
ACCENT = (255, 255, 255)


def fit(image: np.ndarray, longest: int = LONGEST) -> np.ndarray:
    """The picture reduced (never enlarged) until its longer side has at most `longest` pixels.  uint8 (H, W, 3)"""
    height, width = image.shape[:2]
    shrink = longest / max(height, width)
    if shrink >= 1:
        return image
    size = (max(round(width * shrink), 1), max(round(height * shrink), 1))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def raw(values: np.ndarray, limit: float, signed: bool, colours: str, longest: int = LONGEST) -> np.ndarray:
    """The map at its own resolution, each value a square.  (h, w) -> uint8 (H, W, 3)"""
    pixels = paint(scaled(values, limit, signed), colours, signed)
    times = max(longest // max(pixels.shape[:2]), 1)
    return np.repeat(np.repeat(pixels, times, 0), times, 1)


def draw_box(
    image: np.ndarray, box: tuple[float, float, float, float], ink: tuple[int, int, int] = ACCENT, dashed: bool = False
) -> np.ndarray:
    """A box (top, left, bottom, right, half-open, in pixels) with a dark rim, solid or dashed.  Returns a copy."""
    result = image.copy()
    top, left, bottom, right = (round(edge) for edge in box)
    corners = [(left, top), (right - 1, top), (right - 1, bottom - 1), (left, bottom - 1)]
    thick = max(round(max(image.shape[:2]) / 160), 1)
    edges = list(zip(corners, corners[1:] + corners[:1], strict=True))
    strokes = [stroke for edge in edges for stroke in (_dashes(*edge, 5 * thick) if dashed else [edge])]
    for colour_of, width in (((0, 0, 0), thick + 2), (ink, thick)):
        for first, last in strokes:
            cv2.line(result, first, last, colour_of, width)
    return result


def _dashes(start: tuple[int, int], end: tuple[int, int], length: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    span = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    spots = [
        tuple(np.round(np.add(start, np.subtract(end, start) * min(t / span, 1))).astype(int))
        for t in range(0, span + length, length)
    ]
    points = [(int(x), int(y)) for x, y in spots]
    return list(zip(points[::2], points[1::2], strict=False))


def outline(image: np.ndarray, mask: np.ndarray, ink: tuple[int, int, int]) -> np.ndarray:
    """The mask's outline in `ink` with a dark rim.  uint8 (H, W, 3), bool (H, W) -> a copy"""
    result = image.copy()
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    thick = max(round(max(image.shape[:2]) / 200), 1)
    cv2.drawContours(result, contours, -1, (0, 0, 0), thick + 2)
    cv2.drawContours(result, contours, -1, ink, thick)
    return result


def enlarge(image: np.ndarray, longest: int = LONGEST) -> np.ndarray:
    """A small picture at a whole multiple of its size, so that outlines and boxes drawn on it are fine lines."""
    times = longest // max(image.shape[:2])
    if times < 2:
        return image
    return cv2.resize(image, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)


def source(image: np.ndarray, quality: int = 93) -> str:
    """A picture as a JPEG in a data URL, for `st.image`.  uint8 (H, W, 3), RGB

    Bytes would be decoded and encoded again by Streamlit, kept by the server, and fetched while the script still runs.
    """
    sharp = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]  # colours at full resolution
    file = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality, *sharp])[1].tobytes()
    return f"data:image/jpeg;base64,{base64.b64encode(file).decode()}"
