"""What the person has chosen <-> the address bar. The only file that spells widget keys.

Shared choices (network, probe, picture, class, layer) are widgets that the frame draws on every page, bound to the URL;
a page draws its own. A parameter lives in the URL only while its widget is drawn, so every value is also kept in the
session and put back when its widget returns. What the URL asks for and is not there is said in a sentence.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import numpy as np
import streamlit as st
from streamlit import runtime
from streamlit.runtime.state import get_session_state

from core import colouring
from core.colouring import Look
from core.errors import CoreError, UnknownName, near
from dashboard.components.saying import notices
from dashboard.views import words

NETWORK, PROBE, PICTURE, CLASS, LAYER = "network", "probe", "picture", "class", "layer"
COLOURS, OPACITY, THRESHOLD, BOX, SCALE = "colours", "opacity", "threshold", "box", "scale"
METHODS, CURVES, METHOD, KIND, RAW = "methods", "curves", "method", "kind", "raw"
SECTION, SPLIT, CATEGORY = "section", "split", "category"
LAMBDA, TOP, ORDER, GROUPED, PICTURES = "lambda", "top", "order", "grouped", "pictures"
FIVE, THROUGH = "five", "through"
FIGURE, WINNER, LOSER = "figure", "winner", "loser"
CONCEPT, TASK = "concept", "task"
EXPRESSION, OPERANDS, MAPPING, SPREAD, SEED = "expression", "operands", "map", "neighbours", "seed"
COLOURED, CLUSTERS, MEASURE, SPACES, ONE, OTHER = "coloured", "clusters", "measure", "spaces", "one", "other"
FILTER, EXAMPLES, OVER, NETWORKS = "filter", "examples", "over", "networks"
BESIDE, LOSS, MASKED, EPOCHS, RUN = "beside", "loss", "masked", "epochs", "run"
INTERPRETABLE, PLACE_ROW, PLACE_COLUMN = "interpretable", "row", "column"
SORT, OF_CLASS, PEAKS, COUNT, GIVERS = "sort", "of", "peaks", "count", "givers"
PAGES_OWN = (
    *(COLOURS, OPACITY, THRESHOLD, BOX, SCALE, METHODS, CURVES, METHOD, KIND, RAW, SECTION, SPLIT, CATEGORY),
    *(LAMBDA, TOP, ORDER, GROUPED, PICTURES),
    *(FIVE, THROUGH),
    *(FIGURE, WINNER, LOSER),
    *(CONCEPT, TASK, EXPRESSION, OPERANDS, MAPPING, SPREAD, SEED),
    *(COLOURED, CLUSTERS, MEASURE, SPACES, ONE, OTHER),
    *(FILTER, EXAMPLES, OVER, NETWORKS),
    *(BESIDE, LOSS, MASKED, EPOCHS, RUN, INTERPRETABLE, PLACE_ROW, PLACE_COLUMN),
    *(SORT, OF_CLASS, PEAKS, COUNT, GIVERS),
)
BOXES, REGIONS = "Boxes, figure 6", "Regions, figure 7"
OWN, SHARED_SCALE = "each map on its own", "one scale"
_PENDING, _KEPT, _ASKED, _TOLD = "_pending", "_kept", "_asked", "_told"
_HERE, _REPAIR = "_here", "_repair"
SHOW = "show"  # a link from another page to a picture: a bound parameter would be doubled in such a link
FIRST = {NETWORK: "menagerie-plain", PROBE: "menagerie"}


@dataclass(frozen=True)
class Here:
    """Everything chosen, opened and resolved: what a page works on.

    `names` are the classes' labels, all different; `classes` and `layers` are never empty: without a choice the most
    probable class and the network's default layer stand in. `chances` (classes,) are the picture's probabilities.
    """

    network_name: str
    network: object
    probe_name: str
    probe: object
    picture: object
    chances: np.ndarray
    names: tuple[str, ...]
    classes: tuple[int, ...]
    layers: tuple
    page: str

    @property
    def image(self) -> np.ndarray:
        return self.picture.image

    def parameters(self, **changes) -> dict[str, str | list[str]]:
        """Every shared value spelled out, for a link; `changes` replace some of them."""
        values = {
            NETWORK: self.network_name,
            PROBE: self.probe_name,
            PICTURE: self.picture.key,
            CLASS: [self.names[index] for index in self.classes],
            LAYER: [words.layer_name(layer) for layer in self.layers],
        }
        return {**values, **changes}


def begin() -> None:
    """Once per run, before any widget: take in what a click asked for and put back what a page change dropped."""
    kept = st.session_state.setdefault(_KEPT, {})
    asked = {key: st.query_params.get_all(key) for key in st.query_params}
    if SHOW in asked:
        ask_for(**{PICTURE: asked.pop(SHOW)[-1]})
        del st.query_params[SHOW]
    pending = st.session_state.pop(_PENDING, {})
    _silence([key for key in pending if key in asked], asked)
    for key, value in pending.items():
        st.session_state[key] = value
    for key, value in kept.items():
        if key not in st.session_state and key not in asked:
            st.session_state[key] = value
    before = st.session_state.get(_ASKED, {})
    st.session_state[_TOLD] = {key: values for key, values in asked.items() if before.get(key) != values}
    st.session_state[_ASKED] = asked


def _silence(keys: Sequence[str], asked: dict[str, list[str]]) -> None:
    """Take out of the address, and of what it asked for, what it says of widgets that are not drawn yet: Streamlit 1.67
    prefers it, when it draws them, to what a click has asked for."""
    if not keys or not runtime.exists():
        return
    with get_session_state().query_params() as address:
        for key in keys:
            if not address.is_bound(key):
                address.remove_param(key)
                del asked[key]
        address.set_initial_query_params_from_current()


def keep() -> None:
    """At the end of a run: remember what the drawn widgets hold."""
    drawn = {key: st.session_state[key] for key in _bound_keys() if key in st.session_state}
    st.session_state[_KEPT] = {**st.session_state.get(_KEPT, {}), **drawn}


def _bound_keys() -> tuple[str, ...]:
    return (NETWORK, PROBE, PICTURE, CLASS, LAYER, *PAGES_OWN)


def ask_for(**values) -> None:
    """Set choices before their widgets are drawn in the next run; from a callback, or before `st.rerun`."""
    st.session_state[_PENDING] = {**st.session_state.get(_PENDING, {}), **values}


def news(key: str) -> list[str]:
    """What the URL says for `key`, if it changed since the last run; else []."""
    return st.session_state.get(_TOLD, {}).get(key, [])


def one_of(key: str, options: Sequence[str], default: str, what: str) -> list[str]:
    """Before a widget of one value: reset one that is no option.  -> what the URL asked for in vain, in sentences"""
    problems = [
        f"The link asks for the {what} '{value}', which is not there. Shown instead: '{default}'."
        for value in news(key)
        if value not in options
    ]
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = default
    return problems


def several_of(
    key: str, options: Sequence[str], resolve: Callable[[str], str], otherwise: Sequence[str], needed: bool = False
) -> list[str]:
    """Before a widget of several values: drop what is no option, and read links that name an option in another way.

    `resolve(text)` gives an option, or raises an error whose text is the sentence to show. `otherwise` is what a choice
    of nothing shows; where it has to be chosen by name, `needed` says so.
    """
    errors, wanted = [], []
    asked = news(key)
    for value in asked:
        try:
            wanted.append(value if value in options else resolve(value))
        except (CoreError, ValueError) as error:
            errors.append(error)
    if any(value not in options for value in asked):
        _repair(key, list(dict.fromkeys(wanted)) or (list(otherwise) if needed else []))
    elif key in st.session_state:
        held = [value for value in st.session_state[key] if value in options]
        if held != list(st.session_state[key]):
            _repair(key, held)
    shown = words.listed(wanted or list(otherwise))
    return [f"The link cannot be followed in full: {error}. Shown instead: {shown}." for error in errors]


def _repair(key: str, values: list[str]) -> None:
    st.session_state[key] = values
    st.session_state.setdefault(_REPAIR, {})[key] = (values, False)


def settle(key: str, default: Sequence[str] = ()) -> None:
    """After a widget whose value was repaired: make widget and address bar hold the repaired value; like Streamlit, the
    address leaves out the default.

    Streamlit 1.67 prefers the part of an address that it knows to what code put in its place, clears the rest, and does
    not write there what code chose; `st.query_params` refuses bound parameters. Its own correction of addresses can.
    """
    repaired, again = st.session_state.get(_REPAIR, {}).pop(key, (None, False))
    if repaired is None or not runtime.exists():
        return
    held = list(st.session_state[key])
    if held != repaired and not again:
        ask_for(**{key: repaired})
        st.session_state[_REPAIR][key] = (repaired, True)
        st.session_state[_ASKED] = {
            key: st.session_state[_ASKED].get(key, [])
        }  # the rest is still to be read, and said
        st.rerun()
    with get_session_state().query_params() as address:
        if held != list(default):
            address.set_corrected_value(key, held, "string_array_value")
        else:
            address.remove_param(key)


def follow(key: str, default) -> None:
    """After a widget of one value: the address follows a value that code chose before the widget was drawn, as a click
    on a table's row does, which Streamlit leaves out of it."""
    value = st.session_state[key]
    if runtime.exists() and value != default and st.query_params.get(key) != str(value):
        with get_session_state().query_params() as address:
            address.set_corrected_value(key, value, "int_value" if isinstance(value, int) else "string_value")


