"""The engine's answers of explainer networks, on a toy performer and a few small pictures."""

import copy
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.engine import parts
from core.errors import BadWeights, NotDefined
from core.methods.explainer import packing, shipped
from core.methods.explainer.anatomy import anatomy
from core.methods.explainer.training import Settings, train
from core.networks.catalogue import open_network
from core.probes.catalogue import open_probe

toys = runpy.run_path(str(Path(__file__).parents[1] / "methods" / "explainer_toys.py"))
QUICK = Settings(epochs=2, batch=8)


class Stopped(Exception):
    pass


@pytest.fixture(scope="module")
def probe():
    return open_probe("menagerie-tiny")


@pytest.fixture(scope="module")
def network(probe):
    """A toy performer whose classes are the probe's first three."""
    made = toys["performer"](side=16, module=toys["chain"](side=16))
    made.classes = tuple(probe.classes[:3])
    return made


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path))


def explained(network, probe, **asked):
    return parts.explained(network, probe, images=24, settings=QUICK, **asked)


def test_an_explainer_is_kept_and_is_the_same(network, probe):
    def never(done, total, label):
        raise Stopped

    first = explained(network, probe)
    again = explained(network, probe, progress=never)
    assert torch.equal(first.explainer.dec1.weight, again.explainer.dec1.weight)
    np.testing.assert_array_equal(first.history, again.history)
    assert first.history.shape[0] == QUICK.epochs
    with pytest.raises(Stopped):
        parts.explained(network, probe, images=24, settings=replace(QUICK, seed=1), progress=never)


def test_a_training_that_was_stopped_goes_on(network, probe, tmp_path):
    def until(label):
        def progress(done, total, told):
            if told == label:
                raise Stopped

        return progress

    with pytest.raises(Stopped):
        explained(network, probe, progress=until("explainer, epoch 2"))
    assert len(list(tmp_path.glob("sweeps/*.checkpoint"))) == 1
    curves = []
    resumed = explained(network, probe, watch=curves.append)
    assert [len(curve) for curve in curves] == [2]  # the first epoch was not done again
    assert not list(tmp_path.glob("sweeps/*.checkpoint"))
    read = parts.read(network, probe, "train", 24)
    whole = train(
        anatomy(network),
        parts.features(read, parts.own_labels(network, probe, read["labels"])),
        QUICK,
    )
    assert torch.equal(whole.explainer.interp1.weight, resumed.explainer.interp1.weight)


def test_what_is_looked_at_against_loops(network, probe):
    of = explained(network, probe)
    seen = parts.looked(network, probe, of, images=12)
    again = parts.looked(network, probe, of, images=12)
    assert len(seen.index) == 12
    known = {name: c for c, name in enumerate(network.classes)}
    labels = [known.get(probe.classes[probe.label(int(i))], -1) if probe.label(int(i)) is not None else -1
              for i in seen.index]  # fmt: skip
    assert seen.labels.tolist() == labels
    errors, fc7s = [], []
    for n, index in enumerate(seen.index):
        batch = network.prepare([probe.image(int(index))])
        target, _top, _fc6, fc7, logits = toys["emitted"](network, of.performer, batch)
        target = target.half().float()
        with torch.no_grad():
            passed = of.explainer(target)
        errors.append(float(((passed.fc7 - fc7) ** 2).sum()))
        fc7s.append(fc7[0].numpy())
        assert seen.performer[n] == int(logits.argmax())
        assert seen.explainer[n] == int(of.performer.classify(passed.fc7).argmax())
        for name, maps in (("second", passed.second), ("first", passed.first), ("target", target)):
            flat = maps[0].flatten(1)
            np.testing.assert_allclose(seen.sides[name].scores[:, n], flat.amax(1), atol=1e-5)
            assert (seen.sides[name].cells[:, n] == flat.argmax(1).numpy())[flat.amax(1).numpy() > 0].all()
    spreads = ((np.array(fc7s) - np.mean(fc7s, 0)) ** 2).sum(1)
    np.testing.assert_allclose(seen.fc7_error, errors, rtol=1e-3, atol=1e-6)
    assert seen.explained() == pytest.approx(1 - sum(errors) / spreads.sum(), rel=1e-3)
    np.testing.assert_array_equal(again.fc7_error, seen.fc7_error)
    np.testing.assert_array_equal(again.sides["top"].owners, seen.sides["top"].owners)


def test_landmarks_are_read_back(network, probe):
    first, again = (parts.marked(network, probe, images=6) for _ in range(2))
    assert first.parts == again.parts
    assert first.landmarks == again.landmarks
    assert len(first.parts) > 3
    np.testing.assert_array_equal(first.part_at, again.part_at)
    np.testing.assert_array_equal(first.points, again.points)


def test_a_prediction_in_parts_sums_to_its_score(network, probe):
    of, image = explained(network, probe), probe.image(3)
    found = parts.disentangle(network, of, image, 1)
    given = found.contributions
    total = given.filters.sum(1) + given.ordinary + given.remainder
    np.testing.assert_allclose(total, given.score, atol=1e-9)
    maps = parts.filter_maps(network, of, [probe.image(5), image])
    np.testing.assert_allclose(maps["second"][1], found.maps, atol=1e-6)
    np.testing.assert_allclose(maps["top"][1], found.top, atol=1e-6)


