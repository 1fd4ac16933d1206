"""The engine: the same numbers as the parts it calls, as arrays; what is slow comes from the store the second time."""

import dataclasses
import pickle
import threading

import numpy as np
import pytest
import torch
from torch import nn

from core import engine
from core.errors import Cancelled, NotDefined, UnknownClass, UnknownLayer, UnknownName
from core.measures import faithfulness as faith
from core.measures.localisation import disc_floor
from core.methods import METHODS, registry
from core.methods.heatmap import Heatmap
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.probes.probe import Instance, Probe
from core.request import Request, image_subject

INSTANT = ("gradcam", "guided-backprop", "guided-gradcam")
LIME = {"lime": {"samples": 12, "segments": 9}}
COUNT = 70


def toy_network(activation=nn.ReLU, seed=0):
    generator = torch.Generator().manual_seed(seed)
    module = nn.Sequential(
        nn.Conv2d(3, 6, 3), activation(), nn.Conv2d(6, 4, 3), activation(), nn.Flatten(), nn.Linear(2304, 5)
    )
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator) * 0.2
    preprocessing = Preprocessing(resize=(28, 28), crop=None, mean=(0.5,) * 3, std=(0.25,) * 3)
    return Network(module, ["cat", "dog", "Red_fox", "owl", "cat"], preprocessing, name="toy")


class Noise(Probe):
    """Pictures of noise with a square object each; class 'unicorn' is none of the network's."""

    name = title = "noise"
    about = "noise"
    classes = ("red fox", "dog", "unicorn", "cat")
    offers = frozenset({"labels", "instances"})
    fingerprint = "noise-1"

    def __init__(self):
        self.splits = {"test": np.arange(0, COUNT), "val": np.arange(5)}

    def __len__(self):
        return COUNT

    def image(self, index):
        return np.random.default_rng(index).integers(0, 256, (28, 28, 3), np.uint8)

    def label(self, index):
        return index % 4

    def instances(self, index):
        top, left = index % 14, (3 * index) % 14
        mask = np.zeros((28, 28), bool)
        mask[top : top + 14, left : left + 14] = True
        return (Instance(self.classes[index % 4], (top, left, top + 14, left + 14), mask),)


@pytest.fixture(scope="module")
def network():
    return toy_network()


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(7).integers(0, 256, (40, 32, 3), np.uint8)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def runs(monkeypatch):
    """The classes that LIME was run for, run by run."""
    asked, real = [], METHODS["lime"]

    def run(network, batch, classes, layers, **options):
        asked.append(classes[0].tolist())
        return real.run(network, batch, classes, layers, **options)

    monkeypatch.setitem(registry._methods, "lime", dataclasses.replace(real, run=run))
    return asked


def stop(done, total, label):
    """Stops work that has begun."""
    if done:
        raise Cancelled("stopped")


def ask(network, image, classes=(0, 3), layers=("0", "2"), methods=INSTANT, **more):
    names = {layer.path: layer.name for layer in network.layers}
    return engine.explain(
        network, image, classes=classes, layers=[names.get(one, one) for one in layers], methods=methods, **more
    )


def test_probabilities_are_the_softmax(network, image):
    found = engine.probabilities(network, image)
    expected = network.module(network.prepare([image])).softmax(1)[0].detach().numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert found.dtype == np.float32


def test_instant_maps_are_those_of_each_method_layer_and_class_alone(network, image, cache):
    convs = [layer for layer in network.layers if layer.kind == "conv"]
    found = ask(network, image)
    assert len(found) == 2 * (2 + 1 + 2)
    for (method, layer, label), heatmap in found.items():
        alone = METHODS[method].run(
            network, network.prepare([image]), torch.tensor([[label]]), [one for one in convs if one.name == layer]
        )
        np.testing.assert_allclose(heatmap.values, alone[layer][0, 0].numpy(), rtol=1e-5, atol=1e-7)
        assert (heatmap.method, heatmap.layer, heatmap.class_index) == (method, layer, label)
        assert heatmap.values.dtype == np.float32
        assert heatmap.signed == METHODS[method].signed
    assert not cache.exists(), "instant results do not touch the disk"
    pickle.dumps(found)


def test_no_tensor_and_no_large_array_hangs_on_a_map(network, image):
    for heatmap in ask(network, image).values():
        assert isinstance(heatmap.values, np.ndarray)
        assert heatmap.values.base is None


def test_what_is_not_defined_is_said_and_the_rest_is_given(network, image):
    linear = network.layers[-1].name
    found = ask(network, image, layers=("2", linear), classes=[1])
    assert isinstance(found["gradcam", linear, 1], NotDefined)
    assert linear in str(found["gradcam", linear, 1])
    assert isinstance(found["gradcam", network.layer("2").name, 1], Heatmap)
    smooth = toy_network(nn.SiLU)
    found = ask(smooth, image, classes=[1], layers=["2"])
    assert [type(found[key]) for key in sorted(found, key=str)] == [Heatmap, NotDefined, NotDefined]
    assert "ReLU" in str(found["guided-backprop", None, 1])


