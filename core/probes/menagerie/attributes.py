"""What the species are like, in the manner of Animals with Attributes 2: a matrix of species by attributes in 0 … 1.

A value is how far an attribute holds: a giraffe's ossicones are horns to 0.6. Visual attributes name the parts that
show them; `SHOWN` says it to the pixel, by the label maps that the drawing keeps. Non-visual attributes are true of the
animals and shown by nothing. They are matched to the visual ones: about the same variance over species, and about as
much of it explained by the kinds of animal (mammal, bird, fish, reptile), so that a network's use of an attribute
cannot be told from these two numbers (`spread`, `explained`; measured in the tests).
"""

import numpy as np

from core.probes.menagerie.species import SPECIES
from core.probes.probe import Attribute

BODY = ("torso", "neck", "head", "leg", "wing", "tail")
CATS = "lion, tiger, leopard, cheetah, snow leopard"
BIRDS = "flamingo, owl, macaw, penguin, mallard, swan"
HOOFED = "zebra, horse, donkey, giraffe, cow, sheep, okapi, deer"
FURRED = f"{CATS}, wolf, fox, brown bear, polar bear, zebra, horse, donkey, giraffe, cow, okapi, deer"
FOUR = f"{HOOFED}, {CATS}, elephant, wolf, fox, brown bear, polar bear"

