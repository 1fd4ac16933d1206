"""torchvision's classification networks: their names, their weights, and checkpoints of their architectures."""

import hashlib
import os
import re
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.errors import BadWeights, NotDefined
from core.networks.checkpoints import State, fit, read_weights
from core.networks.network import Network
from core.networks.preprocessing import preset

Progress = Callable[[int, int, str], None]
PREFIX = "torchvision:"
_WAIT = 6  # seconds to wait for an answer before the internet counts as absent
_BLOCK = 1 << 18  # bytes read at once

# The families and their members by torchvision's names, written out so that a list of networks needs no import of
# torchvision (a second). Vision and swin transformers and MaxViT are not among them: between their attention blocks
# there are no maps of channels over the image that the methods here could read.
FAMILIES = (
    ("alexnet", "AlexNet", "Five convolutions, three fully connected layers (Krizhevsky et al. 2012)", ("",)),
    (
        *("vgg", "VGG", "Blocks of 3 × 3 convolutions, three fully connected layers (Simonyan and Zisserman 2014)"),
        ("11", "11_bn", "13", "13_bn", "16", "16_bn", "19", "19_bn"),
    ),
    ("googlenet", "GoogLeNet", "Inception blocks (Szegedy et al. 2014)", ("",)),
    ("inception", "Inception", "Factorised inception blocks, 299 pixels (Szegedy et al. 2015)", ("_v3",)),
    ("resnet", "ResNet", "Residual blocks (He et al. 2015)", ("18", "34", "50", "101", "152")),
    (
        *("resnext", "ResNeXt", "Residual blocks of grouped convolutions (Xie et al. 2016)"),
        ("50_32x4d", "101_32x8d", "101_64x4d"),
    ),
    (
        *("wide_resnet", "Wide ResNet", "Residual blocks with twice the channels (Zagoruyko and Komodakis 2016)"),
        ("50_2", "101_2"),
    ),
    ("squeezenet", "SqueezeNet", "Fire blocks, small weights (Iandola et al. 2016)", ("1_0", "1_1")),
    ("densenet", "DenseNet", "Each layer reads all before it (Huang et al. 2016)", ("121", "161", "169", "201")),
    (
        *("mobilenet", "MobileNet", "Depthwise convolutions, for telephones (Sandler et al. 2018, Howard et al. 2019)"),
        ("_v2", "_v3_small", "_v3_large"),
    ),
    (
        *("shufflenet_v2", "ShuffleNet v2", "Shuffled channel groups (Ma et al. 2018)"),
        ("_x0_5", "_x1_0", "_x1_5", "_x2_0"),
    ),
    ("mnasnet", "MNASNet", "Found by search on a telephone (Tan et al. 2018)", ("0_5", "0_75", "1_0", "1_3")),
    (
        *("efficientnet", "EfficientNet", "Scaled in depth, width and resolution at once (Tan and Le 2019, 2021)"),
        ("_b0", "_b1", "_b2", "_b3", "_b4", "_b5", "_b6", "_b7", "_v2_s", "_v2_m", "_v2_l"),
    ),
    (
        *("regnet", "RegNet", "From a space of designs (Radosavovic et al. 2020)"),
        tuple(f"_x_{size}" for size in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf"))
        + tuple(f"_y_{size}" for size in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf", "128gf")),
    ),
    (
        *("convnext", "ConvNeXt", "A ResNet modernised step by step (Liu et al. 2022)"),
        ("_tiny", "_small", "_base", "_large"),
    ),
)


def architectures() -> dict[str, tuple[str, str]]:
    """torchvision's name -> title and one sentence."""
    return {
        prefix + member: (f"{title}{_readable(member)}", about)
        for prefix, title, about, members in FAMILIES
        for member in members
    }


def open_torchvision(
    name: str,
    *,
    weights: str | Path | None = None,
    classes: Sequence[str] | None = None,
    untrained: bool = False,
    title: str | None = None,
    progress: Progress | None = None,
) -> Network:
    """An architecture by torchvision's name with torchvision's weights, with a checkpoint's, or with random ones.

    A checkpoint may have another number of classes: the classifier gets as many. The inputs of GoogLeNet and
    Inception-v3 are rescaled as torchvision does for its own weights.  Raises NotDefined, BadWeights.
    """
    if name not in architectures():
        raise NotDefined(f"{PREFIX}{name} has no maps of channels over the image: it is no convolutional network")
    label = title or architectures()[name][0]
    if untrained:
        entry, state, source = _entries(name)[0], None, ""
        label = f"{label}, untrained"
    elif weights is not None:
        source = Path(weights).name
        state = read_weights(weights)
        entry = next((e for e in _entries(name) if _file(e) == source), _entries(name)[0])
    else:
        entry, path = _pretrained(name, progress)
        state, source = read_weights(path), path.name
        if entry is not _default(name):
            label = f"{label}, {entry.name}"
    module, count = _module(name, state, source)
    names = class_names(classes, count, entry.meta["categories"], source or label)
    return Network(module, names, preset(entry.transforms()), name=PREFIX + name, title=label)


def fetch(name: str, progress: Progress) -> None:
    """Bring torchvision's weights for an architecture into torch's hub cache, unless some of its weights are there.

    So that a bar can be drawn where opening itself must not draw.  Raises BadWeights, and what `progress` raises.
    """
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    if not any((folder / _file(entry)).is_file() for entry in _entries(name)):
        _pretrained(name, progress)


def imagenet_classes() -> tuple[str, ...]:
    """The 1000 names in torchvision's order."""
    return tuple(_entries("alexnet")[0].meta["categories"])


def class_names(given: Sequence[str] | None, count: int, imagenet: Sequence[str], source: str) -> tuple[str, ...]:
    """Names for `count` classes: those given, ImageNet's where there are a thousand, else 'class 0' and on.

    Raises BadWeights where as many names were not given.
    """
    if given is not None:
        if len(given) != count:
            raise BadWeights(f"{source} has {count} classes, and {len(given)} names were given for them")
        return tuple(given)
    return tuple(imagenet) if count == len(imagenet) else tuple(f"class {i}" for i in range(count))


def _readable(member: str) -> str:
    text = re.sub(r"(?<!\d)(\d)_(\d+)(?=$|gf)", r"\1.\2", member)
    text = re.sub(r"_bn$", " with batch norm", text).replace("_", " ")
    return f" {text}" if "." in text and text[0].isdigit() else text


def _entries(name: str) -> list[Any]:
    """torchvision's weights for an architecture that know ImageNet's classes, the first published first."""
    from core.networks.vision import torchvision

    return [entry for entry in torchvision.models.get_model_weights(name) if "categories" in entry.meta]


def _default(name: str) -> Any:
    from core.networks.vision import torchvision

    return torchvision.models.get_model_weights(name).DEFAULT


def _file(entry: Any) -> str:
    return entry.url.rsplit("/", 1)[-1]


def _module(name: str, state: State | None, source: str) -> tuple[nn.Module, int]:
    """The architecture with a state's tensors and its number of classes, or with random weights and ImageNet's."""
    if state is None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return _built(name, 1000, False), 1000
    aux = any("AuxLogits" in key or key.startswith("aux1") or ".aux1." in key for key in state)
    count = _classes_in(_hollow(name, 1000, aux), state)
    module = _hollow(name, count, aux)
    fit(module, state, source, name)
    return module, count


def _built(name: str, classes: int, aux: bool) -> nn.Module:
    from core.networks.vision import torchvision

    more = {"googlenet", "inception_v3"} & {name} and {
        "aux_logits": aux,
        "transform_input": True,
        "init_weights": True,
    }
    return torchvision.models.get_model(name, weights=None, num_classes=classes, **(more or {}))


def _hollow(name: str, classes: int, aux: bool) -> nn.Module:
    """Without memory for weights where the architecture can be built so, since a checkpoint brings its own."""
    try:
        with torch.device("meta"):
            return _built(name, classes, aux)
    except (RuntimeError, NotImplementedError):
        return _built(name, classes, aux)


def _classes_in(module: nn.Module, state: State) -> int:
    """How many classes a checkpoint's classifier has: the output channels where the architecture has 1000."""
    heads = [
        path
        for path, part in module.named_modules()
        if isinstance(part, nn.Linear | nn.Conv2d) and part.weight.shape[0] == 1000
    ]
    key = f"{heads[-1]}.weight" if heads else ""
    found = next((value for name, value in state.items() if name == key or name.endswith("." + key)), None)
    return int(found.shape[0]) if found is not None and found.ndim >= 2 else 1000


def _pretrained(name: str, progress: Progress | None) -> tuple[Any, Path]:
    """torchvision's weights on this machine: the default ones from torch's hub cache or the internet, and without
    internet any others in the cache."""
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    default = _default(name)
    path = folder / _file(default)
    if path.is_file():
        return default, path
    try:
        _download(default.url, path, progress)
    except (OSError, RuntimeError) as error:
        for entry in _entries(name):
            if (folder / _file(entry)).is_file():
                return entry, folder / _file(entry)
        reason = getattr(error, "reason", None) or error
        raise BadWeights(
            f"the weights of {PREFIX}{name} could not be downloaded ({reason}); "
            f"put {path.name} from {default.url} into {folder}, or give a file as weights"
        ) from error
    return default, path


def _download(url: str, path: Path, progress: Progress | None) -> None:
    """Into torch's hub cache, checked against the hash in its name; with torch's own bar in the terminal where nobody
    asks to be told.  Raises OSError, RuntimeError, and what `progress` raises."""
    response = _answer(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    start = re.search(r"-([0-9a-f]{8,})\.", path.name)
    if progress is None:
        response.close()
        torch.hub.download_url_to_file(url, str(path), start and start[1], progress=True)
        return
    total, done, digest = int(response.headers.get("Content-Length") or 0), 0, hashlib.sha256()
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".")
    try:
        with response, os.fdopen(handle, "wb") as file:
            while block := response.read(_BLOCK):
                file.write(block)
                digest.update(block)
                done += len(block)
                progress(done, max(total, done), f"Downloading {path.name}")
        if (total and done != total) or (start and not digest.hexdigest().startswith(start[1])):
            raise OSError("the file came damaged")
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _answer(url: str) -> Any:
    """An open connection. In a thread of its own, since looking up a name can hang beyond any timeout."""
    result: list[Any] = []

    def ask() -> None:
        try:
            result.append(urllib.request.urlopen(url, timeout=_WAIT))
        except OSError as error:
            result.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_WAIT + 2)
    if not result:
        raise urllib.error.URLError("no answer")
    if isinstance(result[0], OSError):
        raise result[0]
    return result[0]
