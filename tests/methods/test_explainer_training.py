"""Training explainers on toys: equation 1 by hand, what each term reaches, the variants, and going on after a stop."""

import math
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import Cancelled, CoreError
from core.methods.explainer import training
from core.methods.explainer.anatomy import anatomy
from core.methods.explainer.network import Explainer
from core.methods.explainer.training import MEASURES, Diverged, Features, Settings, owners, train

TOYS = runpy.run_path(str(Path(__file__).with_name("explainer_toys.py")))
QUICK = Settings(epochs=2, batch=16)


@pytest.fixture(scope="module")
def toy():
    """The anatomy of a toy performer and its features of 40 pictures."""
    network = TOYS["performer"](seed=3)
    parts = anatomy(network)
    return parts, TOYS["features"](network, parts)


def weights(trained):
    return trained.explainer.state_dict()


def same(one, other):
    return all(torch.equal(value, weights(other)[name]) for name, value in weights(one).items())


def column(trained, name):
    return trained.history[:, MEASURES.index(name)]


def by_hand(parts, features):
    """The first pass of a training in one batch: shares of fc6 and fc7 that are not reconstructed, and the pass."""
    explainer = Explainer(parts, seed=0).train()
    passed = explainer.requires_grad_(False)(torch.from_numpy(features.maps.astype(np.float32)))
    shares = []
    for got, wanted in ((passed.fc6.numpy(), features.fc6), (passed.fc7.numpy(), features.fc7)):
        lost = [
            sum((float(a) - float(b)) ** 2 for a, b in zip(*rows, strict=True))
            for rows in zip(got, wanted, strict=True)
        ]
        energy = [sum(float(b) ** 2 for b in row) for row in wanted]
        shares.append(sum(lost) / len(lost) / (sum(energy) / len(energy)))
    return shares, passed


def test_the_first_step_of_equation_1_by_hand(toy):
    """Before any gradient has a size no filter is pulled: the loss is the two shares minus eta log p, p = 1/2."""
    parts, features = toy
    trained = train(parts, features, Settings(epochs=1, batch=40, eta=0.3))
    (fc6, fc7), _ = by_hand(parts, features)
    found = dict(zip(MEASURES, trained.history[0], strict=True))
    assert found["fc6"] == pytest.approx(fc6, rel=1e-4)
    assert found["fc7"] == pytest.approx(fc7, rel=1e-4)
    assert found["loss"] == pytest.approx(fc6 + fc7 + 0.3 * math.log(2), rel=1e-4)
    assert fc6 > 0.01 < fc7
    assert 0 < found["live filters"] <= 1


def test_with_classes_the_classification_takes_the_place_of_the_reconstruction(toy):
    parts, features = toy
    known = features.labels.copy()
    known[::4] = -1
    trained = train(parts, replace(features, labels=known), Settings(epochs=1, batch=40, classes=True))
    _, passed = by_hand(parts, features)
    logits = parts.classify(passed.fc7).detach().numpy()
    losses = [math.log(np.exp(row - row[label]).sum()) for row, label in zip(logits, known, strict=True) if label >= 0]
    expected = sum(losses) / len(losses) + 0.1 * math.log(2)
    assert column(trained, "loss")[0] == pytest.approx(expected, rel=1e-4)


def test_the_classification_is_learned(toy):
    parts, features = toy
    trained = train(parts, features, Settings(epochs=25, batch=8, classes=True, filter_loss="off"))
    assert column(trained, "loss")[-1] < 0.6 * column(trained, "loss")[0]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"filter_loss": "off"},
        {"filter_loss": "published"},
        {"masked": False},
        {"masked": False, "filter_loss": "off"},
        {"classes": True},
        {"classes": True, "filter_loss": "off"},
    ],
    ids=str,
)
def test_the_variants_run_and_lose_less(toy, change):
    parts, features = toy
    trained = train(parts, features, replace(QUICK, epochs=12, **change))
    assert trained.history.shape == (12, len(MEASURES))
    assert np.isfinite(trained.history).all()
    assert column(trained, "loss")[-1] < column(trained, "loss")[0]
    assert not trained.explainer.training
    assert not any(one.requires_grad for one in trained.explainer.parameters())
    for name in ("p", "information 1", "information 2", "live filters"):
        assert ((column(trained, name) >= 0) & (column(trained, name) <= 1)).all(), name


