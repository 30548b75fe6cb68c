"""Statistics of a library: photos per subfolder and camera, dates, captions."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.columns.counts import Counts
from twinlens.collection.catalog.reading import first_and_last_taken
from twinlens.collection.indexing.scanning.last_scan import last_scan_stamp, skipped_files
from twinlens.collection.place.photo_folders import PhotoFolder

MOST_FOLDERS = 2000  # a list for people to choose from


@dataclass(frozen=True, slots=True)
class LibraryFacts:
    """Statistics of one generation of a catalog.

    Attributes:
        generation: of the catalog.
        photos: searchable photos.
        captions: searchable captions.
        skipped: files that were skipped.
        first_taken: the oldest photo's date; None if no photo has one.
        last_taken: the newest photo's date.
        located: photos with a location.
        undated: photos without a date.
        file_dated: photos that have only the date of their file.
        cameras: name and number of photos, most photos first.
        folders: subfolder, in the form that filters take, and number of photos directly in it, by name.
        is_complete: an index run has finished.
        scan_stamp: of the last index run, see ``last_scan_stamp``.
    """

    generation: int
    photos: int
    captions: int
    skipped: int
    first_taken: str | None
    last_taken: str | None
    located: int
    undated: int
    file_dated: int
    cameras: list[tuple[str, int]]
    folders: list[tuple[str, int]]
    is_complete: bool
    scan_stamp: int | None


def library_facts(catalog: Catalog, folders: Sequence[PhotoFolder], *, is_complete: bool) -> LibraryFacts:
    """The statistics of a collection."""
    generation, stamp, counts = catalog.generation, last_scan_stamp(catalog), catalog.counts()
    first_taken, last_taken = first_and_last_taken(catalog)
    return LibraryFacts(
        generation=generation,
        photos=counts.number("photos"),
        captions=catalog.captions.count(),
        skipped=len(skipped_files(catalog, folders)),
        first_taken=first_taken,
        last_taken=last_taken,
        located=counts.number("located"),
        undated=counts.number("undated"),
        file_dated=counts.number("file_dated"),
        cameras=counts.most("camera"),
        folders=_sub_folders(counts, folders),
        is_complete=is_complete,
        scan_stamp=stamp,
    )


def _sub_folders(counts: Counts, folders: Sequence[PhotoFolder]) -> list[tuple[str, int]]:
    prefixes = {str(folder.id): folder.prefix for folder in folders}
    named: Counter[str] = Counter()
    for place, number in counts.values("folder").items():
        folder_id, _, subfolder = place.partition("/")
        if folder_id in prefixes:
            named[(prefixes[folder_id] + subfolder).rstrip("/")] += number
    return sorted((name, number) for name, number in named.items() if name)[:MOST_FOLDERS]
