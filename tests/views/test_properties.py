"""Table I, from what the methods declare."""

from core.methods import METHODS
from dashboard.views.properties import COLUMNS, YES, properties


def test_one_row_per_method_and_what_is_known_of_them():
    table = properties(METHODS.values()).set_index("method")
    assert list(table.index) == [one.title for one in METHODS.values()]
    has = {name: {column for column in COLUMNS if row[column] == YES} for name, row in table.iterrows()}
    everything = {"post hoc"}
    assert has["Guided Backpropagation"] == everything | {"gradient", "high resolution"}
    assert has["Grad-CAM"] == everything | {"gradient", "class-discriminative", "multi-layer"}
    assert has["LIME"] == everything | {"perturbation", "class-discriminative"}
    assert has["CHIP"] == everything | {"perturbation", "general", "class-discriminative", "multi-layer"}
    assert has["Refined CHIP"] == has["CHIP"] | {"high resolution"}
    assert has["Guided CHIP"] == has["Refined CHIP"] | {"gradient"}
    assert table.loc["LIME", "paper"] == METHODS["lime"].paper


def test_nothing_gives_an_empty_table_with_its_columns():
    assert list(properties([]).columns) == ["method", *COLUMNS, "paper"]
