"""Concepts as vectors: what is typed, what is drawn, and what stands in the tables and files."""

import csv
import io
import re
from types import SimpleNamespace

import numpy as np
import pytest

from core.errors import CoreError
from core.methods.net2vec import spaces as space
from core.networks.preprocessing import Preprocessing
from core.probes.probe import CATEGORIES, Concept
from dashboard.views import concept_map, concepts, embedding, spaces, words
from dashboard.views.ink import DARK, LIGHT

CONCEPTS = (
    Concept("grass", "object"),
    Concept("grass tuft", "object"),
    Concept("sky", "object"),
    Concept("x-ray", "object"),
    Concept("leaf", "part"),
    Concept("leaf", "material"),
    Concept("green", "colour"),
    Concept("blue", "colour"),
    Concept("savanna", "scene"),
)
LABELS = concepts.labels(CONCEPTS)
WEIGHTS = np.array(
    [
        [3.0, 0.0, 4.0],
        [3.0, 0.0, 3.0],
        [0.0, 2.0, 0.1],
        [1.0, 1.0, -1.0],
        [2.0, 0.1, 0.0],
        [2.0, 0.0, 0.1],
        [5.0, 0.0, 0.0],
        [0.0, 1.0, 0.0],
        [np.nan, np.nan, np.nan],
    ]
)
UNIT = space.unit(WEIGHTS)
FOUND = SimpleNamespace(concepts=CONCEPTS, reason=lambda c, task: "fills every picture that it is in")


def rows_of(data: bytes) -> list[dict]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_concepts_are_named_so_that_none_is_confused_with_another():
    assert LABELS[4:6] == ("leaf (part)", "leaf (material)")
    assert len(set(LABELS)) == len(CONCEPTS)


@pytest.mark.parametrize("ink", [LIGHT, DARK])
def test_every_category_has_a_colour_and_a_symbol_of_its_own(ink):
    assert len(set(concepts.colours(ink).values())) == len(set(concepts.SYMBOLS.values())) == len(CATEGORIES)


def test_a_sum_is_that_of_unit_vectors():
    read = embedding.summed(" grass +  0.5*blue - green ", FOUND, UNIT, "segmentation")
    assert read.text == "grass + 0.5*blue - green"
    assert read.operands == (0, 7, 6)
    np.testing.assert_allclose(read.vector, [3 / 5 - 1, 0.5, 4 / 5])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("grass + gras", "grass"),
        ("grass +", "missing"),
        ("", "empty"),
        ("savanna", "fills every picture"),
        ("grass - grass", "nothing is left"),
        ("__import__('os').system('true')", "no concept"),
        ("grass; drop table", "no concept"),
        ("<script>alert(1)</script>", "no concept"),
        ("9" * 400 + "*sky", "characters"),
    ],
)
def test_what_is_no_sum_is_said_in_a_sentence(text, says):
    with pytest.raises(CoreError, match=says):
        embedding.summed(text, FOUND, UNIT, "segmentation")


def test_what_was_typed_is_shown_as_it_stands():
    typed = "![x](http://x/y.png) [a](b) :red[c] :material/home: <b> *d* $e$ `f`"
    shown = words.literal(typed)
    assert shown.replace("\\", "") == typed
    assert not re.search(r"(?<!\\)[!\[\]<>*:$`]", shown)


def test_a_page_opens_with_the_paper_s_sum_where_its_concepts_are_known():
    every = np.ones(len(CONCEPTS), bool)
    assert embedding.first_sum(CONCEPTS, every) == "grass + blue - green"
    assert embedding.first_sum((Concept("tree", "object"), Concept("wood", "material")), every[:2]) == "tree - wood"
    assert embedding.first_sum(CONCEPTS[4:6], every[:2]) == "leaf (part) + leaf (material)"


def test_no_sum_opens_with_a_concept_that_has_no_vector():
    every = np.ones(len(CONCEPTS), bool)
    without = np.array([concept.name not in ("blue", CONCEPTS[0].name) for concept in CONCEPTS])
    assert embedding.first_sum(CONCEPTS, without) == "grass tuft + sky"
    assert embedding.first_sum(CONCEPTS, ~every).count("+") == 1, "then it says which has none"


def test_what_the_last_name_may_become():
    assert embedding.completions("sky + gr", CONCEPTS) == {
        "grass": "sky + grass", "grass tuft": "sky + grass tuft", "green": "sky + green"
    }  # fmt: skip
    assert embedding.completions("0.5*lea", CONCEPTS) == {
        "leaf (part)": "0.5*leaf (part)", "leaf (material)": "0.5*leaf (material)"
    }  # fmt: skip
    assert embedding.completions("sky + blue", CONCEPTS) == {}
    for begun in ("", "  ", "sky +", "sky - ", "2 *"):
        assert embedding.completions(begun, CONCEPTS) == {}
    assert embedding.completions("sky + zzz", CONCEPTS) == {}


def test_each_completion_can_be_read():
    for text in ("gr", "sky - tu", "2*sky + le", "x-"):
        offers = embedding.completions(text, CONCEPTS)
        assert offers
        for whole in offers.values():
            embedding.summed(whole, FOUND, UNIT, "segmentation")


def test_neighbours_in_a_file_are_those_of_each_concept_and_task():
    rows = rows_of(embedding.neighbours_csv(FOUND, {"segmentation": UNIT, "classification": UNIT[::-1]}))
    first = [row for row in rows if row["concept"] == "grass" and row["task"] == "segmentation"]
    cosine = {LABELS[c]: float(UNIT[0] @ UNIT[c]) for c in range(1, 8)}
    assert [row["neighbour"] for row in first] == sorted(cosine, key=lambda name: -cosine[name])
    assert float(first[0]["cosine"]) == pytest.approx(cosine["grass tuft"])
    assert [row["place"] for row in first] == [str(place) for place in range(1, 8)]
    assert "savanna" not in {row["concept"] for row in rows if row["task"] == "segmentation"}


def test_answers_in_a_file_tell_what_was_in_the_sum():
    read = embedding.summed("grass - green", FOUND, UNIT, "segmentation")
    rows = rows_of(embedding.answers_csv(read, FOUND, UNIT))
    assert {row["concept"] for row in rows if row["in the sum"] == "True"} == {"grass", "green"}
    cosines = [float(row["cosine"]) for row in rows]
    assert cosines == sorted(cosines, reverse=True)
    assert len(rows) == 8


def test_how_often_neighbours_are_of_a_concept_s_own_category():
    told = embedding.same_category_words(FOUND, {"segmentation": UNIT, "classification": np.full((9, 3), np.nan)}, 1)
    same, others = [], []
    for c in range(8):
        near = max((d for d in range(8) if d != c), key=lambda d: UNIT[c] @ UNIT[d])
        same.append(CONCEPTS[near].category == CONCEPTS[c].category)
        others.append(np.mean([CONCEPTS[d].category == CONCEPTS[c].category for d in range(8) if d != c]))
    assert f"{100 * np.mean(same):.0f} % by segmentation (of any concepts {100 * np.mean(others):.0f} %)" in told
    assert "classification" not in told


def test_a_sum_lights_what_it_answers():
    image = np.full((64, 64, 3), 200, np.uint8)
    answer = np.array([[1.0, -1.0], [-1.0, -1.0]], np.float32)
    preprocessing = Preprocessing(resize=(64, 64), crop=(64, 64))
    source = embedding.answered(image, answer, preprocessing, True)
    assert source.startswith("data:image/jpeg;base64,")
    assert source != embedding.answered(image, -answer, preprocessing, True)
    assert source != embedding.answered(image, answer, preprocessing, False)


def test_a_concept_is_outlined_unless_it_fills_the_picture():
    image = np.full((32, 32, 3), 90, np.uint8)
    mask = np.zeros((32, 32), bool)
    mask[8:20, 8:20] = True
    plain = embedding.marked(image, None, 64)
    assert embedding.marked(image, np.ones((32, 32), bool), 64) == plain
    assert embedding.marked(image, mask, 64) != plain


def points_of(figure):
    """Each concept's point: its row of data, place and colour."""
    for trace in figure.data:
        if trace.customdata is not None:
            colours = trace.marker.color if not isinstance(trace.marker.color, str) else [trace.marker.color] * 99
            yield from zip(trace.customdata, trace.x, trace.y, colours, strict=False)


