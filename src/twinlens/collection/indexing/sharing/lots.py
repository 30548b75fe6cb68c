"""What indexers write to each other: which files are to be read, and what was found in them.

Plain JSON, which is checked: the table may have been written by anybody who may write the catalog.
"""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from twinlens.collection.catalog.rows import blob, floats, halves, halves_blob, is_unit_blob
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import EmbeddedPhoto, PhotoVector
from twinlens.protocols import DualEncoder

LOT = 32  # photos: two batches, a second or two of one machine
_FORM = 1  # increased when what is written here changes


class SharedFile(NamedTuple):
    """A file to be read."""

    folder_id: int
    path: str
    size_bytes: int
    mtime_ns: int


class Found(NamedTuple):
    """What was found in a file that could be read.

    Attributes:
        content_hash: of its bytes.
        details: None if its content is known already.
        vector: the same.
    """

    content_hash: bytes
    details: PhotoDetails | None
    vector: PhotoVector | None


def stamp_of(encoder: DualEncoder, reader_version: int) -> str:
    """What two indexers must have in common to work on one run."""
    return f"{_FORM} {reader_version} {encoder.fingerprint}"


def files_text(files: Iterable[SharedFile]) -> str:
    """The files of a lot."""
    return json.dumps([list(file) for file in files])


def files_of(text: str) -> list[SharedFile]:
    """The inverse of ``files_text``."""
    return [SharedFile(*file) for file in json.loads(text)]


def found_text(photos: Sequence[EmbeddedPhoto[Any] | None]) -> bytes:
    """What was found in the files of a lot, in their order; nothing of those that could not be read."""
    return json.dumps([None if one is None or one.reason is not None else _written(one) for one in photos]).encode()


def found_of(text: bytes, encoder: DualEncoder, count: int) -> list[Found | None]:
    """The inverse of ``found_text``: of each of ``count`` files, None if the run must read it itself."""
    try:
        lines = json.loads(text)
        if not isinstance(lines, list) or len(lines) != count:
            raise ValueError(f"{count} files were asked for")
        return [None if line is None else _read(line, encoder) for line in lines]
    except (ValueError, TypeError, KeyError, RecursionError):  # overwritten
        return [None] * count


def _written(photo: EmbeddedPhoto[Any]) -> dict[str, Any]:
    assert photo.content_hash is not None
    vector = photo.vector
    return {
        "hash": photo.content_hash.hex(),
        "details": None if photo.details is None else asdict(photo.details),
        "embedding": None if vector is None else _in_letters(blob(vector.embedding)),
        "features": None if vector is None else _in_letters(halves_blob(vector.features)),
    }


def _read(line: dict[str, Any], encoder: DualEncoder) -> Found:
    details, embedding, features = line["details"], line["embedding"], line["features"]
    if details is not None:
        many = {name: tuple(map(str, details[name])) for name in ("keywords", "people")}
        details = PhotoDetails(**{**details, **many})
    vector = None
    if embedding is not None:
        row, more = base64.b64decode(embedding), None if features is None else halves(base64.b64decode(features))
        if not is_unit_blob(row, num_bytes=4 * encoder.dim) or (0 if more is None else len(more)) != (
            encoder.features_dim or 0
        ):
            raise ValueError("no vector of this model")
        vector = PhotoVector(floats(row), more)
    if (vector is None) != (details is None):
        raise ValueError("details and vector belong together")
    return Found(bytes.fromhex(line["hash"]), details, vector)


def _in_letters(part: bytes | None) -> str | None:
    return None if part is None else base64.b64encode(part).decode()
