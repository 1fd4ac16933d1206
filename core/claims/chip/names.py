"""How methods and controls are called in the tables."""

from core.measures.boxes import DISC

TITLES = {
    "chip": "CHIP",
    "refined-chip": "Refined CHIP",
    "gradcam": "Grad-CAM",
    "guided-gradcam": "Guided Grad-CAM",
    "backprop": "Backpropagation",
    "c-mwp": "c-MWP",
    "lime": "LIME",
    DISC: "centred disc",
}
TWIN, PERMUTED = "untrained twin", "rows of W permuted"
