"""One pass, any statistics: against sums and sorts written out, resumed after a kill, merged over parts and processes.

Run as a script, this file is the process that the tests kill, and the ones that gather over torch.distributed.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays
from torch import nn

from core.errors import Cancelled
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.networks.taps import tap
from core.probes.probe import Probe
from core.statistics import Confusion, Moments, TopImages, TopQuantile
from core.sweep import CannotResume, gather, part, sweep

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
COUNT, CLASSES = 45, 5


class Noise(Probe):
    """Pictures of noise; every seventh has no label."""

    name = title = "noise"
    about = "noise"
    classes = tuple("abcd")
    splits = {"test": np.arange(0, COUNT, 2)}  # noqa: RUF012
    offers = frozenset({"labels"})
    fingerprint = "noise-1"

    def __init__(self, delay=0.0):
        self.delay = delay

    def __len__(self):
        return COUNT

    def image(self, index):
        time.sleep(self.delay)
        return np.random.default_rng(index).integers(0, 256, (16, 16, 3), np.uint8)

    def label(self, index):
        return None if index % 7 == 0 else index % 4


def toy_network(seed=0):
    generator = torch.Generator().manual_seed(seed)
    module = nn.Sequential(
        nn.Conv2d(3, 6, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(200, CLASSES),
    )
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator) * 0.2
    preprocessing = Preprocessing(resize=(16, 16), crop=None, mean=(0.5,) * 3, std=(0.25,) * 3)
    return Network(module, [f"class {i}" for i in range(CLASSES)], preprocessing, name="toy")


def conv_names(network):
    return [layer.name for layer in network.layers if layer.kind == "conv"]


def fresh(network, images=COUNT):
    first, last = conv_names(network)
    return {
        "confusion": Confusion(4, CLASSES),
        "squares": Moments(first),
        "gram": Moments(last, full=True),
        "top": TopImages(last, k=4),
        "quantile": TopQuantile(first, images, 0.005),
        "wide quantile": TopQuantile(last, images, 0.2),
    }


def states(statistics):
    return {f"{name}/{key}": value for name, one in statistics.items() for key, value in one.state().items()}


def assert_same_bits(statistics, others):
    mine, theirs = states(statistics), states(others)
    assert mine.keys() == theirs.keys()
    for name, value in mine.items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name, strict=True)


def assert_merged(statistics, whole):
    """Exact for counts and order statistics, 1e-12 for moments."""
    for name, value in states(whole).items():
        if name.startswith(("squares", "gram")):
            np.testing.assert_allclose(states(statistics)[name], value, rtol=1e-12, err_msg=name)
        else:
            np.testing.assert_array_equal(states(statistics)[name], value, err_msg=name, strict=True)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def network():
    return toy_network()


@pytest.fixture(scope="module")
def whole(network):
    statistics = fresh(network)
    sweep(network, Noise(), statistics, batch_size=8)
    return statistics


@pytest.fixture(scope="module")
def values(network):
    """What the network shows of every image, in the batches of the pass: logits and {layer: (N, K, H, W)} float32."""
    probe, seen, logits = Noise(), {name: [] for name in conv_names(network)}, []
    for start in range(0, COUNT, 8):
        batch = network.prepare([probe.image(i) for i in range(start, min(start + 8, COUNT))])
        with torch.no_grad(), tap(network, list(seen)) as one:
            logits.append(network(batch).numpy())
        for name, several in seen.items():
            several.append(one[name].numpy())
    return np.concatenate(logits), {name: np.concatenate(several) for name, several in seen.items()}


def test_the_confusion_is_a_count(whole, values):
    counts = np.zeros((4, CLASSES), np.int64)
    for index, logits in enumerate(values[0]):
        if (label := Noise().label(index)) is not None:
            counts[label, int(logits.argmax())] += 1
    np.testing.assert_array_equal(whole["confusion"].result(), counts)
    assert counts.sum() == COUNT - len(range(0, COUNT, 7))


def test_moments_are_sums_over_images_and_positions(network, whole, values):
    first, last = (values[1][name].astype(np.float64) for name in conv_names(network))
    rows = last.transpose(0, 2, 3, 1).reshape(-1, 8)
    result = whole["gram"].result()
    assert result.count == len(rows) == COUNT * 25
    np.testing.assert_allclose(result.mean, rows.mean(0), rtol=1e-12)
    np.testing.assert_allclose(result.gram, sum(np.outer(row, row) for row in rows), rtol=1e-12)
    np.testing.assert_allclose(result.covariance, np.cov(rows.T, ddof=0), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(whole["squares"].result().covariance, first.var((0, 2, 3)), rtol=1e-9)


def test_top_images_are_the_highest_with_their_places(network, whole, values):
    last = values[1][conv_names(network)[1]]
    result = whole["top"].result()
    for channel in range(8):
        highest = last[:, channel].reshape(COUNT, -1).max(1)
        order = sorted(range(COUNT), key=lambda i: (-highest[i], i))[:4]
        assert result.images[channel].tolist() == order
        np.testing.assert_array_equal(result.values[channel], highest[order])
        for image, place in zip(order, result.positions[channel], strict=True):
            assert last[image, channel].flat[place] == highest[image]


@pytest.mark.parametrize(("name", "layer", "share"), [("quantile", 0, 0.005), ("wide quantile", 1, 0.2)])
def test_the_quantile_is_exact(network, whole, values, name, layer, share):
    columns = values[1][conv_names(network)[layer]].transpose(1, 0, 2, 3)
    columns = columns.reshape(len(columns), -1)
    expected = np.quantile(columns, 1 - share, axis=1, method="inverted_cdf")
    result = whole[name].result()
    np.testing.assert_array_equal(result, expected)
    assert ((columns > result[:, None]).mean(1) <= share).all()


def test_layers_without_extent_are_swept_too(network):
    linear = network.layers[-1].name
    statistics = {
        "top": TopImages(linear, 3),
        "gram": Moments(linear, full=True),
        "quantile": TopQuantile(linear, 45, 0.1),
    }
    sweep(network, Noise(), statistics)
    logits = network(network.prepare([Noise().image(i) for i in range(COUNT)])).detach().numpy()
    np.testing.assert_allclose(statistics["gram"].result().mean, logits.mean(0), rtol=1e-4)
    np.testing.assert_array_equal(statistics["top"].result().images[:, 0], logits.argmax(0))
    assert not statistics["top"].result().positions.any()
    np.testing.assert_allclose(statistics["quantile"].result(), np.sort(logits, 0)[-5], rtol=1e-4)


def test_progress_counts_images_and_the_network_is_left_as_it_was(network):
    told = []
    sweep(network, Noise(), fresh(network), batch_size=20, progress=lambda *step: told.append(step))
    assert [step[:2] for step in told] == [(20, 45), (40, 45), (45, 45)]
    assert "noise" in told[0][2]
    assert not network.taps
    assert all(parameter.grad is None for parameter in network.module.parameters())


def test_a_quantile_of_an_unfinished_pass_is_refused(network):
    statistics = fresh(network)
    sweep(network, Noise(), statistics, indices=np.arange(10))
    with pytest.raises(ValueError, match="10 of 45"):
        statistics["quantile"].result()


def test_no_images_no_statistics(network, tmp_path):
    statistics = fresh(network, 0)
    sweep(network, Noise(), statistics, indices=np.arange(0), checkpoint=tmp_path / "none")
    assert states(statistics).keys() == {"confusion/counts"}


def stop_after(count):
    def progress(done, total, label):
        if done >= count:
            raise Cancelled("stopped")

    return progress


@pytest.mark.parametrize("stop", [8, 24, 45])
def test_a_stopped_pass_goes_on_bit_for_bit(network, whole, tmp_path, stop):
    checkpoint = tmp_path / "checkpoint"
    with pytest.raises(Cancelled):
        sweep(network, Noise(), fresh(network), batch_size=8, checkpoint=checkpoint, progress=stop_after(stop))
    again, told = fresh(network), []
    sweep(network, Noise(), again, batch_size=8, checkpoint=checkpoint, progress=lambda *step: told.append(step[0]))
    assert told[:1] == ([stop + 8] if stop < 40 else [])
    assert_same_bits(again, whole)


def test_a_finished_pass_is_not_run_again(network, whole, tmp_path):
    checkpoint = tmp_path / "checkpoint"
    sweep(network, Noise(), fresh(network), batch_size=8, checkpoint=checkpoint)
    again = fresh(network)
    sweep(network, Noise(), again, batch_size=8, checkpoint=checkpoint, progress=stop_after(0))
    assert_same_bits(again, whole)


@pytest.mark.parametrize("every", [0, 60])
def test_a_failing_statistic_leaves_no_half_fed_checkpoint(network, whole, tmp_path, every):
    class Fragile(Confusion):
        fed, limit = 0, 3

        def update(self, batch):
            self.fed += 1
            if self.fed > self.limit:
                raise RuntimeError("out of memory")

    checkpoint = tmp_path / "checkpoint"
    statistics = {**fresh(network), "fragile": Fragile(4, CLASSES)}
    with pytest.raises(RuntimeError, match="memory"):
        sweep(network, Noise(), statistics, batch_size=8, checkpoint=checkpoint, every=every)
    Fragile.limit = 99
    again = {**fresh(network), "fragile": Fragile(4, CLASSES)}
    sweep(network, Noise(), again, batch_size=8, checkpoint=checkpoint)
    del again["fragile"]
    assert_same_bits(again, whole)


@pytest.mark.parametrize("change", ["batch size", "images", "threads", "network", "statistics"])
def test_other_settings_are_refused_in_a_sentence(network, tmp_path, change):
    checkpoint = tmp_path / "checkpoint"
    with pytest.raises(Cancelled):
        sweep(network, Noise(), fresh(network), batch_size=8, checkpoint=checkpoint, progress=stop_after(8))
    statistics, options, another = fresh(network), {"batch_size": 8}, network
    if change == "batch size":
        options["batch_size"] = 9
    elif change == "images":
        options["indices"] = np.arange(COUNT)[::-1]
    elif change == "network":
        another = toy_network(1)
    elif change == "statistics":
        statistics["top"] = TopImages(conv_names(network)[1], k=5)
    try:
        if change == "threads":
            torch.set_num_threads(2)
        with pytest.raises(CannotResume, match=f"other settings \\({change}: .* there, .* here"):
            sweep(another, Noise(), statistics, checkpoint=checkpoint, **options)
    finally:
        torch.set_num_threads(1)


def test_a_damaged_checkpoint_is_reported_and_the_pass_begins_anew(network, whole, tmp_path, caplog):
    checkpoint = tmp_path / "checkpoint"
    with pytest.raises(Cancelled):
        sweep(network, Noise(), fresh(network), batch_size=8, checkpoint=checkpoint, progress=stop_after(16))
    data = bytearray(checkpoint.read_bytes())
    data[len(data) // 2] ^= 4
    checkpoint.write_bytes(data)
    again = fresh(network)
    sweep(network, Noise(), again, batch_size=8, checkpoint=checkpoint)
    assert "damaged" in caplog.text
    assert_same_bits(again, whole)


def test_a_checkpoint_that_cannot_be_written_costs_nothing(network, whole, tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    again = fresh(network)
    sweep(network, Noise(), again, batch_size=8, checkpoint=tmp_path / "file" / "checkpoint")
    assert "without a checkpoint" in caplog.text
    assert_same_bits(again, whole)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_parts_merge(network, order):
    pieces = []
    for rank in range(3):
        statistics = fresh(network)
        sweep(network, Noise(), statistics, indices=part(np.arange(COUNT), rank, 3), batch_size=5)
        pieces.append(statistics)
    merged = fresh(network)
    for rank in order:
        for name, statistic in merged.items():
            statistic.merge(pieces[rank][name])
    assert sorted(np.concatenate([part(np.arange(COUNT), rank, 3) for rank in range(3)])) == list(range(COUNT))
    assert_merged(merged, direct(network, 5))


def direct(network, batch_size):
    statistics = fresh(network)
    sweep(network, Noise(), statistics, batch_size=batch_size)
    return statistics


def test_a_killed_pass_goes_on_bit_for_bit(network, whole, tmp_path):
    checkpoint, out = tmp_path / "checkpoint", tmp_path / "out"
    command = [sys.executable, __file__, "pass", str(checkpoint), str(out)]
    with subprocess.Popen([*command, "0.02"], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        told = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGKILL)
    assert told == ["8\n", "16\n", "24\n"]
    assert not out.exists()
    rest = subprocess.run([*command, "0"], capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout.split()
    assert int(rest[0]) > 8, "the second process began anew"
    assert rest[-1] == "45"
    found, expected = load_arrays(out.read_bytes()), states(whole)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name, strict=True)


def test_two_processes_gather_over_torch_distributed(network, tmp_path):
    command = [sys.executable, __file__, "gather", str(tmp_path / "meet")]
    outs = [tmp_path / "0", tmp_path / "1"]
    several = [subprocess.Popen([*command, str(rank), str(out)], env=ENVIRONMENT) for rank, out in enumerate(outs)]
    assert [process.wait(60) for process in several] == [0, 0]
    assert outs[0].read_bytes() == outs[1].read_bytes(), "every process has the same whole"
    merged, expected = load_arrays(outs[0].read_bytes()), states(direct(network, 8))
    assert merged.keys() == expected.keys()
    for name, value in expected.items():
        if name.startswith(("squares", "gram")):
            np.testing.assert_allclose(merged[name], value, rtol=1e-12, err_msg=name)
        else:
            np.testing.assert_array_equal(merged[name], value, err_msg=name, strict=True)


def _pass(checkpoint, out, delay):
    torch.set_num_threads(1)
    network = toy_network()
    statistics = fresh(network)
    sweep(
        network,
        Noise(float(delay)),
        statistics,
        batch_size=8,
        checkpoint=Path(checkpoint),
        every=0,
        progress=lambda done, total, label: print(done, flush=True),
    )
    Path(out).write_bytes(save_arrays(states(statistics)))


def _gather(meet, rank, out):
    from torch import distributed

    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{meet}", rank=int(rank), world_size=2)
    network = toy_network()
    statistics = fresh(network)
    # 24 and 21 images: parts in whole batches, so that every image is in a batch of the same size as in one pass.
    indices = np.arange(24) if rank == "0" else np.arange(24, COUNT)
    sweep(network, Noise(), statistics, indices=indices, batch_size=8)
    gather(statistics)
    Path(out).write_bytes(save_arrays(states(statistics)))
    distributed.destroy_process_group()


if __name__ == "__main__":
    {"pass": _pass, "gather": _gather}[sys.argv[1]](*sys.argv[2:])
