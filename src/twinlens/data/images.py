"""Open a photo safely: upright RGB pixels from any common format, or one clear reason why not."""

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from twinlens.data.exif import PhotoDetails, read_details, read_orientation
from twinlens.data.packed import find_packed, packed_stamp, read_packed
from twinlens.errors import PhotoError, PhotoTooLargeError

PHOTO_SUFFIXES = frozenset(
    (".jpg .jpeg .jpe .jfif .png .webp .gif .bmp .tif .tiff .heic .heif .hif .avif .mpo .ppm .pgm .pnm").split()
)
RAW_SUFFIXES = frozenset(
    (
        ".3fr .arw .cr2 .cr3 .crw .dcr .dng .erf .iiq .kdc .mef .mos .mrw .nef .nrw .orf .pef .raf .raw .rw2 "
        ".rwl .sr2 .srf .srw .x3f"
    ).split()
)
MAX_FILE_BYTES = 1_000_000_000  # whole files are read into memory, by several threads at once
MAX_MEGAPIXELS = 178  # Pillow's own limit; such a photo takes 534 MB decoded
LARGE_MEGAPIXELS = 40  # larger photos are decoded one at a time, so that panoramas in a row keep memory bounded
# A JPEG is decoded at the smallest scale (in eighths) that is still this many times the model's input size. With 1.4 a
# 12-megapixel photo takes 58 ms of CPU time, with 2 it takes 66; the embedding stays within a cosine of 0.995.
DRAFT_OVERSAMPLING = 1.4

