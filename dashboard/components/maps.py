"""Drawing maps: one panel with its words, curve and files; the picture with its most probable classes."""

from functools import partial

import streamlit as st

from core import colouring
from core.colouring import Look
from core.measures.localisation import plain
from core.methods import METHODS
from dashboard import ask, selection
from dashboard.components.saying import sentence
from dashboard.selection import Here
from dashboard.views import bars, colour, curves, overlay, panels, words
from dashboard.views.ink import Ink, ink


def theme() -> Ink:
    return ink(st.context.theme.type)


def subject(here: Here) -> None:
    """The picture and what is known of it."""
    known = here.picture.label
    if known:
        foreign = "" if plain(known) in map(plain, here.network.classes) else ", none of the network's"
        st.markdown(f"**{known.capitalize()}**  \n:gray[true class{foreign}]")
    else:
        st.markdown(f"**{here.picture.title}**  \n:gray[no label]")
    st.image(ask.encoded(here.picture), width="stretch", alt=here.picture.alt)


def top_classes(here: Here) -> None:
    """The five most probable classes; a click adds one to what is shown, or takes it away."""
    shown = [here.names[index] for index in here.classes]
    with st.container(gap=None):
        for index in bars.top(here.chances):
            name, value = here.names[index], float(here.chances[index])
            verb = "Take away" if name in shown else "Explain"
            st.button(
                bars.label(name, value, name in shown, theme()),
                key=f"bar-{index}",
                type="tertiary",
                help=f"{verb} '{name}', probability {words.probability(value)}",
                on_click=selection.add_class,
                args=(name, shown),
            )


def caption(here: Here, key: tuple, title: str | None = None) -> str:
    """Method above, class, probability and layer below, in Markdown."""
    method, layer, label = key
    chance = words.probability(float(here.chances[label]))
    where = f" · {layer}" if layer else ""
    return f"**{title or METHODS[method].title}**  \n:gray[{here.names[label]} {chance}{where}]"


def map_panel(here: Here, key: tuple, heatmap, limit: float, look: Look) -> panels.Panel | None:
    """One map, or why there is none.  `key`: (method, layer or None, class index)"""
    st.markdown(caption(here, key))
    if isinstance(heatmap, Exception):
        st.info(sentence(heatmap), icon=":material/block:")
        return None
    made = panels.panel(here.image, heatmap, here.network.preprocessing, limit, look)
    _show(here, key, heatmap, made)
    return made


def _show(here: Here, key: tuple, heatmap, made: panels.Panel) -> None:
    st.image(overlay.source(made.image), width="stretch", alt=alt(here, key))
    if made.empty:
        reasons = ask.diagnosis(here.network, here.probe, here.picture, key, heatmap)
        st.caption(f":material/info: **Empty.** {' '.join(reasons)}")


def layer_panel(here: Here, layer, key: tuple, heatmap, limit: float, look: Look, raw: bool) -> panels.Panel | None:
    """One layer of many: what the layer is above, its map over the picture or, `raw`, its values as squares."""
    st.markdown(f"**{layer.name}**  \n:gray[{layer.kind} {words.shape(layer.shape)}, sees {words.field(layer)}]")
    if isinstance(heatmap, Exception):
        st.info(sentence(heatmap), icon=":material/block:")
        return None
    if raw:
        squares = overlay.raw(heatmap.values, limit, heatmap.signed, look.colours)
        made = panels.Panel(squares, limit, None, panels.is_empty(heatmap))
    else:
        made = panels.panel(here.image, heatmap, here.network.preprocessing, limit, look)
    _show(here, key, heatmap, made)
    return made


def difference_panel(here: Here, heatmap, first: str, second: str, look: Look) -> None:
    """What one map has beyond the other."""
    st.markdown(f"**Difference**  \n:gray[{first} minus {second}]")
    limit = colouring.limit_of(heatmap.values, True)
    made = panels.panel(here.image, heatmap, here.network.preprocessing, limit, look)
    words_of_it = f"Map for {first} minus map for {second}, over {here.picture.alt}"
    st.image(overlay.source(made.image), width="stretch", alt=words_of_it)
    files(here, (f"difference-{heatmap.method}", heatmap.layer, heatmap.class_index), heatmap, made)
    if made.empty:
        st.markdown(":material/info: **Empty.** The two maps are the same.")
    else:
        colour_bar(limit, True, look, f"{second} … {first}")


def alt(here: Here, key: tuple) -> str:
    method, layer, label = key
    where = f" at {layer}" if layer else ""
    return f"{METHODS[method].title} for {here.names[label]}{where}, over {here.picture.alt}"


def files(here: Here, key: tuple, heatmap, made: panels.Panel) -> None:
    """The panel as a picture and as data, made when they are asked for; and the ends of its scale."""
    method, layer, label = key
    stem = panels.file_stem(here.picture.key, here.names[label], method, layer or "")
    low, high = panels.ends(made.limit, heatmap.signed)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption(f"{low} … {high}", width="stretch", help="The values at the two ends of the colours.")
        save("PNG", partial(colouring.png, made.image), f"{stem}.png", "image/png", "The panel as it is drawn")
        data = partial(_data, here, heatmap)
        save("NPY", data, f"{stem}.npy", "application/octet-stream", "The map as float32 at the picture's own size")


def _data(here: Here, heatmap) -> bytes:
    return panels.npy(panels.full_size(here.image, heatmap, here.network.preprocessing))


def save(label: str, data, name: str, mime: str, help: str) -> None:
    """A quiet download button; `data` is called when it is pressed."""
    st.download_button(
        label,
        data,
        name,
        mime,
        key=f"save-{name}",
        help=help,
        type="tertiary",
        on_click="ignore",
        icon=":material/download:",
    )


def draw_curves(here: Here, heatmaps: dict, slots: dict) -> None:
    """Insertion and deletion under each map, in the places kept for them: the maps themselves need not wait."""
    floors = ask.floors(here.network, here.picture)
    for key, found in ask.faithfulness(here.network, here.picture, heatmaps).items():
        floor = floors[key[2]]
        slots[key].image(curves.faithfulness(found, floor, theme()), width="stretch", alt=curves.alt(found, floor))


def above(here: Here) -> None:
    """The picture and its classes in a row of their own."""
    with st.grid(4, min_column_width=210) as place:
        with place.cell():
            subject(here)
        with place.cell():
            st.markdown("**Most probable**  \n:gray[a click adds a class]")
            top_classes(here)


def grid(here: Here, columns: int, rows: int):
    """A grid with the picture and its classes at the left of the maps; above them where there are more than three."""
    beside = columns <= 3
    if not beside:
        above(here)
    place = st.grid(max(columns + beside, 2), min_column_width=210, gap="medium")
    if beside:
        with place.cell(row_span=max(rows, 1)):
            subject(here)
            top_classes(here)
    return place


def colour_bar(limit: float, signed: bool, look: Look, title: str) -> None:
    """One bar for all maps of a method on one scale."""
    low, high = panels.ends(limit, signed)
    st.image(
        colour.bar(look.colours, signed, low, high, theme().muted),
        caption=title,
        width="stretch",
        alt=f"Colours of {title} from {low} to {high}",
    )
