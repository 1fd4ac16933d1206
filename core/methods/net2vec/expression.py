"""Sums of concepts as a person writes them: `grass + blue - green`, `0.5*sky - 2 * grey wolf` (section 5.3, table 3).

    expression = [sign] term {sign term}        sign = + or -        term = [number *] name

A name is a concept's, in small or capital letters; the longest that fits wins, so that 'grass tuft' is not 'grass', and
'x-ray', where there is one, no difference. Where categories share a name it means the first of them; `name (category)`
says which. Nothing is evaluated: a text is read by these rules or refused.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from core.errors import CoreError, UnknownName, near
from core.probes.probe import Concept

LONGEST = 300  # characters
LARGEST = 1000  # that a concept may be multiplied by
SHOWN = 40  # characters of what was not understood
SIGNS = str.maketrans({**dict.fromkeys("−–—﹣－‐‑", "-"), **dict.fromkeys("×·∗⋅＊", "*"), "＋": "+"})
NUMBER = re.compile(r"(\d+(?:\.\d*)?|\.\d+) ?\* ?", re.ASCII)
CHUNK = re.compile(r"[^+*]+?(?= ?[+*]| -|- |$)")

Terms = tuple[tuple[float, Concept], ...]


class BadExpression(CoreError):
    """A text that is no sum of concepts."""


def parse(text: str, concepts: Sequence[Concept]) -> Terms:
    """The terms of an expression, in its order: weight and concept.

    Raises UnknownName for what is no concept, with the nearest ones; BadExpression for everything else.
    """
    if len(text) > LONGEST:
        raise BadExpression(f"the expression has {len(text)} characters; at most {LONGEST} are read")
    text = " ".join(text.translate(SIGNS).split())
    if not text:
        raise BadExpression("the expression is empty; write concepts with + and - between them, or one concept")
    known, folded = _known(concepts), _folded(text)
    terms: list[tuple[float, Concept]] = []
    at, before = 0, ""
    while at < len(text) or before:
        if not before and text[at : at + 1] in ("+", "-"):
            before, at = text[at], at + 1
        at += text.startswith(" ", at)
        name, weight = _name(folded, at, known), 1.0
        if not name and (number := NUMBER.match(text, at)):
            weight, before, at = _weight(number[1]) * (-1 if before == "-" else 1), "*", number.end()
            name = _name(folded, at, known)
        elif before == "-":
            weight = -1.0
        if not name:
            raise _refused(text, at, before, known, concepts)
        terms.append((weight, known[name]))
        at, before = at + len(name), ""
        at += text.startswith(" ", at)
    return tuple(terms)


def complete(text: str, concepts: Sequence[Concept], count: int = 8) -> tuple[str, ...]:
    """What may be meant by a text whose last name is begun, by its start or by one of its words: whole expressions."""
    names = spelled(concepts)
    for at in (0, *(one.end() for one in re.finditer(r"[+*-]", text.translate(SIGNS)))):
        typed = _folded(text[at:].translate(SIGNS)).strip()
        found = [name for name in names if _folded(name).startswith(typed)]
        found += [name for name in names if name not in found and f" {typed}" in _folded(name)]
        if found:
            head = text[: at + len(text[at:]) - len(text[at:].lstrip())]
            return tuple(head + name for name in found[:count])
    return ()


def spelled(concepts: Sequence[Concept]) -> tuple[str, ...]:
    """How each concept is written: its name, with the category where another has the same name."""
    names = Counter(concept.name for concept in concepts)
    return tuple(f"{c.name} ({c.category})" if names[c.name] > 1 else c.name for c in concepts)


def _known(concepts: Sequence[Concept]) -> dict[str, Concept]:
    """Every spelling that is understood; a name as it stands goes before one with a category."""
    spellings: dict[str, Concept] = {}
    for form in ("{0.name}", "{0.name} ({0.category})", "{0.name}({0.category})"):
        for concept in concepts:
            spellings.setdefault(" ".join(_folded(form.format(concept).translate(SIGNS)).split()), concept)
    spellings.pop("", None)
    return spellings


def _name(folded: str, at: int, known: Mapping[str, Concept]) -> str:
    """The longest spelling that stands here, up to a sign or the end; '' where none does."""
    fitting = (name for name in known if folded.startswith(name, at) and _ends(folded, at + len(name)))
    return max(fitting, key=len, default="")


def _ends(text: str, at: int) -> bool:
    rest = text[at : at + 2].strip()
    return not rest or rest[0] in "+-"


def _folded(text: str) -> str:
    """In small letters, each character still one."""
    return "".join(small if len(small := one.casefold()) == 1 else one for one in text)


def _weight(number: str) -> float:
    if (value := float(number)) > LARGEST:
        raise BadExpression(f"'{number}' is too much to multiply a concept by; at most {LARGEST} will do")
    return value


def _refused(text: str, at: int, before: str, known: Mapping[str, Concept], concepts: Sequence[Concept]) -> CoreError:
    """What is wrong with the term that begins here, after a sign or a star."""
    if at == len(text):
        return BadExpression(f"a concept is missing after '{before}', at the end")
    if text[at] in "+-*":
        where = f"between '{before}' and '{text[at]}'" if before else f"before '{text[at]}', at the beginning"
        return BadExpression(f"a {'number' if text[at] == '*' else 'concept'} is missing {where}")
    chunk = CHUNK.match(text, at)[0].strip()
    shown = "".join(one if one.isprintable() else "�" for one in chunk[:SHOWN]) + "…" * (len(chunk) > SHOWN)
    if text[at + len(chunk) :].lstrip().startswith("*"):
        return BadExpression(f"'{shown}' stands before '*' and is no number; write as in '0.5 * name'")
    if (number := re.match(r"[\d.]+ ?", chunk, re.ASCII)) and _folded(chunk[number.end() :]) in {"", *known}:
        return BadExpression(f"'{shown}' is no concept; after a number comes '*' and then a concept")
    if (named := re.fullmatch(r"(.+?) ?\(.*\)", _folded(chunk))) and named[1] in known:
        categories = [f"({concept.category})" for concept in concepts if _folded(concept.name) == named[1]]
        return UnknownName(f"no concept '{shown}'; '{named[1]}' is known as {' or '.join(categories)}")
    return UnknownName(f"no concept '{shown}'{near(_folded(chunk), spelled(concepts))}")
