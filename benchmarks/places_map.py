"""What a map of places costs in libraries of 10,000 and 100,000 photos that all have a position.

Prints milliseconds of processor time: the first map, which reads the positions; the median of moves over it; of moves
over the photos that pass a filter. The gazetteer is read before, which takes 0.2 s once for a process.

Example: .venv/bin/python benchmarks/places_map.py
"""

import random
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from twinlens.api.library import Area, Collection, View
from twinlens.collection.catalog.rows import FileState
from twinlens.data.exif import PhotoDetails
from twinlens.data.places.gazetteer import largest_towns, place_of
from twinlens.embedding.local import PhotoVector

SIZES, AT_ONCE, MOVES = (10_000, 100_000), 5_000, 21
NEAR = 0.05  # degrees; photos lie around towns


def fill(collection: Collection, photos: int) -> None:
    """Adds photos around the 2,000 largest towns."""
    dice, row = random.Random(0), np.eye(8, dtype=np.float32)[0]
    towns = largest_towns((-180, -90, 180, 90), most=2000)
    folder = collection.catalog.folders()[0].id
    for start in range(0, photos, AT_ONCE):
        with collection.catalog.writing() as writer:
            for number in range(start, min(photos, start + AT_ONCE)):
                town = dice.choice(towns)
                latitude, longitude = (dice.gauss(town[axis], NEAR) for axis in (3, 4))
                taken = f"{2000 + number % 24}-06-15T12:00:00"
                details = PhotoDetails(4, 4, taken, latitude=latitude, longitude=max(-180, min(180, longitude)))
                file = FileState(folder, f"{number:06}.jpg", 1, 1, number.to_bytes(16))
                writer.put_photo(file, details, PhotoVector(row, None), reader_version=1)


def milliseconds(collection: Collection, view: View, **filters: str) -> float:
    """Processor time of one map."""
    started = time.thread_time()
    collection.map_of_places(view, **filters)
    return (time.thread_time() - started) * 1000


def views(count: int) -> list[View]:
    """The whole Earth, and windows of 1,440 by 900 pixels over it, ever closer."""
    dice, found = random.Random(1), [View(Area(-180, -90, 180, 90), 2.5)]
    for place in range(count - 1):
        zoom = 3 + place % 8
        width, height = 360 * 1440 / (256 * 2**zoom), 360 * 900 / (256 * 2**zoom) * 0.7
        west, south = dice.uniform(-10, 30), dice.uniform(35, 55)
        found.append(View(Area(west, south, west + min(width, 140), min(85.0, south + height)), zoom))
    return found


def main() -> None:
    """Prints the table."""
    place_of(0, 0)
    print("| photos with a position | first map | each further move | with a filter |\n| --- | --- | --- | --- |")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder, Collection.create([Path(folder)]) as collection:
            fill(collection, size)
            asked = views(MOVES)
            first = milliseconds(collection, asked[0])
            moves = statistics.median(milliseconds(collection, view) for view in asked)
            some = statistics.median(milliseconds(collection, view, year="2010..2020") for view in asked)
            print(f"| {size:,} | {first:.0f} ms | {moves:.0f} ms | {some:.0f} ms |")


if __name__ == "__main__":
    main()
