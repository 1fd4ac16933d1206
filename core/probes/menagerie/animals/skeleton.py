"""From a quadruped's build and a pose to the outlines of its torso, neck, legs and tail, in its own units."""

from dataclasses import dataclass

import numpy as np

from core.probes.menagerie.animals.builds import Build
from core.probes.menagerie.shapes import ellipse, smooth, tube

GAIT = {"hind near": 0.0, "front near": 0.25, "hind far": 0.5, "front far": 0.75}


@dataclass(frozen=True)
class Pose:
    """One moment of one animal: where each foot is (x from under its joint, lift), angles of neck and head in degrees,
    and the tail's swing in -1..1."""

    feet: dict[str, tuple[float, float]]
    neck: float
    head: float
    tail: float


@dataclass(frozen=True)
class Leg:
    """A leg's outline, its foot's outline, its spine, and the outlines of its nails."""

    outline: np.ndarray
    foot: np.ndarray
    spine: np.ndarray
    nails: tuple[np.ndarray, ...] = ()


def pose(build: Build, rng: np.random.Generator) -> Pose:
    """A random pose: walking or standing, head carried, or down where the species grazes."""
    grazing = build.graze is not None and rng.random() < 0.18
    walking = not grazing and rng.random() < 0.6
    phase = rng.random()
    feet = {}
    for name, offset in GAIT.items():
        t = (phase + offset) % 1
        if walking and t < 0.7:
            feet[name] = (build.stride * (1 - 2 * t / 0.7), 0.0)
        elif walking:
            swing = (t - 0.7) / 0.3
            feet[name] = (build.stride * (2 * swing - 1), 0.07 * np.sin(np.pi * swing))
        else:
            feet[name] = (rng.normal(0, 0.025) + (0.09 if "far" in name else -0.045), 0.0)
    neck = build.graze + rng.normal(0, 3) if grazing else rng.uniform(*build.carriage)
    middle = sum(build.carriage) / 2
    head = build.head[2] + (18 if grazing else 0.35 * (middle - neck)) + rng.normal(0, 4)
    return Pose(feet, float(neck), float(head), float(rng.uniform(-1, 1)))


def torso(build: Build, girth: float) -> np.ndarray:
    """The trunk from the tail's root over the back to the chest and along the belly.  -> (n, 2)"""
    withers, back, croup, tail = build.back
    chest, brisket, belly, flank = build.belly
    low = (girth - 1) * 0.5
    return smooth(
        [
            (-0.475, -tail - 0.02), (-0.40, -croup + 0.012), (-0.30, -croup - 0.004),
            (-0.12, -(0.35 * croup + 0.65 * back)), (0.07, -back), (0.24, -withers), (0.34, -withers + 0.03),
            (0.46, -(0.55 * withers + 0.45 * chest)),
            (0.505, -chest), (0.44, -(0.5 * chest + 0.5 * brisket)), (0.30, -brisket + low), (0.03, -belly + low),
            (-0.20, -(0.45 * belly + 0.55 * flank) + low), (-0.36, -flank), (-0.475, -(0.4 * tail + 0.6 * flank)),
            (-0.515, -(0.8 * tail + 0.2 * flank)),
        ],
        steps=6,
    )  # fmt: skip


def neck_spine(build: Build, angle: float) -> np.ndarray:
    """Four points from inside the shoulder to the poll, bent a little the way necks are.  -> (4, 2)"""
    withers, chest, length = build.back[0], build.belly[0], build.neck[0]
    root = np.array([0.36, -(0.60 * withers + 0.40 * chest)])
    along = np.array([np.cos(np.radians(angle)), -np.sin(np.radians(angle))])
    lift = np.array([along[1], -along[0]])
    poll = root + length * along
    middle = root + 0.52 * length * along - 0.045 * length * lift
    return np.array([root - [0.16, -0.03], root, middle, poll])


def neck_outline(build: Build, spine: np.ndarray) -> np.ndarray:
    """The neck grown out of the trunk: from the withers along the crest to the poll, down the throat to the chest."""
    (withers, back, _, _), (chest, brisket, _, _) = build.back, build.belly
    _, _, middle, top = build.neck
    along = spine[3] - spine[1]
    along = along / np.linalg.norm(along)
    up = np.array([along[1], -along[0]])
    return smooth(
        [
            (0.02, -0.6 * back - 0.4 * brisket), (0.14, -0.3 * withers - 0.7 * back + 0.03),
            (0.26, -withers + (0.012 if along[1] < 0 else 0.035)),
            spine[2] + up * middle / 2, spine[3] + up * top * 0.48, spine[3] + along * top * 0.45,
            spine[3] - up * top * 0.5, spine[2] - up * middle / 2, (0.49, -chest + 0.005),
            (0.40, -0.6 * brisket - 0.4 * chest),
        ],
        steps=7,
    )  # fmt: skip


def curly(outline: np.ndarray, height: float, count: int, rng: np.random.Generator | None = None) -> np.ndarray:
    """An outline with `count` tufts along it: round ones, or with an `rng` pointed ones of uneven length."""
    closed = np.concatenate([outline, outline[:1]])
    way = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    t = np.linspace(0, 1, 8 * count, endpoint=False)
    even = np.stack([np.interp(t * way[-1], way, closed[:, k]) for k in (0, 1)], 1)
    away = even - even.mean(0)
    away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
    bump = np.abs(np.sin(np.pi * t * count))
    if rng is not None:
        bump = (1 - bump) * np.repeat(rng.uniform(0.5, 1.6, count), 8)[np.arange(-4, 8 * count - 4)]
    return even + away * (height * (bump - 0.5))[:, None]


