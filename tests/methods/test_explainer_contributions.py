"""Parts of one prediction: they sum to the score, the remainder is the biases', the error stands by itself."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from core.methods.explainer.anatomy import anatomy
from core.methods.explainer.contributions import contributions, shares
from core.methods.explainer.training import Settings, train

TOYS = runpy.run_path(str(Path(__file__).with_name("explainer_toys.py")))


@pytest.fixture(scope="module")
def toy():
    """A trained explainer of the toy performer, its anatomy, module, target maps and own logits of 12 pictures."""
    network = TOYS["performer"](seed=3)
    parts = anatomy(network)
    features = TOYS["features"](network, parts)
    trained = train(parts, features, Settings(epochs=4, batch=8))
    maps = torch.from_numpy(features.maps[:12].astype(np.float32))
    with torch.no_grad():
        logits = parts.classify(torch.from_numpy(features.fc7[:12]))
    return trained.explainer, parts, network.module, maps, logits


def test_shares_by_hand():
    """One filter, two places: gradient (2, -1), interpretable (3, 1), ordinary (1, 4), p = 0.75."""
    gradient = torch.tensor([[[[2.0, -1.0]]]])
    filters, ordinary = shares(gradient, torch.tensor([[[[3.0, 1.0]]]]), torch.tensor([[[[1.0, 4.0]]]]), 0.75)
    assert filters.tolist() == [[0.75 * 5]]
    assert ordinary.tolist() == [0.25 * -2]
    assert filters.dtype == ordinary.dtype == torch.float64


def test_parts_sum_to_the_score_of_the_explainer(toy):
    explainer, parts, _, maps, logits = toy
    found = contributions(explainer, parts, maps, logits, 1)
    with torch.no_grad():
        expected = parts.classify(explainer(maps).fc7)[:, 1].numpy()
    np.testing.assert_allclose(found.score, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.filters.sum(1) + found.ordinary + found.remainder, found.score, rtol=0, atol=1e-13)
    assert np.array_equal(found.performer, logits[:, 1].double().numpy())
    assert np.array_equal(found.error, found.score - found.performer)
    assert found.filters.shape == (12, 6)
    assert np.abs(found.filters).max() > 0.01 < np.abs(found.error).max()


def test_shares_and_remainder_against_loops(toy):
    """The decoder and the classifier unit by unit in float64: a unit that is on hands on what reaches it, and its bias;
    one that is off nothing."""
    explainer, parts, module, maps, logits = toy
    found = contributions(explainer, parts, maps, logits, 2)
    with torch.no_grad():
        passed = explainer(maps)
    p = float(explainer.p)
    layers = [explainer.dec1, explainer.dec2, module.fc3]
    weights = [layer.weight.detach().double().numpy() for layer in layers]
    biases = [layer.bias.detach().double().numpy() for layer in layers]
    for n in range(len(maps)):
        tracks = [
            p * passed.interpretable[n].double().numpy(),
            (1 - p) * passed.ordinary[n].double().numpy(),
        ]
        values = (tracks[0] + tracks[1]).ravel()
        six = weights[0] @ values + biases[0]
        seven = weights[1] @ np.maximum(six, 0) + biases[1]
        gradient, rest = np.zeros(len(values)), biases[2][2]
        for unit in np.flatnonzero(seven > 0):
            out = weights[2][2, unit]
            rest += out * biases[1][unit]
            for below in np.flatnonzero(six > 0):
                through = out * weights[1][unit, below]
                rest += through * biases[0][below]
                gradient += through * weights[0][below]
        gradient = gradient.reshape(tracks[0].shape)
        for f in range(6):
            expected = sum(gradient[f, i, j] * tracks[0][f, i, j] for i, j in np.ndindex(tracks[0].shape[1:]))
            assert found.filters[n, f] == pytest.approx(expected, rel=1e-4, abs=1e-5)
        assert found.ordinary[n] == pytest.approx(float((gradient * tracks[1]).sum()), rel=1e-4, abs=1e-5)
        assert found.remainder[n] == pytest.approx(rest, rel=1e-4, abs=1e-4)


def test_each_picture_may_be_asked_for_a_class_of_its_own(toy):
    explainer, parts, _, maps, logits = toy
    asked = [n % 3 for n in range(12)]
    found = contributions(explainer, parts, maps, logits, asked)
    assert found.classes.tolist() == asked
    for c in range(3):
        alone = contributions(explainer, parts, maps[c::3], logits[c::3], c)
        np.testing.assert_allclose(found.filters[c::3], alone.filters, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found.performer[c::3], alone.performer)


def test_a_perfect_reconstruction_has_no_error(toy):
    """Told the explainer's own logits, nothing is lost."""
    explainer, parts, _, maps, _ = toy
    with torch.no_grad():
        own = parts.classify(explainer(maps).fc7)
    np.testing.assert_allclose(contributions(explainer, parts, maps, own, 0).error, 0, atol=1e-6)


def test_it_works_where_gradients_are_off_and_leaves_none(toy):
    explainer, parts, module, maps, logits = toy
    with torch.no_grad():
        found = contributions(explainer, parts, maps, logits, 0)
    assert np.isfinite(found.filters).all()
    assert all(one.grad is None for one in (*module.parameters(), *explainer.parameters()))
    assert maps.grad is None
