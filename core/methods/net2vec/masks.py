"""What can be seen in the pool's pictures and where, drawn or read once for all layers and networks."""

import hashlib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np

from core.errors import BadImage
from core.methods.net2vec.pool import Pool
from core.probes.probe import Probe
from core.statistics import Batch, State

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Masks:
    """Masks of C concepts in N pictures, one entry for each picture and concept with at least one pixel.

    Of entry e: image[e] int32, position in the pool, ascending; concept[e] int16; area[e] int64, pixels. Its mask's
    bits, packed by rows and deflated, are blob[offsets[e] : offsets[e + 1]]: 2,000 pictures of the Menagerie take 45
    megabytes instead of six thousand. sizes (N, 2) int32: height and width of each picture's masks, 0 where it has
    none, -1 where what it shows could not be read. present (N, C) bool: what is known to be in a picture, with or
    without a mask.
    """

    image: np.ndarray
    concept: np.ndarray
    area: np.ndarray
    offsets: np.ndarray
    blob: np.ndarray
    sizes: np.ndarray
    present: np.ndarray

    def __len__(self) -> int:
        return len(self.image)

    @property
    def unread(self) -> np.ndarray:
        """The pictures of which nothing is known, because their annotations are damaged.  -> (N,) bool"""
        return self.sizes[:, 0] < 0

    def entry(self, e: int) -> np.ndarray:
        """One mask.  -> (H, W) bool"""
        height, width = self.sizes[self.image[e]].tolist()
        packed = zlib.decompress(self.blob[self.offsets[e] : self.offsets[e + 1]])
        bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=height * width)
        return bits.view(bool).reshape(height, width)

    def entries(self, position: int) -> range:
        """The entries of a picture."""
        return range(*np.searchsorted(self.image, [position, position + 1]).tolist())

    def of_image(self, position: int) -> tuple[np.ndarray, np.ndarray]:
        """The concepts of a picture and their masks.  -> (m,) int64, (m, H, W) bool"""
        entries = self.entries(position)
        masks = np.empty((len(entries), *self.sizes[position]), bool)
        for i, e in enumerate(entries):
            masks[i] = self.entry(e)
        return self.concept[entries.start : entries.stop].astype(np.int64), masks

    def arrays(self) -> dict[str, np.ndarray]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def masks(arrays: Mapping[str, np.ndarray]) -> Masks:
    """The record of stored arrays."""
    return Masks(**{field.name: arrays[field.name] for field in fields(Masks)})


class MaskReader:
    """The statistic that gives a pool's `Masks`: in a sweep it finds the pictures just drawn for the network.

    A picture whose masks are damaged, differ in size, or do not fit it is left out, as `Masks.unread` says.
    """

    layers = ()

    def __init__(self, probe: Probe, pool: Pool) -> None:
        self._probe, self._pool = probe, pool
        self._numbers = {concept: number for number, concept in enumerate(probe.concepts)}
        pictures = hashlib.sha256(pool.indices.astype("<i8").tobytes()).hexdigest()
        self.settings = {"probe": probe.fingerprint, "pictures": pictures}
        self._parts: list[State] = []

    def update(self, batch: Batch) -> None:
        for index in batch.indices:
            self.read(int(index))

    def read(self, index: int) -> None:
        """One picture of the pool."""
        self._parts.append(self._read(index))

    def merge(self, other: "MaskReader") -> None:
        self._parts = self._parts + other._parts

    def state(self) -> State:
        if not self._parts:
            return {}
        together = {name: np.concatenate([part[name] for part in self._parts]) for name in self._parts[0]}
        self._parts = [together]
        return together

    def restore(self, state: State) -> None:
        self._parts = [{name: np.array(value) for name, value in state.items()}] if state else []

    def result(self) -> Masks:
        """Raises ValueError before every picture of the pool was seen."""
        state = self.state()
        positions = state.get("position", np.zeros(0, np.int64))
        if len(positions) != len(self._pool):
            raise ValueError(f"{len(positions)} of {len(self._pool)} pictures were seen")
        if np.any(np.diff(positions) < 0):
            state = _in_order(state)
        offsets = np.concatenate([[0], state["length"].cumsum()])
        named = {name: state[name] for name in ("image", "concept", "area", "blob", "sizes", "present")}
        return Masks(offsets=offsets, **named)

    def _read(self, index: int) -> State:
        found, present = {}, np.zeros((1, len(self._numbers)), bool)
        try:
            found, there = self._probe.concept_masks(index), self._probe.image_concepts(index)
            present[0, [self._numbers[concept] for concept in (*found, *there)]] = True
            size = next((mask.shape for mask in found.values()), (0, 0))
            if any(mask.shape != size for mask in found.values()):
                raise BadImage(f"the masks of '{self._probe.key(index)}' differ in size")
        except BadImage:
            found, present, size = {}, np.zeros_like(present), (-1, -1)
        shown = {self._numbers[concept]: mask for concept, mask in found.items() if mask.any()}
        shown = dict(sorted(shown.items()))
        packed = [zlib.compress(np.packbits(mask).tobytes(), 1) for mask in shown.values()]
        position = int(np.searchsorted(self._pool.indices, index))
        return {
            "position": np.array([position], np.int64),
            "image": np.full(len(shown), position, np.int32),
            "concept": np.array(list(shown), np.int16),
            "area": np.array([np.count_nonzero(mask) for mask in shown.values()], np.int64),
            "length": np.array([len(one) for one in packed], np.int64),
            "blob": np.frombuffer(b"".join(packed), np.uint8),
            "sizes": np.array([size], np.int32),
            "present": present,
        }


def reader(probe: Probe, pool: Pool, progress: Progress | None = None) -> Masks:
    """The masks of a pool without a network."""
    statistic = MaskReader(probe, pool)
    for done, index in enumerate(pool.indices):
        if progress:
            progress(done, len(pool), f"Concepts in {probe.title}")
        statistic.read(int(index))
    return statistic.result()


def _in_order(state: State) -> State:
    """Parts of a pass that were merged in another order than the pictures'."""
    order = np.argsort(state["position"], kind="stable")
    entries = np.argsort(state["image"], kind="stable")
    starts = state["length"].cumsum() - state["length"]
    blob = [state["blob"][starts[e] : starts[e] + state["length"][e]] for e in entries]
    of_pictures = {name: state[name][order] for name in ("position", "sizes", "present")}
    of_entries = {name: state[name][entries] for name in ("image", "concept", "area", "length")}
    return of_pictures | of_entries | {"blob": np.concatenate([state["blob"][:0], *blob])}
