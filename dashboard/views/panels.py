"""Maps made ready to be drawn: put on the picture, scaled, coloured, boxed; and as files."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core import colouring
from core.colouring import Look
from core.measures.overlap import Box, map_box
from core.methods.lime import strongest as strongest_superpixels
from dashboard.views import figure, overlay, words

BOX_FROM = 0.15  # of the maximum, where no threshold is chosen: Selvaraju et al., section 4.1


@dataclass(frozen=True)
class Panel:
    """One map over its picture. `limit` is the value drawn in the strongest colour; `box` is in the picture's pixels
    and None where none is asked for or the map is empty."""

    image: np.ndarray
    limit: float
    box: Box | None
    empty: bool


def limits(heatmaps: Mapping[tuple, object], shared: bool) -> dict[tuple, float]:
    """The end of each map's scale: its own, or the largest of its method. {(method, layer, class): Heatmap}"""
    own = {key: colouring.limit_of(heatmap.values, heatmap.signed) for key, heatmap in heatmaps.items()}
    if not shared:
        return own
    top = {method: max(limit for key, limit in own.items() if key[0] == method) for method in {key[0] for key in own}}
    return {key: top[key[0]] for key in own}


def panel(picture: np.ndarray, heatmap, preprocessing, limit: float, look: Look) -> Panel:
    """A map over its picture at drawing size.  uint8 (H, W, 3)"""
    ground = overlay.fit(picture)
    values = heatmap.at(preprocessing, *ground.shape[:2])
    drawn = overlay.enlarge(colouring.blend(ground, values, limit, heatmap.signed, look))
    empty = is_empty(heatmap)
    box = None
    if look.box and not empty:
        found = map_box(np.abs(values) if heatmap.signed else values, look.threshold or BOX_FROM)
        if found:
            times = drawn.shape[0] / ground.shape[0]
            drawn = overlay.draw_box(drawn, tuple(edge * times for edge in found))
            box = Box(*(edge * picture.shape[0] / ground.shape[0] for edge in found))
    return Panel(drawn, limit, box, empty)


def is_empty(heatmap) -> bool:
    """Whether nothing can be seen in a map: no finite value, nothing but zero, or nothing positive where only that
    counts."""
    values = heatmap.values[np.isfinite(heatmap.values)]
    return not values.size or not (np.abs(values).max() > 0 if heatmap.signed else values.max() > 0)


def strongest(heatmap, count: int = 5):
    """A map of superpixels with only its `count` strongest positive ones left.  Heatmap -> Heatmap"""
    return replace(heatmap, values=strongest_superpixels(heatmap.values, count))


def full_size(picture: np.ndarray, heatmap, preprocessing) -> np.ndarray:
    """The map at the picture's own height and width, NaN where the network never looked.  float32 (H, W)"""
    return heatmap.at(preprocessing, *picture.shape[:2])


def npy(values: np.ndarray) -> bytes:
    """An array as the bytes of an NPY file."""
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(values), allow_pickle=False)
    return buffer.getvalue()


def ends(limit: float, signed: bool) -> tuple[str, str]:
    """The two ends of a scale in words."""
    return (f"−{words.number(limit)}" if signed else "0"), words.number(limit)


def file_stem(*parts: str) -> str:
    """A file's name from what it shows: letters, digits and dashes."""
    text = "-".join(part for part in parts if part).lower()
    return "".join(c if c.isalnum() or c in "-." else "-" for c in text)


def grid_figure(
    picture: np.ndarray,
    panels: Mapping[tuple, Panel],
    columns: Sequence[tuple[str, str]],
    rows: Sequence[tuple[str, tuple[str | None, int]]],
    kind: str,
    look: Look,
    shared: tuple[float, bool] | None,
) -> bytes:
    """The page's grid for a paper: the picture, then methods across, classes and layers down.

    `columns`: (method, title); `rows`: (heading, (layer, class)); `shared`: the end and sign of one common scale.
    """
    cells = []
    for number, (_, (layer, label)) in enumerate(rows):
        found = [panels.get((method, layer, label)) or panels.get((method, None, label)) for method, _ in columns]
        cells.append([overlay.fit(picture) if number == 0 else None, *(one and one.image for one in found)])
    bar = None
    if shared:
        limit, signed = shared
        bar = figure.Bar(colouring.table(look.colours, signed), -limit if signed else 0.0, limit)
    return figure.grid(
        cells, ["picture", *(title for _, title in columns)], [heading for heading, _ in rows], kind, bar
    )
