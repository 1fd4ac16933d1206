"""ADE20K's scenes (Zhou et al., CVPR 2017), as they come: full pictures with segmentations of objects and their parts.

    a.jpg            the picture
    a_seg.png        objects: class = red // 10 * 256 + green, 0 for none; blue tells instances apart
    a_parts_1.png    parts of objects, likewise; a_parts_2.png parts of parts, …
    a.json           (release of 2021) names of the classes, the scene
    a_atr.txt        (release of 2016) a line per instance: number # level # occluded # class # raw name # "attributes"
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import BadImage
from core.probes.files import SPLITS, Inside, OnDisk, folders, pictures, read_text, text
from core.probes.probe import Concept, Instance

PHOTOS = (".jpg", ".jpeg")
LEVELS = ("object", "part")  # everything below an object is a part


@dataclass(frozen=True)
class _Told:
    """What a picture's text says: its scene, and (level, number, class's full name) of each thing. The number is the
    class's in a JSON file and the instance's, counted from 1 in each level, in an _atr.txt file (`by_instance`)."""

    scene: str | None = None
    things: tuple[tuple[int, int, str], ...] = ()
    by_instance: bool = False


class ADE20K(OnDisk):
    """Scenes with masks of objects, which are instances too, and of parts, and what kind of scene they are.

    A concept is called by the first of its class's names ('car' of 'car, auto, automobile'), as in Network Dissection,
    but by all of them where two classes share the first. What is hidden behind something else is in no mask. Parts of
    all levels are in category 'part'. Names come from a picture's own text; where that is missing or damaged, from the
    other pictures' JSON files, and a class that none of them names is 'class 312'. Pictures without a segmentation are
    left out, and `about` counts them.

    Raises BadImage where there is no picture with a segmentation.
    """

    offers = frozenset({"masks", "instances", "boxes", "scenes"})
    classes = ()

    def __init__(self, folder: str | Path, name: str | None = None, title: str | None = None):
        super().__init__(folder, name, title)
        self._inside = Inside(self.folder)
        photos = list(_photos(self.folder, self.folder))
        self.files = tuple(path for path in photos if self._inside.file(_beside(path, "_seg.png")))
        if not self.files:
            raise BadImage(f"no picture in '{text(self.folder.name)}' has its segmentation, a_seg.png, beside it")
        self.splits = self.split_up([_split(path, self.folder) for path in self.files])
        told = [self._told(path) for path in self.files]
        self._scenes = tuple(one.scene for one in told)
        self._names = {number: name for one in told if not one.by_instance for _, number, name in one.things}
        classes = {(LEVELS[min(level, 1)], name) for one in told for level, _, name in one.things}
        for index in (index for index, one in enumerate(told) if not one.things):
            classes |= self._without_text(index)
        self._short = _shortened({name for _, name in classes})
        found = {Concept(self._short[name], category) for category, name in classes}
        found |= {Concept(scene, "scene") for scene in self._scenes if scene}
        order = ("object", "part", "scene")
        self.concepts = tuple(sorted(found, key=lambda one: (order.index(one.category), one.name)))
        self.about = f"ADE20K in {text(self.folder.name)}, {len(self.concepts)} concepts"
        if left_out := len(photos) - len(self.files):
            self.about += f"; left out, for want of a segmentation: {left_out} pictures"
        self.fingerprint = self.digest("ade20k 1", self._files())

    def concept_masks(self, index: int) -> dict[Concept, np.ndarray]:
        """Raises BadImage where a picture or a segmentation is damaged, or the two differ in size."""
        found: dict[Concept, np.ndarray] = {}
        for level, classes, _, names in self._levels(index):
            for number, name in names.items():
                one = self._concept(level, name)
                found[one] = found.get(one, False) | (classes == number)
        return found

    def image_concepts(self, index: int) -> frozenset[Concept]:
        """What has a mask, and the scene.  Raises BadImage."""
        named = ((level, name) for level, _, _, names in self._levels(index) for name in names.values())
        scene = self._scenes[index]
        return frozenset(self._concept(*one) for one in named) | ({Concept(scene, "scene")} if scene else set())

    def instances(self, index: int) -> tuple[Instance, ...]:
        """What can be seen of each object.  Raises BadImage."""
        _, classes, blue, names = next(self._levels(index))
        both = classes.astype(np.int32) * 256 + blue
        known = [code for code in _numbers(both) if code // 256 in names]
        return tuple(_instance(self._short[names[code // 256]], both == code) for code in known)

    def scene(self, index: int) -> str | None:
        return self._scenes[index]

    def _levels(self, index: int) -> Iterator[tuple[int, np.ndarray, np.ndarray, dict[int, str]]]:
        """(level, classes (H, W) uint16, blue (H, W) uint8, full names of the classes in it) of objects, parts, …"""
        size, told = self.size(index), self._told(self.files[index])
        for level, path in enumerate(self._segmentations(self.files[index])):
            classes, blue = self._decoded(path)
            if classes.shape != size:
                raise BadImage(
                    f"'{self.relative(path)}' has {classes.shape[0]} x {classes.shape[1]} pixels and its picture "
                    f"{size[0]} x {size[1]}; both should be of one size"
                )
            yield level, classes, blue, self._named(level, classes, blue, told)

    def _named(self, level: int, classes: np.ndarray, blue: np.ndarray, told: _Told) -> dict[int, str]:
        """The full names of the classes that are in a segmentation, of those that have one.

        An _atr.txt file names instances: the n-th is what has the n-th of the values of blue, as in the authors'
        loadAde20K.m, and most of its pixels tell the class's number.
        """
        if not told.by_instance:
            names = {number: self._name(number) for number in _numbers(classes)}
            return {number: name for number, name in names.items() if name in self._short}
        blues = np.unique(blue)
        votes: dict[int, Counter] = {}
        for at, instance, name in told.things:
            if at == level and 0 < instance < len(blues):
                number = int(np.bincount(classes[blue == blues[instance]]).argmax())
                votes.setdefault(number, Counter())[name] += 1
        return {number: names.most_common(1)[0][0] for number, names in votes.items() if number}

    def _concept(self, level: int, name: str) -> Concept:
        return Concept(self._short[name], LEVELS[min(level, 1)])

    def _name(self, number: int) -> str:
        return self._names.get(number, f"class {number}")

    def _without_text(self, index: int) -> set[tuple[str, str]]:
        """(category, full name) of what the segmentations of a picture without a text hold, if they can be read."""
        found = set()
        for level, path in enumerate(self._segmentations(self.files[index])):
            try:
                found |= {(LEVELS[min(level, 1)], self._name(n)) for n in _numbers(self._decoded(path)[0])}
            except BadImage:
                continue
        return found

    def _decoded(self, path: Path) -> tuple[np.ndarray, np.ndarray]:
        """Classes (H, W) uint16 and blue (H, W) uint8 of a segmentation.  Raises BadImage"""
        values = self.values(path)
        if values.ndim != 3 or values.shape[2] < 3 or values.dtype != np.uint8:
            raise BadImage(f"'{self.relative(path)}' is no segmentation of ADE20K: one has red, green and blue")
        return values[..., 0].astype(np.uint16) // 10 * 256 + values[..., 1], values[..., 2]

    def _segmentations(self, photo: Path) -> Iterator[Path]:
        """The files of objects, parts, parts of parts, …"""
        path, level = _beside(photo, "_seg.png"), 0
        while self._inside.file(path):
            yield path
            level += 1
            path = _beside(photo, f"_parts_{level}.png")

    def _told(self, photo: Path) -> _Told:
        """What a picture's text says, nothing where there is none or it is damaged."""
        try:
            if self._inside.file(path := photo.with_suffix(".json")):
                return _from_json(json.loads(read_text(path)))
            if self._inside.file(path := _beside(photo, "_atr.txt")):
                return _from_lines(read_text(path).splitlines(), _scene(photo, self.folder))
        except (BadImage, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            pass
        return _Told()

    def _files(self) -> Iterator[Path]:
        for photo in self.files:
            yield photo
            yield from self._segmentations(photo)
            yield from (p for p in (photo.with_suffix(".json"), _beside(photo, "_atr.txt")) if self._inside.file(p))


def is_ade20k(folder: Path) -> bool:
    """Whether the first photographs in a folder, or below it, have segmentations as in ADE20K beside them."""
    return any(_beside(photo, "_seg.png").is_file() for photo in _first_photos(folder.resolve(), folder.resolve()))


def _first_photos(folder: Path, root: Path) -> list[Path]:
    photos = list(pictures(folder, root, False, PHOTOS))
    below = [] if photos else [one for one in folders(folder, root) if not one.is_symlink()]
    return photos or next((found for one in below if (found := _first_photos(one, root))), [])


def _photos(folder: Path, root: Path) -> Iterator[Path]:
    """Every photograph, by name; the folders that have a photograph's name hold masks of its instances."""
    photos = list(pictures(folder, root, False, PHOTOS))
    yield from photos
    names = {photo.stem for photo in photos}
    for below in folders(folder, root):
        if below.name not in names and not below.is_symlink():
            yield from _photos(below, root)


def _beside(photo: Path, ending: str) -> Path:
    return photo.with_name(photo.stem + ending)


def _split(photo: Path, root: Path) -> str:
    """By a folder on the way, 'training', else by the file's name, 'ADE_train_00016869', else 'all'."""
    way = [*photo.relative_to(root).parts[:-1], *photo.stem.split("_")[1:2]]
    return next((SPLITS[step.casefold()] for step in way if step.casefold() in SPLITS), "all")


def _scene(photo: Path, root: Path) -> str | None:
    """'living room' of training/l/living_room: the folders below the split's, but for the letter."""
    way = list(photo.relative_to(root).parts[:-1])
    places = [place for place, step in enumerate(way) if step.casefold() in SPLITS]
    steps = [step for step in way[places[0] + 1 :] if len(step) > 1] if places else []
    return text(" ".join(steps)).replace("_", " ") or None


def _from_json(content: Any) -> _Told:
    content = content["annotation"]
    steps = content.get("scene")  # from the widest to the narrowest: outdoor, urban, street
    scene = steps if isinstance(steps, str) else next((step for step in reversed(steps or []) if step), "")
    things = _listed(content.get("object"))
    told = ((int(one["parts"]["part_level"]), int(one["name_ndx"]), str(one["name"]).strip()) for one in things)
    return _Told(str(scene).replace("_", " ").strip() or None, tuple(one for one in told if one[1] > 0 and one[2]))


def _listed(things: Any) -> list[Any]:
    """A single thing stands without a list."""
    return things if isinstance(things, list) else [things] if things else []


def _from_lines(lines: Iterable[str], scene: str | None) -> _Told:
    cells = [[cell.strip() for cell in line.split("#")] for line in lines if line.strip()]
    return _Told(scene, tuple((int(one[1]), int(one[0]), one[3]) for one in cells if len(one) >= 4 and one[3]), True)


def _shortened(names: Iterable[str]) -> dict[str, str]:
    """{'car, auto, automobile': 'car'}; the full name where two classes share the first of their names"""
    first = {name: re.split(r"\s*,\s*", name, maxsplit=1)[0] or name for name in names}
    shared = {short for short, times in Counter(first.values()).items() if times > 1}
    return {name: name if short in shared else short for name, short in first.items()}


def _numbers(values: np.ndarray) -> list[int]:
    """The values that are somewhere in an array, 0 aside, ascending"""
    return [number for number in np.flatnonzero(np.bincount(values.ravel())).tolist() if number]


def _instance(name: str, mask: np.ndarray) -> Instance:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return Instance(name, (float(rows[0]), float(columns[0]), float(rows[-1] + 1), float(columns[-1] + 1)), mask)