def test_no_gradient_is_left_behind():
    """The toy's parameters ask for gradients, as a person's own network may."""
    network = TOYS["performer"](seed=3)
    parts = anatomy(network)
    trained = train(parts, TOYS["features"](network, parts), replace(QUICK, classes=True))
    assert all(one.requires_grad and one.grad is None for one in network.module.parameters())
    assert all(one.grad is None for one in trained.explainer.parameters())


def test_reconstruction_alone_gives_back_the_features(toy):
    parts, features = toy
    trained = train(parts, features, Settings(epochs=60, batch=8, filter_loss="off", masked=False, eta=0.0))
    assert column(trained, "fc7")[-1] < 0.1
    assert column(trained, "fc6")[-1] < 0.1


def test_without_classes_no_label_teaches_anything(toy):
    """Unsupervised: other labels, the same weights. The published gradient asks for what the performer says."""
    parts, features = toy
    labels, said = (replace(features, **{name: np.roll(features.said, 7)}) for name in ("labels", "said"))
    for kind, asks in (("exact", False), ("published", True)):
        settings = replace(QUICK, filter_loss=kind)
        assert same(train(parts, features, settings), train(parts, labels, settings))
        assert same(train(parts, features, settings), train(parts, said, settings)) is not asks


def test_another_filter_loss_is_refused():
    with pytest.raises(ValueError, match="published, exact, off, random places, not 'exakt'"):
        Settings(filter_loss="exakt")


def test_the_seed_decides(toy):
    parts, features = toy
    one = train(parts, features, QUICK)
    torch.manual_seed(99)
    assert same(one, train(parts, features, QUICK))
    assert not same(one, train(parts, features, replace(QUICK, seed=1)))


def test_a_filter_loss_of_no_strength_is_none(toy):
    parts, features = toy
    none = train(parts, features, replace(QUICK, strength=0.0))
    assert same(none, train(parts, features, replace(QUICK, filter_loss="off")))
    assert not same(none, train(parts, features, QUICK))


@pytest.mark.parametrize("kind", ["exact", "published"])
def test_the_filter_loss_does_not_reach_the_ordinary_track(toy, kind):
    """The second step is the first that the filter loss takes part in. It moves both interpretable layers and p, and
    what it adds to the gradient of the ordinary track is nothing."""
    parts, features = toy
    settings = Settings(epochs=1, batch=20, filter_loss=kind)
    with_loss = weights(train(parts, features, settings))
    without = weights(train(parts, features, replace(settings, filter_loss="off")))
    for name in ("ordin.weight", "ordin.bias", "dec1.weight", "dec2.weight"):
        assert torch.equal(with_loss[name], without[name]), name
    for name in ("interp1.weight", "interp2.weight", "balance"):
        assert not torch.equal(with_loss[name], without[name]), name
    assert not torch.equal(with_loss["ordin.weight"], Explainer(parts, seed=0).ordin.weight)


def test_eta_raises_the_share_of_the_interpretable_track(toy):
    parts, features = toy
    shares = [
        column(train(parts, features, Settings(epochs=15, batch=8, eta=eta, filter_loss="off")), "p")[-1]
        for eta in (0.0, 5.0)
    ]
    assert shares[1] > shares[0] + 0.02
    assert shares[1] > 0.52


class Stop:
    """A progress that raises after so many steps, and remembers what it was told."""

    def __init__(self, steps):
        self.steps, self.told = steps, []

    def __call__(self, done, total, label):
        self.told.append((done, total, label))
        if done == self.steps:
            raise Cancelled("stopped")


