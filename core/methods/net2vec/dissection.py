"""What Net2Vec finds at a layer: each concept's filters, one by one and together, for both of the paper's tasks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np

from core.methods.net2vec import classification, segmentation, subsets
from core.methods.net2vec.firing import Fired
from core.methods.net2vec.frames import HALF, Frames, Window
from core.methods.net2vec.masks import Masks
from core.methods.net2vec.pool import Pool
from core.methods.net2vec.subsets import Subsets
from core.methods.net2vec.tables import tables
from core.probes.probe import Concept

Progress = Callable[[int, int, str], None]

FEW = 10  # training pictures below which a vector is learned and flagged: the paper's concepts have at least as many
TASKS = ("segmentation", "classification")


@dataclass(frozen=True)
class Dissection:
    """A layer of K filters, grid (h, w), and C concepts on a pool of pictures. NaN where something is not defined.

    Segmentation. train, val (C,) int64: pictures of each split with a mask of the concept; area (C,): its mean share of
    the pixels in training pictures that have it; alpha = 1 - area (eq. 4). thresholds (K,): T_k. iou_train, iou_val
    (2, C, K) float32: set IoU (eq. 1) of every filter, whose upsampled map is made binary by '> 0' (0) or '>= 1/2' (1).
    best, binarisation (C,): the filter and the binarisation of the highest iou_train, best -1 where there is none;
    single_iou (C,): its iou_val. weights (C, K) float32, learned with `preset` and `loss` ('printed' or 'logarithm');
    combined_iou, combined_train (C,): their set IoU. Of each pair of a validation picture and a concept: image (V,)
    int32 in the pool, concept (V,) int32, single_ind, combined_ind (V,) float32 (eq. 3).

    Classification (eq. 5). positives (2, C) int64: pictures with the concept for training and validation; cls_weights
    (C, K), cls_bias, cls_accuracy (C,), balanced, on validation; cls_best, cls_single_weight, cls_single_bias,
    cls_single_accuracy (C,): the one filter of the largest |weight|, learned again alone; cls_best is -1 without one.

    unread (n,) int32: the pictures of the pool that count for neither, because what they show could not be read.
    """

    layer: str
    grid: tuple[int, int]
    pool: Pool
    concepts: tuple[Concept, ...]
    preset: str
    loss: str
    train: np.ndarray
    val: np.ndarray
    area: np.ndarray
    alpha: np.ndarray
    thresholds: np.ndarray
    iou_train: np.ndarray
    iou_val: np.ndarray
    best: np.ndarray
    binarisation: np.ndarray
    single_iou: np.ndarray
    weights: np.ndarray
    combined_iou: np.ndarray
    combined_train: np.ndarray
    image: np.ndarray
    concept: np.ndarray
    single_ind: np.ndarray
    combined_ind: np.ndarray
    positives: np.ndarray
    cls_weights: np.ndarray
    cls_bias: np.ndarray
    cls_accuracy: np.ndarray
    cls_best: np.ndarray
    cls_single_weight: np.ndarray
    cls_single_bias: np.ndarray
    cls_single_accuracy: np.ndarray
    unread: np.ndarray
    note: str = ""

    def reason(self, c: int, task: str) -> str:
        """Why a concept has no vector or no score, or one that rests on little; '' where nothing is to be said."""
        if task == "segmentation":
            train, val = int(self.train[c]), int(self.val[c])
            everywhere = "fills every picture that it is in" if self.alpha[c] == 0 else ""
        else:
            train, val = (int(count) for count in self.positives[:, c])
            training = np.delete(self.pool.training, self.unread)
            always = train == int(training.sum()), val == int((~training).sum())
            split = "" if all(always) else "training " if always[0] else "validation "
            everywhere = f"in every {split}picture" if any(always) else ""
        if not train and not val:
            return "in none of the pictures" if task == "classification" else "no picture shows where it is"
        if not train or not val:
            return f"in {'training' if train else 'validation'} pictures only"
        if everywhere:
            return everywhere
        return f"only {train} training picture{'s' * (train > 1)}" if train < FEW else ""


def dissect(
    fired: Fired,
    masks: Masks,
    pool: Pool,
    window: Window | None = None,
    preset: str = "fast",
    loss: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, np.ndarray]:
    """The arrays of a `Dissection`. `window`: what the network sees of a picture, all of it unless given; `loss`: the
    preset's own unless given.  Raises UnknownName for a preset or a loss; what `progress` raises."""
    loss = segmentation.settled(preset, loss)
    share = segmentation.shares(masks, Frames(fired.grid, window))
    arrays = _counted(masks, pool, share) | {"grid": np.array(fired.grid, np.int64), "thresholds": fired.thresholds}
    arrays |= _alone(fired, masks, pool, arrays["alpha"], window, progress)
    arrays |= _together(fired, masks, pool, arrays, share, window, (preset, loss, seed, progress))
    told = labelled(fired, masks, pool)
    found = classification.learn(*told, preset, seed, progress)
    single = classification.single(*told, found.weights, preset, seed, progress)
    return arrays | {
        "positives": found.positives,
        "cls_weights": found.weights,
        "cls_bias": found.bias,
        "cls_accuracy": found.accuracy,
        "cls_best": single.best,
        "cls_single_weight": single.weight,
        "cls_single_bias": single.bias,
        "cls_single_accuracy": single.accuracy,
        "unread": np.flatnonzero(masks.unread).astype(np.int32),
    }


