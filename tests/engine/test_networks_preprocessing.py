"""Pictures go in and maps come back to where they were; what the network never saw is NaN."""

import json

import numpy as np
import pytest
import torch

from core.errors import BadSettings
from core.networks.preprocessing import Preprocessing, from_record

IMAGENET = Preprocessing(256, 224)
SIZES = [(1, 1), (1, 8000), (8000, 1), (3, 5), (224, 224), (256, 341), (1200, 90), (500, 375)]
SETTINGS = [
    *(IMAGENET, Preprocessing((64, 64), None), Preprocessing((48, 96), None), Preprocessing(32, 32)),
    *(Preprocessing(None, 64), Preprocessing(40, (32, 60)), Preprocessing(64, 64, interpolation="bicubic")),
    *(Preprocessing(64, 48, antialias=False), Preprocessing(64, 48, interpolation="nearest")),
]


@pytest.mark.parametrize("preprocessing", SETTINGS, ids=str)
@pytest.mark.parametrize("size", SIZES)
def test_any_picture_becomes_an_input_and_its_map_comes_back(preprocessing, size):
    image = np.full((*size, 3), 128, np.uint8)
    batch = preprocessing.apply(image)
    assert batch.shape == (3, *preprocessing.size)
    assert batch.dtype == torch.float32
    back = preprocessing.back(np.ones(preprocessing.size, np.float32), *size)
    assert back.shape == size
    assert back.dtype == np.float32
    top, left, bottom, right = preprocessing.seen_box(*size)
    assert 0 <= top < bottom <= size[0]
    assert 0 <= left < right <= size[1]
    seen = ~np.isnan(back)
    assert seen.any()
    assert (back[seen] == 1).all()
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    assert rows[0] == np.floor(top + 1e-6)
    assert rows[-1] + 1 == np.ceil(bottom - 1e-6)
    assert columns[0] == np.floor(left + 1e-6)
    assert columns[-1] + 1 == np.ceil(right - 1e-6)


@pytest.mark.parametrize("preprocessing", [IMAGENET, Preprocessing((224, 224), None), Preprocessing(64, 64)], ids=str)
@pytest.mark.parametrize("size", [(400, 600), (600, 400), (300, 300)])
def test_what_is_bright_in_the_input_comes_back_where_it_is_in_the_picture(preprocessing, size):
    """A picture whose red rises downwards and green to the right: the input's own channels, put back, are they."""
    height, width = size
    rows, columns = np.arange(height) / height, np.arange(width) / width
    image = np.zeros((*size, 3), np.uint8)
    image[..., 0] = np.round(rows * 255)[:, None]
    image[..., 1] = np.round(columns * 255)[None, :]
    plain = Preprocessing(preprocessing.resize, preprocessing.crop, (0, 0, 0), (1, 1, 1))
    given = plain.apply(image).numpy()
    for channel in (0, 1):
        back = plain.back(given[channel], height, width)
        seen = ~np.isnan(back)
        inside = seen & np.roll(seen, 9, 0) & np.roll(seen, -9, 0) & np.roll(seen, 9, 1) & np.roll(seen, -9, 1)
        inside[:9] = inside[-9:] = inside[:, :9] = inside[:, -9:] = False
        assert np.abs(back - image[..., channel] / 255)[inside].max() < 2.5 / 255


def test_the_whole_is_seen_without_a_crop_and_the_middle_with_one():
    assert Preprocessing((64, 64), None).seen_box(100, 300) == (0, 0, 100, 300)
    assert IMAGENET.seen_box(256, 256) == (16, 16, 240, 240)
    top, left, bottom, right = IMAGENET.seen_box(512, 1024)
    assert (top, bottom) == (32, 480)
    assert right - left == 448
    assert Preprocessing(None, 64).seen_box(32, 32) == (0, 0, 32, 32)


def test_black_is_added_where_the_crop_is_larger_than_the_picture():
    batch = Preprocessing(None, 4, (0, 0, 0), (1, 1, 1)).apply(np.full((2, 2, 3), 255, np.uint8))
    assert torch.equal(batch[0], torch.nn.functional.pad(torch.ones(2, 2), (1, 1, 1, 1)))


def test_a_picture_too_long_to_resize_whole_gives_what_the_whole_would():
    image = np.random.default_rng(0).integers(0, 256, (40, 1500, 3), np.uint8)
    from core.networks import preprocessing as module

    whole = IMAGENET.apply(image)
    before = module._LARGE
    module._LARGE = 0
    try:
        part = IMAGENET.apply(image)
    finally:
        module._LARGE = before
    assert (whole - part).abs().max() < 1.01 / 255 / min(IMAGENET.std)


def test_maps_at_another_resolution_are_placed_by_the_centres_of_their_cells():
    back = Preprocessing((8, 8), None).back(np.array([[0.0, 1.0]], np.float32), 1, 4)
    assert np.allclose(back, [[0, 0.25, 0.75, 1]])


def test_records_are_json_and_come_back():
    for preprocessing in SETTINGS:
        assert from_record(json.loads(json.dumps(preprocessing.record()))) == preprocessing
    assert from_record({"resize": [64, 64]}).crop is None


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"resize": 256, "crop": None}, "size open"),
        ({"resize": "large"}, "resize = 'large'"),
        ({"crop": 0}, "crop = 0"),
        ({"mean": [0.5]}, "three numbers"),
        ({"std": [1, 1, 0]}, "above 0"),
        ({"std": 1}, "three numbers"),
        ({"interpolation": "lanczos"}, "bilinear"),
        ({"size": 64}, "no 'size'"),
    ],
)
def test_values_that_cannot_be_meant_are_said(record, said):
    with pytest.raises(BadSettings, match=said):
        from_record(record)
