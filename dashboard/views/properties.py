"""Table I of the CHIP paper: what each method declares of itself, as a table."""

from collections.abc import Iterable

import pandas as pd

YES = "✓"
COLUMNS = {
    "perturbation": "Interprets one picture by changing the input or the network and watching the output",
    "gradient": "Interprets one picture by going backwards through the network",
    "general": "Rests on knowledge distilled from many pictures, not on one alone",
    "class-discriminative": "Gives another map for another class",
    "high resolution": "Shows single pixels, not regions",
    "multi-layer": "Can be asked at any layer with a spatial extent",
    "post hoc": "Explains a trained network as it is, without changing its architecture or its weights",
}


def properties(methods: Iterable) -> pd.DataFrame:
    """One row per method, one column per property, a mark where the method has it.  Method -> table"""
    rows = []
    for one in methods:
        has = (
            one.perturbs,
            one.uses_gradient,
            one.needs_data,
            one.class_discriminative,
            one.resolution == "input",
            one.per_layer,
            one.post_hoc,
        )
        marks = {name: YES if found else "" for name, found in zip(COLUMNS, has, strict=True)}
        rows.append({"method": one.title, **marks, "paper": one.paper})
    return pd.DataFrame(rows, columns=["method", *COLUMNS, "paper"])
