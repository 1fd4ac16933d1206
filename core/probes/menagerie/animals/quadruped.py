"""Quadrupeds: one anatomy for all of them, measured by `builds`, posed by `skeleton`, dressed by `pelts`."""

import numpy as np

from core.probes.menagerie.animals.builds import BUILDS, EXTENTS
from core.probes.menagerie.animals.coats import Kit
from core.probes.menagerie.animals.face import Face
from core.probes.menagerie.animals.heads import HEADS
from core.probes.menagerie.animals.pelts import coat
from core.probes.menagerie.animals.skeleton import curly, leg, neck_outline, neck_spine, pose, tail, torso
from core.probes.menagerie.canvas import Canvas, Piece
from core.probes.menagerie.shapes import Frame, ellipse, smooth, tube

MANES = {"horse": 0.115, "zebra": 0.075, "donkey": 0.055, "giraffe": 0.05, "okapi": 0.03}


def draw(canvas: Canvas, species: str, frame: Frame, rng: np.random.Generator, instance: int) -> None:
    """Paint one quadruped: its shadow, the far legs, tail, trunk, near legs and neck, and the head."""
    Quadruped(canvas, species, frame, rng, instance).draw()


def extent(species: str) -> tuple[float, float, float, float]:
    """How far a species reaches in any pose: left, top, right, bottom, in its own units."""
    return EXTENTS[species]


