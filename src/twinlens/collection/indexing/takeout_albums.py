"""Albums of Google Takeout: a folder that its metadata call an album becomes a live album of that folder, once."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.curated.names import MOST_CHARACTERS, tidy_name
from twinlens.collection.indexing.scanning.scan import Scan
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.data.metadata.takeout import TakeoutError
from twinlens.data.metadata.takeout_album import read_album_title
from twinlens.errors import QueryError

logger = logging.getLogger(__name__)
KEY = "takeout_albums"  # in the catalog's meta table: the files that were read, with their sizes and dates


def make_takeout_albums(catalog: Catalog, folders: Sequence[PhotoFolder], scans: Mapping[int, Scan]) -> int:
    """Makes an album of each folder that is one and was not seen before; returns how many.

    One that somebody has renamed, changed or deleted since is left as it is. What was read is no skipped file.

    Args:
        catalog: up to date with the folders; the caller holds the indexing lock.
        folders: all folders of the collection.
        scans: what this run has found in each of them.
    """
    if not any(scan.albums for scan in scans.values()):
        return 0
    seen: dict[str, str] = json.loads(catalog.meta(KEY) or "{}")
    made, before = 0, dict(seen)
    for folder in folders:
        scan = scans[folder.id]
        for place, file in scan.albums.items():
            key, stamp = f"{folder.id}/{place}", f"{file.size_bytes} {file.mtime_ns}"
            title = None
            if seen.get(key) != stamp:
                try:
                    title = read_album_title(folder.file(file.path))
                except (OSError, TakeoutError) as error:
                    logger.info("%s makes no album: %s", file.path, error)
                    continue
            scan.others = [other for other in scan.others if other[0] != file.path]
            if title is not None and key not in seen:
                if not catalog.files.directly_in(folder.id, place):
                    continue  # its photos may come later
                made += _make(catalog, title, folder.prefix + place)
            seen[key] = stamp
    if seen != before:
        catalog.set_meta({KEY: json.dumps(seen)})
    return made


def _make(catalog: Catalog, title: str, place: str) -> bool:
    """Makes a live album; False if it cannot be one."""
    query = f'folder:"{place}"'
    if '"' in place or any(album.query == query for album in catalog.albums.all()):
        return False
    try:
        name = next(
            name for name in _names(tidy_name(title[:MOST_CHARACTERS], "album")) if not catalog.albums.find(name)
        )
        catalog.albums.create(name, query)
    except QueryError as error:
        logger.info("no album of the folder %s: %s", place, error)
        return False
    return True


def _names(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name[: MOST_CHARACTERS - 8]} ({number})" for number in count(2))
