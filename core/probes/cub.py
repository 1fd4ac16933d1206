"""Caltech-UCSD Birds-200-2011 (Wah et al., 2011) as its authors publish it: one bird a picture, its box and its parts.

    images.txt, classes.txt, image_class_labels.txt     '1 001.Black_footed_Albatross/a.jpg', below images/; …
    bounding_boxes.txt, train_test_split.txt            '1 60.0 27.0 325.0 304.0' (x, y, width, height); '1 0'
    parts/parts.txt, parts/part_locs.txt                '2 beak'; '1 2 312.0 182.0 1' (picture, part, x, y, visible)
    attributes/class_attribute_labels_continuous.txt    a line per class, of each attribute how often it is seen, in %
    attributes.txt                                      '1 has_bill_shape::dagger'; also in attributes/ or a level above

The first three are needed. The folder is CUB_200_2011 or the one that it lies in.
"""

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from core.errors import BadImage
from core.pictures import size_of
from core.probes.files import Inside, OnDisk, read_text, text
from core.probes.probe import Attribute, Instance, Landmark

FOLDER = "CUB_200_2011"
NEEDED = ("images.txt", "classes.txt", "image_class_labels.txt")
OTHERS = (
    "bounding_boxes.txt",
    "train_test_split.txt",
    "parts/parts.txt",
    "parts/part_locs.txt",
    "attributes/class_attribute_labels_continuous.txt",
)
SPLITS = {"1": "train", "0": "test"}
SHOWS = {  # what a group of attributes is about -> the parts that show it
    "bill": ("beak",),
    "wing": ("left wing", "right wing"),
    "upperparts": ("back", "crown", "nape"),
    "underparts": ("belly", "breast", "throat"),
    "upper tail": ("tail",),
    "under tail": ("tail",),
    "head": ("crown", "forehead"),
    "eye": ("left eye", "right eye"),
    "leg": ("left leg", "right leg"),
}
OF = ("color", "length", "pattern", "shape")  # 'bill color' is about the bill; 'size' and 'shape' about all parts
WHOLE = ("primary", "")


