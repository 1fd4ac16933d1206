"""Embedding space: with nothing computed, with a dissection in the cache, and with what people type and upload."""

import re

import numpy as np
import pytest
from PIL import Image

from core.probes.catalogue import open_probe
from core.probes.menagerie.hierarchy import word_vector
from tests.pages.shown import alts, buttons

SECTIONS = ("Neighbours", "Arithmetic", "Map", "Spaces")
COMPUTE = "dissect-conv5"
ATTEMPTS = (
    "__import__('os').system('touch /tmp/x')",
    "grass; import os",
    "<img src=x onerror=alert(1)>",
    "grass + [x](javascript:alert(1))",
    "![x](http://127.0.0.1:9/x.png)",
    "{grass}",
    "1/0",
    "grass ** 9",
    "$(reboot)",
    "grass + " * 60,
)


@pytest.fixture
def filled(opened, fine):
    """`filled(**parameters)`: the page once the layer is dissected."""

    def open_page(**parameters):
        app = fine(opened("embedding", **parameters))
        if COMPUTE in buttons(app):
            app = fine(app.button(key=COMPUTE).click().run(timeout=300))
        return app

    return open_page


def test_with_nothing_computed_there_is_a_sentence_and_one_button(opened, fine, words_of):
    app = fine(opened("embedding"))
    assert "207 concepts at conv5" in words_of(app)
    assert [key for key in buttons(app) if key and key.startswith("dissect")] == [COMPUTE]
    assert not app.get("plotly_chart")
    assert [button.label for button in app.button if button.label == "tree - wood"]


def test_a_probe_without_concepts_says_so(opened, fine, words_of, tmp_path, monkeypatch):
    for name in ("cat", "dog"):
        (tmp_path / "plain" / name).mkdir(parents=True)
        Image.fromarray(np.full((64, 64, 3), 99, np.uint8)).save(tmp_path / "plain" / name / "1.png")
    (tmp_path / "settings.toml").write_text('[probes.plain]\nfolder = "plain"\n')
    monkeypatch.setenv("CHANNELSCOPE_SETTINGS", str(tmp_path / "settings.toml"))
    app = fine(opened("embedding", probe="plain"))
    assert "is marked as a concept" in words_of(app)
    assert not [key for key in buttons(app) if key and key.startswith("dissect")]


def test_the_button_computes_and_the_next_visit_finds_it(filled, opened, fine):
    app = filled()
    assert COMPUTE not in buttons(app)
    assert COMPUTE not in buttons(fine(opened("embedding", section="Map")))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens_with_words_for_every_picture(filled, section):
    app = filled(section=section)
    assert app.get("plotly_chart") or alts(app)
    assert all(alt.strip() for alt in alts(app))


def test_neighbours_stand_side_by_side_and_a_press_opens_one(filled, fine):
    app = filled(concept="grass")
    by_task = {task: [key for key in buttons(app) if key and key.startswith(f"open-{task}")] for task in
               ("segmentation", "classification")}  # fmt: skip
    assert [len(keys) for keys in by_task.values()] == [5, 5]
    first = app.button(key=by_task["segmentation"][0])
    name = first.label.strip("*")
    app = fine(first.click().run())
    assert app.selectbox(key="concept").value == name != "grass"


def test_a_landscape_has_no_vector_for_segmentation_and_says_why(filled, words_of):
    app = filled(concept="savanna")
    assert "n/a" in [one.value for one in app.markdown]
    assert "No vector: fills every picture that it is in." in words_of(app)
    assert any(key and key.startswith("open-classification") for key in buttons(app))


def test_a_sum_is_answered_and_shown_on_pictures(filled, words_of):
    app = filled(section="Arithmetic", expression="grass + blue - green")
    assert "**grass + blue - green**" in words_of(app)
    answers = re.findall(r"\*\*([^*]+)\*\*  \n!\[\]", words_of(app))
    assert len(answers) == 5
    assert not {"grass", "blue", "green"} & set(answers)
    told = [alt for alt in alts(app) if alt.startswith("What grass + blue - green answers in")]
    assert 1 <= len(told) <= 5


def test_operands_may_be_left_in(filled, fine, words_of):
    app = filled(section="Arithmetic", expression="grass")
    app = fine(app.toggle(key="operands").set_value(False).run())
    assert re.findall(r"\*\*([^*]+)\*\*  \n!\[\]", words_of(app))[0] == "grass"


def test_the_task_changes_the_answer(filled, fine, words_of):
    app = filled(section="Arithmetic", expression="grass")
    before = words_of(app)
    app = fine(app.segmented_control(key="task").set_value("Classification").run())
    assert words_of(app) != before
    assert "orange where" in words_of(app)


def test_while_one_types_names_are_offered_and_the_last_answer_stays(filled, fine, words_of):
    app = filled(section="Arithmetic", expression="sky")
    app = fine(app.text_input(key="expression").set_value("sky + gra").run())
    offered = [button.label for button in app.button if button.key and button.key.startswith("complete-")]
    assert offered[:2] == ["grass", "grass tuft"]
    assert "**sky**" in words_of(app)
    app = fine(app.button(key="complete-grass tuft").click().run())
    assert app.text_input(key="expression").value == "sky + grass tuft"
    assert "**sky + grass tuft**" in words_of(app)


