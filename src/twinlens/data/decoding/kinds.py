"""What kind of file it is, by its first bytes or its name: read, not read yet, or no image."""

import struct
from typing import NamedTuple

_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_TGA_IMAGES = frozenset({1, 2, 3, 9, 10, 11})  # palette, colour, grey; plain and run-length coded
_TGA_FOOTER = b"TRUEVISION-XFILE.\0"
RAW = "RAW"
_READ = (  # first bytes, Pillow's name, or RAW
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"MM*\0", "TIFF"),  # written by programs that mistake the byte order
    (b"II\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"\0\0\1\0", "ICO"),
    (b"8BPS\0\1", "PSD"),
    (b"\xff\x0a", "JXL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JXL"),
    (b"FUJIFILMCCD-RAW", RAW),
    (b"IIRO", RAW),  # Olympus
    (b"IIRS", RAW),
    (b"MMOR", RAW),
    (b"IIU\0", RAW),  # Panasonic
    (b"\0MRM", RAW),  # Minolta
    (b"II\x1a\0\0\0HEAPCCDR", RAW),  # Canon CRW
)
_UNREAD = (  # first bytes, what people call it
    (b"8BPS\0\2", "large Photoshop document (PSB)"),
    (b"gimp xcf", "GIMP document (XCF)"),
    (b"II\xbc", "JPEG XR"),
    (b"%!PS", "PostScript (EPS)"),
    (b"\xc5\xd0\xd3\xc6", "PostScript (EPS)"),
    (b"%PDF", "PDF document"),
    (b"FOVb", "RAW photo (Sigma X3F)"),
    (b"v/1\1", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"#?RGBE", "Radiance HDR"),
    (b"DDS ", "DirectDraw texture (DDS)"),
    (b"SIMPLE  =", "FITS"),
    (b"icns", "Apple icon (ICNS)"),
    (b"qoif", "QOI"),
    (b"BPG\xfb", "BPG"),
    (b"FLIF", "FLIF"),
    (b"AT&TFORM", "DjVu"),
    (b"\xd7\xcd\xc6\x9a", "Windows metafile (WMF)"),
    (b"\x8aMNG\r\n\x1a\n", "MNG"),
    (b"\x1aE\xdf\xa3", "video (Matroska or WebM)"),
    (b"FLV\1", "video (Flash)"),
    (b"\0\0\1\xba", "video (MPEG)"),
    (b"\0\0\1\xb3", "video (MPEG)"),
    (b"0&\xb2u\x8ef\xcf\x11", "video (Windows Media)"),
    (b"OggS", "sound or video (Ogg)"),
)
RAW_SUFFIXES = frozenset(
    (
        ".3fr .arw .cr2 .cr3 .crw .dcr .dng .erf .iiq .kdc .mef .mos .mrw .nef .nrw .orf .pef .raf .raw .rw2 "
        ".rwl .sr2 .srf .srw"
    ).split()
)
"""How names of files of cameras end that are read."""

_UNREAD_SUFFIXES = {  # what people call it: how its names end
    "Photoshop document": ".psb",
    "RAW photo": ".x3f",
    "GIMP document": ".xcf",
    "drawing": ".svg .svgz .eps .ps .ai .wmf .emf .cdr .kra .afphoto .afdesign .sketch",
    "document": ".pdf .djvu .djv",
    "JPEG XR": ".jxr .wdp .hdp",
    "High dynamic range picture": ".exr .hdr",
    "picture": ".dds .fits .fts .icns .cur .qoi .bpg .flif .mng .dcm .pcx .sgi .pict .pct .jps .pns .insp",
    "video": (
        ".mp4 .m4v .mov .mp .qt .avi .mkv .webm .wmv .asf .flv .mpg .mpeg .mpe .mts .m2ts .ogv .3gp .3g2 .vob "
        ".insv .lrv"
    ),
}
_KIND_OF_SUFFIX = {suffix: kind for kind, suffixes in _UNREAD_SUFFIXES.items() for suffix in suffixes.split()}
_QUICKTIME_ATOMS = frozenset({b"moov", b"mdat", b"wide", b"skip", b"pnot"})  # of films older than "ftyp"
_TRANSPORT_PACKETS = ((0, 188), (4, 192))  # where the first begins, and their length; each begins with a G
NOT_READ_YET = "kind not read yet"
VIDEO_SUFFIXES = frozenset(_UNREAD_SUFFIXES["video"].split()) - {".lrv"}  # that of a GoPro: a small copy beside it
"""How names of videos end; they are read where the extra ``av`` is installed."""


