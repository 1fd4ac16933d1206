"""A dissection written by hand: four filters, six concepts, eight pictures, the last four of them for validation."""

import numpy as np

from core.methods.net2vec.dissection import Dissection
from core.methods.net2vec.pool import Pool
from core.probes.probe import Concept

NAN = np.nan
CONCEPTS = (
    *(Concept("zebra", "object"), Concept("cloud", "object"), Concept("cloud", "material")),
    *(Concept("ear", "part"), Concept("meadow", "scene"), Concept("black", "colour")),
)
LABELS = ("zebra", "cloud (object)", "cloud (material)", "ear", "meadow", "black")


def by_hand(**changes) -> Dissection:
    """'zebra' gains, 'cloud' (object) loses and is rare, 'ear' loses and is small, 'meadow' has no masks, 'black' has
    no picture at all."""
    weights = np.array(
        [[2, 1, -1, 0], [1, 1, 1, 1], [0, 0, 3, -1], [0, 0, 0, 1], [NAN] * 4, [NAN] * 4],
        np.float32,
    )
    iou_val = np.zeros((2, 6, 4), np.float32)
    iou_val[1, 0] = 0.4, 0.2, 0.0, 0.0
    iou_val[0, 1] = 0.1, 0.3, 0.2, 0.1
    iou_val[0, 2] = 0.0, 0.1, 0.5, 0.1
    iou_val[0, 3] = 0.05, 0.0, 0.0, 0.02
    fields = {
        "layer": "conv5",
        "grid": (2, 2),
        "pool": Pool(np.arange(8, dtype=np.int64) * 10, np.arange(8) < 4),
        "concepts": CONCEPTS,
        "preset": "fast",
        "loss": "printed",
        "train": np.array([200, 40, 150, 120, 0, 0]),
        "val": np.array([4, 2, 3, 3, 0, 0]),
        "area": np.array([0.2, 0.1, 0.3, 0.004, NAN, NAN]),
        "thresholds": np.array([1, 2, 3, 4], np.float32),
        "iou_train": iou_val,
        "iou_val": iou_val,
        "best": np.array([0, 1, 2, 0, -1, -1]),
        "binarisation": np.array([1, 0, 0, 0, 0, 0]),
        "single_iou": np.array([0.4, 0.3, 0.5, 0.05, NAN, NAN]),
        "weights": weights,
        "combined_iou": np.array([0.6, 0.2, 0.5, 0.04, NAN, NAN]),
        "combined_train": np.array([0.7, 0.3, 0.6, 0.05, NAN, NAN]),
        "image": np.array([4, 5, 6, 7, 4, 5, 4, 5, 6, 5, 6, 7], np.int32),
        "concept": np.array([0, 0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3], np.int32),
        "single_ind": np.array([0, 0.5, 0.3, 0, 0.1, 0, 0.5, 0.4, 0.6, 0, 0, 0.1], np.float32),
        "combined_ind": np.array([0.2, 0.8, 0.6, 0.4, 0.2, 0.1, 0.5, 0.5, 0.5, 0, 0.1, 0.1], np.float32),
        "positives": np.array([[200, 40, 150, 120, 300, 0], [4, 2, 3, 3, 2, 0]]),
        "cls_weights": np.array([[1, 0, 0, 0], [0, 2, 0, 0], [0, 0, 1, 1], [0, 0, 0, 4], [0, 3, 0, 0], [NAN] * 4]),
        "cls_bias": np.array([0, 0, 0, 0, 0, NAN]),
        "cls_accuracy": np.array([0.9, 0.8, 0.7, 0.6, 0.95, NAN]),
        "cls_best": np.array([0, 1, 2, 3, 1, -1]),
        "cls_single_weight": np.array([1, 2, 1, 4, 3, NAN]),
        "cls_single_bias": np.array([0, 0, 0, 0, 0, NAN]),
        "cls_single_accuracy": np.array([0.7, 0.85, 0.7, 0.55, 0.75, NAN]),
        "unread": np.zeros(0, np.int32),
    }
    fields["alpha"] = 1 - fields["area"]
    return Dissection(**{**fields, **changes})
