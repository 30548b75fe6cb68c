"""Protocol buffers' wire format: fields of a message, without a schema and without copying."""

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5


class Field(NamedTuple):
    """One field of a message: its number, its value, and all of its bytes, tag included."""

    number: int
    value: int | memoryview
    raw: memoryview

    @property
    def message(self) -> memoryview:
        """The value as bytes or an embedded message.

        Raises:
            ValueError: it is a number.
        """
        if isinstance(self.value, int):
            raise ValueError(f"field {self.number} is a number, a message was expected")
        return self.value

    @property
    def text(self) -> str:
        """The value as text.

        Raises:
            ValueError: it is none.
        """
        return bytes(self.message).decode()


def mapped(path: Path) -> memoryview:
    """A file's content, read as it is used; the file is closed when the last view of it is gone.

    Raises:
        ValueError: it is empty.
    """
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def fields(data: memoryview) -> Iterator[Field]:
    """The fields of a message, in their order.

    Raises:
        ValueError: this is no message, or it ends too early.

    >>> [(field.number, field.text) for field in fields(memoryview(message(2, b"torch") + message(3, b"2.13")))]
    [(2, 'torch'), (3, '2.13')]
    """
    at = 0
    while at < len(data):
        start = at
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield Field(number, value, data[start:at])
            continue
        if kind == _BYTES:
            length, at = _varint(data, at)
        elif kind in (_FIXED_32, _FIXED_64):
            length = 4 if kind == _FIXED_32 else 8
        else:
            raise ValueError(f"unknown wire type {kind}")
        if at + length > len(data):
            raise ValueError("the message is cut short")
        yield Field(number, data[at : at + length], data[start : at + length])
        at += length


def integers(field: Field) -> list[int]:
    """The numbers of a repeated field, packed or not; negative ones as two's complement of 64 bits."""
    if isinstance(field.value, int):
        return [_signed(field.value)]
    found, at = [], 0
    while at < len(field.value):
        value, at = _varint(field.value, at)
        found.append(_signed(value))
    return found


def message(number: int, content: bytes) -> bytes:
    """A field of bytes, as it stands in a message."""
    return head(number, len(content)) + content


def head(number: int, length: int) -> bytes:
    """What stands before the content of a field of bytes."""
    return _as_varint(number << 3 | _BYTES) + _as_varint(length)


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("the message is cut short")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number is too long")


def _as_varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
