"""Asks object storage: what is in a folder, what an object is, and what is in it; with retries that end."""

import errno
import functools
import logging
import os
import random
import re
import stat
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from importlib import import_module
from typing import Any, NamedTuple, TypeVar

from twinlens.data.objects.named import NotNamedError, is_named, refusal
from twinlens.data.objects.object_path import SCHEMES, ObjectPath
from twinlens.data.objects.patience import AWAY_S, REACHED_S, SHOWN_S, by_then, deadline, soon
from twinlens.data.objects.stamp import stat_of
from twinlens.errors import CollectionError, TwinlensError

logger = logging.getLogger(__name__)
TRIES = 4
FIRST_WAIT_S = 0.3  # then three times as long each time: 4 s in all
CONNECTED_S = 5.0  # within which a server must take a call
ANSWERED_S = 60.0  # within which the next bytes must come
SEEN_S = 5.0
CONNECTIONS = 32  # at once to one server
_LOGIN = re.compile(r"Credential|Auth|Unauthorized|Token|SSO|ProfileNotFound")  # in the names of errors
_SECRETS = re.compile(r"\?\S+")  # a signed URL has its signature there
MOST_LETTERS = 300  # of what a server says

Result = TypeVar("Result")


class _NoRangeError(OSError):
    """The bytes that were asked for are behind the end of the object."""


class ObjectEntry(NamedTuple):
    """What is in a folder, as ``os.scandir`` has it."""

    name: str
    path: str
    found: os.stat_result

    def is_dir(self) -> bool:
        """Whether it contains objects."""
        return stat.S_ISDIR(self.found.st_mode)

    def is_symlink(self) -> bool:
        """There are none."""
        return False

    def stat(self) -> os.stat_result:
        """Size and date, as the listing told them."""
        return self.found


class Listing(NamedTuple):
    """A folder in object storage.

    Attributes:
        entries: what is in it.
        unnamed: how many objects and folders in it have an empty name, so that no path leads to them.
    """

    entries: list[ObjectEntry]
    unnamed: int


class ObjectStorage:
    """One kind of storage, or one host; may be shared between threads.

    Args:
        connect: makes the file system of fsspec, when it is asked first.
        tries: how often a call is tried.
        has_session: whether it has one connection, which takes one call at a time, and is made anew when it has failed.

    Every method raises FileNotFoundError, PermissionError, or ConnectionError once all tries have failed.
    """

    def __init__(self, connect: Callable[[], Any], *, tries: int = TRIES, has_session: bool = False) -> None:
        self._connect, self._tries, self._has_session = connect, tries, has_session
        self._system: Any = None
        self._connecting = threading.Lock()
        self._turn = threading.Lock() if has_session else nullcontext()
        self._seen: dict[ObjectPath, tuple[float, bool]] = {}
        self._away: dict[str, tuple[float, str]] = {}

    def entries(self, folder: ObjectPath) -> Listing:
        """What is in a folder; stores that have pages are asked for one after another."""
        found = self._ask(folder, lambda system: system.ls(_address(folder), detail=True))
        base, entries, unnamed = _address(folder).strip("/"), list[ObjectEntry](), 0
        for info in found:
            full = str(info["name"]).strip("/")
            if full == base:  # the whole name: what is in a bucket may have the bucket's name, too
                # else it is the object that some programs make for an empty folder
                unnamed += info.get("type") == "directory"
                continue
            name = full.removeprefix(f"{base}/")
            entries.append(ObjectEntry(name, str(folder / name), stat_of(info)))  # a folder may have an object's name
        return Listing(entries, unnamed)

    def stat(self, path: ObjectPath, *, tries: int | None = None) -> os.stat_result:
        """Size and date of an object, or that it is a folder."""
        return stat_of(self._ask(path, lambda system: system.info(_address(path)), tries=tries))

    def read(self, path: ObjectPath, *, start: int = 0, end: int | None = None) -> bytes:
        """The object, or the bytes of it from ``start`` and before ``end``, as far as there are any."""
        limits = {} if end is None else {"start": start, "end": end}
        try:
            return self._ask(path, lambda system: bytes(system.cat_file(_address(path), **limits)))
        except _NoRangeError:  # an empty object has no first byte
            return b""

    def is_there(self, folder: ObjectPath) -> bool:
        """Whether a folder can be seen; an answer counts for a moment, since a server's page asks again and again."""
        until, answer = self._seen.get(folder, (0.0, False))
        if time.monotonic() > until:
            try:
                with soon(SHOWN_S):
                    answer = bool(self.stat(folder, tries=1))
            except OSError:
                answer = False
            self._seen[folder] = time.monotonic() + SEEN_S, answer
        return answer

    def is_reachable(self, folder: ObjectPath) -> bool:
        """Whether the storage answers and lets us look, tried once."""
        try:
            with nullcontext() if deadline() is None else soon(REACHED_S):
                self.stat(folder, tries=1)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def tell_away(self, path: ObjectPath, error: OSError) -> None:
        """What is asked with a deadline fails at once for some seconds: a page asks for many pictures."""
        if deadline() is not None and isinstance(error, ConnectionError):
            self._away[path.place] = time.monotonic() + AWAY_S, str(error.strerror or error)

    def _ask(self, path: ObjectPath, call: Callable[[Any], Result], *, tries: int | None = None) -> Result:
        tries = self._tries if tries is None else tries
        if (until := deadline()) is None:
            return self._try(path, call, tries, None)
        away_until, why = self._away.get(path.place, (0.0, ""))
        if time.monotonic() < away_until:
            raise ConnectionError(errno.ECONNABORTED, why)
        return by_then(until, lambda: self._try(path, call, tries, until))

    def _try(self, path: ObjectPath, call: Callable[[Any], Result], tries: int, until: float | None) -> Result:
        for attempt in range(tries):
            system = None
            try:
                with self._turn:  # answers would reach the wrong threads
                    return call(system := self._connected())
            except (MemoryError, TwinlensError, NotNamedError):
                raise
            except Exception as error:  # each package has errors of its own
                reason = _as_os_error(error)
                if isinstance(reason, ConnectionError):
                    self._drop(system)
                is_last = attempt == tries - 1 or (until is not None and time.monotonic() > until)
                if is_last or not isinstance(reason, ConnectionError):
                    raise reason from error
                logger.debug("%s: %s; tried again", path, reason)
            time.sleep(FIRST_WAIT_S * 3**attempt * random.uniform(0.7, 1.0))
        raise AssertionError("the last try returns or raises")

    def _connected(self) -> Any:
        with self._connecting:
            if self._system is None:
                self._system = self._connect()
            return self._system

    def _drop(self, system: Any) -> None:
        with self._connecting:
            if self._has_session and self._system is system:
                self._system = None


