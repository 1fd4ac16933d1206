"""Training an explainer on what a performer's layers emit, computed once.

    Loss = sum_l lambda_l ||x_l - x*_l||^2 - eta log p + sum_f lambda_f Loss_f(x_f)    (1), l over fc6 and fc7

No annotation teaches it: the performer's own features do, and the classes that it takes pictures for. What the paper's
text lost, and what is done here: lambda_l is 1 over the mean of ||x*_l||^2, so that each of the two terms is the share
of a layer's energy that is not reconstructed; lambda_f is balanced while training, so that at each filter the filter
loss pulls `strength` times as hard as the reconstruction does, less in later epochs; Adam with a falling rate instead
of SGD, which needs a quarter of the epochs.

Filters are assigned to the class whose pictures give them the largest share of what they activate in all filters; the
paper takes the activation itself, and more than half of the filters then settled on the one species with the strongest
stripes.

The gradient of the filter loss is the published approximation, as the paper ran it. The exact one is there, and on
pictures whose background differs from place to place it does something else: the most informative filter is one that
fires at one place or another of every picture, the background's as well as a part's. Only the approximation asks for
silence where the performer takes the picture for another class.

The filter loss of conv-interp-1 is on its maps after ReLU. That of conv-interp-2 is on the encoder's output channel,
p x_interp + (1 - p) x_ordin: its gradient goes to p and to the filter, none to the ordinary track (appendix).
"""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import torch
from safetensors.numpy import load_file, save
from torch import Tensor
from torch.nn import functional as F

from core.atomic import write_file
from core.errors import CoreError
from core.methods.explainer import filter_loss
from core.methods.explainer.anatomy import Anatomy
from core.methods.explainer.network import Explainer, Passed

Progress = Callable[[int, int, str], None]
SMOOTH = 0.95  # of the running sizes of gradients that lambda_f is balanced by
HOPELESS = 100.0  # times the features' own energy: a reconstruction that is lost
BALANCE = 10.0  # times the learning rate, that of the two numbers behind p
WIDE = 128  # channels of a target layer
FILTER_LOSSES = ("published", "exact", "off", "random places")
MEASURES = ("fc6", "fc7", "p", "information 1", "information 2", "live filters", "loss")


class Diverged(CoreError):
    """A training run that ran away; `history` is the curve until then, (epochs, MEASURES)."""

    def __init__(self, message: str, history: np.ndarray):
        super().__init__(message)
        self.history = history


@dataclass(frozen=True)
class Features:
    """What a performer emits for N pictures: the target layer's maps (N, K, n, n) float16, fc6 and fc7 after ReLU
    (N, units) float32; the class that it takes each for, `said`, and the network's class that each is of, `labels`, -1
    where it has none, (N,) int64. Only '+cls' asks for the latter."""

    maps: np.ndarray
    fc6: np.ndarray
    fc7: np.ndarray
    said: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Settings:
    """How an explainer is trained.

    `filter_loss`: 'published' (the approximate gradient), 'exact', 'off', or the control 'random places', the published
    one with a template at a fixed random cell of each map; `classes`: the classification loss instead of the
    reconstruction, which the paper calls +cls and no explanation.  Raises ValueError for another filter loss.
    """

    epochs: int = 12
    batch: int = 32
    rate: float = 1e-3
    decay: float = 5e-4
    eta: float = 0.1
    strength: float = 2.0
    filter_loss: str = "published"
    masked: bool = True
    classes: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.filter_loss not in FILTER_LOSSES:
            raise ValueError(f"the filter loss is one of {', '.join(FILTER_LOSSES)}, not '{self.filter_loss}'")


@dataclass(frozen=True)
class Trained:
    """An explainer in evaluation mode, and its curve: (epochs, MEASURES) float64."""

    explainer: Explainer
    history: np.ndarray


def first_rate(settings: Settings, performer: Anatomy) -> float:
    """The learning rate of the first epoch. That of the settings, less in proportion where a target layer has more than
    WIDE channels: Adam moves every weight as far, and over many inputs this adds up until filters die."""
    return settings.rate * min(1.0, WIDE / performer.target.shape[0])


