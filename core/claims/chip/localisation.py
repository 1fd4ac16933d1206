"""C1 to C4: how well boxes and regions of CHIP's maps find the object, beside others' (table II, figures 6, 7)."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from core import engine
from core.claims.bench import Bench
from core.claims.chip.names import TITLES, TWIN
from core.claims.report import Condition, Control, holds
from core.claims.stated import Parts, stated
from core.errors import NotDefined
from core.measures.boxes import DISC, box_ious
from core.measures.discrimination import kendall
from core.measures.interval import Estimate, bootstrap, bootstrap_rows
from core.measures.localisation_table import Localisation
from core.measures.overlap import Box
from core.networks.catalogue import open_network
from core.networks.network import Network
from core.probes.catalogue import open_probe

TABLE_TWO = {"c-mwp": 70.92, "backprop": 61.11, "gradcam": 56.47, "chip": 51.45}  # top-1 errors


def _localised(bench: Bench, network: Network) -> Localisation:
    """Table II's four methods at the default layer, thresholds searched on another split."""
    methods, layer = list(TABLE_TWO), network.default_layer
    weights = bench.needed(network, methods, [layer])
    asked = {"images": bench.sizes.localised, "importances": weights, "progress": bench.tell}
    return bench.once(
        ("localised", network.fingerprint), lambda: engine.localise(network, bench.probe, layer, methods, **asked)
    )


def _scores(table: Localisation, field: str, methods: Sequence[str]) -> dict[str, Estimate]:
    return {TITLES[name]: getattr(table.scores[name], field) for name in methods if name in table.scores}


@stated("C1", "The localisation error of CHIP is smaller than Grad-CAM's", "Table II", "51.45 < 56.47, 40.16 < 46.35 %")
def localisation_error(bench: Bench) -> Parts:
    """Top 1 and top 5, paired over images: both differences have to be below 0."""

    def rule(table: Localisation) -> tuple[Condition, ...]:
        return tuple(
            Condition(f"CHIP - Grad-CAM, top {top}", table.difference("chip", "gradcam", top), "<") for top in (1, 5)
        )

    table, twin = (_localised(bench, network) for network in (bench.network, bench.twin))
    beside = {f"{name}, top 1": one for name, one in _scores(table, "top1", ["chip", "gradcam"]).items()}
    beside |= {f"{name}, top 5": one for name, one in _scores(table, "top5", ["chip", "gradcam"]).items()}
    wrong = bootstrap((table.rank != 0).astype(float))
    blank = rule(twin)
    return {
        "conditions": rule(table),
        "beside": beside | {"Class error, top 1": wrong},
        "controls": (
            Control(TWIN, {one.name: one.estimate for one in blank}, holds(blank)),
            Control("centred disc", {"top 1": table.scores[DISC].top1, "top 5": table.scores[DISC].top5}),
        ),
        "chance": "no difference; the class error bounds every method from below",
        "note": f"At {bench.network.default_layer.name}; share of images, thresholds from the validation split.",
    }


@stated("C2", "c-MWP errs more than Backpropagation, that more than Grad-CAM, that more than CHIP", "Table II",
        "70.92 > 61.11 > 56.47 > 51.45 %")  # fmt: skip
def order_of_methods(bench: Bench) -> Parts:
    """Top-1 errors, paired over images: each method's minus that of the next in the paper's order has to be above 0.
    Beside it Kendall's tau of the four errors with the paper's."""
    names = list(TABLE_TWO)

    def rule(table: Localisation) -> tuple[Condition, ...]:
        return tuple(
            Condition(f"{TITLES[more]} - {TITLES[less]}", table.difference(more, less, 1), ">")
            for more, less in pairwise(names)
        )

    def tau(table: Localisation) -> Estimate:
        rows = np.stack([table.scores[name].wrong[:, 0] for name in names], 1).astype(float)
        return bootstrap_rows(rows, lambda drawn: kendall(drawn.mean(0), list(TABLE_TWO.values())))

    table, twin = (_localised(bench, network) for network in (bench.network, bench.twin))
    for one in (table, twin):
        if gone := [f"{TITLES[name]} ({one.undefined[name]})" for name in names if name in one.undefined]:
            raise NotDefined("; ".join(gone))
    here, blank = sorted(names, key=lambda name: -table.scores[name].top1.value), rule(twin)
    return {
        "conditions": rule(table),
        "beside": {"Kendall's tau": tau(table), **_scores(table, "top1", names)},
        "controls": (
            Control(TWIN, {"Kendall's tau": tau(twin)}, holds(blank)),
            Control("centred disc", {"top 1": table.scores[DISC].top1}),
        ),
        "chance": "tau 0",
        "note": f"Order here: {' > '.join(TITLES[name] for name in here)}.",
    }


