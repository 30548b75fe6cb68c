"""A list of files for the user's own tools, which may move or delete them; twinlens does neither."""

import os
from collections.abc import Iterable
from pathlib import Path

from twinlens.collection.duplicates.found import GroupedPhoto
from twinlens.data.file_names import on_one_line
from twinlens.errors import CollectionError
from twinlens.whole_file import whole_file


def check_move_list(file: Path) -> None:
    """Checks that a list can be written, before the work starts.

    Raises:
        CollectionError: the file exists, or its folder does not.
    """
    if os.path.lexists(file):
        raise CollectionError(f"the move list {file} exists already; name a new file, or delete that one")
    if not file.parent.is_dir():
        raise CollectionError(f"the move list {file} cannot be written: there is no folder {file.parent}")


def write_move_list(file: Path, photos: Iterable[GroupedPhoto], *, nul: bool = False) -> int:
    """Writes the absolute paths of files, one a line or separated by NUL; returns how many.

    Raises:
        CollectionError: the file exists or cannot be written, or a path contains a line break and lines were wanted.
    """
    check_move_list(file)
    paths = [photo.path.absolute() for photo in photos]
    broken = [path for path in paths if b"\n" in os.fsencode(path)]
    if broken and not nul:
        raise CollectionError(
            f"a path contains a line break, so that a list of lines would mislead: {on_one_line(str(broken[0]))}; "
            "separate the paths by NUL with -0"
        )
    end = b"\0" if nul else b"\n"
    try:
        with whole_file(file) as place:
            place.write_bytes(b"".join(os.fsencode(path) + end for path in paths))
    except OSError as error:
        raise CollectionError(f"the move list {file} cannot be written: {error.strerror or error}") from error
    return len(paths)
