"""Download a picture from a URL given by the user."""

import http.client
import io
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from functools import partial
from typing import Any

from twinlens.errors import PhotoError

TIMEOUT_S = 15.0
MAX_BYTES = 64 * 1024 * 1024


def is_url(text: str) -> bool:
    """Whether the text is an http or https URL."""
    return text.lower().startswith(("http://", "https://")) and not any(letter.isspace() for letter in text)


def fetch_photo_bytes(url: str, *, timeout_s: float = TIMEOUT_S) -> bytes:
    """Downloads a URL; besides photos in object storage, all that a search uses the network for.

    Args:
        url: http or https; redirections to other schemes are refused.
        timeout_s: for everything together, however slowly the server sends.

    Raises:
        PhotoError: the picture has not arrived in time, or the server returns an error or sends too much.
    """
    address = urllib.parse.quote(url, safe="%/:=&?~#+!$,;'@()*[]")
    try:
        request = urllib.request.Request(address, headers={"User-Agent": "twinlens"})
        with _opener(Deadline(timeout_s)).open(request) as response:
            data: bytes = response.read(MAX_BYTES + 1)
    except urllib.error.HTTPError as error:
        error.close()
        raise PhotoError(f"the server answered {error.code}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        why = getattr(error, "reason", error)
        if isinstance(why, TimeoutError):
            raise PhotoError(f"it has not arrived within {timeout_s:g} seconds") from error
        raise PhotoError(f"download failed: {why}") from error
    if len(data) > MAX_BYTES:
        raise PhotoError(f"more than {MAX_BYTES // 2**20} MB")
    return data


class Deadline:
    """The end of a time that begins now."""

    def __init__(self, after_s: float) -> None:
        self._end = time.monotonic() + after_s

    def left_s(self) -> float:
        """Seconds until then.

        Raises:
            TimeoutError: none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


class TimedReader(io.RawIOBase):
    """Reads from a socket until a deadline; a socket's own timeout begins anew with every byte that comes."""

    def __init__(self, connected: socket.socket, source: io.RawIOBase, deadline: Deadline) -> None:
        self._socket, self._source, self._deadline = connected, source, deadline

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Reads what has come, at most as much as the buffer takes."""
        self._socket.settimeout(self._deadline.left_s())
        return self._source.readinto(buffer)

    def close(self) -> None:
        """Closes the socket's file, too."""
        self._source.close()
        super().close()


class TimedResponse(http.client.HTTPResponse):
    """A response whose head and body must come before a deadline."""

    def __init__(self, connected: socket.socket, *args: Any, deadline: Deadline, **options: Any) -> None:
        super().__init__(connected, *args, **options)
        self.fp = io.BufferedReader(TimedReader(connected, self.fp.detach(), deadline))


class _Http(urllib.request.HTTPHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(_connection, http.client.HTTPConnection, self._deadline), request)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(_connection, http.client.HTTPSConnection, self._deadline), request)


def _connection(kind: Any, deadline: Deadline, host: str, **options: Any) -> http.client.HTTPConnection:
    made: http.client.HTTPConnection = kind(host, **{**options, "timeout": deadline.left_s()})
    made.response_class = partial(TimedResponse, deadline=deadline)  # type: ignore[assignment]
    return made


def _opener(deadline: Deadline) -> urllib.request.OpenerDirector:
    """As ``urllib.request.build_opener`` makes one, with a deadline, and without files and FTP."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        _Http(deadline),
        _Https(deadline),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener
