"""A file that an index run reads."""

from pathlib import Path
from typing import NamedTuple

from twinlens.collection.catalog.files.known_files import KnownFile
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.indexing.scanning.found_files import FoundFile
from twinlens.collection.indexing.sharing.lots import SharedFile
from twinlens.collection.place.photo_folders import FileKey, PhotoFolder
from twinlens.data.objects.stamp import tag_of

READER_VERSION = 3  # increased when more formats are supported: skipped files are then tried again


class Task(NamedTuple):
    """A file to read, and what the catalog knows of it."""

    folder: PhotoFolder
    file: FoundFile
    known: KnownFile | None
    is_check: bool = False  # its size and date are those in the catalog

    @property
    def key(self) -> FileKey:
        """Folder id and path."""
        return self.folder.id, self.file.path

    @property
    def name(self) -> str:
        """What people call it: its path, below the name of its folder if there are several."""
        return self.folder.prefix + self.file.path

    @property
    def is_of_this_reader(self) -> bool:
        """Whether what the catalog knows of it was read as this release reads; an earlier one may differ."""
        return self.known is not None and self.known.reader_version == READER_VERSION

    def state(self, content_hash: bytes | None) -> FileState:
        """What the catalog is to record of the file."""
        return FileState(self.folder.id, *self.file, content_hash)


def path_of(task: Task) -> Path:
    """Where a task's file is."""
    return task.folder.file(task.file.path)


def shared_file(task: Task) -> SharedFile:
    """A task as other indexers are told of it."""
    return SharedFile(task.folder.id, *task.file)


def is_unchanged(file: FoundFile, known: KnownFile) -> bool:
    """Whether a file is as the catalog knows it, by its size and date."""
    if (file.size_bytes, file.mtime_ns) != (known.size_bytes, known.mtime_ns):
        return False
    # a file that could not be opened has no hash: fixing its permissions does not change its date
    return known.skip_reason is None or (known.content_hash is not None and known.reader_version == READER_VERSION)


def has_same_tag(file: FoundFile, known: KnownFile) -> bool:
    """Whether an object is the one that was read, though it was written again since."""
    tag = tag_of(file.mtime_ns)
    is_same = tag is not None and (file.size_bytes, tag) == (known.size_bytes, tag_of(known.mtime_ns))
    return is_same and known.skip_reason is None and known.content_hash is not None
