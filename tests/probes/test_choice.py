"""Which images are taken where not all can be."""

import numpy as np

from core.probes.choice import default_indices
from core.probes.probe import Probe


class Turns(Probe):
    """Four classes that take turns."""

    splits = {"train": np.arange(23), "test": np.arange(23, 30)}  # noqa: RUF012

    def label(self, index):
        return index % 4


def test_images_are_taken_evenly_over_classes():
    probe = Turns()
    labels = [probe.label(int(i)) for i in default_indices(probe, "train", 12)]
    assert np.bincount(labels).tolist() == [3, 3, 3, 3]
    assert np.bincount([probe.label(int(i)) for i in default_indices(probe, "train", 14)]).tolist() in (
        [4, 4, 3, 3],
        [4, 3, 4, 3],
    )
    assert default_indices(probe, "train", 99).tolist() == list(range(23))


def test_images_without_a_label_are_taken_evenly_over_the_split(monkeypatch):
    monkeypatch.setattr(Turns, "label", lambda self, index: None)
    assert default_indices(Turns(), "test", 3).tolist() == [23, 25, 27]
