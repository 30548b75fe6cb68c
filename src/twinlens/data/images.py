"""Open a photo safely: upright RGB pixels from any common format, or one clear reason why not."""

import io
import math
import os
import stat
import struct
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, Jpeg2KImagePlugin, PsdImagePlugin, UnidentifiedImageError

from twinlens.data.decoding import bmp, jpeg_xl, psd, tiff
from twinlens.data.decoding.colour import eight_bit, find_transform, to_srgb
from twinlens.data.decoding.completeness import TRUNCATED, refuse_truncated
from twinlens.data.decoding.jpeg import coefficient_bytes, open_jpeg, read_unended
from twinlens.data.decoding.kinds import NOT_READ_YET, RAW, RAW_SUFFIXES, VIDEO_SUFFIXES, find_kind
from twinlens.data.decoding.png_chunks import slim_png
from twinlens.data.decoding.raw import DEVELOPING_BYTES, RawFile
from twinlens.data.exif import PhotoDetails, read_details, read_orientation
from twinlens.data.objects.object_path import ObjectPath
from twinlens.data.objects.reading import read_object
from twinlens.data.packed import find_packed, packed_stamp, read_packed
from twinlens.errors import PhotoError, PhotoTooLargeError

PHOTO_SUFFIXES = frozenset(
    (
        ".jpg .jpeg .jpe .jfif .png .webp .gif .bmp .dib .tif .tiff .heic .heif .hif .avif .mpo .ppm .pgm .pnm .pfm "
        ".jp2 .j2k .j2c .jpc .jpf .jpx .ico .tga .psd .jxl"
    ).split()
).union(RAW_SUFFIXES)
MAX_FILE_BYTES = 1_000_000_000  # whole files are read into memory, by several threads at once
MAX_MEGAPIXELS = 178  # Pillow's own limit, for formats that are decoded in full; such a photo takes 712 MB decoded
MAX_DECODED_BYTES = 720_000_000  # what counts for formats that are decoded at a reduced scale, and for wide numbers
LARGE_DECODED_BYTES = 160_000_000  # larger photos are decoded one at a time: panoramas in a row keep memory bounded
# A JPEG is decoded at the smallest scale (in eighths) that is still this many times the model's input size. With 1.4 a
# 12-megapixel photo takes 58 ms of CPU time, with 2 it takes 66; the embedding stays within a cosine of 0.995.
DRAFT_OVERSAMPLING = 1.4

MAX_ICON_MEGAPIXELS = 4  # icons of more than 256 pixels are PNG inside

_READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_PIXEL_BYTES = 4  # of decoded pixels in Pillow, in nearly every mode
_JPEG2000_PIXEL_BYTES = 20  # OpenJPEG holds four channels as 32-bit numbers, besides
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
_large_turn: Callable[[], AbstractContextManager[object]] = lambda: _large_photo  # noqa: E731
_heif_lock = threading.Lock()
_heif_registered = False

# Sizes are checked here (MAX_MEGAPIXELS) and damaged EXIF is harmless, so Pillow's warnings would only confuse.
warnings.filterwarnings("ignore", module=r"PIL\.")


class Photo(NamedTuple):
    """A decoded photo and its metadata."""

    image: Image.Image  # RGB in sRGB colours, upright; may be decoded smaller than the original
    details: PhotoDetails


def open_photo(source: Path | bytes, *, min_side: int | None = None, max_megapixels: float | None = None) -> Photo:
    """Decodes one photo to upright RGB in the colours of sRGB.

    The EXIF orientation and the colour profile are applied; transparent areas become white; CMYK, palette,
    grey, 16-bit and float images become RGB; of an animation or a file of many pages the first one is used.

    Args:
        source: a file, or its content.
        min_side: if given, a JPEG, a JPEG 2000 or a photo with other colours than sRGB may be
            decoded at a reduced size, with a shorter side of at least 1.4 times this many pixels.
        max_megapixels: larger photos are rejected before they are decoded. Without it, what
            counts is the memory that decoding takes.

    Raises:
        PhotoError: the file is empty, not a photo, of a kind not read yet, truncated, damaged, too large or unreadable.
    """
    data = source if isinstance(source, bytes) else read_photo_bytes(source)
    if not data:
        raise PhotoError("empty file")
    try:
        return _open(data, min_side, max_megapixels)
    except Image.DecompressionBombError as error:
        raise PhotoTooLargeError(f"more than {MAX_MEGAPIXELS} megapixels") from error
    except UnidentifiedImageError as error:
        raise PhotoError("damaged: its header cannot be read") from error
    except MemoryError as error:
        raise PhotoTooLargeError("not enough memory to decode it") from error
    except struct.error as error:  # a header without its last bytes
        raise PhotoError(TRUNCATED) from error
    except PhotoError:
        raise
    except Exception as error:
        raise PhotoError(_reason(error)) from error


