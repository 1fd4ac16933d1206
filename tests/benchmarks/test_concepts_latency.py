"""Dissection and Embedding space: from a change until the page has its answer, of a layer that is known.

Run by hand on a quiet machine: `python -m pytest tests/benchmarks/test_concepts_latency.py -s`. Dissecting the layer
takes some minutes before the clock starts.
"""

import pytest

from core.engine import concepts
from core.networks.catalogue import open_network
from core.probes.catalogue import open_probe
from tests.benchmarks.clock import pick, radio, soon, type_in, write

ROUNDS, WARM = 12, 3
LIMIT = 0.75  # seconds, medians; half a second is aimed at, and missed by a concept's twenty pictures and two charts
SOME = ("zebra", "striped", "wing", "black", "tree", "fur", "lion", "water", "beak", "horse", "grass", "green")
SUMS = ("grass + blue - green", "tree - wood", "zebra - striped + brown", "0.5*sky + sea", "lion + striped")


@pytest.fixture
def dissected(server, monkeypatch):
    """conv5 of the plain network on the Menagerie: minutes, once."""
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(server.cache))
    concepts.dissect(open_network("menagerie-plain"), open_probe("menagerie"), "conv5")


def test_a_dissection_answers_soon(view, dissected):
    """Every change on the page Dissection, of a layer that is known: pictures of concepts not asked for before."""
    times = {"concept": [], "examples": [], "filter": [], "deciles": [], "task": []}
    view.open("dissection")
    for number in range(len(SOME)):
        times["concept"].append(pick(view, SOME[number]))
        view.settle()
        times["examples"].append(radio(view, ("Maximal", "Deciles")[number % 2]))
        view.settle()
    view.open("dissection", section="Filter", examples="Maximal")
    for number in range(ROUNDS):
        times["filter"].append(type_in(view, "Filter", str(7 * number + 3)))
        view.settle()
        times["deciles"].append(radio(view, ("Deciles", "Maximal")[number % 2]))
        view.settle()
    view.open("dissection", section="Failures")
    for number in range(ROUNDS):
        times["task"].append(radio(view, ("Classification", "Segmentation")[number % 2]))
        view.settle()
    soon(view, "Dissection, conv5 of menagerie-plain", times, LIMIT, WARM)


def test_an_embedding_answers_soon(view, dissected):
    """Every change on the page Embedding space, of a layer that is known; maps are made once, so each is looked at
    again."""
    times = {"concept": [], "sum": [], "task": [], "map": [], "colours": [], "measure": []}
    view.open("embedding")
    for number in range(len(SOME)):
        times["concept"].append(pick(view, SOME[number]))
        view.settle()
    view.open("embedding", section="Arithmetic")
    for number in range(ROUNDS):
        if number % 2 == 0:
            times["sum"].append(write(view, SUMS[number // 2 % len(SUMS)]))
        else:
            times["task"].append(radio(view, ("Classification", "Segmentation")[number // 2 % 2]))
        view.settle()
    view.open("embedding", section="Map")
    for number in range(ROUNDS):
        times["map"].append(radio(view, ("Classification", "Segmentation")[number % 2]))
        view.settle()
        times["colours"].append(radio(view, ("cluster", "category")[number % 2]))
        view.settle()
    view.open("embedding", section="Spaces")
    for number in range(ROUNDS):
        times["measure"].append(radio(view, ("1 − CKA", "D, as in figure 10")[number % 2]))
        view.settle()
    soon(view, "Embedding space, conv5 of menagerie-plain", times, LIMIT, WARM)
