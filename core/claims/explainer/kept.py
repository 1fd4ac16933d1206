"""E3 to E5: how much of what the performer knows goes through the interpretable track, and what is lost (table 3)."""

import numpy as np

from core.claims.bench import Bench
from core.claims.explainer.trained import OFF, explained, looked, variant
from core.claims.report import HOLDS, Condition, Control
from core.claims.stated import Parts, stated
from core.measures.interval import Estimate, bootstrap, bootstrap_rows
from core.methods.explainer.looking import Looked

POINTS = 0.02  # of error, that many classes may cost


@stated("E3", "Most of the explainer's output comes from the interpretable track", "Table 3",
        "p = .80 to .96 with VGG, .57 to .75 with AlexNet")  # fmt: skip
def share_of_parts(bench: Bench) -> Parts:
    """p above a half. eta alone drives p up, and the decoder can undo what p does; so what counts stands beside it: the
    share of fc7's variance that is lost where the interpretable track is zero. Without the filter loss p is free to be
    large as well."""
    seen, p = looked(bench), explained(bench).p
    off = explained(bench, filter_loss="off").p
    return {
        "conditions": (Condition("p", Estimate(p, p, p, len(seen.index)), ">", 0.5),),
        "beside": {
            "R² of fc7": _variance(seen),
            "R² of fc7, interpretable track at zero": _variance(seen, ordinary=True),
            "error, interpretable track at zero": bootstrap(seen.error("ordinary")),
        },
        "controls": (Control(OFF, {"p": Estimate(off, off, off, len(seen.index))}),),
        "chance": "p begins at 0.5",
        "note": "p is one number of one training and has no interval.",
    }


def _variance(seen: Looked, ordinary: bool = False) -> Estimate:
    rows = np.stack([seen.fc7_error_ordinary if ordinary else seen.fc7_error, seen.fc7_spread], 1)
    return bootstrap_rows(rows, lambda drawn: 1 - float(drawn[:, 0].sum() / max(drawn[:, 1].sum(), 1e-30)))


@stated("E4", "Little is lost: the performer's classes are still told apart", "Table 3, appendix",
        "errors + .14 to + 1.02 points, many classes; times 2 to 5, one class")  # fmt: skip
def small_loss(bench: Bench) -> Parts:
    """The explainer's error minus the performer's on the same pictures, at most 2 points."""
    seen = looked(bench)
    blank = variant(bench, OFF)
    told = {} if blank is None else {"more errors": bootstrap(blank.error("explainer") - blank.error("performer"))}
    return {
        "conditions": (_more(seen),),
        "beside": {who: bootstrap(seen.error(who)) for who in ("performer", "explainer")}
        | {"R² of fc7": _variance(seen)},
        "controls": (Control(OFF, told or {"more errors": bootstrap([])}),),
        "chance": f"an error of {1 - 1 / len(bench.network.classes):.2f}",
        "note": "n = labelled pictures that neither was trained on.",
    }


def _more(seen: Looked) -> Condition:
    return Condition("more errors", bootstrap(seen.error("explainer") - seen.error("performer")), "<=", POINTS)


@stated("E5", "Trained by the classes instead of the features, it errs less", "Table 3",
        "-.90 to + .46 points against the performer")  # fmt: skip
def classification_loss(bench: Bench) -> Parts:
    """Errors of explainer+cls minus those of the explainer, at most 0. It is no explanation, the paper says."""
    seen, other = looked(bench), looked(bench, classes=True)
    apart = bootstrap(other.error("explainer") - seen.error("explainer"))
    own = Condition("+cls - explainer", apart, "<=", 0.0)
    blank = variant(bench, OFF)
    off = bootstrap(blank.error("explainer") - seen.error("explainer") if blank else [])
    shows = Condition("", off, "<=", 0.0).verdict == HOLDS
    return {
        "conditions": (own,),
        "beside": {"+cls": bootstrap(other.error("explainer"))}
        | {"+cls - performer": bootstrap(other.error("explainer") - other.error("performer"))},
        "controls": (Control(OFF, {"it - explainer": off}, shows if blank else None),),
        "chance": "0",
        "note": "Where the filter loss left out does as much, the classes are not the reason.",
    }
