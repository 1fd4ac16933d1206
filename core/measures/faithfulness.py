"""Faithfulness: does the class's probability follow the map?

Insertion and deletion of V. Petsiuk, A. Das, K. Saenko: RISE: Randomized Input Sampling for Explanation of Black-box
Models, BMVC 2018, section 3.2. Pixels are ordered by the map, the most important first. Deletion takes them out of the
picture one share after the other, insertion puts them into a picture that shows nothing; at each step the network is
asked for the class's probability. A map is faithful when the area under the deletion curve is small and the area under
the insertion curve large. Neither area means much alone, so beside them stand those of random orders and of an order
from the centre outwards.

Insertion starts from the picture blurred, as in the paper (a flat start would gain probability from sharp edges of its
own); the blur grows with the input (sigma is 1/20 of the shorter side, about twice the paper's at 224 pixels, which
leaves large animals readable). Deletion ends in the picture's own mean colour (the paper: a constant, the data set's
mean, which a user's own network may not declare).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from core.methods.heatmap import Heatmap

STEPS = 8  # of an eighth of the pixels each: 12 took a redraw past half a second on two cores
RANDOM_ORDERS = 3
CELLS = 8  # random orders take cells of 1/8 of each side: single pixels would only look like noise
PIXELS = 15 * 128 * 128  # of input per pass: larger batches take a fifth longer, for memory fresh from the system
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Curve:
    """Probability of the class against the share of pixels changed, both ends included; `area` by the trapezoids."""

    fractions: np.ndarray  # (steps + 1,) in 0..1
    probabilities: np.ndarray  # (steps + 1,) in 0..1

    @property
    def area(self) -> float:
        return float(np.trapezoid(self.probabilities, self.fractions))


@dataclass(frozen=True)
class Faithfulness:
    """The two curves of one map. `flat` says that the map has one value everywhere, so that its order means nothing."""

    method: str
    layer: str | None
    class_index: int
    insertion: Curve
    deletion: Curve
    flat: bool


@dataclass(frozen=True)
class Floor:
    """What orders that know nothing of the map reach for a class. The random curves are means over the orders."""

    class_index: int
    random_insertion: Curve
    random_deletion: Curve
    centre_insertion: Curve
    centre_deletion: Curve
    random_insertion_areas: np.ndarray  # (orders,), each order's own
    random_deletion_areas: np.ndarray  # (orders,)


def ranks(values: Tensor) -> Tensor:
    """The place of each pixel in descending order, ties in reading order, NaN last.  (M, H, W) -> (M, H, W) int64"""
    flat = torch.nan_to_num(values.double(), nan=-torch.inf, posinf=torch.inf, neginf=-torch.inf).flatten(1)
    order = flat.argsort(dim=1, descending=True, stable=True)
    places = torch.arange(flat.shape[1], device=flat.device).expand_as(order)
    return torch.empty_like(order).scatter_(1, order, places).reshape(values.shape)


def centre_out(height: int, width: int) -> Tensor:
    """An order that starts at the centre: minus the squared distance from it.  -> (height, width)"""
    rows = torch.arange(height, dtype=torch.float64) - (height - 1) / 2
    columns = torch.arange(width, dtype=torch.float64) - (width - 1) / 2
    return -(rows[:, None] ** 2 + columns**2)


def random_cells(height: int, width: int, count: int, seed: int) -> Tensor:
    """Random orders of the cells of an 8 x 8 grid; within a cell all pixels tie.  -> (count, height, width)"""
    generator = torch.Generator().manual_seed(seed)
    values = torch.stack([torch.randperm(CELLS * CELLS, generator=generator) for _ in range(count)])
    rows, columns = (torch.arange(side) * CELLS // side for side in (height, width))
    return values.reshape(count, CELLS, CELLS)[:, rows][:, :, columns]


def blurred(image: Tensor) -> Tensor:
    """The picture under a Gaussian of sigma = 1/20 of the shorter side, cut at 2.5 sigma.  (1, 3, H, W) -> the same"""
    sigma = min(image.shape[-2:]) / 20
    reach = min(int(np.ceil(2.5 * sigma)), min(image.shape[-2:]) - 1)
    steps = torch.arange(-reach, reach + 1, dtype=image.dtype, device=image.device)
    kernel = torch.exp(-(steps**2) / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).reshape(1, 1, -1, 1)
    result = pad(image, (reach, reach, reach, reach), mode="reflect").transpose(0, 1)
    return conv2d(conv2d(result, kernel), kernel.transpose(2, 3)).transpose(0, 1)


def mean_colour(image: Tensor) -> Tensor:
    """The picture's mean colour everywhere.  (1, 3, H, W) -> the same"""
    return image.mean((2, 3), keepdim=True).expand_as(image)


