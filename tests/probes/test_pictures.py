"""Single pictures from any file: every format and mode a person may have, and every way to be broken."""

import struct
import time
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core import pictures
from core.errors import BadImage, UnknownName
from core.pictures import SAMPLES, decode, keep_upload, open_file, open_picture
from core.probes.menagerie.world import World


def file_of(image, kind="PNG", **options):
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def gradient():
    rows, columns = np.mgrid[:40, :60]
    return np.stack([columns * 4, rows * 6, 0 * rows + 90], 2).astype(np.uint8)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize(("kind", "options", "tolerance"), [
    ("PNG", {}, 0),
    ("BMP", {}, 0),
    ("TIFF", {}, 0),
    ("WEBP", {"lossless": True}, 0),
    ("JPEG", {"quality": 95}, 12),
    ("WEBP", {"quality": 95}, 16),
])  # fmt: skip
def test_formats(kind, options, tolerance):
    image = decode(file_of(Image.fromarray(gradient()), kind, **options))
    assert image.dtype == np.uint8
    assert np.abs(image.astype(int) - gradient()).max() <= tolerance


def test_alpha_is_laid_on_white():
    colour = np.dstack([gradient(), np.full((40, 60), 0, np.uint8)])
    colour[:20, :, 3] = 255
    colour[30:, :, 3] = 128
    image = decode(file_of(Image.fromarray(colour, "RGBA")))
    np.testing.assert_array_equal(image[:20], gradient()[:20])
    assert (image[20:30] == 255).all()
    half = (gradient()[30:].astype(float) * 128 + 255 * 127) / 255
    assert np.abs(image[30:] - half).max() <= 1.01


def test_grey_with_alpha_and_palette_with_transparency():
    grey = Image.fromarray(np.full((4, 4), 100, np.uint8)).convert("LA")
    grey.putalpha(0)
    assert (decode(file_of(grey)) == 255).all()
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([0, 0, 0, 250, 10, 20] + [0] * 762)
    np.testing.assert_array_equal(decode(file_of(palette))[0, 0], (250, 10, 20))
    palette.putpixel((0, 0), 0)
    image = decode(file_of(palette, transparency=0))
    np.testing.assert_array_equal(image[0, 0], (255, 255, 255))
    np.testing.assert_array_equal(image[1, 1], (250, 10, 20))


def test_grey_one_bit_and_cmyk():
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(decode(file_of(Image.fromarray(grey)))[..., 1], grey)
    assert set(np.unique(decode(file_of(Image.fromarray(grey > 128))))) == {0, 255}
    cmyk = decode(file_of(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=95))
    assert cmyk[..., 0].min() > 200
    assert cmyk[..., 1:].max() < 60


def test_sixteen_bits_keep_their_brightness():
    deep = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    for kind in ("PNG", "TIFF"):
        image = decode(file_of(Image.fromarray(deep), kind))
        assert np.abs(image[..., 0].astype(int) - np.arange(256).reshape(16, 16)).max() <= 1, kind
    dark = decode(file_of(Image.fromarray(np.full((4, 4), 1000, np.uint16)), "PNG"))
    assert dark.max() < 6, "not stretched"
    floats = Image.fromarray(np.linspace(0, 1, 16, dtype=np.float32).reshape(4, 4))
    assert decode(file_of(floats, "TIFF"))[..., 2].max() == 255


def sixteen_bit_colour(width, height):
    """A PNG of 16 bits a channel, which Pillow reads and does not write."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    row = b"\0" + struct.pack(">3H", 65535, 32768, 0) * width
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b"")
    )


def test_sixteen_bit_colour():
    image = decode(sixteen_bit_colour(3, 2))
    assert image.shape == (2, 3, 3)
    np.testing.assert_array_equal(image[0, 0], (255, 128, 0))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honoured(orientation):
    upright = np.zeros((20, 30, 3), np.uint8)
    upright[:10, :15] = (255, 0, 0)
    upright[:10, 15:] = (0, 255, 0)
    upright[10:, :15] = (0, 0, 255)
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # what undoes the rotation that a viewer applies
    stored = Image.fromarray(upright)
    if orientation > 1:
        stored = stored.transpose(Image.Transpose(back[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    np.testing.assert_array_equal(decode(file_of(stored, "PNG", exif=exif)), upright)


def test_animations_give_their_first_frame():
    frames = [Image.new("RGB", (9, 9), colour) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    for kind, options in (("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {}), ("TIFF", {})):
        image = decode(file_of(frames[0], kind, save_all=True, append_images=frames[1:], **options))
        np.testing.assert_array_equal(image[4, 4], (255, 0, 0), kind)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_truncated_files_are_one_sentence(kind, share):
    noise = np.random.default_rng(0).integers(0, 255, (60, 60, 3), dtype=np.uint8)
    data = file_of(Image.fromarray(noise), kind)
    with pytest.raises(BadImage) as told:
        decode(data[: int(share * len(data))])
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 200


@pytest.mark.parametrize("data", [
    b"",
    b"hello, this is a text file",
    b"%PDF-1.4 something",
    b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    b"\x89PNG\r\n\x1a\n" + b"\0" * 64,
    b"BM" + b"\xff" * 60,
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
])  # fmt: skip
def test_what_is_no_picture_is_one_sentence(data):
    with pytest.raises(BadImage) as told:
        decode(data)
    assert "\n" not in str(told.value)


def test_a_flipped_byte_in_a_png_is_found():
    data = bytearray(file_of(Image.fromarray(gradient())))
    data[len(data) // 2] ^= 255
    with pytest.raises(BadImage, match="damaged"):
        decode(bytes(data))


def bomb(width, height):
    """A tiny PNG that claims to be huge."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    crc = struct.pack(">I", zlib.crc32(b"IHDR" + head))
    body = zlib.compress(b"\0" * 64)
    data = struct.pack(">I", len(body)) + b"IDAT" + body + struct.pack(">I", zlib.crc32(b"IDAT" + body))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + crc + data


