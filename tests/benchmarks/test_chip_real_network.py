"""CHIP on a real ImageNet network and real photographs: time, memory, what the classes rest on; figures for the README.

`python -m pytest tests/benchmarks/test_chip_real_network.py -s`; set CHANNELSCOPE_PICTURES to a folder to keep the
overlays of ten photographs there.
"""

import os
import resource
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from core import engine
from core.colouring import Look, blend, limit_of, png
from core.networks.catalogue import open_network
from core.probes.catalogue import open_probe

DATA = Path(__file__).parents[3] / "shared" / "data"
GATES = 50
SHOWN = (4, 84, 97, 130, 207, 281, 340, 387, 609, 950)  # of the photographs, in order: ten different things


@pytest.fixture
def photographs(tmp_path):
    """The sample photographs as a folder probe, one sub-folder per class."""
    files = sorted((DATA / "imagenet-samples").glob("*.jpg"))
    if not files or not (DATA / "weights" / "squeezenet1_1.pth").exists():
        pytest.skip("the sample photographs and SqueezeNet's weights are not beside this repository")
    for file in files:
        folder = tmp_path / "photographs" / file.stem.split("_", 2)[2]
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, folder)  # the probe follows no links
    return open_probe(str(tmp_path / "photographs"))


def test_importances_of_a_thousand_classes_at_fire9(photographs, tmp_path, monkeypatch):
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "cache"))
    network = open_network("torchvision:squeezenet1_1", DATA / "weights" / "squeezenet1_1.pth")
    layer = network.default_layer
    start = time.monotonic()
    found = engine.importances(network, photographs, layer, images=len(photographs), gates=GATES)
    took, peak = time.monotonic() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    enough = found.effective >= 5
    kept = (found.weights() != 0).sum(1)
    explained, dense = (np.nanmedian(one[enough]) for one in (found.held_out[found.chosen], found.dense))
    print(
        f"\n{network.title}, {layer.name}, {found.images} photographs x {found.gates} gates: {took / 60:.1f} min, the "
        f"process's peak {peak:.1f} GB; effective images per class: median {np.median(found.effective):.1f}, "
        f"{enough.sum()} of {len(enough)} classes have 5; channels kept per class: median {np.median(kept):.0f} of "
        f"{found.path.shape[2]}; held-out R^2, median over those classes: "
        f"{explained:.2f} (without a penalty {dense:.2f})"
    )
    assert layer.name == "fire9"
    assert found.path.shape[1:] == (1000, 512)
    assert peak < 4
    if folder := os.environ.get("CHANNELSCOPE_PICTURES"):
        _overlays(Path(folder), network, photographs, {layer.name: found.weights()})


def _overlays(folder: Path, network, probe, importances) -> None:
    """Grad-CAM and CHIP for the most probable class, side by side."""
    for place in SHOWN:
        index = place % len(probe)
        image = probe.image(index)
        label = int(engine.probabilities(network, image).argmax())
        maps = engine.explain(
            network,
            image,
            classes=[label],
            layers=[network.default_layer],
            methods=["gradcam", "chip"],
            importances=importances,
        )
        drawn = [image]
        for one in maps.values():
            values = one.at(network.preprocessing, *image.shape[:2])
            drawn.append(blend(image, values, limit_of(values, one.signed), one.signed, Look()))
        (folder / f"{place:03d}.png").write_bytes(png(np.concatenate(drawn, 1)))
