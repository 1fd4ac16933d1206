"""Expressions of concepts: what is read, what is refused and in which words."""

import random

import pytest

from core.errors import CoreError, UnknownName
from core.methods.net2vec.expression import BadExpression, complete, parse, spelled
from core.probes.probe import Concept

NAMES = {
    "object": "grass, grass tuft, sky, wolf, grey wolf, snow leopard, snow, 18-wheeler, x-ray, person, shell, 4 x 4",
    "part": "torso, shell, tail-fin, tail",
    "colour": "blue, green",
}
CONCEPTS = tuple(Concept(name, category) for category, names in NAMES.items() for name in names.split(", "))


def _read(text: str) -> list[tuple[float, str]]:
    return [(weight, concept.name) for weight, concept in parse(text, CONCEPTS)]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("grass + blue - green", [(1, "grass"), (1, "blue"), (-1, "green")]),
        ("0.5*sky", [(0.5, "sky")]),
        ("2 * grey wolf - wolf", [(2, "grey wolf"), (-1, "wolf")]),
        ("-sky", [(-1, "sky")]),
        ("+ sky", [(1, "sky")]),
        ("person - torso", [(1, "person"), (-1, "torso")]),
        ("person-torso", [(1, "person"), (-1, "torso")]),
        ("tail-fin-tail", [(1, "tail-fin"), (-1, "tail")]),
        ("tail - fin + 0", None),
        ("18-wheeler - x-ray", [(1, "18-wheeler"), (-1, "x-ray")]),
        ("3*18-wheeler", [(3, "18-wheeler")]),
        ("3 * 4 x 4", [(3, "4 x 4")]),
        ("4 x 4", [(1, "4 x 4")]),
        ("− sky − 2 × blue", [(-1, "sky"), (-2, "blue")]),
        ("sky – x‑ray", [(1, "sky"), (-1, "x-ray")]),
        ("GRASS\n+\t Grass   Tuft", [(1, "grass"), (1, "grass tuft")]),
        (".5*sky+2.*sky", [(0.5, "sky"), (2, "sky")]),
        ("1000*sky - 0 * sky", [(1000, "sky"), (0, "sky")]),
        ("sky + sky", [(1, "sky"), (1, "sky")]),
    ],
)
def test_what_is_read(text, terms):
    if terms is None:
        with pytest.raises(CoreError):
            _read(text)
    else:
        assert _read(text) == terms


def test_a_name_of_two_categories():
    assert parse("shell", CONCEPTS) == ((1.0, Concept("shell", "object")),)
    assert parse("shell (part)", CONCEPTS) == ((1.0, Concept("shell", "part")),)
    assert parse("2*Shell(PART) - shell (object)", CONCEPTS)[0] == (2.0, Concept("shell", "part"))
    assert parse("sky (object)", CONCEPTS)[0][1].name == "sky"
    # A name that looks like another with its category is the concept it is.
    odd = (*CONCEPTS, Concept("shell (part)", "scene"))
    assert parse("shell (part)", odd)[0][1].category == "scene"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("grass + + green", "a concept is missing between '+' and '+'"),
        ("grass + - green", "a concept is missing between '+' and '-'"),
        ("2 * - green", "a concept is missing between '*' and '-'"),
        ("2 ** sky", "a number is missing between '*' and '*'"),
        ("*sky", "a number is missing before '*', at the beginning"),
        ("grass -", "a concept is missing after '-', at the end"),
        ("2*", "a concept is missing after '*', at the end"),
        ("+", "a concept is missing after '+', at the end"),
        ("", "the expression is empty; write concepts with + and - between them, or one concept"),
        (" \n ", "the expression is empty; write concepts with + and - between them, or one concept"),
        ("3", "'3' is no concept; after a number comes '*' and then a concept"),
        ("2 wolf + sky", "'2 wolf' is no concept; after a number comes '*' and then a concept"),
        ("sky*2", "'sky' stands before '*' and is no number; write as in '0.5 * name'"),
        ("1.2.3*sky", "'1.2.3' stands before '*' and is no number; write as in '0.5 * name'"),
        ("0,5*sky", "'0,5' stands before '*' and is no number; write as in '0.5 * name'"),
        ("nan*sky", "'nan' stands before '*' and is no number; write as in '0.5 * name'"),
        ("blue + 1e-5 * sky", "'1e-5' stands before '*' and is no number; write as in '0.5 * name'"),
        ("2 * 3 * sky", "'3' stands before '*' and is no number; write as in '0.5 * name'"),
        ("٣*sky", "'٣' stands before '*' and is no number; write as in '0.5 * name'"),
        ("1001*sky", "'1001' is too much to multiply a concept by; at most 1000 will do"),
        ("9" * 250 + "*sky", f"'{'9' * 250}' is too much to multiply a concept by; at most 1000 will do"),
        ("sky + " * 60 + "sky", "the expression has 363 characters; at most 300 are read"),
    ],
)
def test_what_is_refused(text, words):
    with pytest.raises(BadExpression) as error:
        _read(text)
    assert str(error.value) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("grss", "no concept 'grss'; try 'grass', 'grass tuft'"),
        ("sky - Grass Tuftt + blue", "no concept 'Grass Tuftt'; try 'grass tuft', 'grass'"),
        ("shell (colour)", "no concept 'shell (colour)'; 'shell' is known as (object) or (part)"),
        ("shelll", "no concept 'shelll'; try 'shell (part)', 'shell (object)'"),
        ("(grass)", "no concept '(grass)'; try 'grass', 'grass tuft'"),
        ("__import__('os').system('true')", "no concept '__import__('os').system('true')'"),
        ("sky; import os", "no concept 'sky; import os'"),
        ("sky\0", "no concept 'sky�'; try 'sky'"),
        ("z" * 100, "no concept '" + "z" * 40 + "…'"),
        ("zebra-crossing + sky", "no concept 'zebra-crossing'"),
        ("skyblue", "no concept 'skyblue'; try 'blue', 'sky'"),
    ],
)
def test_names_that_are_unknown(text, words):
    with pytest.raises(UnknownName) as error:
        _read(text)
    assert str(error.value) == words


