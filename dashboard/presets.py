"""Views worth seeing: (label, why, what the link changes)."""

from dashboard.selection import CLASS, LAYER, NETWORK, PICTURE, PROBE, Here


def picture(here: Here) -> list[tuple[str, str, dict]]:
    return []


def two_classes(here: Here) -> list[tuple[str, str, dict]]:
    return []


def layers(here: Here) -> list[tuple[str, str, dict]]:
    return []
