"""A full disk and a read-only folder, real ones: a tmpfs in a mount namespace of its own (root ignores chmod).

Run as a script, this file is what happens inside the namespace.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.atomic import write_file
from core.errors import StoreError
from core.request import Request
from core.store import Store, find_file, keep_file

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
SMALL = {"values": np.arange(1000, dtype=np.float32)}
LARGE = {"values": np.arange(500_000, dtype=np.float32)}  # 2 MB in a file system of 1 MB


def asked(seed):
    return Request("toy", 1, "ab", "image:cd", seed=seed)


def never():
    raise AssertionError("computed again")


def remount(folder, options):
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


def fill(path):
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    assert shutil.disk_usage(path.parent).free == 0


def full(folder):
    store = Store()
    assert store.build(asked(1), lambda: SMALL).folder
    built = store.build(asked(2), lambda: LARGE)
    np.testing.assert_array_equal(built.arrays["values"], LARGE["values"])
    assert built.folder is None
    assert "is full" in built.note
    assert "nothing was lost" in built.note
    assert "prune" in built.note
    assert store.build(asked(2), never).note == store.trouble == built.note
    assert not list(folder.rglob(".tmp-*")), "what was half written is gone"
    with pytest.raises(StoreError, match="is full"):
        keep_file(bytes(2_000_000), ".png")
    sha = keep_file(b"a small picture", ".png")
    write_file(folder / "file", b"old")
    with pytest.raises(StoreError, match="is full"):
        write_file(folder / "file", bytes(2_000_000))
    assert (folder / "file").read_bytes() == b"old"

    fill(folder / "filling")
    for seed in (3, 4):  # not even room for a lock or a folder
        np.testing.assert_array_equal(store.build(asked(seed), lambda: SMALL).arrays["values"], SMALL["values"])
    np.testing.assert_array_equal(Store().build(asked(1), never).arrays["values"], SMALL["values"])
    assert find_file(sha, ".png").read_bytes() == b"a small picture"
    assert store.verify().damaged == ()
    store.prune()
    (folder / "filling").unlink()
    remount(folder, "size=16m")
    for seed in (2, 3, 4):
        assert store.build(asked(seed), never).folder
    assert store.trouble == ""
    assert store.verify().sound == 5
    fill(folder / "filling")
    assert len(store.prune(everything=True)) == 5, "space can be made on a full disk"
    assert shutil.disk_usage(folder).free > LARGE["values"].nbytes


def read_only(folder):
    store = Store()
    store.build(asked(1), lambda: SMALL)
    store.build(asked(2), lambda: SMALL)
    path = store.place(asked(2)) / "arrays.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    sha = keep_file(b"a picture", ".png")
    remount(folder, "ro")
    assert store.build(asked(1), never).folder, "what is there can be read"
    assert find_file(sha, ".png").read_bytes() == b"a picture"
    for seed in (2, 3):  # damaged, and never asked for
        built = store.build(asked(seed), lambda: SMALL)
        np.testing.assert_array_equal(built.arrays["values"], SMALL["values"])
        assert built.folder is None
        assert "cannot be written" in built.note
        assert "nothing was lost" in built.note
        assert "CHANNELSCOPE_CACHE" in built.note
    with pytest.raises(StoreError, match="cannot be written"):
        keep_file(b"another picture", ".png")
    report = store.verify()
    assert report.sound == 2, "the artefact and the upload"
    assert [damage.path for damage in report.damaged] == [store.place(asked(2))]
    store.tidy()
    with pytest.raises(StoreError, match="cannot be written"):
        store.prune(everything=True)
    remount(folder, "rw")
    assert store.build(asked(2), never).folder
    assert store.build(asked(3), never).folder


def empty_and_read_only(folder):
    remount(folder, "ro")
    store = Store()
    assert store.load(asked(1)) is None
    assert store.list() == ()
    assert store.build(asked(1), lambda: SMALL).note
    assert store.build(asked(1), never).note
    store.prune(everything=True)
    assert store.load(asked(1)) is None


@pytest.mark.parametrize("scene", ["full", "read_only", "empty_and_read_only"])
def test_nothing_is_lost(tmp_path, scene):
    if not shutil.which("unshare"):
        pytest.skip("there is no unshare here")
    trial = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)]
    if (tried := subprocess.run(trial, capture_output=True, text=True)).returncode:
        pytest.skip(f"a file system in a mount namespace of its own is not permitted here: {tried.stderr.strip()}")
    script = 'mount -t tmpfs -o size=1m tmpfs "$1" && CHANNELSCOPE_CACHE="$1" exec "$2" "$3" "$4" "$1"'
    words = ["unshare", "-m", "sh", "-c", script, "sh", str(tmp_path), sys.executable, __file__, scene]
    done = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


if __name__ == "__main__":
    {"full": full, "read_only": read_only, "empty_and_read_only": empty_and_read_only}[sys.argv[1]](Path(sys.argv[2]))
