"""The pictures that Net2Vec learns from and is scored on."""

from dataclasses import dataclass

import numpy as np

from core.probes.choice import balanced
from core.probes.probe import Probe

HELD_OUT = 4  # every fourth picture is for validation


@dataclass(frozen=True)
class Pool:
    """indices (N,) int64 into the probe, ascending; training (N,) bool, False for validation."""

    indices: np.ndarray
    training: np.ndarray

    def __len__(self) -> int:
        return len(self.indices)


def pool(probe: Probe, images: int = 2000, seed: int = 0) -> Pool:
    """At most so many pictures, evenly over classes: three of four from 'train', the fourth from 'val', else 'test'.
    In a probe with one split only every fourth picture of each class is for validation, or, where no class has four,
    every fourth of all, and the last of fewer."""
    generator = np.random.default_rng(seed)
    held_out = next((name for name in ("val", "test") if name in probe.splits), None)
    if "train" not in probe.splits or held_out is None:
        split = "train" if "train" in probe.splits else next(iter(probe.splits))
        indices = _drawn(probe, split, images, generator)
        return Pool(indices, ~_every_fourth(probe, indices))
    learned = _drawn(probe, "train", images - images // HELD_OUT, generator)
    scored = _drawn(probe, held_out, images // HELD_OUT, generator)
    indices, training = np.r_[learned, scored], np.r_[np.ones(len(learned), bool), np.zeros(len(scored), bool)]
    order = np.argsort(indices)
    return Pool(indices[order], training[order])


def _drawn(probe: Probe, split: str, images: int, generator: np.random.Generator) -> np.ndarray:
    return balanced(probe, generator.permutation(np.asarray(probe.splits[split], np.int64)), images)


def _every_fourth(probe: Probe, indices: np.ndarray) -> np.ndarray:
    """Every fourth of each class, of those without a label too.  (N,) -> (N,) bool"""
    met: dict[int | None, int] = {}
    fourth = np.zeros(len(indices), bool)
    for i, index in enumerate(indices):
        label = probe.label(int(index))
        met[label] = met.get(label, 0) + 1
        fourth[i] = met[label] % HELD_OUT == 0
    if not fourth.any() and len(indices) > 1:
        fourth[min(HELD_OUT, len(indices)) - 1 :: HELD_OUT] = True
    return fourth
