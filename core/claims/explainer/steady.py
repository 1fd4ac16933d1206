"""E1, E2: an explainer's filters find the same place more steadily than the performer's (table 1, appendix)."""

import numpy as np

from core.claims.bench import Bench
from core.claims.explainer.trained import EXACT, SEEDS, VARIANTS, looked, marked, variant
from core.claims.report import HOLDS, Condition, Control
from core.claims.stated import Parts, stated
from core.measures.interval import Estimate, bootstrap
from core.measures.part_tables import PERFORMER, Beside, beside
from core.methods.explainer.looking import Looked

MODAL = "modal cell"
NONE = Estimate(float("nan"), float("nan"), float("nan"), 0)


@stated("E1", "The explainer's filters are steadier than those of the performer's top conv layer", "Table 1",
        "instability .72 to .85 of it, many classes; .65 to .69, one class; .36 to .60, birds")  # fmt: skip
def steadier_than_the_top_layer(bench: Bench) -> Parts:
    """Location instability of conv-interp-2 over that of the top conv layer, on the same filters and pictures, below 1
    for three seeds: the ratio of the means over all rows, and the mean over species of the ratio's logarithm, below 0,
    since many filters can settle on one species; and, of the first, over that of the explainer's own peaks held still
    at their most frequent cells. Distances are divided by the diagonal of the object's box, as pictures are whole."""
    return _steadier(bench, "top")


@stated("E2", "The explainer's filters are steadier than those of the layer that it reads", "Appendix",
        "instability .64 to .71 of it, one class; .34 to .59, birds")  # fmt: skip
def steadier_than_the_target_layer(bench: Bench) -> Parts:
    """The same, with the target layer in the place of the top conv layer."""
    return _steadier(bench, "target")


def _steadier(bench: Bench, layer: str) -> Parts:
    tables = {seed: _table(bench, looked(bench, seed=seed), layer) for seed in SEEDS}
    first, live = tables[SEEDS[0]], looked(bench).sides["second"].live
    conditions = [one for seed, table in tables.items() for one in _rule(table, f", seed {seed}")]
    conditions.append(Condition("over peaks held still", first.against[MODAL].ratio, "<", 1.0))
    compared, logs = first.against[PERFORMER], _logarithms(first)
    most = int(np.bincount(first.rows.classes).argmax())
    of_most = np.mean(first.rows.classes == most)
    return {
        "conditions": tuple(conditions),
        "beside": {"instability, explainer": compared.first, f"instability, {layer} layer": compared.second}
        | {f"the {layer} layer's peaks held still": bootstrap(first.values["performer, modal cell"])}
        | {f"with {EXACT}": _ratio(bench, looked(bench, filter_loss="exact"), layer)}
        | {"with the classes instead of the features": _ratio(bench, looked(bench, classes=True), layer)},
        "controls": tuple(_control(bench, name, layer) for name in VARIANTS),
        "chance": "1",
        "note": f"n = rows, a filter on the pictures of a class; {(~live).sum()} of {len(live)} filters are dead; "
        f"below 1 for {(logs < 0).sum()} of {np.isfinite(logs).sum()} species; {100 * of_most:.0f} % of the rows are "
        f"of the {bench.network.classes[most]}.",
    }


def _table(bench: Bench, seen: Looked, layer: str) -> Beside:
    marks, labels = marked(bench)
    return beside(seen, marks, labels, layer, seed=bench.seed, resamples=1000)


def _rule(table: Beside, which: str = "") -> tuple[Condition, Condition]:
    return (
        Condition(f"ratio{which}", table.against[PERFORMER].ratio, "<", 1.0),
        Condition(f"log ratio, mean over species{which}", bootstrap(_logarithms(table)), "<", 0.0),
    )


def _logarithms(table: Beside) -> np.ndarray:
    """Of each species' ratio.  -> (species,)"""
    return np.log(np.maximum([one.ratio.value for one in table.classes.values()], 1e-6))


def _ratio(bench: Bench, seen: Looked, layer: str) -> Estimate:
    return _table(bench, seen, layer).against[PERFORMER].ratio


def _control(bench: Bench, name: str, layer: str) -> Control:
    seen = variant(bench, name)
    if seen is None:
        return Control(name, {"ratio": NONE})
    found = _table(bench, seen, layer)
    rule = (*_rule(found), Condition("over peaks held still", found.against[MODAL].ratio, "<", 1.0))
    dead = float((~seen.sides["second"].live).mean())
    told = {one.name: one.estimate for one in rule} | {"dead": Estimate(dead, dead, dead, 1)}
    return Control(name, told, all(one.verdict == HOLDS for one in rule))
