"""Errors fit to be shown to a person: one sentence that says what was wrong, what was given and what would do."""

from collections.abc import Iterable
from difflib import get_close_matches


class CoreError(Exception):
    """Anything a user can meet. The message is the sentence that the page or the command line shows."""


class UnknownName(CoreError):
    """A network, probe, class, layer, method or picture that is not there."""


class UnknownLayer(UnknownName):
    """A layer that the network does not have."""


class UnknownClass(UnknownName):
    """A class that the network does not have, or part of a name that fits several."""


class BadImage(CoreError):
    """A file that is no image, is damaged, or is too large."""


class BadWeights(CoreError):
    """A checkpoint that does not fit its architecture, is damaged, or holds more than tensors."""


class BadSettings(CoreError):
    """A settings file with an entry that cannot be used."""


class NotDefined(CoreError):
    """A method that has no meaning on this network or layer."""


class NotComputed(NotDefined):
    """A method that needs what has not been computed yet: the channels' importances at `layers`, by name."""

    def __init__(self, sentence: str, layers: Iterable[str]):
        super().__init__(sentence)
        self.layers = tuple(layers)


class StoreError(CoreError):
    """The cache folder cannot be written: the disk is full or the folder is read-only."""


class Cancelled(CoreError):
    """The person stopped long work."""


def near(name: str, options: Iterable[str], count: int = 3) -> str:
    """ "; try 'a', 'b'" for the options spelled most like `name`, or "" when none is close."""
    options = list(options)
    close = get_close_matches(name, options, count, 0.5) or [o for o in options if name.casefold() in o.casefold()]
    return "; try " + ", ".join(f"'{option}'" for option in close[:count]) if close else ""
