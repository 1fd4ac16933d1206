"""An explainer as arrays, exactly, for the cache; or small, for the repository.

Small: what the first layer of the decoder differs by from fc6, with which it begins, in 8 bits and a scale for each of
its units; everything else in 16 bits. What that costs is measured where the explainer is made.
"""

from collections.abc import Mapping

import numpy as np
import torch

from core.errors import BadWeights
from core.methods.explainer.anatomy import Anatomy
from core.methods.explainer.network import Explainer

_LARGE, _EXACT = "dec1.weight", ("magnitude", "seen", "balance")


def arrays(explainer: Explainer) -> dict[str, np.ndarray]:
    """All weights and running magnitudes, by name."""
    return {name: value.cpu().numpy() for name, value in explainer.state_dict().items()}


def explainer(performer: Anatomy, kept: Mapping[str, np.ndarray], *, masked: bool = True) -> Explainer:
    """The explainer of a performer that `arrays` or `small` were made from, in evaluation mode.

    Raises BadWeights where they belong to another performer.
    """
    found = Explainer(performer, masked=masked).to(performer.first.weight.device)
    state = {name: np.asarray(one, np.int64 if name.endswith("seen") else np.float32) for name, one in kept.items()}
    if f"{_LARGE}/change" in state:
        change, scale = state.pop(f"{_LARGE}/change"), state.pop(f"{_LARGE}/scale")
        state[_LARGE] = performer.first.weight.detach().cpu().numpy() + change * scale
    try:
        found.load_state_dict({name: torch.from_numpy(np.array(one)) for name, one in state.items()})
    except (RuntimeError, ValueError) as error:
        raise BadWeights("these weights of an explainer belong to another network") from error
    return found.eval().requires_grad_(False)


def small(made: Explainer, performer: Anatomy) -> dict[str, np.ndarray]:
    """The same in a quarter of the bytes."""
    kept = arrays(made)
    change = kept.pop(_LARGE) - performer.first.weight.detach().cpu().numpy()
    scale = np.maximum(np.abs(change).max(1, keepdims=True), 1e-12) / 127
    kept = {name: one if name.endswith(_EXACT) else one.astype(np.float16) for name, one in kept.items()}
    return kept | {f"{_LARGE}/change": np.rint(change / scale).astype(np.int8), f"{_LARGE}/scale": scale}
