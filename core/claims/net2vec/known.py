"""What is known of concepts from the drawing alone: where each tends to be, what lies on what, what is of one kind."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from core.claims.bench import Bench
from core.claims.net2vec.dissected import masks_of
from core.errors import NotDefined
from core.measures.localisation import centred_disc
from core.methods.net2vec.dissection import FEW
from core.methods.net2vec.masks import Masks
from core.methods.net2vec.pool import Pool
from core.probes.menagerie.hierarchy import ancestors
from core.probes.probe import Concept

SIDE = 32  # cells along each side of the grid that constant masks are made on
ON = 0.5  # of a concept's pixels on another one: it is its part, its colour, what it is made of
LIFT = 2.0  # times as many pictures together as by chance: they go together


@dataclass(frozen=True)
class Survey:
    """cover (2, C, 32, 32): each concept's mean share of every cell over the training and the validation pictures that
    show it. together (C, C): pictures that show both. inside (C, C): over those, the share of the row's pixels that are
    the column's as well. pictures: how many there are."""

    cover: np.ndarray
    together: np.ndarray
    inside: np.ndarray
    pictures: int

    def constant_iou(self) -> np.ndarray:
        """Set IoU on validation pictures of the best mask that is the same in every picture: the cells above the level
        of the training pictures' cover at which IoU is largest there.  -> (C,)"""
        return np.array([_constant(*both) for both in self.cover.reshape(2, -1, SIDE * SIDE).transpose(1, 0, 2)])

    def disc_iou(self) -> np.ndarray:
        """Set IoU on validation pictures of a disc in the middle.  -> (C,)"""
        disc = centred_disc(SIDE, SIDE)
        inter = self.cover[1][:, disc].sum(1)
        return inter / (self.cover[1].sum((1, 2)) + disc.sum() - inter)

    def on(self) -> np.ndarray:
        """Which concept (row) lies on which (column), in the pictures that show both.  -> (C, C) bool"""
        return (self.inside >= ON) & (self.together >= FEW)

    def company(self) -> np.ndarray:
        """Which concepts are twice as often in one picture as by chance.  -> (C, C) bool"""
        own = np.diag(self.together).astype(float)
        chance = own[:, None] * own / self.pictures
        return (self.together >= np.maximum(LIFT * chance, FEW)) & ~np.eye(len(own), dtype=bool)


def _constant(train: np.ndarray, val: np.ndarray) -> float:
    order = np.argsort(-train, kind="stable")
    inter, cells = np.cumsum(train[order]), np.arange(1, len(train) + 1)
    inside = order[: int(np.argmax(inter / (train.sum() + cells - inter))) + 1]
    found = val[inside].sum()
    return float(found / (val.sum() + len(inside) - found))


def survey(masks: Masks, pool: Pool, progress: Callable[[int, int, str], None] | None = None) -> Survey:
    """One look at every mask."""
    count = masks.present.shape[1]
    cover, shown = np.zeros((2, count, SIDE, SIDE)), np.zeros((2, count))
    inter, area, together = (np.zeros((count, count)) for _ in range(3))
    for position in range(len(pool)):
        if progress:
            progress(position, len(pool), "where concepts are")
        concepts, drawn = masks.of_image(position)
        if not len(concepts):
            continue
        values, split = torch.from_numpy(drawn).float(), int(not pool.training[position])
        cells = _shrinking(drawn.shape[1]) @ values @ _shrinking(drawn.shape[2]).T
        cover[split, concepts] += cells.numpy()
        shown[split, concepts] += 1
        flat, both = values.flatten(1), np.ix_(concepts, concepts)
        pixels = (flat @ flat.T).double().numpy()
        inter[both] += pixels
        area[both] += np.diag(pixels)[:, None]
        together[both] += 1
    cover = np.divide(cover, shown[..., None, None], out=np.full_like(cover, np.nan), where=shown[..., None, None] > 0)
    inside = np.divide(inter, area, out=np.zeros_like(inter), where=area > 0)
    return Survey(cover, together.astype(np.int64), inside, len(pool))


def _shrinking(pixels: int) -> torch.Tensor:
    """Means of `pixels` values over equal cells, shares of pixels counted.  -> (32, pixels) float32"""
    edges = np.arange(SIDE + 1) * pixels / SIDE
    places = np.arange(pixels)
    overlap = np.minimum(edges[1:, None], places + 1) - np.maximum(edges[:-1, None], places)
    return torch.from_numpy(np.clip(overlap, 0, None) * SIDE / pixels).float()


def surveyed(bench: Bench) -> Survey:
    """The survey of the pictures that the dissections rest on."""
    return bench.once("survey", lambda: survey(*masks_of(bench), bench.tell))


def same_kind(concepts: tuple[Concept, ...]) -> np.ndarray:
    """Which concepts of one category share a kind below it, such as two animals or two plants.  -> (C, C) bool"""
    kinds = [set(ancestors(one.name, one.category)) - {one.category, "thing"} for one in concepts]
    return np.array([
        [a.category == b.category and bool(mine & theirs) for b, theirs in zip(concepts, kinds, strict=True)]
        for a, mine in zip(concepts, kinds, strict=True)
    ])  # fmt: skip


def with_hierarchy(bench: Bench) -> None:
    """Raises NotDefined where the probe does not say what is a kind of what."""
    if "hierarchy" not in bench.probe.offers:
        raise NotDefined(f"{bench.probe.title} does not say what is a kind of what")
