"""The hash by which a video's content is known again under any name, and what of a long one it reads."""

import hashlib
import os
from pathlib import Path

from twinlens.errors import PhotoError

WHOLE_BYTES = 100_000_000  # up to here all of it is read: half a second
SAMPLES, SAMPLE_BYTES = 64, 262_144  # of a longer one, evenly spaced, with its start and its end among them


def video_hash(path: Path) -> bytes:
    """16 bytes; of a long video over its size and samples, so that an hour of 4K takes a moment.

    Different recordings never share so much. Two files that differ in a few bytes may, such as a copy that a disk has
    damaged: whoever deletes one of them compares them first (see ``duplicates``).

    Raises:
        PhotoError: it cannot be read, or is empty.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if not size:
                raise PhotoError("empty file")
            if size <= WHOLE_BYTES:
                return hashlib.file_digest(file, "sha256").digest()[:16]
            digest = hashlib.sha256(b"%d bytes" % size)
            for number in range(SAMPLES):
                file.seek(number * (size - SAMPLE_BYTES) // (SAMPLES - 1))
                digest.update(file.read(SAMPLE_BYTES))
            return digest.digest()[:16]
    except FileNotFoundError as error:
        raise PhotoError("file is gone") from error
    except PermissionError as error:
        raise PhotoError("no permission to read it") from error
    except OSError as error:
        raise PhotoError(f"could not be read: {error.strerror or error}") from error
