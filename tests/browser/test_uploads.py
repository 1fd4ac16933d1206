"""Files of a person's own: a picture or a sentence, and the page lives on."""

import io
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image

TALL, WIDE = (120, 180), (180, 120)  # width, height


def scene(size=WIDE, mode="RGB") -> Image.Image:
    """Anything with structure: a ramp and a disc."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    disc = np.hypot(y - height / 2, x - width / 3) < height / 4
    values = np.stack([x * 255 // width, y * 255 // height, np.where(disc, 220, 60)], -1).astype(np.uint8)
    return Image.fromarray(values).convert(mode)


def file(image: Image.Image, kind: str, **more) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **more)
    return buffer.getvalue()


def turned() -> bytes:
    """A wide file that a camera marked as to be turned by 90 degrees."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return file(scene(WIDE), "JPEG", exif=exif)


def sixteen() -> bytes:
    values = np.asarray(scene(mode="L")).astype(np.uint16) * 257
    return file(Image.fromarray(values), "PNG")


def moving(kind: str) -> bytes:
    return file(scene(), kind, save_all=True, append_images=[scene().rotate(90 * turn) for turn in (1, 2)])


GOOD = {
    "photograph.jpg": lambda: file(scene((900, 600)), "JPEG", quality=92),
    "one.png": lambda: file(Image.new("RGB", (1, 1), (200, 30, 30)), "PNG"),
    "cmyk.jpg": lambda: file(scene(mode="CMYK"), "JPEG"),
    "sixteen.png": sixteen,
    "alpha.png": lambda: file(scene(mode="RGBA"), "PNG"),
    "palette.bmp": lambda: file(scene(mode="P"), "BMP"),
    "grey.tif": lambda: file(scene(mode="L"), "TIFF"),
    "moving.gif": lambda: moving("GIF"),
    "moving.webp": lambda: moving("WEBP"),
}
BAD = {
    "letter.png": (lambda: b"Dear reader, this is no picture.\n" * 20, "no picture that can be read"),
    "cut.jpg": (lambda: file(scene((900, 600)), "JPEG")[:4000], "damaged or cut short"),
    "empty.png": (lambda: b"", "empty"),
    "huge.png": (lambda: file(Image.new("1", (8000, 6400)), "PNG"), "at most 50"),
}


def give(view, name: str, data: bytes):
    dialog = view.choose_picture("Your file")
    dialog.locator('input[type="file"]').set_input_files({"name": name, "mimeType": "", "buffer": data})
    return dialog


def taken(view, name: str, data: bytes) -> None:
    """Upload a picture, and wait until the page shows it."""
    give(view, name, data).wait_for(state="detached")
    view.page.locator('[data-testid="stSidebar"] img[alt="an uploaded picture"]').wait_for()
    view.settle()


def shape_shown(view) -> tuple[int, int]:
    """Width and height of the sidebar's picture."""
    script = "one => [one.naturalWidth, one.naturalHeight]"
    return tuple(view.page.eval_on_selector('[data-testid="stSidebar"] [data-testid="stImage"] img', script))


@pytest.mark.parametrize("name", GOOD)
def test_a_picture_of_ones_own_is_explained(view, name):
    view.open(curves="false")
    taken(view, name, GOOD[name]())
    assert view.faults() == []
    assert parse_qs(urlsplit(view.page.url).query)["picture"][0].startswith("upload:")
    assert len(view.maps()) == 3
    assert all("an uploaded picture" in alt for alt in view.maps())


def test_a_turned_photograph_is_shown_upright(view):
    view.open(curves="false")
    taken(view, "turned.jpg", turned())
    width, height = shape_shown(view)
    assert abs(width / height - TALL[0] / TALL[1]) < 0.02
    assert view.faults() == []


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_picture_is_refused_in_a_sentence_and_the_page_lives_on(view, name):
    view.open(curves="false")
    before = view.maps()
    make, sentence = BAD[name]
    dialog = give(view, name, make())
    error = dialog.locator('[data-testid="stAlertContentError"]')
    error.wait_for()
    assert sentence in error.inner_text()
    view.page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    view.settle()
    assert view.faults() == []
    assert view.maps() == before
    view.pick("Class", "giraffe")
    assert all(" for giraffe" in alt for alt in view.maps())


def test_a_link_to_an_upload_opens_it_for_another_person(view, another, server):
    view.open(curves="false")
    taken(view, "photograph.jpg", GOOD["photograph.jpg"]())
    there = another(server)
    there.page.goto(view.link())
    there.arrive()
    assert there.files() == view.files()


def test_a_checkpoint_that_is_none_is_refused_in_a_sentence(view):
    view.open("networks", section="Your checkpoint")
    field = view.page.locator('input[type="file"]')
    field.set_input_files({"name": "weights.pth", "mimeType": "", "buffer": b"not weights at all" * 50})
    error = view.page.locator('[data-testid="stAlertContentError"]')
    error.wait_for()
    assert len(error.inner_text()) > 20
    assert view.page.locator('[data-testid="stException"]').count() == 0
    assert Path(view.server.log).read_text().count("Traceback") == 0
