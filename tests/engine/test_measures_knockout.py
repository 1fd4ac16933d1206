"""Closing channels, against the network written out by hand, and the sets that are closed, against loops."""

from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from core.measures.knockout import NEAR, choose, knock_out, matched_sets, mean_alpha, measure
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    parts = OrderedDict(
        conv1=nn.Conv2d(3, 6, 3, padding=1),
        relu1=nn.ReLU(inplace=True),
        pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(6, 5, 3, padding=1),
        relu2=nn.ReLU(inplace=True),
        flatten=nn.Flatten(),
        fc=nn.Linear(5 * 16, 4),
    )
    own = Preprocessing(resize=(8, 8), crop=None, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
    return Network(nn.Sequential(parts), list("abcd"), own, name="small")


def images(count):
    return torch.randn(count, 3, 8, 8, generator=torch.Generator().manual_seed(count))


def by_hand(network, batch, gate):
    """The probabilities with the channels of conv1 multiplied by a gate, by the modules one after another."""
    module = network.module
    value = torch.relu(module.conv1(batch)) * gate.view(1, -1, 1, 1)
    return module.fc(torch.relu(module.conv2(module.pool1(value))).flatten(1)).softmax(1)


@torch.no_grad()
def test_closed_channels_equal_the_network_by_hand(network):
    batch = images(3)
    closed = np.array([[True, False, True, False, False, False], [False] * 6, [True] * 6])
    before, after = knock_out(network, batch, "conv1", closed)
    np.testing.assert_allclose(before, by_hand(network, batch, torch.ones(6)), atol=1e-6)
    for found, gate in zip(after, ~closed, strict=True):
        np.testing.assert_allclose(found, by_hand(network, batch, torch.tensor(gate).float()), atol=1e-6)
    np.testing.assert_allclose(after[1], before, atol=1e-6)


def test_mean_weights_are_grad_cams_image_by_image(network):
    batch = images(4)
    alpha, activation = mean_alpha(network, batch, "conv1", 2)
    rows = []
    for one in batch:
        value = torch.relu(network.module.conv1(one[None])).detach().requires_grad_()
        logits = network.module.fc(torch.relu(network.module.conv2(network.module.pool1(value))).flatten(1))
        rows.append(torch.autograd.grad(logits[0, 2], value)[0].mean((0, 2, 3)).numpy())
    np.testing.assert_allclose(alpha, np.sum(rows, 0), atol=1e-5)
    with torch.no_grad():
        wanted = torch.relu(network.module.conv1(batch)).mean((2, 3)).sum(0)
    np.testing.assert_allclose(activation, wanted, atol=1e-5)


def test_random_sets_are_as_large_and_as_active_as_the_chosen_one():
    generator = np.random.default_rng(0)
    activation = generator.exponential(size=128)
    chosen = np.zeros(128, bool)
    chosen[np.argsort(activation)[-30:-20]] = True  # far more active than ten channels by chance
    sets = matched_sets(activation, chosen, draws=12, seed=1)
    assert (sets.sum(1) == 10).all()
    wanted = activation[chosen].sum()
    for members in sets:
        assert abs(sum(activation[k] for k in np.flatnonzero(members)) - wanted) <= NEAR * wanted
    assert len({tuple(np.flatnonzero(members)) for members in sets}) == 12
    assert (sets == matched_sets(activation, chosen, draws=12, seed=1)).all()
    assert (sets != matched_sets(activation, chosen, draws=12, seed=2)).any()


def test_where_nothing_else_is_as_active_the_chosen_channels_are_drawn_again():
    activation = np.array([9.0, 8.0, 0.1, 0.2, 0.1, 0.0])
    chosen = np.array([True, True, False, False, False, False])
    assert (matched_sets(activation, chosen, draws=3)[:, :2]).all()


@pytest.mark.parametrize("size", [0, 6])
def test_no_channel_and_all_channels(size):
    chosen = np.arange(6) < size
    assert (matched_sets(np.ones(6), chosen, draws=2) == chosen).all()


def test_what_is_closed():
    alpha = np.array([0.1, 0.9, -2.0, 0.5, 0.5, 0.0])
    closed = choose([5, 0], alpha, np.ones(6), draws=4)
    assert np.flatnonzero(closed[0]).tolist() == [0, 5]
    assert np.flatnonzero(closed[1]).tolist() == [1, 3]
    assert closed.shape == (6, 6)
    assert (closed.sum(1) == 2).all()


def test_the_record_equals_image_by_image(network):
    batch, labels = images(7), np.array([2, 0, -1, 2, 1, 3, 2])
    told = []
    found = measure(
        network, lambda: batch.split(3), labels, "conv1", 2, [1, 4], draws=3, progress=lambda *step: told.append(step)
    )
    assert [step[:2] for step in told] == [(3, 14), (6, 14), (7, 14), (10, 14), (13, 14), (14, 14)]
    gates = np.concatenate([np.ones((1, 6)), ~found.closed])
    for row, gate in enumerate(gates):
        own = []
        for number, label in enumerate(labels):
            with torch.no_grad():
                one = by_hand(network, batch[number : number + 1], torch.tensor(gate).float())[0].numpy()
            assert found.asked[row, number] == pytest.approx(one[2], abs=1e-6)
            if label < 0:
                assert np.isnan(found.own[row, number])
                assert np.isnan(found.right[row, number])
            else:
                assert found.own[row, number] == pytest.approx(one[label], abs=1e-6)
                assert found.right[row, number] == (one.argmax() == label)
            own += [one] if label == 2 else []
        np.testing.assert_allclose(found.means[row], np.mean(own, 0), atol=1e-6)
    drop = np.mean(found.asked[0, labels == 2] - found.asked[1, labels == 2])
    assert found.drop("chip").value == pytest.approx(drop)
    further = np.mean(found.asked[3:, labels == 2].mean(0) - found.asked[1, labels == 2])
    assert found.drop("chip", "random").value == pytest.approx(further)
    assert found.estimate("right", "", "others").n == 3
    assert found.carried("chip") == pytest.approx(found.activation[[1, 4]].sum() / found.activation.sum())


def test_without_an_image_of_the_class_all_images_count(network):
    batch = images(4)
    found = measure(network, lambda: [batch], np.full(4, -1), "conv1", 1, [0], draws=2)
    with torch.no_grad():
        np.testing.assert_allclose(found.means[0], network.module(batch).softmax(1).mean(0), atol=1e-6)
    assert found.drop("chip").n == 4
    assert np.isnan(found.estimate("right", "chip").value)
