"""How the embedded performers are trained: `python -m core train NAME`, from nothing, with a seed."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from core.networks import menagerie_nets as nets

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Recipe:
    """What a training run needs to be repeated. `images`: how many of the split, from its first, all where None;
    `probe`: whose labels, with the Menagerie's pictures in its splits."""

    epochs: int
    batch: int = 64
    peak_rate: float = 2e-3
    decay: float = 0.05
    smoothing: float = 0.05
    seed: int = 7
    images: int | None = None
    probe: str = "menagerie"


RECIPES = {
    "menagerie-plain": Recipe(epochs=12),
    "menagerie-residual": Recipe(epochs=12),
    "menagerie-scenes": Recipe(epochs=6, images=6000, probe="menagerie-scenes"),
}


def normalised(images: torch.Tensor) -> torch.Tensor:
    """uint8 (N, H, W, 3) -> float32 (N, 3, H, W), as the performers' preprocessing does it."""
    scaled = images.permute(0, 3, 1, 2).float() / 255
    return (scaled - scaled.new_tensor(nets.MEAN)[:, None, None]) / scaled.new_tensor(nets.DEVIATION)[:, None, None]


def augmented(batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Flips, shifts, zooms, small turns, and changes of brightness, contrast and tint.  (N, 3, H, W) -> the same"""
    n = len(batch)

    def uniform(low: float, high: float, *shape: int) -> torch.Tensor:
        return low + (high - low) * torch.rand(*shape, generator=generator)

    turn, zoom = uniform(-0.12, 0.12, n), uniform(0.85, 1.1, n)
    flip = torch.where(torch.rand(n, generator=generator) < 0.5, -1.0, 1.0)
    rows = torch.stack([zoom * turn.cos() * flip, -zoom * turn.sin(), uniform(-0.12, 0.12, n)], 1)
    columns = torch.stack([zoom * turn.sin() * flip, zoom * turn.cos(), uniform(-0.12, 0.12, n)], 1)
    grid = F.affine_grid(torch.stack([rows, columns], 1), list(batch.shape), align_corners=False)
    batch = F.grid_sample(batch, grid, padding_mode="reflection", align_corners=False)
    return batch * uniform(0.8, 1.2, n, 1, 1, 1) + uniform(-0.2, 0.2, n, 1, 1, 1) + uniform(-0.1, 0.1, n, 3, 1, 1)


def accuracy(module: nn.Module, images: np.ndarray, labels: np.ndarray, batch: int = 128) -> float:
    """Share of uint8 images (N, H, W, 3) whose most probable class is the label."""
    right = 0
    with torch.inference_mode():
        for start in range(0, len(images), batch):
            logits = module(normalised(torch.from_numpy(images[start : start + batch])))
            right += int((logits.argmax(1).numpy() == labels[start : start + batch]).sum())
    return right / len(images)


def train(
    name: str, images: np.ndarray, labels: np.ndarray, progress: Progress, recipe: Recipe | None = None
) -> nn.Module:
    """Train an embedded performer on uint8 images (N, 128, 128, 3).  -> the module as it is shipped, evaluation mode

    AdamW under a cosine schedule with a linear warm-up; bfloat16 where the processor computes it (twice as fast there).
    """
    recipe = recipe or RECIPES[name]
    images, labels = images[: recipe.images], labels[: recipe.images]
    torch.manual_seed(recipe.seed)
    generator = torch.Generator().manual_seed(recipe.seed)
    module = nets.architecture(name, norm=True).to(memory_format=torch.channels_last).train()
    steps_per_epoch = len(images) // recipe.batch
    total = recipe.epochs * steps_per_epoch
    optimiser = torch.optim.AdamW(module.parameters(), recipe.peak_rate, weight_decay=recipe.decay)
    warm = total // 20
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda step: step / warm if step < warm else 0.5 + 0.5 * math.cos(math.pi * (step - warm) / (total - warm)),
    )
    labels_all = torch.from_numpy(labels).long()
    bfloat16 = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    for step in range(total):
        if step % steps_per_epoch == 0:
            order = torch.randperm(len(images), generator=generator)
        rows = order[(step % steps_per_epoch) * recipe.batch :][: recipe.batch]
        batch = augmented(normalised(torch.from_numpy(images[rows.numpy()])), generator)
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            logits = module(batch.contiguous(memory_format=torch.channels_last))
            loss = F.cross_entropy(logits.float(), labels_all[rows], label_smoothing=recipe.smoothing)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        progress(step + 1, total, f"{name}: loss {loss.item():.3f}")
    module = module.to(memory_format=torch.contiguous_format).eval()
    return module if name == "menagerie-residual" else nets.fold_norms(module)
