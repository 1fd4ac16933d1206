"""The coats of hoofed animals, and of the elephant."""

import numpy as np

from core.probes.menagerie.animals.coats import BLACK, CREAM, DARK, HORN, PINK, WHITE, Coat, Kit, bars_of, gather
from core.probes.menagerie.animals.fields import step, stripes, tiled, waves
from core.probes.menagerie.canvas import Paint, Pattern


def zebra(kit: Kit) -> Coat:
    """Black bars that stand on the trunk, fan over the haunch, ring neck and legs; a dark muzzle."""
    phase = stripes((-0.14, -0.32), 0.132, 0.37, kit.rng, 0.3)
    fade = 0.5 * (kit.build.belly[1] + kit.build.belly[2])
    bars = bars_of(phase)

    def trunk(x, y):
        return bars(x, y) * (1 - step(-fade - 0.05, -fade + 0.02, y))

    neck = Pattern("striped", DARK, bars_of(kit.up_neck(phase, 0.115)))
    face = bars_of(lambda x, y: 2 * np.pi * (x - 0.5 * np.abs(y - 0.05)) / 0.19, 2.2, 0.1)
    patterns = {
        "torso": (kit.on(kit.body, DARK, trunk, "striped"),),
        "leg": (kit.on(kit.body, DARK, bars, "striped"),),
        "neck": (neck,),
        "mane": (neck,),
        "head": (kit.on(kit.head, DARK, face, "striped"), kit.muzzle(DARK, 0.74, 0.1)),
    }
    return Coat(WHITE, hair=CREAM, tail=DARK, ear=DARK, patterns=patterns)


def horse(kit: Kit) -> Coat:
    """Bay, chestnut, dark bay, black, palomino or grey; some with socks, a blaze, or a pale muzzle."""
    looks = [
        (Paint("brown", (0.46, 0.25, 0.13)), BLACK, BLACK),
        (Paint("brown", (0.60, 0.32, 0.16)), Paint("brown", (0.36, 0.18, 0.09)), None),
        (Paint("brown", (0.33, 0.19, 0.12)), BLACK, BLACK),
        (Paint("black", (0.15, 0.14, 0.14)), BLACK, None),
        (Paint("orange", (0.72, 0.46, 0.22)), CREAM, WHITE),
        (Paint("grey", (0.52, 0.49, 0.46)), DARK, None),
    ]
    base, hair, socks = looks[kit.rng.choice(6, p=[0.26, 0.22, 0.14, 0.12, 0.06, 0.20])]
    high = kit.rng.uniform(0.18, 0.34)
    legs = {"leg": (kit.socks(socks, high),)} if socks else {}
    head = [kit.muzzle(CREAM, 0.72, 0.2, 0.8) if kit.rng.random() < 0.35 else kit.muzzle(DARK, 0.82, 0.25, 0.6)]
    if kit.rng.random() < 0.4:
        head.append(kit.on(kit.head, WHITE, lambda x, y: step(0.03, 0.0, y + 0.17 - 0.12 * x) * step(0.12, 0.2, x)))
    return Coat(base, hair=hair, tail=hair, ear=DARK, patterns={**legs, "head": tuple(head)})


def donkey(kit: Kit) -> Coat:
    """Grey, brown or dark, a dark line over the shoulder; pale belly, socks, muzzle and eye ring come and go."""
    looks = [
        Paint("grey", (0.50, 0.46, 0.42)),
        Paint("brown", (0.47, 0.30, 0.19)),
        Paint("brown", (0.31, 0.21, 0.15)),
    ]
    base = looks[kit.rng.choice(3, p=[0.4, 0.35, 0.25])]
    ring = kit.on(kit.head, CREAM, lambda x, y: step(0.12, 0.08, np.hypot(x - 0.30, y + 0.06)))
    cross = kit.on(kit.body, DARK, lambda x, y: 0.75 * step(0.035, 0.018, np.abs(x - 0.25)) * step(-0.5, -0.62, y))
    belly, socks, eye, pale = kit.rng.random(4) < (0.5, 0.4, 0.5, 0.75)
    muzzle = kit.muzzle(CREAM, 0.68, 0.1, 0.9) if pale else kit.muzzle(DARK, 0.82, 0.25, 0.6)
    patterns = {
        "torso": (kit.belly(CREAM, 0.9, 0.12), cross) if belly else (cross,),
        "leg": (kit.socks(CREAM, 0.30, 0.5),) if socks else (),
        "head": (ring, muzzle) if eye else (muzzle,),
        "neck": (kit.throat(CREAM, 0.06, 0.06, 0.6),) if belly else (),
    }
    return Coat(base, hair=DARK, tail=DARK, ear=CREAM, patterns=patterns)


def giraffe(kit: Kit) -> Coat:
    """Brown patches in a light net, fading down the legs."""
    base = Paint("yellow", (0.92, 0.80, 0.55))
    patch = Paint("brown", (0.62, 0.35, 0.15)).varied(kit.rng)
    net = tiled("net", 1.25, kit.rng)
    fade = {"leg": lambda y: step(-0.42, -0.62, y), "torso": lambda y: 1.0, "neck": lambda y: 1.0}
    patterns = {
        part: (kit.on(kit.body, patch, lambda x, y, cut=cut: net(x, y) * cut(y), "reticulated"),)
        for part, cut in fade.items()
    }
    small = tiled("net", 1.2, kit.rng)
    patterns["head"] = (
        kit.on(kit.head, patch, lambda x, y: small(x, y) * step(0.42, 0.30, x) * step(-0.18, -0.10, y), "reticulated"),
        kit.muzzle(Paint("brown", (0.55, 0.42, 0.33)), 0.82, 0.2, 0.7),
    )
    return Coat(base, hair=patch, tail=DARK, ear=CREAM, patterns=patterns)


