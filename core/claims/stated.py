"""A claim as a paper makes it, with the function that measures it, and measuring several of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.claims.bench import Bench, Progress, Sizes
from core.claims.report import Claim
from core.errors import BadWeights, NotDefined, UnknownName
from core.networks.network import Network
from core.probes.probe import Probe

Parts = Mapping[str, Any]


@dataclass(frozen=True)
class Stated:
    """What a paper says, where, with which numbers; `measure` gives the other fields of its `Claim`."""

    id: str
    text: str
    where: str
    paper: str
    measure: Callable[[Bench], Parts]


def stated(id: str, text: str, where: str, paper: str) -> Callable[[Callable[[Bench], Parts]], Stated]:
    """Put a paper's claim above the function that measures it."""
    return lambda measure: Stated(id, text, where, paper, measure)


def measured(
    claims: Sequence[Stated],
    network: Network,
    probe: Probe,
    *,
    sizes: Sizes | None = None,
    seed: int = 0,
    only: Sequence[str] = (),
    progress: Progress | None = None,
) -> list[Claim]:
    """Claims measured, all or `only` some by id. What the network or the probe lacks something for is not measured,
    and its note says what is lacking.  Raises UnknownName for an id; what `progress` raises."""
    known = [one.id for one in claims]
    if unknown := [one for one in only if one not in known]:
        raise UnknownName(f"no claim '{unknown[0]}'; there are {', '.join(known)}")
    chosen = [one for one in claims if not only or one.id in only]
    bench = Bench(network, probe, sizes or Sizes(), seed, progress, parts=len(chosen))
    found = []
    for bench.part, one in enumerate(chosen):
        bench.tell(0, 1, one.id)
        try:
            parts = one.measure(bench)
        except (BadWeights, NotDefined, UnknownName) as error:
            parts = {"note": f"Not measured: {error}."}
        found.append(Claim(one.id, one.text, one.where, one.paper, **parts))
    if progress:
        progress(100 * len(chosen), 100 * len(chosen), "claims")
    return found
