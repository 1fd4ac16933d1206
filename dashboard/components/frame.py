"""What every page shares: the sidebar, the heading, class and layer; and what they come to."""

from dataclasses import dataclass

import streamlit as st

from core.errors import CoreError
from dashboard import ask, selection
from dashboard.components import gallery, maps
from dashboard.components.saying import attempt, notices, sentence
from dashboard.components.working import when_told
from dashboard.selection import Here
from dashboard.views import words


@dataclass(frozen=True)
class Shared:
    """The sidebar's choices, opened; `failed` says what could not be."""

    network_name: str
    network: object | None
    probe_name: str
    probe: object | None
    picture: object | None
    failed: tuple[str, ...]


def wordmark() -> str:
    """The page's icon and the name, in the theme's colours, as SVG."""
    ink = maps.theme()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="188" height="32" viewBox="0 0 188 32">'
        f'<g fill="none" stroke="{ink.accent}" stroke-width="2.4" stroke-linecap="round" transform="translate(0 4)">'
        '<path d="M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4"/></g>'
        f'<circle cx="12" cy="16" r="4" fill="{ink.accent}"/><text x="34" y="22" font-family="sans-serif" '
        f'font-size="18" font-weight="600" fill="{ink.text}">Channelscope</text></svg>'
    )


def heading(title: str, about: str):
    """Title and the sentences that say what is shown.  -> a place at the title's right"""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(title, anchor=False, width="content")
        right = st.container(width="content")
    st.markdown(about)
    return right


def sidebar() -> Shared:
    """Network, probe and picture. What cannot be opened is None, with a sentence for the pages that need it."""
    picture = None
    with st.sidebar:
        names = tuple(card.name for card in ask.network_cards())
        name, problems = selection.network_picker(_with_asked(names))
        with when_told("network") as progress:
            network, no_network = attempt(lambda: ask.network(name, progress))
        probe_name, said = selection.probe_picker(tuple(card.name for card in ask.probe_cards()))
        probe, no_probe = attempt(lambda: ask.probe(probe_name))
        problems += said
        no_picture = None
        if probe is not None:
            found, no_picture = attempt(lambda: _picture(probe))
            picture, said = found or (None, [])
            problems += said
    notices(problems)
    failed = tuple(reason for reason in (no_network, no_probe, no_picture) if reason)
    return Shared(name, network, probe_name, probe, picture, failed)


def _with_asked(names: tuple[str, ...]) -> tuple[str, ...]:
    """The listed networks and, from the link or the session, versions of torchvision's (`@<checkpoint>`)."""
    asked = [*selection.news(selection.NETWORK), st.session_state.get(selection.NETWORK, "")]
    versions = [name for name in dict.fromkeys(asked) if "@" in name and name.partition("@")[0] in names]
    return (*names, *versions)


def _picture(probe) -> tuple[object, list[str]]:
    problems = []
    place, buttons = st.container(), st.container(horizontal=True, gap="xsmall")
    key = selection.picture_field()
    first = probe.key(probe.first)
    try:
        picture = ask.picture(key or first, probe)
    except CoreError as error:
        problems.append(f"{sentence(error)} Shown instead: another of the probe's.")
        key, picture = first, ask.picture(first, probe)
    with place:
        st.image(ask.encoded(picture, 300), width=150, alt=picture.alt)
        st.caption(picture.title + (f" · {picture.credit}" if picture.key.startswith("sample:") else ""))
    with buttons:
        if st.button("Choose", icon=":material/photo_library:", help="By class and split, your own file, photographs"):
            gallery.choose(probe)
        for label, icon, by in (
            ("Previous", "chevron_left", -1),
            ("Next", "chevron_right", 1),
            ("Any", "shuffle", None),
        ):
            st.button(
                f":material/{icon}:", key=f"step-{label}", help=f"{label} picture of the probe",
                on_click=gallery.step, args=(probe, picture.key, by),
            )  # fmt: skip
    return picture, problems


def choices(shared: Shared, page: str, place) -> Here:
    """Class and layer, drawn in `place`; with the sidebar's choices they are what a page works on."""
    network, picture = shared.network, shared.picture
    names = words.class_names(network.classes)
    chances = ask.chances(network, picture)
    with place:
        classes, problems = selection.class_picker(network, names, chances)
        layers, more = selection.layer_picker(network)
    notices(problems + more)
    return Here(
        shared.network_name, network, shared.probe_name, shared.probe, picture, chances, names, classes, layers, page
    )


def trouble() -> None:
    """A full or read-only cache folder: everything works, nothing is kept."""
    if reason := ask.trouble():
        st.warning(f"{reason}. What was computed is shown, and lost when the server stops.", icon=":material/save:")


def copy_link(here: Here | None) -> None:
    """The page's address with every value in it, ready to be copied."""
    shared = here.parameters() if here else {}
    with st.popover("Copy link", icon=":material/link:", type="tertiary"):
        st.caption("Opens this page with the same choices, on this machine.")
        st.code(selection.link({**shared, **selection.look_parameters()}), language=None, wrap_lines=True)
