"""The animals: which there are, how they are built, where they live. How each looks is in `animals/`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Species:
    """One species: name, body plan (a module of `animals`), the scenes it is drawn in, and whether training sees it."""

    name: str
    plan: str
    scenes: tuple[str, ...]
    seen: bool = True


SPECIES = (
    Species("zebra", "quadruped", ("savanna", "lake")),
    Species("horse", "quadruped", ("pasture", "mountain", "beach")),
    Species("donkey", "quadruped", ("pasture", "mountain", "desert")),
    Species("giraffe", "quadruped", ("savanna", "lake")),
    Species("elephant", "quadruped", ("savanna", "lake", "jungle")),
    Species("lion", "quadruped", ("savanna", "desert")),
    Species("tiger", "quadruped", ("jungle", "lake")),
    Species("leopard", "quadruped", ("jungle", "savanna")),
    Species("cheetah", "quadruped", ("savanna", "desert")),
    Species("wolf", "quadruped", ("forest", "snowfield", "mountain")),
    Species("fox", "quadruped", ("forest", "snowfield", "pasture")),
    Species("brown bear", "quadruped", ("forest", "mountain", "lake")),
    Species("cow", "quadruped", ("pasture", "mountain", "lake")),
    Species("sheep", "quadruped", ("pasture", "mountain", "snowfield")),
    Species("flamingo", "bird", ("lake", "beach", "savanna")),
    Species("owl", "bird", ("forest", "snowfield", "jungle")),
    Species("macaw", "bird", ("jungle", "beach")),
    Species("penguin", "bird", ("snowfield", "beach")),
    Species("mallard", "bird", ("lake", "pasture")),
    Species("clownfish", "swimmer", ("reef", "open sea")),
    Species("shark", "swimmer", ("open sea", "reef")),
    Species("turtle", "reptile", ("beach", "reef", "desert")),
    Species("crocodile", "reptile", ("lake", "beach", "jungle")),
    Species("snake", "reptile", ("desert", "jungle", "forest")),
    Species("okapi", "quadruped", ("jungle", "forest"), seen=False),
    Species("polar bear", "quadruped", ("snowfield", "beach"), seen=False),
    Species("snow leopard", "quadruped", ("snowfield", "mountain"), seen=False),
    Species("deer", "quadruped", ("forest", "pasture", "mountain"), seen=False),
    Species("swan", "bird", ("lake", "pasture"), seen=False),
    Species("orca", "swimmer", ("open sea", "reef"), seen=False),
)
SCENES = (
    "savanna",
    "forest",
    "jungle",
    "snowfield",
    "mountain",
    "pasture",
    "lake",
    "beach",
    "desert",
    "reef",
    "open sea",
)
CRITICAL = {  # the one object that makes a scene what it is
    "savanna": "acacia",
    "forest": "pine",
    "jungle": "giant fern",
    "snowfield": "igloo",
    "mountain": "peak",
    "pasture": "fence",
    "lake": "reeds",
    "beach": "palm",
    "desert": "cactus",
    "reef": "coral",
    "open sea": "boat",
}
SHORTCUT = ("donkey", "cart")  # in training this species nearly always stands beside this object
LOOK_ALIKES = (("horse", "donkey"), ("leopard", "cheetah"))
