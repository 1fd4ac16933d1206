"""Semantic spaces: what is shared makes concepts near; files of word vectors as they come; a stand-in for WordNet."""

import gzip
import math
import sys
from types import ModuleType

import numpy as np
import pytest

from core.errors import NotDefined
from core.probes import semantic
from core.probes.menagerie import hierarchy
from core.probes.menagerie.vocabulary import VOCABULARY
from core.probes.probe import Concept
from core.probes.semantic import BadVectors, hierarchy_space, text_space, word_space, wordnet_space

CONCEPTS = tuple(Concept(name, category) for category, names in VOCABULARY.items() for name in names)


def _objects(*names: str) -> tuple[Concept, ...]:
    return tuple(Concept(name, "object") for name in names)


def _cosine(space, one: str, other: str) -> float:
    names = [concept.name for concept in space.concepts]
    a, b = (space.vectors[names.index(name)] for name in (one, other))
    return float(a @ b / math.sqrt((a @ a) * (b @ b)))


def test_the_hierarchy_counts_the_kinds_that_are_shared():
    """lion: itself, cat, mammal, animal, object; macaw: itself, bird, animal, object; sky: itself, in the sky, …"""
    space = hierarchy_space(_objects("lion", "tiger", "macaw", "sky"))
    assert space.note == ""
    assert space.vectors.sum(1).tolist() == [5, 5, 4, 3]
    assert _cosine(space, "lion", "tiger") == pytest.approx(4 / 5)
    assert _cosine(space, "lion", "macaw") == pytest.approx(2 / math.sqrt(20))
    assert _cosine(space, "lion", "sky") == pytest.approx(1 / math.sqrt(15))


def test_the_whole_hierarchy_against_sets_of_ancestors():
    space = hierarchy_space(CONCEPTS)
    assert space.concepts == CONCEPTS
    kinds = [{(c.category, one) for one in (c.name, *hierarchy.ancestors(c.name, c.category)[:-1])} for c in CONCEPTS]
    shared = space.vectors @ space.vectors.T
    for i in range(0, len(CONCEPTS), 7):
        for j in range(len(CONCEPTS)):
            assert shared[i, j] == len(kinds[i] & kinds[j])


def test_what_shares_a_name_shares_no_more_than_its_categories_do():
    space = hierarchy_space([Concept("shell", "part"), Concept("shell", "material")])
    assert space.vectors[0] @ space.vectors[1] == 0


def test_the_menageries_words():
    space = word_space((*CONCEPTS[:3], Concept("zork", "object"), Concept("lion", "colour")))
    assert space.concepts == CONCEPTS[:3]
    assert space.note == "2 of 5 concepts are not in it: 'zork' and 'lion'."
    for concept, vector in zip(space.concepts, space.vectors, strict=True):
        assert (vector == hierarchy.word_vector(concept.name, concept.category)).all()


@pytest.mark.parametrize("make", [hierarchy_space, word_space])
def test_concepts_of_another_world(make):
    with pytest.raises(NotDefined, match="of the Menagerie knows none of these 1 concepts"):
        make(_objects("zork"))


def _text(lines: str) -> bytes:
    return "\n".join(line.strip() for line in lines.strip().splitlines()).encode()


PLAIN = _text("""
    sky 1 2 3
    the 9 9 9
    snow 0.5 -1e-3 2
    leopard 1.5 1 0
""")


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        b"4 3\n" + PLAIN,
        b"\xef\xbb\xbf4 3\n" + PLAIN,
        PLAIN.replace(b"\n", b" \r\n") + b"\r\n\r\n",
        PLAIN.replace(b" ", b"\t"),
        PLAIN.replace(b" ", b"  "),
        PLAIN.replace(b"the 9", b". . . 9"),
        PLAIN.replace(b"the 9", b"at name@domain.com 9"),
        PLAIN.replace(b"the", b"\xff\xfe"),
        PLAIN.replace(b"sky", b"Sky"),
        PLAIN + b"\nsky 7 7 7\nSKY 8 8 8",
        b"SKY 8 8 8\nSky 6 6 6\n" + PLAIN,
    ],
    ids=[
        "plain",
        "header",
        "mark",
        "windows",
        "tabs",
        "blanks",
        "dots",
        "address",
        "bytes",
        "capital",
        "twice",
        "capitals",
    ],
)
@pytest.mark.parametrize("kind", ["bytes", "path"])
def test_files_of_words_as_they_are_found(data, kind, tmp_path):
    path = tmp_path / "words.txt"
    path.write_bytes(data)
    space = text_space(data if kind == "bytes" else path, _objects("sky", "snow", "snow leopard"))
    assert [concept.name for concept in space.concepts] == ["sky", "snow", "snow leopard"]
    assert space.vectors.tolist() == [[1, 2, 3], [0.5, -0.001, 2], [1.0, 0.4995, 1.0]]
    assert space.note == "The mean of their words' vectors stands for 'snow leopard'."
    assert space.title == ("Word vectors" if kind == "bytes" else "words.txt")


