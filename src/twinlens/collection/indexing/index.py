"""Index photo folders into the catalog; an interrupt loses at most one batch."""

import logging
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from twinlens.collection.catalog.catalog import Catalog, KnownFile
from twinlens.collection.catalog.rows import FileState, vector_bytes
from twinlens.collection.catalog.writing import CatalogWriter
from twinlens.collection.indexing.report import IndexListener, IndexPlan, IndexReport, SilentListener
from twinlens.collection.indexing.scan import FoundFile, Scan, scan_folder
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.embedding.local import EmbeddedPhoto, Skipped, embed_batches
from twinlens.errors import CollectionError
from twinlens.protocols import DualEncoder

logger = logging.getLogger(__name__)
READER_VERSION = 2  # increased when more formats are supported: skipped files are then tried again
BYTES_A_PHOTO = 400  # a catalog row without its vectors, indexes included


class _Task(NamedTuple):
    folder: PhotoFolder
    file: FoundFile
    known: KnownFile | None

    @property
    def key(self) -> tuple[int, str]:
        return self.folder.id, self.file.path

    def state(self, content_hash: bytes | None) -> FileState:
        return FileState(self.folder.id, *self.file, content_hash)


def index_folders(
    catalog: Catalog,
    encoder: DualEncoder | None,
    folders: Sequence[PhotoFolder],
    *,
    listener: IndexListener | None = None,
    forget_missing: bool = False,
) -> IndexReport:
    """Updates the catalog to the current contents of the folders.

    Changes are detected by size and date, then by content hash. A new path with the
    content of a missing path is a rename and keeps its vector. Each batch is one
    transaction.

    Args:
        catalog: of the collection; the caller holds the indexing lock.
        encoder: the collection's model; None if it is no longer available: new content is
            then not indexed but counted as deferred.
        folders: all folders of the collection.
        listener: called with the plan and the progress.
        forget_missing: remove a folder's photos from the catalog if the folder is now empty.

    Raises:
        CollectionError: a folder is missing, cannot be opened, or is empty although the
            catalog has photos in it (an unmounted disk looks like this).
    """
    started = time.perf_counter()
    run = _Run(catalog, encoder, listener or SilentListener())
    tasks = run.plan(folders, forget_missing=forget_missing)
    run.read(tasks)
    run.drop_gone()
    run.report.images = catalog.count()
    run.report.skipped.sort()
    run.report.seconds = round(time.perf_counter() - started, 3)
    return run.report


