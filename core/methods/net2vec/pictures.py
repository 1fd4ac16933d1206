"""The pool's pictures, small, drawn or read once, so that galleries need not wait for each to be drawn again."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from core.methods.net2vec.pool import Pool
from core.probes.menagerie.world import World
from core.probes.probe import Probe
from core.probes.scenes import Scenes
from core.statistics import Batch, State

SIDE = 320  # pixels of the longer side
QUALITY = 86  # of JPEG


@dataclass(frozen=True)
class Pictures:
    """Of picture n of the pool, the file is blob[offsets[n] : offsets[n + 1]], a JPEG of at most SIDE pixels. 2,000
    pictures of the Menagerie take 30 megabytes."""

    offsets: np.ndarray
    blob: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def of_image(self, position: int) -> np.ndarray:
        """One picture.  -> (h, w, 3) uint8, RGB"""
        file = self.blob[self.offsets[position] : self.offsets[position + 1]]
        return cv2.imdecode(file, cv2.IMREAD_COLOR)[..., ::-1]

    def arrays(self) -> dict[str, np.ndarray]:
        return {"offsets": self.offsets, "blob": self.blob}


def pictures(arrays: Mapping[str, np.ndarray]) -> Pictures:
    """The record of stored arrays."""
    return Pictures(arrays["offsets"], arrays["blob"])


def slow(probe: Probe) -> bool:
    """Whether a picture takes long to come by: a twentieth of a second where it is drawn by program. The others are
    read again as fast as what is kept."""
    return isinstance(probe, World | Scenes)


class PictureReader:
    """The statistic that gives a pool's `Pictures`: in a sweep it finds them just drawn for the network."""

    layers = ()

    def __init__(self, probe: Probe, pool: Pool) -> None:
        self._probe, self._pool = probe, pool
        self.settings = {"probe": probe.fingerprint, "pictures": len(pool), "side": SIDE}
        self._files: dict[int, np.ndarray] = {}  # by position in the pool

    def update(self, batch: Batch) -> None:
        for index in batch.indices:
            self.read(int(index))

    def read(self, index: int) -> None:
        """One picture of the pool."""
        image = self._probe.image(index)
        shrink = SIDE / max(image.shape[:2])
        if shrink < 1:
            height, width = (max(round(length * shrink), 1) for length in image.shape[:2])
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        file = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
        self._files[int(np.searchsorted(self._pool.indices, index))] = file.ravel()

    def merge(self, other: "PictureReader") -> None:
        self._files |= other._files

    def state(self) -> State:
        if not self._files:
            return {}
        places = sorted(self._files)
        files = [self._files[place] for place in places]
        lengths = np.array([len(file) for file in files], np.int64)
        return {"place": np.array(places, np.int64), "length": lengths, "blob": np.concatenate(files)}

    def restore(self, state: State) -> None:
        self._files = {}
        if state:
            ends = np.asarray(state["length"]).cumsum()
            files = np.split(np.array(state["blob"]), ends[:-1])
            self._files = dict(zip(np.asarray(state["place"]).tolist(), files, strict=True))

    def result(self) -> Pictures:
        """Raises ValueError before every picture of the pool was seen."""
        if len(self._files) != len(self._pool):
            raise ValueError(f"{len(self._files)} of {len(self._pool)} pictures were seen")
        state = self.state()
        return Pictures(np.concatenate([[0], state["length"].cumsum()]).astype(np.int64), state["blob"])
