"""All that a catalog knows of its photos and that people gave, in a form that means the same in another catalog."""

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import READ_TEXTS, TEXTS
from twinlens.collection.catalog.embeddings.moments import MOMENTS
from twinlens.collection.catalog.feedback import Lesson
from twinlens.collection.catalog.kept import GIVEN, KEPT
from twinlens.collection.catalog.marks import has_own_marks, person_of_mark
from twinlens.collection.catalog.rows import MOST_PARAMETERS, ModelRecord

AT_ONCE = MOST_PARAMETERS
_OWN = {"id", "folder_id", "path", "content_hash", "generation"}  # of the table photos; the others are carried as facts
_ALBUM = "(SELECT name FROM albums WHERE id = {})"


class CarriedMoment(NamedTuple):
    """A frame of a video: when it is shown, its embedding (float32) and, if it has any, its features (float16)."""

    at_ms: int
    embedding: bytes
    features: bytes | None = None


class CarriedPhoto(NamedTuple):
    """A photo.

    Attributes:
        folder: name of its photo folder.
        path: in that folder.
        content_hash: of its file; None if that could never be read.
        facts: the other columns of its row, by name.
        said: kind and text of what its file, and files beside it, say.
        content_details: what its content alone says, as JSON; None where nothing is beside it.
        given: what people gave to it, by kind; an album is a name and a place in it.
        embedding: float32; None if it has none.
        features: float16; None if it has none.
        moments: of a video that was looked at, by their times.
    """

    folder: str
    path: str
    content_hash: bytes | None
    facts: Mapping[str, Any]
    said: Sequence[tuple[str, str]] = ()
    content_details: str | None = None
    given: Mapping[str, Sequence[str]] = MappingProxyType({})
    embedding: bytes | None = None
    features: bytes | None = None
    moments: Sequence[CarriedMoment] = ()


class CarriedAlbum(NamedTuple):
    """An album; its query is empty if people have put its photos together."""

    name: str
    query: str


class KeptValue(NamedTuple):
    """Something that is kept of a photo which is gone."""

    content_hash: bytes
    kind: str
    value: str


class ReadContent(NamedTuple):
    """What is written in pictures of a content, one line a piece; None = it is unlikely to hold text."""

    content_hash: bytes
    text: str | None


class Carried(Protocol):
    """A catalog or an archive, as another catalog takes it in."""

    @property
    def num_photos(self) -> int:
        """Of all photos, those that cannot be read as well."""

    @property
    def model(self) -> ModelRecord | None:
        """The model of the vectors."""

    @property
    def folders(self) -> dict[str, str]:
        """The photo folders: where they were, by name."""

    @property
    def excluded(self) -> list[str]:
        """Patterns of files that are not indexed."""

    @property
    def opens_archives(self) -> bool:
        """Whether photos inside zip and tar files are indexed."""

    def albums(self) -> list[CarriedAlbum]:
        """All albums."""

    def lesson(self) -> Lesson | None:
        """What was learnt last."""

    def photos(self) -> Iterator[CarriedPhoto]:
        """All photos, those that cannot be read as well."""

    def kept(self) -> Iterator[KeptValue]:
        """What is kept of photos that are gone."""

    def read_texts(self) -> Iterator[ReadContent]:
        """The contents that have been looked at for text."""


