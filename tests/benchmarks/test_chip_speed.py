"""What CHIP's importances cost beside Algorithm 1 run directly, as ratios measured in one run.

    python -m pytest tests/benchmarks/test_chip_speed.py -s

Direct: the whole network for every gate, rows written out, scikit-learn's Lasso for every class and one lambda. Ours:
engine's statistic and solver, fourteen lambdas. Prepared images are in memory for both. Rounds time all ways one after
the other on a few images, so that a busy machine is busy for all; the best round of each counts, per image, times 480.
Lasso is timed on all rows for a few classes and counted for all.
"""

import time

import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso

from core.methods.chip import gates, solve
from core.methods.chip.importances import SHARES, fit
from core.methods.chip.sums import ChipSums
from core.networks.catalogue import open_network
from core.networks.taps import tap
from core.probes.catalogue import open_probe
from core.statistics import Batch

IMAGES, GATES, LEARNED = 480, 100, 80
STEP = 7  # of the path: the lambda at which Lasso is run


@pytest.fixture(scope="module")
def network():
    return open_network("menagerie-plain")


@pytest.fixture(scope="module")
def batch(network):
    """48 drawn images, as the network takes them, ten times: what they show costs the same."""
    probe = open_probe("menagerie")
    return network.prepare([probe.image(int(i)) for i in probe.splits["train"][:48]]).repeat(10, 1, 1, 1)


@pytest.fixture
def report(capsys):
    def show(line):
        with capsys.disabled():
            print(f"\n  {line}", end="")

    return show


def feed(network, sums, batch, start, count):
    """What a sweep does: the network with the layer tapped, in batches of 32, and the statistic."""
    name = sums.layers[0]
    for first in range(start, start + count, 32):
        some = batch[first : min(first + 32, start + count)]
        with torch.no_grad(), tap(network, [name]) as seen:
            logits = network(some)
        indices = np.arange(first, first + len(some))
        sums.update(Batch(indices, np.full(len(some), -1), logits, {name: seen[name]}, some))


@torch.no_grad()
def direct(network, layer, batch, start, count):
    """g, z of every gate of some images, by the whole network.  -> (count, gates, classes), (count, gates, K)"""
    g, z, channels = [], [], layer.shape[0]
    for index in range(start, start + count):
        opened = torch.from_numpy(gates.of_image(GATES, channels, 0, index))[:, :, None, None]
        with tap(network, [layer], {layer: lambda value, opened=opened: value * opened}) as seen:
            g.append(network(batch[index].expand(GATES, -1, -1, -1)).softmax(1))
        z.append(seen[layer.name].mean((2, 3)))
    return torch.stack(g), torch.stack(z)


def plain_tail(network, layer):
    """The statistic without a shortcut."""
    sums = ChipSums(network, layer.name, GATES)
    sums._tail.shortcut = None
    return sums


def seconds(run, *given):
    start = time.perf_counter()
    run(*given)
    return time.perf_counter() - start


def per_image(network, layer, batch, counts, rounds):
    """The shortest time of each way over interleaved rounds, for one image; {way: images in a round}."""
    ours, plain = ChipSums(network, layer.name, GATES), plain_tail(network, layer)
    runs = {
        "direct": lambda start, count: direct(network, layer, batch, start, count),
        "plain": lambda start, count: feed(network, plain, batch, start, count),
        "ours": lambda start, count: feed(network, ours, batch, start, count),
    }
    times = {name: [] for name in runs}
    for turn in range(rounds):
        for name, run in runs.items():
            times[name].append(seconds(run, turn * counts[name], counts[name]) / counts[name])
    return {name: min(values) for name, values in times.items()}


