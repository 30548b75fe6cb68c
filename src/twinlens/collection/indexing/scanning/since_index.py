"""What has changed in the photo folders since the last index run, as far as a moment is enough to tell."""

import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.files.known_files import KnownFile
from twinlens.collection.indexing.excluding.folders import is_excluded, rules_below
from twinlens.collection.indexing.excluding.names import is_left_out, why_left_out
from twinlens.collection.indexing.excluding.placeholders import held_name, is_placeholder
from twinlens.collection.indexing.excluding.rules import collection_rules
from twinlens.collection.indexing.scanning.last_scan import read_last_scan
from twinlens.collection.indexing.scanning.scan import is_folder, why_not_a_photo
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.collection.place.presence import is_absent
from twinlens.data.file_names import as_file, as_text
from twinlens.data.objects.object_path import ObjectPath

logger = logging.getLogger(__name__)
LOOKING_S = 0.1  # before every search of the command line: people do not notice it


@dataclass(slots=True)
class SinceIndex:
    """What is different from the catalog, at least.

    The date of a folder tells that files were added or removed there, but not that the content of one has changed.

    Attributes:
        new: photo files that the catalog does not have.
        changed: files with another size or date.
        gone: photos whose files are not there.
        is_complete: whether all folders were looked at: there was time, and none is in object storage.
    """

    new: int = 0
    changed: int = 0
    gone: int = 0
    is_complete: bool = True

    @property
    def differs(self) -> bool:
        """Whether anything is different."""
        return bool(self.new or self.changed or self.gone)

    def __str__(self) -> str:
        """The counts that are not 0, such as "3 new, 1 gone".

        >>> str(SinceIndex(new=3, gone=1))
        '3 new, 1 gone'
        """
        counts = {"new": self.new, "changed": self.changed, "gone": self.gone}
        return ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)

    def to_json(self) -> dict[str, Any]:
        """The field ``since_index`` of a search."""
        return asdict(self)


def since_index(catalog: Catalog, folders: Sequence[PhotoFolder], *, within_s: float = LOOKING_S) -> SinceIndex | None:
    """Compares the photo folders with what the last index run saw.

    Args:
        catalog: of the collection.
        folders: its photo folders; those that are missing or empty are not compared, and object storage is not asked.
        within_s: how long to look.

    Returns:
        None if nothing can be said: no run has finished, or there was not enough time.
    """
    until, last = time.monotonic() + within_s, read_last_scan(catalog)
    if last is None:
        return None
    look = _Look(catalog, until)
    try:
        for folder in folders:
            if isinstance(folder.path, ObjectPath):
                look.found.is_complete = False
            elif not is_absent(folder.path):
                look.compare(folder, last.dates.get(folder.id, {}))
    except _LateError:
        look.found.is_complete = False
    return look.found if look.found.is_complete or look.found.differs else None


class _LateError(Exception):
    """The time is up."""


class _Look:
    def __init__(self, catalog: Catalog, until: float) -> None:
        self._catalog, self._until, self._rules = catalog, until, collection_rules(catalog.excluded)
        self._only_known = catalog.has_only_known
        self.found = SinceIndex()

    def compare(self, folder: PhotoFolder, dates: Mapping[str, int]) -> None:
        """Looks into the folders that have another date than before."""
        for below, date in dates.items():
            self._check_time()
            place = os.path.join(folder.path, as_file(below))  # noqa: PTH118 — making a Path takes longer than the rest
            if _date_of(place) != date:
                known = self._catalog.files.directly_in(folder.id, below)
                self._look_into(place, below, dates, known, root=str(folder.path))

    def _look_into(
        self, place: str, below: str, dates: Mapping[str, int], known: dict[str, KnownFile], *, root: str
    ) -> None:
        entries, rules = _entries(place), rules_below(self._rules, root, below)
        if entries is None or rules is None:
            return
        for entry in entries:
            self._check_time()
            name = as_text(entry.name)
            if is_left_out(entry.name):
                if held := held_name(name, why_left_out(name, is_folder=False)):
                    known.pop(f"{below}/{held}" if below else held, None)
                continue
            path = f"{below}/{name}" if below else name
            if is_excluded(rules, path, is_folder=(is_a_folder := is_folder(entry))):
                continue
            if not is_a_folder:
                self._compare_file(entry, path, known.pop(path, None))
            elif path not in dates and not entry.is_symlink():
                self._look_into(entry.path, path, dates, {}, root=root)
        self.found.gone += sum(file.skip_reason is None for file in known.values())

    def _compare_file(self, entry: "os.DirEntry[str]", path: str, known: KnownFile | None) -> None:
        if why_not_a_photo(path) is not None:
            return
        try:
            now = entry.stat()
        except OSError as error:  # a broken link; the next run says so
            logger.debug("%s cannot be looked at: %s", path, error)
            return
        if is_placeholder(now) or (known is None and self._only_known):
            return
        if known is None:
            self.found.new += not entry.is_symlink()  # one may lead out of the folder, which is not followed
        else:
            self.found.changed += (known.size_bytes, known.mtime_ns) != (now.st_size, now.st_mtime_ns)

    def _check_time(self) -> None:
        if time.monotonic() > self._until:
            raise _LateError


def _date_of(folder: str) -> int | None:
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116
    except OSError:
        return None


def _entries(folder: str) -> "list[os.DirEntry[str]] | None":
    """What is in a folder: nothing if it is gone, None if it cannot be opened."""
    try:
        with os.scandir(folder) as listing:
            return list(listing)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        logger.debug("%s cannot be looked into: %s", folder, error)
        return None
