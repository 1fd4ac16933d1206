"""CHIP's importances against the paper written out: explicit rows, sums in loops, scikit-learn's Lasso, by hand."""

import dataclasses
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso
from torch import nn

from core import engine
from core.engine import answers
from core.errors import Cancelled, NotDefined, UnknownName
from core.methods.chip import gates, solve
from core.methods.chip.importances import (
    Importances,
    channel_is_class,
    chosen_step,
    first_conv,
    fit,
    layers_for,
    remarks,
)
from core.methods.chip.sums import ChipSums, gate_products, unpacked
from core.networks.catalogue import open_network
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.networks.taps import tap
from core.probes.catalogue import open_probe
from core.probes.folder import Folder
from core.probes.probe import Probe
from core.statistics import Batch
from core.sweep import sweep

K, CLASSES, GATES, SIDE = 6, 4, 40, 12
SHARES = np.array([0.6, 0.1, 0.01, 0.001])


def hand_set(*shape, salt):
    """Eighths between -1 and 1, by a fixed pattern."""
    count = int(np.prod(shape))
    return (((torch.arange(count) * 7 + salt * 5) % 17) - 8).reshape(shape).float() / 8


def toy(dead=()):
    """conv 3 -> 6, ReLU, pooling, fully connected -> 4, weights in eighths; channels without input where `dead`."""
    module = nn.Sequential(
        nn.Conv2d(3, K, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(K * (SIDE // 2) ** 2, CLASSES),
    )
    for salt, parameter in enumerate(module.parameters()):
        parameter.data = hand_set(*parameter.shape, salt=salt)
    module[4].weight.data /= 12
    for channel in dead:
        module[0].weight.data[channel], module[0].bias.data[channel] = 0, -1
    return Network(module, [f"class {c}" for c in range(CLASSES)], Preprocessing(SIDE, SIDE), title="Toy")


class Noise(Probe):
    """Pictures of noise, labelled in turn."""

    name = title = "Noise"
    about = "noise"
    classes = tuple("abcd")
    splits = {"train": np.arange(23), "test": np.arange(23, 30)}  # noqa: RUF012
    offers = frozenset({"labels"})
    fingerprint = "noise-chip"

    def __len__(self):
        return 30

    def image(self, index):
        return np.random.default_rng(index).integers(0, 256, (SIDE, SIDE, 3), np.uint8)

    def label(self, index):
        return index % 4


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "cache"))


def pictures(network, count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    batch = torch.randn(count, 3, SIDE, SIDE, generator=generator)
    return batch.to(next(network.module.parameters()).dtype)


def seen(network, statistic, batch, first=0):
    """Feed a statistic with pictures whose indices begin at `first`."""
    name = statistic.layers[0]
    with torch.no_grad(), tap(network, [name]) as tapped:
        logits = network(batch)
    indices = np.arange(first, first + len(batch))
    statistic.update(Batch(indices, np.zeros(len(batch), np.int64), logits, {name: tapped[name]}, batch))
    return statistic


def perturbed_dataset(network, batch, sigma=0.25, seed=0):
    """Section III-A with the whole network for every gate: f (S, C), z (S, N, K), h (S, N), g (S, N, C)."""
    layer = network.layers[0]
    f, z, h, g = network(batch).softmax(1), [], [], []
    for index, image in enumerate(batch):
        for row in gates.of_image(GATES, K, seed, index):
            closed = torch.from_numpy(row)[:, None, None]
            with tap(network, [layer], {layer: lambda value, closed=closed: value * closed}) as tapped:
                g.append(network(image[None]).softmax(1)[0])
            z.append(tapped[layer.name].mean((2, 3))[0])
            h.append(np.exp(-np.sum((row - 1.0) ** 2) / (sigma * K)))
    shape = len(batch), GATES
    return f, torch.stack(z).reshape(*shape, K), torch.tensor(h).reshape(shape), torch.stack(g).reshape(*shape, CLASSES)


def rows_of(f, z, h, g, c, part):
    """Explicit rows of class c: X (S N, K), y, weights."""
    weights = (f[:, c, None] * h)[:, part].flatten().numpy()
    return z[:, part].reshape(-1, K).numpy(), g[:, part, c].flatten().numpy(), weights


LEARNED, HELD = slice(0, GATES * 4 // 5), slice(GATES * 4 // 5, GATES)


@pytest.fixture(scope="module")
def exact():
    """The toy in float64, so that sums can be compared to rounding: its sums, and its perturbed dataset."""
    network = toy()
    network.module.double()
    batch = pictures(network, 9)
    with torch.no_grad():
        dataset = perturbed_dataset(network, batch)
    return seen(network, ChipSums(network, "0", GATES), batch).result(), dataset


def test_gates_are_uniform_in_number_and_then_in_choice():
    drawn = gates.draw(20_000, 9, np.random.default_rng(0))
    counts = np.bincount(drawn.sum(1), minlength=10)
    assert counts.shape == (10,)
    assert np.abs(counts / 2000 - 1).max() < 0.1
    assert np.abs(drawn.mean(0) - 0.5).max() < 0.02
    four = drawn[drawn.sum(1) == 4].astype(float)
    together = (four.T @ four / len(four))[~np.eye(9, dtype=bool)]
    assert np.abs(together - 4 * 3 / (9 * 8)).max() < 0.04


def test_gates_belong_to_the_image_and_the_seed():
    first = gates.of_image(50, 33, 0, 7)
    assert (first == gates.of_image(50, 33, 0, 7)).all()
    assert (first != gates.of_image(50, 33, 0, 8)).any()
    assert (first != gates.of_image(50, 33, 1, 7)).any()


def test_proximity_falls_with_the_number_of_closed_channels():
    drawn = np.array([[1, 1, 1, 1], [1, 0, 1, 1], [0, 0, 0, 0]], bool)
    np.testing.assert_allclose(gates.proximity(drawn, 2.0), [1, np.exp(-1 / 2), np.exp(-4 / 2)], rtol=1e-15)


def test_sums_and_rows_by_hand():
    """z = (2, 3); gates 11, 10, 01 with h = 1, 1/2, 1/4; f = 1/2; g = 0.8, 0.6, 0.1."""
    opened = torch.tensor([[[1, 1], [1, 0], [0, 1]]], dtype=torch.bool)
    products = gate_products(opened, torch.tensor([[1, 0.5, 0.25]], dtype=torch.float64))
    assert products.tolist() == [[[1.5, 1], [1, 1.25]]]
    z = torch.tensor([2.0, 3.0], dtype=torch.float64)
    gram = 0.5 * products * z[:, None] * z  # 3, 3; 3, 5.625
    assert gram[0].tolist() == [[3, 3], [3, 5.625]]
    right = torch.tensor([[2 * (0.8 + 0.5 * 0.6), 3 * (0.8 + 0.25 * 0.1)]], dtype=torch.float64) / 2  # 1.1, 1.2375
    # without a penalty G w = b; with lambda = 0.3 both stay: G w = b - 0.3; with 1.2 only the second does
    solution = solve.lasso(gram, right, torch.tensor([[1e-12, 0.3, 1.2, 1.2375]], dtype=torch.float64))
    assert solution.exact.all()
    expected = [
        np.linalg.solve(gram[0], [1.1, 1.2375]),
        np.linalg.solve(gram[0], [0.8, 0.9375]),
        [0, 0.0375 / 5.625],
        [0, 0],
    ]
    np.testing.assert_allclose(solution.m[0], expected, atol=1e-10)


@pytest.mark.parametrize("part", [0, 1])
def test_factorised_sums_are_the_direct_ones(exact, part):
    result, (f, z, h, g) = exact
    gram, right, squares, firsts, weights = (np.zeros((CLASSES, *s)) for s in ((K, K), (K,), (), (), ()))
    for c in range(CLASSES):
        for s in range(len(f)):
            for n in range(GATES)[(LEARNED, HELD)[part]]:
                row, weight = z[s, n].numpy(), float(f[s, c] * h[s, n])
                gram[c] += weight * np.outer(row, row)
                right[c] += weight * float(g[s, n, c]) * row
                squares[c] += weight * float(g[s, n, c]) ** 2
                firsts[c] += weight * float(g[s, n, c])
                weights[c] += weight
    close = {"rtol": 1e-10, "atol": 1e-12}
    np.testing.assert_allclose(result.dense(part, slice(None)), gram, **close)
    np.testing.assert_allclose(result.right[part], right, **close)
    np.testing.assert_allclose(result.squares[part], squares, **close)
    np.testing.assert_allclose(result.firsts[part], firsts, **close)
    np.testing.assert_allclose(result.weights[part], weights, **close)
    np.testing.assert_allclose(result.loyalty, f.sum(0), **close)
    np.testing.assert_allclose(result.loyalty2, (f**2).sum(0), **close)


def test_the_triangle_is_packed_row_by_row():
    matrix = np.arange(16.0).reshape(4, 4) + np.arange(16.0).reshape(4, 4).T
    packed = np.array([[matrix[i, j] for i in range(4) for j in range(i + 1)]])
    np.testing.assert_array_equal(unpacked(packed, 4)[0], matrix)


def test_importances_are_those_of_lasso_on_the_explicit_rows(exact):
    result, (f, z, h, g) = exact
    gram, right = torch.from_numpy(result.dense(0, slice(None))), torch.from_numpy(result.right[0])
    penalty = solve.lambda_max(right)[:, None] * torch.from_numpy(SHARES)
    solution = solve.lasso(gram, right, penalty)
    assert solution.exact.all()
    ours = solve.objective(gram, right, solution.m, penalty)
    for c in range(CLASSES):
        x, y, weights = rows_of(f, z, h, g, c, LEARNED)
        for step in range(len(SHARES)):
            alpha = float(penalty[c, step]) / len(x)
            model = Lasso(alpha=alpha, fit_intercept=False, tol=1e-12, max_iter=1_000_000)
            root = np.sqrt(weights)
            model.fit(x * root[:, None], y * root)
            np.testing.assert_allclose(solution.m[c, step], model.coef_, atol=1e-6)
            theirs = (
                0.5 * np.sum(weights * (x @ model.coef_ - y) ** 2) + float(penalty[c, step]) * np.abs(model.coef_).sum()
            )
            mine = float(ours[c, step]) + 0.5 * np.sum(weights * y**2)
            assert mine <= theirs + 1e-9


def test_the_score_is_r2_on_the_rows_held_out(exact):
    result, (f, z, h, g) = exact
    arrays = fit(result, GATES)
    for c in range(CLASSES):
        x, y, weights = rows_of(f, z, h, g, c, HELD)
        mean = np.average(y, weights=weights)
        for step, m in enumerate(arrays["path"][:, c].astype(float)):
            expected = 1 - np.sum(weights * (x @ m - y) ** 2) / np.sum(weights * (y - mean) ** 2)
            assert arrays["held_out"][step, c] == pytest.approx(expected, abs=1e-5)


def conditions(gram, right, m, penalty):
    """How far m is from the optimum's conditions: |b - G m| <= lambda, = lambda sign(m) where m != 0."""
    gradient = right[:, None] - m @ gram
    return torch.where(
        m != 0, (gradient - penalty[..., None] * m.sign()).abs(), gradient.abs() - penalty[..., None]
    ).max()


def problems(classes, channels, rows, seed, spread=1.0):
    generator = np.random.default_rng(seed)
    x = generator.random((classes, rows, channels)) * np.exp(spread * generator.standard_normal(channels))
    y = generator.random((classes, rows))
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    return x, y, x.transpose(1, 2) @ x, (y[:, None] @ x)[:, 0]


@pytest.mark.parametrize(
    ("classes", "channels", "rows", "spread"), [(5, 40, 400, 1.0), (3, 40, 15, 1.0), (4, 30, 300, 3.0), (2, 1, 9, 0.0)]
)
def test_the_conditions_of_the_optimum_hold_also_with_fewer_rows_than_channels(classes, channels, rows, spread):
    _, _, gram, right = problems(classes, channels, rows, seed=rows, spread=spread)
    penalty = solve.lambda_max(right)[:, None] * torch.from_numpy(SHARES)
    solution = solve.lasso(gram, right, penalty)
    assert solution.exact.all()
    assert conditions(gram, right, solution.m, penalty) <= 1e-8 * float(right.abs().max())


def test_twin_channels_and_dead_ones():
    """Twins make the optimum one of many: it is still as good as Lasso's; dead channels get nothing."""
    x, y, _, _ = problems(2, 8, 60, seed=5)
    x[:, :, 3], x[:, :, 6] = x[:, :, 2], 0
    gram, right = x.transpose(1, 2) @ x, (y[:, None] @ x)[:, 0]
    penalty = solve.lambda_max(right)[:, None] * torch.from_numpy(SHARES)
    m = solve.lasso(gram, right, penalty).m
    assert m.isfinite().all()
    assert (m[..., 6] == 0).all()
    ours = solve.objective(gram, right, m, penalty)
    for c in range(2):
        for step in range(len(SHARES)):
            model = Lasso(alpha=float(penalty[c, step]) / 60, fit_intercept=False, tol=1e-12, max_iter=100_000)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                theirs = torch.from_numpy(model.fit(x[c].numpy(), y[c].numpy()).coef_)
            best = solve.objective(
                gram[c : c + 1], right[c : c + 1], theirs[None, None], penalty[c : c + 1, step : step + 1]
            )
            assert float(ours[c, step]) <= float(best) + 1e-9 * abs(float(best))


def test_a_class_without_rows_is_empty_and_the_smallest_lambda_empties_a_row():
    _, _, gram, right = problems(2, 5, 30, seed=1)
    gram[1], right[1] = 0, 0
    top = solve.lambda_max(right)
    solution = solve.lasso(gram, right, torch.stack([top, top * 0.999], 1))
    assert (solution.m[1] == 0).all()
    assert solution.exact.all()
    assert (solution.m[0, 0] == 0).all()
    assert int((solution.m[0, 1] != 0).sum()) == 1


def test_the_iterations_alone_come_to_the_same(monkeypatch):
    """Algorithm 1 without the last, exact step."""
    _, _, gram, right = problems(3, 12, 60, seed=2)
    penalty = solve.lambda_max(right)[:, None] * torch.from_numpy(SHARES)
    expected = solve.lasso(gram, right, penalty)
    assert expected.exact.all()
    monkeypatch.setattr(solve, "polished", lambda g, r, s, m, wanted: (m, torch.zeros_like(wanted)))
    monkeypatch.setattr(solve, "ROUNDS", 400)
    alone = solve.lasso(gram, right, penalty)
    assert not alone.exact.any()
    assert torch.allclose(alone.m, expected.m, atol=1e-6)


@pytest.mark.parametrize("layer", ["conv1", "conv5"])
def test_sums_do_not_depend_on_batches(layer):
    network = open_network("menagerie-untrained")
    batch = torch.randn(5, 3, 128, 128, generator=torch.Generator().manual_seed(3))
    whole = seen(network, ChipSums(network, layer, 6), batch).result()
    single = ChipSums(network, layer, 6)
    for i in (3, 0, 4, 2, 1):
        seen(network, single, batch[i : i + 1], i)
    for field in dataclasses.fields(whole):
        one, other = getattr(whole, field.name), getattr(single.result(), field.name)
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6 * np.abs(one).max(), err_msg=field.name)


def test_parts_merge_and_states_come_back():
    network = toy()
    probe, indices = Noise(), np.arange(20)
    whole, first, second = (ChipSums(network, "0", 10) for _ in range(3))
    sweep(network, probe, {"sums": whole}, indices=indices, batch_size=4)
    sweep(network, probe, {"sums": first}, indices=indices[:8], batch_size=4)
    sweep(network, probe, {"sums": second}, indices=indices[8:], batch_size=4)
    empty = ChipSums(network, "0", 10)
    assert empty.state() == {}
    empty.merge(first)
    empty.merge(second)
    again = ChipSums(network, "0", 10)
    again.restore({name: value.copy() for name, value in first.state().items()})
    assert all((again.state()[name] == value).all() for name, value in first.state().items())
    again.merge(second)
    for merged in (empty, again):
        for name, value in whole.state().items():
            np.testing.assert_allclose(merged.state()[name], value, rtol=1e-12, err_msg=name)
    assert first.result().images == 8


def test_memory_depends_on_neither_images_nor_gates():
    network = toy()
    few, many = ChipSums(network, "0", 5), ChipSums(network, "0", 50)
    seen(network, few, pictures(network, 2))
    for start in range(0, 30, 10):
        seen(network, many, pictures(network, 10), start)
    sizes = [sum(value.nbytes for value in one.state().values()) for one in (few, many)]
    assert sizes[0] == sizes[1]
    assert few.bytes == 2 * CLASSES * K * (K + 1) // 2 * 8
    with pytest.raises(ValueError, match="5"):
        ChipSums(network, "0", 4)


def learn(network, probe, layer="0", **more):
    return engine.importances(network, probe, layer, images=16, gates=20, **more)


def test_importances_are_kept_and_refused_when_asked_to_refuse():
    network, probe = toy(), Noise()

    def refuse(done, total, label):
        raise Cancelled("not now")

    with pytest.raises(Cancelled):
        learn(network, probe, progress=refuse)
    told = []
    found = learn(network, probe, progress=lambda *words: told.append(words))
    assert told[0][0] == 0
    assert isinstance(found, Importances)
    again = learn(network, probe, progress=refuse)
    for field in dataclasses.fields(found):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(found, field.name))
    assert found.path.shape == (len(found.shares), CLASSES, K)
    assert found.path.dtype == np.float32
    assert (np.diff(found.shares) < 0).all()
    assert (found.layer, found.probe, found.images, found.gates) == ("conv1", "Noise", 16, 20)
    assert found.weights().shape == (CLASSES, K)
    assert (found.weights(found.shares[3] * 1.1) == found.path[3]).all()
    assert (found.kept() == [(one != 0).mean() for one in found.path]).all()
    assert (learn(network, probe, seed=1).path != found.path).any()
    with pytest.raises(UnknownName, match="train"):
        learn(network, probe, split="trian")


def test_a_stopped_pass_goes_on_and_gives_the_same(tmp_path, monkeypatch):
    network, probe = toy(), Noise()
    monkeypatch.setattr(answers, "sweep", lambda *given, **more: sweep(*given, **more, batch_size=4, every=0))
    whole = learn(network, probe)
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "other"))
    counts = []

    def stop(done, total, label):
        counts.append(done)
        if done == 8 and len(counts) < 5:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        learn(network, probe, progress=stop)
    del counts[:]
    resumed = learn(network, probe, progress=lambda done, *rest: counts.append(done))
    assert counts[:3] == [0, 12, 16]
    assert (resumed.path == whole.path).all()
    assert not list(Path(tmp_path / "other").glob("sweeps/*.checkpoint"))


