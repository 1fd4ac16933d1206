"""What is saved is what was shown: pictures, data and figures."""

import io
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from core import engine
from core.networks.catalogue import open_network
from core.pictures import open_picture

SEEN = {"picture": "sample:coffee", "class": "zebra", "layer": "conv4", "curves": "false"}  # 400 x 600: cropped


@pytest.fixture(scope="module")
def coffee():
    """The maps that the page shows, asked of the engine in this process."""
    network, picture = open_network("menagerie-plain"), open_picture("sample:coffee")
    label = network.class_index("zebra")
    found = engine.explain(
        network, picture.image, subject=picture.subject, classes=[label], layers=["conv4"],
        methods=["gradcam", "guided-backprop", "guided-gradcam"],
    )  # fmt: skip
    height, width = picture.image.shape[:2]
    return [heatmap.at(network.preprocessing, height, width) for heatmap in found.values()]


def test_data_has_the_pictures_size_and_is_nan_where_the_network_never_looked(view, coffee):
    view.open(**SEEN)
    for number, expected in enumerate(coffee):
        name, data = view.download("NPY", number)
        values = np.load(io.BytesIO(data), allow_pickle=False)
        assert name.endswith(".npy")
        assert values.shape == (400, 600)
        assert values.dtype == np.float32
        assert np.isnan(values[:, 0]).all()
        assert np.array_equal(np.isnan(values), np.isnan(expected))
        assert np.allclose(values, expected, rtol=1e-4, atol=1e-4 * np.nanmax(np.abs(expected)), equal_nan=True)


def test_a_panel_opens_as_a_png_and_shows_what_the_page_shows(view):
    view.open(**SEEN)
    name, data = view.download("PNG")
    saved = Image.open(io.BytesIO(data))
    assert saved.format == "PNG"
    assert name == "sample-coffee-zebra-gradcam-conv4.png"
    shown = Image.open(io.BytesIO(next(iter(view.maps().values()))))
    assert abs(saved.width / saved.height - 1.5) < 0.01
    small = [np.asarray(one.convert("RGB").resize((60, 40)), np.float64) for one in (saved, shown)]
    assert np.abs(small[0] - small[1]).mean() < 4


def test_the_grid_is_a_figure(view):
    view.open(**SEEN)
    names = []
    for kind in ("PDF", "SVG"):
        name, data = view.download(kind)
        names.append(name)
        assert data.startswith(b"%PDF-") if kind == "PDF" else ElementTree.fromstring(data).tag.endswith("svg")
        assert len(data) > 20_000
    assert b"Grad-CAM" in data
    _, png = view.download("PNG", 3)
    assert Image.open(io.BytesIO(png)).width > 1000
    assert names == ["channelscope-sample-coffee-zebra.pdf", "channelscope-sample-coffee-zebra.svg"]
