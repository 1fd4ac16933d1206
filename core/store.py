"""Answers on disk: a folder each, named by its request, checksummed, written atomically, built once.

    <cache>/artefacts/<method>/<digest>/     request.json, arrays.safetensors, checksums.sha256
    <cache>/uploads/<sha256><suffix>         pictures and checkpoints that a person gave, by content

What is being written carries a name that starts with `.tmp-`, what was found damaged one with `.damaged-`; neither ever
reads as an artefact. `sha256sum -c checksums.sha256` in an artefact's folder checks it by hand.
"""

import contextlib
import functools
import hashlib
import logging
import os
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save_file

from core.atomic import Busy, delete, inside, locked, owner, sha_of, telling, temporary_name, whole, write_file
from core.errors import StoreError
from core.request import Request

REQUEST, ARRAYS, CHECKSUMS = "request.json", "arrays.safetensors", "checksums.sha256"
HELD_BYTES = 256 * 2**20  # what could not be written, kept in memory, at most
_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Where artefacts and uploads live: $CHANNELSCOPE_CACHE, else `cache` beside `core`."""
    return Path(os.environ.get("CHANNELSCOPE_CACHE") or Path(__file__).parents[1] / "cache").absolute()


@dataclass(frozen=True)
class Artefact:
    """An answer: named arrays, read-only; the folder that keeps them, or None and a note that says why."""

    request: Request
    arrays: Mapping[str, np.ndarray]
    folder: Path | None
    note: str = ""


@dataclass(frozen=True)
class Item:
    """One thing in the cache: an artefact (with its request, unless that is damaged), an upload, or the checkpoint of
    a pass that was stopped; its bytes; when it was last used (Unix time)."""

    kind: str  # the method of an artefact, 'upload' or 'checkpoint'
    request: Request | None
    path: Path
    size: int
    used: float

    @property
    def digest(self) -> str:
        return self.path.name[:64]


@dataclass(frozen=True)
class Damage:
    """Something in the cache that did not hold what was written: where it was set aside, and what was wrong."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Report:
    """What reading everything again has shown."""

    sound: int
    damaged: tuple[Damage, ...]


class _Damaged(Exception):
    """What stands in the place of an artefact is none."""


