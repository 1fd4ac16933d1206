"""Tables of an explainer beside its performer, against loops and a world worked by hand."""

import math

import numpy as np
import pytest

from core.errors import NotDefined
from core.measures import part_tables
from core.measures.part_places import Annotated
from core.methods.explainer.looking import SIDES, Looked, Side

N, F, SIDE, PARTS = 60, 5, 4, 3


def looked(sides, labels, **said) -> Looked:
    """Whatever is not given is right, and without error."""
    count = len(labels)
    zeros = {name: np.zeros(count) for name in ("fc6_error", "fc7_error", "fc7_error_ordinary")}
    ones = {name: np.ones(count) for name in ("fc6_spread", "fc7_spread")}
    taken = {name: np.asarray(said.get(name, labels)) for name in ("performer", "explainer", "ordinary")}
    return Looked(index=np.arange(count), labels=np.asarray(labels), sides=sides, **taken, **zeros, **ones)


@pytest.fixture
def world():
    """Random peaks of five filters on sixty pictures of three classes, of which some are not marked."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, N)

    def side():
        scores = np.maximum(generator.normal(0.5, 1, (F, N)), 0).astype(np.float32)
        return Side(scores, generator.integers(SIDE**2, size=(F, N)).astype(np.int16), np.array([0, 1, 2, 2, 1]))

    middles = (np.stack(np.meshgrid(*[np.arange(SIDE) * 8 + 4] * 2, indexing="ij"), 2)).reshape(1, -1, 2)
    marks = Annotated(
        np.where(generator.random(N) < 0.9, labels, -1), ("head", "foot"), generator.uniform(0, 32, (N, 2, 2)),
        generator.random((N, 2)) < 0.8, generator.uniform(20, 40, N), np.repeat(middles.astype(float), N, 0),
        ("head", "torso", "leg"), generator.integers(-1, PARTS, (N, SIDE**2)),
    )  # fmt: skip
    return looked({name: side() for name in SIDES}, labels), marks


def loop(cells, pictures, marks):
    """Mean over landmarks of the deviation of distances from one filter's peaks."""
    found = []
    for mark in range(len(marks.landmarks)):
        apart = []
        for n in pictures:
            if marks.visible[n, mark]:
                down, across = marks.places[n, cells[n]] - marks.points[n, mark]
                apart.append(math.hypot(down, across) / marks.diagonals[n])
        if len(apart) >= 3:
            middle = sum(apart) / len(apart)
            found.append(math.sqrt(sum((one - middle) ** 2 for one in apart) / (len(apart) - 1)))
    return sum(found) / len(found)


@pytest.mark.parametrize("layer", part_tables.LAYERS)
def test_instability_on_both_sides_against_loops(world, layer):
    seen, marks = world
    found = part_tables.beside(seen, marks, marks.labels, layer, resamples=50)
    first, second = seen.sides["second"], seen.sides[layer]
    expected = {}
    for f in range(F):
        both = [n for n in range(N) if first.scores[f, n] > 0 and second.scores[f, n] > 0]
        for c in {int(first.owners[f]), int(second.owners[f])}:
            pictures = [n for n in both if marks.labels[n] == c]
            modal = max(range(SIDE**2), key=lambda cell: (sum(first.cells[f, n] == cell for n in pictures), -cell))
            expected[f, c] = (
                loop(first.cells[f], pictures, marks),
                loop(second.cells[f], pictures, marks),
                loop(np.full(N, modal), pictures, marks),
                loop(np.zeros(N, int), pictures, marks),
            )
    pairs = list(zip(found.rows.filters.tolist(), found.rows.classes.tolist(), strict=True))
    assert sorted(pairs) == sorted(expected)
    for at, name in enumerate(("explainer", "performer", "modal cell", "cell 0")):
        values = [expected[pair][at] for pair in pairs]
        np.testing.assert_allclose(found.values[name], values, rtol=1e-12)
        assert found.mean(name) == pytest.approx(sum(values) / len(values))
    whole = found.against["performer"]
    assert whole.ratio.value == pytest.approx(found.mean("explainer") / found.mean("performer"))
    assert whole.ratio.low < whole.ratio.value < whole.ratio.high
    for c in range(3):
        mine = [expected[pair][0] for pair in pairs if pair[1] == c]
        assert found.classes[c].first.value == found.mean("explainer", c) == pytest.approx(sum(mine) / len(mine))
        assert found.classes[c].first.n == len(mine)


