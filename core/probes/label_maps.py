"""Pictures beside label maps, whose pixels say what is there by number: CamVid's layout, and the usual others."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from core.errors import BadImage
from core.probes.files import SPLITS, Inside, OnDisk, concept, folders, pictures, read_text, text
from core.probes.probe import Concept

PICTURES = ("images", "image", "imgs", "img", "jpegimages")
MAPS = ("labels", "masks", "annotations", "label", "mask", "annotation", "annot", "segmentation", "segmentationclass")
BESIDE = ("annot", "_annot", "_labels", "_masks", "_annotations")  # 'trainannot' lies beside 'train'
LOSSLESS = (".png", ".bmp", ".tif", ".tiff", ".gif")
NAMES = ("classes.txt", "labels.txt", "names.json")
NO_CONCEPT = ("unlabelled", "unlabeled", "void", "ignore", "ignored")
IGNORED = 255  # what stands for 'unlabelled' where nobody names the values


class LabelMaps(OnDisk):
    """Pictures with label maps: single-channel files (grey or palette, PNG mostly) whose values are concepts.

    Layouts: images/ with labels/, masks/ or annotations/ beside it, with train, val and test above or below them or not
    at all; or train/ with trainannot/ beside it. A map has its picture's name but for the ending; pictures without one
    are left out, and `about` counts them. Of two pictures of a name both have the map.

    What the values are called: `labels` (by position), else classes.txt or labels.txt (a name a line, or number and
    name), else names.json (a list, or {"3": "tree"}). Then they are the concepts; values without a name are none, nor
    are 'unlabelled' and 'void'. Where nobody names them, every value in a map is a concept, 'label 3', but for 255.
    Concepts are objects unless their names say otherwise ('material: brick').

    Raises BadImage where no picture has a map, or a file of names cannot be read.
    """

    offers = frozenset({"masks"})
    classes = ()

    def __init__(
        self,
        folder: str | Path,
        name: str | None = None,
        title: str | None = None,
        labels: Sequence[str] | None = None,
    ):
        super().__init__(folder, name, title)
        both, alone = _matched(self.folder)
        if not both:
            raise BadImage(
                f"no picture in '{text(self.folder.name)}' has a label map; images/a.jpg goes with labels/a.png"
            )
        self.files = tuple(picture for _, picture, _ in both)
        self._maps = tuple(map_ for _, _, map_ in both)
        self.splits = self.split_up([split for split, _, _ in both])
        named = _named(self.folder) if labels is None else _by_position(labels)
        if named is None:
            named = {value: f"label {value}" for value in self._values_found() if value != IGNORED}
        self._concepts = {value: concept(told) for value, told in sorted(named.items()) if _is_concept(told)}
        self.concepts = tuple(dict.fromkeys(self._concepts.values()))
        self.about = f"Pictures with label maps in {text(self.folder.name)}, {len(self.concepts)} concepts"
        if alone:
            self.about += f"; left out, for want of a label map: {alone}"
        told = "\n".join(f"{value} {one.category}: {one.name}" for value, one in self._concepts.items())
        self.fingerprint = self.digest(f"label maps 1\n{told}", (*self.files, *self._maps))

    def concept_masks(self, index: int) -> dict[Concept, np.ndarray]:
        """Raises BadImage where the map is damaged, in colours, or of another size than its picture."""
        values, size = self._map(self._maps[index]), self.size(index)
        if values.shape != size:
            raise BadImage(
                f"the label map '{self.relative(self._maps[index])}' has {_pixels(values.shape)} and its picture "
                f"{_pixels(size)}; both should be of one size"
            )
        found: dict[Concept, np.ndarray] = {}
        for value in np.unique(values).tolist():
            if one := self._concepts.get(value):
                found[one] = found.get(one, False) | (values == value)
        return found

    def _map(self, path: Path) -> np.ndarray:
        """A label map.  -> (H, W) of integers"""
        values = self.values(path)
        if values.ndim != 2 or values.dtype.kind not in "bui":
            raise BadImage(
                f"'{self.relative(path)}' is a picture in colours; a label map has one number a pixel (grey or palette)"
            )
        return values.astype(np.uint8) if values.dtype == bool else values

    def _values_found(self) -> list[int]:
        """Every value in a map that can be read."""
        found: set[int] = set()
        for path in self._maps:
            try:
                found.update(np.unique(self._map(path)).tolist())
            except BadImage:
                continue
        return sorted(found)


def has_label_maps(folder: Path) -> bool:
    """Whether a folder has one of the layouts, with a picture that has a map."""
    return bool(_matched(folder.resolve())[0])


def _matched(root: Path) -> tuple[list[tuple[str, Path, Path]], int]:
    """(split, picture, map) of every picture that has a map, in order; and how many have none."""
    both, alone = [], 0
    for split, images, maps in _pairs(root):
        by_name = {path.relative_to(maps).with_suffix(""): path for path in pictures(maps, root, True, LOSSLESS)}
        for path in pictures(images, root, deep=True):
            if found := by_name.get(path.relative_to(images).with_suffix("")):
                both.append((split, path, found))
            else:
                alone += 1
    return sorted(both), alone


def _pairs(root: Path) -> Iterator[tuple[str, Path, Path]]:
    """(split, folder of pictures, folder of their maps)"""
    tops = {top.name.casefold(): top for top in folders(root, root)}
    images, maps = _beside(tops)
    if images and maps:
        yield from _below(images, maps, root)
        return
    for name, top in tops.items():
        if (split := SPLITS.get(name)) is None:
            continue
        images, maps = _beside({below.name.casefold(): below for below in folders(top, root)})
        if images and maps:
            yield split, images, maps
        elif other := next((tops[name + end] for end in BESIDE if name + end in tops), None):
            yield split, top, other


def _below(images: Path, maps: Path, root: Path) -> Iterator[tuple[str, Path, Path]]:
    """The splits below a folder of pictures and one of maps, or all of both where there are none."""
    splits = [(SPLITS.get(top.name.casefold()), top) for top in folders(images, root)]
    if not splits or not all(split for split, _ in splits):
        yield "all", images, maps
        return
    others = {SPLITS.get(top.name.casefold()): top for top in folders(maps, root)}
    yield from ((split, top, others[split]) for split, top in splits if split in others)


def _beside(found: Mapping[str, Path]) -> tuple[Path | None, Path | None]:
    first = [next((found[name] for name in names if name in found), None) for names in (PICTURES, MAPS)]
    return first[0], first[1]


def _named(folder: Path) -> dict[int, str] | None:
    """The names that a file in the folder gives to values, None where there is no such file."""
    inside = Inside(folder)
    path = next((folder / name for name in NAMES if inside.file(folder / name)), None)
    if path is None:
        return None
    content = read_text(path)
    if path.suffix == ".json":
        return _from_json(path.name, content)
    lines = [line.strip() for line in content.strip().splitlines()]
    numbered = [re.fullmatch(r"(\d{1,9})[\s,;:=]+(\S.*)", line) for line in lines if line]
    if numbered and all(numbered):
        return {int(found[1]): found[2] for found in numbered}
    return _by_position(lines)


def _from_json(file: str, content: str) -> dict[int, str]:
    try:
        told = json.loads(content)
        pairs = told.items() if isinstance(told, dict) else enumerate(told)
        return {int(value): str(name) for value, name in pairs}
    except (ValueError, TypeError, RecursionError):
        raise BadImage(f"'{file}' should hold a list of names, or names by value: {{\"3\": \"tree\"}}") from None


def _by_position(names: Sequence[str]) -> dict[int, str]:
    return dict(enumerate(names))


def _is_concept(name: str) -> bool:
    return bool(name.strip()) and concept(name).name.casefold() not in NO_CONCEPT


def _pixels(size: Sequence[int]) -> str:
    return f"{size[0]} x {size[1]} pixels"
