"""Which contents are known: those of searchable photos, before a run writes any."""

from threading import Thread

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import FileState
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector

VECTOR = PhotoVector(np.eye(1, 8, dtype=np.float32)[0], None)


def put(catalog: Catalog, name: str, content: bytes) -> None:
    with catalog.writing() as writer:
        writer.put_photo(FileState(1, name, 1, 1, content), PhotoDetails(4, 3), VECTOR, reader_version=1)


def test_contents_are_those_before_a_run_whichever_thread_asks(catalog: Catalog) -> None:
    catalog.add_folder("photos", "..")
    put(catalog, "a.jpg", b"a")
    with catalog.writing() as writer:
        writer.put_skipped(FileState(1, "broken.jpg", 1, 1, b"x"), "damaged", reader_version=1)
    known, found = catalog.known_contents(), dict[bytes, bool]()
    put(catalog, "b.jpg", b"b")  # written by the run itself: an edited photo and its copy are both new

    def ask(content: bytes) -> None:
        found[content] = content in known

    for content in (b"a", b"b", b"x"):
        thread = Thread(target=ask, args=(content,))
        thread.start()
        thread.join()
    assert found == {b"a": True, b"b": False, b"x": False}
    before = len(catalog._connections)
    known.close()
    known.close()
    assert len(catalog._connections) == before - 1
    assert (b"a" in known, b"b" in known) == (True, False)  # asked by a thread that was still reading
    assert len(catalog._connections) == before - 1
    again = catalog.known_contents()
    assert b"b" in again
    again.close()


def test_a_text_that_is_read_otherwise_changes_its_photos(catalog: Catalog) -> None:
    catalog.add_folder("photos", "..")
    put(catalog, "a.jpg", b"a")
    for text, is_new in (("way out", True), ("way out", False), ("", True), (None, False)):
        generation = catalog.generation
        with catalog.writing() as writer:
            writer.put_read_texts([(b"a", text)])
        changed = catalog.changed_since(generation, most=9)
        assert changed is not None
        assert changed.tolist() == ([1] if is_new else [])
    assert catalog.changed_since(0, most=0) is None
