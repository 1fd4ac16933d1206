"""The Embedding space page: a concept's neighbours, and sums of concepts with what they answer."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st

from core.methods.net2vec import spaces
from core.methods.net2vec.answering import response
from core.methods.net2vec.dissection import TASKS, Dissection
from dashboard import ask, ask_embedding, selection_embedding
from dashboard.components.maps import save, theme
from dashboard.components.saying import attempt
from dashboard.selection import CONCEPT, Here, ask_for
from dashboard.selection_concepts import concept_picker, task_picker
from dashboard.views import bars, concepts, dissection, embedding, words

SHOWN = 5  # neighbours, as in tables 2 and 3
NARROW = 225  # pixels of a column: two on a narrow page
_SUM = "_sum"  # the last sum that could be read, and its probe
EQUATION = (
    r"\mathbf{w}' = \frac{\mathbf{w}}{\lVert \mathbf{w} \rVert}, \qquad \cos(a, b) = \mathbf{w}'_a \cdot \mathbf{w}'_b"
    r", \qquad D_{ij} = \big\lVert W^i {W^i}^{\top} - W^j {W^j}^{\top} \big\rVert_2^2"
)
MEANING = (
    "**Concept embeddings** (Net2Vec, section 5.3). The weights w that find a concept among a layer's filters are its "
    "vector, brought to length 1; there is one for each task, segmentation (eqs. 2 to 4) and classification (eq. 5). "
    "Near are concepts of large cosine; vectors are added and subtracted like those of words. Two spaces i and j are "
    "compared by all cosines between the concepts that both have, W being a space's unit vectors as rows: so they need "
    "not have the same dimensions, nor come from a network at all."
)


def neighbours(here: Here, found: Dissection) -> None:
    """Table 2."""
    labels = concepts.labels(found.concepts)
    c = concept_picker(labels, labels[dissection.first(found)])
    vectors = {task: ask_embedding.vectors(found, task) for task in TASKS}
    place = st.grid(3, min_column_width=NARROW, gap="medium")
    with place.cell():
        portrait(here, found, labels, c)
    with place.cell(column_span=2), st.grid(2, min_column_width=NARROW, gap="medium") as both:
        for task in TASKS:
            with both.cell():
                st.markdown(f"**Nearest by {task}**")
                nearest(here, found, vectors[task], labels, c, task)
    st.caption(embedding.same_category_words(found, vectors, SHOWN))
    name = f"neighbours-{here.network_name}-{found.layer}.csv"
    data = partial(embedding.neighbours_csv, found, vectors)
    save("Neighbours as CSV", data, name, "text/csv", "The ten nearest of every concept, by both tasks")


def portrait(here: Here, found: Dissection, labels: Sequence[str], c: int, width: str | int = "stretch") -> None:
    """A concept: a picture that shows it, what it is, and the way to all that is known of it."""
    st.markdown(f"**{labels[c][0].upper()}{labels[c][1:]}**  \n:gray[{found.concepts[c].category}]")
    _example(here, found, labels[c], c, 400, width)
    st.page_link("app_pages/dissection.py", label=f"How the layer finds '{labels[c]}'", icon=":material/biotech:")


def _example(here: Here, found: Dissection, label: str, c: int, side: int, width: str | int = "stretch") -> None:
    """A picture of the probe with the concept outlined, where one is known."""
    if (drawn := ask_embedding.example(here.probe, found, c, side)) is None:
        st.caption("No picture is at hand.")
    else:
        st.image(drawn, width=width, alt=f"A picture in which {label} is outlined")


def nearest(
    here: Here, found: Dissection, vectors: np.ndarray, labels: Sequence[str], c: int, task: str
) -> None:  # fmt: skip
    """A concept's neighbours in one task's space, or why it has none; a press opens one."""
    reason = found.reason(c, task)
    if not np.isfinite(vectors[c]).all():
        st.markdown("n/a")
        st.caption(f"No vector: {reason}.")
        return
    if reason:
        st.caption(f":material/info: To be read with care: {reason}.")
    for other, cosine in spaces.nearest(vectors, vectors[c], SHOWN, [c]):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(width=72):
                _example(here, found, labels[other], other, 144)
            with st.container(gap=None, width=NARROW - 90):
                st.button(
                    f"**{labels[other]}**", key=f"open-{task}-{other}", type="tertiary",
                    help=f"The neighbours of '{labels[other]}'", on_click=ask_for, kwargs={CONCEPT: labels[other]},
                )  # fmt: skip
                st.caption(f"{_cosine(cosine)} · {found.concepts[other].category}")


def _cosine(value: float) -> str:
    return f"![]({bars.bar(max(value, 0.0), True, theme(), 40)}) {embedding.figure(value)}"


def _first(found: Dissection) -> str:
    return embedding.first_sum(found.concepts, np.isfinite(ask_embedding.vectors(found, TASKS[0])).all(1))


def arithmetic(here: Here, found: Dissection) -> None:
    """Table 3, and what the sum answers."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        text = selection_embedding.expression_field(_first(found))
        task = task_picker()
        without = selection_embedding.operands_switch()
    vectors = ask_embedding.vectors(found, task)
    read, problem = attempt(lambda: embedding.summed(text, found, vectors, task))
    _hints(text, found, problem)
    read = read or _last(here, found, vectors, task)
    if read is None:
        return
    st.session_state[_SUM] = (here.probe.fingerprint, read.text)
    _answers(here, found, spaces.nearest(vectors, read.vector, SHOWN, read.operands if without else []), read)
    _pictures(here, found, read, task)
    name = f"sum-{here.network_name}-{found.layer}-{task}.csv"
    data = partial(embedding.answers_csv, read, found, vectors)
    save("Answers as CSV", data, name, "text/csv", "Every concept's cosine with the sum")