def elephant(kit: Kit) -> Coat:
    """Grey skin with folds on trunk and legs."""
    base = Paint("grey", (0.50, 0.49, 0.49))
    fold = Paint("grey", (0.36, 0.35, 0.35))
    wobble = waves(kit.rng, 0.16)

    def folds(x, y):
        return 0.5 * step(0.80, 1.0, np.sin(2 * np.pi * y / 0.075 + 1.6 * wobble(x, y))) * step(-0.75, -0.3, y)

    return Coat(
        base, "wrinkled", hair=DARK, foot=HORN, tail=DARK, ear=Paint("grey", (0.56, 0.50, 0.49)),
        patterns=gather(kit.everywhere(fold, folds)),
    )  # fmt: skip


def cow(kit: Kit) -> Coat:
    """White with large black or brown patches, and a pink muzzle."""
    patch = [DARK, Paint("brown", (0.47, 0.24, 0.13))][int(kit.rng.random() < 0.35)].varied(kit.rng, 0.02)
    large, small = waves(kit.rng, 0.27), waves(kit.rng, 0.19)

    def noise(x, y):
        return 0.7 * large(x, y) + 0.55 * small(x, y)

    def patches(x, y):
        return np.clip(0.5 + 6 * (noise(x, y) + 0.10), 0, 1) * step(-0.22, -0.34, y)

    face = kit.on(
        kit.head, patch, lambda x, y: step(0.70, 0.62, x) * np.maximum(step(-0.12, -0.08, y), step(0.1, 0.02, x))
    )
    patterns = gather(kit.everywhere(patch, patches, "patched"))
    cape = kit.on(kit.neck, patch, lambda x, y: step(0.02, 0.07, x + 0.3 * y + 0.05 * noise(x, y)), "patched")
    patterns["neck"] = (*patterns["neck"], cape)
    patterns["head"] = (face, kit.muzzle(PINK, 0.80, 0.08))
    return Coat(WHITE, foot=DARK, tail=WHITE, ear=PINK, hair=patch, patterns=patterns, paints={"ear": patch})


def sheep(kit: Kit) -> Coat:
    """Curly wool; a black or a pale face."""
    wool = Paint("white", (0.92, 0.89, 0.81))
    face = [Paint("black", (0.17, 0.15, 0.15)), Paint("white", (0.88, 0.80, 0.70))][int(kit.rng.random() < 0.35)]
    curl, clump = waves(kit.rng, 0.045), waves(kit.rng, 0.09)
    shade = Paint("white", (0.74, 0.70, 0.62))
    fleece = {
        part: (kit.on(kit.body, shade, lambda x, y: 0.6 * step(0.35, 1.0, curl(x, y) + 0.6 * clump(x, y)), "woolly"),)
        for part in ("torso", "neck", "tail")
    }
    return Coat(
        wool, "woolly", foot=DARK, tail=wool, ear=PINK, hair=wool, patterns=fleece,
        paints={"head": face, "leg": face, "ear": face},
    )  # fmt: skip


def okapi(kit: Kit) -> Coat:
    """Dark brown, with bars on the upper legs and white below."""
    base = Paint("brown", (0.30, 0.15, 0.09))
    wobble = waves(kit.rng, 0.14)

    def bars(x, y):
        return np.clip(
            0.5 + 2.6 * np.sin(2 * np.pi * (y + 0.35 * np.where(x < 0, x + 0.35, 0)) / 0.082 + 0.7 * wobble(x, y)), 0, 1
        )

    def upper(y):
        return step(-0.86, -0.80, y) * step(-0.30, -0.36, y)

    legs = kit.on(kit.body, WHITE, lambda x, y: bars(x, y) * upper(y), "striped")
    lower = kit.on(kit.body, WHITE, lambda x, y: step(-0.36, -0.32, y) * step(-0.08, -0.12, y))
    rump = kit.on(kit.body, WHITE, lambda x, y: bars(x, y) * upper(y) * step(-0.30, -0.37, x))
    patterns = {
        "torso": (rump,),
        "leg": (legs, lower),
        "head": (
            kit.on(
                kit.head, Paint("grey", (0.72, 0.67, 0.62)), lambda x, y: step(-0.04, 0.04, y) * step(0.75, 0.66, x)
            ),
            kit.muzzle(DARK, 0.78, 0.1),
        ),
    }
    return Coat(base, hair=base, tail=DARK, ear=Paint("brown", (0.45, 0.28, 0.2)), patterns=patterns)


def deer(kit: Kit) -> Coat:
    """Red-brown with light spots on the back, a white rump and belly."""
    base = Paint("brown", (0.63, 0.37, 0.19))
    dots = tiled("spots", 0.85, kit.rng)

    def spots(x, y):
        return 0.9 * dots(x, y) * step(-0.64, -0.70, y) * step(0.36, 0.28, x)

    rump = kit.on(kit.body, WHITE, lambda x, y: step(0.16, 0.12, np.hypot(x + 0.56, 0.8 * (y + 0.74))))
    patterns = {
        "torso": (kit.belly(CREAM, 1.0, 0.10), kit.on(kit.body, WHITE, spots, "spotted"), rump),
        "leg": (kit.on(kit.body, WHITE, lambda x, y: spots(x, y) * step(-0.1, -0.3, x), "spotted"),),
        "neck": (kit.throat(CREAM, 0.03, 0.05, 0.8),),
        "head": (kit.cheek(CREAM, 0.12), kit.muzzle(CREAM, 0.82, 0.1, 0.8)),
    }
    return Coat(base, hair=Paint("brown", (0.50, 0.38, 0.26)), tail=WHITE, ear=CREAM, patterns=patterns)
