"""The coat of each quadruped: which paint and which markings lie on which part."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from core.probes.menagerie.animals.builds import Build
from core.probes.menagerie.animals.coats import Weight, step, stripes, tiled, waves
from core.probes.menagerie.canvas import Paint, Pattern

BLACK = Paint("black", (0.09, 0.085, 0.085))
DARK = Paint("black", (0.15, 0.13, 0.12))
WHITE = Paint("white", (0.95, 0.94, 0.91))
CREAM = Paint("white", (0.93, 0.87, 0.76))
PINK = Paint("pink", (0.86, 0.62, 0.60))
ROSE = Paint("pink", (0.74, 0.47, 0.45))
INNER = Paint("brown", (0.33, 0.24, 0.18))
HORN = Paint("white", (0.88, 0.82, 0.68))
AMBER = Paint("orange", (0.85, 0.58, 0.15))
Inverse = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass
class Coat:
    """Paints of one animal, and its patterns by part (torso, neck, leg, head, tail, ear), the lowest first."""

    base: Paint
    texture: str = "smooth"
    hair: Paint = BLACK
    tail: Paint | None = None
    foot: Paint = DARK
    nose: Paint = BLACK
    ear: Paint = PINK
    iris: Paint = BLACK
    patterns: dict[str, tuple[Pattern, ...]] = field(default_factory=dict)
    paints: dict[str, Paint] = field(default_factory=dict)

    def paint(self, part: str) -> Paint:
        """What a part is painted with under its patterns."""
        return self.paints.get(part, self.base)


@dataclass
class Kit:
    """What a coat is laid out with: the animal's measures and the ways back from picture units to
    body, neck and head, and the tail's end in own units."""

    build: Build
    rng: np.random.Generator
    body: Inverse
    neck: Inverse
    head: Inverse
    tip: tuple[float, float]

    def throat(self, paint: Paint, line: float, soft: float = 0.06, amount: float = 1.0) -> Pattern:
        """The underside of the neck, below a line along it, not the shoulder behind it."""

        def weight(xs, ys):
            below, ahead = self.neck(xs, ys)[1], self.body(xs, ys)[0]
            return amount * step(line, line + soft, below) * step(0.34, 0.45, ahead)

        return Pattern(None, paint, weight)

    def up_neck(self, phase: Weight, pace: float) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
        """Stripes of the trunk that turn to ring the neck, one every `pace`: their phase, in picture units."""
        x0, y0 = 0.36, -0.5 * (self.build.back[0] + self.build.belly[0])
        start = float(np.asarray(phase(np.float32(x0), np.float32(y0))))

        def turned(xs, ys):
            along, below = self.neck(xs, ys)
            ring = start + 2 * np.pi / pace * along + 2.5 * below * below
            mix = step(-0.10, 0.12, along)
            return (1 - mix) * phase(*self.body(xs, ys)) + mix * ring

        return turned

    def from_tip(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Distance from the tail's end, in body lengths."""
        return np.hypot(x - self.tip[0], y - self.tip[1])

    def on(self, place: Inverse, paint: Paint, weight: Weight, name: str | None = None) -> Pattern:
        """A marking given in the units of a place."""
        return Pattern(name, paint, lambda xs, ys: weight(*place(xs, ys)))

    def everywhere(self, paint: Paint, weight: Weight, name: str | None = None) -> dict[str, Pattern]:
        """One marking over the trunk, the neck and the legs."""
        pattern = self.on(self.body, paint, weight, name)
        return dict.fromkeys(("torso", "neck", "leg"), pattern)

    def belly(self, paint: Paint, amount: float = 1.0, soft: float = 0.10) -> Pattern:
        """A light underside of the trunk."""
        low = 0.5 * (self.build.belly[1] + self.build.belly[3])
        return self.on(self.body, paint, lambda x, y: amount * step(-low - 0.5 * soft, -low + 0.5 * soft, y))

    def muzzle(self, paint: Paint, start: float, soft: float = 0.12, amount: float = 1.0) -> Pattern:
        """The front of the face."""
        return self.on(self.head, paint, lambda x, y: amount * step(start, start + soft, x))

    def socks(self, paint: Paint, height: float, soft: float = 0.12) -> Pattern:
        """The legs below a height."""
        return self.on(self.body, paint, lambda x, y: step(-height - soft / 2, -height + soft / 2, y))

    def cheek(self, paint: Paint, line: float = 0.08, soft: float = 0.10) -> Pattern:
        """The lower half of the face."""
        return self.on(self.head, paint, lambda x, y: step(line, line + soft, y))


def coat(species: str, kit: Kit) -> Coat:
    """The coat of one animal of a species, its paints a little varied."""
    made = COATS[species](kit)
    made.base = made.base.varied(kit.rng, 0.025)
    return made


def _gather(*layers: dict[str, Pattern]) -> dict[str, tuple[Pattern, ...]]:
    """Several markings by part, one over the other."""
    parts = {part for layer in layers for part in layer}
    return {part: tuple(layer[part] for layer in layers if part in layer) for part in sorted(parts)}


def _bars(phase: Weight, sharp: float = 2.6, level: float = 0.0) -> Weight:
    return lambda x, y: np.clip(0.5 + sharp * (np.sin(phase(x, y)) - level), 0, 1)


def zebra(kit: Kit) -> Coat:
    phase = stripes((-0.14, -0.32), 0.132, 0.37, kit.rng, 0.3)
    fade = 0.5 * (kit.build.belly[1] + kit.build.belly[2])
    bars = _bars(phase)

    def trunk(x, y):
        return bars(x, y) * (1 - step(-fade - 0.05, -fade + 0.02, y))

    neck = Pattern("striped", DARK, _bars(kit.up_neck(phase, 0.115)))
    face = _bars(lambda x, y: 2 * np.pi * (x - 0.5 * np.abs(y - 0.05)) / 0.19, 2.2, 0.1)
    patterns = {
        "torso": (kit.on(kit.body, DARK, trunk, "striped"),),
        "leg": (kit.on(kit.body, DARK, bars, "striped"),),
        "neck": (neck,),
        "mane": (neck,),
        "head": (kit.on(kit.head, DARK, face, "striped"), kit.muzzle(DARK, 0.74, 0.1)),
    }
    return Coat(WHITE, hair=CREAM, tail=DARK, ear=DARK, patterns=patterns)


def horse(kit: Kit) -> Coat:
    looks = [
        (Paint("brown", (0.46, 0.25, 0.13)), BLACK, BLACK), (Paint("brown", (0.60, 0.32, 0.16)), Paint("brown", (0.36, 0.18, 0.09)), None),
        (Paint("brown", (0.33, 0.19, 0.12)), BLACK, BLACK), (Paint("black", (0.15, 0.14, 0.14)), BLACK, None),
        (Paint("orange", (0.72, 0.46, 0.22)), CREAM, WHITE),
    ]  # fmt: skip
    base, hair, socks = looks[kit.rng.choice(5, p=[0.32, 0.27, 0.15, 0.13, 0.13])]
    high = kit.rng.uniform(0.18, 0.34)
    legs = {"leg": (kit.socks(socks, high),)} if socks else {}
    head = [kit.muzzle(DARK, 0.82, 0.25, 0.6)]
    if kit.rng.random() < 0.5:
        head.append(kit.on(kit.head, WHITE, lambda x, y: step(0.03, 0.0, y + 0.17 - 0.12 * x) * step(0.12, 0.2, x)))
    return Coat(base, hair=hair, tail=hair, ear=DARK, patterns={**legs, "head": tuple(head)})


def donkey(kit: Kit) -> Coat:
    base = Paint("grey", (0.50, 0.46, 0.42))
    ring = kit.on(kit.head, CREAM, lambda x, y: step(0.12, 0.08, np.hypot(x - 0.30, y + 0.06)))
    cross = kit.on(kit.body, DARK, lambda x, y: 0.75 * step(0.035, 0.018, np.abs(x - 0.25)) * step(-0.5, -0.62, y))
    patterns = {
        "torso": (kit.belly(CREAM, 0.9, 0.12), cross),
        "leg": (kit.socks(CREAM, 0.30, 0.5),),
        "head": (ring, kit.muzzle(CREAM, 0.66)),
        "neck": (kit.throat(CREAM, 0.06, 0.06, 0.6),),
    }
    return Coat(base, hair=DARK, tail=DARK, ear=CREAM, patterns=patterns)


def giraffe(kit: Kit) -> Coat:
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
    base = Paint("grey", (0.50, 0.49, 0.49))
    fold = Paint("grey", (0.36, 0.35, 0.35))
    wobble = waves(kit.rng, 0.16)

    def folds(x, y):
        return 0.5 * step(0.80, 1.0, np.sin(2 * np.pi * y / 0.075 + 1.6 * wobble(x, y))) * step(-0.75, -0.3, y)

    return Coat(
        base, "wrinkled", hair=DARK, foot=HORN, tail=DARK, ear=Paint("grey", (0.56, 0.50, 0.49)),
        patterns=_gather(kit.everywhere(fold, folds)),
    )  # fmt: skip


def lion(kit: Kit) -> Coat:
    base = Paint("yellow", (0.80, 0.60, 0.33))
    dark, noise = Paint("brown", (0.24, 0.12, 0.05)), waves(kit.rng, 0.3)

    def locks(x, y):
        turn, away = np.arctan2(y - 0.1, x - 0.1), np.hypot(x - 0.1, y - 0.1)
        return 0.55 * step(0.2, 1.0, np.sin(34 * turn + 2.5 * noise(x, y) + 5 * away)) * step(0.3, 0.7, away)

    strands = kit.on(kit.head, dark, locks)
    mane = Paint("brown", (0.42, 0.22, 0.09)) if kit.rng.random() < 0.7 else Paint("brown", (0.52, 0.30, 0.13))
    return Coat(
        base, hair=mane.varied(kit.rng, 0.03), tail=mane, foot=base, nose=DARK, iris=AMBER, ear=Paint("brown", (0.45, 0.28, 0.15)),
        patterns={"torso": (kit.belly(CREAM, 0.7),), "head": (kit.cheek(CREAM, 0.14),), "mane": (strands,)},
        paints={"wreath": Paint("brown", (0.66, 0.38, 0.15))},
    )  # fmt: skip


def tiger(kit: Kit) -> Coat:
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

    face = _bars(lambda x, y: 2 * np.pi * (np.hypot(x - 0.75, y) / 0.20), 2.4, 0.45)
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
        kit.on(kit.body, DARK, _bars(lambda x, y: 1.0 + 2 * np.pi * kit.from_tip(x, y) / 0.125), "striped"),
    )
    return Coat(base, foot=CREAM, nose=ROSE, iris=AMBER, ear=INNER, tail=base, patterns=patterns)


