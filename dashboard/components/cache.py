"""The Cache page: size, verification, and pruning after a question."""

import streamlit as st

from core.errors import StoreError
from dashboard.components.saying import sentence
from dashboard.views import words

DAY = 86400
COLUMNS = {
    "of": st.column_config.TextColumn(width="large"),
    "kB": st.column_config.NumberColumn(format="%.1f"),
    "last used": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm", help="Coordinated universal time"),
}


def summary(store, items) -> None:
    st.caption(f"In `{store.folder}`; the environment variable `CHANNELSCOPE_CACHE` moves it.")
    with st.container(horizontal=True, gap="large"):
        st.metric("Kept", f"{len(items):,}", width="content")
        st.metric("Size", words.size(sum(item.size for item in items)), width="content")


def verify(store) -> None:
    """Read everything again and compare with its checksum."""
    if not st.button("Verify", icon=":material/verified:", help="Reads everything again and compares the checksums."):
        return
    with st.spinner("Reading everything again"):
        report = store.verify()
    if not report.damaged:
        st.success(f"All {report.sound} are sound.", icon=":material/check:")
        return
    lines = "\n".join(f"- `{damage.path.name}`: {damage.reason}" for damage in report.damaged)
    st.warning(f"{len(report.damaged)} damaged, set aside; they are computed again when asked for.\n\n{lines}")


def prune(store) -> None:
    """Remove what was not used for some time, or everything, after a confirmation."""
    with st.popover("Prune", icon=":material/delete:"):
        ages = {"not used for 30 days": 30 * DAY, "not used for a week": 7 * DAY, "everything": None}
        which = st.radio("Remove what was", list(ages))
        if which == "everything":
            st.caption("Uploaded pictures and checkpoints go too: links to them stop working.")
        sure = st.checkbox("Yes, remove it")
        if st.button("Remove", disabled=not sure, type="primary"):
            _remove(store, ages[which])


def _remove(store, age: float | None) -> None:
    try:
        removed = store.prune(older_than=age, everything=age is None)
    except StoreError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    st.toast(f"Removed {len(removed)}, {words.size(sum(item.size for item in removed))}.")
    st.rerun()
