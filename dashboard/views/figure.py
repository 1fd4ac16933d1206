"""The grid on the page as a figure for a paper: PDF, SVG or PNG by matplotlib, the same bytes for the same grid."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CELL, LEFT, TOP = 1.6, 1.1, 0.3  # inches
_SETTINGS = {
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "channelscope",
    "font.size": 8,
    "font.family": "DejaVu Sans",
}
_METADATA = {
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
}
MIME = {"pdf": "application/pdf", "svg": "image/svg+xml", "png": "image/png"}


@dataclass(frozen=True)
class Bar:
    """One colour bar for the whole figure: 256 colours and the values at its ends."""

    colours: np.ndarray
    low: float
    high: float


def grid(
    cells: Sequence[Sequence[np.ndarray | None]],
    columns: Sequence[str],
    rows: Sequence[str],
    kind: str,
    bar: Bar | None = None,
) -> bytes:
    """Pictures in rows and columns, headings above and at the left.  uint8 (H, W, 3) or None; kind: pdf, svg or png"""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    height, width = TOP + CELL * len(cells) + (0.5 if bar else 0.05), LEFT + CELL * len(columns)
    with matplotlib.rc_context(_SETTINGS):
        figure = Figure(figsize=(width, height))
        for i, row in enumerate(cells):
            for j, picture in enumerate(row):
                place = (LEFT + CELL * j, height - TOP - CELL * (i + 1), CELL - 0.08, CELL - 0.08)
                axes = figure.add_axes([place[0] / width, place[1] / height, place[2] / width, place[3] / height])
                axes.set_axis_off()
                if picture is not None:
                    axes.imshow(picture, interpolation="none")
                if i == 0:
                    figure.text((place[0] + place[2] / 2) / width, 1 - 0.2 / height, columns[j], ha="center")
            centre = (height - TOP - CELL * (i + 0.5)) / height
            figure.text((LEFT - 0.1) / width, centre, rows[i], ha="right", va="center", linespacing=1.4)
        if bar:
            _colour_bar(figure, bar, width, height)
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, dpi=300, metadata=_METADATA[kind])
    return buffer.getvalue()


def _colour_bar(figure, bar: Bar, width: float, height: float) -> None:
    axes = figure.add_axes([LEFT / width, 0.26 / height, min(2.0, width - LEFT) / width, 0.09 / height])
    axes.imshow(bar.colours[None], aspect="auto", extent=(bar.low, bar.high, 0, 1))
    axes.set_yticks([])
    axes.tick_params(length=2, pad=2)
