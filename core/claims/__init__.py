"""What each paper claims, measured here with its controls, chance levels and intervals: one file per paper.

The claims, how each is measured and what counts as holding were fixed before anything was run. A claim that fails is a
result and stays.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.claims.stated import Stated


def _chip() -> "tuple[Stated, ...]":
    from core.claims import chip

    return chip.CLAIMS


def _net2vec() -> "tuple[Stated, ...]":
    from core.claims import net2vec

    return net2vec.CLAIMS


def _explainer() -> "tuple[Stated, ...]":
    from core.claims import explainer

    return explainer.CLAIMS


def _single() -> "tuple[Stated, ...]":
    from core.claims.explainer import single

    return single.CLAIMS


PAPERS: "Mapping[str, Callable[[], tuple[Stated, ...]]]" = MappingProxyType(
    {"chip": _chip, "net2vec": _net2vec, "explainer": _explainer, "explainer-single": _single}
)
