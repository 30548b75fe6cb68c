"""RAW files of cameras: the preview that the camera has put into them, or a development at half the size."""

import io
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import ExifTags, Image

from twinlens.data.decoding.completeness import TRUNCATED
from twinlens.data.decoding.raw_details import read_raw_details
from twinlens.data.exif import PhotoDetails, read_details
from twinlens.errors import PhotoError

LEAST_PREVIEW_SIDE = 1000  # of the shorter side, for people to look at
TAIL_BYTES = 4096  # of a preview, by which it is known that the file has its end
DEVELOPING_BYTES = 7  # a pixel, at half the size
_EXIF_OF_FLIP = {3: 3, 5: 8, 6: 6}  # how LibRaw turns a picture, in EXIF's numbers
_TURNS = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270, 8: Image.Transpose.ROTATE_90}


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
        self._shown = _shown_part(sizes)
        self.size = self._shown[2:] if self._shown else (int(sizes.width), int(sizes.height))
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
        end = jpeg[-min(TAIL_BYTES, len(jpeg) // 4) :]  # LibRaw may give it another head
        if self._data.rfind(end) < 0:  # the file is cut: LibRaw fills up what is missing with what its memory had
            return None
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
        turned = {"user_flip": 0} if self._shown else {}
        try:
            pixels = self._raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8, **turned)
        except self._rawpy.LibRawError as error:
            raise PhotoError(_reason(error)) from error
        image = Image.fromarray(pixels.squeeze()).convert("RGB")  # some sensors see no colours
        if self._shown is None:
            return image
        left, top, width, height = (length // 2 for length in self._shown)
        image = image.crop((left, top, left + width, top + height))
        return image.transpose(_TURNS[self.orientation]) if self.orientation in _TURNS else image

    def details(self, preview: Preview | None) -> PhotoDetails:
        """Metadata: of the RAW file itself, else of its preview."""
        width, height = self.size if self.orientation in (1, 3) else self.size[::-1]
        found = read_raw_details(self._data)
        if found is None and preview is not None and preview.jpeg is not None:
            with Image.open(io.BytesIO(preview.jpeg), formats=("JPEG",)) as image:
                found = read_details(image)
        return replace(found or PhotoDetails(width, height), width=width, height=height)

    def _turn_of(self, image: Image.Image) -> int:
        """The photo's orientation, unless the preview has been turned already."""
        is_sideways, (width, height) = self.orientation in (6, 8), self.size
        return 1 if is_sideways and (image.width < image.height) != (width < height) else self.orientation


def _shown_part(sizes: Any) -> tuple[int, int, int, int] | None:
    """Left, top, width and height of what the camera shows of its sensor, which may have a dark edge; None = all."""
    left, top = int(sizes.crop_left_margin) - int(sizes.left_margin), int(sizes.crop_top_margin) - int(sizes.top_margin)
    width, height = int(sizes.crop_width), int(sizes.crop_height)
    whole = int(sizes.width), int(sizes.height)
    is_inside = left >= 0 and top >= 0 and left + width <= whole[0] and top + height <= whole[1]
    if not is_inside or min(width * 2 - whole[0], height * 2 - whole[1]) < 0 or (width, height) == whole:
        return None  # not told, or told wrongly
    return left, top, width, height


def _reason(error: Exception) -> str:
    text = error.args[0] if error.args else ""
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    if told == "Input/output error":  # it has read behind the end
        return TRUNCATED
    return f"damaged: its RAW data cannot be read ({told.strip() or type(error).__name__})"
