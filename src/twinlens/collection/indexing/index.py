"""Index photo folders into the catalog; an interrupt loses at most one batch."""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from twinlens.collection.catalog.catalog import Catalog, KnownFile
from twinlens.collection.catalog.repair.mending import TO_READ
from twinlens.collection.catalog.rows import FileState, vector_bytes
from twinlens.collection.catalog.writing import CatalogWriter
from twinlens.collection.indexing.beside import read_what_is_beside
from twinlens.collection.indexing.brought import BroughtVectors
from twinlens.collection.indexing.excluding.rules import Rules, collection_rules
from twinlens.collection.indexing.giving_back import give_back
from twinlens.collection.indexing.known import AllKnownFiles, FewKnownFiles, KnownFiles
from twinlens.collection.indexing.moments import look_at_videos
from twinlens.collection.indexing.part import Part, changed_part
from twinlens.collection.indexing.replaced import forget_replaced, note_replaced
from twinlens.collection.indexing.scanning.found_files import FoundFile
from twinlens.collection.indexing.scanning.last_scan import left_out_files, skipped_files, write_last_scan, write_part
from twinlens.collection.indexing.scanning.missing import ForgetMissing, is_below, kept_folders
from twinlens.collection.indexing.scanning.scan import LINK_OUT, Scan, scan_folder
from twinlens.collection.indexing.sharing.leading import LEAST_SHARED, Read, SharedRun
from twinlens.collection.indexing.sharing.lots import SharedFile, stamp_of
from twinlens.collection.indexing.takeout_albums import make_takeout_albums
from twinlens.collection.indexing.telling.progress import IndexListener, IndexPlan, SilentListener
from twinlens.collection.indexing.telling.report import IndexReport, why_no_photos
from twinlens.collection.indexing.verification import Position, VerifyReport
from twinlens.collection.place.photo_folders import FileKey, PhotoFolder, photos_missing
from twinlens.counted import counted
from twinlens.data.exif import PhotoDetails
from twinlens.data.objects.object_path import ObjectPath
from twinlens.data.objects.reading import nothing_there, storage_away
from twinlens.data.objects.stamp import tag_of
from twinlens.data.video.names import can_read_videos, is_video
from twinlens.embedding.local import EmbeddedPhoto, PhotoVector, Skipped, Wanted, embed_batches
from twinlens.errors import CollectionError, NoPhotosError, PhotosMissingError
from twinlens.protocols import DualEncoder

logger = logging.getLogger(__name__)
READER_VERSION = 3  # increased when more formats are supported: skipped files are then tried again
BYTES_A_PHOTO = 400  # a catalog row without its vectors, indexes included


class IndexOptions(NamedTuple):
    """What an index run does besides reading what is new.

    Attributes:
        forget_missing: whether to remove the photos of folders whose disk may not be mounted: of all,
            of none, or of those subfolders for which a function returns True.
        drop_kept: whether to drop what is kept of photos that are gone.
        verify: whether to read the photos again whose size and date have not changed, too.
        follow_links: whether to index what is behind links that lead out of a folder; None = as in the
            collection's last run, which ``Indexer`` looks up.
        brought: vectors of photos from another program.
        exclude: patterns of files and folders to leave out, as gitignore has them; ``Indexer`` adds those of
            earlier runs.
        no_longer_exclude: patterns of earlier runs that no longer hold.
        archives: whether zip and tar files count as folders; None = as in the collection's last run.
        being_written: folder and path of files that are left as they are known, because they are not complete yet.
        changed: folder and path of what came, changed or went since the last run, which is then all that is looked
            at; None = everything may have.
        together: whether to read photos for another process that indexes a catalog on a server, and index afterwards;
            False refuses to index then.
    """

    forget_missing: ForgetMissing = False
    drop_kept: bool = False
    verify: bool = False
    follow_links: bool | None = None
    brought: BroughtVectors | None = None
    exclude: Sequence[str] = ()
    no_longer_exclude: Sequence[str] = ()
    being_written: frozenset[FileKey] = frozenset()
    archives: bool | None = None
    changed: frozenset[FileKey] | None = None
    together: bool = False


