"""The Embedding space page: spaces of layers, networks and words beside each other."""

from functools import partial

import numpy as np
import streamlit as st

from core.errors import UnknownName, near
from core.methods.net2vec.dissection import Dissection
from dashboard import ask, ask_concepts, ask_embedding, selection_embedding
from dashboard.ask_embedding import Space
from dashboard.components.maps import save, theme
from dashboard.components.saying import attempt
from dashboard.components.working import Working, when_told
from dashboard.selection import Here
from dashboard.views import concepts, spaces, words

CHART = {"displayModeBar": False}
_WORDS, _OWN = "_word_vectors", "_own_spaces"
FIRST = 10  # spaces that stand beside each other unless others are chosen
FEWEST = 3  # concepts in common
COLUMNS = {
    "concept": st.column_config.TextColumn("Concept", pinned=True),
    "category": st.column_config.TextColumn("Category", width="small"),
    "apart": st.column_config.NumberColumn("D", format="%.2f", width="small", help="Squared differences of cosines"),
}


def beside(here: Here, found: Dissection) -> None:
    """Figure 10."""
    _follow(here)
    read = [one for (probe, _), one in _uploaded().items() if probe == here.probe.fingerprint]
    spaces_here = (*ask_embedding.known_spaces(here, found), *(one for one in read if isinstance(one, Space)))
    known = {space.title: space for space in spaces_here}
    titles = list(known)
    first = spaces.overlapping({title: space.vectors for title, space in known.items()}, FIRST)
    chosen = selection_embedding.spaces_picker(titles, first, partial(_no_space, titles))
    _more(here)
    if len(chosen) < 2:
        st.info("Choose at least two spaces, or dissect another layer.")
        return
    vectors = [known[title].vectors for title in chosen]
    shared = np.flatnonzero(np.all([np.isfinite(one).all(1) for one in vectors], 0))
    if len(shared) < FEWEST:
        st.info(f"These spaces share {len(shared)} concepts: too few to compare them. Leave some of them out.")
        return
    vectors = [one[shared] for one in vectors]
    _matrix(here, vectors, chosen, len(shared))
    _pair(here, found, vectors, chosen, shared)
    for note in dict.fromkeys(known[title].note for title in chosen if known[title].note):
        of = words.joined([title for title in chosen if known[title].note == note])
        st.caption(f":material/info: {of}: {note}")


def _follow(here: Here) -> None:
    """Where another layer or network was chosen above, its spaces join those that are shown."""
    own = ask_embedding.titles(here.network_name, [here.layers[0].name])
    before = st.session_state.get(_OWN, own)
    st.session_state[_OWN] = own
    if before != own:
        selection_embedding.also(own)
        st.rerun()


def _no_space(titles: list[str], text: str) -> str:
    raise UnknownName(f"no space '{text}' has been computed here{near(text, titles)}")


def _matrix(here: Here, vectors: list[np.ndarray], titles: list[str], shared: int) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        measure = selection_embedding.measure_picker()
        st.caption(f"On the {shared} of {len(here.probe.concepts)} concepts that each of these spaces has.")
    by_cka = measure == selection_embedding.CKA
    what = "1 − CKA" if by_cka else "D"
    values = spaces.pairwise(vectors, by_cka)
    i, j = divmod(int(np.nanargmin(values)), len(titles))
    alt = f"{what} of {len(titles)} spaces on {shared} concepts; nearest: {titles[i]} and {titles[j]}"
    st.plotly_chart(spaces.matrix(values, titles, what, theme()), config=CHART, alt=alt)
    data = partial(spaces.csv, values, titles, what)
    save("Distances as CSV", data, f"spaces-{here.probe_name}.csv", "text/csv", "Every pair of these spaces")


