"""What is in the photo folders, compared with what the catalog knows."""

from collections.abc import Sequence
from pathlib import Path

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.files.known_files import KnownFile
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.indexing.excluding.rules import Rules, collection_rules
from twinlens.collection.indexing.known import AllKnownFiles, FewKnownFiles, KnownFiles
from twinlens.collection.indexing.part import Part
from twinlens.collection.indexing.scanning.found_files import FoundFile
from twinlens.collection.indexing.scanning.missing import is_below
from twinlens.collection.indexing.scanning.scan import LINK_OUT, Scan, scan_folder
from twinlens.collection.indexing.telling.report import IndexReport, why_no_photos
from twinlens.collection.indexing.updating.gone import Gone, was_shown
from twinlens.collection.indexing.updating.options import IndexOptions
from twinlens.collection.indexing.updating.task import Task, has_same_tag, is_unchanged
from twinlens.collection.indexing.verification import Position
from twinlens.collection.place.photo_folders import PhotoFolder, photos_missing
from twinlens.counted import counted
from twinlens.data.objects.object_path import ObjectPath
from twinlens.data.objects.reading import nothing_there, storage_away
from twinlens.data.video.names import can_read_videos, is_video
from twinlens.embedding.local import Skipped
from twinlens.errors import CollectionError, NoPhotosError, PhotosMissingError


class Comparison:
    """Finds the files that an index run must read; the others are counted in its report.

    Args:
        catalog: of the collection.
        options: of the run.
        part: what has changed, if only that is looked at.
        position: up to where unchanged photos were read again; None if they are not.
        report: of the run.

    Attributes:
        known: files of the catalog that were not found yet.
        scans: what was found, by photo folder.
        num_found: how many files are there that may be photos.
        gone: files of the catalog that are not there.
        touched: files known by their ETag, though they have another date, by id.
    """

    def __init__(
        self,
        catalog: Catalog,
        options: IndexOptions,
        part: Part | None,
        *,
        position: Position | None,
        report: IndexReport,
    ) -> None:
        self._options, self._part, self._position, self._report = options, part, position, report
        self._rules = collection_rules(options.exclude)
        self._only_known = catalog.has_only_known
        self.known: KnownFiles = FewKnownFiles(part.known) if part else AllKnownFiles(catalog)
        self.scans: dict[int, Scan] = {}
        self.num_found = 0
        self.gone = Gone()
        self.touched: list[tuple[int, FileState]] = []

    def to_read(self, folders: Sequence[PhotoFolder]) -> list[Task]:
        """Lists the folders; the files to read.

        Raises:
            NoPhotosError: nothing can be indexed.
            CollectionError: a folder is missing, cannot be opened, or is empty although the catalog has photos in it.
        """
        tasks: list[Task] = []
        for folder in folders:
            scan = self.scans[folder.id] = self._part.scans[folder.id] if self._part else self._scan(folder)
            self.num_found += len(scan.photos)
            tasks += self._compare(folder, scan)
        if not self.num_found and not self.known and self._part is None:
            excluded = any(scan.excluded for scan in self.scans.values())
            why = why_no_photos(self._report.skipped, has_excluded=excluded)
            raise NoPhotosError([str(folder.path) for folder in folders], *why)
        self.gone.group()
        return tasks

    def _scan(self, folder: PhotoFolder) -> Scan:
        follow_links, archives = bool(self._options.follow_links), bool(self._options.archives)
        return _scan(folder, follow_links=follow_links, rules=self._rules, archives=archives)

    def _compare(self, folder: PhotoFolder, scan: Scan) -> list[Task]:
        """The files of one folder that must be read; notes what is gone."""
        for path in scan.away:
            if known := self.known.take(folder.id, path):
                self._count_unchanged(folder.prefix + path, known)
        if not scan.photos and self._options.forget_missing is not True and self._part is None:
            self._refuse_empty(folder, scan)
        skipped = [Skipped(folder.prefix + path, reason) for path, reason in scan.others + scan.unreadable]
        self._report.skipped += skipped
        if not can_read_videos():  # those that were read before stay as they are known
            for path in [path for path, _ in scan.others if is_video(Path(path))]:
                if self.known.take(folder.id, path):
                    self._report.unchanged += 1
        tasks = []
        for block in scan.photos.blocks():
            unchanged, others = self.known.compare(folder.id, block, trusted=self._position is None)
            self._report.unchanged += unchanged
            for file, known in others:
                if task := self._to_read(folder, file, known):
                    tasks.append(task)
        self._note_gone(folder, scan)
        return tasks

    def _note_gone(self, folder: PhotoFolder, scan: Scan) -> None:
        hidden = {path for path, _ in scan.unreadable}
        below = tuple(f"{path}/" if path else "" for path in hidden)  # "" is the folder itself
        for path, missing in self.known.left(folder.id):
            if path not in hidden and not path.startswith(below):
                self.gone.add((folder.id, path), missing, is_excluded=is_below(path, scan.excluded))

    def _refuse_empty(self, folder: PhotoFolder, scan: Scan) -> None:
        """Raises CollectionError if photos are known in a folder that has none now."""
        known = self.known.left(folder.id)
        if not any(was_shown(file) for path, file in known if not is_below(path, scan.excluded)):
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

    def _to_read(self, folder: PhotoFolder, file: FoundFile, known: KnownFile | None) -> Task | None:
        """A file as it is to be read; None if it is unchanged, or left alone."""
        if known is None and self._only_known:
            return None
        if (folder.id, file.path) in self._options.being_written:
            if known:
                self._count_unchanged(folder.prefix + file.path, known)
            return None
        if known and is_unchanged(file, known):
            if self._is_to_verify(folder, file, known):
                return Task(folder, file, known, is_check=known.skip_reason is None)
        elif known and has_same_tag(file, known):
            self.touched.append((known.id, FileState(folder.id, *file, known.content_hash)))
        else:
            return Task(folder, file, known)
        self._count_unchanged(folder.prefix + file.path, known)
        return None

    def _is_to_verify(self, folder: PhotoFolder, file: FoundFile, known: KnownFile) -> bool:
        if self._position is None or self._report.verification is None:
            return False
        is_behind = self._position.is_behind(folder.id, file.path)
        self._report.verification.earlier += is_behind and known.skip_reason is None
        return not is_behind

    def _count_unchanged(self, path: str, known: KnownFile) -> None:
        if known.skip_reason is None:
            self._report.unchanged += 1
        else:
            self._report.skipped.append(Skipped(path, known.skip_reason))


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
