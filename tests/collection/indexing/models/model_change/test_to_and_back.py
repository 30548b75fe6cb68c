"""A collection changes to another model and back."""

from collections.abc import Callable

import pytest

from collection.indexing.models.model_change.conftest import (
    NEW,
    OLD,
    OpenCollection,
    TurnedEncoder,
    answers,
    caption_answers,
    contents,
)
from conftest import ColourEncoder, PhotoMaker
from twinlens.collection.collection import Collection
from twinlens.errors import UnknownPartError


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
