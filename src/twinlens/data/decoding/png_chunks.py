"""Large texts and colour profiles of a PNG: Pillow refuses the whole picture for them, we leave them out."""

import struct
import zlib
from typing import NamedTuple

MAX_TEXT_BYTES = 1_000_000  # of one text, unpacked; Pillow's own limit is 1 MiB
MAX_TEXTS_BYTES = 16_000_000  # of all texts; Pillow's own limit is 64 MiB
MAX_PROFILE_BYTES = 8_000_000  # profiles of printers have 0.5 to 3 MB


class SlimPng(NamedTuple):
    """A PNG that Pillow opens."""

    data: bytes
    profile: bytes | None  # an ICC profile that had to be left out


def slim_png(data: bytes) -> SlimPng:
    """The same pixels without the texts that are too large; the same bytes if none are."""
    kept, profile, total, place, copied = [], None, 0, 8, 0
    while place + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + length + 12
        if kind in (b"tEXt", b"zTXt", b"iTXt", b"iCCP"):
            content = data[place + 8 : end - 4]
            size = _unpacked_bytes(kind, content)
            if size > MAX_TEXT_BYTES or total + size > MAX_TEXTS_BYTES:
                kept.append(data[copied:place])
                copied = end
                if kind == b"iCCP":
                    profile = _profile(content)
            else:
                total += size
        place = end
        if kind == b"IEND":
            break
    return SlimPng(b"".join((*kept, data[copied:])) if kept else data, profile)


def _unpacked_bytes(kind: bytes, content: bytes) -> int:
    packed = _packed(kind, content)
    return len(content) if packed is None else len(_unpack(packed, MAX_TEXT_BYTES + 1))


def _packed(kind: bytes, content: bytes) -> bytes | None:
    _, _, rest = content.partition(b"\0")  # a keyword
    if kind in (b"zTXt", b"iCCP"):
        return rest[1:]
    if kind == b"iTXt" and rest[:1] == b"\1":
        return rest[2:].split(b"\0", 2)[-1]  # a language, a translated keyword
    return None


def _profile(content: bytes) -> bytes | None:
    profile = _unpack(_packed(b"iCCP", content) or b"", MAX_PROFILE_BYTES + 1)
    return profile if 0 < len(profile) <= MAX_PROFILE_BYTES else None


def _unpack(packed: bytes, max_bytes: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, max_bytes)
    except zlib.error:
        return b""
