"""What a dissection predicts in single pictures, against torch's own upsampling and pixel by pixel."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate

from core.methods.net2vec import showing
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from tests.dissections import by_hand

WHOLE = Preprocessing(resize=(8, 8), crop=None)


def upsampled(cells, height, width):
    values = torch.as_tensor(np.asarray(cells, np.float32))[None, None]
    return interpolate(values, (height, width), mode="bilinear", align_corners=False)[0, 0].numpy()


def test_a_filter_fires_where_it_exceeds_its_own_threshold():
    values = np.zeros((4, 2, 2), np.float32)
    values[0, 0, 0], values[2, 1, 1], values[3, 0, 1] = 1.5, 3.0, 9
    filters, maps = showing.firing(values, by_hand().thresholds)
    assert filters.tolist() == [0, 3], "filter 2 only reaches its threshold of 3"
    assert maps.sum() == 2
    assert maps[0, 0, 0]
    assert maps[1, 0, 1]


def test_all_filters_predict_where_their_weighted_sum_is_positive():
    found, generator = by_hand(), np.random.default_rng(0)
    filters, maps = np.array([0, 2]), generator.random((2, 5, 7)) > 0.5
    inside = showing.predicted(found, 0, True, filters, maps, WHOLE, (40, 44))
    cells = 2.0 * maps[0] - 1.0 * maps[1]
    np.testing.assert_array_equal(inside, upsampled(cells, 40, 44) > 0)
    assert 0 < inside.sum() < inside.size


@pytest.mark.parametrize(("binarisation", "cut"), [(0, 0.0), (1, 0.5 - 1e-6)])
def test_the_best_filter_predicts_by_its_own_binarisation(binarisation, cut):
    found = by_hand(binarisation=np.full(6, binarisation))
    maps = np.zeros((2, 4, 4), bool)
    maps[0, 1, 2] = maps[1, 3, 3] = True
    inside = showing.predicted(found, 0, False, np.array([0, 3]), maps, WHOLE, (16, 16))
    np.testing.assert_array_equal(inside, upsampled(maps[0], 16, 16) > cut)


def test_where_the_best_filter_is_silent_nothing_is_predicted():
    silent = np.zeros((0, 4, 4), bool)
    assert not showing.predicted(by_hand(), 0, False, np.zeros(0, int), silent, WHOLE, (9, 9)).any()
    assert not showing.predicted(by_hand(), 0, True, np.zeros(0, int), silent, WHOLE, (9, 9)).any()


def test_what_the_network_does_not_see_is_never_predicted():
    crop = Preprocessing(resize=8, crop=8)  # of a picture twice as wide as high, the middle
    inside = showing.predicted(by_hand(), 0, False, np.array([0]), np.ones((1, 2, 2), bool), crop, (16, 32))
    assert inside[:, 8:24].all()
    assert not inside[:, :8].any()
    assert not inside[:, 24:].any()


def test_for_display_a_filter_is_enlarged_before_it_is_cut():
    values = np.array([[0.0, 4.0], [1.0, 2.0]], np.float32)
    inside = showing.active(values, 1.7, WHOLE, (10, 10))
    np.testing.assert_array_equal(inside, upsampled(values, 10, 10) > 1.7)


def test_one_filter_of_several_pictures_is_read_in_one_batch():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(320, 2)).eval()
    network = Network(module, ("a", "b"), WHOLE)
    images = [np.full((12, 12, 3), 60 * n, np.uint8) for n in range(3)]
    maps = showing.emitted(network, images, "0", 2)
    with torch.no_grad():
        expected = torch.relu(module[0](network.prepare(images)))[:, 2].numpy()
    np.testing.assert_allclose(maps, expected, atol=1e-6)
