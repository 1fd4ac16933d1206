"""Equation 1 against loops over filters, concepts, pictures and pixels, in float64."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from core.methods.net2vec.frames import HALF, Frames, looks
from core.methods.net2vec.pool import Pool
from core.methods.net2vec.tables import tables

TOYS = runpy.run_path(str(Path(__file__).with_name("net2vec_toys.py")))
fired_of, masks_of, toys, upsampled = (TOYS[name] for name in ("fired_of", "masks_of", "toys", "upsampled"))


def loops(toy, window=None):
    """Counts of eq. 1, one pixel after another.  -> inter, union (2, 2, C, K)"""
    concepts, filters = toy.masks.present.shape[1], toy.maps.shape[1]
    inter, union = (np.zeros((2, 2, concepts, filters), int) for _ in range(2))
    for n, found in enumerate(toy.pictures):
        split = 0 if toy.pool.training[n] else 1
        for k in range(filters):
            up = {
                mask.shape: upsampled(toy.maps[n, k], mask.shape, window and window(*mask.shape))
                for mask in found.values()
            }
            for c, mask in found.items():
                values = up[mask.shape]
                seen = ~np.isnan(values)
                if not (mask & seen).any():
                    continue
                for b, inside in enumerate((values > 0, values >= 0.5 - 1e-9)):
                    inter[b, split, c, k] += (inside & mask & seen).sum()
                    union[b, split, c, k] += ((inside | mask) & seen).sum()
    return inter, union


@pytest.mark.parametrize(
    ("grid", "sizes"),
    [
        ((3, 4), ((12, 16), (10, 9), (31, 20))),
        ((4, 4), ((16, 16), (32, 32))),  # shares of 1/8, 3/8 …
        ((4, 3), ((12, 9), (4, 3), (3, 2))),  # pixels on cells; a mask smaller than the grid
        ((2, 5), ((7, 5), (2, 15))),  # one pixel to a cell, and pixels half-way between two
        ((1, 1), ((5, 4),)),
    ],
)
def test_counts_against_loops(grid, sizes):
    toy = toys(grid=grid, sizes=sizes)
    inter, union = tables(toy.fired, toy.masks, toy.pool)
    expected = loops(toy)
    assert inter.dtype == union.dtype == np.int64
    np.testing.assert_array_equal(inter, expected[0])
    np.testing.assert_array_equal(union, expected[1])
    assert not inter[..., 1].any()  # never fires


def test_only_what_the_network_sees_counts():
    def window(height, width):  # a square crop, and black on both sides of what is too narrow
        return (0.0, (width - height) / 2, float(height), (width + height) / 2)

    toy = toys(grid=(3, 3), sizes=((8, 14), (9, 9), (12, 7)))
    inter, union = tables(toy.fired, toy.masks, toy.pool, window)
    expected = loops(toy, window)
    np.testing.assert_array_equal(inter, expected[0])
    np.testing.assert_array_equal(union, expected[1])


def test_by_hand():
    """Two cells side by side on a mask of 1 x 4 pixels, the left one fires: 1, 3/4, 1/4, 0. '> 0' takes three pixels,
    '>= 1/2' two; the mask is the second and third: 2 of 3, and 1 of 3."""
    fired, mask = fired_of(np.array([[[[True, False]]]])), np.array([[False, True, True, False]])
    inter, union = tables(fired, masks_of([{0: mask}], 1), Pool(np.array([0]), np.array([True])))
    assert inter[:, 0, 0, 0].tolist() == [2, 1]
    assert union[:, 0, 0, 0].tolist() == [3, 3]
    assert not inter[:, 1].any()
    assert not union[:, 1].any()


@pytest.mark.parametrize(("grid", "size"), [((16, 16), (256, 256)), ((13, 13), (112, 112)), ((7, 5), (90, 40))])
def test_regions_are_alike_for_every_map(grid, size):
    """All sixteen ways in which the four cells about a pixel may fire, against torch's upsampling."""
    frame = Frames(grid).of(*size)
    maps = torch.rand(64, *grid, generator=torch.Generator().manual_seed(0)) < 0.5
    up = functional.interpolate(maps[None].double(), size=size, mode="bilinear", align_corners=False)[0].numpy()
    every = np.arange(frame.regions.corners.shape[1])
    binary = frame.regions.binary(maps.flatten(1).numpy(), every)[:, :, frame.regions.label]
    np.testing.assert_allclose(frame.up(maps.float().numpy()), up, atol=1e-6)
    np.testing.assert_array_equal(binary, np.stack([up > 1e-9, up >= HALF]))


def test_looks_leave_out_what_is_not_wanted_and_not_seen():
    toy = toys(sizes=((6, 12),))
    toy.pictures[0] = {0: np.eye(6, 12, dtype=bool), 1: np.pad(np.ones((6, 6), bool), ((0, 0), (6, 0)))}
    masks = masks_of(toy.pictures, 5)
    wanted = np.array([True, True, False, False, False])
    frames = Frames((3, 4), lambda height, width: (0.0, 0.0, 6.0, 6.0))
    seen = {look.position: look for look in looks(masks, np.arange(18), frames, wanted)}
    assert seen[0].concepts.tolist() == [0]
    np.testing.assert_array_equal(seen[0].masks[0], np.eye(6, dtype=bool))
    assert all(set(look.concepts) <= {0, 1} for look in seen.values())
    assert masks.concept[seen[0].entries].tolist() == [0]
