"""A real server and a real Chromium, for the tests in browser/ and for the measurements in benchmarks/."""

import base64
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Whether the server has answered what the page sent last. The state that the page shows is not enough: the answer may
# come late, and a short run begins and ends between two frames.
LISTEN = """
Object.assign(window, {sent: 0, answers: 0, answersBefore: 0});
window.WebSocket = class extends WebSocket {
    constructor(...given) { super(...given); this.addEventListener('message', () => { window.answers += 1; }); }
    send(data) { window.sent += 1; window.answersBefore = window.answers; super.send(data); }
};
"""
ANSWERED = "before => window.sent > before && window.answers > window.answersBefore"

# The script rests, nothing on the page is of an earlier run, and every picture has decoded; so for 250 ms.
RESTS = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    const pictures = [...document.querySelectorAll('[data-testid="stImage"] img')];
    const rests = app?.dataset.testScriptState === 'notRunning'
        && document.querySelector('h1, [data-testid="stException"]')
        && !document.querySelector('[data-stale="true"], [data-testid="stSkeleton"], [data-testid="stSpinner"]')
        && pictures.every(one => one.complete && one.naturalWidth > 0);
    if (!rests) { window.restsSince = null; return false; }
    window.restsSince ??= performance.now();
    return performance.now() - window.restsSince > 250;
}"""


class Server:
    """`streamlit run` on a free port, with a cache folder of its own."""

    def __init__(self, folder: Path):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.cache, self.log = folder / "cache", folder / "server.log"
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.headless", "true"]
            + ["--server.port", str(self.port)],
            cwd=ROOT,
            env={**os.environ, "CHANNELSCOPE_CACHE": str(self.cache)},
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
        )
        while time.monotonic() < self.started + 60:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).read()
                return
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"the server did not start: {self.log.read_text()[-2000:]}")

    def resident(self) -> int:
        """The server's resident memory in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


