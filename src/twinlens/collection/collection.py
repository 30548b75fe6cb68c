"""A collection: photo folders + catalog + vectors; what a user opens, indexes and searches."""

import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout

from twinlens.collection.captions import index_captions, open_captions
from twinlens.collection.catalog import Catalog, Folder
from twinlens.collection.check import vector_faults
from twinlens.collection.disk import INDEX_LOCK, DiskGuard, disk_error, make_folder, remove_unused
from twinlens.collection.filters import Filters, candidate_ids
from twinlens.collection.index import PhotoFolder, index_folders
from twinlens.collection.locate import CATALOG_NAME, FOLDER_NAME, default_place, find_collection, user_path
from twinlens.collection.query import Query, embed_query, parse_query, photo_query
from twinlens.collection.report import CaptionReport, IndexListener, IndexReport, SilentListener
from twinlens.collection.rows import PhotoRecord
from twinlens.collection.search import TARGETS, Answer, Page, PhotoTable, Sort, Target, ranked_hits
from twinlens.collection.vectors import DerivedVectors
from twinlens.errors import (
    CollectionBusyError,
    CollectionError,
    CollectionNotFoundError,
    ModelMismatchError,
    QueryError,
)
from twinlens.model.load import load_model
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.protocols import Dataset
from twinlens.types import Hit

logger = logging.getLogger(__name__)


