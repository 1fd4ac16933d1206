"""Where answers come from: loaded from the store, or computed and kept there, several at once where that is cheaper."""

import functools
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from core.atomic import delete
from core.errors import UnknownClass, UnknownName, near
from core.networks.network import Network
from core.probes.choice import default_indices
from core.probes.probe import Probe
from core.request import Request
from core.store import Artefact, Store, cache_folder
from core.sweep import CannotResume, sweep

Progress = Callable[[int, int, str], None]
Arrays = Mapping[str, np.ndarray]
Compute = Callable[[Request, Any, Any, Progress | None], Arrays]
Key = TypeVar("Key", bound=Hashable)

_computed: dict[str, Compute] = {}


def computes(*methods: str) -> Callable[[Compute], Compute]:
    """Declares a function (request, network or None, picture or probe, progress) -> arrays as what answers requests
    of some methods."""

    def declare(compute: Compute) -> Compute:
        _computed.update(dict.fromkeys(methods, compute))
        return compute

    return declare


def answer(
    request: Request, network: Network | None, source: np.ndarray | Probe, progress: Progress | None = None
) -> Artefact:
    """The answer to a request about a picture or a probe: loaded, or computed and kept; where it cannot be kept, in
    memory and with a note.  Raises UnknownName for a method that no answer is known to; what `progress` raises."""
    if network is not None and request.network != network.fingerprint:
        raise ValueError(f"the request is about another network than {network.name}")
    if request.method not in _computed:
        raise UnknownName(f"nothing is known to answer '{request.method}'{near(request.method, _computed)}")
    return kept(request, lambda: _computed[request.method](request, network, source, progress), progress)


def kept(request: Request, compute: Callable[[], Arrays], progress: Progress | None) -> Artefact:
    """Loads without a word; tells `progress` before anything is computed, so that it can refuse. Once the answer is on
    the disk, the checkpoint of its pass goes."""

    def told() -> Arrays:
        if progress:
            progress(0, 1, "beginning")
        return compute()

    def waiting() -> None:
        if progress:
            progress(0, 1, "waiting for somebody who is computing the same")

    artefact = store().build(request, told, waiting)
    if artefact.folder is not None:
        delete(checkpoint_of(request))
    return artefact


def kept_jointly(
    requests: Mapping[Key, Request],
    compute: Callable[[Sequence[Key]], Mapping[Key, Arrays]],
    progress: Progress | None,
) -> dict[Key, Artefact]:
    """Several answers, each kept on its own. Where one has to be computed, `compute` is asked for it, first, and for
    all others that are missing, at once: for what costs little more together than the first alone."""
    made: dict[Key, Arrays] = {}

    def own(key: Key) -> Arrays:
        if key not in made:
            others = (one for one, request in requests.items() if one != key and store().load(request) is None)
            made.update(compute([key, *others]))
        return made.pop(key)

    return {key: kept(request, functools.partial(own, key), progress) for key, request in requests.items()}


def swept(
    request: Request,
    network: Network,
    probe: Probe,
    statistics: Mapping[str, Any],
    indices: np.ndarray,
    progress: Progress | None,
) -> None:
    """A pass that goes on from where it was stopped, if it was."""
    checkpoint = checkpoint_of(request)
    go = functools.partial(sweep, network, probe, statistics, indices=indices, progress=progress)
    try:
        go(checkpoint=checkpoint)
    except CannotResume:  # left by a process with another number of threads, or another torch
        delete(checkpoint)
        go(checkpoint=checkpoint)


def checkpoint_of(request: Request) -> Path:
    """Where the state of what computes an answer is kept meanwhile."""
    return store().folder / "sweeps" / f"{request.digest}.checkpoint"


def store() -> Store:
    """The store of this process, under the cache folder."""
    return _store(cache_folder())


@functools.lru_cache(maxsize=4)
def _store(folder: Path) -> Store:
    opened = Store(folder)
    opened.tidy()
    return opened


def subject(probe: Probe, split: str) -> str:
    """A split of a probe as a request's subject.  Raises UnknownName."""
    if split not in probe.splits:
        raise UnknownName(f"no split '{split}' in {probe.title}{near(split, probe.splits)}")
    return f"probe:{probe.fingerprint}:{split}"


def indices(request: Request, probe: Probe) -> np.ndarray:
    """The images that a request is about: its split, or as many of it, evenly over classes, as its parameters say."""
    split, images = request.subject.rpartition(":")[2], request.parameters.get("images")
    return np.asarray(probe.splits[split]) if images is None else default_indices(probe, split, images)


def class_of(network: Network, index: int) -> int:
    """A class by its index.  Raises UnknownClass."""
    if not 0 <= index < len(network.classes):
        raise UnknownClass(f"no class {index} in {network.name}; its {len(network.classes)} classes count from 0")
    return int(index)
