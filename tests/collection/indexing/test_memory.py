"""An index run that finds nothing new holds little of each photo, so that a million of them fit into any machine."""

import gc
import tracemalloc
from pathlib import Path

import numpy as np

from conftest import ColourEncoder
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.indexing.index import index_folders
from twinlens.collection.indexing.updating.task import READER_VERSION
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector

FEW, MANY = 3_000, 12_000
A_FOLDER = 300
MOST_BYTES = 200  # of each photo; it was 750 when the rows of all photos were held
VECTOR = PhotoVector(np.eye(1, 8, dtype=np.float32)[0], None)


def add(catalog: Catalog, photos: Path, numbers: range) -> None:
    """Files and what the catalog knows of them."""
    with catalog.writing() as writer:
        for number in numbers:
            path = f"Camera Uploads {number // A_FOLDER}/IMG_{number:08}.jpg"
            file = photos / path
            if number % A_FOLDER == 0:
                file.parent.mkdir(parents=True)
            file.write_bytes(b"\xff")
            state = FileState(1, path, 1, file.stat().st_mtime_ns, number.to_bytes(16, "big"))
            writer.put_photo(state, PhotoDetails(4, 3), VECTOR, reader_version=READER_VERSION)


def peak_bytes(catalog: Catalog, photos: Path, expected: int) -> int:
    """The most that a run holds at once."""
    gc.collect()
    tracemalloc.start()
    try:
        report = index_folders(catalog, ColourEncoder(), [PhotoFolder(1, photos, "")])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (report.unchanged, report.added, report.removed) == (expected, 0, 0)
    return peak


def test_a_run_that_finds_nothing_new_holds_no_row_of_each_photo(catalog: Catalog, photos: Path) -> None:
    catalog.add_folder("photos", str(photos))
    add(catalog, photos, range(FEW))
    peak_bytes(catalog, photos, FEW)  # what is imported and kept at first
    few = peak_bytes(catalog, photos, FEW)
    add(catalog, photos, range(FEW, MANY))
    many = peak_bytes(catalog, photos, MANY)
    assert (many - few) / (MANY - FEW) < MOST_BYTES