class View:
    """A tab of one person's browser, driven in the words of the page."""

    def __init__(self, page, server: Server):
        self.page, self.server = page, server
        self.requests: list[str] = []
        page.add_init_script(LISTEN)
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, path: str = "", wait: bool = True, **parameters) -> "View":
        query = urlencode(parameters, doseq=True)
        self.page.goto(f"{self.server.url}/{path}" + (f"?{query}" if query else ""), wait_until="commit")
        if wait:
            self.arrive()
        return self

    def arrive(self) -> None:
        """Wait until a page that is being opened has run and rests."""
        self.page.wait_for_function(ANSWERED, arg=0)
        self.settle()

    @contextmanager
    def change(self) -> Iterator[None]:
        """Wait, after what is done inside, for the server's answer and until the page rests."""
        before = self.page.evaluate("window.sent")
        yield
        self.page.wait_for_function(ANSWERED, arg=before)
        self.settle()

    def settle(self, seconds: float = 60) -> None:
        """Wait until the page rests, counted from now: what an earlier wait saw does not count."""
        self.page.evaluate("window.restsSince = null")
        self.page.wait_for_function(RESTS, timeout=seconds * 1000)

    def field(self, label: str):
        """The input of a select box or multiselect."""
        return self.page.get_by_role("combobox", name=label, exact=True)

    def option(self, label: str, typed: str):
        """Open a select box or multiselect and type part of a name.  -> the option, not Streamlit's 'Select all'"""
        self.field(label).click()
        self.page.keyboard.type(typed)
        option = self.page.get_by_role("option").filter(has_text=typed, has_not_text="Select ").first
        option.wait_for()
        return option

    def pick(self, label: str, typed: str) -> None:
        """Choose in a select box or multiselect by typing part of a name and clicking on the option."""
        option = self.option(label, typed)
        with self.change():
            option.click()
            self.page.keyboard.press("Escape")

    def unpick(self, label: str) -> None:
        """Take the last choice out of a multiselect."""
        self.field(label).click()
        with self.change():
            self.page.keyboard.press("Backspace")
        self.page.keyboard.press("Escape")

    def go(self, title: str) -> None:
        """To another page, by the navigation."""
        link = self.page.locator('[data-testid="stSidebarNavLink"]').filter(
            has=self.page.get_by_text(title, exact=True)
        )
        with self.change():
            link.click()
        self.page.get_by_role("heading", name=title, level=1, exact=True).wait_for()
        self.settle()

    def button(self, text: str):
        """A button by a part of its text or its icon's name. Streamlit keeps a hidden twin of those with a help."""
        return self.page.locator('[data-testid="stButton"] button').filter(has_text=text, visible=True)

    def held(self, label: str) -> list[str]:
        """What a multiselect holds, in order."""
        widget = self.page.locator('[data-testid="stMultiSelect"]').filter(has=self.field(label))
        return widget.locator("[data-tag]").all_inner_texts()

    def alts(self) -> list[str]:
        """Alternative texts of the pictures, in the order of the page."""
        return self.page.eval_on_selector_all('[data-testid="stImage"] img', "all => all.map(one => one.alt)")

    def maps(self) -> dict[str, bytes]:
        """The maps' files by alternative text."""
        return {alt: file for alt, file in self.files().items() if " for " in alt and ", over " in alt}

    def files(self) -> dict[str, bytes]:
        """Every picture's file by its alternative text."""
        script = "all => all.map(one => [one.alt, one.src])"
        found = self.page.eval_on_selector_all('[data-testid="stImage"] img', script)
        return {alt: self._fetch(source) for alt, source in found}

    def _fetch(self, source: str) -> bytes:
        if source.startswith("data:"):
            return base64.b64decode(source.partition(";base64,")[2])
        return self.page.request.get(source).body()

    def download(self, label: str, number: int = 0) -> tuple[str, bytes]:
        """Press a download button.  -> the file's name and its bytes"""
        buttons = self.page.locator('[data-testid="stDownloadButton"] button').filter(
            has_text=re.compile(rf"{label}$"), visible=True
        )
        with self.page.expect_download() as event:
            buttons.nth(number).click()
        return event.value.suggested_filename, Path(event.value.path()).read_bytes()

    def said(self, kind: str) -> list[str]:
        """The texts of what the page says in blocks: 'Error', 'Warning', 'Info' or 'Success'."""
        texts = self.page.locator(f'[data-testid="stAlertContent{kind}"]').all_inner_texts()
        return [text.split("\n")[-1] for text in texts]

    def faults(self) -> list[str]:
        """Exceptions and error blocks on the page."""
        return self.page.locator('[data-testid="stException"]').all_inner_texts() + self.said("Error")

    def link(self) -> str:
        """What 'Copy link' offers."""
        button = self.page.locator('[data-testid="stPopover"] button').filter(has_text="Copy link")
        button.click()
        text = self.page.locator('[data-testid="stPopoverBody"] code').inner_text()
        self.page.keyboard.press("Escape")
        return text.strip()

    def choose_picture(self, kind: str):
        """Open the gallery at 'The probe', 'Your file' or 'Photographs'.  -> the dialog"""
        with self.change():
            self.button("Choose").click()
        dialog = self.page.get_by_role("dialog")
        if kind != "The probe":
            with self.change():
                dialog.get_by_text(kind, exact=True).click()
        return dialog


@pytest.fixture(scope="session")
def serve(tmp_path_factory) -> Iterator[Callable[[], Server]]:
    """A function that starts a server with an empty cache."""
    running = []

    def start() -> Server:
        running.append(Server(tmp_path_factory.mktemp("server")))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture(scope="session")
def server(serve) -> Server:
    return serve()


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not path:
        pytest.skip("no Chromium on the PATH")
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture
def another(browser):
    """A function that makes a View in a browser context of its own: another person."""
    contexts = []

    def make(server: Server, width: int = 1440, height: int = 1000, **more) -> View:
        context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True, **more)
        context.set_default_timeout(30_000)
        contexts.append(context)
        return View(context.new_page(), server)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def view(another, server) -> View:
    return another(server)
