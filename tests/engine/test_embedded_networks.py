"""The embedded networks as they are shipped: their accuracy is measured from the committed weights."""

import numpy as np
import pytest
import torch

from core.errors import BadWeights
from core.networks import menagerie_nets
from core.networks.catalogue import open_network
from core.networks.training import Recipe, accuracy, normalised, train
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


def test_a_recipe_trains_on_its_first_images_and_again_the_same():
    images = np.random.default_rng(0).integers(0, 256, (16, 128, 128, 3), np.uint8)
    labels = np.arange(16) % len(menagerie_nets.classes_of("menagerie-scenes"))
    recipe = Recipe(epochs=1, batch=4, images=8)
    first, again = (
        train("menagerie-scenes", images[:count], labels[:count], lambda *step: None, recipe) for count in (16, 8)
    )
    for key, value in first.state_dict().items():
        torch.testing.assert_close(again.state_dict()[key], value, atol=0, rtol=0)
    assert first.fc8.out_features == 11


@pytest.mark.parametrize("name", ["menagerie-plain", "menagerie-scenes"])
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
