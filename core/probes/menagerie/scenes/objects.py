"""Every object a landscape is furnished with, by name."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from core.probes.menagerie.canvas import Canvas
from core.probes.menagerie.scenes import plants, seabed, stone, things
from core.probes.menagerie.scenes.brush import Ramp, shade
from core.probes.menagerie.shapes import Frame, ellipse

# name: (drawing, extent (left, top, right, bottom) in own units, width of its cast shadow or 0)
OBJECTS = {
    "acacia": (plants.acacia, (-0.75, -1.03, 0.75, 0.04), 0.9),
    "pine": (plants.pine, (-0.34, -1.1, 0.34, 0.04), 0.45),
    "giant fern": (plants.giant_fern, (-0.9, -1.1, 0.9, 0.06), 0.9),
    "igloo": (stone.igloo, (-1.0, -1.0, 1.0, 0.06), 2.1),
    "peak": (stone.peak, (-1.1, -1.02, 1.1, 0.03), 0.0),
    "fence": (things.fence, (-2.7, -1.15, 2.7, 0.08), 0.0),
    "reeds": (plants.reeds, (-0.75, -1.15, 0.75, 0.06), 0.0),
    "palm": (plants.palm, (-0.5, -1.15, 0.85, 0.05), 0.4),
    "cactus": (plants.cactus, (-0.42, -1.05, 0.42, 0.05), 0.4),
    "coral": (seabed.coral, (-0.9, -1.15, 0.9, 0.06), 0.6),
    "boat": (things.boat, (-0.55, -1.2, 0.6, 0.14), 0.0),
    "cart": (things.cart, (-0.75, -1.35, 1.42, 0.05), 1.5),
    "rock": (stone.rock, (-0.85, -1.1, 0.85, 0.1), 1.5),
    "bush": (plants.bush, (-0.95, -1.1, 0.95, 0.1), 1.6),
    "tree": (plants.tree, (-0.5, -1.08, 0.5, 0.04), 0.7),
    "flower": (plants.flower, (-0.95, -1.3, 0.95, 0.06), 0.0),
    "log": (things.log, (-1.1, -0.8, 1.05, 0.08), 2.0),
    "cloud": (things.cloud, (-0.62, -0.5, 0.62, 0.06), 0.0),
    "sun": (things.sun, (-0.5, -0.5, 0.5, 0.5), 0.0),
    "grass tuft": (plants.grass_tuft, (-0.9, -1.1, 0.9, 0.06), 0.0),
    "dry tuft": (partial(plants.grass_tuft, name="yellow", rgb=(0.72, 0.60, 0.36)), (-0.9, -1.1, 0.9, 0.06), 0.0),
    "leaves": (plants.leaves, (-0.9, -1.1, 0.9, 0.1), 0.0),
    "seaweed": (seabed.seaweed, (-0.7, -1.1, 0.7, 0.06), 0.0),
    "shell": (seabed.shell, (-0.85, -1.0, 0.85, 0.1), 1.2),
    "starfish": (seabed.starfish, (-0.65, -0.4, 0.65, 0.4), 0.9),
    "mushroom": (plants.mushroom, (-0.55, -1.05, 0.55, 0.08), 0.7),
    "balloon": (things.balloon, (-0.42, -1.05, 0.42, 0.03), 0.0),
    "ice": (stone.ice_block, (-0.8, -1.1, 0.8, 0.08), 1.4),
}


def draw_object(
    canvas: Canvas,
    name: str,
    frame: Frame,
    rng: np.random.Generator,
    *,
    haze: tuple[Sequence[float], float] | None = None,
    shadow: bool = True,
) -> None:
    """Draw an object standing at the frame, over whatever is there; animals below it lose those pixels.

    Own units: about 1 high (the boat and the cloud 1 wide, the fence 5 long, the cart in a donkey's body lengths).
    `haze` is a far colour (r, g, b) and its share 0..1; `shadow` casts one on the ground. Raises KeyError for an
    unknown name.
    """
    draw, _, wide = OBJECTS[name]
    if wide and shadow:
        fall = 0.18 * wide * (1 if canvas.light[0] < 0 else -1) * frame.facing
        canvas.shadow(frame(ellipse(fall, 0.0, wide * 1.15, wide * 0.17)), 0.3, max(0.004, 0.03 * frame.scale))
    draw(canvas, frame, rng, partial(ink, haze=haze))


def object_extent(name: str) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) of an object in its own units, generous, for placing it.  Raises KeyError."""
    return OBJECTS[name][1]


def ink(name: str, rgb: Sequence[float], spread: float = 0.3, *, haze=None) -> Ramp:
    """The ramp of one colour, faded into the haze."""
    ramp = shade(name, rgb, spread)
    return ramp if haze is None else ramp.mixed(*haze)
