"""Channels on SqueezeNet with the weights it is known for: 1,000 classes, of which the pictures show few, and a last
convolution whose channels are the classes themselves."""

import json
from pathlib import Path

import numpy as np
import pytest

from core import engine
from core.methods.chip.importances import FEW, SHARES, Importances
from core.store import keep_file
from dashboard import ask
from dashboard.views.ink import LIGHT

WEIGHTS = Path(__file__).parents[3] / "shared" / "data" / "weights" / "squeezenet1_1.pth"
CLASSIFIER = "the channels of conv10 are the 1000 classes themselves; use fire9"


@pytest.fixture(scope="module")
def squeezenet(cache):
    """The name under which the dashboard opens the checkpoint, as it does for one that was uploaded."""
    if not WEIGHTS.exists():
        pytest.skip("SqueezeNet's weights are not beside this repository")
    return f"torchvision:squeezenet1_1@{keep_file(WEIGHTS.read_bytes(), '.pth')}"


def learned(network, probe) -> Importances:
    """Importances of fire9 as if drawn by lot, with what each class rests on as the pictures give it."""
    images = range(0, len(probe), 4)
    chances = np.array([engine.probabilities(network, probe.image(i)) for i in images], np.float64)
    loyalty, steps, classes = chances.sum(0), len(SHARES), len(network.classes)
    generator = np.random.default_rng(0)
    path = generator.normal(size=(steps, classes, 512)) * (generator.random((steps, classes, 512)) < 0.02)
    rest = {"held_out": np.full((steps, classes), 0.2), "dense": np.full(classes, 0.1), "mean": np.ones(512)}
    return Importances(
        "fire9", probe.title, SHARES, path.astype(np.float32), 6, **rest, effective=loyalty**2 / (chances**2).sum(0),
        loyalty=loyalty, images=len(chances), gates=50, dead=np.zeros(512, bool),
    )  # fmt: skip


@pytest.mark.parametrize("page", ["channels", "knockout"])
def test_the_classifier_has_no_importances_and_it_is_said_which_layer_has(opened, squeezenet, page, fine, words_of):
    app = fine(opened(page, network=squeezenet, layer="conv10"))
    assert CLASSIFIER in words_of(app).replace("The channels", "the channels")
    assert not app.get("plotly_chart")
    assert not [button.key for button in app.button if "learn" in (button.key or "")]
    app = fine(opened(page, network=squeezenet))
    assert [button.key for button in app.button if "learn" in (button.key or "")] == ["learn-fire9"]


def test_chip_s_map_at_the_classifier_says_which_layer_to_use(opened, squeezenet, fine, words_of):
    app = fine(opened("picture", network=squeezenet, layer="conv10", methods=["CHIP", "Refined CHIP"]))
    assert CLASSIFIER in words_of(app)


def test_the_layer_picker_says_why_not_the_classifier(opened, squeezenet, fine):
    picker = fine(opened("channels", network=squeezenet)).multiselect(key="layer")
    assert picker.proto.placeholder.startswith("fire9, ")
    assert "Without a choice: fire9 is the last layer with a spatial extent" in picker.help
    assert "the channels of conv10 after it are the 1000 classes themselves" in picker.help
    assert any(option.startswith("conv10, ") for option in picker.options)


def test_names_of_classes_that_rest_on_few_pictures_are_grey(opened, squeezenet, fine, words_of):
    network, probe = ask.network(squeezenet), ask.probe("menagerie-tiny")
    record = learned(network, probe)
    ask._importances(network.fingerprint, probe.fingerprint, "fire9")[:] = [record]
    most, least = int(record.effective.argmax()), int(record.effective.argmin())
    assert record.effective[least] < FEW <= record.effective[most]
    labels = [f"{network.classes[most]}", f"{network.classes[least]}"]
    app = fine(opened("channels", network=squeezenet, **{"class": labels}))
    axis = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["yaxis"]
    grey = {name: LIGHT.muted in text for name, text in zip(axis["tickvals"], axis["ticktext"], strict=True)}
    few = {network.classes[i] for i in np.flatnonzero(record.effective < FEW)}
    assert grey == {name: name in few for name in grey}
    assert (grey[labels[0]], grey[labels[1]]) == (False, True)
    assert "fewer than 5 effective pictures" in words_of(app)
