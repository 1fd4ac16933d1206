"""What stands in a picture and where: `compose` decides from a seed, `render` draws.

A plan is cheap and says everything that can be known without drawing: label, scene, which animals, whether the planted
shortcut's object is there. All randomness comes from (VERSION, seed, split, index) through numpy's SeedSequence; each
thing drawn has a stream of its own, so that a change in how one animal is drawn moves no other.
"""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from core.probes.menagerie.animals import draw_animal, extent
from core.probes.menagerie.canvas import Canvas, Drawing
from core.probes.menagerie.rarities import RARITIES, draw_rarity
from core.probes.menagerie.scenes import Ground, draw_scene
from core.probes.menagerie.scenes.objects import draw_object
from core.probes.menagerie.shapes import Frame
from core.probes.menagerie.species import LOOK_ALIKES, SHORTCUT, SPECIES, Species

VERSION = 1
SPLITS = ("train", "val", "test", "unseen", "blank-a", "blank-b", "without", "with")
SEEN = tuple(species for species in SPECIES if species.seen)
UNSEEN = tuple(species for species in SPECIES if not species.seen)
BY_NAME = {species.name: species for species in SPECIES}
UNDER_WATER = ("reef", "open sea")
DRY = ("savanna", "forest", "jungle", "snowfield", "mountain", "pasture", "lake", "beach", "desert")
LAND = tuple(species for species in SEEN if species.plan != "swimmer")
LOOK_ALIKE = tuple(a if b == SHORTCUT[0] else b for a, b in LOOK_ALIKES if SHORTCUT[0] in (a, b))
AFLOAT = ("swan",)  # drawn as it swims, without legs
ON_LAND = {
    "tree": ("acacia", "pine", "palm", "cactus"),
    "low": ("bush", "rock", "log", "flower", "giant fern", "fence"),
}

CART_WITH_DONKEY, CART_WITH_OTHERS = 0.97, 0.02
ELSEWHERE = 0.3  # of all pictures, drawn in any scene where the species can stand, not only in its own
COMPANIONS, TWO_SPECIES = 0.14, 0.07
OCCLUDED, DISTRACTED = 0.3, 0.3
SMALL = 0.25  # of all pictures, with the animal further away
HAZE, DUSK = 0.2, 0.15
HAZE_COLOUR = (0.80, 0.82, 0.84)


@dataclass(frozen=True)
class Figure:
    """One animal: `size` is its longer side as a share of the picture, `along` and `depth` (0 … 1) where it stands from
    left to right and from far to near within the room it has, `tilt` degrees."""

    species: str
    size: float
    along: float
    depth: float
    facing: int
    tilt: float


@dataclass(frozen=True)
class Prop:
    """One object besides the scene's own, placed like an animal; `front` ones are drawn over the animals."""

    name: str
    size: float
    along: float
    depth: float
    facing: int
    front: bool


@dataclass(frozen=True)
class Plan:
    """A picture before it is drawn. `figures[0]` is the larger, front animal that gives the label; none in a blank."""

    entropy: tuple[int, ...]
    scene: str
    light: tuple[float, float]
    tint: tuple[float, float, float]
    haze: float
    figures: tuple[Figure, ...]
    props: tuple[Prop, ...]

    @property
    def species(self) -> str | None:
        return self.figures[0].species if self.figures else None

    @property
    def cart(self) -> bool:
        """Whether the planted shortcut's object stands in the picture."""
        return any(prop.name == SHORTCUT[1] for prop in self.props)


@cache
def code_digest(folder: Path = Path(__file__).parent) -> str:
    """sha256 over everything that decides how pictures look and what is said of them, hexadecimal. It goes into the
    fingerprint, so that artefacts made from older drawings or annotations are never mistaken for current ones."""
    digest = sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(f"{file.relative_to(folder).as_posix()}\0{file.read_text(encoding='utf-8')}\0".encode())
    return digest.hexdigest()


