"""Places in object storage, as paths: ``s3://bucket/2024/beach.jpg``."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from twinlens.errors import CollectionError, valid_unicode

if TYPE_CHECKING:
    from pathlib import PosixPath as _OwnPath
else:
    _OwnPath = type(Path())

SCHEMES = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs", "sftp": "paramiko", "memory": "fsspec"}
"""The package that reads each kind of storage; ``memory`` is a process's own, for tests."""
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.DOTALL)
_STARTS = frozenset(f"{scheme}:" for scheme in SCHEMES)
_NO_PARTS = frozenset(("", ".", ".."))


class ObjectPath(_OwnPath):
    """A place in object storage; its text is its URL.

    Joining, comparing and taking apart cost nothing. What asks the storage: ``stat`` and what is built on it
    (``exists``, ``is_file``, ``is_dir``), and ``read_bytes``. They raise FileNotFoundError where there is no such
    object, PermissionError where the storage refuses, and ConnectionError where it does not answer.
    """

    __slots__ = ()

    def __str__(self) -> str:
        first, *others = self.parts or ("",)
        return f"{first}//{'/'.join(others)}" if first in _STARTS else super().__str__()

    def __fspath__(self) -> str:
        return str(self)

    def as_posix(self) -> str:
        """The URL, or the relative path."""
        return str(self)

    @property
    def scheme(self) -> str:
        """The kind of storage, such as ``s3``."""
        return self.parts[0].removesuffix(":")

    @property
    def place(self) -> str:
        """The bucket, the container, or the host."""
        return self.parts[1]

    @property
    def key(self) -> str:
        """The path inside of it; empty for the whole."""
        return "/".join(self.parts[2:])

    def is_absolute(self) -> bool:
        """A place in object storage is no part of another folder."""
        return self.parts[:1] != () and self.parts[0] in _STARTS

    def absolute(self) -> Self:
        """The path itself."""
        return self

    def resolve(self, strict: bool = False) -> Self:  # noqa: ARG002 — as a path has it
        """The path itself: there are no links."""
        return self

    def expanduser(self) -> Self:
        """The path itself."""
        return self

    def is_symlink(self) -> bool:
        """There are none."""
        return False

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:  # noqa: ARG002 — as a path has it
        """Size and date of an object; of what contains objects, that it is a folder.

        Raises:
            FileNotFoundError, PermissionError, ConnectionError: see above.
        """
        from twinlens.data.objects.storage import storage_of  # takes fsspec, which few runs need

        return storage_of(self).stat(self)

    def lstat(self) -> os.stat_result:
        """As ``stat``."""
        return self.stat()

    def is_dir(self) -> bool:
        """Whether there are objects below, as far as the storage tells at once."""
        from twinlens.data.objects.storage import storage_of  # see above

        return storage_of(self).is_there(self)

    def is_file(self) -> bool:
        """Whether there is such an object; False also where nobody can tell."""
        try:
            return super().is_file()
        except OSError:
            return False

    def read_bytes(self) -> bytes:
        """The whole object."""
        from twinlens.data.objects.storage import storage_of  # see above

        return storage_of(self).read(self)

    def open(self, *_: Any, **__: Any) -> Any:
        """Objects are read by ``read_bytes``, and never written."""
        raise OSError(f"{self} is in object storage, where files cannot be opened")


def object_path(text: str | os.PathLike[str]) -> ObjectPath | None:
    """The place that a URL names; None for what is no URL of object storage.

    Raises:
        CollectionError: such a URL has a password, or names no bucket.

    >>> str(object_path("s3://bucket/2024/")), object_path("/home/ana/Pictures")
    ('s3://bucket/2024', None)
    """
    if isinstance(text, ObjectPath):
        return text
    written = os.fspath(text)
    found = _URL.fullmatch(written) or re.fullmatch(r"(\w+):/([^/].*)", written, re.DOTALL)  # as a Path writes it
    if found is None or (scheme := found[1].lower()) not in SCHEMES:
        return None
    place, *parts = found[2].rstrip("/").split("/")
    if not place or place in _NO_PARTS:
        raise CollectionError(f"{scheme}://{found[2]} names no bucket; write {scheme}://BUCKET/FOLDER")
    if ":" in place.rpartition("@")[0]:  # it would be kept in the catalog, and shown
        host = urlsplit(f"{scheme}://{place}").hostname
        raise CollectionError(
            f"the URL of {scheme}://{host} has a password in it, which would be stored and shown; "
            "leave it out and give it by the usual variables (docs/how-to/object-storage.md)"
        )
    if _NO_PARTS & {*parts} or valid_unicode(written) != written:
        raise CollectionError(f"{valid_unicode(written)!r} has an empty part, or '.' or '..', or is not valid Unicode")
    return ObjectPath(f"{scheme}:", place, *parts)


def as_path(text: str | os.PathLike[str]) -> Path:
    """A path, or a place in object storage."""
    return object_path(text) or Path(text)
