"""One prediction on the page Object parts: which parts of the picture at hand decided it, and by how much."""

from functools import partial

import numpy as np
import streamlit as st

from core.colouring import Look, limit_of
from core.engine.parts import Disentangled, Explained
from core.methods.heatmap import Heatmap
from dashboard import ask_parts
from dashboard.components import maps
from dashboard.components.explainer import origin
from dashboard.components.maps import save, theme
from dashboard.selection import Here
from dashboard.selection_parts import PARTS, givers_picker
from dashboard.views import dissection, overlay, panels, parts, prediction, words

CHART = {"displayModeBar": False}
SHOWN = 6  # filters with a picture


def decided(here: Here, found: Explained) -> None:
    """Figure 5, and the appendix's maps of Grad-CAM."""
    label = here.classes[0]
    given = ask_parts.disentangled(here.network, here.probe, found, here.picture, label)
    looked = ask_parts.looked(here.network, here.probe, found)
    owners = [""] * len(given.maps)
    if looked is not None:
        owners = [here.names[c] if c >= 0 else "" for c in looked.sides[parts.INTERPRETABLE].owners]
    on = prediction.landed(given, ask_parts.parts_here(here.network, here.probe, here.picture))
    _attention(here, found, given, label)
    _score(here, given, label, owners, on)
    _strongest(here, found, given, owners, on)
    _files(here, given, label, owners, on)
    origin(here, found)


def _attention(here: Here, found: Explained, given: Disentangled, label: int) -> None:
    """The picture, and Grad-CAM on both networks."""
    place = st.grid(4, min_column_width=210, gap="medium")
    with place.cell():
        maps.subject(here)
    layers = (("explainer", "conv-interp-2", given.attention), ("performer", found.performer.top.name,
              given.attention_top))  # fmt: skip
    for who, layer, values in layers:
        heatmap = Heatmap(values.astype(np.float32), "gradcam", layer, label)
        look = Look()
        limit = limit_of(values, False)
        made = panels.panel(here.image, heatmap, here.network.preprocessing, limit, look)
        with place.cell():
            st.markdown(f"**Grad-CAM, {who}**  \n:gray[{here.names[label]} · {layer}]")
            alt = f"Grad-CAM for {here.names[label]} at {layer} of the {who}, over {here.picture.alt}"
            st.image(overlay.source(made.image), width="stretch", alt=alt)
            if made.empty:
                st.caption(":material/info: **Empty.** No place of the layer speaks for the class.")
            maps.files(here, (f"gradcam-{who}", layer, label), heatmap, made)
    with place.cell():
        _told(here, given, label)


def _told(here: Here, given: Disentangled, label: int) -> None:
    """The score in figures."""
    told = given.contributions
    score, own, mine = float(told.score[0]), float(told.performer[0]), float(told.filters.sum())
    st.markdown(f"**The score of {here.names[label]}**  \n:gray[logit, before the softmax]")
    st.metric("Explainer", words.number(score), f"{score - own:+.2f} against the performer", delta_color="off")
    st.metric(
        "Interpretable filters give", words.number(mine), help="The sum of all shares of conv-interp-2's filters."
    )
    if score > 0:
        st.caption(f"{words.percent(mine / score)} of the explainer's score is the interpretable track's.")
    else:
        st.caption("The score is not above zero, so it has no shares in percent.")


def _score(here: Here, given: Disentangled, label: int, owners: list[str], on: list[str]) -> None:
    """The bars."""
    by = givers_picker() if any(on) else None
    if by == PARTS:
        givers = prediction.by_parts(given, on)
        told = "filters together by the part that their peak lies on in this picture"
    else:
        names = [_named(f, owners[f], on[f]) for f in range(len(on))]
        givers = prediction.by_filters(given, names)
        told = "the filters that give or take most, with their class and the part that they lie on here"
    st.markdown(f"**What gives '{here.names[label]}' its score**  \n:gray[{told}]")
    alt = f"What gives {here.names[label]} its score: {prediction.bars_told(given, givers)}"
    st.plotly_chart(prediction.bars(given, givers, theme()), config=CHART, alt=alt, key=f"score-{by}")
    if by is None:
        st.caption("Which parts the filters lie on is not known: no parts are marked in this picture.")


def _named(f: int, owner: str, on: str) -> str:
    return " · ".join(text for text in (str(f), owner, on) if text)


def _strongest(here: Here, found: Explained, given: Disentangled, owners: list[str], on: list[str]) -> None:
    """The filters that give most, each on the picture."""
    top = prediction.strongest(given, SHOWN)
    st.markdown("**The filters that give most**  \n:gray[lit where each is active in this picture]")
    if not top:
        st.caption("No filter speaks for the class.")
        return
    score, shares = float(given.contributions.score[0]), given.contributions.filters[0]
    looked = ask_parts.looked(here.network, here.probe, found)
    fields = ask_parts.fields(here.network, here.probe, found, looked) if looked else None
    centres, preprocessing = here.network.centres(found.performer.top), here.network.preprocessing
    with st.grid(SHOWN, min_column_width=150, gap="small") as place:
        for f in top:
            with place.cell():
                field = parts.field_of(fields, f, preprocessing.size)
                drawn = overlay.source(parts.drawn(here.image, given.maps[f], field, centres, preprocessing), 88)
                value = f"{prediction.signed(float(shares[f]))}{prediction.share(float(shares[f]), score)}"
                name = on[f] or prediction.NOWHERE
                st.image(drawn, width="stretch", alt=f"Where filter {f} is active, {name}, in {here.picture.alt}")
                st.markdown(f"**{on[f].capitalize() or f'Filter {f}'}** {value}  \n:gray[:small[{f} · {owners[f]}]]")


def _files(here: Here, given: Disentangled, label: int, owners: list[str], on: list[str]) -> None:
    stem = panels.file_stem("parts", here.picture.key, here.names[label])
    table = partial(prediction.table, given, owners, on)
    with st.container(horizontal=True, gap="medium"):
        help = "Every filter's share in logits, its class and what it lies on here; the ordinary track and the rest"
        save("Shares as CSV", lambda: dissection.csv(table()), f"{stem}.csv", "text/csv", help)
        data = partial(panels.npy, given.maps)
        save("Maps as NPY", data, f"{stem}.npy", "application/octet-stream", "conv-interp-2 after its mask")