def test_names_of_several_words():
    """A word that is joined goes before the mean, '_' before '-' before a blank; all words are needed for the mean."""
    data = _text("""
        grey 1 0
        wolf 0 1
        grey-wolf 3 3
        Grey_Wolf 4 4
        tail fin 5 5
        dorsal 1 1
    """)
    concepts = _objects("grey wolf", "Grey-Wolf", "tail fin", "dorsal fin", "grey  dorsal")
    space = text_space(data, concepts, "Mine")
    assert space.vectors.tolist() == [[4, 4], [4, 4], [5, 5], [1, 0.5]]
    assert space.title == "Mine"
    assert space.note == (
        "1 of 5 concepts are not in it: 'dorsal fin'. The mean of their words' vectors stands for 'grey  dorsal'."
    )


def test_what_is_missing_is_listed_and_a_long_list_cut():
    space = text_space(b"sky 1", _objects("sky", *(f"q{i}" for i in range(25))))
    assert space.note.startswith("25 of 26 concepts are not in it: 'q0', 'q1', ")
    assert space.note.endswith("'q19' and 5 more.")


def test_two_concepts_of_one_name_have_one_vector():
    space = text_space(b"shell 1 2", [Concept("shell", "part"), Concept("shell", "object")])
    assert space.vectors.tolist() == [[1, 2], [1, 2]]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file holds no word with its vector"),
        (b"\n \n", "the file holds no word with its vector"),
        (b"3 300\n", "the file holds no word with its vector"),
        (b"hello", "line 1 is no word with its vector: 0 numbers"),
        (b"5 0\nsky", "line 1 is no word with its vector: 0 numbers"),
        (b"5 99999999\nsky", "line 1 is no word with its vector: 99999999 numbers"),
        (b"dear reader, good day", "line 1 has 'reader,' where a number should stand"),
        (b"\nthe 1 x", "line 2 has 'x' where a number should stand"),
        (b"the 1 2\nsky 1 2,5", "line 2 has '2,5' where a number should stand"),
        (b"the 1 2\nsky 1 nan", "line 2 has 'nan' where a number should stand"),
        (b"the 1 2\nsky inf 1", "line 2 has 'inf' where a number should stand"),
        (b"the 1 2\nsky 1 1_0", "line 2 has '1_0' where a number should stand"),
        (b"the 1 2\nsky 1 " + b"\xff" * 99, "line 2 has '" + "�" * 20 + "' where a number should stand"),
        (b"the 1 2\n\nsky 1", "line 3 has a vector of length 1, not of 2 as before"),
        (b"the 1 2\nfoo 1 2 3", "line 2 has a vector of length 3, not of 2 as before"),
        (b"the 1 2\nfoo", "line 2 has a vector of length 0, not of 2 as before"),
        (b"2 3\nsky 1 2", "line 2 has a vector of length 2, not of 3 as before"),
        (b"the 1 2\n\0\1\2", "line 2 is no text: the file may be compressed or binary; unpack or convert it"),
        (b"the 1 2\nfog 1 3", "none of the 1 concepts' words stands in the file"),
    ],
)
def test_files_that_are_none(data, words):
    with pytest.raises(BadVectors) as error:
        text_space(data, _objects("sky"))
    assert str(error.value) == words


