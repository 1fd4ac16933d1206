"""The names that can be pointed at in the Menagerie's pictures, in Broden's six categories."""

from core.probes.menagerie.species import SCENES, SPECIES

_THINGS = """
    acacia, anchor, balloon, boat, bucket, bush, butterfly, cactus, cart, cloud, coral, fence, flower,
    giant fern, grass, grass tuft, ground, hay, hill, ice, igloo, jellyfish, kite, lantern, log, mushroom,
    palm, peak, pine, reeds, rock, sand, sea, seaweed, shell, signpost, sky, snow, starfish, sun, tree,
    umbrella, vine, water
"""
_PARTS = """
    basket, beak, bed, claw, crest, crown, cut, dome, dorsal fin, ear, entrance, eye, face disc, fin,
    flower head, foam, foot, fruit, gill, head, hoof, horn, hull, leaf, leg, mane, mast, mouth, muzzle,
    neck, paw, post, rail, sail, shaft, shell, snout, snow cap, stem, tail, tail fin, tongue, tooth, torso,
    trunk, tusk, udder, wheel, wing
"""
_MATERIALS = """
    air, cloth, cloud, coral, eye, feathers, fur, glass, hair, horn, ice, leaf, light, metal, sand, scales,
    shell, skin, snow, soil, stone, straw, water, wood
"""
_TEXTURES = """
    banded, barked, branched, bricked, bumpy, craggy, diamond, feathered, fluffy, glossy, grainy, grassy,
    leafy, mossy, mottled, muddy, patched, planked, rayed, reticulated, ribbed, ridged, ringed, rippled,
    rosetted, rough, scaly, scuted, shaggy, smooth, spoked, spotted, striped, wavy, webbed, woolly, woven,
    wrinkled
"""
_COLOURS = "black, white, grey, red, orange, yellow, green, blue, purple, pink, brown"


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.replace(",\n", ", ").split(","))


VOCABULARY = {
    "scene": SCENES,
    "object": (*(species.name for species in SPECIES), *_names(_THINGS)),
    "part": _names(_PARTS),
    "material": _names(_MATERIALS),
    "texture": _names(_TEXTURES),
    "colour": _names(_COLOURS),
}
