"""What every registered method promises, whatever it computes."""

import threading
import warnings

import numpy as np
import pytest
import torch

from core.errors import Cancelled, NotDefined, UnknownName
from core.methods import METHODS, explain, find_method
from core.methods.heatmap import Heatmap

QUICK = {"lime": {"samples": 30, "segments": 6}}


def made_up(network):
    """Importances of every spatial layer, positive and negative, without any pass through the network."""
    generator = np.random.default_rng(0)
    spatial = [layer for layer in network.layers if layer.spatial]
    return {layer.name: generator.normal(0.3, 1, (len(network.classes), layer.shape[0])) for layer in spatial}


def run(name, network, batch, classes, layers=None, **extra):
    layers = [layer for layer in network.layers if layer.spatial] if layers is None else layers
    if METHODS[name].needs_data:
        extra.setdefault("importances", made_up(network))
    return METHODS[name].run(network, batch, classes, layers, **QUICK.get(name, {}), **extra)


def state(network):
    """Everything about a network that a method could leave changed."""
    modules = [*network.module.modules(), *network.relu_modules_graph().modules()]
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return (
        [sum(len(getattr(module, kind)) for kind in hooks) for module in modules],
        [module.training for module in modules],
        [getattr(module, "inplace", None) for module in modules],
        [type(module).__name__ for module in network.module.modules()],
        [(p.requires_grad, p.grad is None, p.detach().numpy().tobytes()) for p in network.module.parameters()],
        list(network.taps),
        torch.is_grad_enabled(),
    )


def lock_is_free(network):
    answer = []

    def take():
        answer.append(network.lock.acquire(timeout=2))
        if answer[0]:
            network.lock.release()

    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
    return answer == [True]


