"""Read the files beside photos, where they are new or have changed; no photo is decoded for them."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.texts.said import BesideMark
from twinlens.collection.indexing.scanning.found_files import FoundFile
from twinlens.collection.indexing.scanning.scan import Scan
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.data.exif import PhotoDetails
from twinlens.data.guarded.guard import Guard
from twinlens.data.header import read_header
from twinlens.data.metadata.beside import Beside, read_beside
from twinlens.embedding.local import map_ahead
from twinlens.errors import PhotoError

logger = logging.getLogger(__name__)
VERSION = 2  # increased when more is read of the files beside photos: all are then read again
BATCH_SIZE = 256  # photos a transaction
THREADS = 4  # a network drive answers several requests at once


class _Task(NamedTuple):
    """A photo whose files beside it are to be read; and its own header, if an earlier release did not read it."""

    folder: PhotoFolder
    path: str
    known: BesideMark
    beside: tuple[FoundFile, ...]


class _Read(NamedTuple):
    beside: Beside
    mark: str | None  # None if the photo could not be read now
    failed: list[tuple[str, str]]
    content: PhotoDetails | None


def read_what_is_beside(catalog: Catalog, folders: Sequence[PhotoFolder], scans: Mapping[int, Scan]) -> int:
    """Brings up to date what the files beside photos say; returns for how many photos it was read.

    Photos that were indexed by a release which did not read their texts have their own header read, too: it is
    not decoded. A file that cannot be read is added to the scan's ``others`` with the reason.

    Args:
        catalog: of the collection; the caller holds the indexing lock.
        folders: all folders of the collection.
        scans: what this run has found in each of them.
    """
    tasks, count = list(_tasks(catalog, folders, scans)), 0
    if not tasks:
        return 0
    guard = Guard()
    unread = sum(task.known.mark is None for task in tasks)
    if unread:
        logger.info("reading titles, keywords and people of %d photos, which an earlier release did not", unread)
    with closing(
        map_ahead(lambda task: _read(task, guard), tasks, workers=THREADS, lookahead=BATCH_SIZE, on_stop=guard.close)
    ) as pending:
        while batch := list(islice(pending, BATCH_SIZE)):
            for task, found in batch:
                scans[task.folder.id].others += found.failed
            changed = [(task, found) for task, found in batch if task.known.mark != found.mark]
            if changed:  # else only files that failed before, too
                _store(catalog, changed)
            count += len(changed)
    return count


def _store(catalog: Catalog, changed: Iterable[tuple[_Task, _Read]]) -> None:
    with catalog.writing() as writer:
        for task, found in changed:
            assert found.mark is not None, "it differs from that of a photo that was not read"
            writer.put_beside(task.known.photo_id, found.mark, found.beside, found.content)


def _tasks(catalog: Catalog, folders: Iterable[PhotoFolder], scans: Mapping[int, Scan]) -> Iterator[_Task]:
    marks = catalog.said.marks()
    for folder in folders:
        scan = scans[folder.id]
        for path, files in scan.beside.items():
            known = marks.pop((folder.id, path), None) or _without_mark(catalog, folder.id, path)
            if known is not None and known.mark != _mark(files):
                yield _Task(folder, path, known, files)
        here = {path: mark for (folder_id, path), mark in marks.items() if folder_id == folder.id}
        for file in scan.photos if here else ():  # one that is not found may be on a disk that is not mounted
            if known := here.get(file.path):
                yield _Task(folder, file.path, known, ())


def _without_mark(catalog: Catalog, folder_id: int, path: str) -> BesideMark | None:
    """A photo that had nothing beside it until now; None if it is not searchable."""
    file = catalog.files.at(folder_id, path)
    return BesideMark(file.id, "") if file is not None and file.skip_reason is None else None


def _read(task: _Task, guard: Guard) -> _Read:
    """Runs in the reading threads."""
    files: dict[Path, FoundFile] = {task.folder.file(file.path): file for file in task.beside}
    beside, failed = read_beside(list(files))
    for file, reason in failed:
        logger.info("%s %s", file, reason)
    left = [files.pop(file) for file, _ in failed]
    reasons = [(file.path, reason) for file, (_, reason) in zip(left, failed, strict=True)]
    try:
        content = read_header(task.folder.file(task.path), guard=guard) if task.known.mark is None else None
    except PhotoError as error:  # the next run tries again
        logger.info("%s: %s", task.path, error)
        return _Read(beside, None, reasons, None)
    return _Read(beside, _mark(list(files.values())), reasons, content)


def _mark(files: Sequence[FoundFile]) -> str:
    """Changes with the files and their content; "" if there are none."""
    names = [f"{file.path.rpartition('/')[2]} {file.size_bytes} {file.mtime_ns}" for file in files]
    return "\n".join([str(VERSION), *names]) if names else ""