class _Run:
    """State of one index run: known files, missing files, report."""

    def __init__(self, catalog: Catalog, encoder: DualEncoder | None, listener: IndexListener) -> None:
        self.catalog, self.encoder, self.listener = catalog, encoder, listener
        self.report = IndexReport()
        self.known = catalog.known_files()
        self.gone: dict[tuple[int, str], KnownFile] = {}
        self.gone_by_hash: dict[bytes, list[tuple[int, str]]] = {}
        self.known_hashes = {file.content_hash for file in self.known.values() if file.skip_reason is None}

    def plan(self, folders: Sequence[PhotoFolder], *, forget_missing: bool) -> list[_Task]:
        """Scans the folders and returns the files to read; unchanged files are finished here."""
        tasks: list[_Task] = []
        found = 0
        for folder in folders:
            scan = _scan(folder)
            found += len(scan.photos)
            tasks += self._compare(folder, scan, forget_missing=forget_missing)
        if not found and not self.known:
            places = ", ".join(str(folder.path) for folder in folders)
            others = f", only {len(self.report.skipped):,} other files" if self.report.skipped else ""
            raise CollectionError(f"{places} contains no photos to index{others}; give a folder with photos")
        for key, missing in self.gone.items():
            if missing.content_hash and missing.skip_reason is None:
                self.gone_by_hash.setdefault(missing.content_hash, []).append(key)
        encoder = self.encoder
        a_vector = vector_bytes(encoder.dim, features_dim=encoder.features_dim) if encoder else 0
        self.listener.planned(IndexPlan(found, len(tasks), len(tasks) * (a_vector + BYTES_A_PHOTO)))
        return tasks

    def _compare(self, folder: PhotoFolder, scan: Scan, *, forget_missing: bool) -> list[_Task]:
        """The files of one folder that must be read; records missing ones."""
        here = {path: file for (folder_id, path), file in self.known.items() if folder_id == folder.id}
        if not scan.photos and not forget_missing and any(file.skip_reason is None for file in here.values()):
            raise CollectionError(
                f"{folder.path} contains no photos, but {len(here):,} were indexed there; is its disk mounted? "
                "Nothing was changed; if the photos are really gone, run again with --forget-missing"
            )
        self.report.skipped += [Skipped(folder.prefix + path, reason) for path, reason in scan.others + scan.unreadable]
        tasks = []
        for file in scan.photos:
            known = here.pop(file.path, None)
            if known and _is_unchanged(file, known):
                self._count_unchanged(folder.prefix + file.path, known)
            else:
                tasks.append(_Task(folder, file, known))
        hidden = {path for path, _ in scan.unreadable}
        below = tuple(f"{path}/" if path else "" for path in hidden)  # "" is the folder itself
        for path, missing in here.items():
            if path not in hidden and not path.startswith(below):
                self.gone[folder.id, path] = missing
        return tasks

    def read(self, tasks: Sequence[_Task]) -> None:
        """Reads, embeds and commits, batch by batch."""
        done = 0
        for batch in embed_batches(tasks, self.encoder, path_of=_path_of, is_known=self.known_hashes.__contains__):
            with self.catalog.writing() as writer:
                for photo in batch:
                    self._store(writer, photo)
            done += len(batch)
            self.listener.advanced(done, self.report)

    def drop_gone(self) -> None:
        """Removes photos whose files are gone and were not renamed."""
        gone = iter(self.gone.values())
        while batch := list(islice(gone, 1000)):
            with self.catalog.writing() as writer:
                for file in batch:
                    writer.remove(file.id)
                    self.report.removed += file.skip_reason is None

    def _store(self, writer: CatalogWriter, photo: EmbeddedPhoto[_Task]) -> None:
        task, state = photo.item, photo.item.state(photo.content_hash)
        if photo.reason is not None:
            writer.put_skipped(state, photo.reason, reader_version=READER_VERSION)
            self.report.skipped.append(Skipped(task.folder.prefix + task.file.path, photo.reason))
            logger.info("skipped %s: %s", _path_of(task), photo.reason)
        elif photo.details is not None and photo.vector is not None:
            writer.put_photo(state, photo.details, photo.vector, reader_version=READER_VERSION)
            self._count_new(task)
        else:
            self._store_known_content(writer, task, state)

    def _store_known_content(self, writer: CatalogWriter, task: _Task, state: FileState) -> None:
        """Handles a file with known content: touched, renamed or copied."""
        known_hash = state.content_hash or b""
        if task.known and task.known.content_hash == known_hash and task.known.skip_reason is None:
            writer.touch(task.known.id, state)
            self.report.unchanged += 1
        elif task.known is None and (moved := self.gone_by_hash.get(known_hash)):
            writer.rename(self.gone.pop(moved.pop(0)).id, state)
            self.report.renamed += 1
        else:
            self._store_copy(writer, task, state)

    def _store_copy(self, writer: CatalogWriter, task: _Task, state: FileState) -> None:
        found = self.catalog.vector_of_content(state.content_hash or b"")
        if found is not None:
            writer.put_photo(state, found[1], found[0], reader_version=READER_VERSION)
            self._count_new(task)
        elif self.encoder is None:
            self.report.deferred += 1
        else:  # the photo with this content was changed in this same run, or it is new
            ((photo,),) = embed_batches([task], self.encoder, path_of=_path_of)
            self._store(writer, photo)

    def _count_new(self, task: _Task) -> None:
        if task.known is not None and task.known.skip_reason is None:
            self.report.updated += 1
        else:
            self.report.added += 1

    def _count_unchanged(self, path: str, known: KnownFile) -> None:
        if known.skip_reason is None:
            self.report.unchanged += 1
        else:
            self.report.skipped.append(Skipped(path, known.skip_reason))


def _path_of(task: _Task) -> Path:
    return task.folder.file(task.file.path)


def _is_unchanged(file: FoundFile, known: KnownFile) -> bool:
    if (file.size_bytes, file.mtime_ns) != (known.size_bytes, known.mtime_ns):
        return False
    # a file that could not be opened has no hash: fixing its permissions does not change its date
    return known.skip_reason is None or (known.content_hash is not None and known.reader_version == READER_VERSION)


def _scan(folder: PhotoFolder) -> Scan:
    try:
        return scan_folder(folder.path)
    except FileNotFoundError as error:
        raise CollectionError(f"the photo folder {folder.path} is missing; is its disk mounted?") from error
    except NotADirectoryError as error:
        raise CollectionError(f"{folder.path} is not a folder") from error
    except PermissionError as error:
        raise CollectionError(f"the photo folder {folder.path} cannot be opened: no permission") from error