def test_attention_is_gradcam_against_finite_differences(network, probe):
    """alpha_k is the mean over places of dy/dA: what y gains when every place of channel k gains a little, over n^2."""
    of, batch = explained(network, probe), network.prepare([probe.image(3)])
    _target, top, *_ = toys["emitted"](network, of.performer, batch)
    found = parts.disentangle(network, of, probe.image(3), 1)
    performer = anatomy(network)
    for part in (performer.first, performer.second):
        part.double()

    def score(maps):
        fc6 = performer.first(performer.pool(maps).flatten(1)).relu()
        return float(performer.classify(performer.second(fc6).relu().float())[0, 1])

    with torch.no_grad():
        places = top[0, 0].numel()
        alphas = []
        for k in range(top.shape[1]):
            raised = top.double().clone()
            raised[:, k] += 1e-3
            alphas.append((score(raised) - score(top.double())) / 1e-3 / places)
    for part in (performer.first, performer.second):
        part.float()
    expected = np.maximum(np.tensordot(np.array(alphas), top[0].numpy(), 1), 0)
    np.testing.assert_allclose(found.attention_top, expected, atol=0.05 * max(expected.max(), 1e-3))
    assert found.attention.shape == found.attention_top.shape
    assert (found.attention >= 0).all()


def test_fields_are_kept(network, probe):
    of = explained(network, probe)
    seen = parts.looked(network, probe, of, images=4)
    first, again = (parts.part_fields(network, probe, of, seen) for _ in range(2))
    assert len(first.discrepancy) == network.layer("conv3").shape[0]
    np.testing.assert_array_equal(first.discrepancy, again.discrepancy)


def test_small_weights_are_nearly_the_same_and_others_are_refused(network, probe):
    of = explained(network, probe)
    kept = packing.small(of.explainer, of.performer)
    exact = packing.arrays(of.explainer)
    assert sum(one.nbytes for one in kept.values()) < 0.55 * sum(one.nbytes for one in exact.values())
    back = packing.arrays(packing.explainer(of.performer, kept))
    for name, one in exact.items():
        np.testing.assert_allclose(back[name], one, atol=2e-3, err_msg=name)
    other = anatomy(toys["performer"](side=16, module=toys["chain"](side=16, units=(7, 9))))
    with pytest.raises(BadWeights, match="belong to another network"):
        packing.explainer(other, exact)


def test_what_is_shipped_is_taken_only_for_the_same_question(network, probe, tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "WEIGHTS", tmp_path)
    monkeypatch.setattr(shipped, "PROBE", probe.name)
    of = explained(network, probe)
    path = parts.ship(network, probe, of)
    assert path.is_file()
    assert path.parent == tmp_path
    asked = {"images": 24, **vars(QUICK)}
    assert shipped.load(network, probe.name, asked) is not None
    assert shipped.load(network, probe.name, asked | {"epochs": 3}) is None
    assert shipped.load(network, "menagerie", asked) is None
    with pytest.raises(ValueError, match="not of another"):
        shipped.keep(network, "another", asked, of.explainer, of.history)


def test_the_embedded_explainer_opens_at_once():
    network, probe = open_network("menagerie-plain"), open_probe("menagerie")

    def never(done, total, label):
        raise Stopped

    of = parts.explained(network, probe, progress=never)
    assert of.p > 0.5
    assert of.history.shape[0] == Settings().epochs


def test_a_residual_network_has_no_explainer(probe):
    with pytest.raises(NotDefined, match="fully connected"):
        parts.explained(open_network("menagerie-residual"), probe)


def test_classes_are_the_networks_also_where_they_are_spelled_otherwise(probe):
    """As everywhere: capitals and underscores make no other class."""
    other = toys["performer"](side=16, module=toys["chain"](side=16))
    other.classes = tuple(name.replace(" ", "_").upper() for name in probe.classes[:3])
    seen = parts.looked(other, probe, explained(other, probe), images=12)
    labels = np.array([-1 if probe.label(int(i)) is None else probe.label(int(i)) for i in seen.index])
    assert (seen.labels == np.where(labels < 3, labels, -1)).all()
    assert (seen.labels >= 0).any()


def test_pictures_of_a_probe_with_one_split_are_not_apart(probe):
    assert parts.apart(probe)
    alone = copy.copy(probe)
    alone.splits = {"all": np.arange(4)}
    assert not parts.apart(alone)


def test_few_pictures_are_seen_more_often(probe):
    """12 epochs of 3,000 pictures are 60 of 600, and of fewer."""
    assert parts.usual(open_probe("menagerie")) == Settings()
    assert parts.usual(open_probe("menagerie"), images=1200).epochs == 30
    assert parts.usual(probe).epochs == parts.MOST_EPOCHS


def test_maps_that_are_drawn_are_those_that_were_looked_at(network, probe):
    of = explained(network, probe)
    seen = parts.looked(network, probe, of, images=12)
    maps = parts.filter_maps(network, of, [probe.image(int(index)) for index in seen.index])
    for side, found in maps.items():
        peaks = found.max((2, 3)).T
        np.testing.assert_allclose(peaks, seen.sides[side].scores, rtol=2e-3, atol=2e-3)
        fires = seen.sides[side].scores > 0.01
        assert fires.any()
        same = seen.sides[side].cells == found.reshape(*found.shape[:2], -1).argmax(2).T
        assert same[fires].mean() > 0.98  # what was looked at was read in half precision
