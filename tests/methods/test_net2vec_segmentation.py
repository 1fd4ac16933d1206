"""Equations 2, 3 and 4 against loops over pixels in float64; both presets; what was to be handled with care."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import UnknownName
from core.methods.net2vec import segmentation
from core.methods.net2vec.frames import HALF, Frames
from core.methods.net2vec.pool import Pool
from core.methods.net2vec.tables import tables

TOYS = runpy.run_path(str(Path(__file__).with_name("net2vec_toys.py")))
fired_of, masks_of, toys, upsampled = (TOYS[name] for name in ("fired_of", "masks_of", "toys", "upsampled"))


def window(height, width):
    """The square in the middle."""
    side = min(height, width)
    return (height - side) / 2, (width - side) / 2, (height + side) / 2, (width + side) / 2


def loss_loops(maps, masks, w, alpha, kind):
    """Equation 4, pixel by pixel.  maps of each picture (K, h, w), masks (H, W)"""
    total = 0.0
    for own, mask in zip(maps, masks, strict=True):
        z = sum(w[k] * upsampled(own[k], mask.shape) for k in range(len(w)))
        for i in range(mask.shape[0]):
            for j in range(mask.shape[1]):
                m, truth = 1 / (1 + np.exp(-z[i, j])), float(mask[i, j])
                if kind == "printed":
                    total += alpha * m * truth + (1 - alpha) * (1 - m) * (1 - truth)
                else:
                    total += alpha * truth * np.log(m) + (1 - alpha) * (1 - truth) * np.log(1 - m)
    return -total / len(masks)


def gradient_loops(maps, masks, w, alpha, kind, step=1e-5):
    """By differences."""
    found = np.zeros(len(w))
    for k in range(len(w)):
        up, down = w.copy(), w.copy()
        up[k] += step
        down[k] -= step
        sides = [loss_loops(maps, masks, one, alpha, kind) for one in (up, down)]
        found[k] = (sides[0] - sides[1]) / (2 * step)
    return found


def some(kind_seed=0, images=3, filters=4):
    generator = np.random.default_rng(kind_seed)
    maps = generator.random((images, filters, 3, 4)) < 0.4
    masks = [generator.random(((7, 9), (6, 8), (7, 9))[n % 3]) < 0.4 for n in range(images)]
    return maps, masks, generator.normal(size=filters)


@pytest.mark.parametrize("kind", segmentation.LOSSES)
def test_loss_and_gradient_against_loops(kind):
    maps, masks, w = some()
    alpha = 0.7
    weights, total = torch.tensor(w, requires_grad=True), 0
    for own, mask in zip(maps, masks, strict=True):
        frame = Frames((3, 4)).of(*mask.shape)
        cells = (weights @ torch.from_numpy(own).double().flatten(1)).reshape(1, 3, 4).float()
        up = segmentation.logits(cells, frame)
        total = total + segmentation.loss(up, torch.from_numpy(mask)[None].float(), alpha, kind)
        slopes = torch.autograd.grad(total, cells, retain_graph=True)[0]
        assert slopes.shape == (1, 3, 4)
    total = total / len(masks)
    assert float(total.detach()) == pytest.approx(loss_loops(maps, masks, w, alpha, kind), abs=1e-5)
    expected = gradient_loops(maps, masks, w, alpha, kind)
    np.testing.assert_allclose(torch.autograd.grad(total, weights)[0], expected, atol=1e-5)


@pytest.mark.parametrize("kind", segmentation.LOSSES)
def test_loss_by_hand(kind):
    """One pixel of a mask and one beside it, both at logit 0: M = 1/2, alpha = 3/4."""
    value = float(segmentation.loss(torch.zeros(1, 1, 2), torch.tensor([[[1.0, 0.0]]]), 0.75, kind))
    assert value == pytest.approx(-0.5 if kind == "printed" else np.log(2), abs=1e-6)


@pytest.mark.parametrize("kind", segmentation.LOSSES)
def test_slope_is_the_derivative(kind):
    """Pixels inside and outside of a mask at one logit: their loss by differences."""
    z, inside, outside = np.array([-3.0, 0, 0.4, 900, -900]), np.array([2.0, 0, 5, 1, 3]), np.array([1.0, 4, 2, 2, 0])
    found = segmentation.slope(z, inside, outside, 0.8, kind)

    def total(z):
        m = 1 / (1 + np.exp(-z))
        if kind == "printed":
            return -(0.8 * m * inside + 0.2 * (1 - m) * outside)
        return -(0.8 * np.log(m) * inside + 0.2 * np.log(1 - m) * outside)

    expected = total(z[:3].repeat(1) + 1e-6) if False else None
    with np.errstate(all="ignore"):
        expected = (total(z + 1e-6) - total(z - 1e-6)) / 2e-6
    np.testing.assert_allclose(found[:3], expected[:3], atol=1e-6)
    last = [0, 0] if kind == "printed" else [0.4, -2.4]
    np.testing.assert_allclose(found[3:], last, atol=1e-6)


def paper_loops(maps, masks, kind, seed, alpha, filters):
    """The paper's SGD for a concept of fewer pictures than a batch, in float64 with gradients by autograd."""
    generator = torch.Generator().manual_seed(seed)
    w = ((2 * torch.rand(filters, generator=generator) - 1) / filters**0.5).double()
    velocity = torch.zeros(filters, dtype=torch.float64)
    for _ in range(30):
        torch.randperm(len(masks), generator=generator)  # one batch: its order does not matter
        w.requires_grad_()
        total = 0
        for own, mask in zip(maps, masks, strict=True):
            up = torch.tensor(np.stack([upsampled(one, mask.shape) for one in own]))
            m, truth = torch.sigmoid(torch.tensordot(w, up, 1)), torch.from_numpy(mask).double()
            if kind == "printed":
                total = total - (alpha * m * truth + (1 - alpha) * (1 - m) * (1 - truth)).sum()
            else:
                total = total - (alpha * truth * m.log() + (1 - alpha) * (1 - truth) * (1 - m).log()).sum()
        gradient = torch.autograd.grad(total / len(masks), w)[0]
        velocity = 0.9 * velocity + gradient
        w = (w - 1e-4 * velocity).detach()
    return w.numpy()


