"""What a landscape tells about where animals may be in it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ground:
    """Levels in picture units, y down.

    On 'land', feet belong between `bottom` (the far end of firm ground) and `near` (the nearest place that shows whole
    feet); between `horizon` and `bottom` lies what is too far away or, where `water` is given, open water from
    `water[0]` to `water[1]` for what swims on it. 'under water', animals float between `horizon` (the surface, 0 where
    it is not in sight) and `near`, and those that walk the sea bed do so from `bottom` down (1 where there is none).
    """

    horizon: float
    near: float
    medium: str
    bottom: float
    water: tuple[float, float] | None = None
