"""E1 to E4 with performers for one species against all others (tables 1 and 3, 'single-category')."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from core.claims.bench import Bench, evenly
from core.claims.explainer.trained import marked, require_apart
from core.claims.report import Condition, Control
from core.claims.stated import Parts, stated
from core.engine import parts
from core.errors import NotDefined
from core.measures.interval import Estimate, bootstrap
from core.measures.part_tables import LAYERS, PERFORMER, Beside, beside
from core.methods.explainer import looking
from core.methods.explainer.anatomy import anatomy
from core.methods.explainer.looking import Looked
from core.methods.explainer.training import Features, Settings, train
from core.networks.retrained import retrained

SPECIES, OTHERS = 3, 7  # species; of its pictures, that many times others beside them
MODAL = "modal cell"


@dataclass(frozen=True)
class Single:
    """One species: what the explainer of its performer does on pictures, p, and table 1."""

    name: str
    seen: Looked
    p: float
    tables: dict[str, Beside]


@stated("E1 single", "With one class, too, the explainer's filters are steadier than the performer's",
        "Table 1, appendix", "instability .65 to .69 of the top layer's, .64 to .71 of the target layer's")  # fmt: skip
def steadier(bench: Bench) -> Parts:
    """Three species, evenly among the classes. Each performer has the network's own convolutions and fully connected
    layers of its own, trained to tell the species from seven times as many others; all filters count, on the species'
    pictures alone, as the paper has it."""
    found = _singles(bench)
    conditions = [
        Condition(f"{one.name}: over the {layer} layer", one.tables[layer].against[PERFORMER].ratio, "<", 1.0)
        for one in found
        for layer in one.tables
    ]
    still = {f"{one.name}: over peaks held still": one.tables["top"].against[MODAL].ratio for one in found}
    return {
        "conditions": tuple(conditions),
        "beside": {f"{one.name}: instability": one.tables["top"].against[PERFORMER].first for one in found},
        "controls": (Control("peaks held still", still),),
        "chance": "1",
        "note": "n = filters. Above 1 over peaks held still: the filters would be steadier if they did not move.",
    }


@stated("E3 single", "With one class, most of the explainer's output comes from the interpretable track",
        "Table 3, appendix", "p = .69 to .93")  # fmt: skip
def share(bench: Bench) -> Parts:
    """p above a half, for all three; beside it the share of fc7's variance with both tracks and the ordinary alone."""
    found, beside = _singles(bench), {}
    for one in found:
        for name, ordinary in (("R² of fc7", False), ("R² of fc7, interpretable track at zero", True)):
            value = one.seen.explained(ordinary=ordinary)
            beside[f"{one.name}: {name}"] = Estimate(value, value, value, len(one.seen.index))
    return {
        "conditions": tuple(
            Condition(one.name, Estimate(one.p, one.p, one.p, len(one.seen.index)), ">", 0.5) for one in found
        ),
        "beside": beside,
        "controls": (Control("at the beginning", {"p": Estimate(0.5, 0.5, 0.5, 1)}),),
        "chance": "0.5",
    }


@stated("E4 single", "With one class, errors are three to five times the performer's", "Appendix",
        "4.6 to 8.2 %, 3.2 to 8.6 %, 2.3 to 11 %, 1.3 to 6.1 %")  # fmt: skip
def loss(bench: Bench) -> Parts:
    """Balanced errors, the mean of those on the species and on the others: the explainer's minus the performer's, at
    most 10 points; the paper's differences are 3.6 to 8.7."""
    found, conditions, beside = _singles(bench), [], {}
    for one in found:
        errors = {who: _balanced(one.seen, who) for who in ("performer", "explainer")}
        more = bootstrap(errors["explainer"] - errors["performer"])
        conditions.append(Condition(f"{one.name}: more errors", more, "<=", 0.1))
        beside |= {f"{one.name}: {who}": bootstrap(values) for who, values in errors.items()}
    return {
        "conditions": tuple(conditions),
        "beside": beside,
        "controls": (Control("by chance", {"error": Estimate(0.5, 0.5, 0.5, 1)}),),
        "chance": "0.5",
    }


