"""The birds as a table: bodies as rows (x, y, half width of the back, of the belly) from the beak's root to the tail.

Own units: x forward, y down, ground at 0. Beaks are in the head's frame: its root at (0, 0), x forward.
"""

from dataclasses import dataclass

from core.probes.menagerie.canvas import Paint

PINK = Paint("pink", (0.96, 0.58, 0.62))
ROSE = Paint("pink", (0.90, 0.42, 0.47))
SHELL_PINK = Paint("pink", (0.97, 0.76, 0.74))
SNOW = Paint("white", (0.94, 0.94, 0.93))
IVORY = Paint("white", (0.93, 0.90, 0.82))
COAL = Paint("black", (0.10, 0.10, 0.12))
ORANGE = Paint("orange", (0.95, 0.52, 0.12))
YELLOW = Paint("yellow", (0.97, 0.80, 0.20))
GREEN = Paint("green", (0.06, 0.42, 0.26))
CHESTNUT = Paint("brown", (0.42, 0.24, 0.15))
ASH = Paint("grey", (0.66, 0.65, 0.63))
TAUPE = Paint("brown", (0.50, 0.43, 0.36))
SCARLET = Paint("red", (0.86, 0.14, 0.12))
BLUE = Paint("blue", (0.10, 0.34, 0.74))
PEWTER = Paint("grey", (0.33, 0.33, 0.35))


@dataclass(frozen=True)
class Leg:
    """A leg in own units: hip, sideways bend of the joint, width, foot; the far one hangs `apart` from the near one."""

    hip: tuple[float, float]
    bend: float
    width: float
    foot: float
    paint: Paint
    webbed: bool = True
    apart: float = 0.12
    reach: float = 0.0  # how far ahead of the hip the foot stands
    thigh: float = 0.0  # width of the feathered thigh, 0 for none


@dataclass(frozen=True)
class Bird:
    """How one species is built and coloured."""

    rows: tuple
    head: float  # row where the head ends
    neck: float  # row where the neck ends
    rump: float  # row where the tail begins
    hinge: int  # row about which neck and head turn
    turn: tuple[float, float]  # degrees the head may be turned by, up to down
    wing: tuple
    open: tuple[float, float]  # degrees the wing may be lifted
    tail: tuple
    beak: tuple  # (part points, paint) pairs, the later over the earlier
    eye: tuple[float, float, float]  # row, v, size
    iris: Paint
    paint: Paint
    wing_paint: Paint
    tail_paint: Paint
    leg: Leg | None
    extent: tuple[float, float, float, float]
    feather: float = 0.1  # size of the feathers
    slant: float = 60.0  # degrees the wing's feathers are turned
    shadow: tuple[float, float] = (-0.05, 0.95)  # where its cast shadow lies and how wide it is
    sits: float = 0.0  # how far the body sinks where it rests or floats


