"""The coats of cats, dogs and bears."""

import numpy as np

from core.probes.menagerie.animals.coats import AMBER, BLACK, CREAM, DARK, INNER, ROSE, WHITE, Coat, Kit, bars_of
from core.probes.menagerie.animals.fields import step, stripes, tiled, waves
from core.probes.menagerie.canvas import Paint, Pattern


def lion(kit: Kit) -> Coat:
    """Tawny, the mane in dark and light locks."""
    base = Paint("yellow", (0.80, 0.60, 0.33))
    dark, noise = Paint("brown", (0.24, 0.12, 0.05)), waves(kit.rng, 0.3)

    def locks(x, y):
        turn, away = np.arctan2(y - 0.1, x - 0.1), np.hypot(x - 0.1, y - 0.1)
        return 0.55 * step(0.2, 1.0, np.sin(34 * turn + 2.5 * noise(x, y) + 5 * away)) * step(0.3, 0.7, away)

    strands = kit.on(kit.head, dark, locks)
    mane = Paint("brown", (0.42, 0.22, 0.09)) if kit.rng.random() < 0.7 else Paint("brown", (0.52, 0.30, 0.13))
    return Coat(
        base, hair=mane.varied(kit.rng, 0.03), tail=mane, foot=base, nose=DARK, iris=AMBER,
        ear=Paint("brown", (0.45, 0.28, 0.15)),
        patterns={"torso": (kit.belly(CREAM, 0.7),), "head": (kit.cheek(CREAM, 0.14),), "mane": (strands,)},
        paints={"wreath": Paint("brown", (0.66, 0.38, 0.15))},
    )  # fmt: skip


def tiger(kit: Kit) -> Coat:
    """Orange with broken black bars, white below."""
    base = Paint("orange", (0.90, 0.50, 0.14))
    noise = waves(kit.rng, 0.16)
    phase = stripes((-0.16, -0.25), 0.112, 0.29, kit.rng, 0.75)

    ring = kit.up_neck(phase, 0.11)

    def gaps(x, y):
        return 0.42 + 0.42 * noise(x, y)

    def bars(x, y):
        return np.clip(0.5 + 2.6 * (np.sin(phase(x, y)) - gaps(x, y)), 0, 1)

    def rings(xs, ys):
        return np.clip(0.5 + 2.6 * (np.sin(ring(xs, ys)) - gaps(*kit.body(xs, ys))), 0, 1)

    face = bars_of(lambda x, y: 2 * np.pi * (np.hypot(x - 0.75, y) / 0.20), 2.4, 0.45)
    marks = kit.on(kit.body, DARK, bars, "striped")
    patterns = {
        "torso": (kit.belly(WHITE, 1.0, 0.12), marks),
        "leg": (kit.on(kit.body, WHITE, lambda x, y: 0.7 * step(-0.22, -0.02, y)), marks),
    }
    patterns["neck"] = (
        kit.throat(WHITE, 0.07, 0.07),
        Pattern("striped", DARK, rings),
    )
    patterns["head"] = (
        kit.cheek(WHITE, 0.10, 0.08),
        kit.on(kit.head, WHITE, lambda x, y: step(0.13, 0.08, np.hypot(x - 0.50, 0.8 * (y + 0.25)))),
        kit.on(kit.head, DARK, lambda x, y: face(x, y) * step(0.42, 0.30, x), "striped"),
    )
    patterns["tail"] = (
        kit.on(kit.body, DARK, bars_of(lambda x, y: 1.0 + 2 * np.pi * kit.from_tip(x, y) / 0.125), "striped"),
    )
    return Coat(base, foot=CREAM, nose=ROSE, iris=AMBER, ear=INNER, tail=base, patterns=patterns)


def _spotted_cat(kit: Kit, base: Paint, ring: Paint, core: Paint, size: float) -> Coat:
    """Rosettes on the trunk, solid spots on legs, neck and head, rings at the tail's end."""
    seed = kit.rng.integers(1 << 30)
    rings, cores = (tiled(name, size, np.random.default_rng(seed)) for name in ("rosettes", "cores"))
    dots, small = tiled("spots", 0.62 * size, kit.rng), tiled("spots", 1.25, kit.rng)
    shoulder = 0.5 * kit.build.back[1]
    rounds = bars_of(lambda x, y: 1.2 + 2 * np.pi * kit.from_tip(x, y) / 0.14)

    def lower(x, y):
        return step(-shoulder - 0.05, -shoulder + 0.05, y)

    def ringed(x, y):
        low = lower(x, y)
        return (1 - low) * rings(x, y) + low * dots(x, y)

    dark = kit.on(kit.body, core, lambda x, y: 0.8 * cores(x, y) * (1 - lower(x, y)))
    marks, legs = kit.on(kit.body, ring, ringed, "rosetted"), kit.on(kit.body, ring, dots, "spotted")
    patterns = {
        "torso": (
            kit.belly(WHITE, 0.9, 0.08),
            dark,
            marks,
        ),
        "leg": (kit.on(kit.body, WHITE, lambda x, y: 0.5 * step(-0.2, 0.0, y)), dark, marks),
        "neck": (kit.throat(WHITE, 0.06), dark, marks),
        "tail": (legs, kit.on(kit.body, ring, lambda x, y: rounds(x, y) * step(0.42, 0.34, kit.from_tip(x, y)))),
        "head": (
            kit.cheek(WHITE, 0.10),
            kit.on(kit.head, ring, lambda x, y: small(x, y) * step(0.50, 0.36, x), "spotted"),
        ),
    }
    return Coat(base, foot=base, nose=ROSE, iris=AMBER, ear=INNER, tail=base, patterns=patterns)


