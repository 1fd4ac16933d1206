"""Net2Vec through the engine: one pass for several layers, kept, stopped and gone on with, masks shared."""

import numpy as np
import pytest
import torch
from torch import nn

from core.engine import concepts
from core.errors import BadImage, Cancelled, NotDefined, UnknownLayer, UnknownName
from core.methods.net2vec import classification
from core.methods.net2vec.pool import pool
from core.methods.net2vec.segmentation import PRESETS
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.probes.catalogue import open_probe
from core.probes.probe import Concept, Probe

IMAGES, SIDE = 40, 24


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path))
    return tmp_path


class Blots(Probe):
    """Bright squares on noise, on one side or the other, and what is said of the whole picture."""

    name = title = about = "blots"
    classes = ("left", "right")
    offers = frozenset({"labels", "masks"})
    concepts = (
        Concept("blot", "object"),
        Concept("rare", "object"),
        Concept("day", "scene"),
        Concept("trained", "part"),
        Concept("never", "part"),
    )

    def __init__(self, fingerprint="blots", only=False, damaged=()):
        self.fingerprint, self.drawn, self.damaged = fingerprint, [], damaged
        half = IMAGES // 2
        self.splits = {"all": np.arange(IMAGES)} if only else {"train": np.arange(half), "val": np.arange(half, IMAGES)}

    def __len__(self):
        return IMAGES

    def _blot(self, index):
        generator = np.random.default_rng(index)
        mask = np.zeros((SIDE, SIDE), bool)
        top, left = generator.integers(0, 12, 2)
        mask[top : top + 8, left : left + 8] = True
        return mask

    def image(self, index):
        self.drawn.append(index)
        noise = np.random.default_rng(index + 1000).integers(0, 60, (SIDE, SIDE, 3), np.uint8)
        noise[self._blot(index)] += 150
        return noise

    def label(self, index):
        return index % 2

    def concept_masks(self, index):
        if index in self.damaged:
            raise BadImage(f"'labels/{index}.png' is damaged")
        blot, rare, day, trained, _ = self.concepts
        found = {blot: self._blot(index), day: np.ones((SIDE, SIDE), bool)} if index % 4 else {}
        if index in (1, 2, IMAGES - 1):
            found[rare] = np.eye(SIDE, dtype=bool)
        if index in (3, 5):
            found[trained] = np.tri(SIDE, dtype=bool)
        return found

    def image_concepts(self, index):
        return frozenset(self.concept_masks(index)) | ({self.concepts[4]} if index == 7 else set())


def network_of(seed=0, own=None):
    torch.manual_seed(seed)
    layers = [nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU()]
    module = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
    with torch.no_grad():
        module[0].weight[0], module[0].bias[0] = 1.0, -5  # bright
    own = own or Preprocessing(resize=(SIDE, SIDE), crop=None, mean=(0.3,) * 3, std=(0.25,) * 3)
    return Network(module, ["left", "right"], own, name="toy")


@pytest.fixture(scope="module")
def network():
    return network_of()


def convs(network):
    return [layer.name for layer in network.layers if layer.kind == "conv"]


def stop_at(share, tells=None):
    def progress(done, total, label):
        if tells is not None:
            tells.append(label)
        if total > 1 and done / total >= share:
            raise Cancelled("enough")

    return progress


def refuse(*_step):
    raise Cancelled("not now")


def same(one, other):
    for name, value in vars(one).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, getattr(other, name), err_msg=name)