def unread_kind(suffix: str) -> str | None:
    """The kind of files whose names end so, if it holds pictures and is not read yet.

    >>> unread_kind(".svg"), unread_kind(".jpg"), unread_kind(".txt")
    ('drawing', None, None)
    """
    return _KIND_OF_SUFFIX.get(suffix)


def unread_suffixes(kind: str) -> tuple[str, ...]:
    """How names of files of a kind end that is not read yet.

    >>> ".mov" in unread_suffixes("video")
    True
    """
    return tuple(_UNREAD_SUFFIXES[kind].split())


class Kind(NamedTuple):
    """The kind of a file."""

    name: str  # Pillow's name or RAW if it is read, else a name for people
    is_read: bool


def find_kind(data: bytes) -> Kind | None:
    """The kind that the content claims; None if it is no picture that we know of."""
    if data[4:8] == b"ftyp":
        return _media_container(data)
    if data[:4] == b"RIFF":
        return Kind("WEBP", True) if data[8:12] == b"WEBP" else _video(data[8:12] == b"AVI ", "AVI")
    for start, name in _READ:
        if data.startswith(start):
            return Kind(RAW if data[8:10] == b"CR" and name == "TIFF" else name, True)
    if data[:1] == b"P" and data[1:2] in b"123456fy" and data[2:3].isspace():
        return Kind("PPM", True)
    for start, name in _UNREAD:
        if data.startswith(start):
            return Kind(name, False)
    if data[4:8] in _QUICKTIME_ATOMS:
        return Kind("video (QuickTime)", False)
    if any(data[place : place + 2 * size : size] == b"GG" for place, size in _TRANSPORT_PACKETS):
        return Kind("video (MPEG transport stream)", False)
    if data[128:132] == b"DICM":
        return Kind("DICOM", False)
    if _is_svg(data):
        return Kind("SVG drawing", False)
    if _is_tga(data):
        return Kind("TGA", True)
    return Kind("Windows cursor (CUR)", False) if data[:4] == b"\0\0\2\0" and any(data[4:6]) else None


def _video(is_video: bool, name: str) -> Kind | None:
    return Kind(f"video ({name})", False) if is_video else None


def _media_container(data: bytes) -> Kind:
    size = min(int.from_bytes(data[:4]), 4096)
    brands = {data[8:12], *(data[place : place + 4] for place in range(16, size - 3, 4))}
    # "mif1" may be AVIF or HEIC; the compatible brands tell which
    if brands & _AVIF_BRANDS:
        return Kind("AVIF", True)
    if brands & _HEIF_BRANDS:
        return Kind("HEIF", True)
    if data[8:12] == b"crx ":
        return Kind(RAW, True)
    return Kind("video (QuickTime)" if data[8:12] == b"qt  " else "video (MP4)", False)


def _is_svg(data: bytes) -> bool:
    start = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"<svg") or (start.startswith((b"<?xml", b"<!--", b"<!DOCTYPE svg")) and b"<svg" in start)


def _is_tga(data: bytes) -> bool:
    """TGA has no magic number: the header must be possible in every field, and the size fit."""
    if len(data) < 18:
        return False
    id_bytes, has_map, image, _, map_length, map_bits = struct.unpack_from("<BBBHHB", data)
    width, height, bits, flags = struct.unpack_from("<HHBB", data, 12)
    if has_map > 1 or image not in _TGA_IMAGES or not width or not height or flags & 0xC0:
        return False
    if bits not in ((8,) if image in (1, 3, 9, 11) else (15, 16, 24, 32)) or (image in (1, 9)) != bool(has_map):
        return False
    if has_map and not (0 < map_length <= 256 and map_bits in (15, 16, 24, 32)):
        return False
    return data.endswith(_TGA_FOOTER) or len(data) > 18 + id_bytes + map_length * has_map * ((map_bits + 7) // 8)
