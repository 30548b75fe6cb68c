"""What a RAW file itself says about its photo: most are TIFFs, and a CR3 has a box for each directory of EXIF."""

import logging

from PIL import ExifTags, Image

from twinlens.data.exif import PhotoDetails, read_details

logger = logging.getLogger(__name__)
_RAF = b"FUJIFILMCCD-RAW"  # whose preview says everything
_IN_MAIN_BOX, _BOXES = b"CMT1", ((ExifTags.IFD.Exif, b"CMT2"), (ExifTags.IFD.GPSInfo, b"CMT4"))
_XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_XMP_TAG = 700  # as Lightroom writes it into a DNG
_FRONT_BYTES = 1_000_000  # where the boxes lie


def read_raw_details(data: bytes) -> PhotoDetails | None:
    """What the file says, and the size of another picture; None if it says nothing outside its preview."""
    shell = Image.new("L", (1, 1))
    if data[:2] in (b"II", b"MM"):  # some have a mark of their own in the place of TIFF's 42
        shell.info["exif"] = b"Exif\0\0" + (b"II*\0" if data[:2] == b"II" else b"MM\0*") + data[4:]
        shell.info["xmp"] = _tag(shell, _XMP_TAG)
    elif data.startswith(_RAF) or (block := _box(data, _IN_MAIN_BOX)) is None:
        return None
    else:
        shell.info["exif"] = b"Exif\0\0" + _joined(data, block)
        shell.info["xmp"] = _packet(data)
    return read_details(shell)


def _tag(shell: Image.Image, tag: int) -> object:
    try:
        return shell.getexif().get(tag)
    except Exception as error:  # noqa: BLE001 — damaged EXIF may raise anything; the photo itself is fine
        logger.debug("unreadable EXIF: %s", error)
        return None


def _joined(data: bytes, block: bytes) -> bytes:
    """The boxes of a CR3 as one block; the main directory alone if another one is damaged."""
    try:
        whole = _directory(block)
        for directory, name in _BOXES:
            if (inner := _box(data, name)) is not None:
                whole.get_ifd(directory).update(dict(_directory(inner)))
        return whole.tobytes().removeprefix(b"Exif\0\0")
    except Exception as error:  # noqa: BLE001 — as above
        logger.debug("unreadable EXIF: %s", error)
        return block


def _directory(block: bytes) -> Image.Exif:
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + block)
    return exif


def _box(data: bytes, name: bytes) -> bytes | None:
    """What follows the name of a box; None without it."""
    place = data.find(name, 0, _FRONT_BYTES)
    if place < 4:
        return None
    return data[place + len(name) : place - 4 + int.from_bytes(data[place - 4 : place])]


def _packet(data: bytes) -> bytes | None:
    place = data.find(b"uuid" + _XMP_BOX, 0, _FRONT_BYTES)
    if place < 4:
        return None
    return data[place + 20 : place - 4 + int.from_bytes(data[place - 4 : place])].rstrip(b"\0 \n")