def test_what_cannot_be_read_is_one_sentence_and_nothing_is_lost(filled, fine, words_of):
    app = filled(section="Arithmetic", expression="sky - blue")
    for text in ATTEMPTS:
        app = fine(app.text_input(key="expression").set_value(text).run())
        told = [one.value for one in app.markdown if one.value.startswith(":material/error:")]
        assert len(told) == 1, text
        assert "\n" not in told[0]
        assert app.text_input(key="expression").value == text
        assert "**sky - blue**" in words_of(app)
        assert not any(one.proto.allow_html for one in app.markdown)
        assert not re.search(r"(?<!\\)[\[\]<]", told[0]), "a link, a picture or a tag could come of it"


def test_a_concept_without_a_vector_cannot_be_added(filled, fine, words_of):
    app = filled(section="Arithmetic", expression="sky")
    app = fine(app.text_input(key="expression").set_value("sky + savanna").run())
    assert "'savanna' has no vector for segmentation" in words_of(app)


def test_the_map_has_a_point_for_each_concept_with_a_vector(filled, fine, words_of):
    app = filled(section="Map")
    count = int(re.search(r"(\d+) of 207 concepts have a vector", words_of(app))[1])
    spec = app.get("plotly_chart")[0].proto.spec
    assert spec.count('"customdata"') >= 5
    assert 100 < count <= 207
    assert 0.5 < float(re.search(r"Trustworthiness (\d\.\d+)", words_of(app))[1]) <= 1
    app = fine(app.slider(key="neighbours").set_value(5).run(timeout=120))
    assert app.get("plotly_chart")[0].proto.spec != spec


def test_clusters_are_listed_with_every_concept_once(filled, fine):
    app = filled(section="Map", coloured="cluster")
    app = fine(app.slider(key="clusters").set_value(5).run())
    table = app.dataframe[0].value
    assert table["cluster"].tolist() == [1, 2, 3, 4, 5]
    members = [name for row in table["members"] for name in row.split(", ")]
    assert len(members) == len(set(members)) == table["size"].sum()


def test_spaces_stand_beside_each_other(filled, fine, words_of):
    app = filled(section="Spaces")
    own = ["menagerie-untrained conv5, segmentation", "menagerie-untrained conv5, classification"]
    assert app.multiselect(key="spaces").value[:2] == own
    assert re.search(r"On the \d+ of 207 concepts", words_of(app))
    table = app.dataframe[0].value
    assert (table["apart"].diff().dropna() <= 0).all()
    app = fine(app.selectbox(key="other").set_value(own[0]).run())
    assert "Choose two different spaces." in words_of(app)
    app = fine(app.multiselect(key="spaces").set_value(own[:1]).run())
    assert "Choose at least two spaces" in words_of(app)


def upload(app, data: bytes):
    app.session_state["more-spaces"] = True
    return app.run().file_uploader[0].upload("mine.txt", data, "text/plain").run()


def test_word_vectors_of_one_s_own_become_a_space(filled, fine, words_of):
    names = [concept for concept in open_probe("menagerie-tiny").concepts if " " not in concept.name]
    lines = [f"{one.name} " + " ".join(f"{v:.5f}" for v in word_vector(one.name, one.category)) for one in names]
    app = fine(upload(filled(section="Spaces"), "\n".join(lines).encode()))
    assert "mine.txt" in app.multiselect(key="spaces").value
    assert "concepts are not in it" in words_of(app)


def test_what_holds_no_word_vectors_is_refused_in_a_sentence(filled):
    app = filled(section="Spaces")
    for data in (b"", b"\0\1\2\3", b"zebra 1 2 x\n", b"zebra 1 2\ngrass 1 2 3\n", b"qwertz 1 2 3\n"):
        app = upload(app, data)
        assert not app.exception
        assert len(app.error) == 1, data
        assert app.error[0].value.endswith(".")
        assert app.get("plotly_chart")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"concept": "unicorn"}, "unicorn"),
        ({"section": "Map", "map": "Mercator"}, "Mercator"),
        ({"section": "Spaces", "spaces": "Atlantis"}, "Atlantis"),
    ],
)
def test_what_a_link_asks_for_in_vain_is_said(filled, asked, says):
    app = filled(**asked)
    assert any(says in warning.value for warning in app.warning)


def test_spaces_follow_the_layer_that_is_chosen(filled, fine):
    app = filled(section="Spaces")
    label = next(option for option in app.multiselect(key="layer").options if option.startswith("conv4,"))
    app = fine(app.multiselect(key="layer").set_value([label]).run())
    app = fine(app.button(key="dissect-conv4").click().run(timeout=300))
    shown = app.multiselect(key="spaces").value
    assert {f"menagerie-untrained {layer}, segmentation" for layer in ("conv4", "conv5")} <= set(shown)