def _pair(here: Here, found: Dissection, vectors: list[np.ndarray], titles: list[str], shared: np.ndarray) -> None:
    """Two of the spaces in detail: one beside all others by category, and both concept by concept."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        one, other = selection_embedding.two_spaces(titles)
    if one == other:
        st.info("Choose two different spaces.")
        return
    those, labels = [found.concepts[c] for c in shared], concepts.labels(found.concepts)
    names, counts, means = spaces.by_category(vectors, one, those)
    others = [title for i, title in enumerate(titles) if i != one]
    st.markdown(f"**{titles[one]} and the others, by category**  \n:gray[mean D of the concepts of each category]")
    alt = f"Mean distance of {titles[one]} from {len(others)} spaces for {words.joined(names)}"
    st.plotly_chart(spaces.categories(means, others, names, counts, theme()), config=CHART, alt=alt)
    st.markdown(f"**What {titles[one]} and {titles[other]} see most differently**")
    table = spaces.apart(vectors[one], vectors[other], [labels[c] for c in shared], those)
    near_one, near_other = (st.column_config.TextColumn(f"Near in {titles[i]}", width="large") for i in (one, other))
    columns = {**COLUMNS, "near in the first": near_one, "near in the second": near_other}
    alt = f"Concepts by how differently {titles[one]} and {titles[other]} see them"
    height = 420 if len(table) > 12 else "content"
    st.dataframe(table, hide_index=True, column_config=columns, height=height, alt=alt)
    data = partial(_table_csv, table)
    save("Concepts as CSV", data, f"concepts-{here.probe_name}.csv", "text/csv", "Every concept of this table")


def _table_csv(table) -> bytes:
    return table.to_csv(index=False).encode()


def _more(here: Here) -> None:
    """Where further spaces come from: layers not dissected yet, other networks, files of word vectors, WordNet."""
    label = "Add spaces: other layers, other networks, word vectors"
    with st.expander(label, key="more-spaces", on_change="rerun") as folded:
        if folded.open:
            left, right = st.columns(2, gap="large")
            with left:
                _dissect(here)
            with right:
                _word_vectors(here)


def _dissect(here: Here) -> None:
    st.markdown("**Another layer or network**")
    names = [card.name for card in ask.network_cards()]
    name = st.selectbox("Its network", names, names.index(here.network_name) if here.network_name in names else 0)
    with when_told("other-network") as progress:
        network, problem = attempt(lambda: ask.network(name, progress))
    if network is None:
        st.error(problem, icon=":material/error:")
        return
    done = ask_embedding.layers_known(network, here.probe)
    layers = [layer.name for layer in network.layers if layer.spatial and layer.name not in done]
    default = [network.default_layer.name] if network.default_layer.name in layers else []
    chosen = st.multiselect("Its layers", layers, default, max_selections=8, key=f"layers-of-{name}")
    told = f"There already: {words.joined(done)}. " if done else ""
    st.caption(f"{told}Each layer adds a space for each task; layers of one network share one pass over the pictures.")
    if st.button("Compute", key="dissect-others", icon=":material/play_arrow:", disabled=not chosen):
        with Working("dissect-others") as progress:
            ask_concepts.dissect(network, here.probe, chosen, progress)
        selection_embedding.also(ask_embedding.titles(name, chosen))
        st.rerun()


def _word_vectors(here: Here) -> None:
    st.markdown("**Word vectors of your own**")
    file = st.file_uploader(
        "A text file", ["txt", "vec"], help="As word2vec, GloVe and fastText write them: on each line a word and its "
        "numbers. Only the words of the probe's concepts are kept. It stays on this machine.",
    )  # fmt: skip
    if file is not None:
        held, key = _uploaded(), (here.probe.fingerprint, file.file_id)
        if key not in held:
            with Working("words") as progress:
                held[key], problem = attempt(lambda: ask_embedding.read_words(here.probe, file, progress))
            if problem is None:
                selection_embedding.also([held[key].title])
                st.rerun()
            held[key] = problem
        if isinstance(held[key], str):
            st.error(held[key], icon=":material/error:")
    if reason := ask_embedding.no_wordnet(here.probe):
        st.caption(f"WordNet is a space too where it is installed. {reason}")


def _uploaded() -> dict[tuple[str, str], Space | str]:
    """The spaces that this person has uploaded, by probe and file; or why a file is none."""
    return st.session_state.setdefault(_WORDS, {})
