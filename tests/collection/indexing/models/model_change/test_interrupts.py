"""A change of model is interrupted, given up or taken elsewhere."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from collection.indexing.models.model_change.conftest import (
    NEW,
    Interrupted,
    OpenCollection,
    TurnedEncoder,
    answers,
    caption_answers,
    contents,
)
from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.catalog import writing as change_module
from twinlens.collection.collection import Collection
from twinlens.errors import CollectionError


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