def leg(build: Build, name: str, foot: tuple[float, float]) -> Leg:
    """A leg from inside the trunk to the toe; the foot stands `foot[0]` before its joint, `foot[1]` over the ground."""
    front = name.startswith("front")
    widths = build.front if front else build.hind
    height = 0.69 * build.back[0] if front else 0.73 * build.back[2]
    if build.foot == "pad":
        height *= 0.86
    top = np.array([0.315, -height]) if front else np.array([-0.345, -height])
    sole = {"hoof": 0.045, "paw": 0.045, "pad": 0.05}[build.foot]
    end = np.array([top[0] + foot[0] - (0.0 if front else 0.045), -foot[1] - sole])
    lift = min(foot[1] / 0.07, 1.0)
    along = np.array([0.0, 0.33, 0.62, 0.88, 1.0]) if front else np.array([0.0, 0.30, 0.58, 0.89, 1.0])
    bend = np.array([0, -0.035, 0.02, -0.012, 0.0]) if front else np.array([0, 0.075, -0.065, -0.03, 0.0])
    if build.foot == "pad":
        bend = bend * 0.35
    bend = bend + lift * (
        np.array([0, 0.02, 0.075, -0.02, -0.03]) if front else np.array([0, 0.05, -0.01, -0.05, -0.03])
    )
    spine = top + along[:, None] * (end - top)
    spine[:, 0] += bend * height
    swell = 1.16 if build.foot == "hoof" else 1.04
    across = [
        widths[0],
        0.5 * (widths[0] + widths[1]) if front else 0.62 * widths[0] + 0.38 * widths[1],
        widths[1] * 0.86,
    ]
    outline = tube(spine, [*across, widths[2] if front else 0.9 * widths[2], widths[3] * swell], steps=6)
    nails = ()
    if build.foot == "pad":
        toes = spine[-1] + np.array([(-0.02, 0.034), (0.045, 0.034), (0.095, 0.030)])
        nails = tuple(ellipse(x, y, 0.045, 0.03, points=10) for x, y in toes)
    return Leg(outline, _foot(build.foot, spine[-1], widths[3], lift), spine, nails)


def _foot(kind, ankle, width, lift):
    """Hoof, paw or pad under an ankle; a lifted one hangs a little."""
    x, y = ankle
    if kind == "hoof":
        shape = [(-0.55, -0.20), (0.55, -0.20), (0.98, 0.78), (0.86, 0.86), (-0.58, 0.86), (-0.66, 0.74)]
        shape = np.array(shape) * [width * 0.92, 0.052]
    elif kind == "pad":
        shape = smooth(
            np.array([(-0.54, -0.6), (0.54, -0.6), (0.64, 0.8), (0.5, 1.0), (-0.5, 1.0), (-0.6, 0.8)]), steps=4
        )
        shape = shape * [width, 0.05]
    else:
        shape = [
            (-0.52, -0.5),
            (0.30, -0.62),
            (0.92, -0.1),
            (1.16, 0.52),
            (1.04, 0.96),
            (0.2, 1.0),
            (-0.5, 0.96),
            (-0.64, 0.3),
        ]
        shape = smooth(np.array(shape) * [width * 0.80, 0.047], steps=5)
    turn = np.radians(28 * lift)
    c, s = np.cos(turn), np.sin(turn)
    return shape @ np.array([[c, s], [-s, c]]) + [x, y]


def tail(build: Build, swing: float) -> tuple[np.ndarray, np.ndarray]:
    """Spine and widths of a tail; `swing` in -1..1 lifts it."""
    kind, length, width = build.tail
    root = np.array([-0.47, -build.back[3] - 0.01])
    if kind in ("stub", "wool"):
        spine = root + np.array([(0.06, 0.02), (-0.45 * length, 0.25 * length), (-0.75 * length, length)])
        return spine, np.array([0.9, 1.0, 0.6]) * width
    if kind == "bushy":
        out = 0.75 + 0.25 * swing
        spine = root + length * np.array(
            [(0.1, -0.03), (-0.22 * out, 0.12), (-0.48 * out, 0.38), (-0.66 * out, 0.78 - 0.1 * out)]
        )
        return spine, np.array([0.42, 0.72, 1.0, 0.34]) * width
    if kind in ("cat", "lion"):
        curl = 0.30 + 0.26 * swing
        spine = [
            (0.06, 0.0),
            (-0.12, 0.10),
            (-0.26, 0.36),
            (-0.36, 0.60),
            (-0.54, 0.74 - 0.3 * curl),
            (-0.72, 0.66 - 0.9 * curl),
        ]
        spine = root + length * np.array(spine)
        spine[:, 1] = np.minimum(spine[:, 1], -0.03 - width / 2)
        return spine, np.array([1.15, 1.0, 0.92, 0.86, 0.84, 0.8]) * width
    out = 0.09 + 0.07 * swing
    if kind == "hair":
        spine = root + length * np.array(
            [(0.06, 0.0), (-0.04 - 0.7 * out, 0.06), (-0.10 - out, 0.45), (-0.10 - 1.4 * out, 1.0)]
        )
        return spine, np.array([0.4, 0.72, 1.0, 0.34]) * width
    spine = root + length * np.array(
        [(0.05, 0.0), (-0.07 - 0.5 * out, 0.08), (-0.09 - out, 0.5), (-0.08 - 1.5 * out, 1.0)]
    )
    return spine, np.array([1.3, 1.0, 0.85, 0.7]) * width
