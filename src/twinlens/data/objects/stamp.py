"""By what an object is known to be unchanged: its size, and its date with its ETag in it.

Object stores keep dates in whole seconds. So the seconds of a date in the catalog are those of the object, and what is
below a second is made of the ETag: an object that is replaced within a second has another stamp, and one that was only
copied over itself can be told by it, though its date is new.
"""

import hashlib
import os
import stat
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

SECOND_NS = 1_000_000_000
_TAGS = ("md5Hash", "ETag", "etag")  # Google Cloud: the first, since its ETag changes with labels, too
_DATES = ("LastModified", "last_modified", "mtime", "updated", "modified", "created")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stat_of(info: Mapping[str, Any]) -> os.stat_result:
    """What fsspec tells about an object or a folder, as of a file."""
    kind = info.get("type")
    mode = {"directory": stat.S_IFDIR | 0o555, "file": stat.S_IFREG | 0o444}.get(str(kind), stat.S_IFLNK)
    return _stat(mode, int(info.get("size") or 0), 0 if kind == "directory" else date_ns(info))


def indexed_stat(size_bytes: int, mtime_ns: int) -> os.stat_result:
    """The same of an object as the catalog knows it."""
    return _stat(stat.S_IFREG | 0o444, size_bytes, mtime_ns)


def date_ns(info: Mapping[str, Any]) -> int:
    """The date of an object in ns since 1970, with its ETag in it if it has one; 0 if it has no date."""
    date = next((found for name in _DATES if (found := info.get(name))), None)
    exact = _in_ns(date)
    tag = next((str(found) for name in _TAGS if (found := info.get(name))), "").strip('"')
    return exact if not tag else exact // SECOND_NS * SECOND_NS + _below_a_second(tag)


def tag_of(mtime_ns: int) -> int | None:
    """What a date tells of the ETag; None if there was none.

    >>> tag_of(date_ns({"ETag": "abc", "LastModified": _EPOCH})) == tag_of(date_ns({"ETag": "abc"}))
    True
    >>> tag_of(1_700_000_000_123_456_000) is None
    True
    """
    return mtime_ns % SECOND_NS if mtime_ns % 1000 else None


def _below_a_second(tag: str) -> int:
    """A number of ns that no date without an ETag has: those are in whole microseconds."""
    digest = int.from_bytes(hashlib.sha256(tag.encode()).digest()[:8], "big")
    micros, last = divmod(digest % (1_000_000 * 999), 999)
    return micros * 1000 + last + 1


def _in_ns(date: object) -> int:
    match date:
        case datetime():
            aware = date if date.tzinfo else date.replace(tzinfo=UTC)
            return (aware - _EPOCH) // timedelta(microseconds=1) * 1000
        case int() | float():
            return int(date * 1_000_000) * 1000
        case str():
            return _in_ns(datetime.fromisoformat(date))
    return 0


def _stat(mode: int, size_bytes: int, mtime_ns: int) -> os.stat_result:
    seconds = mtime_ns // SECOND_NS
    fields = (mode, 0, 0, 1, 0, 0, size_bytes, seconds, seconds, seconds)
    return os.stat_result(fields, {"st_mtime": mtime_ns / SECOND_NS, "st_mtime_ns": mtime_ns})
