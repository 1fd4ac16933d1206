"""Object parts and Explainer network: from a change until the page has its answer, of an explainer that is known.

Run by hand on a quiet machine: `python -m pytest tests/benchmarks/test_parts_latency.py -s`. Looking at the embedded
explainer's filters takes some minutes before the clock starts.
"""

import pytest

from core.engine import parts
from core.networks.catalogue import open_network
from core.probes.catalogue import open_probe
from tests.benchmarks.clock import press, radio, soon, type_in

ROUNDS, WARM = 15, 3
LIMIT = 0.5  # seconds, medians
ORDERS = ("Activity", "Class", "Stability")


@pytest.fixture
def known(server, monkeypatch):
    """The plain network's explainer on the Menagerie."""
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(server.cache))
    network, probe = open_network("menagerie-plain"), open_probe("menagerie")
    made = parts.explained(network, probe)
    seen = parts.looked(network, probe, made)
    parts.marked(network, probe)
    parts.part_fields(network, probe, made, seen)


def test_object_parts_answer_soon(view, known):
    """Filters and pictures that were not shown before; the gallery holds eight filters of each network."""
    times = {name: [] for name in ("picture", "bars", "order", "peaks", "owner")}
    view.open("parts", section="One prediction")
    for number in range(ROUNDS):
        times["picture"].append(press(view, view.button("chevron_right"), "^Where filter"))
        view.settle()
        times["bars"].append(radio(view, ("Filters", "Parts")[number % 2]))
        view.settle()
    view.open("parts", section="Gallery")
    for number in range(ROUNDS):
        times["order"].append(radio(view, ORDERS[number % len(ORDERS)]))
        view.settle()
        times["peaks"].append(radio(view, ("By quantiles", "Highest peaks")[number % 2]))
        view.settle()
        times["owner"].append(radio(view, ("All classes", "One of each class")[number % 2]))
        view.settle()
    soon(view, "Object parts, menagerie-plain", times, LIMIT, WARM)


def test_an_explainer_network_answers_soon(view, known):
    times = {name: [] for name in ("section", "layer", "filter")}
    sections = ("Instability", "Templates", "Training", "Share explained")
    view.open("explainer")
    for number in range(ROUNDS):
        times["section"].append(radio(view, sections[number % len(sections)]))
        view.settle()
    view.open("explainer", section="Instability")
    for number in range(ROUNDS):
        times["layer"].append(radio(view, ("Target layer", "Top conv layer")[number % 2]))
        view.settle()
    view.open("explainer", section="Templates")
    for number in range(ROUNDS):
        times["filter"].append(type_in(view, "Filter of conv-interp-2", str(7 * number + 3)))
        view.settle()
    soon(view, "Explainer network, menagerie-plain", times, LIMIT, WARM)
