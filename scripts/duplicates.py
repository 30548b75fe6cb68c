"""How well ``twinlens duplicates`` knows near copies from hard look-alikes, and how long the grouping takes.

    scripts/duplicates.py --photos FOLDER [--count 150] [--seed 0] [--json]
    scripts/duplicates.py --rows 100000 [--json]

The first makes copies of photos drawn from the folder, indexes them in a place that is deleted afterwards, and counts
for each kind of copy how many share a group with their original, and of all members of groups how many show the
picture of their best one. Two photos of the folder itself count as different, so one that holds
copies already has less precision.

The second fills a catalog with made-up vectors, a tenth of them near copies, each with a small file.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

from twinlens import api
from twinlens.collection.catalog.rows import FileState, ModelRecord
from twinlens.data.exif import PhotoDetails
from twinlens.data.images import PHOTO_SUFFIXES
from twinlens.embedding.local import PhotoVector
from twinlens.errors import DataError, TwinlensError

FEATURES, DIM = 1408, 512  # of the default model
BLOCK = 2000


def main() -> int:
    """Measures one or both; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, help="a folder of photos to make copies of")
    parser.add_argument("--count", type=int, default=150, help="how many of them")
    parser.add_argument("--seed", type=int, default=0, help="of the choice")
    parser.add_argument("--rows", type=int, help="measure the time of the grouping of so many made-up photos")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    try:
        if options.photos is None and options.rows is None:
            raise TwinlensError("nothing to measure: give --photos FOLDER or --rows NUMBER")
        told: dict[str, float | str] = {}
        with tempfile.TemporaryDirectory() as place:
            if options.photos is not None:
                told |= quality(options.photos, options.count, options.seed, Path(place, "quality"))
            if options.rows is not None:
                told |= speed(options.rows, Path(place, "speed"))
    except TwinlensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json.dumps(told) if options.json else "\n".join(f"{name:20} {value}" for name, value in told.items()))
    return 0


# --- precision and recall -----------------------------------------------------------------------


def watermarked(image: Image.Image) -> Image.Image:
    """A line of half-transparent letters in the lower right corner."""
    marked = image.copy()
    font = ImageFont.load_default(size=image.height / 14)
    place = (image.width * 0.55, image.height * 0.85)
    ImageDraw.Draw(marked, "RGBA").text(place, "© A. Photographer", font=font, fill=(255, 255, 255, 170))
    return marked


def cropped(image: Image.Image) -> Image.Image:
    """Without 3 % at each side."""
    x, y = round(image.width * 0.03), round(image.height * 0.03)
    return image.crop((x, y, image.width - x, image.height - y))


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "three quarters": lambda image: image.resize((image.width * 3 // 4, image.height * 3 // 4)),
    "half": lambda image: image.resize((image.width // 2, image.height // 2)),
    "quality 50": lambda image: image,
    "cropped 3 %": cropped,
    "rotated 90°": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "watermarked": watermarked,
    "brighter by a fifth": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
}


def quality(photos: Path, count: int, seed: int, place: Path) -> dict[str, float | str]:
    """Precision, and recall by kind of copy.

    Raises:
        DataError: the folder has too few photos.
    """
    files = sorted(file for file in photos.rglob("*") if file.suffix.lower() in PHOTO_SUFFIXES)
    if len(files) < count:
        raise DataError(f"{photos} has {len(files)} photos, {count} are wanted; give --count or another folder")
    for number, file in enumerate(sorted(random.Random(seed).sample(files, count))):
        image = Image.open(file).convert("RGB")
        for kind, copy in {"original": lambda image: image, **COPIES}.items():
            (place / kind).mkdir(parents=True, exist_ok=True)
            jpeg_quality = {"original": 95, "quality 50": 50}.get(kind, 90)
            copy(image).save(place / kind / f"{number}.jpg", quality=jpeg_quality)
    with api.library.Collection.create([place]) as collection:
        collection.index()
        groups = collection.duplicates(["exact", "near"]).groups
    pairs = [(Path(group.best.id).name, Path(other.photo.id).name) for group in groups for other in group.others]
    right = sum(best == other for best, other in pairs)
    group_of = {
        photo.id: number
        for number, group in enumerate(groups)
        for photo in (group.best, *(other.photo for other in group.others))
    }
    told: dict[str, float | str] = {"photos": count, "precision": f"{right / max(1, len(pairs)):.4f} of {len(pairs)}"}
    for kind in COPIES:
        found = [
            group_of.get(f"original/{number}.jpg", -1) == group_of.get(f"{kind}/{number}.jpg", -2)
            for number in range(count)
        ]
        told[f"recall {kind}"] = round(sum(found) / count, 3)
    return told


# --- speed --------------------------------------------------------------------------------------


def speed(rows: int, place: Path) -> dict[str, float | str]:
    """Seconds that the first grouping of made-up photos takes, those of the processor, and seconds of the next one."""
    (place / "photos").mkdir(parents=True)
    with api.library.Collection.create([place / "photos"]) as collection:
        _fill(collection, rows, place / "photos")
        begun, used = time.monotonic(), time.process_time()
        groups = collection.duplicates().groups
        first, used = time.monotonic() - begun, time.process_time() - used
        collection.duplicates()
        again = time.monotonic() - begun - first
    copies = sum(len(group.others) for group in groups)
    seconds = {"first s": first, "of the processor s": used, "again s": again}
    return {"rows": rows, "copies found": copies, **{name: round(value, 1) for name, value in seconds.items()}}


def _fill(collection: "api.library.Collection", rows: int, folder: Path) -> None:
    draw = np.random.default_rng(0)
    patches = Image.fromarray(draw.integers(0, 256, size=(6, 8), dtype=np.uint8)).resize((64, 48))
    patches.save(folder / "0.jpg")
    content = (folder / "0.jpg").read_bytes()
    collection.catalog.remember_model(ModelRecord("default", "made up", DIM))
    [home] = collection.catalog.folders()
    for start in range(0, rows, BLOCK):
        vectors = draw.normal(size=(min(BLOCK, rows - start), FEATURES)).astype(np.float32)
        copies = len(vectors) // 10
        vectors[-copies:] = vectors[:copies] + 0.1 * draw.normal(size=(copies, FEATURES))
        with collection.catalog.writing() as writer:
            for row, features in enumerate(vectors):
                file = folder / f"{start + row}.jpg"
                modified_ns = 0
                if row < copies or row >= len(vectors) - copies:  # the others are not opened
                    file.write_bytes(content)
                    modified_ns = file.stat().st_mtime_ns
                state = FileState(home.id, file.name, len(content), modified_ns, draw.bytes(16))
                embedding = features[:DIM] / np.linalg.norm(features[:DIM])
                details = PhotoDetails(64, 48, None, camera=None)
                writer.put_photo(state, details, PhotoVector(embedding, features), reader_version=1)


if __name__ == "__main__":
    sys.exit(main())
