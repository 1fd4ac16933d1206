"""Weights of any origin are loaded; what cannot be is refused in one sentence, and nothing in a file is ever run."""

import os
import pickle
import re

import pytest
import torch
from safetensors.torch import save_file

from core.errors import BadWeights, UnknownName
from core.networks.catalogue import open_network
from core.networks.checkpoints import read_weights
from core.networks.vision import torchvision
from core.store import keep_file

NAME = "torchvision:squeezenet1_1"


def squeezenet(classes=1000):
    torch.manual_seed(0)
    return torchvision.models.squeezenet1_1(num_classes=classes).eval()


@pytest.fixture(scope="module")
def module():
    return squeezenet()


def kept(module, path):
    torch.save(module.state_dict(), path)
    return path


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {"epoch": 3, "model": {f"module.{key}": value for key, value in state.items()}},
        lambda state: {f"_orig_mod.module.{key}": value for key, value in state.items()},
        lambda state: {"state_dict": {f"model.{key}": value for key, value in state.items()}, "optimizer": {}},
    ],
    ids=["plain", "state_dict", "model and module.", "compiled", "lightning"],
)
@pytest.mark.parametrize("legacy", [False, True])
def test_the_usual_wrappers_come_off(module, tmp_path, wrap, legacy):
    path = tmp_path / "weights.pth"
    torch.save(wrap(module.state_dict()), path, _use_new_zipfile_serialization=not legacy)
    network = open_network(NAME, weights=path)
    batch = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network(batch), module(batch))
    assert network.classes[:2] == ("tench", "goldfish")
    assert not any(parameter.requires_grad for parameter in network.module.parameters())


def test_safetensors_and_bytes_and_half_precision(module, tmp_path):
    half = {key: value.half() for key, value in module.state_dict().items()}
    save_file(half, tmp_path / "weights.safetensors")
    network = open_network(NAME, weights=str(tmp_path / "weights.safetensors"))
    assert {p.dtype for p in network.module.parameters()} == {torch.float32}
    assert torch.allclose(network.module.classifier[1].weight, module.classifier[1].weight, atol=1e-3)
    assert read_weights(kept(module, tmp_path / "weights.pth").read_bytes()).keys() == half.keys()


def test_safetensors_are_known_by_their_form_whatever_the_first_byte(tmp_path):
    """The file begins with the header's length, whose lowest byte may be that of '<' or of a space."""
    starts = set()
    for length in range(1, 60):
        save_file({"w" * length: torch.ones(length)}, tmp_path / "weights.safetensors")
        starts.add((tmp_path / "weights.safetensors").read_bytes()[:1])
        assert read_weights(tmp_path / "weights.safetensors")["w" * length].shape == (length,)
    assert len(starts) > 5


@pytest.mark.parametrize("name", ["squeezenet1_1", "resnet18", "mobilenet_v3_small", "densenet121", "regnet_x_400mf"])
def test_a_checkpoint_with_another_number_of_classes_gets_its_own_classifier(tmp_path, name):
    module = torchvision.models.get_model(name, num_classes=7).eval()
    network = open_network(f"torchvision:{name}", weights=kept(module, tmp_path / "seven.pth"))
    assert network.classes == tuple(f"class {i}" for i in range(7))
    batch = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network(batch), module(batch))
    named = open_network(f"torchvision:{name}", weights=tmp_path / "seven.pth", classes=list("abcdefg"))
    assert named.classes == tuple("abcdefg")
    assert named.fingerprint == network.fingerprint
    with pytest.raises(BadWeights, match=r"seven\.pth has 7 classes, and 2 names"):
        open_network(f"torchvision:{name}", weights=tmp_path / "seven.pth", classes=["a", "b"])


def test_old_densenet_names_and_missing_counters_are_understood(tmp_path):
    module = torchvision.models.densenet121().eval()
    old = {
        re.sub(r"(denselayer\d+\.(?:norm|conv))([12])", r"\1.\2", key): value
        for key, value in module.state_dict().items()
        if not key.endswith("num_batches_tracked")
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    torch.save(old, tmp_path / "old.pth")
    network = open_network("torchvision:densenet121", weights=tmp_path / "old.pth")
    batch = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network(batch), module(batch))


