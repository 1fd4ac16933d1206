"""What the dashboard and the command line ask: answers as arrays and records, never tensors.

What takes long goes through the store: loaded if it is there, else computed and kept. What takes no longer than a
redraw (the methods that call themselves instant) is computed when asked for and never touches the disk.
"""

import torch

from core.engine.answers import answer, store
from core.engine.channels import importances, importances_of, knockout, knockout_here
from core.engine.concepts import concept_masks, dissect, dissect_of, filter_subsets, firing
from core.engine.localising import localise
from core.engine.maps import activations, diagnose, explain, faithfulness, faithfulness_floors, probabilities
from core.engine.probing import accuracy, columns, confusion, disc_floor

__all__ = [
    "accuracy",
    "activations",
    "answer",
    "columns",
    "concept_masks",
    "confusion",
    "diagnose",
    "disc_floor",
    "dissect",
    "dissect_of",
    "explain",
    "faithfulness",
    "faithfulness_floors",
    "filter_subsets",
    "firing",
    "importances",
    "importances_of",
    "knockout",
    "knockout_here",
    "localise",
    "probabilities",
    "store",
]

# Set once, here, for the whole process: Streamlit runs every redraw in a new thread, and a number that one of them set
# later would hold for some of the others only. The last bits of a sweep depend on it.
torch.set_num_threads(min(8, torch.get_num_threads()))
torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
