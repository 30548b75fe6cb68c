"""The catalog: one SQLite file, the source of truth of a collection."""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from twinlens.collection.catalog.database import Connection, Database, damaged
from twinlens.collection.catalog.embeddings.features import PhotoFeatures
from twinlens.collection.catalog.embeddings.moments import MomentFeatures, MomentTable
from twinlens.collection.catalog.embeddings.next_vectors import NextVectors, model_meta
from twinlens.collection.catalog.feedback import FeedbackTable
from twinlens.collection.catalog.kept import Kept
from twinlens.collection.catalog.marks import Marks
from twinlens.collection.catalog.order import Order, first_ids
from twinlens.collection.catalog.path_forms import PathForms
from twinlens.collection.catalog.reading import count_photos, photo_records, rows_at_path
from twinlens.collection.catalog.rows import (
    MOST_DIM,
    MOST_GENERATIONS,
    KnownVector,
    ModelRecord,
    PhotoRecord,
    VectorDelta,
    embedding_blocks,
    halves,
    id_array,
    is_number,
    unit_row,
)
from twinlens.collection.catalog.schema import PLAUSIBLE_VERSION, SCHEMA_VERSION, upgrade
from twinlens.collection.catalog.selecting import selected_ids
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
FOLLOW_LINKS = "follow_links"  # key in the table meta
ARCHIVES = "archives"  # another one
ONLY_KNOWN = "only_known"  # the same
EXCLUDED = "exclude"  # key of the patterns of files that are not indexed


@dataclass(frozen=True, slots=True)
class Folder:
    """A photo folder of the collection; ``path`` may be relative to the collection folder."""

    id: int
    name: str
    path: str


class KnownFile(NamedTuple):
    """A file as recorded in the catalog, to detect whether it has changed."""

    id: int
    size_bytes: int
    mtime_ns: int
    content_hash: bytes | None
    skip_reason: str | None
    reader_version: int


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