def made_map(groups=None, chosen=2, ink=LIGHT):
    points = np.random.default_rng(0).normal(size=(8, 2)) * [10, 2]
    categories = [one.category for one in CONCEPTS[:8]]
    return points, concept_map.scatter(points, LABELS[:8], categories, ["a, b"] * 8, groups, chosen, ink)


def test_every_concept_is_one_point_with_its_number_name_and_neighbours():
    _, figure = made_map()
    points = [row for row, *_ in points_of(figure)]
    assert sorted(row[0] for row in points) == list(range(8))
    assert {row[1] for row in points} == set(LABELS[:8])
    assert all(row[3] == "a, b" for row in points)
    assert {trace.name: trace.marker.symbol for trace in figure.data if trace.name} == {
        name: concepts.SYMBOLS[name] for name in ("object", "part", "material", "colour")
    }


def test_the_map_keeps_distances_up_to_one_factor():
    points, figure = made_map()
    places = np.full((8, 2), np.nan)
    for row, x, y, _ in points_of(figure):
        places[row[0]] = x, y
    before = np.linalg.norm(points[:, None] - points[None], axis=2)
    after = np.linalg.norm(places[:, None] - places[None], axis=2)
    apart = ~np.eye(8, dtype=bool)
    np.testing.assert_allclose(after[apart] / before[apart], after[0, 1] / before[0, 1])
    assert figure.layout.yaxis.scaleanchor == "x"


def test_the_chosen_concept_is_named_and_ringed_and_names_do_not_lie_on_each_other():
    _, figure = made_map(chosen=5)
    ring = next(trace for trace in figure.data if trace.marker.symbol == "circle-open")
    place = next((x, y) for row, x, y, _ in points_of(figure) if row[0] == 5)
    assert (ring.x[0], ring.y[0]) == place
    assert LABELS[5] in [note.text for note in figure.layout.annotations]
    crowd = np.zeros((6, 2)) + np.random.default_rng(1).normal(size=(6, 2)) * 0.5
    assert concept_map._named(crowd, ["somebody"] * 6, 4) == [4]
    assert len(concept_map._named(crowd, ["somebody"] * 6, None)) <= 1


def test_clusters_have_colours_and_numbers_and_symbols_stay_those_of_categories():
    groups = np.array([0, 0, 1, 2, 2, 2, 0, 1])
    _, figure = made_map(groups)
    colours = {row[0]: colour for row, _, _, colour in points_of(figure)}
    assert {colours[row] for row in range(8)} == {concept_map.cluster_colour(number) for number in range(3)}
    assert all((colours[a] == colours[b]) == (groups[a] == groups[b]) for a in range(8) for b in range(8))
    assert {"<b>1</b>", "<b>2</b>", "<b>3</b>"} <= {note.text for note in figure.layout.annotations}
    assert {trace.name for trace in figure.data if trace.showlegend is not False} == {
        "object", "part", "material", "colour"
    }  # fmt: skip


def test_clusters_in_a_table_begin_with_what_is_nearest_to_their_middle():
    groups = np.array([0, 0, 1, 2, 0, 0, 0, 1])
    table = concept_map.clusters(UNIT[:8], groups, LABELS[:8])
    assert table["size"].tolist() == [5, 2, 1]
    assert table["tight"][2] == pytest.approx(1)
    middle = UNIT[[0, 1, 4, 5, 6]].mean(0)
    order = sorted([0, 1, 4, 5, 6], key=lambda c: -(UNIT[c] @ middle))
    assert table["members"][0] == ", ".join(LABELS[c] for c in order)


@pytest.mark.parametrize(("count", "most"), [(5, 3), (9, 3), (31, 10), (187, 50)])
def test_a_map_of_few_concepts_still_has_a_choice_of_neighbours(count, most):
    assert 2 < concept_map.widest(count) == most < count