def test_last_convolution(network, batch, report):
    layer = network.layer("conv5")
    took = per_image(network, layer, batch, {"direct": 2, "plain": 8, "ours": 64}, 7)
    sums = ChipSums(network, "conv5", GATES)
    feed(network, sums, batch, 0, IMAGES)
    result = sums.result()
    solving = min(seconds(fit, result, GATES) for _ in range(5))
    gram, right = torch.from_numpy(result.dense(0, slice(None))), torch.from_numpy(result.right[0])
    penalty = solve.lambda_max(right) * SHARES[STEP]
    m = solve.lasso(gram, right, penalty[:, None]).m[:, 0].numpy()
    rows, lassos, worse = explicit_rows(network, layer, batch), [], []
    for c, tax in ((c, float(penalty[c])) for c in (0, 7, 19)):
        x, y = rows(c)
        model = Lasso(alpha=tax / len(x), fit_intercept=False, tol=1e-6, max_iter=100_000)
        lassos.append(seconds(model.fit, x, y))
        mine, theirs = (np.sum((x @ w - y) ** 2) / 2 + tax * np.abs(w).sum() for w in (m[c], model.coef_))
        worse.append(mine / theirs - 1)
    whole = {name: IMAGES * value for name, value in took.items()}
    ours, lasso = whole["ours"] + solving, min(lassos) * len(network.classes)
    ratio, tail = (whole["direct"] + lasso) / ours, (whole["plain"] + solving) / ours
    report(
        f"CHIP at {layer.name}, {IMAGES} images x {GATES} gates: {ours:.2f} s (pass {whole['ours']:.2f}, solver "
        f"{solving:.2f}); {ratio:.0f} x faster than Algorithm 1 directly (passes {whole['direct']:.0f} s, Lasso for "
        f"one lambda {lasso:.0f} s); {tail:.1f} x faster than the plain tail with the same solver "
        f"({whole['plain'] + solving:.1f} s); objective beside Lasso's at most {max(worse):+.0e}"
    )
    assert max(worse) <= 1e-9
    assert ratio >= 50


def explicit_rows(network, layer, batch):
    """A function that gives class c's weighted rows of all gates that are learned from: X (S N, K), y."""
    statistic, found = ChipSums(network, layer.name, GATES), []
    with torch.no_grad(), tap(network, [layer]) as seen:
        f = network(batch[:48]).double().softmax(1)
        values = seen[layer.name]
    for turn in range(IMAGES // 48):
        opened = np.stack([gates.of_image(GATES, layer.shape[0], 0, turn * 48 + i) for i in range(48)])
        g = torch.zeros(48, GATES, f.shape[1], dtype=torch.float64)
        for some, part, logits in statistic._tail(values, torch.from_numpy(opened)):
            g[some, part] = logits.double().softmax(2)
        z = values.double().mean((2, 3))[:, None] * torch.from_numpy(opened)
        h = gates.proximity(opened, statistic.settings["sigma"] * layer.shape[0])
        found.append((g[:, :LEARNED].numpy(), z[:, :LEARNED].numpy(), h[:, :LEARNED]))
    g, z, h = (np.concatenate(parts) for parts in zip(*found, strict=True))

    def rows(c):
        root = np.sqrt(f.repeat(IMAGES // 48, 1)[:, c, None].numpy() * h).reshape(-1)
        return z.reshape(len(root), -1) * root[:, None], g[..., c].reshape(-1) * root

    return rows


def test_first_convolution(network, batch, report):
    layer = network.layer("conv1")
    took = per_image(network, layer, batch, {"direct": 1, "plain": 1, "ours": 1}, 6)
    ratio, tail = took["direct"] / took["ours"], took["plain"] / took["ours"]
    report(
        f"CHIP at {layer.name}: {took['ours'] * 1000:.0f} ms an image of {GATES} gates; {ratio:.2f} x faster than the "
        f"whole network, {tail:.2f} x than the plain tail"
    )
    assert ratio >= 1.5


def test_both_ways_see_the_same(network, batch):
    for name in ("conv1", "conv5"):
        layer = network.layer(name)
        g, z = direct(network, layer, batch, 3, 1)
        sums = ChipSums(network, name, GATES)
        feed(network, sums, batch, 3, 1)
        result = sums.result()
        f = network.probabilities(batch[3:4])[0].double().numpy()
        h = gates.proximity(gates.of_image(GATES, layer.shape[0], 0, 3), 0.25 * layer.shape[0])[:LEARNED]
        right = np.einsum("c,n,nc,nk->ck", f, h, g[0, :LEARNED].double(), z[0, :LEARNED].double())
        np.testing.assert_allclose(result.right[0], right, rtol=1e-3, atol=1e-5 * np.abs(right).max())


def test_time_is_linear_in_images_and_gates(network, batch, report):
    def run(count, images):
        feed(network, ChipSums(network, "conv5", count), batch, 0, images)

    times = {(50, 32): [], (100, 64): [], (100, 128): [], (400, 64): []}
    for _ in range(5):
        for key, taken in times.items():
            taken.append(seconds(run, *key))
    _, base, images, more = (min(taken) for taken in times.values())
    report(
        f"conv5: {base * 1000:.0f} ms for 64 images x 100 gates; x {images / base:.2f} with twice the images, "
        f"x {more / base:.2f} with four times the gates"
    )
    assert images / base < 2.5
    assert more / base < 5
