"""The memory-mapped vectors of a collection, synchronized with its catalog."""

import logging
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import ANY, Condition
from twinlens.collection.catalog.database import FileId, damaged
from twinlens.collection.catalog.rows import ModelRecord, VectorDelta, check_length
from twinlens.collection.catalog.sqlite.integrity import structure_faults
from twinlens.errors import (
    CatalogDamagedError,
    CollectionBusyError,
    CollectionError,
    UnknownPartError,
    VectorsDamagedError,
)
from twinlens.plugins import load_part
from twinlens.protocols import VectorStore
from twinlens.stores import STORES, is_address, name_of
from twinlens.types import Embeddings, Ids

logger = logging.getLogger(__name__)
LOCK_TIMEOUT_S = 120.0
MOST_DAMAGES = 3  # in a row; then rebuilding does not help
DEFAULT_STORE = "exact"
LIKENESS, MOMENTS = "likeness", "moments"  # names of subfolders


class VectorSource(Protocol):
    """Vectors of record that a store mirrors: those of a catalog's photos or captions."""

    def dim(self, model: ModelRecord | None) -> int:
        """D, of the vectors of the model of record."""

    def select_ids(self, condition: Condition = ANY) -> Ids:
        """Ids whose photo satisfies a condition, ascending."""

    def tally(self) -> tuple[int, int]:
        """How many there are, and the sum of their ids."""

    def changes_since(self, generation: int) -> VectorDelta:
        """What was added and removed since a generation of the catalog."""

    def embeddings(self, ids: Ids) -> Iterator[tuple[Ids, Embeddings]]:
        """Ids and embeddings [B, D], block by block."""