DEFAULTS = IndexOptions()


class _Task(NamedTuple):
    folder: PhotoFolder
    file: FoundFile
    known: KnownFile | None
    is_check: bool = False  # its size and date are those in the catalog

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
    options: IndexOptions = DEFAULTS,
) -> IndexReport:
    """Updates the catalog to the current contents of the folders.

    Changes are detected by size and date, then by content hash. A new path with the
    content of a missing path is a rename and keeps its vector. What was given to photos
    that are gone (captions, favourites) is kept until their content is found again, or for
    ``KEPT_DAYS``. Each batch is one transaction.

    Args:
        catalog: of the collection; the caller holds the indexing lock.
        encoder: the collection's model; None if it is no longer available: new content is
            then not indexed but counted as deferred.
        folders: all folders of the collection.
        listener: called with the plan and the progress.
        options: what to do besides; an interrupted verification is continued by the next one.

    Raises:
        NoPhotosError: nothing can be indexed.
        CollectionError: a folder is missing, cannot be opened, or is empty although the
            catalog has photos in it (an unmounted disk looks like this).
    """
    started = time.perf_counter()
    run, tasks = _planned(catalog, encoder, folders, listener or SilentListener(), options)
    try:
        run.read(tasks)
    finally:
        run.close()
    if run.position:
        run.position.complete()
    if run.part is None:
        run.keep_doubtful(folders, options.forget_missing)
    run.drop_gone()
    run.settle_kept(drop_kept=options.drop_kept)
    run.report.videos = look_at_videos(catalog, encoder, folders, run.scans, run.listener)
    run.report.retold = read_what_is_beside(catalog, folders, run.scans)
    run.report.albums = make_takeout_albums(catalog, folders, run.scans)
    forget_replaced(catalog)
    if run.part is None:
        write_last_scan(catalog, run.scans)
    else:
        write_part(catalog, run.scans, has=run.part.has, is_gone=run.part.is_closed)
    run.report.images = catalog.count()
    run.report.skipped = skipped_files(catalog, folders)  # the same as ``status`` tells
    run.report.left_out = left_out_files(catalog, folders)
    run.report.unmatched = [] if run.part else run.unmatched(options.exclude)
    run.report.seconds = round(time.perf_counter() - started, 3)
    return run.report


def _planned(
    catalog: Catalog,
    encoder: DualEncoder | None,
    folders: Sequence[PhotoFolder],
    listener: IndexListener,
    options: IndexOptions,
) -> tuple["_Run", list[_Task]]:
    """A run and the files that it has to read, of the part that has changed, if that can be told by it alone."""
    forget_missing = options.forget_missing is True
    if options.changed is not None:
        part = changed_part(catalog, folders, options.changed, collection_rules(options.exclude))
        if part is not None:
            run = _Run(catalog, encoder, listener, options, part)
            tasks = run.plan(folders, forget_missing=forget_missing)
            shown = (key for key, file in run.gone.items() if _was_shown(file) and key not in run.excluded)
            if not part.leaves_doubt(catalog, shown):
                return run, tasks
        logger.debug("everything is looked at: what has changed cannot be told by a part")
    run = _Run(catalog, encoder, listener, options)
    return run, run.plan(folders, forget_missing=forget_missing)