@pytest.mark.parametrize("change", [{}, {"filter_loss": "published"}, {"classes": True}, {"masked": False}], ids=str)
def test_a_training_that_was_stopped_ends_with_the_same_weights(toy, tmp_path, change):
    """Three batches an epoch; stopped in the second batch of the third epoch, and again, then left to end."""
    parts, features = toy
    settings = replace(QUICK, epochs=5, **change)
    whole = train(parts, features, settings)
    checkpoint = tmp_path / "explainer.checkpoint"
    for steps in (8, 11):
        stop = Stop(steps)
        with pytest.raises(Cancelled):
            train(parts, features, settings, checkpoint=checkpoint, progress=stop)
        assert stop.told[0][0] == (1 if steps == 8 else 7)
    resumed = train(parts, features, settings, checkpoint=checkpoint)
    assert same(whole, resumed)
    assert np.array_equal(whole.history, resumed.history)


def test_a_training_that_has_ended_is_read_back(toy, tmp_path):
    parts, features = toy
    checkpoint = tmp_path / "explainer.checkpoint"
    whole = train(parts, features, QUICK, checkpoint=checkpoint)
    told = []
    again = train(parts, features, QUICK, checkpoint=checkpoint, progress=lambda *one: told.append(one))
    assert same(whole, again)
    assert not told


def test_a_checkpoint_of_other_settings_is_refused(toy, tmp_path):
    parts, features = toy
    checkpoint = tmp_path / "explainer.checkpoint"
    train(parts, features, QUICK, checkpoint=checkpoint)
    with pytest.raises(CoreError, match="belongs to a training with other settings"):
        train(parts, features, replace(QUICK, rate=0.01), checkpoint=checkpoint)


def test_wide_layers_are_learned_slower_and_p_is_not(toy, monkeypatch):
    """A target layer four times as wide as where it begins: a quarter of the rate for all but the two numbers of p."""
    monkeypatch.setattr(training, "WIDE", toy[0].target.shape[0] / 4)
    wide = train(*toy, QUICK)
    monkeypatch.undo()
    monkeypatch.setattr(training, "BALANCE", 4 * training.BALANCE)
    assert same(wide, train(*toy, replace(QUICK, rate=QUICK.rate / 4)))


def test_progress_counts_batches_and_watch_sees_the_curve_grow(toy):
    parts, features = toy
    told, curves = Stop(None), []
    trained = train(parts, features, QUICK, progress=told, watch=curves.append)
    assert told.told[0] == (1, 6, "explainer, epoch 1")
    assert told.told[-1] == (6, 6, "explainer, epoch 2")
    assert [one.shape for one in curves] == [(1, len(MEASURES)), (2, len(MEASURES))]
    assert np.array_equal(curves[-1], trained.history)


def test_a_training_that_runs_away_says_what_would_do(toy):
    parts, features = toy
    with pytest.raises(Diverged, match=r"in epoch 1 .*; a smaller learning rate than 5 would keep it, such as 1$"):
        train(parts, features, replace(QUICK, rate=5.0))


def test_a_training_that_runs_away_keeps_its_curve(toy, tmp_path):
    """Two good epochs, then features that are no numbers."""
    parts, features = toy
    settings, checkpoint, seen = replace(QUICK, epochs=4), tmp_path / "explainer.checkpoint", []
    with pytest.raises(Cancelled):
        train(parts, features, settings, checkpoint=checkpoint, progress=Stop(7), watch=seen.append)
    broken = replace(features, maps=np.full_like(features.maps, np.nan))
    with pytest.raises(Diverged, match=r"in epoch 3 \(loss nan\)") as error:
        train(parts, broken, settings, checkpoint=checkpoint)
    assert error.value.history.shape == (2, len(MEASURES))
    assert np.array_equal(error.value.history, seen[-1])
    with pytest.raises(Diverged, match="in epoch 1") as error:
        train(parts, broken, settings)
    assert error.value.history.shape == (0, len(MEASURES))


def test_pictures_that_say_nothing_do_no_harm(toy):
    """A target layer that is silent, features that are all zero: a curve without NaN."""
    parts, features = toy
    said = features.said * 0
    silent = Features(np.zeros_like(features.maps), features.fc6 * 0, features.fc7 * 0, said, said - 1)
    assert np.isfinite(train(parts, silent, QUICK).history).all()


def test_a_filters_class_is_its_own_and_not_the_ordinary_tracks(toy):
    run = training._Run(*toy, QUICK)
    run.survey()
    before, shared = run.known[1].owner, run.known[1].normalisers.log_z
    with torch.no_grad():
        run.explainer.ordin.weight.normal_(std=10)
    run.survey()
    assert torch.equal(run.known[1].owner, before)
    assert not torch.equal(run.known[1].normalisers.log_z, shared)  # the channel as a whole is another one


def test_owners_against_loops():
    means = np.random.default_rng(0).random((30, 7)).astype(np.float32)
    labels = np.random.default_rng(1).integers(-1, 4, 30)
    expected = []
    for f in range(7):
        scores = {c: np.mean([means[n, f] for n in range(30) if labels[n] == c]) for c in sorted(set(labels)) if c >= 0}
        expected.append(max(scores, key=scores.get))
    assert owners(torch.from_numpy(means), labels).tolist() == expected
    assert owners(torch.from_numpy(means), labels * 0 - 1).tolist() == [-1] * 7


def two_places(seed, count=300, side=8):
    """A performer whose top filters each answer to one thing and, less, to another; two things a picture, each at a
    place by chance."""
    parts = anatomy(TOYS["performer"](TOYS["chain"](2 * side), side=2 * side, seed=seed))
    generator = np.random.default_rng(seed)
    maps = np.zeros((count, 5, side, side), np.float32)
    for n in range(count):
        for thing in range(2):
            maps[n, thing, *generator.integers(0, side, 2)] = 2 + generator.random()
    with torch.no_grad():
        parts.conv.weight.zero_()
        parts.conv.bias.zero_()
        for f in range(6):
            parts.conv.weight[f, f % 2, 1, 1], parts.conv.weight[f, 1 - f % 2, 1, 1] = 1.0, 0.7
        fc6 = parts.first(parts.pool(parts.conv(torch.from_numpy(maps)).relu()).flatten(1)).relu()
        fc7 = parts.second(fc6).relu()
        labels = parts.classify(fc7).argmax(1)
    return parts, Features(maps.astype(np.float16), fc6.numpy(), fc7.numpy(), labels.numpy(), labels.numpy())


def concentration(maps):
    """The peak's share of a map's activation, mean over the maps that fire.  (N, F, n, n) -> a number"""
    total = maps.sum((2, 3))
    return float((maps.amax((2, 3)) / total)[total > 0].mean())


@pytest.mark.parametrize("seed", [0, 1])
def test_the_filter_loss_sharpens_maps(seed):
    """Filters that begin with two things, the weaker at 0.7 of the stronger, let go of the weaker: one thing a filter,
    one peak a map."""
    parts, features = two_places(seed)
    given, clearer, weaker = torch.from_numpy(features.maps.astype(np.float32)), {}, {}
    for kind in ("off", "exact", "published"):
        settings = Settings(epochs=8, batch=16, rate=0.02, filter_loss=kind, strength=5.0, masked=False)
        explainer = train(parts, features, settings).explainer
        clearer[kind] = concentration(explainer(given).first)
        centre = explainer.interp1.weight[:, :2, 1, 1]
        weaker[kind] = float((centre.min(1).values / centre.max(1).values).mean())
    assert weaker["off"] > 0.6
    assert weaker["exact"] < 0.45
    assert weaker["published"] < 0.55
    assert clearer["exact"] > clearer["off"] + 0.08