# Photo formats only: EPS would start an external program, and PSD and others are layered documents.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM")  # JPEG opens MPO too
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
_TRANSPOSES = {  # by EXIF orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_large_photo = threading.Lock()
_heif_lock = threading.Lock()
_heif_registered = False

# Sizes are checked here (MAX_MEGAPIXELS) and damaged EXIF is harmless, so Pillow's warnings would only confuse.
warnings.filterwarnings("ignore", module=r"PIL\.")


class Photo(NamedTuple):
    """A decoded photo and its metadata."""

    image: Image.Image  # RGB, upright; a JPEG may be decoded smaller than the original
    details: PhotoDetails


def open_photo(source: Path | bytes, *, min_side: int | None = None, max_megapixels: float = MAX_MEGAPIXELS) -> Photo:
    """Decodes one photo to upright RGB.

    The EXIF orientation is applied; transparent areas become white; CMYK, palette,
    grey and 16-bit images become RGB; of an animation the first frame is used.

    Args:
        source: a file, or its content.
        min_side: if given, a JPEG may be decoded at a reduced size, with a
            shorter side of at least 1.4 times this many pixels.
        max_megapixels: larger photos are rejected before they are decoded.

    Raises:
        PhotoError: the file is empty, not a photo, truncated, damaged, too large or unreadable.
    """
    data = source if isinstance(source, bytes) else read_photo_bytes(source)
    if not data:
        raise PhotoError("empty file")
    formats: tuple[str, ...] = _FORMATS
    if _is_heif(data):
        _register_heif()
        formats = ("HEIF",)
    try:
        with Image.open(io.BytesIO(data), formats=formats) as image:
            _refuse_huge(image, max_megapixels)
            with _large_photo if _is_large(image, drafted=min_side is not None) else nullcontext():
                return _decode(image, min_side)
    except Image.DecompressionBombError as error:
        raise PhotoTooLargeError(f"more than {MAX_MEGAPIXELS} megapixels") from error
    except UnidentifiedImageError as error:
        raise PhotoError("not an image, or a damaged one") from error
    except MemoryError as error:
        raise PhotoError("not enough memory to decode it") from error
    except PhotoError:
        raise
    except Exception as error:
        raise PhotoError(_reason(error)) from error


def _decode(image: Image.Image, min_side: int | None) -> Photo:
    details = read_details(image)  # before the draft, which changes the size
    if min_side is not None:
        side = round(min_side * DRAFT_OVERSAMPLING)
        image.draft("RGB", (side, side))
    return Photo(_upright_rgb(image), details)


def read_photo_bytes(path: Path) -> bytes:
    """The content of a photo file, or of a photo inside an archive (see ``packed``).

    Raises:
        PhotoError: it is missing, too large or cannot be read.
    """
    with _photo_errors():
        if packed := find_packed(path):
            return read_packed(packed, max_bytes=MAX_FILE_BYTES)
        if (size := path.stat().st_size) > MAX_FILE_BYTES:
            raise PhotoError(f"{size / 1e9:,.1f} GB, more than {MAX_FILE_BYTES / 1e9:.0f} GB")
        return path.read_bytes()


def photo_stamp(path: Path) -> tuple[int, int]:
    """Size in bytes and modification time in ns, by which a cache detects changes.

    A photo in an archive has the archive's time, and in Parquet, where the size of a photo
    is unknown, also the archive's size. So a cache key must include the path as well.

    Raises:
        PhotoError: as ``read_photo_bytes``.
    """
    with _photo_errors():
        if packed := find_packed(path):
            return packed_stamp(packed)
        stat = path.stat()
        return stat.st_size, stat.st_mtime_ns


def photo_exists(path: Path) -> bool:
    """Whether there is a photo at that path, as a file or in an archive; rows of Parquet are not checked."""
    if packed := find_packed(path):
        try:
            packed_stamp(packed)
        except PhotoError:
            return False
        return True
    return path.is_file()


@contextmanager
def _photo_errors() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise PhotoError("file is gone") from error
    except IsADirectoryError as error:
        raise PhotoError("a folder, not a photo") from error
    except PermissionError as error:
        raise PhotoError("no permission to read it") from error
    except MemoryError as error:
        raise PhotoError("not enough memory to read it") from error
    except OSError as error:
        raise PhotoError(f"could not be read: {error.strerror or error}") from error


def _is_large(image: Image.Image, *, drafted: bool) -> bool:
    # decoding a drafted JPEG takes at most a quarter of the memory of full pixels
    share = 0.25 if drafted and image.format in ("JPEG", "MPO") else 1.0
    return share * image.width * image.height > LARGE_MEGAPIXELS * 1e6


def _refuse_huge(image: Image.Image, max_megapixels: float) -> None:
    megapixels = image.width * image.height / 1e6
    if megapixels > max_megapixels:
        raise PhotoTooLargeError(f"{megapixels:,.0f} megapixels, more than {max_megapixels:g}")


def _upright_rgb(image: Image.Image) -> Image.Image:
    image.load()
    # not ImageOps.exif_transpose: it rewrites the EXIF, and fails if that is damaged
    transpose = _TRANSPOSES.get(read_orientation(image))
    upright = image.copy() if transpose is None else image.transpose(transpose)
    if upright.mode in ("I", "F") or upright.mode.startswith("I;"):
        return _eight_bit(upright).convert("RGB")
    if upright.has_transparency_data:
        layer = upright.convert("RGBA")
        white = Image.new("RGB", layer.size, "white")
        white.paste(layer, mask=layer.getchannel("A"))
        return white
    return upright if upright.mode == "RGB" else upright.convert("RGB")


def _eight_bit(image: Image.Image) -> Image.Image:
    """Converts high-bit-depth grey to 8 bits; floats may be in [0, 1] or in the 8- or 16-bit range."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    top = float(values.max(initial=0.0))
    if image.mode == "F":
        full = 1.0 if top <= 1.0 else 255.0 if top <= 255.0 else 65535.0
    else:
        full = 255.0 if image.mode == "I" and top <= 255.0 else 65535.0
    return Image.fromarray((values * (255.0 / full)).clip(0, 255).astype(np.uint8))


def _is_heif(data: bytes) -> bool:
    if data[4:8] != b"ftyp" or data[8:12] not in _HEIF_BRANDS:
        return False
    # "mif1" may be AVIF or HEIC; the compatible brands tell which
    return b"avif" not in data[16 : int.from_bytes(data[:4])]


def _register_heif() -> None:
    global _heif_registered
    with _heif_lock:
        if not _heif_registered:
            import pillow_heif  # imported only when there are HEIC photos

            pillow_heif.register_heif_opener()
            _heif_registered = True


def _reason(error: Exception) -> str:
    text = str(error).strip().splitlines()
    reason = text[0] if text else type(error).__name__
    if "truncated" in reason.lower() or "broken data" in reason.lower():
        return "truncated: the file ends too early"
    return f"damaged: {reason}"
