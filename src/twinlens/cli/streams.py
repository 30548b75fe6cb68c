"""Standard input, output and error of the program, whatever the shell has connected to them."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from twinlens.errors import TwinlensError

STDIN, STDOUT, STDERR = 0, 1, 2


class StdoutError(TwinlensError):
    """Results cannot be written to standard output."""


class ReaderGoneError(StdoutError):
    """The program that read the results has ended, as ``head`` does."""


class Results(io.TextIOWrapper):
    """Standard output; a failure is a ``StdoutError``, and nothing is written after it.

    Args:
        stream: the stream that it replaces; None if standard output is closed.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._is_closed = stream is None
        super().__init__(*_parts(stream))

    def write(self, text: str) -> int:
        if self._is_closed:
            raise StdoutError("the results cannot be written: standard output is closed")
        with _stdout_errors():
            return super().write(text)

    def flush(self) -> None:
        with _stdout_errors():
            super().flush()


class Notes(io.TextIOWrapper):
    """Standard error; what cannot be written there is lost, for there is no other place to tell it.

    Args:
        stream: the stream that it replaces; None if standard error is closed.
    """

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__(*_parts(stream))

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            _discard(STDERR)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            _discard(STDERR)


def prepare_streams() -> None:
    """Replaces the three streams. Files opened later never take the place of a closed one."""
    closed = [number for number, stream in enumerate((sys.stdin, sys.stdout, sys.stderr)) if stream is None]
    for descriptor in closed:
        _discard(descriptor)
    if STDIN in closed:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 — open for the life of the program
    sys.stdout, sys.stderr = Results(sys.stdout), Notes(sys.stderr)


def _parts(stream: TextIO | None) -> tuple[Any, str, str, None, bool]:
    """Arguments of the wrapper that replaces a stream.

    Any file name can be printed: UTF-8 in files and pipes, escaped on a terminal that cannot show it.
    """
    if stream is None:
        return open(os.devnull, "wb"), "utf-8", "surrogateescape", None, False  # noqa: PTH123
    if stream.isatty():
        return stream.buffer, stream.encoding, "backslashreplace", None, True
    return stream.buffer, "utf-8", "surrogateescape", None, getattr(stream, "line_buffering", False)


@contextmanager
def _stdout_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        _discard(STDOUT)  # what is buffered would fail again when the program ends
        # Windows reports a closed pipe as an invalid argument
        if error.errno == errno.EPIPE or (sys.platform == "win32" and error.errno == errno.EINVAL):
            raise ReaderGoneError("the reader of the results is gone") from error
        raise StdoutError(f"the results cannot be written: {error.strerror or error}") from error


def _discard(descriptor: int) -> None:
    """Connects a descriptor to nothing."""
    null = os.open(os.devnull, os.O_RDWR)
    if null != descriptor:
        os.dup2(null, descriptor)
        os.close(null)
