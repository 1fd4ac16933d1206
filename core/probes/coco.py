"""Pictures with their objects in COCO's format (Lin et al., ECCV 2014): boxes, outlines and key points in JSON files.

    annotations.json          or any *.json in annotations/, such as instances_val2017.json
    images/, val2017/, …      the pictures: a `file_name` is looked for in the folder, in images/, and in the folder (of
                              either) that a JSON file's last word names

Read are the lists images (id, file_name, width, height), categories (id, name, keypoints) and annotations (image_id,
category_id, bbox [x, y, width, height], segmentation, keypoints [x, y, v, …], iscrowd).
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import BadImage
from core.pictures import size_of
from core.probes.files import LARGEST_TEXT, SPLITS, Inside, OnDisk, concept, entries, read_text, text
from core.probes.probe import Concept, Instance, Landmark

LISTS = ("images", "annotations", "categories")
HEAD = 2**16  # characters at the beginning of a file too large to be read that show what it is
FAR = 1e9  # no number of a picture is as large

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Row:
    """An object as a row tells it: `outline` polygons [[x, y, …], …] or runs {size, counts}, None without."""

    class_name: str
    box: Box
    outline: list | dict | None
    landmarks: tuple[Landmark, ...]
    crowd: bool


@dataclass
class _Listed:
    """A picture: `size` (height, width), None where neither a list nor the file tells it; rows by id, class and box."""

    split: str
    size: tuple[int, int] | None
    rows: dict[tuple, _Row] = field(default_factory=dict)


class Coco(OnDisk):
    """Pictures with objects: boxes, and masks and landmarks where any row has an outline or key points.

    A picture's label is the class of its largest object, by the area of the box; `about` says in how many pictures
    there are objects of several classes. Pictures without an object have no label. Crowds (`iscrowd`) are in the masks
    of concepts, but are no objects. A landmark is visible where v is 2; one with v = 0 is not marked. Key points are
    pixels counted from 0, whose middles (+ 0.5) are meant. Runs that are packed into a text are not read.

    Several JSON files are put together: instances_val2017.json and person_keypoints_val2017.json tell of the same
    objects. Splits: by the JSON file's name ('val2017'), else by a folder on the way to the picture, else 'all'.
    Left out and counted in `about`: files that cannot be read while another can, pictures that are not there or not in
    the folder, rows of no such picture or category, without a box, or with one outside the picture (what sticks out is
    cut off), and outlines that cannot be drawn. Raises BadImage where nothing is left.
    """

    def __init__(self, folder: str | Path, name: str | None = None, title: str | None = None):
        super().__init__(folder, name, title)
        self._inside = Inside(self.folder)
        self._lost: Counter[str] = Counter()
        jsons = _files(self.folder)
        if not jsons:
            raise BadImage(f"'{text(self.folder.name)}' has no annotations.json with lists of images and annotations")
        listed: dict[str, _Listed] = {}
        for path, content in self._read(jsons):
            self._add(listed, path, content)
        if not listed:
            raise BadImage(f"no picture that '{text(jsons[0].name)}' lists is in '{text(self.folder.name)}'")
        self.files = tuple(Path(path) for path in sorted(listed))
        self._listed = tuple(listed[str(path)] for path in self.files)
        self.splits = self.split_up([one.split for one in self._listed])
        rows = [row for one in self._listed for row in one.rows.values()]
        if not rows:
            raise BadImage(f"no row of '{text(jsons[0].name)}' has a box in one of its pictures{self._left_out()}")
        self.classes = tuple(sorted({row.class_name for row in rows if not row.crowd}))
        self._labels = [self._largest(one) for one in self._listed]
        outlined = sorted({row.class_name for row in rows if row.outline is not None})
        self._concepts = {name: concept(name) for name in outlined}
        self.concepts = tuple(dict.fromkeys(self._concepts.values()))
        marked = any(row.landmarks for row in rows)
        offers = {"labels", "boxes", "instances"} if self.classes else set()
        self.offers = frozenset(offers | ({"masks"} if outlined else set()) | ({"landmarks"} if marked else set()))
        objects = sum(not row.crowd for row in rows)
        self.about = f"{objects:,} objects of {len(self.classes)} classes in COCO's format in {text(self.folder.name)}"
        if several := sum(len({row.class_name for row in self._objects(i)}) > 1 for i in range(len(self))):
            self.about += f"; of several classes, and labelled by the largest object: {several} pictures"
        self.about += self._left_out()
        self.fingerprint = self.digest("coco 1", (*jsons, *self.files))

    def label(self, index: int) -> int | None:
        return self._labels[index]

    def instances(self, index: int) -> tuple[Instance, ...]:
        """Raises BadImage where the picture is damaged or not of the size that the JSON file says."""
        size = self._size(index)
        return tuple(
            Instance(row.class_name, row.box, _mask(row.outline, size), row.landmarks) for row in self._objects(index)
        )

    def concept_masks(self, index: int) -> dict[Concept, np.ndarray]:
        """Raises BadImage as `instances`."""
        size = self._size(index)
        found: dict[Concept, np.ndarray] = {}
        for row in self._listed[index].rows.values():
            if (mask := _mask(row.outline, size)) is not None:
                one = self._concepts[row.class_name]
                found[one] = found.get(one, False) | mask
        return found

    def image_concepts(self, index: int) -> frozenset[Concept]:
        """The classes that are in a picture, also of objects without an outline."""
        names = {row.class_name for row in self._listed[index].rows.values()}
        return frozenset(self._concepts[name] for name in names if name in self._concepts)

    def _objects(self, index: int) -> list[_Row]:
        return [row for row in self._listed[index].rows.values() if not row.crowd]

    def _largest(self, listed: _Listed) -> int | None:
        objects = [row for row in listed.rows.values() if not row.crowd]
        return self.classes.index(max(objects, key=_area).class_name) if objects else None

    def _size(self, index: int) -> tuple[int, int]:
        """Height and width of a picture.  Raises BadImage where they are not those that its rows are for."""
        size, told = self.size(index), self._listed[index].size
        if told not in (None, size):
            raise BadImage(
                f"'{self.key(index)}' has {size[0]} x {size[1]} pixels, and its annotations are for "
                f"{told[0]} x {told[1]}"
            )
        return size

    def _read(self, jsons: list[Path]) -> list[tuple[Path, dict]]:
        """The files that can be read.  Raises BadImage, the first one's, where none can."""
        found, errors = [], []
        for path in jsons:
            try:
                found.append((path, _content(path)))
            except BadImage as error:
                errors.append(error)
        if not found:
            raise errors[0]
        self._lost["JSON files that cannot be read"] += len(errors)
        return found

    def _add(self, listed: dict[str, _Listed], path: Path, content: dict) -> None:
        """The pictures of a JSON file and their rows."""
        places = self._pictures(listed, path, content["images"])
        kinds = {}
        for told in content["categories"]:
            if isinstance(told, dict) and isinstance(name := told.get("name"), str) and name.strip():
                kinds[_id(told.get("id"))] = (name.strip(), _names(told.get("keypoints")))
        kinds.pop("", None)
        for told in content["annotations"]:
            told = told if isinstance(told, dict) else {}
            place, kind = places.get(_id(told.get("image_id"))), kinds.get(_id(told.get("category_id")))
            if place is None or kind is None:
                self._lost["rows of no listed picture or category"] += 1
            elif row := self._row(told, *kind, listed[place].size):
                key = (_id(told.get("id")), row.class_name, row.box)
                known = listed[place].rows.get(key, row)
                row = replace(known, outline=known.outline or row.outline, landmarks=known.landmarks or row.landmarks)
                listed[place].rows[key] = row

    def _pictures(self, listed: dict[str, _Listed], path: Path, images: list) -> dict[str, str]:
        """Adds a file's pictures to those listed.  -> {id: path}"""
        found = {}
        named = re.split(r"[^a-z]+", path.stem.casefold())
        split = next((SPLITS[word] for word in named if word in SPLITS), None)
        last = path.stem.rpartition("_")[2]
        bases = [os.path.join(self.folder, *way) for way in ((), ("images",), (last,), ("images", last))]
        for told in images:
            told = told if isinstance(told, dict) else {}
            if not (place := self._place(told.get("file_name"), bases)):
                self._lost["pictures that are not there"] += 1
                continue
            found[_id(told.get("id"))] = place
            if place not in listed:
                listed[place] = _Listed(split or _split(self.relative(place)), self._told_size(told, place))
        found.pop("", None)
        return found

    def _place(self, name: Any, bases: list[str]) -> str | None:
        """The path of a picture by the name that is told, None where it is not there or not in the folder."""
        if not isinstance(name, str) or not name or ".." in (steps := re.split(r"[\\/]", name)) or not steps[0]:
            return None
        paths = (os.path.join(base, *(step for step in steps if step not in ("", "."))) for base in bases)
        return next((path for path in paths if self._inside.file(path)), None)

    def _told_size(self, told: dict, place: str) -> tuple[int, int] | None:
        size = (told.get("height"), told.get("width"))
        if all(type(side) is int and 0 < side < FAR for side in size):
            return size
        try:
            return self.opened(place, size_of)
        except BadImage:
            return None

    def _row(self, told: dict, name: str, names: list[str], size: tuple[int, int] | None) -> _Row | None:
        """A row of the annotations, None where it cannot be used."""
        box = _numbers(told.get("bbox"))
        if box is None or len(box) != 4 or min(box[2:]) <= 0:
            self._lost["rows without a box"] += 1
            return None
        left, top, width, height = box
        height_, width_ = size or (FAR, FAR)
        box = (max(top, 0.0), max(left, 0.0), min(top + height, height_), min(left + width, width_))
        box = tuple(float(edge) for edge in box)
        if box[0] >= box[2] or box[1] >= box[3]:
            self._lost["rows with a box outside their picture"] += 1
            return None
        outline = told.get("segmentation") or None
        if outline is not None and not _drawable(outline, size):
            self._lost["outlines that cannot be drawn"] += 1
            outline = None
        marks = tuple(_landmarks(told.get("keypoints"), names, size))
        return _Row(name, box, outline, marks, told.get("iscrowd") == 1)

    def _left_out(self) -> str:
        lost = [f"{what} ({count})" for what, count in self._lost.items() if count]
        return f"; left out: {', '.join(lost)}" if lost else ""


