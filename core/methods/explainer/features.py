"""What a performer emits for a set of pictures, gathered once: all that an explainer is trained on, or measured on."""

from collections.abc import Mapping

import numpy as np

from core.methods.explainer.anatomy import Anatomy
from core.methods.explainer.training import Features
from core.statistics import Batch, State


class Reading:
    """The statistic that gives `Features`, with the top conv layer's maps and the logits beside them where `whole`."""

    def __init__(self, performer: Anatomy, *, whole: bool = False) -> None:
        kept = {"maps": performer.target, "fc6": performer.fc6, "fc7": performer.fc7}
        self._kept = {name: layer.name for name, layer in (kept | ({"top": performer.top} if whole else {})).items()}
        self._whole = whole
        self.layers = tuple(self._kept.values())
        self.settings = {"layers": list(self.layers), "whole": whole}
        self._rows: list[State] = []

    def update(self, batch: Batch) -> None:
        rows = {name: batch.values[layer].cpu().numpy() for name, layer in self._kept.items()}
        rows = {name: one.astype(np.float16 if one.ndim == 4 else np.float32) for name, one in rows.items()}
        rows |= {"index": np.asarray(batch.indices, np.int64), "labels": batch.labels}
        self._rows.append(rows | {"logits": batch.logits.cpu().numpy()})

    def merge(self, other: "Reading") -> None:
        self._rows = self._rows + other._rows

    def state(self) -> State:
        if len(self._rows) > 1:
            self._rows = [{name: np.concatenate([row[name] for row in self._rows]) for name in self._rows[0]}]
        return dict(self._rows[0]) if self._rows else {}

    def restore(self, state: State) -> None:
        self._rows = [{name: np.array(one) for name, one in state.items()}] if state else []

    def result(self) -> Mapping[str, np.ndarray]:
        """By name, in the order of the pictures' indices.  Raises ValueError where no picture was seen."""
        state = self.state()
        if not state:
            raise ValueError("no picture was seen")
        order = np.argsort(state["index"], kind="stable")
        return {name: one[order] for name, one in state.items()}


def features(arrays: Mapping[str, np.ndarray], labels: np.ndarray) -> Features:
    """Of what was read, and the network's class of each picture, (N,), -1 for none."""
    return Features(arrays["maps"], arrays["fc6"], arrays["fc7"], arrays["logits"].argmax(1), labels)
