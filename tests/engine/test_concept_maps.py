"""Maps of concepts are kept by what is in the space, and say how far they are to be trusted."""

import numpy as np
import pytest

from core.engine.answers import store
from core.engine.concept_maps import concept_map
from core.errors import CoreError
from core.methods.net2vec import spaces


@pytest.fixture
def vectors(tmp_path, monkeypatch):
    """Two groups of ten concepts each, and one concept without a vector."""
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path))
    rng = np.random.default_rng(0)
    groups = np.repeat([[1.0, 0, 0, 0, 0], [0, 0, 0, 0, 1.0]], 10, 0) + rng.normal(size=(20, 5)) * 0.05
    return spaces.unit(np.insert(groups, 7, np.nan, axis=0))


def stop(done, total, label):
    raise AssertionError(f"computed: {label}")


def test_a_map_has_a_point_for_each_vector_and_keeps_groups_together(vectors):
    found = concept_map(vectors, "t-sne", 5)
    assert found.points.shape == (20, 2)
    apart = np.linalg.norm(found.points[:, None] - found.points[None], axis=2)
    assert apart[:10, :10].max() < apart[:10, 10:].min() or apart[10:, 10:].max() < apart[:10, 10:].min()
    known = vectors[np.isfinite(vectors).all(1)]
    assert found.neighbours == 9
    assert found.trustworthiness == spaces.trustworthiness(known, found.points, 9)


def test_it_is_kept_by_content_and_settings(vectors):
    first = concept_map(vectors, "t-sne", 5)
    again = concept_map(vectors[np.isfinite(vectors).all(1)], "t-sne", 5, progress=stop)
    np.testing.assert_array_equal(first.points, again.points)
    for asked in ((vectors, "t-sne", 3), (vectors[1:], "t-sne", 5), (vectors, "t-sne", 5, 1)):
        with pytest.raises(AssertionError, match="computed"):
            concept_map(*asked, progress=stop)
    assert [item.kind for item in store().list()] == ["concept-map"]


def test_of_few_concepts_few_neighbours_are_looked_at(vectors):
    assert concept_map(vectors[:5], "t-sne", 2).neighbours == 2


def test_what_cannot_be_laid_out_is_said(vectors):
    with pytest.raises(CoreError, match="no map by 'tsne'"):
        concept_map(vectors, "tsne", 5)
    with pytest.raises(CoreError, match="a map needs 4 concepts"):
        concept_map(vectors[:3], "t-sne", 5)
