"""A settings file that lists a network of the tests' own by the name 'small'."""

import json
from pathlib import Path

from core.probes.catalogue import open_probe

PAGES = Path(__file__).parent / "pages"


def write(folder: Path, file: str) -> Path:
    """The network that `file`, a module in tests/pages, makes, for the classes of the tiny Menagerie.  -> the file"""
    classes = json.dumps(list(open_probe("menagerie-tiny").classes))
    entry = f'factory = "{file}:small"\npython_path = "{PAGES}"\nclasses = {classes}\n'
    path = folder / "settings.toml"
    path.write_text(f"[networks.small]\n{entry}preprocessing = {{ resize = 32, crop = 32 }}\n", encoding="utf-8")
    return path
