"""Boxes and regions drawn from maps at a grid of thresholds: what tables of localisation are made of.

The task of CHIP's table II: a map of each of the five most probable classes is cut at a share of its maximum, and a box
put around the largest part. CHIP's figure 7 asks for the cut map itself instead of its box.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType

import numpy as np
import torch

from core.measures.localisation import centred_disc, labelled_instances
from core.measures.overlap import iou, largest_box, region
from core.methods import explain as run_methods
from core.methods.heatmap import Heatmap
from core.networks.layers import Layer
from core.networks.network import Network
from core.probes.probe import Probe
from core.statistics import Batch, State

# Shares of a map's maximum; the first three because few pixels of a fine map are far above all others.
THRESHOLDS = (0.01, 0.02, 0.03, *(step / 20 for step in range(1, 19)))
FIVE = 5
DISC = "centred-disc"  # stands among the methods: the same box in every picture
_NONE = -1


@dataclass(frozen=True)
class Placed:
    """Where one method's boxes and regions lie at every threshold; nothing is decided yet.

    indices (n,) into the probe; first (n,), the network's most probable class; rank (n,), the place of the image's own
    class among the five most probable, -1 where it is not among them. boxes (n, 2, T, 4) int32, from the map of the
    most probable class and from that of the own class, in the picture's pixels; -1 where there is no box. pixel (n, T),
    IoU of the cut map of the most probable class with the object's mask, NaN where the probe has none. truth (m, 4),
    the true boxes of the own class, and owner (m,), the index of the image that each belongs to.

    The other three of the five maps are not needed: their classes are wrong, whatever their boxes.
    """

    indices: np.ndarray
    first: np.ndarray
    rank: np.ndarray
    boxes: np.ndarray
    pixel: np.ndarray
    truth: np.ndarray
    owner: np.ndarray

    def ious(self) -> np.ndarray:
        """Each box's largest IoU with a true one, 0 without a box.  -> (n, 2, T)"""
        return box_ious(self.boxes, self._truths()[:, None, None]).max(-1)

    def areas(self) -> np.ndarray:
        """Area of the most probable class's box over that of the true box it overlaps most; NaN without a box.
        -> (n, T)"""
        boxes, truths = self.boxes[:, 0], self._truths()
        most = box_ious(boxes, truths[:, None]).argmax(-1)
        truth = np.take_along_axis(area(truths), most, 1)
        return np.where(boxes[..., 0] != _NONE, area(boxes) / truth, np.nan)

    def _truths(self) -> np.ndarray:
        """The true boxes image by image, as many for each: repeated where an image has fewer.  -> (n, k, 4)"""
        own = [self.truth[self.owner == index] for index in self.indices]
        most = max(map(len, own), default=1)
        return np.array([np.resize(boxes, (most, 4)) for boxes in own]).reshape(-1, most, 4)


def area(boxes: np.ndarray) -> np.ndarray:
    """Pixels of each box (top, left, bottom, right), half-open.  (..., 4) -> (...)"""
    return np.maximum(boxes[..., 2] - boxes[..., 0], 0) * np.maximum(boxes[..., 3] - boxes[..., 1], 0)


