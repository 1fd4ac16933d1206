"""Section 5.3 again with loops, examples worked by hand, and spaces of too little."""

import math
import sys
import threading
import time
from types import ModuleType

import numpy as np
import pytest

from core.errors import NotDefined
from core.methods.net2vec import spaces


def _space(concepts: int = 12, width: int = 7, seed: int = 0) -> np.ndarray:
    return spaces.unit(np.random.default_rng(seed).standard_normal((concepts, width)))


def _groups(each: int = 8, seed: int = 0) -> np.ndarray:
    """Three bundles of directions that are nearly the same within."""
    centres = np.eye(10)[:3].repeat(each, 0)
    return spaces.unit(centres + 0.05 * np.random.default_rng(seed).standard_normal(centres.shape))


def test_unit_vectors_by_hand_and_what_has_no_direction():
    found = spaces.unit(np.array([[3, 4], [0, 0], [np.nan, 1], [np.inf, 1], [1e-200, 0], [-1e200, 1e200]], np.float64))
    half = math.sqrt(0.5)
    assert found == pytest.approx(
        np.array([[0.6, 0.8], [np.nan] * 2, [np.nan] * 2, [np.nan] * 2, [1, 0], [-half, half]]), nan_ok=True
    )
    assert spaces.known(found).tolist() == [True, False, False, False, True, True]
    assert spaces.unit(np.ones((2, 4), np.float32)).dtype == np.float64
    assert spaces.unit(np.zeros((0, 4))).shape == (0, 4)
    assert np.isnan(spaces.unit(np.zeros((2, 3)))).all()


def test_cosines_against_loops():
    weights = np.random.default_rng(1).standard_normal((6, 4))
    found = spaces.cosines(spaces.unit(weights))
    for i in range(6):
        for j in range(6):
            product = sum(weights[i, k] * weights[j, k] for k in range(4))
            lengths = [math.sqrt(sum(weights[c, k] ** 2 for k in range(4))) for c in (i, j)]
            assert found[i, j] == pytest.approx(product / math.prod(lengths))
    assert (np.abs(found) <= 1).all()


def test_nearest_by_hand():
    vectors = spaces.unit(np.array([[1, 0], [1, 1], [0, 1], [-1, 0], [0, 0], [2, 2.0]]))
    found = spaces.nearest(vectors, np.array([5.0, 0]), 9)
    assert [row for row, _ in found] == [0, 1, 5, 2, 3]
    assert [cosine for _, cosine in found] == pytest.approx([1, math.sqrt(0.5), math.sqrt(0.5), 0, -1], abs=1e-12)
    assert [row for row, _ in spaces.nearest(vectors, vectors[0], 2, [0])] == [1, 5]
    assert [row for row, _ in spaces.nearest(vectors, vectors[0], 9, {0, 1, 2, 3, 5})] == []
    assert spaces.nearest(vectors, vectors[0], 0) == []
    for nothing in (np.zeros(2), np.array([np.nan, 1])):
        with pytest.raises(NotDefined, match="points nowhere"):
            spaces.nearest(vectors, nothing)


def test_nearest_against_loops():
    vectors, asked = _space(30), np.random.default_rng(5).standard_normal(7)
    vectors[[3, 8]] = np.nan
    cosine = {c: float(asked @ vectors[c] / np.linalg.norm(asked)) for c in range(30) if c not in (3, 8, 11)}
    wanted = sorted(cosine, key=cosine.get, reverse=True)[:6]
    found = spaces.nearest(vectors, asked, 6, [11])
    assert [row for row, _ in found] == wanted
    assert [value for _, value in found] == pytest.approx([cosine[row] for row in wanted])


def test_a_sum_of_concepts_by_hand():
    """grass = land + green, sky = air + blue, on axes land, air, green, blue: grass + blue - green is land + blue, and
    sky shares the blue with it (table 3), earth the land."""
    grass, sky, blue, green, earth, _ = range(6)
    vectors = spaces.unit(
        np.array([[1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 1], [0, 0, 1, 0], [1, 0, 0.2, 0], [0, 0, 0, 0]], np.float64)
    )
    terms = [(1, grass), (1, blue), (-1, green)]
    half = math.sqrt(0.5)
    total = np.array([half, 0, half - 1, 1])
    expected = {c: float(total @ vectors[c] / np.linalg.norm(total)) for c in range(5)}
    found = spaces.nearest(vectors, sum(weight * vectors[c] for weight, c in terms), without={c for _, c in terms})
    assert found == [(row, pytest.approx(expected[row])) for row in (sky, earth)]