def test_nothing_asked_nothing_given(network, image):
    assert ask(network, image, classes=[]) == {}
    assert ask(network, image, methods=[]) == {}
    assert ask(network, image, layers=[], methods=["gradcam"]) == {}
    assert len(ask(network, image, classes=[1, 1], layers=["2", "2"], methods=["gradcam", "gradcam"])) == 1


def test_what_is_not_there_is_said_before_anything_runs(network, image, runs):
    with pytest.raises(UnknownName, match="gradcam"):
        ask(network, image, methods=["lime", "gradcan"])
    with pytest.raises(UnknownName, match="samples"):
        ask(network, image, methods=["lime"], parameters={"lime": {"sample": 3}})
    with pytest.raises(UnknownLayer):
        ask(network, image, layers=["conv9"])
    with pytest.raises(UnknownClass, match="5 classes"):
        ask(network, image, classes=[5], methods=["lime"])
    assert runs == []


def test_slow_maps_are_computed_once_a_class_and_together(network, image, runs):
    first = ask(network, image, classes=[0, 3], methods=["lime"], parameters=LIME)
    assert runs == [[0, 3]]
    more = ask(network, image, classes=[3, 1, 0], methods=["lime"], parameters=LIME)
    assert runs == [[0, 3], [1]]
    for key, heatmap in first.items():
        np.testing.assert_array_equal(more[key].values, heatmap.values)
    assert sorted(item.request.classes for item in engine.store().list()) == [(0,), (1,), (3,)]
    assert len({item.request.subject for item in engine.store().list()} - {image_subject(image)}) == 0
    torch.from_numpy(first["lime", None, 0].values)  # writable: no warning


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"parameters": {"lime": {"samples": 13, "segments": 9}}}, {"subject": "probe:x:1"}],
    ids=["seed", "parameters", "subject"],
)
def test_another_question_is_computed_anew(network, image, runs, change):
    ask(network, image, classes=[0], methods=["lime"], parameters=LIME)
    ask(network, image, classes=[0], methods=["lime"], **{"parameters": LIME, **change})
    assert len(runs) == 2


def test_what_is_not_kept_can_be_refused_before_any_work(network, image, runs, monkeypatch):
    def refuse(done, total, label):
        raise Cancelled("not now")

    def no_image(self, index):
        raise AssertionError("a picture was drawn")

    with pytest.raises(Cancelled):
        ask(network, image, classes=[0], methods=["lime"], parameters=LIME, progress=refuse)
    assert runs == []
    with monkeypatch.context() as patch:
        patch.setattr(Noise, "image", no_image)
        with pytest.raises(Cancelled):
            engine.confusion(network, Noise(), progress=refuse)
    ask(network, image, classes=[0], methods=["lime"], parameters=LIME)
    engine.confusion(network, Noise())
    assert len(ask(network, image, classes=[0], methods=["lime"], parameters=LIME, progress=refuse)) == 1
    assert engine.confusion(network, Noise(), progress=refuse).counts.sum() == COUNT


def test_another_network_is_another_question(image, runs):
    for seed in (0, 1):
        ask(toy_network(seed=seed), image, classes=[0], methods=["lime"], parameters=LIME)
    assert len(runs) == 2


def test_slow_work_can_be_stopped_and_leaves_nothing(network, image):
    with pytest.raises(Cancelled):
        ask(network, image, methods=["lime"], parameters=LIME, progress=stop)
    assert engine.store().list() == ()


def test_where_the_cache_cannot_be_written_maps_are_still_given(network, image, cache, runs):
    cache.write_text("in the way")
    found = ask(network, image, classes=[0, 1], methods=["lime"], parameters=LIME)
    assert len(found) == 2
    again = ask(network, image, classes=[0, 1], methods=["lime"], parameters=LIME)
    assert runs == [[0, 1]], "and computed once: they are held in memory"
    np.testing.assert_array_equal(found["lime", None, 1].values, again["lime", None, 1].values)
    assert "cannot be written" in engine.store().trouble
    assert "cannot be written" in engine.confusion(network, Noise()).note