def _spotted_cat(kit: Kit, base: Paint, ring: Paint, core: Paint, size: float) -> Coat:
    """Rosettes on the trunk, solid spots on legs, neck and head, rings at the tail's end."""
    seed = kit.rng.integers(1 << 30)
    rings, cores = (tiled(name, size, np.random.default_rng(seed)) for name in ("rosettes", "cores"))
    dots, small = tiled("spots", 0.62 * size, kit.rng), tiled("spots", 1.25, kit.rng)
    shoulder = 0.5 * kit.build.back[1]
    rounds = _bars(lambda x, y: 1.2 + 2 * np.pi * kit.from_tip(x, y) / 0.14)

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
    return _spotted_cat(kit, Paint("yellow", (0.86, 0.64, 0.32)), DARK, Paint("brown", (0.70, 0.43, 0.16)), 0.66)


def snow_leopard(kit: Kit) -> Coat:
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
    base = Paint("yellow", (0.90, 0.73, 0.42))
    dots, small = tiled("spots", 0.52, kit.rng), tiled("spots", 1.25, kit.rng)
    spots = kit.on(kit.body, DARK, dots, "spotted")
    bands = _bars(lambda x, y: 1.2 + 2 * np.pi * kit.from_tip(x, y) / 0.13)

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
    base = Paint("white", (0.93, 0.89, 0.79))
    shade = Paint("white", (0.80, 0.77, 0.68))
    leg = kit.on(kit.body, shade, lambda x, y: 0.6 * step(-0.30, -0.05, y))
    return Coat(
        base, "shaggy", foot=CREAM, ear=shade, tail=base, patterns={"leg": (leg,), "torso": (kit.belly(shade, 0.6),)}
    )


