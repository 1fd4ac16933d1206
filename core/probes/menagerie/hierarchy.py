"""What is a kind of what, for species, concepts and attributes, and small word vectors made from it.

`PARENT` maps a name to what it is a kind of, up to the six categories of concepts, 'attribute', and at last 'thing'.
A name that two categories share (a 'shell' is an object and a part) has one entry for each: ask with the category.
"""

from hashlib import sha256

import numpy as np

from core.errors import UnknownName, near
from core.probes.menagerie.attributes import ATTRIBUTES, MATRIX
from core.probes.menagerie.species import SPECIES
from core.probes.menagerie.vocabulary import VOCABULARY
from core.probes.probe import CATEGORIES

DIMENSIONS = 64
ROOT = "thing"
_KINDS = {  # category: {kind: (its own kind, what belongs to it)}
    "scene": {
        "open land": ("scene", "savanna, pasture, desert"),
        "wooded land": ("scene", "forest, jungle"),
        "cold land": ("scene", "snowfield, mountain"),
        "waterside": ("scene", "lake, beach"),
        "under water": ("scene", "reef, open sea"),
    },
    "object": {
        "animal": ("object", ""),
        "mammal": ("animal", "elephant, orca"),
        "horse family": ("mammal", "zebra, horse, donkey"),
        "cat": ("mammal", "lion, tiger, leopard, cheetah, snow leopard"),
        "dog family": ("mammal", "wolf, fox"),
        "bear": ("mammal", "brown bear, polar bear"),
        "ruminant": ("mammal", "giraffe, okapi, cow, sheep, deer"),
        "bird": ("animal", "owl, macaw, penguin"),
        "waterbird": ("bird", "flamingo, mallard, swan"),
        "fish": ("animal", "clownfish, shark"),
        "reptile": ("animal", "turtle, crocodile, snake"),
        "small animal": ("animal", "butterfly, coral, jellyfish, starfish, shell"),
        "plant": ("object", "bush, cactus, flower, giant fern, grass, grass tuft, reeds, seaweed, vine"),
        "tree kind": ("plant", "acacia, palm, pine, tree"),
        "landform": ("object", "hill, peak, rock, ground, sand, snow, ice"),
        "water body": ("object", "sea, water"),
        "in the sky": ("object", "sky, cloud, sun"),
        "made by people": ("object", "fence, hay, igloo, bucket, lantern, signpost, umbrella, anchor, kite"),
        "vehicle": ("made by people", "cart, boat, balloon"),
        "growth": ("object", "mushroom, log"),
    },
    "part": {
        "part of an animal": ("part", ""),
        "part of a head": (
            "part of an animal",
            "head, eye, ear, muzzle, mane, horn, trunk, tusk, beak, crest, tongue, mouth, tooth, gill, snout, "
            "face disc",
        ),
        "part of a body": ("part of an animal", "neck, torso, tail, shell, udder"),
        "limb": ("part of an animal", "leg, hoof, paw, wing, fin, dorsal fin, tail fin, foot, claw"),
        "part of a plant": ("part", "stem, leaf, crown, flower head, fruit, branch"),
        "part of a built thing": (
            "part",
            "basket, bed, cut, dome, entrance, hull, mast, post, rail, sail, shaft, wheel",
        ),
        "part of a landform": ("part", "snow cap, foam"),
    },
    "material": {
        "animal material": (
            "material",
            "fur, hair, feathers, scales, skin, horn, shell, bone, coral, eye, fin",
        ),
        "plant material": ("material", "wood, leaf, straw, fungus, petal, grass"),
        "mineral": ("material", "stone, sand, soil, snow, ice, water, cloud, air, light"),
        "made material": ("material", "cloth, metal, glass"),
    },
    "texture": {
        "marking": ("texture", "banded, striped, spotted, patched, ringed, diamond, mottled, reticulated, rosetted"),
        "surface": (
            "texture",
            "barked, branched, bricked, bumpy, craggy, feathered, fluffy, furry, glossy, grainy, grassy, leafy, "
            "mossy, muddy, planked, rayed, ribbed, ridged, rippled, rough, scaly, scuted, shaggy, smooth, spoked, "
            "wavy, webbed, woolly, woven, wrinkled, curly",
        ),
    },
    "colour": {
        "neutral colour": ("colour", "black, white, grey"),
        "warm colour": ("colour", "red, orange, yellow, pink, brown"),
        "cold colour": ("colour", "green, blue, purple"),
    },
}


def _parents() -> dict[tuple[str, str], str]:
    found = {}
    for category, kinds in _KINDS.items():
        for kind, (own, members) in kinds.items():
            found[category, kind] = own
            found.update({(category, member): kind for member in members.split(", ") if member})
        found[category, category] = ROOT
    found.update({("attribute", a.name): "visual" if a.visual else "not visual" for a in ATTRIBUTES})
    found.update({("attribute", kind): "attribute" for kind in ("visual", "not visual")})
    return {**found, ("attribute", "attribute"): ROOT}


_PARENT = _parents()
PARENT = {name: _PARENT[key, name] for key in reversed([*CATEGORIES, "attribute"]) for k, name in _PARENT if k == key}


def ancestors(name: str, category: str | None = None) -> tuple[str, ...]:
    """From what `name` is a kind of up to 'thing'; without a category the first that knows the name.

    Raises UnknownName.
    """
    known = [key for key in (*CATEGORIES, "attribute") if category in (None, key) and (key, name) in _PARENT]
    if not known:
        raise UnknownName(f"no '{name}' in the hierarchy of the Menagerie{near(name, PARENT)}")
    chain, at = [], name
    while at != ROOT:
        at = _PARENT[known[0], at]
        chain.append(at)
    return tuple(chain)


def kind_of_animal(species: str) -> str:
    """'mammal', 'bird', 'fish' or 'reptile'.  Raises UnknownName."""
    chain = ancestors(species, "object")
    if "animal" not in chain:
        raise UnknownName(f"'{species}' is no animal of the Menagerie")
    return (species, *chain)[chain.index("animal")]


def word_vector(name: str, category: str | None = None) -> np.ndarray:
    """A word as a unit vector: what it shares with its kinds, and for species with their attributes.  -> (64,) float64

    Each kind adds a fixed direction that depends on its name alone, the word its own, a species those of its attributes
    by their values. So the cosine of two words grows with what they have in common; nothing was learned from any text.
    Raises UnknownName.
    """
    chain = ancestors(name, category)
    vector = 0.7 * _direction(f"word {name}")
    for kind in chain[:-1]:
        vector += _direction(f"kind {kind}")
    names = [species.name for species in SPECIES]
    if name in names:
        values = MATRIX[names.index(name)]
        held = sum(v * _direction(f"word {a.name}") for v, a in zip(values, ATTRIBUTES, strict=True))
        vector += 2 * held / np.linalg.norm(held)
    return vector / np.linalg.norm(vector)


def _direction(text: str) -> np.ndarray:
    rng = np.random.default_rng(int.from_bytes(sha256(text.encode()).digest()[:8], "little"))
    drawn = rng.standard_normal(DIMENSIONS)
    return drawn / np.linalg.norm(drawn)


def without_parent() -> tuple[str, ...]:
    """Concepts that the hierarchy forgot; none, says a test."""
    return tuple(w for category, words in VOCABULARY.items() for w in words if (category, w) not in _PARENT)