# attribute: (label map or None, names in it, parts that show it, species with their values)
_VISUAL = {
    "black": (
        "colour",
        ("black",),
        BODY,
        "zebra .5, horse .2, donkey .1, tiger .4, leopard .3, cheetah .3, fox .1, cow .3, sheep .3, "
        "flamingo .1, penguin .8, clownfish .3, okapi .1, snow leopard .4, swan .1, orca",
    ),
    "white": (
        "colour",
        ("white",),
        BODY,
        "zebra .5, donkey .1, lion .1, tiger .2, wolf .3, fox .2, cow .5, sheep .9, owl .1, macaw .1, "
        "penguin .5, clownfish .3, shark .3, okapi .3, polar bear, snow leopard .1, deer .2, swan, orca .4",
    ),
    "grey": (
        "colour",
        ("grey",),
        BODY,
        "horse .2, donkey .5, elephant, wolf, macaw .1, mallard .2, shark, snow leopard .7",
    ),
    "brown": (
        "colour",
        ("brown",),
        BODY,
        "horse .7, donkey .5, giraffe .6, lion .4, leopard .1, brown bear, cow .4, owl, mallard .6, turtle .6, "
        "snake .4, okapi .8, deer .9",
    ),
    "orange": (
        "colour",
        ("orange",),
        BODY,
        "horse .1, tiger, fox, penguin .1, clownfish",
    ),
    "yellow": (
        "colour",
        ("yellow",),
        BODY,
        "giraffe .5, lion .7, leopard .7, cheetah .8, macaw .2, penguin .1, mallard .1, turtle .2, "
        "crocodile .3, snake .8",
    ),
    "red": ("colour", ("red",), BODY, "macaw"),
    "pink": ("colour", ("pink",), BODY, "flamingo"),
    "green": (
        "colour",
        ("green",),
        BODY,
        "mallard .3, turtle .5, crocodile .9",
    ),
    "blue": ("colour", ("blue",), BODY, "macaw .4, mallard .1"),
    "striped": ("texture", ("striped", "banded"), ("torso", "leg", "neck"), "zebra, tiger, clownfish .9, okapi .6"),
    "spotted": (
        "texture",
        ("spotted", "rosetted"),
        ("torso", "leg", "neck"),
        "leopard, cheetah, snow leopard .9, deer .8",
    ),
    "patches": ("texture", ("patched", "reticulated"), ("torso", "neck"), "giraffe, cow, orca .7, penguin .3"),
    "furry": ("material", ("fur", "hair"), BODY, f"{FURRED}, lion, sheep .5"),
    "woolly": ("texture", ("woolly",), ("torso",), "sheep"),
    "feathers": ("material", ("feathers",), BODY, BIRDS),
    "scales": ("material", ("scales",), BODY, "crocodile, snake, clownfish .8, turtle .7"),
    "bare skin": (
        "material",
        ("skin",),
        ("torso",),
        "elephant, clownfish .3, shark, orca",
    ),
    "hooves": (None, (), ("hoof",), HOOFED),
    "paws": (None, (), ("paw",), f"{CATS}, wolf, fox, brown bear, polar bear"),
    "horns": (None, (), ("horn",), "cow, giraffe .6, okapi .4"),
    "antlers": (None, (), ("horn",), "deer"),
    "trunk": (None, (), ("trunk",), "elephant"),
    "tusks": (None, (), ("tusk",), "elephant .9"),
    "mane": (None, (), ("mane",), "lion, horse, zebra .8, donkey .7, giraffe .4"),
    "long neck": (None, (), ("neck",), "giraffe, flamingo, swan, okapi .4, horse .4, deer .4"),
    "long legs": (None, (), ("leg",), "giraffe, flamingo, horse .7, deer .7, okapi .6, zebra .5, cheetah .5, wolf .4"),
    "no legs": (None, (), ("torso",), "snake, clownfish, shark, orca"),
    "long tail": (None, (), ("tail",), f"{CATS}, macaw .9, crocodile, horse .6, fox .7, wolf .5"),
    "tufted tail": (None, (), ("tail",), "lion, cow, donkey .9, zebra .8, giraffe, elephant .6, okapi .7"),
    "bushy tail": (None, (), ("tail",), "fox, wolf .8, horse .5, snow leopard .5"),
    "short tail": (
        None,
        (),
        ("tail",),
        "brown bear, polar bear, deer, sheep, penguin, mallard .7, swan .7, turtle .8, owl .5",
    ),
    "beak": (None, (), ("beak",), "flamingo, owl .7, macaw, penguin, mallard, swan"),
    "hooked beak": (None, (), ("beak",), "macaw, owl .8, flamingo .6"),
    "wings": (None, (), ("wing",), "flamingo, owl, macaw, penguin .6, mallard, swan"),
    "fins": (None, (), ("fin", "dorsal fin", "tail fin"), "clownfish, shark, orca"),
    "shell": (None, (), ("shell",), "turtle"),
    "large ears": (None, (), ("ear",), "elephant, donkey, okapi .7, fox .6, deer .5, zebra .4, leopard .1"),
    "long muzzle": (
        None,
        (),
        ("muzzle", "head"),
        "horse, donkey, zebra .9, crocodile, giraffe .7, okapi .8, cow .7, deer .6, wolf .7, fox .6",
    ),
    "round head": (None, (), ("head",), f"owl, {CATS}, brown bear .9, polar bear .8, penguin .6, macaw .6, orca .5"),
    "four legs": (None, (), ("leg",), f"{FOUR}, turtle, crocodile"),
    "two legs": (None, (), ("leg",), "flamingo, owl .8, macaw, penguin .8, mallard .7, swan .4"),
    "big": (
        None,
        (),
        ("torso",),
        "elephant, orca, giraffe, shark .9, polar bear .9, brown bear .8, cow .8, horse .8, crocodile .7, okapi .7, "
        "lion .6, tiger .7, zebra .6",
    ),
    "small": (None, (), ("torso",), "clownfish, owl .9, macaw .8, mallard .9, snake .6, fox .5, penguin .5, turtle .5"),
    "slender": (
        None,
        (),
        ("torso",),
        "snake, flamingo, cheetah .9, deer .8, fox .6, wolf .5, giraffe .6, leopard .4, macaw .4",
    ),
    "stout": (
        None,
        (),
        ("torso",),
        "elephant, brown bear, polar bear, cow .7, sheep .7, penguin .6, turtle .7, owl .6, orca .5, mallard .4",
    ),
    "lives in water": (
        "object",
        ("water", "sea"),
        (),
        "clownfish, shark, orca, turtle .6, crocodile .6, swan .6, mallard .6",
    ),
    "lives in snow": ("object", ("snow",), (), "polar bear, snow leopard .9, penguin, wolf .4, fox .3, owl .3"),
    "lives among trees": (
        "object",
        ("tree",),
        (),
        "owl, macaw, okapi, deer .8, tiger .7, leopard .6, brown bear .8, wolf .6, fox .6",
    ),
}
_UNSEEN = {
    "timid": "deer, okapi, sheep .8, zebra .5, clownfish .6, flamingo .4, turtle .6, fox .4",
    "fierce": "lion, tiger, shark, crocodile, polar bear .9, leopard .8, wolf .7, orca .7, brown bear .6, snake .4",
    "nocturnal": "owl, fox .8, leopard .8, tiger .6, snow leopard .5, wolf .4, crocodile .5",
    "lives in groups": (
        "zebra, horse .6, elephant, lion .8, wolf, cow, sheep, flamingo, penguin, orca, deer .5, macaw .5"
    ),
    "solitary": (
        "tiger, leopard, snow leopard, polar bear, okapi, brown bear .9, snake .8, turtle .7, shark .6, owl .6, fox .5"
    ),
    "fast": "cheetah, horse .8, zebra .6, wolf .5, deer .6, lion .5, orca .6, shark .6, fox .4",
    "clever": "elephant, orca, macaw .9, wolf .7, fox .8, brown bear .5, horse .4, donkey .5",
    "eats meat": (
        "lion, tiger, leopard, cheetah, snow leopard, wolf, polar bear, crocodile, snake, shark, orca, owl, fox .7"
    ),
    "grazes": "zebra, horse, donkey, cow, sheep, okapi .4, deer .8, elephant .6",
    "lays eggs": f"{BIRDS}, turtle, crocodile, snake .8, clownfish",
    "kept by people": "horse, donkey, cow, sheep, mallard .3, macaw .4",
    "migrates": "flamingo .4, swan .7, mallard .7, zebra .6, turtle .7, orca .4",
    "long-lived": "elephant, turtle, macaw .7, orca .8, crocodile .7, shark .5",
    "loud": "lion, macaw, wolf .8, donkey .9, elephant .7, cow .5, swan .4, mallard .6",
    "sleeps through winter": "brown bear, turtle .6, snake .7",
    "gives milk": f"{FOUR}, orca",
    "cold-blooded": "turtle, crocodile, snake, clownfish, shark",
    "builds nests": "flamingo, owl .5, macaw .6, penguin .7, mallard, swan, crocodile .5",
    "stays with one partner": "swan, penguin .8, wolf .8, macaw .9, owl .7, fox .4",
    "imitates sounds": "macaw, orca .4",
    "uses tools": "elephant .6, orca .4, macaw .3",
    "changes sex": "clownfish",
    "good climber": "leopard, snow leopard .9, macaw .7, brown bear .5, snake .5",
}


