"""What a photo query costs beside a query by words: features of 100,000 photos against their embeddings.

Searches both stores in turns, so that whatever else the machine does hits them alike, and prints medians.

Example: .venv/bin/python benchmarks/likeness_latency.py --photos 100000
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from twinlens.stores.exact import ExactStore, HalfStore
from twinlens.types import Embeddings, Ids

SHARED_DIM, FEATURES_DIM = 512, 1408
BLOCK, QUERIES, K = 5_000, 30, 100


def rows(count: int, dim: int) -> Iterator[tuple[Ids, Embeddings]]:
    """Unit rows with a common part, as photos have."""
    random = np.random.default_rng(0)
    middle = random.normal(size=dim).astype(np.float32)
    for start in range(0, count, BLOCK):
        block = random.normal(size=(min(BLOCK, count - start), dim)).astype(np.float32) + middle
        block /= np.linalg.norm(block, axis=1, keepdims=True)
        yield np.arange(start + 1, start + 1 + len(block)), block


def main() -> None:
    """Prints the median time of each store, and their ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--photos", type=int, default=100_000)
    photos = options.parse_args().photos
    with tempfile.TemporaryDirectory() as folder:
        shared = ExactStore(Path(folder, "shared"), dim=SHARED_DIM, owner="benchmark")
        likeness = HalfStore(Path(folder, "likeness"), dim=FEATURES_DIM, owner="benchmark")
        for store, dim in ((shared, SHARED_DIM), (likeness, FEATURES_DIM)):
            store.update(rows(photos, dim), np.empty(0, dtype=np.int64), generation=1)
        queries = {
            store: next(rows(QUERIES, dim))[1] for store, dim in ((shared, SHARED_DIM), (likeness, FEATURES_DIM))
        }
        taken: dict[ExactStore, list[float]] = {shared: [], likeness: []}
        for number in range(QUERIES):
            for store in (shared, likeness):
                started = time.perf_counter()
                store.search(queries[store][number : number + 1], K)
                taken[store].append(1000 * (time.perf_counter() - started))
        words, alike = (statistics.median(taken[store][3:]) for store in (shared, likeness))
        print(f"{photos:,} photos: embeddings {words:.1f} ms, features {alike:.1f} ms, {alike / words:.2f} times")


if __name__ == "__main__":
    main()
