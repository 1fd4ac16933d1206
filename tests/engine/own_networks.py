"""Two networks as anybody writes their own, opened through a settings file by the tests."""

from torch import nn


class TinyDarknet(nn.Module):
    """A plain chain of convolutions; its last one gives the classes, averaged over space."""

    PLAN = (
        *((16, 3), "M", (32, 3), "M", (16, 1), (128, 3), (16, 1), (128, 3), "M"),
        *((32, 1), (256, 3), (32, 1), (256, 3), "M", (64, 1), (512, 3), (64, 1), (512, 3), (128, 1)),
    )

    def __init__(self, classes: int = 1000):
        super().__init__()
        parts, channels = [], 3
        for step in self.PLAN:
            if step == "M":
                parts.append(nn.MaxPool2d(2, 2, ceil_mode=True))
            else:
                fan_in, (channels, kernel) = channels, step
                parts.append(nn.Conv2d(fan_in, channels, kernel, padding=kernel // 2, bias=False))
                parts += [nn.BatchNorm2d(channels, eps=1e-3), nn.LeakyReLU(0.1, inplace=True)]
        self.features = nn.Sequential(*parts)
        self.classifier = nn.Conv2d(channels, classes, 1)

    def forward(self, x):
        return self.classifier(self.features(x)).mean((2, 3))


def tiny_darknet() -> nn.Module:
    return TinyDarknet()


def tiny_vgg() -> nn.Module:
    """64 x 64 pixels, 10 classes."""
    return nn.Sequential(
        *(nn.Conv2d(3, 10, 3), nn.ReLU(), nn.Conv2d(10, 10, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(10, 10, 3), nn.ReLU(), nn.Conv2d(10, 10, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(1690, 10)),
    )
