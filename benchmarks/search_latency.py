"""How long does a search of 100,000 photos take, warm and cold, and where does the time go?

Builds a collection of clustered unit vectors straight in the catalog (a search opens no
photo file), then measures: a search by words as a program calls it, encoding the words
alone, the vector store alone, and NumPy's product of the same float32 matrix with the
same query. The four take turns, ten queries each, so that whatever else the machine does
hits them alike. Last, ``twinlens search`` as a process of its own.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TypeVar

import numpy as np
from command_run import CommandRun, run_command
from numpy.typing import NDArray
from result_page import publish, table

from twinlens.api.library import Collection
from twinlens.collection.catalog.condition import ANY
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.indexing.updating.task import READER_VERSION
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector
from twinlens.stores.exact import ExactStore
from twinlens.types import Embeddings

SUBJECTS = ("a dog", "two children", "a red car", "an old man", "a woman with a guitar")
PLACES = (
    "on a beach",
    "in the snow",
    "at night",
    "in front of a house",
    "beside a lake",
    "in a crowded street",
    "under a tree",
    "on a wooden table",
    "in the mountains",
    "at a birthday party",
)
QUERIES = tuple(f"{subject} {place}" for subject, place in product(SUBJECTS, PLACES))
WARM_UP_QUERIES = ("a kite", "a train at a station", "people dancing")
COLD_QUERY = "a dog"
K = 10
PHOTOS_A_CLUSTER = 100
SPREAD = 0.8  # length of a vector's own part beside its cluster's centre: photos of one cluster have a cosine of 0.6
ROWS_A_COMMIT = 5_000
QUERIES_A_TURN = 10
REST_S = 0.2  # a tower's idle threads spin for a while and would slow what comes next by milliseconds
TOTAL, TEXT, STORE, NUMPY = "search by words", "encoding the words alone", "vector store alone", "NumPy float32 product"

Item = TypeVar("Item")


@dataclass
class Timings:
    """Milliseconds of each part, one a query."""

    parts: dict[str, list[float]] = field(default_factory=lambda: {part: [] for part in (TOTAL, TEXT, STORE, NUMPY)})

    def take(self, part: str, answer: Callable[[Item], object], queries: Iterable[Item]) -> None:
        """Answers queries one after another and notes how long each took."""
        time.sleep(REST_S)
        for query in queries:
            started = time.perf_counter()
            answer(query)
            self.parts[part].append((time.perf_counter() - started) * 1000)

    def fastest(self, part: str) -> float:
        """Of all queries, ms; far below the median, the machine was busy."""
        return min(self.parts[part])

    def median(self, part: str) -> float:
        """Of all queries, ms."""
        return statistics.median(self.parts[part])

    def p95(self, part: str) -> float:
        """95 of 100 queries took no longer, ms."""
        return float(np.percentile(self.parts[part], 95))


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=100_000, help="photos in the collection (default: 100,000)")
    parser.add_argument("--cold-runs", type=int, default=5, help="processes started one after another (default: 5)")
    parser.add_argument("--model", default="default", help="name or folder of a model bundle")
    parser.add_argument("--write", action="store_true", help="write results/search_latency.md")
    options = parser.parse_args(arguments)
    if options.size < K or options.cold_runs < 1:
        parser.error(f"--size must be at least {K}, --cold-runs at least 1")
    with tempfile.TemporaryDirectory() as name:
        photos = Path(name) / "photos"
        photos.mkdir()
        print(f"building a collection of {options.size:,} photos", file=sys.stderr)
        with Collection.create([photos], model=options.model) as collection:
            fill(collection, options.model, options.size)
            timings = warm_timings(collection, Path(name) / "store")
            encoder = collection.encoder
        cold = cold_runs(photos, options.cold_runs)
    body = _body(options.size, encoder.dim, timings, cold)
    model = f"{encoder.name}, {encoder.fingerprint}"
    publish(__file__, "How fast is a search?", body, model=model, write=options.write)


def clustered_vectors(size: int, dim: int, *, seed: int = 0) -> Iterator[Embeddings]:
    """``size`` unit vectors around random centres, in blocks [B, D]."""
    generator = np.random.default_rng(seed)
    centres = _unit(generator.standard_normal((max(1, size // PHOTOS_A_CLUSTER), dim), dtype=np.float32))
    for start in range(0, size, ROWS_A_COMMIT):
        rows = min(ROWS_A_COMMIT, size - start)
        own = _unit(generator.standard_normal((rows, dim), dtype=np.float32))
        yield _unit(centres[generator.integers(len(centres), size=rows)] + np.float32(SPREAD) * own)


def fill(collection: Collection, model: str, size: int) -> None:
    """Writes vectors into the catalog as if photos had been indexed."""
    encoder, catalog = collection.encoder, collection.catalog
    catalog.set_meta(
        {"fingerprint": encoder.fingerprint, "model": _recorded(model), "dim": str(encoder.dim), "first_index": "done"}
    )
    folder = catalog.folders()[0]
    details = PhotoDetails(4000, 3000, taken_at="2024-06-30T12:00:00", camera="Benchmark")
    number = 0
    for block in clustered_vectors(size, encoder.dim):
        with catalog.writing() as writer:
            for embedding in block:
                path = f"{number // 1000:04d}/photo-{number:07d}.jpg"
                file = FileState(folder.id, path, size_bytes=1, mtime_ns=1, content_hash=number.to_bytes(16, "big"))
                writer.put_photo(file, details, PhotoVector(embedding, None), reader_version=READER_VERSION)
                number += 1
    catalog.checkpoint()


def warm_timings(collection: Collection, store_folder: Path) -> Timings:
    """Times of each query in a program that has searched before."""
    encoder, catalog = collection.encoder, collection.catalog
    ids = catalog.select_ids(ANY)
    store = ExactStore(store_folder, dim=encoder.dim, owner="benchmark")
    store.update(catalog.embeddings(ids), removed=ids[:0], generation=catalog.generation)
    vectors = np.concatenate([block for _, block in catalog.embeddings(ids)])  # [N, D]
    _take_turns(WARM_UP_QUERIES, collection, store, vectors, Timings())
    timings = Timings()
    for start in range(0, len(QUERIES), QUERIES_A_TURN):
        _take_turns(QUERIES[start : start + QUERIES_A_TURN], collection, store, vectors, timings)
    return timings


def cold_runs(photos: Path, count: int) -> list[CommandRun]:
    """``twinlens search`` in processes of their own; the first is not counted: it may read from the disk."""
    # --all: nothing matches vectors made by chance, and the exit code would say so
    command = [sys.executable, "-m", "twinlens", "search", COLD_QUERY, "--in", str(photos), "-k", str(K), "--all"]
    return [run_command(command) for _ in range(count + 1)][1:]


def _take_turns(
    queries: Sequence[str], collection: Collection, store: ExactStore, vectors: Embeddings, timings: Timings
) -> None:
    encoder = collection.encoder
    embedded = [encoder.encode_text([query]) for query in queries]  # each [1, D]
    timings.take(TOTAL, collection.answer, queries)
    timings.take(TEXT, lambda query: encoder.encode_text([query]), queries)
    timings.take(STORE, lambda query: store.search(query, K), embedded)
    timings.take(NUMPY, lambda query: vectors @ query[0], embedded)


def _recorded(model: str) -> str:
    """The model as a collection remembers it: a folder by its whole path."""
    return str(Path(model).resolve()) if Path(model).is_dir() else model


def _unit(rows: NDArray[np.float32]) -> Embeddings:
    unit: Embeddings = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def _body(size: int, dim: int, timings: Timings, cold: Sequence[CommandRun]) -> str:
    total, text, numpy_product = (timings.median(part) for part in (TOTAL, TEXT, NUMPY))
    rows = [
        [part, *(f"{ms:.2f}" for ms in (timings.fastest(part), timings.median(part), timings.p95(part)))]
        + [f"{timings.median(part) / numpy_product:.2f}"]
        for part in timings.parts
    ]
    seconds = statistics.median(run.seconds for run in cold)
    peak = statistics.median(run.peak_bytes for run in cold)
    spread = f"{min(run.seconds for run in cold):.2f} to {max(run.seconds for run in cold):.2f} s"
    return f"""
A collection of {size:,} photos with D = {dim}, the best {K} of each query.

**Warm: {total:.1f} ms**, median of {len(QUERIES)} distinct queries by words; encoding the words alone takes
{text:.1f} ms ({text / total:.0%}). **Cold: {seconds:.2f} s**, median of {len(cold)} processes.

Warm, in a program that has searched before; the parts are measured on their own, in turns:

{table(["", "fastest, ms", "median, ms", "95th percentile, ms", "median / NumPy's"], rows)}

NumPy's product only scores, it does not pick the best {K}; the store does both.

Cold, `python -m twinlens search {COLD_QUERY!r} --all` from start to exit, files in the operating system's cache
(one run before is not counted): {spread}, {peak / 1e6:,.0f} MB at most, mapped files as far as they were read.

The vectors are synthetic, about {PHOTOS_A_CLUSTER} to a cluster; the photos' records too.
"""


if __name__ == "__main__":
    main()
