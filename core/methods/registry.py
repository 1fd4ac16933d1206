"""The methods by name: the picker, the command line, the store and the contract test all read this one registry."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from core.errors import NotComputed, NotDefined, UnknownName, near

Run = Callable[..., dict[str | None, Tensor]]
Progress = Callable[[int, int, str], None]
Needs = Callable[[Any, Any], list[str]]
Refuses = Callable[[Any, Any], str | None]


def _nothing(network: Any, layer: Any) -> list[str]:
    return []


def _never(network: Any, layer: Any) -> None:
    return None


@dataclass(frozen=True)
class Method:
    """One saliency method and what it declares about itself.

    `run(network, batch, classes, layers, *, progress=None, seed=0, **parameters)` takes (N, 3, H, W) and (N, C) and
    gives {layer name, or None where the method has no layer: (N, C, h, w) float32} on the method's own scale.
    """

    name: str
    title: str
    paper: str
    about: str
    run: Run = field(repr=False)
    kind: str = "saliency"
    per_layer: bool = False
    signed: bool = False
    cost: str = "instant"  # 'instant': with every redraw; 'slow': when asked for, through the store
    version: int = 1  # part of every stored result's digest: raise it when the numbers change
    parameters: Mapping[str, Any] = field(default_factory=dict)
    class_discriminative: bool = True
    resolution: str = "input"  # 'layer': coarse, as the layer's positions; 'input': every pixel; 'segments'
    uses_gradient: bool = True
    perturbs: bool = False  # changes the input or the network and watches the output
    post_hoc: bool = True  # explains a trained network as it is
    needs_relu: bool = False
    needs_data: bool = False  # images other than the one explained: takes `importances`, learned from them
    needs: Needs = _nothing  # (network, layer) -> the names of the layers whose importances it takes
    refuses: Refuses = _never  # (network, layer or None) -> why it has no meaning there, beyond the reasons below
    shares: bool = False  # takes `found`, see `explain`

    def defined(self, network: Any, layer: Any = None) -> str | None:
        """Why the method has no meaning on this network (or this layer of it), as a sentence; None where it has."""
        if self.needs_relu and not network.has_relu:
            reason = "this network has none" if network.traced else "this network's cannot be traced"
            return f"{self.title} is not defined on {network.title}: it rewrites how ReLUs pass gradients, and {reason}"
        if self.per_layer and layer is not None and not layer.spatial:
            return f"{self.title} is not defined at {layer.name}: that layer has no spatial extent"
        return self.refuses(network, layer)

    def missing(self, network: Any, layer: Any, importances: Mapping[str, Any] | None) -> NotComputed | None:
        """What has to be computed before the method can be asked at a layer; None where nothing is missing."""
        names = [name for name in self.needs(network, layer) if name not in (importances or {})]
        if not names:
            return None
        where = " and ".join(names)
        return NotComputed(f"{self.title} needs the channels' importances at {where}, not computed yet", names)


_methods: dict[str, Method] = {}
METHODS: Mapping[str, Method] = MappingProxyType(_methods)


def method(**declared: Any) -> Callable[[Run], Run]:
    """Declare a function as a method, by the fields of `Method`; `about` defaults to its docstring's first line."""

    def register(run: Run) -> Run:
        about = declared.pop("about", (inspect.getdoc(run) or "").split("\n")[0])
        shares = "found" in inspect.signature(run).parameters
        entry = Method(run=run, about=about, shares=shares, **declared)
        if entry.name in _methods and _methods[entry.name].run.__module__ != run.__module__:
            raise ValueError(f"two methods are called '{entry.name}'")
        _methods[entry.name] = entry
        return run

    return register


def find_method(name: str) -> Method:
    """The method called `name`.  Raises UnknownName with near ones."""
    if name not in METHODS:
        raise UnknownName(f"no method '{name}'{near(name, METHODS)}; there are: {', '.join(METHODS)}")
    return METHODS[name]


def explain(
    names: Iterable[str],
    network: Any,
    batch: Tensor,
    classes: Tensor,
    layers: Sequence[Any] | Mapping[str, Sequence[Any]],
    *,
    progress: Progress | None = None,
    seed: int = 0,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    importances: Mapping[str, Any] | None = None,
) -> dict[str, dict[str | None, Tensor]]:
    """Several methods in one joint computation: {method: {layer: (N, C, h, w)}}.

    What two methods need (Guided Grad-CAM is made of Grad-CAM and Guided Backpropagation) is computed once: methods
    that take `found` keep their intermediate results there. `layers` are for all methods, or {method: its layers};
    `importances` {layer name: (classes, K)} go to the methods that need data.  Raises UnknownName, NotDefined and
    NotComputed.
    """
    found: dict[Any, Any] = {}
    results = {}
    for name in names:
        chosen = find_method(name)
        settings = checked_parameters(chosen, (parameters or {}).get(name, {}))
        places = layers[name] if isinstance(layers, Mapping) else layers
        shared = {"found": found} if chosen.shares else {}
        shared |= {"importances": importances} if chosen.needs_data else {}
        results[name] = chosen.run(network, batch, classes, places, progress=progress, seed=seed, **shared, **settings)
    return results


def checked_parameters(chosen: Method, given: Mapping[str, Any]) -> dict[str, Any]:
    """The method's defaults with `given` over them.  Raises UnknownName for a parameter it does not have."""
    for key in given:
        if key not in chosen.parameters:
            raise UnknownName(f"{chosen.title} has no parameter '{key}'{near(key, chosen.parameters)}")
    return {**chosen.parameters, **given}


def require_defined(name: str, network: Any, layers: Sequence[Any] = ()) -> None:
    """Raise NotDefined with the reason where a method has no meaning on the network or on one of the layers."""
    for layer in layers or (None,):
        reason = METHODS[name].defined(network, layer)
        if reason:
            raise NotDefined(reason)


def check_shapes(batch: Tensor, classes: Tensor) -> None:
    """Raise ValueError unless the batch is (N, 3, H, W) and the classes (N, C) whole numbers."""
    if batch.ndim != 4 or classes.ndim != 2 or len(batch) != len(classes) or classes.dtype != torch.int64:
        raise ValueError(
            f"a batch (N, 3, H, W) and classes (N, C) int64 are needed; got {tuple(batch.shape)} and "
            f"{tuple(classes.shape)} {classes.dtype}"
        )