def test_several_layers_in_one_pass_are_as_one_by_one(tmp_path, monkeypatch):
    network, probe = toy(), Noise()
    passes = []
    monkeypatch.setattr(answers, "sweep", lambda *given, **more: passes.append(1) or sweep(*given, **more))
    both = engine.importances_of(network, probe, ["0", "2"], images=16, gates=20)
    assert len(passes) == 1
    assert list(both) == ["conv1", "pool1"]
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "other"))
    for layer, found in both.items():
        alone = learn(network, probe, layer)
        np.testing.assert_allclose(alone.path, found.path, atol=1e-6)
        assert (alone.mean == found.mean).all()
    assert len(passes) == 3


def test_notes_say_what_to_know():
    found = learn(toy(dead=(1, 4)), Noise())
    assert found.dead.tolist() == [False, True, False, False, True, False]
    assert (found.path[:, :, found.dead] == 0).all()
    assert "2 of 6 channels are never active" in found.note
    few = engine.importances(toy(), Noise(), "0", images=4, gates=20)
    assert "fewer than 5 effective pictures" in few.note
    assert "4 pictures for 6 channels" in few.note
    assert np.isfinite(few.path).all()


@pytest.mark.parametrize(
    ("held_out", "said"),
    [([-9e4, -0.1, 0.8], True), ([-0.1, -0.3, 0.8], True), ([0.3, -0.1, -9e4], False), ([np.nan, np.nan, -1], False)],
)
def test_importances_that_foretell_nothing_are_not_to_be_trusted(held_out, said):
    arrays = {
        "chosen": np.int64(1), "held_out": np.array([[-0.5] * 3, held_out]), "effective": np.array([9.0, 5.0, 4.9]),
        "loyalty": np.full(3, 9.0), "dead": np.zeros(2, bool), "images": np.int64(20), "exact": np.ones((2, 3), bool),
    }  # fmt: skip
    assert any("worse than the mean does" in sentence for sentence in remarks(arrays)) == said


