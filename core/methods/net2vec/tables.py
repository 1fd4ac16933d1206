"""Equation 1 for all filters and all concepts at once.

    IoU_set(c; M_k, s) = sum_x |M_k(x) & L_c(x)| / sum_x |M_k(x) | L_c(x)|,  M_k = S(a_k > T_k),  x in X_sc

How the upsampled map S(a_k > T_k), which takes values between 0 and 1, is made binary again the paper does not say:
'> 0', as a weight vector with a single 1 would have it in eq. 2, and '>= 1/2' are both counted. Both depend on a pixel
only through the four cells about it and on where between them it lies, so the pixels of a picture fall into regions, a
few dozen times fewer, that every filter treats alike: masks are counted by region, once for all filters, and one
sparse matrix product with the filters that fire in the picture gives all of its intersections, exactly.
"""

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_matrix

from core.methods.net2vec.firing import Fired
from core.methods.net2vec.frames import Frames, Window, looks
from core.methods.net2vec.masks import Masks
from core.methods.net2vec.pool import Pool

Progress = Callable[[int, int, str], None]


def tables(
    fired: Fired, masks: Masks, pool: Pool, window: Window | None = None, progress: Progress | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of intersection and union over the pictures that contain each concept, at the masks' resolution.

    -> (2 binarisations, 2 splits (training, validation), C, K) int64 twice
    """
    concepts, filters = masks.present.shape[1], len(fired.thresholds)
    inter = np.zeros((2, 2, concepts, filters), np.int64)
    of_filter, of_concept = np.zeros_like(inter), np.zeros((2, concepts), np.int64)
    frames = Frames(fired.grid, window)
    for look in looks(masks, np.arange(len(pool)), frames, np.ones(concepts, bool)):
        if progress:
            progress(look.position, len(pool), "filters against concepts")
        regions, split = look.frame.regions, int(not pool.training[look.position])
        counts = np.stack([regions.count(mask) for mask in look.masks])  # (m, R)
        of_concept[split, look.concepts] += counts.sum(1)
        firing, maps = fired.of_image(look.position)
        if len(firing):
            cells = maps.reshape(len(firing), -1)
            some = regions.touched(cells)
            pixels = np.concatenate([counts, regions.size[None]])[:, some].T
            inside = csr_matrix(regions.binary(cells, some).reshape(-1, len(some)), dtype=np.int64)
            found = (inside @ pixels).reshape(2, len(firing), -1).transpose(0, 2, 1)  # (2, m + 1, filters)
            where = (slice(None), split, look.concepts[:, None], firing)
            inter[where] += found[:, :-1]
            of_filter[where] += found[:, -1:]
    return inter, of_filter + of_concept[None, :, :, None] - inter
