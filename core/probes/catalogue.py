"""Which probes can be opened: the embedded worlds, those of the settings file, and any folder of pictures."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadSettings, UnknownName, near
from core.probes.ade20k import ADE20K, is_ade20k
from core.probes.broden import Broden, is_broden
from core.probes.coco import Coco, is_coco
from core.probes.cub import CUB, is_cub
from core.probes.folder import Folder
from core.probes.label_maps import LabelMaps, has_label_maps
from core.probes.menagerie.world import WORLDS, World
from core.probes.pascal_part import PascalPart, is_pascal_part
from core.probes.probe import Probe
from core.probes.scenes import Scenes
from core.settings import settings

PUBLISHED = ((is_broden, Broden), (is_cub, CUB), (is_pascal_part, PascalPart), (is_coco, Coco))


@dataclass(frozen=True)
class ProbeCard:
    """A probe as it is offered in a list; `group` is 'Embedded' or 'Yours'."""

    name: str
    title: str
    group: str
    about: str


def list_probes() -> tuple[ProbeCard, ...]:
    """What can be opened by name, the embedded worlds first.  Raises BadSettings."""
    worlds = (*WORLDS.values(), Scenes)
    embedded = [ProbeCard(world.name, world.title, "Embedded", world.about) for world in worlds]
    yours = [
        ProbeCard(name, entry.get("title", name), "Yours", entry.get("about", f"Pictures in {entry['folder']}"))
        for name, entry in settings().probes.items()
    ]
    return (*embedded, *yours)


def open_probe(name: str | Path) -> Probe:
    """A probe by its name, or a folder by its path, as `open_folder` does.

    Raises UnknownName for what is neither, BadImage for a folder without pictures, BadSettings.
    """
    name = str(name)
    if name in WORLDS:
        return World(name)
    if name == Scenes.name:
        return Scenes()
    yours = settings().probes
    if name in yours:
        entry = yours[name]
        return open_folder(entry["folder"], name, entry.get("title", name), entry.get("labels"))
    if "://" in name:
        raise UnknownName(f"a probe is a name or a folder on this machine, not the address '{name}'")
    with suppress(OSError, RuntimeError):  # too long for a path, or the home of nobody
        path = Path(name).expanduser()
        if name.strip() and path.is_dir():
            return open_folder(path)
        if path.is_file():
            raise UnknownName(f"'{name}' is a file; a probe is a folder with one sub-folder per class")
    close = near(name, [*WORLDS, Scenes.name, *yours]) or "; try 'menagerie'"
    raise UnknownName(f"no probe or folder '{name}'{close}")


def open_folder(
    folder: str | Path, name: str | None = None, title: str | None = None, labels: Sequence[str] | None = None
) -> Probe:
    """A folder as what its files make it: a published set that has its reader here, pictures with label maps, else one
    sub-folder per class.

    `labels` names the values of label maps, by position.  Raises BadImage for a folder without pictures; BadSettings
    for names where there are no label maps.
    """
    path = Path(folder).expanduser()
    kind = next((kind for looks_like, kind in PUBLISHED if looks_like(path)), None)
    if kind is None and path.is_dir() and has_label_maps(path):
        return LabelMaps(path, name, title, labels)
    if labels is not None:
        raise BadSettings(f"[probes.{name}] has names of labels, and no label maps were found in '{folder}'")
    if kind is None:
        kind = ADE20K if path.is_dir() and is_ade20k(path) else Folder
    return kind(path, name, title)
