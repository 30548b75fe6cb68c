"""Does a collection's use of memory and open files stay flat while photos are added, found and deleted without end?

Works in a temporary collection whose photos and vectors are made. Every round adds, deletes and searches; a line of
JSON is printed for each tenth of the operations.

Example: .venv/bin/python benchmarks/soak.py --operations 1000000
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import made_library
import numpy as np

from twinlens.api.library import Collection
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.indexing.updating.task import READER_VERSION
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector
from twinlens.memory import held_memory_bytes

WRITTEN_AT_ONCE = 100  # photos added, and as many deleted, in a round
SEARCHES = 10  # in a round
KEPT = 2_000  # photos in the collection, about
QUERIES = ("a dog", "a man on a beach", "sunset", "dog OR cat", "camera:canon", "a dog -cat")


class State(NamedTuple):
    """After some operations."""

    operations: int
    photos: int
    memory_mb: float
    open_files: int
    disk_mb: float
    seconds: float


def soak(place: Path, operations: int, *, seed: int = 0) -> Iterator[State]:
    """Works for so many operations, and tells the state after each tenth.

    Raises:
        AssertionError: the collection has other photos than were put into it, or an answer has one that was deleted.
    """
    dice, started = random.Random(seed), time.perf_counter()
    place.mkdir(exist_ok=True)
    with Collection.create([place]) as collection:
        encoder, catalog = collection.encoder, collection.catalog
        catalog.set_meta({"fingerprint": encoder.fingerprint, "model": "default", "dim": str(encoder.dim)})
        folder = catalog.folders()[0].id
        vectors = np.concatenate(list(made_library.everyday(KEPT, encoder, seed)))
        done, number, told, present = 0, 0, 0, list[int]()
        while done < operations:
            with catalog.writing() as writer:
                for _ in range(WRITTEN_AT_ONCE):
                    number += 1
                    file = FileState(folder, f"{number}.jpg", 1, number, number.to_bytes(16, "big"))
                    vector = PhotoVector(vectors[dice.randrange(KEPT)], None)
                    details = PhotoDetails(4000, 3000, camera=dice.choice(made_library.CAMERAS))
                    writer.put_photo(file, details, vector, reader_version=READER_VERSION)
            present = catalog.select_ids().tolist()
            gone = dice.sample(present, max(0, len(present) - KEPT))
            with catalog.writing() as writer:
                for photo in gone:
                    writer.remove(photo)
            present = catalog.select_ids().tolist()
            assert len(collection) == len(present) <= KEPT
            for _ in range(SEARCHES):
                found = collection.answer(dice.choice(QUERIES), k=20)
                assert {int(Path(hit.path).stem) for hit in found.hits} <= set(present), "a photo that is gone"
            done += WRITTEN_AT_ONCE + len(gone) + SEARCHES
            if done * 10 // operations > told:
                told = done * 10 // operations
                seconds = time.perf_counter() - started
                yield State(done, len(present), *used(collection.path), round(seconds, 1))


def used(place: Path) -> tuple[float, int, float]:
    """Memory and open files of this process, and disk of a folder; sizes in MB. Open files only on Linux, else 0."""
    handles = Path("/proc/self/fd")
    disk = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
    return (
        round((held_memory_bytes() or 0) / 1e6, 1),
        len(list(handles.iterdir())) if handles.is_dir() else 0,
        round(disk / 1e6, 1),
    )


def main() -> None:
    """Prints the states."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--operations", type=int, default=1_000_000)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for state in soak(Path(place, "photos"), asked.operations):
            print(json.dumps(state._asdict()), flush=True)


if __name__ == "__main__":
    main()
