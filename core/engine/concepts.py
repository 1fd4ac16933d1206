"""Net2Vec's answers: what a probe's pictures show and where, where filters fire, and the dissection of a layer."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from core.engine.answers import Progress, kept, kept_jointly, store, swept
from core.errors import NotDefined
from core.methods.net2vec import dissection, masks, pictures, segmentation, subsets
from core.methods.net2vec.dissection import Dissection
from core.methods.net2vec.firing import Fired, Firing, fired
from core.methods.net2vec.masks import MaskReader, Masks
from core.methods.net2vec.pictures import PictureReader, Pictures
from core.methods.net2vec.pool import Pool, pool
from core.methods.net2vec.subsets import Subsets
from core.networks.layers import Layer
from core.networks.network import Network
from core.probes.probe import Probe
from core.request import Request
from core.store import Artefact

IMAGES = 2000
VERSION = 2  # of a dissection's arrays


def concept_masks(probe: Probe, chosen: Pool, progress: Progress | None = None) -> Masks:
    """What the pool's pictures show and where: one answer for all networks and layers."""
    request = _masks_request(probe, chosen)
    return masks.masks(kept(request, lambda: masks.reader(probe, chosen, progress).arrays(), progress).arrays)


def firing(
    network: Network,
    probe: Probe,
    layers: Sequence[str | Layer],
    *,
    images: int = IMAGES,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Fired]:
    """Where the filters of layers fire in so many of the probe's pictures, {layer's name: fired}. Kept by layer."""
    return firings(network, probe, layers, pool(probe, images, seed), progress)[1]


def firings(
    network: Network, probe: Probe, layers: Sequence[str | Layer], chosen: Pool, progress: Progress | None
) -> tuple[Masks, dict[str, Fired]]:
    """The pool's masks, and where each layer's filters fire, by name. What is missing of both is read in one pass,
    which can be stopped and goes on from there.  Raises UnknownLayer; what `progress` raises."""
    seen = _masks_request(probe, chosen)
    base = Request("net2vec-firing", 1, network.fingerprint, seen.subject, parameters=seen.parameters)
    names = [network.layer(layer).name for layer in layers]
    asked: dict[str | None, Request] = {name: replace(base, layer=name) for name in names} | {None: seen}

    def compute(missing: Sequence[str | None]) -> dict[str | None, dict[str, np.ndarray]]:
        if missing == [None]:
            return {None: masks.reader(probe, chosen, progress).arrays()}
        statistics = {
            name or "masks": MaskReader(probe, chosen) if name is None else Firing(name, len(chosen))
            for name in missing
        }
        first, drawn = next(asked[name] for name in missing if name is not None), _pictures_request(seen)
        if pictures.slow(probe) and store().load(drawn) is None:
            statistics[drawn.method] = PictureReader(probe, chosen)
        swept(first, network, probe, statistics, chosen.indices, progress)
        if drawn.method in statistics:
            kept(drawn, statistics[drawn.method].result().arrays, None)
        return {name: statistics[name or "masks"].result().arrays() for name in missing}

    found = kept_jointly(asked, compute, progress)
    return masks.masks(found[None].arrays), {name: fired(found[name].arrays) for name in names}


def pool_pictures(probe: Probe, chosen: Pool) -> Pictures | None:
    """The pool's pictures, small: a pass for a layer keeps them where they are slow to come by. None where none has."""
    artefact = store().load(_pictures_request(_masks_request(probe, chosen)))
    return None if artefact is None else pictures.pictures(artefact.arrays)


def dissect(network: Network, probe: Probe, layer: str | Layer, **asked: Any) -> Dissection:
    """What Net2Vec finds at a layer. As `dissect_of`, for one layer."""
    layer = network.layer(layer)
    return dissect_of(network, probe, [layer], **asked)[layer.name]


