"""What the page Object parts draws: filters and their pictures, and a score taken apart."""

import numpy as np
import pytest

from core.engine.parts import Disentangled
from core.measures.part_places import Annotated
from core.methods.explainer.contributions import Contributions
from core.methods.explainer.looking import Looked, Side
from core.methods.explainer.receptive import Fields
from core.networks.preprocessing import Preprocessing
from dashboard.views import parts, prediction
from dashboard.views.ink import LIGHT

NAMES = ("ape", "bee", "cat")


def side(scores, cells, owners):
    return Side(np.array(scores, np.float32), np.array(cells, np.int16), np.array(owners, np.int64))


def looked(labels, one, performer=None):
    labels = np.array(labels)
    zeros = np.zeros(len(labels))
    said = labels if performer is None else np.array(performer)
    return Looked(np.arange(len(labels)) + 100, labels, said, said, said, *[zeros] * 5, {"second": one, "top": one})


@pytest.fixture
def seen():
    """Six pictures, four of 'bee'; filter 1 is dead, filter 2 fires in two of its class's pictures only."""
    one = side(
        [[1, 4, 2, 3, 0, 9], [0] * 6, [0, 2, 1, 0, 0, 0], [5, 5, 5, 5, 1, 1]],
        [[0, 1, 1, 3, 0, 2], [0] * 6, [0, 2, 2, 0, 0, 0], [0, 0, 0, 0, 1, 1]],
        [1, -1, 1, 0],
    )
    return looked([1, 1, 1, 1, 0, 0], one)


@pytest.fixture
def marked():
    """Maps of 2 x 2 on pictures of 4 x 4 pixels, one landmark; parts 'head' and 'tail'."""
    places = np.array([[1, 1], [1, 3], [3, 1], [3, 3]], float)
    points = np.array([[1, 1], [1, 2], [0, 3], [3, 3], [2, 2], [0, 0]], float)[:, None]
    part_at = np.array([[0, 1, -1, -1]] * 6)
    return Annotated(
        np.array([1, 1, 1, 1, 0, 0]), ("eye",), points, np.ones((6, 1), bool), np.full(6, 4.0),
        np.broadcast_to(places, (6, 4, 2)), ("head", "tail"), part_at,
    )  # fmt: skip


def test_a_dead_filter_is_left_out_and_counted(seen, marked):
    found = parts.filters(seen, seen.sides["second"], marked, marked.labels)
    assert [one.number for one in found] == [0, 2, 3]
    told = parts.silent(seen.sides["second"], "conv-interp-2", 6)
    assert told == "1 of 4 filters of conv-interp-2 fire in none of the 6 pictures and are left out."


def test_what_is_known_of_a_filter_by_hand(seen, marked):
    one = parts.filters(seen, seen.sides["second"], marked, marked.labels)[0]
    # peaks at (1, 1), (1, 3), (1, 3), (3, 3); the eye at (1, 1), (1, 2), (0, 3), (3, 3)
    apart = np.array([0, 1, 1, 0]) / 4
    assert one.instability == pytest.approx(apart.std(ddof=1))
    assert (one.owner, one.fires, one.of) == (1, 4, 4)
    assert one.activity == pytest.approx(19 / 6)
    assert (one.part, one.share) == ("tail", 0.5)
    assert parts.told(one) == "fires in 4 of 4, on the tail in 50 % of them, instability 0.14"
    assert parts.heading(one, NAMES) == "**0** · bee · tail"


def test_too_few_pictures_leave_stability_and_part_open(seen, marked):
    two = parts.filters(seen, seen.sides["second"], marked, marked.labels)[1]
    assert (two.fires, two.of, two.part) == (2, 4, "")
    assert np.isnan(two.instability)
    assert parts.told(two) == "fires in 2 of 4"
    unmarked = parts.filters(seen, seen.sides["second"], None, seen.labels)
    assert all(np.isnan(one.instability) and not one.part for one in unmarked)


def test_without_labels_pictures_are_of_what_the_performer_says(seen):
    blind = looked([-1] * 6, seen.sides["second"], [1, 0, 1, 0, 0, 0])
    assert parts.own_pictures(blind, 1).tolist() == [True, False, True, False, False, False]


def known(number, owner=0, activity=1.0, instability=np.nan, fires=3):
    return parts.Filter(number, owner, fires, 4, activity, instability, "", np.nan)


def test_orders_and_classes():
    some = [known(0, 2, 1, 0.3), known(1, 0, 5), known(2, 0, 3, 0.1), known(3, 1, 2, 0.2), known(4, 1, 4, 0.0, fires=0)]

    def numbers(order, **whose):
        return [one.number for one in parts.chosen(some, order, NAMES, **whose)]

    assert numbers(parts.STABILITY) == [2, 3, 0, 4, 1]
    assert numbers(parts.ACTIVITY) == [1, 4, 2, 3, 0]
    assert numbers(parts.BY_CLASS) == [2, 1, 3, 4, 0]
    assert numbers(parts.STABILITY, owner=0) == [2, 1]
    assert numbers(parts.STABILITY, each=True) == [2, 3, 0]
    assert numbers(parts.ACTIVITY, each=True) == [1, 4, 0]


def test_pictures_are_the_highest_or_evenly_spread(seen):
    one = parts.Filter(0, 1, 4, 4, 1.0, 0.1, "", np.nan)
    some = seen.sides["second"]
    assert [shown.place for shown in parts.pictures(seen, some, one, False, 3)] == [1, 3, 2]
    spread = parts.pictures(seen, some, one, True, 3)
    assert [shown.place for shown in spread] == [1, 2, 0]
    assert [shown.rank for shown in spread] == ["1 of 4", "3 of 4", "4 of 4"]
    assert [shown.place for shown in parts.pictures(seen, some, one, True, 9)] == [1, 3, 2, 0]
    silent = parts.Filter(2, 0, 0, 2, 1.0, 0.1, "", np.nan)
    assert parts.pictures(seen, some, silent, False, 3) == parts.pictures(seen, some, silent, True, 3) == []