def _open(data: bytes, min_side: int | None, max_megapixels: float | None) -> Photo:
    kind = find_kind(data)
    if kind is None:
        raise PhotoError("not an image, or a damaged one")
    # only the plugin of that kind is asked: EPS would start an external program, and others read layered documents
    if not kind.is_read:
        raise PhotoError(f"{NOT_READ_YET}: {kind.name}")
    refuse_truncated(data, kind.name)
    inner = bmp.packed_picture(data) if kind.name == "BMP" else _largest_icon(data) if kind.name == "ICO" else None
    if inner is not None and (found := find_kind(inner)) and found.name in ("PNG", "JPEG"):
        return _open(inner, min_side, max_megapixels)
    match kind.name:
        case _ if kind.name == RAW:
            return _open_raw(data, min_side, max_megapixels)
        case "JPEG":
            return _open_jpeg(data, min_side, max_megapixels)
        case "JPEG2000":
            with Jpeg2KImagePlugin.Jpeg2KImageFile(io.BytesIO(data)) as image:
                _refuse_huge(image.size, max_megapixels or math.inf)
                details = read_details(image)
                image.reduce = _halvings(data, image, min_side)
                scale = 4 ** int(image._reduce)
                with _memory(image.width * image.height * _JPEG2000_PIXEL_BYTES // scale):
                    return Photo(_upright_rgb(image, min_side), details)
        case "TIFF":
            return _open_tiff(data, min_side, max_megapixels)
        case "BMP":
            return _open_bmp(data, min_side, max_megapixels)
        case "PNG":
            slim = slim_png(data)
            return _open_plain(slim.data, "PNG", min_side, max_megapixels, profile=slim.profile)
        case "PSD":
            return _open_psd(data, min_side, max_megapixels)
        case "JXL":
            return _open_jpeg_xl(data, min_side, max_megapixels)
        case "HEIF":
            _register_heif()
    return _open_plain(data, kind.name, min_side, max_megapixels)


def _open_plain(
    data: bytes, image_format: str, min_side: int | None, max_megapixels: float | None, *, profile: bytes | None = None
) -> Photo:
    """Opens a format that is decoded in full."""
    with Image.open(io.BytesIO(data), formats=(image_format,)) as image:
        _refuse_huge(image.size, min(MAX_MEGAPIXELS, max_megapixels or MAX_MEGAPIXELS))
        if profile:
            image.info["icc_profile"] = profile
        details = read_details(image)
        with _memory(image.width * image.height * _PIXEL_BYTES):
            return Photo(_upright_rgb(image, min_side), details)


def _open_jpeg(
    data: bytes, min_side: int | None, max_megapixels: float | None, *, orientation: int | None = None
) -> Photo:
    with open_jpeg(data) as image:
        held_bytes = coefficient_bytes(image)
        _refuse_huge(image.size, max_megapixels or math.inf)
        details = read_details(image)  # before the draft, which changes the size
        side = None if min_side is None else round(min_side * DRAFT_OVERSAMPLING)
        if side is not None:
            image.draft("RGB", (side, side))
        with _memory(image.width * image.height * _PIXEL_BYTES, held_bytes=held_bytes):
            try:
                image.load()
            except OSError as error:
                if _reason(error) != TRUNCATED:
                    raise
                return Photo(_upright_rgb(read_unended(data, side), min_side, orientation=orientation), details)
            return Photo(_upright_rgb(image, min_side, orientation=orientation), details)


def _open_tiff(data: bytes, min_side: int | None, max_megapixels: float | None) -> Photo:
    try:
        if tiff.is_camera_raw(data):
            return _open_raw(data, min_side, max_megapixels)
        if not tiff.is_whole(data):
            raise PhotoError(TRUNCATED)
        if data[:4] == b"MM\0+":  # Pillow reads BigTIFF in the other byte order only
            data = tiff.classic(data)
        own = tiff.needs_own_reader(data)
    except struct.error as error:
        raise PhotoError(TRUNCATED) from error
    if not own:
        return _open_plain(data, "TIFF", min_side, max_megapixels)
    with tiff.metadata_of(data) as shell:
        _refuse_huge(shell.size, max_megapixels or math.inf)
        details, orientation = read_details(shell), read_orientation(shell)
        profile = shell.info.get("icc_profile")
    with _memory(LARGE_DECODED_BYTES + 1):  # cheap files of this kind are rare
        samples = tiff.read_samples(data, max_bytes=MAX_DECODED_BYTES)
        pixels = eight_bit(samples, is_scaled=False)
        del samples
        bands = {1: "L", 2: "LA", 3: "RGB"}.get(pixels.shape[2], "RGBA" if tiff.has_alpha(data) else "RGB")
        image = Image.fromarray(np.ascontiguousarray(pixels[..., : len(bands)]).squeeze(), bands)
        return Photo(_upright_rgb(image, min_side, orientation=orientation, profile=profile), details)


def _open_raw(data: bytes, min_side: int | None, max_megapixels: float | None) -> Photo:
    with closing(RawFile(data)) as raw:
        _refuse_huge(raw.size, max_megapixels or math.inf)
        preview = raw.preview(min_side=None if min_side is None else round(min_side * DRAFT_OVERSAMPLING))
        details = raw.details(preview)
        if preview is None:
            with _memory(raw.size[0] * raw.size[1] * DEVELOPING_BYTES):
                return Photo(raw.developed(), details)
    if preview.image is not None:
        return Photo(_upright_rgb(preview.image, min_side, orientation=preview.orientation), details)
    assert preview.jpeg is not None
    return Photo(_open_jpeg(preview.jpeg, min_side, max_megapixels, orientation=preview.orientation).image, details)


def _open_psd(data: bytes, min_side: int | None, max_megapixels: float | None) -> Photo:
    psd.check_readable(data)
    try:
        opened = PsdImagePlugin.PsdImageFile(io.BytesIO(data))
    except SyntaxError as error:  # in which Pillow wraps others
        is_cut = isinstance(error.__cause__, struct.error)
        raise PhotoError(TRUNCATED if is_cut else "damaged: its header cannot be read") from error
    with opened as image:
        psd.check_composite(image.resources)
        _refuse_huge(image.size, min(MAX_MEGAPIXELS, max_megapixels or MAX_MEGAPIXELS))
        details, profile = read_details(image), image.info.get("icc_profile")
        with _memory(image.width * image.height * _PIXEL_BYTES):
            is_opaque = image.mode == "RGBA" and not psd.has_transparency(data)
            shown = image.convert("RGB") if is_opaque else image
            return Photo(_upright_rgb(shown, min_side, profile=profile), details)


def _open_jpeg_xl(data: bytes, min_side: int | None, max_megapixels: float | None) -> Photo:
    width, height = jpeg_xl.size_of(data)
    _refuse_huge((width, height), min(MAX_MEGAPIXELS, max_megapixels or MAX_MEGAPIXELS))
    from pillow_jxl import JpegXLImagePlugin  # imported only when there are such photos

    with _memory(width * height * _PIXEL_BYTES):
        try:
            image = JpegXLImagePlugin.JXLImageFile(io.BytesIO(data))
        except RuntimeError as error:  # whatever is wrong, libjxl tells no more
            raise PhotoError("damaged: its JPEG XL data cannot be read") from error
        with image:
            jpeg_xl.without_own_orientation(image)
            return Photo(_upright_rgb(image, min_side), read_details(image))


def _open_bmp(data: bytes, min_side: int | None, max_megapixels: float | None) -> Photo:
    try:
        return _open_plain(data, "BMP", min_side, max_megapixels)
    except OSError as error:  # also UnidentifiedImageError
        if not isinstance(error, UnidentifiedImageError) and not str(error).startswith("Unsupported BMP"):
            raise
        image = bmp.read_masked(data, max_bytes=min(MAX_DECODED_BYTES, int(8e6 * (max_megapixels or MAX_MEGAPIXELS))))
        if image is None:
            raise
        return Photo(_upright_rgb(image, min_side), PhotoDetails(*image.size))


def read_photo_bytes(path: Path) -> bytes:
    """The content of a photo file, of a photo inside an archive (see ``packed``), or of one in object storage.

    Raises:
        PhotoError: it is missing, too large or cannot be read.
        PhotosMissingError: it is in object storage that does not answer, or refuses everything.
    """
    with _photo_errors():
        if isinstance(path, ObjectPath):
            content = read_object(path, most_bytes=MAX_FILE_BYTES + 1)
            _refuse_long(len(content))
            return content
        if packed := find_packed(path):
            return read_packed(packed, max_bytes=MAX_FILE_BYTES)
        if path.suffix.lower() in VIDEO_SUFFIXES:
            raise PhotoError("a video, which is not read as a photo")
        with os.fdopen(os.open(path, _READING), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):  # it may have been exchanged for a pipe, which would never end
                raise PhotoError("a folder, not a photo" if stat.S_ISDIR(found.st_mode) else "not a regular file")
            _refuse_long(found.st_size)
            content = file.read(found.st_size + 1)
            if len(content) > found.st_size:  # it grows, or its file system does not tell sizes
                content += file.read(MAX_FILE_BYTES + 1 - len(content))
                _refuse_long(len(content))
            return content


def _refuse_long(num_bytes: int) -> None:
    if num_bytes > MAX_FILE_BYTES:
        raise PhotoError(f"{num_bytes / 1e9:,.1f} GB, more than {MAX_FILE_BYTES / 1e9:.0f} GB")


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
        found = path.stat()
        return found.st_size, found.st_mtime_ns


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


@contextmanager
def _memory(decoded_bytes: int, *, held_bytes: int = 0) -> Iterator[None]:
    if decoded_bytes > MAX_DECODED_BYTES:
        raise PhotoTooLargeError(
            f"{decoded_bytes / 1e6:,.0f} MB decoded, more than {MAX_DECODED_BYTES / 1e6:,.0f} (too many megapixels)"
        )
    with _large_turn() if decoded_bytes + held_bytes > LARGE_DECODED_BYTES else nullcontext():
        yield


def set_large_turn(turn: Callable[[], AbstractContextManager[object]]) -> None:
    """Has large photos of this process wait for a turn that is given elsewhere; used by decoder processes."""
    global _large_turn
    _large_turn = turn


def load_plugins() -> None:
    """Loads what is otherwise loaded by the first photo that needs it."""
    Image.init()
    _register_heif()


def _refuse_huge(size: tuple[int, int], max_megapixels: float) -> None:
    megapixels = size[0] * size[1] / 1e6
    if megapixels > max_megapixels:
        raise PhotoTooLargeError(f"{megapixels:,.0f} megapixels, more than {max_megapixels:g}")


def _halvings(data: bytes, image: Image.Image, min_side: int | None) -> int:
    """How often a JPEG 2000 is halved while it is decoded: not more often than it was encoded for."""
    style = data.find(b"\xff\x52", data.find(b"\xff\x4f\xff\x51"))  # the coding style, with the number of levels
    if min_side is None or style < 0 or style + 9 >= len(data):
        return 0
    spare = min(image.size) / (min_side * DRAFT_OVERSAMPLING)
    return max(0, min(data[style + 9], int(math.log2(spare)) if spare > 1 else 0))


def _largest_icon(data: bytes) -> bytes:
    count = struct.unpack_from("<H", data, 4)[0]
    entries = [struct.unpack_from("<BBBBHHII", data, 6 + 16 * number) for number in range(count)]
    if not entries:
        raise PhotoError("an icon without a picture")
    *_, size, start = max(entries, key=lambda entry: ((entry[0] or 256) * (entry[1] or 256), entry[5]))
    for *_, other in entries:
        if data[other : other + 4] != b"\x89PNG":
            _refuse_huge(struct.unpack_from("<ii", data, other + 4), MAX_ICON_MEGAPIXELS)
    return data[start : start + size]


def _upright_rgb(
    image: Image.Image, min_side: int | None, *, orientation: int | None = None, profile: bytes | None = None
) -> Image.Image:
    image.load()
    profile = profile or image.info.get("icc_profile")
    # not ImageOps.exif_transpose: it rewrites the EXIF, and fails if that is damaged
    transpose = _TRANSPOSES.get(orientation or read_orientation(image))
    upright = image.copy() if transpose is None else image.transpose(transpose)
    if upright.mode in ("I", "F") or upright.mode.startswith("I;"):
        upright = Image.fromarray(eight_bit(np.asarray(upright), is_scaled=image.format != "TIFF"))
    elif upright.has_transparency_data:
        layer = upright.convert("RGBA")
        upright = Image.new("RGB", layer.size, "white")
        upright.paste(layer, mask=layer.getchannel("A"))
    if min_side is not None and profile and find_transform(profile):
        # converting the colours of 12 megapixels would take longer than decoding them
        factor = max(1, int(min(upright.size) / (min_side * DRAFT_OVERSAMPLING)))
        upright = (upright.convert("RGB") if upright.mode == "P" else upright).reduce(factor)
    return to_srgb(upright, profile)


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
        return TRUNCATED
    if "not identified" in reason.lower():  # as Pillow says it of a JPEG without a picture
        return "damaged: its header cannot be read"
    return f"damaged: {reason}"