def is_coco(folder: Path) -> bool:
    """Whether a folder has a JSON file with COCO's lists."""
    return folder.is_dir() and bool(_files(folder.resolve()))


def _files(folder: Path) -> list[Path]:
    """The JSON files with lists of images and annotations; captions, which have no categories, aside."""
    below = folder / "annotations"
    found = [folder / "annotations.json", *(entries(below, folder) if below.is_dir() else ())]
    inside = Inside(folder)
    return [path for path in found if path.suffix.casefold() == ".json" and inside.file(path) and _looks_like(path)]


def _looks_like(path: Path) -> bool:
    if path.stem.casefold().startswith("captions"):
        return False
    try:
        if path.stat().st_size > LARGEST_TEXT:
            with path.open(encoding="utf-8", errors="replace") as file:
                return re.search(r'"images"\s*:\s*\[', file.read(HEAD)) is not None
        content = read_text(path)
    except (BadImage, OSError):
        return False
    return all(re.search(rf'"{name}"\s*:\s*\[', content) for name in LISTS[:2])


def _content(path: Path) -> dict:
    """A file's lists.  Raises BadImage."""
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "numbers too long or too deep"
        raise BadImage(f"'{text(path.name)}' is damaged or cut short: {reason}") from None
    for name in LISTS:
        if not isinstance(content, dict) or not isinstance(content.get(name), list):
            raise BadImage(f"'{text(path.name)}' has no list '{name}'; COCO's format needs {', '.join(LISTS)}")
    return content


