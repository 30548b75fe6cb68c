"""What a photo's file says without being decoded: its size, and all that cameras and people wrote into it."""

import io
import logging
from pathlib import Path

from PIL import Image

from twinlens.data.decoding import tiff
from twinlens.data.decoding.jpeg import open_jpeg
from twinlens.data.decoding.kinds import find_kind
from twinlens.data.decoding.png_chunks import slim_png
from twinlens.data.exif import PhotoDetails, read_details
from twinlens.data.guarded.guard import Guard
from twinlens.data.guarded.light import is_light
from twinlens.data.images import load_plugins, read_photo_bytes
from twinlens.data.objects.reading import read_start
from twinlens.errors import PhotoError

logger = logging.getLogger(__name__)
START_BYTES = 300_000  # of a JPEG: all that stands before its pixels


def read_header(path: Path, *, guard: Guard) -> PhotoDetails | None:
    """The details of a photo; None if its header is damaged.

    Args:
        path: of a photo that was decoded before.
        guard: for kinds of files that may crash their reader.

    Raises:
        PhotoError: the file cannot be read now.
    """
    try:
        start = read_start(path, START_BYTES)
    except OSError as error:
        raise PhotoError(f"could not be read: {error.strerror or error}") from error
    is_enough = _name(start) == "JPEG" and b"\xff\xda" in start
    data = start if is_enough else read_photo_bytes(path)
    try:
        return _details(data) if is_enough or is_light(data, is_reduced=True) else guard.run(_details, data)
    except Exception as error:  # noqa: BLE001 — readers raise anything; the photo stays as it is known
        logger.debug("the header of %s cannot be read: %s", path, error)
        return None


def _details(data: bytes) -> PhotoDetails:
    name = _name(data)
    if name == "JPEG":
        with open_jpeg(data) as image:
            return read_details(image)
    if name == "TIFF":
        whole = tiff.classic(data) if data[:4] == b"MM\0+" else data
        if tiff.needs_own_reader(whole):
            with tiff.metadata_of(whole) as shell:
                return read_details(shell)
    load_plugins()
    with Image.open(io.BytesIO(slim_png(data).data if name == "PNG" else data), formats=(name,)) as image:
        return read_details(image)


def _name(data: bytes) -> str:
    kind = find_kind(data)
    return kind.name if kind else ""
