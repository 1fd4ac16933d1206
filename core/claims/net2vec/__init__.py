"""What Net2Vec claims (Fong and Vedaldi, CVPR 2018), N1 to N13.

Each claim is measured as it was fixed beforehand; where that left a choice, the claim's docstring makes it and says
why.
"""

from core.claims.net2vec import combining, depth, filters, meaning, spaces

CLAIMS = (
    combining.better_together,
    depth.share_by_depth,
    combining.failures,
    combining.every_category,
    depth.better_with_depth,
    filters.few_filters,
    filters.shared_filters,
    combining.misses,
    filters.weights_and_scores,
    meaning.nearest_concepts,
    meaning.arithmetic,
    spaces.nearer_to_meaning,
    combining.self_supervised,
)
