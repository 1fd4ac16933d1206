"""The filter loss of explainer networks: templates, equation 2, its gradient and rewriting, against loops."""

import math

import numpy as np
import pytest
import torch

from core.errors import NotDefined
from core.methods.explainer import filter_loss, templates

SIDE, MAPS = 4, 30


@pytest.fixture
def maps():
    """(2 filters, 30 maps, 4, 4), scaled so that templates differ."""
    generator = torch.Generator().manual_seed(3)
    found = torch.rand(2, MAPS, SIDE, SIDE, generator=generator, dtype=torch.float64) ** 6
    found[1, ::3] = 0  # a filter that is often silent
    return found * filter_loss.scales(found)[:, None, None, None]


def template(mu, side):
    tau, found = 0.5 / side**2, np.zeros((side, side))
    for i in range(side):
        for j in range(side):
            found[i, j] = tau * max(1 - 4 * (abs(i - mu[0]) + abs(j - mu[1])) / side, -1)
    return found


def loops(maps):
    """Equation 2 with loops.  (M, n, n) -> the loss, log p(x|T) (M, T), log p(x) (M,), KL (T,)"""
    side = maps.shape[-1]
    every = [template((i, j), side) for i in range(side) for j in range(side)]
    every.append(np.full((side, side), -0.5 / side**2))
    prior = 1 / len(every)
    traces = [[sum(x[i, j] * t[i, j] for i in range(side) for j in range(side)) for t in every] for x in maps]
    z = [sum(math.exp(row[t]) for row in traces) for t in range(len(every))]
    given = [[math.exp(row[t]) / z[t] for t in range(len(every))] for row in traces]
    p = [sum(prior * one for one in row) for row in given]
    kl = [sum(given[x][t] * math.log(given[x][t] / p[x]) for x in range(len(maps))) for t in range(len(every))]
    return -sum(prior * one for one in kl), np.log(given), np.log(p), np.array(kl)


def test_templates_against_loops():
    found = templates.templates(5).numpy()
    assert found.shape == (26, 5, 5)
    for cell in range(25):
        np.testing.assert_allclose(found[cell], template(divmod(cell, 5), 5), atol=1e-15)
    np.testing.assert_allclose(found[25], -0.5 / 25)


def test_a_template_by_hand():
    """n = 4, beta = 4: tau at the peak, 0 one step away, -tau from two steps on."""
    tau = 0.5 / 16
    expected = tau * np.array([[0, 1, 0, -1], [-1, 0, -1, -1], [-1, -1, -1, -1], [-1, -1, -1, -1]])
    np.testing.assert_allclose(templates.templates(4)[1].numpy(), expected)


def test_a_mask_is_the_peaks_template_cut_at_zero():
    maps = torch.zeros(2, 8, 8)
    maps[0, 3, 5], maps[1, 0, 0] = 2.0, 1.0
    cells = templates.peaks(maps)
    assert cells.tolist() == [29, 0]
    found = templates.masks(cells, 8)
    assert found[0, 3, 5] == 1
    assert found[0, 3, 6] == 0.5
    assert found[0, 3, 7] == found[0, 7, 0] == 0
    assert int((found[0] > 0).sum()) == 5


def test_one_cell_has_no_places():
    with pytest.raises(NotDefined, match="1 x 1"):
        templates.templates(1)


def test_the_loss_against_loops(maps):
    known = filter_loss.normalisers(maps)
    for f in range(2):
        loss, _, _, kl = loops(maps[f].numpy())
        assert float(-known.information[f]) == pytest.approx(loss, rel=1e-10)
        np.testing.assert_allclose(known.kl[f], kl, rtol=1e-9)
    assert 0.05 < float(known.share[0]) <= 1


def test_the_gradient_is_that_of_the_loss(maps):
    at = maps.clone().requires_grad_()
    given = filter_loss.traces(at)
    told = given - given.logsumexp(1, keepdim=True)
    p = told.logsumexp(-1) - math.log(SIDE**2 + 1)
    loss = -(told.exp() * (told - p[..., None])).sum(1).mean(1)
    (expected,) = torch.autograd.grad(loss.sum(), at)
    known = filter_loss.normalisers(maps)
    torch.testing.assert_close(filter_loss.gradient(maps, known), expected, rtol=1e-9, atol=1e-14)
    torch.testing.assert_close(filter_loss.gradient(maps[:, 7:11], known), expected[:, 7:11], rtol=1e-9, atol=1e-14)
    assert float(expected.abs().max()) > 1e-5


def test_a_step_against_the_gradient_adds_information(maps):
    known = filter_loss.normalisers(maps)
    step = filter_loss.gradient(maps, known)
    after = filter_loss.normalisers(maps - 20 * step)
    assert bool((after.information > known.information).all())


def test_the_approximate_gradient_against_loops(maps):
    known, own = filter_loss.normalisers(maps), torch.rand(2, MAPS, generator=torch.Generator().manual_seed(1)) < 0.5
    nearest = filter_loss.approximate_gradient(maps, known, own).numpy()
    places = torch.randint(SIDE**2, (2, MAPS), generator=torch.Generator().manual_seed(2))
    elsewhere = filter_loss.approximate_gradient(maps, known, own, places).numpy()
    every = templates.templates(SIDE).numpy()
    for f in range(2):
        _, given, p, _ = loops(maps[f].numpy())
        for x in range(MAPS):
            best = int(np.argmax((maps[f, x].numpy() * every[:-1]).sum((1, 2))))
            for found, place in ((nearest, best), (elsewhere, int(places[f, x]))):
                target = place if own[f, x] else len(every) - 1
                expected = -math.exp(given[x][target]) / len(every) * (given[x][target] - p[x]) * every[target]
                np.testing.assert_allclose(found[f, x], expected, rtol=1e-8, atol=1e-14)


def test_the_three_entropies_sum_to_the_loss(maps):
    terms = filter_loss.entropies(maps)
    torch.testing.assert_close(sum(terms), -filter_loss.normalisers(maps).information)
    assert all(bool((one >= 0).all()) for one in terms[1:])


def test_a_silent_filter_has_no_scale_and_no_gradient():
    silent = torch.zeros(1, 9, SIDE, SIDE)
    assert filter_loss.scales(silent).tolist() == [0.0]
    known = filter_loss.normalisers(silent)
    assert float(known.information) == pytest.approx(0, abs=1e-12)
    assert float(filter_loss.gradient(silent, known).abs().max()) < 1e-12


def test_maps_that_point_at_one_place_each_hold_all_the_information():
    """As many pictures for the absence as for each place, each pointing at its template alone."""
    sharp = templates.templates(SIDE) / templates.tau(SIDE) * 3000
    known = filter_loss.normalisers(sharp[None])
    assert float(known.share) == pytest.approx(1, abs=1e-6)
