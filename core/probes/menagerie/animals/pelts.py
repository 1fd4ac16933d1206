"""The coat of any quadruped by its species' name."""

from core.probes.menagerie.animals import clawed, hoofed
from core.probes.menagerie.animals.coats import Coat, Kit

COATS = {
    "zebra": hoofed.zebra,
    "horse": hoofed.horse,
    "donkey": hoofed.donkey,
    "giraffe": hoofed.giraffe,
    "elephant": hoofed.elephant,
    "cow": hoofed.cow,
    "sheep": hoofed.sheep,
    "okapi": hoofed.okapi,
    "deer": hoofed.deer,
    "lion": clawed.lion,
    "tiger": clawed.tiger,
    "leopard": clawed.leopard,
    "snow leopard": clawed.snow_leopard,
    "cheetah": clawed.cheetah,
    "wolf": clawed.wolf,
    "fox": clawed.fox,
    "brown bear": clawed.brown_bear,
    "polar bear": clawed.polar_bear,
}


def coat(species: str, kit: Kit) -> Coat:
    """The coat of one animal of a species, its paint a little varied."""
    made = COATS[species](kit)
    made.base = made.base.varied(kit.rng, 0.025)
    return made
