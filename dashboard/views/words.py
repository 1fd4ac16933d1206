"""Names, numbers and sentences as a page shows them."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np


def number(value: float) -> str:
    """Two significant digits, without an exponent between 0.0001 and a million: 0.81, 12, 0.0034."""
    if not np.isfinite(value):
        return "none"
    if value == 0:
        return "0"
    magnitude = int(np.floor(np.log10(abs(value))))
    if not -4 <= magnitude < 6:
        return f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e")
    if magnitude >= 1:
        return f"{value:.0f}"
    return f"{value:.{1 - magnitude}f}"


def probability(value: float) -> str:
    """Two decimals; what would round to 0.00 or 1.00 without being it is said so."""
    if 0 < value < 0.005:
        return "< 0.01"
    if 0.995 <= value < 1:
        return "> 0.99"
    return f"{value:.2f}"


def percent(value: float) -> str:
    """A share with one decimal: 95.4 %."""
    return "none" if not np.isfinite(value) else f"{100 * value:.1f} %"


def r_squared(value: float) -> str:
    """Explained variation; far below 0 the figure says only how little there was to explain, and is left out."""
    return "worse than the mean" if value < -1 else number(value)


def class_names(classes: Sequence[str]) -> tuple[str, ...]:
    """One label per class, all different: ImageNet has two classes called 'crane', which get their index."""
    twice = {name for name, count in Counter(classes).items() if count > 1}
    return tuple(f"{name} ({index})" if name in twice else name for index, name in enumerate(classes))


def shape(values: Sequence[int]) -> str:
    """(128, 16, 16) -> 128x16x16"""
    return "x".join(map(str, values))


def layer_name(layer) -> str:
    """A layer in a list and in a link: name, kind, channels x height x width, receptive field. Plain letters, because
    the address bar shows it."""
    return f"{layer.name}, {layer.kind}, {shape(layer.shape)}, sees {field(layer)}"


def field(layer) -> str:
    """How much of the input one position of a layer can depend on."""
    return "the whole input" if layer.receptive_field is None else f"{layer.receptive_field} px"


def left_over(seconds: float) -> str:
    """Time left, as people say it."""
    if seconds < 1.5:
        return "about a second left"
    if seconds < 90:
        return f"about {seconds:.0f} seconds left"
    return f"about {seconds / 60:.0f} minutes left"


def literal(text: str) -> str:
    """What a person typed, for Markdown to show as it stands: no picture, link, icon or colour comes of it."""
    return re.sub(r"([\\`*_{}\[\]()#!|<>~$:])", r"\\\1", text)


def listed(names: Sequence[str], limit: int = 3) -> str:
    """'a', 'b' and 'c', or the first few and how many more."""
    quoted = [f"'{name}'" for name in names[:limit]]
    if len(names) > limit:
        return f"{', '.join(quoted)} and {len(names) - limit} more"
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def joined(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def size(count: int) -> str:
    """Bytes for people."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
