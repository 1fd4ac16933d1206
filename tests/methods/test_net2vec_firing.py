"""Net2Vec's pool, masks and firing: against sorts and loops written out, split, merged and stopped."""

from collections import Counter

import numpy as np
import pytest
import torch

from core.errors import BadImage, Cancelled
from core.methods.net2vec.firing import Firing, fired
from core.methods.net2vec.masks import MaskReader, masks, reader
from core.methods.net2vec.pool import pool
from core.networks.catalogue import open_network
from core.probes.catalogue import open_probe
from core.probes.probe import Concept, Probe
from core.statistics import Batch
from core.sweep import sweep

IMAGES, FILTERS, GRID = 23, 7, (3, 5)


class Few(Probe):
    """Pictures of several sizes with masks; those of `odd` do not fit each other, those of `damaged` cannot be read."""

    name = title = "few"
    classes = ("a", "b")
    concepts = (Concept("left", "object"), Concept("nowhere", "part"), Concept("dots", "texture"))
    offers = frozenset({"labels", "masks"})
    fingerprint = "few-1"

    def __init__(self, count=12, splits=None, odd=(), damaged=()):
        self.count, self.odd, self.damaged = count, odd, damaged
        self.splits = splits or {"all": np.arange(count)}

    def __len__(self):
        return self.count

    def label(self, index):
        return None if index % 5 == 4 else index % 2

    def concept_masks(self, index):
        if index in self.damaged:
            raise BadImage(f"'labels/{index}.png' is damaged")
        shape = (6 + index % 3, 9)
        left = np.zeros(shape, bool)
        left[:, : index % 4] = True
        dots = np.random.default_rng(index).random((7, 7) if index in self.odd else shape) < 0.3
        empty = np.zeros(shape, bool)
        return {} if index == 3 else {self.concepts[2]: dots, self.concepts[0]: left, self.concepts[1]: empty}

    def image_concepts(self, index):
        return frozenset(self.concepts[:1])


def values_of(images=IMAGES, seed=0):
    """Activations with many ties at zero; filter 2 never fires, filter 3 hardly ever, filter 4 is constant."""
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(images, FILTERS, *GRID, generator=generator).clamp(min=0)
    values[:, 2] = 0
    values[:, 3] = 0
    values[5, 3, 1, 2] = 0.25
    values[:, 4] = 3
    values[:, 5] = values[:, 5].round(decimals=1)
    return values


def feed(statistic, values, start, stop, size=4):
    for first in range(start, stop, size):
        some = np.arange(first, min(first + size, stop))
        statistic.update(Batch(some * 3 + 1, some, torch.zeros(len(some), 2), {"layer": values[some]}))
    return statistic


def loops(values, share):
    """T_k, the smallest value of the filter with P(a > T) <= share; and the places above it."""
    thresholds, places = [], []
    for k in range(values.shape[1]):
        column = values[:, k].double().flatten().tolist()
        allowed = [t for t in sorted(set(column)) if sum(a > t for a in column) / len(column) <= share]
        thresholds.append(allowed[0])
        for n in range(len(values)):
            for i in range(GRID[0]):
                for j in range(GRID[1]):
                    if float(values[n, k, i, j]) > thresholds[k]:
                        places.append((n, i * GRID[1] + j, k))
    return np.array(thresholds), sorted(places)


def told(result):
    return list(zip(result.image.tolist(), result.cell.tolist(), result.filter.tolist(), strict=True))


@pytest.mark.parametrize("share", [0.005, 0.03, 0.2])
def test_thresholds_and_places_against_loops(share):
    values = values_of()
    result = feed(Firing("layer", IMAGES, share), values, 0, IMAGES).result()
    thresholds, places = loops(values, share)
    np.testing.assert_allclose(result.thresholds, thresholds, atol=1e-6)
    assert told(result) == places
    assert result.thresholds[2] == 0
    assert 2 not in result.filter
    np.testing.assert_allclose(result.means, values.double().mean((2, 3)), atol=1e-6)
    np.testing.assert_array_equal(result.peaks, values.amax((2, 3)))
    for n in range(IMAGES):
        filters, maps = result.of_image(n)
        for k in range(FILTERS):
            expected = (values[n, k].double() > thresholds[k]).numpy()
            np.testing.assert_array_equal(maps[filters == k].sum(0), expected)


