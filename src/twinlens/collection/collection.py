"""A collection: photo folders + catalog + vectors; what a user opens, indexes and searches."""

import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.check import vector_faults
from twinlens.collection.catalog.rows import PhotoRecord
from twinlens.collection.catalog.vectors import DerivedVectors
from twinlens.collection.indexing.indexer import Upkeep, why_nothing
from twinlens.collection.indexing.model_of_record import ModelOfRecord, SearchEncoder
from twinlens.collection.indexing.report import CaptionReport, IndexListener, IndexReport, PendingChange
from twinlens.collection.place.disk import make_folder, remove_unused
from twinlens.collection.place.locate import CATALOG_NAME, FOLDER_NAME, default_place, find_collection, user_path
from twinlens.collection.place.photo_folders import PhotoFolder, PhotoFolders
from twinlens.collection.searching.filters import Filters, candidate_ids
from twinlens.collection.searching.judging import OpenCalibration
from twinlens.collection.searching.query import Query, embed_query, parse_query, photo_query
from twinlens.collection.searching.ranking import TARGETS, Answer, Page, PhotoTable, Sort, Target, ranked_hits
from twinlens.errors import CollectionError, CollectionNotFoundError, QueryError
from twinlens.protocols import VectorStore
from twinlens.types import Embeddings, Hit

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
        self._writable = os.access(path, os.W_OK) if path.exists() else True
        self._is_fresh = create and not (path / CATALOG_NAME).exists()
        if create:
            make_folder(path)
        self.catalog = Catalog(path / CATALOG_NAME, create=create, read_only=not self._writable)
        self._vectors = DerivedVectors(path, self.catalog, self.catalog, name="exact", writable=self._writable)
        self._caption_vectors = DerivedVectors(
            path, self.catalog, self.catalog.captions, name="captions", writable=self._writable
        )
        self._folders = PhotoFolders(path, self.catalog)
        self._model = ModelOfRecord(path, self.catalog, asked=model)
        self._calibration = OpenCalibration()
        self._upkeep = Upkeep(
            path,
            self.catalog,
            self._folders,
            self._model,
            vectors=self._vectors,
            caption_vectors=self._caption_vectors,
            writable=self._writable,
        )
        if not create and self._writable and path.name == FOLDER_NAME and not self.catalog.folders():
            self._folders.add(path.parent)  # its first run was killed before it did

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
                collection._folders.add(folder)
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
        return self._folders.all()

    @property
    def encoder(self) -> SearchEncoder:
        """Embeds queries: the model that made, or will make, the vectors, or a bridge to it.

        Raises:
            ModelMismatchError: another model was asked for, or the collection's is not to be found.
        """
        return self._model.encoder

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
        return self._upkeep.index(captions=captions, listener=listener, forget_missing=forget_missing)

    def reindex(self, model: str | Path, *, listener: IndexListener | None = None) -> IndexReport:
        """Changes the collection to another model: embeds its photos and captions again, then lets them take over.

        Searches see the earlier vectors until the new ones are complete. What an interrupt
        leaves, the next ``reindex`` or ``index`` takes up; ``reindex`` to the earlier model
        gives it up. The report's ``model_change`` says how far the run came.

        Args:
            model: name or folder of a bundle.
            listener: told of plan and progress.

        Raises:
            UnknownPartError: there is no such model.
            CollectionBusyError, DiskFullError: as ``index``.
        """
        return self._upkeep.reindex(model, listener=listener)

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
        return self._upkeep.add_captions(captions, listener=listener)

    def pending_change(self) -> PendingChange | None:
        """A change to another model that is in progress, or that ``index`` would begin; None where there is none."""
        return self._model.pending_change()

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

        There are k of them, relevant or not: ``relevant`` of a hit says which fit, where
        the model has a calibration.

        Args:
            query: words, a photo's path, or a weighted sum; see ``parse_query``.
            target: "image", or "caption" for hits that are captions; the filters then
                say whose.
            k: number of hits, at least 1.
            offset: hits to leave out at the top, for paging.
            sort: "relevance", or "date" for all relevant hits newest first, then the others.
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
            raise CollectionNotFoundError(why_nothing(self.path, self.catalog, captions=target == "caption"))
        among = None if filters.is_empty() else candidate_ids(self.catalog, self.folders(), filters, target=target)
        table: PhotoTable = self.catalog.captions if target == "caption" else self.catalog
        store, vector = self._in_one_space(parsed, target)
        # a photo's own captions are what it asks for; itself it is not
        own = set() if include_query_photo or target == "caption" else self._folders.ids_of(parsed.photos())
        logger.debug("query %s over %d %ss of %s", parsed.terms, len(store), target, self.path)
        folders = {folder.id: folder for folder in self.folders()}

        def locate(record: PhotoRecord) -> tuple[str, Path]:
            folder = folders[record.folder_id]
            return folder.prefix + record.path, folder.path / record.path

        page = page or Page()
        judge = None if target == "caption" else self._calibration.judge(parsed, vector, self._model.embedder())
        hits, candidates = ranked_hits(vector, table, store, page, among=among, without=own, locate=locate, judge=judge)
        return Answer(hits, candidates, round((time.perf_counter() - started) * 1000, 2))

    def _in_one_space(self, query: Query, target: Target) -> tuple[VectorStore, Embeddings]:
        """What is ranked, and the query's vector [D], both of one model."""
        while True:
            model = self.catalog.model()
            store = (self._caption_vectors if target == "caption" else self._vectors).synced()
            if not len(store):
                raise CollectionNotFoundError(why_nothing(self.path, self.catalog, captions=target == "caption"))
            vector = self._query_vector(query)
            if self.catalog.model() == model:  # else another process has just changed the collection's model
                return store, vector

    def _query_vector(self, query: Query) -> Embeddings:
        """A photo of the collection is not decoded again, and needs no model."""
        self._model.refuse_other()
        if len(query.terms) == 1 and query.terms[0].kind == "photo":
            for photo_id in self._folders.ids_of([Path(query.terms[0].value)], unchanged=True):
                if (known := self.catalog.embedding(photo_id)) is not None:
                    return known
        return embed_query(query, self.encoder)

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