@stated("C3", "Grad-CAM's boxes are too large, CHIP's are nearer the true size", "Figure 6", "by example")
def box_areas(bench: Bench) -> Parts:
    """Area of the most probable class's box over that of the true box that it overlaps most, median over images where
    both methods have a box: CHIP's distance from 1 minus Grad-CAM's has to be below 0."""
    methods = ("chip", "gradcam")

    def rows(table: Localisation) -> np.ndarray:
        ratio = np.stack([area_ratios(table, name) for name in methods], 1)
        return ratio[~np.isnan(ratio).any(1)]

    def nearer(drawn: np.ndarray) -> float:
        chip, gradcam = np.abs(np.median(drawn, 0) - 1)
        return chip - gradcam

    def rule(table: Localisation) -> Condition:
        return Condition("|CHIP - 1| - |Grad-CAM - 1|, medians", bootstrap_rows(rows(table), nearer), "<")

    table, twin = (_localised(bench, network) for network in (bench.network, bench.twin))
    areas, blank = rows(table).T, rule(twin)
    return {
        "conditions": (rule(table),),
        "beside": {TITLES[name]: bootstrap(one, of=np.median) for name, one in zip(methods, areas, strict=True)},
        "controls": (
            Control("centred disc", {"median": bootstrap(area_ratios(table, DISC), of=np.median)}),
            Control(TWIN, {blank.name: blank.estimate}, holds([blank])),
        ),
        "chance": "no difference",
        "note": "Predicted over true area; thresholds from the validation split.",
    }


def area_ratios(table: Localisation, method: str) -> np.ndarray:
    """Area of each image's box over that of the true box it overlaps most; NaN without a box.  -> (n,)"""
    found = []
    for index, box in zip(table.indices, table.scores[method].boxes, strict=True):
        truth = table.truth[int(index)]
        nearest = truth[int(box_ious(box, truth).argmax())]
        found.append(Box(*box).area / Box(*nearest).area if box[0] >= 0 else np.nan)
    return np.array(found)


@stated("C4", "For scene classes, CHIP's IoU with the critical object is larger than Grad-CAM's and LIME's", "Figure 7",
        "by a bar chart")  # fmt: skip
def scene_iou(bench: Bench) -> Parts:
    """On the scene performer, each method cut at its own threshold, paired over images whose class is right."""
    network, probe = open_network("menagerie-scenes"), open_probe("menagerie-scenes")
    scenes = bench.beside(probe, network)

    def table(asked: Network, methods: Sequence[str], images: int) -> Localisation:
        layer = asked.default_layer
        told = {"images": images, "importances": scenes.needed(asked, methods, [layer]), "progress": bench.tell}
        return engine.localise(asked, probe, layer, methods, **told)

    few = table(network, ["chip", "gradcam", "lime"], bench.sizes.scenes)
    twin = table(scenes.twin, ["chip", "gradcam"], bench.sizes.localised)
    chip = few.scores["chip"].overlap
    blank = Condition("CHIP - Grad-CAM", bootstrap(twin.scores["chip"].overlap - twin.scores["gradcam"].overlap), ">")
    return {
        "conditions": tuple(
            Condition(f"CHIP - {TITLES[name]}", bootstrap(chip - few.scores[name].overlap), ">")
            for name in ("gradcam", "lime")
        ),
        "beside": _scores(few, "pixel", ["chip", "gradcam", "lime"]),
        "controls": (
            Control("centred disc", {"IoU": few.scores[DISC].pixel}),
            Control(TWIN, {blank.name: blank.estimate}, holds([blank])),
        ),
        "chance": "the disc's IoU",
        "note": f"menagerie-scenes at {network.default_layer.name}.",
    }
