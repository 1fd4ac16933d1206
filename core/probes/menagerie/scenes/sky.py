"""The hour of the day, and the sky, the clouds and the haze that come with it."""

from dataclasses import dataclass

import cv2
import numpy as np

from core.probes.menagerie.canvas import Canvas, Paint
from core.probes.menagerie.scenes.brush import label
from core.probes.menagerie.scenes.objects import draw_object
from core.probes.menagerie.shapes import Frame


@dataclass(frozen=True)
class Hour:
    """A time of day: the sky from top to horizon, the colour far things fade into, what the light does to colours
    (factors of red, green, blue), and how often the sun and clouds are seen."""

    name: str
    sky: tuple[Paint, ...]
    haze: tuple[float, float, float]
    tint: tuple[float, float, float]
    sun: float
    clouds: float


HOURS = {
    "morning": Hour(
        "morning",
        (Paint("blue", (0.52, 0.70, 0.84)), Paint("blue", (0.74, 0.84, 0.88)), Paint("white", (0.96, 0.91, 0.82))),
        (0.90, 0.89, 0.84),
        (1.02, 0.99, 0.95),
        0.5,
        0.6,
    ),
    "noon": Hour(
        "noon",
        (Paint("blue", (0.40, 0.63, 0.83)), Paint("blue", (0.62, 0.79, 0.89)), Paint("white", (0.86, 0.92, 0.93))),
        (0.80, 0.88, 0.91),
        (1.0, 1.0, 1.0),
        0.25,
        0.8,
    ),
    "dusk": Hour(
        "dusk",
        (Paint("purple", (0.52, 0.49, 0.66)), Paint("pink", (0.88, 0.66, 0.60)), Paint("orange", (0.98, 0.79, 0.55))),
        (0.93, 0.76, 0.64),
        (1.04, 0.94, 0.86),
        0.75,
        0.5,
    ),
    "dull": Hour(
        "dull",
        (Paint("grey", (0.62, 0.68, 0.73)), Paint("grey", (0.74, 0.78, 0.80)), Paint("white", (0.86, 0.87, 0.86))),
        (0.80, 0.83, 0.84),
        (0.93, 0.95, 0.97),
        0.0,
        0.35,
    ),
}


def choose_hour(rng: np.random.Generator, **odds: float) -> Hour:
    """One hour by odds, e.g. `noon=3, dusk=1`, its colours a little varied."""
    names = list(odds)
    weights = np.array([odds[name] for name in names], float)
    hour = HOURS[names[rng.choice(len(names), p=weights / weights.sum())]]
    return Hour(hour.name, tuple(p.varied(rng, 0.015) for p in hour.sky), hour.haze, hour.tint, hour.sun, hour.clouds)


def draw_sky(canvas: Canvas, rng: np.random.Generator, hour: Hour, horizon: float, clouds: float = 1.0) -> None:
    """The sky down to just below the horizon, with a glow around the sun, and clouds smaller towards the horizon."""
    n = canvas.pixels
    rows = min(n, int(np.ceil((horizon + 0.03) * n)))
    seen = rng.random() < hour.sun
    sun = np.array([0.5 + np.sign(canvas.light[0]) * rng.uniform(0.12, 0.4), 0.0])
    height = rng.uniform(0.25, 0.7) if hour.name != "dusk" else rng.uniform(0.62, 0.92)
    sun[1] = max(0.06, horizon * height)
    _gradient(canvas, hour, rows, sun, 0.5 if seen else 0.2)
    size = rng.uniform(0.06, 0.1) * (1.5 if hour.name == "dusk" else 1.0)
    if seen:
        draw_object(canvas, "sun", Frame(sun[0], sun[1], size), rng)
    if rng.random() < hour.clouds * clouds:
        for share in np.sort(rng.uniform(0.25, 0.85, rng.integers(1, 5)))[::-1]:
            wide = (0.16 + 0.5 * (1 - share)) * rng.uniform(0.7, 1.2)
            haze = (hour.haze, 0.25 + 0.5 * share * (hour.name != "noon"))
            y = max(horizon * share, 0.09)
            draw_object(canvas, "cloud", Frame(rng.uniform(-0.05, 1.05), y, wide, rng.choice([-1, 1])), rng, haze=haze)
    if rng.random() < 0.02 and horizon > 0.25:
        frame = Frame(rng.uniform(0.1, 0.9), horizon * rng.uniform(0.45, 0.75), rng.uniform(0.06, 0.1))
        draw_object(canvas, "balloon", frame, rng, haze=(hour.haze, 0.15))


def _gradient(canvas, hour, rows, sun, glow):
    small, n = 48, canvas.pixels
    share = np.linspace(0, 1, small)
    at = np.linspace(0, 1, len(hour.sky))
    colours = np.stack([np.interp(share, at, [paint.rgb[c] for paint in hour.sky]) for c in range(3)], 1)
    sheet = np.repeat(colours[:, None], small, 1)
    y, x = np.mgrid[0:small, 0:small] / (small - 1)
    near = np.exp(-(((x - sun[0]) ** 2 + (y * rows / n - sun[1]) ** 2) / 0.09)) * glow
    sheet += near[..., None] * (np.array([1.0, 0.93, 0.78]) - sheet)
    canvas.rgb[:rows] = cv2.resize(sheet.astype(np.float32), (n, rows), interpolation=cv2.INTER_LINEAR)
    numbers = np.array([canvas.index("colour", paint.name) for paint in hour.sky], np.uint8)
    per_row = numbers[np.abs(np.linspace(0, 1, rows)[:, None] - at[None]).argmin(1)]
    label(canvas, slice(0, rows * n), np.repeat(per_row, n), {"object": "sky", "material": "air", "texture": "smooth"})


def tint(canvas: Canvas, hour: Hour, cold: float = 0.0) -> None:
    """Lay the hour's light over everything drawn so far; `cold` 1 turns its yellow into lilac, as on snow."""
    light = np.asarray(hour.tint, np.float32)
    light = light + cold * np.array([-0.02, 0.0, 0.7], np.float32) * (light.max() - light[2])
    if (light != 1).any():
        canvas.rgb *= light
