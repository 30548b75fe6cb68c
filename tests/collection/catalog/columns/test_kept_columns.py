"""What is kept of a catalog in memory is, after any changes, what reading it anew gives."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.columns import kept_column
from twinlens.collection.catalog.columns.kept_column import KeptColumn
from twinlens.collection.catalog.columns.text_columns import TextColumns
from twinlens.collection.catalog.condition import ANY
from twinlens.collection.catalog.database import Connection
from twinlens.collection.catalog.order import first_ids
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.catalog.writing import CatalogWriter
from twinlens.data.exif import PhotoDetails
from twinlens.data.metadata.beside import Beside
from twinlens.data.metadata.said import Said
from twinlens.embedding.local import PhotoVector
from twinlens.types import Ids

PATHS = ("a/IMG_1.jpg", "a/img_1.CR2", "b/Été.jpg", "b/c/x.png", "IMG_2.JPG", "z.heic", "a/2019-07-04 12.00.00.jpg")
VECTOR = PhotoVector(np.eye(1, 8, dtype=np.float32)[0], None)
DETAILS = st.builds(
    PhotoDetails,
    st.just(4),
    st.just(3),
    taken_at=st.sampled_from([None, "2020-01-02T03:04:05", "2021-05-06T07:08:09"]),
    camera=st.sampled_from([None, "Canon R5", "canon r6", "Nikon Z"]),
    latitude=st.sampled_from([None, 48.85]),
    longitude=st.just(2.35),
    keywords=st.sampled_from([(), ("sea",), ("sea", "animals|dog")]),
    people=st.sampled_from([(), ("Ana",), ("Ana", "Ben")]),
)
CHANGE = st.tuples(
    st.sampled_from(["put", "skip", "remove", "rename", "beside", "touch", "caption", "uncaption", "read", "lose"]),
    st.integers(0, len(PATHS) - 1),
    st.integers(0, len(PATHS) - 1),
    DETAILS,
)


def apply(catalog: Catalog, writer: CatalogWriter, what: str, one: int, other: int, details: PhotoDetails) -> None:
    """One change, if it is possible."""
    state = FileState(1, PATHS[one], 10 + other, 10**18 + other * 10**17, bytes([other]) * 16)
    photo, known = catalog.id_of(1, PATHS[one]), catalog.files.at(1, PATHS[one])
    if what == "put":
        writer.put_photo(state, details, VECTOR, reader_version=1)
    elif what == "skip":
        writer.put_skipped(state, "damaged", reader_version=1)
    elif what == "read":
        writer.put_read_texts([(bytes([one]) * 16, (None, "", "Way out", "way in")[other % 4])])
    elif what == "remove" and known:
        writer.remove(known.id)
    elif photo is None or known is None:
        return
    elif what == "rename" and catalog.files.at(1, PATHS[other]) is None:
        writer.rename(photo, state._replace(path=PATHS[other]))
    elif what == "beside":
        writer.put_beside(photo, str(other), Beside(Said(people=details.people)), details)
    elif what == "touch":
        writer.touch(photo, state._replace(size_bytes=known.size_bytes))  # the same content
    elif what == "caption":
        writer.put_caption(photo, f"a {PATHS[other]}", VECTOR.embedding)
    elif what == "uncaption":
        for number in catalog.captions.known_of(photo).values():
            writer.remove_caption(number)
    elif what == "lose":
        writer.read_again(photo, "to be read")


def told(catalog: Catalog, columns: TextColumns) -> list[Any]:
    """What the columns say of a catalog."""
    connection = catalog._connection()
    of_texts = (columns._names, columns._captions, columns._in_pictures)
    names = columns._names.of(connection)
    found: list[Any] = [columns.searchable.of(connection).tolist()]
    found += [part.tolist() for order in columns.orders.values() for part in order.of(connection)]
    found += [part.tolist() for part in columns.positions.of(connection)]
    found += [dict(columns.counts.of(connection).total), columns._places.of(connection).packed]
    marks = [
        *(texts.of(connection).holding(part) for texts in of_texts for part in ("img", "e", "1.", " way ", "a ")),
        *(names.like(pattern) for pattern in ("img_?", "*.jpg", "*")),
        *(names.ending(ends) for ends in ("jpg cr2", "png")),
        *(columns._cameras.of(connection).holding(part) for part in ("canon", "r6", "nikon")),
        *(columns._texts(kind).of(connection).any() for kind in ("person", "keyword", "place")),
        *(columns._texts("person").of(connection).holding_words(name) for name in ("ana", "ben")),
    ]
    return found + [sorted(np.flatnonzero(np.frombuffer(one, dtype=np.uint8)).tolist()) for one in marks]


@settings(max_examples=25, deadline=None, phases=[Phase.generate])  # what fails is small as it is
@given(steps=st.lists(st.lists(CHANGE, min_size=1, max_size=4), min_size=1, max_size=6))
def test_columns_follow_any_changes(steps: list[list[tuple[str, int, int, PhotoDetails]]]) -> None:
    with TemporaryDirectory() as place:
        catalog = Catalog(Path(place) / "catalog.sqlite", create=True)
        catalog.add_folder("photos", "..")
        with catalog.writing() as writer:
            for number, path in enumerate(PATHS[:4]):
                file = FileState(1, path, 10 + number, 10**18, bytes([number]) * 16)
                writer.put_photo(file, PhotoDetails(4, 3, camera="Canon R5"), VECTOR, reader_version=1)
        kept = TextColumns()
        told(catalog, kept)
        for step in steps:
            with catalog.writing() as writer:
                for change in step:
                    apply(catalog, writer, *change)
            assert told(catalog, kept) == told(catalog, TextColumns())
        catalog.close()


def test_few_changes_are_read_alone_and_many_with_all_others(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_column, "MOST_RENEWED", 2)
    folder, asked = catalog.add_folder("photos", "..").id, []

    def renew(_: Connection, known: int, changed: Ids) -> int:
        asked.append(changed.tolist())
        return known

    column = KeptColumn(lambda _: catalog.generation, renew)
    assert column.of(catalog._connection()) == 0
    for names, value in (("ab", 0), ("cde", 2), ("f", 2)):
        with catalog.writing() as writer:
            for name in names:
                file = FileState(folder, name, 1, 1, name.encode())
                writer.put_photo(file, PhotoDetails(4, 3), VECTOR, reader_version=1)
        assert column.of(catalog._connection()) == value
    assert asked == [[1, 2], [6]]


def test_what_a_transaction_has_written_is_kept_by_nobody_and_a_snapshot_keeps_what_was_known(
    catalog: Catalog,
) -> None:
    folder = catalog.add_folder("photos", "..").id
    file = FileState(folder, "a.jpg", 1, 1, b"a")

    class BackError(Exception):
        pass

    assert catalog.counts().number("photos") == 0

    def put_and_take_back() -> None:
        with catalog.writing() as writer:
            writer.put_photo(file, PhotoDetails(4, 3), VECTOR, reader_version=1)
            assert catalog.counts().number("photos") == 1
            raise BackError

    with pytest.raises(BackError):
        put_and_take_back()
    before = catalog.counts()
    assert before.number("photos") == 0
    with catalog.snapshot():  # of a connection that has written before
        assert catalog.counts() is before
    with catalog.writing() as writer:
        writer.put_photo(file, replace(PhotoDetails(4, 3), camera="Canon"), VECTOR, reader_version=1)
    assert catalog.counts().most("camera") == [("Canon", 1)]


def put(catalog: Catalog, *names: str) -> None:
    """Photos, each in a commit of its own."""
    for name in names:
        with catalog.writing() as writer:
            writer.put_photo(FileState(1, name, 1, 1, name.encode()), PhotoDetails(4, 3), VECTOR, reader_version=1)


def named(catalog: Catalog) -> list[str]:
    """All photos by name, in the order that is kept."""
    return paths(catalog, catalog._kept(catalog._columns.orders["name"]).ids)


def selected(catalog: Catalog) -> list[str]:
    """The same as a function of SQL tells their places."""
    return paths(catalog, first_ids(catalog, ANY, "name", 10))


def paths(catalog: Catalog, ids: Ids) -> list[str]:
    return [catalog.photos([number])[number].path for number in ids.tolist()]


def opened_again(catalog: Catalog) -> Catalog:
    """As another process has it open."""
    address = getattr(catalog, "address", None)
    return Catalog(catalog.path) if address is None else type(catalog)(catalog.path, address)


@pytest.mark.parametrize("ordered", [named, selected])
def test_what_another_one_writes_while_an_order_is_renewed_leaves_it_in_order(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, ordered: Callable[[Catalog], list[str]]
) -> None:
    catalog.add_folder("photos", "..")
    put(catalog, "b.jpg", "d.jpg", "f.jpg", "h.jpg", "j.jpg")
    assert ordered(catalog) == ["b.jpg", "d.jpg", "f.jpg", "h.jpg", "j.jpg"]
    put(catalog, "i.jpg")
    other, read = opened_again(catalog), kept_column.changed_photos

    def and_renamed(connection: Connection, generation: int, *, most: int) -> Ids | None:
        """After the list of changes is read, before photos are compared."""
        found, known = read(connection, generation, most=most), other.files.at(1, "f.jpg")
        assert known is not None
        with other.writing() as writer:
            writer.rename(known.id, FileState(1, "z.jpg", 1, 1, b"f.jpg"))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(kept_column, "changed_photos", and_renamed)
        ordered(catalog)
    other.close()
    assert ordered(catalog) == ["b.jpg", "d.jpg", "h.jpg", "i.jpg", "j.jpg", "z.jpg"]
    put(catalog, "k.jpg")
    assert ordered(catalog) == ["b.jpg", "d.jpg", "h.jpg", "i.jpg", "j.jpg", "k.jpg", "z.jpg"]


def test_the_first_photos_of_a_search_are_put_in_order_in_a_snapshot(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog.add_folder("photos", "..")
    put(catalog, "b.jpg", "a.jpg")
    within, read = [], KeptColumn.of

    def asked(column: KeptColumn[Any], connection: Connection) -> Any:
        within.append(connection.in_transaction)
        return read(column, connection)

    monkeypatch.setattr(KeptColumn, "of", asked)
    for _ in range(2):  # the second one keeps the order
        assert catalog.ordered(np.array([1, 2]), "name", 2).tolist() == [2, 1]
    assert within
    assert within[-1]


def test_what_is_kept_of_a_catalog_is_forgotten_when_a_backup_of_the_same_generation_takes_its_place(
    catalog: Catalog,
) -> None:
    catalog.add_folder("photos", "..")
    put(catalog, "a.jpg")
    catalog.checkpoint()
    backup = catalog.path.with_name("backup")
    shutil.copy(catalog.path, backup)
    put(catalog, "b.jpg", "c.jpg")
    kept = catalog._columns
    assert (named(catalog), catalog.counts().number("photos")) == (["a.jpg", "b.jpg", "c.jpg"], 3)
    generation = catalog.generation
    catalog.close()  # Windows replaces no file that is open
    backup.replace(catalog.path)
    put(catalog, "d.jpg")
    with catalog.writing():
        pass
    assert (catalog.generation, catalog._columns) == (generation, kept)
    assert (named(catalog), catalog.counts().number("photos")) == (["a.jpg", "d.jpg"], 2)
