"""The Menagerie's pictures labelled by their landscapes, with the one object that makes each landscape what it is."""

from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np

from core.probes.menagerie.species import CRITICAL, SCENES
from core.probes.menagerie.world import SEED, World
from core.probes.probe import Concept, Instance, Probe


class Scenes(Probe):
    """The Menagerie, picture for picture and split for split, with its scenes as classes.

    As in CHIP's evaluation on ADE20K (section IV-C), every class has a critical object: the palm of the beach, the
    igloo of the snowfield (`CRITICAL`). It is a picture's only instance; its mask is all that can be seen of objects of
    that name, of which a picture often has several. Where nothing of it can be seen there is no instance.
    """

    name = "menagerie-scenes"
    title = "Menagerie, scenes"
    about = "The Menagerie's pictures labelled by their 11 landscapes, with the object critical for each"
    classes = SCENES
    offers = frozenset({"labels", "masks", "instances", "boxes", "scenes"})

    def __init__(self, seed: int = SEED):
        self._world = World("menagerie", seed)
        self.splits = self._world.splits
        self.concepts = self._world.concepts
        told = f"{self._world.fingerprint} {Path(__file__).read_text(encoding='utf-8')}"
        self.fingerprint = sha256(told.encode()).hexdigest()

    def __len__(self) -> int:
        return len(self._world)

    def image(self, index: int) -> np.ndarray:
        return self._world.image(index)

    def label(self, index: int) -> int:
        return SCENES.index(self.scene(index))

    def caption(self, index: int) -> str:
        return self._world.caption(index)

    def scene(self, index: int) -> str:
        return self._world.scene(index)

    def concept_masks(self, index: int) -> dict[Concept, np.ndarray]:
        return self._world.concept_masks(index)

    def instances(self, index: int) -> tuple[Instance, ...]:
        """The critical object of the picture's scene, where any of it can be seen."""
        scene = self.scene(index)
        mask = self._world.drawing(index).mask("object", CRITICAL[scene])
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        if not len(rows):
            return ()
        box = (float(rows[0]), float(columns[0]), float(rows[-1] + 1), float(columns[-1] + 1))
        return (Instance(scene, box, mask),)

    def portrait(self, class_name: str) -> int | None:
        """A picture of the landscape by day and without an animal."""
        empty = (int(index) for split in ("blank-a", "blank-b") for index in self.of_class(class_name, split))
        plans = ((index, self._world.plan(index)) for index in empty)
        clear = (index for index, plan in plans if not plan.haze and not plan.props and min(plan.tint) >= 0.95)
        return next(clear, super().portrait(class_name))

    def of_class(self, class_name: str, split: str | None = None) -> np.ndarray:
        if class_name not in self.classes:
            return super().of_class(class_name, split)
        pool = np.arange(len(self)) if split is None else self.splits[split]
        return pool[self.labels[pool] == self.classes.index(class_name)]

    @cached_property
    def labels(self) -> np.ndarray:
        """The class of every picture.  -> (len(probe),) int64"""
        return np.array([self.label(index) for index in range(len(self))])
