"""What a quadruped's coat is: its paints, its patterns by part, and the markings many species share."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from core.probes.menagerie.animals.builds import Build
from core.probes.menagerie.animals.fields import Weight, step
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
    """What a coat is laid out with: the animal's measures and the ways back from picture units to the
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


def gather(*layers: dict[str, Pattern]) -> dict[str, tuple[Pattern, ...]]:
    """Several markings by part, one over the other."""
    parts = {part for layer in layers for part in layer}
    return {part: tuple(layer[part] for layer in layers if part in layer) for part in sorted(parts)}


def bars_of(phase: Weight, sharp: float = 2.6, level: float = 0.0) -> Weight:
    """Soft-edged bars, dark where the sine of a phase is over `level`."""
    return lambda x, y: np.clip(0.5 + sharp * (np.sin(phase(x, y)) - level), 0, 1)