@pytest.mark.parametrize("aux", [True, False])
def test_googlenet_with_and_without_its_auxiliary_classifiers(tmp_path, aux):
    module = torchvision.models.googlenet(init_weights=False, aux_logits=aux, transform_input=True).eval()
    network = open_network("torchvision:googlenet", weights=kept(module, tmp_path / "weights.pth"))
    batch = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network(batch), module(batch))


def test_an_uploaded_checkpoint_is_opened_by_its_content(module, tmp_path, monkeypatch):
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "cache"))
    sha = keep_file(kept(module, tmp_path / "mine.pth").read_bytes(), ".pth")
    network = open_network(f"{NAME}@{sha}")
    assert network.name == f"{NAME}@{sha}"
    assert sha[:8] in network.title
    with pytest.raises(UnknownName, match="upload it again"):
        open_network(f"{NAME}@{'0' * 64}")
    with pytest.raises(UnknownName, match="sha256"):
        open_network(f"{NAME}@../../secret")


class Bomb:
    def __reduce__(self):
        return os.system, ("touch exploded",)


def broken(tmp_path, module):
    """Files that are no weights, and what the sentence about each says."""
    good = kept(module, tmp_path / "good.pth").read_bytes()
    save_file(module.state_dict(), tmp_path / "good.safetensors")
    safe = (tmp_path / "good.safetensors").read_bytes()
    torch.save(Bomb(), tmp_path / "bomb.pth")
    torch.save(module, tmp_path / "whole.pth")
    torch.save(module.state_dict(), tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    torch.jit.trace(torch.nn.ReLU(), torch.ones(1)).save(tmp_path / "script.pth")
    state = module.state_dict()
    first = next(iter(state))
    torch.save({**state, first: torch.zeros(3, 3)}, tmp_path / "shape.pth")
    torch.save({"a": 1, "b": [torch.ones(1)]}, tmp_path / "none.pth")
    torch.save({key: value for key, value in state.items() if key != first}, tmp_path / "less.pth")
    torch.save(torchvision.models.mobilenet_v3_small().state_dict(), tmp_path / "other.pth")
    saved = {name: (tmp_path / f"{name}.pth").read_bytes() for name in
             ("bomb", "whole", "old", "script", "shape", "none", "less", "other")}  # fmt: skip
    return {
        "bomb": (saved["bomb"], "refused.*system.*only tensors"),
        "plain bomb": (pickle.dumps(Bomb(), protocol=2), "refused.*system.*only tensors"),
        "newer bomb": (pickle.dumps(Bomb()), "refused.*could run code"),
        "a whole model": (saved["whole"], "refused.*SqueezeNet.*only tensors.*state_dict"),
        "cut": (good[: len(good) // 2], "damaged or cut off"),
        "cut at the end": (good[:-200], "damaged or cut off"),
        "cut, legacy": (saved["old"][: len(saved["old"]) // 2], "damaged"),
        "cut, safetensors": (safe[:-200], "damaged or cut off"),
        "web page": (b"\n<!DOCTYPE html><html>sign in</html>", "web page"),
        "LFS pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "LFS"),
        "empty": (b"", "empty"),
        "text": (b"hello, these are not weights", "not weights"),
        "picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "not weights"),
        "TorchScript": (saved["script"], "TorchScript|refused"),
        "no tensors": (saved["none"], "no tensors"),
        "shape": (saved["shape"], f"'{first}' is 3 × 3, and 64 × 3 × 3 × 3 is needed"),
        "missing": (saved["less"], f"1 of its 52 tensors are missing, such as '{first}'"),
        "another architecture": (saved["other"], "does not fit squeezenet1_1.*missing.*not its own"),
    }


def test_every_broken_file_is_refused_in_one_sentence_and_runs_nothing(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for kind, (content, said) in broken(tmp_path, module).items():
        path = tmp_path / "given.pth"
        path.write_bytes(content)
        with pytest.raises(BadWeights) as caught:
            open_network(NAME, weights=path)
        sentence = str(caught.value)
        assert re.search(said, sentence), (kind, sentence)
        assert "given.pth" in sentence, (kind, sentence)
        assert "\n" not in sentence, (kind, sentence)
        assert len(sentence) < 300, (kind, sentence)
    assert not (tmp_path / "exploded").exists()
    with pytest.raises(BadWeights, match=r"no weights file .*nowhere\.pth"):
        open_network(NAME, weights=tmp_path / "nowhere.pth")
    with pytest.raises(BadWeights, match="cannot be read"):
        open_network(NAME, weights=tmp_path)
