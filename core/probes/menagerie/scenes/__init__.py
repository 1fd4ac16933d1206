"""Landscapes: `draw_scene` paints one and tells where animals may be in it; `draw_object` adds single things."""

import numpy as np

from core.probes.menagerie.canvas import Canvas
from core.probes.menagerie.scenes import lands, waters, woods
from core.probes.menagerie.scenes.ground import Ground
from core.probes.menagerie.scenes.objects import OBJECTS, draw_object, object_extent

__all__ = ["OBJECTS", "SCENE_PAINTERS", "Ground", "draw_object", "draw_scene", "object_extent"]

SCENE_PAINTERS = {
    "savanna": lands.savanna,
    "forest": woods.forest,
    "jungle": woods.jungle,
    "snowfield": lands.snowfield,
    "mountain": lands.mountain,
    "pasture": lands.pasture,
    "lake": waters.lake,
    "beach": waters.beach,
    "desert": lands.desert,
    "reef": waters.reef,
    "open sea": waters.open_sea,
}


def draw_scene(canvas: Canvas, scene: str, rng: np.random.Generator, critical: bool = True) -> Ground:
    """Cover the whole canvas with one landscape, lit from `canvas.light`; without its critical object where so asked.

    Every pixel gets an object, a material and a colour. Raises KeyError for a scene that is not in species.SCENES.
    """
    return SCENE_PAINTERS[scene](canvas, rng, critical)