def test_a_class_that_no_picture_shows_is_empty_and_said():
    network = toy()
    network.module[4].bias.data[2] = -2000.0
    found = learn(network, Noise())
    assert (found.path[:, 2] == 0).all()
    assert found.effective[2] == 0
    assert np.isnan(found.held_out[:, 2]).all()
    assert "1 class gets no probability" in found.note
    assert np.isfinite(found.held_out[:, [0, 1, 3]]).all()


def test_the_chosen_step_is_the_sparsest_within_the_margin():
    assert chosen_step(np.array([[0.1], [0.795], [0.8], [0.7]])) == 1
    assert chosen_step(np.array([[0.1, 0.3], [0.5, 0.5], [0.8, np.nan]])) == 2
    assert chosen_step(np.full((6, 3), np.nan)) == 3


def test_a_folder_without_train_is_learned_from_as_it_is(tmp_path):
    import cv2

    for name in "ab":
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(3):
            noise = np.random.default_rng(i).integers(0, 256, (20, 20, 3), np.uint8)
            cv2.imwrite(str(tmp_path / "pictures" / name / f"{i}.png"), noise)
    assert learn(toy(), Folder(tmp_path / "pictures")).images == 6


def test_which_layers_can_be_asked():
    network = open_network("torchvision:squeezenet1_1@untrained")
    assert all(layer.spatial for layer in layers_for(network))
    assert first_conv(network).name == "conv1"
    assert "fire9" in channel_is_class(network, network.layer("classifier.1"))
    assert channel_is_class(network, network.layer("fire9")) is None
    plain = open_network("menagerie-untrained")
    assert [layer.name for layer in layers_for(plain)][-1] == "pool5"
    assert all(channel_is_class(plain, layer) is None for layer in plain.layers)
    flat = Network(nn.Sequential(nn.Flatten(), nn.Linear(48, 2)), ["a", "b"], Preprocessing(4, 4), title="Flat")
    with pytest.raises(NotDefined, match="Flat"):
        first_conv(flat)


def test_the_embedded_network_on_the_tiny_world():
    """Sparse importances foretell held-out gates, and better than a fit without a penalty: pictures are few."""
    found = engine.importances(
        open_network("menagerie-plain"), open_probe("menagerie-tiny"), "conv5", images=24, gates=40
    )
    scores = np.nanmean(found.held_out, 1)
    assert scores[found.chosen] > 0.5
    assert scores[found.chosen] > np.nanmean(found.dense)
    assert 0.05 < found.kept()[found.chosen] < 0.95