def test_layers_come_in_one_pass_and_are_kept(network):
    probe, names = Blots(), convs(network)
    found = concepts.dissect_of(network, probe, names)
    assert sorted(probe.drawn) == list(range(IMAGES)), "every picture is drawn once"
    assert list(found) == names
    assert found[names[1]].grid == (SIDE // 2, SIDE // 2)
    again = concepts.dissect_of(network, Blots(), names, progress=refuse)
    alone = concepts.dissect(network, Blots(), names[1], progress=refuse)
    for name in names:
        same(found[name], again[name])
    same(found[names[1]], alone)
    assert alone.concepts == Blots.concepts
    assert (alone.preset, alone.loss, alone.note) == ("fast", "printed", "")


def test_what_is_found(network):
    """Filter 0 answers to brightness; what cannot be learned says why, and nothing is lost."""
    found = concepts.dissect(network, Blots(), convs(network)[0])
    blot, rare, day, trained, never = range(5)
    np.testing.assert_array_equal(found.train, [15, 2, 15, 2, 0])
    np.testing.assert_array_equal(found.val, [15, 1, 15, 0, 0])
    np.testing.assert_array_equal(found.positives, [[15, 2, 15, 2, 1], [15, 1, 15, 0, 0]])
    np.testing.assert_allclose(found.alpha[[blot, rare, day]], [1 - 64 / 576, 1 - 1 / 24, 0], atol=1e-12)
    assert found.best[blot] == 0
    assert found.iou_train[found.binarisation[blot], blot].argmax() == 0
    assert found.single_iou[blot] == found.iou_val[found.binarisation[blot], blot, 0] > 0.02
    assert found.combined_iou[blot] >= found.single_iou[blot]
    assert [found.reason(c, "segmentation") for c in range(5)] == [
        "",
        "only 2 training pictures",
        "fills every picture that it is in",
        "in training pictures only",
        "no picture shows where it is",
    ]
    assert found.reason(never, "classification") == "in training pictures only"
    assert found.reason(blot, "classification") == ""
    for c in (day, never):
        assert np.isnan(found.weights[c]).all()
        assert np.isnan(found.iou_train[:, c]).all()
        assert np.isnan([found.single_iou[c], found.combined_iou[c], found.combined_train[c]]).all()
        assert found.best[c] == -1
    assert np.isfinite(found.weights[trained]).all()
    assert np.isnan([found.single_iou[trained], found.combined_iou[trained]]).all()
    assert set(found.concept) == {blot, rare}
    assert len(found.image) == len(found.single_ind) == len(found.combined_ind) == 16
    assert not found.pool.training[found.image].any()


def test_a_stopped_pass_goes_on(network, cache):
    names, probe = convs(network), Blots()
    expected = concepts.dissect_of(network, Blots("other"), names)
    with pytest.raises(Cancelled):
        concepts.dissect_of(network, probe, names, progress=stop_at(0.75))
    drawn = len(probe.drawn)
    assert list(cache.glob("sweeps/*.checkpoint"))
    found = concepts.dissect_of(network, probe, names)
    assert len(probe.drawn) - drawn < IMAGES
    assert not list(cache.glob("sweeps/*.checkpoint"))
    for name in names:
        same(expected[name], found[name])


def test_masks_are_shared_by_networks(network):
    probe = Blots()
    concepts.dissect(network, probe, convs(network)[0])
    chosen = pool(probe)
    before = concepts.concept_masks(probe, chosen, refuse)
    assert len(before) == sum(mask.any() for i in range(IMAGES) for mask in probe.concept_masks(i).values())
    probe.concept_masks = None  # they are not read again
    other = network_of(1)
    assert convs(other) == convs(network)
    assert set(concepts.firing(other, probe, convs(other))) == set(convs(other))


def test_masks_alone_need_no_network():
    probe = Blots()
    found = concepts.concept_masks(probe, pool(probe))
    assert found.present.sum(0).tolist() == [30, 3, 30, 2, 1]
    assert not probe.drawn


def test_another_question_is_another_answer(network):
    probe, name = Blots(), convs(network)[1]
    first = concepts.dissect(network, probe, name)
    for asked in ({"images": 20}, {"loss": "logarithm"}, {"preset": "paper"}, {"seed": 1, "images": 20}):
        other = concepts.dissect(network, probe, name, **asked)
        assert not np.array_equal(first.weights, other.weights, equal_nan=True), asked
    assert len(concepts.dissect(network, probe, name, images=20).pool) == 20
    assert len(concepts.dissections_known(probe)) == 1
    (known,) = concepts.dissections_known(probe)
    same(first, concepts.dissection_of(known, probe))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_probe_with_one_split(network, preset):
    found = concepts.dissect(network, Blots(only=True), convs(network)[0], preset=preset)
    assert found.pool.training.sum() == 30
    assert found.preset == preset
    assert np.isfinite(found.combined_iou[0])


def test_only_what_the_network_sees_is_scored():
    """A crop to the middle: a mask outside of it does not count."""
    own = Preprocessing(resize=SIDE, crop=12, mean=(0.3,) * 3, std=(0.25,) * 3)
    network, probe = network_of(own=own), Blots()
    found = concepts.dissect(network, probe, convs(network)[0])
    masks = concepts.concept_masks(probe, found.pool)
    middle = [masks.entry(e)[6:18, 6:18] for e in range(len(masks)) if masks.concept[e] == 0]
    training = [found.pool.training[masks.image[e]] for e in range(len(masks)) if masks.concept[e] == 0]
    seen = [mask.mean() for mask, learned in zip(middle, training, strict=True) if learned and mask.any()]
    assert found.train[0] == len(seen)
    assert found.area[0] == pytest.approx(np.mean(seen), abs=1e-12)


def test_pictures_with_damaged_masks_count_for_nothing(network):
    name, gone, thrice = convs(network)[1], (5, 30, 31), "3 pictures, the first '5'"
    whole, found = (concepts.dissect(network, probe, name) for probe in (Blots(), Blots("holed", damaged=gone)))
    assert found.note == f"Left out, because what they show cannot be read: {thrice}."
    assert whole.note == ""
    assert found.unread.tolist() == list(gone)
    np.testing.assert_array_equal(found.train, [14, 2, 14, 1, 0])
    np.testing.assert_array_equal(found.val, [13, 1, 13, 0, 0])
    np.testing.assert_array_equal(found.positives[:, :3], [[14, 2, 14], [13, 1, 13]])
    assert not np.isin(found.image, gone).any()
    np.testing.assert_array_equal(found.thresholds, whole.thresholds)
    fired = concepts.firing(network, Blots(), [name])[name]
    left = np.setdiff1d(np.arange(IMAGES), gone)
    present = np.array([[one in Blots().image_concepts(i) for one in Blots.concepts] for i in left])
    expected = classification.learn(fired.means[left], present, left < IMAGES // 2)
    np.testing.assert_array_equal(found.cls_accuracy, expected.accuracy)
    np.testing.assert_array_equal(found.cls_weights, expected.weights)
    subsets = concepts.filter_subsets(network, Blots("holed", damaged=gone), name, "classification")
    np.testing.assert_array_equal(subsets.score[-1], expected.accuracy)
    known = concepts.dissections_known(Blots("holed", damaged=gone))
    assert [concepts.dissection_of(one, Blots("holed")).note for one in known] == [found.note]


def test_a_concept_of_every_picture_that_can_be_read(network):
    """Without the fourth pictures, in which it is not, 'day' is in all that are left."""
    found = concepts.dissect(network, Blots("days", damaged=range(0, IMAGES, 4)), convs(network)[0])
    assert found.reason(2, "classification") == "in every picture"
    assert np.isnan(found.cls_accuracy[2])


def test_masks_of_which_none_can_be_read(network):
    with pytest.raises(NotDefined, match="of none of 40 pictures of blots can be read what they show"):
        concepts.dissect(network, Blots("lost", damaged=range(IMAGES)), convs(network)[0])


@pytest.mark.parametrize("task", ["segmentation", "classification"])
def test_subsets_end_at_what_all_filters_reach(network, task):
    probe, name = Blots(), convs(network)[1]
    whole = concepts.dissect(network, probe, name)
    found = concepts.filter_subsets(network, probe, name, task)
    assert found.F.tolist() == ([1, 2, 4, 8] if task == "segmentation" else [1, 2, 3, 5, 8])
    scores = whole.combined_iou if task == "segmentation" else whole.cls_accuracy
    np.testing.assert_array_equal(found.score[-1], scores)
    assert np.isfinite(found.score[:, 0]).all()
    same(found, concepts.filter_subsets(network, probe, name, task, progress=refuse))
    if task == "classification":
        np.testing.assert_allclose(found.score[0], whole.cls_single_accuracy, atol=1e-12)


def test_what_is_not_there_is_said_first(network):
    probe, bare = Blots(), Blots()
    bare.concepts = ()
    with pytest.raises(NotDefined, match="blots says of no concept"):
        concepts.dissect(network, bare, convs(network)[0])
    with pytest.raises(UnknownLayer):
        concepts.dissect(network, probe, "conv99")
    for asked in ({"preset": "quick"}, {"loss": "hinge"}):
        with pytest.raises(UnknownName):
            concepts.dissect(network, probe, convs(network)[0], **asked)
    assert not probe.drawn


def test_the_tiny_menagerie(network):
    """Its pictures are of another size than the network's input; scenes have no vector, most concepts have."""
    probe = open_probe("menagerie-tiny")
    found = concepts.dissect(network, probe, convs(network)[1])
    scenes = [c for c, one in enumerate(probe.concepts) if one.category == "scene"]
    assert np.isnan(found.weights[scenes]).all()
    known = np.isfinite(found.combined_iou)
    assert known.sum() > 80
    assert (found.train[known] > 0).all()
    assert np.isfinite(found.single_iou[known & (found.best >= 0)]).all()
    assert (found.combined_ind <= 1).all()
