"""The settings file: networks and probes of a person's own, by name.

`.channelscope.toml` in the working directory, or the file that $CHANNELSCOPE_SETTINGS names:

    [networks.tiny-darknet]
    factory = "mynets.darknet:tiny_darknet"   # package.module:function, returns an nn.Module
    python_path = "code"                      # where the package is, if it is not installed
    weights = "tiny_darknet.pth"              # .pth or .safetensors; without it the factory's own weights
    classes = "imagenet"                      # or a list, or a text file with one name a line
    preprocessing = { resize = 256, crop = 224, mean = [0, 0, 0], std = [1, 1, 1] }

    [probes.holiday]
    folder = "pictures/holiday"

    [probes.streets]
    folder = "camvid"
    labels = ["sky", "building", "pole"]      # what the values 0, 1, 2 of label maps mean; "" for one without a name

Paths are relative to the file.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import BadSettings, near

FILE = ".channelscope.toml"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ENTRIES = {
    "networks": ("factory", "python_path", "weights", "classes", "preprocessing", "title", "about"),
    "probes": ("folder", "title", "about", "labels"),
}
_NEEDED = {"networks": ("factory", "classes", "preprocessing"), "probes": ("folder",)}
_PATHS = ("python_path", "weights", "folder")
_TABLES = ("preprocessing",)
_WANTED = {
    "classes": "'imagenet', a list of names, or a file",
    "labels": "a list of names",
    "preprocessing": "a table",
}


@dataclass(frozen=True)
class Settings:
    """`networks` and `probes`: name -> entry as in the file, its paths (python_path, weights, folder, a file of
    classes) absolute; `folder`: where the file is, or the working directory where there is none."""

    networks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    probes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    folder: Path = field(default_factory=Path.cwd)


def settings() -> Settings:
    """What the settings file says; nothing where there is no file.  Raises BadSettings."""
    named = os.environ.get("CHANNELSCOPE_SETTINGS")
    path = Path(named).expanduser() if named else Path.cwd() / FILE
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if named:
            raise BadSettings(f"$CHANNELSCOPE_SETTINGS names {path}, and there is no such file") from None
        return Settings()
    except OSError as error:
        raise BadSettings(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path} is not TOML: {error}") from error
    folder = path.resolve().parent
    if unknown := [name for name in content if name not in _ENTRIES]:
        raise BadSettings(f"{path.name} has no use for [{unknown[0]}]; it has [networks.NAME] and [probes.NAME]")
    tables = {kind: _table(kind, content.get(kind, {}), folder) for kind in _ENTRIES}
    return Settings(tables["networks"], tables["probes"], folder)


def _table(kind: str, entries: Any, folder: Path) -> dict[str, dict[str, Any]]:
    if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
        raise BadSettings(f"[{kind}] needs a name for each entry: [{kind}.NAME]")
    for name, entry in entries.items():
        if not _NAME.fullmatch(name) or name.startswith("menagerie"):
            raise BadSettings(
                f"[{kind}.{name}] cannot be a name; letters, digits, '.', '-' and '_' would do, not 'menagerie…'"
            )
        _check(kind, name, entry)
    return {
        name: {key: _resolved(key, value, folder) for key, value in entry.items()} for name, entry in entries.items()
    }


def _check(kind: str, name: str, entry: Mapping[str, Any]) -> None:
    where = f"[{kind}.{name}]"
    for key, value in entry.items():
        if key not in _ENTRIES[kind]:
            raise BadSettings(f"{where} has no use for '{key}'{near(key, _ENTRIES[kind])}")
        names = isinstance(value, list) and all(isinstance(one, str) for one in value)
        if key in ("classes", "labels"):
            fits = names or (key == "classes" and isinstance(value, str))
        else:
            fits = isinstance(value, dict if key in _TABLES else str)
        if not fits or value in ("", []):
            raise BadSettings(f"{where} has {key} = {value!r}; {_WANTED.get(key, 'a text')} would do")
    if missing := [key for key in _NEEDED[kind] if key not in entry]:
        raise BadSettings(f"{where} lacks '{missing[0]}'")
    if kind == "networks" and not re.fullmatch(r"[\w.]+:\w+", entry["factory"]):
        raise BadSettings(f"{where} has factory = '{entry['factory']}'; 'package.module:function' would do")


def _resolved(key: str, value: Any, folder: Path) -> Any:
    if key in _PATHS:
        return folder / Path(value).expanduser()
    if key == "classes" and isinstance(value, str) and value != "imagenet":
        return folder / Path(value).expanduser()
    return value
