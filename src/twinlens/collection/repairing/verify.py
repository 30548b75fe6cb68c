"""Check all of a collection: the catalog, what is derived from it, its model, and whether its files are as indexed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.files.known_files import KnownFile
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.counted import counted
from twinlens.data.content_hash import content_hash
from twinlens.data.file_names import on_one_line
from twinlens.data.guarded.photos import open_guarded
from twinlens.data.images import read_photo_bytes
from twinlens.data.packed import file_stamp
from twinlens.data.video.content import video_hash
from twinlens.data.video.names import can_read_videos, is_video
from twinlens.errors import PhotoError

DECODED_SIDE = 64  # enough to see whether a file is whole
OnFiles: TypeAlias = Callable[[int, int], None]
"""Called with the number of files that were looked at, and of all."""


class Problem(NamedTuple):
    """Something that is not as it should be.

    Attributes:
        what: is wrong.
        todo: what mends it.
        photos: ids of the photos that it is about, if it is about some.
    """

    what: str
    todo: str
    photos: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found.

    Attributes:
        collection: its folder.
        photos: searchable photos.
        files: that were looked at.
        contents: files whose contents were read.
        problems: none if all is well.
    """

    collection: Path
    photos: int
    files: int
    contents: int
    problems: Sequence[Problem]


class FileCheck:
    """Looks at the files of a catalog's photos.

    Args:
        catalog: of the collection.
        folders: its photo folders.
        contents: also read the files, and compare their contents with those that were indexed.
        on_files: called now and then.
    """

    def __init__(
        self,
        catalog: Catalog,
        folders: Sequence[PhotoFolder],
        *,
        contents: bool,
        on_files: OnFiles = lambda _, __: None,
    ) -> None:
        self._catalog, self._folders, self._contents, self._on_files = catalog, folders, contents, on_files
        self.files, self.read = 0, 0
        self._gone: list[str] = []
        self._changed: list[str] = []
        self._redated: list[str] = []  # read, and found to have the contents that were indexed

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the files: those that are gone or have changed together, damaged ones one by one."""
        known = self._catalog.files.all()
        files = sorted((key, file) for key, file in known.items() if file.skip_reason is None)
        folders = {folder.id: folder for folder in self._folders}
        missing = {folder.id for folder in self._folders if not folder.path.is_dir()}
        for number in sorted(missing):
            count = sum(folder_id == number for (folder_id, _), _file in files)
            yield _missing_folder(folders[number].path, count, self._catalog.path.parent)
        present = [one for one in files if one[0][0] not in missing]
        for (folder_id, path), file in present:
            yield from self._look(folders[folder_id], path, file)
            self.files += 1
            if self.files % 100 == 0 or self._contents:
                self._on_files(self.files, len(present))
        changed = f"{'changed since' if self._contents else 'another size or date than at'} the last index run"
        hint = "" if self._contents else "; --contents tells whether that is more than a date"
        for photos, one, several, what, todo in (
            (
                *(self._gone, "photo is", "photos are", "gone"),
                "'twinlens index' finds those that were renamed, and keeps what the others were given",
            ),
            (
                *(self._changed, "photo has", "photos have", changed),
                f"'twinlens index' reads what has changed{hint}",
            ),
            (
                *(self._redated, "photo has", "photos have", "another date, and the contents that were indexed"),
                "'twinlens index' takes the dates over",
            ),
        ):
            if photos:
                told = f"{counted(len(photos), one, several)} {what}, such as {on_one_line(photos[0])}"
                yield Problem(told, todo, photos)

    def _look(self, folder: PhotoFolder, path: str, known: KnownFile) -> Iterator[Problem]:
        photo_id, file = folder.prefix + path, folder.file(path)
        shown = on_one_line(photo_id)
        try:
            is_as_dated = file_stamp(file) == (known.size_bytes, known.mtime_ns)
            if self._contents and known.content_hash is not None:
                self.read += 1
                yield from self._compare(photo_id, file, known.content_hash, is_as_dated=is_as_dated)
            elif not is_as_dated:
                self._changed.append(photo_id)
        except (FileNotFoundError, ValueError):
            self._gone.append(photo_id)
        except PhotoError as error:
            yield Problem(f"{shown}: {error}", "check its disk and rights", [photo_id])
        except OSError as error:
            yield Problem(f"{shown} cannot be read: {error.strerror or error}", "check its disk and rights", [photo_id])

    def _compare(self, photo_id: str, file: Path, indexed: bytes, *, is_as_dated: bool) -> Iterator[Problem]:
        """Reads a file: what people edit gets another date and can be read, what a disk spoils does not."""
        is_same = _hash_of(file) == indexed
        shown = on_one_line(photo_id)
        if is_same and not is_as_dated:
            self._redated.append(photo_id)
        elif not is_same and is_as_dated:
            yield Problem(
                f"{shown} is damaged: other contents than when it was indexed, with the same size and date",
                "its disk may be failing: look at it, bring it back from a backup, or take it as it is with "
                "'twinlens index --verify'",
                [photo_id],
            )
        elif not is_same and (fault := _why_unreadable(file)):
            yield Problem(
                f"{shown} is damaged: it has changed since the last index run, and cannot be read any more ({fault})",
                "bring it back from a backup",
                [photo_id],
            )
        elif not is_same:
            self._changed.append(photo_id)


def _hash_of(file: Path) -> bytes:
    """The hash by which the catalog knows a content."""
    return video_hash(file) if is_video(file) else content_hash(read_photo_bytes(file))


def _why_unreadable(file: Path) -> str | None:
    """Why a file is no whole photo; None if it is one, or a video that nobody can look at here."""
    if is_video(file) and not can_read_videos():
        return None
    try:
        open_guarded(file, min_side=DECODED_SIDE)
    except PhotoError as error:
        return str(error)
    return None


def _missing_folder(folder: Path, photos: int, collection: Path) -> Problem:
    return Problem(
        f"the photo folder {on_one_line(str(folder))} with {counted(photos, 'photo')} is missing",
        f"mount its disk; or, if it was moved: twinlens collection move NEW_FOLDER --in {collection}",
    )