class DerivedVectors:
    """Opens the vector store of a catalog and applies all changes since it was written.

    May be shared between threads.

    Args:
        folder: the collection folder.
        catalog: its generation determines whether the vectors are current.
        source: the source of truth.
        name: of the vectors' subfolder in the collection folder.
        writable: False keeps the vectors in a temporary folder of this process.
        engine: name of the store.
    """

    def __init__(
        self, folder: Path, catalog: Catalog, source: VectorSource, *, name: str, writable: bool, engine: str
    ) -> None:
        self.folder = folder / name
        self._catalog, self._source, self._writable, self._engine = catalog, source, writable, engine
        self._store: VectorStore | None = None
        self._model: ModelRecord | None = None
        self._file_id: FileId | None = None
        self._guard = threading.Lock()
        self._scratch: Path | None = None
        self._is_distrusted = False  # the files are damaged and cannot be replaced

    def synced(self) -> VectorStore:
        """The store, updated to the catalog's current generation; see ``synced_with_model``."""
        return self.synced_with_model()[0]

    def synced_with_model(self) -> tuple[VectorStore, ModelRecord | None]:
        """The store, updated to the catalog's current generation, and the model of its vectors.

        The two belong together, also when another thread or process changes the collection's model meanwhile.

        Raises:
            CollectionBusyError: another process has been writing it for minutes.
            CollectionError: what is written to the disk is damaged each time.
        """
        damages = 0
        with self._guard:
            while True:
                try:
                    store, model, file_id = self._current()
                except VectorsDamagedError as error:  # noticed while it was updated; now discarded
                    damages += 1
                    if damages == MOST_DAMAGES:
                        raise CollectionError(
                            f"the vectors in {self.folder} were rebuilt and are damaged again ({error}); "
                            "check the disk, or use --collection DIR with a folder on another one"
                        ) from error
                    logger.warning("%s; they are rebuilt", error)
                    continue
                # otherwise another process has just changed the collection's model
                if store is not None and self._catalog.model() == model:
                    self._store, self._model, self._file_id = store, model, file_id
                    return store, model

    def discard(self, error: VectorsDamagedError) -> None:
        """Makes the next ``synced`` rebuild vectors that a search found damaged."""
        with self._guard:
            logger.warning("%s; they are rebuilt", error)
            self._store, self._is_distrusted = None, not self._writable

    def _current(self) -> tuple[VectorStore | None, ModelRecord | None, FileId | None]:
        model, file_id = self._catalog.model(), self._catalog.file_id
        store = self._store if (self._model, self._file_id) == (model, file_id) else None
        is_first = store is None
        if store is None or store.generation != self._catalog.generation:
            place = self._scratch if self._is_distrusted and self._scratch else self.folder
            store = self._open(place, model)  # a new object: another thread may be searching the old one
            if self._is_distrusted:
                store.clear()
        if store.generation != self._catalog.generation:
            return self._catch_up(store, model), model, file_id
        if is_first and not self._catalog.is_intact and not self._agrees(store):
            store.clear()
            return self._catch_up(store, model, anew=True), model, file_id
        return store, model, file_id

    def _agrees(self, store: VectorStore) -> bool:
        """Whether a store has the ids of the catalog at the same generation.

        Raises:
            CatalogDamagedError: it has not, and the catalog is to blame.
        """
        with self._catalog.snapshot():
            if store.generation != self._catalog.generation:
                return True  # another process has changed the catalog since
            ids, (count, total) = store.ids(), self._source.tally()
            if (len(ids), int(ids.sum())) == (count, total):
                return True
            if faults := structure_faults(self._catalog):
                raise CatalogDamagedError(damaged(self._catalog.path, faults[0]))
        logger.warning(
            "the vectors in %s are of %d items, the catalog has %d; they are rebuilt from the catalog",
            self.folder,
            len(ids),
            count,
        )
        return False

    def rebuild(self) -> VectorStore:
        """The store, filled anew from the catalog."""
        with self._guard:
            model, file_id = self._catalog.model(), self._catalog.file_id
            store = self._catch_up(self._open(self.folder, model), model, anew=True)
            self._store, self._model, self._file_id = store, model, file_id
        return self.synced()

    def check_reachable(self) -> None:
        """Asks the server that keeps the vectors, if one does.

        Raises:
            StoreUnavailableError: it does not answer.
        """
        if is_address(self._engine):
            self._open(self.folder, self._catalog.model())

    def bring_up_to_date(self) -> None:
        """The same as ``synced`` for those who do not search: what was not open before takes no memory afterwards."""
        was_open = self._store is not None
        self.synced()
        if not was_open and self._scratch is None:
            with self._guard:
                self._store = None

    def close(self) -> None:
        """Releases the memory maps and deletes this process's temporary copy."""
        self._store = None
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _open(self, folder: Path, model: ModelRecord | None) -> VectorStore:
        owner = f"{self._catalog.identity}/{model and model.fingerprint}"
        dim = self._source.dim(model) or 1  # a catalog without photos has no model yet
        # a temporary copy is on this machine whatever the store
        engine = DEFAULT_STORE if folder == self._scratch and is_address(self._engine) else self._engine
        store: VectorStore = open_store(engine, folder, dim=dim, owner=owner)
        return store

    def _catch_up(self, store: VectorStore, model: ModelRecord | None, *, anew: bool = False) -> VectorStore | None:
        """The updated store; None if the catalog's model has changed in the meantime."""
        if not self._writable or self._scratch:
            return self._catch_up_in_scratch(model)
        try:
            with FileLock(self.folder.with_name(f"{self.folder.name}.lock"), timeout=LOCK_TIMEOUT_S):
                store.refresh()
                if anew:
                    store.clear()
                return self._apply_changes(store, model)
        except Timeout as error:
            raise CollectionBusyError(
                f"another process is rebuilding the vectors in {self.folder}; try again when it is done"
            ) from error
        except OSError as error:
            logger.warning("the vectors in %s cannot be written (%s); using a temporary copy", self.folder, error)
            return self._catch_up_in_scratch(model)

    def _catch_up_in_scratch(self, model: ModelRecord | None) -> VectorStore | None:
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="twinlens-"))
        return self._apply_changes(self._open(self._scratch, model), model)

    def _apply_changes(self, store: VectorStore, model: ModelRecord | None) -> VectorStore | None:
        with self._catalog.snapshot():  # started after reading the store, which another process may have updated
            generation = self._catalog.generation
            if self._catalog.model() != model:
                return None
            if store.generation == generation:
                return store
            if store.generation > generation:  # the catalog was restored from a backup
                store.clear()
            changes = self._source.changes_since(store.generation)
            logger.debug("vectors: %d to add, %d to remove", len(changes.added), len(changes.removed))
            added = self._complete(changes.added, dim=self._source.dim(model))
            store.update(added, changes.removed, generation=generation)
            return store

    def _complete(self, ids: Ids, *, dim: int) -> Iterator[tuple[Ids, Embeddings]]:
        """The embeddings of all ids.

        Raises:
            CatalogDamagedError: some have none, or one of another model.
        """
        count = 0
        for block_ids, embeddings in self._source.embeddings(ids):
            count += len(block_ids)
            check_length(self._catalog, embeddings, dim or None)
            yield block_ids, embeddings
        if count < len(ids):
            raise CatalogDamagedError(damaged(self._catalog.path, f"{len(ids) - count} embeddings are missing"))


