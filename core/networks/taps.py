"""See or change what a network's layers emit, for the length of a `with`; or run only what comes after a layer."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from core.networks.layers import Layer

if TYPE_CHECKING:
    from core.networks.network import Network

Change = Callable[[torch.Tensor], torch.Tensor]
Layers = Layer | str | Iterable[Layer | str]


@contextmanager
def tap(
    network: "Network", layers: Layers, change: Mapping[str | Layer, Change] | None = None
) -> Iterator[dict[str, torch.Tensor]]:
    """What `layers` emit in the network's passes within the `with`: a dict by `Layer.name`, filled by each pass.

        with tap(network, ["conv5"]) as seen:
            logits = network(batch)
        torch.autograd.grad(logits[0, 3], seen["conv5"])

    Values are (N, K, H, W), or (N, K), and stay part of the autograd graph: unless gradients are off, the gradient of
    the logits can be taken with respect to each of them, with the parameters frozen or not; where nothing before a
    layer asks for a gradient, none is computed there. Nothing downstream rewrites them. `change` maps layers to
    functions; what they return takes the value's place, and is what is seen. Holds the network's lock, so that
    nobody else's pass is recorded. Raises UnknownLayer.
    """
    wanted = [network.layer(layer) for layer in _several(layers)]
    changes = {network.layer(layer): function for layer, function in (change or {}).items()}
    with network.lock:
        seen: dict[str, torch.Tensor] = {}
        steps = {layer: _step(layer, layer in wanted, changes.get(layer), seen) for layer in (*changes, *wanted)}
        network.taps.append(steps)
        try:
            yield seen
        finally:
            network.taps.remove(steps)


class Tail:
    """The part of a network after a layer, for one batch.

    `activations`: (N, K, H, W) or (N, K), what the layer emits for the batch, without gradient. Calling it with
    changed activations gives the logits; gradients flow through it.
    """

    def __init__(self, network: "Network", layer: Layer, batch: torch.Tensor):
        self.network, self.layer, self.images = network, layer, len(batch)
        with network.lock:
            self.activations, self._resume = network.cut(layer, batch)

    def __call__(self, changed: torch.Tensor, rows: torch.Tensor | Iterable[int] | None = None) -> torch.Tensor:
        """(M, K, H, W) -> logits (M, classes). `rows[i]` is the image of the batch that `changed[i]` belongs to;
        without rows they are the batch's images in order, or all the one image of the batch."""
        if rows is None and len(changed) != self.images:
            if self.images != 1:
                raise ValueError(f"{len(changed)} changed activations for {self.images} images; say which by `rows`")
            rows = [0] * len(changed)
        if rows is not None:
            rows = torch.as_tensor(rows, dtype=torch.long, device=changed.device)
        with self.network.lock:
            return self._resume(changed, rows)


def _several(layers: Layers) -> list[Layer | str]:
    return [layers] if isinstance(layers, Layer | str) else list(layers)


def _step(layer: Layer, wanted: bool, change: Change | None, seen: dict[str, torch.Tensor]) -> Change:
    def step(value: torch.Tensor) -> torch.Tensor:
        if change is not None:
            value = change(value)
        if not wanted:
            return value
        if torch.is_grad_enabled() and not value.requires_grad:
            value = value.detach().requires_grad_()
        seen[layer.name] = value
        return value

    return step
