"""A folder of pictures as a probe: one sub-folder per class, below train, val and test where there are such folders."""

from collections.abc import Iterable
from pathlib import Path

from core.errors import BadImage
from core.probes.files import SPLITS, OnDisk, folders, pictures, text


class Folder(OnDisk):
    """Pictures in a folder. Classes are the names of the sub-folders, in order; a flat folder has none.

    Where the sub-folders are named train, val, test (or training, validation, …), they are the splits and the classes
    lie below; else everything is in the split 'all'. Files that are no pictures by their ending, hidden ones, and links
    that lead out of the folder are passed over.  Raises BadImage where there is no folder or no picture in it.
    """

    def __init__(self, folder: str | Path, name: str | None = None, title: str | None = None):
        super().__init__(folder, name, title)
        found = sorted(self._found())
        if not found:
            raise BadImage(
                f"no pictures in '{text(self.folder.name)}'; "
                "it should hold one sub-folder per class with PNG, JPEG, WebP, BMP or TIFF files"
            )
        self.classes = tuple(sorted({label for _, label, _ in found if label is not None}))
        self.splits = self.split_up([split for split, _, _ in found])
        self.offers = frozenset({"labels"} if self.classes else ())
        self.files = tuple(path for _, _, path in found)
        self._labels = [None if label is None else self.classes.index(label) for _, label, _ in found]
        of_class = f"{len(self.classes)} classes" if self.classes else "no classes"
        self.about = f"{len(found)} pictures, {of_class}, in {text(self.folder.name)}"
        self.fingerprint = self.digest("folder 1", self.files)

    def label(self, index: int) -> int | None:
        return self._labels[index]

    def _found(self) -> Iterable[tuple[str, str | None, Path]]:
        """(split, class, file) of every picture."""
        tops = folders(self.folder, self.folder)
        split_names = {top: SPLITS.get(top.name.casefold()) for top in tops}
        if tops and all(split_names.values()):
            for top, split in split_names.items():
                yield from ((split, label, path) for label, path in self._labelled(top))
        else:
            yield from (("all", label, path) for label, path in self._labelled(self.folder))

    def _labelled(self, top: Path) -> Iterable[tuple[str | None, Path]]:
        """The pictures of a split: those of each class however deep, or the unlabelled ones of a flat folder."""
        classes = folders(top, self.folder)
        below = [(text(entry.name), path) for entry in classes for path in pictures(entry, self.folder, deep=True)]
        yield from below
        if not below:
            yield from ((None, path) for path in pictures(top, self.folder, deep=False))
