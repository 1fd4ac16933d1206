"""Answers that take long as files: what `python -m core precompute` and `export` can be asked for."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from core import engine, export_parts
from core.errors import UnknownName
from core.measures import concept_scores, localisation_table
from core.methods import METHODS
from core.methods.net2vec.dissection import TASKS, Dissection
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


def net2vec(
    network: Network,
    probe: Probe,
    layers: Sequence[str],
    progress: Progress | None = None,
    images: int = 2000,
    **asked: Any,
) -> Files:
    """What Net2Vec finds at layers, learned and scored on so many pictures: by concept, by filter and by picture as
    CSV; thresholds, weights, the IoU of all filters with all concepts and the IoU of every picture as arrays; in words
    the means, and what there is to say, such as of pictures that were left out.

    Raises UnknownName for a split or methods, which it does not choose among.
    """
    if asked:
        raise UnknownName(f"net2vec has no --{next(iter(asked))}: it takes its pictures from 'train' and 'val' itself")
    files: Files = {}
    for layer, found in engine.dissect_of(network, probe, layers, images=images, progress=progress).items():
        files |= {
            f"{layer}-concepts.csv": table([_concept(found, c) for c in range(len(found.concepts))]),
            f"{layer}-filters.csv": table(_filters(found)),
            f"{layer}-pictures.csv": table(_pictures(found, probe)),
        }
        files |= {f"{layer}-{name.replace('_', '-')}": getattr(found, name) for name in _ARRAYS}
        said = [_summary(found, task) for task in TASKS] + ([found.note] if found.note else [])
        files[f"{layer}-note.txt"] = "\n".join(said) + "\n"
    return files


_ARRAYS = ("thresholds", "weights", "iou_train", "iou_val", "cls_weights", "cls_bias")
_ARRAYS += ("image", "concept", "single_ind", "combined_ind")


def _concept(found: Dissection, c: int) -> dict[str, Any]:
    numbers = {
        "training pictures": int(found.train[c]), "validation pictures": int(found.val[c]),
        "area": float(found.area[c]), "best filter": int(found.best[c]),
        "binarisation": (">0", ">=1/2")[int(found.binarisation[c])],
        "single IoU": float(found.single_iou[c]), "combined IoU": float(found.combined_iou[c]),
        "training pictures, classification": int(found.positives[0, c]),
        "validation pictures, classification": int(found.positives[1, c]),
        "best filter, classification": int(found.cls_best[c]),
        "single accuracy": float(found.cls_single_accuracy[c]), "accuracy": float(found.cls_accuracy[c]),
    }  # fmt: skip
    remarks = {f"remark, {task}": found.reason(c, task) for task in TASKS}
    return {"concept": found.concepts[c].name, "category": found.concepts[c].category, **numbers, **remarks}


def _summary(found: Dissection, task: str) -> str:
    single, combined = concept_scores.scores(found, task)
    known = np.isfinite(single) & np.isfinite(combined)
    if not known.any():
        return f"{task}: no concept has a score"
    what = "set IoU" if task == "segmentation" else "balanced accuracy"
    no_worse = 100 * np.mean(combined[known] >= single[known])
    return (
        f"{task}, {known.sum()} concepts: mean {what} {combined[known].mean():.3f} with all filters, "
        f"{single[known].mean():.3f} with the best one, no worse for {no_worse:.0f} %"
    )


def _filters(found: Dissection) -> list[dict[str, Any]]:
    loads = {f"best of, {task}": concept_scores.loads(found, task) for task in TASKS}
    return [
        {"filter": k, "threshold": float(threshold), **{name: int(load[k]) for name, load in loads.items()}}
        for k, threshold in enumerate(found.thresholds)
    ]


def _pictures(found: Dissection, probe: Probe) -> list[dict[str, Any]]:
    return [
        {
            "picture": probe.key(int(found.pool.indices[image])),
            "concept": found.concepts[concept].name,
            "category": found.concepts[concept].category,
            "single IoU": float(single),
            "combined IoU": float(combined),
        }
        for image, concept, single, combined in zip(
            found.image, found.concept, found.single_ind, found.combined_ind, strict=True
        )
    ]


def explainer(
    network: Network, probe: Probe, layers: Sequence[str], progress: Progress | None = None, **asked: Any
) -> Files:
    """What is known of a network's explainer: instability by class, filters and errors by class as CSV, the curve of
    its training, peaks and classes of all filters as arrays. It stands beside the top conv layer, whatever `layers`
    says.  `asked`: images, for training and for looking."""
    tables, arrays, said = export_parts.tables(network, probe, progress, **asked)
    files: Files = {f"explainer-{name}.csv": table(rows) for name, rows in tables.items()}
    files |= {f"explainer-{name}": values for name, values in arrays.items()}
    return files | {"explainer-note.txt": "\n".join(said) + "\n"}


KINDS: Mapping[str, Callable[..., Files]] = {
    "chip": chip,
    "explainer": explainer,
    "localisation": localisation,
    "net2vec": net2vec,
}


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV, with every name that occurs as a column; NaN and what a row lacks are empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if value != value else value for name, value in row.items()} for row in rows)
    return buffer.getvalue()
