"""Guided Backpropagation, and Guided Grad-CAM.

J. T. Springenberg, A. Dosovitskiy, T. Brox, M. Riedmiller: Striving for Simplicity: The All Convolutional Net, ICLR
workshop 2015. A ReLU passes a gradient R back only where its input and the gradient itself are positive (section 3.4):

    R_i^l = (f_i^l > 0) (R_i^{l+1} > 0) R_i^{l+1}

Guided Grad-CAM is its product with Grad-CAM, brought to the input's resolution (Selvaraju et al., section 3.2).

The gradients come from captum, on a copy of the network in which every ReLU is a module of its own: captum hooks
modules only, and returns the plain gradient without a word where a ReLU is a function.
"""

import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from core.methods.gradcam import gradcam
from core.methods.registry import Progress, check_shapes, method, require_defined

_quiet = threading.Lock()


def without_colour(gradients: Tensor) -> Tensor:
    """max over colour channels of |.|, as Simonyan et al. (ICLR workshop 2014, section 3.1) reduce an image gradient.
    (..., 3, H, W) -> (..., H, W)"""
    return gradients.abs().amax(-3)


def guided_gradcam_map(cam: Tensor, gradients: Tensor) -> Tensor:
    """Bilinear Grad-CAM times guided gradients, then reduced over colours.

    (N, C, h, w), (N, C, 3, H, W) -> (N, C, H, W). Grad-CAM is never negative, so it comes out
    of max |.| and is multiplied once instead of once per colour.
    """
    fine = interpolate(cam, gradients.shape[-2:], mode="bilinear", align_corners=False)
    return fine * without_colour(gradients)


def guided_gradients(network: Any, batch: Tensor, classes: Tensor, progress: Progress | None = None) -> Tensor:
    """The guided gradient of each class's score with respect to the input.  (N, 3, H, W), (N, C) -> (N, C, 3, H, W)"""
    from captum.attr import GuidedBackprop

    results = []
    with network.lock, captum_quiet(), torch.enable_grad():
        attributor = GuidedBackprop(network.relu_modules_graph())
        for column in range(classes.shape[1]):
            if progress:
                progress(column, classes.shape[1], "Guided Backpropagation")
            image = batch.detach().clone().requires_grad_()
            results.append(attributor.attribute(image, target=classes[:, column].to(batch.device)).detach())
    return torch.stack(results, 1)


@contextmanager
def captum_quiet() -> Iterator[None]:
    """Without captum's warnings about hooks that it takes off again. Filters belong to the process, hence the lock."""
    with _quiet, warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module=r"captum\..*")
        yield


def shared_gradients(network: Any, batch: Tensor, classes: Tensor, progress: Progress | None, found: dict) -> Tensor:
    """Guided gradients, computed once for all methods of a joint computation.  -> (N, C, 3, H, W)"""
    if "guided gradients" not in found:
        found["guided gradients"] = guided_gradients(network, batch, classes, progress)
    return found["guided gradients"]


@method(
    name="guided-backprop",
    title="Guided Backpropagation",
    paper="Springenberg et al., ICLR workshop 2015",
    about="Which pixels drive the class's score through active ReLUs: sharp, but nearly the same for every class.",
    class_discriminative=False,
    needs_relu=True,
)
def guided_backprop(
    network: Any,
    batch: Tensor,
    classes: Tensor,
    layers: Sequence[Any],
    *,
    progress: Progress | None = None,
    seed: int = 0,
    found: dict | None = None,
) -> dict[str | None, Tensor]:
    """Guided gradients reduced over colours.  (N, 3, H, W), (N, C) -> {None: (N, C, H, W)}

    Raises NotDefined where the network has no ReLU.
    """
    check_shapes(batch, classes)
    require_defined("guided-backprop", network)
    found = {} if found is None else found
    return {None: without_colour(shared_gradients(network, batch, classes, progress, found))}


@method(
    name="guided-gradcam",
    title="Guided Grad-CAM",
    paper="Selvaraju et al., ICCV 2017",
    about="Guided Backpropagation where Grad-CAM shines: fine and for one class.",
    per_layer=True,
    needs_relu=True,
)
def guided_gradcam(
    network: Any,
    batch: Tensor,
    classes: Tensor,
    layers: Sequence[Any],
    *,
    progress: Progress | None = None,
    seed: int = 0,
    found: dict | None = None,
) -> dict[str | None, Tensor]:
    """Grad-CAM of each layer times guided gradients.  (N, 3, H, W), (N, C) -> {layer name: (N, C, H, W)}

    Raises NotDefined where the network has no ReLU, and at a layer without spatial extent.
    """
    check_shapes(batch, classes)
    require_defined("guided-gradcam", network, layers)
    found = {} if found is None else found
    maps = gradcam(network, batch, classes, layers, progress=progress, found=found)
    gradients = shared_gradients(network, batch, classes, progress, found)
    return {name: guided_gradcam_map(cam, gradients) for name, cam in maps.items()}
