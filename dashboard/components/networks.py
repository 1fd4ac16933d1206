"""The sections of the Networks page."""

from pathlib import PurePath

import streamlit as st

from core.errors import CoreError
from core.networks.catalogue import SUFFIXES
from core.store import keep_file
from dashboard import ask, selection
from dashboard.components.saying import sentence
from dashboard.views import tables

PREFIX = "torchvision:"
SETTINGS = """[networks.tiny-darknet]
factory = "mynets.darknet:tiny_darknet"   # package.module:function, returns an nn.Module
python_path = "code"                      # where the package is, if it is not installed
weights = "tiny_darknet.pth"              # .pth or .safetensors
classes = "imagenet"                      # or a list, or a text file with one name a line
preprocessing = { resize = 256, crop = 224, mean = [0, 0, 0], std = [1, 1, 1] }

[probes.holiday]
folder = "pictures/holiday"               # one sub-folder per class, or an annotated set as published"""


def opened(shared) -> None:
    """The network of the sidebar: its classes, its default layer and why, all its layers."""
    network = shared.network
    if network is None:
        st.info("No network is open: choose another one in the sidebar, or see below how to give it its weights.")
        return
    st.subheader(network.title, anchor=False)
    if about := next((card.about for card in ask.network_cards() if card.name == shared.network_name), ""):
        st.markdown(f"{about}.")
    with st.container(horizontal=True, gap="large"):
        st.metric("Classes", f"{len(network.classes):,}", width="content")
        st.metric("Input", "{} × {} px".format(*network.preprocessing.size), width="content")
        st.metric("Layers", len(network.layers), width="content")
    st.markdown(f"By default maps are made at **{network.default_layer.name}**: {network.default_reason}.")
    table = tables.layers(network.layers)
    st.dataframe(table, hide_index=True, height=tables.height(table), alt=f"Layers of {network.title}")
    with st.expander("Its classes and its fingerprint"):
        st.caption("Fingerprint of architecture, weights and preprocessing; results are kept under it.")
        st.code(network.fingerprint, language=None, wrap_lines=True)
        st.markdown(", ".join(network.classes))


def listed(cards) -> None:
    """Everything that has a name."""
    st.markdown("Choose one in the sidebar by typing part of its name.")
    st.dataframe(tables.cards(cards), hide_index=True, height=640, alt="Networks that can be opened")


def torchvision(cards) -> None:
    """A torchvision network with torchvision's weights, or without."""
    st.markdown(
        "With torchvision's weights: from torch's cache on this machine, else downloaded once. Without a connection "
        "the page says which file to put where. With random weights a network serves as a control, or to measure time."
    )
    name = _architecture(cards)
    with st.container(horizontal=True):
        for label, value in (("Open it", name), ("Open it with random weights", f"{name}@untrained")):
            _open_button(label, value)


def checkpoint(cards) -> None:
    """A file with weights of a torchvision architecture, perhaps with another number of classes."""
    st.markdown(
        "Weights of a torchvision architecture, as `torch.save(model.state_dict(), …)` or safetensors write them; the "
        "number of classes may be your own. Only tensors are read: a file that tries to run code is refused."
    )
    name = _architecture(cards)
    file = st.file_uploader("The file with the weights", [suffix[1:] for suffix in SUFFIXES])
    if file is None:
        return
    try:
        asked = f"{name}@{keep_file(file.getvalue(), PurePath(file.name).suffix.lower())}"
        network = ask.network(asked)
    except CoreError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    st.success(
        f"{network.title}: {len(network.classes)} classes, {len(network.layers)} layers.", icon=":material/check:"
    )
    _open_button("Open it", asked)


def _architecture(cards) -> str:
    names = [card.name.removeprefix(PREFIX) for card in cards if card.group == "torchvision"]
    first = names.index("resnet18") if "resnet18" in names else 0
    return PREFIX + st.selectbox("Architecture", names, index=first, width=320)


def _open_button(label: str, name: str) -> None:
    st.button(label, icon=":material/open_in_browser:", on_click=_open, args=(name,))


def _open(name: str) -> None:
    selection.ask_for(
        **{selection.NETWORK: name, selection.CLASS: [], selection.LAYER: [], selection.SECTION: "The open one"}
    )


def own_code() -> None:
    """How a network of one's own gets into the list."""
    st.markdown(
        "A network of your own code is listed in a small file, `.channelscope.toml`, in the folder where the dashboard "
        "was started (or wherever the environment variable `CHANNELSCOPE_SETTINGS` points). Paths are relative to that "
        "file. After a change, reload this page."
    )
    st.code(SETTINGS, language="toml")
