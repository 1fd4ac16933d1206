"""What the pages of the group Explainer share: a network's explainer and what it does on pictures, or what to do for
it."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.engine.parts import IMAGES, SEEN, Explained, apart, taken
from core.errors import NotDefined
from core.measures.part_places import Annotated
from core.methods.explainer.looking import Looked
from core.methods.explainer.training import Diverged, Settings
from dashboard import ask_parts
from dashboard.components.maps import theme
from dashboard.components.saying import sentence
from dashboard.components.working import Working
from dashboard.selection import Here
from dashboard.views import training, words

CHART = {"displayModeBar": False}
_FAILED = "_diverged"  # trainings that ran away in this session: what they were of, and the error


@dataclass(frozen=True)
class Seen:
    """What is known of an explainer on a probe's pictures; `marked` is None where the probe marks no landmarks."""

    looked: Looked
    marked: Annotated | None


def explained(here: Here, settings: Settings | None = None) -> Explained | None:
    """The network's explainer, with these settings or the usual ones; while there is none, what it takes, and a button;
    where a training ran away, its curve and a slower one."""
    try:
        performer = ask_parts.performer(here.network)
    except NotDefined as error:
        st.info(
            f"{sentence(error)} Choose menagerie-plain, or an AlexNet or VGG of torchvision.",
            icon=":material/block:",
        )
        return None
    found = ask_parts.explained(here.network, here.probe, settings)
    if found is None:
        wanted, failed = settings or ask_parts.usual(here.probe)[0], _failed(here)
        if settings is None and failed:
            wanted = _after(here, failed) or wanted
        _run_away(failed.get(settings or _latest(failed)))
        pictures = taken(here.probe, "train", IMAGES)
        st.caption(
            f"Needs an explainer: a network of its own, trained once on what {performer.target.name} of "
            f"{here.network.title} emits for {pictures:,} pictures of {here.probe.title}, in some minutes, and kept. "
            "Stopped, it goes on from its last epoch."
        )
        label = f"Train at rate {wanted.rate:g}" if failed else "Train"
        if st.button(label, key=f"explain-{wanted.rate:g}", icon=":material/play_arrow:"):
            _train(here, wanted)
            st.rerun()
    return found


def _train(here: Here, settings: Settings) -> None:
    """With its losses drawn while it runs; then looked at, so that the page opens."""
    with Working("explainer") as progress:
        place = st.empty()

        def watch(history: np.ndarray) -> None:
            alt = f"Training, {training.told(history)}"
            place.plotly_chart(training.losses(history, theme()), config=CHART, alt=alt, key=f"watch-{len(history)}")

        try:
            found = ask_parts.train(here.network, here.probe, settings, progress, watch)
        except Diverged as error:
            _failed(here)[settings] = error
        else:
            _look(here, found, progress)
        place.empty()


def seen(here: Here, found: Explained) -> Seen | None:
    """What the explainer and its performer do on the probe's test pictures; while it is not known, what it takes, and a
    button."""
    looked = ask_parts.looked(here.network, here.probe, found)
    marked = ask_parts.marked(here.network, here.probe)
    if looked is not None and (marked is not None or not ask_parts.has_marks(here.probe)):
        return Seen(looked, marked)
    st.caption(
        f"The explainer is there. Needs to see what its filters do on {taken(here.probe, 'test', SEEN):,} pictures of "
        f"{here.probe.title}: a minute or two, once, and kept."
    )
    if st.button("Compute", key="look", icon=":material/play_arrow:"):
        with Working("looking") as progress:
            _look(here, found, progress)
        st.rerun()
    return None


def _look(here: Here, found: Explained, progress: Working) -> None:
    ask_parts.looked(here.network, here.probe, found, progress)
    ask_parts.marked(here.network, here.probe, progress)


def _failed(here: Here) -> dict[Settings, Diverged]:
    """This session's trainings for a network and probe that ran away."""
    held = st.session_state.setdefault(_FAILED, {})
    return held.setdefault((here.network.fingerprint, here.probe.fingerprint), {})


def _latest(failed: dict[Settings, Diverged]) -> Settings | None:
    return next(reversed(failed), None)


def _after(here: Here, failed: dict[Settings, Diverged]) -> Settings | None:
    """The first of the usual settings that has not run away."""
    return next((one for one in ask_parts.usual(here.probe) if one not in failed), None)


def _run_away(error: Diverged | None) -> None:
    """Why there is no explainer yet: the curve, and the advice."""
    if error is None:
        return
    st.error(sentence(error), icon=":material/error:")
    if len(error.history):
        alt = f"The training that ran away: {training.told(error.history)}"
        st.plotly_chart(training.losses(error.history, theme()), config=CHART, alt=alt, key="run-away")


def origin(here: Here, found: Explained, pictures: int = 0) -> None:
    """What the page rests on, and what to know of it; on how many pictures the explainer was looked at, if it was."""
    performer = found.performer
    which = "others" if apart(here.probe) else "of them: the probe has no split 'test'"
    looked_at = f", looked at on {pictures:,} {which}" if pictures else ""
    st.caption(
        f"Explainer of {here.network.title}: reads {performer.target.name}, stands beside {performer.top.name}; "
        f"trained on {taken(here.probe, 'train', found.images):,} pictures of {here.probe.title}{looked_at}. p, the "
        f"share of the interpretable track in its encoder's output, is {words.number(found.p)}."
    )
    if found.note:
        st.caption(f":material/info: {found.note}")
