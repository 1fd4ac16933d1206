"""Which probes can be opened: the embedded worlds, those of the settings file, and any folder of pictures."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.errors import UnknownName, near
from core.probes.folder import Folder
from core.probes.menagerie.world import WORLDS, World
from core.probes.probe import Probe
from core.probes.scenes import Scenes
from core.settings import settings


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
    """A probe by its name, or a folder with one sub-folder per class by its path.

    Raises UnknownName for what is neither, BadImage for a folder without pictures, BadSettings.
    """
    name = str(name)
    if name in WORLDS:
        return World(name)
    if name == Scenes.name:
        return Scenes()
    yours = settings().probes
    if name in yours:
        return Folder(yours[name]["folder"], name, yours[name].get("title", name))
    if "://" in name:
        raise UnknownName(f"a probe is a name or a folder on this machine, not the address '{name}'")
    with suppress(OSError, RuntimeError):  # too long for a path, or the home of nobody
        path = Path(name).expanduser()
        if name.strip() and path.is_dir():
            return Folder(path)
        if path.is_file():
            raise UnknownName(f"'{name}' is a file; a probe is a folder with one sub-folder per class")
    close = near(name, [*WORLDS, Scenes.name, *yours]) or "; try 'menagerie'"
    raise UnknownName(f"no probe or folder '{name}'{close}")