def _row(text: str) -> np.ndarray:
    """'zebra .5, tiger' -> (species,) float64: the number after a name, 1 where there is none, 0 for the rest."""
    names = [species.name for species in SPECIES]
    values = np.zeros(len(names))
    for entry in text.split(","):
        name, _, number = entry.strip().rpartition(" .")
        values[names.index(name or entry.strip())] = float(f".{number}") if name else 1.0
    return values


ATTRIBUTES = tuple(
    [Attribute(name, True, parts) for name, (_, _, parts, _) in _VISUAL.items()]
    + [Attribute(name, False) for name in _UNSEEN]
)
MATRIX = np.stack([*(_row(entry[3]) for entry in _VISUAL.values()), *map(_row, _UNSEEN.values())], 1)
MATRIX.setflags(write=False)
SHOWN = {name: (category or "part", names or parts) for name, (category, names, parts, _) in _VISUAL.items()}


def spread() -> np.ndarray:
    """Variance of each attribute over the species.  -> (attributes,)"""
    return MATRIX.var(0)


def explained(kinds: tuple[str, ...]) -> np.ndarray:
    """Share of each attribute's variance that lies between kinds of animal, the squared correlation ratio.

    `kinds` names each species' kind, in their order.  -> (attributes,) in 0 … 1
    """
    groups = np.array([[kind == other for other in sorted(set(kinds))] for kind in kinds], float)
    means = groups.T @ MATRIX / groups.sum(0)[:, None]
    between = (groups.sum(0)[:, None] * (means - MATRIX.mean(0)) ** 2).sum(0)
    return between / ((MATRIX - MATRIX.mean(0)) ** 2).sum(0)


def counterpart(name: str, kinds: tuple[str, ...]) -> str:
    """The visual attribute most like a non-visual one in variance and in what kinds explain of it."""
    numbers = np.stack([spread() / spread().std(), explained(kinds) / explained(kinds).std()], 1)
    names = [attribute.name for attribute in ATTRIBUTES]
    away = np.linalg.norm(numbers - numbers[names.index(name)], axis=1)
    away[[not attribute.visual for attribute in ATTRIBUTES]] = np.inf
    return names[int(away.argmin())]
