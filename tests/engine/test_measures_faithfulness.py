"""Insertion, deletion and their floors, against loops and against what must be so."""

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import Cancelled
from core.measures.faithfulness import (
    STEPS,
    Curve,
    batch_size,
    blurred,
    centre_out,
    curves,
    faithfulness,
    floors,
    mean_colour,
    random_cells,
    ranks,
)
from core.methods.heatmap import Heatmap
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing

SIDE = 24


class Corner(nn.Module):
    """Class 0 is the brightness of the upper left 8 x 8 pixels, class 1 that of the lower right ones."""

    def __init__(self):
        super().__init__()
        self.pool = nn.AvgPool2d(8)

    def forward(self, x):
        x = self.pool(x.mean(1, keepdim=True))[:, 0]
        return torch.stack([4 * x[:, 0, 0], 4 * x[:, 2, 2], torch.zeros_like(x[:, 0, 0])], 1)


@pytest.fixture
def network():
    scale = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    return Network(Corner(), ["first", "last", "none"], Preprocessing((SIDE, SIDE), None, *scale), name="corner")


@pytest.fixture
def image():
    """Bright corners on black: what the two classes read."""
    result = torch.zeros(1, 3, SIDE, SIDE)
    result[:, :, :8, :8] = 1
    result[:, :, 16:, 16:] = 1
    return result


def at(row, column):
    values = np.zeros((3, 3), np.float32)
    values[row, column] = 1
    return values