@pytest.mark.parametrize(("width", "height"), [(10000, 5001), (60000, 60000), (2**31 - 1, 2**31 - 1)])
def test_more_than_50_megapixels_are_refused_before_decoding(width, height):
    start = time.monotonic()
    with pytest.raises(BadImage, match="50"):
        decode(bomb(width, height))
    assert time.monotonic() - start < 0.5


def test_one_pixel_and_48_megapixels():
    assert decode(file_of(Image.new("RGB", (1, 1), (1, 2, 3)))).tolist() == [[[1, 2, 3]]]
    large = keep_upload(file_of(Image.new("RGB", (8000, 6000), (9, 99, 199)), "JPEG"))
    assert large.image.shape == (1536, 2048, 3)
    assert keep_upload(file_of(Image.new("RGB", (1, 1)))).image.shape == (1, 1, 3)
    thin = keep_upload(file_of(Image.new("RGB", (9000, 1))))
    assert thin.image.shape == (1, 2048, 3)


def test_an_upload_is_kept_by_content_and_opens_again():
    data = file_of(Image.fromarray(gradient()), "BMP")
    first, again = keep_upload(data), keep_upload(data)
    assert first.key == again.key
    opened = open_picture(first.key)
    np.testing.assert_array_equal(opened.image, gradient())
    assert opened.subject == first.subject
    assert opened.subject.startswith("image:")
    assert keep_upload(file_of(Image.new("RGB", (3, 3)))).key != first.key


def test_what_is_kept_has_no_place_or_camera(tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "Secret camera"
    keep_upload(file_of(Image.fromarray(gradient()), "JPEG", exif=exif))
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert kept
    assert not any(b"Secret camera" in path.read_bytes() for path in kept)


@pytest.mark.parametrize("key", [
    "upload:" + "0" * 64,
    "upload:../../etc/passwd",
    "sample:astronauts",
    "99999999",
    "nonsense",
    "",
])  # fmt: skip
def test_keys_of_nothing_are_said(key):
    with pytest.raises(UnknownName) as told:
        open_picture(key, World("menagerie-tiny"))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_sample_photographs_come_without_a_download(sample, monkeypatch):
    monkeypatch.setattr("socket.socket.connect", None)
    picture = open_picture(f"sample:{sample.name}")
    assert picture.image.dtype == np.uint8
    assert picture.image.ndim == 3
    assert picture.image.shape[2] == 3
    assert min(picture.image.shape[:2]) > 200
    assert picture.alt
    assert picture.credit


def test_a_probes_picture_knows_its_label_and_subject():
    probe = World("menagerie-tiny")
    picture = open_picture("2", probe)
    assert picture.label == "donkey"
    assert picture.subject == f"probe:{probe.fingerprint}:2"
    assert "donkey" in picture.alt
    np.testing.assert_array_equal(picture.image, probe.image(2))


def test_a_file_opens_at_its_own_size_and_says_its_name(tmp_path):
    path = tmp_path / "Bär.png"
    path.write_bytes(file_of(Image.new("RGB", (3000, 10))))
    assert open_file(path).image.shape == (10, 3000, 3)
    path.write_bytes(b"no")
    with pytest.raises(BadImage, match="Bär"):
        open_file(path)
    with pytest.raises(BadImage, match="cannot be read"):
        open_file(tmp_path / "missing.png")
    assert pictures.LARGEST == 50_000_000


@pytest.mark.parametrize(("mode", "values"), [
    ("L", np.array([[0, 3], [7, 255]], np.uint8)),
    ("P", np.array([[0, 3], [7, 255]], np.uint8)),
    ("I;16", np.array([[0, 3], [700, 65_535]], np.uint16)),
    ("1", np.array([[False, True], [True, True]])),
])  # fmt: skip
def test_values_are_those_that_the_file_holds(mode, values):
    image = Image.fromarray(values)
    if mode == "P":
        image.putpalette([i * 37 % 256 for i in range(768)])
    assert image.mode == mode
    np.testing.assert_array_equal(pictures.decode_values(file_of(image)), values)


def test_values_of_a_picture_in_colours_are_its_channels():
    np.testing.assert_array_equal(pictures.decode_values(file_of(Image.fromarray(gradient()))), gradient())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_size_is_that_of_the_picture_upright(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = file_of(Image.fromarray(gradient()), "JPEG", exif=exif)
    assert pictures.size_of(data) == decode(data).shape[:2]


def test_values_and_size_of_what_is_no_picture_or_too_large_are_refused():
    large = file_of(Image.new("L", (8_000, 7_000)))
    for read in (pictures.decode_values, pictures.size_of):
        with pytest.raises(BadImage, match="megapixels"):
            read(large)
        with pytest.raises(BadImage, match="no picture"):
            read(b"nothing of the kind")
    with pytest.raises(BadImage, match="damaged"):
        pictures.decode_values(file_of(Image.fromarray(gradient()))[:80])
