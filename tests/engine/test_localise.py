"""Table II and figure 7: boxes, errors and thresholds written again with loops, image by image and map by map."""

import numpy as np
import pytest
import torch
from torch import nn

from core import engine
from core.engine import localising
from core.errors import Cancelled, NotDefined, UnknownName
from core.measures.boxes import DISC, THRESHOLDS, box_ious
from core.measures.interval import bootstrap
from core.measures.localisation import best_iou, centred_disc, instances_of, search_split
from core.measures.localisation_table import arrays, best_pixel_threshold, best_threshold, joined, rows, wrong
from core.measures.overlap import Box, box_iou, iou, largest_box, map_box, region
from core.methods.heatmap import Heatmap
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.probes.probe import Instance, Probe

METHODS = ("gradcam", "guided-backprop")
SIDE = 24


class Blobs(Probe):
    """A bright square of the class's colour on noise; every third picture has a second square of the class, every
    fourth one of another class; class 'gone' is none of the network's, and some pictures have no label."""

    name = title = "Blobs"
    about = "blobs"
    classes = ("red", "gone", "green", "blue")
    offers = frozenset({"labels", "instances", "boxes", "masks"})
    fingerprint = "blobs-1"
    masks = True

    def __init__(self):
        self.splits = {"test": np.arange(0, 44), "val": np.arange(44, 80)}

    def __len__(self):
        return 80

    def label(self, index):
        return None if index % 11 == 7 else (0, 2, 3, 1, 0, 2, 3)[index % 7]

    def _squares(self, index):
        generator = np.random.default_rng(index)
        label = self.label(index) or 0
        classes = [label] + [label] * (index % 3 == 0) + [(label + 2) % 4] * (index % 4 == 0)
        for name in classes:
            top, left = generator.integers(0, 14, 2)
            height, width = generator.integers(6, 11, 2)
            yield name, (int(top), int(left), int(top + height), int(left + width))

    def image(self, index):
        image = np.random.default_rng(1000 + index).integers(0, 120, (SIDE, SIDE, 3), np.uint8)
        for name, (top, left, bottom, right) in self._squares(index):
            image[top:bottom, left:right, {0: 0, 1: 1, 2: 1, 3: 2}[name]] = 250
        return image

    def instances(self, index):
        found = []
        for name, (top, left, bottom, right) in self._squares(index):
            mask = np.zeros((SIDE, SIDE), bool)
            mask[top:bottom, left:right] = True
            found.append(Instance(self.classes[name], (top, left, bottom, right), mask if self.masks else None))
        return tuple(found)


class Boxed(Blobs):
    masks = False
    fingerprint = "blobs-boxed"


def colour_network():
    """Seven classes; the colours' scores follow the amount of each colour, with some noise in the weights."""
    generator = torch.Generator().manual_seed(2)
    module = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    module.append(nn.Linear(6, 7))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.15)
        for colour in range(3):
            module[0].weight[colour, colour] += 0.3
            module[4].weight[colour, colour] += 1.0
    preprocessing = Preprocessing(resize=(16, 16), crop=None, mean=(0.4,) * 3, std=(0.25,) * 3)
    names = ["Red", "green", "blue", "a", "b", "c", "d"]
    return Network(module, names, preprocessing, name="colours")