def slow_curve(network, start, end, values, label, steps):
    """One changed picture after the other, pixel by pixel, in an order found by sorting."""
    height, width = values.shape
    order = sorted(range(height * width), key=lambda p: (-values[p // width, p % width], p))
    probabilities = []
    for step in range(steps + 1):
        changed = start.clone()
        for p in order[: round(step * height * width / steps)]:
            changed[0, :, p // width, p % width] = end[0, :, p // width, p % width]
        probabilities.append(float(network.probabilities(changed)[0, label]))
    return probabilities


def test_equals_the_definition_written_with_loops(network):
    image = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(4))
    generator = np.random.default_rng(0)
    maps = [Heatmap(generator.random((s, s), np.float32), "gradcam", "conv1", c) for s, c in ((3, 0), (24, 1), (7, 0))]
    found = faithfulness(network, image, maps)
    for heatmap, one in zip(maps, found, strict=True):
        values = heatmap.at_input(SIDE, SIDE)
        c = heatmap.class_index
        assert (one.method, one.layer, one.class_index, one.flat) == ("gradcam", "conv1", c, False)
        insertion = slow_curve(network, blurred(image), image, values, c, STEPS)
        deletion = slow_curve(network, image, mean_colour(image), values, c, STEPS)
        assert one.insertion.probabilities == pytest.approx(insertion, abs=1e-6)
        assert one.deletion.probabilities == pytest.approx(deletion, abs=1e-6)
        assert len(one.insertion.fractions) == STEPS + 1


def test_both_ends_are_the_picture_and_nothing(network, image):
    one = faithfulness(network, image, [Heatmap(at(0, 0), "gradcam", None, 0)])[0]
    whole, soft, plain = (float(network.probabilities(x)[0, 0]) for x in (image, blurred(image), mean_colour(image)))
    assert one.insertion.probabilities[[0, -1]] == pytest.approx([soft, whole], abs=1e-6)
    assert one.deletion.probabilities[[0, -1]] == pytest.approx([whole, plain], abs=1e-6)
    assert list(one.insertion.fractions[[0, -1]]) == [0, 1]


def test_a_map_on_the_evidence_beats_one_beside_it_and_the_floors(network, image):
    towards = np.arange(9, dtype=np.float32).reshape(3, 3)
    right, wrong = faithfulness(network, image, [Heatmap(v, "gradcam", None, 0) for v in (8 - towards, towards)])
    floor = floors(network, image, [0])[0]
    assert right.insertion.area > wrong.insertion.area + 0.05
    assert right.deletion.area < wrong.deletion.area - 0.05
    for other in (floor.random_insertion, floor.centre_insertion):
        assert right.insertion.area > other.area + 0.05
    for other in (floor.random_deletion, floor.centre_deletion):
        assert right.deletion.area < other.area - 0.05


def test_the_area_is_the_trapezoids():
    curve = Curve(np.array([0, 0.5, 1]), np.array([0.2, 0.6, 0.4]))
    assert curve.area == pytest.approx(0.5 * (0.2 + 0.6) / 2 + 0.5 * (0.6 + 0.4) / 2)


def test_ties_are_broken_in_reading_order_and_nan_comes_last():
    values = torch.tensor([[[1.0, 3.0, torch.nan], [3.0, 1.0, -torch.inf]]])
    assert ranks(values).tolist() == [[[2, 0, 4], [1, 3, 5]]]


def test_an_empty_map_is_called_flat(network, image):
    maps = [Heatmap(np.full((3, 3), v, np.float32), "gradcam", None, 0) for v in (0, 2, np.nan)]
    assert [one.flat for one in faithfulness(network, image, [*maps, Heatmap(at(1, 1), "gradcam", None, 0)])] == [
        *(True, True, True),
        False,
    ]


def test_maps_together_are_maps_alone(network, image):
    maps = [Heatmap(at(i // 3, i % 3), "gradcam", None, i % 2) for i in range(9)]
    together = faithfulness(network, image, maps)
    for heatmap, one in zip(maps, together, strict=True):
        alone = faithfulness(network, image, [heatmap])[0]
        assert one.insertion.probabilities == pytest.approx(alone.insertion.probabilities, abs=1e-6)
        assert one.deletion.probabilities == pytest.approx(alone.deletion.probabilities, abs=1e-6)
    assert faithfulness(network, image, []) == []


def test_floors_are_the_curves_of_their_orders(network, image):
    found = floors(network, image, [0, 1], orders=2, seed=9)
    assert list(found) == [0, 1]
    random, centre = random_cells(SIDE, SIDE, 2, 9), centre_out(SIDE, SIDE)
    single = [curves(network, image, order[None].double()) for order in (*random, centre)]
    for c, floor in found.items():
        inserted = [one[0][0, :, c].numpy() for one in single]
        deleted = [one[1][0, :, c].numpy() for one in single]
        assert floor.random_insertion.probabilities == pytest.approx(np.mean(inserted[:2], 0), abs=1e-6)
        assert floor.random_deletion.probabilities == pytest.approx(np.mean(deleted[:2], 0), abs=1e-6)
        assert floor.centre_insertion.probabilities == pytest.approx(inserted[2], abs=1e-6)
        assert floor.centre_deletion.probabilities == pytest.approx(deleted[2], abs=1e-6)
        assert floor.random_insertion_areas.mean() == pytest.approx(floor.random_insertion.area, abs=1e-6)
        assert len(floor.random_deletion_areas) == 2


def test_the_seed_decides_the_random_orders():
    one, same, other = (random_cells(16, 24, 3, seed) for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert not torch.equal(one[0], one[1])
    assert sorted(np.unique(one[0])) == list(range(64))
    assert (one[0, :2, :3] == one[0, 0, 0]).all()  # a cell of 16/8 x 24/8 pixels


def test_centre_out_begins_in_the_middle_and_ends_in_a_corner():
    place = ranks(centre_out(5, 7)[None])[0]
    assert place[2, 3] == 0
    assert place[0, 0] > place[0, 3]
    assert int(place.argmax()) == 34


def test_the_blur_keeps_what_is_flat_and_the_mean_inside():
    flat = torch.full((1, 3, 40, 30), 0.7)
    assert torch.allclose(blurred(flat), flat, atol=1e-6)
    dot = torch.zeros(1, 3, 64, 64)
    dot[0, :, 32, 32] = 1
    soft = blurred(dot)
    assert float(soft[0, 0].sum()) == pytest.approx(1, abs=1e-4)
    assert float(soft[0, 0, 32, 32] / soft[0, 0, 32, 35]) == pytest.approx(np.exp(9 / (2 * 3.2**2)), rel=1e-3)
    assert torch.equal(soft[0, 0], soft[0, 1])


def test_larger_inputs_go_in_smaller_batches():
    assert [batch_size(torch.zeros(1, 3, s, s)) for s in (128, 224, 4096)] == [15, 4, 1]


def test_progress_can_stop_the_work(network, image, monkeypatch):
    monkeypatch.setattr("core.measures.faithfulness.PIXELS", 40 * SIDE * SIDE)
    calls = []
    maps = [Heatmap(at(0, 0), "gradcam", None, 0)] * 6
    faithfulness(network, image, maps, progress=lambda *call: calls.append(call))
    assert [done for done, _, _ in calls] == [0, 40, 80]
    assert all(total == 6 * 2 * (STEPS - 1) + 3 for _, total, _ in calls)

    def stop(*_):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        faithfulness(network, image, maps, progress=stop)