class Catalog(Database):
    """Reads and writes the catalog file.

    May be shared between threads: each gets its own connection. The catalog of an older
    release is upgraded when it is opened.

    Attributes:
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

    # --- what the collection is -------------------------------------------------------------

    def meta(self, key: str) -> str | None:
        """A stored value, such as ``fingerprint``."""
        rows = self.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def set_meta(self, values: Mapping[str, str]) -> None:
        """Stores values, all or none."""
        with self.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    def forget_meta(self, key: str) -> None:
        """Removes a stored value, if there is one."""
        with self.transaction() as connection:
            connection.execute("DELETE FROM meta WHERE key = ?", (key,))

    def model(self) -> ModelRecord | None:
        """The model of the vectors; None before the first run."""
        return self._model("")

    def next_model(self) -> ModelRecord | None:
        """The model that the collection is switching to; None if it is not."""
        return self._model("next_")

    def remember_model(self, model: ModelRecord) -> None:
        """Records the model of the vectors."""
        self.set_meta(model_meta(model))

    def _model(self, prefix: str) -> ModelRecord | None:
        keys = [prefix + key for key in ModelRecord._fields]
        found = dict(self.rows("SELECT key, value FROM meta WHERE key IN (?, ?, ?)", keys))
        if len(found) < len(keys):
            return None
        model, fingerprint, dim = (found[key] for key in keys)
        return ModelRecord(model, fingerprint, self._number(prefix + "dim", dim, most=MOST_DIM))

    def _number(self, key: str, value: object, *, most: int = MOST_GENERATIONS) -> int:
        if not isinstance(value, str) or not is_number(value, most=most):
            raise CatalogDamagedError(damaged(self.path, f"{key} is {str(value)[:40]!r}"))
        return int(value)

    @property
    def follows_links(self) -> bool:
        """Whether photos behind links that lead out of their folder are indexed and shown."""
        return self.meta(FOLLOW_LINKS) == "1"

    @property
    def opens_archives(self) -> bool:
        """Whether photos inside zip and tar files are indexed."""
        return self.meta(ARCHIVES) == "1"

    @property
    def has_only_known(self) -> bool:
        """Whether index runs add no photos: the collection was split from another by a search."""
        return self.meta(ONLY_KNOWN) == "1"

    @property
    def excluded(self) -> list[str]:
        """Patterns of files and folders that are not indexed, as gitignore has them; the last that matches decides."""
        try:
            found = json.loads(self.meta(EXCLUDED) or "[]")
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise CatalogDamagedError(
                f"the patterns of files to exclude cannot be read in {self.path}; "
                "give them again: twinlens index --exclude PATTERN"
            )
        return found

    def exclude(self, patterns: Sequence[str]) -> None:
        """Records the patterns in the place of earlier ones."""
        self.set_meta({EXCLUDED: json.dumps(list(patterns))})

    @property
    def identity(self) -> str:
        """A unique id of the catalog, stored in derived files."""
        return self.meta("identity") or ""

    @property
    def generation(self) -> int:
        """Increases with every commit that changes photos."""
        return self._number("generation", self.meta("generation") or "0")

    def folders(self) -> list[Folder]:
        """The photo folders, oldest first."""
        return [Folder(*row) for row in self.rows("SELECT id, name, path FROM folders ORDER BY id")]

    def add_folder(self, name: str, path: str) -> Folder:
        """Adds a photo folder."""
        with self.transaction() as connection:
            put = "INSERT INTO folders (name, path) VALUES (?, ?) RETURNING id"
            return Folder(int(connection.execute(put, (name, path)).fetchone()[0]), name, path)

    def move_folder(self, folder_id: int, path: str) -> None:
        """Changes where a photo folder is; its photos keep their ids and what they were given."""
        with self.transaction() as connection:
            connection.execute("UPDATE folders SET path = ? WHERE id = ?", (path, folder_id))

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

    def known_files(self) -> dict[tuple[int, str], KnownFile]:
        """Every file ever seen, by folder id and path."""
        rows = self.rows(
            "SELECT folder_id, path, id, size_bytes, mtime_ns, content_hash, skip_reason, reader_version FROM photos"
        )
        return {(row[0], row[1]): KnownFile(*row[2:]) for row in rows}

    def known_file(self, folder_id: int, path: str) -> KnownFile | None:
        """One file as recorded in the catalog."""
        rows = self.rows(
            "SELECT id, size_bytes, mtime_ns, content_hash, skip_reason, reader_version FROM photos "
            "WHERE folder_id = ? AND path = ?",
            (folder_id, path),
        )
        return KnownFile(*rows[0]) if rows else None

    def known_files_in(self, folder_id: int, subfolder: str) -> dict[str, KnownFile]:
        """Files directly in a subfolder, "" for the photo folder itself, by path."""
        start, end = (f"{subfolder}/", f"{subfolder}0") if subfolder else ("", "\U0010ffff")  # "0" comes after "/"
        sql = (
            "SELECT path, id, size_bytes, mtime_ns, content_hash, skip_reason, reader_version FROM photos "
            "WHERE folder_id = ? AND path >= ? AND path < ? ORDER BY path LIMIT 50"
        )
        found, place = {}, start
        while rows := self.rows(sql, (folder_id, place, end)):
            for path, *file in rows:
                name, slash, _ = path.removeprefix(start).partition("/")
                if slash:  # in a subfolder of this one, which may hold most of the library
                    place = f"{start}{name}0"
                    break
                found[path], place = KnownFile(*file), f"{path}\0"
        return found

    def known_files_below(self, folder_id: int, subfolder: str) -> dict[tuple[int, str], KnownFile]:
        """Every file in a subfolder and all below it, by folder id and path."""
        rows = self.rows(
            "SELECT folder_id, path, id, size_bytes, mtime_ns, content_hash, skip_reason, reader_version FROM photos "
            "WHERE folder_id = ? AND path >= ? AND path < ?",
            (folder_id, f"{subfolder}/", f"{subfolder}0"),  # "0" comes after "/"
        )
        return {(row[0], row[1]): KnownFile(*row[2:]) for row in rows}

    def has_more_files(self, folder_id: int, subfolder: str, *, than: int) -> bool:
        """Whether more than so many files are known in a subfolder and below it; "" for the photo folder itself."""
        start, end = (f"{subfolder}/", f"{subfolder}0") if subfolder else ("", "\U0010ffff")
        sql = "SELECT 1 FROM photos WHERE folder_id = ? AND path >= ? AND path < ? LIMIT 1 OFFSET ?"
        return bool(self.rows(sql, (folder_id, start, end, than)))

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