def box_ious(boxes: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """IoU of every box with every true one.  (..., 4), (..., m, 4) -> (..., m)"""
    a, b = np.asarray(boxes, np.float64)[..., None, :], np.asarray(truth, np.float64)
    shared = area(np.concatenate([np.maximum(a, b)[..., :2], np.minimum(a, b)[..., 2:]], -1))
    return shared / (area(a) + area(b) - shared)


class Boxes:
    """A statistic of a pass: boxes and regions of several methods' maps at every threshold.

    `own` (probe's classes,) is the network's class of each of the probe's, -1 where it knows none; images of such a
    class, without a label or without a box of it are left out. Of a signed map the positive part counts.
    `importances` {layer name: (C, K)} are for the methods that need them, and `told` names them in the settings.

    result: {method: Placed}.
    """

    layers = ()

    def __init__(
        self,
        network: Network,
        probe: Probe,
        methods: Sequence[str],
        layer: Layer,
        own: np.ndarray,
        importances: Mapping[str, np.ndarray] = MappingProxyType({}),
        told: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._network, self._probe, self._methods, self._layer = network, probe, tuple(methods), layer
        self._own, self._importances, self._parts = own, importances, []
        self.settings = {"methods": list(methods), "layer": layer.name, "importances": dict(told)}

    def update(self, batch: Batch) -> None:
        own = np.where(batch.labels >= 0, self._own[batch.labels], -1)
        truths = [
            labelled_instances(self._probe, int(i)) if c >= 0 else () for i, c in zip(batch.indices, own, strict=True)
        ]
        kept = np.flatnonzero([bool(truth) for truth in truths])
        if not len(kept):
            return
        five = batch.logits.topk(min(FIVE, batch.logits.shape[1]), 1).indices.cpu().numpy()[kept]
        indices, truths, own = batch.indices[kept], [truths[row] for row in kept], own[kept]
        hits = five == own[:, None]
        first, rank = five[:, 0].astype(np.int64), np.where(hits.any(1), hits.argmax(1), -1)
        images = [self._probe.image(int(index)) for index in indices]
        masks = [_mask(truth) for truth in truths]
        boxes, pixel = self._placed(images, first, masks)
        both = np.stack([boxes, np.where((rank == 0)[None, :, None, None], boxes, _NONE)], 2)
        if len(later := np.flatnonzero(rank > 0)):
            both[:, later, 1] = self._placed([images[row] for row in later], own[later], [None] * len(later))[0]
        self._parts.append(
            {
                "indices": indices,
                "first": first,
                "rank": rank,
                "boxes": both,
                "pixel": pixel,
                "truth": np.array([one.box for truth in truths for one in truth], np.float64),
                "owner": np.repeat(indices, [len(truth) for truth in truths]),
            }
        )

    def _placed(
        self, images: Sequence[np.ndarray], classes: np.ndarray, masks: Sequence[np.ndarray | None]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Boxes and IoU with the masks, at every threshold, of each image's map for its class.
        -> (methods, n, T, 4) int32, (methods, n, T)"""
        maps = self._maps(images, classes)
        boxes = np.full((len(self._methods), len(images), len(THRESHOLDS), 4), _NONE, np.int32)
        pixel = np.full(boxes.shape[:3], np.nan)
        for m, method in enumerate(self._methods):
            for row, (image, mask) in enumerate(zip(images, masks, strict=True)):
                for t, inside in enumerate(_regions(maps.get(method), row, image, self._network)):
                    if box := largest_box(inside):
                        boxes[m, row, t] = box
                    if mask is not None:
                        pixel[m, row, t] = iou(inside, mask)
        return boxes, pixel

    def _maps(self, images: Sequence[np.ndarray], classes: np.ndarray) -> dict[str, np.ndarray]:
        """{method: (n, h, w)}, all methods in one joint computation"""
        names = [name for name in self._methods if name != DISC]
        network = self._network
        labels = torch.from_numpy(classes)[:, None]
        with network.lock:
            batch = network.prepare(images)
            found = run_methods(names, network, batch, labels, [self._layer], importances=self._importances)
        return {name: next(iter(maps.values()))[:, 0].cpu().numpy() for name, maps in found.items()}

    def merge(self, other: "Boxes") -> None:
        self._parts += other._parts

    def state(self) -> State:
        if not self._parts:
            return {}
        axis = {"boxes": 1, "pixel": 1}
        whole = {
            name: np.concatenate([part[name] for part in self._parts], axis.get(name, 0)) for name in self._parts[0]
        }
        self._parts = [whole]
        return dict(whole)

    def restore(self, state: State) -> None:
        self._parts = [{name: np.array(value) for name, value in state.items()}] if state else []

    def result(self) -> dict[str, Placed]:
        whole = self.state() or self._nothing()
        shared = {field.name: whole[field.name] for field in fields(Placed)}
        return {
            method: Placed(**shared | {"boxes": whole["boxes"][m], "pixel": whole["pixel"][m]})
            for m, method in enumerate(self._methods)
        }

    def _nothing(self) -> State:
        m, t = len(self._methods), len(THRESHOLDS)
        whole = np.zeros(0, np.int64)
        return {
            "indices": whole, "first": whole, "rank": whole, "owner": whole, "truth": np.zeros((0, 4)),
            "boxes": np.zeros((m, 0, 2, t, 4), np.int32), "pixel": np.zeros((m, 0, t)),
        }  # fmt: skip


def _mask(truth) -> np.ndarray | None:
    masks = [one.mask for one in truth if one.mask is not None]
    return np.logical_or.reduce(masks) if masks else None


def _regions(maps: np.ndarray | None, row: int, image: np.ndarray, network: Network) -> list[np.ndarray]:
    """The region over each threshold at the picture's size; the disc, which has no map, is the same at each."""
    height, width = image.shape[:2]
    if maps is None:
        return [centred_disc(height, width)] * len(THRESHOLDS)
    values = Heatmap(maps[row], "", None, 0).at(network.preprocessing, height, width)
    return [region(values, threshold) for threshold in THRESHOLDS]