def dissect_of(
    network: Network,
    probe: Probe,
    layers: Sequence[str | Layer],
    *,
    images: int = IMAGES,
    preset: str = "fast",
    loss: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Dissection]:
    """Dissections of several layers, {layer's name: dissection}, on so many of the probe's pictures.

    `preset`: 'fast' or 'paper'; `loss`: 'printed' or 'logarithm', the preset's own unless given. Kept by layer; the
    pictures of those missing are read in one pass, which can be stopped and goes on from there.
    Raises NotDefined where the probe knows no concepts or none of its annotations can be read, UnknownLayer,
    UnknownName; what `progress` raises.
    """
    if not probe.concepts:
        raise NotDefined(f"{probe.title} says of no concept in which pictures it is, so none can be learned")
    chosen, loss = pool(probe, images, seed), segmentation.settled(preset, loss)
    told = {"images": images, "preset": preset, "loss": loss}
    base = Request("net2vec", VERSION, network.fingerprint, _subject(probe), parameters=told, seed=seed)
    asked = {name: replace(base, layer=name) for name in (network.layer(layer).name for layer in layers)}

    def compute(missing: Sequence[str]) -> dict[str, dict[str, np.ndarray]]:
        seen, read = firings(network, probe, missing, chosen, progress)
        if seen.unread.all():
            raise NotDefined(f"of none of {len(chosen)} pictures of {probe.title} can be read what they show")
        box = network.preprocessing.seen_box
        return {
            name: dissection.dissect(read[name], seen, chosen, box, preset, loss, seed, progress) for name in missing
        }

    found = kept_jointly(asked, compute, progress)
    return {name: _record(one, asked[name], probe) for name, one in found.items()}


def dissections_known(probe: Probe, images: int = IMAGES) -> list[Request]:
    """Requests of the dissections on a probe that are kept, of whatever network and layer."""
    found = (item.request for item in store().list() if item.request is not None)
    kind = ("net2vec", VERSION, _subject(probe))
    wanted = {"images": images, "preset": "fast", "loss": segmentation.settled("fast", None)}
    of_kind = (one for one in found if (one.method, one.version, one.subject) == kind)
    return [one for one in of_kind if dict(one.parameters) == wanted]


def dissection_of(request: Request, probe: Probe) -> Dissection | None:
    """The dissection that a request from `dissections_known` names; None where it is no longer kept."""
    artefact = store().load(request)
    return None if artefact is None else _record(artefact, request, probe)


def filter_subsets(
    network: Network,
    probe: Probe,
    layer: str | Layer,
    task: str,
    *,
    images: int = IMAGES,
    seed: int = 0,
    progress: Progress | None = None,
) -> Subsets:
    """Figure 3: the concepts' scores when only their F strongest filters are left and learned again.

    `task`: 'segmentation' or 'classification'. Kept.  Raises as `dissect_of`.
    """
    whole = dissect(network, probe, layer, images=images, seed=seed, progress=progress)
    told = {"task": task, "images": images}
    where = {"layer": whole.layer, "parameters": told, "seed": seed}
    request = Request("net2vec-subsets", 1, network.fingerprint, _subject(probe), **where)

    def compute() -> dict[str, np.ndarray]:
        seen, read = firings(network, probe, [whole.layer], whole.pool, progress)
        one = read[whole.layer]
        if task == "classification":
            told = dissection.labelled(one, seen, whole.pool)
            scores = whole.cls_weights, whole.cls_accuracy
            found = subsets.of_classification(*told, *scores, seed=seed, progress=progress)
        else:
            box = network.preprocessing.seen_box
            found = dissection.segmentation_subsets(one, seen, whole, box, seed, progress)
        return {"F": found.F, "score": found.score}

    return Subsets(task, **kept(request, compute, progress).arrays)


def _record(artefact: Artefact, request: Request, probe: Probe) -> Dissection:
    told, chosen = request.parameters, pool(probe, request.parameters["images"], request.seed)
    note = " ".join(filter(None, (artefact.note, _left_out(probe, chosen.indices[artefact.arrays["unread"]]))))
    return dissection.record(
        artefact.arrays, request.layer, chosen, probe.concepts, told["preset"], told["loss"], note
    )


def _left_out(probe: Probe, unread: np.ndarray) -> str:
    """What is said of the pictures that could not be used."""
    if not len(unread):
        return ""
    some, more = ("1 picture", "") if len(unread) == 1 else (f"{len(unread)} pictures", ", the first")
    return f"Left out, because what they show cannot be read: {some}{more} '{probe.key(int(unread[0]))}'."


def _masks_request(probe: Probe, chosen: Pool) -> Request:
    pictures = hashlib.sha256(chosen.indices.astype("<i8").tobytes()).hexdigest()
    return Request("concept-masks", 1, "none", _subject(probe), parameters={"pictures": pictures})


def _pictures_request(seen: Request) -> Request:
    return replace(seen, method="pool-pictures")


def _subject(probe: Probe) -> str:
    return f"probe:{probe.fingerprint}:pool"