def leopard(kit: Kit) -> Coat:
    """Yellow with rosettes."""
    return _spotted_cat(kit, Paint("yellow", (0.87, 0.67, 0.36)), DARK, Paint("brown", (0.70, 0.43, 0.16)), 0.66)


def snow_leopard(kit: Kit) -> Coat:
    """Pale grey with large dark rosettes."""
    made = _spotted_cat(
        kit,
        Paint("grey", (0.82, 0.81, 0.79)),
        Paint("black", (0.22, 0.22, 0.24)),
        Paint("grey", (0.62, 0.61, 0.60)),
        0.78,
    )
    made.iris = Paint("green", (0.62, 0.72, 0.55))
    return made


def cheetah(kit: Kit) -> Coat:
    """Yellow with small solid spots, and a black line from eye to mouth."""
    base = Paint("yellow", (0.88, 0.70, 0.39))
    dots, small = tiled("spots", 0.52, kit.rng), tiled("spots", 1.25, kit.rng)
    spots = kit.on(kit.body, DARK, dots, "spotted")
    bands = bars_of(lambda x, y: 1.2 + 2 * np.pi * kit.from_tip(x, y) / 0.13)

    def tear(x, y):
        line = np.abs(y + 0.06 - 1.1 * (x - 0.55) ** 2 - 0.55 * (x - 0.52))
        return step(0.055, 0.030, line) * step(0.48, 0.52, x) * step(0.84, 0.78, x)

    patterns = {
        "torso": (kit.belly(WHITE, 1.0, 0.10), spots),
        "leg": (spots,),
        "neck": (kit.throat(WHITE, 0.04, 0.05), spots),
        "tail": (
            spots,
            kit.on(kit.body, BLACK, lambda x, y: bands(x, y) * step(0.42, 0.36, kit.from_tip(x, y)), "spotted"),
        ),
        "head": (
            kit.cheek(WHITE, 0.12),
            kit.on(kit.head, DARK, lambda x, y: small(x, y) * step(0.42, 0.30, x), "spotted"),
            kit.on(kit.head, BLACK, tear),
        ),
    }
    return Coat(base, foot=base, nose=BLACK, iris=AMBER, ear=INNER, tail=base, patterns=patterns)


def wolf(kit: Kit) -> Coat:
    """Grey, a dark saddle above and pale below."""
    base = Paint("grey", (0.60, 0.59, 0.57))
    saddle = Paint("grey", (0.30, 0.29, 0.29))
    light = Paint("white", (0.86, 0.84, 0.79))
    noise = waves(kit.rng, 0.22)

    def back(x, y):
        edge = -0.60 + 0.025 * noise(x, y)
        return 0.85 * step(edge + 0.09, edge - 0.09, y)

    patterns = {
        "torso": (kit.belly(light, 0.9, 0.14), kit.on(kit.body, saddle, back)),
        "neck": (kit.on(kit.body, saddle, back), kit.throat(light, 0.02, 0.10)),
        "leg": (kit.on(kit.body, saddle, back), kit.on(kit.body, light, lambda x, y: 0.8 * step(-0.38, -0.16, y))),
        "head": (kit.cheek(light, 0.02, 0.10), kit.on(kit.head, saddle, lambda x, y: 0.6 * step(-0.16, -0.28, y))),
        "tail": (kit.on(kit.body, saddle, lambda x, y: 0.9 * step(-0.36, -0.26, y)),),
    }
    return Coat(base, "shaggy", foot=light, iris=AMBER, ear=saddle, tail=base, patterns=patterns)


def fox(kit: Kit) -> Coat:
    """Orange, with white throat and tail tip and black socks."""
    base = Paint("orange", (0.86, 0.40, 0.12))
    tip = kit.on(kit.body, WHITE, lambda x, y: step(0.22, 0.17, kit.from_tip(x, y)))
    patterns = {
        "torso": (
            kit.belly(WHITE, 0.9, 0.08),
            kit.on(kit.body, WHITE, lambda x, y: step(0.33, 0.43, x) * step(-0.50, -0.40, y)),
        ),
        "neck": (kit.throat(WHITE, 0.02, 0.05),),
        "leg": (kit.socks(DARK, 0.21, 0.10),),
        "head": (kit.on(kit.head, WHITE, lambda x, y: step(0.03, 0.09, y - 0.10 * x + 0.02)),),
        "tail": (tip,),
    }
    return Coat(base, "shaggy", foot=DARK, iris=AMBER, ear=DARK, tail=base, patterns=patterns)


def brown_bear(kit: Kit) -> Coat:
    """Brown, darker legs, a lighter muzzle and hump."""
    base = Paint("brown", (0.40, 0.25, 0.14))
    dark, light = Paint("brown", (0.26, 0.16, 0.10)), Paint("brown", (0.58, 0.42, 0.27))
    hump = kit.on(kit.body, light, lambda x, y: 0.45 * step(0.3, 0.05, np.hypot(x - 0.2, y + 0.88)))
    patterns = {
        "torso": (hump,),
        "leg": (kit.on(kit.body, dark, lambda x, y: 0.9 * step(-0.42, -0.12, y)),),
        "head": (kit.muzzle(light, 0.56, 0.16, 0.9),),
    }
    return Coat(base, "shaggy", foot=dark, ear=dark, tail=base, patterns=patterns)


def polar_bear(kit: Kit) -> Coat:
    """Cream, a little darker below."""
    base = Paint("white", (0.93, 0.89, 0.79))
    shade = Paint("white", (0.80, 0.77, 0.68))
    leg = kit.on(kit.body, shade, lambda x, y: 0.6 * step(-0.30, -0.05, y))
    return Coat(
        base, "shaggy", foot=CREAM, ear=shade, tail=base, patterns={"leg": (leg,), "torso": (kit.belly(shade, 0.6),)}
    )
