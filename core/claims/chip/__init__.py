"""What CHIP claims (Cui et al., TNNLS 2020), C1 to C12, and what the planted shortcut adds, P1 and P2.

Each claim is measured as it was fixed beforehand; where that left a choice, the claim's docstring makes it and says
why.
"""

from core.claims.chip import channels, localisation, objects, planted

CLAIMS = (
    localisation.localisation_error,
    localisation.order_of_methods,
    localisation.box_areas,
    localisation.scene_iou,
    objects.instances_found,
    objects.class_discrimination,
    objects.early_layers,
    objects.deeper_is_better,
    channels.few_channels,
    channels.shared_channels,
    channels.closed_channels,
    objects.refined,
    planted.mass_on_the_cart,
    planted.cart_channels,
)