def network_picker(options: Sequence[str]) -> tuple[str, list[str]]:
    problems = one_of(NETWORK, options, FIRST[NETWORK], "network")
    help = "Embedded networks, your own from the settings file, and torchvision's. Type to search."
    index = options.index(FIRST[NETWORK])
    return st.selectbox("Network", options, index=index, key=NETWORK, bind="query-params", help=help), problems


def probe_picker(options: Sequence[str]) -> tuple[str, list[str]]:
    problems = one_of(PROBE, options, FIRST[PROBE], "probe")
    help = "The pictures to choose from, with their annotations."
    index = options.index(FIRST[PROBE])
    name = st.selectbox(
        "Probe", options, index=index, key=PROBE, bind="query-params", help=help, on_change=_forget_picture
    )
    return name, problems


def _forget_picture() -> None:
    if ":" not in str(st.session_state.get(PICTURE, "")):
        ask_for(**{PICTURE: ""})


def picture_field() -> str:
    """The picture's key, typed or set by the gallery; '' where the probe's first picture is meant."""
    help = "The number of a picture of the probe, 'sample:' and a photograph's name, or an upload's key."
    return st.text_input(
        "Picture", key=PICTURE, bind="query-params", help=help, placeholder="the probe's first"
    ).strip()


def class_picker(network, names: Sequence[str], chances: np.ndarray) -> tuple[tuple[int, ...], list[str]]:
    """Any classes by part of their name; without a choice the most probable one."""
    best = int(chances.argmax())

    problems = several_of(CLASS, names, lambda text: names[network.class_index(text)], [names[best]])
    chosen = st.multiselect(
        "Class",
        names,
        key=CLASS,
        bind="query-params",
        placeholder=f"{names[best]}, the most probable",
        help="Type part of a name. Without a choice the most probable class of each picture is explained.",
        max_selections=6,
    )
    settle(CLASS)
    index = {name: number for number, name in enumerate(names)}
    return tuple(index[name] for name in chosen) or (best,), problems


def layer_picker(network) -> tuple[tuple, list[str]]:
    """Any layers by part of name, kind, shape or receptive field; without a choice the default one."""
    labels = {words.layer_name(layer): layer for layer in network.layers if layer.spatial}
    default = words.layer_name(network.default_layer)
    problems = several_of(LAYER, tuple(labels), lambda text: _spatial_label(network, labels, text), [default])
    chosen = st.multiselect(
        "Layer",
        tuple(labels),
        key=LAYER,
        bind="query-params",
        placeholder=default,
        help="Name, kind, channels x height x width, and how many pixels of the input one position sees. "
        f"Without a choice: {network.default_reason}.",
        max_selections=6,
    )
    settle(LAYER)
    return tuple(labels[label] for label in chosen) or (network.default_layer,), problems


def _spatial_label(network, labels: Mapping[str, object], text: str) -> str:
    layer = network.layer(text.split(",")[0])
    label = words.layer_name(layer)
    if label not in labels:
        raise ValueError(f"layer '{layer.name}' has no spatial extent")
    return label


def _no_option(what: str, text: str, options: Sequence[str]) -> str:
    raise UnknownName(f"no {what} '{text}'{near(text, options)}")


def add_class(name: str, shown: Sequence[str]) -> None:
    """A click on a bar: the class joins what is shown, or leaves it."""
    chosen = list(st.session_state.get(CLASS, [])) or list(shown)
    ask_for(**{CLASS: [other for other in chosen if other != name] if name in chosen else [*chosen, name]})


def method_picker(options: Mapping[str, str], default: Sequence[str]) -> list[str]:
    """`options`: {name: title}. Titles are what the link carries."""
    titles = list(options.values())
    first = [options[name] for name in default]
    notices(several_of(METHODS, titles, lambda text: _no_option("method", text, titles), first, True))
    chosen = st.pills("Methods", titles, selection_mode="multi", default=first, key=METHODS, bind="query-params")
    settle(METHODS, first)
    return [name for name, title in options.items() if title in chosen]