def _slow_distances(first: np.ndarray, second: np.ndarray) -> list[float]:
    """D_ijc by loops over pairs of concepts and dimensions."""
    found = []
    for c in range(len(first)):
        total = 0.0
        for other in range(len(first)):
            one = sum(a * b for a, b in zip(first[c], first[other], strict=True))
            two = sum(a * b for a, b in zip(second[c], second[other], strict=True))
            total += (one - two) ** 2
        found.append(total)
    return found


def test_distances_between_spaces_against_loops():
    first, second = _space(9, 5, 1), _space(9, 11, 2)
    slow = _slow_distances(first, second)
    assert spaces.by_concept(first, second) == pytest.approx(slow)
    assert spaces.distance(first, second) == pytest.approx(sum(slow))
    gap = spaces.cosines(first) - spaces.cosines(second)
    assert spaces.distance(first, second) == pytest.approx(np.linalg.norm(gap) ** 2)
    assert spaces.distance(first, first) == 0
    assert spaces.distance(second, first) == pytest.approx(spaces.distance(first, second))


def test_distances_by_hand_and_of_what_is_shared_only():
    """Two concepts at a right angle in one space and the same in the other: each differs by 1."""
    first, second = np.eye(2), np.array([[1.0], [1.0]])
    assert spaces.by_concept(first, second).tolist() == [1, 1]
    assert spaces.distance(first, second) == 2
    lost = np.full((1, 2), np.nan)
    first, second = np.vstack([first, lost, [[1, 0]]]), np.vstack([second, [[1.0]], [[np.nan]]])
    assert spaces.by_concept(first, second) == pytest.approx([1, 1, np.nan, np.nan], nan_ok=True)
    assert spaces.distance(first, second) == 2
    assert spaces.distance(lost, lost) == 0


def _slow_cka(first: np.ndarray, second: np.ndarray) -> float:
    """||Y'X||^2 / (||X'X|| ||Y'Y||) of centred columns, by loops."""

    def squares(x, y):
        x, y = (one - one.mean(0) for one in (x, y))
        return sum(
            sum(x[n, i] * y[n, j] for n in range(len(x))) ** 2 for i in range(x.shape[1]) for j in range(y.shape[1])
        )

    return squares(first, second) / math.sqrt(squares(first, first) * squares(second, second))


def test_alignment_of_kernels_against_loops():
    first, second = _space(9, 5, 1), _space(9, 4, 2)
    assert spaces.cka(first, second) == pytest.approx(_slow_cka(first, second))
    turned = first @ np.linalg.qr(np.random.default_rng(0).standard_normal((5, 5)))[0]
    assert spaces.cka(first, turned) == pytest.approx(1)
    assert spaces.cka(first, 3 * first + 2) == pytest.approx(1)
    assert spaces.alignment(spaces.cosines(first), spaces.cosines(second)) == pytest.approx(spaces.cka(first, second))
    lost = np.full((1, 5), np.nan)
    assert spaces.cka(np.vstack([first, lost]), np.vstack([second, second[:1]])) == pytest.approx(
        spaces.cka(first, second)
    )
    assert math.isnan(spaces.cka(first, np.ones((9, 2))))
    assert math.isnan(spaces.cka(np.zeros((0, 2)), np.zeros((0, 2))))


def test_clusters_are_found_largest_first_and_the_same_again():
    vectors = np.concatenate([_groups(8)[16:], _groups(8)[:5], _groups(8)[8:14]])  # 8, 5 and 6 of the three bundles
    found = spaces.kmeans(vectors, 3, seed=4)
    assert found.tolist() == [0] * 8 + [2] * 5 + [1] * 6
    assert (spaces.kmeans(vectors, 3, seed=4) == found).all()
    assert spaces.kmeans(vectors, 1).tolist() == [0] * 19


