"""Masks and templates on one picture, against the explainer itself and loops."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from core.engine import part_masks
from core.engine.parts import Explained
from core.errors import NotDefined
from core.methods.explainer.anatomy import anatomy
from core.methods.explainer.network import Explainer
from core.methods.explainer.training import Settings

TOYS = runpy.run_path(str(Path(__file__).parents[1] / "methods" / "explainer_toys.py"))


@pytest.fixture
def toy():
    network = TOYS["performer"]()
    found = anatomy(network)
    return network, Explained(Explainer(found).eval().requires_grad_(False), found, Settings(), np.zeros((0, 7)), 0)


def test_maps_before_and_after_the_mask_and_their_fit_against_loops(toy):
    network, of = toy
    image = np.random.default_rng(0).integers(0, 256, (12, 12, 3), np.uint8)
    found = part_masks.masked(network, of, image)
    n, known = of.performer.side, part_masks.drawn(of.performer.side)
    assert found.before.shape == found.after.shape == found.fits.shape == (6, n, n)
    assert found.before.max() > 0
    for f in range(6):
        row, column = divmod(int(found.before[f].argmax()), n)
        assert found.cells[f] == row * n + column
        for i in range(n):
            for j in range(n):
                mask = max(1 - 4 * (abs(i - row) + abs(j - column)) / n, 0)
                assert found.after[f, i, j] == pytest.approx(found.before[f, i, j] * mask, abs=1e-6)
                fit = sum(
                    float(found.before[f, a, b]) * max(1 - 4 * (abs(a - i) + abs(b - j)) / n, -1) * 0.5 / n**2
                    for a in range(n)
                    for b in range(n)
                )
                assert found.fits[f, i, j] == pytest.approx(fit, rel=1e-5, abs=1e-9)
        assert found.absent[f] == pytest.approx(-known.tau * found.before[f].sum(dtype=float), rel=1e-5, abs=1e-12)


def test_the_templates_of_a_toy_case_by_hand():
    """n = 4, tau = 1/32: at mu 1, beside it 1 - 4/4 = 0, two away -1, all of it times tau."""
    found = part_masks.drawn(4)
    assert found.tau == 1 / 32
    np.testing.assert_allclose(found.positive[1, 1] * 32, [[-1, 0, -1, -1], [0, 1, 0, -1], [-1, 0, -1, -1], [-1] * 4])
    np.testing.assert_allclose(found.negative * 32, -np.ones((4, 4)))
    assert found.masks[1, 1].sum() == found.masks[1, 1, 1, 1] == 1
    with pytest.raises(NotDefined, match="1 x 1"):
        part_masks.drawn(1)


def test_nothing_is_left_in_the_network(toy):
    network, of = toy
    part_masks.masked(network, of, np.zeros((12, 12, 3), np.uint8))
    assert not any(module._forward_hooks for module in network.module.modules())
    assert all(one.grad is None for one in network.module.parameters())
    assert torch.is_grad_enabled()