def _hints(text: str, found: Dissection, problem: str | None) -> None:
    """Under the field: what the name that is being typed may become, else what is wrong, else how to go on. All of it
    of one height, so that nothing below moves while one types."""
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", height=46, border=False):
        fitting = embedding.completions(text, found.concepts) if problem else {}
        for name, whole in fitting.items():
            st.button(name, key=f"complete-{name}", on_click=selection_embedding.write, args=(whole,))
        if problem and not fitting:
            st.markdown(f":material/error: {words.literal(problem)}")
        elif not fitting:
            st.caption("Add and subtract any concepts, as in `tree - wood` or `0.5*sky + sea`.")


def _last(here: Here, found: Dissection, vectors: np.ndarray, task: str) -> embedding.Sum | None:
    """While a sum cannot be read: the last one that could, else the one that the page opens with."""
    probe, text = st.session_state.get(_SUM, ("", ""))
    texts = [text] if probe == here.probe.fingerprint else []
    for one in (*texts, _first(found)):
        read, _ = attempt(lambda one=one: embedding.summed(one, found, vectors, task))
        if read is not None:
            return read
    return None


def _answers(here: Here, found: Dissection, answers: Sequence[tuple[int, float]], read: embedding.Sum) -> None:
    labels = concepts.labels(found.concepts)
    st.markdown(f"**{read.text}**  \n:gray[the nearest concepts]")
    with st.grid(SHOWN, min_column_width=130, gap="medium") as grid:
        for other, cosine in answers:
            with grid.cell():
                _example(here, found, labels[other], other, 320)
                st.markdown(f"**{labels[other]}**  \n{_cosine(cosine)}  \n:gray[{found.concepts[other].category}]")


def _pictures(here: Here, found: Dissection, read: embedding.Sum, task: str) -> None:
    """What the sum answers on the picture at hand, and in the validation pictures that it answers most."""
    segments = task == TASKS[0]
    told = "lit where the sum is above 0" if segments else "orange where a place adds to it, blue where it takes away"
    st.markdown(f"**{read.text}, in pictures**  \n:gray[{told}: the picture at hand, and where it answers most]")
    at_hand = here.probe.find(here.picture.key)
    most = ask_embedding.answered_most(here.network, here.probe, found, read.vector, task, SHOWN)
    others = [ask.picture(here.probe.key(index), here.probe) for index in most if index != at_hand]
    with st.grid(SHOWN, min_column_width=130, gap="medium") as grid:
        for picture in [here.picture, *others][:SHOWN]:
            with grid.cell():
                values = ask.activations(here.network, picture, found.layer)
                answer = response(values, found.thresholds, read.vector, task)
                drawn = embedding.answered(picture.image, answer, here.network.preprocessing, segments)
                st.image(drawn, width="stretch", alt=f"What {read.text} answers in {picture.alt}")
                st.caption(picture.title)


def background() -> None:
    """The equations, folded and written when it is opened."""
    with st.expander("The equation", on_change="rerun") as folded:
        if folded.open:
            st.markdown(MEANING)
            st.latex(EQUATION)
