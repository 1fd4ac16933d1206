"""Landmarks, boxes and parts of pictures as arrays, on a probe set up by hand and on the Menagerie."""

import numpy as np
import pytest
from torch import nn

from core.errors import NotDefined
from core.measures.part_places import annotated
from core.measures.part_stability import landings, on_any_part, on_one_part, own
from core.networks.catalogue import open_network
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.probes.catalogue import open_probe
from core.probes.probe import Instance, Landmark, Probe


def part(shape, top, left, bottom, right):
    mask = np.zeros(shape, bool)
    mask[top:bottom, left:right] = True
    return mask


class ByHand(Probe):
    """Four pictures of cats and dogs: one cat; two cats; a dog and a cat, labelled dog, wider than high; no label."""

    title, classes, offers = "By hand", ("cat", "dog"), frozenset({"labels", "landmarks", "parts", "boxes"})
    sizes = ((16, 16), (16, 16), (16, 32), (16, 16))

    def __len__(self):
        return 4

    def image(self, index):
        return np.zeros((*self.sizes[index], 3), np.uint8)

    def label(self, index):
        return (0, 0, 1, None)[index]

    def instances(self, index):
        size = self.sizes[index]
        marks = (Landmark("eye", 2.5, 3.5, True), Landmark("tail", 10.0, 4.0, False), Landmark("eye", 9.0, 9.0, False))
        cat = Instance("cat", (0.0, 0.0, 6.0, 8.0), None, marks, {"head": part(size, 0, 0, 8, 8)})
        snout = (Landmark("snout", 8.0, 20.0, True),)
        dog = Instance("dog", (0.0, 0.0, 16.0, 30.0), None, snout, {"torso": part(size, 8, 16, 16, 32)})
        return ((cat,), (cat, cat), (dog, cat), (cat,))[index]


