"""A library with everything that a query may ask for, written straight into the catalog: no photo is decoded.

Its files are there: small pictures, each of its own content, with the size and date that the catalog has. So a run
finds them unchanged, and a server shows them.

Example: .venv/bin/python benchmarks/made_library.py ~/made-library --photos 1000000
"""

import argparse
import io
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from twinlens.api.library import Collection
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.indexing.updating.task import READER_VERSION
from twinlens.data.content_hash import content_hash
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector
from twinlens.everyday.descriptions import descriptions
from twinlens.protocols import DualEncoder
from twinlens.types import Embeddings

AT_ONCE = 5_000
A_FOLDER = 500  # photos
A_CLUSTER = 100  # photos that are alike
SPREAD = 0.8  # length of a vector's own part beside its cluster's centre: photos of one cluster have a cosine of 0.6
MEANINGS = 6  # descriptions that a cluster fits
CAMERAS = ("Canon EOS 80D", "NIKON D750", "Apple iPhone 12", "Google Pixel 7", "SONY ILCE-7M3", "FUJIFILM X-T4", None)
PEOPLE = ("Ana", "Ben", "Chloé", "Dmitri", "Grandma Rose")
PLACES = ((48.85, 2.35), (41.89, 12.49), (43.77, 11.25), (52.52, 13.4), (40.71, -74.0), (35.68, 139.69), (47.37, 8.54))
TAGS = ("kids", "holiday", "work", "garden", "to print")
FOLDERS = ("Italy", "Kids Party", "Camera Uploads", "Wedding", "Garden")
ALBUM, LIVE = "Best of", "Dogs"
DRAWN, SIDES, QUALITY = 100, (256, 192), 30  # different pictures; a file is below 4 KB, one block of a disk
COMMENT = b"\xff\xfe"  # the segment of a JPEG file that makes each file's content its own


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
        captions, drawn = list(descriptions()), drawn_pictures(seed)
        number = 0
        for rows, own in zip(everyday(size, encoder, seed), clustered(size, dim or 1, seed + 1), strict=True):
            with catalog.writing() as writer:
                for row, feature in zip(rows, own, strict=True):
                    file, details = _photo(photos, folder, number, drawn[number % DRAWN], dice)
                    vector = PhotoVector(row, feature if dim else None)
                    writer.put_photo(file, details, vector, reader_version=READER_VERSION)
                    number += 1
                    if dice.random() < 0.5:
                        writer.put_caption(number, dice.choice(captions), row)
        give(collection, size, seed=seed)
        catalog.checkpoint()


def clustered(size: int, dim: int, seed: int) -> Iterator[Embeddings]:
    """``size`` unit vectors around random centres, in blocks [B, D]."""
    generator = np.random.default_rng(seed)
    centres = unit(generator.standard_normal((max(1, size // A_CLUSTER), dim), dtype=np.float32))
    for start in range(0, size, AT_ONCE):
        rows = min(AT_ONCE, size - start)
        own = unit(generator.standard_normal((rows, dim), dtype=np.float32))
        yield unit(centres[generator.integers(len(centres), size=rows)] + np.float32(SPREAD) * own)


def everyday(size: int, encoder: DualEncoder, seed: int) -> Iterator[Embeddings]:
    """``size`` unit vectors that lie to texts and to each other as those of photos do, in blocks [B, D].

    Clusters around what everyday descriptions mean. Cosines of the 3,210 descriptions with 2,500 photos of Flickr8k,
    default model, and with as many of these: mean 0.04 | 0.01, standard deviation 0.09 | 0.08, the ten best 0.32 |
    0.23; between two pictures 0.36 | 0.39, to the nearest one 0.79 | 0.82.
    """
    generator = np.random.default_rng(seed)
    texts = encoder.encode_text(list(descriptions()))
    texts = unit(texts - texts.mean(axis=0))
    own, dim = max(1, size // A_CLUSTER), texts.shape[1]
    meanings = np.zeros((own, dim), dtype=np.float32)
    for _ in range(MEANINGS):
        meanings += (
            np.abs(generator.standard_normal((own, 1), dtype=np.float32))
            * texts[generator.integers(len(texts), size=own)]
        )
    common, of_clusters = (generator.standard_normal((n, dim), dtype=np.float32) for n in (1, own))
    centres = unit(0.6 * unit(common) + 0.5 * unit(meanings) + 0.4 * unit(of_clusters))
    for start in range(0, size, AT_ONCE):
        rows = min(AT_ONCE, size - start)
        of_photos = generator.standard_normal((rows, dim), dtype=np.float32)
        yield unit(centres[generator.integers(own, size=rows)] + np.float32(0.5) * unit(of_photos))


def drawn_pictures(seed: int) -> list[bytes]:
    """Small JPEG files: soft shapes in colours of their own."""
    generator, found = np.random.default_rng(seed), []
    for _ in range(DRAWN):
        cells = generator.integers(0, 256, size=(6, 8, 3), dtype=np.uint8)
        picture = Image.fromarray(cells).resize(SIDES, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(4))
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=QUALITY)
        found.append(file.getvalue())
    return found


def with_comment(picture: bytes, comment: bytes) -> bytes:
    """A JPEG file that shows the same, with a comment behind its first mark."""
    return picture[:2] + COMMENT + (2 + len(comment)).to_bytes(2) + comment + picture[2:]


def _photo(
    photos: Path, folder: int, number: int, picture: bytes, dice: random.Random
) -> tuple[FileState, PhotoDetails]:
    year = 2000 + number * 24 // 100_000 % 24
    place = f"{year}/{dice.choice(FOLDERS)} {number // A_FOLDER}"
    path = f"{place}/IMG_{number:06}.{'heic' if number % 10 == 0 else 'jpg'}"
    file = photos / path
    if number % A_FOLDER == 0 or not file.parent.is_dir():
        file.parent.mkdir(parents=True, exist_ok=True)
    content = with_comment(picture, number.to_bytes(8) * dice.randint(1, 100))
    file.write_bytes(content)
    day = f"{year}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
    taken = f"{day}T{dice.randint(0, 23):02}:{number // 60 % 60:02}:{number % 60:02}"
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


def give(collection: Collection, size: int, *, seed: int = 0) -> None:
    """Tags, stars, favourites, and two albums: one by hand of a fifth of the photos, in an order of its own."""
    catalog, everything, dice = collection.catalog, range(1, size + 1), random.Random(seed)
    for tag in TAGS:
        catalog.tags.add([tag], dice.sample(everything, size // 20))
    catalog.ratings.rate(5, dice.sample(everything, size // 50))
    catalog.marks.mark(dice.sample(everything, size // 50), is_favourite=True)
    catalog.albums.add(catalog.albums.create(ALBUM), dice.sample(everything, size // 5))
    catalog.albums.create(LIVE, "dog tag:kids")


def unit(rows: Embeddings) -> Embeddings:
    """Rows of length 1."""
    found: Embeddings = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return found


def main() -> None:
    """Makes one."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("photos_folder", type=lambda text: Path(text).expanduser())
    options.add_argument("--photos", type=int, default=100_000)
    asked = options.parse_args()
    make(asked.photos_folder, asked.photos)


if __name__ == "__main__":
    main()
