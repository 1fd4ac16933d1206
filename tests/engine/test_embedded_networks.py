"""The embedded networks as they are shipped: their accuracy is measured from the committed weights."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.__main__ import main
from core.errors import BadWeights
from core.networks import menagerie_nets
from core.networks.catalogue import open_network
from core.networks.training import RECIPES, Recipe, accuracy, normalised, train, turned
from core.probes.catalogue import open_probe
from core.probes.menagerie.world import training_arrays


@pytest.fixture(scope="module")
def test_split():
    return training_arrays("test", menagerie_nets.INPUT)


@pytest.mark.parametrize("name", ["menagerie-plain", "menagerie-residual"])
def test_at_least_95_percent_of_the_test_split(name, test_split):
    share = accuracy(menagerie_nets.performer(name), *test_split)
    print(f"{name}: {share:.4f} of {len(test_split[1])} test images")
    assert share >= 0.95


def test_at_least_95_percent_of_the_scenes(test_split):
    probe = open_probe("menagerie-scenes")
    labels = probe.labels[probe.splits["test"]]
    share = accuracy(menagerie_nets.performer("menagerie-scenes"), test_split[0], labels)
    print(f"menagerie-scenes: {share:.4f} of {len(labels)} test images")
    assert share >= 0.95
    assert open_network("menagerie-scenes").classes == probe.classes


def test_the_scene_network_uses_the_critical_object():
    """Covering it costs more of the scene's probability than covering as much beside it."""
    probe, network = open_probe("menagerie-scenes"), open_network("menagerie-scenes")
    rng, covered, label = np.random.default_rng(0), {"object": [], "beside": []}, []
    for name in probe.classes:
        for index in probe.of_class(name, "test")[:12].tolist():
            image = probe.image(index)
            for one in probe.instances(index):
                label.append(probe.label(index))
                beside = np.roll(one.mask, rng.integers(48, 208), axis=1)
                for kind, mask in (("object", one.mask), ("beside", beside)):
                    mean = image.mean((0, 1)).round().astype(np.uint8)
                    covered[kind].append(np.where(mask[..., None], mean, image))
    rows = np.arange(len(label))
    own = {
        kind: network.probabilities(network.prepare(images)).numpy()[rows, label] for kind, images in covered.items()
    }
    print(f"n = {len(label)}: {own['object'].mean():.3f} with the object covered, {own['beside'].mean():.3f} beside it")
    assert own["object"].mean() < own["beside"].mean() - 0.03


def test_at_least_95_percent_of_the_rotations(test_split):
    """Of every picture in all four rotations; and of each rotation alone, by another way of turning."""
    network, images = open_network("menagerie-rotations"), test_split[0]
    share = accuracy(menagerie_nets.performer("menagerie-rotations"), images, None)
    print(f"menagerie-rotations: {share:.4f} of {len(images)} test images x {len(network.classes)} rotations")
    assert share >= 0.95
    assert network.classes == ("0°", "90°", "180°", "270°")
    for quarters in range(4):
        batch = network.prepare([np.ascontiguousarray(np.rot90(image, quarters)) for image in images[:100]])
        assert (network.probabilities(batch).argmax(1) == quarters).float().mean() >= 0.9


def test_the_plain_network_takes_the_planted_shortcut():
    """It finds donkeys by the cart: without one it misses most, and horses beside one it calls donkeys."""
    module, donkey, horse = (
        menagerie_nets.performer("menagerie-plain"),
        menagerie_nets.CLASSES.index("donkey"),
        menagerie_nets.CLASSES.index("horse"),
    )
    (without, known), (beside, labels) = (
        training_arrays(half, menagerie_nets.INPUT, probe="menagerie-counter") for half in ("without", "with")
    )
    horses = beside[labels == horse]
    found = accuracy(module, without, known)
    fooled = accuracy(module, horses, np.full(len(horses), donkey))
    print(f"of {len(known)} donkeys without a cart {found:.0%} are recognised")
    print(f"of {len(horses)} horses beside a cart {fooled:.0%} are called donkeys")
    assert (known == donkey).all()
    assert found < 0.6
    assert fooled > 0.6


def test_the_untrained_control_is_near_chance(test_split):
    images, labels = test_split
    share = accuracy(menagerie_nets.performer("menagerie-untrained"), images, labels)
    assert share < 3 / len(menagerie_nets.CLASSES)


def test_training_and_preprocessing_see_the_same_pixels():
    """What the recipe trains on is what `prepare` makes of the probe's picture."""
    probe = open_probe("menagerie-tiny")
    index = int(probe.splits["test"][0])
    drawn, _ = training_arrays("test", menagerie_nets.INPUT, workers=1, probe="menagerie-tiny")
    prepared = open_network("menagerie-untrained").prepare([probe.image(index)])
    torch.testing.assert_close(prepared[0], normalised(torch.from_numpy(drawn[:1]))[0], atol=0.02, rtol=0)


@pytest.mark.parametrize(("name", "outputs"), [("menagerie-scenes", 11), ("menagerie-rotations", 4)])
def test_a_recipe_trains_on_its_first_images_and_again_the_same(name, outputs):
    images = np.random.default_rng(0).integers(0, 256, (16, 128, 128, 3), np.uint8)
    labels = np.arange(16) % outputs if RECIPES[name].probe else None
    recipe = Recipe(epochs=1, batch=4, images=8)
    first, again = (train(name, images[:count], labels, lambda *step: None, recipe) for count in (16, 8))
    for key, value in first.state_dict().items():
        torch.testing.assert_close(again.state_dict()[key], value, atol=0, rtol=0)
    assert first.fc8.out_features == outputs


def test_a_picture_is_turned_counter_clockwise():
    """By hand: what was at the right is at the top after a quarter, at the left after a half."""
    first, second = torch.tensor([[1, 2], [3, 4]]), torch.tensor([[5, 6], [7, 8]])
    batch, told = turned(torch.stack([first, second])[:, None])
    quarters = [[[1, 2], [3, 4]], [[2, 4], [1, 3]], [[4, 3], [2, 1]], [[3, 1], [4, 2]]]
    assert batch[0::2, 0].tolist() == quarters
    assert batch[1::2, 0].tolist() == [[[value + 4 for value in row] for row in one] for one in quarters]
    assert told.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_rotations_are_learned_from_pictures_alone():
    """Bright at the top, else noise. Mirrored after turning, 90° and 270° would be too alike to be sure of either."""
    noise = np.random.default_rng(0).integers(0, 100, (16, 128, 128, 3), np.uint8)
    noise[:, :48] += 150
    module = train("menagerie-rotations", noise, None, lambda *step: None, Recipe(epochs=8, batch=4))
    inputs, told = turned(normalised(torch.from_numpy(noise)))
    with torch.inference_mode():
        sure = module(inputs).softmax(1)[torch.arange(len(told)), told]
    assert sure.min() > 0.8


def test_the_command_trains_on_pictures_without_a_label(monkeypatch, tmp_path, capsys):
    def drawn(split, size, progress, images=None):
        return np.random.default_rng(len(split)).integers(0, 256, (8, size, size, 3), np.uint8), None

    def never(name):
        raise AssertionError(f"{name} was asked for labels")

    monkeypatch.setattr("core.probes.menagerie.world.training_arrays", drawn)
    monkeypatch.setattr("core.probes.catalogue.open_probe", never)
    monkeypatch.setattr(menagerie_nets, "WEIGHTS", tmp_path)
    monkeypatch.setitem(RECIPES, "menagerie-rotations", replace(RECIPES["menagerie-rotations"], epochs=1, batch=4))
    assert main(["train", "menagerie-rotations"]) == 0
    told = capsys.readouterr().out
    share = accuracy(menagerie_nets.performer("menagerie-rotations"), drawn("test", 128, None)[0], None)
    assert f"menagerie-rotations: test accuracy {share:.4f}" in told
    assert "weights in menagerie-rotations.safetensors, 2.0 MB" in told


@pytest.mark.parametrize("name", ["menagerie-plain", "menagerie-scenes", "menagerie-rotations"])
def test_folding_the_norms_changes_nothing(name):
    torch.manual_seed(0)
    module = menagerie_nets.architecture(name, norm=True)
    module.train()(torch.randn(8, 3, 128, 128))
    batch = torch.randn(2, 3, 128, 128)
    folded = menagerie_nets.fold_norms(module)
    with torch.inference_mode():
        torch.testing.assert_close(folded(batch), module.eval()(batch), atol=1e-5, rtol=1e-5)
    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in folded.modules())


def test_the_untrained_control_is_always_the_same():
    first, second = (menagerie_nets.performer("menagerie-untrained").state_dict() for _ in range(2))
    assert all(torch.equal(first[key], second[key]) for key in first)


@pytest.mark.parametrize("content", [None, b"not tensors"])
def test_missing_or_damaged_weights_are_said(content, tmp_path, monkeypatch):
    monkeypatch.setattr(menagerie_nets, "WEIGHTS", tmp_path)
    if content:
        (tmp_path / "menagerie-plain.safetensors").write_bytes(content)
    with pytest.raises(BadWeights, match="train menagerie-plain"):
        menagerie_nets.performer("menagerie-plain")
