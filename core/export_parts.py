"""What is known of an explainer as files: `python -m core export explainer`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from core.engine import parts
from core.engine.parts import Explained
from core.errors import NotDefined, UnknownName
from core.measures import part_tables
from core.measures.part_places import Annotated
from core.measures.part_tables import EXPLAINER, LAYERS, PERFORMER, Beside
from core.methods.explainer.looking import Looked
from core.methods.explainer.training import MEASURES
from core.networks.network import Network
from core.probes.probe import Probe

Progress = Callable[[int, int, str], None]
Rows = Sequence[Mapping[str, Any]]


def tables(
    network: Network, probe: Probe, progress: Progress | None = None, images: int | None = None, **asked: Any
) -> tuple[dict[str, Rows], dict[str, np.ndarray], list[str]]:
    """Tables by name, arrays by name, and what there is to say, of a network's explainer, trained and looked at on so
    many pictures, or on as many as the dashboard takes.

    Raises UnknownName for a split or methods, which it does not choose among; what `parts.explained` raises.
    """
    if asked:
        raise UnknownName(f"explainer has no --{next(iter(asked))}: it takes pictures from 'train' and 'test' itself")
    told = {} if images is None else {"images": images}
    of = parts.explained(network, probe, progress=progress, **told)
    seen = parts.looked(network, probe, of, progress=progress, **told)
    found: dict[str, Rows] = {
        "explained": [_explained(of, seen)],
        "history": [
            {"epoch": epoch, **dict(zip(MEASURES, row, strict=True))}
            for epoch, row in enumerate(of.history.tolist(), 1)
        ],
        "classes": _classes(seen, network.classes),
    }
    arrays = {f"{side}-{name}": one for side, kept in seen.sides.items() for name, one in vars(kept).items()}
    arrays |= {"pictures": seen.index, "labels": seen.labels}
    notes = [of.note] if of.note else []
    try:
        marks = parts.marked(network, probe, progress=progress, **told)
        steady = _steady(network, probe, seen, marks, notes)
    except NotDefined as error:
        notes.append(str(error))
        steady = {}
    if steady:
        found["instability"] = [
            row for one in steady.values() for row in part_tables.instability_rows(one, network.classes)
        ]
    found["filters"] = _filters(seen, network.classes, steady)
    return found, arrays, [*notes, _summary(of, seen, steady)]


def _explained(of: Explained, seen: Looked) -> dict[str, Any]:
    errors = {f"error, {who}": _mean(seen.error(who)) for who in (PERFORMER, EXPLAINER, "ordinary")}
    shares = {"R2 of fc6": seen.explained("fc6"), "R2 of fc7": seen.explained()}
    shares["R2 of fc7, ordinary track alone"] = seen.explained(ordinary=True)
    return {"p": of.p, **shares, **errors, "pictures": len(seen.index), "trained on": of.images}


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _classes(seen: Looked, names: Sequence[str]) -> Rows:
    found = part_tables.erring(seen, len(names))
    counts = ("pictures", PERFORMER, EXPLAINER, "lost", "won")
    return [
        {
            "class": name,
            **{one: int(getattr(found, one)[c]) for one in counts},
            "taken for": names[found.taken_for[c]] if found.taken_for[c] >= 0 else "",
        }
        for c, name in enumerate(names)
    ]


def _steady(network: Network, probe: Probe, seen: Looked, marks: Annotated, notes: list[str]) -> dict[str, Beside]:
    """Table 1 beside each of the performer's layers; why one has none is added to the notes."""
    labels, found = parts.own_labels(network, probe, marks.labels), {}
    for layer in LAYERS:
        try:
            found[layer] = part_tables.beside(seen, marks, labels, layer)
        except NotDefined as error:
            notes.append(f"{layer}: {error}")
    return found


def _filters(seen: Looked, names: Sequence[str], steady: Mapping[str, Beside]) -> Rows:
    """A row for each filter of each layer: its class, its highest peak, in how many pictures it fires, and its
    instability on the pictures of its class, where it is in table 1."""
    rows = []
    for layer, side in seen.sides.items():
        known = _unsteady(steady, layer)
        for f, owner in enumerate(side.owners.tolist()):
            scores = side.scores[f]
            rows.append(
                {
                    "layer": layer, "filter": f, "class": names[owner] if owner >= 0 else "",
                    "highest": float(scores.max(initial=0)), "fires in": int((scores > 0).sum()),
                    "instability": known.get((f, owner), float("nan")),
                }
            )  # fmt: skip
    return rows


def _unsteady(steady: Mapping[str, Beside], layer: str) -> dict[tuple[int, int], float]:
    one = steady.get("top" if layer == "second" else layer)
    if one is None:
        return {}
    pairs = zip(one.rows.filters.tolist(), one.rows.classes.tolist(), strict=True)
    return dict(zip(pairs, one.values[EXPLAINER if layer == "second" else PERFORMER].tolist(), strict=True))


def _summary(of: Explained, seen: Looked, steady: Mapping[str, Beside]) -> str:
    live, dead = part_tables.live(seen)["second"]
    said = f"p {of.p:.3f}, R2 of fc7 {seen.explained():.3f}, {live} of {live + dead} filters fire"
    for layer, one in steady.items():
        ratio = one.against[PERFORMER].ratio
        said += f"; instability {ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f}) of the {layer} layer's"
    return said
