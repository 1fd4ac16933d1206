"""What probes that lie in a folder share: listing it, never leaving it, opening its files, telling contents apart."""

import csv
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import TypeVar

import numpy as np

from core.errors import BadImage
from core.pictures import decode, decode_values, size_of
from core.probes.probe import CATEGORIES, Concept, Probe

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
LARGEST_TEXT = 256 * 2**20  # bytes of a table or a list of names; larger ones are refused before they are read

Answer = TypeVar("Answer")


class OnDisk(Probe):
    """A probe of picture files in a folder. A subclass sets `files`, in the order of the indices.

    Raises BadImage where there is no folder; a damaged picture counts and says so when it is opened.
    """

    files: tuple[Path, ...]

    def __init__(self, folder: str | Path, name: str | None = None, title: str | None = None):
        self.folder = Path(folder).expanduser().resolve()
        if not self.folder.is_dir():
            raise BadImage(f"there is no folder '{folder}'")
        self._start = len(os.path.join(self.folder, ""))
        self.name = name or text(str(folder))
        self.title = title or text(self.folder.name)

    def __len__(self) -> int:
        return len(self.files)

    def image(self, index: int) -> np.ndarray:
        return self.opened(self.files[index], decode)

    def size(self, index: int) -> tuple[int, int]:
        """Height and width of a picture, from the head of its file.  Raises BadImage."""
        return self.opened(self.files[index], size_of)

    def values(self, path: str | Path) -> np.ndarray:
        """The values that the file of an annotation holds: (H, W), or (H, W, channels).  Raises BadImage."""
        return self.opened(path, decode_values)

    def caption(self, index: int) -> str:
        label = self.label(index)
        name = text(self.files[index].name)
        return name if label is None else f"{self.classes[label]}, {name}"

    def key(self, index: int) -> str:
        return self.relative(self.files[index])

    def find(self, key: str) -> int | None:
        return self._keys.get(key)

    @cached_property
    def _keys(self) -> dict[str, int]:
        return {self.relative(path): index for index, path in enumerate(self.files)}

    def relative(self, path: str | Path) -> str:
        """A path in the folder as it is called there."""
        return text(os.fspath(path)[self._start :].replace(os.sep, "/"))

    def opened(self, path: str | Path, read: Callable[[bytes], Answer]) -> Answer:
        """What `read` makes of a file; what goes wrong names the file.  Raises BadImage."""
        try:
            return read(Path(path).read_bytes())
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise BadImage(f"'{self.relative(path)}' cannot be read: {reason}") from None
        except BadImage as error:
            raise BadImage(f"'{self.relative(path)}': {error}") from None

    def split_up(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """The split of each image -> the images of each split, in order of their first image."""
        found: dict[str, list[int]] = {}
        for index, name in enumerate(names):
            found.setdefault(name, []).append(index)
        return {name: np.array(indices, int) for name, indices in found.items()}

    def digest(self, kind: str, paths: Iterable[str | Path]) -> str:
        """sha256 over names, sizes and contents of files, so that an edited one is never taken for the old."""
        whole = sha256(f"{kind}\0".encode())
        for path in paths:
            size, content = _content(os.fspath(path))
            whole.update(f"{self.relative(path)}\0{size}\0{content}\0".encode())
        return whole.hexdigest()


class Inside:
    """Whether files that others name lie in a folder, links followed; each folder is resolved once."""

    def __init__(self, folder: Path):
        self.folder = folder.resolve()
        self._folders: dict[str, bool] = {}

    def file(self, path: str | Path) -> bool:
        """Whether `path` is a file that is there, in the folder."""
        try:
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                real = Path(path).resolve(strict=True)
                return real.is_file() and real.is_relative_to(self.folder)
            return stat.S_ISREG(mode) and self._holds(os.path.dirname(path))
        except (OSError, RuntimeError, ValueError):  # not there, a link to itself, a name that no disk can hold
            return False

    def _holds(self, parent: str) -> bool:
        if parent not in self._folders:
            self._folders[parent] = Path(parent).resolve().is_relative_to(self.folder)
        return self._folders[parent]


def entries(folder: Path, root: Path) -> list[Path]:
    """What lies in a folder, by name, without hidden entries and without links that leave `root`.  Raises BadImage."""
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadImage(f"the folder '{text(folder.name)}' cannot be read: {reason}") from None
    return [entry for entry in found if not entry.name.startswith(".") and _stays(entry, root)]


def folders(folder: Path, root: Path) -> list[Path]:
    """The sub-folders among `entries`."""
    return [entry for entry in entries(folder, root) if entry.is_dir()]


def pictures(folder: Path, root: Path, deep: bool, suffixes: Sequence[str] = SUFFIXES) -> Iterator[Path]:
    """The picture files of a folder, by their endings; with `deep` also those below it, links to folders aside."""
    for entry in entries(folder, root):
        if entry.is_dir():
            if deep and not entry.is_symlink():
                yield from pictures(entry, root, deep, suffixes)
        elif entry.suffix.casefold() in suffixes and entry.is_file():
            yield entry


def read_text(path: Path) -> str:
    """A text file, bytes that are no UTF-8 replaced.  Raises BadImage where it is not there or too large."""
    try:
        if os.path.getsize(path) > LARGEST_TEXT:
            raise BadImage(f"'{text(path.name)}' has more than {LARGEST_TEXT >> 20} MB, too many for a list or a table")
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadImage(f"'{text(path.name)}' cannot be read: {reason}") from None


def read_table(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file by the names in its first line; a row too short or too long is an empty one.

    Raises BadImage where it is not there, is no table, or lacks one of the `needed` columns.
    """
    try:
        rows = list(csv.reader(StringIO(read_text(path), newline="")))
    except csv.Error as error:
        raise BadImage(f"'{text(path.name)}' is no table that can be read: {error}") from None
    head = [name.strip() for name in rows[0]] if rows else []
    if missing := [name for name in needed if name not in head]:
        raise BadImage(f"'{text(path.name)}' has no column '{missing[0]}'; it needs {', '.join(needed)}")
    return [dict(zip(head, row, strict=True)) if len(row) == len(head) else {} for row in rows[1:] if row]


def concept(name: str, category: str = "object") -> Concept:
    """A concept by its name; 'part: wheel' names its category itself, and American 'color' is 'colour'."""
    first, colon, rest = name.partition(":")
    if colon and rest.strip() and category_of(first) in CATEGORIES:
        name, category = rest, first
    return Concept(name.strip(), category_of(category))


def category_of(name: str) -> str:
    """A category as it is called here."""
    plain = name.strip().casefold()
    return "colour" if plain == "color" else plain


def text(name: str) -> str:
    """A file's name as text that can be shown and sent, also where the disk holds bytes that are no text."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _stays(entry: Path, root: Path) -> bool:
    try:
        return not entry.is_symlink() or entry.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # a link to nowhere, or to itself
        return False


def _content(path: str) -> tuple[int, str]:
    """Size and sha256 of a file, read again only after inode, size or times changed; '' where it cannot be read."""
    try:
        state = os.stat(path)
        return state.st_size, _sha(path, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns).hex()
    except OSError:
        return 0, ""


@lru_cache(maxsize=500_000)  # Broden has 300,000 files
def _sha(path: str, *state: int) -> bytes:
    with open(path, "rb") as file:
        return sha256(file.read()).digest()
