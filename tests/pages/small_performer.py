"""A performer small enough to train an explainer for in a second."""

import torch
from torch import nn


def small() -> nn.Module:
    """32 x 32 pixels; three convolutions to maps of 8 x 8, two fully connected layers; 30 classes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(
            *(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(8, 10, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(10, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(192, 24), nn.ReLU(), nn.Linear(24, 20), nn.ReLU(), nn.Linear(20, 30)),
        )