@pytest.mark.parametrize("kind", segmentation.LOSSES)
def test_paper_preset_against_its_description(kind):
    """Pictures of two sizes; concept 2 of 3, so that its generator is its own."""
    maps, masks, _ = some(4, images=6)
    maps[:, 1] = False
    alpha = 1 - np.mean([mask.mean() for mask in masks])
    fired, kept = fired_of(maps), masks_of([{2: mask} for mask in masks], 3)
    found = segmentation.learn(fired, kept, Pool(np.arange(6), np.ones(6, bool)), "paper", kind, seed=5)
    np.testing.assert_allclose(found[2], paper_loops(maps, masks, kind, 5 * 3 + 2, alpha, 4), atol=1e-6)
    assert np.isnan(found[:2]).all()


def blocks(seed=0, images=40, filters=5, side=4, size=3):
    """Masks that are constant over the pixels of a cell; concept 0 is where filter 0 or 1 fires, now and then."""
    generator = np.random.default_rng(seed)
    maps = generator.random((images, filters, side, side)) < 0.25
    truth = (maps[:, 0] | maps[:, 1]) ^ (generator.random((images, side, side)) < 0.1)
    masks = np.repeat(np.repeat(truth, size, 1), size, 2)
    return maps, truth, masks


@pytest.mark.parametrize("kind", segmentation.LOSSES)
def test_fast_preset_descends_equation_4_on_the_grid(kind):
    """Adam written out in float64, with gradients by autograd, on eq. 4 where M is constant over a cell's pixels, and
    the ridge."""
    maps, truth, masks = blocks()
    fired, pool = fired_of(maps), Pool(np.arange(40), np.ones(40, bool))
    kept = masks_of([{0: mask} for mask in masks], 1)
    found = segmentation.learn(fired, kept, pool, "fast", kind)[0]
    shown = [n for n in range(40) if masks[n].any()]
    alpha = 1 - np.mean([masks[n].mean() for n in shown])
    x, y = (torch.from_numpy(one[shown]).double() for one in (maps, truth))

    def objective(w):
        m = torch.sigmoid(torch.einsum("k,nkij->nij", w, x))
        if kind == "printed":
            value = -(alpha * m * y + (1 - alpha) * (1 - m) * (1 - y)).mean()
        else:
            value = -(alpha * y * m.log() + (1 - alpha) * (1 - y) * (1 - m).log()).mean()
        return value + 4e-5 / 2 * (w * w).sum()

    w, first, second = (torch.zeros(5, dtype=torch.float64) for _ in range(3))
    for step in range(1, 201):
        w.requires_grad_()
        gradient = torch.autograd.grad(objective(w), w)[0]
        first, second = 0.9 * first + 0.1 * gradient, 0.99 * second + 0.01 * gradient**2
        change = (first / (1 - 0.9**step)) / (second / (1 - 0.99**step)).sqrt()
        w = (w - 0.1 * (1 + np.cos(np.pi * (step - 1) / 200)) / 2 * change).detach()
    np.testing.assert_allclose(found, w, atol=2e-4)
    assert objective(w) < objective(torch.zeros(5).double()) - 0.01
    assert min(found[:2]) > max(found[2:]) + 1


