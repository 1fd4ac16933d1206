"""Data and cache, Cache: what has been computed and kept."""

import streamlit as st

from core import engine
from dashboard.components import cache
from dashboard.views import tables

store = engine.store()
items = store.list()
cache.summary(store, items)
if items:
    with st.container(horizontal=True):
        cache.verify(store)
        cache.prune(store)
    table = tables.cache(items)
    st.dataframe(
        table,
        hide_index=True,
        height=tables.height(table),
        column_config=cache.COLUMNS,
        alt="What the cache holds",
    )
else:
    st.info("Nothing has been kept yet. Uploads, curves, LIME maps and confusion matrices will be listed here.")
