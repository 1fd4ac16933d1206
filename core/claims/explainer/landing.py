"""E6 to E9: one filter, one part, one class, one place (figures 3 to 5, appendix)."""

import numpy as np
import torch
from torch import Tensor

from core.claims.bench import Bench, evenly
from core.claims.explainer.trained import BARE, ELSEWHERE, OFF, UNMASKED, explained, looked, marked, variant
from core.claims.report import HOLDS, Condition, Control
from core.claims.stated import Parts, stated
from core.engine import parts
from core.engine.parts import Explained
from core.measures import part_tables
from core.measures.interval import Estimate, bootstrap, bootstrap_apart
from core.measures.part_stability import class_entropy, on_one_part, strongest
from core.measures.part_tables import EXPLAINER, PERFORMER
from core.methods.explainer import contributions, filter_loss
from core.methods.explainer.looking import Looked

NONE = Estimate(float("nan"), float("nan"), float("nan"), 0)


@stated("E6", "Grad-CAM on the explainer sits on parts, on the performer's top layer on everything",
        "Figure 5, appendix", "by example")  # fmt: skip
def attention_on_parts(bench: Bench) -> Parts:
    """The share of a map on the part that has most of it, minus the same for the map of another picture, for the
    picture's own class: the explainer's more than the performer's, on the same pictures."""
    of = explained(bench)
    own, other = _on_one(bench, of)
    blank = _on_one(bench, explained(bench, filter_loss="off"))[0]
    gain = Condition("explainer - performer", bootstrap(own - other), ">")
    off = bootstrap(blank - other)
    return {
        "conditions": (gain,),
        "beside": {"explainer": bootstrap(own), "performer": bootstrap(other)},
        "controls": (Control(OFF, {"it - performer": off}, Condition("", off, ">").verdict == HOLDS),),
        "chance": "0",
        "note": "n = pictures with one object of their class.",
    }


def _on_one(bench: Bench, of: Explained) -> tuple[np.ndarray, np.ndarray]:
    """By picture: the largest part's share of the map, more than another picture's map would have.  -> explainer's,
    performer's"""
    marks, labels = marked(bench)
    read = parts.emitted(bench.network, bench.probe, images=bench.sizes.looked, progress=bench.tell)
    known = (labels >= 0) & (marks.part_at >= 0).any(1)
    rows = np.array(evenly(np.flatnonzero(known), bench.sizes.inside), np.int64)
    maps, top = (
        torch.from_numpy(read[name][rows].astype(np.float32)).to(bench.network.device) for name in ("maps", "top")
    )
    classes = labels[rows].tolist()
    found = contributions.attention(of.explainer, of.performer, maps, classes)[1]
    beside = contributions.attention_top(of.performer, top, classes)
    return tuple(_largest(one.flatten(1).cpu().numpy(), marks.part_at[rows]) for one in (found, beside))


def _largest(maps: np.ndarray, part_at: np.ndarray) -> np.ndarray:
    """(N, P), the parts at the positions (N, P) -> (N,); the other picture's map is the next one's"""
    own, other = (_shares(one, part_at) for one in (maps, np.roll(maps, 1, 0)))
    return own - other


def _shares(maps: np.ndarray, part_at: np.ndarray) -> np.ndarray:
    total = np.maximum(maps.sum(1), 1e-12)
    each = [np.where(part_at == part, maps, 0).sum(1) for part in range(part_at.max() + 1)]
    return np.max(each, axis=0) / total


@stated("E7", "A filter of the explainer is triggered by one part", "Figures 3, 4", "by example")
def one_part(bench: Bench) -> Parts:
    """The share of filters whose peak lies on one part in at least 60 % of their class's pictures: larger than with the
    performer's top conv layer on the same filters and pictures, and than after maps were shifted by chance (a torso is
    large)."""
    own = _landed(bench, looked(bench))
    conditions = _rule(own)
    controls = []
    for name in (OFF, UNMASKED, BARE, ELSEWHERE):
        seen = variant(bench, name)
        rule = _rule(_landed(bench, seen)) if seen else ()
        told = {one.name: one.estimate for one in rule} or {"explainer - performer": NONE}
        controls.append(Control(name, told, all(one.verdict == HOLDS for one in rule) if rule else None))
    return {
        "conditions": conditions,
        "beside": {f"{side}, {control}": own.on_one[side, control] for side, control in own.on_one},
        "controls": tuple(controls),
        "chance": "what shifted peaks reach",
        "note": "n = rows, a filter on the pictures of a class.",
    }


