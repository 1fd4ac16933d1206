"""Answers that take long as files: what `python -m core precompute` and `export` can be asked for."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from core import engine
from core.measures import localisation_table
from core.methods import METHODS
from core.networks.network import Network
from core.probes.probe import Probe

Progress = Callable[[int, int, str], None]
Files = dict[str, np.ndarray | str]


def localisation(
    network: Network, probe: Probe, layers: Sequence[str], progress: Progress | None = None, **asked: Any
) -> Files:
    """CHIP's table II of each layer as CSV, and what stands behind it, image by image, as arrays.

    `asked`: methods, split, images, as `engine.localise` has them; else all methods that are no matter of seconds.
    """
    asked = {"methods": [name for name, one in METHODS.items() if one.cost == "instant"], **asked}
    files: Files = {}
    for layer in layers:
        found = engine.localise(network, probe, layer, progress=progress, **asked)
        files[f"{layer}-localisation.csv"] = table(localisation_table.rows(found))
        files |= {f"{layer}-{name}": values for name, values in localisation_table.arrays(found).items()}
    return files


def chip(
    network: Network, probe: Probe, layers: Sequence[str], progress: Progress | None = None, **asked: Any
) -> Files:
    """CHIP's importances of each layer, learned in one pass: m of every class, the path of lambda, and by class as CSV
    what the row rests on and what it foretells.  `asked`: split, images, as `engine.importances_of` has them."""
    files: Files = {}
    for layer, found in engine.importances_of(network, probe, layers, progress=progress, **asked).items():
        held_out, rows = found.held_out[found.chosen], found.weights()
        files[f"{layer}-importances.csv"] = table(
            [
                {
                    "class": name,
                    "effective images": float(found.effective[c]),
                    "channels kept": int((rows[c] != 0).sum()),
                    "held-out R2": float(held_out[c]),
                    "held-out R2 without a penalty": float(found.dense[c]),
                    "top channels": " ".join(str(int(k)) for k in np.argsort(-rows[c])[:10]),
                }
                for c, name in enumerate(network.classes)
            ]
        )
        arrays = {"importances": rows, "path": found.path, "shares": found.shares, "held-out": found.held_out}
        files |= {f"{layer}-{name}": values for name, values in arrays.items()}
    return files


KINDS: Mapping[str, Callable[..., Files]] = {"chip": chip, "localisation": localisation}


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV, with every name that occurs as a column; NaN and what a row lacks are empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if value != value else value for name, value in row.items()} for row in rows)
    return buffer.getvalue()
