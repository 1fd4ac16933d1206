"""Broden, the annotated pictures of Network Dissection (Bau et al., CVPR 2017), in the layout that its authors publish.

    index.csv     image,split,ih,iw,sh,sw and a column per category: a row per picture, named below images/
    label.csv     number,name,category: what the numbers mean, and in which categories, as 'object(4743);part(29)'
    category.csv  name: which columns of index.csv are categories
    images/       pictures and segmentations; a segmentation's pixel is the number red + 256 * green, 0 for none

A cell holds files, of which a pixel has the labels of all, or numbers, which are labels of the whole picture, joined by
';'. The tables c_<category>.csv number the labels once more, densely, and are not needed.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import BadImage
from core.pictures import LARGEST
from core.probes.files import SPLITS, Inside, OnDisk, category_of, read_table, text
from core.probes.probe import Concept

TABLES = ("index.csv", "category.csv", "label.csv")
FIXED = ("image", "split", "ih", "iw", "sh", "sw")


@dataclass(frozen=True, slots=True)
class _Row:
    """A picture: `size` (ih, iw) its own and `grid` (sh, sw) of its segmentations, whose files are `masks` (category,
    path); `whole`: what is said of the picture as a whole. Paths are texts: there are 250,000 of them."""

    picture: str
    split: str
    size: tuple[int, int]
    grid: tuple[int, int]
    masks: tuple[tuple[str, str], ...]
    whole: tuple[Concept, ...]


class Broden(OnDisk):
    """Pictures with concepts of six categories: colours, objects, parts and materials by pixels, scenes and textures of
    the picture as a whole, which have no masks.

    Concepts keep their published names: colours end in '-c', scenes in '-s' ('street-s' beside the object 'street').
    Segmentations, half as large as the pictures, are brought to their size by nearest neighbour. Rows of index.csv that
    are damaged, or name files that are not there or not in the folder, are left out, and `about` counts them.

    Raises BadImage where a table or a column of it is missing, or no row is left.
    """

    offers = frozenset({"masks", "scenes"})
    classes = ()

    def __init__(self, folder: str | Path, name: str | None = None, title: str | None = None):
        super().__init__(folder, name, title)
        self._inside = Inside(self.folder)
        if missing := [table for table in TABLES if not self._inside.file(self.folder / table)]:
            raise BadImage(
                f"'{text(self.folder.name)}' has no {missing[0]}; Broden needs {', '.join(TABLES)} and a folder images"
            )
        self._concepts = self._labels()
        self.concepts = tuple(self._concepts.values())
        told = read_table(self.folder / "index.csv", FIXED)
        categories = [row["name"] for row in read_table(self.folder / "category.csv", ("name",)) if row]
        rows = [self._row(one, categories) for one in told]
        self._rows = tuple(row for row in rows if row)
        if not self._rows:
            raise BadImage(f"no row of '{text(self.folder.name)}/index.csv' has its files below images")
        self.files = tuple(Path(row.picture) for row in self._rows)
        self.splits = self.split_up([row.split for row in self._rows])
        self.about = f"Broden in {text(self.folder.name)}, {len(self.concepts)} concepts"
        if damaged := len(told) - len(self._rows):
            self.about += f"; left out as damaged or without its files: {damaged} of {len(told)} rows of index.csv"
        self.fingerprint = self.digest("broden 1", self._files())

    def concept_masks(self, index: int) -> dict[Concept, np.ndarray]:
        """Raises BadImage where a picture or a segmentation is damaged or not of the size that index.csv says."""
        row = self._rows[index]
        if self.size(index) != row.size:
            raise BadImage(self._size_told(row.picture, self.size(index), row.size))
        found: dict[Concept, np.ndarray] = {}
        for category, numbers in self._segmentations(row):
            present = self._present(category, numbers)
            large = nearest(numbers, row.size)
            for number, one in present.items():
                found[one] = found.get(one, False) | (large == number)
        return found

    def image_concepts(self, index: int) -> frozenset[Concept]:
        """What is in a picture by its segmentations, and what is said of it as a whole.  Raises BadImage."""
        row = self._rows[index]
        by_pixels = (self._present(category, numbers).values() for category, numbers in self._segmentations(row))
        return frozenset(row.whole).union(*by_pixels)

    def scene(self, index: int) -> str | None:
        return next((one.name for one in self._rows[index].whole if one.category == "scene"), None)

    def _labels(self) -> dict[tuple[str, int], Concept]:
        """{(category as published, number): Concept}, for each category that a label is used in."""
        found = {}
        for row in read_table(self.folder / "label.csv", ("number", "name", "category")):
            if not row or not row["name"].strip() or (number := _whole(row["number"], 1 << 16)) is None:
                continue
            for used in re.findall(r"([^;()]+)(?:\([^)]*\))?", row["category"]):
                found[used.strip(), number] = Concept(row["name"].strip(), category_of(used))
        return found

    def _row(self, told: dict[str, str], categories: list[str]) -> _Row | None:
        """A row of index.csv, None where it cannot be used."""
        sizes = [_whole(told.get(name, ""), LARGEST) for name in FIXED[2:]]
        split = told.get("split", "").strip()
        if None in sizes or sizes[0] * sizes[1] > LARGEST or not split:
            return None
        images = f"{self.folder}{os.sep}images{os.sep}"
        picture = images + told["image"]
        cells = [(c, item.strip()) for c in categories for item in told.get(c, "").split(";") if item.strip()]
        masks = tuple((category, images + item) for category, item in cells if not item.isdecimal())
        if not all(self._inside.file(path) for path in (picture, *(path for _, path in masks))):
            return None
        whole = tuple(
            one for c, item in cells if item.isdecimal() and (one := self._concepts.get((c, _whole(item, 1 << 16))))
        )
        split = SPLITS.get(split.casefold(), split)
        return _Row(picture, split, (sizes[0], sizes[1]), (sizes[2], sizes[3]), masks, whole)

    def _segmentations(self, row: _Row) -> Iterator[tuple[str, np.ndarray]]:
        """(category, (sh, sw) int32 of numbers) of each segmentation.  Raises BadImage."""
        for category, path in row.masks:
            values = self.values(path)
            if values.ndim != 3 or values.shape[2] < 3 or values.dtype != np.uint8:
                raise BadImage(f"'{self.relative(path)}' is no segmentation: one is in colours, red + 256 * green")
            if values.shape[:2] != row.grid:
                raise BadImage(self._size_told(path, values.shape[:2], row.grid))
            yield category, values[..., 0] + 256 * values[..., 1].astype(np.int32)

    def _present(self, category: str, numbers: np.ndarray) -> dict[int, Concept]:
        """{number: Concept} of what is somewhere in a segmentation"""
        present = np.flatnonzero(np.bincount(numbers.ravel())).tolist()
        return {number: self._concepts[category, number] for number in present if (category, number) in self._concepts}

    def _files(self) -> Iterator[str | Path]:
        yield from (self.folder / table for table in TABLES)
        for row in self._rows:
            yield row.picture
            yield from (path for _, path in row.masks)

    def _size_told(self, path: str, size: tuple[int, ...], wanted: tuple[int, int]) -> str:
        return (
            f"'{self.relative(path)}' has {size[0]} x {size[1]} pixels, and index.csv says "
            f"{wanted[0]} x {wanted[1]}"
        )


def is_broden(folder: Path) -> bool:
    """Whether a folder looks like Broden."""
    return (folder / "index.csv").is_file() and (folder / "category.csv").is_file()


def nearest(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Values at another size, each pixel's from the one whose middle is nearest.  (h, w) -> (H, W)"""
    if values.shape == size:
        return values
    rows, columns = ((2 * np.arange(new) + 1) * old // (2 * new) for old, new in zip(values.shape, size, strict=True))
    return values[rows[:, None], columns]


def _whole(told: str, largest: int) -> int | None:
    """A number from 1 to `largest`, None for anything else."""
    plain = told.strip()
    return int(plain) if plain.isdecimal() and len(plain) < 10 and 0 < int(plain) <= largest else None