class _Run:
    """State of one index run: known files, missing files, report."""

    def __init__(
        self,
        catalog: Catalog,
        encoder: DualEncoder | None,
        listener: IndexListener,
        options: IndexOptions,
        part: Part | None = None,
    ) -> None:
        self.catalog, self.encoder, self.listener, self.part = catalog, encoder, listener, part
        self.follow_links, self.rules = bool(options.follow_links), collection_rules(options.exclude)
        self.archives = bool(options.archives)
        self.being_written = options.being_written
        self.only_known = catalog.has_only_known
        self.brought, self.brought_rows = options.brought, dict[str, int]()
        self.position = Position(catalog) if options.verify else None
        self.report = IndexReport(verification=VerifyReport() if options.verify else None)
        self.known: KnownFiles = FewKnownFiles(part.known) if part else AllKnownFiles(catalog)
        self.generation = catalog.generation  # before this run
        self.scans: dict[int, Scan] = {}
        self.gone: dict[tuple[int, str], KnownFile] = {}
        self.excluded: set[tuple[int, str]] = set()  # of those that are gone: they are there, but left out
        self.gone_by_hash: dict[bytes, list[tuple[int, str]]] = {}
        self.known_contents = catalog.known_contents()
        self.replaced: set[bytes] = set()  # contents that this run, or an interrupted one, replaces
        self.touched: list[tuple[int, FileState]] = []  # known by their ETag, though they have another date

    def plan(self, folders: Sequence[PhotoFolder], *, forget_missing: bool) -> list[_Task]:
        """Scans the folders and returns the files to read; unchanged files are finished here."""
        tasks: list[_Task] = []
        found = 0
        for folder in folders:
            scan = self.scans[folder.id] = self.part.scans[folder.id] if self.part else self._scan(folder)
            found += len(scan.photos)
            tasks += self._compare(folder, scan, forget_missing=forget_missing)
        if not found and not self.known and self.part is None:
            excluded = any(scan.excluded for scan in self.scans.values())
            why = why_no_photos(self.report.skipped, has_excluded=excluded)
            raise NoPhotosError([str(folder.path) for folder in folders], *why)
        for key, missing in sorted(self.gone.items()):
            if missing.content_hash and missing.skip_reason is None:
                self.gone_by_hash.setdefault(missing.content_hash, []).append(key)
        encoder = self.encoder
        a_vector = vector_bytes(encoder.dim, features_dim=encoder.features_dim) if encoder else 0
        new = sum(not task.is_check for task in tasks)
        self.listener.planned(IndexPlan(found, len(tasks), new * (a_vector + BYTES_A_PHOTO)))
        return tasks

    def _scan(self, folder: PhotoFolder) -> Scan:
        return _scan(folder, follow_links=self.follow_links, rules=self.rules, archives=self.archives)

    def _compare(self, folder: PhotoFolder, scan: Scan, *, forget_missing: bool) -> list[_Task]:
        """The files of one folder that must be read; records missing ones."""
        for path in scan.away:
            if known := self.known.take(folder.id, path):
                self._count_unchanged(folder.prefix + path, known)
        if not scan.photos and not forget_missing and self.part is None:
            self._refuse_empty(folder, scan)
        self.report.skipped += [Skipped(folder.prefix + path, reason) for path, reason in scan.others + scan.unreadable]
        if not can_read_videos():  # those that were read before stay as they are known
            for path in [path for path, _ in scan.others if is_video(Path(path))]:
                if self.known.take(folder.id, path):
                    self.report.unchanged += 1
        tasks = []
        for block in scan.photos.blocks():
            unchanged, others = self.known.compare(folder.id, block, trusted=self.position is None)
            self.report.unchanged += unchanged
            for file, known in others:
                if task := self._to_read(folder, file, known):
                    tasks.append(task)
        hidden = {path for path, _ in scan.unreadable}
        below = tuple(f"{path}/" if path else "" for path in hidden)  # "" is the folder itself
        for path, missing in self.known.left(folder.id):
            if path not in hidden and not path.startswith(below):
                self.gone[folder.id, path] = missing
                if is_below(path, scan.excluded):
                    self.excluded.add((folder.id, path))
        return tasks

    def _refuse_empty(self, folder: PhotoFolder, scan: Scan) -> None:
        """Raises CollectionError if photos are known in a folder that has none now."""
        known = self.known.left(folder.id)
        if not any(_was_shown(file) for path, file in known if not is_below(path, scan.excluded)):
            return
        links = sum(reason == LINK_OUT for _, reason in scan.others)
        if links:
            lead_out = counted(links, "link that leads", "links that lead")
            were = counted(self.known.num_left(folder.id), "photo was", "photos were")
            raise CollectionError(
                f"{folder.path} contains no photos but {lead_out} out of it; {were} "
                "indexed there. Nothing was changed; run again with --follow-links to keep what is behind "
                "the links, or with --forget-missing to remove it from the index"
            )
        were = counted(self.known.num_left(folder.id), "was", "were")
        raise CollectionError(
            f"{folder.path} contains no photos, but {were} indexed there; is its disk mounted? "
            "Nothing was changed; if the photos are really gone, run again with --forget-missing"
        )

    def _to_read(self, folder: PhotoFolder, file: FoundFile, known: KnownFile | None) -> _Task | None:
        """A file as it is to be read; None if it is unchanged, or left alone."""
        if known is None and self.only_known:
            return None
        if (folder.id, file.path) in self.being_written:
            if known:
                self._count_unchanged(folder.prefix + file.path, known)
            return None
        if known and _is_unchanged(file, known):
            if self._is_to_verify(folder, file, known):
                return _Task(folder, file, known, is_check=known.skip_reason is None)
        elif known and _has_same_tag(file, known):
            self.touched.append((known.id, FileState(folder.id, *file, known.content_hash)))
        else:
            return _Task(folder, file, known)
        self._count_unchanged(folder.prefix + file.path, known)
        return None

    def _is_to_verify(self, folder: PhotoFolder, file: FoundFile, known: KnownFile) -> bool:
        if self.position is None or self.report.verification is None:
            return False
        is_behind = self.position.is_behind(folder.id, file.path)
        self.report.verification.earlier += is_behind and known.skip_reason is None
        return not is_behind

    def read(self, tasks: Sequence[_Task]) -> None:
        """Reads, embeds and commits, batch by batch."""
        if self.brought and self.encoder and tasks:
            files = {_name_of(task): _path_of(task) for task in tasks}
            self.brought_rows = self.brought.check(files, self.encoder, is_new=not self.known)
        changed = [task.known.content_hash for task in tasks if task.known and not task.is_check]
        self.replaced = note_replaced(self.catalog, (content for content in changed if content))
        if self.touched:
            with self.catalog.writing() as writer:
                for photo_id, state in self.touched:
                    writer.touch(photo_id, state)
        done = 0
        for read in self._batches(tasks):
            with self.catalog.writing() as writer:
                for photo in read.photos:
                    self._store(writer, photo)
                if self.position:
                    self.position.note(*read.photos[-1].item.key)
                if read.lots and self.catalog.work:
                    self.catalog.work.remove(read.lots)
            done += len(read.photos)
            self.listener.advanced(done, self.report)

    def _batches(self, tasks: Sequence[_Task]) -> Iterator[Read[_Task]]:
        """What is to be stored together, read here or by indexers on other machines."""
        work, encoder = self.catalog.work, self.encoder
        if work is None or encoder is None or self.position or self.brought or len(tasks) < LEAST_SHARED:
            yield from map(Read, self._embedded(tasks))
            return
        shared = SharedRun(work, tasks, _shared_file, encoder=encoder, stamp=stamp_of(encoder, READER_VERSION))
        for read in shared.batches(self._embedded):
            self.report.by_others = shared.by_others
            yield read

    def _embedded(self, tasks: Iterable[_Task]) -> Iterator[list[EmbeddedPhoto[_Task]]]:
        """The photos of tasks in batches.

        Raises:
            PhotosMissingError: object storage does not answer any more.
        """
        try:
            yield from embed_batches(
                tasks, self.encoder, path_of=_path_of, wanted=self._wanted, size_of=lambda task: task.file.size_bytes
            )
        except PhotosMissingError as error:
            raise PhotosMissingError(f"{error} What was read is kept; the next run continues") from error

    def _wanted(self, task: _Task, content_hash: bytes) -> Wanted:
        if content_hash not in self.known_contents:
            return "details" if _name_of(task) in self.brought_rows else "vector"
        if task.known is None or not task.is_check or task.known.content_hash != content_hash:
            return "hash"
        # an earlier release may have decoded it in another way
        return "details" if task.known.reader_version == READER_VERSION else "vector"

    def close(self) -> None:
        """Releases what the threads that read files have shared."""
        self.known_contents.close()

    def keep_doubtful(self, folders: Sequence[PhotoFolder], forget_missing: ForgetMissing) -> None:
        """Keeps missing photos of folders whose disk may not be mounted, unless they are to be forgotten."""
        shown = [key for key, file in self.gone.items() if _was_shown(file) and key not in self.excluded]
        kept = kept_folders(self.catalog, folders, self.scans, shown, forget_missing)
        self.report.kept_folders = [folder for folders in kept.values() for folder in folders.values()]
        self.gone = {
            key: file for key, file in self.gone.items() if key in self.excluded or not is_below(key[1], kept[key[0]])
        }

    def unmatched(self, patterns: Sequence[str]) -> list[str]:
        """The patterns that match nothing."""
        matched = set().union(*(scan.patterns for scan in self.scans.values()))
        return [pattern for pattern in patterns if pattern not in matched]

    def drop_gone(self) -> None:
        """Removes photos whose files are gone and were not renamed."""
        gone = iter(self.gone.values())
        while batch := list(islice(gone, 1000)):
            with self.catalog.writing() as writer:
                for file in batch:
                    writer.remove(file.id)
                    self.report.removed += file.skip_reason is None

    def settle_kept(self, *, drop_kept: bool) -> None:
        """Gives back what was kept of photos that are here again; drops what was kept for long enough."""
        since = self.generation if self.part else None
        self.report.restored = give_back(self.catalog, self.encoder, since=since)
        # a deferred photo may be one that has come back; and a run that looks at all will drop what is due
        if not self.report.deferred and (self.part is None or drop_kept):
            self.report.dropped = self.catalog.kept.drop(all_of_it=drop_kept)
            self.catalog.read_texts.drop_old()
        self.report.kept = self.catalog.kept.counts().photos

    def _store(self, writer: CatalogWriter, photo: EmbeddedPhoto[_Task]) -> None:
        task, state = photo.item, photo.item.state(photo.content_hash)
        if task.is_check and not self._note_check(photo):
            return
        if photo.reason is not None:
            writer.put_skipped(state, photo.reason, reader_version=READER_VERSION)
            self.report.skipped.append(Skipped(task.folder.prefix + task.file.path, photo.reason))
            logger.info("skipped %s: %s", _path_of(task), photo.reason)
        elif photo.details is not None and (vector := photo.vector or self._brought_vector(photo)):
            self._put(writer, task, state, photo.details, vector)
        else:
            self._store_known_content(writer, task, state, photo.details)

    def _brought_vector(self, photo: EmbeddedPhoto[_Task]) -> PhotoVector | None:
        row = self.brought_rows.get(_name_of(photo.item))
        if row is None or self.brought is None or photo.content_hash in self.known_contents:
            return None
        self.report.brought += 1
        return PhotoVector(self.brought.rows[row], None)

    def _note_check(self, photo: EmbeddedPhoto[_Task]) -> bool:
        """Counts a photo that was read again; False if it could not be, and nothing can be said of it."""
        task, verification = photo.item, self.report.verification
        assert verification is not None
        assert task.known is not None
        if photo.content_hash is None:
            if not task.folder.path.is_dir():
                raise PhotosMissingError(f"{photos_missing(task.folder.path)} What was read is kept")
            verification.unread.append(Skipped(task.folder.prefix + task.file.path, photo.reason or ""))
            self.report.unchanged += 1
            return False
        verification.verified += 1
        verification.changed += photo.content_hash != task.known.content_hash
        verification.refreshed += photo.content_hash == task.known.content_hash and photo.vector is not None
        return True

    def _store_known_content(
        self, writer: CatalogWriter, task: _Task, state: FileState, details: PhotoDetails | None
    ) -> None:
        """Handles a file with known content: read again, touched, renamed or copied."""
        known_hash = state.content_hash or b""
        if details is not None and task.known and self.report.verification:
            is_new = writer.refresh(task.known.id, state, details, reader_version=READER_VERSION)
            self.report.verification.refreshed += is_new
            self.report.updated += is_new
            self.report.unchanged += not is_new
        elif task.known and task.known.content_hash == known_hash and task.known.skip_reason is None:
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
            self._put(writer, task, state, found.details, found.vector, has_texts=found.has_texts)
        elif self.encoder is None:
            self.report.deferred += 1
        else:  # the photo with this content was changed in this same run, or it is new
            ((photo,),) = embed_batches([task], self.encoder, path_of=_path_of)
            self._store(writer, photo)

    def _put(
        self,
        writer: CatalogWriter,
        task: _Task,
        state: FileState,
        details: PhotoDetails,
        vector: PhotoVector,
        *,
        has_texts: bool = True,
    ) -> None:
        known, content = task.known, state.content_hash
        is_other = known is not None and known.skip_reason is None and known.content_hash != content
        if known and is_other and (content in self.replaced or content in self.known_contents):
            writer.set_aside(known.id)  # another photo has taken its path; an edited one keeps what was given to it
        writer.put_photo(state, details, vector, reader_version=READER_VERSION, has_texts=has_texts)
        if task.known is not None and task.known.skip_reason is None:
            self.report.updated += 1
        else:
            self.report.added += 1

    def _count_unchanged(self, path: str, known: KnownFile) -> None:
        if known.skip_reason is None:
            self.report.unchanged += 1
        else:
            self.report.skipped.append(Skipped(path, known.skip_reason))


