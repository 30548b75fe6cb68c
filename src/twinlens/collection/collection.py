"""A collection: photo folders + catalog + vectors; what a user opens, indexes and searches."""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.check import vector_faults
from twinlens.collection.catalog.vectors import chosen_store, derived_vectors
from twinlens.collection.indexing.index_state import IndexState, read_index_state, write_index_state
from twinlens.collection.indexing.indexer import Indexer
from twinlens.collection.indexing.model_of_record import ModelOfRecord, ModelSource
from twinlens.collection.indexing.report import CaptionReport, IndexListener, IndexReport, PendingModelChange
from twinlens.collection.place.disk import make_folder, remove_unused
from twinlens.collection.place.locate import CATALOG_NAME, FOLDER_NAME, default_place, find_collection, user_path
from twinlens.collection.place.photo_folders import PhotoFolder, PhotoFolders
from twinlens.collection.searching.answer import Answer
from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.query import QueryLike, photo_query
from twinlens.collection.searching.search import Search, Sort, Target
from twinlens.collection.searching.searcher import Searcher
from twinlens.collection.showing.archive import list_photos, zip_photos
from twinlens.collection.showing.card import PhotoCard, find_card
from twinlens.collection.showing.facts import LibraryFacts, library_facts
from twinlens.collection.showing.grid import GridPhoto, browse
from twinlens.collection.showing.map import Projection, Projector
from twinlens.collection.showing.status import collection_status
from twinlens.collection.showing.thumbnails import ThumbnailCache, thumbnails_folder
from twinlens.errors import CollectionError, QueryError
from twinlens.protocols import DualEncoder
from twinlens.types import Hit

logger = logging.getLogger(__name__)


