"""One pass over a probe that feeds any number of running statistics; it can be stopped, resumed, split and merged.

A resumed pass gives bit for bit what an unbroken one gives: batch size and threads are part of its state, because the
last bits of a forward pass depend on them. Parts of a pass, in one process or over torch.distributed (torchrun), merge:

    indices = part(probe.splits["train"], rank, world)
    sweep(network, probe, statistics, indices=indices)
    gather(statistics)
"""

import copy
import hashlib
import json
import logging
import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.atomic import write_file
from core.errors import CoreError, StoreError
from core.networks.network import Network
from core.networks.taps import tap
from core.probes.probe import Probe
from core.statistics import Batch, State, Statistic

Progress = Callable[[int, int, str], None]
SELDOM = 20  # times what keeping a checkpoint takes are spent on the pass before the next one
_log = logging.getLogger(__name__)


class CannotResume(CoreError):
    """A checkpoint of a pass with other settings."""


def sweep(
    network: Network,
    probe: Probe,
    statistics: Mapping[str, Statistic],
    *,
    indices: np.ndarray | None = None,
    batch_size: int = 32,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
    every: float = 20.0,
) -> None:
    """Runs the network over the images once, in order, and feeds the statistics, in place.

    With a `checkpoint` file the state is kept every so many seconds (more seldom where that takes long), at the end,
    and when the pass is stopped; a pass that finds one goes on from there. A checkpoint that cannot be written is
    reported and costs nothing else.
    Raises CannotResume where the checkpoint belongs to a pass with other settings; what `progress` raises.
    """
    indices = np.arange(len(probe)) if indices is None else np.asarray(indices, np.int64)
    layers = [network.layer(name) for name in dict.fromkeys(n for s in statistics.values() for n in s.layers)]
    settings = _settings(network, probe, statistics, indices, batch_size)
    done = kept = _resume(checkpoint, settings, statistics) if checkpoint else 0
    whole, last, cost = True, time.monotonic(), 0.0

    def prepare(start: int) -> torch.Tensor | None:
        images = [probe.image(int(i)) for i in indices[start : start + batch_size]]
        return network.prepare(images) if images else None

    # The next images are read or drawn while the network is busy with these.
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(prepare, done)
        try:
            while done < len(indices):
                images, some = coming.result(), indices[done : done + batch_size]
                coming = ahead.submit(prepare, done + len(some))
                batch = _seen(network, probe, layers, some, images)
                whole = False  # stopped in here, some statistics would have seen the batch and others not
                for statistic in statistics.values():
                    statistic.update(batch)
                whole, done = True, done + len(some)
                if checkpoint and (begun := time.monotonic()) - last >= max(every, SELDOM * cost):
                    kept, last = _keep(checkpoint, settings, statistics, done), time.monotonic()
                    cost = last - begun
                if progress:
                    progress(done, len(indices), f"{probe.title} through {network.title}")
        finally:
            coming.cancel()
            if checkpoint and whole and kept != done:
                _keep(checkpoint, settings, statistics, done)


def part(indices: np.ndarray, rank: int, world: int) -> np.ndarray:
    """The consecutive share of process `rank` of `world`: parts merged by rank are in order.  (n,) -> (n / world,)"""
    return np.array_split(np.asarray(indices), world)[rank]


def gather(statistics: Mapping[str, Statistic]) -> None:
    """Merges the statistics of all processes of torch.distributed's group, in the order of ranks, in each of them."""
    from torch import distributed

    device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
    kinds, arrays = _laid_out(statistics)
    packed = b"".join([json.dumps(kinds).encode() + b"\n", *arrays])
    mine = torch.frombuffer(bytearray(packed), dtype=torch.uint8).to(device)
    sizes = [torch.zeros(1, dtype=torch.int64, device=device) for _ in range(distributed.get_world_size())]
    distributed.all_gather(sizes, torch.tensor([len(mine)], device=device))
    longest = int(max(sizes))
    parts = [mine.new_zeros(longest) for _ in sizes]
    distributed.all_gather(parts, torch.cat([mine, mine.new_zeros(longest - len(mine))]))
    states = []
    for part, size in zip(parts, sizes, strict=True):
        head, _, rest = part[: int(size)].cpu().numpy().tobytes().partition(b"\n")
        states.append(_read(json.loads(head), np.frombuffer(rest, np.uint8)))
    for name, statistic in statistics.items():
        statistic.restore(states[0].get(name, {}))
        for state in states[1:]:
            other = copy.copy(statistic)
            other.restore(state.get(name, {}))
            statistic.merge(other)


