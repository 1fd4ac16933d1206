"""What the claims of Net2Vec read: dissections of a network, of its untrained twin, and with masks given to the wrong
pictures."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core import engine
from core.claims.bench import STAGES, Bench
from core.measures import concept_scores
from core.methods.chip.importances import layers_for
from core.methods.net2vec.dissection import FEW, Dissection
from core.methods.net2vec.firing import Fired
from core.methods.net2vec.masks import Masks
from core.methods.net2vec.pool import Pool
from core.networks.layers import Layer
from core.networks.network import Network

TWIN, SHUFFLED, DISC = "untrained twin", "masks shuffled between images", "centred disc"
SEGMENTATION, CLASSIFICATION = TASKS = ("segmentation", "classification")


def depths(network: Network) -> tuple[Layer, ...]:
    """At most five layers from the first to the last convolution, as the paper's conv1 to conv5: blocks after the first
    convolution where there are at least four, else convolutions; more are thinned out evenly."""
    spatial = layers_for(network)
    convs, blocks = ([one for one in spatial if one.kind == kind] for kind in ("conv", "block"))
    chosen = [*convs[:1], *blocks] if len(blocks) >= STAGES - 1 else convs or blocks
    places = np.linspace(0, len(chosen) - 1, min(STAGES, len(chosen))).round().astype(int)
    return tuple(chosen[place] for place in places)


def asked(bench: Bench) -> dict[str, Any]:
    """What every question to the engine says."""
    return {"images": bench.sizes.dissected, "seed": bench.seed, "progress": bench.tell}


def dissections(bench: Bench, network: Network, layers: Sequence[Layer] | None = None) -> dict[str, Dissection]:
    """Layers' dissections by name, else at every depth; those missing in one pass over the pictures."""
    names = [layer.name for layer in (depths(network) if layers is None else layers)]
    keys = {name: ("dissected", network.fingerprint, name) for name in names}
    if missing := [name for name, key in keys.items() if key not in bench.shared]:
        found = engine.dissect_of(network, bench.probe, missing, **asked(bench))
        bench.shared |= {keys[name]: one for name, one in found.items()}
    return {name: bench.shared[key] for name, key in keys.items()}


def deep(bench: Bench, network: Network) -> Dissection:
    """The dissection of the default layer."""
    return dissections(bench, network, [network.default_layer])[network.default_layer.name]


def scored(found: Dissection, task: str, least: int = FEW) -> tuple[np.ndarray, np.ndarray]:
    """The best single filter's score and that of all together; NaN for concepts with fewer training pictures than the
    paper's have.  -> (C,), (C,)"""
    single, combined = concept_scores.scores(found, task)
    enough = (found.train if task == SEGMENTATION else found.positives[0]) >= least
    return np.where(enough, single, np.nan), np.where(enough, combined, np.nan)


def gains(found: Dissection, task: str, least: int = FEW) -> np.ndarray:
    """How much more all filters reach than the best one; NaN as in `scored`.  -> (C,)"""
    single, combined = scored(found, task, least)
    return combined - single


def masks_of(bench: Bench) -> tuple[Masks, Pool]:
    """The masks of the pictures that the dissections rest on."""
    pool = deep(bench, bench.network).pool
    return bench.once("masks", lambda: engine.concept_masks(bench.probe, pool, bench.tell)), pool


def fired_of(bench: Bench) -> Fired:
    """Where the default layer's filters fire in these pictures."""
    name = bench.network.default_layer.name
    return bench.once("fired", lambda: engine.firing(bench.network, bench.probe, [name], **asked(bench))[name])


def dealt(masks: Masks, pool: Pool, seed: int = 0) -> Masks:
    """Masks given to other pictures: of each concept those of a split go round among the pictures of equal size that
    show it, and what is known to be in pictures among all of a split. A concept's only picture keeps its mask."""
    generator = np.random.default_rng(seed)
    training = np.asarray(pool.training)
    heights, widths = masks.sizes[masks.image].T
    keys = (generator.random(len(masks)), widths, heights, training[masks.image], masks.concept)
    order = np.lexsort(keys)
    groups = np.stack([key[order] for key in keys[1:]], 1)
    first = np.r_[True, np.any(groups[1:] != groups[:-1], axis=1)] if len(order) else np.zeros(0, bool)
    starts = np.flatnonzero(first)
    following = np.arange(1, len(order) + 1)
    following[np.r_[starts[1:], len(order)][: len(starts)] - 1] = starts
    donor = np.empty(len(order), np.int64)
    donor[order] = order[following]
    pieces = [masks.blob[masks.offsets[e] : masks.offsets[e + 1]] for e in donor]
    offsets = np.r_[0, np.cumsum([len(piece) for piece in pieces])].astype(masks.offsets.dtype)
    present = masks.present.copy()
    for split in (training, ~training):
        present[split] = generator.permuted(present[split], axis=0)
    blob = np.concatenate([masks.blob[:0], *pieces])
    return Masks(masks.image, masks.concept, masks.area[donor], offsets, blob, masks.sizes, present)
