"""The names that can be pointed at in the Menagerie's pictures, in Broden's six categories."""

from core.probes.menagerie.species import SCENES, SPECIES

VOCABULARY = {
    "scene": SCENES,
    "object": (
        *(species.name for species in SPECIES),
        *"acacia, anchor, balloon, boat, bucket, bush, butterfly, cactus, cart, cloud, coral, fence, flower".split(
            ", "
        ),
        *"giant fern, grass, grass tuft, ground, hay, hill, ice, igloo, jellyfish, kite, lantern, log, mushroom".split(
            ", "
        ),
        *"palm, peak, pine, reeds, rock, sand, sea, seaweed, shell, signpost, sky, snow, starfish, sun, tree".split(
            ", "
        ),
        *"umbrella, vine, water".split(", "),
    ),
    "part": tuple(
        "head, eye, ear, muzzle, neck, torso, leg, hoof, paw, tail, mane, horn, trunk, tusk, wing, beak".split(", ")
    ),
    "material": tuple(
        "bone, cloth, coral, feathers, fur, glass, horn, leaf, metal, sand, scales, shell, skin, snow".split(", ")
    ),
    "texture": tuple(
        "banded, barked, bumpy, feathered, grainy, grassy, leafy, patched, rough, scaly, smooth, spotted".split(", ")
    ),
    "colour": tuple("black, white, grey, red, orange, yellow, green, blue, purple, pink, brown".split(", ")),
}
