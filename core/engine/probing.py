"""What is asked of a probe as a whole: what its images are taken for, and what a fixed disc would find in them."""

from dataclasses import dataclass

import numpy as np

from core.engine.answers import Progress, answer, computes, indices, subject, swept
from core.errors import NotDefined
from core.measures import localisation
from core.measures.interval import Estimate, bootstrap
from core.networks.network import Network
from core.probes.probe import Probe
from core.request import Request
from core.statistics import Confusion


@dataclass(frozen=True)
class Confusions:
    """How often images of each of a probe's classes (rows) were taken for each of a network's classes (columns).

    `right[row]` is the column of the row's class, -1 where the network does not know it. `note` says why the table
    could not be kept, where it could not.
    """

    counts: np.ndarray  # (rows, columns) int64
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    right: np.ndarray  # (rows,) int64
    note: str = ""

    @property
    def accuracy(self) -> Estimate:
        """Share of the images taken for their own class, over classes that the network knows, with its interval."""
        known = np.flatnonzero(self.right >= 0)
        hits, total = int(self.counts[known, self.right[known]].sum()), int(self.counts[known].sum())
        return bootstrap(np.repeat([1.0, 0.0], [hits, total - hits]))


def confusion(network: Network, probe: Probe, split: str = "test", progress: Progress | None = None) -> Confusions:
    """What the network takes the images of a split for. One pass over the split, kept; stopped, it goes on from there.

    Raises UnknownName for a split, NotDefined where the probe has no labels; what `progress` raises.
    """
    if "labels" not in probe.offers:
        raise NotDefined(f"{probe.title} has no labels, so nothing can be counted right or wrong")
    request = Request("confusion", 1, network.fingerprint, subject(probe, split))
    artefact = answer(request, network, probe, progress)
    right = columns(network, probe)
    return Confusions(artefact.arrays["counts"], probe.classes, network.classes, right, artefact.note)


@computes("confusion")
def _confusion(request: Request, network: Network, probe: Probe, progress: Progress | None) -> dict[str, np.ndarray]:
    table = Confusion(len(probe.classes), len(network.classes))
    swept(request, network, probe, {"confusion": table}, indices(request, probe), progress)
    return {"counts": table.result()}


def accuracy(network: Network, probe: Probe, split: str = "test", progress: Progress | None = None) -> Estimate:
    """Share of a split's images that the network takes for their own class, with its interval; as `confusion`."""
    return confusion(network, probe, split, progress).accuracy


def disc_floor(probe: Probe, split: str = "test", progress: Progress | None = None) -> dict[str, Estimate]:
    """How well a fixed centred disc does on every localisation measure of a split: what maps must beat. Kept.

    Raises UnknownName for a split, NotDefined where the probe has neither masks nor boxes.
    """
    request = Request("centred-disc", 1, "none", subject(probe, split), parameters={"radius": localisation.RADIUS})
    artefact = answer(request, None, probe, progress)
    return {
        name: Estimate(float(value), float(low), float(high), int(n))
        for name, (value, low, high, n) in artefact.arrays.items()
    }


@computes("centred-disc")
def _disc(request: Request, network: None, probe: Probe, progress: Progress | None) -> dict[str, np.ndarray]:
    radius = request.parameters["radius"]
    floor = localisation.disc_floor(probe, indices(request, probe), radius=radius, seed=request.seed, progress=progress)
    return {name: np.array([one.value, one.low, one.high, one.n], np.float64) for name, one in floor.items()}


def columns(network: Network, probe: Probe) -> np.ndarray:
    """The network's class of each of the probe's, -1 where it knows none.  -> (probe's classes,) int64"""
    known = {localisation.plain(name): column for column, name in reversed(list(enumerate(network.classes)))}
    return np.array([known.get(localisation.plain(name), -1) for name in probe.classes], np.int64)
