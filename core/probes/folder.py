"""A folder of pictures as a probe: one sub-folder per class, below train, val and test where there are such folders."""

import os
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from core.errors import BadImage
from core.pictures import decode
from core.probes.probe import Probe

SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".webp", ".bmp", ".tif", ".tiff", ".gif")
SPLITS = {  # how people name their splits -> how we do
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}


class Folder(Probe):
    """Pictures in a folder. Classes are the names of the sub-folders, in order; a flat folder has none.

    Where the sub-folders are named train, val, test (or training, validation, …), they are the splits and the classes
    lie below; else everything is in the split 'all'. Files that are no pictures by their ending, hidden ones, and links
    that lead out of the folder are passed over. A damaged picture counts and says so when it is opened.
    Raises BadImage where there is no folder or no picture in it.
    """

    def __init__(self, folder: str | Path, name: str | None = None, title: str | None = None):
        self.folder = Path(folder).expanduser().resolve()
        if not self.folder.is_dir():
            raise BadImage(f"there is no folder '{folder}'")
        self.name = name or _text(str(folder))
        self.title = title or _text(self.folder.name)
        found = sorted(self._found())
        if not found:
            raise BadImage(
                f"no pictures in '{_text(self.folder.name)}'; "
                "it should hold one sub-folder per class with PNG, JPEG, WebP, BMP or TIFF files"
            )
        self.classes = tuple(sorted({label for _, label, _ in found if label is not None}))
        self.splits = {
            split: np.array([i for i, (where, _, _) in enumerate(found) if where == split], int)
            for split in dict.fromkeys(where for where, _, _ in found)
        }
        self.offers = frozenset({"labels"} if self.classes else ())
        self.files = tuple(path for _, _, path in found)
        self._labels = [None if label is None else self.classes.index(label) for _, label, _ in found]
        self._keys = {self._relative(path): index for index, path in enumerate(self.files)}
        of_class = f"{len(self.classes)} classes" if self.classes else "no classes"
        self.about = f"{len(found)} pictures, {of_class}, in {_text(self.folder.name)}"
        self.fingerprint = self._fingerprint()

    def __len__(self) -> int:
        return len(self.files)

    def image(self, index: int) -> np.ndarray:
        path = self.files[index]
        try:
            return decode(path.read_bytes())
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise BadImage(f"'{self._relative(path)}' cannot be read: {reason}") from None
        except BadImage as error:
            raise BadImage(f"'{self._relative(path)}': {error}") from None

    def label(self, index: int) -> int | None:
        return self._labels[index]

    def caption(self, index: int) -> str:
        label = self.label(index)
        name = _text(self.files[index].name)
        return name if label is None else f"{self.classes[label]}, {name}"

    def key(self, index: int) -> str:
        return self._relative(self.files[index])

    def find(self, key: str) -> int | None:
        return self._keys.get(key)

    def _found(self) -> Iterable[tuple[str, str | None, Path]]:
        """(split, class, file) of every picture."""
        tops = self._folders(self.folder)
        split_names = {top: SPLITS.get(top.name.casefold()) for top in tops}
        if tops and all(split_names.values()):
            for top, split in split_names.items():
                yield from ((split, label, path) for label, path in self._labelled(top))
        else:
            yield from (("all", label, path) for label, path in self._labelled(self.folder))

    def _labelled(self, top: Path) -> Iterable[tuple[str | None, Path]]:
        """The pictures of a split: those of each class however deep, or the unlabelled ones of a flat folder."""
        classes = self._folders(top)
        below = [(_text(entry.name), path) for entry in classes for path in self._pictures(entry, deep=True)]
        yield from below
        if not below:
            yield from ((None, path) for path in self._pictures(top, deep=False))

    def _folders(self, folder: Path) -> list[Path]:
        return [entry for entry in self._entries(folder) if entry.is_dir()]

    def _pictures(self, folder: Path, deep: bool) -> Iterable[Path]:
        for entry in self._entries(folder):
            if entry.is_dir():
                if deep and not entry.is_symlink():
                    yield from self._pictures(entry, deep)
            elif entry.suffix.casefold() in SUFFIXES and entry.is_file():
                yield entry

    def _entries(self, folder: Path) -> list[Path]:
        """What lies in a folder, by name, without hidden entries and without links that leave the probe's folder."""
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise BadImage(f"the folder '{_text(folder.name)}' cannot be read: {reason}") from None
        return [e for e in entries if not e.name.startswith(".") and self._inside(e)]

    def _inside(self, entry: Path) -> bool:
        try:
            return not entry.is_symlink() or entry.resolve(strict=True).is_relative_to(self.folder)
        except (OSError, RuntimeError):  # a link to nowhere, or to itself
            return False

    def _relative(self, path: Path) -> str:
        return _text(path.relative_to(self.folder).as_posix())

    def _fingerprint(self) -> str:
        """sha256 over names, sizes and contents of all files, so that an edited picture is never taken for the old."""
        digest = sha256(b"folder 1\0")
        for path in self.files:
            size, content = _content(path)
            digest.update(f"{self._relative(path)}\0{size}\0{content}\0".encode())
        return digest.hexdigest()


def _content(path: Path) -> tuple[int, str]:
    """Size and sha256 of a file, read again only after inode, size or times changed; '' where it cannot be read."""
    try:
        state = os.stat(path)
        return state.st_size, _sha(path, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    except OSError:
        return 0, ""


@lru_cache(maxsize=200_000)
def _sha(path: Path, *state: int) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _text(name: str) -> str:
    """A file's name as text that can be shown and sent, also where the disk holds bytes that are no text."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
