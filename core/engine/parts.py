"""Answers of explainer networks: a performer's layer disentangled into parts, and what its pictures look like then."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from core.engine.answers import Progress, checkpoint_of, indices, kept, subject, swept
from core.engine.probing import columns
from core.measures.part_places import Annotated, annotated
from core.methods.explainer import contributions as parted
from core.methods.explainer import looking, packing, receptive, shipped
from core.methods.explainer.anatomy import Anatomy, anatomy
from core.methods.explainer.contributions import Contributions
from core.methods.explainer.features import Reading, features
from core.methods.explainer.looking import Looked
from core.methods.explainer.network import Explainer
from core.methods.explainer.receptive import Fields
from core.methods.explainer.training import Settings, train
from core.networks.network import Network
from core.networks.taps import tap
from core.probes.probe import Probe
from core.request import Request

IMAGES, SEEN = 3000, 1200  # trained on; looked at
MOST_EPOCHS = 60
VERSION = 4  # of how explainers are trained


@dataclass(frozen=True)
class Explained:
    """An explainer in evaluation mode and what it is attached to; its curve, (epochs, training.MEASURES) float64; how
    many pictures it was trained on; `note` says why it could not be kept, where it could not."""

    explainer: Explainer
    performer: Anatomy
    settings: Settings
    history: np.ndarray
    images: int
    note: str = ""

    @property
    def p(self) -> float:
        """The share of the interpretable track."""
        return float(self.explainer.p.detach())


@dataclass(frozen=True)
class Disentangled:
    """One picture: what each filter gives to a class's score; the maps of conv-interp-2 after the mask, and of the
    performer's top conv layer, (F, n, n) float32 each; Grad-CAM on these two, (n, n) float32."""

    contributions: Contributions
    maps: np.ndarray
    top: np.ndarray
    attention: np.ndarray
    attention_top: np.ndarray


