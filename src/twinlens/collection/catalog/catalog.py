"""The catalog: one SQLite file, the source of truth of a collection."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from twinlens.collection.catalog.columns.changed import changed_photos
from twinlens.collection.catalog.columns.contents import KnownContents
from twinlens.collection.catalog.columns.counts import Counts
from twinlens.collection.catalog.columns.counts_file import FILE as COUNTS_FILE
from twinlens.collection.catalog.columns.counts_file import CountsFile
from twinlens.collection.catalog.columns.kept_column import KeptColumn
from twinlens.collection.catalog.columns.positions import Positions
from twinlens.collection.catalog.columns.text_columns import TextColumns
from twinlens.collection.catalog.condition import ANY, Condition, one_of
from twinlens.collection.catalog.curated.albums import AlbumTable
from twinlens.collection.catalog.curated.ratings import RatingTable
from twinlens.collection.catalog.curated.shares import ShareTable
from twinlens.collection.catalog.curated.tags import TagTable
from twinlens.collection.catalog.database import Connection, damaged
from twinlens.collection.catalog.embeddings.features import PhotoFeatures
from twinlens.collection.catalog.embeddings.moments import MomentFeatures, MomentTable
from twinlens.collection.catalog.embeddings.next_vectors import NextVectors
from twinlens.collection.catalog.feedback import FeedbackTable
from twinlens.collection.catalog.files.known_files import FileTable
from twinlens.collection.catalog.kept import Kept
from twinlens.collection.catalog.marks import Marks
from twinlens.collection.catalog.order import Order, first_ids
from twinlens.collection.catalog.path_forms import PathForms
from twinlens.collection.catalog.reading import count_photos, photo_records, rows_at_path
from twinlens.collection.catalog.rows import (
    KnownVector,
    ModelRecord,
    PhotoRecord,
    VectorDelta,
    embedding_blocks,
    halves,
    id_array,
    unit_row,
)
from twinlens.collection.catalog.schema import PLAUSIBLE_VERSION, SCHEMA_VERSION, upgrade
from twinlens.collection.catalog.selecting import selected_ids
from twinlens.collection.catalog.settings import Settings
from twinlens.collection.catalog.sqlite.before_upgrade import keep_before_upgrade
from twinlens.collection.catalog.sqlite.foreign import refuse_links, refuse_programs
from twinlens.collection.catalog.sqlite.integrity import (
    check_at_open,
    known_afterwards,
    refuse_emptied,
    structure_faults,
    was_used,
)
from twinlens.collection.catalog.texts.captions import CaptionTable
from twinlens.collection.catalog.texts.read_texts import ReadTexts
from twinlens.collection.catalog.texts.said import SaidAbout, content_details
from twinlens.collection.catalog.texts.written import WrittenTexts
from twinlens.collection.catalog.writing import CatalogWriter
from twinlens.counted import counted
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector
from twinlens.errors import CatalogDamagedError, CollectionError, CollectionNotFoundError, NoCaptionsError
from twinlens.types import Embeddings, Ids

if TYPE_CHECKING:
    from twinlens.collection.catalog.postgres.work import WorkTable

Value = TypeVar("Value")


class KnownContent(NamedTuple):
    """What is on record of a photo's content.

    Attributes:
        vector: of it.
        details: what it says, without the files beside the photo.
        has_texts: whether it was read for texts and stars.
    """

    vector: PhotoVector
    details: PhotoDetails
    has_texts: bool


class Catalog(Settings):
    """Reads and writes the catalog file.

    May be shared between threads: each gets its own connection. The catalog of an older
    release is upgraded when it is opened.

    Attributes:
        files: every file ever seen.
        captions: the captions of its photos.
        features: what tells how alike its photos are.
        moments: frames of its videos.
        moment_features: what tells how alike photos are to them.
        marks: the user's favourites.
        tags: the user's tags.
        ratings: the user's ratings.
        albums: the user's albums.
        shares: what others may see by a link.
        feedback: which photos people called right or wrong for a query.
        said: what their files, and files beside them, say about its photos.
        written: what is written about its photos.
        read_texts: what is written in them.
        kept: captions, favourites, tags, ratings and places in albums of photos that are gone.
        next: embeddings of a new model, while the collection is switching to it.
        path_forms: finds its paths in any Unicode form.
        work: files that several indexers read for one run; None of a file, which one process indexes.
        is_intact: all of the file was checked, now or the last time that it was changed.

    Args:
        path: the SQLite file.
        create: create the file if it is missing.
        read_only: for media that cannot be written.

    Raises:
        CatalogDamagedError: the file is not a readable catalog.
        CollectionError: it is missing, contains a link, or is from a newer version.
    """

    work: "WorkTable | None" = None

    def __init__(self, path: Path, *, create: bool = False, read_only: bool = False) -> None:
        refuse_links(path.parent)
        self._check_place(path, create=create)
        super().__init__(path, create=create, read_only=read_only)
        self._columns = TextColumns(self._counts_file())
        self.files = FileTable(self)
        self.captions = CaptionTable(self)
        self.features = PhotoFeatures(self)
        self.moments = MomentTable(self)
        self.moment_features = MomentFeatures(self)
        self.marks = Marks(self)
        self.tags = TagTable(self)
        self.ratings = RatingTable(self)
        self.albums = AlbumTable(self)
        self.shares = ShareTable(self)
        self.feedback = FeedbackTable(self)
        self.said = SaidAbout(self)
        self.written = WrittenTexts(self)
        self.read_texts = ReadTexts(self)
        self.kept = Kept(self)
        self.next = NextVectors(self)
        self.path_forms = PathForms(self)
        try:
            with self.errors():
                self._prepare()
                self.is_intact = self._check_contents()
            self.keep_existing()
        except BaseException:
            self.close()
            raise

    def _counts_file(self) -> CountsFile | None:
        return CountsFile(self.path.with_name(COUNTS_FILE), writable=not self.read_only)

    def _check_place(self, path: Path, *, create: bool) -> None:
        refuse_emptied(path)
        if not create and not path.is_file():
            raise CollectionError(f"there is no catalog at {path}")

    def _check_contents(self) -> bool:
        refuse_programs(self)
        return check_at_open(self)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """See ``Database.transaction``."""
        with known_afterwards(self), super().transaction() as connection:  # a commit may write the log into the file
            yield connection

    def checkpoint(self) -> None:
        """See ``Database.checkpoint``."""
        with known_afterwards(self):
            super().checkpoint()

    def close(self) -> None:
        """See ``Database.close``; the last one that closes the file writes the log into it."""
        with known_afterwards(self):
            super().close()

    def _opened(self, mode: str) -> Connection:
        connection = super()._opened(mode)
        self._columns.add_functions(connection)
        return connection

    # --- photos: writing --------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[CatalogWriter]:
        """A transaction that changes photos, all or nothing."""
        with self.transaction() as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
            generation = self._number("generation", row[0]) + 1
            connection.execute("UPDATE meta SET value = ? WHERE key = 'generation'", (str(generation),))
            yield CatalogWriter(connection, generation)

    # --- photos: reading --------------------------------------------------------------------

    def known_contents(self) -> KnownContents:
        """The contents that searchable photos have now."""
        return KnownContents(self, self.generation)

    def vector_of_content(self, content_hash: bytes) -> KnownContent | None:
        """What is on record of any photo with this content; one that was read for texts, if there is one."""
        rows = self.rows(
            "SELECT id, embedding, features, beside FROM photos JOIN vectors ON photo_id = id "
            "WHERE content_hash = ? AND skip_reason IS NULL ORDER BY beside IS NULL LIMIT 1",
            (content_hash,),
        )
        if not rows:
            return None
        number, embedding, features, beside = rows[0]
        vector = PhotoVector(unit_row(self, number, embedding), None if features is None else halves(features))
        return KnownContent(vector, content_details(self, number), beside is not None)

    def skipped(self) -> list[tuple[int, str, str]]:
        """Folder id, path and reason of each skipped file."""
        return self.rows(
            "SELECT folder_id, path, skip_reason FROM photos WHERE skip_reason IS NOT NULL ORDER BY folder_id, path"
        )

    def count(self) -> int:
        """Number of searchable photos."""
        return count_photos(self)

    def select_ids(self, condition: Condition = ANY) -> Ids:
        """Ids of searchable photos that satisfy a condition, ascending."""
        return selected_ids(self, condition, self._kept(self._columns.searchable))

    def ordered(self, ids: Ids, order: Order, count: int) -> Ids:
        """The first of some photos in an order; by date, undated ones come last, either way."""
        with self.snapshot():
            with self.connected() as connection:
                known = self._columns.orders[order].if_worthwhile(connection)
            return first_ids(self, one_of(ids), order, count) if known is None else known.first(ids, count)

    def photos(self, ids: Iterable[int]) -> dict[int, PhotoRecord]:
        """Records by id; deleted ids are missing from the result."""
        return photo_records(self, ids)

    def places(self, ids: Iterable[int], order: Order) -> dict[int, int]:
        """The place of each photo in an order, which those that are alike share; deleted ids are missing."""
        wanted = np.fromiter(ids, dtype=np.int64)
        shared = self._kept(self._columns.orders[order]).shared
        wanted = wanted[wanted < len(shared)]
        return {item: place for item, place in zip(wanted.tolist(), shared[wanted].tolist(), strict=True) if place}

    def counts(self) -> Counts:
        """How many searchable photos have each value, such as a camera."""
        return self._kept(self._columns.counts)

    def positions(self) -> Positions:
        """Where the searchable photos were taken that have a position."""
        return self._kept(self._columns.positions)

    def _kept(self, column: KeptColumn[Value]) -> Value:
        with self.snapshot(), self.connected() as connection:  # otherwise another one may write in between
            return column.of(connection)

    def id_of(self, folder_id: int, path: str) -> int | None:
        """Id of the searchable photo at a path."""
        rows = rows_at_path(self, "id", folder_id, self.path_forms.as_written(folder_id, path))
        return int(rows[0][0]) if rows else None

    def embedding(self, photo_id: int) -> Embeddings | None:
        """The embedding of record [D] of one photo."""
        rows = self.rows("SELECT embedding FROM vectors WHERE photo_id = ?", (int(photo_id),))
        return unit_row(self, photo_id, rows[0][0]) if rows else None

    def vector_of_photo(self, photo_id: int) -> KnownVector | None:
        """What is on record of one photo, of one model."""
        with self.snapshot():  # another process may change the model
            embedding, model = self.embedding(photo_id), self.model()
            likeness = self.features.of_photo(photo_id)
        return None if embedding is None or model is None else KnownVector(embedding, likeness, model)

    def dim(self, model: ModelRecord | None) -> int:
        """D, the dimension of a model's embeddings; 0 without one."""
        return model.dim if model else 0

    def tally(self) -> tuple[int, int]:
        """Number of searchable photos, and the sum of their ids."""
        # by the indexes that list all photos, and the skipped ones: the table itself is far larger
        sums = "SELECT count(*), total(id) FROM photos"
        (all_of_them,), (skipped,) = self.rows(sums), self.rows(f"{sums} WHERE skip_reason IS NOT NULL")
        return int(all_of_them[0] - skipped[0]), int(all_of_them[1] - skipped[1])

    def changes_since(self, generation: int) -> VectorDelta:
        """Vectors added and removed since a generation."""
        added = self.rows(
            "SELECT id FROM photos WHERE generation > ? AND skip_reason IS NULL ORDER BY +id", (generation,)
        )
        removed = self.rows("SELECT photo_id FROM removed WHERE generation > ?", (generation,))
        return VectorDelta(id_array(added), id_array(removed))

    def changed_since(self, generation: int, *, most: int) -> Ids | None:
        """Photos that came, went or have changed since; None if they are more than ``most``; see ``changed_photos``."""
        with self.snapshot(), self.connected() as connection:
            return changed_photos(connection, generation, most=most)

    def embeddings(self, ids: Ids, *, block: int = 2048) -> Iterator[tuple[Ids, Embeddings]]:
        """Embeddings of record [B, D] for ascending ids, block by block."""
        return embedding_blocks(self, "SELECT photo_id, embedding FROM vectors WHERE photo_id", ids, block=block)

    def same_content(self) -> tuple[Ids, Ids]:
        """Photos that share their content with other files, ascending, and for each the first of them."""
        several = "SELECT content_hash FROM photos WHERE content_hash IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
        rows = self.rows(  # by the index of contents alone: few have several files
            f"SELECT id, min(id) OVER (PARTITION BY content_hash) FROM ({several}) AS several CROSS JOIN photos "
            "USING (content_hash) WHERE skip_reason IS NULL ORDER BY id"
        )
        return id_array(rows), id_array([(first,) for _, first in rows])

    def nothing_found(self, *, captions: bool = False) -> CollectionNotFoundError:
        """The error for a catalog without searchable photos, or without captions."""
        place = self.path.parent
        if captions and self.count():
            return NoCaptionsError(
                f"no captions are known in {place} yet; add them: twinlens index PHOTOS --captions FILE"
            )
        if skipped := len(self.skipped()):
            return CollectionNotFoundError(
                f"none of the {skipped:,} photos in {place} could be read; "
                "'twinlens status --skipped' lists the reasons"
            )
        return CollectionNotFoundError(f"nothing is indexed in {place} yet; run: twinlens index PHOTOS")

    def integrity_faults(self) -> list[str]:
        """Problems found by SQLite's full check and ours; empty if there are none."""
        if faults := structure_faults(self):
            return faults
        faults = [
            f"{counted(count, 'row belongs', 'rows belong')} to nothing in the table {table}"
            for table, count in self._strays()
        ]
        orphans = self.rows(
            "SELECT count(*) FROM photos LEFT JOIN vectors ON photo_id = id "
            "WHERE skip_reason IS NULL AND photo_id IS NULL"
        )[0][0]
        if orphans:
            faults.append(f"{counted(orphans, 'photo has', 'photos have')} no vector")
        return faults

    def _strays(self) -> list[tuple[str, int]]:
        return self.rows('SELECT "table", count(*) FROM pragma_foreign_key_check GROUP BY 1')

    def refuse_loss(self, generation: int) -> None:
        """To be called when photos of a generation were not found.

        Raises:
            CatalogDamagedError: they are missing because the catalog is damaged, not because it has changed since.
        """
        if generation == self.generation and (faults := structure_faults(self)):
            raise CatalogDamagedError(damaged(self.path, faults[0]))

    def _prepare(self) -> None:
        if 0 <= self._version() < SCHEMA_VERSION and not self.read_only:
            self._upgrade()
        version = self._version()
        if version >= PLAUSIBLE_VERSION:
            raise CatalogDamagedError(damaged(self.path, f"schema version {version}"))
        if version > SCHEMA_VERSION:
            raise CollectionError(
                f"{self.path} was written by a newer twinlens: schema {version}, this release has {SCHEMA_VERSION}; "
                "update twinlens"
            )
        if version == 0 and not self._tables():
            raise CollectionError(f"{self.path} is empty and cannot be written")
        if version < 1:
            raise CatalogDamagedError(damaged(self.path, f"schema version {version}"))

    def _upgrade(self) -> None:
        with self.transaction() as connection:  # one process at a time; others can read, and so can the copy
            is_new = not self._tables()
            if not is_new and not self._version():  # another program's file
                return
            if is_new and was_used(self.path.parent):
                why = "it has no tables, although photos were indexed here; its log may be lost"
                raise CatalogDamagedError(damaged(self.path, why))
            if 0 < (version := self._version()) < SCHEMA_VERSION:
                keep_before_upgrade(self.path, version)
            upgrade(connection)
            if is_new:
                start = [("identity", uuid.uuid4().hex), ("generation", "0")]
                connection.executemany("INSERT INTO meta VALUES (?, ?)", start)

    def _version(self) -> int:
        return int(self.rows("PRAGMA user_version")[0][0])

    def _tables(self) -> int:
        return int(self.rows("SELECT count(*) FROM sqlite_master")[0][0])
