"""Writing that survives: whole or not at all, synced, one writer at a time, and one sentence where it cannot be done.

What is being written carries a temporary name, `.tmp-<name>-<random>`, beside its place; locks are `.<name>.lock`.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout
from safetensors import SafetensorError

from core.errors import StoreError


class Busy(Exception):
    """Somebody else holds the lock."""


def write_file(path: Path, *parts: bytes | memoryview) -> None:
    """Writes a file, part after part: a reader, and whoever comes after a crash, sees the old bytes or the new.

    Raises StoreError where the disk is full or the folder cannot be written; the old file is then still there."""
    with locked(path), whole(path) as new, new.open("wb") as file:
        for part in parts:
            file.write(part)


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary name for a file or a folder, which takes the place of `path` once it is written and on the disk.
    The caller holds the lock of `path`, so that temporary names found beside it are a killed writer's: they go.

    Raises StoreError; whatever ends the body early leaves nothing behind."""
    for leftover in inside(path.parent, f".tmp-{path.name}-"):
        delete(leftover)
    new = temporary_name(path)
    try:
        with telling(path.parent):
            yield new
            for part in (*inside(new), new):
                sync(part)
            new.replace(path)
            sync(path.parent)
    except BaseException:
        delete(new)
        raise


@contextlib.contextmanager
def telling(folder: Path) -> Iterator[None]:
    """What goes wrong while writing, as a StoreError.  safetensors tells of a full disk by an error of its own."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        raise StoreError(f"{_reason(folder, error)}; nothing was lost, and nothing new is kept") from error


@contextlib.contextmanager
def locked(path: Path, waiting: Callable[[], None] | None = None, at_once: bool = False) -> Iterator[None]:
    """Holds the lock of a path, a file beside it that stays: removing it would let two in. `waiting` is called a few
    times a second while somebody else holds it, and may raise to give up.

    Raises StoreError where the lock cannot be made, Busy where somebody else holds it and `at_once` is set."""
    lock = FileLock(path.with_name(f".{path.name}.lock"), preserve_lock_file=True)
    with telling(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    while not _acquired(lock, path.parent, 0 if at_once else 0.2):
        if at_once:
            raise Busy
        if waiting is not None:
            waiting()
    try:
        yield
    finally:
        lock.release()


def _acquired(lock: FileLock, folder: Path, seconds: float) -> bool:
    with telling(folder):
        try:
            lock.acquire(timeout=seconds)
        except Timeout:
            return False
    return True


def _reason(folder: Path, error: Exception) -> str:
    code, text = getattr(error, "errno", None), str(error)
    if code in (errno.ENOSPC, errno.EDQUOT) or "os error 28" in text or "No space left" in text:
        return f"the disk that holds {folder} is full: free some space (python -m core cache prune)"
    why = "" if code in (errno.EROFS, errno.EACCES, errno.EPERM) else f" ({getattr(error, 'strerror', None) or text})"
    return f"{folder} cannot be written{why}: set CHANNELSCOPE_CACHE to a folder that can be"


def temporary_name(path: Path) -> Path:
    return path.with_name(f".tmp-{path.name}-{secrets.token_hex(4)}")


def owner(temporary: Path) -> Path:
    """The path that a temporary name was made for."""
    return temporary.with_name(temporary.name.removeprefix(".tmp-").rpartition("-")[0] or temporary.name)


def delete(path: Path) -> None:
    """Removes a file or a folder as far as it can be removed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def sync(path: Path) -> None:
    """Waits until a file or a folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha_of(path: Path) -> str:
    """sha256 of a file's bytes, hexadecimal.  Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def inside(folder: Path, start: str = "") -> list[Path]:
    """What a folder holds, in order: the names with this start; without one, those that are not hidden."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [folder / name for name in names if (name.startswith(start) if start else not name.startswith("."))]