class Collection:
    """Photos, and captions of theirs, that can be found by words and by photo.

    Open one with ``Collection.open`` or ``Collection.create``. Searching is safe from
    several threads at once, and from several processes while one of them indexes.

    Attributes:
        path: the collection's own folder, with the catalog in it.
        store: name of the engine that ranks its vectors.
    """

    def __init__(
        self, path: Path, *, model: ModelSource | None = None, store: str | None = None, create: bool = False
    ) -> None:
        self.path = path
        self._writable = os.access(path, os.W_OK) if path.exists() else True
        self._is_fresh = create and not (path / CATALOG_NAME).exists()
        if create:
            make_folder(path)
        self.catalog = Catalog(path / CATALOG_NAME, create=create, read_only=not self._writable)
        try:
            self.store = chosen_store(self.catalog, store, writable=self._writable)
        except BaseException:
            self.catalog.close()
            raise
        self._vectors, self._caption_vectors = derived_vectors(
            path, self.catalog, engine=self.store, writable=self._writable
        )
        self._folders = PhotoFolders(path, self.catalog)
        self._model = ModelOfRecord(path, self.catalog, asked=model)
        vectors = {"vectors": self._vectors, "caption_vectors": self._caption_vectors}
        self._indexer = Indexer(path, self.catalog, self._folders, self._model, writable=self._writable, **vectors)
        self._searcher = Searcher(self.catalog, self._folders, self._model, **vectors)
        self._projector = Projector(self.catalog, self._folders)
        if not create and self._writable and path.name == FOLDER_NAME and not self.catalog.folders():
            self._folders.add(path.parent)  # its first run was killed before it did

    # --- opening ------------------------------------------------------------------------------

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, model: ModelSource | None = None) -> Self:
        """Opens the collection of a photo folder, or a collection's own folder.

        A photo folder that was never indexed gets an empty collection; call ``index`` next.

        Args:
            path: may start with ``~``.
            model: an encoder, or the name or folder of one; must be the collection's, once it has photos.

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
        model: ModelSource | None = None,
        store: str | None = None,
    ) -> Self:
        """Makes a collection of one or several photo folders, or adds folders to the one at ``at``.

        Args:
            folders: photo folders; several need ``at``.
            at: the collection's own folder; by default ``.twinlens`` inside the photo
                folder, or the user's data folder where that cannot be written.
            model: an encoder, or the name or folder of one; default ``default``.
            store: name of the engine that ranks the vectors; default ``exact``.

        Raises:
            CollectionError: a folder is missing, or several came without ``at``.
            UnknownPartError: there is no such model or store.
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
        collection = cls(place, model=model, store=store, create=True)
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

    def __repr__(self) -> str:
        record = self.catalog.model()
        model = f"model {record.model} {record.fingerprint}" if record else "nothing indexed yet"
        return f"<Collection {str(self.path)!r}: {len(self):,} photos, {model}>"

    # --- folders and model --------------------------------------------------------------------

    def folders(self) -> list[PhotoFolder]:
        """The photo folders where they are now."""
        return self._folders.all()

    @property
    def encoder(self) -> DualEncoder:
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
            listener: called with the plan and the progress.
            forget_missing: let a folder without any photo drop what is known of it.

        Raises:
            CollectionBusyError: another process is indexing it.
            ModelMismatchError: another model was asked for than the collection's.
            DiskFullError: no space left; what was committed is kept.
            DataError: the captions cannot be read, or are of no photo here.
        """
        return self._indexer.index(captions=captions, listener=listener, forget_missing=forget_missing)

    def reindex(self, model: ModelSource, *, listener: IndexListener | None = None) -> IndexReport:
        """Changes the collection to another model: embeds its photos and captions again, then lets them take over.

        Searches see the earlier vectors until the new ones are complete. What an interrupt
        leaves, the next ``reindex`` or ``index`` takes up; ``reindex`` to the earlier model
        gives it up. The report's ``model_change`` says how far the run came.

        Args:
            model: an encoder, or the name or folder of one.
            listener: called with the plan and the progress.

        Raises:
            UnknownPartError: there is no such model.
            CollectionBusyError, DiskFullError: as ``index``.
        """
        return self._indexer.reindex(model, listener=listener)

    def add_captions(self, captions: str | os.PathLike[str], *, listener: IndexListener | None = None) -> CaptionReport:
        """Learns the captions of photos that are indexed; only new ones are embedded.

        A photo that is listed has the captions listed for it from then on, any other keeps its own.

        Args:
            captions: a file of any kind that ``data`` reads, or the folder of a known data set. Its
                photos are looked for by path below the photo folders, then by file name.
            listener: called with the plan and the progress.

        Raises:
            DataError: the captions cannot be read, or are of no photo here.
            CollectionNotFoundError: no photo is indexed yet.
            CollectionBusyError, ModelMismatchError, DiskFullError: as ``index``.
        """
        return self._indexer.add_captions(captions, listener=listener)

    def pending_change(self) -> PendingModelChange | None:
        """A change to another model that is in progress, or that ``index`` would begin; None where there is none."""
        return self._model.pending_change()

    @property
    def is_complete(self) -> bool:
        """False until an index run came to its end once."""
        return self.catalog.meta("first_index") == "done"

    # --- searching ----------------------------------------------------------------------------

    def search(
        self,
        query: QueryLike,
        *,
        k: int = 10,
        offset: int = 0,
        sort: Sort = "relevance",
        target: Target = "image",
        include_query_photo: bool = False,
        **filters: Any,
    ) -> list[Hit]:
        """Photos that fit the query best, or captions of theirs.

        There are k of them, relevant or not: ``relevant`` of a hit says which fit, where
        the model has a calibration. ``answer`` says how many do, and gives only those.

        Args:
            query: words, a photo's path, a weighted sum (see ``parse_query``), or a PIL image.
            k: number of hits, at least 1.
            offset: hits to leave out at the top, for paging.
            sort: "relevance", or "date" for all relevant hits newest first, then the others.
            target: "image", or "caption" for hits that are captions; the filters then
                say whose.
            include_query_photo: let a photo of the collection find itself; its captions it always finds.
            filters: as ``after="2023-06"``, ``camera="canon"``, ``favourites=True``;
                ``twinlens.filters()`` lists them.

        Raises:
            QueryError: the query or a filter cannot be understood.
            CollectionNotFoundError: nothing was indexed yet, or no caption is known.
        """
        return list(
            self.answer(
                query,
                k=k,
                offset=offset,
                sort=sort,
                target=target,
                include_query_photo=include_query_photo,
                **filters,
            ).hits
        )

    def similar(
        self, photo: str | os.PathLike[str], *, k: int = 10, include_query_photo: bool = False, **filters: Any
    ) -> list[Hit]:
        """Photos that look like one photo; the photo itself is left out unless asked for."""
        return self.search(photo_query(Path(photo)), k=k, include_query_photo=include_query_photo, **filters)

    def caption(self, photo: str | os.PathLike[str], *, k: int = 10, **filters: Any) -> list[Hit]:
        """Captions known to the collection that fit a photo best; the photo need not be in it."""
        return self.search(photo_query(Path(photo)), target="caption", k=k, **filters)

    def answer(self, search: Search | QueryLike, **options: Any) -> Answer:
        """All that is to be said of a search: hits, how many match, the closest where none does.

        Args:
            search: a request, or a query.
            options: with a query, those of ``Search.of`` and the filters by name.

        Raises:
            QueryError, CollectionNotFoundError: as ``search``.
        """
        if not isinstance(search, Search):
            return self._searcher.answer(_search_of(search, options))
        if options:
            raise QueryError(f"a Search has its options already, got {', '.join(options)} besides")
        return self._searcher.answer(search)

    def count(self, *, target: Target = "image", **filters: Any) -> int:
        """How many photos pass the filters, or captions of theirs.

        Raises:
            QueryError: a filter cannot be understood.
        """
        return self._searcher.count(Filters(**filters), target)

    # --- looking ------------------------------------------------------------------------------

    def browse(
        self, filters: Mapping[str, object] | None = None, *, k: int = 100, offset: int = 0
    ) -> tuple[list[GridPhoto], int]:
        """Photos without a query: newest first, undated ones last by path, and how many there are in all.

        Raises:
            QueryError: a filter cannot be understood.
        """
        return browse(self.catalog, self.folders(), Filters(**(filters or {})), k=k, offset=offset)

    def photo(self, photo_id: str) -> PhotoCard | None:
        """What the catalog knows of the photo of an id as hits give it; None where there is none."""
        return find_card(self.catalog, self._folders, photo_id)

    def captions_of(self, photo_id: str) -> list[str]:
        """The captions that are known of a photo, oldest first."""
        card = self.photo(photo_id)
        return [] if card is None else self.catalog.captions.of_photo(card.number)

    def facts(self) -> LibraryFacts:
        """What the collection holds, in numbers: photos by sub-folder and camera, dates, captions."""
        return library_facts(self.catalog, self.folders(), is_complete=self.is_complete)

    def status(self) -> dict[str, Any]:
        """Where the collection is and what state it is in, as ``twinlens status --json`` prints it."""
        return collection_status(self.path, self.catalog, self.folders(), self.pending_change())

    def map(self) -> Projection:
        """The photos as dots on a plane, those that look alike close together; drawn again when they have changed."""
        return self._projector.projection()

    def thumbnails(self, *, max_bytes: int) -> ThumbnailCache:
        """Small upright pictures of the photos, kept on disk up to a size."""
        folder = thumbnails_folder(self.path, identity=self.catalog.identity)
        return ThumbnailCache(folder, max_bytes=max_bytes)

    def zip_photos(self, photo_ids: Iterable[str]) -> Iterator[bytes]:
        """The files of photos as a zip, piece by piece; what cannot be read is named in it."""
        return zip_photos(self.photo, photo_ids)

    def list_photos(self, photo_ids: Iterable[str]) -> str:
        """A CSV with what is known of photos; unknown ids are left out."""
        cards = (card for one in dict.fromkeys(photo_ids) if (card := self.photo(one)) is not None)
        return list_photos((card, self.catalog.captions.of_photo(card.number)) for card in cards)

    # --- marks --------------------------------------------------------------------------------

    def mark_favourites(self, photo_ids: Iterable[str], *, is_favourite: bool = True) -> int:
        """Marks photos, or takes their marks away, all or none; how many were changed by it.

        Raises:
            QueryError: no indexed photo has one of the ids; nothing was changed.
            CollectionError: the catalog cannot be written.
        """
        with self.catalog.transaction():
            numbers = []
            for photo_id in photo_ids:
                if (card := self.photo(photo_id)) is None:
                    raise QueryError(f"no indexed photo has the id {photo_id!r}; no mark was changed")
                numbers.append(card.number)
            return self.catalog.marks.mark(numbers, is_favourite=is_favourite)

    def favourites(self) -> list[str]:
        """Ids of the marked photos, by folder and path."""
        prefixes = {folder.id: folder.prefix for folder in self.folders()}
        return [prefixes[folder_id] + path for folder_id, path in self.catalog.marks.favourites()]

    # --- state --------------------------------------------------------------------------------

    def index_state(self) -> IndexState:
        """How far the index run has come that was noted last, by whatever process."""
        return read_index_state(self.catalog)

    def note_index_state(self, state: IndexState) -> None:
        """Notes how far an index run has come, for other processes."""
        write_index_state(self.catalog, state)

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


_OPTIONS = frozenset({"k", "offset", "sort", "target", "min_probability", "show_all", "include_query_photo"})


def _search_of(query: QueryLike, options: Mapping[str, Any]) -> Search:
    """A search from keywords: those that are no option are filters."""
    own = {name: value for name, value in options.items() if name in _OPTIONS}
    return Search.of(query, **own, filters={name: value for name, value in options.items() if name not in _OPTIONS})
