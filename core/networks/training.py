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
    `probe`: whose labels, with the Menagerie's pictures in its splits; None where no label is shown and the network
    learns to tell rotations, from all four of each of the `batch` pictures of a step."""

    epochs: int
    batch: int = 64
    peak_rate: float = 2e-3
    decay: float = 0.05
    smoothing: float = 0.05
    seed: int = 7
    images: int | None = None
    probe: str | None = "menagerie"


RECIPES = {
    "menagerie-plain": Recipe(epochs=12),
    "menagerie-residual": Recipe(epochs=12),
    "menagerie-scenes": Recipe(epochs=6, images=6000, probe="menagerie-scenes"),
    "menagerie-rotations": Recipe(epochs=4, batch=16, images=6000, probe=None),
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


def turned(batch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The batch turned counter-clockwise by 0, 90, 180 and 270 degrees, one after the other, and by which of them
    (Gidaris et al. 2018, section 3.1).  (N, C, S, S) -> (4 N, C, S, S), (4 N,) int64 into ROTATIONS"""
    count = len(nets.ROTATIONS)
    return (
        torch.cat([batch.rot90(quarters, (2, 3)) for quarters in range(count)]),
        torch.arange(count).repeat_interleave(len(batch)),
    )


def accuracy(module: nn.Module, images: np.ndarray, labels: np.ndarray | None, batch: int = 128) -> float:
    """Share of uint8 images (N, H, W, 3) whose most probable class is the label; without labels, share of the images in
    all four rotations whose rotation it is."""
    right = total = 0
    with torch.inference_mode():
        for start in range(0, len(images), batch):
            rows = slice(start, start + batch)
            inputs, own = _asked(normalised(torch.from_numpy(images[rows])), labels, rows)
            right += int((module(inputs).argmax(1) == own).sum())
            total += len(own)
    return right / total


def _asked(batch: torch.Tensor, labels: np.ndarray | None, rows) -> tuple[torch.Tensor, torch.Tensor]:
    """What the network is shown, and what it should say: the rows' labels, or without labels the rotations."""
    return turned(batch) if labels is None else (batch, torch.from_numpy(labels[rows]).long())


def train(
    name: str, images: np.ndarray, labels: np.ndarray | None, progress: Progress, recipe: Recipe | None = None
) -> nn.Module:
    """Train an embedded performer on uint8 images (N, 128, 128, 3), without labels to tell their rotations.
    -> the module as it is shipped, evaluation mode

    AdamW under a cosine schedule with a linear warm-up; bfloat16 where the processor computes it (twice as fast there).
    """
    recipe = recipe or RECIPES[name]
    images = images[: recipe.images]
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
    bfloat16 = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    for step in range(total):
        if step % steps_per_epoch == 0:
            order = torch.randperm(len(images), generator=generator)
        rows = order[(step % steps_per_epoch) * recipe.batch :][: recipe.batch].numpy()
        batch = augmented(normalised(torch.from_numpy(images[rows])), generator)
        batch, own = _asked(batch, labels, rows)  # turned last: a mirrored picture turned by 90° is one turned by 270°
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            logits = module(batch.contiguous(memory_format=torch.channels_last))
            loss = F.cross_entropy(logits.float(), own, label_smoothing=recipe.smoothing)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        progress(step + 1, total, f"{name}: loss {loss.item():.3f}")
    module = module.to(memory_format=torch.contiguous_format).eval()
    return module if name == "menagerie-residual" else nets.fold_norms(module)
