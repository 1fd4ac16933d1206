"""Explainers that come with embedded networks, so that their pages open at once."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from core.methods.explainer import packing
from core.methods.explainer.anatomy import anatomy
from core.methods.explainer.network import Explainer
from core.networks.menagerie_nets import WEIGHTS
from core.networks.network import Network

PROBE = "menagerie"


def path_of(name: str) -> Path:
    """Where the explainer of an embedded network is kept."""
    return WEIGHTS / f"{name}-explainer.safetensors"


def load(network: Network, probe: str, asked: Mapping[str, Any]) -> dict[str, np.ndarray] | None:
    """The shipped explainer's arrays and 'history', if it is of this network, trained as asked on that probe."""
    path = path_of(network.name)
    if probe != PROBE or not path.is_file():
        return None
    with safe_open(path, "np") as file:
        told = json.loads(file.metadata()["made"])
    return load_file(path) if told == _made(network, asked) else None


def keep(network: Network, probe: str, asked: Mapping[str, Any], explainer: Explainer, history: np.ndarray) -> Path:
    """Ships an explainer.  Raises ValueError for one of another probe than the embedded one."""
    if probe != PROBE:
        raise ValueError(f"explainers of {PROBE} are shipped, not of {probe}")
    arrays = packing.small(explainer, anatomy(network)) | {"history": history}
    told = {"made": json.dumps(_made(network, asked), sort_keys=True)}
    save_file({name: np.ascontiguousarray(one) for name, one in arrays.items()}, path_of(network.name), told)
    return path_of(network.name)


def _made(network: Network, asked: Mapping[str, Any]) -> dict:
    """What a shipped explainer has to agree on. Not how the probe's pictures are drawn today: it was trained on those
    of the day when it was made."""
    return {"network": network.fingerprint, "asked": dict(asked)}