def test_whatever_is_written_by_the_rules_is_read_back():
    """Random terms, written in random ways."""
    dice = random.Random(0)
    names = spelled(CONCEPTS)
    for _ in range(500):
        text, wanted = "", []
        for place in range(dice.randint(1, 6)):
            weight, which = dice.choice([1, 1, 0.25, 2, 17.5, 1000]), dice.randrange(len(CONCEPTS))
            sign = dice.choice("+-−") if place or dice.random() < 0.3 else ""
            name = dice.choice([str.lower, str.upper, str.title])(names[which])
            # Without a blank on either side, a sign could be a hyphen within a name.
            blank = " " if place else ""
            number = "" if weight == 1 else f"{weight:g}{dice.choice(['*', ' * ', '× '])}"
            text += f"{blank}{sign}{dice.choice(['', ' ', '  '])}{number}{name}"
            wanted.append((-weight if sign in ("-", "−") else weight, CONCEPTS[which]))
        if len(text) <= 300:
            assert parse(text, CONCEPTS) == tuple(wanted), text


def _answer(text: str) -> tuple[tuple, str]:
    try:
        return parse(text, CONCEPTS), ""
    except CoreError as error:
        return (), str(error)


def test_whatever_is_typed_is_read_or_refused_in_a_sentence():
    dice = random.Random(1)
    pieces = [*"+-*.()0123456789 ,\n\0'\"\\{}[]%$éßİ−×", *(c.name for c in CONCEPTS), "shell (part)", "1e9", "lambda:"]
    for _ in range(3000):
        text = "".join(dice.choice(pieces) for _ in range(dice.randint(0, 12)))
        terms, sentence = _answer(text)
        assert (terms and not sentence) or (sentence and "\n" not in sentence)
        assert all(abs(weight) <= 1000 and concept in CONCEPTS for weight, concept in terms)
        for whole in complete(text, CONCEPTS):
            assert whole.endswith(spelled(CONCEPTS))


def test_letters_that_grow_when_made_small():
    odd = (Concept("Straße", "object"), Concept("İz", "object"), Concept("sky", "object"))
    assert [c.name for _, c in parse("STRAßE - İz + sky", odd)] == ["Straße", "İz", "sky"]


def test_no_concepts_at_all():
    with pytest.raises(UnknownName, match="no concept 'sky'"):
        parse("sky", ())
    assert complete("s", ()) == ()
    assert spelled(()) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gr", ("grass", "grass tuft", "grey wolf", "green")),
        ("GR", ("grass", "grass tuft", "grey wolf", "green")),
        ("grass + bl", ("grass + blue",)),
        ("grass+bl", ("grass+blue",)),
        ("sky −  0.5 × wo", ("sky −  0.5 × wolf", "sky −  0.5 × grey wolf")),
        ("x-", ("x-ray",)),
        ("snow - leo", ("snow - snow leopard",)),
        ("she", ("shell (object)", "shell (part)")),
        ("zzz", ()),
    ],
)
def test_completions(text, found):
    assert complete(text, CONCEPTS) == found
    for whole in found:
        assert parse(whole, CONCEPTS)


def test_completions_of_nothing_and_how_many():
    assert complete("", CONCEPTS, 3) == ("grass", "grass tuft", "sky")
    assert complete("sky + ", CONCEPTS, 2) == ("sky + grass", "sky + grass tuft")
    assert len(complete("", CONCEPTS)) == 8
