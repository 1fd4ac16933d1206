"""The pool's pictures, small: what comes back is what went in, in the pool's order, however the pass was split."""

import numpy as np
import pytest
from torch import nn

from core.engine import concepts
from core.methods.net2vec import pictures
from core.methods.net2vec.pictures import PictureReader
from core.methods.net2vec.pool import Pool, pool
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.probes.catalogue import open_probe
from core.probes.probe import Probe


class Plain(Probe):
    """One colour a picture, the first one large."""

    name = title = "plain"
    fingerprint = "plain"

    def __len__(self) -> int:
        return 6

    def image(self, index: int) -> np.ndarray:
        size = (100, 640, 3) if index == 0 else (20 + index, 40, 3)
        return np.full(size, (40 * index, 200 - 30 * index, 90), np.uint8)


POOL = Pool(np.array([0, 2, 3, 5]), np.array([True, True, False, False]))


def read(indices) -> PictureReader:
    reader = PictureReader(Plain(), POOL)
    for index in indices:
        reader.read(int(index))
    return reader


def test_pictures_come_back_in_the_pool_s_order_reduced_where_they_are_large():
    found = read(POOL.indices).result()
    assert len(found) == 4
    assert [found.of_image(n).shape for n in range(4)] == [(50, 320, 3), (22, 40, 3), (23, 40, 3), (25, 40, 3)]
    for n, index in enumerate(POOL.indices):
        colour = found.of_image(n).reshape(-1, 3).mean(0)
        np.testing.assert_allclose(colour, Plain().image(index)[0, 0], atol=3)


def test_a_pass_that_was_stopped_or_split_gives_the_same_bytes():
    whole = read(POOL.indices).result()
    first, resumed = read([0, 2]), PictureReader(Plain(), POOL)
    resumed.restore(first.state())
    for index in (3, 5):
        resumed.read(index)
    second = read([5, 3])
    second.merge(read([2, 0]))
    for found in (resumed.result(), second.result(), pictures.pictures(whole.arrays())):
        np.testing.assert_array_equal(found.blob, whole.blob)
        np.testing.assert_array_equal(found.offsets, whole.offsets)


def test_nothing_is_given_before_all_were_seen():
    reader = PictureReader(Plain(), POOL)
    assert reader.state() == {}
    reader.restore({})
    with pytest.raises(ValueError, match="0 of 4"):
        reader.result()


def test_a_pass_for_a_layer_keeps_them_for_all_layers(tmp_path, monkeypatch):
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path))
    probe = open_probe("menagerie-tiny")
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 2))
    network = Network(module.eval(), ("a", "b"), Preprocessing(resize=(16, 16), crop=None))
    chosen = pool(probe, 8)
    assert concepts.pool_pictures(probe, chosen) is None
    concepts.firing(network, probe, ["0"], images=8)
    found = concepts.pool_pictures(probe, chosen)
    assert len(found) == 8
    for n, index in enumerate(chosen.indices):
        apart = found.of_image(n).astype(int) - probe.image(int(index))
        assert np.abs(apart).mean() < 5
    assert concepts.pool_pictures(probe, pool(probe, 4)) is None
