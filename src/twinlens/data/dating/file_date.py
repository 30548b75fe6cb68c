"""Dates of photos that say nothing themselves: from the file's name, or else from the file's own date."""

from dataclasses import replace
from datetime import datetime

from twinlens.data.dating.file_name import name_moment
from twinlens.data.dating.moment import Moment, moment
from twinlens.data.exif import PhotoDetails

OUTSIDE = frozenset({"name", "file"})  # sources that do not lie in the photo's content


def dated(details: PhotoDetails, path: str, mtime_ns: int) -> PhotoDetails:
    """The details with the date that the photo's content tells, else its name, else its file.

    Args:
        details: of the content; a date from the name or file of another copy does not count.
        path: of this photo.
        mtime_ns: of this photo's file.
    """
    if details.taken_at is not None and details.date_source not in OUTSIDE:
        return replace(details, date_source=details.date_source or "exif")
    return with_moment(details, outside_moment(path, mtime_ns))


def outside_moment(path: str, mtime_ns: int) -> Moment | None:
    """The date in the file's name, else the file's own; None if both are missing or implausible."""
    return name_moment(path) or file_moment(mtime_ns)


def file_moment(mtime_ns: int) -> Moment | None:
    """When the file was last changed, in the local time of this machine; None if that is implausible."""
    try:
        changed = datetime.fromtimestamp(mtime_ns // 1_000_000_000)
    except (OverflowError, OSError, ValueError):  # file systems can hold any number
        return None
    return moment(changed, "file")


def moved_moment(known: Moment | None, path: str, mtime_ns: int) -> Moment | None:
    """The date of a photo whose file was moved or touched, with the same content.

    A date from the content stays. A date in the new name counts, else one in the old name
    stays. Of two file dates the earlier one stays: copying only ever makes a file younger.

    Args:
        known: the date so far.
        path: the new one.
        mtime_ns: the new one.
    """
    if known is not None and known.source not in OUTSIDE:
        return known
    named = name_moment(path)
    if named is not None or (known is not None and known.source == "name"):
        return named or known
    found = file_moment(mtime_ns)
    if known is None or found is None:
        return known or found
    return min(known, found)


def with_moment(details: PhotoDetails, found: Moment | None) -> PhotoDetails:
    """The details with this date."""
    taken_at, utc_offset_minutes, source = found or (None, None, None)
    return replace(details, taken_at=taken_at, utc_offset_minutes=utc_offset_minutes, date_source=source)
