"""Text files of unknown encoding: UTF-8, UTF-16, UTF-32 or Windows-1252, found out from their bytes."""

import codecs
import logging
import re
from pathlib import Path

from twinlens.errors import DataError

logger = logging.getLogger(__name__)
LOOK_BYTES = 65536  # enough to tell the encoding, and any caption file's format
_MARKS = {  # UTF-32 first: its little-endian mark begins with that of UTF-16
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_NAMES = {"utf-8": "UTF-8", "cp1252": "Windows-1252", "latin-1": "Latin-1"}
_LEAST_NUL_SHARE = 0.05  # of UTF-16's units: spaces, digits and line ends have a NUL in every language
_LARGEST_CONTROL_SHARE = 0.01  # a photo or an archive has about 10 %, a text none
_CONTROL = re.compile(r"[\0-\x08\x0e-\x19\x7f]")
_NOT_UTF_8 = re.compile(r"[\udc80-\udcff]")
_BEYOND_ASCII = re.compile(r"[^\0-\x7f\udc80-\udcff]")


class TextDecoder:
    """Decodes the text files of one data set; an encoding that is only assumed is noted in the log, once."""

    def __init__(self) -> None:
        self._noted: set[str] = set()

    def decode(self, data: bytes, name: object) -> str:
        """The text of a file without its byte order mark.

        Args:
            data: the whole file.
            name: for the note in the log.

        Raises:
            ValueError: the file is binary or damaged.
        """
        mark, encoding = _encoding(data)
        text = data[len(mark) :].decode(encoding)
        if _is_binary(text):
            raise ValueError("it is a binary file, not a text")
        if not mark and encoding != "utf-8" and encoding not in self._noted:
            self._noted.add(encoding)
            logger.warning("%s is not in UTF-8; it was read as %s", name, _NAMES.get(encoding, encoding.upper()))
        return text

    def read(self, file: Path) -> str:
        """The text of a file.

        Raises:
            DataError: the file cannot be read, is binary or damaged.
        """
        try:
            return self.decode(file.read_bytes(), file)
        except OSError as error:
            raise DataError(f"{file} cannot be read: {error.strerror or error}") from error
        except ValueError as error:
            raise DataError(f"{file} cannot be read as text: {error}") from error


def read_text_file(file: Path) -> str:
    """The text of a file, in whatever encoding it is; see ``TextDecoder``.

    Raises:
        DataError: the file cannot be read, is binary or damaged.
    """
    return TextDecoder().read(file)


def start_of_text(file: Path) -> str:
    """The first 64 KiB of a file, to recognize its format; anything in a binary file.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        with file.open("rb") as opened:
            data = opened.read(LOOK_BYTES)
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}") from error
    try:
        mark, encoding = _encoding(data, is_whole=len(data) < LOOK_BYTES)
    except ValueError:
        mark, encoding = b"", "utf-8"
    return data[len(mark) :].decode(encoding, errors="replace")


def _encoding(data: bytes, *, is_whole: bool = True) -> tuple[bytes, str]:
    """The byte order mark and the codec; raises ValueError for a file in none or in two encodings."""
    mark = next((mark for mark in _MARKS if data.startswith(mark)), b"")
    encoding = _MARKS[mark] if mark else "utf-8"
    if encoding != "utf-8":
        return mark, encoding
    if b"\0" in data:
        return mark, _wide_encoding(data)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=is_whole)
    except UnicodeDecodeError:
        _check_not_mixed(data)
        return b"", _single_byte_encoding(data)
    return mark, "utf-8"


def _wide_encoding(data: bytes) -> str:
    """UTF-16 or UTF-32 without a byte order mark, by the places of its NULs."""
    start = data[:LOOK_BYTES]
    shares = [start[place::4].count(0) / max(1, len(start[place::4])) for place in range(4)]
    if min(shares[2], shares[3]) == 1 > shares[0]:
        return "utf-32-le"
    if min(shares[0], shares[1]) == 1 > shares[3]:
        return "utf-32-be"
    even, odd = (start[place::2].count(0) / max(1, len(start[place::2])) for place in range(2))
    # some letters end in a NUL as well, such as 一 and Ā
    if max(even, odd) < _LEAST_NUL_SHARE or min(even, odd) > max(even, odd) / 3:
        raise ValueError("it is a binary file, not a text")
    return "utf-16-le" if odd > even else "utf-16-be"


def _single_byte_encoding(data: bytes) -> str:
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:  # five bytes mean nothing there
        return "latin-1"
    return "cp1252"


def _check_not_mixed(data: bytes) -> None:
    # a file in UTF-8 with one damaged byte: read as Windows-1252, each of its other letters would be two wrong ones
    text = data.decode("utf-8", "surrogateescape")
    wrong = _NOT_UTF_8.findall(text)
    if len(_BEYOND_ASCII.findall(text)) > len(wrong):
        place = text.index(wrong[0])
        number = text.count("\n", 0, place) + 1
        raise ValueError(f"line {number} is not valid UTF-8, as the rest is; correct it, or save the file as UTF-8")


def _is_binary(text: str) -> bool:
    start = text[:LOOK_BYTES]
    return "\0" in start or len(_CONTROL.findall(start)) > _LARGEST_CONTROL_SHARE * len(start)