class CarriedCatalog:
    """Reads a catalog; one of an older release that cannot be written may lack tables."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.num_photos = int(catalog.rows("SELECT count(*) FROM photos")[0][0])
        self.model = catalog.model()
        self.folders = {folder.name: folder.path for folder in catalog.folders()}
        self.excluded, self.opens_archives = catalog.excluded, catalog.opens_archives
        self.has_own_marks = has_own_marks(catalog)
        self._facts = [column for column in photo_columns(catalog) if column not in _OWN]
        self._has_content_details = catalog.has_table("content_details")
        self._has_texts, self._has_moments = catalog.has_table(TEXTS), catalog.has_table(MOMENTS)

    def vectors(self) -> tuple[int, int]:
        """Number of photos with an embedding, and of the numbers of their features; 0 unless all have them."""
        return self._counted("vectors")

    def moments(self) -> tuple[int, int]:
        """The same of the moments of videos."""
        return self._counted(MOMENTS) if self._has_moments else (0, 0)

    def _counted(self, table: str) -> tuple[int, int]:
        ((count, least, most),) = self._catalog.rows(
            f"SELECT count(*), min(coalesce(length(features), 0)), max(coalesce(length(features), 0)) FROM {table}"
        )
        return int(count), int(least) // 2 if least == most and least else 0

    def albums(self) -> list[CarriedAlbum]:
        """See ``Carried``."""
        return [CarriedAlbum(album.name, album.query) for album in self._catalog.albums.all()]

    def lesson(self) -> Lesson | None:
        """See ``Carried``."""
        return self._catalog.feedback.lesson()

    def kept(self) -> Iterator[KeptValue]:
        """See ``Carried``; a place in an album that was deleted is left out."""
        if not self._catalog.has_table(KEPT):
            return
        names = {album.number: album.name for album in self._catalog.albums.all()}
        for content_hash, kind, value in self._catalog.each_row("SELECT content_hash, kind, value FROM kept"):
            if kind == "album":
                number, position = json.loads(value)
                if number not in names:
                    continue
                value = as_list([names[number], position])
            yield KeptValue(content_hash, kind, value)

    def read_texts(self) -> Iterator[ReadContent]:
        """See ``Carried``."""
        if self._catalog.has_table(READ_TEXTS):
            yield from map(ReadContent._make, self._catalog.each_row(f"SELECT content_hash, text FROM {READ_TEXTS}"))

    def photos(self) -> Iterator[CarriedPhoto]:
        """See ``Carried``; block by block, by id."""
        last = 0
        while ids := [
            row[0] for row in self._catalog.rows(f"SELECT id FROM photos WHERE id > {last} ORDER BY id LIMIT {AT_ONCE}")
        ]:
            with self._catalog.snapshot():
                for number, photo in zip(ids, self._block(ids), strict=True):
                    yield photo._replace(moments=self._moments_of(number)) if photo.facts.get("duration_ms") else photo
            last = ids[-1]

    def _block(self, ids: Sequence[int]) -> list[CarriedPhoto]:
        facts = ", ".join(f"photos.{name}" for name in self._facts)
        rows = self._rows(
            f"SELECT photos.id, folders.name, photos.path, content_hash, embedding, features, {facts} FROM photos "
            "JOIN folders ON folders.id = folder_id LEFT JOIN vectors ON vectors.photo_id = photos.id "
            "WHERE photos.id IN ({}) ORDER BY photos.id",
            ids,
        )
        said = self._of_each(f"SELECT photo_id, kind, text FROM {TEXTS} WHERE photo_id IN ({{}}) ORDER BY rowid", ids)
        details = self._of_each("SELECT photo_id, details FROM content_details WHERE photo_id IN ({})", ids)
        given = self._given(ids)
        return [
            CarriedPhoto(
                folder,
                path,
                content_hash,
                dict(zip(self._facts, known, strict=True)),
                [(kind, text) for kind, text in said.get(number, ())],
                details[number][0][0] if number in details else None,
                given.get(number, {}),
                embedding,
                features,
            )
            for number, folder, path, content_hash, embedding, features, *known in rows
        ]

    def _moments_of(self, number: int) -> list[CarriedMoment]:
        """Video by video: those of a long one have a megabyte."""
        sql = f"SELECT at_ms, embedding, features FROM {MOMENTS} WHERE photo_id = ? ORDER BY at_ms"
        return list(map(CarriedMoment._make, self._catalog.rows(sql, (number,)))) if self._has_moments else []

    def _given(self, ids: Sequence[int]) -> dict[int, dict[str, list[str]]]:
        found: dict[int, dict[str, list[str]]] = {}
        for kind, given in GIVEN.items():
            value = given.value
            if kind == "album":
                value = f"json_array({_ALBUM.format('album_id')}, position)"
            elif kind == "favourite":
                value = person_of_mark(self._catalog)
            select = (
                f"SELECT photo_id, {value} FROM {given.table} WHERE photo_id IN ({{}}) ORDER BY {given.table}.rowid"
            )
            if self._catalog.has_table(given.table):
                for number, one in self._rows(select, ids):
                    found.setdefault(number, {}).setdefault(kind, []).append(one)
        return found

    def _of_each(self, select: str, ids: Sequence[int]) -> dict[int, list[tuple[Any, ...]]]:
        found: dict[int, list[tuple[Any, ...]]] = {}
        if self._has_texts and self._has_content_details:
            for number, *values in self._rows(select, ids):
                found.setdefault(number, []).append(tuple(values))
        return found

    def _rows(self, select: str, ids: Sequence[int]) -> list[Any]:
        return self._catalog.rows(select.format(",".join("?" * len(ids))), ids)


def as_list(values: Sequence[Any]) -> str:
    """A value that is a list, written as SQLite writes one: the same list is always the same text."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def photo_columns(catalog: Catalog) -> list[str]:
    """The columns of the table of photos."""
    return catalog.columns("photos")
