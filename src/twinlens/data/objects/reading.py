"""Read objects: whole, their first bytes, or piece by piece; storage that went away is no fault of one photo."""

import os
from collections.abc import Iterator
from pathlib import Path

from twinlens.data.objects.named import NotNamedError
from twinlens.data.objects.object_path import ObjectPath
from twinlens.data.objects.storage import storage_of
from twinlens.errors import PhotosMissingError

PIECE_BYTES = 8_000_000  # most photos are one piece


def read_object(path: ObjectPath, *, most_bytes: int) -> bytes:
    """An object, or its first ``most_bytes``.

    Raises:
        PhotosMissingError: its storage does not answer, or lets us see nothing.
        OSError: the object is gone, or cannot be read while others can.
    """
    return _read(path, 0, most_bytes)


def object_pieces(path: ObjectPath, size_bytes: int) -> Iterator[bytes]:
    """An object in pieces.

    Args:
        path: of the object.
        size_bytes: its size.

    Raises:
        PhotosMissingError, OSError: see ``read_object``; also if it has changed meanwhile.
    """
    known = path.stat() if size_bytes > PIECE_BYTES else None
    for start in range(0, size_bytes, PIECE_BYTES):
        end = min(start + PIECE_BYTES, size_bytes)
        piece = _read(path, start, end)
        has_changed = known is not None and end == size_bytes and stamp(path.stat()) != stamp(known)
        if len(piece) != end - start or has_changed:
            raise OSError(f"{path} has changed while it was read")
        yield piece


def read_start(path: Path, most_bytes: int) -> bytes:
    """The first bytes of a file or an object.

    Raises:
        PhotosMissingError, OSError: see ``read_object``.
    """
    if isinstance(path, ObjectPath):
        return read_object(path, most_bytes=most_bytes)
    with path.open("rb") as file:
        return file.read(most_bytes)


def stamp(found: os.stat_result) -> tuple[int, int]:
    """Size and date, by which a change is seen."""
    return found.st_size, found.st_mtime_ns


def storage_away(path: ObjectPath, error: OSError) -> PhotosMissingError:
    """The error where storage as a whole does not answer, or refuses."""
    why = error.strerror or str(error)
    if isinstance(error, NotNamedError):
        return PhotosMissingError(why)
    if isinstance(error, PermissionError):
        return PhotosMissingError(
            f"{path.scheme}://{path.place} refuses access ({why}); check the credentials in the environment"
        )
    return PhotosMissingError(f"{path.scheme}://{path.place} cannot be reached ({why}); is its server there?")


def nothing_there(path: ObjectPath, error: OSError) -> PhotosMissingError:
    """The error where a bucket is missing, or has no objects at a place: perhaps they are not gone for good."""
    why = error.strerror or "no such objects"
    return PhotosMissingError(
        f"there is nothing at {path} ({why}); check how it is written. Nothing was changed in the collection"
    )


def _read(path: ObjectPath, start: int, end: int) -> bytes:
    storage = storage_of(path)
    try:
        return storage.read(path, start=start, end=end)
    except (FileNotFoundError, IsADirectoryError):
        raise
    except OSError as error:
        if storage.is_reachable(path.parent):
            raise
        storage.tell_away(path, error)
        raise storage_away(path, error) from error
