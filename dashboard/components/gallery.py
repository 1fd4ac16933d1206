"""Choosing a picture: by class and split, from a file, or one of the photographs that come with scikit-image."""

import random

import streamlit as st

from core import pictures
from core.errors import CoreError
from dashboard import ask, selection
from dashboard.components.saying import sentence
from dashboard.views import overlay

PAGE = 24
UPLOADS = ["png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff", "gif"]


@st.dialog("Choose a picture", width="large")
def choose(probe) -> None:
    """A dialog over the page; a click closes it with the picture chosen."""
    kind = st.segmented_control(
        "From",
        ("The probe", "Your file", "Photographs"),
        default="The probe",
        label_visibility="collapsed",
        required=True,
    )
    if kind == "Your file":
        _from_file()
    elif kind == "Photographs":
        _from_samples()
    else:
        _from_probe(probe)


def _from_probe(probe) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Class", probe.classes, width=260) if probe.classes else None
        splits = list(probe.splits)
        first = splits.index("test") if "test" in splits else 0
        split = st.selectbox("Split", splits, index=first, width=160)
        indices = ask.of_class(probe, name, split) if name else probe.splits[split]
        pages = max(-(-len(indices) // PAGE), 1)
        number = st.number_input("Page", 1, pages, 1, width=120, help=f"{len(indices)} pictures") if pages > 1 else 1
    shown = indices[(number - 1) * PAGE : number * PAGE]
    if not len(shown):
        st.info(f"No pictures of '{name}' in the split '{split}': choose another class or split.")
        return
    with st.grid(6, min_column_width=110, gap="small") as grid:
        for index in shown:
            with grid.cell():
                st.image(ask.thumbnail(probe, index), width="stretch", alt=probe.caption(int(index)))
                key = probe.key(int(index))
                _take(key, key.rpartition("/")[-1])


def _from_file() -> None:
    file = st.file_uploader(
        "A photograph", UPLOADS, help="PNG, JPEG, WebP, BMP or TIFF, at most 50 megapixels. It stays on this machine."
    )
    if file is None:
        return
    try:
        picture = pictures.keep_upload(file.getvalue(), file.name)
    except CoreError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    selection.ask_for(**{selection.PICTURE: picture.key, selection.CLASS: []})
    st.rerun()


def _from_samples() -> None:
    st.caption("Real photographs, from scikit-image. They show most on a network trained on photographs.")
    with st.grid(5, min_column_width=130, gap="small") as grid:
        for sample in pictures.SAMPLES:
            with grid.cell():
                key = f"sample:{sample.name}"
                st.image(_sample(key), width="stretch", alt=sample.alt)
                _take(key, sample.title)


def _sample(key: str) -> str:
    image = pictures.open_picture(key).image
    side = min(image.shape[:2])
    top, left = ((length - side) // 2 for length in image.shape[:2])
    return overlay.source(overlay.fit(image[top : top + side, left : left + side], 200), 88)


def _take(key: str, label: str) -> None:
    if st.button(label, key=f"take-{key}", width="stretch"):
        selection.ask_for(**{selection.PICTURE: key})
        st.rerun()


def step(probe, key: str, by: int | None) -> None:
    """The next or previous picture of the probe, or any (None)."""
    here = probe.find(key)
    index = random.randrange(len(probe))
    if by is not None:
        index = 0 if here is None else (here + by) % len(probe)
    selection.ask_for(**{selection.PICTURE: probe.key(index)})
