"""Maps of a space of concepts, kept by what is in the space: the first by UMAP in a process takes many seconds."""

import hashlib
from dataclasses import dataclass

import numpy as np

from core.engine.answers import Progress, kept
from core.errors import UnknownName, near
from core.methods.net2vec import spaces
from core.request import Request

LAID = {"t-sne": spaces.tsne, "umap": spaces.umap}
NEIGHBOURS = 10  # of each point that trustworthiness looks at, where there are twice as many


@dataclass(frozen=True)
class ConceptMap:
    """points (n, 2) float64 of the concepts that have a vector, in their order; `trustworthiness` of the `neighbours`
    nearest of each on the map."""

    points: np.ndarray
    trustworthiness: float
    neighbours: int


def concept_map(
    vectors: np.ndarray, how: str, spread: int, seed: int = 0, progress: Progress | None = None
) -> ConceptMap:
    """Unit vectors (C, d), NaN for a concept that has none, laid into a plane by 't-sne' or 'umap'; `spread` is the
    perplexity or the number of neighbours. Kept.  Raises UnknownName, NotDefined for too few vectors; what `progress`
    raises."""
    if how not in LAID:
        raise UnknownName(f"no map by '{how}'{near(how, LAID)}")
    rows = np.ascontiguousarray(vectors[spaces.known(vectors)], np.float64)
    content = hashlib.sha256(f"{rows.shape}".encode() + rows.tobytes()).hexdigest()
    asked = {"how": how, "spread": spread}
    request = Request("concept-map", 1, "none", f"vectors:{content}", parameters=asked, seed=seed)

    def compute() -> dict[str, np.ndarray]:
        if progress:
            progress(0, 1, f"laying concepts out by {how}")
        points = LAID[how](rows, spread, seed)
        looked_at = min(NEIGHBOURS, (len(rows) - 1) // 2)
        return {
            "points": points,
            "trustworthiness": np.array(spaces.trustworthiness(rows, points, looked_at)),
            "neighbours": np.array(looked_at),
        }

    found = kept(request, compute, progress).arrays
    return ConceptMap(found["points"], float(found["trustworthiness"]), int(found["neighbours"]))