@pytest.fixture
def network():
    """On 16 x 16 pixels of the middle square; the layer has 2 x 2 positions with their middles at 4 and 12."""
    module = nn.Sequential(nn.Conv2d(3, 2, 8, stride=8), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
    return Network(module, ["cat", "dog"], Preprocessing(16, 16), name="toy")


def test_a_probe_by_hand(network):
    told = []
    found = annotated(ByHand(), [0, 1, 2, 3], network, network.layers[0], lambda *one: told.append(one))
    assert found.labels.tolist() == [0, -1, 1, -1]  # two cats, and no label: neither counts
    assert found.landmarks == ("eye", "tail", "snout")
    np.testing.assert_array_equal(found.points[0], [[2.5, 3.5], [10, 4], [np.nan, np.nan]])
    np.testing.assert_array_equal(found.points[2], [[np.nan, np.nan], [np.nan, np.nan], [8, 20]])
    assert found.visible.tolist() == [[True, False, False], [False] * 3, [False, False, True], [False] * 3]
    assert found.diagonals.tolist() == [10.0, 1.0, 34.0, 1.0]
    square = [[4, 4], [4, 12], [12, 4], [12, 12]]
    assert found.places[0].tolist() == square
    assert found.places[2].tolist() == [[4, 12], [4, 20], [12, 12], [12, 20]]  # the middle of the wide picture
    assert found.parts == ("head", "torso")
    assert found.part_at.tolist() == [[0, -1, -1, -1], [0, -1, -1, -1], [-1, -1, -1, 1], [0, -1, -1, -1]]
    assert told[-1] == (4, 4, "parts of the pictures")


def test_squares_reach_over_the_edge_of_the_picture():
    """A kernel of 8 with much padding: the first position's square has one pixel of the picture, the others' eight and
    seven on a side; the head has 8 x 8 in the corner."""
    module = nn.Sequential(nn.Conv2d(3, 2, 8, stride=8, padding=7), nn.ReLU(), nn.Flatten(), nn.Linear(18, 2))
    network = Network(module, ["cat", "dog"], Preprocessing(16, 16), name="toy")
    found = annotated(ByHand(), [0], network, network.layers[0])
    assert found.places[0, 0].tolist() == [-3, -3]
    assert found.part_at[0].reshape(3, 3).tolist() == [[0, 0, -1], [0, 0, -1], [-1, -1, -1]]


def test_the_part_of_a_position_is_the_one_with_most_pixels(network):
    """Squares of 8 x 8. The upper left: 4 pixels of an eye, 20 of a head; the upper right: 3 of an ear on both animals
    together, 2 of a head; the lower left: one pixel of a paw; the lower right: nothing."""

    class Parts(ByHand):
        def instances(self, index):
            one = {
                "eye": part((16, 16), 0, 0, 2, 2),
                "ear": part((16, 16), 0, 8, 1, 9),
                "head": part((16, 16), 3, 4, 8, 8),
            }
            two = {
                "ear": part((16, 16), 2, 8, 3, 10),
                "head": part((16, 16), 5, 8, 6, 10),
                "paw": part((16, 16), 15, 0, 16, 1),
            }
            return tuple(Instance("cat", (0.0, 0.0, 6.0, 8.0), None, (), parts) for parts in (one, two))

    found = annotated(Parts(), [0], network, network.layers[0])
    named = [found.parts[at] if at >= 0 else None for at in found.part_at[0]]
    assert named == ["head", "ear", "paw", None]


def test_a_probe_without_landmarks_is_refused(network):
    class Bare(ByHand):
        offers = frozenset({"labels", "parts"})

    with pytest.raises(NotDefined, match="By hand marks no landmarks"):
        annotated(Bare(), [0], network, network.layers[0])


def test_the_menagerie_agrees_with_itself():
    """conv4 looks at every 16th pixel of a picture: where the pixel at a landmark is the torso's or the muzzle's, so is
    the position that looks there, nearly always."""
    network, probe = open_network("menagerie-plain"), open_probe("menagerie-tiny")
    indices = probe.splits["test"]
    found = annotated(probe, indices, network, network.layer("conv4"))
    assert found.places.shape == (24, 256, 2)
    assert found.places[0, 0].tolist() == [7, 7]  # 3.5 of the input's pixels, each two of the picture
    assert (found.labels >= 0).sum() >= 19
    agree = []
    for name in ("torso", "muzzle"):
        mark, part = found.landmarks.index(name), found.parts.index(name)
        for n in np.flatnonzero(found.visible[:, mark]):
            row, column = found.points[n, mark].astype(int)
            if any(one.parts.get(name, np.zeros((256, 256)))[row, column] for one in probe.instances(indices[n])):
                agree.append(found.part_at[n, np.hypot(*(found.places[n] - found.points[n, mark]).T).argmin()] == part)
    assert len(agree) >= 20
    assert np.mean(agree) > 0.9
    for n in np.flatnonzero(found.labels >= 0):
        mine = next(one for one in probe.instances(indices[n]) if one.class_name == probe.classes[found.labels[n]])
        assert found.diagonals[n] == np.hypot(mine.box[2] - mine.box[0], mine.box[3] - mine.box[1])
        share = (found.part_at[n] >= 0).mean()
        masks = np.any([m for one in probe.instances(indices[n]) for m in one.parts.values()], axis=0)
        assert masks.mean() <= share < masks.mean() + 0.25  # every position that a part touches


def test_peaks_at_a_part_land_on_it():
    """From the probe to the share: a filter whose peak is at each torso's landmark is the torso's."""
    network, probe = open_network("menagerie-plain"), open_probe("menagerie-tiny")
    found = annotated(probe, probe.splits["train"][:30], network, network.layer("conv4"))
    torso, part = found.landmarks.index("torso"), found.parts.index("torso")
    apart = np.hypot(*np.moveaxis(found.places - np.nan_to_num(found.points[:, torso, None]), 2, 0))
    cells = apart.argmin(1)[None]
    scores = (found.labels >= 0) & found.visible[:, torso]
    rows = own(scores[None].astype(float), np.array([0]), np.where(found.labels >= 0, 0, -1))
    shares = landings(cells[rows.filters], found.part_at, rows.counted, len(found.parts))
    assert shares[0].argmax() == part
    assert on_one_part(shares).tolist() == [1]
    anywhere = on_any_part(cells, found.part_at)
    assert landings(anywhere, found.part_at, rows.counted, len(found.parts))[0, part] < shares[0, part]