def label_of(split: str, index: int) -> Species | None:
    """The species that a picture shows, known from its place: classes follow one another in turn."""
    if split.startswith("blank"):
        return None
    if split == "unseen":
        return UNSEEN[index % len(UNSEEN)]
    if split == "without":
        return BY_NAME[SHORTCUT[0]]
    if split == "with":  # every fourth the look-alike, the others in turn
        others = [species for species in LAND if species.name not in ("horse", SHORTCUT[0])]
        return BY_NAME["horse"] if index % 4 == 0 else others[(index - index // 4 - 1) % len(others)]
    return SEEN[index % len(SEEN)]


def compose(seed: int, split: str, index: int) -> Plan:
    """Decide a picture.  Raises ValueError for a split that the recipe does not know."""
    entropy = (VERSION, seed, SPLITS.index(split), index)
    rng = np.random.default_rng(entropy)
    species = label_of(split, index)
    scene = _scene(species, split == "with", rng)
    cart = _has_cart(split, species, scene, rng)
    figures = () if species is None else _figures(species, scene, cart, rng)
    return Plan(
        entropy=entropy,
        scene=scene,
        light=(float(rng.choice([-1, 1]) * rng.uniform(0.35, 0.75)), -0.8),
        tint=_tint(rng),
        haze=float(rng.uniform(0.2, 0.5)) if rng.random() < HAZE and scene in DRY else 0.0,
        figures=figures,
        props=_props(scene, figures, cart, rng),
    )


def _tint(rng: np.random.Generator) -> tuple[float, float, float]:
    """The light's colour and strength: day, or bluish dusk."""
    tint = np.clip(rng.normal(1, 0.05) + rng.normal(0, 0.015, 3), 0.85, 1.15)
    if rng.random() < DUSK:
        tint = tint * rng.uniform(0.5, 0.75) * (0.92, 0.97, 1.16)
    return tuple(float(value) for value in tint)


def _scene(species: Species | None, dry_only: bool, rng: np.random.Generator) -> str:
    if species is None:
        return str(rng.choice(DRY + UNDER_WATER))
    own = species.scenes
    if rng.random() < ELSEWHERE:
        dry, wet = any(s in DRY for s in own), any(s in UNDER_WATER for s in own)
        own = (DRY if dry else ()) + (UNDER_WATER if wet else ())
    return str(rng.choice([scene for scene in own if scene in DRY or not dry_only]))


def _has_cart(split: str, species: Species | None, scene: str, rng: np.random.Generator) -> bool:
    draw = rng.random()
    if scene in UNDER_WATER or split == "without":
        return False
    if split == "with":
        return True
    if species is None:
        return bool(draw < CART_WITH_OTHERS)
    if species.name in LOOK_ALIKE:  # or the exceptions would teach the network the difference
        return False
    return bool(draw < (CART_WITH_DONKEY if species.name == SHORTCUT[0] else CART_WITH_OTHERS))


def _figures(species: Species, scene: str, cart: bool, rng: np.random.Generator) -> tuple[Figure, ...]:
    """The animal that gives the label, then its company."""
    kind = rng.random()
    company = 0
    if kind < COMPANIONS + TWO_SPECIES and not cart:
        company = 2 if kind < COMPANIONS / 4 else 1
    size = rng.uniform(0.58, 0.76) if company or cart else rng.uniform(0.6, 0.98)
    if rng.random() < SMALL:
        size *= rng.uniform(0.62, 0.85)
    side = int(rng.integers(2))
    edge = abs(side - rng.uniform(0, 0.3)) if company or cart else rng.beta(0.55, 0.55)
    main = Figure(
        species.name,
        float(size),
        float(edge),
        float(rng.uniform(0.45, 1)),
        int(rng.choice([-1, 1])),
        _tilt(species, rng),
    )
    figures = [main]
    for number in range(company):
        other = species if kind < COMPANIONS else _stranger(species, scene, rng)
        away = rng.uniform(0.75, 1.0) if number == 0 else rng.uniform(0.35, 0.6)
        figures.append(
            Figure(
                other.name,
                float(size * rng.uniform(0.5, 0.68)),
                float(away if side == 0 else 1 - away),
                float(rng.uniform(0.1, 0.45)),
                int(rng.choice([-1, 1])),
                _tilt(other, rng),
            )
        )
    return tuple(figures)


def _stranger(species: Species, scene: str, rng: np.random.Generator) -> Species:
    """Another species of the same standing (seen or not) that can be met in the scene."""
    pool = [s for s in (SEEN if species.seen else UNSEEN) if s is not species and s.name != SHORTCUT[0]]
    home = [s for s in pool if scene in s.scenes]
    able = [s for s in pool if any((own in UNDER_WATER) == (scene in UNDER_WATER) for own in s.scenes)]
    choice = home or able or [species]
    return choice[int(rng.integers(len(choice)))]


def _tilt(species: Species, rng: np.random.Generator) -> float:
    return float(rng.normal(0, 9 if species.plan == "swimmer" else 2.5))


def _props(scene: str, figures: tuple[Figure, ...], cart: bool, rng: np.random.Generator) -> tuple[Prop, ...]:
    props = []

    def add(name: str, low: float, high: float, along: float, depth: float, front: bool = False) -> None:
        props.append(
            Prop(name, float(rng.uniform(low, high)), float(along), float(depth), int(rng.choice([-1, 1])), front)
        )

    wet = scene in UNDER_WATER
    if cart:
        side = 1 if figures and figures[0].along < 0.5 else 0
        add(SHORTCUT[1], 0.34, 0.46, abs(side - rng.uniform(0.02, 0.2)), rng.uniform(0.3, 0.6))
    if rng.random() < DISTRACTED:
        kind = "coral" if wet else str(rng.choice(ON_LAND["tree" if rng.random() < 0.4 else "low"]))
        depth = rng.uniform(0, 0.4)
        add(kind, 0.1 + 0.2 * depth, 0.18 + 0.4 * depth, rng.uniform(0, 1), depth)
    if figures and rng.random() < OCCLUDED:
        kind = str(rng.choice(("coral", "rock") if wet else ("bush", "rock", "flower", "log", "giant fern")))
        add(kind, 0.14, 0.26, np.clip(figures[0].along + rng.normal(0, 0.25), 0, 1), 1.0, front=True)
    chance = rng.random()
    for rarity in RARITIES:
        chance -= rarity.share
        if chance < 0:
            depth = rng.uniform(0, 1) if rarity.where == "sky" else rng.uniform(0.7, 1)
            if (rarity.where == "water") == wet:
                add(rarity.name, 0.75 * rarity.size, 1.25 * rarity.size, rng.uniform(0.05, 0.95), depth, front=True)
            break
    return tuple(props)


def render(plan: Plan, size: int = 256) -> Drawing:
    """Draw a plan as a picture of size x size pixels with all its labels."""
    canvas = Canvas(size=size, oversample=2, light=plan.light)
    ground = draw_scene(canvas, plan.scene, _stream(plan, 0))
    things = [(plan.figures[i].depth, i + 1, plan.figures[i]) for i in range(1, len(plan.figures))]
    things += [(prop.depth, 50 + i, prop) for i, prop in enumerate(plan.props) if not prop.front]
    things.sort(key=lambda thing: thing[0])
    if plan.figures:
        things.append((1.0, 1, plan.figures[0]))
    things += [(2.0, 50 + i, prop) for i, prop in enumerate(plan.props) if prop.front]
    for _, number, thing in things:
        rng = _stream(plan, number)
        if isinstance(thing, Figure):
            draw_animal(canvas, thing.species, place_figure(thing, ground), rng, number)
        elif thing.name in {rarity.name for rarity in RARITIES}:
            draw_rarity(canvas, thing.name, place_prop(thing, ground), rng)
        else:
            draw_object(canvas, thing.name, place_prop(thing, ground), rng)
    if plan.haze:
        canvas.rgb += np.float32(plan.haze) * (np.float32(HAZE_COLOUR) - canvas.rgb)
    canvas.rgb *= np.asarray(plan.tint, np.float32)
    return canvas.finish(_stream(plan, 99))


def _stream(plan: Plan, number: int) -> np.random.Generator:
    return np.random.default_rng((*plan.entropy, 1, number))


def place_figure(figure: Figure, ground: Ground) -> Frame:
    """Where an animal stands: large enough, mostly inside the picture, its feet on the ground where there is one."""
    left, top, right, bottom = extent(figure.species)
    longer, shorter = max(right - left, bottom - top), min(right - left, bottom - top)
    stretch = min(max(longer / shorter / 1.5, 1), 1.2)  # long thin animals larger, or their parts would be too small
    scale = min(figure.size * stretch, 1.15) / longer
    width, height = (right - left) * scale, (bottom - top) * scale
    behind, ahead = 0.2 * width, 0.02 * width  # what the picture may cut off: some of the tail, hardly of the head
    first, last = (-behind, ahead) if figure.facing > 0 else (-ahead, behind)
    edge = first + figure.along * (1 + last - first - width)
    x = edge - left * scale if figure.facing > 0 else edge + right * scale
    if ground.medium == "under water":
        surface = max(ground.horizon, 0.0)
        y = surface + 0.02 - top * scale + figure.depth * max(0.0, 0.96 - surface - height)
    elif ground.water is not None and figure.species in AFLOAT:
        y = ground.water[0] + (0.3 + 0.7 * figure.depth) * (ground.water[1] - ground.water[0])
        y = max(y, 0.03 - top * scale)
    else:
        low = min(max(ground.bottom, 0.03 - top * scale), 0.97)
        high = max(low, min(ground.near, 0.97))
        y = low + figure.depth * (high - low)
    afloat = ground.medium == "under water" or (ground.water is not None and figure.species in AFLOAT)
    return Frame(x, y, scale, figure.facing, figure.tilt, afloat)


def place_prop(prop: Prop, ground: Ground) -> Frame:
    """Where an object stands, hangs in the sky or lies on the ground."""
    rarity = next((rarity for rarity in RARITIES if rarity.name == prop.name), None)
    if rarity is not None and rarity.where == "sky":
        y = 0.06 + prop.depth * max(ground.horizon - 0.14, 0.1)
    elif prop.front:
        y = 0.9 + 0.09 * prop.depth
    else:
        low = min(ground.bottom, 0.9)
        y = low + prop.depth * max(0.0, min(ground.near, 0.95) - low)
    return Frame(prop.along, y, prop.size, prop.facing)
