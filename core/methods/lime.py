"""LIME: which superpixels a linear model of the network's behaviour around one picture needs.

M. T. Ribeiro, S. Singh, C. Guestrin: "Why Should I Trust You?": Explaining the Predictions of Any Classifier, KDD 2016.
Superpixels z' in {0, 1}^d are switched off at random, and a linear model g(z') = w'z' + b is fitted to what the network
then says, near samples weighing more (section 3.4):

    L(f, g, pi) = sum_z pi(z) (f(z) - g(z'))^2,      pi(z) = exp( -D(z)^2 / sigma^2 )

captum samples, evaluates and fits; scikit-image cuts the superpixels (SLIC). As in the paper f is the class's
probability. As in the authors' code for images (lime 0.2): D is the cosine distance of z' from all ones, sigma = 0.25,
the weight in the fit is the root of pi, and the fit is a ridge with penalty 1 over all superpixels, whose weights are
signed. (captum's own default, a Lasso with penalty 0.01, leaves hardly anything of a class under a probability of 0.1.)
Different from the authors' code: a superpixel that is off turns mid-grey (theirs takes its own mean colour, which
leaves much of a flat region as it was), and 200 samples, not 1000, since a person waits.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.methods.registry import Progress, check_shapes, method

SIGMA = 0.25
PENALTY = 1.0
BATCH = 10


def proximity(states: Tensor) -> Tensor:
    """sqrt(pi) = exp( -D^2 / (2 sigma^2) ), D = 1 - cos(z', 1) (section 3.4).  (..., d) -> (...)"""
    share = states.to(torch.float64).mean(-1)
    return torch.exp(-((1 - share.sqrt()) ** 2) / (2 * SIGMA**2))


def superpixels(picture: np.ndarray, segments: int) -> np.ndarray:
    """About `segments` superpixels by SLIC.  (H, W, 3) in 0..1 -> (H, W) int64, numbered from 0 without gaps

    On noise its pieces are scattered and it merges them, down to a single one: then it is asked for more compact ones.
    """
    from skimage.segmentation import slic

    for compactness in (10, 100, 1000):
        found = slic(np.clip(picture, 0, 1), segments, compactness, start_label=0, channel_axis=-1)
        names, labels = np.unique(found, return_inverse=True)
        if 2 * len(names) >= segments:
            break
    return labels.reshape(found.shape)


def strongest(values: np.ndarray, count: int = 5) -> np.ndarray:
    """A map of signed superpixel weights with only its `count` largest positive ones left, as the paper's figures show.
    (H, W) -> (H, W)"""
    weights = np.unique(values[values > 0])[-count:] if count > 0 else np.empty(0)
    return np.where(np.isin(values, weights), values, 0).astype(values.dtype)


def random_states(count: int, segments: int, seed: int) -> Tensor:
    """The superpixels' states, on or off with equal chance; the first sample is the whole picture, as in the authors'
    code.  -> (count, segments) int64"""
    states = torch.randint(0, 2, (count, segments), generator=torch.Generator().manual_seed(seed))
    states[0] = 1
    return states


def _ridge() -> Any:
    from captum._utils.models.model import Model
    from sklearn.linear_model import Ridge

    class WeightedRidge(Model):
        """captum's own wrapper draws from the global random numbers (data loader, linear layer), this one does not."""

        def fit(self, train_data: Any, **_: Any) -> None:
            states, outputs, weights = (tensor.double().cpu().numpy() for tensor in train_data.dataset.tensors)
            self.weights = Ridge(alpha=PENALTY).fit(states, outputs, sample_weight=weights).coef_

        def representation(self) -> Tensor:
            return torch.from_numpy(self.weights)

        def __call__(self, states: Tensor) -> Tensor:
            return states.double() @ self.representation()

    return WeightedRidge()


class _Memory:
    """The network's answers to the samples in their order: asked for the first class, remembered for the others."""

    def __init__(self, predict: Callable[[Tensor], Tensor]) -> None:
        self.predict = predict
        self.answers: list[Tensor] = []

    def replay(self, label: int) -> Callable[[Tensor], Tensor]:
        remembered = iter(tuple(self.answers))

        def forward(changed: Tensor) -> Tensor:
            answer = next(remembered, None)
            if answer is None:
                answer = self.predict(changed)
                self.answers.append(answer)
            return answer[:, label]

        return forward


def lime_weights(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    grey: Tensor,
    segments: np.ndarray,
    classes: Sequence[int],
    samples: int,
    seed: int,
) -> Tensor:
    """The weight of every superpixel for every class.  (1, 3, H, W), (1, 3, 1, 1), (H, W) -> (C, d) float64

    `predict` gives (B, classes) probabilities and is asked once per sample: the classes share the samples, as in the
    authors' code, so every further class costs a fit and no pass through the network.
    """
    from captum.attr import Lime

    states = random_states(samples, int(segments.max()) + 1, seed)
    memory = _Memory(predict)
    mask = torch.from_numpy(segments)[None, None].to(image.device)

    def sampled(_: Tensor, **__: Any) -> Iterator[Tensor]:
        yield from states.to(image.device).split(1)

    def weigh(_: Tensor, __: Tensor, state: Tensor, **___: Any) -> Tensor:
        return proximity(state)

    weights = []
    for label in classes:
        attributor = Lime(memory.replay(label), _ridge(), weigh, sampled)
        weights.append(
            attributor.attribute(
                image,
                baselines=grey.expand_as(image),
                feature_mask=mask,
                n_samples=samples,
                perturbations_per_eval=BATCH,
                return_input_shape=False,
            ).flatten()
        )
    return torch.stack(weights)


@method(
    name="lime",
    title="LIME",
    paper="Ribeiro et al., KDD 2016",
    about="Which superpixels raise or lower the class's probability: a linear model of greying them at random.",
    signed=True,
    cost="slow",
    parameters={"samples": 200, "segments": 50, "top": 0},
    resolution="segments",
    uses_gradient=False,
    perturbs=True,
)
def lime(
    network: Any,
    batch: Tensor,
    classes: Tensor,
    layers: Sequence[Any],
    *,
    progress: Progress | None = None,
    seed: int = 0,
    samples: int = 200,
    segments: int = 50,
    top: int = 0,
) -> dict[str | None, Tensor]:
    """Signed superpixel weights, at the input's resolution.  (N, 3, H, W), (N, C) -> {None: (N, C, H, W)}

    `samples` greyed pictures per image, about `segments` superpixels; `top` > 0 keeps only that many of the strongest
    positive ones. Every image of a batch gets the same seed, so that it does not depend on its place in the batch.
    """
    check_shapes(batch, classes)
    mean, std = (
        batch.new_tensor(values).reshape(1, 3, 1, 1)
        for values in (network.preprocessing.mean, network.preprocessing.std)
    )
    grey, total = (0.5 - mean) / std, samples * len(batch)
    maps = []
    for number, image in enumerate(batch.detach().split(1)):
        done = number * samples

        def predict(changed: Tensor) -> Tensor:
            nonlocal done
            if progress:
                progress(done, total, "LIME")
            done += len(changed)
            return network.probabilities(changed)

        picture = (image * std + mean)[0].permute(1, 2, 0).cpu().numpy()
        cut = superpixels(picture, segments)
        weights = lime_weights(predict, image, grey, cut, classes[number].tolist(), samples, seed)
        values = weights.numpy()[:, cut].astype(np.float32)  # (C, H, W)
        maps.append(torch.from_numpy(np.stack([strongest(one, top) for one in values]) if top else values))
    if progress:
        progress(total, total, "LIME")
    return {None: torch.stack(maps).to(batch.device)}
