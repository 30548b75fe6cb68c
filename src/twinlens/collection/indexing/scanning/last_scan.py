"""What the last index run found on disk besides photos: the dates of folders, and the files that it left out.

A derived file beside the catalog, written by each run. It has three lines of JSON, because a search reads only the
first; each begins with its checksum.
"""

import json
import logging
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.indexing.scanning.scan import LeftOut, Scan
from twinlens.collection.place.disk import LAST_SCAN
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.embedding.local import Skipped
from twinlens.whole_file import whole_file

logger = logging.getLogger(__name__)
_UNREADABLE = (OSError, ValueError, RecursionError)  # the last if it is nested without end


class LastScan(NamedTuple):
    """When the last index run looked, and the folders that it saw.

    Attributes:
        finished_at: seconds since 1970.
        dates: modification time in ns of each subfolder, by photo folder; "" is the photo folder itself.
    """

    finished_at: float
    dates: dict[int, dict[str, int]]


def write_last_scan(catalog: Catalog, scans: Mapping[int, Scan]) -> None:
    """Stores what a finished run has found, by photo folder."""
    dates = {folder_id: scan.dates for folder_id, scan in scans.items()}
    skipped = [[folder_id, *file] for folder_id, scan in scans.items() for file in scan.others + scan.unreadable]
    passed_over = [[folder_id, *one] for folder_id, scan in scans.items() for one in scan.left_out.values()]
    _write(catalog, dates, skipped, passed_over)


def _write(
    catalog: Catalog, dates: Mapping[int, Mapping[str, int]], skipped: list[Any], passed_over: list[Any]
) -> None:
    folders = {"finished_at": time.time(), "dates": dates}
    with whole_file(catalog.path.with_name(LAST_SCAN)) as place:
        place.write_text(_line(folders) + _line(skipped) + _line(passed_over), encoding="ascii")


def write_part(
    catalog: Catalog, scans: Mapping[int, Scan], *, has: Callable[[int, str], bool], is_gone: Callable[[int, str], bool]
) -> None:
    """Stores what a run has found that looked at a part of the folders; the rest is as the run before has found it.

    Args:
        catalog: of the collection.
        scans: of the part, by photo folder.
        has: whether a file or folder of the earlier run was in what was looked at, by photo folder and path.
        is_gone: whether a folder of the earlier run is no longer there, or cannot be opened.
    """
    last = read_last_scan(catalog)
    known = last.dates if last else {}
    dates = {
        number: {below: date for below, date in known.get(number, {}).items() if not is_gone(number, below)}
        for number in scans
    }
    for number, scan in scans.items():
        dates[number].update(scan.dates)
    skipped = [
        file
        for file in _lines_or_nothing(catalog, 1)
        if _is_skipped(file) and file[0] in scans and not has(file[0], file[1])
    ]
    skipped += [[number, *file] for number, scan in scans.items() for file in scan.others + scan.unreadable]
    _write(catalog, dates, skipped, _lines_or_nothing(catalog, 2))


def read_last_scan(catalog: Catalog) -> LastScan | None:
    """When the last run looked; None if that is not known."""
    try:
        folders = _read_line(catalog, 0)
        finished_at = float(folders["finished_at"])
        datetime.fromtimestamp(finished_at)
        return LastScan(finished_at, {int(number): dict(dates) for number, dates in folders["dates"].items()})
    except (*_UNREADABLE, KeyError, TypeError, AttributeError, OverflowError) as error:
        logger.debug("the last scan of %s is not known: %s", catalog.path.parent, error)
        return None


def skipped_files(catalog: Catalog, folders: Sequence[PhotoFolder]) -> list[Skipped]:
    """Every file that the last run skipped, by path: those that it did not open and those that it could not read."""
    try:
        found = _read_line(catalog, 1)
        left_out = [file for file in found if _is_skipped(file)] if isinstance(found, list) else []
    except _UNREADABLE as error:
        logger.debug("what the last scan of %s left out is not known: %s", catalog.path.parent, error)
        left_out = []
    prefixes = {folder.id: folder.prefix for folder in folders}
    files = [file for file in (*catalog.skipped(), *left_out) if file[0] in prefixes]
    reasons = {prefixes[number] + path: reason for number, path, reason in files}
    return sorted(Skipped(path, reason) for path, reason in reasons.items())


def left_out_files(catalog: Catalog, folders: Sequence[PhotoFolder]) -> list[LeftOut]:
    """What the last run passed over, most frequent reason first; nothing if that is not known."""
    prefixes = {folder.id: folder.prefix for folder in folders}
    counts, examples = Counter[str](), dict[str, str]()
    try:
        for number, reason, count, example in _read_line(catalog, 2):
            if number in prefixes:
                counts[str(reason)] += int(count)
                examples.setdefault(str(reason), prefixes[number] + str(example))
    except (*_UNREADABLE, TypeError, IndexError) as error:  # written by an earlier release, or damaged
        logger.debug("what the last scan of %s passed over is not known: %s", catalog.path.parent, error)
        return []
    return [LeftOut(reason, count, examples[reason]) for reason, count in counts.most_common()]


def last_scan_stamp(catalog: Catalog) -> int | None:
    """Changes with every finished run; None before the first."""
    try:
        return catalog.path.with_name(LAST_SCAN).stat().st_mtime_ns
    except OSError:
        return None


def _lines_or_nothing(catalog: Catalog, number: int) -> list[Any]:
    """A list in a line; empty if it is damaged."""
    try:
        found = _read_line(catalog, number)
    except _UNREADABLE as error:
        logger.debug("what the last scan of %s found is not known: %s", catalog.path.parent, error)
        return []
    return found if isinstance(found, list) else []


def _is_skipped(file: object) -> bool:
    """Whether it is the number of a folder, a path and a reason."""
    return isinstance(file, list) and [type(part) for part in file] == [int, str, str]


def _line(content: object) -> str:
    text = json.dumps(content)
    return f"{zlib.crc32(text.encode('ascii')):08x} {text}\n"


def _read_line(catalog: Catalog, number: int) -> Any:
    """What a line says.

    Raises:
        OSError: there is no file.
        ValueError: the line is damaged.
    """
    with catalog.path.with_name(LAST_SCAN).open(encoding="ascii") as file:
        line = [file.readline() for _ in range(number + 1)][number]
    checksum, _, text = line.rstrip("\n").partition(" ")
    if checksum != f"{zlib.crc32(text.encode('ascii')):08x}":
        raise ValueError("its checksum is wrong")
    return json.loads(text)
