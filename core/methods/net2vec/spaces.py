"""Concepts as points of a layer's space of filters: neighbours, sums, maps, and how two spaces differ (section 5.3).

    w' = w / ||w||,    d(W) = W W' for the unit vectors as rows of W: all cosines
    D_ij = ||d(W^i) - d(W^j)||_2^2,    D_ijc = ||d(W^i)_c - d(W^j)_c||_2^2

The norm of a matrix is read as the root of the sum of its squares, so that D_ij is the sum of D_ijc over concepts.
Vectors come as rows, (C, d), NaN for a concept that has none; what is asked of several spaces is answered for the
concepts that all of them have. Between unit vectors the squared distance is 2 - 2 cos, so that maps and clusters, which
go by distance, have the same neighbours as the cosine.
"""

import threading
import warnings
from collections.abc import Collection

import numpy as np

from core.errors import NotDefined

FEWEST = 4  # concepts that a map can be made of
_numba = threading.Lock()  # where it has no OpenMP, two threads in it at once end the process


def unit(weights: np.ndarray) -> np.ndarray:
    """w' = w / ||w||, NaN for a row that has no direction: it is zero, or not a number.  (C, d) -> (C, d) float64"""
    rows = np.asarray(weights, np.float64)
    largest = np.abs(rows).max(1, keepdims=True, initial=0)
    known = np.isfinite(largest) & (largest > 0)
    rows = np.divide(rows, largest, out=np.full(rows.shape, np.nan), where=known)  # else tiny rows' squares vanish
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def known(vectors: np.ndarray) -> np.ndarray:
    """Which concepts have a vector.  (C, d) -> (C,) bool"""
    return np.isfinite(vectors).all(1)


def cosines(vectors: np.ndarray) -> np.ndarray:
    """d(W) = W W' of unit vectors, NaN for a concept without one.  (C, d) -> (C, C)"""
    return np.clip(vectors @ vectors.T, -1, 1)


def nearest(
    vectors: np.ndarray, vector: np.ndarray, count: int = 5, without: Collection[int] = ()
) -> list[tuple[int, float]]:
    """The rows of unit vectors with the highest cosine to a vector, and that cosine, highest first; equal ones in their
    order. Those of `without` and those without a vector are left out.  (C, d), (d,).  Raises NotDefined for a vector
    of no direction."""
    direction = unit(vector[None])[0]
    if not np.isfinite(direction).all():
        raise NotDefined("a vector of length 0 points nowhere, so nothing is near to it")
    near = np.clip(vectors @ direction, -1, 1)
    order = np.argsort(-near, kind="stable")  # NaN comes last
    taken = [int(row) for row in order if np.isfinite(near[row]) and row not in without]
    return [(row, float(near[row])) for row in taken[:count]]


def by_concept(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """D_ijc: the sum over concepts of the squared differences of their cosines with c, in two spaces of unit vectors,
    NaN for a concept that is not in both.  (C, d), (C, e) -> (C,)"""
    both = known(first) & known(second)
    apart = np.full(len(first), np.nan)
    apart[both] = np.square(cosines(first[both]) - cosines(second[both])).sum(1)
    return apart


def distance(first: np.ndarray, second: np.ndarray) -> float:
    """D_ij, of two spaces of unit vectors, over the concepts that are in both.  (C, d), (C, e)"""
    return float(np.nansum(by_concept(first, second)))


def cka(first: np.ndarray, second: np.ndarray) -> float:
    """Linear centred kernel alignment (Kornblith et al. 2019) of two spaces, over the concepts that are in both: what
    their cosines have in common, however large those are. 1 for the same up to a turn, a mirror and a scale; NaN where
    one is a single point.  (C, d), (C, e)"""
    both = known(first) & known(second)
    return alignment(first[both] @ first[both].T, second[both] @ second[both].T)


def alignment(first: np.ndarray, second: np.ndarray) -> float:
    """CKA from two matrices of products, such as d(W): tr(K H L H) / sqrt(tr(K H K H) tr(L H L H)), H the centring.

    (n, n) each, symmetric
    """
    if not len(first):
        return float("nan")
    one, other = (gram - gram.mean(0) - gram.mean(1)[:, None] + gram.mean() for gram in (first, second))
    length = np.linalg.norm(one) * np.linalg.norm(other)
    blank = 1e-12 * max(np.linalg.norm(first) * np.linalg.norm(second), np.finfo(float).tiny)
    return float((one * other).sum() / length) if length > blank else float("nan")


def kmeans(vectors: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """The cluster of each vector by k-means, the best of ten starts, the largest cluster being 0; at most as many
    clusters as there are different vectors.  (n, d) -> (n,) int64"""
    from sklearn.cluster import KMeans

    if not len(vectors):
        return np.zeros(0, np.int64)
    count = max(1, min(count, len(np.unique(vectors, axis=0))))
    labels = KMeans(count, n_init=10, random_state=seed).fit_predict(vectors)
    _, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    return np.lexsort((first, -sizes)).argsort()[labels]


def tsne(vectors: np.ndarray, perplexity: float = 15, seed: int = 0) -> np.ndarray:
    """Vectors laid into a plane by t-SNE; `perplexity`, about the number of neighbours that each is to keep, at most a
    third of the others.  (n, d) -> (n, 2) float64.  Raises NotDefined for fewer than four vectors."""
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    vectors = _enough(vectors)
    perplexity = max(1.0, min(perplexity, (len(vectors) - 1) / 3))
    start = "pca" if np.ptp(vectors, axis=0).any() else "random"
    with threadpool_limits(1, "openmp"):  # on a busy machine more threads wait for each other, ten times as long
        points = TSNE(perplexity=perplexity, init=start, random_state=seed).fit_transform(vectors)
    return points.astype(np.float64)


def umap(vectors: np.ndarray, neighbours: int = 12, seed: int = 0) -> np.ndarray:
    """Vectors laid into a plane by UMAP; `neighbours` of each are to be kept, at least 2, at most all others.

    The first call of a process takes about 13 s more, for umap's import. (n, d) -> (n, 2) float64.  Raises NotDefined
    for fewer than four vectors.
    """
    vectors = _enough(vectors)
    asked = {"n_neighbors": max(2, min(neighbours, len(vectors) - 1)), "random_state": seed, "n_jobs": 1}
    start = "spectral" if len(vectors) > asked["n_neighbors"] + 1 else "random"
    with _numba, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap import UMAP

        return UMAP(init=start, **asked).fit_transform(vectors).astype(np.float64)


def trustworthiness(vectors: np.ndarray, points: np.ndarray, neighbours: int = 10) -> float:
    """1 where each point's nearest on the map are its nearest in the space too, about 0.5 at random (Venna and Kaski
    2001); of less than half as many neighbours as there are points, NaN without one.  (n, d), (n, 2)"""
    from sklearn import manifold

    neighbours = min(neighbours, (len(vectors) - 1) // 2)
    return float(manifold.trustworthiness(vectors, points, n_neighbors=neighbours)) if neighbours > 0 else float("nan")


def _enough(vectors: np.ndarray) -> np.ndarray:
    """With at least two columns.  Raises NotDefined."""
    if len(vectors) < FEWEST:
        raise NotDefined(f"a map needs {FEWEST} concepts with a vector; there are {len(vectors)}")
    return np.pad(vectors, ((0, 0), (0, max(0, 2 - vectors.shape[1]))))
