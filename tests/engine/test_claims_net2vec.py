"""What Net2Vec claims: each measure is right on dissections made by hand, and its controls do what they are for."""

import dataclasses
import math
import zlib
from collections import defaultdict
from itertools import permutations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.stats import binomtest
from torch import nn

from core.claims import PAPERS
from core.claims.bench import Bench, Sizes
from core.claims.net2vec import combining, depth, filters, floors, known, meaning, spaces
from core.claims.net2vec.dissected import CLASSIFICATION, SEGMENTATION, dealt, depths, gains, scored
from core.claims.report import Claim
from core.claims.stated import measured
from core.errors import NotDefined
from core.measures.interval import binomial
from core.measures.logistic import logistic, wald
from core.methods.net2vec import segmentation
from core.methods.net2vec.dissection import Dissection
from core.methods.net2vec.masks import Masks
from core.methods.net2vec.pool import Pool
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.probes.catalogue import open_probe
from core.probes.probe import CATEGORIES, Concept, Probe
from core.probes.semantic import Space

NAN = float("nan")
EACH = 12  # concepts of a category
CONCEPTS = tuple(Concept(f"{category} {i}", category) for category in CATEGORIES for i in range(EACH))
C = len(CONCEPTS)
LAYERS = ("conv1", "conv2", "conv3")


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = nn.Conv2d(3, 6, 3), nn.Conv2d(6, 6, 3), nn.Conv2d(6, 6, 3)
        self.fc = nn.Linear(6 * 16, 3)

    def forward(self, x):
        for layer in (self.conv1, self.conv2, self.conv3):
            x = torch.relu(layer(x))
        return self.fc(x.flatten(1))


class Nothing(Probe):
    title, about, name, fingerprint, classes = "Nothing", "", "nothing", "0" * 64, ("a", "b", "c")
    splits, offers, concepts = {"train": np.arange(12)}, frozenset({"hierarchy"}), CONCEPTS

    def __len__(self):
        return 12


def small_network(name="small"):
    torch.manual_seed(5)
    return Network(Small(), Nothing.classes, Preprocessing(10, 10, (0.5,) * 3, (0.5,) * 3), name=name)


POOL = Pool(np.arange(12), np.arange(12) < 9)


def dissection(layer="conv3", filters=8, concepts=CONCEPTS, **given):
    """A dissection in which everything is defined and nothing is special; `given` fields replace its own."""
    count = len(concepts)
    ones, nothing = np.ones(count), np.zeros(0)
    fields = {
        "train": np.full(count, 50), "val": np.full(count, 20), "area": 0.1 * ones, "alpha": 0.9 * ones,
        "thresholds": np.zeros(filters), "iou_train": np.zeros((2, count, filters)),
        "iou_val": np.zeros((2, count, filters)), "best": np.zeros(count, int), "binarisation": np.zeros(count, int),
        "single_iou": 0.1 * ones, "combined_iou": 0.2 * ones, "combined_train": 0.2 * ones,
        "weights": np.zeros((count, filters)), "cls_weights": np.zeros((count, filters)),
        "image": nothing.astype(int), "concept": nothing.astype(int), "single_ind": nothing, "combined_ind": nothing,
        "positives": np.full((2, count), 50), "cls_bias": 0 * ones, "cls_accuracy": 0.9 * ones,
        "cls_best": np.zeros(count, int), "cls_single_weight": ones, "cls_single_bias": ones,
        "cls_single_accuracy": 0.8 * ones, "unread": nothing.astype(int),
    }  # fmt: skip
    return Dissection(layer, (4, 4), POOL, tuple(concepts), "fast", "printed", **{**fields, **given})


def of_category(*names):
    return np.array([one.category in names for one in CONCEPTS])


def bench_of(own, twin=None, shuffled=None, **shared):
    """A bench with dissections by layer, or one for all layers."""
    bench = Bench(small_network(), Nothing(), Sizes(permutations=200))
    blank = dissection(combined_iou=np.full(C, 0.05), single_iou=np.full(C, 0.03), cls_accuracy=np.full(C, 0.5),
                       cls_single_accuracy=np.full(C, 0.5))  # fmt: skip
    for network, found in ((bench.network, own), (bench.twin, twin or blank)):
        layers = found if isinstance(found, dict) else dict.fromkeys(LAYERS, found)
        bench.shared |= {("dissected", network.fingerprint, name): one for name, one in layers.items()}
    cover = np.full((2, C, known.SIDE, known.SIDE), 0.01)
    nothing = np.zeros((C, C))
    bench.shared |= {"shuffled": shuffled or blank, "survey": known.Survey(cover, nothing.astype(int), nothing, 12)}
    bench.shared |= shared
    return bench


def of(stated, bench):
    return Claim(stated.id, stated.text, stated.where, stated.paper, **stated.measure(bench))


def values(conditions):
    return {one.name: one.estimate.value for one in conditions}


# The measures


def test_binomial_intervals_are_exact():
    for count, n in ((0, 7), (3, 10), (7, 7), (50, 90)):
        one, exact = binomial(np.arange(n) < count), binomtest(count, n).proportion_ci()
        assert (one.value, one.n) == (count / n, n)
        assert (one.low, one.high) == pytest.approx((exact.low, exact.high))
    assert binomial([]).n == 0


def test_logistic_regression_of_a_two_by_two_table_by_hand():
    """With one quantity that is 0 or 1 the coefficients are the log odds and the log odds ratio, and their variances
    sums of 1 / counts."""
    happened = np.r_[np.arange(10) < 3, np.arange(10) < 6]
    found, errors = logistic(np.repeat([0.0, 1.0], 10)[:, None], happened)
    assert found == pytest.approx([math.log(3 / 7), math.log(6 / 4) - math.log(3 / 7)])
    assert errors == pytest.approx([math.sqrt(1 / 3 + 1 / 7), math.sqrt(1 / 3 + 1 / 7 + 1 / 6 + 1 / 4)])


def _chances(x, b):
    for row in np.column_stack([np.ones(len(x)), x]):
        yield row, 1 / (1 + math.exp(-(row @ b)))


def test_logistic_regression_is_the_maximum_of_the_likelihood():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(80, 2)) * [1, 30] + [0, 500]
    happened = generator.random(80) < 1 / (1 + np.exp(-(x[:, 0] - (x[:, 1] - 500) / 30)))

    def loss(b):
        z = b[0] + x[:, 0] * b[1] + (x[:, 1] - 500) / 30 * b[2]
        return np.logaddexp(0, np.where(happened, -z, z)).sum()

    slow = minimize(loss, np.zeros(3), tol=1e-12)
    found, errors = logistic(x, happened)
    assert [found[1], 30 * found[2]] == pytest.approx(slow.x[1:].tolist(), abs=1e-4)
    information = sum(np.outer(row, row) * p * (1 - p) for row, p in _chances(x, found))
    assert errors == pytest.approx(np.sqrt(np.diag(np.linalg.inv(information))), rel=1e-6)
    one = wald(found[1], errors[1], 80)
    assert (one.high - one.low) / errors[1] == pytest.approx(2 * 1.959964)


def test_logistic_regression_says_when_there_is_no_maximum():
    x = np.arange(10.0)[:, None]
    for happened in (x[:, 0] > 4, np.zeros(10, bool), np.ones(10, bool)):
        assert np.isnan(logistic(x, happened)[0]).all()
    assert np.isnan(logistic(np.tile(x, 2), np.arange(10) % 2 > 0)[0]).all()


def masks_from(pictures, sizes, concepts=3):
    """{concept: mask} of each picture."""
    rows = [(n, c, mask) for n, found in enumerate(pictures) for c, mask in sorted(found.items())]
    packed = [zlib.compress(np.packbits(mask).tobytes(), 1) for _, _, mask in rows]
    present = np.zeros((len(pictures), concepts), bool)
    for n, c, _ in rows:
        present[n, c] = True
    return Masks(
        np.array([n for n, _, _ in rows], np.int32), np.array([c for _, c, _ in rows], np.int16),
        np.array([mask.sum() for *_, mask in rows], np.int64),
        np.concatenate([[0], np.cumsum([len(one) for one in packed])]).astype(np.int64),
        np.frombuffer(b"".join(packed), np.uint8), np.array(sizes, np.int32), present,
    )  # fmt: skip


def drawn_masks(seed=0, images=16):
    """Every mask its own; pictures of two sizes; concept 2 in one picture only."""
    generator, sizes = np.random.default_rng(seed), [(6, 5) if n % 2 else (4, 8) for n in range(images)]
    pictures = [{c: generator.random(sizes[n]) < 0.5 for c in (0, 1)} for n in range(images)]
    pictures[4][2] = generator.random(sizes[4]) < 0.5
    return masks_from(pictures, sizes), pictures


def test_masks_dealt_to_other_pictures_stay_in_their_concept_split_and_size():
    masks, pictures = drawn_masks()
    pool = Pool(np.arange(16), np.arange(16) < 10)
    found = dealt(masks, pool)
    assert found.image.tolist() == masks.image.tolist()
    assert found.concept.tolist() == masks.concept.tolist()
    given = defaultdict(list)
    for e, (image, c) in enumerate(zip(found.image.tolist(), found.concept.tolist(), strict=True)):
        mask = found.entry(e)
        assert mask.sum() == found.area[e]
        givers = [n for n, one in enumerate(pictures) if c in one and np.array_equal(one[c], mask)]
        assert len(givers) == 1
        assert pool.training[givers[0]] == pool.training[image]
        if c < 2:
            assert givers[0] != image
        given[c].append(givers[0])
    assert all(len(set(one)) == len(one) for one in given.values())
    assert given[2] == [4]  # nobody to change with
    for split in (pool.training, ~pool.training):
        assert found.present[split].sum(0).tolist() == masks.present[split].sum(0).tolist()
    assert dealt(masks, pool, 1).area.tolist() != found.area.tolist()


def test_a_survey_by_hand():
    left, all_ = np.zeros((32, 64), bool), np.ones((32, 64), bool)
    left[:, :32] = True
    masks = masks_from([{0: left, 1: all_}, {0: ~left}, {1: left}, {0: left, 1: ~left}], [(32, 64)] * 4)
    found = known.survey(masks, Pool(np.arange(4), np.array([True, True, True, False])))
    assert found.cover[0, 0] == pytest.approx(0.5)  # once on the left, once on the right
    assert found.cover[0, 1, :, :16] == pytest.approx(1)  # both show it there
    assert found.cover[0, 1, :, 16:] == pytest.approx(0.5)
    assert found.cover[1, 0, :, 16:] == pytest.approx(0)
    assert found.together.tolist() == [[3, 2, 0], [2, 3, 0], [0, 0, 0]]
    assert found.inside[0, 1] == 0.5  # in the first and the last picture: half of its pixels lie on the other one
    assert found.inside[1, 0] == pytest.approx(1 / 3)
    assert np.isnan(found.cover[:, 2]).all()
    # Of concept 0 all cells are as likely, so the mask is the whole picture, half of which is right in the last one.
    assert found.constant_iou()[0] == pytest.approx(0.5)
    # Of concept 1 the left half and the whole reach 2/3 and 3/4 in training: the whole one, half of which is right.
    assert found.constant_iou()[1] == pytest.approx(0.5)
    disc = known.centred_disc(32, 32)
    assert found.disc_iou()[0] == pytest.approx(disc[:, :16].sum() / (512 + disc.sum() - disc[:, :16].sum()))


def test_cells_are_means_also_where_pixels_lie_across_them():
    matrix = known._shrinking(48).numpy()
    assert matrix.sum(1) == pytest.approx(1)
    assert matrix[0, :3] == pytest.approx([2 / 3, 1 / 3, 0])
    assert known._shrinking(8).numpy()[:5, :2] == pytest.approx(np.array([[1, 0]] * 4 + [[0, 1]]))


def test_what_lies_on_what_and_what_keeps_company():
    together = np.array([[40, 20, 12], [20, 30, 3], [12, 3, 25]])
    inside = np.array([[1, 0.4, 0.1], [0.8, 1, 0.9], [0.2, 0.1, 1]])
    found = known.Survey(np.zeros((2, 3, known.SIDE, known.SIDE)), together, inside, 100)
    assert np.argwhere(found.on() & ~np.eye(3, dtype=bool)).tolist() == [[1, 0]]  # 1 on 2 in three pictures only
    # 20 against 12 by chance, 12 against 10, 3 against 7.5: none twice as often
    assert not found.company().any()
    rare = dataclasses.replace(found, pictures=200)  # 6, 5: both more than twice as often
    assert np.argwhere(rare.company()).tolist() == [[0, 1], [0, 2], [1, 0], [2, 0]]


def test_layers_that_stand_for_depth():
    assert [one.name for one in depths(small_network())] == list(LAYERS)


def test_scores_of_concepts_that_are_too_rare_do_not_count():
    found = dissection(train=np.where(np.arange(C) == 0, 9, 50), positives=np.full((2, C), 9))
    assert np.isnan(scored(found, SEGMENTATION)[0]).tolist() == [True] + [False] * (C - 1)
    assert np.isnan(gains(found, CLASSIFICATION)).all()
    assert np.isfinite(gains(found, CLASSIFICATION, 1)).all()


# The controls


def test_floors_are_beaten_by_objects_and_parts_that_the_network_knows():
    found = floors.floors(bench_of(dissection()), SEGMENTATION, CLASSIFICATION)
    names = ["untrained twin", "masks shuffled between images", "centred disc", "best constant mask"]
    assert [one.name for one in found] == names
    assert [one.shows for one in found] == [False, False, False, None]
    assert found[0].estimates["objects: IoU above it"].value == pytest.approx(0.15)
    assert found[0].estimates["parts: accuracy above it"].value == pytest.approx(0.4)
    assert found[1].estimates["its IoU above the best constant mask's"].value == pytest.approx(0.05 - 0.01)
    assert found[3].estimates["objects: IoU above it"].value == pytest.approx(0.2 - 0.01)
    assert "parts: accuracy above it" not in found[2].estimates


@pytest.mark.parametrize("category", ["object", "part"])
def test_a_floor_that_one_of_them_does_not_beat_takes_the_claims_force(category):
    as_good = dissection(combined_iou=np.where(of_category(category), 0.2, 0.05))
    found = floors.floors(bench_of(dissection(), twin=as_good), SEGMENTATION)
    assert [one.shows for one in found] == [True, False, False, None]
    found = floors.floors(bench_of(dissection(), shuffled=as_good), SEGMENTATION)
    assert [one.shows for one in found] == [False, True, False, None]


def test_colours_may_survive_in_an_untrained_network():
    colourful = dissection(combined_iou=np.where(of_category("colour", "scene"), 0.9, 0.05))
    assert not floors.floors(bench_of(dissection(), twin=colourful), SEGMENTATION)[0].shows


# The claims


def test_shares_of_concepts_for_which_filters_together_do_as_well():
    worse = np.where(np.arange(C) < 18, 0.05, 0.1)  # a quarter; the others are equal
    found = of(combining.better_together, bench_of(dissection(combined_iou=worse, single_iou=np.full(C, 0.1))))
    assert values(found.conditions)["segmentation, conv2"] == 0.75
    assert values(found.conditions)["classification, conv1"] == 1
    assert len(found.conditions) == 6
    assert found.conditions[0].verdict == "holds"
    assert found.beside["untrained twin: segmentation, conv3"].value == 1
    assert "segmentation: mean distance to table 1" not in found.beside  # three layers are not the paper's five


def test_the_share_falls_with_depth_or_does_not():
    def layer(name, failing):
        return dissection(name, combined_iou=np.where(np.arange(C) < failing, 0.05, 0.2))

    falling = {name: layer(name, n) for name, n in zip(LAYERS, (0, 20, 50), strict=True)}
    found = of(depth.share_by_depth, bench_of(falling))
    assert found.conditions[0].estimate.value == -1
    assert found.beside["orders of 3 layers that fall as much"].value == pytest.approx(1 / 6)
    assert np.isnan(found.controls[0].estimates["Spearman"].value)  # the twin's share is the same at all layers
    assert found.verdict == "holds"
    rising = {name: layer(name, n) for name, n in zip(LAYERS, (50, 20, 0), strict=True)}
    assert of(depth.share_by_depth, bench_of(falling, twin=rising)).verdict == "holds"
    assert of(depth.share_by_depth, bench_of(falling, twin=falling)).verdict == "undecided"
    assert of(depth.share_by_depth, bench_of(rising, twin=falling)).verdict == "fails"


def test_slopes_over_layers_by_hand():
    assert depth.slopes(np.array([[1.0, 2, 3, 4, 5], [5, 5, 5, 5, 5], [0, 0, 0, 0, 10]])) == pytest.approx([1, 0, 2])
    assert np.isnan(depth.slopes(np.array([[1.0, np.nan, 2]]))).all()


def test_deeper_is_better_but_for_colours():
    spread = 0.001 * np.arange(C)

    def layers(colours):
        rise = np.where(of_category("colour"), colours, 0.1)
        return {
            name: dissection(name, combined_iou=spread + i * rise, cls_accuracy=spread + i * rise)
            for i, name in enumerate(LAYERS)
        }

    found = of(depth.better_with_depth, bench_of(layers(-0.1)))
    assert values(found.conditions)["segmentation, part"] == pytest.approx(0.1)
    assert values(found.conditions)["classification, colour"] == pytest.approx(-0.1)
    assert found.verdict == "holds"
    assert of(depth.better_with_depth, bench_of(layers(0.1))).verdict == "fails"
    assert of(depth.better_with_depth, bench_of(layers(-0.1), twin=layers(-0.1))).verdict == "undecided"


def failing(chances, seed=0):
    """Concepts that fail with given chances; counts and areas that vary over a hundredfold."""
    generator = np.random.default_rng(seed)
    many = [Concept(f"object {i}", "object" if i % 2 else "part") for i in range(400)]
    count, area = (np.exp(generator.uniform(0, 5, 400)) for _ in range(2))
    area = area / 1000
    fails = generator.random(400) < chances(np.log(count), np.log(area))
    return dissection(
        concepts=many, train=np.ceil(count).astype(int), area=area, combined_iou=np.where(fails, 0.05, 0.2),
        cls_accuracy=np.where(fails, 0.5, 0.9), positives=np.ceil(np.tile(count, (2, 1))).astype(int),
    )  # fmt: skip


def bench_of_many(own):
    bench = bench_of(own, twin=own, shuffled=dataclasses.replace(own, combined_iou=0 * own.combined_iou))
    survey = bench.shared["survey"]
    bench.shared["survey"] = dataclasses.replace(survey, cover=np.full((2, 400, known.SIDE, known.SIDE), 0.01))
    return bench


def test_failures_are_rare_and_tiny_where_they_are():
    both = failing(lambda count, area: 1 / (1 + np.exp(count - 2.5 + area + 4.4)))
    found = of(combining.failures, bench_of_many(both))
    assert [one.verdict for one in found.conditions] == ["holds", "holds"]
    assert found.conditions[0].estimate.value == pytest.approx(-1, abs=0.4)
    assert found.beside["all layers: log area"].high < 0
    assert found.beside["failures"].value == pytest.approx((both.combined_iou < 0.1).mean())
    assert found.n == int((both.combined_iou < 0.1).sum())
    alone = of(combining.failures, bench_of_many(failing(lambda count, area: 1 / (1 + np.exp(2 * count - 5)))))
    assert [one.verdict for one in alone.conditions] == ["holds", "undecided"]


def test_without_failures_nothing_is_said_of_them():
    found = of(combining.failures, bench_of(dissection()))
    assert found.verdict == "not measured"
    assert found.beside["failures"].value == 0


def test_every_category_gains():
    found = of(combining.every_category, bench_of(dissection()))
    assert len(found.conditions) == 12
    assert values(found.conditions)["segmentation, texture"] == pytest.approx(0.1)
    assert found.beside["classification, colour: combined"].value == pytest.approx(0.9)
    assert found.beside["largest ratio of a colour, segmentation"].value == pytest.approx(2)
    assert found.verdict == "holds"
    low = dissection(combined_iou=np.where(of_category("material"), 0.05, 0.2))
    assert of(combining.every_category, bench_of(low)).verdict == "fails"


def pairs(single, combined):
    """40 pictures with two concepts each."""
    image = np.repeat(np.arange(40), 2)
    return dissection(
        image=image, concept=np.tile([0, 1], 40), single_ind=np.array(single), combined_ind=np.array(combined)
    )


def test_misses_are_counted_by_picture(monkeypatch):
    monkeypatch.setattr(combining, "_missed_by_disc", lambda bench, image: np.zeros(len(image)))
    own = pairs([0, 0.3] * 40, [0.2, 0.3] * 40)
    bench = bench_of(own, twin=dataclasses.replace(own, combined_iou=np.full(C, 0.05)))
    found = of(combining.misses, bench)
    assert found.conditions[0].estimate.value == -0.5
    assert found.beside["single"].value == 0.5
    assert found.n == 40
    assert found.verdict == "holds"
    turned = pairs([0.2, 0.3] * 40, [0, 0.3] * 40)
    assert of(combining.misses, bench_of(turned, twin=turned)).verdict == "fails"


def test_what_the_disc_misses():
    masks, pictures = drawn_masks()
    corner = np.zeros((4, 8), bool)
    corner[0, 0] = True
    pictures[0][1] = corner
    masks = masks_from(pictures, masks.sizes)
    own = dissection(concepts=CONCEPTS[:3], image=np.array([0, 0, 1]), concept=np.array([0, 1, 1]))
    bench = Bench(small_network(), Nothing())
    bench.shared |= {"masks": masks, ("dissected", bench.network.fingerprint, "conv3"): own}
    assert combining._missed_by_disc(bench, own.image).tolist() == [0, 1, 0]


