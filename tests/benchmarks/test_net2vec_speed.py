"""What Net2Vec's tables and vectors cost beside their textbook form, as ratios measured in one run.

    python -m pytest tests/benchmarks/test_net2vec_speed.py -s

conv5 of menagerie-plain, 2,000 pictures of the Menagerie, all of its concepts; firing and masks are in memory for both.
The tables' textbook form loops over filters, pictures and the concepts in them, on a few of each; every filter's map is
upsampled once for all concepts of a picture. The vectors' is the paper's preset, one concept after another, on a few
concepts spread evenly over how many pictures they have. Both are counted for all in proportion (filters times pictures;
pictures times epochs). On the same concepts the IoU of both is compared.
"""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import wilcoxon
from torch.nn import functional

from core.engine import concepts
from core.methods.net2vec import segmentation
from core.methods.net2vec.firing import Fired
from core.methods.net2vec.masks import Masks
from core.methods.net2vec.pool import Pool, pool
from core.methods.net2vec.tables import tables
from core.networks.catalogue import open_network
from core.probes.catalogue import open_probe

IMAGES, FILTERS, PICTURES, CONCEPTS = 2000, 12, 6, 14


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Pool, masks, fired."""
    patch = pytest.MonkeyPatch()
    patch.setenv("CHANNELSCOPE_CACHE", str(tmp_path_factory.mktemp("cache")))
    network, probe = open_network("menagerie-plain"), open_probe("menagerie")
    chosen = pool(probe, IMAGES)
    masks, fired = concepts.firings(network, probe, ["conv5"], chosen, None)
    yield chosen, masks, fired["conv5"]
    patch.undo()


@pytest.fixture
def report(capsys):
    def show(line):
        with capsys.disabled():
            print(f"\n  {line}", end="")

    return show


def timed(run, *given, **named):
    start = time.perf_counter()
    result = run(*given, **named)
    return time.perf_counter() - start, result


def loops(fired: Fired, masks: Masks, chosen: Pool, positions, filters):
    """Equation 1 as it is written.  -> inter, union (2, 2, C, K) int64"""
    shape = (2, 2, masks.present.shape[1], len(fired.thresholds))
    inter, union = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    pictures = [(int(n), *masks.of_image(int(n))) for n in positions]
    for k in filters:
        for n, present, found in pictures:
            firing, maps = fired.of_image(n)
            one = torch.from_numpy(maps[firing == k].any(0)[None, None]).float()
            up = functional.interpolate(one, size=found.shape[1:], mode="bilinear", align_corners=False)[0, 0].numpy()
            split = int(not chosen.training[n])
            for b, inside in enumerate((up > 0, up >= 0.5)):
                for c, mask in zip(present, found, strict=True):
                    inter[b, split, c, k] += np.count_nonzero(inside & mask)
                    union[b, split, c, k] += np.count_nonzero(inside | mask)
    return inter, union


def only(masks: Masks, some: np.ndarray) -> Masks:
    """The entries (E,) bool."""
    kept = np.flatnonzero(some)
    pieces = [masks.blob[masks.offsets[e] : masks.offsets[e + 1]] for e in kept]
    offsets = np.append(0, np.cumsum([len(piece) for piece in pieces]))
    of_entries = {"image": masks.image[kept], "concept": masks.concept[kept], "area": masks.area[kept]}
    return replace(masks, **of_entries, offsets=offsets, blob=np.concatenate([masks.blob[:0], *pieces]))


def test_tables_of_all_filters_and_concepts(read, report):
    chosen, masks, fired = read
    positions = np.linspace(0, len(chosen) - 1, PICTURES).astype(int)
    filters = np.linspace(0, len(fired.thresholds) - 1, FILTERS).astype(int)
    part = only(masks, np.isin(masks.image, positions))
    expected = loops(fired, part, chosen, positions, filters)
    for mine, theirs in zip(tables(fired, part, chosen), expected, strict=True):
        np.testing.assert_array_equal(mine[..., filters], theirs[..., filters])
    direct = min(timed(loops, fired, part, chosen, positions, filters)[0] for _ in range(3))
    direct *= len(chosen) * len(fired.thresholds) / (PICTURES * FILTERS)
    ours, _ = timed(tables, fired, masks, chosen)
    report(
        f"IoU of {len(fired.thresholds)} filters with {len(np.unique(masks.concept))} concepts in {len(chosen):,} "
        f"pictures, both binarisations: {ours:.1f} s, {direct / ours:.0f} x faster than loops ({direct:.0f} s)"
    )
    assert direct >= 20 * ours


def test_vectors_of_all_concepts(read, report):
    chosen, masks, fired = read
    ours, weights = timed(segmentation.learn, fired, masks, chosen)
    training, held_out = chosen.training[masks.image], ~chosen.training[masks.image]
    learned = np.isfinite(weights).all(1)
    val = np.bincount(masks.concept[held_out], minlength=len(weights))
    counts = np.bincount(masks.concept[training], minlength=len(weights))
    known = np.flatnonzero(learned & (val > 0))
    some = known[np.argsort(counts[known], kind="stable")][np.linspace(0, len(known) - 1, CONCEPTS).astype(int)]
    part = only(masks, np.isin(masks.concept, some))
    took, by_paper = timed(segmentation.learn, fired, part, chosen, "paper")
    direct = took * counts[learned].sum() / counts[some].sum()
    positions = np.flatnonzero(~chosen.training)
    one, other = (
        segmentation.overlaps(fired, part, positions, w).by_set(part, held_out[np.isin(masks.concept, some)])[some]
        for w in (weights, by_paper)
    )
    p = wilcoxon(one, other, alternative="greater").pvalue
    report(
        f"Vectors of {learned.sum()} concepts, {len(chosen):,} pictures: {ours:.1f} s, {direct / ours:.0f} x faster "
        f"than the paper's settings ({direct:.0f} s); validation IoU of {CONCEPTS} of them {one.mean():.3f}, paper's "
        f"{other.mean():.3f}, no lower for {np.mean(one >= other):.0%}, p = {p:.0e}"
    )
    assert learned.sum() >= 80
    assert ours < 60
    assert direct >= 20 * ours
    assert one.mean() >= other.mean()
    assert p < 0.05
