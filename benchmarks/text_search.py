"""What finding photos by names and captions costs in a library of 100,000 photos with three captions each.

Prints milliseconds of processor time, which other programs disturb less than the clock: medians of nine.

Example: .venv/bin/python benchmarks/text_search.py --captions data/flickr8k/captions.json
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence, Sized
from contextlib import closing
from pathlib import Path

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.texts.derived_texts import FILE, DerivedTexts
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector

WORDS = ("frisbee", "snow", "dog snow", "a dog in the snow", "two children play on a beach", "2010 italy", "unicorn")
PHRASES = ("dog", "black dog", "in the snow", "IMG_02207", "2010")
TIMES, CAPTIONS_EACH, AT_ONCE = 9, 3, 5_000


def fill(catalog: Catalog, captions: Sequence[str], photos: int) -> None:
    """Adds photos with names such as cameras give, and some of the captions each."""
    dice, row = random.Random(0), np.eye(8, dtype=np.float32)[0]
    folder = catalog.add_folder("photos", "../photos").id
    for start in range(0, photos, AT_ONCE):
        with catalog.writing() as writer:
            for number in range(start, min(photos, start + AT_ONCE)):
                path = f"{2000 + number % 24}/{dice.choice(('Italy', 'France', 'Kids Party'))}/IMG_{number:05}.jpg"
                file = FileState(folder, path, 1, 1, number.to_bytes(16))
                writer.put_photo(file, PhotoDetails(4, 4), PhotoVector(row, None), reader_version=1)
                for caption in dice.sample(captions, CAPTIONS_EACH):
                    writer.put_caption(number + 1, caption, row)


def milliseconds(act: Callable[[], Sized], times: int = TIMES) -> tuple[float, int]:
    """Median processor time, and how many were found."""
    taken, count = [], 0
    for _ in range(times):
        started = time.thread_time()
        count = len(act())
        taken.append(1000 * (time.thread_time() - started))
    return statistics.median(taken), count


def main() -> None:
    """Prints a line for each query, and the median of all."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--captions", type=Path, required=True, help='JSON: [{"caption": …}, …]')
    options.add_argument("--photos", type=int, default=100_000)
    asked = options.parse_args()
    captions = [row["caption"] for row in json.loads(asked.captions.read_text(encoding="utf-8"))]
    with tempfile.TemporaryDirectory() as place, closing(Catalog(Path(place, "c.sqlite"), create=True)) as catalog:
        fill(catalog, captions, asked.photos)
        with closing(DerivedTexts(catalog, Path(place), writable=True)) as texts:
            build, _ = milliseconds(lambda: texts.synced() or (), times=1)
            size = Path(place, FILE).stat().st_size
            print(f"{asked.photos:,} photos: built in {build / 1000:.1f} s, {size / 1e6:.0f} MB")
            every = []
            for ask, queries in ((texts.found, WORDS), (texts.holding, PHRASES)):
                for query in queries:
                    taken, count = milliseconds(lambda ask=ask, query=query: ask(query))
                    every.append(taken)
                    print(f"{ask.__name__:8} {query:30} {taken:6.1f} ms, {count:,} photos")
            print(f"median {statistics.median(every):.1f} ms")


if __name__ == "__main__":
    main()
