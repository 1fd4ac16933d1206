"""What Net2Vec finds at a layer: each concept's filters, one by one and together, for both of the paper's tasks."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from core.methods.net2vec.pool import Pool
from core.probes.probe import Concept

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
    note: str = ""

    def reason(self, c: int, task: str) -> str:
        """Why a concept has no vector or no score, or one that rests on little; '' where nothing is to be said."""
        if task == "segmentation":
            train, val, everywhere = int(self.train[c]), int(self.val[c]), self.alpha[c] == 0
        else:
            train, val = (int(count) for count in self.positives[:, c])
            everywhere = train == int(self.pool.training.sum()) or val == int((~self.pool.training).sum())
        if not train and not val:
            return "in none of the pictures" if task == "classification" else "no picture shows where it is"
        if not train or not val:
            return f"in {'training' if train else 'validation'} pictures only"
        if everywhere:
            return "in every picture" if task == "classification" else "fills every picture that it is in"
        return f"only {train} training picture{'s' * (train > 1)}" if train < FEW else ""


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