class Collection:
    """Photos, and captions of theirs, that can be found by words and by photo.

    Open one with ``Collection.open`` or ``Collection.create``. Searching is safe from
    several threads at once, and from several processes while one of them indexes.

    Attributes:
        path: the collection's own folder, with the catalog in it.
    """

    def __init__(self, path: Path, *, model: str | Path | None = None, create: bool = False) -> None:
        self.path = path
        self._asked_model = model
        self._encoder: OnnxDualEncoder | None = None
        self._writable = os.access(path, os.W_OK) if path.exists() else True
        self._is_fresh = create and not (path / CATALOG_NAME).exists()
        if create:
            make_folder(path)
        self.catalog = Catalog(path / CATALOG_NAME, create=create, read_only=not self._writable)
        self._vectors = DerivedVectors(path, self.catalog, self.catalog, name="exact", writable=self._writable)
        self._caption_vectors = DerivedVectors(
            path, self.catalog, self.catalog.captions, name="captions", writable=self._writable
        )
        if not create and self._writable and path.name == FOLDER_NAME and not self.catalog.folders():
            self._add_folder(path.parent)  # its first run was killed before it did

    # --- opening ------------------------------------------------------------------------------

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, model: str | Path | None = None) -> Self:
        """Opens the collection of a photo folder, or a collection's own folder.

        A photo folder that was never indexed gets an empty collection; call ``index`` next.

        Args:
            path: may start with ``~``.
            model: name or folder of a bundle; must be the collection's, once it has photos.

        Raises:
            CollectionError: the folder is missing, or is a sub-folder of an indexed one.
            CatalogDamagedError: the catalog is not readable.
        """
        place = user_path(path)
        located = find_collection(place)
        if located is None:
            return cls.create([place], model=model)
        if located.within is not None:
            raise CollectionError(
                f"{place} lies in a folder that is indexed already; "
                f"open {located.photos} and search with folder={str(place)!r}"
            )
        return cls(located.collection, model=model)

    @classmethod
    def create(
        cls,
        folders: Sequence[str | os.PathLike[str]],
        *,
        at: str | os.PathLike[str] | None = None,
        model: str | Path | None = None,
    ) -> Self:
        """Makes a collection of one or several photo folders, or adds folders to the one at ``at``.

        Args:
            folders: photo folders; several need ``at``.
            at: the collection's own folder; by default ``.twinlens`` inside the photo
                folder, or the user's data folder where that cannot be written.
            model: name or folder of a bundle; default ``default``.

        Raises:
            CollectionError: a folder is missing, or several came without ``at``.
        """
        photos = [user_path(folder) for folder in folders]
        if at is None and len(photos) != 1:
            raise CollectionError("several folders in one collection need a place for it: give --collection DIR")
        places = [default_place(folder) for folder in photos]
        place, why = places[0]
        if at is not None:
            place = user_path(at)
        elif why:
            logger.warning("%s, so its collection is kept in %s", why, place)
        collection = cls(place, model=model, create=True)
        try:
            for folder in photos:
                collection._add_folder(folder)
        except BaseException:
            collection.close()
            raise
        return collection

    def close(self) -> None:
        """Closes the catalog and forgets the maps of the vectors.

        A collection that was made here and never got a photo leaves no trace: an empty
        one would later be taken for that of the folders below it.
        """
        unused = self._is_fresh and not len(self)
        self._is_fresh = False
        self.catalog.close()
        if unused:
            remove_unused(self.path)
        self._vectors.close()
        self._caption_vectors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return self.catalog.count()

    # --- folders and model --------------------------------------------------------------------

    def folders(self) -> list[PhotoFolder]:
        """The photo folders where they are now."""
        known = self.catalog.folders()
        several = len(known) > 1
        return [PhotoFolder(one.id, self._where(one), f"{one.name}/" if several else "") for one in known]

    @property
    def encoder(self) -> OnnxDualEncoder:
        """The model that made, or will make, this collection's vectors.

        Raises:
            ModelMismatchError: another model was asked for, or the collection's is not to be found.
        """
        if self._encoder is None:
            self._encoder = self._load_encoder()
        return self._encoder

    def _load_encoder(self) -> OnnxDualEncoder:
        recorded = self.catalog.meta("fingerprint")
        source = self._asked_model or self.catalog.meta("model") or "default"
        encoder = load_model(source)
        if recorded and encoder.fingerprint != recorded and len(self):
            name = self.catalog.meta("model")
            remedy = "search with the first, or make a second: twinlens index PHOTOS --collection DIR --model NAME"
            if str(source) == name:
                remedy = f"that model has changed since: move {self.path} away and index again"
            raise ModelMismatchError(
                f"collection {self.path} was indexed with model {name} ({recorded}), "
                f"but {source} ({encoder.fingerprint}) was asked for; {remedy}"
            )
        return encoder

    def _add_folder(self, photos: Path) -> None:
        if any(folder.path == photos for folder in self.folders()):
            return
        with self.catalog.transaction():  # another process may be adding a folder, too
            for folder in self.folders():
                if folder.path == photos:
                    return
                if photos.is_relative_to(folder.path) or folder.path.is_relative_to(photos):
                    raise CollectionError(
                        f"{photos} and {folder.path} overlap, their photos would come twice; index the outer one only"
                    )
            inside = self.path.name == FOLDER_NAME and self.path.parent == photos
            names = {folder.name for folder in self.catalog.folders()}
            name, number = photos.name or "root", 2
            while name in names:
                name, number = f"{photos.name}-{number}", number + 1
            self.catalog.add_folder(name, ".." if inside else str(photos))

    def _where(self, folder: Folder) -> Path:
        return Path(os.path.normpath(self.path / folder.path))

    # --- indexing -----------------------------------------------------------------------------

    def index(
        self,
        *,
        captions: str | os.PathLike[str] | None = None,
        listener: IndexListener | None = None,
        forget_missing: bool = False,
    ) -> IndexReport:
        """Brings the collection up to date with its folders; see ``index_folders``.

        Args:
            captions: a file of captions, learned when the photos are done; see ``add_captions``.
            listener: told of plan and progress.
            forget_missing: let a folder without any photo drop what is known of it.

        Raises:
            CollectionBusyError: another process is indexing it.
            ModelMismatchError: another model was asked for than the collection's.
            DiskFullError: no space left; what was committed is kept.
            DataError: the captions cannot be read, or are of no photo here.
        """
        with self._indexing():
            guard = DiskGuard(listener or SilentListener(), self.path)
            data = None if captions is None else open_captions(user_path(captions), self.folders())
            report = self._index(guard, forget_missing)
            if data is not None:
                report.captions = self._index_captions(data, guard)
                report.seconds = round(report.seconds + report.captions.seconds, 3)
        return report

    def add_captions(self, captions: str | os.PathLike[str], *, listener: IndexListener | None = None) -> CaptionReport:
        """Learns the captions of photos that are indexed; only new ones are embedded.

        A photo that is listed has the captions listed for it from then on, any other keeps its own.

        Args:
            captions: a file of any kind that ``data`` reads, or the folder of a known data set. Its
                photos are looked for by path below the photo folders, then by file name.
            listener: told of plan and progress.

        Raises:
            DataError: the captions cannot be read, or are of no photo here.
            CollectionNotFoundError: no photo is indexed yet.
            CollectionBusyError, ModelMismatchError, DiskFullError: as ``index``.
        """
        with self._indexing():
            if not len(self):
                raise CollectionNotFoundError(self._why_nothing())
            data = open_captions(user_path(captions), self.folders())
            return self._index_captions(data, DiskGuard(listener or SilentListener(), self.path))

    @contextmanager
    def _indexing(self) -> Iterator[None]:
        """The collection is changed by this process alone."""
        if not self._writable:
            raise CollectionError(f"{self.path} cannot be written; use --collection DIR for a place that can")
        try:
            with FileLock(self.path / INDEX_LOCK, timeout=0):
                yield
        except Timeout as error:
            raise CollectionBusyError(
                f"another process is indexing {self.path}; wait until it is done, what it has done can be searched"
            ) from error
        except OSError as error:
            raise disk_error(self.path, error) from error

    def _index(self, listener: IndexListener, forget_missing: bool) -> IndexReport:
        encoder = self.encoder
        if not len(self):
            self._adopt(encoder)
        else:
            self._sync()  # notices a catalog put back from a copy, before its generation catches up
        report = index_folders(self.catalog, encoder, self.folders(), listener=listener, forget_missing=forget_missing)
        self.catalog.set_meta({"first_index": "done"})
        self._sync()
        self.catalog.checkpoint()
        return report

    def _index_captions(self, captions: Dataset, listener: IndexListener) -> CaptionReport:
        self._sync()
        report = index_captions(self.catalog, self.encoder, self.folders(), captions, listener=listener)
        self._sync()
        self.catalog.checkpoint()
        return report

    def _adopt(self, encoder: OnnxDualEncoder) -> None:
        """A collection without a photo takes the model that it is indexed with."""
        if self.catalog.meta("fingerprint") != encoder.fingerprint and not self.catalog.captions.is_empty():
            with self.catalog.change() as change:  # of photos that could not be read any more
                change.remove_all_captions()
        source = self._asked_model or "default"
        recorded = str(Path(source).resolve()) if Path(source).is_dir() else str(source)
        self.catalog.set_meta({"fingerprint": encoder.fingerprint, "model": recorded, "dim": str(encoder.dim)})

    def _sync(self) -> None:
        """Brings the vectors in step; those of captions where there are, or were, any."""
        self._vectors.synced()
        if self._caption_vectors.folder.exists() or not self.catalog.captions.is_empty():
            self._caption_vectors.synced()

    @property
    def is_complete(self) -> bool:
        """False until an index run came to its end once."""
        return self.catalog.meta("first_index") == "done"

    # --- searching ----------------------------------------------------------------------------

    def search(
        self,
        query: str | Query,
        *,
        target: Target = "image",
        k: int = 10,
        offset: int = 0,
        sort: Sort = "relevance",
        after: str | None = None,
        before: str | None = None,
        folder: str | None = None,
        camera: str | None = None,
        include_query_photo: bool = False,
    ) -> list[Hit]:
        """Photos that fit the query best, or captions of theirs.

        Args:
            query: words, a photo's path, or a weighted sum; see ``parse_query``.
            target: "image", or "caption" for hits that are captions; the filters then
                say whose.
            k: number of hits, at least 1.
            offset: hits to leave out at the top, for paging.
            sort: "relevance", or "date" to show the page's hits newest first.
            after: taken then or later, as ``2023`` or ``2023-06-30``.
            before: taken then or earlier, inclusive.
            folder: only this sub-folder.
            camera: part of the camera's name.
            include_query_photo: let a photo of the collection find itself; its captions it always finds.

        Raises:
            QueryError: the query or a filter cannot be understood.
            CollectionNotFoundError: nothing was indexed yet, or no caption is known.
        """
        filters = Filters(after=after, before=before, folder=folder, camera=camera)
        page = Page(k=k, offset=offset, sort=sort)
        return self.answer(
            query, target=target, page=page, filters=filters, include_query_photo=include_query_photo
        ).hits

    def similar(self, photo: str | os.PathLike[str], *, k: int = 10, include_query_photo: bool = False) -> list[Hit]:
        """Photos that look like one photo; the photo itself is left out unless asked for."""
        return self.answer(photo_query(Path(photo)), page=Page(k=k), include_query_photo=include_query_photo).hits

    def caption(self, photo: str | os.PathLike[str], *, k: int = 10) -> list[Hit]:
        """Captions known to the collection that fit a photo best; the photo need not be in it."""
        return self.answer(photo_query(Path(photo)), target="caption", page=Page(k=k)).hits

    def answer(
        self,
        query: str | Query,
        *,
        target: Target = "image",
        page: Page | None = None,
        filters: Filters | None = None,
        include_query_photo: bool = False,
    ) -> Answer:
        """Like ``search``, with the number of candidates and the time it took."""
        started = time.perf_counter()
        parsed = parse_query(query) if isinstance(query, str) else query
        filters = filters or Filters()
        if target not in TARGETS:
            raise QueryError(f"target must be one of {', '.join(TARGETS)}, got {target!r}")
        if target == "caption" and self.catalog.captions.is_empty():
            raise CollectionNotFoundError(self._why_nothing(target))
        among = None if filters.is_empty() else candidate_ids(self.catalog, self.folders(), filters, target=target)
        encoder = self.encoder
        table: PhotoTable = self.catalog.captions if target == "caption" else self.catalog
        store = (self._caption_vectors if target == "caption" else self._vectors).synced()
        if not len(store):
            raise CollectionNotFoundError(self._why_nothing(target))
        # a photo's own captions are what it asks for; itself it is not
        own = set() if include_query_photo or target == "caption" else self._ids_of(parsed.photos())
        vector = self._query_vector(parsed, encoder)
        logger.debug("query %s over %d %ss of %s", parsed.terms, len(store), target, self.path)
        folders = {folder.id: folder for folder in self.folders()}

        def locate(record: PhotoRecord) -> tuple[str, Path]:
            folder = folders[record.folder_id]
            return folder.prefix + record.path, folder.path / record.path

        page = page or Page()
        hits, candidates = ranked_hits(vector, table, store, page, among=among, without=own, locate=locate)
        return Answer(hits, candidates, round((time.perf_counter() - started) * 1000, 2))

    def _why_nothing(self, target: Target = "image") -> str:
        if target == "caption" and len(self):
            return f"no captions are known in {self.path} yet; add them: twinlens index PHOTOS --captions FILE"
        if skipped := len(self.catalog.skipped()):
            return f"none of the {skipped:,} photos of {self.path} could be read; 'twinlens index --json' says why"
        return f"nothing is indexed in {self.path} yet; run: twinlens index PHOTOS"

    def _query_vector(self, query: Query, encoder: OnnxDualEncoder) -> Any:
        """A photo of the collection is not decoded again."""
        if len(query.terms) == 1 and query.terms[0].kind == "photo":
            for photo_id in self._ids_of([Path(query.terms[0].value)], unchanged=True):
                if (known := self.catalog.embedding(photo_id)) is not None:
                    return known
        return embed_query(query, encoder)

    def _ids_of(self, photos: Sequence[Path], *, unchanged: bool = False) -> set[int]:
        """Catalog ids of photo files that lie in the collection's folders."""
        ids = set()
        for photo in photos:
            for folder in self.catalog.folders():
                for path in _paths_below(self._where(folder), photo):
                    photo_id = self.catalog.id_of(folder.id, path)
                    if photo_id is not None and (not unchanged or self._is_as_indexed(photo, folder.id, path)):
                        ids.add(photo_id)
        return ids

    def _is_as_indexed(self, file: Path, folder_id: int, path: str) -> bool:
        known = self.catalog.known_file(folder_id, path)
        try:
            stat = file.stat()
        except OSError:
            return False
        return known is not None and (known.size_bytes, known.mtime_ns) == (stat.st_size, stat.st_mtime_ns)

    def faults(self) -> list[str]:
        """What is wrong with catalog or vectors, a sentence each; empty when all is well."""
        faults = self.catalog.integrity_faults()
        if not len(self):
            return faults
        for _ in range(3):  # a running indexer commits between our reads
            generation = self.catalog.generation
            found = self._vector_faults()
            if generation == self.catalog.generation:
                return faults + found
        return faults

    def _vector_faults(self) -> list[str]:
        vectors, captions = self._vectors, self._caption_vectors
        faults = vector_faults(self.catalog, vectors.synced(), vectors.folder, items="photos")
        if captions.folder.exists() or not self.catalog.captions.is_empty():
            faults += vector_faults(self.catalog.captions, captions.synced(), captions.folder, items="captions")
        return faults


def _paths_below(root: Path, photo: Path) -> set[str]:
    """Under which paths a file may be known in a photo folder: as it was reached, and with links followed."""
    absolute = Path(os.path.abspath(photo))  # noqa: PTH100 — resolve() would follow the links
    return {
        place.relative_to(parent).as_posix()
        for place in (absolute, Path(os.path.realpath(absolute)))
        for parent in place.parents
        if os.path.realpath(parent) == str(root)
    }