class Quadruped:
    """One animal while it is being painted: its measures, pose and coat."""

    def __init__(self, canvas: Canvas, species: str, frame: Frame, rng: np.random.Generator, instance: int):
        self.canvas, self.species, self.frame, self.rng, self.instance = canvas, species, frame, rng, instance
        self.build = BUILDS[species]
        self.pose = pose(self.build, rng)
        self.girth = float(rng.normal(1, 0.03))
        self.neck = neck_spine(self.build, self.pose.neck)
        size = self.build.head[1] * float(rng.normal(1, 0.025))
        self.face = Face(HEADS[self.build.head[0]], self.neck[-1], size, self.pose.head)
        self.legs = {name: leg(self.build, name, foot) for name, foot in self.pose.feet.items()}
        self.tail = tail(self.build, self.pose.tail)
        self.coat = coat(
            species,
            Kit(self.build, rng, frame.inverse, self._along_neck, self._in_head, tuple(self.tail[0][-1].tolist())),
        )
        self.skin = "skin" if species == "elephant" else "fur"
        self.woolly = self.coat.texture == "woolly"

    def draw(self) -> None:
        """Paint everything, from the far side to the near."""
        self._shadow()
        self.form([piece for name in ("hind far", "front far") for piece in self._leg(name)], dim=0.66)
        self._tail()
        self.face.paint_far(self)
        trunk = self.piece("torso", self._trunk(), thickness=0.8)
        near = [piece for name in ("hind near", "front near") for piece in self._leg(name)]
        if self.species == "cow":
            self._udder()
        self.form([*near, trunk, self._neck()] if self.woolly else [trunk, *near, self._neck()])
        if self.species in MANES:
            self._crest(MANES[self.species])
        elif self.species == "lion":
            self._ruff()
        self.face.paint(self)
        self._marks()

    def form(self, pieces, dim=1.0, relief=0.85):
        """Paint pieces as one rounded body."""
        self.canvas.form(pieces, object=self.species, instance=self.instance, dim=dim, relief=relief)

    def piece(self, part, outline, *, coat=None, paint=None, texture=None, material=None, patterns=None, thickness=1.0):
        """A piece of fur given in own units, with the paint and patterns of the part `coat` unless told otherwise."""
        coat = coat or part
        if patterns is None:
            patterns = self.coat.patterns.get(coat, ()) if paint is None else ()
        paint, material = paint or self.coat.paint(coat), material or self.skin
        return Piece(self.frame(outline), paint, part, material, patterns, texture or self.coat.texture, thickness)

    def stroke(self, part, outline, paint, material="skin", relief=0.0, opacity=1.0, texture="smooth"):
        """Paint one small detail."""
        self.canvas.paint(
            self.frame(np.asarray(outline, float)), paint, relief=relief, opacity=opacity, texture=texture,
            instance=self.instance, object=self.species, part=part, material=material,
        )  # fmt: skip

    def mark(self, name, point):
        """Remember a landmark given in own units."""
        self.canvas.mark(self.instance, name, *self.frame(np.asarray(point, float)))

    def _shadow(self):
        away = -np.sign(self.canvas.light[0]) * self.frame.facing
        self.canvas.shadow(self.frame(ellipse(0.14 * away, 0, 1.15, 0.15)), 0.34, max(0.03 * self.frame.scale, 0.004))
        for limb in self.legs.values():
            spot = ellipse(limb.spine[-1, 0] + 0.03, 0.0, 0.18, 0.045, points=16)
            self.canvas.shadow(self.frame(spot), 0.25, max(0.012 * self.frame.scale, 0.003))

    def _leg(self, name):
        limb, foot = self.legs[name], self.build.foot
        pieces = [self.piece("leg", limb.outline, thickness=0.85)]
        if foot == "hoof":
            hoof = self.piece("hoof", limb.foot, paint=self.coat.foot, texture="smooth", material="horn")
            return [*pieces, hoof]
        pieces.append(self.piece("paw" if foot == "paw" else "leg", limb.foot, coat="leg"))
        if foot == "pad":
            pieces += [
                self.piece("hoof", nail, paint=self.coat.foot, texture="smooth", material="horn") for nail in limb.nails
            ]
        return pieces

    def _trunk(self):
        outline = torso(self.build, self.girth)
        return curly(outline, 0.035, 26) if self.woolly else outline

    def _neck(self):
        outline = neck_outline(self.build, self.neck)
        return self.piece("neck", curly(outline, 0.03, 18) if self.woolly else outline, thickness=0.8)

    def _tail(self):
        spine, widths = self.tail
        kind, outline = self.build.tail[0], tube(spine, widths)
        if kind == "hair":
            self.form([self.piece("tail", outline, paint=self.coat.tail, texture="shaggy", material="hair")])
            return
        if kind == "wool":
            outline = curly(outline, 0.025, 10)
        pieces = [self.piece("tail", outline, paint=self.coat.tail if kind == "stub" else None)]
        if kind in ("tuft", "lion"):
            along = (spine[-1] - spine[-2]) / np.linalg.norm(spine[-1] - spine[-2])
            tuft = tube(spine[-1] + np.array([-0.05, 0.03, 0.13])[:, None] * along, [0.03, 0.085, 0.02])
            pieces.append(self.piece("tail", tuft, paint=self.coat.tail, texture="shaggy", material="hair"))
        self.form(pieces)

    def _crest(self, length):
        """Hair along the top of the neck: standing up, or falling over its side in horses."""
        withers, (_, _, middle, top) = self.build.back[0], self.build.neck
        along = self.neck[3] - self.neck[1]
        up = np.array([along[1], -along[0]]) / np.linalg.norm(along)
        forelock = self.face.place((0.12, -0.20))
        line = [(0.22, -withers + 0.03), self.neck[2] + up * middle / 2, self.neck[3] + up * top * 0.46, forelock]
        rim = smooth(line, closed=False, steps=9)
        step = np.gradient(rim, axis=0)
        step /= np.linalg.norm(step, axis=1, keepdims=True)
        out = np.stack([step[:, 1], -step[:, 0]], 1)
        t = np.linspace(0, 1, len(rim))[:, None]
        if self.species == "horse":
            fall = length * (0.45 + 0.55 * np.sin(np.pi * t**0.8)) * (0.88 + 0.12 * np.sin(24 * t))
            outline = np.concatenate([rim + 0.028 * out, (rim - out * fall - 0.25 * length * step)[::-1]])
        else:
            tall = length * np.minimum(1, 5 * t) * np.minimum(1, 4 * (1.08 - t)) * (0.96 + 0.04 * np.sin(60 * t))
            outline = np.concatenate([rim + out * tall, (rim - 0.035 * out)[::-1]])
        patterns = self.coat.patterns.get("mane", ())
        piece = self.piece("mane", outline, paint=self.coat.hair, patterns=patterns, texture="shaggy", material="hair")
        self.form([piece], relief=0.5)

    def _ruff(self):
        """The lion's mane: dark hair over neck, shoulder and chest, and a lighter wreath around the face."""
        middle = 0.50 * self.face.place((0.05, 0.15)) + 0.50 * (0.4 * self.neck[3] + 0.6 * self.neck[1])
        wide = curly(ellipse(*(middle + [0, 0.03]), 0.54, 0.70, 16), 0.03, 27, self.rng)
        wreath = curly(ellipse(*self.face.place((0.10, 0.02)), 0.45, 0.53, 10), 0.026, 23, self.rng)
        for outline, paint in ((wide, self.coat.hair), (wreath, self.coat.paints["wreath"])):
            patterns = self.coat.patterns["mane"]
            self.form([self.piece("mane", outline, paint=paint, texture="shaggy", material="hair", patterns=patterns)])

    def _udder(self):
        x, y = -0.16, -self.build.belly[3] + 0.03
        teats = [ellipse(x + 0.05 * k, y + 0.07, 0.028, 0.06, points=12) for k in (-1, 0, 1)]
        pieces = [ellipse(x, y, 0.24, 0.15), *teats]
        self.form([self.piece("udder", o, paint=self.coat.ear, material="skin", texture="smooth") for o in pieces])

    def _marks(self):
        build = self.build
        self.mark("torso", (0.0, -0.5 * (build.back[1] + build.belly[2])))
        self.mark("back", (0.05, -0.96 * build.back[1]))
        self.mark("belly", (0.0, -build.belly[2] - 0.06))
        self.mark("neck", 0.3 * self.neck[1] + 0.7 * self.neck[2])
        self.mark("tail", self.tail[0][len(self.tail[0]) // 2])
        for kind in ("front", "hind"):
            limb = self.legs[f"{kind} near"]
            self.mark(f"{kind} leg", 0.5 * (limb.spine[2] + limb.spine[3]))
            self.mark(f"{kind} {'paw' if build.foot == 'paw' else 'hoof'}", limb.foot.mean(0))

    def _along_neck(self, xs, ys):
        """Picture units to the distance along the neck from its root and below its axis, both in body lengths."""
        x, y = self.frame.inverse(xs, ys)
        along = self.neck[3] - self.neck[1]
        (left, top), (c, s) = self.neck[1].tolist(), (along / np.linalg.norm(along)).tolist()
        x, y = x - left, y - top
        return x * c + y * s, y * c - x * s

    def _in_head(self, xs, ys):
        return self.face.inverse(*self.frame.inverse(xs, ys))
