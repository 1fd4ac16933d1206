"""Fields at the picture's resolution, against loops and windows that are known."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from core.methods.explainer import receptive
from core.methods.explainer.anatomy import anatomy
from core.methods.explainer.network import Explainer
from core.methods.explainer.receptive import Fields, chosen, covered, disc, discrepancies, fields, reading

TOYS = runpy.run_path(str(Path(__file__).with_name("explainer_toys.py")))


def windows(batch):
    """Two filters on cells of 4 x 4 pixels (middles 2, 6, ...): the first sums a window of 5 x 9 around the pixel at
    its middle, the second the same window 8 pixels to the right.  (B, 3, H, W) -> (B, 2, H / 4, W / 4)"""
    kernel = torch.ones(1, 1, 5, 9).to(batch)
    summed = F.conv2d(F.pad(batch.sum(1, keepdim=True), (4, 4, 2, 2)), kernel)[:, :, 2::4, 2::4]
    right = torch.cat([summed[..., 2:], torch.zeros_like(summed[..., :2])], -1)
    return torch.cat([summed, right], 1)


def blobs(count=6, side=64, seed=0):
    """A dark picture with one bright blob each, far from the edges, and some noise."""
    generator = np.random.default_rng(seed)
    pictures = 0.05 * generator.random((count, 3, side, side)).astype(np.float32)
    for picture in pictures:
        row, column = generator.integers(20, 44, 2)
        picture[:, row - 3 : row + 4, column - 3 : column + 4] += 1
    return torch.from_numpy(pictures)


MIDDLES = np.arange(16) * 4 + 2.5


def test_a_field_is_the_window_that_a_filter_reads():
    """The half of the largest discrepancy lies inside the window, spread by the occluders of 4 x 4 pixels."""
    found = fields(windows, blobs(), np.ones((6, 2), bool), (MIDDLES, MIDDLES))
    assert found.pictures.tolist() == [6, 6]
    assert found.discrepancy.shape == (2, 65, 65)
    for mask, shift in zip(found.masks, (0, 8), strict=True):
        rows, columns = np.nonzero(mask)
        assert rows.mean() == pytest.approx(32, abs=1)
        assert columns.mean() == pytest.approx(32 + shift, abs=1)
        assert abs(rows - 32).max() <= 2 + 3
        assert abs(columns - 32 - shift).max() <= 4 + 3
        assert 15 <= mask.sum() <= 9 * 13
    far = found.discrepancy[0].copy()
    far[32 - 5 : 32 + 6, 32 - 7 : 32 + 8] = 0
    assert far.max() == 0
    assert found.areas.tolist() == found.masks.sum((1, 2)).tolist()


def loops(respond, picture, cells, values):
    """Every occluder of 2 x 2 with stride 1 on 32 x 32, one after the other, in float64."""
    side = picture.shape[-1]
    order = torch.randperm(side * side, generator=torch.Generator().manual_seed(3)).numpy()
    noise = picture.numpy().reshape(3, -1)[:, order].reshape(3, side, side)
    total, times = np.zeros((len(cells), side, side)), np.zeros((side, side))
    for top in range(side - 1):
        for left in range(side - 1):
            hidden = picture.numpy().copy()
            for i in (top, top + 1):
                for j in (left, left + 1):
                    hidden[:, i, j] = noise[:, i, j]
                    times[i, j] += 1
            after = respond(torch.from_numpy(hidden)[None])[0].numpy()
            for f, (cell, value) in enumerate(zip(cells, values, strict=True)):
                change = abs(after[f].ravel()[cell] - value) / value
                total[f, top : top + 2, left : left + 2] += change
    return total / times


def test_discrepancies_and_their_mean_against_loops():
    generator = torch.Generator().manual_seed(0)
    kernel = torch.randn(3, 3, 5, 5, generator=generator, dtype=torch.float64)

    def respond(batch):
        return F.conv2d(batch, kernel, stride=4, padding=1).relu()

    pictures = torch.randn(3, 3, 32, 32, generator=generator, dtype=torch.float64)
    middles = np.arange(8) * 4 + 1.5
    wanted = np.array([[1, 0, 1], [1, 1, 0], [1, 0, 0]], bool)
    sums, times = np.zeros((3, 33, 33)), np.zeros((3, 33, 33))
    for n, picture in enumerate(pictures):
        before = respond(picture[None])[0].numpy().reshape(3, -1)
        cells, values = before.argmax(1), before.max(1)
        assert (values > 0).all()
        expected = loops(respond, picture, cells, values)
        got_cells, got = discrepancies(respond, picture, wanted[n], seed=3)
        assert got_cells.tolist() == cells[wanted[n]].tolist()
        np.testing.assert_allclose(got, expected[wanted[n]], rtol=1e-6, atol=1e-7)
        for f in np.flatnonzero(wanted[n]):
            row, column = (int(middles[at]) for at in divmod(cells[f], 8))
            for i in range(32):
                for j in range(32):
                    if abs(i - row) <= 16 and abs(j - column) <= 16:
                        sums[f, i - row + 16, j - column + 16] += expected[f, i, j]
                        times[f, i - row + 16, j - column + 16] += 1
    found = fields(respond, pictures, wanted, (middles, middles), seed=3)
    known = times >= wanted.sum(0)[:, None, None] / 2
    np.testing.assert_allclose(found.discrepancy, np.where(known, sums / np.maximum(times, 1), 0), rtol=1e-5, atol=1e-6)
    assert found.pictures.tolist() == [3, 1, 1]
    assert (~known).any()


def test_a_filter_that_is_silent_has_no_field():
    def respond(batch):
        return torch.cat([windows(batch)[:, :1], torch.zeros(len(batch), 1, 16, 16)], 1)

    found = fields(respond, blobs(2), np.ones((2, 2), bool), (MIDDLES, MIDDLES))
    assert found.pictures.tolist() == [2, 0]
    assert found.areas[1] == 0 < found.areas[0]
    assert np.isfinite(found.discrepancy).all()


def test_masks_by_hand():
    found = Fields(np.array([[[0.0, 0.5, 0.2], [0.1, 1.0, 0.6], [0.0, 0.4, 0.0]]], np.float32), np.array([3]))
    assert found.masks[0].tolist() == [[False, True, False], [False, True, True], [False, False, False]]
    assert found.areas.tolist() == [3]


def test_few_pictures_are_chosen_that_serve_many_filters():
    """Pictures 0 and 3 answer all three filters; with one wanted each, one picture will do."""
    highest = np.array([[5, 5, 5], [6, 0, 0], [0, 6, 0], [4, 4, 4.5], [0, 0, 0]], float)
    pictures, wanted = chosen(highest, each=1)
    assert pictures.tolist() == [0]
    assert wanted.tolist() == [[True, True, True]]
    pictures, _ = chosen(highest, each=2)
    assert pictures.tolist() == [0, 3]
    pictures, _ = chosen(highest, each=2, most=1)
    assert pictures.tolist() == [0]


def test_every_filter_that_fires_gets_its_pictures():
    highest = np.maximum(np.random.default_rng(2).normal(size=(200, 40)), 0)
    highest[:, 7] = 0
    highest[3:, 8] = 0
    pictures, wanted = chosen(highest, each=3, most=200)
    served = wanted.sum(0)
    assert served[7] == 0
    assert served[8] == (highest[:, 8] > 0).sum()
    assert (np.delete(served, [7, 8]) >= 3).all()
    for f in range(40):
        best = np.argsort(-highest[:, f], kind="stable")[:6]
        assert set(pictures[wanted[:, f]]) <= set(best)
    assert len(pictures) < 40 * 3 / 1.5


def test_fields_are_laid_on_active_cells_together():
    field = np.zeros((5, 5), bool)
    field[2, 2:] = True  # from the peak to the right
    active = np.zeros((3, 3), bool)
    active[0, 0] = active[1, 2] = True
    middles = np.array([1.5, 4.5, 7.5])
    found = covered(field, active, (middles, middles), (9, 9))
    expected = np.zeros((9, 9), bool)
    expected[1, 1:4] = expected[4, 7:9] = True  # cut at the edge
    assert np.array_equal(found, expected)
    assert not covered(field, np.zeros((3, 3), bool), (middles, middles), (9, 9)).any()


def test_a_field_whose_peak_looks_outside_is_cut():
    field = np.ones((3, 3), bool)
    active = np.ones((1, 1), bool)
    assert covered(field, active, ([-1.0], [0.5]), (4, 4)).sum() == 2  # rows -2 to 0, columns -1 to 1
    assert not covered(field, active, ([-9.0], [0.5]), (4, 4)).any()
    assert not covered(field, active, ([40.0], [0.5]), (4, 4)).any()


def test_a_disc_has_its_area():
    found = disc(400, (65, 65))
    assert found.sum() == pytest.approx(400, rel=0.03)
    assert np.array_equal(found, found[::-1])
    assert found[32, 32]
    assert disc(1, (5, 7)).sum() == 1


@pytest.mark.parametrize("side", [9, 16, 33, 128, 224])
def test_occluders_cover_every_pixel(side):
    cover = receptive._cover(side).numpy()
    assert cover.any(0).all()
    assert set(cover.sum(1)) == {max(side // 16, 1)}
    if side == 128:
        assert len(cover) == 31
        assert np.flatnonzero(cover[1]).tolist() == list(range(4, 12))


def test_an_explainer_is_read_before_its_last_mask():
    network = TOYS["performer"](seed=3)
    parts = anatomy(network)
    explainer = Explainer(parts).eval().requires_grad_(False)
    batch = torch.randn(3, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    target, top, *_ = TOYS["emitted"](network, parts, batch)
    found = reading(network, parts.target, lambda maps: explainer(maps).second)(batch)
    torch.testing.assert_close(found, explainer(target).second)
    assert torch.equal(reading(network, parts.top)(batch), top)


def test_progress_is_told_of_every_batch():
    told = []
    fields(windows, blobs(2), np.ones((2, 2), bool), (MIDDLES, MIDDLES), progress=lambda *one: told.append(one))
    done = [one[0] for one in told]
    assert done == sorted(done)
    assert told[-1][:2] == (2 * 31 * 31, 2 * 31 * 31)
    assert len(told) == 2 * -(-31 * 31 // 128)
    assert {one[2] for one in told} == {"fields of the filters"}


def test_the_same_seed_gives_the_same_fields():
    args = windows, blobs(1), np.ones((1, 2), bool), (MIDDLES, MIDDLES)
    one, again, other = fields(*args, seed=1), fields(*args, seed=1), fields(*args, seed=2)
    assert np.array_equal(one.discrepancy, again.discrepancy)
    assert not np.array_equal(one.discrepancy, other.discrepancy)
