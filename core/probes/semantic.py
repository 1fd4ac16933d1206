"""What concepts mean to people, as vectors to compare a network's with: a hierarchy, words, WordNet (section 5.3).

Where Net2Vec has WordNet and Word2Vec there are here the Menagerie's hierarchy and word vectors, which need nothing
more; a person's own file of word vectors; and WordNet itself where nltk and its data are installed.
"""

import io
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from core.errors import CoreError, NotDefined, UnknownName
from core.probes.menagerie import hierarchy
from core.probes.probe import Concept

Progress = Callable[[int, int, str], None]

LARGEST = 8 * 2**30  # bytes of a file of word vectors
LINE = 2**20  # bytes of one line of it
WIDEST = 10_000  # numbers of a vector
LISTED = 20  # names in one sentence
SHOWN = 20  # bytes of what is no number
SELDOM = 5000  # lines between two words to `progress`


class BadVectors(CoreError):
    """A file that holds no word vectors as text."""


@dataclass(frozen=True)
class Space:
    """Concepts as directions: `vectors` (n, d) float64, one for each of `concepts`, of any length. `note`: which
    concepts are left out and what else a person should know, or ''."""

    name: str
    title: str
    concepts: tuple[Concept, ...]
    vectors: np.ndarray
    note: str = ""


def hierarchy_space(concepts: Sequence[Concept]) -> Space:
    """A dimension for each concept and each kind above it, 1 where it belongs to it: the cosine of two concepts is the
    number of kinds that they share, over the geometric mean of how many each has.  Raises NotDefined for none known.
    """
    chains = {}
    for concept in concepts:
        try:
            kinds = hierarchy.ancestors(concept.name, concept.category)
        except UnknownName:
            continue
        chains[concept] = [(concept.category, name) for name in (concept.name, *kinds) if name != hierarchy.ROOT]
    places = {node: i for i, node in enumerate(dict.fromkeys(node for chain in chains.values() for node in chain))}
    vectors = np.zeros((len(chains), len(places)))
    for row, chain in zip(vectors, chains.values(), strict=True):
        row[[places[node] for node in chain]] = 1
    return _space("hierarchy", "Hierarchy of the Menagerie", concepts, dict(zip(chains, vectors, strict=True)))


def word_space(concepts: Sequence[Concept]) -> Space:
    """The Menagerie's own small word vectors.  Raises NotDefined where it knows none of the concepts."""
    found = {}
    for concept in concepts:
        try:
            found[concept] = hierarchy.word_vector(concept.name, concept.category)
        except UnknownName:
            continue
    return _space("words", "Word vectors of the Menagerie", concepts, found)


def text_space(
    source: str | os.PathLike | bytes, concepts: Sequence[Concept], title: str = "", progress: Progress | None = None
) -> Space:
    """Word vectors from a text file of word2vec, GloVe or fastText, by path or as bytes: a word and its numbers a line,
    with or without a first line of two counts.

    The file is read once, line by line; only the concepts' words are kept, and only their numbers looked at. A name of
    several words is looked for joined by '_', '-' or a blank, else it is the mean of its words' vectors. The spelling
    in small letters goes before others; of a word that comes twice the first is taken.
    Raises BadVectors with the number of the line at fault; what `progress` raises.
    """
    if not isinstance(source, bytes):
        title = title or Path(source).name
    words = _words(source, {form for concept in concepts for form in (*_joined(concept), *_parts(concept))}, progress)
    found, mean = {}, []
    for concept in concepts:
        parts = _parts(concept)
        if whole := next((form for form in _joined(concept) if form in words), None):
            found[concept] = words[whole]
        elif parts and all(part in words for part in parts):
            found[concept] = np.mean([words[part] for part in parts], 0)
            mean.append(concept.name)
    if not found:
        raise BadVectors(f"none of the {len(concepts)} concepts' words stands in {title or 'the file'}")
    note = f"The mean of their words' vectors stands for {_listed(mean)}." if mean else ""
    return _space("text", title or "Word vectors", concepts, found, note)


def wordnet_space(concepts: Sequence[Concept]) -> Space:
    """Each concept's path similarity to all others, 1 / (1 + steps between their first senses in WordNet), those of
    nouns if there are any; 0 where no path joins them.  Raises NotDefined where nltk or its WordNet is not installed.
    """
    try:
        from nltk.corpus import wordnet

        wordnet.ensure_loaded()
    except ImportError:
        raise NotDefined("WordNet is read through nltk, which is not installed here") from None
    except (LookupError, OSError):
        raise NotDefined(
            "nltk is installed here without WordNet; 'python -m nltk.downloader wordnet' adds it"
        ) from None
    senses = {}
    for concept in concepts:
        lemma = re.sub(r"\s+", "_", concept.name.strip())
        if found := wordnet.synsets(lemma, pos="n") or wordnet.synsets(lemma):
            senses[concept] = _above(found[0])
    near = np.array([[_similarity(one, other) for other in senses.values()] for one in senses.values()])
    return _space("wordnet", "WordNet", concepts, dict(zip(senses, near, strict=True)))