def _landed(bench: Bench, seen: Looked) -> part_tables.Landed:
    marks, labels = marked(bench)
    return part_tables.landed(seen, marks, labels, "top", seed=bench.seed)


def _rule(found: part_tables.Landed) -> tuple[Condition, ...]:
    as_it_is, shifted = (on_one_part(found.shares[EXPLAINER, one]) for one in part_tables.CONTROLS[:2])
    beyond = bootstrap(as_it_is - shifted)
    return Condition("explainer - performer", found.gain, ">"), Condition("explainer - shifted", beyond, ">")


@stated("E8", "A filter of the explainer is triggered by one class", "Appendix", "a term of the filter loss")
def one_class(bench: Bench) -> Parts:
    """Entropy of the class where a filter fires (in the tenth of the pictures with its highest peaks, so that filters
    which fire often and seldom are compared), mean over filters that fire: lower than the performer's top layer's."""
    seen = looked(bench)
    own, other = _entropies(seen, "second"), _entropies(seen, "top")
    blank = variant(bench, OFF)
    off = bootstrap_apart(_entropies(blank, "second"), other) if blank else NONE
    return {
        "conditions": (Condition("explainer - performer", bootstrap_apart(own, other), "<"),),
        "beside": {EXPLAINER: bootstrap(own), PERFORMER: bootstrap(other)},
        "controls": (Control(OFF, {"it - performer": off}, Condition("", off, "<").verdict == HOLDS),),
        "chance": f"{np.log(len(bench.network.classes)):.2f} nats",
        "note": "In nats; n = filters.",
    }


def _entropies(seen: Looked, side: str) -> np.ndarray:
    return class_entropy(strongest(seen.sides[side].scores), seen.labels)


@stated(
    "E9", "On one picture a filter of the explainer is active at one place", "Appendix", "a term of the filter loss"
)
def one_place(bench: Bench) -> Parts:
    """The third term of the filter loss as the appendix rewrites it, in nats, of conv-interp-2 before its mask, maps
    scaled as in training: lower than with the filter loss off. The performer's top layer stands beside it."""
    own, top = _spatial(bench, explained(bench)), _spatial(bench, None)
    off = _spatial(bench, explained(bench, filter_loss="off"))
    elsewhere = bootstrap_apart(_spatial(bench, explained(bench, filter_loss="random places")), off)
    return {
        "conditions": (Condition("with - without the filter loss", bootstrap_apart(own, off), "<"),),
        "beside": {"explainer": bootstrap(own), OFF: bootstrap(off), "performer's top layer": bootstrap(top)},
        "controls": (Control(ELSEWHERE, {"it - off": elsewhere}, Condition("", elsewhere, "<").verdict == HOLDS),),
        "chance": f"{np.log(explained(bench).performer.side ** 2):.2f} nats, anywhere",
        "note": "n = filters that fire.",
    }


def _spatial(bench: Bench, of: Explained | None) -> np.ndarray:
    """The spatial entropy of filters that fire, of an explainer or of the performer's top layer.  -> (live,)"""
    read = parts.emitted(bench.network, bench.probe, images=bench.sizes.looked, progress=bench.tell)
    rows = evenly(range(len(read["maps"])), bench.sizes.inside * 2)
    with torch.no_grad():
        if of is None:
            maps = torch.from_numpy(read["top"][rows].astype(np.float32)).to(bench.network.device)
        else:
            given = torch.from_numpy(read["maps"][rows].astype(np.float32)).to(bench.network.device)
            maps = torch.cat([of.explainer(some).second for some in given.split(50)])
        live = maps.amax((0, 2, 3)) > 0
        found = [_term(some) for some in maps[:, live].movedim(1, 0).split(8)]
    return torch.cat(found).cpu().numpy() if found else np.empty(0)


def _term(maps: Tensor) -> Tensor:
    return filter_loss.entropies(maps * filter_loss.scales(maps)[:, None, None, None])[2]
