"""A collection goes over to another model: the earlier vectors answer until the last new one is there."""

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from conftest import COLOURS, ColourEncoder, PhotoMaker
from twinlens.cli.open_collection import complete_change
from twinlens.collection.catalog import writing as change_module
from twinlens.collection.collection import Collection
from twinlens.collection.indexing.models.model_of_record import NamedModel
from twinlens.collection.indexing.telling.progress import ModelChangePlan, ModelChangeProgress, SilentListener
from twinlens.collection.indexing.telling.report import IndexReport, PendingModelChange
from twinlens.errors import (
    CollectionBusyError,
    CollectionError,
    DiskFullError,
    ModelMismatchError,
    UnknownPartError,
)
from twinlens.protocols import DualEncoder, EncodedImages
from twinlens.types import Embeddings, Features, Pixels

OpenCollection = Callable[..., Collection]
QUERIES = ("red", "green yellow", "blue + 0.5 white", "black - 1.0 red")
OLD, NEW = "colour0000000001", "colour0000000003"


class TurnedEncoder(ColourEncoder):
    """Sees colours too, along other axes: a vector of one model among those of another is found by its score."""

    def __init__(self) -> None:
        super().__init__(fingerprint=NEW, dim=12)
        self.photos = self.texts = 0

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        self.photos += len(pixels)
        return super().encode_pixels(pixels)

    def encode_text(self, texts: list[str]) -> Embeddings:
        self.texts += len(texts)
        return super().encode_text(texts)

    def _embed(self, colours: np.ndarray) -> Embeddings:
        return np.roll(super()._embed(colours), 6, axis=1)


class OtherWordsEncoder(ColourEncoder):
    """Sees the same features as the first model, but stretches red, and reads the last word of a text only."""

    same_features = (OLD,)

    def __init__(self) -> None:
        super().__init__(fingerprint=NEW)

    def encode_pixels(self, pixels: Pixels) -> EncodedImages:
        raise AssertionError("a photo was read")

    def embed_features(self, features: Features) -> Embeddings:
        return self._embed(127.5 + (features - 127.5) * np.array([2, 1, 1], dtype=np.float32))

    def encode_text(self, texts: list[str]) -> Embeddings:
        return super().encode_text([text.split()[-1] for text in texts])


