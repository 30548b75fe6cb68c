"""Put carried photos, and what people gave to them, into a catalog; all in the caller's transaction."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import TEXTS
from twinlens.collection.catalog.curated.albums import Album
from twinlens.collection.catalog.curated.names import name_key
from twinlens.collection.catalog.kept import GIVEN
from twinlens.collection.catalog.portable.carried import CarriedAlbum, CarriedPhoto, KeptValue, ReadContent
from twinlens.collection.catalog.repair.mending import TO_READ
from twinlens.collection.catalog.rows import blob
from twinlens.collection.catalog.texts.read_texts import put_read_texts
from twinlens.types import Embeddings


class PhotoHere(NamedTuple):
    """A searchable photo of the catalog."""

    id: int
    path: str


class AlbumHere(NamedTuple):
    """The album that a carried one becomes, and the places in it that are taken."""

    number: int
    last: int


def photos_of_content(catalog: Catalog, contents: Iterable[bytes]) -> dict[bytes, list[PhotoHere]]:
    """The searchable photos of some contents."""
    wanted = list(contents)
    found: dict[bytes, list[PhotoHere]] = {}
    select = f"SELECT content_hash, id, path FROM photos WHERE content_hash IN ({','.join('?' * len(wanted))})"
    for content, *photo in catalog.rows(f"{select} AND skip_reason IS NULL ORDER BY id", wanted):
        found.setdefault(content, []).append(PhotoHere(*photo))
    return found


def has_path(catalog: Catalog, folder_id: int, path: str) -> bool:
    """Whether a file at a path is known, whether it could be read or not."""
    return catalog.files.at(folder_id, path) is not None


def captions_of(catalog: Catalog, ids: Sequence[int]) -> set[tuple[int, str]]:
    """The captions that photos have."""
    sql = "SELECT photo_id, text FROM captions WHERE photo_id IN (SELECT value FROM json_each(?))"
    rows = catalog.rows(sql, (json.dumps(list(ids)),))
    return {(number, text) for number, text in rows}


def can_be_given(photo: CarriedPhoto) -> bool:
    """Whether what a photo was given belongs to the content on record, as ``keep_given`` has it."""
    return photo.content_hash is not None and photo.facts.get("skip_reason") in (None, TO_READ)


def put_row(
    connection: sqlite3.Connection,
    photo: CarriedPhoto,
    folder_id: int,
    path: str,
    generation: int,
    *,
    columns: Iterable[str],
) -> int:
    """Adds a photo with its vector and its moments; returns its id.

    Args:
        connection: in a transaction of the catalog.
        photo: to add.
        folder_id: where it is.
        path: in that folder, where nothing is known yet.
        generation: of the transaction.
        columns: of the table of photos; other facts are passed over.

    Raises:
        sqlite3.IntegrityError: a fact is of another kind than the column's, or one that is needed is missing.
    """
    known = [name for name in columns if name in photo.facts]
    row = {
        **{name: photo.facts[name] for name in known},
        "folder_id": folder_id,
        "path": path,
        "content_hash": photo.content_hash,
        "generation": generation,
    }
    sql = f"INSERT INTO photos ({', '.join(row)}) VALUES ({', '.join('?' * len(row))}) RETURNING id"
    number = int(connection.execute(sql, list(row.values())).fetchone()[0])
    if photo.embedding is not None:
        connection.execute("INSERT INTO vectors VALUES (?, ?, ?)", (number, photo.embedding, photo.features))
    connection.executemany(f"INSERT INTO {TEXTS} VALUES (?, ?, ?)", [(number, *said) for said in photo.said])
    if photo.content_details is not None:
        connection.execute("INSERT INTO content_details VALUES (?, ?)", (number, photo.content_details))
    connection.executemany(
        "INSERT INTO moments (photo_id, at_ms, embedding, features, generation) VALUES (?, ?, ?, ?, ?)",
        [(number, *moment, generation) for moment in photo.moments],
    )
    return number


def know_texts(connection: sqlite3.Connection, contents: Iterable[ReadContent]) -> list[int]:
    """Takes over what is written in pictures, unless they were read here; returns the photos that it is new of."""
    new = [one for one in contents if not _is_known(connection, one)]
    return put_read_texts(connection, new)


def _is_known(connection: sqlite3.Connection, read: ReadContent) -> bool:
    """Whether it was read here, or passed over as it was there."""
    sql = "SELECT text FROM read_texts WHERE content_hash = ?"
    known = connection.execute(sql, (read.content_hash,)).fetchone()
    return known is not None and (known[0] is not None or read.text is None)


def give(
    connection: sqlite3.Connection, number: int, kind: str, value: str, generation: int, embedding: Embeddings | None
) -> bool:
    """Gives something to a photo, unless it has it, or another one where it can have one only; whether it got it."""
    values = {
        "photo_id": number,
        "value": value,
        "embedding": None if embedding is None else blob(embedding),
        "generation": generation,
    }
    return connection.execute(GIVEN[kind].give, values).rowcount > 0


def keep(connection: sqlite3.Connection, kept: KeptValue) -> None:
    """Keeps something until a photo of its content is here."""
    connection.execute("INSERT OR IGNORE INTO kept (content_hash, kind, value) VALUES (?, ?, ?)", kept)


def keep_of(connection: sqlite3.Connection, number: int, kind: str, value: str) -> None:
    """Keeps something by the content of a photo that cannot have it yet."""
    connection.execute(
        "INSERT OR IGNORE INTO kept (content_hash, kind, value) "
        "SELECT content_hash, ?, ? FROM photos WHERE id = ? AND content_hash IS NOT NULL",
        (kind, value, number),
    )


def albums_here(
    catalog: Catalog, connection: sqlite3.Connection, albums: Sequence[CarriedAlbum]
) -> Mapping[str, AlbumHere]:
    """For the name of each carried album: the one that it becomes, which is made where there is none.

    One of the same name and kind is the same album; live ones must have the same search. Otherwise it gets a
    number behind its name.

    Raises:
        QueryError: a name cannot be used, or there would be too many albums.
    """
    known = {name_key(album.name): album for album in catalog.albums.all()}
    found = {}
    for carried in albums:
        album = _same(known, carried) or catalog.albums.create(_free_name(known, carried), carried.query)
        known[name_key(album.name)] = album
        last = connection.execute(
            "SELECT coalesce(max(position), 0) FROM album_photos WHERE album_id = ?", (album.number,)
        ).fetchone()
        found[carried.name] = AlbumHere(album.number, int(last[0]))
    return found


def _same(known: Mapping[str, Album], carried: CarriedAlbum) -> Album | None:
    """The album that a carried one is, under its name or with a number from an earlier time."""
    for name in _names(carried.name):
        album = known.get(name_key(name))
        if album is None or album.query == carried.query:
            return album
    raise AssertionError("names have no end")


def _free_name(known: Mapping[str, Album], carried: CarriedAlbum) -> str:
    return next(name for name in _names(carried.name) if name_key(name) not in known)


def _names(name: str) -> Iterable[str]:
    yield name
    for number in range(2, 100_000):
        yield f"{name[:90]} ({number})"