class Store:
    """The artefacts under a folder. Any number of threads, processes and stores may share the folder."""

    def __init__(self, folder: str | os.PathLike | None = None) -> None:
        self.folder = Path(folder).absolute() if folder is not None else cache_folder()
        self._held: OrderedDict[str, Artefact] = OrderedDict()
        self._guard = threading.Lock()

    @property
    def trouble(self) -> str:
        """Why the last result that could not be written could not; "" when everything that was computed is kept."""
        with self._guard:
            return next(reversed(self._held.values())).note if self._held else ""

    def place(self, request: Request) -> Path:
        """The folder that keeps the answer to a request, once there is one."""
        return self.folder / "artefacts" / request.method / request.digest

    def load(self, request: Request) -> Artefact | None:
        """The answer, verified, if it is there. A damaged one is set aside and reported, and reads as not there."""
        place = self.place(request)
        found = None
        try:
            found = _read(place, request)
        except _Damaged:
            with contextlib.suppress(StoreError), locked(place):
                found = self._settled(request)
        if found is None:
            with self._guard:
                return self._held.get(request.digest)
        with contextlib.suppress(OSError):
            os.utime(place)  # prune goes by last use
        return found

    def build(
        self,
        request: Request,
        compute: Callable[[], Mapping[str, np.ndarray]],
        waiting: Callable[[], None] | None = None,
    ) -> Artefact:
        """The answer: loaded, or computed and kept. Of several that ask at once one computes and the others wait,
        calling `waiting` a few times a second (it may raise to give up). What `compute` raises passes through.

        Where the folder cannot be written the answer is still given, held in memory, with `folder` None and a note.
        """
        if (found := self.load(request)) is not None and found.folder is not None:
            return found
        with contextlib.ExitStack() as stack:
            obstacle = None
            try:
                stack.enter_context(locked(self.place(request), waiting))
                if (settled := self._settled(request)) is not None:
                    return settled
            except StoreError as error:
                obstacle = error
            with self._guard:
                held = self._held.get(request.digest)
            arrays = held.arrays if held else _plain(compute())
            try:
                if obstacle is not None:
                    raise obstacle
                return self._keep(request, arrays)
            except StoreError as error:
                return self._hold(Artefact(request, arrays, None, str(error)))

    def list(self) -> tuple[Item, ...]:
        """What the cache holds, the most recently used first. Nothing is verified here."""
        items = [_item(place.parent.name, _request_in(place), place) for place in self._places()]
        for folder, kind in (("uploads", "upload"), ("sweeps", "checkpoint")):
            items += [_item(kind, None, path) for path in inside(self.folder / folder) if path.is_file()]
        return tuple(sorted((item for item in items if item), key=lambda item: (-item.used, item.path)))

    def verify(self) -> Report:
        """Reads everything again; what is damaged is set aside, where the folder can be written. Leftovers of killed
        writers are removed."""
        self.tidy()
        sound, damages = 0, []
        for item in self.list():
            if item.kind == "checkpoint":  # verified by the pass that goes on from it
                continue
            check = _check_upload if item.kind == "upload" else _read
            look = functools.partial(check, item.path)
            try:
                look()
                sound += 1
            except _Damaged as damaged:
                damages += _again(item.path, look, str(damaged))
        return Report(sound, tuple(damages))

    def prune(
        self, older_than: float | None = None, size: int | None = None, everything: bool = False
    ) -> tuple[Item, ...]:
        """Removes what was last used more than `older_than` seconds ago; then, the least recently used first, until
        at most `size` bytes are left; or everything. Leftovers and what was set aside go in any case; what is being
        written stays.  Returns what was removed.  Raises StoreError."""
        self.tidy()
        items, now, removed = self.list(), time.time(), []
        total = sum(item.size for item in items)
        for item in reversed(items):
            old = older_than is not None and now - item.used > older_than
            if (everything or old or (size is not None and total > size)) and _remove(item.path):
                removed.append(item)
                total -= item.size
        for set_aside in self._hidden(".damaged-"):
            delete(set_aside)
        if everything:
            with self._guard:
                self._held.clear()
        return tuple(removed)

    def tidy(self) -> None:
        """Removes what killed writers left: temporary names whose lock is free."""
        for leftover in self._hidden(".tmp-"):
            with contextlib.suppress(StoreError, Busy), locked(owner(leftover), at_once=True):
                delete(leftover)

    def _settled(self, request: Request) -> Artefact | None:
        """Under the lock: the answer if it is there, else a clean place for it."""
        place = self.place(request)
        try:
            return _read(place, request)
        except _Damaged as damaged:
            _set_aside(place, str(damaged))
            return None

    def _keep(self, request: Request, arrays: Mapping[str, np.ndarray]) -> Artefact:
        place = self.place(request)
        with whole(place) as new:
            new.mkdir()
            (new / REQUEST).write_text(request.to_json(), "utf-8")
            save_file(dict(arrays), new / ARRAYS)
            lines = (_line(sha_of(new / name), name) for name in (REQUEST, ARRAYS))
            (new / CHECKSUMS).write_text("".join(lines), "ascii")
        with self._guard:
            self._held.pop(request.digest, None)
        return Artefact(request, arrays, place)

    def _hold(self, artefact: Artefact) -> Artefact:
        with self._guard:
            news = artefact.request.digest not in self._held
            self._held[artefact.request.digest] = artefact
            self._held.move_to_end(artefact.request.digest)
            while len(self._held) > 1 and sum(map(_bytes, self._held.values())) > HELD_BYTES:
                self._held.popitem(last=False)
        if news:
            _log.warning("%s", artefact.note)
        return artefact

    def _places(self) -> Iterator[Path]:
        for method in inside(self.folder / "artefacts"):
            yield from (place for place in inside(method) if re.fullmatch(r"[0-9a-f]{64}", place.name))

    def _hidden(self, start: str) -> Iterator[Path]:
        for folder in (*inside(self.folder / "artefacts"), self.folder / "uploads", self.folder / "sweeps"):
            yield from inside(folder, start)


def keep_file(data: bytes, suffix: str) -> str:
    """Keeps an uploaded file by its content; suffix like '.png'.  Returns its sha256 (hex).  Raises StoreError."""
    sha = hashlib.sha256(data).hexdigest()
    if find_file(sha, suffix) is None:
        write_file(_upload(sha, suffix), data)
    return sha