def batch_size(image: Tensor) -> int:
    """Pictures per pass: 15 of 128 x 128, 4 of 224 x 224."""
    return max(1, PIXELS // image[0, 0].numel())


def curves(
    network: Any, image: Tensor, orders: Tensor, steps: int = STEPS, progress: Progress | None = None
) -> tuple[Tensor, Tensor]:
    """Insertion and deletion along several orders of one picture, for all classes, in as few batches as memory allows.

    (1, 3, H, W), (M, H, W) values to order by -> two of (M, steps + 1, classes). The picture, its blur and its mean
    colour are the ends of every curve and are evaluated once.
    """
    place = ranks(orders.to(image.device))
    counts = [round(step * place[0].numel() / steps) for step in range(1, steps)]
    # 0 the picture, 1 its blur, 2 its mean colour; the same numbers, but CPU convolutions take half the time on this
    # layout
    ends = torch.cat([image, blurred(image), mean_colour(image)]).contiguous(memory_format=torch.channels_last)
    plan = [(end, end, 0, 0) for end in range(3)]
    for reached, left in ((0, 1), (2, 0)):
        plan += [(reached, left, m, count) for m in range(len(place)) for count in counts]
    answers, size = [], batch_size(image)
    for start in range(0, len(plan), size):
        if progress:
            progress(start, len(plan), "Faithfulness")
        reached, left, which, count = torch.tensor(plan[start : start + size], device=image.device).unbind(1)
        changed = place[which, None] < count[:, None, None, None]
        answers.append(network.probabilities(torch.where(changed, ends[reached], ends[left])))
    found = torch.cat(answers)
    whole, blank, grey = (found[end].expand(len(place), 1, -1) for end in range(3))
    insertion, deletion = found[3:].reshape(2, len(place), steps - 1, -1)
    return torch.cat([blank, insertion, whole], 1), torch.cat([whole, deletion, grey], 1)


def faithfulness(
    network: Any, image: Tensor, heatmaps: Sequence[Heatmap], *, steps: int = STEPS, progress: Progress | None = None
) -> list[Faithfulness]:
    """The curves of several maps of one picture, in one batched pass.  (1, 3, H, W) prepared, maps of any resolution

    Each map is brought to the network's input and read for its own class.
    """
    if not heatmaps:
        return []
    values = [heatmap.at_input(*image.shape[-2:]) for heatmap in heatmaps]
    inserted, deleted = curves(network, image, torch.from_numpy(np.stack(values)), steps, progress)
    results = []
    for number, heatmap in enumerate(heatmaps):
        insertion, deletion = (_curve(answers[number, :, heatmap.class_index]) for answers in (inserted, deleted))
        seen = heatmap.values[~np.isnan(heatmap.values)]
        flat = not (seen.size and seen.max() > seen.min())
        results.append(Faithfulness(heatmap.method, heatmap.layer, heatmap.class_index, insertion, deletion, flat))
    return results


def floors(
    network: Any,
    image: Tensor,
    classes: Sequence[int],
    *,
    orders: int = RANDOM_ORDERS,
    seed: int = 0,
    steps: int = STEPS,
    progress: Progress | None = None,
) -> dict[int, Floor]:
    """Random and centre-out orders of one picture: {class: Floor}.  (1, 3, H, W) prepared

    They know no map and no class, so one pass serves all classes, and they can be kept apart from the maps.
    """
    height, width = image.shape[-2:]
    random = random_cells(height, width, orders, seed).double()
    every = torch.cat([random, centre_out(height, width)[None]])
    answers = [both.double().cpu().numpy() for both in curves(network, image, every, steps, progress)]
    fractions = np.linspace(0, 1, steps + 1)
    means = [both[:-1].mean(0) for both in answers]
    areas = [np.trapezoid(both[:-1], fractions, axis=1) for both in answers]  # (orders, classes)
    return {
        int(label): Floor(
            int(label),
            *(Curve(fractions, both[:, label]) for both in means),
            *(Curve(fractions, both[-1][:, label]) for both in answers),
            *(both[:, label] for both in areas),
        )
        for label in classes
    }


def _curve(probabilities: Tensor) -> Curve:
    values = probabilities.double().cpu().numpy()
    return Curve(np.linspace(0, 1, len(values)), values)
