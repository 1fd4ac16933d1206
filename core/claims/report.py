"""A paper's claim beside what was measured here, and the verdict that follows from the intervals alone."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.measures.interval import Estimate

VERDICTS = ("holds", "fails", "undecided", "not measured")
HOLDS, FAILS, UNDECIDED, NOT_MEASURED = VERDICTS
LEAST = 8  # of fewer images (species, …) a bootstrap interval is no interval
_HEADS = ("claim", "where", "paper", "measured [95 %]", "controls", "chance", "n", "verdict", "note")


@dataclass(frozen=True)
class Condition:
    """A measured number and what it has to be: `sense` is '>', '<', '>=' or '<=', towards `bound`."""

    name: str
    estimate: Estimate
    sense: str
    bound: float = 0.0

    @property
    def verdict(self) -> str:
        """Holds where the whole interval is on the asked side, fails where it is all on the other one; of too few,
        neither."""
        one = self.estimate
        if not one.n or math.isnan(one.low) or math.isnan(one.high):
            return NOT_MEASURED
        if one.n < LEAST:
            return UNDECIDED
        low, high = (one.low, one.high) if self.sense[0] == ">" else (-one.high, -one.low)
        bound = self.bound if self.sense[0] == ">" else -self.bound
        if low > bound or ("=" in self.sense and low == bound):
            return HOLDS
        return FAILS if high < bound or ("=" not in self.sense and high == bound) else UNDECIDED


@dataclass(frozen=True)
class Control:
    """The same measurement where the claim should not come true, or a floor.

    `shows`: whether the claim's rule holds on the control as well, which takes its force from the claim; None for a
    floor, to which the rule does not apply. No estimates: the control could not be measured.
    """

    name: str
    estimates: Mapping[str, Estimate]
    shows: bool | None = None

    @property
    def missing(self) -> bool:
        return not any(one.n for one in self.estimates.values())


@dataclass(frozen=True)
class Claim:
    """A claim and everything that stands beside it.

    `conditions` decide; `beside` {name: number} are told only. `controls` are all that the claim needs, also those that
    could not be measured. `chance`: what an uninformed method reaches, in words. `note`: how it was measured, or why
    not.
    """

    id: str
    text: str
    where: str
    paper: str
    conditions: tuple[Condition, ...] = ()
    beside: Mapping[str, Estimate] | None = None
    controls: tuple[Control, ...] = ()
    chance: str = ""
    note: str = ""

    @property
    def verdict(self) -> str:
        """Holds where all conditions do, fails where one fails. Not measured without a control; undecided where a
        control shows the same, for then the network's knowledge is not what was seen."""
        found = {condition.verdict for condition in self.conditions}
        if not found or NOT_MEASURED in found or not self.controls or any(one.missing for one in self.controls):
            return NOT_MEASURED
        if FAILS in found:
            return FAILS
        shown = any(control.shows for control in self.controls)
        return UNDECIDED if UNDECIDED in found or shown else HOLDS

    @property
    def n(self) -> int:
        """What the least of the deciding numbers is made of."""
        return min((condition.estimate.n for condition in self.conditions), default=0)


def holds(conditions: Sequence[Condition]) -> bool:
    """Whether a claim's rule is met, to ask the same of a control."""
    return bool(conditions) and all(condition.verdict == HOLDS for condition in conditions)


def number(value: float) -> str:
    """Three significant digits, as people write them; a dash for NaN."""
    if math.isnan(value):
        return "–"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def interval(one: Estimate) -> str:
    """'value [low, high]'; the value alone where there is no interval."""
    if not one.n or one.low == one.high == one.value:
        return number(one.value)
    return f"{number(one.value)} [{number(one.low)}, {number(one.high)}]"


def markdown(claims: Sequence[Claim], title: str) -> str:
    """A table with one row a claim, under a heading."""
    lines = [f"# {title}", "", f"| {' | '.join(_HEADS)} |", "|" + "---|" * len(_HEADS)]
    return "\n".join([*lines, *(f"| {' | '.join(map(_cell, _row(claim)))} |" for claim in claims)]) + "\n"


def to_json(claims: Sequence[Claim], about: Mapping[str, Any]) -> str:
    """All of it as data, under what was asked; NaN as null."""
    return json.dumps({**about, "claims": [record(claim) for claim in claims]}, indent=2, ensure_ascii=False) + "\n"


def record(claim: Claim) -> dict[str, Any]:
    """A claim as plain data, with its verdict."""
    return {
        "id": claim.id,
        "text": claim.text,
        "where": claim.where,
        "paper": claim.paper,
        "conditions": [
            {"name": one.name, "sense": one.sense, "bound": one.bound, "verdict": one.verdict, **_plain(one.estimate)}
            for one in claim.conditions
        ],
        "beside": {name: _plain(one) for name, one in (claim.beside or {}).items()},
        "controls": [
            {
                "name": one.name,
                "shows": one.shows,
                "missing": one.missing,
                "estimates": {name: _plain(estimate) for name, estimate in one.estimates.items()},
            }
            for one in claim.controls
        ],
        "chance": claim.chance,
        "n": claim.n,
        "verdict": claim.verdict,
        "note": claim.note,
    }


def _plain(one: Estimate) -> dict[str, float | int | None]:
    values = {"value": one.value, "low": one.low, "high": one.high}
    return {name: None if math.isnan(value) else value for name, value in values.items()} | {"n": one.n}


def _row(claim: Claim) -> tuple[str, ...]:
    senses = {"<=": "≤", ">=": "≥"}
    decide = [
        f"{one.name} {interval(one.estimate)} ({senses.get(one.sense, one.sense)} {number(one.bound)}: {one.verdict})"
        for one in claim.conditions
    ]
    beside = [f"{name} {interval(one)}" for name, one in (claim.beside or {}).items()]
    controls = [f"{one.name}: {_control(one)}" for one in claim.controls]
    return (
        f"**{claim.id}** {claim.text}",
        claim.where,
        claim.paper,
        "<br>".join([*decide, *beside]) or "–",
        "<br>".join(controls) or "none",
        claim.chance or "–",
        str(claim.n),
        f"**{claim.verdict}**",
        claim.note,
    )


def _control(one: Control) -> str:
    if one.missing:
        return "missing"
    told = ", ".join(f"{name} {interval(estimate)}" for name, estimate in one.estimates.items())
    return told + {True: " (shows the same)", False: " (does not show it)", None: ""}[one.shows]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