def test_fast_preset_counts_the_pixels_nearest_to_a_cell():
    toy = toys()
    for size in {tuple(one) for one in toy.masks.sizes.tolist() if one[0]}:
        frame = Frames((3, 4)).of(*size)
        mask = np.random.default_rng(1).random(size) < 0.4
        expected, pixels = np.zeros((3, 4)), np.zeros((3, 4))
        for i in range(size[0]):
            for j in range(size[1]):
                y, x = (i + 0.5) * 3 / size[0] - 0.5, (j + 0.5) * 4 / size[1] - 0.5
                cell = min(int(np.floor(y + 0.5)), 2), min(int(np.floor(x + 0.5)), 3)
                expected[cell] += mask[i, j]
                pixels[cell] += 1
        np.testing.assert_array_equal(frame.count(mask).reshape(3, 4), expected)
        np.testing.assert_array_equal(frame.pixels.reshape(3, 4), pixels)


@pytest.mark.parametrize("view", [None, window])
def test_scores_against_loops(view):
    toy, generator = toys(), np.random.default_rng(2)
    weights, cuts = generator.normal(size=(5, 6)).astype(np.float32), np.array([0, 0.3, -0.2, 0, HALF], np.float32)
    weights[2] = np.nan
    positions = np.arange(1, 17)
    found = segmentation.overlaps(toy.fired, toy.masks, positions, weights, cuts, view)
    inter, union = np.zeros((2, 5)), np.zeros((2, 5))
    for e in range(len(toy.masks)):
        n, c = int(toy.masks.image[e]), int(toy.masks.concept[e])
        mask, box = toy.pictures[n][c], view and view(*toy.pictures[n][c].shape)
        z = sum(float(weights[c, k]) * upsampled(toy.maps[n, k], mask.shape, box) for k in range(6))
        mask = mask & ~np.isnan(upsampled(toy.maps[n, 0], mask.shape, box))
        inside = z > cuts[c]
        known = n in positions and c != 2 and mask.any()
        assert found.inter[e] == (np.sum(inside & mask) if known else 0)
        assert found.union[e] == (np.sum(inside | mask) if known else 0)
        single = np.sum(inside & mask) / np.sum(inside | mask) if known else np.nan
        np.testing.assert_allclose(found.by_picture()[e], single, atol=1e-6)
        split = 0 if toy.pool.training[n] else 1
        inter[split, c] += found.inter[e]
        union[split, c] += found.union[e]
    for split, of_split in enumerate((toy.pool.training, ~toy.pool.training)):
        expected = [inter[split, c] / union[split, c] if union[split, c] else np.nan for c in range(5)]
        np.testing.assert_allclose(found.by_set(toy.masks, of_split[toy.masks.image]), expected, atol=1e-6)