def test_by_hand():
    """Ten values, a share of 0.2: two may lie above T. Of 9 8 8 1 0 … the third largest is 8 = T; one does."""
    values = torch.tensor([0, 9, 1, 8, 0, 0, 8, 0, 0, 0.0]).reshape(2, 1, 1, 5)
    statistic = Firing("layer", 2, 0.2)
    statistic.update(Batch(np.array([4, 6]), np.zeros(2, int), torch.zeros(2, 1), {"layer": values}))
    result = statistic.result()
    assert result.thresholds.tolist() == [8]
    assert told(result) == [(0, 1, 0)]


@pytest.mark.parametrize("size", [1, 5, 23])
def test_parts_and_stops_change_nothing(size):
    values = values_of()
    whole = feed(Firing("layer", IMAGES, 0.03), values, 0, IMAGES).result()
    first, last = (Firing("layer", IMAGES, 0.03) for _ in range(2))
    feed(last, values, 9, IMAGES, size)
    feed(first, values, 0, 9, size)
    for one, other in ((first, last), (last, first)):
        merged = Firing("layer", IMAGES, 0.03)
        merged.restore(one.state())
        merged.merge(other)
        again = fired({name: value.copy() for name, value in merged.result().arrays().items()})
        for name, value in whole.arrays().items():
            np.testing.assert_array_equal(again.arrays()[name], value, err_msg=name, strict=True)
    with pytest.raises(ValueError, match="9 of 23"):
        first.result()


def test_a_layer_without_positions_has_one_cell():
    values = torch.rand(IMAGES, FILTERS)
    statistic = Firing("layer", IMAGES, 0.1)
    statistic.update(Batch(np.arange(IMAGES), np.zeros(IMAGES), torch.zeros(IMAGES, 1), {"layer": values}))
    result = statistic.result()
    assert result.grid == (1, 1)
    np.testing.assert_array_equal(result.thresholds, values.sort(0, descending=True).values[2])


def test_three_quarters_are_for_training():
    chosen = pool(open_probe("menagerie"), 200)
    probe = open_probe("menagerie")
    assert (len(chosen), int(chosen.training.sum())) == (200, 150)
    assert np.all(np.diff(chosen.indices) > 0)
    assert set(chosen.indices[chosen.training]) <= set(probe.splits["train"])
    assert set(chosen.indices[~chosen.training]) <= set(probe.splits["val"])
    for some in (chosen.training, ~chosen.training):
        counts = Counter(probe.label(int(i)) for i in chosen.indices[some])
        assert max(counts.values()) - min(counts.values()) <= 1
    assert not np.array_equal(chosen.indices, pool(probe, 200, seed=1).indices)
    np.testing.assert_array_equal(chosen.indices, pool(probe, 200).indices)


def test_one_split_gives_every_fourth_of_each_class():
    chosen = pool(Few(40), 2000)
    np.testing.assert_array_equal(chosen.indices, np.arange(40))
    assert [Few().label(i) for i in chosen.indices[~chosen.training]].count(None) == 2
    of_a = [i for i in range(40) if Few().label(i) == 0]
    np.testing.assert_array_equal([i for i in of_a if not chosen.training[i]], of_a[3::4])


@pytest.mark.parametrize(("count", "held_out"), [(1, []), (2, [1]), (3, [2]), (6, [3])])
def test_some_are_held_out_where_no_class_has_four(count, held_out):
    chosen = pool(Few(count))
    assert max(Counter(Few().label(i) for i in range(count)).values()) < 4
    assert np.flatnonzero(~chosen.training).tolist() == held_out