def open_store(engine: str, folder: Path, *, dim: int, owner: str) -> VectorStore:
    """A store by its name or address, with the files that it keeps on this machine in ``folder``.

    Raises:
        UnknownPartError: there is no such store, or what it needs is not installed.
        ConfigError: the address is invalid.
        StoreUnavailableError: the server does not answer.
    """
    options = {"url": engine} if is_address(engine) else {}
    try:
        kind = load_part("store", STORES, name_of(engine))
    except ModuleNotFoundError as error:
        raise UnknownPartError(
            f"the store {name_of(engine)!r} needs {error.name}: pip install 'twinlens[{name_of(engine)}]'"
        ) from error
    store: VectorStore = kind(folder, dim=dim, owner=owner, **options)
    return store


def chosen_store(catalog: Catalog, asked: str | None, *, writable: bool) -> str:
    """Name of a collection's vector store; an explicitly chosen one is recorded.

    Raises:
        UnknownPartError, ConfigError, StoreUnavailableError: see ``open_store``.
    """
    known = catalog.meta("store") or DEFAULT_STORE
    if asked is None or asked == known:
        return known
    if is_address(asked):
        with tempfile.TemporaryDirectory() as nowhere:
            open_store(asked, Path(nowhere), dim=1, owner="")
    else:
        load_part("store", STORES, asked)
    if writable:
        catalog.set_meta({"store": asked})
    return asked


def derived_vectors(
    place: Path, catalog: Catalog, *, engine: str, writable: bool
) -> tuple[DerivedVectors, DerivedVectors]:
    """The vectors of photos and of captions, each in its own subfolder."""
    name = name_of(engine)
    photos, captions = (name, "captions") if engine == DEFAULT_STORE else (f"{name}-photos", f"{name}-captions")
    return (
        DerivedVectors(place, catalog, catalog, name=photos, writable=writable, engine=engine),
        DerivedVectors(place, catalog, catalog.captions, name=captions, writable=writable, engine=engine),
    )


def moment_vectors(place: Path, catalog: Catalog, *, writable: bool) -> tuple[DerivedVectors, DerivedVectors]:
    """The vectors of moments of videos, in the space of photos and texts and by likeness, whatever the store."""
    alike = f"{MOMENTS}-{LIKENESS}"
    return (
        DerivedVectors(place, catalog, catalog.moments, name=MOMENTS, writable=writable, engine=DEFAULT_STORE),
        DerivedVectors(place, catalog, catalog.moment_features, name=alike, writable=writable, engine="half"),
    )


def likeness_vectors(place: Path, catalog: Catalog, *, writable: bool) -> DerivedVectors:
    """The vectors that tell how alike photos are, in a subfolder of their own, whatever the collection's store."""
    return DerivedVectors(place, catalog, catalog.features, name=LIKENESS, writable=writable, engine="half")
