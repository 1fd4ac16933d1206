"""What the store promises: whole or not at all, verified, built once, and never at the cost of a result."""

import hashlib
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from core import store as store_module
from core.__main__ import main
from core.errors import Cancelled, StoreError
from core.request import Request
from core.store import ARRAYS, CHECKSUMS, REQUEST, Store, cache_folder, find_file, keep_file

ROOT = Path(__file__).parents[2]
ASKED = Request("toy", 1, "ab", "image:cd", parameters={"samples": 3})
VALUES = {"values": np.arange(12, dtype=np.float32).reshape(3, 4), "count": np.array(7, np.int64)}


def other(seed):
    return Request("toy", 1, "ab", "image:cd", seed=seed)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


def never():
    raise AssertionError("computed again")


def assert_equal(arrays, expected=VALUES):
    assert sorted(arrays) == sorted(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape


def test_a_result_is_computed_once_and_comes_back_the_same(store):
    assert store.load(ASKED) is None
    built = store.build(ASKED, lambda: VALUES)
    again = Store(store.folder).build(ASKED, never)
    assert_equal(built.arrays)
    assert_equal(again.arrays)
    assert built.folder == again.folder == store.place(ASKED)
    assert not again.note
    assert again.request == ASKED


def test_the_folder_is_readable_by_people_and_by_sha256sum(store):
    folder = store.build(ASKED, lambda: VALUES).folder
    assert Request.from_json((folder / REQUEST).read_text()) == ASKED
    assert sorted(path.name for path in folder.iterdir()) == sorted([REQUEST, ARRAYS, CHECKSUMS])
    subprocess.run(["sha256sum", "--check", "--strict", CHECKSUMS], cwd=folder, check=True, capture_output=True)


def test_the_same_arrays_give_the_same_bytes(store, tmp_path):
    first = store.build(ASKED, lambda: VALUES).folder
    second = Store(tmp_path / "second").build(ASKED, lambda: dict(reversed(VALUES.items()))).folder
    for name in (REQUEST, ARRAYS, CHECKSUMS):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_arrays_that_are_not_contiguous_are_kept_as_they_look(store):
    square = np.arange(12, dtype=np.float32).reshape(3, 4)
    given = {
        "transposed": square.T,
        "reversed": square[::-1, ::2],
        "big endian": square.astype(">f4"),
        "fortran": np.asfortranarray(square),
        "broadcast": np.broadcast_to(np.float64(2), (2, 3)),
        "scalar": np.float64(3),
        "empty": np.zeros((0, 5), bool),
        "half": square.astype(np.float16),
    }
    store.build(ASKED, lambda: given)
    kept = store.load(ASKED).arrays
    for name, array in given.items():
        np.testing.assert_array_equal(kept[name], array)
        assert kept[name].shape == np.shape(array)
        assert kept[name].dtype == array.dtype.newbyteorder("=")


def test_results_cannot_be_changed_in_place(store):
    mine = np.ones(3)
    built = store.build(ASKED, lambda: {"values": mine})
    mine[0] = 5
    assert built.arrays["values"][0] == 1
    for artefact in (built, store.load(ASKED)):
        with pytest.raises(ValueError, match="read-only"):
            artefact.arrays["values"][0] = 2


@pytest.mark.parametrize("bad", [np.array(["a"]), np.array([None]), np.array([1j])], ids=["text", "object", "complex"])
def test_only_numbers_are_kept_never_pickles(store, bad):
    with pytest.raises(TypeError, match="numbers"):
        store.build(ASKED, lambda: {"values": bad})
    assert store.load(ASKED) is None


@pytest.mark.parametrize("name", [REQUEST, ARRAYS, CHECKSUMS])
@pytest.mark.parametrize("place", [0, 0.5, 1])
def test_a_flipped_byte_is_found_reported_and_rebuilt(store, caplog, name, place):
    folder = store.build(ASKED, lambda: VALUES).folder
    data = bytearray((folder / name).read_bytes())
    data[int(place * (len(data) - 1))] ^= 1
    (folder / name).write_bytes(data)
    with caplog.at_level(logging.WARNING):
        assert store.load(ASKED) is None
    assert "damaged" in caplog.text
    assert str(folder) in caplog.text
    assert not folder.exists()
    assert_equal(store.build(ASKED, lambda: VALUES).arrays)
    assert_equal(store.load(ASKED).arrays)
    assert len(list(folder.parent.glob(".damaged-*"))) == 1


@pytest.mark.parametrize("name", [REQUEST, ARRAYS, CHECKSUMS])
@pytest.mark.parametrize("harm", ["removed", "truncated", "a folder"])
def test_other_harm_is_found_too(store, name, harm):
    folder = store.build(ASKED, lambda: VALUES).folder
    if harm == "truncated":
        (folder / name).write_bytes((folder / name).read_bytes()[:-1])
    else:
        (folder / name).unlink()
        if harm == "a folder":
            (folder / name).mkdir()
    assert_equal(store.build(ASKED, lambda: VALUES).arrays)
    assert_equal(Store(store.folder).build(ASKED, never).arrays)


def test_a_file_in_the_way_is_set_aside(store):
    place = store.place(ASKED)
    place.parent.mkdir(parents=True)
    place.write_text("not a folder")
    assert_equal(store.build(ASKED, lambda: VALUES).arrays)
    assert store.load(ASKED).folder == place


def test_another_requests_artefact_is_not_the_answer(store):
    folder = store.build(other(1), lambda: VALUES).folder
    folder.rename(store.place(ASKED))
    assert store.load(ASKED) is None
    assert store.verify().damaged == ()


def test_what_fails_or_is_cancelled_leaves_nothing(store):
    def cancelled():
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        store.build(ASKED, cancelled)
    assert store.list() == ()
    assert_equal(store.build(ASKED, lambda: VALUES).arrays)


def test_the_environment_moves_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "elsewhere"))
    assert cache_folder() == tmp_path / "elsewhere" == Store().folder
    monkeypatch.delenv("CHANNELSCOPE_CACHE")
    assert cache_folder() == ROOT / "cache"