def cow(kit: Kit) -> Coat:
    patch = [DARK, Paint("brown", (0.47, 0.24, 0.13))][int(kit.rng.random() < 0.35)].varied(kit.rng, 0.02)
    large, small = waves(kit.rng, 0.27), waves(kit.rng, 0.19)

    def noise(x, y):
        return 0.7 * large(x, y) + 0.55 * small(x, y)

    def patches(x, y):
        return np.clip(0.5 + 6 * (noise(x, y) + 0.10), 0, 1) * step(-0.22, -0.34, y)

    face = kit.on(
        kit.head, patch, lambda x, y: step(0.70, 0.62, x) * np.maximum(step(-0.12, -0.08, y), step(0.1, 0.02, x))
    )
    patterns = _gather(kit.everywhere(patch, patches, "patched"))
    cape = kit.on(kit.neck, patch, lambda x, y: step(0.02, 0.07, x + 0.3 * y + 0.05 * noise(x, y)), "patched")
    patterns["neck"] = (*patterns["neck"], cape)
    patterns["head"] = (face, kit.muzzle(PINK, 0.80, 0.08))
    return Coat(WHITE, foot=DARK, tail=WHITE, ear=PINK, hair=patch, patterns=patterns, paints={"ear": patch})


def sheep(kit: Kit) -> Coat:
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


COATS = {
    made.__name__.replace("_", " "): made
    for made in (
        zebra, horse, donkey, giraffe, elephant, lion, tiger, leopard, cheetah, wolf, fox, brown_bear, cow, sheep, okapi,
        polar_bear, snow_leopard, deer,
    )
}  # fmt: skip