def test_a_filter_that_follows_a_part_beats_one_that_stands_still(world):
    """Landmarks that move with the object; the explainer's peak is always on the head, the performer's never moves."""
    seen, marks = world
    cells = np.random.default_rng(1).integers(SIDE**2, size=N)
    places = marks.places[np.arange(N), cells]
    points = np.stack([places, places + (0, 6)], 1)
    marks = Annotated(**vars(marks) | {"points": points, "visible": np.ones((N, 2), bool), "diagonals": np.full(N, 30)})
    on = Side(np.ones((F, N), np.float32), np.tile(cells, (F, 1)).astype(np.int16), np.zeros(F, int))
    still = Side(on.scores, np.full((F, N), 5, np.int16), on.owners)
    seen = looked({name: on if name == "second" else still for name in SIDES}, seen.labels)
    found = part_tables.beside(seen, marks, seen.labels, "top", resamples=20)
    assert found.mean("explainer") == pytest.approx(0, abs=1e-9)
    assert found.mean("performer") > 0.1
    assert found.mean("performer") == pytest.approx(found.mean("performer, modal cell")), "it stands still already"
    assert found.against["modal cell"].ratio.value == pytest.approx(0, abs=1e-9)
    rows = part_tables.instability_rows(found, ("horse", "cow", "owl"))
    assert [row["class"] for row in rows] == ["all", "horse"]
    assert rows[0]["layer"] == "top"
    assert rows[1]["modal cell"] == found.mean("modal cell", 0)
    assert rows[1]["rows"] == F


def test_unlike_layers_and_silent_filters_are_a_sentence(world):
    seen, marks = world
    short = Side(*(one[:3] for one in (seen.sides["target"].scores, seen.sides["target"].cells, np.zeros(F, int))))
    with pytest.raises(NotDefined, match="5 filters and the performer's layer 3"):
        part_tables.beside(looked(dict(seen.sides) | {"target": short}, seen.labels), marks, marks.labels, "target")
    with pytest.raises(NotDefined, match="three pictures"):
        part_tables.beside(seen, marks, np.full(N, -1), "top")
    with pytest.raises(NotDefined, match="no parts"):
        part_tables.landed(seen, Annotated(**vars(marks) | {"parts": ()}), marks.labels)


def test_parts_that_peaks_lie_on_against_loops(world):
    seen, marks = world
    found = part_tables.landed(seen, marks, marks.labels)
    for name, side in (("explainer", "second"), ("performer", "top")):
        shares = found.shares[name, "as it is"]
        for row, (f, counted) in enumerate(zip(found.rows.filters, found.rows.counted, strict=True)):
            on = [marks.part_at[n, seen.sides[side].cells[f, n]] for n in np.flatnonzero(counted)]
            np.testing.assert_allclose(shares[row], [on.count(part) / len(on) for part in range(PARTS)])
            assert found.most(name)[row] == shares[row].argmax()
        kept = found.on_one[name, "as it is"]
        assert kept.value == pytest.approx(np.mean([row.max() >= 0.6 for row in shares]))
        np.testing.assert_array_equal(found.shares[name, "any part"].sum(1) > 0.99, True)
    difference = found.on_one["explainer", "as it is"].value - found.on_one["performer", "as it is"].value
    assert found.gain.value == pytest.approx(difference)


def test_a_filter_on_no_part_lands_nowhere(world):
    seen, marks = world
    nowhere = Annotated(**vars(marks) | {"part_at": np.full_like(marks.part_at, -1)})
    found = part_tables.landed(seen, nowhere, marks.labels)
    assert (found.most("explainer") == -1).all()
    assert found.on_one["explainer", "as it is"].value == 0


def test_filters_of_one_class_have_no_entropy():
    """Filter 0 fires for class 0 only, filter 1 for both alike."""
    labels = np.array([0] * 10 + [1] * 10)
    scores = np.stack([np.where(labels == 0, 1.0, 0), np.tile([1.0, 0.5], 10)]).astype(np.float32)
    scores[1, [0, 10]] = 2
    keen = Side(scores, np.zeros((2, 20), np.int16), np.array([0, 1]))
    blunt = Side(scores[[1, 1]], keen.cells, keen.owners)
    found = part_tables.selective(looked({name: keen if name == "second" else blunt for name in SIDES}, labels))
    assert found["explainer"].value == pytest.approx(math.log(2) / 2)
    assert found["performer"].value == pytest.approx(math.log(2))


def test_errors_that_the_explainer_adds_and_takes_away():
    labels = np.array([0, 0, 0, 1, 1, 2, -1])
    performer = [0, 0, 1, 1, 0, 2, 1]
    explainer = [2, 2, 1, 1, 1, 0, 2]
    found = part_tables.erring(looked({}, labels, performer=performer, explainer=explainer), 4)
    assert found.pictures.tolist() == [3, 2, 1, 0]
    assert found.performer.tolist() == [1, 1, 0, 0]
    assert found.explainer.tolist() == [3, 0, 1, 0]
    assert found.lost.tolist() == [2, 0, 1, 0]
    assert found.won.tolist() == [0, 1, 0, 0]
    assert found.taken_for.tolist() == [2, -1, 0, -1]


def test_filters_that_never_fire_are_counted(world):
    seen, _ = world
    scores = seen.sides["first"].scores.copy()
    scores[2] = 0
    side = Side(scores, seen.sides["first"].cells, seen.sides["first"].owners)
    found = part_tables.live(looked(dict(seen.sides) | {"first": side}, seen.labels))
    assert found["first"] == (4, 1)
    assert found["second"] == (5, 0)
