"""What Grad-CAM and faithfulness cost, as ratios measured in one run: passes of the bare network, and captum.

    python -m pytest tests/benchmarks/test_gradcam_speed.py

Each round times all candidates one after the other, so that a busy machine is busy for all of them; the best round of
each counts.
"""

import time

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam

from core.measures.faithfulness import STEPS, batch_size, faithfulness, floors
from core.methods.gradcam import gradcam
from core.methods.heatmap import Heatmap
from core.networks.menagerie_nets import CLASSES, INPUT, performer
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing

WANTED = (0, 3, 7, 12, 20)


@pytest.fixture(scope="module")
def network():
    """The embedded plain network; what it computes costs the same with any weights."""
    scale = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
    preprocessing = Preprocessing((INPUT, INPUT), None, *scale)
    return Network(performer("menagerie-untrained"), CLASSES, preprocessing, title="Menagerie, plain")


@pytest.fixture(scope="module")
def batch(network):
    image = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    return network.prepare([image])


@pytest.fixture
def report(capsys):
    def show(line):
        with capsys.disabled():
            print(f"\n  {line}", end="")

    return show


def best(candidates, rounds):
    """The shortest time of each candidate over interleaved rounds, in milliseconds."""
    times = {name: [] for name in candidates}
    for round_ in range(rounds + 2):
        for name, run in candidates.items():
            start = time.perf_counter()
            run()
            if round_ >= 2:
                times[name].append((time.perf_counter() - start) * 1000)
    return {name: min(values) for name, values in times.items()}


def test_five_classes_at_all_conv_layers(network, batch, report):
    layers = [layer for layer in network.layers if layer.kind == "conv"]
    classes = torch.tensor([WANTED])
    captums = [LayerGradCam(network.module, network.module.get_submodule(layer.emitter)) for layer in layers]

    def ours():
        return gradcam(network, batch, classes, layers)

    def bare():
        image = batch.clone().requires_grad_()
        logits = network.module(image)
        for label in WANTED:
            torch.autograd.grad(logits[0, label], image, retain_graph=True)

    def captum():
        return [[one.attribute(batch, c, relu_attributions=True) for c in WANTED] for one in captums]

    for values, theirs in zip(ours().values(), captum(), strict=True):
        assert torch.allclose(values[0], torch.cat(theirs)[:, 0].detach(), atol=1e-5)
    ms = best({"ours": ours, "bare": bare, "captum": captum}, 15)
    cost, gain = ms["ours"] / ms["bare"], ms["captum"] / ms["ours"]
    report(
        f"Grad-CAM, 5 classes x {len(layers)} conv layers: {ms['ours']:.1f} ms; {cost:.2f} x one forward and five "
        f"backward passes to the input ({ms['bare']:.1f} ms); {gain:.1f} x faster than captum ({ms['captum']:.1f} ms)"
    )
    assert len(layers) == 5
    assert cost <= 1.5
    assert gain >= 5


def test_insertion_and_deletion_cost_their_forward_passes(network, batch, report):
    generator = np.random.default_rng(1)
    maps = [Heatmap(generator.random((s, s), np.float32), "gradcam", None, c) for c, s in enumerate((16, 16, 128))]
    pictures = 2 * len(maps) * (STEPS - 1) + 3

    def bare():
        size = batch_size(batch)
        for start in range(0, pictures, size):
            network.probabilities(batch.expand(min(size, pictures - start), -1, -1, -1).contiguous())

    ms = best(
        {
            "ours": lambda: faithfulness(network, batch, maps),
            "bare": bare,
            "floors": lambda: floors(network, batch, WANTED),
        },
        6,
    )
    cost = ms["ours"] / ms["bare"]
    report(
        f"insertion and deletion, 3 maps x {STEPS} steps: {ms['ours']:.0f} ms, {cost:.2f} x the bare passes of its "
        f"{pictures} pictures ({ms['bare']:.0f} ms); random and centre-out orders, all classes: {ms['floors']:.0f} ms"
    )
    assert cost <= 1.5
