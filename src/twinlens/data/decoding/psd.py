"""Photoshop documents: whether the file holds a picture of all its layers, and how transparent that is."""

import struct
from collections.abc import Iterable

from twinlens.errors import PhotoError

_VERSION_INFO = 1057  # the resource that tells whether the picture of all layers is real


def check_readable(data: bytes) -> None:
    """Raises PhotoError for documents that Pillow cannot read, with what to do.

    Raises:
        struct.error: the file ends too early.
    """
    bits = struct.unpack_from(">H", data, 22)[0]
    if bits not in (1, 8):
        raise PhotoError(f"a Photoshop document with {bits} bits a channel; save a copy with 8 bits, or as JPEG")


def check_composite(resources: Iterable[tuple[int, bytes, bytes]]) -> None:
    """Raises PhotoError if the file holds only layers.

    Args:
        resources: number, name and content of each of the document's resources.
    """
    for number, _, content in resources:
        if number == _VERSION_INFO and content[4:5] == b"\0":
            raise PhotoError(
                "a Photoshop document without a picture of its layers; save it with 'Maximize Compatibility'"
            )


def has_transparency(data: bytes) -> bool:
    """Whether the fourth channel of the picture is its transparency, and not a saved selection.

    Raises:
        struct.error: the file ends too early.
    """
    place = 26
    for _ in range(2):  # colours, resources
        place += 4 + struct.unpack_from(">I", data, place)[0]
    section, layers = struct.unpack_from(">II", data, place)
    return bool(section >= 6 and layers >= 2 and struct.unpack_from(">h", data, place + 8)[0] < 0)
