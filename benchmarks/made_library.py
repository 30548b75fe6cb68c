"""A library with everything that a query may ask for, written straight into the catalog: no photo is decoded.

Its files are there, small and each of its own content, with the size and date that the catalog has: a run finds them
unchanged.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from twinlens.api.library import Collection
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.indexing.index import READER_VERSION
from twinlens.data.content_hash import content_hash
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector
from twinlens.everyday.descriptions import descriptions
from twinlens.types import Embeddings

AT_ONCE = 5_000
A_FOLDER = 500  # photos
A_CLUSTER = 100  # photos that are alike
SPREAD = 0.8  # length of a vector's own part beside its cluster's centre: photos of one cluster have a cosine of 0.6
CAMERAS = ("Canon EOS 80D", "NIKON D750", "Apple iPhone 12", "Google Pixel 7", "SONY ILCE-7M3", "FUJIFILM X-T4", None)
PEOPLE = ("Ana", "Ben", "Chloé", "Dmitri", "Grandma Rose")
PLACES = ((48.85, 2.35), (41.89, 12.49), (43.77, 11.25), (52.52, 13.4), (40.71, -74.0), (35.68, 139.69), (47.37, 8.54))
TAGS = ("kids", "holiday", "work", "garden", "to print")
FOLDERS = ("Italy", "Kids Party", "Camera Uploads", "Wedding", "Garden")
ALBUM, LIVE = "Best of", "Dogs"


def make(photos: Path, size: int, *, seed: int = 0, features: bool = True) -> None:
    """Writes files below a folder and a collection of them into it."""
    photos.mkdir(parents=True, exist_ok=True)
    dice = random.Random(seed)
    with Collection.create([photos]) as collection:
        encoder, catalog = collection.encoder, collection.catalog
        catalog.set_meta(
            {"fingerprint": encoder.fingerprint, "model": "default", "dim": str(encoder.dim), "first_index": "done"}
        )
        folder = catalog.folders()[0].id
        dim = encoder.features_dim if features else None
        captions = list(descriptions())
        number = 0
        for rows, own in zip(clustered(size, encoder.dim, seed), clustered(size, dim or 1, seed + 1), strict=True):
            with catalog.writing() as writer:
                for row, feature in zip(rows, own, strict=True):
                    file, details = _photo(photos, folder, number, dice)
                    vector = PhotoVector(row, feature if dim else None)
                    writer.put_photo(file, details, vector, reader_version=READER_VERSION)
                    number += 1
                    if dice.random() < 0.5:
                        writer.put_caption(number, dice.choice(captions), row)
        _give(collection, size, dice)
        catalog.checkpoint()


def clustered(size: int, dim: int, seed: int) -> Iterator[Embeddings]:
    """``size`` unit vectors around random centres, in blocks [B, D]."""
    generator = np.random.default_rng(seed)
    centres = _unit(generator.standard_normal((max(1, size // A_CLUSTER), dim), dtype=np.float32))
    for start in range(0, size, AT_ONCE):
        rows = min(AT_ONCE, size - start)
        own = _unit(generator.standard_normal((rows, dim), dtype=np.float32))
        yield _unit(centres[generator.integers(len(centres), size=rows)] + np.float32(SPREAD) * own)


def _photo(photos: Path, folder: int, number: int, dice: random.Random) -> tuple[FileState, PhotoDetails]:
    year = 2000 + number * 24 // 100_000 % 24
    place = f"{year}/{dice.choice(FOLDERS)} {number // A_FOLDER}"
    path = f"{place}/IMG_{number:06}.{'heic' if number % 10 == 0 else 'jpg'}"
    file = photos / path
    if number % A_FOLDER == 0 or not file.parent.is_dir():
        file.parent.mkdir(parents=True, exist_ok=True)
    content = number.to_bytes(8) * dice.randint(1, 200)
    file.write_bytes(content)
    taken = f"{year}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}T{dice.randint(0, 23):02}:00:00"
    latitude, longitude = dice.choice(PLACES) if dice.random() < 0.6 else (None, None)
    details = PhotoDetails(
        *dice.choice(((4000, 3000), (3000, 4000), (6000, 4000), (1080, 1080))),
        taken_at=taken if dice.random() < 0.95 else None,
        camera=dice.choice(CAMERAS),
        latitude=latitude and latitude + dice.gauss(0, 0.1),
        longitude=longitude and longitude + dice.gauss(0, 0.1),
        title="A walk in the park" if dice.random() < 0.02 else None,
        keywords=tuple(dice.sample(("animals|dog", "sea", "family", "sunset"), dice.choice((0, 0, 0, 1, 2)))),
        people=tuple(dice.sample(PEOPLE, dice.choice((0, 0, 0, 1, 2)))),
        rating=dice.choice((None, None, None, 1, 2, 3, 4, 5)),
    )
    found = file.stat()
    return FileState(folder, path, found.st_size, found.st_mtime_ns, content_hash(content)), details


def _give(collection: Collection, size: int, dice: random.Random) -> None:
    """Tags, stars, favourites, and two albums: one by hand of a fifth of the photos, in an order of its own."""
    catalog, everything = collection.catalog, range(1, size + 1)
    for tag in TAGS:
        catalog.tags.add([tag], dice.sample(everything, size // 20))
    catalog.ratings.rate(5, dice.sample(everything, size // 50))
    catalog.marks.mark(dice.sample(everything, size // 50), is_favourite=True)
    catalog.albums.add(catalog.albums.create(ALBUM), dice.sample(everything, size // 5))
    catalog.albums.create(LIVE, "dog tag:kids")


def _unit(rows: Embeddings) -> Embeddings:
    unit: Embeddings = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit
