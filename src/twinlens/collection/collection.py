"""``Collection``: open, index and search photo folders."""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.check import vector_faults
from twinlens.collection.catalog.reading import DateGaps, photo_paths
from twinlens.collection.catalog.vectors import LIKENESS, chosen_store, derived_vectors, likeness_vectors
from twinlens.collection.indexing.index import IndexOptions
from twinlens.collection.indexing.index_state import IndexState, read_index_state, write_index_state
from twinlens.collection.indexing.indexer import Indexer
from twinlens.collection.indexing.last_scan import last_scan_stamp, skipped_files
from twinlens.collection.indexing.missing import ForgetMissing
from twinlens.collection.indexing.model_of_record import ModelOfRecord, ModelSource
from twinlens.collection.indexing.progress import IndexListener
from twinlens.collection.indexing.report import CaptionReport, IndexReport, PendingModelChange
from twinlens.collection.indexing.since_index import LOOKING_S, SinceIndex, since_index
from twinlens.collection.likeness.copies_file import DerivedCopies
from twinlens.collection.place.disk import make_folder, remove_unused
from twinlens.collection.place.locate import CATALOG_NAME, FOLDER_NAME, default_place, find_collection, user_path
from twinlens.collection.place.photo_folders import PhotoFolder, PhotoFolders, photos_missing
from twinlens.collection.place.presence import is_gone
from twinlens.collection.searching.answer import Answer
from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.query import QueryLike, photo_query
from twinlens.collection.searching.search import Page, Search, Sort, Target
from twinlens.collection.searching.searcher import Searcher
from twinlens.collection.showing.archive import list_photos, zip_photos
from twinlens.collection.showing.card import PhotoCard, find_card
from twinlens.collection.showing.facts import LibraryFacts, library_facts
from twinlens.collection.showing.grid import GridPhoto, browse
from twinlens.collection.showing.map import Projection, Projector
from twinlens.collection.showing.status import collection_status
from twinlens.collection.showing.thumbnails import ThumbnailCache, thumbnails_folder
from twinlens.embedding.local import Skipped
from twinlens.errors import CollectionError, PhotosMissingError, QueryError
from twinlens.protocols import DualEncoder
from twinlens.types import Grade, Hit

logger = logging.getLogger(__name__)


class Collection:
    """Photos and captions that can be searched by text and by photo.

    Open one with ``Collection.open`` or ``Collection.create``. Searching is safe from
    several threads at once, and from several processes while one of them indexes.

    Attributes:
        path: the collection folder, which contains the catalog.
        store: name of its vector store.
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
            if self._is_fresh:
                remove_unused(path)
            raise
        self._vectors, self._caption_vectors = derived_vectors(
            path, self.catalog, engine=self.store, writable=self._writable
        )
        self._likeness = likeness_vectors(path, self.catalog, writable=self._writable)
        self._copies = DerivedCopies(self.catalog, path / LIKENESS, writable=self._writable)
        self._folders = PhotoFolders(path, self.catalog)
        self._model = ModelOfRecord(path, self.catalog, asked=model)
        vectors = {"vectors": self._vectors, "caption_vectors": self._caption_vectors, "likeness": self._likeness}
        self._indexer = Indexer(
            path, self.catalog, self._folders, self._model, copies=self._copies, writable=self._writable, **vectors
        )
        self._searcher = Searcher(
            self.catalog, self._folders, self._model, copies=self._copies, writable=self._writable, **vectors
        )
        self._projector = Projector(self.catalog, self._folders)
        if not create and self._writable and path.name == FOLDER_NAME and not self.catalog.folders():
            self._folders.add(path.parent)  # the first run was killed before it added the folder

    # --- opening ------------------------------------------------------------------------------

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, model: ModelSource | None = None) -> Self:
        """Opens the collection of a photo folder, or a collection folder.

        For a photo folder that is not indexed yet, creates an empty collection; call ``index`` next.

        Args:
            path: may start with ``~``.
            model: an encoder, or the name or folder of a model; must be the collection's model if it has photos.

        Raises:
            CollectionError: the folder is missing, or is a subfolder of an indexed one.
            CatalogDamagedError: the catalog is not readable.
        """
        place = user_path(path)
        located = find_collection(place)
        if located is None:
            return cls.create([place], model=model)
        if located.within is not None:
            raise CollectionError(
                f"{place} is inside a folder that is already indexed; "
                f"open {located.photos} and search with folder={str(place)!r}"
            )
        return cls(located.collection, model=model)

    @classmethod
    def create(
        cls,
        folders: Sequence[str | os.PathLike[str]] | str | os.PathLike[str],
        *,
        at: str | os.PathLike[str] | None = None,
        model: ModelSource | None = None,
        store: str | None = None,
    ) -> Self:
        """Creates a collection of one or more photo folders, or adds folders to the one at ``at``.

        Args:
            folders: one photo folder, or several, which need ``at``.
            at: the collection folder; by default ``.twinlens`` inside the photo folder,
                or in the user's data folder if the photo folder cannot be written.
            model: an encoder, or the name or folder of a model; default ``default``.
            store: name of the vector store; default ``exact``.

        Raises:
            CollectionError: a folder is missing, or several were given without ``at``.
            UnknownPartError: there is no such model or store.
        """
        named = [folders] if isinstance(folders, str | os.PathLike) else folders
        photos = [user_path(folder) for folder in named]
        if at is None and len(photos) != 1:
            raise CollectionError(
                f"a collection of {len(photos)} folders needs a place of its own: "
                "give --collection DIR (at=DIR in Python)"
            )
        places = [default_place(folder) for folder in photos]
        place, why = places[0]
        if at is not None:
            place = user_path(at)
        elif why:
            logger.warning("%s, so the collection is stored in %s", why, place)
        collection = cls(place, model=model, store=store, create=True)
        try:
            for folder in photos:
                collection._folders.add(folder)
        except BaseException:
            collection.close()
            raise
        return collection

    def close(self) -> None:
        """Closes the catalog and releases the memory-mapped vectors.

        A new collection that never got a photo is deleted: an empty one would later be
        mistaken for the collection of its subfolders.
        """
        unused = self._is_fresh and not self.catalog.known_files()
        self._is_fresh = False
        self.catalog.close()
        if unused:
            remove_unused(self.path)
        self._vectors.close()
        self._caption_vectors.close()
        self._likeness.close()

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
        """The photo folders with their current paths."""
        return self._folders.all()

    def tell_outer_folders(self) -> None:
        """Logs the photo folders outside the one that contains the collection, before they are shown to others."""
        self._folders.tell_outer()

    @property
    def encoder(self) -> DualEncoder:
        """Embeds queries: the model of the vectors, or a newer one with a bridge to it.

        Raises:
            ModelMismatchError: another model was requested, or the collection's model cannot be found.
        """
        return self._model.encoder

    # --- indexing -----------------------------------------------------------------------------

    def index(
        self,
        *,
        captions: str | os.PathLike[str] | None = None,
        listener: IndexListener | None = None,
        forget_missing: ForgetMissing = False,
        drop_kept: bool = False,
        verify: bool = False,
        follow_links: bool | None = None,
    ) -> IndexReport:
        """Brings the collection up to date with its folders; see ``index_folders``.

        Args:
            captions: a caption file, added after the photos; see ``add_captions``.
            listener: called with the plan and the progress.
            forget_missing: remove the photos of folders that are empty now or whose disk may not be mounted:
                of all, of none (then the report's ``kept_folders`` lists them), or of those subfolders for which
                a function returns True. Their captions and favourites are kept until the photos come back.
            drop_kept: drop the captions and favourites that are kept of photos that are gone.
            verify: also read the photos whose size and date have not changed; their contents are compared
                with the catalog, their metadata read again. After an interrupt, the next one continues.
            follow_links: index and serve what is behind links that lead out of a photo folder, too;
                None = as in the last run, at first no.

        Raises:
            CollectionBusyError: another process is indexing it.
            ModelMismatchError: a model other than the collection's was requested.
            DiskFullError: no space left; committed work is kept.
            DataError: the captions cannot be read, or none belongs to a photo of the collection.
        """
        options = IndexOptions(forget_missing, drop_kept, verify, follow_links)
        return self._indexer.index(captions=captions, listener=listener, options=options)

    def reindex(self, model: ModelSource, *, listener: IndexListener | None = None) -> IndexReport:
        """Switches the collection to another model: embeds its photos and captions again.

        Searches use the old vectors until the new ones are complete. After an interrupt, the
        next ``reindex`` or ``index`` continues; ``reindex`` with the old model cancels the
        change. The report's ``model_change`` shows the progress.

        Args:
            model: an encoder, or the name or folder of a model.
            listener: called with the plan and the progress.

        Raises:
            UnknownPartError: there is no such model.
            CollectionBusyError, DiskFullError: see ``index``.
        """
        return self._indexer.reindex(model, listener=listener)

    def add_captions(self, captions: str | os.PathLike[str], *, listener: IndexListener | None = None) -> CaptionReport:
        """Adds captions to indexed photos; only new ones are embedded.

        The listed captions replace those of each listed photo; other photos keep theirs.

        Args:
            captions: a caption file in any format that ``data`` reads, or the folder of such a data set.
                Its photos are matched by path relative to the photo folders, then by file name.
            listener: called with the plan and the progress.

        Raises:
            DataError: the captions cannot be read, or none belongs to a photo of the collection.
            CollectionNotFoundError: no photo is indexed yet.
            CollectionBusyError, ModelMismatchError, DiskFullError: see ``index``.
        """
        return self._indexer.add_captions(captions, listener=listener)

    def pending_change(self) -> PendingModelChange | None:
        """A change to another model that is in progress, or that ``index`` would start; None if there is none."""
        return self._model.pending_change()

    def must_change(self) -> bool:
        """Whether no query can be answered until ``index`` has changed the model, for which it reads no photo."""
        return self._model.must_change()

    @property
    def is_complete(self) -> bool:
        """False until an index run has finished."""
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
        min_grade: Grade | None = None,
        min_probability: float | None = None,
        include_query_photo: bool = False,
        group: bool = False,
        **filters: Any,
    ) -> list[Hit]:
        """The photos or captions that fit the query best.

        Returns k hits, whether they match or not; a hit's ``grade`` tells how sure it is.
        ``answer`` also counts the grades.

        Args:
            query: text, a photo's path, a weighted sum (see ``parse_query``), or a PIL image.
            k: number of hits, at least 1.
            offset: number of best hits to skip, for paging.
            sort: "relevance", or "date" for all relevant hits newest first, then the others.
            target: "image" to find photos, or "caption" to find captions; filters then apply
                to the captions' photos.
            min_grade: leave out hits with a lower grade: "strong", "likely" or "possible".
            min_probability: leave out hits that are less probable.
            include_query_photo: allow a photo of the collection to find itself; it always finds its captions.
            group: make near copies one hit, the best of them; ``hit.alike`` lists the others.
            filters: such as ``after="2023-06"``, ``camera="canon"``, ``favourites=True``;
                ``twinlens.known_filters()`` lists them.

        Raises:
            QueryError: the query or a filter is invalid.
            CollectionNotFoundError: nothing is indexed yet, or there are no captions.
        """
        search = Search.of(
            query,
            k=k,
            offset=offset,
            sort=sort,
            target=target,
            min_grade=min_grade,
            min_probability=min_probability,
            include_query_photo=include_query_photo,
            group=group,
            filters=filters,
        )
        answer = self.answer(search)
        return list(answer.hits if min_grade is None and min_probability is None else answer.matching)

    def similar(
        self, photo: str | os.PathLike[str], *, k: int = 10, include_query_photo: bool = False, **filters: Any
    ) -> list[Hit]:
        """Photos that look like a photo, by their features; the photo itself is left out unless requested."""
        return self.search(photo_query(Path(photo)), k=k, include_query_photo=include_query_photo, **filters)

    def caption(self, photo: str | os.PathLike[str], *, k: int = 10, **filters: Any) -> list[Hit]:
        """The collection's captions that fit a photo best; the photo need not be in the collection."""
        return self.search(photo_query(Path(photo)), target="caption", k=k, **filters)

    def answer(self, search: Search | QueryLike, **options: Any) -> Answer:
        """The full answer to a search: hits, number of matches, and the closest hits if nothing matches.

        Args:
            search: a ``Search``, or a query.
            options: with a query: options of ``Search.of``, and filters by name.

        Raises:
            QueryError, CollectionNotFoundError: see ``search``.
        """
        if not isinstance(search, Search):
            return self._searcher.answer(_search_of(search, options))
        if options:
            raise QueryError(f"a Search already contains its options, got also {', '.join(options)}; set them in it")
        return self._searcher.answer(search)

    def count(self, *, target: Target = "image", **filters: Any) -> int:
        """Number of photos, or captions, that pass the filters.

        Raises:
            QueryError: a filter is invalid.
        """
        return self._searcher.count(Filters(**filters), target)

    def date_gaps(self, **filters: Any) -> DateGaps | None:
        """What a date filter cannot judge well: photos without a date, and with the date of their file only.

        Both pass the other filters. None without a date filter.

        Raises:
            QueryError: a filter is invalid.
        """
        return self._searcher.date_gaps(Filters(**filters))

    # --- browsing -----------------------------------------------------------------------------

    def browse(self, *, k: int = 100, offset: int = 0, **filters: Any) -> tuple[list[GridPhoto], int]:
        """Photos without a query, and how many there are: newest first, undated ones last by path.

        Raises:
            QueryError: a filter is invalid.
        """
        page = Page(k, offset)
        return browse(self.catalog, self.folders(), Filters(**filters), k=page.k, offset=page.offset)

    def photo(self, photo_id: str) -> PhotoCard | None:
        """A photo's metadata by the id that hits have; None if there is no such photo."""
        return find_card(self.catalog, self._folders, photo_id)

    def captions_of(self, photo_id: str) -> list[str]:
        """The captions of a photo, oldest first."""
        card = self.photo(photo_id)
        return [] if card is None else self.catalog.captions.of_photo(card.number)

    def facts(self) -> LibraryFacts:
        """Statistics of the collection: photos per subfolder and camera, dates, captions."""
        return library_facts(self.catalog, self.folders(), is_complete=self.is_complete)

    def sample_files(self, count: int) -> list[Path]:
        """Files of so many photos, spread evenly over the collection; of all, if there are no more."""
        files = [
            folder.file(path) for folder in self.folders() for path in sorted(photo_paths(self.catalog, folder.id))
        ]
        return files if len(files) <= count else [files[place * len(files) // count] for place in range(count)]

    def is_current(self, facts: LibraryFacts) -> bool:
        """Whether facts are still true: nothing has changed since, and no index run has finished."""
        return (facts.generation, facts.scan_stamp) == (self.catalog.generation, last_scan_stamp(self.catalog))

    def since_index(self, *, within_s: float = LOOKING_S) -> SinceIndex | None:
        """What has changed in the photo folders since the last index run, at least; see ``since_index``.

        Args:
            within_s: how long to look.
        """
        return since_index(self.catalog, self.folders(), within_s=within_s)

    def status(self) -> dict[str, Any]:
        """Location and state of the collection, as ``twinlens status --json`` prints it."""
        change = self.pending_change()
        return collection_status(self.path, self.catalog, self.folders(), change, is_complete=self.is_complete)

    def skipped(self) -> list[Skipped]:
        """Every file in the photo folders that the last index run skipped, with its reason, by path."""
        return skipped_files(self.catalog, self.folders())

    def map(self) -> Projection:
        """The photos as points in the plane, similar ones close together; cached until photos change."""
        return self._projector.projection()

    def thumbnails(self, *, max_bytes: int) -> ThumbnailCache:
        """Thumbnails of the photos, cached on disk up to a size limit."""
        folder = thumbnails_folder(self.path, identity=self.catalog.identity)
        return ThumbnailCache(folder, max_bytes=max_bytes)

    def zip_photos(self, photo_ids: Iterable[str]) -> Iterator[bytes]:
        """A zip of the photo files, in chunks; unreadable files are listed in it."""
        return zip_photos(self.photo, photo_ids)

    def count_missing(self, photo_ids: Iterable[str]) -> int:
        """Number of photos that an export leaves out: their ids are unknown, or their files are gone."""
        cards = (self.photo(one) for one in dict.fromkeys(photo_ids))
        return sum(card is None or is_gone(card.path) for card in cards)

    def list_photos(self, photo_ids: Iterable[str]) -> str:
        """A CSV with the photos' metadata; unknown ids and photos whose files are gone are left out."""
        cards = (card for one in dict.fromkeys(photo_ids) if (card := self.photo(one)) is not None)
        return list_photos((card, self.catalog.captions.of_photo(card.number)) for card in cards)

    # --- marks --------------------------------------------------------------------------------

    def mark_favourites(self, photo_ids: Iterable[str], *, is_favourite: bool = True) -> int:
        """Marks photos as favourites, or removes the marks, all or none; returns how many changed.

        Raises:
            QueryError: an id is unknown; nothing was changed.
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

    def check_present(self) -> None:
        """Checks that the collection and its photo folders are where they were.

        Raises:
            CollectionMissingError: the collection was moved, deleted or unmounted since it was opened.
            PhotosMissingError: a photo folder is not there.
        """
        for folder in self.folders():
            if not folder.path.is_dir():
                raise PhotosMissingError(photos_missing(folder.path))

    def index_state(self) -> IndexState:
        """Progress of the last recorded index run, from any process."""
        return read_index_state(self.catalog)

    def note_index_state(self, state: IndexState) -> None:
        """Records the progress of an index run, for other processes."""
        write_index_state(self.catalog, state)

    def faults(self) -> list[str]:
        """Problems with catalog or vectors, one sentence each; empty if there are none."""
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
        if (likeness := self._likeness).folder.exists():
            faults += vector_faults(self.catalog.features, likeness.synced(), likeness.folder, items="features")
        return faults


_OPTIONS = frozenset(
    {"k", "offset", "sort", "target", "min_grade", "min_probability", "show_all", "include_query_photo", "group"}
)


def _search_of(query: QueryLike, options: Mapping[str, Any]) -> Search:
    """A search from keyword arguments: those that are not options are filters."""
    own = {name: value for name, value in options.items() if name in _OPTIONS}
    return Search.of(query, **own, filters={name: value for name, value in options.items() if name not in _OPTIONS})
