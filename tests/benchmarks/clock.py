"""How long a page takes to answer, in a browser: from a press or a letter to the last frame that changes."""

import numpy as np

# Starts the clock at the next press or letter and stops it when every concerned picture has another source and is there
# and the script has run and rests: at the first frame of the 200 ms in which this stayed so, as between the answer's
# first message and its run the page rests too. `concerns` is a pattern of alternative texts; where it is empty,
# pictures may stay as they are, but nothing may be of an earlier run. (An empty map has no curves: the number of
# pictures may change.)
CLOCK = """concerns => {
    const pictures = () => [...document.querySelectorAll('[data-testid="stMain"] [data-testid="stImage"] img')]
        .filter(one => new RegExp(concerns).test(one.alt));
    const before = new Set(pictures().map(one => one.src)), sent = window.sent;
    const app = document.querySelector('[data-testid="stApp"]');
    window.took = null;
    let begun = false;
    const begin = () => {
        if (begun) return;
        begun = true;
        const start = performance.now();
        let since = null;
        const look = () => {
            const now = pictures();
            const answered = window.sent > sent && window.answers > window.answersBefore;
            const changed = concerns ? now.length > 0 && now.every(one => !before.has(one.src))
                : !document.querySelector('[data-stale="true"], [data-testid="stSkeleton"]');
            const rests = answered && app.dataset.testScriptState === 'notRunning' && changed
                && now.every(one => one.complete && one.naturalWidth > 0);
            if (!rests) since = null;
            else since ??= performance.now();
            if (rests && performance.now() - since > 200) window.took = since - start;
            else if (performance.now() - start < 15000) requestAnimationFrame(look);
            else window.took = Infinity;
        };
        requestAnimationFrame(look);
    };
    for (const kind of ['pointerdown', 'input']) window.addEventListener(kind, begin, {capture: true, once: true});
}"""


def press(view, element, concerns: str, **where) -> float:
    """Seconds from a press on the element until the page shows the answer."""
    view.page.evaluate(CLOCK, concerns)
    element.click(**where)
    return took(view)


def took(view) -> float:
    view.page.wait_for_function("window.took !== null")
    return view.page.evaluate("window.took") / 1000


def choose(view, label: str, typed: str, concerns: str) -> float:
    """The same for an option of a multiselect that was empty before; it is empty again after."""
    seconds = press(view, view.option(label, typed), concerns)
    view.page.keyboard.press("Escape")
    view.settle()
    view.unpick(label)
    return seconds


def radio(view, name: str, concerns: str = "") -> float:
    return press(view, view.page.get_by_role("radio", name=name, exact=True), concerns)


def pick(view, typed: str, concerns: str = "") -> float:
    """An option of the field 'Concept', which holds another."""
    return press(view, view.option("Concept", typed), concerns)


def type_in(view, label: str, text: str) -> float:
    """A number in a field: the clock starts at a press elsewhere, which leaves the field."""
    view.page.get_by_role("spinbutton", name=label).fill(text)
    return press(view, view.page.get_by_role("heading", level=1), "")


def write(view, text: str) -> float:
    """A sum that is pasted, which the field sends when nothing more comes for a while."""
    view.page.evaluate(CLOCK, "")
    view.page.get_by_role("textbox", name="Concepts to add and subtract").fill(text)
    return took(view)


def table(title: str, times: dict[str, list[float]]) -> dict[str, tuple[float, float]]:
    """Print and return median and 95th percentile of each row, in seconds."""
    found = {name: tuple(np.quantile(values, [0.5, 0.95])) for name, values in times.items()}
    print(f"\n{title}\n{'changed':>10} {'n':>4} {'median':>8} {'p95':>8} {'longest':>8}")
    for name, (median, high) in found.items():
        values = times[name]
        print(f"{name:>10} {len(values):>4} {median:>7.3f}s {high:>7.3f}s {max(values):>7.3f}s")
    return found


def soon(view, title: str, times: dict[str, list[float]], limit: float, warm: int) -> None:
    """Print the table without the first `warm` of each row; nothing went wrong, and every median is below the limit."""
    found = table(title, {name: some[warm:] for name, some in times.items()})
    assert view.faults() == []
    assert {name: median for name, (median, _) in found.items() if median >= limit} == {}