def test_one_hot_weights_are_the_single_filter():
    """Section 3.1.2: w with a single 1 recovers section 3.1.1, '> 0'; cut at 1/2 it is the other binarisation."""
    toy = toys()
    inter, union = tables(toy.fired, toy.masks, toy.pool)
    for binarisation, cut in enumerate((0.0, HALF)):
        weights = np.zeros((5, 6), np.float32)
        weights[:, 3] = 1
        cuts = np.full(5, cut, np.float32)
        found = segmentation.overlaps(toy.fired, toy.masks, np.arange(18), weights, cuts)
        expected = inter[binarisation, 1, :4, 3] / union[binarisation, 1, :4, 3]
        mine = found.by_set(toy.masks, ~toy.pool.training[toy.masks.image])
        np.testing.assert_allclose(mine[:4], expected, atol=1e-12)
        assert np.isnan(mine[4])


@pytest.mark.parametrize("view", [None, window])
def test_segment_one_picture(view):
    generator = np.random.default_rng(3)
    values, thresholds, weights = generator.normal(size=(4, 3, 3)), generator.normal(size=4), generator.normal(size=4)
    found = segmentation.segment(values, thresholds, weights, (8, 11), view)
    box = view and view(8, 11)
    expected = sum(weights[k] * upsampled(values[k] > thresholds[k], (8, 11), box) for k in range(4))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("preset", segmentation.PRESETS)
def test_what_cannot_be_learned_is_nan_and_filters_can_be_held(preset):
    """Concept 3 fills its pictures, concept 4 is in one training picture, concept 5 in none; filter 1 never fires."""
    toy = toys()
    kept = masks_of(toy.pictures, 6)
    allowed = np.ones((6, 6), bool)
    allowed[0, [0, 4]] = False
    found = segmentation.learn(toy.fired, kept, toy.pool, preset, allowed=allowed, seed=1)
    assert np.isnan(found[[3, 5]]).all()
    assert np.isfinite(found[[0, 1, 2, 4]]).all()
    assert not found[0, [0, 4]].any()
    assert found[0, [2, 3, 5]].all()
    if preset == "fast":
        assert not found[:3, 1].any()
        unheld = segmentation.learn(toy.fired, kept, toy.pool, preset, seed=2)
        np.testing.assert_array_equal(unheld[1:3], found[1:3])  # nothing is drawn by chance


@pytest.mark.parametrize("preset", segmentation.PRESETS)
def test_a_silent_layer_predicts_nothing(preset):
    toy = toys()
    fired = fired_of(np.zeros_like(toy.maps))
    found = segmentation.learn(fired, toy.masks, toy.pool, preset)
    assert np.isfinite(found[:3]).all()
    scores = segmentation.overlaps(fired, toy.masks, np.arange(18), found)
    assert not scores.inter.any()
    assert not tables(fired, toy.masks, toy.pool)[0].any()


def test_shares_are_of_what_the_network_sees():
    toy = toys(sizes=((6, 12),))
    found = segmentation.shares(toy.masks, Frames((3, 4), window))
    expected = [toy.masks.entry(e)[:, 3:9].mean() for e in range(len(toy.masks))]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    whole = [toy.masks.entry(e).mean() for e in range(len(toy.masks))]
    np.testing.assert_allclose(segmentation.shares(toy.masks, Frames((3, 4))), whole, atol=1e-12)


def test_unknown_names():
    assert segmentation.settled("fast", None) == "printed"
    with pytest.raises(UnknownName, match=r"no preset 'fsat'.*try 'fast'"):
        segmentation.settled("fsat", None)
    with pytest.raises(UnknownName, match=r"no loss 'log'.*try 'logarithm'"):
        segmentation.settled("paper", "log")