def _space(
    name: str, title: str, concepts: Sequence[Concept], found: dict[Concept, np.ndarray], note: str = ""
) -> Space:
    """The space of the concepts that were found, in their order, with a sentence about the others."""
    if not found:
        raise NotDefined(f"{title} knows none of these {len(concepts)} concepts")
    missing = [concept.name for concept in concepts if concept not in found]
    left_out = f"{len(missing)} of {len(concepts)} concepts are not in it: {_listed(missing)}." if missing else ""
    kept = tuple(concept for concept in concepts if concept in found)
    vectors = np.array([found[concept] for concept in kept], np.float64)
    return Space(name, title, kept, vectors, " ".join(one for one in (left_out, note) if one))


def _listed(names: Iterable[str]) -> str:
    names = [f"'{name}'" for name in dict.fromkeys(names)]
    if len(names) > LISTED:
        names[LISTED:] = [f"{len(names) - LISTED} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _joined(concept: Concept) -> list[str]:
    """The spellings of a name as one word."""
    return [link.join(_parts(concept)) for link in "_- "]


def _parts(concept: Concept) -> list[str]:
    return [part for part in re.split(r"[\s_-]+", concept.name.casefold()) if part]


def _words(source: str | os.PathLike | bytes, wanted: set[str], progress: Progress | None) -> dict[str, np.ndarray]:
    """The vectors of the wanted words, which are in small letters, as far as they are there."""
    found: dict[str, np.ndarray] = {}
    small: set[str] = set()  # words that were met in small letters
    size, looked_at = 0, False
    for number, line in _lines(source, progress):
        if not size:
            fields = line.split()
            if counts := len(fields) == 2 and all(field.isdigit() for field in fields):
                size = int(fields[1])
            else:
                size = len(fields) - 1
            if not 0 < size <= WIDEST:
                raise BadVectors(f"line {number} is no word with its vector: {size} numbers")
            if counts:
                continue
        # To split each line would take five times as long.
        plain = line.count(b" ") == size
        spelled = (line[: line.find(b" ")] if plain else _word(line, size, number)).decode("utf-8", "replace")
        key = spelled.casefold()
        if not looked_at or (key in wanted and key not in small and (key == spelled or key not in found)):
            vector, looked_at = [_number(field, number) for field in line.split()[-size:]], True
            if key in wanted:
                found[key] = np.array(vector)
            if key == spelled:
                small.add(key)
    if not looked_at:
        raise BadVectors("the file holds no word with its vector")
    return found


def _lines(source: str | os.PathLike | bytes, progress: Progress | None) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers from 1, without what ends them."""
    with _opened(source) as file:
        size, number = file.seek(0, os.SEEK_END), file.seek(0)
        if size > LARGEST:
            raise BadVectors(f"the file has {size / 2**30:.1f} GiB; at most {LARGEST / 2**30:.0f} are read")
        while line := file.readline(LINE):
            number += 1
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if b"\0" in line or len(line) == LINE:
                raise BadVectors(
                    f"line {number} is no text: the file may be compressed or binary; unpack or convert it"
                )
            if progress and number % SELDOM == 0:
                progress(file.tell() // 2**20, size // 2**20 + 1, "Reading word vectors")
            if stripped := line.rstrip():
                yield number, stripped


def _opened(source: str | os.PathLike | bytes) -> BinaryIO:
    try:
        return io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb")
    except (OSError, ValueError) as error:
        raise BadVectors(f"{source!s} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _word(line: bytes, size: int, number: int) -> bytes:
    """The word of a line that is not one word and `size` numbers with a blank before each: tabs or more blanks stand
    between them, or the word has blanks of its own.  Raises BadVectors where the numbers are too few or too many."""
    fields = line.split()
    word, between = fields[:1], fields[1 : len(fields) - size]
    if len(fields) <= size or (between and all(_is_number(field) for field in between)):
        raise BadVectors(f"line {number} has a vector of length {len(fields) - 1}, not of {size} as before")
    return b" ".join(word + between)


def _is_number(field: bytes) -> bool:
    try:
        return b"_" not in field and math.isfinite(float(field))
    except ValueError:
        return False


def _number(field: bytes, number: int) -> float:
    if not _is_number(field):
        raise BadVectors(f"line {number} has '{field[:SHOWN].decode('utf-8', 'replace')}' where a number should stand")
    return float(field)


def _above(sense: Any) -> dict[Any, int]:
    """Steps from a sense of a word up to each of those it is a kind or an instance of, itself among them."""
    steps, edge = {sense: 0}, [sense]
    while edge:
        above = [parent for one in edge for parent in (*one.hypernyms(), *one.instance_hypernyms())]
        depth = max(steps.values()) + 1
        edge = [one for one in dict.fromkeys(above) if one not in steps]
        steps.update(dict.fromkeys(edge, depth))
    return steps


def _similarity(one: dict[Any, int], other: dict[Any, int]) -> float:
    """1 / (1 + the steps of the shortest path over a common kind), 0 without one."""
    if len(other) < len(one):
        one, other = other, one
    return 1 / (1 + min((steps + other[sense] for sense, steps in one.items() if sense in other), default=math.inf))
