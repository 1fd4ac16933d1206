"""Taps see and change what layers emit, leave nothing behind, and never mix two people's pictures."""

import threading

import pytest
import torch
from torch import nn

from core.errors import UnknownLayer
from core.networks.catalogue import open_network
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.networks.taps import tap


class InPlace(nn.Module):
    """conv -> in-place ReLU -> conv -> norm -> += shortcut -> in-place ReLU of the same module -> conv -> mul_ ->
    in-place function -> head."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.third = nn.Conv2d(4, 4, 3, padding=1)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        x = self.relu(self.first(x))
        y = self.norm(self.second(x))
        y += x
        y = self.relu(y)
        z = self.third(y)
        z.mul_(2)
        nn.functional.relu(z, inplace=True)
        return self.head((z + y).mean((2, 3)))


class Branching(InPlace):
    """The same, not traceable."""

    def forward(self, x):
        return super().forward(x if x.sum() < 1e9 else x / 2)


def by_hand(module, x):
    """The values of InPlace's layers, with nothing in place."""
    first = torch.relu(module.first(x))
    second = module.norm(module.second(first))
    block = torch.relu(second + first)
    third = module.third(block)
    logits = module.head((torch.relu(third * 2) + block).mean((2, 3)))
    return {"first": first, "second": second, "third": third}, logits


@pytest.fixture
def batch():
    return torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def opened(module=InPlace):
    torch.manual_seed(0)
    built = module()
    nn.init.normal_(built.norm.running_mean)
    return Network(built, ["a", "b", "c"], Preprocessing(8, 8), name="toy")


def state(module):
    """All that a tap could leave behind."""
    return (
        [(name, part.training, len(part._forward_hooks), len(part._forward_pre_hooks), getattr(part, "inplace", None))
         for name, part in module.named_modules()],
        [(name, p.requires_grad, p.grad is None, p.detach().clone().tolist()) for name, p in module.named_parameters()],
        [(name, b.tolist()) for name, b in module.named_buffers()],
    )  # fmt: skip


def test_values_are_those_without_any_in_place_operation(batch):
    network = opened()
    assert network.traced
    values, logits = by_hand(network.module, batch)
    with tap(network, list(values)) as seen:
        assert torch.allclose(network(batch), logits, atol=1e-6)
    for name, value in values.items():
        assert torch.allclose(seen[name], value, atol=1e-6), name
    assert torch.allclose(network(batch), logits, atol=1e-6)


def test_hooks_see_the_same_where_tracing_fails(batch):
    network = opened(Branching)
    assert not network.traced
    values, logits = by_hand(network.module, batch)
    with tap(network, ["second"]) as seen:
        assert torch.allclose(network(batch), logits, atol=1e-6)
    assert torch.allclose(seen["second"], values["second"], atol=1e-6)


class ReadAgain(nn.Module):
    """Reads a value again after an operation in place has rewritten it, as pre-activation blocks do."""

    def __init__(self, through_a_view=False):
        super().__init__()
        self.conv, self.head, self.through_a_view = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(4, 3), through_a_view

    def forward(self, x):
        x = self.conv(x)
        if self.through_a_view:
            x.view(-1).relu_()
            return self.head(x.mean((2, 3)))
        y = nn.functional.relu(x, True)
        y = y + x
        x -= 1
        return self.head((x * y).mean((2, 3)))


@pytest.mark.parametrize("through_a_view", [False, True])
def test_what_was_rewritten_in_place_is_read_as_rewritten(batch, through_a_view):
    torch.manual_seed(0)
    network = Network(ReadAgain(through_a_view), "abc", Preprocessing(8, 8))
    assert network.traced != through_a_view, "through a view the copy cannot follow, and hooks take its place"
    module = network.module
    conv = module.conv(batch)
    relu = torch.relu(conv)
    expected = relu if through_a_view else (relu - 1) * (relu + relu)
    with torch.no_grad():
        with tap(network, ["conv"]) as seen:
            assert torch.allclose(network(batch), module.head(expected.mean((2, 3))), atol=1e-6)
        assert torch.allclose(seen["conv"], conv if through_a_view else relu, atol=1e-6)
        tail = network.tail("conv", batch)
        assert torch.allclose(tail(tail.activations), network(batch), atol=1e-6)


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("asks", [True, False])
def test_gradients_of_all_layers_come_from_one_pass(batch, frozen, asks):
    network = opened()
    network.module.requires_grad_(not frozen)
    with tap(network, ["first", "second", "third"]) as seen:
        logits = network(batch.clone().requires_grad_(asks))
    wanted = list(seen.values())
    got = torch.autograd.grad(logits[:, 1].sum(), wanted)
    values, logits = by_hand(network.module, batch.clone().requires_grad_())
    expected = torch.autograd.grad(logits[:, 1].sum(), [values[name] for name in seen])
    for ours, theirs in zip(got, expected, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-6)
    assert all(parameter.grad is None for parameter in network.module.parameters())


