"""Take in what another catalog, or an archive, knows of photos and what people gave to them."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, TypeVar

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.kept import GIVEN
from twinlens.collection.catalog.portable.carried import (
    AT_ONCE,
    Carried,
    CarriedPhoto,
    KeptValue,
    as_list,
    photo_columns,
)
from twinlens.collection.catalog.portable.taking_in import (
    AlbumHere,
    PhotoHere,
    albums_here,
    can_be_given,
    captions_of,
    give,
    has_path,
    keep,
    keep_of,
    know_texts,
    photos_of_content,
    put_row,
)
from twinlens.data.file_names import same_form
from twinlens.embedding.local import check_unit_rows
from twinlens.protocols import DualEncoder
from twinlens.types import Embeddings

T = TypeVar("T")
OnPhotos: TypeAlias = Callable[[int, int], None]
"""Called with the number of photos that are done, and of all."""


class Place(NamedTuple):
    """Where the photos of a folder are in the collection: the folder, and what comes before their paths there."""

    folder_id: int
    prefix: str = ""


@dataclass(slots=True)
class TakenIn:
    """What was taken in.

    Attributes:
        photos: that were carried.
        added: photos that are new in the collection.
        gained: photos that people had given something which they did not have here.
        kept: photos that are not here; what they were given is kept until they are indexed.
        ungiven: photos that can have nothing, because their content is not known.
        learnt: whether a lesson was taken over.
    """

    photos: int = 0
    added: int = 0
    gained: int = 0
    kept: int = 0
    ungiven: int = 0
    learnt: bool = False


class Taking:
    """Puts carried photos into a catalog, a block a transaction: what is done twice changes nothing more.

    Where a photo can have one of a kind only, such as a rating, the one that it has here stays.

    Args:
        catalog: that takes them in; its caller holds the lock of index runs.
        source: the photos.
        places: where the photos of a folder are here, by its name.
        adds: whether to add photos that are not known at those places.
        encoder: embeds captions; without it they are kept until an index run has a model.
        on_photos: called after each block.
    """

    def __init__(
        self,
        catalog: Catalog,
        source: Carried,
        places: Mapping[str, Place],
        encoder: DualEncoder | None,
        on_photos: OnPhotos = lambda _, __: None,
        *,
        adds: bool = True,
    ) -> None:
        self._catalog, self._source, self._places, self._adds = catalog, source, places, adds
        self._encoder, self._on_photos = encoder, on_photos
        self._generation = 0  # of the transaction of a block
        self._columns = photo_columns(catalog)
        self._albums: Mapping[str, AlbumHere] = {}
        self.report = TakenIn()

    def run(self) -> TakenIn:
        """Takes in all of it."""
        with self._catalog.transaction() as connection:
            self._albums = albums_here(self._catalog, connection, self._source.albums())
        for block in _blocks(self._source.photos(), weight=lambda photo: 1 + len(photo.moments)):
            with self._catalog.writing() as writer, self._catalog.transaction() as connection:
                self._generation = self._catalog.generation
                gained = self._take(block, connection)
                writer.reword(gained)
            self.report.photos += len(block)
            self.report.gained += len(gained)
            self._on_photos(self.report.photos, self._source.num_photos)
        for kept in _blocks(self._source.kept()):
            with self._catalog.writing() as writer, self._catalog.transaction() as connection:
                self._generation = self._catalog.generation
                writer.reword(self._take_kept(kept, connection))
        for read in _blocks(self._source.read_texts()):
            with self._catalog.writing() as writer, self._catalog.transaction() as connection:
                writer.reword(know_texts(connection, read))
        self._learn()
        return self.report

    def _take(self, block: Sequence[CarriedPhoto], connection: sqlite3.Connection) -> set[int]:
        here = photos_of_content(self._catalog, {photo.content_hash for photo in block if photo.content_hash})
        giving: list[tuple[int, str, str]] = []
        for photo in block:
            targets = self._targets(photo, here, connection)
            values = self._values(photo.given)
            giving += [(number, *one) for number in targets for one in values]
            if values and not targets:
                self._keep_all(photo, values, connection)
        return self._give(giving, connection)

    def _targets(
        self, photo: CarriedPhoto, here: Mapping[bytes, list[PhotoHere]], connection: sqlite3.Connection
    ) -> list[int]:
        """The photos that get what a carried one was given: itself, if it is added or at its path, else its copies."""
        place = self._places.get(photo.folder)
        path = f"{place.prefix if place else ''}{photo.path}"
        if place is not None and self._adds and not has_path(self._catalog, place.folder_id, path):
            self.report.added += 1
            number = put_row(connection, photo, place.folder_id, path, self._generation, columns=self._columns)
            return [number]
        copies = here.get(photo.content_hash or b"", [])
        same = [copy.id for copy in copies if same_form(copy.path) == same_form(path)]
        return same or [copy.id for copy in copies]

    def _keep_all(self, photo: CarriedPhoto, values: Iterable[tuple[str, str]], connection: sqlite3.Connection) -> None:
        if photo.content_hash is None or not can_be_given(photo):
            self.report.ungiven += 1
            return
        self.report.kept += 1
        for value in values:
            keep(connection, KeptValue(photo.content_hash, *value))

    def _take_kept(self, block: Sequence[KeptValue], connection: sqlite3.Connection) -> set[int]:
        here = photos_of_content(self._catalog, {kept.content_hash for kept in block})
        giving: list[tuple[int, str, str]] = []
        for kept in block:
            for value in self._values({kept.kind: [kept.value]}):
                copies = here.get(kept.content_hash, [])
                giving += [(copy.id, *value) for copy in copies]
                if not copies:
                    keep(connection, KeptValue(kept.content_hash, *value))
        return self._give(giving, connection)

    def _values(self, given: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
        """Kind and value of what was given, as this catalog keeps it: places in its own albums."""
        values = [(kind, value) for kind in GIVEN for value in given.get(kind, ())]
        return [(kind, self._place_in_album(value) if kind == "album" else value) for kind, value in values]

    def _place_in_album(self, value: str) -> str:
        name, position = json.loads(value)
        album = self._albums[name]
        return as_list([album.number, position + album.last])

    def _give(self, giving: Sequence[tuple[int, str, str]], connection: sqlite3.Connection) -> set[int]:
        known = captions_of(self._catalog, sorted({number for number, kind, _ in giving if GIVEN[kind].is_embedded}))
        new = [one for one in giving if not GIVEN[one[1]].is_embedded or (one[0], one[2]) not in known]
        embeddings = self._embedded(sorted({value for _, kind, value in new if GIVEN[kind].is_embedded}))
        gained = set()
        for number, kind, value in new:
            embedding = embeddings.get(value) if GIVEN[kind].is_embedded else None
            if GIVEN[kind].is_embedded and embedding is None:
                keep_of(connection, number, kind, value)
            elif give(connection, number, kind, value, self._generation, embedding):
                gained.add(number)
        return gained

    def _embedded(self, texts: list[str]) -> dict[str, Embeddings]:
        if not texts or self._encoder is None:
            return {}
        embeddings = self._encoder.encode_text(texts)
        check_unit_rows(embeddings, count=len(texts), dim=self._encoder.dim)
        return dict(zip(texts, embeddings, strict=True))

    def _learn(self) -> None:
        """A lesson is of one model, and one that was learnt here stays."""
        lesson, model = self._source.lesson(), self._catalog.model()
        if lesson and model and lesson.model == model.fingerprint and self._catalog.feedback.lesson() is None:
            self._catalog.feedback.put_lesson(lesson.model, lesson.figures, lesson.weights)
            self.report.learnt = True


class _TrialError(Exception):
    """Ends the transaction of a trial."""


@contextmanager
def tried_out(catalog: Catalog, *, dry_run: bool) -> Iterator[None]:
    """Takes back all that a block changes in a catalog, if it only tries something out."""
    if not dry_run:
        yield
        return
    try:
        with catalog.transaction():
            yield
            raise _TrialError
    except _TrialError:
        return


def _blocks(items: Iterable[T], *, weight: Callable[[T], int] = lambda _: 1) -> Iterator[list[T]]:
    """Lists of items that together weigh no more than a bound, or of one."""
    block: list[T] = []
    total = 0
    for item in items:
        if block and total + weight(item) > AT_ONCE:
            yield block
            block, total = [], 0
        block.append(item)
        total += weight(item)
    if block:
        yield block
