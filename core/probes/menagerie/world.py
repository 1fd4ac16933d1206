"""The Menagerie as a probe: pictures drawn when asked for, with every annotation known exactly."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from multiprocessing import get_context

import cv2
import numpy as np
from PIL import Image

from core.probes.menagerie import attributes, hierarchy, recipe, texts
from core.probes.menagerie.canvas import Drawing
from core.probes.menagerie.species import LOOK_ALIKES, SHORTCUT, SPECIES
from core.probes.menagerie.vocabulary import VOCABULARY
from core.probes.probe import Concept, Instance, Landmark, Probe

SEED = 20
FULL = {"train": 12000, "val": 1200, "test": 1200, "unseen": 600, "blank-a": 400, "blank-b": 400}
TINY = {"train": 72, "val": 24, "test": 24, "unseen": 12, "blank-a": 6, "blank-b": 6}
COUNTER = {"without": 300, "with": 300}
SIDE = 256  # height and width in pixels


@dataclass(frozen=True)
class _World:
    """What makes a world: a worker process can be handed it and draw the same pictures."""

    name: str
    title: str
    about: str
    sizes: Mapping[str, int]


WORLDS = {
    world.name: world
    for world in (
        _World(
            "menagerie",
            "Menagerie",
            "30 species of animals in 11 landscapes, drawn by program with every annotation known exactly",
            FULL,
        ),
        _World("menagerie-tiny", "Menagerie, tiny", "The first few pictures of every split of the Menagerie", TINY),
        _World(
            "menagerie-counter",
            "Menagerie, counter-split",
            "Donkeys without a cart, and other land animals beside one: tells cheating from standing together",
            COUNTER,
        ),
    )
}


class World(Probe):
    """An embedded world by name, drawn lazily.

    `classes` are all 30 species, the 24 that training sees first and in the performers' order. Picture i of a split is
    the same in 'menagerie' and 'menagerie-tiny'. In the counter-split, 'without' and 'with' are the halves of 'test'.
    """

    offers = frozenset(
        {"labels", "masks", "instances", "boxes", "parts", "landmarks", "attributes", "scenes", "texts", "hierarchy"}
    )

    def __init__(self, name: str = "menagerie", seed: int = SEED):
        world = WORLDS[name]
        self.name, self.title, self.about, self.seed = world.name, world.title, world.about, seed
        self._sizes = dict(world.sizes)
        starts = np.cumsum([0, *self._sizes.values()])
        self._starts = dict(zip(self._sizes, starts[:-1].tolist(), strict=True))
        self._length = int(starts[-1])
        splits = {split: np.arange(start, start + self._sizes[split]) for split, start in self._starts.items()}
        self.splits = splits if "test" in splits else {"test": np.arange(self._length), **splits}
        self.classes = tuple(species.name for species in SPECIES)
        self.concepts = tuple(Concept(word, category) for category, words in VOCABULARY.items() for word in words)
        self.attributes = attributes.ATTRIBUTES
        self.class_attributes = attributes.MATRIX
        self.hierarchy = hierarchy.PARENT
        self.look_alikes = LOOK_ALIKES
        self.shortcut = SHORTCUT
        told = f"{recipe.code_digest()} {seed} {sorted(self._sizes.items())}"
        self.fingerprint = sha256(told.encode()).hexdigest()
        self._drawing = lru_cache(maxsize=64)(self._draw)

    def __len__(self) -> int:
        return self._length

    def place(self, index: int) -> tuple[str, int]:
        """The split of an image and its number within it.  Raises IndexError."""
        for split, start in self._starts.items():
            if start <= index < start + self._sizes[split]:
                return split, index - start
        raise IndexError(f"no picture {index} among the {self._length} of {self.title}")

    def plan(self, index: int) -> recipe.Plan:
        """What stands in the picture and where, without drawing it."""
        return recipe.compose(self.seed, *self.place(index))

    def drawing(self, index: int) -> Drawing:
        """The picture with its label maps. Not to be written to: it is shared by all who ask."""
        return self._drawing(int(index))

    def _draw(self, index: int) -> Drawing:
        return recipe.render(self.plan(index), SIDE)

    @property
    def first(self) -> int:
        """A test picture of one large animal at home, in daylight: what a newcomer sees first."""
        clear = (index for index in self.splits["test"].tolist() if self._clear(index, 0.85))
        return next(clear, super().first)

    def portrait(self, class_name: str) -> int | None:
        """A picture of the species alone, at home, in daylight, where the splits that are not trained on have one."""
        held_out = [split for split in ("test", "unseen", "val") if split in self.splits]
        indices = [index for split in held_out for index in self.of_class(class_name, split).tolist()]
        clear = (index for index in indices if self._clear(index, 0.65))
        return next(clear, super().portrait(class_name))

    def _clear(self, index: int, size: float) -> bool:
        plan = self.plan(index)
        if len(plan.figures) != 1 or any(prop.front for prop in plan.props) or plan.haze or min(plan.tint) < 0.95:
            return False
        return plan.figures[0].size >= size and plan.scene in recipe.BY_NAME[plan.species].scenes

    def image(self, index: int) -> np.ndarray:
        return self.drawing(index).image.copy()

    def label(self, index: int) -> int | None:
        species = recipe.label_of(*self.place(index))
        return None if species is None else SPECIES.index(species)

    def caption(self, index: int) -> str:
        plan = self.plan(index)
        if not plan.figures:
            return f"no animal, {plan.scene}"
        company = [figure.species for figure in plan.figures[1:]]
        others = f" with {' and '.join(dict.fromkeys(company))}" if company else ""
        return f"{plan.species}{others}, {plan.scene}{', beside a cart' if plan.cart else ''}"

    def scene(self, index: int) -> str:
        return self.plan(index).scene

    def texts(self, class_name: str) -> tuple[str, ...]:
        return texts.TEXTS.get(class_name, ())

    def concept_masks(self, index: int) -> dict[Concept, np.ndarray]:
        drawing = self.drawing(index)
        masks = {Concept(self.scene(index), "scene"): np.ones(drawing.instance.shape, bool)}
        for category, sheet in drawing.maps.items():
            for number, count in enumerate(np.bincount(sheet.ravel())):
                if number and count:
                    masks[Concept(drawing.names[category][number - 1], category)] = sheet == number
        return masks

    def instances(self, index: int) -> tuple[Instance, ...]:
        """The animals with at least one visible pixel, the one that gives the label first."""
        drawing = self.drawing(index)
        figures = self.plan(index).figures
        found = [_instance(drawing, number, figure.species) for number, figure in enumerate(figures, 1)]
        return tuple(instance for instance in found if instance is not None)

    def attribute_mask(self, index: int, name: str) -> np.ndarray:
        """Where a visual attribute shows: for a colour, marking or material the animals' pixels that have it, else the
        parts that show it; for where an animal lives, what of that place is in the picture. Empty for the others.

        It says nothing about whether the species has the attribute.  -> (H, W) bool
        """
        drawing = self.drawing(index)
        mask = np.zeros(drawing.instance.shape, bool)
        if name not in attributes.SHOWN:
            return mask
        category, names = attributes.SHOWN[name]
        for one in names:
            mask |= drawing.mask(category, one)
        return mask if category == "object" else mask & (drawing.instance > 0)

    def of_class(self, class_name: str, split: str | None = None) -> np.ndarray:
        if class_name not in self.classes:
            return super().of_class(class_name, split)
        pool = np.arange(len(self)) if split is None else self.splits[split]
        labels = self.labels[pool]
        return pool[labels == self.classes.index(class_name)]

    @cached_property
    def labels(self) -> np.ndarray:
        """The class of every picture, -1 where there is none.  -> (len(probe),) int64"""
        return np.array([-1 if (label := self.label(i)) is None else label for i in range(len(self))])


def _instance(drawing: Drawing, number: int, species: str) -> Instance | None:
    mask = drawing.instance == number
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    height, width = mask.shape
    landmarks = []
    for mark in drawing.marks:
        if mark.instance == number:
            row, column = mark.y * height, mark.x * width
            inside = 0 <= row < height and 0 <= column < width
            landmarks.append(Landmark(mark.name, row, column, bool(inside and mask[int(row), int(column)])))
    sheet, names = drawing.maps["part"], drawing.names["part"]
    present = np.unique(sheet[mask])
    return Instance(
        class_name=species,
        box=(float(rows[0]), float(columns[0]), float(rows[-1] + 1), float(columns[-1] + 1)),
        mask=mask,
        landmarks=tuple(landmarks),
        parts={names[part - 1]: mask & (sheet == part) for part in present if part},
    )


def training_arrays(
    split: str,
    size: int = 128,
    workers: int = 2,
    progress: Callable[[int, int, str], None] = lambda done, total, label: None,
    *,
    images: int | None = None,
    probe: str = "menagerie",
    seed: int = SEED,
) -> tuple[np.ndarray, np.ndarray]:
    """A split, whole or its first `images`: (N, size, size, 3) uint8, labels (N,) int64 into the classes, -1 for none.

    Drawn at full size and reduced as the performers' preprocessing does it. `workers` processes share the work; the
    arrays do not depend on their number. Raises KeyError for a split that the probe does not have.
    """
    world = World(probe, seed)
    indices = world.splits[split][:images]
    labels = world.labels[indices]
    arrays = np.empty((len(indices), size, size, 3), np.uint8)
    jobs = [(probe, seed, chunk.tolist(), size) for chunk in np.array_split(indices, max(1, len(indices) // 32))]
    done = 0
    progress(0, len(indices), f"Drawing {split}")
    with _pool(workers) as drawn:
        for chunk in drawn(_draw_chunk, jobs):
            arrays[done : done + len(chunk)] = chunk
            done += len(chunk)
            progress(done, len(indices), f"Drawing {split}")
    return arrays, labels


class _pool:
    """`map` over fresh processes with one thread each, or in this one when there is one worker."""

    def __init__(self, workers: int):
        self.pool = get_context("spawn").Pool(workers, _single_thread) if workers > 1 else None

    def __enter__(self):
        return map if self.pool is None else self.pool.imap

    def __exit__(self, *error):
        if self.pool is not None:
            self.pool.terminate()
            self.pool.join()


def _single_thread() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    cv2.setNumThreads(1)


def _draw_chunk(job: tuple[str, int, list[int], int]) -> np.ndarray:
    name, seed, indices, size = job
    world = World(name, seed)
    return np.stack([reduced(world.image(index), size) for index in indices])


def reduced(image: np.ndarray, size: int) -> np.ndarray:
    """(H, W, 3) uint8 -> (size, size, 3) uint8, bilinear with antialiasing."""
    if image.shape[:2] == (size, size):
        return image
    return np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR))