def test_only_what_comes_after_the_first_tapped_layer_is_differentiated(batch):
    network = opened()
    network.module.requires_grad_(False)
    with tap(network, ["third"]) as seen:
        network(batch)
    assert seen["third"].is_leaf
    with tap(network, ["third"]) as seen, torch.no_grad():
        assert not network(batch).requires_grad
    assert not seen["third"].requires_grad


def test_parallel_branches_all_get_gradients():
    network = open_network("torchvision:squeezenet1_1@untrained")
    names = ["fire5.expand1x1", "fire5.expand3x3", "fire5"]
    with tap(network, names) as seen:
        logits = network(torch.randn(1, 3, 64, 64))
    one, three, both = torch.autograd.grad(logits[0, 5], [seen[name] for name in names])
    assert torch.allclose(torch.cat([one, three], 1), both)
    assert both.abs().sum() > 0


@pytest.mark.parametrize("module", [InPlace, Branching])
def test_changes_take_the_place_of_the_value_and_are_what_is_seen(batch, module):
    network = opened(module)
    with torch.no_grad(), tap(network, ["second"], {"second": torch.zeros_like}) as seen:
        changed = network(batch)
    assert not seen["second"].any()
    first = torch.relu(network.module.first(batch))
    third = torch.relu(network.module.third(first) * 2)
    assert torch.allclose(changed, network.module.head((third + first).mean((2, 3))), atol=1e-6)


def test_taps_nest(batch):
    network = opened()
    with torch.no_grad(), tap(network, ["third"]) as outer:
        with tap(network, "first", {"first": lambda value: value * 0}) as inner:
            network(batch)
        assert not inner["first"].any()
        dark = outer["third"].clone()
        network(batch)
        assert not torch.equal(outer["third"], dark)
    assert not network.taps


@pytest.mark.parametrize("module", [InPlace, Branching])
def test_nothing_is_left_behind_not_even_after_an_error(batch, module):
    network = opened(module)
    before = state(network.module)
    with tap(network, ["first", "second"]) as seen:
        torch.autograd.grad(network(batch).sum(), list(seen.values()))
    assert state(network.module) == before

    def fail(_):
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="middle"), tap(network, ["first"], {"second": fail}):
        network(batch)
    network.tail("second", batch)(torch.zeros(2, 4, 8, 8))
    assert state(network.module) == before
    assert not network.taps
    assert network.lock.acquire(blocking=False)
    network.lock.release()


def test_an_unknown_layer_is_named_before_anything_runs(batch):
    network = opened()
    with pytest.raises(UnknownLayer, match="'third'"), tap(network, ["thrid"]):
        raise AssertionError("the body must not run")
    with pytest.raises(UnknownLayer), tap(network, [], {"nowhere": torch.zeros_like}):
        raise AssertionError("the body must not run")


def test_two_people_on_one_network_never_see_each_others_pictures():
    network = opened()
    wrong = []

    def person(value):
        picture = torch.full((1, 3, 8, 8), value)
        expected = torch.relu(network.module.first(picture))
        for _ in range(30):
            with tap(network, ["first"]) as seen:
                network(picture)
            if not torch.equal(seen["first"], expected):
                wrong.append(value)

    threads = [threading.Thread(target=person, args=(float(i),)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_network_can_be_used_while_others_are_opened(batch):
    network, stop, errors = opened(), threading.Event(), []
    expected = network(batch)

    def use():
        try:
            while not stop.is_set():
                assert torch.equal(network.module(batch), expected)
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    openers = [threading.Thread(target=lambda: [opened() for _ in range(10)]) for _ in range(2)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    stop.set()
    thread.join()
    assert not errors


def test_the_graph_with_relu_modules_computes_the_same_and_shares_the_parameters(batch):
    network = opened()
    graph = network.relu_modules_graph()
    _, logits = by_hand(network.module, batch)
    assert torch.allclose(graph(batch), logits, atol=1e-6)
    assert sum(isinstance(part, nn.ReLU) for part in graph.modules()) == 3
    assert not any(getattr(part, "inplace", False) for part in graph.modules())
    assert {p.data_ptr() for p in graph.parameters()} == {p.data_ptr() for p in network.module.parameters()}
    assert network.has_relu
    assert not open_network("torchvision:efficientnet_b0@untrained").has_relu


def test_functional_relus_of_googlenet_become_modules():
    network = open_network("torchvision:googlenet@untrained")
    graph = network.relu_modules_graph()
    assert sum(isinstance(part, nn.ReLU) for part in graph.modules()) == 57
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(graph(x), network(x))
