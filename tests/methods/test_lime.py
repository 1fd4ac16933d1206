"""LIME against its formula in float64, and what it costs."""

import numpy as np
import pytest
import torch

from core.errors import Cancelled
from core.methods.lime import lime, lime_weights, proximity, random_states, strongest, superpixels


@pytest.fixture
def quarters():
    """A picture of four flat squares, and a classifier that reads them: class probabilities linear in what is seen."""
    segments = np.kron(np.arange(4).reshape(2, 2), np.ones((4, 4), int))
    image = torch.ones(1, 3, 8, 8)
    shares = torch.tensor([[0.4, 0.0, -0.3, 0.1], [-0.4, 0.0, 0.3, -0.1]])

    def predict(batch):
        seen = torch.stack([(batch[:, 0] * torch.from_numpy(segments == k)).mean((1, 2)) * 4 for k in range(4)], 1)
        return 0.5 + seen @ shares.T

    return image, segments, shares, predict


def slow_fit(states, outputs, segments):
    """argmin over w, b of sum_z sqrt(pi(z)) (f(z) - w'z - b)^2 + |w|^2, sample by sample in float64."""
    left, right = np.zeros((segments + 1, segments + 1)), np.zeros(segments + 1)
    for state, output in zip(states, outputs, strict=True):
        cosine = state.sum() / (np.sqrt((state**2).sum()) * np.sqrt(segments)) if state.any() else 0.0
        pi = np.exp(-((1 - cosine) ** 2) / 0.25**2)
        z = np.append(state, 1.0)
        left += np.sqrt(pi) * np.outer(z, z)
        right += np.sqrt(pi) * output * z
    left[:segments, :segments] += np.eye(segments)
    return np.linalg.solve(left, right)[:segments]


def test_equals_the_formula_written_again(quarters):
    image, segments, _, predict = quarters
    weights = lime_weights(predict, image, torch.zeros(1, 3, 1, 1), segments, [0, 1], 40, seed=3)
    states = random_states(40, 4, 3)
    seen = states.float()[:, torch.from_numpy(segments)][:, None] * image
    for c in range(2):
        slow = slow_fit(states.double().numpy(), predict(seen)[:, c].double().numpy(), 4)
        assert np.abs(weights[c].numpy() - slow).max() < 1e-5


def test_finds_what_a_linear_classifier_reads(quarters):
    image, segments, shares, predict = quarters
    weights = lime_weights(predict, image, torch.zeros(1, 3, 1, 1), segments, [0, 1], 400, seed=0)
    assert (weights - shares).abs().max() < 0.03  # ridge draws a little towards zero


def test_proximity_by_hand():
    # Two of four on: cos = 2 / (sqrt 2 * 2) = sqrt(1/2), D = 1 - 0.70711, pi = exp(-D^2 / 0.0625), its root is used.
    assert float(proximity(torch.tensor([1, 1, 0, 0]))) == pytest.approx(np.exp(-(0.292893**2) / 0.125), rel=1e-5)
    assert float(proximity(torch.ones(1, 7))) == 1


def test_the_network_is_asked_once_per_sample_however_many_classes(functional, batch_of):
    asked = []
    handle = functional.module.conv1.register_forward_hook(lambda _, __, value: asked.append(len(value)))
    batch = batch_of(functional, 2)
    several = lime(functional, batch, torch.tensor([[0, 1, 4], [2, 3, 0]]), [], samples=25, segments=6)[None]
    handle.remove()
    assert sum(asked) == 50
    alone = lime(functional, batch[1:], torch.tensor([[3]]), [], samples=25, segments=6)[None]
    assert torch.allclose(several[1, 1], alone[0, 0], atol=1e-6)


def test_the_seed_decides(functional, batch_of):
    batch, classes = batch_of(functional, 1), torch.tensor([[0]])
    one, same, other = (lime(functional, batch, classes, [], seed=s, samples=25, segments=6)[None] for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_states_are_fair_and_begin_with_the_whole_picture():
    states = random_states(400, 50, 0)
    assert states[0].all()
    assert 0.48 < states[1:].double().mean() < 0.52


def test_progress_by_batch_and_cancelling_in_the_middle(functional, batch_of):
    calls, batch, classes = [], batch_of(functional, 2), torch.tensor([[0], [1]])
    lime(functional, batch, classes, [], samples=25, segments=6, progress=lambda *call: calls.append(call))
    assert [done for done, _, _ in calls] == [0, 10, 20, 25, 35, 45, 50]
    assert {total for _, total, _ in calls} == {50}
    seen = []

    def stop(done, total, label):
        seen.append(done)
        if done >= 10:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        lime(functional, batch, classes, [], samples=25, segments=6, progress=stop)
    assert seen == [0, 10]


def test_superpixels_cover_the_picture():
    rows, columns = np.mgrid[:96, :96]
    picture = np.stack([np.sin(rows / 9), np.cos(columns / 7), rows / 96], -1) / 2 + 0.3
    labels = superpixels(picture, 50)
    assert labels.shape == (96, 96)
    assert set(np.unique(labels)) == set(range(labels.max() + 1))
    assert 25 <= labels.max() + 1 <= 60


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_a_picture_of_one_colour_has_superpixels_too(value):
    assert superpixels(np.full((32, 32, 3), value), 50).max() >= 10


def test_noise_is_not_one_superpixel():
    picture = np.random.default_rng(0).random((64, 64, 3))
    assert superpixels(picture, 50).max() >= 25


def test_the_strongest_superpixels_alone():
    values = np.array([[0.5, 0.1, -0.9], [0.3, 0.2, 0.0]], np.float32)
    assert strongest(values, 2).tolist() == np.array([[0.5, 0, 0], [0.3, 0, 0]], np.float32).tolist()
    assert strongest(values, 9).tolist() == np.where(values > 0, values, 0).tolist()
    assert not strongest(-values - 1, 5).any()


def test_top_shows_at_most_that_many(functional, batch_of):
    batch, classes = batch_of(functional, 1), torch.tensor([[0]])
    whole = lime(functional, batch, classes, [], samples=40, segments=20)[None]
    top = lime(functional, batch, classes, [], samples=40, segments=20, top=2)[None]
    assert len(torch.unique(whole)) > 3
    assert len(torch.unique(top[top != 0])) == 2
    assert top.max() == whole.max()
    assert top.min() == 0


def test_a_superpixel_that_is_off_turns_mid_grey(functional):
    pictures = []
    handle = functional.module.conv1.register_forward_hook(lambda _, inputs, __: pictures.append(inputs[0].clone()))
    image = np.full((24, 24, 3), 255, np.uint8)
    lime(functional, functional.prepare([image]), torch.tensor([[0]]), [], samples=12, segments=4)
    handle.remove()
    mean, std = (torch.tensor(v).reshape(3, 1, 1) for v in ((0.5, 0.4, 0.3), (0.25, 0.2, 0.3)))
    values = torch.unique((torch.cat(pictures) * std + mean).mul(1000).round())
    assert values.tolist() == [500, 1000]