def test_clusters_are_no_worse_than_any_split_of_a_few():
    """Against all ways to put six vectors into two clusters."""
    vectors = _space(6, 3, 7)

    def spread(labels):
        return sum(np.square(vectors[labels == c] - vectors[labels == c].mean(0)).sum() for c in np.unique(labels))

    best = min(spread(np.array([split >> i & 1 for i in range(6)])) for split in range(1, 63))
    assert spread(spaces.kmeans(vectors, 2)) == pytest.approx(best)


def test_fewer_vectors_than_clusters():
    assert sorted(spaces.kmeans(_space(4), 9).tolist()) == [0, 1, 2, 3]
    assert spaces.kmeans(np.ones((5, 2)), 3).tolist() == [0] * 5
    assert spaces.kmeans(np.zeros((0, 2)), 3).tolist() == []


def _slow_trust(vectors: np.ndarray, points: np.ndarray, k: int) -> float:
    """1 - 2 / (n k (2n - 3k - 1)) sum over neighbours on the map of how far beyond k their rank in the space is."""
    n, excess = len(vectors), 0
    for i in range(n):
        others = [j for j in range(n) if j != i]
        true = sorted(others, key=lambda j: math.dist(vectors[i], vectors[j]))
        drawn = sorted(others, key=lambda j: math.dist(points[i], points[j]))
        excess += sum(max(0, true.index(j) + 1 - k) for j in drawn[:k])
    return 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * excess


def test_trustworthiness_against_loops_and_its_ends():
    vectors = _space(20, 6)
    points = np.random.default_rng(3).standard_normal((20, 2))
    for k in (1, 5, 9):
        assert spaces.trustworthiness(vectors, points, k) == pytest.approx(_slow_trust(vectors, points, k))
    assert spaces.trustworthiness(vectors, points, 999) == pytest.approx(_slow_trust(vectors, points, 9))
    assert spaces.trustworthiness(points, points) == 1
    assert math.isnan(spaces.trustworthiness(vectors[:2], points[:2]))


def _apart(points: np.ndarray) -> float:
    """How much farther the three bundles' centres are from each other than their own points are from them."""
    bundles = points.reshape(3, -1, 2)
    centres = bundles.mean(1)
    within = np.linalg.norm(bundles - centres[:, None], axis=2).mean()
    return min(math.dist(centres[i], centres[j]) for i, j in ((0, 1), (0, 2), (1, 2))) / within


@pytest.mark.parametrize("lay", [spaces.tsne, spaces.umap])
def test_maps_keep_neighbours_and_are_the_same_for_a_seed(lay):
    vectors = _groups()
    points = lay(vectors, 5, 0)
    assert points.shape == (24, 2)
    assert points.dtype == np.float64
    assert spaces.trustworthiness(vectors, points, 7) > 0.8
    assert _apart(points) > 2
    assert (lay(vectors, 5, 0) == points).all()
    assert not np.allclose(lay(spaces.unit(_space(24)), 5, 0), points)


def test_two_people_who_make_maps_take_turns(monkeypatch):
    """Numba's threads may not be entered twice at once everywhere: a stand-in for umap counts who is in."""
    inside, most = [], []

    class Umap:
        def __init__(self, **asked):
            pass

        def fit_transform(self, vectors):
            inside.append(1)
            time.sleep(0.02)
            most.append(len(inside))
            inside.pop()
            return vectors[:, :2]

    stand_in = ModuleType("umap")
    stand_in.UMAP = Umap
    monkeypatch.setitem(sys.modules, "umap", stand_in)
    people = [threading.Thread(target=spaces.umap, args=(_space(),)) for _ in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert most == [1] * 4


@pytest.mark.parametrize("lay", [spaces.tsne, spaces.umap])
@pytest.mark.parametrize("spread", [0, 2, 500])
@pytest.mark.parametrize(
    "vectors", [_space(4), _space(5, 1), _space(9, 2), np.ones((6, 3)), _space(3).repeat(4, 0)],
    ids=["four", "line", "plane", "one-point", "three-points"],
)  # fmt: skip
def test_maps_of_little(lay, spread, vectors):
    points = lay(vectors, spread, 0)
    assert points.shape == (len(vectors), 2)
    assert np.isfinite(points).all()


@pytest.mark.parametrize("lay", [spaces.tsne, spaces.umap])
def test_maps_of_too_little(lay):
    with pytest.raises(NotDefined, match="a map needs 4 concepts with a vector; there are 3"):
        lay(_space(3))
