"""What the paper on explainer networks claims (Zhang et al., arXiv:1805.07468), E1 to E9.

Each claim is measured as it was fixed beforehand; where that left a choice, the claim's docstring makes it and says
why. Every explainer is trained by the same settings but for what its control leaves out.
"""

from core.claims.explainer import kept, landing, steady

CLAIMS = (
    steady.steadier_than_the_top_layer,
    steady.steadier_than_the_target_layer,
    kept.share_of_parts,
    kept.small_loss,
    kept.classification_loss,
    landing.attention_on_parts,
    landing.one_part,
    landing.one_class,
    landing.one_place,
)
