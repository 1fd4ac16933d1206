"""torchvision imports on a CPU-only torch build, and its weights arrive as its users expect."""

import functools
import hashlib
import http.server
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from core.errors import BadWeights, Cancelled, NotDefined
from core.networks import pretrained
from core.networks.catalogue import open_network
from core.networks.preprocessing import preset
from core.networks.vision import torchvision

TWICE = """
import sys
from core.networks.vision import torchvision
assert torchvision.models.resnet18 and len(torchvision.models.list_models(module=torchvision.models)) == 80
del sys.modules["core.networks.vision"]                      # what a hot reload does
for name in [name for name in sys.modules if name.startswith("torchvision")]:
    del sys.modules[name]
import gc; gc.collect()
from core.networks.vision import torchvision as again
assert again.models.vgg16
"""
OTHER = """
import importlib, sys
real = importlib.import_module
def broken(name, *rest):
    if name == "torchvision":
        raise RuntimeError("something else")
    return real(name, *rest)
importlib.import_module = broken
try:
    import core.networks.vision
except RuntimeError as error:
    assert "something else" in str(error)
else:
    raise SystemExit("another RuntimeError was swallowed")
"""


@pytest.mark.parametrize("program", [TWICE, OTHER])
def test_the_import_works_once_and_again_and_hides_no_other_error(program):
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_every_convolutional_network_of_torchvision_is_listed():
    every = set(torchvision.models.list_models(module=torchvision.models))
    transformers = {name for name in every if name.startswith(("vit_", "swin_", "maxvit_"))}
    assert set(pretrained.architectures()) == every - transformers
    with pytest.raises(NotDefined, match="convolution"):
        open_network("torchvision:vit_b_16")


@pytest.mark.parametrize("name", ["squeezenet1_1", "efficientnet_b0", "inception_v3", "resnet50"])
@pytest.mark.parametrize("picture", ["astronaut", "coffee", "rocket"])
def test_presets_give_what_torchvisions_own_transforms_give(name, picture):
    image = getattr(data, picture)()
    for entry in torchvision.models.get_model_weights(name):
        ours = preset(entry.transforms()).apply(image)
        theirs = entry.transforms()(Image.fromarray(image))
        assert ours.shape == theirs.shape
        assert (ours - theirs).abs().max() < 1e-6


@pytest.mark.parametrize("size", [(300, 225), (225, 300), (500, 281), (224, 224), (257, 1000), (90, 61)])
def test_presets_agree_at_every_parity_of_size(size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    transforms = torchvision.models.SqueezeNet1_1_Weights.DEFAULT.transforms()
    assert (preset(transforms).apply(image) - transforms(Image.fromarray(image))).abs().max() < 1e-6


def test_without_internet_the_error_says_which_file_goes_where_and_soon(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(pretrained, "_WAIT", 0.2)
    monkeypatch.setattr(pretrained.urllib.request, "urlopen", lambda *_, **__: time.sleep(60))
    start = time.monotonic()
    with pytest.raises(BadWeights) as caught:
        open_network("torchvision:vgg16")
    assert time.monotonic() - start < 10
    for part in ("vgg16-397923af.pth", "https://download.pytorch.org", str(tmp_path / "checkpoints")):
        assert part in str(caught.value)


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A local server with weights for SqueezeNet under the name that torchvision's url has, and an empty hub cache."""
    folder = tmp_path / "server"
    folder.mkdir()
    module = torchvision.models.squeezenet1_1()
    torch.save(module.state_dict(), folder / "new.pth")
    name = f"squeezenet1_1-{hashlib.sha256((folder / 'new.pth').read_bytes()).hexdigest()[:8]}.pth"
    (folder / "new.pth").rename(folder / name)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    entry = torchvision.models.SqueezeNet1_1_Weights.DEFAULT
    weights = type(entry.value)(
        f"http://127.0.0.1:{server.server_port}/{name}", entry.transforms, entry.meta | {"_docs": "served"}
    )
    monkeypatch.setattr(entry, "_value_", weights)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    yield folder / name, module, tmp_path / "hub" / "checkpoints"
    server.shutdown()
    server.server_close()


def test_a_download_is_told_kept_in_the_hub_cache_and_used_again(served):
    source, module, cache = served
    told = []
    network = open_network("torchvision:squeezenet1_1", progress=lambda *event: told.append(event))
    assert told[-1][0] == told[-1][1] == source.stat().st_size
    assert source.name in told[-1][2]
    assert [path.name for path in cache.iterdir()] == [source.name]
    assert torch.equal(network.module.classifier[1].weight, module.classifier[1].weight)
    source.unlink()
    assert open_network("torchvision:squeezenet1_1").fingerprint == network.fingerprint


def test_fetching_brings_the_file_once_and_opens_nothing(served):
    source, _, cache = served
    told = []
    for _ in range(2):
        pretrained.fetch("squeezenet1_1", lambda *event: told.append(event))
    assert [path.name for path in cache.iterdir()] == [source.name]
    assert sum(done == total for done, total, _ in told) == 1, "the second time it was there"


def test_a_download_without_a_listener_draws_torchs_own_bar(served, capsys):
    open_network("torchvision:squeezenet1_1")
    assert "100%" in capsys.readouterr().err


def test_a_damaged_or_cancelled_download_leaves_nothing(served):
    source, _, cache = served

    def stop(*_):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        open_network("torchvision:squeezenet1_1", progress=stop)
    assert not list(cache.iterdir())
    source.write_bytes(source.read_bytes()[:-100])
    with pytest.raises(BadWeights, match="could not be downloaded"):
        open_network("torchvision:squeezenet1_1", progress=lambda *_: None)
    assert not list(cache.iterdir())


def test_without_internet_other_weights_in_the_hub_cache_do_and_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(pretrained, "_answer", lambda url: (_ for _ in ()).throw(OSError("no internet")))
    first, latest = list(torchvision.models.MobileNet_V2_Weights)
    (tmp_path / "checkpoints").mkdir()
    torch.save(torchvision.models.mobilenet_v2().state_dict(), tmp_path / "checkpoints" / first.url.rsplit("/", 1)[-1])
    network = open_network("torchvision:mobilenet_v2")
    assert network.title == "MobileNet v2, IMAGENET1K_V1"
    assert network.preprocessing == preset(first.transforms()) != preset(latest.transforms())
