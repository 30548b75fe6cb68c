"""A change of model is killed at random moments and goes on; searches in other processes never notice."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from conftest import COLOURS, PhotoMaker
from twinlens.collection.collection import Collection

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes as POSIX systems do"),
]

KILLS = 25
QUERIES = ("red", "green yellow", "blue + 0.5 white", "black - 1.0 red")
# Two models of the same angles along other axes: old and new vectors answer alike, a mixture of them does not.
MODELS = """
import json, os, signal, sys, time
from pathlib import Path
import numpy as np
sys.path.insert(0, {tests!r})
from conftest import ColourEncoder
from twinlens.collection.indexing import captions
from twinlens.collection.indexing.models import model_change
from twinlens.collection.indexing.models import model_of_record
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.writing import CatalogWriter
from twinlens.collection.collection import Collection
from twinlens.collection.catalog.embeddings.next_vectors import NextVectors

class Turned(ColourEncoder):
    def _embed(self, colours):
        return np.roll(super()._embed(colours), 6, axis=1)

models = {{"default": ColourEncoder(), "turned": Turned(fingerprint="colour0000000003", dim=12)}}
model_of_record.load_model = lambda source: models[str(source)]
QUERIES = {queries!r}

def answers(collection):
    photos = [sorted((h.id, round(h.score, 4)) for h in collection.search(q, k=1000)) for q in QUERIES]
    captions = [sorted((h.id, h.caption, round(h.score, 4)) for h in collection.search(q, target="caption", k=1000))
                for q in QUERIES]
    return photos + captions
"""
RUNNER = """
def slowed(function):
    def slow(*args, **options):
        time.sleep(0.001)
        result = function(*args, **options)
        time.sleep(0.001)
        return result
    return slow

# so that a kill also hits between two rows of a transaction, around the switch, and between two files of the vectors
Turned.encode_pixels = slowed(Turned.encode_pixels)
ColourEncoder.encode_pixels = slowed(ColourEncoder.encode_pixels)
for name in ("begin", "clear", "put_photo", "put_captions"):
    setattr(NextVectors, name, slowed(getattr(NextVectors, name)))
CatalogWriter.take_next_vectors = slowed(CatalogWriter.take_next_vectors)
Catalog.set_meta = slowed(Catalog.set_meta)
os.fsync = slowed(os.fsync)
Path.replace = slowed(Path.replace)
Path.unlink = slowed(Path.unlink)
model_change.BATCH_SIZE = model_change.CAPTION_BATCH = 4  # many small transactions

for line in sys.stdin:
    photos, model, kill_after = json.loads(line)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with Collection.open(photos) as collection:
                collection.reindex(model)
            status = 0
        finally:
            os._exit(status)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    print(os.waitpid(child, 0)[1], flush=True)
"""
SEARCHER = """
collection = Collection.open(sys.argv[1])
expected, searches, models_seen = answers(collection), 0, set()
print("ready", flush=True)
while not Path(sys.argv[2]).exists():
    found = answers(collection)
    assert found == expected, found
    models_seen.add(collection.encoder.fingerprint)
    searches += 1
print(json.dumps([searches, sorted(models_seen), collection.faults()]), flush=True)
"""

Change = Callable[..., int]


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str, str], Path]:
    def write(name: str, body: str) -> Path:
        path = tmp_path / name
        path.write_text(MODELS.format(tests=str(Path(__file__).parents[1]), queries=QUERIES) + body)
        return path

    return write


@pytest.fixture
def change(script: Callable[[str, str], Path]) -> Iterator[Change]:
    """Changes the model in another process, which may be killed; how that ended."""
    command = [sys.executable, str(script("runner.py", RUNNER))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout

        def run(photos: Path, model: str, *, kill_after: float | None = None) -> int:
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps([str(photos), model, kill_after]) + "\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        yield run
        process.stdin.close()
    assert process.returncode == 0


@pytest.fixture
def library(make_photo: PhotoMaker, models: dict, tmp_path: Path) -> Path:
    """40 photos, ten of them with captions, indexed by the first model."""
    colours = list(COLOURS)
    rows = ["image,caption"]
    for number in range(40):
        colour = colours[number % len(colours)]
        make_photo(f"{number % 3}/{number:02}.png", colour, seed=number)
        rows += [f"{number % 3}/{number:02}.png,a {colour} thing {number}"] * (number % 4 == 0)
    (tmp_path / "captions.csv").write_text("\n".join(rows))
    with Collection.open(tmp_path / "photos") as collection:
        collection.index(captions=tmp_path / "captions.csv")
    return tmp_path / "photos"


def records(library: Path) -> tuple[str, int, list[tuple], list[tuple]]:
    """The model of record, the embeddings' length, and all embeddings of record."""
    with closing(sqlite3.connect(library / ".twinlens" / "catalog.sqlite")) as connection:
        fingerprint = connection.execute("SELECT value FROM meta WHERE key = 'fingerprint'").fetchone()[0]
        photos = connection.execute("SELECT photo_id, embedding, features FROM vectors ORDER BY 1").fetchall()
        captions = connection.execute("SELECT id, embedding FROM captions ORDER BY 1").fetchall()
    (length,) = {len(row[1]) for row in photos + captions}
    return fingerprint, length, photos, captions


def test_a_change_that_was_killed_again_and_again_answers_as_before_and_ends_as_if_it_never_was(
    change: Change, script: Callable[[str, str], Path], library: Path, tmp_path: Path
) -> None:
    random = np.random.default_rng(4)
    old = records(library)
    assert change(library, "turned") == 0
    new = records(library)
    assert (old[0], old[1], new[0], new[1]) == ("colour0000000001", 32, "colour0000000003", 48)
    states = {old[0]: old, new[0]: new}
    stop = tmp_path / "stop"
    command = [sys.executable, str(script("searcher.py", SEARCHER)), str(library), str(stop)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as searcher:
        assert searcher.stdout
        assert searcher.stdout.readline() == "ready\n"
        killed = runs = 0
        target = "default"
        while killed < KILLS:
            runs += 1
            assert runs < 20 * KILLS, "the runs end before they can be killed"
            status = change(library, target, kill_after=random.uniform(0, 0.25))
            assert status in (0, signal.SIGKILL)
            killed += status == signal.SIGKILL
            found = records(library)
            assert found == states[found[0]]  # wholly of one model, at any moment
            if status == 0 or runs % 7 == 0:  # also given up half way
                target = "turned" if target == "default" else "default"
        assert change(library, "turned") == 0
        assert records(library) == new
        stop.touch()
        searches, seen, faults = json.loads(searcher.stdout.readline())
    assert searcher.returncode == 0
    assert searches > 5
    assert set(seen) <= set(states)
    assert faults == []
