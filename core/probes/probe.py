"""A probe: images with whatever annotations they have, one interface for the embedded world and for real data."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import UnknownClass, near

CATEGORIES = ("scene", "object", "part", "material", "texture", "colour")


@dataclass(frozen=True)
class Concept:
    """Something that can be pointed at in a picture, in one of Broden's six categories."""

    name: str
    category: str


@dataclass(frozen=True)
class Landmark:
    """A named point of an instance, in pixels of the image; `visible` is False where something hides it."""

    name: str
    row: float
    column: float
    visible: bool


@dataclass(frozen=True)
class Instance:
    """One object of a class: box (top, left, bottom, right) in pixels, half-open; mask (H, W) bool or None;
    landmarks; parts {name: (H, W) bool}."""

    class_name: str
    box: tuple[float, float, float, float]
    mask: np.ndarray | None = None
    landmarks: tuple[Landmark, ...] = ()
    parts: Mapping[str, np.ndarray] | None = None


@dataclass(frozen=True)
class Attribute:
    """A property of classes; `region` names the parts that show it, empty where nothing in a picture does."""

    name: str
    visual: bool
    region: tuple[str, ...] = ()


class Probe:
    """Images by index, with annotations by kind. A subclass sets the fields and says in `offers` what it annotates:
    any of labels, masks, instances, boxes, parts, landmarks, attributes, scenes, texts, hierarchy.

    Methods that a probe does not offer return nothing (None, {} or ()), so that a caller asks `offers` once and not
    the type. All indices are positions in 0 .. len(probe) - 1; all masks are (H, W) bool at the image's own size.
    """

    name: str
    title: str
    about: str
    classes: tuple[str, ...]
    splits: Mapping[str, np.ndarray]
    offers: frozenset[str]
    fingerprint: str
    concepts: tuple[Concept, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    class_attributes: np.ndarray | None = None  # (classes, attributes) float64, in 0..1

    def __len__(self) -> int:
        raise NotImplementedError

    def image(self, index: int) -> np.ndarray:
        """(H, W, 3) uint8, RGB.  Raises BadImage where the file is damaged."""
        raise NotImplementedError

    def label(self, index: int) -> int | None:
        """The image's class as an index into `classes`."""
        return None

    def caption(self, index: int) -> str:
        """One short phrase for people and for alt texts."""
        label = self.label(index)
        return f"image {index}" if label is None else f"{self.classes[label]}, image {index}"

    @property
    def first(self) -> int:
        """The index of the image to show when none is chosen: the test split's first, else the first of all."""
        return int(next(iter(self.splits.get("test", ())), 0))

    def portrait(self, class_name: str) -> int | None:
        """The index of an image to stand for a class: its first, of the test split where that has one; None without.

        Raises UnknownClass.
        """
        for split in dict.fromkeys(name for name in ("test", "val", *self.splits) if name in self.splits):
            if len(found := self.of_class(class_name, split)):
                return int(found[0])
        return None

    def key(self, index: int) -> str:
        """A stable name of the image within the probe, fit for a link (a folder's images may be added to)."""
        return str(index)

    def find(self, key: str) -> int | None:
        """The index of `key`, or None."""
        return int(key) if key.isdecimal() and len(key) < 10 and int(key) < len(self) else None

    def concept_masks(self, index: int) -> dict[Concept, np.ndarray]:
        """The concepts present in an image and where they are."""
        return {}

    def image_concepts(self, index: int) -> frozenset[Concept]:
        """All that is known to be in an image, also where no mask says where."""
        return frozenset(self.concept_masks(index))

    def instances(self, index: int) -> tuple[Instance, ...]:
        return ()

    def scene(self, index: int) -> str | None:
        return None

    def texts(self, class_name: str) -> tuple[str, ...]:
        """Sentences that describe a class."""
        return ()

    def of_class(self, class_name: str, split: str | None = None) -> np.ndarray:
        """Indices of the images of a class, in a split or in all of them.  Raises UnknownClass."""
        if class_name not in self.classes:
            raise UnknownClass(f"no class '{class_name}' in {self.title}{near(class_name, self.classes)}")
        wanted = self.classes.index(class_name)
        pool = np.arange(len(self)) if split is None else self.splits[split]
        return np.array([i for i in pool if self.label(int(i)) == wanted], int)
