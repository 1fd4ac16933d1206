"""The server's memory over many clicks. By hand: `python -m pytest tests/benchmarks/test_dashboard_memory.py -s`."""

WARM, CLICKS = 50, 200
NAMES = ("giraffe", "owl", "zebra", "lion", "horse", "shark", "penguin", "snake", "turtle", "wolf", "cow", "sheep")
LAYERS = ("conv1", "conv2", "conv3", "conv4")


def clicks(view):
    """Endless clicks of a person at work: next picture, a class, a layer, other opacities; each done when yielded."""
    number = 0
    while True:
        with view.change():
            view.button("chevron_right").click()
        yield
        for label, options in (("Class", NAMES), ("Layer", LAYERS)):
            view.pick(label, options[number % len(options)])
            yield
            view.unpick(label)
            yield
        view.page.get_by_role("slider", name="Opacity").focus()
        for key in ("ArrowLeft", "ArrowRight"):
            with view.change():
                view.page.keyboard.press(key)
            yield
        number += 1


def test_two_hundred_clicks_leave_the_servers_memory_as_it_was(view):
    view.open()
    work = clicks(view)
    for _ in range(WARM):
        next(work)
    sizes = [view.server.resident()]
    for _ in range(CLICKS // 20):
        for _ in range(20):
            next(work)
        sizes.append(view.server.resident())
    growth = sizes[-1] / sizes[0] - 1
    print("\nresident MB, every 20 clicks:", *(size // 2**20 for size in sizes), f"  growth {growth:+.1%}")
    assert view.faults() == []
    assert growth < 0.05