def _was_shown(file: KnownFile) -> bool:
    """Whether it is a photo that can be searched, or could until a repair lost its vector."""
    return file.skip_reason in (None, TO_READ)


def _shared_file(task: _Task) -> SharedFile:
    return SharedFile(task.folder.id, *task.file)


def _name_of(task: _Task) -> str:
    return task.folder.prefix + task.file.path


def _path_of(task: _Task) -> Path:
    return task.folder.file(task.file.path)


def _is_unchanged(file: FoundFile, known: KnownFile) -> bool:
    if (file.size_bytes, file.mtime_ns) != (known.size_bytes, known.mtime_ns):
        return False
    # a file that could not be opened has no hash: fixing its permissions does not change its date
    return known.skip_reason is None or (known.content_hash is not None and known.reader_version == READER_VERSION)


def _has_same_tag(file: FoundFile, known: KnownFile) -> bool:
    """Whether an object is the one that was read, though it was written again since."""
    tag = tag_of(file.mtime_ns)
    is_same = tag is not None and (file.size_bytes, tag) == (known.size_bytes, tag_of(known.mtime_ns))
    return is_same and known.skip_reason is None and known.content_hash is not None


def _scan(folder: PhotoFolder, *, follow_links: bool, rules: Rules, archives: bool) -> Scan:
    try:
        return scan_folder(folder.path, follow_links=follow_links, rules=rules, archives=archives)
    except ConnectionError as error:
        if not isinstance(folder.path, ObjectPath):
            raise
        raise storage_away(folder.path, error) from error
    except FileNotFoundError as error:
        if isinstance(folder.path, ObjectPath):
            raise nothing_there(folder.path, error) from error
        raise PhotosMissingError(photos_missing(folder.path)) from error
    except NotADirectoryError as error:
        raise CollectionError(f"{folder.path} is not a folder") from error
    except PermissionError as error:
        if isinstance(folder.path, ObjectPath):
            raise storage_away(folder.path, error) from error
        raise CollectionError(f"the photo folder {folder.path} cannot be opened: no permission") from error
