"""Indexing is killed at random moments and goes on: in the end nothing tells that it was."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from conftest import COLOURS
from twinlens.collection.collection import Collection

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes as POSIX systems do"),
]

KILLS = 30
QUERIES = ("red", "green yellow", "blue + 0.5 white", "black - 1.0 red")
# For each line it reads, indexes a folder in a new process, kills that after a while, and tells how it ended.
RUNNER = """
import json, os, signal, sys, time
from functools import partial
from pathlib import Path
sys.path.insert(0, {tests!r})
from conftest import ColourEncoder
from twinlens.collection.indexing import captions
from twinlens.collection.indexing import index
from twinlens.collection.indexing.models import model_of_record
from twinlens.collection.catalog.writing import CatalogWriter
from twinlens.collection.collection import Collection

def slowed(function):
    def slow(*args, **options):
        time.sleep(0.0005)
        result = function(*args, **options)
        time.sleep(0.0005)
        return result
    return slow

# so that a kill also hits between two rows of a transaction, and between two files of the vectors
ColourEncoder.encode_pixels = slowed(ColourEncoder.encode_pixels)
CatalogWriter._put = slowed(CatalogWriter._put)
CatalogWriter.remove = slowed(CatalogWriter.remove)
CatalogWriter.put_caption = slowed(CatalogWriter.put_caption)
CatalogWriter.remove_caption = slowed(CatalogWriter.remove_caption)
os.fsync = slowed(os.fsync)
Path.replace = slowed(Path.replace)
Path.unlink = slowed(Path.unlink)
model_of_record.load_model = lambda source: ColourEncoder()
index.embed_batches = partial(index.embed_batches, batch_size=4)  # many small transactions
captions.BATCH_SIZE = 4

for line in sys.stdin:
    photos, kill_after, captions_file = json.loads(line)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with Collection.open(photos) as collection:
                collection.index(captions=captions_file)
            status = 0
        finally:
            os._exit(status)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    print(os.waitpid(child, 0)[1], flush=True)