def test_filters_are_shared_beyond_chance():
    spread = np.arange(C) % 8
    few = np.where(np.arange(C) < C // 2, 0, 1)
    found = of(filters.shared_filters, bench_of(dissection(best=few, cls_best=few)))
    assert found.beside["segmentation: shared, conv1"].value == 0.25
    assert found.beside["segmentation: unused, conv1"].value == 0.75
    assert found.verdict == "holds"
    assert found.n == 24
    even = of(filters.shared_filters, bench_of(dissection(best=spread, cls_best=spread)))
    assert [one.estimate.value for one in even.conditions[:2]] == pytest.approx([0, 0], abs=0.06)
    assert even.verdict != "holds"
    random = np.random.default_rng(1).integers(8, size=C)
    assert of(filters.shared_filters, bench_of(dissection(best=random, cls_best=random))).verdict != "holds"


def test_loads_by_hand():
    assert filters.crowded(np.array([4, 1, 1, 0, 2])).tolist() == [True, False, False, False, False]
    assert filters.crowded(np.zeros(3)).tolist() == [False] * 3
    assert filters.unused(np.array([[4, 0], [0, 0]])).tolist() == [[False, True], [True, True]]


def test_weights_go_with_single_scores():
    generator = np.random.default_rng(0)
    alone = generator.random((2, C, 64))
    own = {
        name: dissection(name, 64, iou_val=alone, weights=alone[0] - 0.5 if i else generator.random((C, 64)))
        for i, name in enumerate(LAYERS)
    }
    found = of(filters.weights_and_scores, bench_of(own, twin=own["conv1"]))
    assert values(found.conditions)["conv2"] == 1
    assert values(found.conditions)["conv1"] < 0.1
    assert values(found.conditions)["conv3 - conv1"] > 0.9
    assert found.verdict == "fails"  # at conv1
    assert found.controls[0].estimates["conv3"].value == pytest.approx(0.01, abs=0.01)
    assert not found.controls[0].shows
    assert found.beside["conv2: median r"].value > 0.8
    assert "as frequent at 1 of 3 layers" in found.note
    other = np.where(np.arange(2)[:, None, None] == 0, alone[1], alone[0])  # right in the other binarisation only
    turned = dissection(filters=64, iou_val=other, weights=alone[0], binarisation=np.ones(C, int))
    assert np.nanmean(filters._significant(turned)) == 1
    assert np.nanmean(filters._significant(dataclasses.replace(turned, binarisation=np.zeros(C, int)))) < 0.1


def test_enough_filters_and_the_drop_by_hand():
    counts = np.array([1, 2, 4, 8])
    assert filters.enough(np.array([[0.5, 0.96, 1.0, 0.9], [0.5, 0.96, 1.0, 0.9]]), counts, 0) == 2
    assert filters.enough(np.array([[0.6, 0.96, 1.0, 0.9]]), counts, 0.5) == 4  # .46 of .5 is less than 95 %
    # Without itself, the first is led to F = 4 by the second, and the second to F = 2 by the first.
    assert filters.drops(np.array([[0.1, 0.9, 0.3, 0.2], [0.1, 0.2, 0.9, 0.4]])).tolist() == pytest.approx([0.1, -0.2])
    noise = np.random.default_rng(0).normal(size=(400, 8))
    assert abs(filters.drops(noise).mean()) < 0.1  # no drop where there is none
    assert filters.drops(np.ones((1, 3))).size == 0


def test_self_supervision_is_compared_with_no_training(monkeypatch):
    def network_of(single, combined):
        noise = 0.001 * np.arange(C)
        return dissection(single_iou=np.full(C, single) + noise, combined_iou=np.full(C, combined) + noise)

    monkeypatch.setitem(combining.SELF_SUPERVISED, "small", "other")
    other = small_network("other")
    with torch.no_grad():
        other.module.fc.weight += 1
    other = Network(other.module, other.classes, other.preprocessing, name="other")
    monkeypatch.setattr(combining, "open_network", lambda name: other)
    for untrained, verdict in ((0.25, "holds"), (0.8, "undecided")):
        bench = bench_of(network_of(0.2, 0.4), twin=network_of(0.2, untrained))
        bench.shared["dissected", other.fingerprint, "conv3"] = network_of(0.1, 0.5)
        found = of(combining.self_supervised, bench)
        assert found.conditions[0].estimate.value == pytest.approx((0.5355 / 0.1355) - (0.4355 / 0.2355))
        assert found.beside["self-supervised: combined IoU"].value == pytest.approx(0.5355)
        assert ("untrained network gains as well" in found.note) == (verdict == "undecided")
        assert found.verdict == verdict
    poor = bench_of(network_of(0.1, 0.5), twin=network_of(0.2, 0.2))
    poor.shared["dissected", other.fingerprint, "conv3"] = network_of(0.2, 0.4)
    assert of(combining.self_supervised, poor).verdict == "fails"


# Neighbours and arithmetic


def test_neighbours_are_the_nearest_others():
    cosines = np.array([[1, 0.9, 0.5, 0.9], [0.9, 1, 0.2, 0.1], [0.5, 0.2, 1, 0.3], [0.9, 0.1, 0.3, 1]])
    assert meaning.neighbours(cosines, 2).tolist() == [[1, 3], [0, 2], [0, 3], [0, 2]]


def test_vectors_have_unit_length_or_none():
    weights = np.zeros((C, 2))
    weights[0], weights[1], weights[2] = (3, 4), (0, 0), (NAN, NAN)
    found = meaning.vectors(dissection(filters=2, weights=weights), SEGMENTATION)
    assert found[0] == pytest.approx([0.6, 0.8])
    assert np.isnan(found[1:]).all()


def test_animals_and_plants_are_of_a_kind():
    words = (("lion", "object"), ("owl", "object"), ("pine", "object"), ("leg", "part"), ("fur", "material"))
    found = known.same_kind(tuple(Concept(*word) for word in words))
    assert found.tolist() == [
        [True, True, False, False, False],
        [True, True, False, False, False],
        [False, False, True, False, False],
        [False, False, False, True, False],
        [False, False, False, False, True],
    ]


# objects: grass, leaf, sky, sea, snow; colours: green, blue, white
CATEGORY = np.array(["object"] * 5 + ["colour"] * 3)


def coloured():
    inside = np.zeros((8, 8))
    for thing, colour in ((0, 5), (1, 5), (2, 6), (3, 6), (4, 7)):
        inside[thing, colour] = 0.9
    return known.Survey(np.zeros((2, 8, known.SIDE, known.SIDE)), np.full((8, 8), 20), inside, 100)


def told_of(found, names=tuple(range(8))):
    """{operands: answers}"""
    names, rows = np.array(names), zip(found.operands, found.answers, strict=True)
    return {tuple(names[row].tolist()): names[np.flatnonzero(right)].tolist() for row, right in rows}


def test_every_analogy_of_colours_is_known():
    found = meaning.analogies(coloured(), CATEGORY, "colour")
    told = told_of(found)
    assert told[0, 5, 6] == [2, 3]  # grass - green + blue: sky, sea
    assert told[2, 6, 7] == [4]
    assert len(told) == 10
    assert not len(meaning.analogies(coloured(), CATEGORY, "part").operands)


def test_parts_are_on_their_owners():
    categories = np.array(["object", "object", "object", "part", "part"])  # bird, owl, cart, beak, wheel
    inside = np.zeros((5, 5))
    inside[3, 0] = inside[3, 1] = inside[4, 2] = 1
    drawn = known.Survey(np.zeros((2, 5, known.SIDE, known.SIDE)), np.full((5, 5), 20), inside, 100)
    found = meaning.analogies(drawn, categories, "part")
    told = told_of(found)
    assert told == {(0, 3, 4): [2], (1, 3, 4): [2], (2, 4, 3): [0, 1]}


def test_ranks_of_answers_by_hand():
    generator = np.random.default_rng(0)
    space = generator.normal(size=(8, 6))
    space /= np.linalg.norm(space, axis=1)[:, None]
    every = meaning.analogies(coloured(), CATEGORY, "colour")
    for stand_in in (None, generator.permutation(8)):
        ranks = every.ranks(space @ space.T, stand_in)
        for row, right, rank in zip(every.operands, every.answers, ranks, strict=True):
            used = row if stand_in is None else stand_in[row]
            target = space[used[0]] - space[used[1]] + space[used[2]]
            order = [j for j in np.argsort(-(space @ target)) if j not in used]
            places = [i for i, j in enumerate(order, 1) if right[j]]
            assert (rank == places[0]) if places else np.isnan(rank)
    alone = every.ranks(space @ space.T, signs=(0, 0, 1))
    assert not np.array_equal(alone, every.ranks(space @ space.T))


def test_analogies_among_some_concepts_only():
    found = meaning.analogies(coloured(), CATEGORY, "colour").of(np.array([0, 2, 4, 5, 6]))
    told = told_of(found, (0, 2, 4, 5, 6))
    assert told == {(0, 5, 6): [2], (2, 6, 5): [0]}


def colour_world(structured, things=32, colours=8, seed=0):
    """Objects that are their colour's vector and their own, or nothing of the kind."""
    generator = np.random.default_rng(seed)
    sizes = {"object": things, "colour": colours, "part": colours}
    names = [Concept(f"{category} {i}", category) for category, size in sizes.items() for i in range(size)]
    count, paint = len(names), generator.normal(size=(2 * colours, 128))
    weights = generator.normal(size=(count, 128))
    inside = np.zeros((count, count))
    for i in range(things):
        inside[i, things + i % colours] = inside[things + colours + i // 4 % colours, i] = 0.9
        if structured:
            weights[i] += 2 * paint[i % colours] + 2 * paint[colours + i // 4 % colours]
    if structured:
        weights[things:] += 3 * paint
    drawn = known.Survey(np.zeros((2, count, known.SIDE, known.SIDE)), np.full((count, count), 20), inside, 100)
    ones = np.full(count, 0.3)
    return dissection(filters=128, concepts=names, weights=weights, cls_weights=weights, combined_iou=ones), drawn


def test_arithmetic_holds_where_concepts_are_sums_and_nowhere_else(monkeypatch):
    monkeypatch.setattr(meaning, "DRAWS", 100)
    (own, drawn), (blank, _) = colour_world(True), colour_world(False)
    found = of(meaning.arithmetic, bench_of(own, twin=blank, survey=drawn))
    assert [one.verdict for one in found.conditions] == ["holds", "holds"]
    assert found.controls[0].shows is False
    assert found.verdict == "holds"
    assert found.beside["colours: median rank"].value < found.beside["colours: median rank, random operands"].low
    assert of(meaning.arithmetic, bench_of(own, twin=own, survey=drawn)).verdict == "undecided"
    assert of(meaning.arithmetic, bench_of(blank, twin=blank, survey=drawn)).verdict != "holds"


# Spaces


def spaces_of(monkeypatch, meaning_rows, segmentation, classification):
    """A dissection with these vectors, where the meanings are given."""
    given = Space("given", "Given", CONCEPTS, meaning_rows)
    monkeypatch.setattr(spaces, "hierarchy_space", lambda concepts: given)
    monkeypatch.setattr(spaces, "word_space", lambda concepts: dataclasses.replace(given, name="words"))
    size = segmentation.shape[1]
    return dissection(filters=size, weights=segmentation, cls_weights=classification), spaces.nearer_to_meaning


def test_a_space_with_the_same_cosines_is_nearer(monkeypatch):
    generator = np.random.default_rng(0)
    means = generator.normal(size=(C, 6))
    turned = np.linalg.qr(generator.normal(size=(6, 6)))[0]
    unlike = generator.normal(size=(C, 6))
    own, stated = spaces_of(monkeypatch, means, unlike, means @ turned)
    found = of(stated, bench_of(own, twin=dataclasses.replace(own, cls_weights=unlike[::-1])))
    assert [one.verdict for one in found.conditions] == ["holds", "holds"]
    assert found.beside["D to given: classification"].value == pytest.approx(0, abs=1e-9)
    assert found.beside["CKA with words: classification - segmentation"].low > 0
    assert [one.shows for one in found.controls] == [False, False]
    assert found.verdict == "holds"
    own, stated = spaces_of(monkeypatch, means, means @ turned, unlike)
    assert of(stated, bench_of(own, twin=own)).verdict == "fails"


def test_a_space_that_is_near_by_the_size_of_its_cosines_only_is_found_out(monkeypatch):
    generator = np.random.default_rng(1)
    small, large = generator.normal(size=(2, C, 64))
    own, stated = spaces_of(monkeypatch, generator.normal(size=(C, 64)), large + 3, small)
    found = of(stated, bench_of(own, twin=dataclasses.replace(own, cls_weights=large + 3)))
    assert [one.verdict for one in found.conditions] == ["holds", "holds"]
    assert found.controls[1].shows
    assert "cosines are smaller" in found.note
    assert found.verdict == "undecided"


def test_distances_of_spaces_by_hand():
    one, other = np.array([[1, 0.5], [0.5, 1]]), np.array([[1, -0.5], [-0.5, 1]])
    assert spaces.distances(one, other).tolist() == [[0, 1], [1, 0]]
    assert spaces._resampled(None, one, other).value == 1
    assert spaces._resampled(one, one, other).value == 0


def test_meanings_given_to_other_concepts():
    generator = np.random.default_rng(0)
    first, second, meaning = ((one + one.T) / 2 for one in generator.normal(size=(3, 4, 4)))
    bench = Bench(small_network(), Nothing(), Sizes(permutations=4000))
    every = []
    for order in permutations(range(4)):
        other, pairs = meaning[np.ix_(order, order)], [(a, b) for a in range(4) for b in range(4) if a != b]
        every.append(np.mean([(second[p] - other[p]) ** 2 - (first[p] - other[p]) ** 2 for p in pairs]))
    found = spaces._permuted(bench, first, second, meaning)
    assert found.value == pytest.approx(np.mean(every), abs=0.03)
    assert (found.low, found.high) == pytest.approx((min(every), max(every)))


def test_every_claim_can_be_measured_on_the_tiny_world(tmp_path, monkeypatch):
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(segmentation, "STEPS", 5)
    monkeypatch.setattr(meaning, "DRAWS", 20)
    heard = []
    found = measured(
        PAPERS["net2vec"](),
        small_network(),
        open_probe("menagerie-tiny"),
        sizes=Sizes(dissected=64, permutations=50),
        progress=lambda done, total, label: heard.append(done / total),
    )
    assert [one.id for one in found] == [f"N{number}" for number in range(1, 14)]
    assert "no self-supervised network" in found[-1].note
    for one in found[:-1]:
        assert "Not measured" not in one.note
        assert one.conditions
        assert one.controls
        assert any(condition.estimate.n for condition in one.conditions)
        assert all(math.isfinite(value.value) or not value.n for value in one.beside.values()) if one.beside else True
    assert heard == sorted(heard)
    assert heard[-1] == 1


def test_without_a_hierarchy_neighbours_are_of_no_kind():
    class Plain(Nothing):
        offers = frozenset()

    bench = bench_of(dissection())
    bench.probe = Plain()
    with pytest.raises(NotDefined, match="what is a kind of what"):
        of(meaning.nearest_concepts, bench)