def usual(probe: Probe, images: int = IMAGES) -> Settings:
    """How an explainer is trained unless one says otherwise: on few pictures for more epochs, so that it takes as many
    steps."""
    settings, count = Settings(), max(taken(probe, "train", images), 1)
    return replace(settings, epochs=min(max(settings.epochs * IMAGES // count, settings.epochs), MOST_EPOCHS))


def taken(probe: Probe, split: str, images: int) -> int:
    """How many pictures there are of so many that are asked for, of a split, or of the first where it is missing."""
    return min(images, len(probe.splits[_split(probe, split)]))


def explained(
    network: Network,
    probe: Probe,
    *,
    images: int = IMAGES,
    settings: Settings | None = None,
    anew: bool = False,
    progress: Progress | None = None,
    watch: Callable[[np.ndarray], None] | None = None,
) -> Explained:
    """An explainer for a performer's top conv layer, trained on so many pictures of a probe's split 'train', or of its
    first. Shipped (unless it is to be made `anew`) or kept; stopped, it goes on from its last epoch and ends with the
    same weights.

    Raises NotDefined where the network has no two fully connected layers after a chain of convolutions, Diverged; what
    `progress` raises.
    """
    performer, settings = anatomy(network), settings or usual(probe, images)
    split = _split(probe, "train")
    told = {"images": images, **asdict(settings)}
    request = Request(
        "explainer", VERSION, network.fingerprint, subject(probe, split), parameters=told, seed=settings.seed
    )
    ready = None if anew else shipped.load(network, probe.name, told)
    if ready is not None:
        arrays, note = ready, ""
    else:

        def compute() -> dict[str, np.ndarray]:
            shown = read(network, probe, split, images, progress)
            given = features(shown, own_labels(network, probe, shown["labels"]))
            checkpoint = checkpoint_of(request)
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            made = train(performer, given, settings, progress=progress, checkpoint=checkpoint, watch=watch)
            return packing.arrays(made.explainer) | {"history": made.history}

        artefact = kept(request, compute, progress)
        arrays, note = artefact.arrays, artefact.note
    weights = {name: one for name, one in arrays.items() if name != "history"}
    explainer = packing.explainer(performer, weights, masked=settings.masked)
    return Explained(explainer, performer, settings, np.array(arrays["history"]), images, note)


def ship(network: Network, probe: Probe, of: Explained) -> Path:
    """Puts an explainer among the embedded networks' weights."""
    return shipped.keep(network, probe.name, {"images": of.images, **asdict(of.settings)}, of.explainer, of.history)


def read(
    network: Network, probe: Probe, split: str, images: int, progress: Progress | None = None, *, whole: bool = False
) -> Mapping[str, np.ndarray]:
    """What the performer's layers emit for so many pictures of a split, `features.Reading`'s result: gathered once, for
    all explainers. Kept."""
    told = {"images": images, "whole": whole}
    request = Request("explainer-features", 1, network.fingerprint, subject(probe, split), parameters=told)

    def compute() -> Mapping[str, np.ndarray]:
        reading = Reading(anatomy(network), whole=whole)
        swept(request, network, probe, {"reading": reading}, indices(request, probe), progress)
        return reading.result()

    return kept(request, compute, progress).arrays


def emitted(
    network: Network, probe: Probe, *, images: int = SEEN, progress: Progress | None = None
) -> Mapping[str, np.ndarray]:
    """What the performer's layers emit for the pictures that `looked` is about. Kept."""
    return read(network, probe, _split(probe, "test"), images, progress, whole=True)


def looked(
    network: Network, probe: Probe, of: Explained, *, images: int = SEEN, progress: Progress | None = None
) -> Looked:
    """An explainer and its performer on so many pictures of the split 'test', or of the first. Kept."""
    split = _split(probe, "test")
    told = {"images": images, "explainer": _digest(of.explainer)}
    request = Request("explainer-looked", 1, network.fingerprint, subject(probe, split), parameters=told)

    def compute() -> dict[str, np.ndarray]:
        seen = emitted(network, probe, images=images, progress=progress)
        labels = own_labels(network, probe, seen["labels"])
        return looking.look(of.explainer, of.performer, seen, labels, progress).arrays()

    return looking.looked(kept(request, compute, progress).arrays)


def marked(network: Network, probe: Probe, *, images: int = SEEN, progress: Progress | None = None) -> Annotated:
    """Landmarks and parts of the pictures that `looked` is about, for the top conv layer's positions; labels are the
    probe's classes. Kept.  Raises NotDefined where the probe marks no landmarks."""
    told = {"images": images}
    where = subject(probe, _split(probe, "test"))
    request = Request("part-places", 1, network.fingerprint, where, parameters=told)

    def compute() -> dict[str, np.ndarray]:
        found = annotated(probe, indices(request, probe), network, anatomy(network).top, progress)
        names = {name: getattr(found, name) for name in ("landmarks", "parts")}
        rest = {field.name: getattr(found, field.name) for field in fields(found) if field.name not in names}
        return rest | {"names": np.frombuffer(json.dumps(names).encode(), np.uint8)}

    arrays = dict(kept(request, compute, progress).arrays)
    names = json.loads(bytes(arrays.pop("names")))
    return Annotated(landmarks=tuple(names["landmarks"]), parts=tuple(names["parts"]), **arrays)


def part_fields(
    network: Network, probe: Probe, of: Explained, seen: Looked, progress: Progress | None = None
) -> Fields:
    """What the filters of conv-interp-2 look at, at the pictures' own resolution. Kept."""
    where = subject(probe, _split(probe, "test"))
    told = {"images": len(seen.index), "explainer": _digest(of.explainer)}
    request = Request("explainer-fields", 1, network.fingerprint, where, parameters=told)

    def compute() -> dict[str, np.ndarray]:
        pictures, wanted = receptive.chosen(seen.sides["second"].scores.T)
        batch = network.prepare([probe.image(int(index)) for index in seen.index[pictures]])
        respond = receptive.reading(network, of.performer.target, lambda maps: of.explainer(maps.float()).second)
        middles = network.centres(of.performer.top)
        return vars(receptive.fields(respond, batch, wanted, middles, progress=progress))

    return Fields(**kept(request, compute, progress).arrays)


def disentangle(network: Network, of: Explained, image: np.ndarray, label: int) -> Disentangled:
    """One picture (H, W, 3) uint8 and a class of the network."""
    batch = network.prepare([image])
    with torch.no_grad(), tap(network, (of.performer.target, of.performer.top)) as seen:
        logits = network(batch)
    target, top = seen[of.performer.target.name], seen[of.performer.top.name]
    given = parted.contributions(of.explainer, of.performer, target, logits, label)
    second, attention = parted.attention(of.explainer, of.performer, target, label)
    found = (second, top, attention, parted.attention_top(of.performer, top, label))
    return Disentangled(given, *(one[0].cpu().numpy() for one in found))


def filter_maps(network: Network, of: Explained, images: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Maps of pictures: 'top', the performer's, and 'second', conv-interp-2's after its mask, (N, F, n, n) each."""
    batch = network.prepare(images)
    with torch.no_grad(), tap(network, (of.performer.target, of.performer.top)) as seen:
        network(batch)
    with torch.no_grad():
        second = of.explainer(seen[of.performer.target.name]).second_masked
    return {"top": seen[of.performer.top.name].cpu().numpy(), "second": second.cpu().numpy()}


def own_labels(network: Network, probe: Probe, labels: np.ndarray) -> np.ndarray:
    """A probe's classes as the network's, -1 for those it does not know.  (N,) -> (N,) int64"""
    return np.append(columns(network, probe), -1)[labels]


def apart(probe: Probe) -> bool:
    """Whether explainers are looked at on other pictures than they are trained on."""
    return _split(probe, "train") != _split(probe, "test")


def _split(probe: Probe, wanted: str) -> str:
    return wanted if wanted in probe.splits else next(iter(probe.splits))


@lru_cache(maxsize=16)
def _digest(explainer: Explainer) -> str:
    """What tells one trained explainer from another."""
    found = hashlib.sha256()
    for name, one in sorted(packing.arrays(explainer).items()):
        found.update(name.encode() + np.ascontiguousarray(one).tobytes())
    return found.hexdigest()
