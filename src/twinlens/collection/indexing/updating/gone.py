"""Files that the catalog knows and an index run did not find."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.files.known_files import KnownFile
from twinlens.collection.catalog.repair.mending import TO_READ
from twinlens.collection.indexing.scanning.missing import ForgetMissing, MissingFolder, is_below, kept_folders
from twinlens.collection.indexing.scanning.scan import Scan
from twinlens.collection.place.photo_folders import FileKey, PhotoFolder


def was_shown(file: KnownFile) -> bool:
    """Whether it is a photo that can be searched, or could until a repair lost its vector."""
    return file.skip_reason in (None, TO_READ)


class Gone:
    """The files that were not found, but for those that turn up under another path."""

    def __init__(self) -> None:
        self._files: dict[FileKey, KnownFile] = {}
        self._excluded: set[FileKey] = set()
        self._by_hash: dict[bytes, list[FileKey]] = {}

    def add(self, key: FileKey, file: KnownFile, *, is_excluded: bool) -> None:
        """Notes one; ``is_excluded`` says that it is there, but left out."""
        self._files[key] = file
        if is_excluded:
            self._excluded.add(key)

    def group(self) -> None:
        """To be called when all are noted, so that ``take`` finds them by their content."""
        for key, file in sorted(self._files.items()):
            if file.content_hash and file.skip_reason is None:
                self._by_hash.setdefault(file.content_hash, []).append(key)

    def take(self, content_hash: bytes) -> KnownFile | None:
        """The first photo with this content, which was moved and is no longer gone."""
        keys = self._by_hash.get(content_hash)
        return self._files.pop(keys.pop(0)) if keys else None

    def shown(self) -> Iterator[FileKey]:
        """Photos that people can find no more, though they have not left them out."""
        return (key for key, file in self._files.items() if was_shown(file) and key not in self._excluded)

    def keep_doubtful(
        self,
        catalog: Catalog,
        folders: Sequence[PhotoFolder],
        scans: Mapping[int, Scan],
        forget_missing: ForgetMissing,
    ) -> list[MissingFolder]:
        """Takes out the photos of folders whose disk may not be mounted, unless they are to be forgotten.

        Returns:
            These folders.
        """
        kept = kept_folders(catalog, folders, scans, list(self.shown()), forget_missing)
        self._files = {
            key: file
            for key, file in self._files.items()
            if key in self._excluded or not is_below(key[1], kept[key[0]])
        }
        return [folder for folders in kept.values() for folder in folders.values()]

    def drop(self, catalog: Catalog) -> int:
        """Removes them from the catalog; how many of them were photos."""
        files, photos = iter(self._files.values()), 0
        while batch := list(islice(files, 1000)):
            with catalog.writing() as writer:
                for file in batch:
                    writer.remove(file.id)
                    photos += file.skip_reason is None
        return photos
