"""Pascal-Part (Chen et al., CVPR 2014): the objects of PASCAL VOC 2010's pictures with masks of their parts.

Annotations_Part/2008_000003.mat     anno: objects with class, mask, and parts with part_name and mask
JPEGImages/2008_000003.jpg           the pictures, from PASCAL VOC
Annotations/2008_000003.xml          PASCAL VOC's own boxes; with them no .mat file is read before it is asked for
ImageSets/Main/train.txt, val.txt    the names in each split
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import BadImage
from core.probes.files import SPLITS, Inside, OnDisk, entries, pictures, read_text, text
from core.probes.probe import Instance, Landmark

PARTS, PICTURES, BOXES, SETS = "Annotations_Part", "JPEGImages", "Annotations", ("ImageSets/Main", "ImageSets")
LARGEST = 64 * 2**20  # bytes of a .mat file; the published ones have some 10,000

Objects = list[tuple[str, float]]  # of each object its class and the area of its box


class PascalPart(OnDisk):
    """Objects with a box, a mask, masks of their parts, and the parts' middles as landmarks.

    Landmarks are the centres of mass of the parts' masks, after the paper on explainer networks (Zhang et al.,
    arXiv:1805.07468), to which a landmark is the central position of a semantic part. A part without a pixel is none.
    Parts are called as in the files ('lfuleg'). A picture's label is the class of its largest object, by the area of
    the box, taken from PASCAL VOC's Annotations where they are there, else from every .mat file, which takes longer.

    Left out and counted in `about`: .mat files without their picture, and pictures whose objects cannot be read.
    Raises BadImage where nothing is left.
    """

    offers = frozenset({"labels", "boxes", "instances", "parts", "landmarks"})

    def __init__(self, folder: str | Path, name: str | None = None, title: str | None = None):
        super().__init__(folder, name, title)
        self._inside = Inside(self.folder)
        mats = _mats(self.folder)
        if not mats:
            raise BadImage(f"'{text(self.folder.name)}' has no folder {PARTS} with .mat files")
        photos = {path.stem: path for path in _below(self.folder, PICTURES, pictures, False)}
        both = [(photos[mat.stem], mat) for mat in mats if mat.stem in photos]
        objects = [self._objects(*one) for one in both]
        kept = [(*one, told) for one, told in zip(both, objects, strict=True) if told]
        if not kept:
            raise BadImage(f"no .mat file in '{text(self.folder.name)}/{PARTS}' has its picture and can be read")
        self.files = tuple(photo for photo, _, _ in kept)
        self._mats = tuple(mat for _, mat, _ in kept)
        self.classes = tuple(sorted({name for _, _, told in kept for name, _ in told}))
        self._labels = [self.classes.index(max(told, key=lambda one: one[1])[0]) for _, _, told in kept]
        sets = self._sets()
        self.splits = self.split_up([sets.get(mat.stem, "all") for mat in self._mats])
        self.about = f"Pascal-Part in {text(self.folder.name)}, {len(self.classes)} classes"
        lost = {"for want of a picture": len(mats) - len(both), "without readable objects": len(both) - len(kept)}
        self.about += "".join(f"; left out, {why}: {count} .mat files" for why, count in lost.items() if count)
        told = "\n".join(f"{split} {' '.join(map(str, found))}" for split, found in self.splits.items())
        labels = " ".join(self.classes[label] for label in self._labels)
        self.fingerprint = self.digest(f"pascal part 1\n{told}\n{labels}", (*self.files, *self._mats))

    def label(self, index: int) -> int:
        return self._labels[index]

    def instances(self, index: int) -> tuple[Instance, ...]:
        """Raises BadImage where the .mat file or the picture is damaged, or the two differ in size."""
        size, path = self.size(index), self._mats[index]
        return tuple(one for told in self.opened(path, _read) if (one := self._instance(told, size, path)))

    def _instance(self, told: Any, size: tuple[int, int], path: Path) -> Instance | None:
        """An object of a .mat file, None where its mask has no pixel.  Raises BadImage."""
        name, mask, parts = told
        for one in (mask, *parts.values()):
            if one.shape != size:
                raise BadImage(
                    f"'{self.relative(path)}' has a mask of {' x '.join(map(str, one.shape))} pixels and its picture "
                    f"{size[0]} x {size[1]}; both should be of one size"
                )
        if not mask.any():
            return None
        seen = {part: one for part, one in parts.items() if one.any()}
        marks = tuple(Landmark(part, *_middle(one), True) for part, one in seen.items())
        return Instance(name, _box(mask), mask, marks, seen)

    def _objects(self, photo: Path, mat: Path) -> Objects:
        """The objects of a picture with the areas of their boxes, none where they cannot be read."""
        try:
            boxes = self.folder / BOXES / f"{mat.stem}.xml"
            if self._inside.file(boxes) and (found := _from_xml(read_text(boxes))):
                return found
            told = self.opened(mat, _read)
        except BadImage:
            return []
        return [(name, _area(_box(mask))) for name, mask, _ in told if mask.any()]

    def _sets(self) -> dict[str, str]:
        """{picture's name: split}"""
        found: dict[str, str] = {}
        for place in SETS:
            for path in _below(self.folder, place, entries):
                split = SPLITS.get(path.stem.casefold())
                if split and path.suffix == ".txt" and self._inside.file(path):
                    found = {line.strip(): split for line in read_text(path).splitlines()} | found
        return found


def is_pascal_part(folder: Path) -> bool:
    """Whether a folder has Pascal-Part's annotations."""
    return (folder / PICTURES).is_dir() and bool(_mats(folder.resolve()))


def _mats(folder: Path) -> list[Path]:
    inside = Inside(folder)
    return [path for path in _below(folder, PARTS, entries) if path.suffix == ".mat" and inside.file(path)]


def _below(folder: Path, place: str, listed: Any, *more: bool) -> Iterator[Path]:
    """What `listed` finds in a folder's sub-folder, nothing where there is none or it leads out of the folder."""
    below = folder / place
    if below.is_dir() and below.resolve().is_relative_to(folder):
        yield from listed(below, folder, *more)


def _read(data: bytes) -> list[tuple[str, np.ndarray, dict[str, np.ndarray]]]:
    """The objects of a .mat file: class, mask (H, W) bool, parts {name: (H, W) bool}.  Raises BadImage."""
    from scipy.io import loadmat  # slow to import; only those who have .mat files wait

    if len(data) > LARGEST:
        raise BadImage(f"this file has more than {LARGEST >> 20} MB, too many for the masks of a picture")
    try:
        objects = loadmat(io.BytesIO(data), variable_names=["anno"])["anno"]["objects"][0, 0]
        return [(_word(one["class"]), _mask(one["mask"]), _parts(one["parts"])) for one in objects.ravel()]
    except Exception as error:  # scipy's reader raises many kinds for damaged files, and so do fields that are missing
        raise BadImage(f"this file holds no objects with masks that can be read ({type(error).__name__})") from None


def _parts(told: np.ndarray) -> dict[str, np.ndarray]:
    """The parts of an object; of one without any the file holds an empty array."""
    return {_word(one["part_name"]): _mask(one["mask"]) for one in told.ravel()}


def _word(told: np.ndarray) -> str:
    """A MATLAB text.  Raises ValueError for an empty one."""
    word = str(told.item()).strip()
    if not word:
        raise ValueError("an empty name")
    return word


def _mask(told: np.ndarray) -> np.ndarray:
    """Positive numbers are inside, NaN is not."""
    return np.atleast_2d(told) > 0


def _from_xml(content: str) -> Objects:
    """The objects of PASCAL VOC's own file, by their tags alone; a person's head and hands in it are no objects."""
    found = []
    for one in re.findall(r"<object>(.*?)</object>", content, re.DOTALL):
        one = re.sub(r"<part>.*?</part>", "", one, flags=re.DOTALL)
        edges = [re.search(rf"<{edge}>\s*(\d{{1,6}}(?:\.\d*)?)\s*<", one) for edge in ("ymin", "xmin", "ymax", "xmax")]
        if (name := re.search(r"<name>\s*([^<>]+?)\s*</name>", one)) and all(edges):
            found.append((name[1], _area([float(edge[1]) for edge in edges])))
    return found


def _box(mask: np.ndarray) -> tuple[float, float, float, float]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return float(rows[0]), float(columns[0]), float(rows[-1] + 1), float(columns[-1] + 1)


def _middle(mask: np.ndarray) -> tuple[float, float]:
    """The centre of mass, in pixels whose middles are at 0.5.  -> (row, column)"""
    rows, columns = np.nonzero(mask)
    return float(rows.mean() + 0.5), float(columns.mean() + 0.5)


def _area(box: Any) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