def _seen(network: Network, probe: Probe, layers: list, indices: np.ndarray, images: torch.Tensor) -> Batch:
    labels = [probe.label(int(i)) for i in indices]
    with torch.no_grad(), tap(network, layers) as seen:
        logits = network(images)
        values = {layer.name: seen[layer.name] for layer in layers}
    labels = np.array([-1 if label is None else label for label in labels], np.int64)
    return Batch(indices, labels, logits, values, images)


def _settings(
    network: Network, probe: Probe, statistics: Mapping[str, Statistic], indices: np.ndarray, batch_size: int
) -> dict[str, Any]:
    """Everything that the bits of the result depend on, by the name a person would give it."""
    return {
        "network": network.fingerprint,
        "probe": probe.fingerprint,
        "images": hashlib.sha256(indices.astype("<i8").tobytes()).hexdigest(),
        "batch size": batch_size,
        "threads": torch.get_num_threads(),
        "device": torch.device(network.device).type,
        "torch": torch.__version__,
        "statistics": {name: [type(one).__name__, dict(one.settings)] for name, one in statistics.items()},
    }


def _laid_out(statistics: Mapping[str, Statistic]) -> tuple[list[list], list[memoryview]]:
    """The statistics' states for a file: [path, type, shape] of each array, and the arrays' own bytes, not copied:
    CHIP's sums for a thousand classes take two gigabytes."""
    kinds, parts = [], []
    for name, statistic in statistics.items():
        for key, value in statistic.state().items():
            value = np.asarray(value, order="C")
            kinds.append([f"{name}/{key}", value.dtype.str, value.shape])
            parts.append(memoryview(value.reshape(-1).view(np.uint8)))
    return kinds, parts


def _read(kinds: list[list], data: np.ndarray) -> dict[str, State]:
    """The states that were laid out as `kinds`, as views of (bytes,) uint8: what restores copies them."""
    states: dict[str, State] = {}
    start = 0
    for path, dtype, shape in kinds:
        end = start + np.dtype(dtype).itemsize * math.prod(shape)
        name, _, key = path.rpartition("/")
        states.setdefault(name, {})[key] = data[start:end].view(dtype).reshape(shape)
        start = end
    return states


def _keep(checkpoint: Path, settings: Mapping[str, Any], statistics: Mapping[str, Statistic], done: int) -> int:
    """Writes a sha256 of all that follows, a line of JSON (settings, images done, what the states are), the states."""
    kinds, parts = _laid_out(statistics)
    head = json.dumps({"settings": settings, "done": done, "states": kinds}).encode() + b"\n"
    seal = hashlib.sha256(head)
    for part in parts:
        seal.update(part)
    try:
        write_file(checkpoint, seal.digest(), head, *parts)
    except StoreError as error:
        _log.warning("the pass goes on without a checkpoint: %s", error)
    return done


def _resume(checkpoint: Path, settings: Mapping[str, Any], statistics: Mapping[str, Statistic]) -> int:
    """Restores the statistics and says how many images they have seen; 0 where there is no sound checkpoint."""
    try:
        data = np.memmap(checkpoint, np.uint8, "r")
    except (OSError, ValueError):  # ValueError: the file is empty
        return 0
    if hashlib.sha256(data[32:]).digest() != data[:32].tobytes():
        _log.warning("%s is damaged; the pass starts from the beginning", checkpoint)
        return 0
    with checkpoint.open("rb") as file:
        file.seek(32)
        head = file.readline()
    told = json.loads(head)
    for name, wanted in json.loads(json.dumps(settings)).items():
        if (given := told["settings"].get(name)) != wanted:
            raise CannotResume(
                f"{checkpoint} belongs to a pass with other settings ({name}: {given} there, {wanted} here); "
                "ask with the same, or remove the file to start again"
            )
    found = _read(told["states"], data[32 + len(head) :])
    for name, statistic in statistics.items():
        statistic.restore(found.get(name, {}))
    return told["done"]
