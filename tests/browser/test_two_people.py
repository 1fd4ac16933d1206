"""Two people at once, on one shared network: each gets the maps of the own picture."""

import io
from contextlib import ExitStack

import numpy as np

from core import engine
from core.networks.catalogue import open_network
from core.pictures import open_picture

NAMES = ("giraffe", "owl", "zebra")


def _expected(key: str, name: str) -> np.ndarray:
    network, picture = open_network("menagerie-plain"), open_picture(key)
    found = engine.explain(
        network, picture.image, subject=picture.subject, classes=[network.class_index(name)], layers=["conv4"],
        methods=["gradcam"],
    )  # fmt: skip
    heatmap = next(iter(found.values()))
    return heatmap.at(network.preprocessing, *picture.image.shape[:2])


def test_two_people_at_once_get_the_maps_of_their_own_pictures(server, another):
    seen = {"sample:rocket": another(server), "sample:astronaut": another(server)}
    for key, view in seen.items():
        view.open(wait=False, picture=key, layer="conv4", **{"class": "lion"})
    for view in seen.values():
        view.arrive()
    for name in NAMES:
        for view in seen.values():
            view.unpick("Class")
        options = [view.option("Class", name) for view in seen.values()]
        with ExitStack() as changes:
            for view in seen.values():
                changes.enter_context(view.change())
            for option in options:
                option.click()
            for view in seen.values():
                view.page.keyboard.press("Escape")
        for key, view in seen.items():
            assert view.faults() == []
            assert view.held("Class") == [name]
            file, data = view.download("NPY")
            assert file == f"{key.replace(':', '-')}-{name}-gradcam-conv4.npy"
            values, expected = np.load(io.BytesIO(data)), _expected(key, name)
            assert np.allclose(values, expected, rtol=1e-4, atol=1e-4 * np.nanmax(expected), equal_nan=True)
