"""What the filter loss costs beside the convolutions of an explainer's forward and backward pass: ratios, in one run.

.venv/bin/python -m pytest tests/benchmarks/test_explainer_speed.py -s
"""

import time

import pytest
import torch

from core.methods.explainer import filter_loss
from core.methods.explainer.anatomy import anatomy
from core.methods.explainer.network import Explainer
from core.networks.catalogue import open_network

BATCH, SET, ROUNDS = 32, 256, 7


def best(call) -> float:
    """Seconds of the fastest of several rounds."""
    call()
    found = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return min(found)


@pytest.fixture(scope="module")
def explainer():
    performer = anatomy(open_network("menagerie-plain"))
    return Explainer(performer).train()


def test_the_filter_loss_costs_no_more_than_the_convolutions(explainer):
    """Per step: the gradients at both layers for a batch; and, once an epoch, the normalisers over the whole set, here
    as their share of a step."""
    generator = torch.Generator().manual_seed(0)
    batch = torch.rand(BATCH, 128, 16, 16, generator=generator)
    maps = torch.rand(SET, 128, 16, 16, generator=generator).movedim(1, 0).contiguous()
    pooled = maps[..., ::2, ::2].contiguous()
    known = [filter_loss.normalisers(one) for one in (maps, pooled)]
    own = torch.rand(128, BATCH, generator=generator) < 0.1

    def convolutions():
        first = explainer.interp1(batch).relu()
        total = explainer.interp2(first).relu().sum() + explainer.ordin(batch).relu().sum()
        explainer.zero_grad()
        total.backward()

    def loss(gradient):
        return [gradient(one[:, :BATCH], found) for one, found in zip((maps, pooled), known, strict=True)]

    def survey():
        return [filter_loss.normalisers(one) for one in (maps, pooled)]

    beside = best(convolutions)
    of_set = best(survey) * BATCH / SET
    for name, gradient in (
        ("published", lambda one, found: filter_loss.approximate_gradient(one, found, own)),
        ("exact", filter_loss.gradient),
    ):
        cost = best(lambda gradient=gradient: loss(gradient))
        print(
            f"\n{name}: {1e3 * cost:.0f} ms a step and {1e3 * of_set:.0f} ms for the normalisers, convolutions "
            f"{1e3 * beside:.0f} ms: {(cost + of_set) / beside:.2f} x"
        )
        assert cost + of_set <= beside