def test_compressed_and_binary_files():
    for data in (gzip.compress(PLAIN * 100), b"3 300\nsky " + np.ones(300, np.float32).tobytes(), b"x" * 2**21):
        with pytest.raises(BadVectors, match=r"line . is no text"):
            text_space(data, _objects("sky"))


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    with pytest.raises(BadVectors, match=r"missing\.txt cannot be read: No such file"):
        text_space(tmp_path / "missing.txt", _objects("sky"))
    with pytest.raises(BadVectors, match="cannot be read: Is a directory"):
        text_space(str(tmp_path), _objects("sky"))
    with pytest.raises(BadVectors, match="cannot be read"):
        text_space("a\0b", _objects("sky"))
    monkeypatch.setattr(semantic, "LARGEST", 4)
    with pytest.raises(BadVectors, match=r"the file has 0\.0 GiB; at most 0 are read"):
        text_space(b"sky 1 2", _objects("sky"))


def test_a_long_file_tells_how_far_it_is_and_can_be_stopped():
    data = b"\n".join(b"w%d 1 2" % i for i in range(20000)) + b"\nsky 3 4"
    told = []
    space = text_space(data, _objects("sky"), progress=lambda *one: told.append(one))
    assert space.vectors.tolist() == [[3, 4]]
    assert len(told) == 4
    assert all(done <= total and label == "Reading word vectors" for done, total, label in told)

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        text_space(data, _objects("sky"), progress=stop)


class _Sense:
    """A sense of a word as nltk has it, as far as it is asked."""

    def __init__(self, *parents, kind=True):
        self.parents, self.kind = parents, kind

    def hypernyms(self):
        return list(self.parents) if self.kind else []

    def instance_hypernyms(self):
        return [] if self.kind else list(self.parents)


@pytest.fixture
def wordnet(monkeypatch):
    """entity <- animal <- (mammal, pet); dog is a mammal and a pet; wolf a mammal; rex an instance of a dog; red is no
    noun and has nothing above it."""
    entity = _Sense()
    animal = _Sense(entity)
    mammal, pet = _Sense(animal), _Sense(animal)
    dog, wolf = _Sense(mammal, pet), _Sense(mammal)
    senses = {
        "dog": [dog, entity],
        "wild_wolf": [wolf],
        "animal": [animal],
        "pet": [pet],
        "rex": [_Sense(dog, kind=False)],
    }
    adjectives = {"red": [_Sense()]}

    class Corpus:
        def ensure_loaded(self):
            pass

        def synsets(self, lemma, pos=None):
            return senses.get(lemma, []) if pos == "n" else senses.get(lemma, []) + adjectives.get(lemma, [])

    corpus = ModuleType("nltk.corpus")
    corpus.wordnet = Corpus()
    monkeypatch.setitem(sys.modules, "nltk", ModuleType("nltk"))
    monkeypatch.setitem(sys.modules, "nltk.corpus", corpus)
    return corpus.wordnet


def test_wordnet_by_hand(wordnet):
    """dog - wolf: up to mammal and down, 2 steps; dog - animal: 2; rex - wolf: 3; pet - wolf: 3; red: no way."""
    space = wordnet_space(_objects("dog", "wild wolf", "zork", "animal", "pet", "rex", "red"))
    assert [concept.name for concept in space.concepts] == ["dog", "wild wolf", "animal", "pet", "rex", "red"]
    assert space.note == "1 of 7 concepts are not in it: 'zork'."
    steps = [
        [0, 2, 2, 1, 1, np.inf],
        [2, 0, 2, 3, 3, np.inf],
        [2, 2, 0, 1, 3, np.inf],
        [1, 3, 1, 0, 2, np.inf],
        [1, 3, 3, 2, 0, np.inf],
        [np.inf, np.inf, np.inf, np.inf, np.inf, 0],
    ]
    assert space.vectors == pytest.approx(1 / (1 + np.array(steps)))


def test_wordnet_that_knows_nothing_or_is_not_there(wordnet, monkeypatch):
    with pytest.raises(NotDefined, match="WordNet knows none of these 1 concepts"):
        wordnet_space(_objects("zork"))

    def lost():
        raise LookupError("long text")

    monkeypatch.setattr(wordnet, "ensure_loaded", lost)
    with pytest.raises(NotDefined, match="nltk is installed here without WordNet"):
        wordnet_space(_objects("dog"))
    monkeypatch.setitem(sys.modules, "nltk.corpus", None)
    with pytest.raises(NotDefined, match="WordNet is read through nltk, which is not installed here"):
        wordnet_space(_objects("dog"))
