"""Attributes, sentences, hierarchy and word vectors of the Menagerie."""

import re

import numpy as np
import pytest

from core.errors import UnknownClass, UnknownName
from core.probes.menagerie import attributes, hierarchy
from core.probes.menagerie.species import LOOK_ALIKES, SPECIES
from core.probes.menagerie.texts import TEXTS, text_vectors
from core.probes.menagerie.vocabulary import VOCABULARY
from core.probes.menagerie.world import World

PINNED = (0.01459571, -0.03239603)  # any change of the sentences' numbers would show here
NAMES = [species.name for species in SPECIES]
KINDS = tuple(hierarchy.kind_of_animal(name) for name in NAMES)
VISUAL = np.array([attribute.visual for attribute in attributes.ATTRIBUTES])


def test_there_are_enough_attributes_for_every_species():
    assert attributes.MATRIX.shape == (30, len(attributes.ATTRIBUTES))
    assert VISUAL.sum() >= 40
    assert (~VISUAL).sum() >= 10
    assert attributes.MATRIX.min() == 0
    assert attributes.MATRIX.max() == 1
    assert len(np.unique(attributes.MATRIX, axis=0)) == 30, "two species with the same attributes"
    assert ((attributes.MATRIX >= 0.5).sum(1) >= 5).all()
    assert len(np.unique(attributes.MATRIX, axis=1).T) == len(attributes.ATTRIBUTES), "two attributes that are one"


def test_values_are_read_as_written():
    zebra = dict(zip([a.name for a in attributes.ATTRIBUTES], attributes.MATRIX[NAMES.index("zebra")], strict=True))
    assert zebra["striped"] == 1
    assert zebra["black"] == 0.5
    assert zebra["mane"] == 0.8
    assert zebra["scales"] == 0
    with pytest.raises(ValueError, match="read-only"):
        attributes.MATRIX[0, 0] = 1


def test_visual_attributes_have_regions_and_others_have_none():
    words = {word for names in VOCABULARY.values() for word in names}
    for attribute in attributes.ATTRIBUTES:
        assert set(attribute.region) <= words, attribute
        assert bool(attribute.region) == (attribute.visual and not attribute.name.startswith("lives")), attribute
    for category, names in attributes.SHOWN.values():
        assert set(names) & set(VOCABULARY[category]), (category, names)


def test_non_visual_attributes_match_the_visual_in_variance_and_in_what_kinds_explain():
    spread, explained = attributes.spread(), attributes.explained(KINDS)
    np.testing.assert_allclose(spread, attributes.MATRIX.var(0))
    assert abs(spread[VISUAL].mean() / spread[~VISUAL].mean() - 1) < 0.15
    assert abs(explained[VISUAL].mean() - explained[~VISUAL].mean()) < 0.05
    assert abs(np.median(explained[VISUAL]) - np.median(explained[~VISUAL])) < 0.05
    correlation = np.abs(np.corrcoef(attributes.MATRIX.T))
    among = correlation[VISUAL][:, VISUAL].sum() - VISUAL.sum()
    assert abs(among / (VISUAL.sum() * (VISUAL.sum() - 1)) - correlation[~VISUAL][:, VISUAL].mean()) < 0.03


def test_explained_variance_by_hand():
    """eta^2 = between / total sum of squares, for one attribute, with loops."""
    values, total, between = attributes.MATRIX[:, 0], 0.0, 0.0
    mean = sum(values) / 30
    for kind in set(KINDS):
        own = [value for value, other in zip(values, KINDS, strict=True) if other == kind]
        between += len(own) * (sum(own) / len(own) - mean) ** 2
    for value in values:
        total += (value - mean) ** 2
    assert attributes.explained(KINDS)[0] == pytest.approx(between / total)


def test_every_non_visual_attribute_has_a_visual_counterpart():
    names = [attribute.name for attribute in attributes.ATTRIBUTES]
    spread = dict(zip(names, attributes.spread(), strict=True))
    away = []
    for attribute in attributes.ATTRIBUTES:
        if not attribute.visual:
            other = attributes.counterpart(attribute.name, KINDS)
            assert VISUAL[names.index(other)]
            away.append(abs(spread[attribute.name] - spread[other]))
    assert np.median(away) < 0.02