@torch.enable_grad()
def train(
    performer: Anatomy,
    features: Features,
    settings: Settings,
    *,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
    watch: Callable[[np.ndarray], None] | None = None,
) -> Trained:
    """An explainer of the features. With a `checkpoint` file its state is kept after every epoch; a run that finds one
    goes on from there and ends with the same weights. `watch` is told the curve after every epoch.

    Raises Diverged, CoreError for a checkpoint of other settings; what `progress` raises.
    """
    run = _Run(performer, features, settings)
    begun = run.resume(checkpoint) if checkpoint else 0
    steps = math.ceil(len(features.maps) / settings.batch)
    for epoch in range(begun, settings.epochs):
        run.survey()
        run.pace(epoch)
        for step, rows in enumerate(_batches(len(features.maps), settings, epoch)):
            run.step(rows, epoch)
            if progress:
                progress(epoch * steps + step + 1, settings.epochs * steps, f"explainer, epoch {epoch + 1}")
        run.note(epoch)
        if checkpoint:
            run.keep(checkpoint, epoch + 1)
        if watch:
            watch(np.array(run.history))
    run.optimiser.zero_grad(set_to_none=True)
    return Trained(run.explainer.eval().requires_grad_(False), np.array(run.history))


class _Run:
    def __init__(self, performer: Anatomy, features: Features, settings: Settings):
        self.performer, self.features, self.settings = performer, features, settings
        self.device = performer.first.weight.device
        self.explainer = Explainer(performer, masked=settings.masked, seed=settings.seed).to(self.device)
        balance = self.explainer.balance
        weights = [one for one in self.explainer.parameters() if one is not balance]
        groups = [{"params": weights, "weight_decay": settings.decay}, {"params": [balance], "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, settings.rate)
        filters = performer.top.shape[0]
        # Running sizes, at each filter of the two interpretable layers, of the gradients from above and of the loss's.
        self.sizes = torch.zeros(2, 2, filters, device=self.device)
        self.history: list[list[float]] = []
        self.energy = [float(np.mean(np.sum(np.square(one), 1))) or 1.0 for one in (features.fc6, features.fc7)]
        self.sums: dict[str, float] = {}
        generator, size = np.random.default_rng([settings.seed, 1]), (filters, len(features.maps))
        self.places = (
            generator.integers(performer.side**2, size=size) if settings.filter_loss == "random places" else None
        )
        self._calibrate()

    def _calibrate(self) -> None:
        """The norm layers' magnitudes before the first step."""
        self.explainer.train()
        with torch.no_grad():
            for start in range(0, min(len(self.features.maps), 8 * self.settings.batch), self.settings.batch):
                self.explainer(self._maps(np.arange(start, min(start + self.settings.batch, len(self.features.maps)))))

    def _maps(self, rows: np.ndarray) -> Tensor:
        return torch.from_numpy(self.features.maps[rows].astype(np.float32)).to(self.device)

    def pace(self, epoch: int) -> None:
        """The epoch's learning rates: half a cosine down to zero; p's is larger, as its two numbers have far to go."""
        times = (1 + math.cos(math.pi * epoch / self.settings.epochs)) / 2
        rates = (first_rate(self.settings, self.performer), 1.0), (self.settings.rate, BALANCE)
        for group, (rate, more) in zip(self.optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * times * more

    @torch.no_grad()
    def survey(self) -> None:
        """A pass over the whole set: each filter's scale, normalisers and class.

        The filter loss is normalised by them until the next epoch.
        """
        self.explainer.eval()
        first, second, alone = [], [], []
        for start in range(0, len(self.features.maps), 64):
            passed = self.explainer(self._maps(np.arange(start, min(start + 64, len(self.features.maps)))))
            first.append(passed.first)
            second.append(passed.encoded)
            alone.append(passed.interpretable.mean((2, 3)))
        said, maps = self.features.said, torch.cat(first)
        # Each filter's own class, not that of the channel that it shares with the ordinary track: what that answers to
        # before it has learned anything would be every filter's.
        self.known = [
            _known(maps, owners(_shares(maps.mean((2, 3))), said)),
            _known(torch.cat(second), owners(_shares(torch.cat(alone)), said)),
        ]
        self.explainer.train()

    def step(self, rows: np.ndarray, epoch: int) -> None:
        passed = self.explainer(self._maps(rows))
        above: list[Tensor] = [torch.empty(0)] * 2
        for place, maps in enumerate((passed.first_masked, passed.encoded)):
            maps.register_hook(lambda gradient, place=place: above.__setitem__(place, _size(gradient)))
        losses = self._losses(passed, rows)
        loss = losses["fc6"] + losses["fc7"] if not self.settings.classes else losses["classes"]
        loss = loss - self.settings.eta * self.explainer.p.log()
        pulled, told = self._pulled(passed, rows, epoch)
        self.optimiser.zero_grad(set_to_none=True)
        # Of the explainer's own alone: the performer's classifier, which '+cls' goes through, is borrowed.
        (loss + pulled).backward(inputs=list(self.explainer.parameters()))
        self.optimiser.step()
        for place in range(2):
            now = torch.stack([above[place], told[place]])
            self.sizes[place] = torch.where(self.sizes[place] > 0, torch.lerp(now, self.sizes[place], SMOOTH), now)
        for name, value in (losses | {"loss": loss}).items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value.detach()) * len(rows)
        if not math.isfinite(float(loss.detach())) or float(losses["fc7"].detach()) > HOPELESS:
            self._ran_away(epoch, f"loss {float(loss.detach()):.3g}")

    def _ran_away(self, epoch: int, how: str) -> NoReturn:
        raise Diverged(
            f"the training ran away in epoch {epoch + 1} ({how}); a smaller learning rate than "
            f"{self.settings.rate:g} would keep it, such as {self.settings.rate / 5:g}",
            np.array(self.history).reshape(-1, len(MEASURES)),
        )

    def _losses(self, passed: Passed, rows: np.ndarray) -> dict[str, Tensor]:
        """Shares of fc6's and fc7's energy that are not reconstructed, and the classification loss where asked for."""
        wanted = [torch.from_numpy(one[rows]).to(self.device) for one in (self.features.fc6, self.features.fc7)]
        found = {
            name: (got - want).square().sum(1).mean() / energy
            for name, got, want, energy in zip(
                ("fc6", "fc7"), (passed.fc6, passed.fc7), wanted, self.energy, strict=True
            )
        }
        if self.settings.classes:
            labels = torch.from_numpy(self.features.labels[rows]).to(self.device)
            logits = self.performer.classify(passed.fc7)
            found["classes"] = F.cross_entropy(logits, labels, ignore_index=-1)
        return found

    def _pulled(self, passed: Passed, rows: np.ndarray, epoch: int) -> tuple[Tensor, list[Tensor]]:
        """sum_f lambda_f Loss_f as something whose gradient is right, and the sizes of the filter loss's gradients."""
        if self.settings.filter_loss == "off":
            return passed.encoded.new_zeros(()), [torch.zeros(passed.first.shape[1], device=self.device)] * 2
        p = self.explainer.p
        through = p * passed.interpretable + (1 - p) * passed.ordinary.detach()
        total, told = passed.encoded.new_zeros(()), []
        for place, maps in enumerate((passed.first, through)):
            places = None
            if self.places is not None:
                places = torch.from_numpy(self.places[:, rows]) % maps.shape[-1] ** 2
            said, kind = self.features.said[rows], self.settings.filter_loss
            gradient = self.known[place].gradient(maps.detach(), said, kind, places)
            told.append(_size(gradient))
            above, own = self.sizes[place]
            # By the batch's own size where that is larger, so that no batch pulls harder than what comes from above.
            largest = torch.maximum(own, told[place])
            balanced = torch.where(largest > 0, above / largest, 0.0)
            total = total + (maps * (balanced[:, None, None] * gradient)).sum()
        return total * self.settings.strength / (epoch + 1), told

    def note(self, epoch: int) -> None:
        """The epoch's row of the curve.  Raises Diverged where fc7 is reconstructed worse than by nothing at all."""
        count = len(self.features.maps)
        means = {name: value / count for name, value in self.sums.items()}
        shares = [float(one.normalisers.share[one.live].mean()) if one.live.any() else 0.0 for one in self.known]
        p, live = float(self.explainer.p.detach()), float(self.known[1].live.float().mean())
        self.history.append([means["fc6"], means["fc7"], p, *shares, live, means["loss"]])
        self.sums = {}
        if not self.settings.classes and means["fc7"] >= 1 and means["fc7"] > self.history[0][1]:
            self._ran_away(epoch, "fc7 is reconstructed worse than by silence")

    def keep(self, checkpoint: Path, epochs: int) -> None:
        told = {"settings": json.dumps(asdict(self.settings)), "epochs": str(epochs)}
        write_file(checkpoint, save(self._state(), told))

    def resume(self, checkpoint: Path) -> int:
        """Restores an earlier run and says how many epochs it had; 0 where there is none.  Raises CoreError."""
        if not checkpoint.exists():
            return 0
        from safetensors import safe_open

        with safe_open(checkpoint, "np") as file:
            told = file.metadata()
        if json.loads(told["settings"]) != asdict(self.settings):
            raise CoreError(f"{checkpoint} belongs to a training with other settings; ask with the same, or remove it")
        arrays = load_file(checkpoint)
        self.history = arrays.pop("history").tolist()
        self.sizes = torch.from_numpy(arrays.pop("sizes")).to(self.device)
        weights = {name[2:]: torch.from_numpy(value) for name, value in arrays.items() if name.startswith("w/")}
        self.explainer.load_state_dict(weights)
        moments = {name[2:]: torch.from_numpy(value) for name, value in arrays.items() if name.startswith("o/")}
        state = self.optimiser.state_dict()
        for index in range(len(list(self.explainer.parameters()))):
            state["state"][index] = {key: moments[f"{index}/{key}"] for key in ("step", "exp_avg", "exp_avg_sq")}
        self.optimiser.load_state_dict(state)
        return int(told["epochs"])

    def _state(self) -> dict[str, np.ndarray]:
        weights = {f"w/{name}": value.cpu().numpy() for name, value in self.explainer.state_dict().items()}
        moments = {
            f"o/{index}/{key}": np.asarray(value.cpu())
            for index, one in self.optimiser.state_dict()["state"].items()
            for key, value in one.items()
        }
        return weights | moments | {"sizes": self.sizes.cpu().numpy(), "history": np.array(self.history)}


@dataclass(frozen=True)
class _Known:
    """Of a layer's filters over the whole set: scale, normalisers, class whose pictures activate it most, live."""

    scale: Tensor
    normalisers: filter_loss.Normalisers
    owner: Tensor
    live: Tensor

    def gradient(self, maps: Tensor, labels: np.ndarray, kind: str, places: Tensor | None = None) -> Tensor:
        """Of the filter loss at a batch's maps.  (B, F, n, n) -> the same"""
        scaled = maps.movedim(0, 1) * self.scale[:, None, None, None]
        if kind == "exact":
            found = filter_loss.gradient(scaled, self.normalisers)
        else:
            own = (self.owner[:, None] == torch.from_numpy(labels)).to(maps.device)
            places = None if places is None else places.to(maps.device)
            found = filter_loss.approximate_gradient(scaled, self.normalisers, own, places)
        return found.movedim(1, 0) * self.scale[:, None, None]


def _known(maps: Tensor, owner: Tensor) -> _Known:
    """(N, F, n, n), (F,)"""
    scales, log_z, kl = [], [], []
    for some in maps.movedim(1, 0).split(8):
        scale = filter_loss.scales(some)
        found = filter_loss.normalisers(some * scale[:, None, None, None])
        scales.append(scale)
        log_z.append(found.log_z)
        kl.append(found.kl)
    joined = filter_loss.Normalisers(torch.cat(log_z), torch.cat(kl))
    return _Known(torch.cat(scales), joined, owner, maps.amax((0, 2, 3)) > 0)


def _shares(means: Tensor) -> Tensor:
    """Of what a picture makes all filters emit: without this, pictures of much contrast would activate most filters
    most, and these would all become their class's.  (N, F) -> the same"""
    return means / means.sum(1, keepdim=True).clamp(min=1e-12)


def owners(means: Tensor, labels: np.ndarray) -> Tensor:
    """Each filter's class: the one whose pictures activate it most on average.  (N, F), (N,) -> (F,) int64"""
    classes = np.unique(labels[labels >= 0])
    if not len(classes):
        return torch.full((means.shape[1],), -1)
    by_class = torch.stack([means[torch.from_numpy(labels == c)].mean(0) for c in classes])
    return torch.from_numpy(classes)[by_class.argmax(0).cpu()]


def _size(gradient: Tensor) -> Tensor:
    """(N, F, n, n) -> (F,): the norm at each filter, mean over pictures"""
    return gradient.detach().flatten(2).norm(dim=2).mean(0)


def _batches(count: int, settings: Settings, epoch: int) -> Iterator[np.ndarray]:
    order = np.random.default_rng([settings.seed, epoch]).permutation(count)
    for start in range(0, count, settings.batch):
        yield np.sort(order[start : start + settings.batch])
