"""Index photo folders into the catalog; an interrupt loses at most one batch."""

import logging
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from functools import cached_property
from operator import attrgetter

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import vector_bytes
from twinlens.collection.indexing.beside import read_what_is_beside
from twinlens.collection.indexing.excluding.rules import collection_rules
from twinlens.collection.indexing.giving_back import give_back
from twinlens.collection.indexing.moments import look_at_videos
from twinlens.collection.indexing.part import Part, changed_part
from twinlens.collection.indexing.replaced import forget_replaced, note_replaced
from twinlens.collection.indexing.scanning.last_scan import left_out_files, skipped_files, write_last_scan, write_part
from twinlens.collection.indexing.sharing.leading import LEAST_SHARED, Read, SharedRun
from twinlens.collection.indexing.sharing.lots import stamp_of
from twinlens.collection.indexing.takeout_albums import make_takeout_albums
from twinlens.collection.indexing.telling.progress import IndexListener, IndexPlan, SilentListener
from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.collection.indexing.updating.comparing import Comparison
from twinlens.collection.indexing.updating.options import DEFAULTS, IndexOptions
from twinlens.collection.indexing.updating.storing import Storing
from twinlens.collection.indexing.updating.task import READER_VERSION, Task, path_of, shared_file
from twinlens.collection.indexing.verification import Position, VerifyReport
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.embedding.local import EmbeddedPhoto, Wanted, embed_batches
from twinlens.errors import ClusterError, PhotosMissingError
from twinlens.protocols import DualEncoder

logger = logging.getLogger(__name__)
BYTES_A_PHOTO = 400  # a catalog row without its vectors, indexes included


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
        kept = run.gone.keep_doubtful(catalog, folders, run.scans, options.forget_missing)
        run.report.kept_folders = kept
    run.report.removed += run.gone.drop(catalog)
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
) -> tuple["_Run", list[Task]]:
    """A run and the files that it has to read, of the part that has changed, if that can be told by it alone."""
    if options.changed is not None:
        part = changed_part(catalog, folders, options.changed, collection_rules(options.exclude))
        if part is not None:
            run = _Run(catalog, encoder, listener, options, part)
            tasks = run.plan(folders)
            if not part.leaves_doubt(catalog, run.gone.shown()):
                return run, tasks
        logger.debug("everything is looked at: what has changed cannot be told by a part")
    run = _Run(catalog, encoder, listener, options)
    return run, run.plan(folders)


