"""A quadruped's head: skull, muzzle, eye, nostril, mouth, ears, and what grows from it."""

import numpy as np

from core.probes.menagerie.animals.coats import BLACK, HORN, WHITE
from core.probes.menagerie.animals.heads import HeadShape
from core.probes.menagerie.canvas import Paint
from core.probes.menagerie.shapes import beyond, ellipse, rotate, smooth, tube

MOUTH = Paint("black", (0.16, 0.10, 0.09))
ANTLER = Paint("brown", (0.52, 0.40, 0.27))


class Face:
    """A head placed at the end of a neck: `size` its length in body lengths, `angle` its slope below the horizontal."""

    def __init__(self, shape: HeadShape, poll: np.ndarray, size: float, angle: float):
        self.shape, self.poll, self.size, self.angle = shape, poll, size, angle
        self.outline = smooth(shape.outline, steps=5)

    def place(self, points) -> np.ndarray:
        """The head's own units to the animal's.  (n, 2) or (2,) -> the same shape"""
        return rotate(np.asarray(points, float) * self.size, self.angle) + self.poll

    def inverse(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The animal's own units to the head's."""
        c, s = float(np.cos(np.radians(self.angle))), float(np.sin(np.radians(self.angle)))
        x, y = x - float(self.poll[0]), y - float(self.poll[1])
        return (x * c + y * s) / self.size, (y * c - x * s) / self.size

    def paint_far(self, animal) -> None:
        """What shows of the far side: the other ear, horn, antler, tusk."""
        self._ear(animal, far=True)
        self._horns(animal, far=True)

    def paint(self, animal) -> None:
        """The near side of the head, over neck and mane."""
        coat, shape = animal.coat, self.shape
        muzzle = beyond(self.outline, shape.muzzle)
        self._horns(animal, far=False)
        animal.form([
            animal.piece("head", self.place(self.outline)),
            animal.piece("muzzle", self.place(muzzle), coat="head", thickness=0.7),
        ])  # fmt: skip
        if shape.nose:
            x, y, w, h = shape.nose
            animal.stroke("muzzle", self.place(ellipse(x, y, w * 1.25, h * 1.25, points=16)), coat.nose, relief=0.3)
        elif shape.nostril[2]:
            x, y, r = shape.nostril
            animal.stroke("muzzle", self.place(ellipse(x, y, 2.2 * r, 1.6 * r, 30, points=12)), BLACK, opacity=0.75)
        self._mouth(animal)
        if shape.ear[0] == "flap":
            self._trunk(animal)
        self._eye(animal)
        self._ear(animal, far=False)
        animal.mark("head", self.place((0.22, 0.08)))
        animal.mark("eye", self.place(shape.eye[:2]))
        animal.mark("muzzle", self.place((0.5 * (shape.muzzle + 1.0), 0.06)))

    def _mouth(self, animal):
        line = tube(np.asarray(self.shape.mouth), [0.014, 0.020, 0.012][: len(self.shape.mouth)], steps=4)
        animal.stroke("muzzle", self.place(line), MOUTH, opacity=0.7)

    def _eye(self, animal):
        x, y, r = self.shape.eye
        r = 1.15 * r
        iris = animal.coat.iris
        animal.stroke("eye", self.place(ellipse(x, y, 2.7 * r, 2.2 * r, -8, points=18)), BLACK, "eye", opacity=0.9)
        if iris is not BLACK:
            animal.stroke("eye", self.place(ellipse(x, y, 2.0 * r, 1.8 * r, points=14)), iris, "eye")
            animal.stroke("eye", self.place(ellipse(x, y, 1.0 * r, 1.1 * r, points=12)), BLACK, "eye")
        glint = self.place((x, y)) + [0.30 * r * self.size, -0.45 * r * self.size]
        animal.stroke("eye", ellipse(*glint, 0.7 * r * self.size, 0.7 * r * self.size, points=10), WHITE, "eye")

    def _ear(self, animal, far):
        kind, base, angle, length, width = self.shape.ear
        if kind == "flap":
            if not far:
                self._flap(animal)
            return
        base, angle = np.array(base) + ([0.13, -0.015] if far else [0, 0]), angle + (14 if far else 0)
        # an ear points up and back; its shape lies along +x before it is turned
        if kind == "round":
            outline = ellipse(0.32 * length, 0, length, width, points=24)
            inner = ellipse(0.34 * length, 0.0, 0.62 * length, 0.60 * width, points=18)
        else:
            tip = 1.0 if kind == "leaf" else 1.04
            belly = 0.5 if kind == "leaf" else 0.30
            outline = smooth(
                [
                    (-0.06, -0.2),
                    (belly * 0.55, -0.5),
                    (0.8, -0.27),
                    (tip, 0),
                    (0.8, 0.24),
                    (belly * 0.6, 0.46),
                    (-0.06, 0.22),
                ],
                steps=5,
            )
            outline = outline * [length, width]
            inner = (outline - [0.42 * length, 0]) * [0.66, 0.55] + [0.44 * length, 0.06 * width]
        turn = 180 + angle
        paint = animal.coat.paint("ear")
        placed = self.place(rotate(outline, turn) + base)
        animal.form([animal.piece("ear", placed, coat="ear", paint=paint)], dim=0.72 if far else 1.0, relief=0.6)
        if not far:
            animal.stroke("ear", self.place(rotate(inner, turn) + base), animal.coat.ear, "fur", relief=0.2)
            animal.mark("ear", placed.mean(0))

    def _flap(self, animal):
        """The elephant's ear, a large sheet hanging behind the eye."""
        wave = 0.03 * animal.pose.tail
        points = [(0.10, -0.34), (-0.12, -0.52), (-0.46, -0.55 - wave), (-0.74, -0.32), (-0.82, 0.08 + wave),
                  (-0.66, 0.46), (-0.36, 0.80), (-0.14, 0.66), (0.02, 0.34), (0.14, 0.0)]  # fmt: skip
        outline = smooth(np.asarray(points), steps=6)
        # the ear hangs from the head but keeps upright whatever the head does
        upright = rotate(outline * self.size, 0.45 * self.angle) + self.place((0.12, 0.0))
        under = animal.frame(upright + [-0.012, 0.03])
        animal.canvas.shadow(under, 0.32, max(0.018 * animal.frame.scale, 0.003))
        paint = animal.coat.base
        animal.form([animal.piece("ear", upright, paint=paint, thickness=0.35)], relief=0.9)
        animal.mark("ear", upright.mean(0))

    def _trunk(self, animal):
        """Trunk and tusk: the trunk hangs from the face whatever the head does, curled at its end."""
        root = self.place((0.84, -0.02))
        reach = -root[1] - 0.06
        curl = 0.10 + 0.10 * animal.pose.tail
        spine = root + np.array([
            (-0.05, -0.08), (0.02, 0.10), (0.035, 0.42 * reach), (0.03, 0.72 * reach),
            (0.05 + 0.4 * curl, 0.93 * reach - 0.3 * curl), (0.11 + 0.6 * curl, 0.95 * reach - 1.1 * curl),
        ])  # fmt: skip
        tusk = self.place((0.74, 0.22))
        ivory = tube(tusk + np.array([(-0.03, -0.03), (0.06, 0.10), (0.20, 0.14)]), [0.05, 0.042, 0.012])
        animal.form([animal.piece("trunk", tube(spine, [0.25, 0.21, 0.15, 0.11, 0.085, 0.07]), coat="neck")])
        animal.form([animal.piece("tusk", ivory, paint=HORN, material="horn", texture="smooth")])
        animal.mark("trunk", spine[3])

    def _horns(self, animal, far):
        grow = {
            "giraffe": self._ossicones,
            "okapi": self._ossicones,
            "cow": self._cow_horns,
            "deer": self._antlers,
        }.get(animal.species)
        if grow:
            grow(animal, far)

    def _horn(self, animal, outline, paint, far, material="horn"):
        animal.form(
            [animal.piece("horn", self.place(outline), paint=paint, material=material, texture="smooth")],
            dim=0.75 if far else 1.0,
        )

    def _ossicones(self, animal, far):
        x, high = (0.16, 0.20) if animal.species == "giraffe" else (0.18, 0.11)
        x += 0.10 if far else 0.0
        base = np.array([x, -0.20])
        tip = base + [-0.10, -high]
        self._horn(
            animal, tube([base + [0, 0.05], (base + tip) / 2, tip], [0.085, 0.065, 0.06]), animal.coat.base, far, "skin"
        )
        self._horn(animal, ellipse(*tip, 0.10, 0.085, points=14), MOUTH, far, "hair")

    def _cow_horns(self, animal, far):
        base = np.array([0.06 + (0.07 if far else 0), -0.20])
        bend = np.array([(0.0, 0.04), (-0.07, -0.12), (0.02, -0.27), (0.10, -0.33)])
        self._horn(animal, tube(base + bend, [0.10, 0.085, 0.05, 0.015]), HORN, far)

    def _antlers(self, animal, far):
        base = np.array([0.10 + (0.08 if far else 0), -0.21])
        beam = np.array([(0.0, 0.04), (-0.20, -0.30), (-0.30, -0.72), (-0.10, -1.12), (0.06, -1.30)]) * 0.92
        tines = [((-0.08, -0.14), (0.12, -0.24), (0.26, -0.36)), ((-0.27, -0.50), (-0.05, -0.62), (0.10, -0.80)),
                 ((-0.24, -0.85), (-0.36, -1.02), (-0.36, -1.20))]  # fmt: skip
        self._horn(animal, tube(base + beam, [0.085, 0.075, 0.065, 0.05, 0.02]), ANTLER, far)
        for tine in tines:
            self._horn(animal, tube(base + 0.92 * np.array(tine), [0.055, 0.045, 0.015]), ANTLER, far)