def test_the_fields():
    discrepancy = np.zeros((3, 9, 9), np.float32)
    discrepancy[0, 4, 4] = 1
    discrepancy[1, 3:6, 3:6] = 1
    measured = Fields(discrepancy, np.array([2, 1, 0]))
    assert parts.field_of(measured, 1, (8, 8)).sum() == 9
    disc = parts.field_of(measured, None, (8, 8))
    assert disc.sum() == 5, "a disc of the mean of 1 and 9 pixels"
    assert (parts.field_of(measured, 2, (8, 8)) == disc).all(), "a filter that was not measured"
    silent = Fields(np.zeros((1, 9, 9), np.float32), np.array([0]))
    for none in (None, silent):
        found = parts.field_of(none, 0, (64, 64))
        assert found.shape == (65, 65)
        assert found.sum() == pytest.approx(parts.ROUND * 64 * 64, rel=0.05)


def test_a_picture_keeps_its_light_where_the_filter_looks_and_nowhere_else():
    image = np.full((64, 64, 3), 200, np.uint8)
    values = np.array([[4.0, 0], [1.9, 2]])
    field = np.zeros((65, 65), bool)
    field[32 - 8 : 32 + 8, 32 - 8 : 32 + 8] = True
    centres = (np.array([16.0, 48]), np.array([16.0, 48]))
    drawn = parts.drawn(image, values, field, centres, Preprocessing((64, 64), None))
    assert drawn.shape == (parts.SIDE, parts.SIDE, 3)
    light = drawn.mean(2)
    at = lambda row, column: light[row * parts.SIDE // 64, column * parts.SIDE // 64]  # noqa: E731
    assert at(16, 16) == at(48, 48) == 200
    assert at(48, 16) < 120
    assert at(16, 48) < 120
    dark = parts.drawn(image, np.zeros((2, 2)), field, centres, Preprocessing((64, 64), None))
    assert dark.mean(2).max() < 120, "a silent filter looks nowhere"


def test_a_strip_holds_each_picture_once():
    cells = [np.full((192, 192, 3), 9, np.uint8), np.full((96, 192, 3), 9, np.uint8)]
    drawn = parts.strip(cells, 3)
    assert drawn.count("<image ") == 2
    assert f'width="{3 * parts.SIDE + 2 * parts.GAP}"' in drawn
    assert 'y="48"' in drawn, "a flat one in the middle"


def disentangled(maps, shares, ordinary, remainder, performer):
    shares = np.array(shares, float)
    score = shares.sum() + ordinary + remainder
    told = Contributions(
        np.array([0]), shares[None], np.array([ordinary]), np.array([remainder]), np.array([score]),
        np.array([performer]),
    )  # fmt: skip
    return Disentangled(told, np.array(maps, np.float32), None, None, None)


@pytest.fixture
def taken():
    """Five filters on maps of 1 x 2: two peak left, two right, one is silent."""
    return disentangled([[[2, 1]], [[0, 3]], [[1, 0]], [[0, 0]], [[1, 4]]], [3, -1, 0.5, 0, 2], 0.75, -0.25, 4.0)


def test_shares_by_part(taken):
    on = prediction.landed(taken, (("head", "tail"), np.array([1, -1])))
    assert on == ["tail", "", "tail", "", ""]
    assert prediction.landed(taken, None) == [""] * 5
    found = [(one.name, one.value, one.filters) for one in prediction.by_parts(taken, on)]
    assert found == [("tail", 3.5, 2), (prediction.NOWHERE, 1.0, 2)], "the silent one is on nothing"


def test_shares_by_filter(taken, monkeypatch):
    monkeypatch.setattr(prediction, "MOST", 3)
    found = [(one.name, one.value) for one in prediction.by_filters(taken, list("abcde"))]
    assert found == [("a", 3), ("e", 2), ("b", -1), ("1 other", 0.5)]
    assert prediction.strongest(taken, 9) == [0, 4, 2]


@pytest.mark.parametrize("by", ["parts", "filters"])
def test_the_bars_end_at_both_scores(taken, by):
    on = ["tail", "", "tail", "", "head"]
    given = prediction.by_parts(taken, on) if by == "parts" else prediction.by_filters(taken, list("abcde"))
    (bars,) = prediction.bars(taken, given, LIGHT).data
    before = [x for x, kind in zip(bars.x, bars.measure, strict=True) if kind == "relative"]
    assert sum(before[:-1]) == pytest.approx(5.0)
    assert sum(before) == pytest.approx(4.0)
    assert bars.measure[-3] == bars.measure[-1] == "total"
    assert bars.text[-3:] == ("5.0", "−1.00", "4.0")
    assert "together 5.0, the performer 4.0" in prediction.bars_told(taken, given)


def test_shares_of_a_score_that_is_not_above_zero_are_not_given():
    assert prediction.share(1.0, 4.0) == ", 25 %"
    assert prediction.share(-1.0, 4.0) == ", −25 %"
    assert prediction.share(0.01, 4.0) == ""
    assert prediction.share(1.0, 0.0) == prediction.share(1.0, -2.0) == ""


def test_the_table_sums_to_the_performers_score(taken):
    table = prediction.table(taken, ["ape"] * 5, [""] * 5)
    assert table["logits"].sum() == pytest.approx(4.0)
    assert table["giver"].tolist()[-3:] == ["ordinary track", "remainder", "not reconstructed"]