def test_validation_falls_back_to_test():
    splits = {"train": np.arange(8), "test": np.arange(8, 12)}
    chosen = pool(Few(12, splits), 8)
    assert chosen.training.sum() == 6
    assert set(chosen.indices[~chosen.training]) <= {8, 9, 10, 11}


def test_masks_come_back_as_they_were():
    probe, steps = Few(), []
    chosen = pool(probe)
    read = reader(probe, chosen, lambda *step: steps.append(step))
    again = masks({name: value.copy() for name, value in read.arrays().items()})
    for position, index in enumerate(chosen.indices):
        expected = {probe.concepts.index(c): m for c, m in probe.concept_masks(int(index)).items() if m.any()}
        numbers, found = again.of_image(position)
        assert numbers.tolist() == sorted(expected)
        for e, number in zip(again.entries(position), numbers, strict=True):
            np.testing.assert_array_equal(again.entry(e), expected[number])
            np.testing.assert_array_equal(found[e - again.entries(position).start], expected[number])
            assert again.area[e] == expected[number].sum()
        assert again.sizes[position].tolist() == ([0, 0] if index == 3 else [6 + index % 3, 9])
        assert again.present[position].tolist() == [True, index != 3, index != 3]
    assert len(steps) == len(probe)


def test_masks_merge_in_the_pictures_order():
    probe = Few()
    chosen = pool(probe)
    parts = [MaskReader(probe, chosen) for _ in range(2)]
    for part, some in zip(parts, (chosen.indices[5:], chosen.indices[:5]), strict=True):
        for index in some:
            part.read(int(index))
    resumed = MaskReader(probe, chosen)
    resumed.restore(parts[0].state())
    resumed.merge(parts[1])
    for name, value in reader(probe, chosen).arrays().items():
        np.testing.assert_array_equal(resumed.result().arrays()[name], value, err_msg=name, strict=True)
    with pytest.raises(ValueError, match="5 of 12"):
        parts[1].result()


def test_pictures_whose_masks_cannot_be_used_are_left_out():
    chosen = pool(Few())
    whole, found = (reader(probe, chosen) for probe in (Few(), Few(odd=(6,), damaged=(9,))))
    assert np.flatnonzero(found.unread).tolist() == [6, 9]
    assert found.sizes[found.unread].tolist() == [[-1, -1]] * 2
    assert not found.present[found.unread].any()
    kept = ~np.isin(whole.image, [6, 9])
    for name in ("image", "concept", "area"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name)[kept], strict=True)
    np.testing.assert_array_equal(found.present[~found.unread], whole.present[~found.unread])
    np.testing.assert_array_equal(found.of_image(10)[1], whole.of_image(10)[1])
    assert not whole.unread.any()


def test_a_stopped_pass_goes_on(tmp_path):
    """One sweep reads firing and masks; stopped half-way, it ends with the same bits."""
    network, probe = open_network("menagerie-plain"), open_probe("menagerie-tiny")
    chosen = pool(probe, 24)

    def fresh():
        return {name: Firing(name, len(chosen)) for name in ("conv2", "conv5")} | {"masks": MaskReader(probe, chosen)}

    def go(statistics, progress=None, checkpoint=None):
        sweep(
            network, probe, statistics, indices=chosen.indices, batch_size=8, progress=progress, checkpoint=checkpoint
        )
        return {name: one.result().arrays() for name, one in statistics.items()}

    def stop(done, total, label):
        if done >= 16:
            raise Cancelled("enough")

    expected = go(fresh())
    with pytest.raises(Cancelled):
        go(fresh(), stop, tmp_path / "half")
    resumed = go(fresh(), checkpoint=tmp_path / "half")
    for name, arrays in expected.items():
        for key, value in arrays.items():
            np.testing.assert_array_equal(resumed[name][key], value, err_msg=f"{name} {key}", strict=True)
    above = expected["conv5"]
    allowed = int(0.005 * len(chosen) * 256)
    assert np.bincount(above["filter"], minlength=128).max() == allowed
