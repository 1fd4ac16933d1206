"""What the papers claim: verdicts follow from intervals alone, and the measures are right on cases made by hand."""

import json

import numpy as np
import pytest

from core.claims.report import Claim, Condition, Control, holds, interval, markdown, to_json
from core.measures.discrimination import (
    correlation,
    edge_agreement,
    edges,
    kendall,
    net_mass,
    own_share,
    recall,
    two_way_share,
)
from core.measures.interval import Estimate, bootstrap, bootstrap_rows

NAN = float("nan")


def condition(low, high, sense=">", bound=0.0, n=50):
    return Condition("difference", Estimate((low + high) / 2, low, high, n), sense, bound)


@pytest.mark.parametrize(
    ("low", "high", "sense", "verdict"),
    [
        (0.1, 0.2, ">", "holds"),
        (-0.1, 0.2, ">", "undecided"),
        (-0.2, -0.1, ">", "fails"),
        (0.0, 0.2, ">", "undecided"),  # touching the bound is not above it
        (0.0, 0.2, ">=", "holds"),
        (-0.2, 0.0, ">", "fails"),
        (-0.2, 0.0, ">=", "undecided"),
        (-0.2, -0.1, "<", "holds"),
        (-0.2, 0.1, "<", "undecided"),
        (0.1, 0.2, "<", "fails"),
        (-0.2, 0.0, "<=", "holds"),
        (NAN, NAN, ">", "not measured"),
    ],
)
def test_a_condition_is_decided_by_its_whole_interval(low, high, sense, verdict):
    assert condition(low, high, sense).verdict == verdict
    shifted = Condition("shifted", Estimate(low + 0.5, low + 0.5, high + 0.5, 50), sense, 0.5)
    assert shifted.verdict == verdict


def test_too_few_images_decide_nothing():
    assert condition(0.1, 0.2, n=7).verdict == "undecided"
    assert condition(0.1, 0.2, n=8).verdict == "holds"
    assert condition(0.1, 0.2, n=0).verdict == "not measured"


def claim(*conditions, controls):
    return Claim("C0", "something", "fig 0", "1 < 2", conditions, controls=controls)


FLOOR = Control("disc", {"recall": Estimate(0.2, 0.1, 0.3, 50)})
SILENT = Control("untrained twin", {"difference": Estimate(0, -0.1, 0.1, 50)}, False)
MISSING = Control("untrained twin", {})


def test_a_claim_holds_where_all_of_it_does():
    good, bad, open_ = condition(1, 2), condition(-2, -1), condition(-1, 1)
    assert claim(good, good, controls=(FLOOR, SILENT)).verdict == "holds"
    assert claim(good, open_, controls=(FLOOR,)).verdict == "undecided"
    assert claim(open_, bad, controls=(FLOOR,)).verdict == "fails"
    assert claim(good, condition(NAN, NAN), controls=(FLOOR,)).verdict == "not measured"
    assert claim(controls=(FLOOR,)).verdict == "not measured"
    assert holds([good, good])
    assert not holds([good, open_])
    assert not holds([])


def test_a_claim_without_its_control_is_not_measured():
    good = condition(1, 2)
    assert claim(good, controls=()).verdict == "not measured"
    assert claim(good, controls=(SILENT, MISSING)).verdict == "not measured"
    empty = Control("untrained twin", {"difference": Estimate(NAN, NAN, NAN, 0)}, False)
    assert claim(good, controls=(empty,)).verdict == "not measured"


def test_a_control_that_shows_the_same_takes_the_claims_force():
    shows = Control("untrained twin", {"difference": Estimate(1, 0.5, 2, 50)}, True)
    assert claim(condition(1, 2), controls=(shows,)).verdict == "undecided"
    assert claim(condition(-2, -1), controls=(shows,)).verdict == "fails"


def test_the_table_and_the_data_say_the_same():
    found = Claim(
        "C1", "a | b", "T II", "1 < 2", (condition(1, 2, "<=", 3),), {"alone": Estimate(NAN, NAN, NAN, 0)},
        (FLOOR, SILENT, MISSING), "1/2", "on 50 pictures",
    )  # fmt: skip
    table = markdown([found], "Claims")
    assert table.startswith("# Claims\n\n| claim |")
    assert "**C1** a \\| b" in table
    assert "difference 1.5 [1, 2] (≤ 3: holds)<br>alone –" in table
    assert "untrained twin: difference 0 [-0.1, 0.1] (does not show it)<br>untrained twin: missing" in table
    assert "**not measured**" in table
    assert len({line.count(" | ") for line in table.splitlines()[4:]}) == 1
    data = json.loads(to_json([found], {"network": "one"}))
    assert data["network"] == "one"
    only = data["claims"][0]
    assert only["verdict"] == found.verdict == "not measured"
    assert only["conditions"][0]["verdict"] == "holds"
    assert only["beside"]["alone"]["value"] is None
    assert [one["missing"] for one in only["controls"]] == [False, False, True]