KILLED = """
import os, sys
import numpy as np
from core import atomic
from core.request import Request
from core.store import Store

def stop(path):
    if path.name == sys.argv[2]:
        print("writing", flush=True)
        sys.stdin.read()
    original(path)

original, atomic.sync = atomic.sync, stop
Store(sys.argv[1]).build(Request("toy", 1, "ab", "image:cd", parameters={"samples": 3}), lambda: {"values": np.ones(9)})
"""


@pytest.mark.parametrize("moment", [ARRAYS, CHECKSUMS])
def test_a_killed_writer_leaves_nothing_that_reads_as_an_artefact(store, moment):
    arguments = [sys.executable, "-c", KILLED, str(store.folder), moment]
    with subprocess.Popen(arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "writing\n"
        store.tidy()
        assert list(store.place(ASKED).parent.glob(".tmp-*")), "a living writer's files were swept"
        assert store.load(ASKED) is None
        writer.send_signal(signal.SIGKILL)
    left = list(store.place(ASKED).parent.glob(".tmp-*"))
    assert len(left) == 1
    assert store.load(ASKED) is None
    assert store.list() == ()
    if moment == ARRAYS:
        assert_equal(store.build(ASKED, lambda: VALUES).arrays)
    else:
        store.tidy()
    assert not left[0].exists()


def test_an_artefact_appears_all_at_once(store):
    """Somebody who only looks, without a lock and without the store, never sees a part of one."""
    values, seen, done = {"values": np.zeros(1_000_000)}, [], threading.Event()
    places = [store.place(other(seed)) for seed in range(8)]

    def look():
        watched = list(places)
        while watched and not done.is_set():
            if watched[0].exists():
                seen.append({path.name: path.stat().st_size for path in watched.pop(0).iterdir()})

    looking = threading.Thread(target=look)
    looking.start()
    for seed in range(8):
        store.build(other(seed), lambda: values)
    looking.join(5)
    done.set()
    assert seen == [{path.name: path.stat().st_size for path in place.iterdir()} for place in places]


def count_and_build(folder, gate, log):
    def compute():
        with Path(log).open("a") as file:
            file.write(f"{os.getpid()}\n")
        time.sleep(0.3)
        return VALUES

    gate.wait()
    artefact = Store(folder).build(ASKED, compute)
    os._exit(0 if artefact.arrays["values"].sum() == VALUES["values"].sum() else 1)


def test_processes_that_ask_at_once_build_once(store, tmp_path):
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    gate = context.Barrier(3)
    log = tmp_path / "log"
    several = [context.Process(target=count_and_build, args=(store.folder, gate, log)) for _ in range(3)]
    for process in several:
        process.start()
    for process in several:
        process.join(30)
    assert [process.exitcode for process in several] == [0, 0, 0]
    assert len(log.read_text().split()) == 1
    assert list(store.place(ASKED).parent.glob(".*.lock")), "the lock file stays"


def test_threads_that_ask_at_once_build_once_and_the_waiting_can_give_up(store):
    started, release, computed = threading.Event(), threading.Event(), []

    def slow():
        started.set()
        release.wait(10)
        computed.append(1)
        return VALUES

    first = threading.Thread(target=store.build, args=(ASKED, slow))
    first.start()
    started.wait(10)

    def give_up():
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        store.build(ASKED, never, waiting=give_up)
    second = threading.Thread(target=store.build, args=(ASKED, never))
    second.start()
    release.set()
    first.join(10)
    second.join(10)
    assert computed == [1]


def test_list_and_prune_go_by_last_use(store):
    for seed, age in ((1, 300), (2, 200), (3, 100)):
        folder = store.build(other(seed), lambda: {"values": np.zeros(1000)}).folder
        os.utime(folder, (time.time() - age,) * 2)
    assert [item.request.seed for item in store.list()] == [3, 2, 1]
    assert all(8000 < item.size < 10000 for item in store.list())
    assert store.list()[0].digest == other(3).digest
    store.load(other(1))
    assert [item.request.seed for item in store.list()] == [1, 3, 2]
    assert [item.request.seed for item in store.prune(older_than=150)] == [2]
    assert [item.request.seed for item in store.prune(size=12000)] == [3]
    assert store.prune() == ()
    assert [item.request.seed for item in store.prune(everything=True)] == [1]
    assert store.list() == ()


def test_verify_tells_what_is_damaged_and_prune_clears_it(store):
    for seed in (1, 2, 3):
        store.build(other(seed), lambda: VALUES)
    with (store.place(other(2)) / ARRAYS).open("ab") as file:
        file.write(b"x")
    report = store.verify()
    assert report.sound == 2
    assert [damage.path.name[9:73] for damage in report.damaged] == [other(2).digest]
    assert "not those that were written" in report.damaged[0].reason
    assert report.damaged[0].path.exists()
    assert store.verify().damaged == ()
    store.prune()
    assert not report.damaged[0].path.exists()
    assert {item.request.seed for item in store.list()} == {1, 3}


def test_prune_leaves_what_is_being_built(store):
    store.build(ASKED, lambda: VALUES)
    with store_module.locked(store.place(ASKED)):
        assert store.prune(everything=True) == ()
    assert_equal(store.load(ASKED).arrays)


@pytest.fixture
def uploads(monkeypatch, tmp_path):
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path))
    return tmp_path / "uploads"


