"""RAW files of cameras: the preview that the camera has put into them, or a development at half the size."""

import io
import logging
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import ExifTags, Image

from twinlens.data.dating.moment import Moment, moment
from twinlens.data.dating.spellings import read_date
from twinlens.data.decoding.completeness import TRUNCATED
from twinlens.data.exif import PhotoDetails, read_details
from twinlens.errors import PhotoError

logger = logging.getLogger(__name__)
LEAST_PREVIEW_SIDE = 1000  # of the shorter side, for people to look at
DEVELOPING_BYTES = 7  # a pixel, at half the size
_EXIF_OF_FLIP = {3: 3, 5: 8, 6: 6}  # how LibRaw turns a picture, in EXIF's numbers
_RAF = b"FUJIFILMCCD-RAW"
_CMT1, _CMT2 = b"CMT1", b"CMT2"  # the boxes of a CR3 that hold its main EXIF directory, and that of the shot
_FRONT_BYTES = 1_000_000  # where these boxes lie


@dataclass(frozen=True, slots=True)
class Preview:
    """The picture that a camera has put into its RAW file.

    Attributes:
        jpeg: content of a JPEG; None if it is given by pixels.
        image: the pixels; None if it is a JPEG.
        orientation: EXIF orientation of what the JPEG itself does not tell.
    """

    jpeg: bytes | None
    image: Image.Image | None
    orientation: int


class RawFile:
    """An opened RAW file; close it.

    Args:
        data: its content.

    Raises:
        PhotoError: no camera is known that writes such files, or it is damaged.
    """

    def __init__(self, data: bytes) -> None:
        import rawpy  # imported only when there are RAW photos

        self._data, self._rawpy = data, rawpy
        try:
            self._raw: Any = rawpy.imread(io.BytesIO(data))
        except rawpy.LibRawFileUnsupportedError as error:
            raise PhotoError("RAW photo of a camera that is not known, or a damaged one") from error
        except rawpy.LibRawError as error:
            raise PhotoError(_reason(error)) from error
        # asked for what needs the sensor's data, such as ``other``, rawpy would unpack them, which takes a second
        sizes = self._raw.sizes
        self.size = int(sizes.width), int(sizes.height)
        self.orientation = _EXIF_OF_FLIP.get(int(sizes.flip), 1)

    def close(self) -> None:
        """Gives the memory back."""
        self._raw.close()

    def preview(self, *, min_side: int | None) -> Preview | None:
        """The largest preview, if its shorter side has enough pixels; None otherwise.

        Args:
            min_side: what is enough; None = as people need to look at it, or half of the photo's own.
        """
        try:
            found = self._raw.extract_thumb()
        except self._rawpy.LibRawError:  # none, or of a kind that LibRaw does not read
            return None
        wanted = min_side or min(LEAST_PREVIEW_SIDE, min(self.size) // 2)
        if found.format != self._rawpy.ThumbFormat.JPEG:
            image = Image.fromarray(np.asarray(found.data))
            return None if min(image.size) < wanted else Preview(None, image, self._turn_of(image))
        jpeg = bytes(found.data)
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
            if min(image.size) < wanted:
                return None
            told = image.getexif().get(ExifTags.Base.Orientation)
            orientation = told if isinstance(told, int) and 1 <= told <= 8 else self._turn_of(image)
            return Preview(jpeg, None, orientation)

    def developed(self) -> Image.Image:
        """The photo at half its size, upright, in the colours of sRGB.

        Raises:
            PhotoError: its data are damaged.
        """
        try:
            pixels = self._raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8)
        except self._rawpy.LibRawError as error:
            raise PhotoError(_reason(error)) from error
        return Image.fromarray(pixels.squeeze()).convert("RGB")  # some sensors see no colours

    def details(self, preview: Preview | None) -> PhotoDetails:
        """Metadata: of the RAW file itself, else of its preview; the date of a CR3 lies in a box of its own."""
        width, height = self.size if self.orientation in (1, 3) else self.size[::-1]
        found = PhotoDetails(width, height)
        if (block := _exif_block(self._data)) is not None:
            found = _details_of(block)
        elif preview is not None and preview.jpeg is not None:
            with Image.open(io.BytesIO(preview.jpeg), formats=("JPEG",)) as image:
                found = read_details(image)
        if found.taken_at is None and (taken := _cr3_moment(self._data)) is not None:
            found = replace(found, taken_at=taken.taken_at, date_source=taken.source)
        return replace(found, width=width, height=height)

    def _turn_of(self, image: Image.Image) -> int:
        """The photo's orientation, unless the preview has been turned already."""
        is_sideways, (width, height) = self.orientation in (6, 8), self.size
        return 1 if is_sideways and (image.width < image.height) != (width < height) else self.orientation


def _exif_block(data: bytes) -> bytes | None:
    """The EXIF directories; RAW files are TIFFs, some with a mark of their own in the place of TIFF's 42."""
    if data[:2] == b"II":
        return b"II*\0" + data[4:]
    if data[:2] == b"MM":
        return b"MM\0*" + data[4:]
    return None if data.startswith(_RAF) else _box(data, _CMT1)


def _box(data: bytes, name: bytes) -> bytes | None:
    """What follows the name of a box of a CR3, a TIFF with one directory; None without it."""
    place = data.find(name, 0, _FRONT_BYTES)
    return None if place < 0 else data[place + 4 : place + 4 + _FRONT_BYTES]


def _cr3_moment(data: bytes) -> Moment | None:
    if (block := _box(data, _CMT2)) is None:
        return None
    exif = Image.Exif()
    try:
        exif.load(b"Exif\0\0" + block)
        written = exif.get(ExifTags.Base.DateTimeOriginal)
    except Exception as error:  # noqa: BLE001 — damaged EXIF may raise anything; the photo itself is fine
        logger.debug("unreadable EXIF: %s", error)
        return None
    return moment(read_date(written), "exif") if isinstance(written, str) else None


def _details_of(block: bytes) -> PhotoDetails:
    shell = Image.new("L", (1, 1))
    shell.info["exif"] = b"Exif\0\0" + block
    return read_details(shell)


def _reason(error: Exception) -> str:
    text = error.args[0] if error.args else ""
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    if told == "Input/output error":  # it has read behind the end
        return TRUNCATED
    return f"damaged: its RAW data cannot be read ({told.strip() or type(error).__name__})"