def test_numbers_as_people_write_them():
    assert interval(Estimate(0.12345, 0.1, 0.2, 9)) == "0.123 [0.1, 0.2]"
    assert interval(Estimate(0.01, 0.01, 0.01, 9)) == "0.01"
    assert interval(Estimate(NAN, NAN, NAN, 0)) == "–"


def quarter(row, column):
    """A 4 x 4 mask of one quarter."""
    mask = np.zeros((4, 4), bool)
    mask[2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = True
    return mask


def test_mass_inside_counts_what_the_area_does_not_explain():
    mask = quarter(0, 0)
    assert net_mass(np.ones((4, 4)), mask) == 0
    assert net_mass(np.zeros((4, 4)), mask) == 0
    assert net_mass(np.where(mask, 1.0, -5.0), mask) == pytest.approx(0.75)
    assert net_mass(np.where(mask, 0.0, 1.0), mask) == pytest.approx(-0.25)
    half_seen = np.where(np.arange(4) < 2, 1.0, np.nan)[None].repeat(4, 0)  # columns 2 and 3 were never seen
    assert net_mass(half_seen, mask) == pytest.approx(0)


def test_a_map_for_both_classes_gets_one_half_whatever_their_sizes():
    small, large = quarter(0, 0), ~quarter(0, 0)
    same = np.random.default_rng(0).random((4, 4))
    assert two_way_share([same, same], [small, large]) == pytest.approx(0.5)
    assert own_share(np.zeros((4, 4)), small, large) == 0.5
    assert two_way_share([np.where(small, 2.0, 0), np.where(large, 1.0, 0)], [small, large]) == 1
    # 3 on the own object, 1 on each of the twelve other pixels: 12 / 24.
    assert own_share(np.where(small, 3.0, 1.0), small, large) == pytest.approx(0.5)
    assert own_share(np.where(small, 3.0, 1.0), small, quarter(1, 1)) == pytest.approx(12 / 16)


def test_correlation_of_maps():
    one = np.arange(16.0).reshape(4, 4)
    assert correlation(one, 3 * one - 7) == pytest.approx(1)
    assert correlation(one, -one) == pytest.approx(-1)
    assert np.isnan(correlation(one, np.ones((4, 4))))
    holed = one.copy()
    holed[0, 0] = np.nan
    assert correlation(holed, one) == pytest.approx(1)


def test_an_instance_is_found_when_half_of_it_is_covered():
    first, second = quarter(0, 0), quarter(1, 1)
    inside = np.zeros((4, 4), bool)
    inside[0, :2] = True  # two of the first one's four pixels
    inside[2, 2] = True  # one of the second one's
    assert recall(inside, [first, second]) == 0.5
    inside[3, 3] = True
    assert recall(inside, [first, second]) == 1
    assert recall(~np.zeros((4, 4), bool), [first]) == 1
    assert np.isnan(recall(inside, []))


def test_edges_are_where_the_luminance_changes():
    image = np.zeros((8, 8, 3), np.uint8)
    image[:, 4:] = 255
    found = edges(image)
    assert found[:, [0, 1, 2, 5, 6, 7]].max() == 0
    assert found[:, 3:5] == pytest.approx(4)  # Sobel's column weights 1, 2, 1
    mask = np.zeros((8, 8), bool)
    mask[2:6, 1:7] = True
    assert edge_agreement(found, found, mask) == pytest.approx(1)
    assert edge_agreement(np.ones((8, 8)), found, mask) == 0
    assert edge_agreement(-found, found, mask) == 0  # nothing positive
    inverse = found.max() - found
    assert edge_agreement(inverse, found, mask) == pytest.approx(-1)
    outside = np.where(mask, found, 100 * np.random.default_rng(0).random((8, 8)))
    assert edge_agreement(outside, found, mask) == pytest.approx(1)


def test_kendalls_tau():
    assert kendall([1, 2, 3, 4], [10, 20, 30, 40]) == 1
    assert kendall([1, 2, 3, 4], [4, 3, 2, 1]) == -1
    assert kendall([1, 2, 3, 4], [1, 2, 4, 3]) == pytest.approx(2 / 3)  # one pair of six turned round
    assert kendall([1, 1, 2], [1, 2, 3]) == pytest.approx(2 / 3)


def test_rows_are_drawn_together():
    rng = np.random.default_rng(0)
    first = rng.normal(0, 10, 300)
    rows = np.stack([first, first + 1], 1)  # the difference is 1 in every row, though the columns vary by 10
    found = bootstrap_rows(rows, lambda drawn: np.median(drawn[:, 1]) - np.median(drawn[:, 0]))
    assert found.low == pytest.approx(1)
    assert found.high == pytest.approx(1)
    assert found.n == 300
    mean = bootstrap_rows(first, np.mean)
    assert mean == bootstrap(first)
    assert bootstrap_rows(rows[:0], np.mean).n == 0
    assert np.isnan(bootstrap_rows(rows, lambda _: NAN).low)
