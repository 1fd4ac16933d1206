"""Real networks on the real sample photographs: how often they are right, printed for the README."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.networks.catalogue import open_network

DATA = Path(__file__).parents[3] / "shared" / "data"
SETTINGS = """
[networks.tiny-darknet]
factory = "own_networks:tiny_darknet"
python_path = "{folder}"
weights = "{weights}"
classes = "imagenet"
preprocessing = {{ resize = 256, crop = 224, mean = [0, 0, 0], std = [1, 1, 1] }}
"""


def photographs() -> tuple[list[Path], np.ndarray]:
    paths = sorted((DATA / "imagenet-samples").glob("*.jpg"))
    if not paths:
        pytest.skip("the sample photographs are not beside this repository")
    return paths, np.array([int(path.name.split("_")[0]) for path in paths])


def top(network, paths, labels, batch: int = 20) -> tuple[float, float]:
    """Top-1 and top-5 accuracy."""
    ranks = []
    for start in range(0, len(paths), batch):
        images = [np.array(Image.open(path).convert("RGB")) for path in paths[start : start + batch]]
        ranks.append(network.probabilities(network.prepare(images)).topk(5).indices.cpu().numpy())
    hit = np.concatenate(ranks) == labels[:, None]
    return float(hit[:, 0].mean()), float(hit.any(1).mean())


@pytest.mark.parametrize(("name", "file", "least"), [
    ("torchvision:squeezenet1_1", "squeezenet1_1.pth", 0.59),
    ("tiny-darknet", "tiny_darknet.pth", 0.60),
])  # fmt: skip
def test_top_1_on_the_sample_photographs(name, file, least, tmp_path, monkeypatch):
    weights = DATA / "weights" / file
    if not weights.exists():
        pytest.skip(f"{file} is not beside this repository")
    text = SETTINGS.format(folder=Path(__file__).parents[1] / "engine", weights=weights)
    (tmp_path / "settings.toml").write_text(text)
    monkeypatch.setenv("CHANNELSCOPE_SETTINGS", str(tmp_path / "settings.toml"))
    paths, labels = photographs()
    first, fifth = top(open_network(name, weights), paths, labels)
    print(f"\n{name}: top 1 {first:.1%}, top 5 {fifth:.1%} of {len(paths)} photographs")
    assert first >= least