def test_the_map_as_a_file():
    points, _ = made_map()
    rows = rows_of(concept_map.csv(FOUND, range(8), points, np.arange(8)))
    assert [row["concept"] for row in rows] == list(LABELS[:8])
    assert float(rows[3]["x"]) == points[3, 0]
    assert [row["cluster"] for row in rows] == [str(number) for number in range(1, 9)]


OTHER = space.unit(np.random.default_rng(2).normal(size=(8, 5)))
THIRD = space.unit(np.random.default_rng(3).normal(size=(8, 4)))
THREE = [UNIT[:8], OTHER, THIRD]


def test_distances_again_with_loops():
    found = spaces.pairwise(THREE, False)
    for i in range(3):
        assert np.isnan(found[i, i])
        for j in range(3):
            total = 0.0
            for a in range(8):
                for b in range(8):
                    total += (float(THREE[i][a] @ THREE[i][b]) - float(THREE[j][a] @ THREE[j][b])) ** 2
            assert i == j or found[i, j] == pytest.approx(total)


def test_spaces_that_lack_most_concepts_are_not_chosen_first():
    first, half, less = (np.full((5, 2), np.nan) for _ in range(3))
    first[:4], half[2:], less[3:] = 1, 1, 1
    known = {"first": first, "less": less, "half": half, "more": np.ones((5, 3))}
    assert spaces.overlapping(known, 9) == ["first", "half", "more"]
    assert spaces.overlapping(known, 2) == ["first", "half"]


def test_a_turned_space_is_the_same_space():
    turn = np.linalg.qr(np.random.default_rng(4).normal(size=(3, 3)))[0]
    for by_cka in (False, True):
        assert spaces.pairwise([UNIT[:8], UNIT[:8] @ turn], by_cka)[0, 1] == pytest.approx(0, abs=1e-9)


def test_categories_are_means_of_their_concepts():
    names, counts, means = spaces.by_category(THREE, 1, CONCEPTS[:8])
    assert names == ["object", "part", "material", "colour"]
    assert counts == [4, 1, 1, 2]
    assert means.shape == (2, 4)
    assert means[0, 3] == pytest.approx(space.by_concept(OTHER, UNIT[:8])[[6, 7]].mean())
    assert means[1, 0] == pytest.approx(space.by_concept(OTHER, THIRD)[:4].mean())


def test_the_concepts_two_spaces_see_most_differently_come_first():
    table = spaces.apart(UNIT[:8], OTHER, LABELS[:8], CONCEPTS[:8])
    expected = space.by_concept(UNIT[:8], OTHER)
    assert table["apart"].tolist() == sorted(expected.tolist(), reverse=True)
    assert table["concept"][0] == LABELS[int(expected.argmax())]
    row = table[table["concept"] == "grass"].iloc[0]
    assert row["near in the first"].split(", ")[0] == "grass tuft"


@pytest.mark.parametrize("ink", [LIGHT, DARK])
def test_matrices_show_every_value_and_leave_the_diagonal_out(ink):
    values = spaces.pairwise(THREE, False)
    figure = spaces.matrix(values, ["one", "two", "three"], "D", ink)
    np.testing.assert_array_equal(np.array(figure.data[0].z), values)
    told = [list(row) for row in figure.data[0].text]
    assert [told[i][i] for i in range(3)] == ["", "", ""]
    assert float(told[0][1].replace(",", "")) == pytest.approx(values[0, 1], rel=0.05)
    assert [row.split("<b>")[1][0] for row in figure.data[0].y] == list(figure.data[0].x) == ["A", "B", "C"]
    chart = spaces.categories(np.ones((2, 1)), ["two", "three"], ["object"], [7], ink)
    assert list(chart.data[0].x) == ["object<br>n = 7"]


def test_spaces_as_a_file_hold_each_pair_once():
    values = spaces.pairwise(THREE, True)
    rows = rows_of(spaces.csv(values, ["one", "two", "three"], "1 − CKA"))
    assert [(row["space"], row["other space"]) for row in rows] == [("one", "two"), ("one", "three"), ("two", "three")]
    assert float(rows[2]["1 − CKA"]) == pytest.approx(1 - space.cka(OTHER, THIRD))


def test_columns_beyond_z_have_names_too():
    assert spaces.letters(28)[25:] == ["Z", "AA", "AB"]
