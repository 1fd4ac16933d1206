"""A request: everything an answer depends on, as a frozen record whose digest names the answer on disk."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np

FORMAT = 1  # of what an artefact's folder holds; a new number asks for everything anew


class FrozenDict(dict):
    """A dict that is never changed: JSON, pickle and dataclasses.asdict treat it as the dict that it is."""

    def _refuse(self, *_args: object, **_named: object) -> None:
        raise TypeError("a request is frozen: make another one with dataclasses.replace")

    __setitem__ = __delitem__ = __ior__ = update = pop = popitem = setdefault = clear = _refuse

    def __reduce__(self) -> tuple:
        return FrozenDict, (dict(self),)


@dataclass(frozen=True, eq=False)
class Request:
    """What is asked: method and its version, network by fingerprint, subject, layer, classes, parameters, seed.

    `subject` is 'probe:<fingerprint>:<index>', 'probe:<fingerprint>:<split>' or 'image:<sha256 of the pixels>'.
    `parameters` holds what JSON can (numpy's numbers and arrays become numbers and lists; 1.0 and 1 are one number, so
    that a slider and a command line ask for the same thing). Two requests are equal when their digests are.

    Raises TypeError or ValueError for a parameter that JSON cannot hold: NaN, infinity, a tensor, an object.
    """

    method: str
    version: int
    network: str
    subject: str
    layer: str | None = None
    classes: tuple[int, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=FrozenDict)
    seed: int = 0

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", self.method):
            raise ValueError(f"a method names a folder: small letters, digits and '-', not '{self.method}'")
        object.__setattr__(self, "version", int(self.version))
        object.__setattr__(self, "classes", tuple(int(c) for c in self.classes))
        object.__setattr__(self, "parameters", _frozen(dict(self.parameters), "parameters"))
        object.__setattr__(self, "seed", int(self.seed))

    def __eq__(self, other: object) -> bool:
        return self.digest == other.digest if isinstance(other, Request) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """sha256 of the canonical JSON, 64 hexadecimal digits: the same in every process and on every machine."""
        canonical = json.dumps(self._record(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def to_json(self) -> str:
        """The request as indented JSON, for people and for `from_json`."""
        return json.dumps(self._record(), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "Request":
        """The request that `to_json` wrote.  Raises ValueError for anything else."""
        record = json.loads(text)
        if not isinstance(record, dict) or record.pop("format", None) != FORMAT:
            raise ValueError("not a request of this version")
        try:
            return cls(**record)
        except TypeError as error:
            raise ValueError(f"not a request: {error}") from None

    def _record(self) -> dict[str, Any]:
        return {"format": FORMAT} | {f.name: getattr(self, f.name) for f in fields(self)}


def image_subject(image: np.ndarray) -> str:
    """The subject of a request about this picture, by its pixels.  (H, W, 3) uint8 -> 'image:<sha256>'"""
    head = f"{image.dtype.str}{image.shape}".encode()
    return "image:" + hashlib.sha256(head + np.ascontiguousarray(image).tobytes()).hexdigest()


def _frozen(value: Any, where: str) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        if wrong := [key for key in value if not isinstance(key, str)]:
            raise TypeError(f"{where}: names are text, not {wrong[0]!r}")
        return FrozenDict({key: _frozen(inner, f"{where}.{key}") for key, inner in value.items()})
    if isinstance(value, list | tuple):
        return tuple(_frozen(inner, f"{where}[{i}]") for i, inner in enumerate(value))
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{where}: {value} is not a number that JSON can hold")
        return int(value) if value.is_integer() else value
    if value is None or isinstance(value, str | bool | int):
        return value
    raise TypeError(f"{where}: {type(value).__name__} is nothing that JSON can hold")
