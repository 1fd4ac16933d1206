"""The dashboard in-process, on the tiny Menagerie and the untrained network, with a cache folder of its own."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests import listing

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """One cache folder for a file of tests."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHANNELSCOPE_CACHE", str(folder))
        st.cache_resource.clear()
        st.cache_data.clear()
        yield folder


@pytest.fixture(scope="module")
def named(cache):
    """`named(file)`: the network that a file beside this one makes, by the name 'small', for a file of tests."""
    with pytest.MonkeyPatch.context() as patch:

        def name(file: str) -> None:
            patch.setenv("CHANNELSCOPE_SETTINGS", str(listing.write(cache, file)))

        yield name


@pytest.fixture
def opened(cache):
    """`opened(page, **parameters)`: the page after its first run, as a link opens it."""

    def open_page(page: str = "picture", **parameters) -> AppTest:
        app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60)
        for key, value in {"network": "menagerie-untrained", "probe": "menagerie-tiny", **parameters}.items():
            app.query_params[key] = value
        if page != "picture":
            app.switch_page(f"app_pages/{page}.py")
        return app.run()

    return open_page


@pytest.fixture
def words_of():
    """Everything a page says, as one text."""

    def collect(app: AppTest) -> str:
        kinds = (app.markdown, app.caption, app.info, app.warning, app.error, app.success, app.title)
        return "\n".join(str(element.value) for kind in kinds for element in kind)

    return collect


@pytest.fixture
def fine():
    """The page itself, once it is sure that nothing failed on it."""

    def check(app: AppTest) -> AppTest:
        assert not app.exception
        assert not [error.value for error in app.error]
        return app

    return check