class CUB(OnDisk):
    """Birds: labels, a box with its landmarks as each picture's instance, splits, and attributes of the classes.

    A class is called without its number ('Black footed Albatross'), an attribute 'bill shape: dagger', with the parts
    that show it by our own reading of its name. A part that cannot be seen has no place in the files, and is no
    landmark. Places are taken as they stand, boxes are cut at the picture's edge. Left out and counted in `about`:
    pictures that are not there, not in the folder or of no class; lines that are damaged or of no such picture or part;
    boxes and parts outside their picture; attributes whose numbers do not fit. Raises BadImage where nothing is left.
    """

    def __init__(self, folder: str | Path, name: str | None = None, title: str | None = None):
        super().__init__(folder, name, title)
        self._inside = Inside(self.folder)
        self._base = _base(self.folder)
        self._lost: Counter[str] = Counter()
        if missing := [one for one in NEEDED if not self._inside.file(self._base / one)]:
            raise BadImage(f"'{text(self.folder.name)}' has no {missing[0]}; CUB-200-2011 needs {', '.join(NEEDED)}")
        classes = dict(self._named("classes.txt"))
        numbers = {number: place for place, number in enumerate(classes)}
        self.classes = tuple(told.partition(".")[2].replace("_", " ") or told for told in classes.values())
        label_of = {one: numbers[of] for one, of in self._lines("image_class_labels.txt", 2) if of in numbers}
        listed = dict(self._named("images.txt"))
        paths = {one: self._base / "images" / told for one, told in listed.items() if ".." not in _steps(told)}
        kept = [one for one, path in paths.items() if one in label_of and self._inside.file(path)]
        self._lost["pictures that are not there or of no class"] = len(listed) - len(kept)
        if not kept:
            raise BadImage(f"no picture of '{text(self.folder.name)}/images.txt' is there and has a class")
        self._kept = {one: index for index, one in enumerate(kept)}
        self.files = tuple(paths[one] for one in kept)
        self._labels = [label_of[one] for one in kept]
        split_of = dict(self._lines("train_test_split.txt", 2))
        self.splits = self.split_up([SPLITS.get(split_of.get(one, ""), "all") for one in kept])
        self._parts = dict(self._named("parts/parts.txt"))
        self._instances = self._birds(set(listed))
        self._read_attributes()
        marked = any(one and one.landmarks for one in self._instances)
        offers = {"labels"} | ({"boxes", "instances"} if any(self._instances) else set())
        offers |= ({"landmarks"} if marked else set()) | ({"attributes"} if self.attributes else set())
        self.offers = frozenset(offers)
        lost = [f"{what} ({count})" for what, count in self._lost.items() if count]
        self.about = f"CUB-200-2011 in {text(self.folder.name)}, {len(self.classes)} classes of birds"
        self.about += f"; left out: {', '.join(lost)}" if lost else ""
        self.fingerprint = self.digest("cub 1", self._files())

    def label(self, index: int) -> int:
        return self._labels[index]

    def instances(self, index: int) -> tuple[Instance, ...]:
        one = self._instances[index]
        return (one,) if one else ()

    def _birds(self, listed: set[str]) -> list[Instance | None]:
        """The bird of each picture, None where no box is told; `listed` are the pictures of images.txt."""
        boxes = dict(self._of_kept("bounding_boxes.txt", 5, listed))
        places: dict[int, list[tuple[str, float, float]]] = {}
        for index, (part, x, y, visible) in self._of_kept("parts/part_locs.txt", 5, listed):
            if (name := self._parts.get(f"{part:g}")) is None:
                self._lost["lines of part_locs.txt of no part"] += 1
            elif visible:
                places.setdefault(index, []).append((name, y, x))
        return [self._bird(index, boxes.get(index), places.get(index, [])) for index in range(len(self))]

    def _bird(self, index: int, told: list[float] | None, places: list[tuple[str, float, float]]) -> Instance | None:
        if told is None:
            return None
        left, top, width, height = told
        try:
            bottom, right = self.opened(self.files[index], size_of)
        except BadImage:  # says so when it is opened
            bottom, right = math.inf, math.inf
        marks = tuple(Landmark(name, y, x, True) for name, y, x in places if 0 <= y <= bottom and 0 <= x <= right)
        self._lost["parts outside their picture"] += len(places) - len(marks)
        box = (max(top, 0.0), max(left, 0.0), min(top + height, float(bottom)), min(left + width, float(right)))
        if box[0] >= box[2] or box[1] >= box[3]:
            self._lost["boxes outside their picture, or empty"] += 1
            return None
        return Instance(self.classes[self._labels[index]], box, landmarks=marks)

    def _of_kept(self, file: str, fields: int, listed: set[str]) -> Iterator[tuple[int, list[float]]]:
        """(index, numbers) of the lines about pictures that are here; damaged ones are counted."""
        for one, *rest in self._lines(file, fields):
            numbers = _numbers(rest)
            if numbers is None or one not in listed:
                self._lost[f"lines of {PurePosixPath(file).name} that are damaged"] += 1
            elif one in self._kept:
                yield self._kept[one], numbers

    def _read_attributes(self) -> None:
        """Sets attributes and class_attributes where both files are there and fit one another."""
        numbers, names = self._base / OTHERS[-1], self._attribute_names()
        if names is None or not self._inside.file(numbers):
            return
        told = [line.split(maxsplit=1) for line in read_text(names).splitlines() if line.strip()]
        rows = [_numbers(line.split()) for line in read_text(numbers).splitlines() if line.strip()]
        fits = all(len(one) == 2 for one in told) and len(rows) == len(self.classes)
        if not fits or not all(row and len(row) == len(told) and 0 <= min(row) <= max(row) <= 100 for row in rows):
            self._lost["attributes, whose numbers do not fit classes and names"] = 1
            return
        self.attributes = tuple(_attribute(name, list(self._parts.values())) for _, name in told)
        self.class_attributes = np.array(rows, np.float64) / 100

    def _attribute_names(self) -> Path | None:
        places = (self._base / "attributes", self._base, self.folder)
        return next((path for at in places if self._inside.file(path := at / "attributes.txt")), None)

    def _named(self, file: str) -> Iterator[tuple[str, str]]:
        """(number, name) of each line of a file that is there."""
        for line in self._text(file):
            number, _, name = line.strip().partition(" ")
            if number.isdecimal() and name.strip():
                yield number, name.strip()
            else:
                self._lost[f"lines of {PurePosixPath(file).name} that are damaged"] += 1

    def _lines(self, file: str, fields: int) -> Iterator[list[str]]:
        """The lines of a file that have so many fields."""
        for line in self._text(file):
            if len(told := line.split()) == fields:
                yield told
            else:
                self._lost[f"lines of {PurePosixPath(file).name} that are damaged"] += 1

    def _text(self, file: str) -> list[str]:
        path = self._base / file
        return [line for line in read_text(path).splitlines() if line.strip()] if self._inside.file(path) else []

    def _files(self) -> Iterator[Path]:
        tables = [*(self._base / one for one in (*NEEDED, *OTHERS)), self._attribute_names()]
        yield from (path for path in tables if path and self._inside.file(path))
        yield from self.files


def is_cub(folder: Path) -> bool:
    """Whether a folder has the lists that every copy of CUB-200-2011 has."""
    return all((_base(folder) / one).is_file() for one in NEEDED)


def _base(folder: Path) -> Path:
    return folder if (folder / NEEDED[0]).is_file() else folder / FOLDER


def _steps(way: str) -> list[str]:
    return way.replace("\\", "/").split("/")


def _numbers(told: list[str]) -> list[float] | None:
    """Finite numbers, None where one is none."""
    try:
        numbers = [float(one) for one in told]
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers)) else None


def _attribute(told: str, parts: list[str]) -> Attribute:
    """'has_bill_shape::curved_(up_or_down)' -> 'bill shape: curved (up or down)', which the beak shows"""
    group, _, value = told.removeprefix("has_").replace("_", " ").partition("::")
    about = " ".join(word for word in group.split() if word not in (*OF, "size"))
    shown = parts if about in WHOLE else SHOWS.get(about, (about,))
    return Attribute(f"{group}: {value}" if value else group, True, tuple(part for part in shown if part in parts))
