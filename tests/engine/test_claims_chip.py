"""What the papers claim: verdicts follow from intervals alone, and the measures are right on cases made by hand."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from core import engine
from core.__main__ import main
from core.claims import PAPERS
from core.claims.bench import Bench, Sizes, another_row, evenly, stages, untrained
from core.claims.chip import channels, localisation, objects
from core.claims.report import Claim, Condition, Control, holds, interval, markdown, to_json
from core.claims.stated import measured
from core.errors import UnknownName
from core.measures.discrimination import (
    correlation,
    edge_agreement,
    edges,
    kendall,
    net_mass,
    own_share,
    recall,
    two_way_share,
)
from core.measures.interval import Estimate, bootstrap, bootstrap_apart, bootstrap_rows
from core.measures.localisation_table import Localisation, Score
from core.networks.catalogue import open_network
from core.networks.network import Network
from core.networks.preprocessing import Preprocessing
from core.probes.catalogue import open_probe
from core.probes.probe import Instance, Probe

NAN = float("nan")


def condition(low, high, sense=">", bound=0.0, n=50):
    return Condition("difference", Estimate((low + high) / 2, low, high, n), sense, bound)


@pytest.mark.parametrize(
    ("low", "high", "sense", "verdict"),
    [
        (0.1, 0.2, ">", "holds"),
        (-0.1, 0.2, ">", "undecided"),
        (-0.2, -0.1, ">", "fails"),
        (0.0, 0.2, ">", "undecided"),  # touching the bound is not above it
        (0.0, 0.2, ">=", "holds"),
        (-0.2, 0.0, ">", "fails"),
        (-0.2, 0.0, ">=", "undecided"),
        (-0.2, -0.1, "<", "holds"),
        (-0.2, 0.1, "<", "undecided"),
        (0.1, 0.2, "<", "fails"),
        (-0.2, 0.0, "<=", "holds"),
        (NAN, NAN, ">", "not measured"),
    ],
)
def test_a_condition_is_decided_by_its_whole_interval(low, high, sense, verdict):
    assert condition(low, high, sense).verdict == verdict
    shifted = Condition("shifted", Estimate(low + 0.5, low + 0.5, high + 0.5, 50), sense, 0.5)
    assert shifted.verdict == verdict


def test_too_few_images_decide_nothing():
    assert condition(0.1, 0.2, n=7).verdict == "undecided"
    assert condition(0.1, 0.2, n=8).verdict == "holds"
    assert condition(0.1, 0.2, n=0).verdict == "not measured"


def claim(*conditions, controls):
    return Claim("C0", "something", "fig 0", "1 < 2", conditions, controls=controls)


FLOOR = Control("disc", {"recall": Estimate(0.2, 0.1, 0.3, 50)})
SILENT = Control("untrained twin", {"difference": Estimate(0, -0.1, 0.1, 50)}, False)
MISSING = Control("untrained twin", {})


def test_a_claim_holds_where_all_of_it_does():
    good, bad, open_ = condition(1, 2), condition(-2, -1), condition(-1, 1)
    assert claim(good, good, controls=(FLOOR, SILENT)).verdict == "holds"
    assert claim(good, open_, controls=(FLOOR,)).verdict == "undecided"
    assert claim(open_, bad, controls=(FLOOR,)).verdict == "fails"
    assert claim(good, condition(NAN, NAN), controls=(FLOOR,)).verdict == "not measured"
    assert claim(controls=(FLOOR,)).verdict == "not measured"
    assert holds([good, good])
    assert not holds([good, open_])
    assert not holds([])


def test_a_claim_without_its_control_is_not_measured():
    good = condition(1, 2)
    assert claim(good, controls=()).verdict == "not measured"
    assert claim(good, controls=(SILENT, MISSING)).verdict == "not measured"
    empty = Control("untrained twin", {"difference": Estimate(NAN, NAN, NAN, 0)}, False)
    assert claim(good, controls=(empty,)).verdict == "not measured"


def test_a_control_that_shows_the_same_takes_the_claims_force():
    shows = Control("untrained twin", {"difference": Estimate(1, 0.5, 2, 50)}, True)
    assert claim(condition(1, 2), controls=(shows,)).verdict == "undecided"
    assert claim(condition(-2, -1), controls=(shows,)).verdict == "fails"


def test_the_table_and_the_data_say_the_same():
    found = Claim(
        "C1", "a | b", "T II", "1 < 2", (condition(1, 2, "<=", 3),), {"alone": Estimate(NAN, NAN, NAN, 0)},
        (FLOOR, SILENT, MISSING), "1/2", "on 50 pictures",
    )  # fmt: skip
    table = markdown([found], "Claims")
    assert table.startswith("# Claims\n\n| claim |")
    assert "**C1** a \\| b" in table
    assert "difference 1.5 [1, 2] (≤ 3: holds)<br>alone –" in table
    assert "untrained twin: difference 0 [-0.1, 0.1] (does not show it)<br>untrained twin: missing" in table
    assert "**not measured**" in table
    assert len({line.count(" | ") for line in table.splitlines()[4:]}) == 1
    data = json.loads(to_json([found], {"network": "one"}))
    assert data["network"] == "one"
    only = data["claims"][0]
    assert only["verdict"] == found.verdict == "not measured"
    assert only["conditions"][0]["verdict"] == "holds"
    assert only["beside"]["alone"]["value"] is None
    assert [one["missing"] for one in only["controls"]] == [False, False, True]


def test_numbers_as_people_write_them():
    assert interval(Estimate(0.12345, 0.1, 0.2, 9)) == "0.123 [0.1, 0.2]"
    assert interval(Estimate(0.01, 0.01, 0.01, 9)) == "0.01"
    assert interval(Estimate(NAN, NAN, NAN, 0)) == "–"


def quarter(row, column):
    """A 4 x 4 mask of one quarter."""
    mask = np.zeros((4, 4), bool)
    mask[2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = True
    return mask


def test_mass_inside_counts_what_the_area_does_not_explain():
    mask = quarter(0, 0)
    assert net_mass(np.ones((4, 4)), mask) == 0
    assert net_mass(np.zeros((4, 4)), mask) == 0
    assert net_mass(np.where(mask, 1.0, -5.0), mask) == pytest.approx(0.75)
    assert net_mass(np.where(mask, 0.0, 1.0), mask) == pytest.approx(-0.25)
    half_seen = np.where(np.arange(4) < 2, 1.0, np.nan)[None].repeat(4, 0)  # columns 2 and 3 were never seen
    assert net_mass(half_seen, mask) == pytest.approx(0)


def test_a_map_for_both_classes_gets_one_half_whatever_their_sizes():
    small, large = quarter(0, 0), ~quarter(0, 0)
    same = np.random.default_rng(0).random((4, 4))
    assert two_way_share([same, same], [small, large]) == pytest.approx(0.5)
    assert own_share(np.zeros((4, 4)), small, large) == 0.5
    assert two_way_share([np.where(small, 2.0, 0), np.where(large, 1.0, 0)], [small, large]) == 1
    # 3 on the own object, 1 on each of the twelve other pixels: 12 / 24.
    assert own_share(np.where(small, 3.0, 1.0), small, large) == pytest.approx(0.5)
    assert own_share(np.where(small, 3.0, 1.0), small, quarter(1, 1)) == pytest.approx(12 / 16)


def test_correlation_of_maps():
    one = np.arange(16.0).reshape(4, 4)
    assert correlation(one, 3 * one - 7) == pytest.approx(1)
    assert correlation(one, -one) == pytest.approx(-1)
    assert np.isnan(correlation(one, np.ones((4, 4))))
    holed = one.copy()
    holed[0, 0] = np.nan
    assert correlation(holed, one) == pytest.approx(1)


def test_an_instance_is_found_when_half_of_it_is_covered():
    first, second = quarter(0, 0), quarter(1, 1)
    inside = np.zeros((4, 4), bool)
    inside[0, :2] = True  # two of the first one's four pixels
    inside[2, 2] = True  # one of the second one's
    assert recall(inside, [first, second]) == 0.5
    inside[3, 3] = True
    assert recall(inside, [first, second]) == 1
    assert recall(~np.zeros((4, 4), bool), [first]) == 1
    assert np.isnan(recall(inside, []))


def test_edges_are_where_the_luminance_changes():
    image = np.zeros((8, 8, 3), np.uint8)
    image[:, 4:] = 255
    found = edges(image)
    assert found[:, [0, 1, 2, 5, 6, 7]].max() == 0
    assert found[:, 3:5] == pytest.approx(4)  # Sobel's column weights 1, 2, 1
    mask = np.zeros((8, 8), bool)
    mask[2:6, 1:7] = True
    assert edge_agreement(found, found, mask) == pytest.approx(1)
    assert edge_agreement(np.ones((8, 8)), found, mask) == 0
    assert edge_agreement(-found, found, mask) == 0  # nothing positive
    inverse = found.max() - found
    assert edge_agreement(inverse, found, mask) == pytest.approx(-1)
    outside = np.where(mask, found, 100 * np.random.default_rng(0).random((8, 8)))
    assert edge_agreement(outside, found, mask) == pytest.approx(1)


def test_kendalls_tau():
    assert kendall([1, 2, 3, 4], [10, 20, 30, 40]) == 1
    assert kendall([1, 2, 3, 4], [4, 3, 2, 1]) == -1
    assert kendall([1, 2, 3, 4], [1, 2, 4, 3]) == pytest.approx(2 / 3)  # one pair of six turned round
    assert kendall([1, 1, 2], [1, 2, 3]) == pytest.approx(2 / 3)


def test_rows_are_drawn_together():
    rng = np.random.default_rng(0)
    first = rng.normal(0, 10, 300)
    rows = np.stack([first, first + 1], 1)  # the difference is 1 in every row, though the columns vary by 10
    found = bootstrap_rows(rows, lambda drawn: np.median(drawn[:, 1]) - np.median(drawn[:, 0]))
    assert found.low == pytest.approx(1)
    assert found.high == pytest.approx(1)
    assert found.n == 300
    mean = bootstrap_rows(first, np.mean)
    assert mean == bootstrap(first)
    assert bootstrap_rows(rows[:0], np.mean).n == 0
    assert np.isnan(bootstrap_rows(rows, lambda _: NAN).low)


class Drawn(Probe):
    """One picture: a small first animal on the left, a large second one on the right, as often as asked."""

    title, about, name, fingerprint = "Drawn", "", "drawn", "0" * 64
    classes = ("first", "second", "third")
    offers = frozenset({"labels", "masks", "instances", "boxes"})

    def __init__(self, count=10):
        self.splits = {"val": np.arange(0), "test": np.arange(count)}
        self.masks = {"first": np.zeros((8, 8), bool), "second": np.zeros((8, 8), bool)}
        self.masks["first"][2:6, 0:2], self.masks["second"][:, 4:] = True, True

    def __len__(self):
        return len(self.splits["test"])

    def image(self, index):
        return np.zeros((8, 8, 3), np.uint8)

    def label(self, index):
        return 0

    def instances(self, index):
        return tuple(Instance(name, (0, 0, 8, 8), mask) for name, mask in self.masks.items())


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.relu = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1)
        self.fc = nn.Linear(6 * 16, 3)

    def forward(self, x):
        return self.fc(self.relu(self.conv2(self.pool1(self.relu(self.conv1(x))))).flatten(1))


def small_network():
    torch.manual_seed(5)  # not the twin's
    return Network(Small(), Drawn.classes, Preprocessing(8, 8, (0.5,) * 3, (0.5,) * 3), name="small")


class Given(Bench):
    """A bench whose maps are given: {(network's name, method): function (picture, class) -> (H, W)}."""

    given: dict

    def maps(self, network, pictures, methods, classes, layers, label):
        for one, asked in zip(pictures, classes, strict=True):
            yield {
                (method, layer.name): np.stack([self.given[network.name, method](one, c) for c in asked])
                for method in methods
                for layer in layers
            }


def mask_of(picture, label):
    name = Drawn.classes[label]
    return picture.mask(name).astype(float) if name != "third" else np.ones((8, 8))


def flat(picture, label):
    return np.ones((8, 8))


def given(trained, twin, probe=None):
    """A bench; `trained` and `twin`: maps by method, flat for the others."""
    bench = Given(small_network(), probe or Drawn(), Sizes())
    methods = ("chip", "refined-chip", "gradcam", "guided-gradcam", "guided-backprop")
    bench.given = {("small", method): trained.get(method, flat) for method in methods}
    bench.given |= {("small@untrained", method): twin.get(method, flat) for method in methods}
    return bench


def of(stated, bench):
    return Claim(stated.id, stated.text, stated.where, stated.paper, **stated.measure(bench))


def varied(picture, label):
    return np.arange(64.0).reshape(8, 8)


def test_class_discrimination_holds_for_maps_that_are_masks():
    bench = given({"chip": mask_of, "guided-backprop": varied}, {})
    found = of(objects.class_discrimination, bench)
    difference, guided = found.conditions
    assert difference.estimate.value == pytest.approx(0.5)  # 1 - 1/2
    assert guided.estimate.value == pytest.approx(1)
    assert found.beside["CHIP"].value == 1
    assert found.beside["Grad-CAM"].value == pytest.approx(0.5)
    assert [control.shows for control in found.controls] == [False, False]
    assert found.controls[1].estimates["CHIP"].value < 0.5  # rows of the other class or of the third
    assert found.verdict == "holds"
    assert found.n == 10


def test_class_discrimination_of_the_twin_takes_the_force_and_spilling_fails():
    both = of(objects.class_discrimination, given({"chip": mask_of, "guided-backprop": varied}, {"chip": mask_of}))
    assert both.controls[0].shows
    assert both.verdict == "undecided"
    worse = of(objects.class_discrimination, given({"gradcam": mask_of, "guided-backprop": varied}, {}))
    assert worse.verdict == "fails"


def test_early_layers_by_hand():
    own = {"chip": mask_of, "gradcam": lambda one, c: 1 - mask_of(one, c)}
    found = of(objects.early_layers, given(own, {}))
    area = 8 / 64
    by_name = {one.name: one.estimate.value for one in found.conditions}
    assert by_name["CHIP, pool1"] == pytest.approx(1 - area)
    assert by_name["Grad-CAM, pool1"] == pytest.approx(-area)
    assert found.beside["Grad-CAM, conv2"].value == pytest.approx(-area)
    assert found.controls[0].estimates["CHIP, pool1"].value == 0
    assert found.verdict == "holds"
    assert of(objects.early_layers, given({"gradcam": own["gradcam"]}, {})).verdict == "fails"


def test_several_animals_have_to_be_covered():
    class Herd(Drawn):
        def __init__(self):
            super().__init__()
            self.splits["val"] = np.arange(10, 20)

        def instances(self, index):
            first = Instance("first", (0, 0, 8, 8), self.masks["first"])
            second = Instance("first", (0, 0, 8, 8), self.masks["second"])
            return (first,) if index >= 10 else (first, second)

        def __len__(self):
            return 20

    def one_only(picture, label):
        return Herd().masks["first"].astype(float)

    bench = given({"chip": mask_of, "gradcam": one_only}, {}, Herd())
    bench.given["small", "lime"] = one_only
    found = of(objects.instances_found, bench)
    assert found.beside["CHIP"].value == 1
    assert found.beside["Grad-CAM"].value == 0.5
    assert found.beside["all found by CHIP"].value == 1
    assert found.verdict == "holds"
    assert found.controls[2].estimates["CHIP - Grad-CAM"].value == 0


@dataclass
class Learned:
    """What claims read of a layer's importances."""

    rows: np.ndarray
    layer: str = "conv2"
    chosen: int = 0

    def weights(self):
        return self.rows

    @property
    def path(self):
        return self.rows[None]

    @property
    def shares(self):
        return np.array([0.1])

    @property
    def effective(self):
        return np.full(len(self.rows), 9.0)

    @property
    def held_out(self):
        return np.full((1, len(self.rows)), 0.9)

    @property
    def dense(self):
        return np.full(len(self.rows), 0.92)


def bench_with(rows, probe, network=None):
    bench = Bench(network or small_network(), probe, Sizes(permutations=500))
    for one in (bench.network, bench.twin):
        bench.shared["learned", one.fingerprint, one.default_layer.name] = Learned(np.asarray(rows, np.float32))
    return bench


class Twelve(Drawn):
    """Twelve classes in three groups of four, alike within a group."""

    classes = tuple(f"species {i}" for i in range(12))

    def __init__(self):
        super().__init__()
        groups = np.repeat(np.eye(3), 4, 0)
        self.class_attributes = np.concatenate([groups, np.random.default_rng(0).random((12, 4)) / 10], 1)


def twelve_network():
    module = Small()
    module.fc = nn.Linear(96, 12)
    return Network(module, Twelve.classes, Preprocessing(8, 8, (0.5,) * 3, (0.5,) * 3), name="twelve")


def test_sharing_follows_attributes_and_is_lost_with_permuted_rows():
    groups = np.repeat(np.eye(3).repeat(10, 1), 4, 0)  # (12, 30): ten channels a group
    found = of(channels.shared_channels, bench_with(groups, Twelve(), twelve_network()))
    spearman, beyond = found.conditions
    assert spearman.estimate.low > 0.5
    assert beyond.estimate.low > 0.3
    assert found.beside["permutation p"].value < 0.01
    assert found.beside["channels of 10 shared by two species"].value == pytest.approx(10 * 18 / 66)
    control = found.controls[0].estimates["Spearman"]
    assert control.low < 0 < control.high
    assert found.verdict == "holds"
    shuffled = groups[[0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]]
    assert of(channels.shared_channels, bench_with(shuffled, Twelve(), twelve_network())).verdict != "holds"


def test_cosines_by_hand():
    found = channels._cosines(np.array([[1.0, 5], [0, 5], [2, 5]]))  # the second attribute tells nothing
    assert found == pytest.approx(np.array([[0, 0, 0], [0, 1, -1], [0, -1, 1]]))


def test_few_channels_has_to_predict_as_well():
    few = np.zeros((12, 30))
    few[:, :6] = 1
    found = of(channels.few_channels, bench_with(few, Twelve(), twelve_network()))
    assert found.conditions[0].estimate.value == pytest.approx(0.2)
    assert found.conditions[1].estimate.value == pytest.approx(-0.02)
    assert found.verdict == "holds"
    assert of(channels.few_channels, bench_with(np.ones((12, 30)), Twelve(), twelve_network())).verdict == "fails"


def test_a_claim_that_lacks_something_is_not_measured_and_says_why():
    bare = Drawn()
    bare.offers = frozenset({"labels"})
    found = measured(PAPERS["chip"](), small_network(), bare, only=["C7", "C10", "P1"])
    assert [one.verdict for one in found] == ["not measured"] * 3
    assert "masks" in found[0].note
    assert "attributes" in found[1].note
    assert "shortcut" in found[2].note
    with pytest.raises(UnknownName, match="C99"):
        measured(PAPERS["chip"](), small_network(), bare, only=["C99"])


def test_the_twin_has_other_weights_and_the_same_shape():
    network = small_network()
    twin, again = untrained(network), untrained(network)
    assert twin.fingerprint == again.fingerprint != network.fingerprint
    assert [layer.shape for layer in twin.layers] == [layer.shape for layer in network.layers]
    assert untrained(open_network("menagerie-plain")).fingerprint == open_network("menagerie-untrained").fingerprint


def test_stages_are_five_and_span_the_depth():
    names = [one.name for one in stages(open_network("menagerie-plain"))]
    assert names == ["pool1", "pool2", "conv3", "conv4", "pool5"]
    names = [one.name for one in stages(open_network("menagerie-residual"))]
    assert names == ["conv1", "layer1.0", "layer2.0", "layer3.1", "layer4.0"]


def test_permuted_rows_are_never_the_own_one():
    classes = np.arange(24).repeat(20).reshape(60, 8)
    rows = another_row(classes, 24, 0)
    assert (rows != classes).all()
    assert set(rows.ravel()) == set(range(24))
    assert evenly(range(100), 3) == [0, 50, 99]
    assert evenly([4, 7], 5) == [4, 7]
    assert evenly([], 5) == []


def test_groups_are_drawn_apart():
    found = bootstrap_apart([1.0, 1, 1], [0.0, 0, 0, 0, np.nan])
    assert (found.value, found.low, found.high, found.n) == (1, 1, 1, 3)
    assert bootstrap_apart([], [1.0]).n == 0


@pytest.fixture
def drawn_importances(tmp_path, monkeypatch):
    """A cache of its own, and importances drawn at random in place of those that take minutes to learn."""

    def importances_of(network, probe, layers, **asked):
        shapes = [(len(network.classes), network.layer(layer).shape[0]) for layer in layers]
        rows = [
            np.random.default_rng(len(layer)).normal(size=shape) for layer, shape in zip(layers, shapes, strict=True)
        ]
        return {layer: Learned(one.astype(np.float32), layer) for layer, one in zip(layers, rows, strict=True)}

    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(engine, "importances_of", importances_of)


FEW_OF_ALL = Sizes(
    localised=4, scenes=2, several=2, searched=1, pairs=3, inside=4, closed=1, planted=2, permutations=50,
)  # fmt: skip


def test_every_claim_can_be_measured_on_the_tiny_world(drawn_importances):
    heard = []
    found = measured(
        PAPERS["chip"](),
        open_network("menagerie-plain"),
        open_probe("menagerie-tiny"),
        sizes=FEW_OF_ALL,
        only=["C1", "C2", "C3", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C12", "P1", "P2"],
        progress=lambda done, total, label: heard.append(done / total),
    )
    for one in found:
        assert "Not measured" not in one.note
        assert one.conditions
        assert one.controls
        assert all(condition.estimate.n for condition in one.conditions if one.id != "C3")
    assert heard == sorted(heard)
    assert heard[-1] == 1
    assert len({one.id for one in found}) == 13


def test_the_command_line_prints_and_keeps_the_table(drawn_importances, tmp_path, capsys):
    asked = ["claims", "chip", "--probe", "menagerie-tiny", "--only", "C10", "--out", str(tmp_path / "made" / "here")]
    assert main(asked) == 0
    printed = capsys.readouterr().out
    assert printed.strip() == (tmp_path / "made" / "here" / "claims.md").read_text().strip()
    assert "**C10**" in printed
    data = json.loads((tmp_path / "made" / "here" / "claims.json").read_text())
    assert (data["paper"], data["probe"], len(data["claims"])) == ("chip", "menagerie-tiny", 1)
    assert main(["claims", "chop"]) == 2
    assert "there are: chip" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main([*asked[:-1], str(tmp_path / "file" / "below")]) == 2
    assert "cannot make the folder" in capsys.readouterr().err


def table_of(wrong, boxes):
    """A table II of ten images with one true box of 10 x 10 pixels; columns of errors and one box by method."""
    indices, none, nothing = np.arange(10), Estimate(NAN, NAN, NAN, 0), np.full(10, NAN)
    scores = {}
    for name, box in boxes.items():
        errors = indices < wrong[name]
        error, both = bootstrap(errors.astype(float)), np.stack([errors, errors], 1)
        scores[name] = Score(
            name, 0.5, error, error, none, 0.5, none, np.array([box] * 10), nothing, both, nothing, nothing
        )
    truth = {int(i): np.array([[0.0, 0, 10, 10], [50, 50, 60, 55]]) for i in indices}
    return Localisation(indices, indices * 0, indices * 0, truth, scores, {})


def bench_localised(table, twin):
    bench = Bench(small_network(), Drawn(), Sizes())
    bench.shared["localised", bench.network.fingerprint] = table
    bench.shared["localised", bench.twin.fingerprint] = twin
    return bench


BOXES = {
    "c-mwp": (0, 0, 1, 1), "backprop": (0, 0, 1, 1), "gradcam": (0, 0, 20, 10), "chip": (0, 0, 10, 11),
    "centred-disc": (0, 0, 4, 5),
}  # fmt: skip
EQUAL = dict.fromkeys(BOXES, 9)


def test_localisation_claims_by_hand(monkeypatch):
    monkeypatch.setattr(Bench, "needed", lambda *_: {})
    bench = bench_localised(table_of({**EQUAL, "backprop": 7, "gradcam": 5, "chip": 1}, BOXES), table_of(EQUAL, BOXES))
    error = of(localisation.localisation_error, bench)
    assert [one.estimate.value for one in error.conditions] == [pytest.approx(-0.4)] * 2
    assert error.verdict == "holds"
    assert error.controls[0].shows is False
    order = of(localisation.order_of_methods, bench)
    assert [one.estimate.value for one in order.conditions] == pytest.approx([0.2, 0.2, 0.4])
    assert order.beside["Kendall's tau"].value == 1
    assert order.controls[0].estimates["Kendall's tau"].value == 0
    turned = bench_localised(table_of({**EQUAL, "backprop": 0, "gradcam": 9, "chip": 3}, BOXES), table_of(EQUAL, BOXES))
    assert of(localisation.order_of_methods, turned).verdict == "fails"


def test_box_areas_by_hand(monkeypatch):
    monkeypatch.setattr(Bench, "needed", lambda *_: {})
    bench = bench_localised(table_of(EQUAL, BOXES), table_of(EQUAL, {**BOXES, "chip": BOXES["gradcam"]}))
    found = of(localisation.box_areas, bench)
    assert found.beside["CHIP"].value == pytest.approx(1.1)
    assert found.beside["Grad-CAM"].value == pytest.approx(2)
    assert found.conditions[0].estimate.value == pytest.approx(0.1 - 1)
    assert found.controls[0].estimates["median"].value == pytest.approx(0.2)
    assert found.controls[1].shows is False
    assert found.verdict == "holds"
    without = table_of(EQUAL, {**BOXES, "chip": (-1, -1, -1, -1)})
    assert np.isnan(localisation.area_ratios(without, "chip")).all()
