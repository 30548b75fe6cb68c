"""``OpenCollection``: a collection is opened or made, and closed."""

import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from twinlens.collection.catalog.embeddings.vectors import chosen_store
from twinlens.collection.catalog.opening import open_catalog
from twinlens.collection.curating.albums import Albums
from twinlens.collection.curating.captions import Captions
from twinlens.collection.curating.given_photos import GivenPhotos
from twinlens.collection.curating.ratings import Ratings
from twinlens.collection.curating.tags import Tags
from twinlens.collection.derived import Derived
from twinlens.collection.describing.tag_suggestions import TagSuggestions
from twinlens.collection.indexing.indexer import Indexer
from twinlens.collection.indexing.models.model_of_record import ModelOfRecord, ModelSource
from twinlens.collection.indexing.telling.index_state import IndexState, read_index_state, write_index_state
from twinlens.collection.indexing.telling.report import PendingModelChange
from twinlens.collection.place.disk import make_folder, only_writer, remove_unused
from twinlens.collection.place.locate import CATALOG_NAME, FOLDER_NAME, is_collection
from twinlens.collection.place.opening import place_to_create, place_to_open
from twinlens.collection.place.photo_folders import PhotoFolder, PhotoFolders, photos_missing
from twinlens.collection.searching.searcher import Searcher
from twinlens.collection.sharing.shares import Shares
from twinlens.collection.showing.map import Projector
from twinlens.collection.showing.maps.kept_layout import LayoutFile
from twinlens.counted import counted
from twinlens.data.objects.named import remember
from twinlens.errors import PhotosMissingError
from twinlens.protocols import DualEncoder


class OpenCollection:
    """A collection that is open: its parts, its folders and model, and what state it is in.

    Attributes:
        path: the collection folder, which contains the catalog.
        catalog: the single truth.
        store: name of its vector store.
        tags: words that people give to its photos.
        ratings: stars that people give to its photos.
        albums: its albums.
        captions: what people say of its photos.
        shares: what others may see of it by a link.
    """

    def __init__(
        self, path: Path, *, model: ModelSource | None = None, store: str | None = None, create: bool = False
    ) -> None:
        self.path = path
        self._writable = os.access(path, os.W_OK) if path.exists() else True
        self._is_fresh = create and not is_collection(path)
        if create:
            make_folder(path)
        self.catalog = open_catalog(path / CATALOG_NAME, create=create, read_only=not self._writable)
        try:
            self.store = chosen_store(self.catalog, store, writable=self._writable)
        except BaseException:
            self.catalog.close()
            if self._is_fresh:
                remove_unused(path)
            raise
        self._derived = Derived(path, self.catalog, engine=self.store, writable=self._writable)
        self._folders = PhotoFolders(path, self.catalog)
        self._model = ModelOfRecord(path, self.catalog, asked=model)
        self._indexer = Indexer(path, self.catalog, self._folders, self._model, self._derived)
        self._searcher = Searcher(self.catalog, self._folders, self._model, self._derived)
        self._suggestions = TagSuggestions(self.catalog, self._folders, lambda: self.encoder, self._searcher.judgements)
        kept_map = LayoutFile(path, owner=self.catalog.identity, writable=self._writable)
        self._projector = Projector(
            self.catalog, self._folders, name_groups=self._suggestions.group_names, file=kept_map
        )
        self._given = GivenPhotos(self.catalog, self._folders)
        self.tags, self.ratings = Tags(self.catalog, self._given), Ratings(self.catalog, self._given)
        self.albums = Albums(self.catalog, self._given, self._searcher)
        self.shares = Shares(self.catalog, self._given, self._searcher, self.albums)
        self.captions = Captions(
            self.catalog, self._given, encoder=self._model.embedder, alone=lambda: only_writer(self.path, self.catalog)
        )
        if not create and self._writable and path.name == FOLDER_NAME and not self.catalog.folders():
            self._folders.add(path.parent)  # the first run was killed before it added the folder

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, model: ModelSource | None = None) -> Self:
        """Opens the collection of a photo folder, or a collection folder.

        For a photo folder that is not indexed yet, creates an empty collection; call ``index`` next.

        Args:
            path: may start with ``~``; or the address of a catalog in PostgreSQL that photos were indexed into.
            model: an encoder, or the name or folder of a model; must be the collection's model if it has photos.

        Raises:
            CollectionError: the folder is missing, or is a subfolder of an indexed one.
            CatalogDamagedError: the catalog is not readable.
        """
        place = place_to_open(path)
        return cls.create([path], model=model) if place is None else cls(place, model=model)

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
            at: the collection folder, or the address of a catalog in PostgreSQL; by default ``.twinlens`` inside
                the photo folder, or in the user's data folder if the photo folder cannot be written.
            model: an encoder, or the name or folder of a model; default ``default``.
            store: name of the vector store; default ``exact``.

        Raises:
            CollectionError: a folder is missing, or several were given without ``at``.
            UnknownPartError: there is no such model or store.
        """
        place, photos = place_to_create(folders, at)
        collection = cls(place, model=model, store=store, create=True)
        try:
            for folder in photos:
                collection._folders.add(folder)
                remember(folder)
        except BaseException:
            collection.close()
            raise
        return collection

    def close(self) -> None:
        """Closes the catalog and releases the memory-mapped vectors.

        A new collection that never got a photo is deleted: an empty one would later be
        mistaken for the collection of its subfolders.
        """
        self._projector.close()
        unused = self._is_fresh and not self.catalog.files.all()
        self._is_fresh = False
        self._derived.close()
        self.catalog.close()
        if unused:
            remove_unused(self.path)

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
        return f"<Collection {str(self.path)!r}: {counted(len(self), 'photo')}, {model}>"

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

    # --- state --------------------------------------------------------------------------------

    @property
    def is_writable(self) -> bool:
        """Whether the collection can be changed where it lies."""
        return self._writable

    @property
    def is_complete(self) -> bool:
        """False until an index run has finished."""
        return self.catalog.meta("first_index") == "done"

    def pending_change(self) -> PendingModelChange | None:
        """A change to another model that is in progress, or that ``index`` would start; None if there is none."""
        return self._model.pending_change()

    def must_change(self) -> bool:
        """Whether words cannot be searched until ``complete_change`` has changed the model, which reads no photo."""
        return self._model.must_change()

    def check_present(self) -> None:
        """Checks that the collection and its photo folders are where they were.

        Raises:
            CollectionMissingError: the collection was moved, deleted or unmounted since it was opened.
            CatalogUnavailableError: the server that keeps the catalog does not answer.
            PhotosMissingError: a photo folder is not there.
            StoreUnavailableError: the server that keeps the vectors does not answer.
        """
        for folder in self.folders():
            if not folder.path.is_dir():  # object storage is asked now and then
                raise PhotosMissingError(photos_missing(folder.path))
        self._derived.vectors.check_reachable()

    def index_state(self) -> IndexState:
        """Progress of the last recorded index run, from any process."""
        return read_index_state(self.catalog)

    def note_index_state(self, state: IndexState) -> None:
        """Records the progress of an index run, for other processes."""
        write_index_state(self.catalog, state)

    def faults(self) -> list[str]:
        """Problems with catalog or vectors, one sentence each; empty if there are none."""
        faults = self.catalog.integrity_faults()
        return [*faults, *self._derived.faults()] if len(self) else faults