def storage_of(path: ObjectPath) -> ObjectStorage:
    """The storage that a path leads to; it is not asked yet, and one that the user did not name refuses everything."""
    if not is_named(path):
        return ObjectStorage(functools.partial(_refuse, path))
    place = path.place if path.scheme == "sftp" else ""
    return _storage(os.getpid(), path.scheme, place)  # a forked process needs connections of its own


def _refuse(path: ObjectPath) -> Any:
    raise refusal(path)


@functools.lru_cache(maxsize=64)
def _storage(_process: int, scheme: str, place: str) -> ObjectStorage:
    return ObjectStorage(lambda: _file_system(scheme, place), has_session=scheme == "sftp")


def _file_system(scheme: str, place: str) -> Any:
    """The file system of fsspec.

    Raises:
        CollectionError: the package that reads it is not installed.
    """
    package = SCHEMES[scheme]
    try:
        import_module(package)
        from fsspec import get_filesystem_class

        kind = get_filesystem_class(scheme)
    except ImportError as error:
        what = "'twinlens[objects]'" if scheme == "s3" else package
        raise CollectionError(f"{scheme}:// needs the package {package}: pip install {what}") from error
    if scheme == "sftp":
        return kind(**kind._get_kwargs_from_urls(f"sftp://{place}/"), timeout=CONNECTED_S, skip_instance_cache=True)
    options: dict[str, Any] = {"skip_instance_cache": True, "use_listings_cache": False}
    if scheme != "s3":
        return kind(**options)
    network = {"connect_timeout": CONNECTED_S, "read_timeout": ANSWERED_S, "max_pool_connections": CONNECTIONS}
    # one call reads an object, and only we try again
    system = kind(**options, config_kwargs={**network, "retries": {"total_max_attempts": 1}}, max_concurrency=1)
    system.retries = 1
    return system


def _address(path: ObjectPath) -> str:
    """A path as fsspec has it, without what its own parsing of URLs could take apart.

    Raises:
        FileNotFoundError: it leads out of a folder, which no path from a listing does.
    """
    if ".." in path.parts:
        raise FileNotFoundError(errno.ENOENT, "no such object")
    if path.scheme == "sftp":
        return f"/{path.key}"
    return "/".join(path.parts[1:]) if path.scheme != "memory" else "/" + "/".join(path.parts[1:])


def _as_os_error(error: Exception) -> OSError:
    """What an error of any package means: no such object, not allowed, not possible, or not now."""
    told = str(getattr(error, "strerror", None) or error) or type(error).__name__
    told = _SECRETS.sub("?…", " ".join(told.split()))[:MOST_LETTERS]
    names = [kind.__name__ for kind in type(error).__mro__]
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return FileNotFoundError(errno.ENOENT, told)
    if isinstance(error, PermissionError) or any(map(_LOGIN.search, names)):
        return PermissionError(errno.EACCES, told)
    if "SSHException" in names and "authentication" in told.lower():
        return PermissionError(errno.EACCES, told)
    if isinstance(error, IsADirectoryError):
        return IsADirectoryError(errno.EISDIR, told)
    if _is_behind_the_end(error) or _is_behind_the_end(error.__cause__):
        return _NoRangeError(errno.EINVAL, told)
    if isinstance(error, ValueError | TypeError | AttributeError):  # asked wrongly, which waiting does not mend
        return OSError(errno.EINVAL, told)
    return ConnectionError(errno.ECONNABORTED, told)


def _is_behind_the_end(error: BaseException | None) -> bool:
    """Whether a store says so: by an answer of botocore, or a code as of Azure and Google Cloud."""
    answer = getattr(error, "response", None)
    said = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
    codes = (said, getattr(error, "error_code", None), getattr(error, "code", None))
    return any(str(code) in ("InvalidRange", "416") for code in codes)
