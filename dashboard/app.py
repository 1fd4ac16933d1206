"""The frame: navigation, shared choices, and a place where errors end. Run with `streamlit run dashboard/app.py`."""

import os
import sys
from pathlib import Path

import streamlit as st

ROOT = str(Path(__file__).resolve().parents[1])
if ROOT not in sys.path:  # streamlit puts this file's folder on the path, not the folder that holds core and dashboard
    sys.path.insert(0, ROOT)
# Before torch is loaded: its threads would go on spinning between two operations, on cores that the browser needs.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from dashboard import selection  # noqa: E402
from dashboard.components import frame  # noqa: E402
from dashboard.components.saying import boundary  # noqa: E402

ICON = (  # drawn here: the browser would fetch an icon given by name from a server outside
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#0b6e6e" stroke-width="2">'
    '<path d="M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4"/><circle cx="12" cy="12" r="4" fill="#0b6e6e"/></svg>'
)
st.set_page_config(page_title="Channelscope", page_icon=ICON, layout="wide")
st.logo(frame.wordmark(), size="large")

PAGES = {
    "Explain": {
        "picture": (
            "Picture",
            ":material/image_search:",
            "Which pixels made the network say what it says of this picture. Each map answers for one class, at one "
            "layer; compare where the methods agree, and whether the bright part is the object or something beside it.",
        ),
        "two_classes": (
            "Two classes",
            ":material/compare:",
            "The same picture asked twice. Where the two maps differ is what speaks for one class and against the "
            "other; where they coincide, the network looked at the same thing for both.",
        ),
        "layers": (
            "Through the layers",
            ":material/layers:",
            "One class through all layers, in the order in which the network computes them. Early layers see edges "
            "everywhere; look for the layer at which the map gathers on the object.",
        ),
        "localisation": (
            "Localisation",
            ":material/crop_free:",
            "How well a box around the brightest region finds the object, though nobody told the network where it is. "
            "Compare methods by how often they err, and look at the pictures where one is far better than another.",
        ),
    },
    "Channels": {
        "channels": (
            "Channels",
            ":material/grid_on:",
            "How much each class's probability depends on each channel of a layer, learnt by closing channels at "
            "random. Look for channels that one class has to itself, and for classes that share theirs.",
        ),
        "knockout": (
            "Knock-out",
            ":material/toggle_off:",
            "The channels that are said to matter most for a class are closed, and every class's probability is "
            "measured again. A ranking that means something costs the class more than channels as active, at random.",
        ),
    },
    "Concepts": {
        "dissection": (
            "Dissection",
            ":material/hub:",
            "Which filters of a layer know a concept: the best one alone, and all of them together. Look for how much "
            "the others add, and for filters that serve many concepts.",
        ),
        "embedding": (
            "Embedding space",
            ":material/scatter_plot:",
            "Each concept is a vector: how much each filter of the layer counts for it. Look at which are near "
            "to each other, at what is left when one is taken from another, and at how networks' spaces differ.",
        ),
    },
    "Explainer": {
        "parts": (
            "Object parts",
            ":material/extension:",
            "What the channels of a layer become when a second network takes them apart: filters that each find one "
            "part of an object. Look for rows that stay on one part, and at which of them decided a prediction.",
        ),
        "explainer": (
            "Explainer network",
            ":material/polyline:",
            "How much of the network's own features the second network gives back, and how much of that by its "
            "interpretable filters. Look at whether these find a part more steadily than the network's own do.",
        ),
    },
    "Data and cache": {
        "probe": (
            "Probe",
            ":material/pets:",
            "The pictures, and what is known about them: every mask, part and attribute is exact where a program drew "
            "it. Look for what often stands beside a class: a network could go by that instead.",
        ),
        "networks": (
            "Networks",
            ":material/account_tree:",
            "What can be opened, and the layers of the one that is open. Any torchvision classifier, a checkpoint of "
            "one, or a network of your own code.",
        ),
        "cache": (
            "Cache",
            ":material/inventory_2:",
            "What has been computed and kept, so that it is there at once the next time. Everything here can be "
            "computed again.",
        ),
    },
}


def navigation() -> tuple[object, str, str]:
    """The chosen page, its group and its text."""
    pages, texts = {}, {}
    for group, entries in PAGES.items():
        for name, (title, icon, about) in entries.items():
            page = st.Page(f"app_pages/{name}.py", title=title, icon=icon, default=name == "picture", help=about)
            pages.setdefault(group, []).append(page)
            texts[title] = (group, about)
    page = st.navigation(pages, expanded=True)
    return page, *texts[page.title]


page, group, about = navigation()
selection.begin()
with boundary():
    head = st.container()
    controls = st.container(horizontal=True)  # on every page at one place: a widget that moves loses its parameter
    shared = frame.sidebar()
    with head:
        right = frame.heading(page.title, about)
    here = None
    if shared.network is not None and shared.picture is not None:
        here = frame.choices(shared, page.title, controls)
    for problem in shared.failed:
        st.error(problem, icon=":material/error:")
    selection.arrive(shared, here)
    if here is not None or group == "Data and cache":
        page.run()
        with right:
            frame.copy_link(here)
        with head:
            frame.trouble()
selection.keep()