class Interrupted(SilentListener):
    """Ctrl-C after so many steps of a change."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def change_advanced(self, progress: ModelChangeProgress) -> None:
        self.steps -= 1
        if self.steps <= 0:
            raise KeyboardInterrupt


def answers(collection: Collection) -> list[list[tuple[str, float]]]:
    """Every photo with its score, for several queries."""
    return [sorted((hit.id, round(hit.score, 5)) for hit in collection.search(query, k=1000)) for query in QUERIES]


def caption_answers(collection: Collection) -> list[list[tuple[str, str | None, float]]]:
    return [
        sorted((hit.id, hit.caption, round(hit.score, 5)) for hit in collection.search(query, target="caption", k=1000))
        for query in QUERIES
    ]


def contents(collection: Collection) -> list[tuple]:
    """All that a catalog says of photos and captions, whatever their ids."""
    collection.catalog.checkpoint()
    with closing(sqlite3.connect(collection.catalog.path)) as connection:
        return connection.execute(
            "SELECT path, content_hash, skip_reason, vectors.embedding, features, text, captions.embedding "
            "FROM photos LEFT JOIN vectors ON vectors.photo_id = photos.id "
            "LEFT JOIN captions ON captions.photo_id = photos.id ORDER BY path, text"
        ).fetchall()


@pytest.fixture
def models(models: dict[str, ColourEncoder], monkeypatch: pytest.MonkeyPatch) -> dict[str, ColourEncoder]:
    """Models by name; one that was taken out of the table is unknown."""
    models["turned"] = TurnedEncoder()

    def load(source: str | Path) -> ColourEncoder:
        if str(source) not in models:
            raise UnknownPartError(f"no model is called {source}")
        return models[str(source)]

    monkeypatch.setattr("twinlens.collection.indexing.models.model_of_record.load_model", load)
    return models


@pytest.fixture
def turned(models: dict[str, ColourEncoder]) -> TurnedEncoder:
    encoder = models["turned"]
    assert isinstance(encoder, TurnedEncoder)
    return encoder


@pytest.fixture
def library(make_photo: PhotoMaker, open_collection: OpenCollection, tmp_path: Path) -> Collection:
    """70 photos, 60 of them red and yellow ones that differ a little, with captions of three."""
    for colour in ("red", "green", "blue", "yellow", "white", "black"):
        make_photo(f"{colour}.png", colour)
    for number in range(60):
        make_photo(f"many/{number:02}.png", ("red", "yellow")[number % 2], seed=number + 1)
    for number in range(4):
        shutil.copyfile(tmp_path / "photos" / "blue.png", tmp_path / "photos" / f"copy{number}.png")
    collection = open_collection()
    captions = tmp_path / "captions.csv"
    captions.write_text("image,caption\nred.png,a red thing\nred.png,red again\ngreen.png,something green\n")
    collection.index(captions=captions)
    return collection


@pytest.fixture
def fresh(library: Collection, models: dict, tmp_path: Path) -> Callable[[], Collection]:
    """The same photos and captions indexed by a model from the start."""
    opened: list[Collection] = []

    def make(model: str = "turned") -> Collection:
        opened.append(Collection.create([tmp_path / "photos"], at=tmp_path / "fresh", model=model))
        opened[-1].index(captions=tmp_path / "captions.csv")
        return opened[-1]

    yield make
    for collection in opened:
        collection.close()


# --- to another model and back ----------------------------------------------------------------


def test_after_a_change_all_is_as_if_the_new_model_had_indexed(
    library: Collection, fresh: Callable[[], Collection]
) -> None:
    before = answers(library)
    report = library.reindex("turned")
    assert report.model_change is not None
    assert report.model_change.is_complete
    assert (report.model_change.photos, report.model_change.captions, report.unchanged) == (70, 3, 70)
    assert library.catalog.model() == ("turned", NEW, 12)
    assert library.catalog.next_model() is None
    other = fresh()
    assert contents(library) == contents(other)
    assert answers(library) == answers(other)
    assert caption_answers(library) == caption_answers(other)
    assert answers(library) == before  # the turned space has the same angles
    assert (library.faults(), library.pending_change()) == ([], None)
    assert library.index().model_change is None


def test_back_again_all_is_as_it_was(library: Collection, open_collection: OpenCollection) -> None:
    before = contents(library), answers(library), caption_answers(library)
    library.reindex("turned")
    library.reindex("default")
    assert (contents(library), answers(library), caption_answers(library)) == before
    assert library.faults() == open_collection().faults() == []


def test_copies_of_one_content_are_embedded_once(library: Collection, turned: TurnedEncoder) -> None:
    library.reindex("turned")
    assert turned.photos == 66


def test_a_collection_opened_with_the_earlier_model_goes_along(
    open_collection: OpenCollection, library: Collection
) -> None:
    opened = open_collection(model="default")
    opened.reindex("turned")
    assert opened.search("red", k=1)[0].score > 0.9


def test_a_model_of_another_name_and_the_same_weights_changes_no_vector(
    library: Collection, models: dict[str, ColourEncoder]
) -> None:
    models["alias"] = ColourEncoder()
    before = contents(library)
    assert library.reindex("alias").model_change is None
    assert library.catalog.model() == ("alias", OLD, 8)
    assert contents(library) == before


def test_an_empty_collection_takes_the_model(
    make_photo: PhotoMaker, open_collection: OpenCollection, models: dict
) -> None:
    make_photo("red.png")
    collection = open_collection()
    assert collection.reindex("turned").added == 1
    assert collection.catalog.model() == ("turned", NEW, 12)
    assert collection.search("red")[0].score > 0.9


def test_an_unknown_model_changes_nothing(library: Collection) -> None:
    before = contents(library)
    with pytest.raises(UnknownPartError):
        library.reindex("none")
    assert (contents(library), library.pending_change()) == (before, None)


# --- the default model of a later release -----------------------------------------------------


@pytest.fixture
def updated(library: Collection, models: dict[str, ColourEncoder], turned: TurnedEncoder) -> Collection:
    """The library with a new default model; the earlier one is gone."""
    library.close()
    models["default"] = turned
    return Collection.open(library.path.parent)


class TestAnotherDefault:
    @pytest.fixture(autouse=True)
    def close(self, updated: Collection) -> None:
        yield
        updated.close()

    def test_index_embeds_again(self, updated: Collection, turned: TurnedEncoder) -> None:
        plans: list[ModelChangePlan] = []

        class Listener(SilentListener):
            def change_planned(self, plan: ModelChangePlan) -> None:
                plans.append(plan)

        assert updated.pending_change() == PendingModelChange("default", NEW, 0, 70, is_begun=False)
        report = updated.index(listener=Listener())
        assert report.model_change is not None
        assert report.model_change.is_complete
        (plan,) = plans
        assert (plan.model, plan.is_update, plan.photos, plan.photos_left, plan.captions_left) == (
            "default",
            True,
            70,
            70,
            3,
        )
        assert plan.disk_bytes > 70 * 12 * 4
        assert updated.search("red", k=1)[0].id in ("red.png", *(f"many/{number:02}.png" for number in range(0, 60, 2)))
        assert (updated.pending_change(), updated.faults()) == (None, [])

    def test_words_are_refused_before_that_with_the_remedy(self, updated: Collection) -> None:
        with pytest.raises(
            ModelMismatchError, match=r"reads every photo again: twinlens index --collection .*index\(\)"
        ):
            updated.search("red")

    def test_a_photo_of_the_collection_needs_no_model(self, updated: Collection, photos: Path) -> None:
        hits = updated.similar(photos / "blue.png", k=4)
        assert {hit.id for hit in hits} == {f"copy{number}.png" for number in range(4)}

    def test_new_changed_and_moved_photos_are_found_in_the_end(
        self, updated: Collection, photos: Path, make_photo: PhotoMaker, fresh: Callable[[], Collection], tmp_path: Path
    ) -> None:
        make_photo("new.png", "white", seed=99)
        make_photo("red.png", "green", seed=98)  # keeps its captions
        (photos / "black.png").rename(photos / "many" / "moved.png")
        (photos / "yellow.png").unlink()
        (photos / "broken.png").write_bytes(b"no photo")
        report = updated.index()
        assert (report.added, report.updated, report.renamed, report.removed) == (1, 1, 1, 1)
        assert (report.unchanged, report.images, report.deferred) == (67, 70, 0)
        assert [skipped.path for skipped in report.skipped] == ["broken.png"]
        assert contents(updated) == contents(fresh())
        assert updated.faults() == []

    def test_captions_are_learned_when_the_change_is_done(self, updated: Collection, tmp_path: Path) -> None:
        more = tmp_path / "more.csv"
        more.write_text("image,caption\nwhite.png,a white wall\n")
        with pytest.raises(ModelMismatchError, match="embed the photos again first"):
            updated.add_captions(more)
        report = updated.index(captions=more)
        assert report.captions is not None
        assert (report.captions.added, report.captions.captions) == (1, 4)
        assert updated.search("white", target="caption", k=1)[0].caption == "a white wall"
        assert updated.faults() == []

    def test_a_default_that_changes_once_more_begins_anew(
        self, updated: Collection, models: dict[str, ColourEncoder]
    ) -> None:
        with pytest.raises(KeyboardInterrupt):
            updated.index(listener=Interrupted(3))
        third = TurnedEncoder()
        third.fingerprint = "colour0000000004"
        models["default"] = third
        updated.index()
        assert third.photos == 66
        assert updated.catalog.model() == ("default", "colour0000000004", 12)
        assert updated.faults() == []

    def test_the_earlier_default_put_back_gives_the_change_up(
        self, updated: Collection, models: dict[str, ColourEncoder], encoder: ColourEncoder
    ) -> None:
        with pytest.raises(KeyboardInterrupt):
            updated.index(listener=Interrupted(3))
        models["default"] = encoder
        assert updated.index().model_change is None
        assert updated.catalog.next_model() is None
        assert updated.search("red", k=1)[0].score > 0.9


def test_another_model_is_refused_with_the_command_that_changes_to_it(
    library: Collection, open_collection: OpenCollection
) -> None:
    other = open_collection(model="turned")
    for action in (other.index, lambda: other.search("red"), lambda: other.similar(library.path.parent / "red.png")):
        with pytest.raises(ModelMismatchError, match=rf"run 'twinlens reindex {library.path} --model turned'"):
            action()


def test_a_model_that_is_gone_is_named_with_the_command_that_leaves_it(
    library: Collection, models: dict[str, ColourEncoder], open_collection: OpenCollection
) -> None:
    library.reindex("turned")
    del models["turned"]
    lost = open_collection()
    for action in (lost.index, lambda: lost.search("red")):
        with pytest.raises(ModelMismatchError, match=rf"restore it, or run 'twinlens reindex {lost.path} --model def"):
            action()
    assert lost.reindex("default").model_change is not None
    assert lost.search("red", k=1)[0].score > 0.9
    assert lost.faults() == []


# --- interrupts -------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
def test_an_interrupted_change_goes_on_where_it_was(
    library: Collection, open_collection: OpenCollection, turned: TurnedEncoder, steps: int
) -> None:
    before = answers(library), caption_answers(library), contents(library)
    with pytest.raises(KeyboardInterrupt):
        library.reindex("turned", listener=Interrupted(steps))
    assert (answers(library), caption_answers(library), contents(library)) == before
    for collection in (library, open_collection()):
        pending = collection.pending_change()
        assert pending is not None
        assert (pending.model, pending.fingerprint, pending.photos, pending.is_begun) == ("turned", NEW, 70, True)
        assert pending.photos_done >= (steps - 1) * 16
    done = turned.photos
    report = open_collection().index()  # also without being told the model again
    assert report.model_change is not None
    assert report.model_change.is_complete
    assert turned.photos == 66
    assert done == (steps - 1) * 16
    assert turned.texts == 3
    assert library.search("red", k=1)[0].score > 0.9
    assert library.faults() == []


def test_what_comes_and_goes_between_interrupts_is_followed(
    library: Collection, photos: Path, make_photo: PhotoMaker, fresh: Callable[[], Collection]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        library.reindex("turned", listener=Interrupted(3))
    make_photo("many/02.png", "white", seed=77)  # was embedded already, as it was
    make_photo("blue.png", "black", seed=78)
    make_photo("new.png", "blue", seed=79)
    (photos / "many" / "04.png").rename(photos / "moved.png")
    (photos / "many" / "06.png").unlink()
    shutil.copyfile(photos / "red.png", photos / "many" / "08.png")
    (photos / "many" / "10.png").write_bytes(b"no photo any more")
    with pytest.raises(KeyboardInterrupt):
        library.index(listener=Interrupted(2))
    assert library.search("white", k=1)[0].score > 0.9  # found by the earlier model meanwhile
    library.index()
    assert contents(library) == contents(fresh())
    assert library.faults() == []


def test_a_change_is_given_up_by_going_back(library: Collection, turned: TurnedEncoder) -> None:
    before = contents(library)
    with pytest.raises(KeyboardInterrupt):
        library.reindex("turned", listener=Interrupted(3))
    assert library.reindex("default").model_change is None
    assert library.pending_change() is None
    assert library.catalog.rows("SELECT * FROM next_vectors") == []
    assert contents(library) == before


def test_another_target_begins_anew(library: Collection, models: dict[str, ColourEncoder]) -> None:
    models["third"] = TurnedEncoder()
    models["third"].fingerprint = "colour0000000004"
    with pytest.raises(KeyboardInterrupt):
        library.reindex("turned", listener=Interrupted(4))
    library.reindex("third")
    assert library.catalog.model() == ("third", "colour0000000004", 12)
    assert models["third"].photos == 66


def test_a_switch_that_fails_half_way_changes_nothing(library: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(library), answers(library)

    def fail(connection: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("the disk fell out")

    monkeypatch.setattr(change_module, "forget_next_model", fail)
    with pytest.raises(CollectionError, match="the disk fell out"):
        library.reindex("turned")
    assert (contents(library), answers(library)) == before
    monkeypatch.undo()


def test_what_a_killed_clearing_left_is_of_no_consequence(
    library: Collection, monkeypatch: pytest.MonkeyPatch, models: dict, turned: TurnedEncoder
) -> None:
    monkeypatch.setattr(library.catalog.next, "clear", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        library.reindex("turned")
    monkeypatch.undo()
    monkeypatch.setattr(
        "twinlens.collection.indexing.models.model_of_record.load_model", lambda source: models[str(source)]
    )
    assert library.catalog.model() == ("turned", NEW, 12)
    assert library.faults() == []
    assert library.index().model_change is None
    assert library.catalog.rows("SELECT * FROM next_vectors") == []
    assert library.search("red", k=1)[0].score > 0.9


# --- photos that cannot be reached or read ----------------------------------------------------


@pytest.fixture
def with_disk(
    make_photo: PhotoMaker, open_collection: OpenCollection, photos: Path, tmp_path: Path, models: dict
) -> Collection:
    """A red photo here, and a blue and a green one on a disk that a link leads to."""
    disk = tmp_path / "disk"
    disk.mkdir()
    for colour in ("blue", "green"):
        shutil.move(make_photo(f"{colour}.png", colour), disk)
    make_photo("red.png", "red")
    (photos / "nas").symlink_to(disk)
    collection = open_collection()
    collection.index(follow_links=True)
    return collection


def test_a_change_waits_for_a_disk_that_is_away(with_disk: Collection, tmp_path: Path, make_photo: PhotoMaker) -> None:
    before = answers(with_disk)
    (tmp_path / "disk").rename(tmp_path / "away")
    for _ in range(2):
        report = with_disk.reindex("turned")
        assert report.model_change is not None
        assert not report.model_change.is_complete
        assert [photo.path for photo in report.model_change.waiting] == ["nas/blue.png", "nas/green.png"]
        assert (report.images, report.removed, answers(with_disk)) == (3, 0, before)
    make_photo("white.png", "white")
    assert with_disk.index().added == 1
    assert with_disk.search("white", k=1)[0].id == "white.png"  # by the earlier model
    (tmp_path / "away").rename(tmp_path / "disk")
    report = with_disk.index()
    assert report.model_change is not None
    assert report.model_change.is_complete
    assert (with_disk.catalog.model(), len(with_disk)) == (("turned", NEW, 12), 4)
    assert with_disk.faults() == []


def test_what_is_gone_for_good_is_not_waited_for(with_disk: Collection, tmp_path: Path, photos: Path) -> None:
    (tmp_path / "disk").rename(tmp_path / "away")
    with_disk.reindex("turned")
    (photos / "nas").unlink()
    report = with_disk.index()
    assert report.model_change is not None
    assert (report.model_change.is_complete, report.removed, report.images) == (True, 2, 1)
    assert with_disk.faults() == []


def test_a_missing_photo_folder_stops_the_change_and_loses_nothing(library: Collection, photos: Path) -> None:
    away = photos.with_name("away")
    (photos / ".twinlens").rename(photos.parent / "kept")
    photos.rename(away)
    photos.mkdir()
    (photos.parent / "kept").rename(photos / ".twinlens")
    before = answers(library)
    with pytest.raises(CollectionError, match="is its disk mounted"):
        library.reindex("turned")
    assert answers(library) == before


def test_a_photo_deleted_while_others_are_embedded_holds_nothing_up(library: Collection, photos: Path) -> None:
    class Deleting(SilentListener):
        def change_planned(self, plan: ModelChangePlan) -> None:
            (photos / "many" / "33.png").unlink()

    report = library.reindex("turned", listener=Deleting())
    assert report.model_change is not None
    assert (report.model_change.is_complete, report.removed, report.images) == (True, 1, 69)
    assert library.faults() == []


def test_a_photo_that_cannot_be_decoded_any_more_is_skipped_and_keeps_its_captions(
    library: Collection, photos: Path, make_photo: PhotoMaker
) -> None:
    file = photos / "red.png"
    stat = file.stat()
    file.write_bytes(b"x" * stat.st_size)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # indexing alone would not look at it
    report = library.reindex("turned")
    assert report.model_change is not None
    assert report.model_change.is_complete
    assert [skipped.path for skipped in report.skipped] == ["red.png"]
    assert (report.images, library.catalog.captions.count()) == (69, 1)
    make_photo("red.png", "red", seed=50)
    assert library.index().added == 1
    assert {hit.caption for hit in library.search("red", target="caption", k=2)} == {"a red thing", "red again"}
    assert library.search("red", target="caption", k=1)[0].score > 0.9  # embedded by the new model, too
    assert library.faults() == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs permissions that hold")
def test_a_photo_without_permission_is_tried_again_later(library: Collection, photos: Path) -> None:
    (photos / "green.png").chmod(0)
    report = library.reindex("turned")
    assert [skipped.path for skipped in report.skipped] == ["green.png"]
    (photos / "green.png").chmod(0o600)
    assert library.index().added == 1


# --- disks, locks, others at work -------------------------------------------------------------


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


def test_a_model_with_the_same_features_embeds_them_and_reads_no_photo(library: Collection) -> None:
    change = library.reindex(OtherWordsEncoder()).model_change
    assert change is not None
    assert change.is_complete
    assert (change.photos, change.from_features, change.captions) == (0, 70, 3)
    (found,) = (hit for hit in library.search("green red", k=1000) if hit.id == "red.png")
    colour, stretched = np.array(COLOURS["red"]) - 127.5, np.array([2, 1, 1])
    query = np.r_[colour / 127.5, 0.05]
    photo = np.r_[colour * stretched / 127.5, 0.05]
    cosine = query @ photo / np.linalg.norm(query) / np.linalg.norm(photo)
    assert found.score == pytest.approx(cosine, abs=0.005)


def test_a_model_that_replaced_the_recorded_one_is_changed_to_before_the_first_query(
    library: Collection, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record, new = library.catalog.model(), OtherWordsEncoder()
    assert record is not None
    assert not library.must_change()
    library.close()
    room = "twinlens.collection.indexing.models.model_of_record"
    monkeypatch.setattr(f"{room}.load_model", lambda name: new)
    monkeypatch.setattr(f"{room}.named_model", lambda name: NamedModel(record.model, new))
    monkeypatch.setattr(f"{room}.model_of_fingerprint", lambda fingerprint: None)
    monkeypatch.setattr(f"{room}.load_bridged", lambda name, fingerprint: None)
    with Collection.open(photos) as upgraded:
        with pytest.raises(ModelMismatchError, match="older"):
            upgraded.search("red")
        assert upgraded.must_change()
        (photos / "new.png").write_bytes((photos / "red.png").read_bytes())
        complete_change(upgraded)
        assert len(upgraded) == 70  # nothing was indexed besides, and the folder may be on a disk that is not there
        assert upgraded.complete_change() is None
        assert not upgraded.must_change()
        assert len(upgraded.search("red", k=3)) == 3
        complete_change(upgraded)
    told = capsys.readouterr().err
    assert told.count("which reads no photo\n") == 1
    assert "model default: 70 photos (from stored features) and 3 captions embedded again" in told


# --- what is told -----------------------------------------------------------------------------


def test_the_time_left_is_told_when_the_pace_is_known(library: Collection) -> None:
    told: list[ModelChangeProgress] = []

    class Listener(SilentListener):
        def change_advanced(self, progress: ModelChangeProgress) -> None:
            told.append(progress)

    library.reindex("turned", listener=Listener())
    assert [progress.photos for progress in told] == [0, 20, 36, 52, 68, 70]
    assert [progress.captions for progress in told] == [3] * 6
    assert [progress.seconds_left is None for progress in told] == [True] * 4 + [False] * 2
    assert told[-1].seconds_left == 0
    assert 0 < (told[-2].seconds_left or 0) < 60


def test_the_report_is_json(library: Collection) -> None:
    fields = library.reindex("turned").to_json()
    assert fields["model_change"] == {
        "model": "turned",
        "fingerprint": NEW,
        "photos": 70,
        "captions": 3,
        "waiting": [],
        "is_complete": True,
        "seconds": fields["model_change"]["seconds"],
        "from_features": 0,
    }
    assert fields["deferred"] == 0
    assert "model_change" not in library.index().to_json()


def test_reports_of_two_runs_add_up() -> None:
    first = IndexReport(added=1, updated=2, renamed=3, removed=4, unchanged=5, images=11, seconds=1.0, deferred=2)
    second = IndexReport(added=1, updated=1, unchanged=11, images=12, seconds=0.5)
    both = first.followed_by(second)
    assert (both.added, both.updated, both.renamed, both.removed, both.unchanged) == (2, 3, 3, 4, 5)
    assert (both.images, both.seconds, both.deferred) == (12, 1.5, 0)


def test_copies_of_a_photo_that_is_not_what_it_was_are_embedded_themselves(
    library: Collection, photos: Path, make_photo: PhotoMaker, turned: TurnedEncoder
) -> None:
    file = photos / "blue.png"  # the first of its content, with the size and the date of before
    stat = file.stat()
    file.write_bytes(make_photo("other/green.png", "green", seed=9).read_bytes())
    shutil.rmtree(photos / "other")
    with library.catalog.transaction() as connection:
        connection.execute("UPDATE photos SET size_bytes = ? WHERE path = 'blue.png'", (file.stat().st_size,))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    library.reindex("turned")
    assert {hit.id for hit in library.search("blue zzz", k=4)} == {f"copy{number}.png" for number in range(4)}
    assert library.search("green", k=2)[1].score > 0.9
    assert library.faults() == []