def _balanced(seen: Looked, who: str) -> np.ndarray:
    """Errors weighted so that their mean is that of both classes'.  -> (N,)"""
    weight = np.where(seen.labels == 0, 1 / np.mean(seen.labels == 0), 1 / np.mean(seen.labels == 1)) / 2
    return seen.error(who) * weight


def _singles(bench: Bench) -> list[Single]:
    require_apart(bench)
    known = [int(c) for c in bench.columns if c >= 0]
    if len(known) < SPECIES:
        raise NotDefined(f"{bench.network.title} knows fewer than {SPECIES} of {bench.probe.title}'s classes")
    return [
        bench.once(("single", label), lambda label=label: _single(bench, label)) for label in evenly(known, SPECIES)
    ]


def _single(bench: Bench, label: int) -> Single:
    name, parent = bench.network.classes[label], anatomy(bench.network)
    asked = {"progress": bench.tell}
    split = "train" if "train" in bench.probe.splits else next(iter(bench.probe.splits))
    shown = parts.read(bench.network, bench.probe, split, bench.sizes.explained, whole=True, **asked)
    seen = parts.emitted(bench.network, bench.probe, images=bench.sizes.looked, **asked)
    own = [parts.own_labels(bench.network, bench.probe, one["labels"]) == label for one in (shown, seen)]
    rows = _rows(own[0])
    labels = np.where(own[0][rows], 0, 1)
    classes = (name, "others")
    network = retrained(
        bench.network, parent.top, shown["top"][rows], labels, classes, name=f"{bench.network.name}@{name}",
        title=f"{name} or not", **asked,
    )  # fmt: skip
    performer = anatomy(network)
    fc6, fc7, logits = _after(performer, shown["top"][rows])
    given = Features(np.asarray(shown["maps"])[rows], fc6, fc7, logits.argmax(1), labels)
    settings = Settings(epochs=bench.sizes.epochs)
    made = train(performer, given, settings, **asked).explainer
    values = dict(zip(("fc6", "fc7", "logits"), _after(performer, seen["top"]), strict=True))
    found = looking.look(made, performer, {**seen, **values}, np.where(own[1], 0, 1))
    marks, marked_labels = marked(bench)
    # All filters are the species': so the paper counts with one category.
    sides = {key: replace(side, owners=np.zeros_like(side.owners)) for key, side in found.sides.items()}
    alone = np.where(marked_labels == label, 0, -1)
    alike = [layer for layer in LAYERS if len(sides[layer].scores) == len(sides["second"].scores)]
    tables = {layer: beside(replace(found, sides=sides), marks, alone, layer, resamples=1000) for layer in alike}
    return Single(name, found, float(made.p), tables)


def _rows(own: np.ndarray) -> np.ndarray:
    """The species' pictures and OTHERS times as many of the rest, evenly.  (N,) bool -> (n,) int64"""
    species, rest = np.flatnonzero(own), np.flatnonzero(~own)
    return np.sort(np.r_[species, evenly(rest.tolist(), OTHERS * len(species))]).astype(np.int64)


@torch.no_grad()
def _after(performer, top: np.ndarray) -> Sequence[np.ndarray]:
    """fc6, fc7 and logits of the top conv layer's maps."""
    found = []
    for start in range(0, len(top), looking.BATCH):
        maps = torch.from_numpy(np.asarray(top[start : start + looking.BATCH], np.float32))
        maps = maps.to(performer.first.weight.device)
        fc6 = performer.first(performer.pool(maps).flatten(1)).relu()
        fc7 = performer.second(fc6).relu()
        found.append((fc6, fc7, performer.classify(fc7)))
    return [torch.cat(one).cpu().numpy() for one in zip(*found, strict=True)]


CLAIMS = (steadier, share, loss)
