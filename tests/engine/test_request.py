"""A request is frozen, readable, and its digest depends on what it says and on nothing else."""

import copy
import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.request import Request, image_subject

ROOT = Path(__file__).parents[2]
ASKED = Request("lime", 1, "ab12", "image:00", None, (3, 5), {"samples": 200, "kernel": {"width": 0.25, "on": True}}, 7)


def test_the_digest_is_the_same_in_another_process():
    code = (
        "from core.request import Request; print(Request('lime', 1, 'ab12', 'image:00', classes=(3, 5),"
        "parameters={'kernel': {'on': True, 'width': .25}, 'samples': 200}, seed=7).digest)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == ASKED.digest
    assert len(ASKED.digest) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"method": "lime-2"},
        {"version": 2},
        {"network": "ab13"},
        {"subject": "image:01"},
        {"layer": "conv1"},
        {"classes": (5, 3)},
        {"parameters": {}},
        {"parameters": {"samples": 201, "kernel": {"width": 0.25, "on": True}}},
        {"parameters": {"samples": "200", "kernel": {"width": 0.25, "on": True}}},
        {"seed": 8},
    ],
    ids=str,
)
def test_every_field_changes_the_digest(change):
    other = dataclasses.replace(ASKED, **change)
    assert other.digest != ASKED.digest
    assert other != ASKED


def test_what_is_the_same_number_asks_for_the_same_thing():
    other = dataclasses.replace(
        ASKED,
        classes=np.array([3, 5]),
        parameters={"kernel": {"on": True, "width": np.float64(0.25)}, "samples": np.float32(200)},
        seed=np.int64(7),
    )
    assert other == ASKED
    assert {other: 1}[ASKED] == 1


def test_json_and_copies_bring_it_back():
    assert Request.from_json(ASKED.to_json()) == ASKED
    assert copy.deepcopy(ASKED) == ASKED  # made anew, as pickle would
    assert json.loads(ASKED.to_json())["parameters"]["kernel"] == {"width": 0.25, "on": True}
    assert dataclasses.asdict(ASKED)["parameters"]["samples"] == 200


def test_nothing_in_it_can_be_changed():
    mine = {"samples": [1, 2]}
    asked = dataclasses.replace(ASKED, parameters=mine)
    digest = asked.digest
    mine["samples"].append(3)
    assert asked.parameters["samples"] == (1, 2)
    with pytest.raises(TypeError):
        asked.parameters["samples"] = 3
    with pytest.raises(TypeError):
        ASKED.parameters["kernel"].update(width=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        asked.seed = 3
    assert dataclasses.replace(asked).digest == digest


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1: 2}, {1, 2}, object(), b"bytes"], ids=repr)
def test_what_json_cannot_hold_is_refused(value):
    with pytest.raises((TypeError, ValueError), match=r"parameters\.x"):
        dataclasses.replace(ASKED, parameters={"x": value})


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 0}', '{"format": 1, "method": "lime"}', '{"format": 1, "a": 2}']
)
def test_other_json_is_no_request(text):
    with pytest.raises(ValueError):  # noqa: PT011 - json and ours, both ValueError
        Request.from_json(text)


@pytest.mark.parametrize("name", ["", "../lime", "LIME", "a/b", ".hidden"])
def test_a_method_names_a_folder(name):
    with pytest.raises(ValueError, match="folder"):
        dataclasses.replace(ASKED, method=name)


def test_the_subject_of_an_image_is_its_pixels_and_shape():
    image = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
    assert image_subject(image) == image_subject(image.copy(order="F"))
    assert image_subject(image) != image_subject(image.reshape(4, 3, 3))
    assert image_subject(image) != image_subject(image[::-1])