@pytest.fixture(params=["toy", "functional"])
def network(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("name", METHODS)
def test_keys_shapes_and_dtype(name, network, batch_of):
    batch, classes = batch_of(network, 2), torch.tensor([[0, 2], [1, 1]])
    layers = [layer for layer in network.layers if layer.spatial]
    maps = run(name, network, batch, classes, layers)
    assert list(maps) == ([layer.name for layer in layers] if METHODS[name].per_layer else [None])
    for key, values in maps.items():
        coarse = METHODS[name].resolution == "layer"
        shape = network.layer(key).shape[1:] if coarse else batch.shape[2:]
        assert values.shape == (2, 2, *shape)
        assert values.dtype == torch.float32
        assert not values.requires_grad
        assert torch.isfinite(values).all()
        assert METHODS[name].signed or (values >= 0).all()
        assert values.abs().max() > 0
        # The same class asked for twice gives the same map twice.
        assert torch.equal(values[1, 0], values[1, 1])
        assert not torch.equal(values[0, 0], values[0, 1])


@pytest.mark.parametrize("name", METHODS)
def test_a_batch_of_three_is_three_of_one(name, network, batch_of):
    batch, classes = batch_of(network, 3), torch.tensor([[0, 1], [2, 0], [1, 2]])
    together = run(name, network, batch, classes)
    for i in range(3):
        alone = run(name, network, batch[i : i + 1], classes[i : i + 1])
        for key, values in alone.items():
            scale = float(values.abs().max())
            assert (together[key][i] - values[0]).abs().max() <= 1e-5 * max(scale, 1)


@pytest.mark.parametrize("name", METHODS)
def test_the_network_is_given_back_as_it_was(name, network, batch_of):
    batch, classes = batch_of(network), torch.tensor([[0], [1], [2]])
    given, before, logits = batch.clone(), state(network), network(batch)
    run(name, network, batch, classes)
    assert state(network) == before
    assert torch.equal(batch, given)
    assert not batch.requires_grad
    assert batch.grad is None
    assert torch.equal(network(batch), logits)
    assert lock_is_free(network)


@pytest.mark.parametrize("name", METHODS)
def test_the_network_is_given_back_after_an_error_in_the_forward_pass(name, network, batch_of):
    def fail(*_):
        raise RuntimeError("out of memory")

    batch, classes = batch_of(network), torch.tensor([[0], [1], [2]])
    expected = run(name, network, batch, classes)
    handle = network.module.conv2.register_forward_hook(fail)
    before = state(network)
    with pytest.raises(RuntimeError, match="out of memory"):
        run(name, network, batch, classes)
    assert state(network) == before
    assert lock_is_free(network)
    handle.remove()
    again = run(name, network, batch, classes)
    assert all(torch.equal(again[key], expected[key]) for key in expected)


@pytest.mark.parametrize("name", METHODS)
def test_twice_is_the_same_and_global_random_numbers_are_left_alone(name, network, batch_of):
    batch, classes = batch_of(network), torch.tensor([[0], [1], [2]])
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002 the global state is what is tested
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    first = run(name, network, batch, classes, seed=3)
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert np.array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002
    torch.manual_seed(6)
    second = run(name, network, batch, classes, seed=3)
    assert all(torch.equal(first[key], second[key]) for key in first)


@pytest.mark.parametrize("name", METHODS)
def test_progress_counts_and_can_stop_the_work(name, network, batch_of):
    batch, classes = batch_of(network), torch.tensor([[0, 1], [1, 0], [2, 0]])
    calls = []
    run(name, network, batch, classes, progress=lambda *call: calls.append(call))
    assert calls
    assert all(0 <= done <= total and label for done, total, label in calls)

    def stop(*_):
        raise Cancelled("stopped")

    before = state(network)
    with pytest.raises(Cancelled):
        run(name, network, batch, classes, progress=stop)
    assert state(network) == before
    assert lock_is_free(network)


@pytest.mark.parametrize("name", METHODS)
def test_works_inside_no_grad_and_without_warnings(name, network, batch_of):
    batch, classes = batch_of(network, 1), torch.tensor([[0]])
    expected = run(name, network, batch, classes)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        with torch.no_grad():
            maps = run(name, network, batch, classes)
    assert all(torch.equal(maps[key], expected[key]) for key in expected)


@pytest.mark.parametrize("name", METHODS)
def test_frozen_parameters_change_nothing(name, network, batch_of):
    batch, classes = batch_of(network, 1), torch.tensor([[1]])
    expected = run(name, network, batch, classes)
    network.module.requires_grad_(False)
    maps = run(name, network, batch, classes)
    assert all(torch.allclose(maps[key], expected[key], atol=1e-6) for key in expected)
    assert not any(p.requires_grad for p in network.module.parameters())


@pytest.mark.parametrize("name", METHODS)
def test_several_threads_on_one_network_do_not_mix(name, network, batch_of):
    classes = torch.tensor([[0]])
    batches = [batch_of(network, 1, seed) for seed in range(4)]
    expected = [run(name, network, batch, classes) for batch in batches]
    answers = [None] * 4

    def work(i):
        answers[i] = [run(name, network, batches[i], classes) for _ in range(3)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for several, one in zip(answers, expected, strict=True):
        for maps in several:
            assert all(torch.allclose(maps[key], one[key], atol=1e-6) for key in one)


@pytest.mark.parametrize("name", METHODS)
def test_what_is_declared(name, network):
    declared = METHODS[name]
    assert declared.name == name
    assert declared.title
    assert declared.paper
    assert declared.about.endswith(".")
    assert declared.cost in ("instant", "slow")
    assert declared.resolution in ("layer", "input", "segments")
    assert declared.version >= 1
    assert declared.defined(network) is None


@pytest.mark.parametrize("name", [name for name in METHODS if METHODS[name].per_layer])
def test_a_layer_without_extent_is_refused_in_words(name, network, batch_of):
    flat = network.layers[-1]
    with pytest.raises(NotDefined, match=f"{flat.name}.*no spatial extent"):
        run(name, network, batch_of(network, 1), torch.tensor([[0]]), [flat])
    assert flat.name in METHODS[name].defined(network, flat)


@pytest.mark.parametrize("name", METHODS)
def test_bad_shapes_are_refused(name, network, batch_of):
    batch = batch_of(network, 2)
    for classes in (torch.tensor([0, 1]), torch.tensor([[0]]), torch.tensor([[0.0], [1.0]])):
        with pytest.raises(ValueError, match="classes"):
            run(name, network, batch, classes)


def test_a_joint_computation_gives_what_each_method_gives(network, batch_of):
    batch, classes = batch_of(network, 2), torch.tensor([[0, 1], [2, 0]])
    layers = [layer for layer in network.layers if layer.spatial]
    names = ["guided-gradcam", "gradcam", "guided-backprop", "chip", "refined-chip", "guided-chip"]
    joint = explain(names, network, batch, classes, layers, importances=made_up(network))
    assert list(joint) == names
    for name in names:
        alone = run(name, network, batch, classes, layers)
        assert all(torch.equal(joint[name][key], alone[key]) for key in alone)


def test_a_joint_computation_passes_through_the_network_once_per_need(network, batch_of):
    batch, classes = batch_of(network, 1), torch.tensor([[0, 1]])
    layers = [layer for layer in network.layers if layer.spatial]
    passes = []
    handle = network.module.conv1.register_forward_hook(lambda *_: passes.append(1))
    names = ["gradcam", "guided-backprop", "guided-gradcam", "chip", "refined-chip", "guided-chip"]
    explain(names, network, batch, classes, layers, importances=made_up(network))
    handle.remove()
    assert len(passes) == 1 + 2  # Grad-CAM's one, and one per class for the guided gradients


def test_unknown_names_are_answered_with_near_ones(network, batch_of):
    with pytest.raises(UnknownName, match="try 'gradcam'"):
        find_method("grad-cam")
    with pytest.raises(UnknownName, match="try 'samples'"):
        explain(["lime"], network, batch_of(network, 1), torch.tensor([[0]]), [], parameters={"lime": {"sample": 3}})


def test_a_heatmap_goes_back_to_its_picture(network):
    side = network.preprocessing.size[0]
    values = np.arange(9, dtype=np.float32).reshape(3, 3)
    heatmap = Heatmap(values, "gradcam", "conv1", 0)
    whole = heatmap.at(network.preprocessing, 4 * side, 2 * side)
    assert whole.shape == (4 * side, 2 * side)
    assert whole.dtype == np.float32
    assert whole[0, 0] == 0
    assert whole[-1, -1] == 8
    assert abs(whole.mean() - 4) < 1e-3
    same = heatmap.at_input(3, 3)
    assert np.array_equal(same, values)