def _id(told: Any) -> str:
    """Ids are numbers or texts, and 7 and '7' are two; '' for anything else."""
    return repr(told) if isinstance(told, int | str) else ""


def _split(way: str) -> str:
    words = (re.sub(r"\d+$", "", step.casefold()) for step in way.split("/")[:-1])
    return next((SPLITS[word] for word in words if word in SPLITS), "all")


def _numbers(told: Any) -> list[float] | None:
    """A list of finite numbers, None for anything else."""
    good = isinstance(told, list) and all(type(one) in (int, float) and abs(one) < FAR for one in told)
    return told if good else None


def _names(told: Any) -> list[str]:
    return [str(name) for name in told] if isinstance(told, list) else []


def _area(row: _Row) -> float:
    top, left, bottom, right = row.box
    return (bottom - top) * (right - left)


def _landmarks(told: Any, names: list[str], size: tuple[int, int] | None) -> Iterator[Landmark]:
    """The key points that are marked and in the picture."""
    numbers = _numbers(told) or []
    height, width = size or (FAR, FAR)
    for place in range(len(numbers) // 3):
        x, y, seen = numbers[3 * place : 3 * place + 3]
        if seen in (1, 2) and 0 <= y + 0.5 <= height and 0 <= x + 0.5 <= width:
            name = names[place] if place < len(names) else f"point {place + 1}"
            yield Landmark(name, y + 0.5, x + 0.5, seen == 2)


def _drawable(outline: Any, size: tuple[int, int] | None) -> bool:
    """Whether an outline is polygons of three corners at least, or runs that fill a picture of the size."""
    if isinstance(outline, Mapping):
        counts, shape = _numbers(outline.get("counts")), _numbers(outline.get("size"))
        whole = counts is not None and all(type(one) is int and one >= 0 for one in counts)
        return bool(whole and shape and tuple(shape) == size and sum(counts) == size[0] * size[1])
    polygons = [_numbers(one) for one in outline] if isinstance(outline, list) else []
    return bool(polygons) and all(one is not None and len(one) >= 6 and len(one) % 2 == 0 for one in polygons)


def _mask(outline: list | dict | None, size: tuple[int, int]) -> np.ndarray | None:
    """The pixels whose middles are inside an outline, None where there are none.  -> (H, W) bool"""
    if outline is None:
        return None
    if isinstance(outline, Mapping):  # runs of 0 and 1 by turns, down the columns
        values = np.arange(len(outline["counts"])) % 2 == 1
        mask = np.repeat(values, outline["counts"]).reshape(size[::-1]).T
    else:
        from skimage.draw import polygon  # slow to import; only those who have outlines wait

        mask = np.zeros(size, bool)
        for corners in outline:
            points = np.array(corners, float).reshape(-1, 2) - 0.5
            mask[polygon(points[:, 1], points[:, 0], size)] = True
    return mask if mask.any() else None
