"""Object storage is asked with retries that end; what it answers is what a file system would."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from stored_photos import asked, put
from twinlens.data.objects.listing import TreeListing
from twinlens.data.objects.named import remember
from twinlens.data.objects.object_path import ObjectPath, object_path
from twinlens.data.objects.reading import PIECE_BYTES, object_pieces, read_object, read_start
from twinlens.data.objects.storage import TRIES, ObjectStorage, storage_of
from twinlens.errors import CollectionError, PhotosMissingError


def place(url: str) -> ObjectPath:
    found = object_path(url)
    assert found is not None
    return found


def test_a_folder_lists_its_objects_and_folders() -> None:
    put("listed", {"a.jpg": b"1234", "in/b.jpg": b"", "odd\nname é #?.jpg": b"1"})
    folder = place("memory://listed")
    found = {entry.name: (entry.is_dir(), entry.stat().st_size) for entry in storage_of(folder).entries(folder).entries}
    assert found == {"a.jpg": (False, 4), "in": (True, 0), "odd\nname é #?.jpg": (False, 1)}


def test_a_listing_tells_the_same_stamp_as_the_object() -> None:
    put("stamped", {"a.jpg": b"1234"})
    folder = place("memory://stamped")
    (entry,) = storage_of(folder).entries(folder).entries
    found = (folder / "a.jpg").stat()
    assert (entry.stat().st_size, entry.stat().st_mtime_ns) == (found.st_size, found.st_mtime_ns)


def test_presence_is_asked_as_of_files() -> None:
    put("present", {"in/a.jpg": b"1234"})
    folder = place("memory://present")
    assert (folder / "in").is_dir()
    assert (folder / "in/a.jpg").is_file()
    assert not (folder / "in/b.jpg").exists()
    assert not (folder / "other").is_dir()
    with pytest.raises(FileNotFoundError):
        (folder / "in/b.jpg").read_bytes()


def test_a_call_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    put("shaky", {"a.jpg": b"1234"})
    with asked(monkeypatch, fails=TimeoutError("slow"), times=TRIES - 1) as counts:
        assert place("memory://shaky/a.jpg").read_bytes() == b"1234"
    assert counts["cat_file"] == TRIES


def test_retries_end_with_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    put("dead", {"a.jpg": b"1234"})
    fails = OSError("no route to host: https://host/dead?X-Signature=secret")
    with asked(monkeypatch, fails=fails) as counts, pytest.raises(PhotosMissingError) as error:
        read_object(place("memory://dead/a.jpg"), most_bytes=10)
    assert counts["cat_file"] == TRIES
    assert "memory://dead cannot be reached (no route to host" in str(error.value)
    assert "secret" not in str(error.value)


def test_a_failure_is_never_taken_for_an_empty_object(monkeypatch: pytest.MonkeyPatch) -> None:
    put("fruit", {"orange.jpg": b"1234"})
    fails = ConnectionError("the requested range of http://host/fruit/orange.jpg cannot be reached")
    with asked(monkeypatch, fails=fails), pytest.raises(PhotosMissingError):
        read_object(place("memory://fruit/orange.jpg"), most_bytes=10)

    class BehindTheEndError(Exception):
        """As Azure has it."""

        error_code = "InvalidRange"

    put("fruit", {"empty.jpg": b""})
    with asked(monkeypatch, fails=BehindTheEndError()):
        assert read_object(place("memory://fruit/empty.jpg"), most_bytes=10) == b""


def test_a_session_that_breaks_is_made_anew_and_takes_one_call_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinlens.data.objects.storage.FIRST_WAIT_S", 0.0)
    made: list[object] = []

    class Session:
        """Answers three calls, unless two ask at once."""

        def __init__(self) -> None:
            made.append(self)
            self.turn, self.answered = threading.Lock(), 0

        def cat_file(self, path: str) -> bytes:
            assert self.turn.acquire(blocking=False)
            try:
                self.answered += 1
                if self.answered > 3:
                    raise EOFError
                time.sleep(0.001)  # in which another thread would ask
                return path.encode()
            finally:
                self.turn.release()

    session = ObjectStorage(Session, has_session=True)
    photos = [place(f"sftp://host/{number}.jpg") for number in range(12)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(session.read, photos)) == [f"/{number}.jpg".encode() for number in range(12)]
    assert len(made) == 4


def test_wrong_credentials_are_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoCredentialsError(Exception):
        """As botocore has it."""

    with asked(monkeypatch, fails=NoCredentialsError("Unable to locate credentials")) as counts:
        with pytest.raises(PhotosMissingError, match=r"refuses access .Unable to locate credentials.; check the cred"):
            read_object(place("memory://locked/a.jpg"), most_bytes=10)
        assert counts["cat_file"] == 1


def test_one_object_that_cannot_be_read_is_no_failure_of_the_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    put("partly", {"a.jpg": b"1234"})
    with asked(monkeypatch, fails=TimeoutError("slow"), times=TRIES), pytest.raises(OSError, match="slow") as error:
        read_object(place("memory://partly/a.jpg"), most_bytes=10)
    assert not isinstance(error.value, PhotosMissingError)


def test_the_start_of_an_object_is_read_alone() -> None:
    put("long", {"a.jpg": b"abcdef", "empty.jpg": b""})
    assert read_start(place("memory://long/a.jpg"), 3) == b"abc"
    assert read_start(place("memory://long/a.jpg"), 30) == b"abcdef"
    assert read_start(place("memory://long/empty.jpg"), 3) == b""


def test_a_large_object_comes_in_pieces_and_not_if_it_changes() -> None:
    content = bytes(range(256)) * (PIECE_BYTES // 256) + b"end"
    put("large", {"a.tif": content})
    photo = place("memory://large/a.tif")
    pieces = list(object_pieces(photo, len(content)))
    assert [len(piece) for piece in pieces] == [len(content) // 256 * 256, 3]
    assert b"".join(pieces) == content
    coming = object_pieces(photo, len(content))
    next(coming)
    put("large", {"a.tif": content[::-1]})
    with pytest.raises(OSError, match="has changed while it was read"):
        list(coming)


def test_a_tree_is_listed_ahead_and_every_folder_once(monkeypatch: pytest.MonkeyPatch) -> None:
    put("tree", {f"{number:03}/a.jpg": b"1" for number in range(150)})
    root = place("memory://tree")
    with asked(monkeypatch) as counts, TreeListing() as tree:
        inner = [root / entry.name for entry in sorted(tree.entries(root).entries)]
        tree.expect(inner)
        assert [tree.entries(folder).entries[0].name for folder in inner] == ["a.jpg"] * 150
    assert counts["ls"] == 151


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gcsfs", None)
    remember(place("gs://bucket"))
    with pytest.raises(CollectionError, match="gs:// needs the package gcsfs: pip install gcsfs"):
        place("gs://bucket/a.jpg").stat()


def test_what_has_the_name_of_its_bucket_is_listed() -> None:
    put("photos", {"photos/a.jpg": b"1", "2024/b.jpg": b"1"})
    put("one.jpg", {"one.jpg": b"1"})
    for url, names in {
        "memory://photos": {"photos", "2024"},
        "memory://photos/photos": {"a.jpg"},
        "memory://one.jpg": {"one.jpg"},
    }.items():
        assert {entry.name for entry in storage_of(place(url)).entries(place(url)).entries} == names
