"""The embedded performers: small CNNs for the Menagerie, with weights in the repository.

`plain` is built like AlexNet and VGG, so that what the papers say of conv1 … conv5 and fc6 … fc8 can be said of it: a
ReLU right after each conv, no normalisation, no global pooling. It is trained with batch norm, which is folded into
the convolutions before it is stored. `residual` has skip connections, batch norm and global average pooling, like
ResNet. `untrained` is `plain` with random weights, the control for every claim. `scenes` is built and trained like
`plain`, with a quarter of its units in fc6 and fc7, to name the landscape instead of the animal. `rotations` is built
like `scenes` and never shown a label: it tells by how much a picture was turned (Gidaris et al., ICLR 2018), the
self-supervised twin of `plain`.
"""

from collections import OrderedDict
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from core.errors import BadWeights
from core.probes.menagerie.species import SCENES, SPECIES

INPUT = 128  # height and width in pixels
MEAN, DEVIATION = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
CLASSES = tuple(species.name for species in SPECIES if species.seen)
ROTATIONS = ("0°", "90°", "180°", "270°")  # counter-clockwise
SLIM = {"menagerie-scenes": SCENES, "menagerie-rotations": ROTATIONS}  # what those tell apart that name no animal
WEIGHTS = Path(__file__).parent / "weights"
PERFORMERS = {
    "menagerie-plain": ("Menagerie, plain", "Five conv and three fully connected layers, as in AlexNet and VGG"),
    "menagerie-residual": ("Menagerie, residual", "Residual blocks and global average pooling, as in ResNet"),
    "menagerie-scenes": (
        "Menagerie, scenes",
        "Like the plain network, slimmer at its end: tells landscapes, not animals",
    ),
    "menagerie-rotations": (
        "Menagerie, rotations",
        "Like the plain network, slimmer at its end, but never shown a label: tells how far a picture was turned",
    ),
    "menagerie-untrained": ("Menagerie, untrained", "The plain network with random weights: the control"),
}


def classes_of(name: str) -> tuple[str, ...]:
    """What an embedded network tells apart, in the order of its outputs."""
    return SLIM.get(name, CLASSES)


def plain(classes: int = len(CLASSES), norm: bool = False, units: int = 256) -> nn.Module:
    """conv1 … conv5, fc6, fc7, fc8 for 128 x 128 pixels; with `norm`, batch norm after each conv, for training."""
    spec = [("1", 3, 48, 5, 2), ("2", 48, 96, 3, 1), ("3", 96, 128, 3, 1), ("4", 128, 128, 3, 1), ("5", 128, 128, 3, 1)]
    layers: list[tuple[str, nn.Module]] = []
    for number, fan_in, channels, kernel, stride in spec:
        layers.append((f"conv{number}", nn.Conv2d(fan_in, channels, kernel, stride, kernel // 2)))
        if norm:
            layers.append((f"bn{number}", nn.BatchNorm2d(channels)))
        layers.append((f"relu{number}", nn.ReLU()))
        if number in "125":
            layers.append((f"pool{number}", nn.MaxPool2d(2)))
    layers += [("flatten", nn.Flatten()), ("drop6", nn.Dropout(0.5)), ("fc6", nn.Linear(128 * 8 * 8, units))]
    layers += [("relu6", nn.ReLU()), ("drop7", nn.Dropout(0.3)), ("fc7", nn.Linear(units, units)), ("relu7", nn.ReLU())]
    layers += [("fc8", nn.Linear(units, classes))]
    return nn.Sequential(OrderedDict(layers))


class Residual(nn.Module):
    """Two 3 x 3 convolutions and a shortcut: relu(x + f(x)), projected where the shape changes (He et al. 2016)."""

    def __init__(self, fan_in: int, channels: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(fan_in, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = None
        if stride != 1 or fan_in != channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(fan_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(x)) + shortcut)


def residual(classes: int = len(CLASSES)) -> nn.Module:
    """conv1, layer1 … layer4, average pooling, fc, for 128 x 128 pixels; layer4 is 16 x 16."""
    stem = [
        ("conv1", nn.Conv2d(3, 32, 3, 2, 1, bias=False)),
        ("bn1", nn.BatchNorm2d(32)),
        ("relu", nn.ReLU(inplace=True)),
    ]
    stages = [
        ("layer1", nn.Sequential(Residual(32, 32, 1))),
        ("layer2", nn.Sequential(Residual(32, 64, 2))),
        ("layer3", nn.Sequential(Residual(64, 128, 2), Residual(128, 128, 1))),
        ("layer4", nn.Sequential(Residual(128, 160, 1))),
    ]
    head = [("avgpool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten()), ("fc", nn.Linear(160, classes))]
    return nn.Sequential(OrderedDict(stem + stages + head))


def fold_norms(module: nn.Module) -> nn.Module:
    """The plain network with each batch norm folded into the conv before it; equal in evaluation mode."""
    folded = plain(module.fc8.out_features, units=module.fc8.in_features)
    parts = dict(module.named_children())
    for name, part in folded.named_children():
        if name.startswith("conv"):
            fused = nn.utils.fuse_conv_bn_eval(parts[name].eval(), parts["bn" + name[4:]].eval())
            part.load_state_dict(fused.state_dict())
        elif name.startswith("fc"):
            part.load_state_dict(parts[name].state_dict())
    return folded.eval()


def architecture(name: str, norm: bool = False) -> nn.Module:
    """An embedded network with random weights; with `norm`, as it is trained."""
    if name == "menagerie-residual":
        return residual()
    return plain(len(classes_of(name)), norm, 64 if name in SLIM else 256)


def performer(name: str) -> nn.Module:
    """An embedded network in evaluation mode, float32.  Raises BadWeights where its file is missing or damaged."""
    if name == "menagerie-untrained":
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return architecture(name).eval()
    module = architecture(name)
    try:
        stored = load_file(WEIGHTS / f"{name}.safetensors")
    except (OSError, SafetensorError) as error:
        again = f"'python -m core train {name}' makes them again"
        raise BadWeights(f"the weights of {name} are missing or damaged; {again}") from error
    module.load_state_dict(
        {key: value.float() if value.is_floating_point() else value for key, value in stored.items()}
    )
    return module.eval()


def keep(name: str, module: nn.Module) -> Path:
    """Store a trained performer's weights as float16."""
    path = WEIGHTS / f"{name}.safetensors"
    state = {k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in module.state_dict().items()}
    save_file(state, path)
    return path
