"""What an explainer and its performer do on pictures: where filters peak, how high, and what is reconstructed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from core.methods.explainer.anatomy import Anatomy
from core.methods.explainer.network import Explainer
from core.methods.explainer.training import owners

Progress = Callable[[int, int, str], None]
SIDES = ("target", "top", "first", "second")  # performer's target layer and top conv, conv-interp-1, conv-interp-2
BATCH = 50


@dataclass(frozen=True)
class Side:
    """Of one layer's F filters on N pictures: the peaks' values (F, N) float32 and cells (F, N) int16, row by row, and
    each filter's class of the network, the one for which pictures activate it most, (F,) int64.

    conv-interp-1 and 2 after their masks, which leave peaks where they are.
    """

    scores: np.ndarray
    cells: np.ndarray
    owners: np.ndarray

    @property
    def live(self) -> np.ndarray:
        """Filters that fire at all.  -> (F,) bool"""
        return self.scores.max(1, initial=0) > 0


@dataclass(frozen=True)
class Looked:
    """N pictures: `index` into the probe, `labels` and what `performer`, `explainer` and `ordinary` (the explainer with
    its interpretable track at zero) take each for, (N,) int64, classes of the network, labels -1 where it has none;
    squared errors of the reconstruction and what they are of, the distance to the mean, (N,) float64 each."""

    index: np.ndarray
    labels: np.ndarray
    performer: np.ndarray
    explainer: np.ndarray
    ordinary: np.ndarray
    fc6_error: np.ndarray
    fc6_spread: np.ndarray
    fc7_error: np.ndarray
    fc7_spread: np.ndarray
    fc7_error_ordinary: np.ndarray
    sides: Mapping[str, Side]

    def explained(self, layer: str = "fc7", *, ordinary: bool = False) -> float:
        """R^2: the share of a layer's variance that is reconstructed, by both tracks or by the ordinary one alone."""
        error = getattr(self, f"{layer}_error{'_ordinary' if ordinary else ''}")
        return 1 - float(error.sum()) / max(float(getattr(self, f"{layer}_spread").sum()), 1e-30)

    def error(self, who: str) -> np.ndarray:
        """1 where a labelled picture is taken for another class by 'performer', 'explainer' or 'ordinary', else 0."""
        return (getattr(self, who) != self.labels)[self.labels >= 0].astype(np.float64)

    def arrays(self) -> dict[str, np.ndarray]:
        kept = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "sides"}
        return kept | {f"{name}/{key}": one for name, side in self.sides.items() for key, one in vars(side).items()}


def looked(arrays: Mapping[str, np.ndarray]) -> Looked:
    """The record of stored arrays."""
    sides = {name: Side(*(arrays[f"{name}/{field.name}"] for field in fields(Side))) for name in SIDES}
    return Looked(*(arrays[field.name] for field in fields(Looked) if field.name != "sides"), sides)


@torch.no_grad()
def look(
    explainer: Explainer,
    performer: Anatomy,
    read: Mapping[str, np.ndarray],
    labels: np.ndarray,
    progress: Progress | None = None,
) -> Looked:
    """What `features.Reading` read, whole, and the network's class of each picture (N,), -1 for none."""
    count = len(read["maps"])
    rows: dict[str, list[Tensor]] = {}
    spreads = {name: _squares(torch.from_numpy(read[name] - read[name].mean(0))) for name in ("fc6", "fc7")}
    for start in range(0, count, BATCH):
        some = slice(start, start + BATCH)
        maps, top, fc6, fc7 = (
            torch.from_numpy(read[name][some].astype(np.float32)).to(explainer.dec1.weight.device)
            for name in ("maps", "top", "fc6", "fc7")
        )
        passed = explainer(maps)
        alone = explainer.decode((1 - explainer.p) * passed.ordinary)[1]
        told = {
            "explainer": performer.classify(passed.fc7).argmax(1),
            "ordinary": performer.classify(alone).argmax(1),
            "fc6_error": _squares(passed.fc6 - fc6),
            "fc7_error": _squares(passed.fc7 - fc7),
            "fc7_error_ordinary": _squares(alone - fc7),
        }
        for name, one in zip(SIDES, (maps, top, passed.first_masked, passed.second_masked), strict=True):
            told[f"{name}/scores"], told[f"{name}/cells"] = one.flatten(2).max(2)
            told[f"{name}/means"] = one.mean((2, 3))
        for name, one in told.items():
            rows.setdefault(name, []).append(one.cpu())
        if progress:
            progress(min(start + BATCH, count), count, "pictures through the explainer")
    found = {name: torch.cat(one) for name, one in rows.items()}
    said = read["logits"].argmax(1)
    sides = {
        name: Side(
            found[f"{name}/scores"].T.numpy().copy(),
            found[f"{name}/cells"].T.numpy().astype(np.int16),
            owners(found[f"{name}/means"], said).numpy(),
        )
        for name in SIDES
    }
    return Looked(
        index=read["index"], labels=labels, performer=said, sides=sides,
        fc6_spread=spreads["fc6"].numpy(), fc7_spread=spreads["fc7"].numpy(),
        **{name: one.numpy() for name, one in found.items() if "/" not in name},
    )  # fmt: skip


def _squares(values: Tensor) -> Tensor:
    return values.double().square().sum(1)