BIRDS = {
    "flamingo": Bird(
        rows=(
            (0.815, -2.12, 0.05, 0.05),
            (0.72, -2.20, 0.095, 0.095),
            (0.59, -2.21, 0.075, 0.075),
            (0.465, -2.09, 0.055, 0.055),
            (0.455, -1.89, 0.055, 0.055),
            (0.55, -1.66, 0.058, 0.058),
            (0.61, -1.44, 0.068, 0.068),
            (0.50, -1.27, 0.095, 0.095),
            (0.29, -1.24, 0.17, 0.17),
            (0.0, -1.21, 0.23, 0.24),
            (-0.3, -1.13, 0.17, 0.17),
            (-0.56, -1.00, 0.05, 0.05),
        ),
        head=2.2,
        neck=7.4,
        rump=10.4,
        hinge=8,
        turn=(-9, 14),
        wing=(
            (0.30, -1.33),
            (0.06, -1.44),
            (-0.3, -1.34),
            (-0.6, -1.08),
            (-0.74, -0.9),
            (-0.5, -0.96),
            (-0.2, -1.02),
            (0.1, -1.06),
            (0.28, -1.16),
        ),
        open=(-4, 16),
        tail=((-0.4, -1.16), (-0.62, -1.04), (-0.74, -0.9), (-0.6, -0.9), (-0.4, -1.0)),
        beak=(
            (
                (
                    (-0.02, -0.055),
                    (0.08, -0.05),
                    (0.15, 0.0),
                    (0.175, 0.09),
                    (0.13, 0.21),
                    (0.09, 0.2),
                    (0.09, 0.11),
                    (0.05, 0.06),
                    (-0.02, 0.055),
                ),
                IVORY,
            ),
            (((0.15, 0.02), (0.18, 0.09), (0.145, 0.19), (0.085, 0.225), (0.085, 0.15), (0.105, 0.08)), COAL),
        ),
        eye=(0.95, -0.15, 0.05),
        iris=YELLOW,
        paint=PINK,
        wing_paint=PINK,
        tail_paint=ROSE,
        leg=Leg((-0.06, -1.05), 0.03, 0.06, 0.19, ROSE, apart=0.13, reach=0.02, thigh=0.13),
        extent=(-0.88, -2.46, 1.17, 0.06),
        feather=0.11,
        slant=40,
    ),
    "swan": Bird(
        rows=(
            (0.79, -1.07, 0.055, 0.055),
            (0.69, -1.13, 0.095, 0.09),
            (0.56, -1.12, 0.088, 0.085),
            (0.46, -0.99, 0.07, 0.07),
            (0.44, -0.80, 0.072, 0.072),
            (0.50, -0.60, 0.09, 0.09),
            (0.53, -0.43, 0.11, 0.12),
            (0.41, -0.28, 0.17, 0.19),
            (0.1, -0.25, 0.23, 0.25),
            (-0.3, -0.26, 0.22, 0.24),
            (-0.6, -0.36, 0.11, 0.15),
            (-0.80, -0.48, 0.02, 0.03),
        ),
        head=2.3,
        neck=6.6,
        rump=10.0,
        hinge=7,
        turn=(-10, 10),
        wing=(
            (0.36, -0.37),
            (0.18, -0.54),
            (-0.1, -0.64),
            (-0.45, -0.64),
            (-0.86, -0.54),
            (-0.62, -0.36),
            (-0.3, -0.2),
            (0.05, -0.12),
            (0.3, -0.18),
        ),
        open=(-3, 12),
        tail=((-0.52, -0.46), (-0.72, -0.54), (-0.92, -0.52), (-0.8, -0.38), (-0.55, -0.24)),
        beak=(
            (
                (
                    (-0.03, -0.06),
                    (0.1, -0.035),
                    (0.2, 0.005),
                    (0.215, 0.035),
                    (0.17, 0.055),
                    (0.06, 0.05),
                    (-0.02, 0.06),
                ),
                ORANGE,
            ),
        ),
        eye=(0.8, -0.1, 0.045),
        iris=COAL,
        paint=SNOW,
        wing_paint=SNOW,
        tail_paint=SNOW,
        leg=None,
        sits=0.06,
        extent=(-1.0, -1.35, 1.16, 0.06),
        shadow=(-0.05, 1.5),
        feather=0.13,
        slant=70,
    ),
    "mallard": Bird(
        rows=(
            (0.61, -0.655, 0.05, 0.05),
            (0.51, -0.70, 0.105, 0.095),
            (0.40, -0.66, 0.105, 0.095),
            (0.345, -0.54, 0.09, 0.09),
            (0.28, -0.42, 0.14, 0.16),
            (0.05, -0.35, 0.185, 0.2),
            (-0.25, -0.35, 0.17, 0.18),
            (-0.48, -0.39, 0.09, 0.12),
            (-0.66, -0.46, 0.02, 0.03),
        ),
        head=2.4,
        neck=3.4,
        rump=6.9,
        hinge=4,
        turn=(-12, 12),
        wing=(
            (0.24, -0.44),
            (0.05, -0.54),
            (-0.25, -0.53),
            (-0.52, -0.47),
            (-0.66, -0.42),
            (-0.4, -0.31),
            (-0.1, -0.25),
            (0.15, -0.28),
        ),
        open=(-3, 12),
        tail=((-0.42, -0.48), (-0.62, -0.5), (-0.78, -0.5), (-0.7, -0.42), (-0.45, -0.32)),
        beak=(
            (
                (
                    (-0.03, -0.06),
                    (0.04, -0.045),
                    (0.11, -0.02),
                    (0.165, -0.015),
                    (0.185, 0.02),
                    (0.155, 0.045),
                    (0.06, 0.05),
                    (-0.02, 0.055),
                ),
                YELLOW,
            ),
        ),
        eye=(0.95, -0.2, 0.05),
        iris=COAL,
        paint=ASH,
        wing_paint=TAUPE,
        tail_paint=SNOW,
        leg=Leg((-0.04, -0.2), 0.02, 0.045, 0.15, ORANGE, apart=0.14, reach=0.02),
        extent=(-0.87, -0.93, 0.86, 0.05),
        feather=0.085,
        slant=70,
        sits=0.19,
    ),
    "penguin": Bird(
        rows=(
            (0.27, -1.30, 0.045, 0.05),
            (0.17, -1.345, 0.10, 0.10),
            (0.05, -1.30, 0.14, 0.12),
            (-0.01, -1.14, 0.155, 0.155),
            (0.0, -0.88, 0.235, 0.245),
            (0.01, -0.50, 0.28, 0.30),
            (-0.02, -0.22, 0.24, 0.26),
            (-0.07, -0.06, 0.13, 0.13),
        ),
        head=2.4,
        neck=3.2,
        rump=6.6,
        hinge=4,
        turn=(-10, 10),
        wing=(
            (0.02, -1.02),
            (-0.09, -0.98),
            (-0.17, -0.8),
            (-0.2, -0.55),
            (-0.16, -0.34),
            (-0.1, -0.34),
            (-0.02, -0.55),
            (0.05, -0.8),
        ),
        open=(-4, 32),
        tail=((-0.14, -0.2), (-0.3, -0.05), (-0.36, 0.0), (-0.2, -0.01), (-0.02, -0.06)),
        beak=(
            (((-0.03, -0.045), (0.08, -0.03), (0.17, 0.015), (0.2, 0.05), (0.12, 0.035), (-0.02, 0.035)), COAL),
            (((-0.03, 0.005), (0.08, 0.012), (0.185, 0.045), (0.1, 0.05), (-0.02, 0.045)), ORANGE),
        ),
        eye=(0.8, -0.15, 0.05),
        iris=CHESTNUT,
        paint=COAL,
        wing_paint=COAL,
        tail_paint=COAL,
        leg=Leg((0.0, -0.1), 0.0, 0.12, 0.2, ORANGE, apart=0.2, reach=0.02),
        extent=(-0.66, -1.56, 0.56, 0.06),
        feather=0.06,
        slant=0,
    ),
    "macaw": Bird(
        rows=(
            (0.40, -1.20, 0.10, 0.10),
            (0.30, -1.24, 0.145, 0.14),
            (0.17, -1.20, 0.16, 0.15),
            (0.07, -1.05, 0.165, 0.17),
            (0.0, -0.82, 0.19, 0.22),
            (-0.13, -0.58, 0.18, 0.22),
            (-0.32, -0.38, 0.12, 0.16),
            (-0.5, -0.26, 0.06, 0.08),
        ),
        head=2.4,
        neck=3.3,
        rump=6.4,
        hinge=4,
        turn=(-10, 14),
        wing=(
            (0.1, -0.98),
            (-0.06, -1.00),
            (-0.26, -0.80),
            (-0.46, -0.54),
            (-0.82, -0.22),
            (-0.6, -0.26),
            (-0.32, -0.36),
            (-0.08, -0.56),
            (0.08, -0.80),
        ),
        open=(-3, 18),
        tail=(
            (-0.3, -0.45),
            (-0.6, -0.36),
            (-1.0, -0.19),
            (-1.36, -0.05),
            (-1.0, -0.07),
            (-0.62, -0.17),
            (-0.34, -0.27),
        ),
        beak=(
            (((-0.03, 0.05), (0.04, 0.06), (0.085, 0.11), (0.05, 0.17), (-0.03, 0.16)), COAL),
            (
                (
                    (-0.03, -0.1),
                    (0.07, -0.1),
                    (0.15, -0.03),
                    (0.165, 0.08),
                    (0.125, 0.18),
                    (0.115, 0.09),
                    (0.06, 0.06),
                    (-0.03, 0.07),
                ),
                IVORY,
            ),
        ),
        eye=(0.85, -0.12, 0.055),
        iris=YELLOW,
        paint=SCARLET,
        wing_paint=BLUE,
        tail_paint=SCARLET,
        leg=Leg((-0.04, -0.40), -0.03, 0.07, 0.15, PEWTER, webbed=False, apart=0.12, reach=0.04, thigh=0.2),
        extent=(-1.46, -1.48, 0.66, 0.06),
        shadow=(-0.4, 1.7),
        feather=0.1,
        slant=45,
    ),
}
