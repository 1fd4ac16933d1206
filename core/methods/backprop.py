"""Backpropagation: how much each pixel moves the class's score.

K. Simonyan, A. Vedaldi, A. Zisserman: Deep Inside Convolutional Networks: Visualising Image Classification Models and
Saliency Maps, ICLR workshop 2014; section 3.1:

    M_ij = max_colour | dS_c / dI |_ij

S_c is the score of class c before the softmax, I the picture.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from core.methods.guided import without_colour
from core.methods.registry import Progress, check_shapes, method


def gradients(network: Any, batch: Tensor, classes: Tensor, progress: Progress | None = None) -> Tensor:
    """dS_c/dI of each class.  (N, 3, H, W), (N, C) -> (N, C, 3, H, W). One forward pass, one backward pass a class."""
    image, found = batch.detach().clone(), []
    with torch.enable_grad():
        image.requires_grad_()
        scores = network(image).gather(1, classes.to(batch.device)).sum(0)
        for column, score in enumerate(scores):
            if progress:
                progress(column, len(scores), "Backpropagation")
            found.append(torch.autograd.grad(score, image, retain_graph=column + 1 < len(scores))[0])
    return torch.stack(found, 1)


@method(
    name="backprop",
    title="Backpropagation",
    paper="Simonyan et al., ICLR workshop 2014",
    about="Which pixels move the class's score most, up or down: the plain gradient, sharp and noisy.",
)
def backprop(
    network: Any,
    batch: Tensor,
    classes: Tensor,
    layers: Sequence[Any],
    *,
    progress: Progress | None = None,
    seed: int = 0,
) -> dict[str | None, Tensor]:
    """The gradient of each class's score, reduced over colours.  (N, 3, H, W), (N, C) -> {None: (N, C, H, W)}"""
    check_shapes(batch, classes)
    return {None: without_colour(gradients(network, batch, classes, progress))}
