"""Full disks, locks, and searches during a change of model."""

import os
import shutil
import threading
from collections.abc import Callable

import pytest
from filelock import FileLock

from collection.indexing.models.model_change.conftest import (
    NEW,
    OLD,
    OpenCollection,
    TurnedEncoder,
    answers,
    caption_answers,
)
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.telling.progress import ModelChangeProgress, SilentListener
from twinlens.errors import CollectionBusyError, CollectionError, DiskFullError
from twinlens.protocols import DualEncoder


def test_a_change_that_does_not_fit_on_the_disk_is_refused(
    library: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = answers(library)
    usage = shutil.disk_usage(library.path)._replace(free=2000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(DiskFullError, match=r"are free; free some space"):
        library.reindex("turned")
    assert answers(library) == before
    assert library.catalog.rows("SELECT * FROM next_vectors") == []


def test_a_disk_that_gets_full_keeps_what_was_embedded(library: Collection, turned: TurnedEncoder) -> None:
    before = answers(library)
    turned.dim = 512
    with library.catalog.transaction() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 40}")
    with pytest.raises(DiskFullError, match="indexed before is safe"):
        library.reindex("turned")
    assert answers(library) == before
    connection.execute("PRAGMA max_page_count = 100000")
    done = turned.photos
    report = library.index()
    assert report.model_change is not None
    assert report.model_change.is_complete
    assert turned.photos < done + 66
    assert library.faults() == []


def test_only_one_process_changes_a_collection(library: Collection, open_collection: OpenCollection) -> None:
    with FileLock(library.path / "index.lock"), pytest.raises(CollectionBusyError, match="another process is indexing"):
        open_collection().reindex("turned")


def test_a_collection_that_cannot_be_written_is_left(
    library: Collection, open_collection: OpenCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and real(path, mode))
    with pytest.raises(CollectionError, match="cannot be written"):
        open_collection().reindex("turned")


def test_every_search_during_a_change_sees_one_model(library: Collection, open_collection: OpenCollection) -> None:
    expected = answers(library), caption_answers(library)
    searcher, seen = open_collection(), []

    class Searching(SilentListener):
        def change_advanced(self, progress: ModelChangeProgress) -> None:
            seen.append((answers(searcher), caption_answers(searcher)) == expected)
            assert searcher.encoder.fingerprint == OLD

    library.reindex("turned", listener=Searching())
    assert seen == [True] * 6
    assert (answers(searcher), caption_answers(searcher)) == expected
    assert searcher.encoder.fingerprint == NEW
    assert searcher.faults() == []


def test_threads_may_search_while_the_model_changes_to_and_fro(
    library: Collection, open_collection: OpenCollection
) -> None:
    expected, faults, done = answers(library), [], threading.Event()
    shared = open_collection()

    def search(collection: Collection) -> None:
        while not done.is_set():
            try:
                found = answers(collection)
                if found != expected:
                    faults.append(found)
            except Exception as error:  # noqa: BLE001 — a thread's error must fail the test
                faults.append(error)

    threads = [threading.Thread(target=search, args=(one,)) for one in (shared, shared, open_collection())]
    for thread in threads:
        thread.start()
    try:
        for model in ("turned", "default") * 4:
            library.reindex(model)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert faults[:3] == []
    assert shared.faults() == []


@pytest.mark.parametrize("asked", [("red", "image"), ("red", "caption"), ("red.png", "image"), ("red.png", "caption")])
def test_a_model_that_changes_to_and_fro_during_one_search_changes_no_hit(
    library: Collection, open_collection: OpenCollection, asked: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words, target = asked
    query = library.path.parent / words if words.endswith(".png") else words

    def found(collection: Collection) -> list[tuple[str, float]]:
        return sorted((hit.id, round(hit.score, 5)) for hit in collection.search(query, target=target, k=1000))

    shared = open_collection()
    expected, changes = found(shared), ["turned", "default"]  # one before the vectors, one before the query

    def changed_first(real: Callable) -> Callable:
        def call(*arguments: object) -> object:
            if changes:
                library.reindex(changes.pop(0))
            return real(*arguments)

        return call

    vectors = shared._derived.caption_vectors if target == "caption" else shared._derived.vectors
    monkeypatch.setattr(vectors, "_current", changed_first(vectors._current))
    spaces = shared._searcher._spaces
    monkeypatch.setattr(spaces, "_vector", changed_first(spaces._vector))
    assert found(shared) == expected
    assert changes == []


def test_hits_are_judged_by_the_model_that_found_them(
    library: Collection, open_collection: OpenCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, judges = open_collection(), []
    monkeypatch.setattr(DualEncoder, "relevance", lambda encoder: judges.append(encoder.fingerprint))
    judging = shared._searcher._judges
    real = judging.judgement

    def changed_first(*arguments: object) -> object:
        library.reindex("turned")
        return real(*arguments)

    monkeypatch.setattr(judging, "judgement", changed_first)
    assert shared.answer("red").model == NEW  # the library's own judge needs photos of the model, so it begins anew
    assert judges == [OLD, NEW]


def test_a_model_that_is_gone_since_its_vectors_were_taken_is_not_missed(
    library: Collection, open_collection: OpenCollection, models: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = open_collection()
    spaces = shared._searcher._spaces
    real, changes = spaces._vector, ["turned"]

    def changed_first(*arguments: object) -> object:
        if changes:
            library.reindex(changes.pop())
            del models["default"]
        return real(*arguments)

    monkeypatch.setattr(spaces, "_vector", changed_first)
    answer = shared.answer("red")
    assert (answer.model, answer.hits[0].score) == (NEW, pytest.approx(1, abs=0.1))


def test_vectors_that_a_search_holds_stay_while_another_thread_follows_the_model(
    library: Collection, open_collection: OpenCollection
) -> None:
    shared = open_collection()
    held = shared._derived.vectors.synced()
    before, generation = held.ids().tolist(), held.generation
    library.reindex("turned")
    answers(library)  # which writes the files anew
    library.reindex("default")
    now = shared._derived.vectors.synced()
    assert now.ids().tolist() == before
    assert now.generation > generation
    assert (held.ids().tolist(), held.generation) == (before, generation)


def test_a_model_that_changes_to_and_fro_while_vectors_are_read_leaves_none_out(
    library: Collection, open_collection: OpenCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = library._derived.vectors.synced().ids().tolist()
    shutil.rmtree(library._derived.vectors.folder)  # there is something to catch up with
    shared = open_collection()
    real = shared.catalog.model
    told = [real(), None]  # at first, and inside the snapshot: another process changes it, and back

    def model() -> object:
        return told.pop(0) if told else real()

    monkeypatch.setattr(shared.catalog, "model", model)
    assert shared._derived.vectors.synced().ids().tolist() == before
    assert told == []