def find_file(sha: str, suffix: str) -> Path | None:
    """The uploaded file of this content, verified, or None. A damaged one is set aside and reported."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha):
        return None
    path = _upload(sha, suffix)
    try:
        if not _check_upload(path):
            return None
    except _Damaged as damaged:
        _again(path, lambda: _check_upload(path), str(damaged))
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return path


def _check_upload(path: Path) -> bool:
    """Whether the file is there.  Raises _Damaged."""
    try:
        content = sha_of(path)
    except OSError as error:
        if not os.path.lexists(path):
            return False
        raise _Damaged(f"it cannot be read ({error.strerror})") from error
    if content != path.name[:64]:
        raise _Damaged("its content is not what its name says")
    return True


def _again(path: Path, check: Callable[[], object], reason: str) -> list[Damage]:
    """Looks again under the lock, since somebody may have put it right, and sets aside what is still damaged."""
    try:
        with locked(path):
            try:
                check()
            except _Damaged as damaged:
                return [_set_aside(path, str(damaged))]
    except StoreError:
        return [Damage(path, reason)]
    return []


def _upload(sha: str, suffix: str) -> Path:
    if not re.fullmatch(r"(\.[a-z0-9]+)?", suffix):
        raise ValueError(f"a suffix is a dot and small letters or digits, not '{suffix}'")
    return cache_folder() / "uploads" / (sha + suffix)


def _read(place: Path, request: Request | None = None) -> Artefact | None:
    """What stands at `place`, read once, so that the bytes verified are the bytes given.  Raises _Damaged."""
    try:
        sums = (place / CHECKSUMS).read_bytes()
        texts = {name: (place / name).read_bytes() for name in (REQUEST, ARRAYS)}
        if "".join(_line(hashlib.sha256(data).hexdigest(), name) for name, data in texts.items()).encode() != sums:
            raise _Damaged("its bytes are not those that were written")
        inside = Request.from_json(texts[REQUEST])
        if inside.digest != place.name or (request is not None and inside != request):
            raise _Damaged("it answers another request")
        arrays = load_arrays(texts[ARRAYS])
    except OSError as error:
        if not os.path.lexists(place):
            return None
        raise _Damaged(f"it cannot be read ({error.strerror}: {Path(error.filename or place).name})") from error
    except (ValueError, SafetensorError) as error:
        raise _Damaged(f"it cannot be read ({error})") from error
    for array in arrays.values():
        array.flags.writeable = False
    return Artefact(inside, arrays, place)


def _plain(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Contiguous, of this machine's byte order, read-only: safetensors writes a transposed array wrongly, in silence.
    Copied where it has to be; np.ascontiguousarray would turn a number into a vector."""
    plain = {}
    for name, given in arrays.items():
        array = np.asarray(given)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"an artefact holds arrays of numbers; '{name}' is {array.dtype}")
        array = np.array(array, array.dtype.newbyteorder("="), order="C")
        array.flags.writeable = False
        plain[name] = array
    return plain


def _set_aside(place: Path, reason: str) -> Damage:
    _log.warning("%s is damaged: %s; it was set aside and will be built again", place, reason)
    aside = place.with_name(f".damaged-{place.name}-{secrets.token_hex(4)}")
    with telling(place.parent):
        place.rename(aside)
    return Damage(aside, reason)


def _remove(path: Path) -> bool:
    """Takes an item out of its place in one step and deletes it; False where somebody holds it or it is gone."""
    gone = temporary_name(path)
    with contextlib.suppress(Busy, FileNotFoundError), locked(path, at_once=True):
        path.stat()  # somebody else may have removed it already
        with telling(path.parent):
            path.rename(gone)
        delete(gone)
        return True
    return False


def _line(sha: str, name: str) -> str:
    return f"{sha}  {name}\n"


def _request_in(place: Path) -> Request | None:
    try:
        return Request.from_json((place / REQUEST).read_bytes())
    except (OSError, ValueError):
        return None


def _item(kind: str, request: Request | None, path: Path) -> Item | None:
    try:
        size = sum(part.stat().st_size for part in inside(path)) if path.is_dir() else path.stat().st_size
        return Item(kind, request, path, size, path.stat().st_mtime)
    except OSError:
        return None


def _bytes(artefact: Artefact) -> int:
    return sum(array.nbytes for array in artefact.arrays.values())
