"""Weights from files of any origin: .pth and .safetensors, read without running anything, fitted to a module."""

import io
import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import nn

from core.errors import BadWeights

State = dict[str, torch.Tensor]
_WRAPPERS = ("state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "params")
_PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.")
_OLD_DENSENET = re.compile(
    r"^(.*denselayer\d+\.(?:norm|relu|conv))\.((?:[12])\.(?:weight|bias|running_mean|running_var))$"
)


def read_weights(source: str | Path | bytes, name: str | None = None) -> State:
    """The tensors of a checkpoint by name, floating point ones as float32, wrappers ('state_dict', 'module.') removed.

    `name` is what messages call the file. Raises BadWeights: no file, damaged, not weights, or more than tensors.
    """
    name = name or ("the checkpoint" if isinstance(source, bytes) else Path(source).name)
    data = source if isinstance(source, bytes) else _bytes(Path(source))
    content = _read(data, name)
    state = _unwrapped(content)
    if not state:
        raise BadWeights(f"{name} holds no tensors by name; save a network's state_dict()")
    return {_OLD_DENSENET.sub(r"\1\2", key): _single(value) for key, value in state.items()}


def fit(module: nn.Module, state: State, name: str, network: str) -> None:
    """Loads a state into a module. One built on the meta device takes the state's tensors for its own.

    Raises BadWeights where keys or shapes differ, saying which.
    """
    expected = module.state_dict()
    state = _without_prefix(state, expected)
    optional = {key for key in expected if key.endswith("num_batches_tracked")}
    missing = [key for key in expected if key not in state and key not in optional]
    unexpected = [key for key in state if key not in expected]
    if missing or unexpected:
        raise BadWeights(f"{name} does not fit {network}: {_differences(missing, unexpected, expected)}")
    for key, value in state.items():
        if value.shape != expected[key].shape:
            given, wanted = (" × ".join(map(str, shape)) or "1" for shape in (value.shape, expected[key].shape))
            raise BadWeights(f"{name} does not fit {network}: '{key}' is {given}, and {wanted} is needed")
    for key in optional - state.keys():
        state[key] = torch.zeros((), dtype=torch.long)
    module.load_state_dict(state, assign=any(value.is_meta for value in expected.values()))


def _differences(missing: list[str], unexpected: list[str], expected: Mapping) -> str:
    parts = []
    if missing:
        parts.append(f"{len(missing)} of its {len(expected)} tensors are missing, such as '{missing[0]}'")
    if unexpected:
        parts.append(f"{len(unexpected)} are not its own, such as '{unexpected[0]}'")
    return ", and ".join(parts)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BadWeights(f"there is no weights file {path}") from None
    except OSError as error:
        raise BadWeights(f"the weights file {path} cannot be read: {error.strerror}") from error


def _read(data: bytes, name: str) -> Any:
    if data[6:9] == b"\0\0{":  # the length of the header, below 2 ** 48, then the header
        try:
            return load_safetensors(data)
        except SafetensorError as error:
            raise BadWeights(f"{name} is damaged or cut off ({error})") from error
    start = data[:512].lstrip()
    if not start:
        raise BadWeights(f"{name} is empty")
    if start.startswith(b"version https://git-lfs"):
        raise BadWeights(f"{name} is a Git LFS pointer and not the weights; 'git lfs pull' fetches them")
    if start[:1] == b"<":
        raise BadWeights(f"{name} is a web page and not weights; the download went to a page about the file")
    return _unpickled(data, name)


def _unpickled(data: bytes, name: str) -> Any:
    """torch.load, for which a file is a zip archive, or since older days a row of pickles; tensors only."""
    is_zip = zipfile.is_zipfile(io.BytesIO(data))
    if not is_zip and data[:2] == b"PK":
        raise BadWeights(f"{name} is damaged or cut off; fetch or copy it again")
    if not is_zip and data[:1] != b"\x80":
        raise BadWeights(f"{name} is not weights; a .pth or .safetensors file would do")
    try:
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if found := re.search(r"GLOBAL\s+([\w.]+)", str(error)):
            what = f"it asks to run Python code ({found[1]}), and only tensors are loaded; save model.state_dict()"
        else:
            what = "it is damaged, or a pickle that could run code; save model.state_dict() with torch.save"
        raise BadWeights(f"{name} was refused: {what}") from error
    except RuntimeError as error:
        if "TorchScript" in str(error):
            raise BadWeights(f"{name} is a TorchScript program and not weights; save model.state_dict()") from error
        raise BadWeights(f"{name} is damaged or cut off; fetch or copy it again") from error
    except Exception as error:  # a damaged pickle can raise anything that its opcodes can
        raise BadWeights(f"{name} is damaged or not weights; fetch or copy it again") from error


def _unwrapped(content: Any) -> State:
    while isinstance(content, Mapping):
        state = {key: value for key, value in content.items() if isinstance(value, torch.Tensor)}
        inner = next((content[key] for key in _WRAPPERS if isinstance(content.get(key), Mapping)), None)
        if inner is None:
            return {str(key): value for key, value in state.items()}
        content = inner
    return {}


def _without_prefix(state: State, expected: Mapping) -> State:
    """Removes what training wrappers put before every key, unless the module has such keys itself."""
    while True:
        prefix = next((p for p in _PREFIXES if all(key.startswith(p) for key in state)), None)
        if prefix is None or any(key.startswith(prefix) for key in expected):
            return dict(state)
        state = {key.removeprefix(prefix): value for key, value in state.items()}


def _single(value: torch.Tensor) -> torch.Tensor:
    value = value.detach()
    return value.float().contiguous() if value.is_floating_point() else value