@pytest.fixture(scope="module")
def network():
    return colour_network()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def found(network, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHANNELSCOPE_CACHE", str(tmp_path_factory.mktemp("once")))
        return engine.localise(network, Blobs(), "conv1", METHODS)


def maps_of(network, image, label):
    found = engine.explain(network, image, classes=[label], layers=["conv1"], methods=METHODS)
    maps = {key[0]: one.at(network.preprocessing, *image.shape[:2]) for key, one in found.items()}
    return maps


def by_hand(network, probe, split):
    """{index: (order of classes, own class, true boxes, mask, {method: {class: map}})}, one picture at a time"""
    own = {0: 0, 2: 1, 3: 2}  # the network's class of the probe's
    pictures = {}
    for index in probe.splits[split].tolist():
        label = probe.label(index)
        if label not in own:
            continue
        image = probe.image(index)
        order = np.argsort(-engine.probabilities(network, image), kind="stable")
        true = [one for one in probe.instances(index) if one.class_name == probe.classes[label]]
        mask = np.any([one.mask for one in true], 0)
        maps = {c: maps_of(network, image, c) for c in order[:5].tolist()}
        pictures[index] = (order, own[label], [Box(*one.box) for one in true], mask, maps)
    return pictures


def errors_by_hand(pictures, method, threshold):
    """Top-1 and top-5 errors of each picture, over all five classes' own boxes."""
    rows = []
    for order, own, true, _, maps in pictures.values():
        good = [c == own and best_iou(map_box(maps[c][method], threshold), true) >= 0.5 for c in order[:5].tolist()]
        rows.append((not good[0], not any(good)))
    return np.array(rows)


@pytest.fixture(scope="module")
def hand(network):
    return {split: by_hand(network, Blobs(), split) for split in ("test", "val")}


@pytest.mark.parametrize("method", METHODS)
def test_errors_and_thresholds_are_those_of_a_loop_over_all_five_maps(found, hand, method):
    grid = [errors_by_hand(hand["val"], method, threshold) for threshold in THRESHOLDS]
    top1 = [rows[:, 0].mean() for rows in grid]
    row = found.scores[method]
    assert row.threshold in [t for t, error in zip(THRESHOLDS, top1, strict=True) if error == min(top1)]
    expected = errors_by_hand(hand["test"], method, row.threshold)
    np.testing.assert_array_equal(row.wrong, expected)
    assert row.top1 == bootstrap(expected[:, 0])
    assert row.top5 == bootstrap(expected[:, 1])
    assert list(found.indices) == list(hand["test"])


@pytest.mark.parametrize("method", METHODS)
def test_boxes_areas_and_pixels_are_those_of_each_picture(found, hand, method):
    row = found.scores[method]
    pixel = {
        t: np.mean([iou(region(maps[order[0]][method], t), mask) for order, own, _, mask, maps in hand["val"].values()
                    if order[0] == own])
        for t in THRESHOLDS
    }  # fmt: skip
    assert pixel[row.pixel_threshold] == pytest.approx(max(pixel.values()))
    ratios = []
    for place, (order, own, true, mask, maps) in enumerate(hand["test"].values()):
        values = maps[order[0]][method]
        box = map_box(values, row.threshold)
        assert tuple(row.boxes[place]) == (box or (-1, -1, -1, -1))
        assert row.iou[place] == pytest.approx(best_iou(box, true))
        assert found.first[place] == order[0]
        assert found.rank[place] == (list(order[:5]).index(own) if own in order[:5] else -1)
        if order[0] != own:
            assert np.isnan(row.overlap[place])
            assert np.isnan(row.ratio[place])
            continue
        assert row.overlap[place] == pytest.approx(iou(region(values, row.pixel_threshold), mask))
        if box:
            nearest = max(true, key=lambda one: box_iou(box, one))
            ratios.append(box.area / nearest.area)
            assert row.ratio[place] == pytest.approx(ratios[-1])
    assert row.area.value == pytest.approx(np.median(ratios))
    assert row.area.n == len(ratios)


def test_the_toy_separates_the_cases(found):
    """The tests above would see a swap: some classes are wrong, some only among the five, some maps have no box."""
    ranks = set(found.rank.tolist())
    assert 0 in ranks
    assert any(rank > 0 for rank in ranks)
    errors = found.scores["gradcam"].wrong
    assert 0 < errors[:, 0].mean() < 1
    assert (errors[:, 0] & ~errors[:, 1]).any()


def test_classification_errors(found, hand):
    order = [(own in list(o[:1]), own in list(o[:5])) for o, own, *_ in hand["test"].values()]
    one, five = 1 - np.mean(order, 0)
    assert found.class_error(1).value == pytest.approx(one)
    assert found.class_error(5).value == pytest.approx(five)


def test_the_disc_stands_in_the_same_table(found, hand):
    box = largest_box(centred_disc(SIDE, SIDE))
    expected = [order[0] != own or best_iou(box, true) < 0.5 for order, own, true, _, _ in hand["test"].values()]
    row = found.scores[DISC]
    assert row.wrong[:, 0].tolist() == expected
    assert np.isnan(row.threshold)
    assert row.pixel.value == pytest.approx(
        np.mean([iou(centred_disc(SIDE, SIDE), m) for o, own, _, m, _ in hand["test"].values() if o[0] == own])
    )


def test_differences_are_paired(found):
    first, second = (found.scores[name].wrong[:, 0].astype(float) for name in METHODS)
    assert found.difference(*METHODS) == bootstrap(first - second)
    assert found.difference(*METHODS).value == pytest.approx(-found.difference(*METHODS[::-1]).value)


def test_gains_are_sorted_and_leave_out_wrong_classes(found):
    gains = found.gains(*METHODS)
    values = found.scores[METHODS[0]].iou[gains] - found.scores[METHODS[1]].iou[gains]
    assert (np.diff(values) <= 0).all()
    assert sorted(gains) == np.flatnonzero(found.rank == 0).tolist()


def test_a_further_method_is_only_added_work(network, found, monkeypatch):
    probe, drawn = Blobs(), []
    monkeypatch.setattr(Blobs, "image", lambda self, index, real=Blobs.image: drawn.append(index) or real(self, index))
    one = engine.localise(network, probe, "conv1", METHODS[:1])
    assert drawn
    ran = []
    monkeypatch.setattr(localising.Boxes, "update", lambda self, batch, real=localising.Boxes.update: (
        ran.append(tuple(self.settings["methods"])), real(self, batch))[1])  # fmt: skip
    both = engine.localise(network, probe, "conv1", METHODS)
    assert set(ran) == {METHODS[1:]}
    np.testing.assert_array_equal(both.scores["gradcam"].boxes, one.scores["gradcam"].boxes)
    np.testing.assert_array_equal(both.scores["guided-backprop"].boxes, found.scores["guided-backprop"].boxes)
    drawn.clear(), ran.clear()
    engine.localise(network, probe, "conv1", METHODS)
    assert not drawn
    assert not ran


def test_it_can_be_stopped_goes_on_and_is_the_same(network, found):
    seen = []

    def stop(done, total, label):
        seen.append(done)
        if done >= 32:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        engine.localise(network, Blobs(), "conv1", METHODS, progress=stop)
    again = []
    result = engine.localise(network, Blobs(), "conv1", METHODS, progress=lambda done, *_: again.append(done))
    assert min(done for done in again if done) > 32 or 32 not in again
    np.testing.assert_array_equal(result.scores["gradcam"].boxes, found.scores["gradcam"].boxes)


def test_nothing_is_computed_where_progress_refuses(network):
    def refuse(done, total, label):
        raise Cancelled("no")

    with pytest.raises(Cancelled):
        engine.localise(network, Blobs(), "conv1", METHODS, progress=refuse)
    assert engine.store().list() == ()


def test_a_probe_without_masks_has_boxes_only(network):
    row = engine.localise(network, Boxed(), "conv1", ["gradcam"]).scores["gradcam"]
    assert row.pixel.n == 0
    assert np.isnan(row.pixel.value)
    assert row.top1.n > 0


def test_fewer_images_are_evenly_of_all_classes(network, found):
    probe = Blobs()
    few = engine.localise(network, probe, "conv1", ["gradcam"], images=10)
    assert len(few.indices) == 10
    assert set(few.indices) < set(found.indices)
    every, some = (np.bincount([probe.label(int(i)) for i in one.indices]) for one in (found, few))
    assert (some[every > 0] > 0).all()
    assert (np.abs(some - 10 / (every > 0).sum())[some < every] <= 1).all()


def test_methods_with_importances_use_those_given_and_are_kept_by_them(network, hand):
    generator = np.random.default_rng(4)
    learned = {"conv1": generator.normal(size=(7, 6)).astype(np.float32)}
    layer, probe = network.layer("conv1"), Blobs()
    found = engine.localise(network, probe, layer, ["chip"], importances=learned)
    row = found.scores["chip"]
    for place, (index, (order, *_)) in enumerate(hand["test"].items()):
        activations = network.tail(layer, network.prepare([probe.image(index)])).activations[0].numpy()
        summed = np.einsum("k,khw->hw", learned["conv1"][order[0]], activations)
        box = map_box(Heatmap(summed, "chip", "conv1", 0).at(network.preprocessing, SIDE, SIDE), row.threshold)
        assert tuple(row.boxes[place]) == (box or (-1, -1, -1, -1))
    turned = engine.localise(network, probe, layer, ["chip"], importances={"conv1": -learned["conv1"]})
    assert (turned.scores["chip"].boxes != row.boxes).any()


def test_importances_that_nobody_gives_are_learned(network):
    learned = engine.importances(network, Blobs(), "conv1")
    found = engine.localise(network, Blobs(), "conv1", ["chip"])
    given = engine.localise(network, Blobs(), "conv1", ["chip"], importances={"conv1": learned.weights()})
    np.testing.assert_array_equal(found.scores["chip"].boxes, given.scores["chip"].boxes)


def test_thresholds_are_searched_on_other_pictures_where_there_are_some():
    assert search_split(("train", "val", "test"), "test") == "val"
    assert search_split(("train", "val"), "val") == "train"
    assert search_split(("without", "with"), "without") == "with"
    assert search_split(("all",), "all") == "all"


def test_what_cannot_be_localised_is_said(network):
    def unwanted(done, total, label):
        raise AssertionError(f"computed: {label}")

    class Bare(Blobs):
        offers = frozenset({"labels"})

    class Gone(Blobs):
        fingerprint = "gone"

        def label(self, index):
            return 1

    class Foreign(Blobs):
        fingerprint, classes = "foreign", ("cat", "gone", "dog", "cow")

    with pytest.raises(NotDefined, match="Blobs has no labelled objects"):
        engine.localise(network, Bare(), "conv1", ["gradcam"])
    with pytest.raises(NotDefined, match="no image in 'test' of Blobs"):
        engine.localise(network, Gone(), "conv1", [])
    with pytest.raises(NotDefined, match="no class of Blobs is one of"):
        engine.localise(network, Foreign(), "conv1", ["chip"], progress=unwanted)
    with pytest.raises(UnknownName, match="no split 'tset'"):
        engine.localise(network, Blobs(), "conv1", ["gradcam"], split="tset")
    with pytest.raises(UnknownName, match="no method 'gradcma'"):
        engine.localise(network, Blobs(), "conv1", ["gradcma"])


def test_a_method_without_meaning_is_named_and_the_others_have_their_rows():
    module = nn.Sequential(nn.Conv2d(3, 6, 3), nn.Tanh(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))
    preprocessing = Preprocessing(resize=(16, 16), crop=None, mean=(0.4,) * 3, std=(0.25,) * 3)
    smooth = Network(module, ["red", "green", "blue"], preprocessing, name="smooth")
    found = engine.localise(smooth, Blobs(), smooth.layers[0], METHODS)
    assert set(found.scores) == {"gradcam", DISC}
    assert "ReLU" in found.undefined["guided-backprop"]


def test_ious_of_many_boxes_at_once():
    generator = np.random.default_rng(0)
    corners = generator.integers(0, 20, (30, 2, 2))
    boxes = np.concatenate([corners.min(1), corners.max(1) + 1], 1)
    expected = [[box_iou(Box(*a), Box(*b)) for b in boxes[:4]] for a in boxes]
    np.testing.assert_allclose(box_ious(boxes, boxes[:4]), expected)
    assert (box_ious(np.full((3, 4), -1), boxes[:4]) == 0).all()


def test_among_equal_errors_the_larger_overlap_decides(network, found):
    placed = localising._placed(network, Blobs(), network.layer("conv1"), ["gradcam"], "val", 600, {}, None)
    searched = placed["gradcam"][0]
    errors, overlaps = wrong(searched)[:, 0].mean(0), searched.ious()[:, 0].mean(0)
    best = best_threshold(searched)
    assert errors[best] == errors.min()
    assert overlaps[best] == overlaps[errors == errors.min()].max()
    assert 0 <= best_pixel_threshold(searched) < len(THRESHOLDS)


def test_gains_of_regions_and_their_difference(found):
    one, other = (found.scores[name].overlap for name in METHODS)
    gains = found.gains(*METHODS, pixels=True)
    assert (np.diff(one[gains] - other[gains]) <= 0).all()
    assert sorted(gains) == np.flatnonzero(found.rank == 0).tolist()
    assert found.pixel_difference(*METHODS).value == pytest.approx(np.nanmean(one - other))


def test_tables_of_the_same_images_are_joined(network, found):
    parts = [engine.localise(network, Blobs(), "conv1", [name]) for name in METHODS]
    whole = joined(parts)
    assert list(whole.scores) == [*METHODS, DISC]
    for name in METHODS:
        np.testing.assert_array_equal(whole.scores[name].boxes, found.scores[name].boxes)


def test_names_are_compared_as_networks_write_them():
    probe = Blobs()
    assert [one.class_name for one in instances_of(probe, 0, "RED")] == ["red", "red"]
    assert instances_of(probe, 0, "tench") == ()


def test_the_table_and_what_stands_behind_it_as_data(found):
    table = rows(found)
    assert [row["method"] for row in table] == [*METHODS, DISC, "classification"]
    first, score = table[0], found.scores[METHODS[0]]
    assert (first["top1"], first["top1_low"], first["area_high"]) == (score.top1.value, score.top1.low, score.area.high)
    assert table[-1]["top5"] == found.class_error(5).value
    behind = arrays(found)
    assert behind["indices"].shape == behind["gradcam-iou"].shape
    assert behind["gradcam-boxes"].shape == (len(found.indices), 4)
    assert behind[f"{DISC}-wrong"].shape == (len(found.indices), 2)