class _Run:
    """State of one index run: what is compared, what was read, the report."""

    def __init__(
        self,
        catalog: Catalog,
        encoder: DualEncoder | None,
        listener: IndexListener,
        options: IndexOptions,
        part: Part | None = None,
    ) -> None:
        self.catalog, self.encoder, self.listener, self.part = catalog, encoder, listener, part
        self.on, self.brought = options.on, options.brought
        self.position = Position(catalog) if options.verify else None
        self.report = IndexReport(verification=VerifyReport() if options.verify else None)
        self.generation = catalog.generation  # before this run
        self.compared = Comparison(catalog, options, part, position=self.position, report=self.report)
        self.gone, self.scans = self.compared.gone, self.compared.scans
        self.contents = catalog.known_contents()
        self.storing = Storing(
            catalog, encoder, gone=self.gone, contents=self.contents, brought=self.brought, report=self.report
        )

    def plan(self, folders: Sequence[PhotoFolder]) -> list[Task]:
        """Lists the folders and returns the files to read; unchanged files are finished here."""
        tasks = self.compared.to_read(folders)
        encoder = self.encoder
        a_vector = vector_bytes(encoder.dim, features_dim=encoder.features_dim) if encoder else 0
        new = sum(not task.is_check for task in tasks)
        self.listener.planned(IndexPlan(self.compared.num_found, len(tasks), new * (a_vector + BYTES_A_PHOTO)))
        return tasks

    def read(self, tasks: Sequence[Task]) -> None:
        """Reads, embeds and commits, batch by batch."""
        if self.brought and self.encoder and tasks:
            files = {task.name: path_of(task) for task in tasks}
            is_new = not self.compared.known
            self.storing.brought_rows = self.brought.check(files, self.encoder, is_new=is_new)
        changed = [task.known.content_hash for task in tasks if task.known and not task.is_check]
        self.storing.replaced = note_replaced(self.catalog, (content for content in changed if content))
        if touched := self.compared.touched:
            with self.catalog.writing() as writer:
                for photo_id, state in touched:
                    writer.touch(photo_id, state)
        done = 0
        with closing(self._batches(tasks)) as batches:
            for read in batches:
                self._store(read)
                done += len(read.photos)
                self.listener.advanced(done, self.report)

    def _store(self, read: Read[Task]) -> None:
        with self.catalog.writing() as writer:
            for photo in read.photos:
                self.storing.store(writer, photo)
            if self.position:
                self.position.note(*read.photos[-1].item.key)
            if read.lots and self.catalog.work:
                self.catalog.work.remove(read.lots)

    def _batches(self, tasks: Sequence[Task]) -> Generator[Read[Task]]:
        """What is to be stored together, read here or by indexers on other machines."""
        work, encoder = self.catalog.work, self.encoder
        if work is None or encoder is None or self.position or self.brought or len(tasks) < LEAST_SHARED:
            with closing(self._embedded(tasks)) as batches:
                yield from map(Read, batches)
            return
        shared = SharedRun(work, tasks, shared_file, encoder=encoder, stamp=stamp_of(encoder, READER_VERSION))
        with closing(shared.batches(self._embedded)) as batches:
            for read in batches:
                self.report.by_others = shared.by_others
                yield read

    def _embedded(self, tasks: Iterable[Task]) -> Generator[list[EmbeddedPhoto[Task]]]:
        """The photos of tasks in batches.

        Raises:
            PhotosMissingError: object storage does not answer any more.
        """
        size_of = attrgetter("file.size_bytes")
        try:
            if self.on is None or self.encoder is None:
                yield from embed_batches(tasks, self.encoder, path_of=path_of, wanted=self._wanted, size_of=size_of)
                return
            yield from self.on.embed_batches(
                tasks,
                self.encoder,
                path_of=path_of,
                wanted=self._wanted,
                foreseen=self._foreseen,
                known=self._known_hashes,
                size_of=size_of,
            )
        except PhotosMissingError as error:
            raise PhotosMissingError(f"{error} What was read is kept; the next run continues") from error
        except ClusterError as error:
            raise ClusterError(f"{error}; what was read is kept, and the same command continues") from error

    def _wanted(self, task: Task, content_hash: bytes) -> Wanted:
        if content_hash not in self.contents:
            return "details" if task.name in self.storing.brought_rows else "vector"
        if task.known is None or not task.is_check or task.known.content_hash != content_hash:
            return "hash"
        # an earlier release may have decoded it in another way
        return "details" if task.is_of_this_reader else "vector"

    @cached_property
    def _known_hashes(self) -> set[bytes]:
        return self.contents.hashes()

    def _foreseen(self, task: Task) -> tuple[Wanted, Wanted]:
        """At least what ``_wanted`` says of new content, and of known one."""
        if_new: Wanted = "details" if task.name in self.storing.brought_rows else "vector"
        if not task.is_check or task.known is None:
            return if_new, "hash"
        return if_new, "details" if task.is_of_this_reader else "vector"

    def close(self) -> None:
        """Releases what the threads that read files have shared."""
        self.contents.close()

    def unmatched(self, patterns: Sequence[str]) -> list[str]:
        """The patterns that match nothing."""
        matched = set().union(*(scan.patterns for scan in self.scans.values()))
        return [pattern for pattern in patterns if pattern not in matched]

    def settle_kept(self, *, drop_kept: bool) -> None:
        """Gives back what was kept of photos that are here again; drops what was kept for long enough."""
        since = self.generation if self.part else None
        self.report.restored = give_back(self.catalog, self.encoder, since=since)
        # a deferred photo may be one that has come back; and a run that looks at all will drop what is due
        if not self.report.deferred and (self.part is None or drop_kept):
            self.report.dropped = self.catalog.kept.drop(all_of_it=drop_kept)
            self.catalog.read_texts.drop_old()
        self.report.kept = self.catalog.kept.counts().photos