def test_look_alikes_differ_little_in_attributes():
    distance = np.linalg.norm(attributes.MATRIX[:, None, VISUAL] - attributes.MATRIX[None, :, VISUAL], axis=2)
    for one, other in LOOK_ALIKES:
        row = distance[NAMES.index(one)]
        assert (row < row[NAMES.index(other)]).sum() <= 4, (one, other)


def test_ten_different_sentences_about_each_species_without_its_name():
    assert set(TEXTS) == set(NAMES)
    every = [sentence for sentences in TEXTS.values() for sentence in sentences]
    assert len(every) == 300
    assert len(set(every)) == 300
    for name, sentences in TEXTS.items():
        assert len(sentences) == 10
        for sentence in sentences:
            assert not re.search(rf"\b{name}s?\b", sentence, re.IGNORECASE), sentence
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            assert 4 <= len(sentence.split()) <= 20, sentence
    assert World("menagerie-tiny").texts("okapi") == TEXTS["okapi"]


def test_text_vectors_are_fixed_and_alike_where_attributes_are():
    vectors = {name: text_vectors(name) for name in NAMES}
    every = np.concatenate(list(vectors.values()))
    assert every.shape == (300, 256)
    np.testing.assert_allclose(np.linalg.norm(every, axis=1), 1)
    likeness = np.corrcoef(np.stack([v.mean(0) for v in vectors.values()]))
    attributes_alike = np.corrcoef(attributes.MATRIX)
    above = np.triu_indices(30, 1)
    assert np.corrcoef(likeness[above], attributes_alike[above])[0, 1] > 0.4
    assert vectors["zebra"][0, :2] == pytest.approx(PINNED, abs=1e-7)
    with pytest.raises(UnknownClass, match="try 'zebra'"):
        text_vectors("zebras")


def test_every_concept_has_its_kind_up_to_the_root():
    assert hierarchy.without_parent() == ()
    for category, words in VOCABULARY.items():
        for word in words:
            chain = hierarchy.ancestors(word, category)
            assert chain[-2:] == (category, "thing"), word
            assert len(set(chain)) == len(chain)
    assert hierarchy.ancestors("zebra")[:3] == ("horse family", "mammal", "animal")
    assert hierarchy.ancestors("shell", "part") != hierarchy.ancestors("shell", "object")
    with pytest.raises(UnknownName, match="try 'zebra'"):
        hierarchy.ancestors("zebras")


def test_kinds_of_animals():
    assert set(KINDS) == {"mammal", "bird", "fish", "reptile"}
    assert hierarchy.kind_of_animal("orca") == "mammal"
    with pytest.raises(UnknownName, match="no animal"):
        hierarchy.kind_of_animal("cart")


def test_word_vectors_follow_the_hierarchy_and_do_not_change():
    vectors = {name: hierarchy.word_vector(name) for name in NAMES}
    for vector in vectors.values():
        assert vector.shape == (hierarchy.DIMENSIONS,)
        assert np.linalg.norm(vector) == pytest.approx(1)
    same = [
        vectors[a] @ vectors[b]
        for a in NAMES
        for b in NAMES
        if a < b and KINDS[NAMES.index(a)] == KINDS[NAMES.index(b)]
    ]
    different = [
        vectors[a] @ vectors[b]
        for a in NAMES
        for b in NAMES
        if a < b and KINDS[NAMES.index(a)] != KINDS[NAMES.index(b)]
    ]
    assert np.mean(same) > np.mean(different) + 0.1
    assert vectors["horse"] @ vectors["donkey"] > vectors["horse"] @ vectors["shark"]
    assert hierarchy.word_vector("red") @ hierarchy.word_vector("orange") > hierarchy.word_vector(
        "red"
    ) @ hierarchy.word_vector("head")
    np.testing.assert_array_equal(hierarchy.word_vector("zebra"), vectors["zebra"])
    assert hierarchy.word_vector("red")[:2] == pytest.approx((-0.01695776, 0.0995375), abs=1e-7)
