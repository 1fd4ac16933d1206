"""Where a layer's positions look: the middles of receptive fields are those that gradients reach, and points of the
input are put back on the picture where what they show is."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from core.networks.catalogue import open_network
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.networks.taps import tap


class Winding(nn.Module):
    """Every kind of window: stride, padding, 'same', dilation, pooling with and without padding, functions."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 2, 7, stride=2, padding=1)
        self.b = nn.Conv2d(2, 2, 3, dilation=2, padding="same")
        self.c = nn.Conv2d(2, 2, (3, 5), padding=(1, 2))
        self.d = nn.Conv2d(2, 2, 3)
        self.pool = nn.AvgPool2d(3, 2, padding=1)
        self.head = nn.Linear(2, 2)

    def forward(self, x):
        x = self.b(self.a(x))
        x = self.pool(x + self.c(x))
        x = F.conv2d(x, self.d.weight, None, 2, 1)
        return self.head(F.avg_pool2d(x, 2).mean((2, 3)))


def reached(network, side):
    """{layer: (rows (H,), columns (W,))}: the middle of the pixels that reach a position, NaN where an edge has cut
    them and they are fewer than elsewhere."""
    batch = torch.rand(1, 3, side, side, requires_grad=True)
    spatial = [layer for layer in network.layers if layer.spatial]
    with tap(network, spatial) as seen:
        network(batch)
    found = {}
    for layer in spatial:
        value, middles = seen[layer.name], []
        for axis in (0, 1):
            places = []
            for at in range(value.shape[2 + axis]):
                place = [value.shape[2] // 2, value.shape[3] // 2]
                place[axis] = at
                (gradient,) = torch.autograd.grad(value[0, 0, *place], batch, retain_graph=True)
                pixels = gradient[0].abs().sum(0).sum(1 - axis).nonzero().ravel()
                places.append((int(pixels.min()), int(pixels.max()) + 1))
            start, stop = np.array(places).T
            middles.append(np.where(stop - start == (stop - start).max(), (start + stop) / 2, np.nan))
        found[layer] = middles
    return found


def test_middles_are_those_that_gradients_reach():
    module = Winding()
    for weight in module.parameters():
        nn.init.constant_(weight, 1.0)
    network = Network(module, ["a", "b"], Preprocessing((96, 96), None), name="toy")
    found = reached(network, 96)
    assert len(found) >= 5
    for layer, measured in found.items():
        for expected, given in zip(measured, network.centres(layer), strict=True):
            known = np.isfinite(expected)
            assert known.sum() >= 3, layer
            np.testing.assert_allclose(given[known], expected[known], err_msg=layer.name)


def test_middles_by_hand():
    """AlexNet on 224 pixels: conv1 11 / 4 - 2, pooling 3 / 2, conv2 5 - 2, pooling, three convolutions 3 - 1:
    5.5 - 2 = 3.5, + 4, + 8, every 16 pixels; the Menagerie's: 2.5 - 2, + 1, + 2, every 8."""
    network = open_network("torchvision:alexnet@untrained")
    rows, columns = network.centres(network.layer("conv5"))
    assert rows.tolist() == columns.tolist() == [15.5 + 16 * i for i in range(13)]
    plain = open_network("menagerie-plain")
    assert plain.centres(plain.layer("conv4"))[0].tolist() == [3.5 + 8 * i for i in range(16)]


class Global(nn.Module):
    """A layer in which every position depends on the whole picture."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.head = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 1), nn.Linear(4, 2)

    def forward(self, x):
        x = self.a(x)
        x = self.b(x * x.mean((2, 3), keepdim=True))
        return self.head(x.mean((2, 3)))


def test_without_a_field_positions_are_spread_evenly():
    network = Network(Global(), ["a", "b"], Preprocessing((8, 16), None), name="toy")
    layer = next(one for one in network.layers if one.receptive_field is None and one.spatial)
    rows, columns = network.centres(layer)
    assert rows.tolist() == [i + 0.5 for i in range(8)]
    assert columns.tolist() == [i + 0.5 for i in range(16)]


@pytest.mark.parametrize(
    ("preprocessing", "size", "expected"),
    [
        (Preprocessing((128, 128), None), (256, 256), [(0, 0), (128, 64), (256, 256)]),
        (Preprocessing(256, 224), (512, 1024), [(32, 288), (256, 400), (480, 736)]),
        (Preprocessing(None, 64), (32, 100), [(-16, 18), (16, 34), (48, 82)]),
    ],
    ids=["resized", "cropped", "black added"],
)
def test_points_of_the_input_come_back_by_hand(preprocessing, size, expected):
    """The upper left corner, half down and a quarter across, the lower right corner."""
    height, width = preprocessing.size
    rows, columns = preprocessing.place(np.array([0, height / 2, height]), np.array([0, width / 4, width]), *size)
    np.testing.assert_allclose(np.stack([rows, columns], 1), expected)


@pytest.mark.parametrize("size", [(256, 256), (300, 401), (90, 70)])
def test_points_come_back_to_what_they_show(size):
    """A picture whose red rises downwards and green to the right; the input's pixel and the picture's agree."""
    height, width = size
    image = np.zeros((*size, 3), np.uint8)
    image[..., 0] = np.round((np.arange(height) + 0.5) / height * 255)[:, None]
    image[..., 1] = np.round((np.arange(width) + 0.5) / width * 255)[None]
    preprocessing = Preprocessing(80, 64, (0, 0, 0), (1, 1, 1))
    seen = preprocessing.apply(image).numpy()
    for i in (5, 30, 60):
        row, column = preprocessing.place(i + 0.5, i + 0.5, *size)
        assert seen[0, i, i] == pytest.approx(row / height, abs=0.012)
        assert seen[1, i, i] == pytest.approx(column / width, abs=0.012)