def test_people_who_share_a_network_get_their_own_maps(network):
    pictures = [np.random.default_rng(i).integers(0, 256, (28, 28, 3), np.uint8) for i in range(4)]
    alone = [ask(network, picture) for picture in pictures]
    found = [[] for _ in pictures]

    def work(i):
        found[i] = [ask(network, pictures[i]) for _ in range(5)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for expected, several in zip(alone, found, strict=True):
        assert len(several) == 5
        for one in several:
            for key, heatmap in expected.items():
                np.testing.assert_allclose(one[key].values, heatmap.values, rtol=1e-5, atol=1e-7)


def test_faithfulness_and_its_floors(network, image, monkeypatch):
    batch = network.prepare([image])
    maps = list(ask(network, image, methods=["gradcam"]).values())
    for found, expected in zip(
        engine.faithfulness(network, image, maps), faith.faithfulness(network, batch, maps), strict=True
    ):
        assert (found.layer, found.class_index) == (expected.layer, expected.class_index)
        np.testing.assert_allclose(found.insertion.probabilities, expected.insertion.probabilities, rtol=1e-5)
        assert found.deletion.area == pytest.approx(expected.deletion.area, rel=1e-5)
    floors = engine.faithfulness_floors(network, image, classes=[3, 1])
    expected = faith.floors(network, batch, [1, 3])
    monkeypatch.setattr(faith, "floors", None)
    assert list(floors) == [3, 1]
    for label, floor in engine.faithfulness_floors(network, image, classes=[1, 3]).items():
        assert floor.class_index == label
        for name in ("random_insertion", "random_deletion", "centre_insertion", "centre_deletion"):
            found, wanted = getattr(floor, name), getattr(expected[label], name)
            np.testing.assert_allclose(found.probabilities, wanted.probabilities, rtol=1e-5)
            np.testing.assert_array_equal(found.fractions, wanted.fractions)
        np.testing.assert_allclose(floor.random_insertion_areas, expected[label].random_insertion_areas, rtol=1e-5)
        np.testing.assert_allclose(floor.random_deletion_areas, expected[label].random_deletion_areas, rtol=1e-5)


def test_the_network_prefers_another_class(network, image):
    worst = int(engine.probabilities(network, image).argmin())
    heatmap = ask(network, image, classes=[worst], layers=["2"], methods=["gradcam"])[
        "gradcam", network.layer("2").name, worst
    ]
    kinds = [finding.kind for finding in engine.diagnose(network, image, heatmap)]
    assert "other class" in kinds


def test_confusion_counts_every_picture_and_matches_classes_by_name(network):
    probe = Noise()
    found = engine.confusion(network, probe)
    counts = np.zeros((4, 5), np.int64)
    for index in range(COUNT):
        counts[probe.label(index), engine.probabilities(network, probe.image(index)).argmax()] += 1
    np.testing.assert_array_equal(found.counts, counts)
    assert found.rows == probe.classes
    assert found.columns == network.classes
    assert found.right.tolist() == [2, 1, -1, 0]
    known = counts[[0, 1, 3]]
    accuracy = engine.accuracy(network, probe)
    assert accuracy.n == known.sum()
    assert accuracy.value == pytest.approx((counts[0, 2] + counts[1, 1] + counts[3, 0]) / known.sum())
    assert accuracy.low <= accuracy.value <= accuracy.high
    assert not found.note


def test_a_stopped_confusion_goes_on_and_is_kept(network, cache, monkeypatch):
    expected = engine.confusion(network, Noise()).counts
    engine.store().prune(everything=True)
    images, real = [], Noise.image
    monkeypatch.setattr(Noise, "image", lambda self, index: images.append(index) or real(self, index))

    with pytest.raises(Cancelled):
        engine.confusion(network, Noise(), progress=stop)
    assert [item.kind for item in engine.store().list()] == ["checkpoint"]
    images.clear()
    np.testing.assert_array_equal(engine.confusion(network, Noise()).counts, expected)
    assert min(images) == 32
    assert [item.kind for item in engine.store().list()] == ["confusion"]
    images.clear()
    np.testing.assert_array_equal(engine.confusion(network, Noise()).counts, expected)
    assert images == []


def test_a_checkpoint_with_other_threads_is_given_up(network):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(before + 1)
        with pytest.raises(Cancelled):
            engine.confusion(network, Noise(), progress=stop)
    finally:
        torch.set_num_threads(before)
    assert engine.confusion(network, Noise()).counts.sum() == COUNT


def test_splits_and_labels_that_are_not_there(network):
    with pytest.raises(UnknownName, match="try 'test'"):
        engine.confusion(network, Noise(), "tset")
    bare = Noise()
    bare.offers = frozenset()
    with pytest.raises(NotDefined, match="no labels"):
        engine.confusion(network, bare)


def test_the_floor_of_the_centred_disc_is_kept(monkeypatch):
    probe = Noise()
    expected = disc_floor(probe, probe.splits["val"])
    assert engine.disc_floor(probe, "val") == expected
    monkeypatch.setattr(Noise, "instances", None)
    assert engine.disc_floor(probe, "val") == expected


def test_an_answer_belongs_to_its_request(network, image):
    request = Request("gradcam", 1, network.fingerprint, "image:x", network.layer("2").name, (1, 4))
    artefact = engine.answer(request, network, image)
    assert artefact.arrays["values"].shape == (2, 24, 24)
    assert engine.answer(request, network, None).folder == artefact.folder
    with pytest.raises(UnknownName, match="gradcam"):
        engine.answer(dataclasses.replace(request, method="gradcan"), network, image)
    with pytest.raises(ValueError, match="another network"):
        engine.answer(dataclasses.replace(request, network="00"), network, image)
