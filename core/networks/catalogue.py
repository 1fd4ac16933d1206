"""Networks by name: the embedded ones, torchvision's, checkpoints of its architectures, and a person's own."""

import importlib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from core.errors import BadSettings, CoreError, UnknownName, near
from core.networks import menagerie_nets
from core.networks.checkpoints import fit, read_weights
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing, from_record
from core.networks.pretrained import (
    PREFIX,
    Progress,
    architectures,
    class_names,
    imagenet_classes,
    open_torchvision,
)
from core.settings import settings
from core.store import find_file

_UPLOAD = re.compile(r"[0-9a-f]{64}")
SUFFIXES = (".pth", ".pt", ".safetensors", ".bin")  # what an uploaded checkpoint may be kept as


@dataclass(frozen=True)
class NetworkCard:
    """What can be opened: `name` for `open_network`, `title`, `group` ('Embedded', 'Yours', 'torchvision'), and one
    sentence."""

    name: str
    title: str
    group: str
    about: str


def list_networks() -> tuple[NetworkCard, ...]:
    """All networks that have a name, the embedded ones first. Nothing is loaded.  Raises BadSettings."""
    embedded = [NetworkCard(name, *_card(*texts, "Embedded")) for name, texts in menagerie_nets.PERFORMERS.items()]
    own = [
        NetworkCard(name, entry.get("title", name), "Yours", entry.get("about", f"From {entry['factory']}"))
        for name, entry in settings().networks.items()
    ]
    known = [NetworkCard(PREFIX + name, *_card(*texts, "torchvision")) for name, texts in architectures().items()]
    return (*embedded, *own, *known)


def open_network(
    name: str,
    weights: str | Path | None = None,
    classes: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Network:
    """A network ready to be looked into, its parameters frozen.

    `name`: an embedded network; `torchvision:resnet18` with torchvision's weights (from torch's hub cache, else
    downloaded; `progress` is told, in bytes), `torchvision:resnet18@untrained` with random ones,
    `torchvision:resnet18@<sha256>` with a checkpoint that was uploaded; or a name from the settings file. `weights`:
    a .pth or .safetensors file instead of the network's own; `classes`: names instead of its own.
    Raises UnknownName, BadWeights, BadSettings, NotDefined.
    """
    if name in menagerie_nets.PERFORMERS:
        network = _embedded(name, weights, classes)
    elif name.startswith(PREFIX):
        network = _torchvision(name, weights, classes, progress)
    elif (entry := settings().networks.get(name)) is not None:
        network = _own(name, entry, weights, classes)
    else:
        known = [card.name for card in list_networks()]
        raise UnknownName(f"no network '{name}'{near(name, known)}")
    network.module.requires_grad_(False)
    return network


def _card(title: str, about: str, group: str) -> tuple[str, str, str]:
    return title, group, about


def _embedded(name: str, weights: str | Path | None, classes: Sequence[str] | None) -> Network:
    module = menagerie_nets.performer(name)
    title = menagerie_nets.PERFORMERS[name][0]
    if weights is not None:
        fit(module, read_weights(weights), Path(weights).name, name)
    side = menagerie_nets.INPUT
    preprocessing = Preprocessing(side, side, menagerie_nets.MEAN, menagerie_nets.DEVIATION)
    own = menagerie_nets.classes_of(name)
    names = class_names(classes or own, len(own), (), name)
    return Network(module, names, preprocessing, name=name, title=title)


def _torchvision(
    name: str, weights: str | Path | None, classes: Sequence[str] | None, progress: Progress | None
) -> Network:
    architecture, _, version = name.removeprefix(PREFIX).partition("@")
    if architecture not in architectures() and not _transformer(architecture):
        raise UnknownName(f"no network '{name}'{near(name, [PREFIX + known for known in architectures()])}")
    if version and version != "untrained":
        weights = weights or _uploaded(version, name)
        network = open_torchvision(architecture, weights=weights, classes=classes, title=None)
        network.title = f"{network.title}, your checkpoint {version[:8]}"
    else:
        network = open_torchvision(
            architecture, weights=weights, classes=classes, untrained=version == "untrained", progress=progress
        )
    network.name = name
    return network


def _transformer(architecture: str) -> bool:
    return architecture.startswith(("vit_", "swin_", "maxvit_"))


def _uploaded(version: str, name: str) -> Path:
    if not _UPLOAD.fullmatch(version):
        raise UnknownName(f"no network '{name}'; after '@' comes an uploaded checkpoint's sha256 or 'untrained'")
    paths = (find_file(version, suffix) for suffix in SUFFIXES)
    if (path := next((path for path in paths if path is not None), None)) is None:
        raise UnknownName(f"the checkpoint {version[:8]}… is not in the cache any more; upload it again")
    return path


def _own(name: str, entry: Mapping[str, Any], weights: str | Path | None, classes: Sequence[str] | None) -> Network:
    module = _made(name, entry)
    weights = weights or entry.get("weights")
    try:
        preprocessing = from_record(entry["preprocessing"])
    except BadSettings as error:
        raise BadSettings(f"[networks.{name}] {error}") from error
    if weights is not None:
        fit(module, read_weights(weights), Path(weights).name, name)
    names = classes or _classes(name, entry["classes"])
    return Network(module, names, preprocessing, name=name, title=entry.get("title", name))


def _made(name: str, entry: Mapping[str, Any]) -> nn.Module:
    """What the factory returns; it is the person's own code and may fail in any way."""
    where = f"[networks.{name}] factory = '{entry['factory']}'"
    package, function = entry["factory"].split(":")
    with _path_added(entry.get("python_path")):
        try:
            factory = getattr(importlib.import_module(package), function)
            module = factory()
        except CoreError:
            raise
        except Exception as error:
            raise BadSettings(f"{where} fails: {type(error).__name__}: {error}") from error
    if not isinstance(module, nn.Module):
        raise BadSettings(f"{where} returns {type(module).__name__}; an nn.Module would do")
    return module


@contextmanager
def _path_added(folder: Path | None) -> Iterator[None]:
    if folder is None:
        yield
        return
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _classes(name: str, classes: str | Path | list[str]) -> tuple[str, ...]:
    if classes == "imagenet":
        return imagenet_classes()
    if isinstance(classes, list):
        return tuple(classes)
    try:
        lines = Path(classes).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"[networks.{name}] classes: {classes} cannot be read as text: {error}") from error
    return tuple(line.strip() for line in lines if line.strip())