def labelled(fired: Fired, masks: Masks, pool: Pool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What classification learns from: means (n, K), present (n, C) and training (n,) of the pictures of which it is
    known what they show."""
    read = ~masks.unread
    return fired.means[read], masks.present[read], pool.training[read]


def segmentation_subsets(
    fired: Fired,
    masks: Masks,
    whole: Dissection,
    window: Window | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Subsets:
    """Set IoU on validation of the concepts with their F strongest filters only, learned again (figure 3, left)."""
    share = segmentation.shares(masks, Frames(fired.grid, window))
    held_out = ~whole.pool.training

    def again(allowed: np.ndarray, tell: Progress | None) -> np.ndarray:
        asked = {"window": window, "share": share, "allowed": allowed, "seed": seed, "progress": tell}
        weights = segmentation.learn(fired, masks, whole.pool, whole.preset, whole.loss, **asked)
        found = segmentation.overlaps(fired, masks, np.flatnonzero(held_out), weights, window=window)
        return found.by_set(masks, held_out[masks.image])

    return subsets.scored("segmentation", whole.weights, whole.combined_iou, again, progress)


def _counted(masks: Masks, pool: Pool, share: np.ndarray) -> dict[str, np.ndarray]:
    """train, val, area, alpha.  share (E,)"""
    concepts, training = masks.present.shape[1], pool.training[masks.image]
    train, val = (np.bincount(masks.concept[some & (share > 0)], minlength=concepts) for some in (training, ~training))
    total = np.bincount(masks.concept[training], share[training], concepts)
    area = np.where(train > 0, total / np.maximum(train, 1), np.nan)
    return {"train": train.astype(np.int64), "val": val.astype(np.int64), "area": area, "alpha": 1 - area}


def _alone(
    fired: Fired, masks: Masks, pool: Pool, alpha: np.ndarray, window: Window | None, progress: Progress | None
) -> dict[str, np.ndarray]:
    """Every filter alone, and the best of each concept: chosen on training pictures with the binarisation that suits
    the concept better, so that what all filters reach together is compared with the stronger of the two."""
    inter, union = tables(fired, masks, pool, window, progress)
    iou = np.where((union > 0) & (alpha > 0)[:, None], inter / np.maximum(union, 1), np.nan).astype(np.float32)
    train, val = iou[:, 0], iou[:, 1]
    filters, concepts = train.shape[2], np.arange(len(alpha))
    ranked = np.nan_to_num(train).transpose(1, 0, 2).reshape(len(alpha), -1)  # (C, 2 K)
    binarisation, best = np.divmod(ranked.argmax(1), filters)
    found = ranked.max(1) > 0
    return {
        "iou_train": train,
        "iou_val": val,
        "best": np.where(found, best, -1),
        "binarisation": np.where(found, binarisation, 0),
        "single_iou": np.where(found, val[binarisation, concepts, best], np.nan).astype(np.float64),
    }


def _together(
    fired: Fired,
    masks: Masks,
    pool: Pool,
    arrays: Mapping[str, np.ndarray],
    share: np.ndarray,
    window: Window | None,
    asked: tuple[str, str, int, Progress | None],
) -> dict[str, np.ndarray]:
    """What is learned of all filters, its scores, and those of the best one in single validation pictures."""
    preset, loss, seed, progress = asked
    told = {"window": window, "share": share, "seed": seed, "progress": progress}
    weights = segmentation.learn(fired, masks, pool, preset, loss, **told)
    whole = segmentation.overlaps(fired, masks, np.arange(len(pool)), weights, window=window, progress=progress)
    training, best = pool.training[masks.image], arrays["best"]
    one = np.where((best >= 0)[:, None], np.arange(weights.shape[1]) == best[:, None], np.nan).astype(np.float32)
    cuts = np.where(arrays["binarisation"] == 1, HALF, 0)
    alone = segmentation.overlaps(fired, masks, np.flatnonzero(~pool.training), one, cuts, window, progress)
    pairs = np.flatnonzero(~training & (whole.union > 0))
    return {
        "weights": weights,
        "combined_iou": whole.by_set(masks, ~training),
        "combined_train": whole.by_set(masks, training),
        "image": masks.image[pairs],
        "concept": masks.concept[pairs].astype(np.int32),
        "single_ind": alone.by_picture()[pairs].astype(np.float32),
        "combined_ind": whole.by_picture()[pairs].astype(np.float32),
    }


def record(
    arrays: Mapping[str, np.ndarray],
    layer: str,
    pool: Pool,
    concepts: tuple[Concept, ...],
    preset: str,
    loss: str,
    note: str = "",
) -> Dissection:
    """The record of stored arrays."""
    told = {"layer", "grid", "pool", "concepts", "preset", "loss", "note"}
    rest = {field.name: arrays[field.name] for field in fields(Dissection) if field.name not in told}
    grid = (int(arrays["grid"][0]), int(arrays["grid"][1]))
    return Dissection(layer, grid, pool, concepts, preset, loss, **rest, note=note)