"""


class Runner:
    """Indexes in another process, which may be killed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def index(self, photos: Path, *, kill_after: float | None = None, captions: Path | None = None) -> int:
        """How the process ended: 0, or the number of the signal that killed it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([str(photos), kill_after, captions and str(captions)]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    script = tmp_path / "runner.py"
    script.write_text(RUNNER.format(tests=str(Path(__file__).parents[1])))
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Runner(process)
        assert process.stdin
        process.stdin.close()
    assert process.returncode == 0


@pytest.fixture
def opened(models: dict) -> Iterator[Callable[..., Collection]]:
    collections: list[Collection] = []

    def open_one(photos: Path, *, at: Path | None = None) -> Collection:
        collections.append(Collection.open(photos) if at is None else Collection.create([photos], at=at))
        return collections[-1]

    yield open_one
    for collection in collections:
        collection.close()


def draw(path: Path, random: np.random.Generator) -> None:
    """A small photo of random colour, size and date."""
    colours = list(COLOURS.values())
    width, height = random.integers(8, 24, size=2)
    noise = random.integers(-6, 7, size=(height, width, 3))
    pixels = (np.array(colours[random.integers(len(colours))]) + noise).clip(0, 255).astype(np.uint8)
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = f"Camera {random.integers(3)}"
    date = f"20{random.integers(10, 24)}:0{random.integers(1, 10)}:11 10:00:00"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = date
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, exif=exif)


def stir(photos: Path, random: np.random.Generator) -> None:
    """Changes, adds, copies, renames, swaps, damages and deletes some photos."""
    for _ in range(8):
        draw(photos / f"{random.integers(4)}" / f"new{random.integers(40)}.jpg", random)
    files = sorted(photos.rglob("*.jpg"))
    chosen = [files[number] for number in random.permutation(len(files))[:12]]
    draw(chosen[0], random)
    shutil.copyfile(chosen[1], photos / f"copy{random.integers(10**9)}.jpg")
    for number in (2, 3, 4):
        chosen[number].rename(chosen[number].with_name(f"renamed{random.integers(10**9)}.jpg"))
    chosen[5].rename(photos / "aside")
    chosen[6].rename(chosen[5])
    (photos / "aside").rename(chosen[6])
    chosen[7].write_bytes(chosen[7].read_bytes()[: random.integers(0, 300)])
    for number in (8, 9, 10, 11):
        chosen[number].unlink()


def contents(collection: Collection) -> list[tuple]:
    """All that a catalog says of the photos, whatever their ids."""
    collection.catalog.checkpoint()
    with closing(sqlite3.connect(collection.catalog.path)) as connection:
        return connection.execute(
            "SELECT path, size_bytes, mtime_ns, content_hash, width, height, taken_at, utc_offset_minutes, camera, "
            "latitude, longitude, skip_reason, reader_version, embedding, features "
            "FROM photos LEFT JOIN vectors ON photo_id = id ORDER BY path"
        ).fetchall()


def answers(collection: Collection) -> list[list[tuple[str, float]]]:
    """Every photo with its score, for several queries; photos of one score in the order of their paths."""
    hits = [collection.search(query, k=10_000) for query in QUERIES]
    for found in hits:
        scores = [hit.score for hit in found]
        assert scores == sorted(scores, reverse=True)
    return [sorted((hit.id, hit.score) for hit in found) for found in hits]


@pytest.mark.parametrize("seed", [0, 1])
def test_indexing_that_was_killed_again_and_again_ends_as_if_it_never_was(
    runner: Runner, opened: Callable[..., Collection], tmp_path: Path, seed: int
) -> None:
    random = np.random.default_rng(seed)
    photos = tmp_path / "photos"
    for number in range(60):
        draw(photos / f"{number % 4}" / f"{number:02}.jpg", random)
    (photos / "notes.txt").touch()
    killed = runs = 0
    while killed < KILLS:
        runs += 1
        assert runs < 20 * KILLS, "the runs end before they can be killed"
        status = runner.index(photos, kill_after=random.uniform(0, 0.12))
        assert status in (0, signal.SIGKILL)
        killed += status == signal.SIGKILL
        if status == 0 or runs % 4 == 0:
            stir(photos, random)
        if runs % 5 == 0 and (photos / ".twinlens" / "catalog.sqlite").exists():
            assert opened(photos).faults() == []
    assert runner.index(photos) == 0

    mended, fresh = opened(photos), opened(photos, at=tmp_path / "fresh")
    fresh.index()
    assert mended.catalog.integrity_faults() == []
    assert mended.faults() == []
    assert len(mended) > 40
    assert mended.catalog.skipped()
    assert contents(mended) == contents(fresh)
    assert answers(mended) == answers(fresh)
    again = mended.index()
    assert (again.unchanged, again.added + again.updated + again.renamed + again.removed) == (len(fresh), 0)


def test_a_collection_whose_making_was_killed_can_be_used(
    runner: Runner, opened: Callable[..., Collection], tmp_path: Path
) -> None:
    random = np.random.default_rng(5)
    killed = 0
    for number in range(40):
        photos = tmp_path / f"photos{number}"
        draw(photos / "one.jpg", random)
        killed += runner.index(photos, kill_after=random.uniform(0, 0.02)) == signal.SIGKILL
        collection = opened(photos)
        collection.index()
        assert [hit.id for hit in collection.search("red")] == ["one.jpg"]
        assert collection.faults() == []
    assert killed >= 20


def write_captions(file: Path, photos: Path, random: np.random.Generator) -> None:
    """One to four captions of each photo, of which a next call may change any."""
    colours = list(COLOURS)
    rows = [
        f"{photo.relative_to(photos)},{colours[random.integers(len(colours))]} {random.integers(5)}\n"
        for photo in sorted(photos.rglob("*.jpg"))
        for _ in range(random.integers(1, 5))
    ]
    file.write_text("image,caption\n" + "".join(rows))


def learned(collection: Collection) -> list[tuple]:
    """All that a catalog says of the captions, whatever their ids."""
    with closing(sqlite3.connect(collection.catalog.path)) as connection:
        return connection.execute(
            "SELECT path, text, embedding FROM captions JOIN photos ON photos.id = photo_id ORDER BY path, text"
        ).fetchall()


def test_learning_captions_that_was_killed_again_and_again_ends_as_if_it_never_was(
    runner: Runner, opened: Callable[..., Collection], tmp_path: Path
) -> None:
    random = np.random.default_rng(3)
    photos, captions = tmp_path / "photos", tmp_path / "captions.csv"
    for number in range(40):
        draw(photos / f"{number % 4}" / f"{number:02}.jpg", random)
    write_captions(captions, photos, random)
    assert runner.index(photos) == 0
    killed = runs = 0
    while killed < KILLS:
        runs += 1
        assert runs < 20 * KILLS, "the runs end before they can be killed"
        status = runner.index(photos, kill_after=random.uniform(0, 0.2), captions=captions)
        assert status in (0, signal.SIGKILL)
        killed += status == signal.SIGKILL
        if status == 0 or runs % 4 == 0:
            write_captions(captions, photos, random)
            victim = sorted(photos.rglob("*.jpg"))[random.integers(30)]
            victim.rename(victim.with_name(f"renamed{random.integers(10**9)}.jpg"))
        if runs % 5 == 0:
            assert opened(photos).faults() == []
    write_captions(captions, photos, random)
    assert runner.index(photos, captions=captions) == 0

    mended, fresh = opened(photos), opened(photos, at=tmp_path / "fresh")
    fresh.index(captions=captions)
    assert mended.faults() == []
    assert len(learned(mended)) > 40
    assert learned(mended) == learned(fresh)
    for query in QUERIES:
        hits = [
            sorted((hit.id, hit.caption, hit.score) for hit in one.search(query, target="caption", k=10_000))
            for one in (mended, fresh)
        ]
        assert hits[0] == hits[1]
    again = mended.add_captions(captions)
    assert (again.unchanged, again.added + again.removed) == (len(learned(fresh)), 0)
