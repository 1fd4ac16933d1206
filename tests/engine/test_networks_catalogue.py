"""Networks by name, among them a person's own from the settings file, with real weights and real photographs."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.errors import BadSettings, BadWeights, UnknownName
from core.networks.catalogue import list_networks, open_network
from core.networks.taps import tap

DATA = Path(__file__).parents[3] / "shared" / "data"
HERE = Path(__file__).parent
OWN = """
[networks.tiny-darknet]
factory = "own_networks:tiny_darknet"
python_path = {here}
weights = {darknet}
classes = "imagenet"
preprocessing = {{ resize = 256, crop = 224, mean = [0, 0, 0], std = [1, 1, 1] }}

[networks.tiny-vgg]
title = "Tiny VGG"
factory = "own_networks:tiny_vgg"
python_path = {here}
weights = {vgg}
classes = "names.txt"
preprocessing = {{ resize = [64, 64], mean = [0, 0, 0], std = [1, 1, 1] }}
"""
TINY_VGG = (
    *("lifeboat", "ladybug", "pizza", "bell pepper", "school bus"),
    *("koala", "espresso", "red panda", "orange", "sport car"),
)


def given(path):
    if not path.exists():
        pytest.skip(f"{path.name} is not beside this repository")
    return path


def picture(path):
    return np.array(Image.open(path).convert("RGB"))


@pytest.fixture
def settings_file(tmp_path, monkeypatch):
    """Writes a settings file and points to it; returns its path."""

    def write(text):
        path = tmp_path / "settings.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("CHANNELSCOPE_SETTINGS", str(path))
        return path

    return write


@pytest.fixture
def own(settings_file):
    weights = DATA / "weights"
    paths = {"here": HERE, "darknet": weights / "tiny_darknet.pth", "vgg": weights / "tiny_vgg.pth"}
    path = settings_file(OWN.format(**{name: json.dumps(str(value)) for name, value in paths.items()}))
    (path.parent / "names.txt").write_text("\n".join(TINY_VGG) + "\n", encoding="utf-8")


def top1(network, paths):
    batch = network.prepare([picture(path) for path in paths])
    return network.probabilities(batch).argmax(1).tolist()


def test_all_that_can_be_opened_is_listed_without_opening_it(own):
    start = time.perf_counter()
    cards = list_networks()
    assert time.perf_counter() - start < 0.5
    groups = {card.name: card.group for card in cards}
    assert len(groups) == len(cards)
    assert groups["menagerie-plain"] == "Embedded"
    assert groups["tiny-darknet"] == "Yours"
    assert groups["torchvision:vgg16_bn"] == "torchvision"
    titles = {card.name: card.title for card in cards}
    assert titles["torchvision:squeezenet1_1"] == "SqueezeNet 1.1"
    assert titles["tiny-vgg"] == "Tiny VGG"
    assert all(card.about for card in cards)


def test_what_needs_no_torchvision_does_not_import_it():
    program = (
        "import sys; from core.networks.catalogue import list_networks, open_network; list_networks();"
        "open_network('menagerie-untrained'); sys.exit('torchvision' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_an_unknown_network_is_answered_with_near_ones():
    for name, near in (("menagerie-plane", "menagerie-plain"), ("resnet18", "torchvision:resnet18")):
        with pytest.raises(UnknownName, match=near):
            open_network(name)
    with pytest.raises(UnknownName, match="torchvision:resnet"):
        open_network("torchvision:resnet19")


def test_an_untrained_network_is_the_same_each_time_and_leaves_the_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = open_network("torchvision:squeezenet1_1@untrained")
    assert torch.equal(torch.rand(3), expected)
    assert first.name == "torchvision:squeezenet1_1@untrained"
    assert "untrained" in first.title
    assert open_network("torchvision:squeezenet1_1@untrained").fingerprint == first.fingerprint


def test_squeezenet_with_real_weights_names_real_photographs():
    weights = given(DATA / "weights" / "squeezenet1_1.pth")
    paths = sorted(given(DATA / "imagenet-samples").glob("*.jpg"))[::18]
    network = open_network("torchvision:squeezenet1_1", weights=weights)
    truth = [int(path.name.split("_")[0]) for path in paths]
    hits = np.mean([a == b for a, b in zip(top1(network, paths), truth, strict=True)])
    assert hits > 0.5, "60.6 % on all 900"
    assert network.default_layer.name == "fire9"


def test_tiny_darknet_as_somebodys_own_network(own):
    given(DATA / "weights" / "tiny_darknet.pth")
    paths = sorted(given(DATA / "imagenet-samples").glob("*.jpg"))[::36]
    network = open_network("tiny-darknet")
    truth = [int(path.name.split("_")[0]) for path in paths]
    assert np.mean([a == b for a, b in zip(top1(network, paths), truth, strict=True)]) > 0.45
    names = [layer.name for layer in network.layers]
    assert names[:4] == ["conv1", "pool1", "conv2", "pool2"]
    assert names[-1] == "conv16"
    assert network.default_layer.name == "conv15"
    assert not network.has_relu
    batch = network.prepare([picture(paths[0])])
    with tap(network, network.layers) as seen:
        logits = network(batch)
    assert (seen["conv15"] < 0).any(), "leaky"
    assert torch.autograd.grad(logits[0, 0], seen["conv1"])[0].abs().sum() > 0
    with torch.no_grad():
        tail = network.tail("pool6", batch)
        assert torch.equal(tail(tail.activations), network(batch))


def test_tiny_vgg_as_somebodys_own_network(own):
    given(DATA / "weights" / "tiny_vgg.pth")
    network = open_network("tiny-vgg")
    assert network.title == "Tiny VGG"
    assert network.classes == TINY_VGG
    names = [layer.name for layer in network.layers]
    assert names == ["conv1_1", "conv1_2", "pool1", "conv2_1", "conv2_2", "pool2", "fc3"]
    wanted = {"bug_1": "ladybug", "espresso_1": "espresso", "pizza_1": "pizza", "car_1": "sport car"}
    found = top1(network, [DATA / "tiny-vgg" / f"{name}.jpeg" for name in wanted])
    assert [network.classes[i] for i in found] == list(wanted.values())


ENTRY = 'factory = "{}"\nclasses = {}\npreprocessing = {{ resize = [64, 64] }}\n'


@pytest.mark.parametrize(
    ("factory", "classes", "said", "error"),
    [
        ("nowhere:tiny_vgg", '["a"]', "No module named 'nowhere'", BadSettings),
        ("own_networks:tiny_vggg", '["a"]', "tiny_vggg", BadSettings),
        ("own_networks:TinyDarknet.PLAN", '["a"]', "package.module:function", BadSettings),
        ("pathlib:Path", '["a"]', "returns PosixPath|WindowsPath", BadSettings),
        ("own_networks:tiny_vgg", '"nowhere.txt"', "nowhere.txt cannot be read", BadSettings),
        ("own_networks:tiny_vgg", '["a", "b"]', "scores 10 classes, but 2 are named", Exception),
    ],
)
def test_an_entry_that_cannot_be_used_is_explained(settings_file, factory, classes, said, error):
    settings_file(f"[networks.mine]\npython_path = {json.dumps(str(HERE))}\n" + ENTRY.format(factory, classes))
    with pytest.raises(error, match=said):
        open_network("mine")


def test_weights_that_are_not_there_or_do_not_fit_are_explained(settings_file, tmp_path):
    entry = ENTRY.format("own_networks:tiny_vgg", json.dumps(list(TINY_VGG)))
    text = f'[networks.mine]\npython_path = {json.dumps(str(HERE))}\nweights = "w.pth"\n{entry}'
    settings_file(text)
    with pytest.raises(BadWeights, match=r"no weights file .*w\.pth"):
        open_network("mine")
    torch.save({"other": torch.zeros(1)}, tmp_path / "w.pth")
    with pytest.raises(BadWeights, match=r"w\.pth does not fit mine"):
        open_network("mine")


def test_the_path_to_a_persons_code_does_not_stay(own):
    before = list(sys.path)
    given(DATA / "weights" / "tiny_vgg.pth")
    open_network("tiny-vgg")
    assert sys.path == before