def test_uploads_are_kept_by_content(uploads):
    sha = keep_file(b"a picture", ".png")
    assert sha == hashlib.sha256(b"a picture").hexdigest() == keep_file(b"a picture", ".png")
    assert find_file(sha, ".png").read_bytes() == b"a picture"
    assert find_file(sha, ".jpg") is None
    assert find_file("0" * 64, ".png") is None
    assert [(item.kind, item.request, item.digest) for item in Store().list()] == [("upload", None, sha)]
    assert len(Store().prune(older_than=-1)) == 1
    assert find_file(sha, ".png") is None


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "0" * 63, "g" * 64, "0" * 64 + "/x", "0" * 64 + "\n"])
def test_a_name_from_a_link_cannot_leave_the_folder(uploads, name):
    assert find_file(name, "") is None


def test_a_damaged_upload_is_set_aside_and_can_be_given_again(uploads):
    sha = keep_file(b"a picture", ".png")
    (uploads / f"{sha}.png").write_bytes(b"b picture")
    assert find_file(sha, ".png") is None
    assert len(list(uploads.glob(".damaged-*"))) == 1
    keep_file(b"a picture", ".png")
    (uploads / f"{sha}.png").write_bytes(b"c picture")
    assert len(Store().verify().damaged) == 1
    with pytest.raises(ValueError, match="suffix"):
        keep_file(b"a picture", "/../x")


def test_a_file_where_the_folder_should_be(tmp_path, monkeypatch):
    """The same for root and for others, unlike permissions."""
    (tmp_path / "cache").write_text("in the way")
    monkeypatch.setenv("CHANNELSCOPE_CACHE", str(tmp_path / "cache"))
    store = Store()
    built = store.build(ASKED, lambda: VALUES)
    assert_equal(built.arrays)
    assert built.folder is None
    assert "cannot be written" in built.note == store.trouble
    assert_equal(store.load(ASKED).arrays)
    assert store.build(ASKED, never).note
    assert store.list() == ()
    assert store.verify().sound == 0
    with pytest.raises(StoreError, match="nothing was lost"):
        keep_file(b"a picture", ".png")
    (tmp_path / "cache").unlink()
    assert store.build(ASKED, never).folder == store.place(ASKED), "what was held is kept as soon as it can be"
    assert store.trouble == ""
    assert_equal(Store().load(ASKED).arrays)


def test_what_is_held_in_memory_is_bounded(tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("in the way")
    monkeypatch.setattr(store_module, "HELD_BYTES", 2500)
    store = Store(tmp_path / "cache")
    for seed in range(4):
        store.build(other(seed), lambda: {"values": np.zeros(125)})
    assert [store.load(other(seed)) is not None for seed in range(4)] == [False, False, True, True]


def test_the_command_line_lists_verifies_and_prunes(uploads, capsys):
    def said(*words):
        assert main(["cache", *words]) == 0
        return capsys.readouterr().out

    store = Store()
    for seed in (1, 2):
        os.utime(store.build(other(seed), lambda: {"values": np.zeros(100_000)}).folder, (0, seed * 86400))
    sha = keep_file(b"a picture", ".png")
    lines = said("list").splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        [sha[:16], "upload"],
        [other(2).digest[:16], "toy"],
        [other(1).digest[:16], "toy"],
    ]
    assert "0.80 MB" in lines[2]
    (uploads / f"{sha}.png").write_bytes(b"b picture")
    told = said("verify")
    assert "2 sound, 1 damaged" in told
    assert "its content is not what its name says" in told
    assert said("prune", "--megabytes", "1") == "1 removed (0.80 MB), 1 kept (0.80 MB)\n"
    keep_file(b"a picture", ".png")
    assert said("prune") == "1 removed (0.80 MB), 1 kept (0.00 MB)\n"
    assert said("prune", "--all") == "1 removed (0.00 MB), 0 kept (0.00 MB)\n"