def look_picker(scale: bool = True) -> tuple[Look, bool]:
    """Opacity, colours, threshold, box, scale in one row that wraps.  -> the look, and whether one scale is shared"""
    notices(one_of(COLOURS, colouring.NAMES, colouring.NAMES[0], "colour map"))
    notices(one_of(SCALE, (OWN, SHARED_SCALE), OWN, "scale"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        opacity = st.slider("Opacity", 0, 100, 65, 5, key=OPACITY, bind="query-params", width=130, format="%d %%")
        threshold = st.slider(
            "Threshold", 0, 90, 0, 5, key=THRESHOLD, bind="query-params", width=130, format="%d %%",
            help="Hide what is below this share of the scale's end. The box surrounds the largest region above it "
            "(above 15 % where this is 0, as in the Grad-CAM paper).",
        )  # fmt: skip
        colours = st.selectbox(
            "Colours", colouring.NAMES, key=COLOURS, bind="query-params", width=150,
            help="The first four are perceptually uniform and safe for colour-blind people. "
            "Signed maps are drawn blue to orange around zero.",
        )  # fmt: skip
        shared = OWN
        if scale:
            shared = st.segmented_control(
                "Scale", (OWN, SHARED_SCALE), default=OWN, key=SCALE, bind="query-params", required=True,
                help="On one scale, maps of the same method can be compared by brightness.",
            )  # fmt: skip
        box = st.toggle("Box", key=BOX, bind="query-params", help="Around the largest region of each map.")
    return Look(colours, opacity / 100, threshold / 100, box), shared == SHARED_SCALE


def curves_switch(default: bool) -> bool:
    help = "Insertion and deletion under each map: how the probability follows the map's order of pixels."
    return st.toggle("Faithfulness", default, key=CURVES, bind="query-params", help=help)


def look_parameters() -> dict[str, str | list[str]]:
    """What the page's own widgets hold, as a link spells it."""
    found = {}
    for key in PAGES_OWN:
        value = st.session_state.get(key)
        if value is not None:
            found[key] = [str(v) for v in value] if isinstance(value, list | tuple) else str(value)
            if isinstance(value, bool):
                found[key] = str(value).lower()
    return found


def link(parameters: Mapping[str, str | Iterable[str]]) -> str:
    """The address of the page as it is, every value spelled out."""
    parts = urlsplit(st.context.url or "http://localhost:8501/")
    return f"{parts.scheme}://{parts.netloc}{parts.path or '/'}?{urlencode(parameters, doseq=True)}"


def arrive(shared, here: Here | None) -> None:
    """Hand the frame's choices to the page that runs next."""
    st.session_state[_HERE] = (shared, here)


def here() -> Here:
    """What the page works on; the frame has made sure that it is there."""
    return st.session_state[_HERE][1]


def shared():
    """The sidebar's choices, for pages that live without a picture or a network."""
    return st.session_state[_HERE][0]


def one_method_picker(options: Mapping[str, str]) -> str:
    """A single method, for pages that compare something else."""
    titles = list(options.values())
    notices(one_of(METHOD, titles, titles[0], "method"))
    title = st.segmented_control("Method", titles, key=METHOD, bind="query-params", required=True, default=titles[0])
    return next((name for name, other in options.items() if other == title), next(iter(options)))


def kind_picker(kinds: Sequence[str]) -> list[str]:
    """Which kinds of layers are shown: all, unless the person leaves some out."""
    notices(several_of(KIND, kinds, lambda text: _no_option("kind of layer", text, kinds), kinds, True))
    chosen = st.pills("Layers", kinds, selection_mode="multi", default=kinds, key=KIND, bind="query-params")
    settle(KIND, kinds)
    return list(chosen)


def stage_picker(kinds: Sequence[str], default: Sequence[str]) -> list[str]:
    """Which kinds of layers stand in the rows of CHIP and Grad-CAM."""
    notices(several_of(THROUGH, kinds, lambda text: _no_option("kind of layer", text, kinds), default, True))
    chosen = st.pills("Layers", kinds, selection_mode="multi", default=default, key=THROUGH, bind="query-params")
    settle(THROUGH, default)
    return list(chosen)


def five_switch() -> bool:
    help = "Only LIME's five strongest superpixels for the class, as the papers show it. Its curves stay those of all."
    return st.toggle("LIME: top 5", key=FIVE, bind="query-params", help=help)


def raw_switch() -> bool:
    help = "The map at the layer's own resolution, each value a square, without the picture."
    return st.toggle("Raw values", key=RAW, bind="query-params", help=help)


def section_picker(names: Sequence[str]) -> str:
    """Which section of a page is shown; only that one runs."""
    notices(one_of(SECTION, names, names[0], "section"))
    return st.segmented_control(
        "Section", names, key=SECTION, bind="query-params", required=True, label_visibility="collapsed",
        default=names[0],
    ) or names[0]  # fmt: skip


def lambda_picker(options: Sequence[str], default: str) -> int:
    """How sparse the importances are: a place on the path of lambda, by its label."""
    notices(one_of(LAMBDA, options, default, "λ"))
    chosen = st.select_slider(
        "λ, as a share of the smallest that leaves no channel", options, value=default, key=LAMBDA, bind="query-params",
        help="To the left fewer channels are kept. The one shown first is the sparsest whose prediction of held-out "
        "gates is within 0.01 of the best.", width=320,
    )  # fmt: skip
    return list(options).index(chosen)


def top_slider(most: int, default: int = 10) -> int:
    """How many of a class's most important channels count."""
    if TOP in st.session_state:  # said again: a slider that ends elsewhere is another widget, which would begin anew
        st.session_state[TOP] = min(st.session_state[TOP], most)
    help = "The channels of the largest positive importance for the class. The paper counts ten."
    return st.slider("Top channels", 1, most, min(default, most), key=TOP, bind="query-params", width=220, help=help)


def order_picker(names: Sequence[str]) -> str:
    notices(one_of(ORDER, names, names[0], "order"))
    help = "By likeness, classes that stand on the same channels are neighbours."
    return st.segmented_control(
        "Classes", names, default=names[0], key=ORDER, bind="query-params", required=True, help=help
    )


def grouped_switch() -> bool:
    help = "Each channel under the class that it matters most to, instead of by its index."
    return st.toggle("Group the channels", True, key=GROUPED, bind="query-params", help=help)


def pictures_picker(options: Sequence[str], default: str | None = None) -> str:
    """How much of a split is looked at; the first option unless another is the default."""
    default = default or options[0]
    notices(one_of(PICTURES, options, default, "number of pictures"))
    return st.segmented_control(
        "Pictures", options, default=default, key=PICTURES, bind="query-params", required=True,
        help="Evenly spread over the classes. More pictures narrow the intervals and take longer.",
    )  # fmt: skip


def figure_picker() -> str:
    """What is drawn of a map to find an object: boxes or regions."""
    names = (BOXES, REGIONS)
    notices(one_of(FIGURE, names, names[0], "figure"))
    return st.segmented_control(
        "Shown", names, default=names[0], key=FIGURE, bind="query-params", required=True,
        help="The largest region's box, or the whole region over the threshold.",
    )  # fmt: skip


def pair_picker(options: Mapping[str, str], first: str, second: str) -> tuple[str, str]:
    """Two methods to be compared, the one that is to win first. `options`: {name: title}"""
    titles, chosen = list(options.values()), []
    for key, label, name in ((WINNER, "Where this method", first), (LOSER, "wins over", second)):
        notices(one_of(key, titles, options[name], "method"))
        place = titles.index(options[name])
        chosen.append(st.selectbox(label, titles, index=place, key=key, bind="query-params", width=220))
    names = {title: name for name, title in options.items()}
    return names[chosen[0]], names[chosen[1]]


def split_picker(names: Sequence[str], default: str) -> str:
    notices(one_of(SPLIT, names, default, "split"))
    index = names.index(default)
    return st.selectbox("Split", names, index=index, key=SPLIT, bind="query-params", width=220)


def category_picker(names: Sequence[str]) -> str:
    default = "part" if "part" in names else names[0]
    notices(one_of(CATEGORY, names, default, "category"))
    return st.segmented_control(
        "Masks by category",
        names,
        key=CATEGORY,
        bind="query-params",
        required=True,
        wrap=True,
        default=default,
    )


def concept_picker(category: str, names: Sequence[str]) -> list[str]:
    """Which masks are switched on, by hand; none at first, of parts the first three."""
    if not names:
        st.caption(f"No {category} is marked in this picture.")
        return []
    first = list(names[:3]) if category == "part" else list(names[:1])
    return st.pills("In this picture, largest first", names, selection_mode="multi", default=first, wrap=True)
