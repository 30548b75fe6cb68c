"""A collection: photo folders + catalog + vectors; what a user opens, indexes and searches."""

import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from filelock import FileLock, Timeout

from twinlens.collection.catalog import Catalog, Folder, PhotoRecord
from twinlens.collection.disk import INDEX_LOCK, DiskGuard, disk_error, make_folder, remove_unused
from twinlens.collection.filters import Filters, candidate_ids
from twinlens.collection.index import IndexListener, IndexReport, PhotoFolder, SilentListener, index_folders
from twinlens.collection.locate import CATALOG_NAME, FOLDER_NAME, default_place, find_collection, user_path
from twinlens.collection.query import Query, embed_query, parse_query, photo_query
from twinlens.collection.search import Answer, Page, Sort, ranked_hits
from twinlens.collection.vectors import DerivedVectors
from twinlens.errors import (
    CollectionBusyError,
    CollectionError,
    CollectionNotFoundError,
    ModelMismatchError,
)
from twinlens.model.load import load_model
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.types import Hit

logger = logging.getLogger(__name__)


class Collection:
    """Photos that can be found by words and by photo.

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
        self._vectors = DerivedVectors(path, self.catalog, writable=self._writable)
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

    def index(self, *, listener: IndexListener | None = None, forget_missing: bool = False) -> IndexReport:
        """Brings the collection up to date with its folders; see ``index_folders``.

        Raises:
            CollectionBusyError: another process is indexing it.
            ModelMismatchError: another model was asked for than the collection's.
            DiskFullError: no space left; what was committed is kept.
        """
        if not self._writable:
            raise CollectionError(f"{self.path} cannot be written; use --collection DIR for a place that can")
        try:
            with FileLock(self.path / INDEX_LOCK, timeout=0):
                return self._index(listener or SilentListener(), forget_missing)
        except Timeout as error:
            raise CollectionBusyError(
                f"another process is indexing {self.path}; wait until it is done, what it has done can be searched"
            ) from error
        except OSError as error:
            raise disk_error(self.path, error) from error

    def _index(self, listener: IndexListener, forget_missing: bool) -> IndexReport:
        encoder = self.encoder
        if not len(self):
            source = self._asked_model or "default"
            recorded = str(Path(source).resolve()) if Path(source).is_dir() else str(source)
            self.catalog.set_meta({"fingerprint": encoder.fingerprint, "model": recorded, "dim": str(encoder.dim)})
        else:
            self._vectors.synced()  # notices a catalog put back from a copy, before its generation catches up
        report = index_folders(
            self.catalog,
            encoder,
            self.folders(),
            listener=DiskGuard(listener, self.path),
            forget_missing=forget_missing,
        )
        self.catalog.set_meta({"first_index": "done"})
        self._vectors.synced()
        self.catalog.checkpoint()
        return report

    @property
    def is_complete(self) -> bool:
        """False until an index run came to its end once."""
        return self.catalog.meta("first_index") == "done"

    # --- searching ----------------------------------------------------------------------------

    def search(
        self,
        query: str | Query,
        *,
        k: int = 10,
        offset: int = 0,
        sort: Sort = "relevance",
        after: str | None = None,
        before: str | None = None,
        folder: str | None = None,
        camera: str | None = None,
        include_query_photo: bool = False,
    ) -> list[Hit]:
        """Photos that fit the query best.

        Args:
            query: words, a photo's path, or a weighted sum; see ``parse_query``.
            k: number of hits, at least 1.
            offset: hits to leave out at the top, for paging.
            sort: "relevance", or "date" to show the page's hits newest first.
            after: taken then or later, as ``2023`` or ``2023-06-30``.
            before: taken then or earlier, inclusive.
            folder: only this sub-folder.
            camera: part of the camera's name.
            include_query_photo: let a photo of the collection find itself.

        Raises:
            QueryError: the query or a filter cannot be understood.
            CollectionNotFoundError: nothing was indexed yet.
        """
        filters = Filters(after=after, before=before, folder=folder, camera=camera)
        page = Page(k=k, offset=offset, sort=sort)
        return self.answer(query, page=page, filters=filters, include_query_photo=include_query_photo).hits

    def similar(self, photo: str | os.PathLike[str], *, k: int = 10, include_query_photo: bool = False) -> list[Hit]:
        """Photos that look like one photo; the photo itself is left out unless asked for."""
        return self.answer(photo_query(Path(photo)), page=Page(k=k), include_query_photo=include_query_photo).hits

    def answer(
        self,
        query: str | Query,
        *,
        page: Page | None = None,
        filters: Filters | None = None,
        include_query_photo: bool = False,
    ) -> Answer:
        """Like ``search``, with the number of candidates and the time it took."""
        started = time.perf_counter()
        parsed = parse_query(query) if isinstance(query, str) else query
        filters = filters or Filters()
        among = None if filters.is_empty() else candidate_ids(self.catalog, self.folders(), filters)
        encoder = self.encoder
        store = self._vectors.synced()
        if not len(store):
            raise CollectionNotFoundError(self._why_nothing())
        own = set() if include_query_photo else self._ids_of(parsed.photos())
        vector = self._query_vector(parsed, encoder)
        logger.debug("query %s over %d photos of %s", parsed.terms, len(store), self.path)
        folders = {folder.id: folder for folder in self.folders()}

        def locate(record: PhotoRecord) -> tuple[str, Path]:
            folder = folders[record.folder_id]
            return folder.prefix + record.path, folder.path / record.path

        page = page or Page()
        hits, candidates = ranked_hits(vector, self.catalog, store, page, among=among, without=own, locate=locate)
        return Answer(hits, candidates, round((time.perf_counter() - started) * 1000, 2))

    def _why_nothing(self) -> str:
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
        store = self._vectors.synced()
        expected = self.catalog.select_ids("1", ())
        if not np.array_equal(store.ids(), expected):
            return [f"the vector files hold {len(store):,} photos, the catalog {len(expected):,}"]
        faults = []
        for ids, embeddings in self.catalog.embeddings(expected):
            if not np.allclose(np.linalg.norm(embeddings, axis=1), 1.0, atol=1e-3):
                faults.append(f"an embedding of record between photo ids {ids[0]} and {ids[-1]} is not a unit vector")
            elif store.differs(ids, embeddings):
                faults.append(
                    f"the vector files differ from the catalog; delete {self.path / 'exact'}, it is made anew"
                )
                break
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
