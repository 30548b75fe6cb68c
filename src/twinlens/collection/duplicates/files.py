"""The files of photos in groups: where they are, whether they are as indexed, and which is the best."""

import filecmp
import stat
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from twinlens.collection.catalog.files.file_facts import FileFacts
from twinlens.collection.duplicates.found import GroupedPhoto
from twinlens.collection.likeness.names import is_raw, stem_key
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.data.packed import SUFFIXES, file_stamp, find_packed
from twinlens.data.video.names import is_known_by_samples


class Files:
    """The files of a collection.

    Args:
        folders: its photo folders.
        unread: ids of files that the last index run did not read; RAW files among them belong to photos, too.
    """

    def __init__(self, folders: Sequence[PhotoFolder], unread: Iterable[str] = ()) -> None:
        self._folders = {folder.id: folder for folder in folders}
        self._raw: dict[str, list[str]] = defaultdict(list)
        for photo_id in filter(is_raw, unread):
            self._raw[stem_key(photo_id)].append(photo_id)

    def without_companions(self, photos: Sequence[FileFacts]) -> list[FileFacts]:
        """The photos without RAW files that belong to another one: they are told with it, and never as its copies."""
        raw = {photo.id: self._id(photo) for photo in photos if is_raw(photo.path)}
        stems = {stem_key(self._id(photo)) for photo in photos if photo.id not in raw} if raw else set()
        companions = {number: photo_id for number, photo_id in raw.items() if stem_key(photo_id) in stems}
        for photo_id in companions.values():
            self._raw[stem_key(photo_id)].append(photo_id)
        return [photo for photo in photos if photo.id not in companions]

    def path(self, photo: FileFacts) -> Path:
        """The file of a photo."""
        return self._folders[photo.folder_id].file(photo.path)

    def shown(self, photo: FileFacts) -> GroupedPhoto:
        """A photo as a member of a group."""
        in_archive = self._is_in_archive(photo)
        return GroupedPhoto(self._id(photo), self.path(photo), photo.size_bytes, photo.width, photo.height, in_archive)

    def is_as_indexed(self, photo: FileFacts) -> bool:
        """Whether its file is there and has not changed. A link is not: moving its target would break it."""
        try:
            if self._is_in_archive(photo):
                return file_stamp(self.path(photo)) == (photo.size_bytes, photo.mtime_ns)
            found = self.path(photo).lstat()
        except (OSError, ValueError):
            return False
        same = (found.st_size, found.st_mtime_ns) == (photo.size_bytes, photo.mtime_ns)
        return same and stat.S_ISREG(found.st_mode)

    def same_bytes(self, photos: Sequence[FileFacts]) -> list[list[FileFacts]]:
        """Photos of one hash by their bytes: that of a long video is of samples, and a damaged copy may share it."""
        groups: list[list[FileFacts]] = []
        for photo in photos:
            path = self.path(photo)
            is_sure = not is_known_by_samples(path, photo.size_bytes)
            same = (one for one in groups if is_sure or _are_same(self.path(one[0]), path))
            if (group := next(same, None)) is None:
                groups.append([photo])
            else:
                group.append(photo)
        return groups

    def raw_files(self, photo: FileFacts) -> list[GroupedPhoto]:
        """The RAW files of a photo that are there: of the same name, in the same folder."""
        folder = self._folders[photo.folder_id]
        found = self._raw.get(stem_key(self._id(photo)), [])
        raw = [GroupedPhoto(one, folder.file(one.removeprefix(folder.prefix))) for one in found]
        return [one for one in raw if one.path.is_file() and not one.path.is_symlink()]

    def rank(self, photo: FileFacts) -> tuple[int, int, bool, int, int, str]:
        """Sorts the best photo first: most pixels, then most bytes, then outside of archives, then the oldest file."""
        return (
            -(photo.width or 0) * (photo.height or 0),
            -photo.size_bytes,
            self._is_in_archive(photo),
            photo.mtime_ns,
            photo.folder_id,
            photo.path,
        )

    def _is_in_archive(self, photo: FileFacts) -> bool:
        around = PurePosixPath(photo.path).parents
        return any(one.suffix.lower() in SUFFIXES for one in around) and find_packed(self.path(photo)) is not None

    def _id(self, photo: FileFacts) -> str:
        return self._folders[photo.folder_id].prefix + photo.path


def _are_same(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:  # gone, or cannot be read: nobody is told that it is a copy
        return False
