"""What vectors of 1,000 to 1,000,000 photos cost: writing and opening the store, a search warm and cold, disk.

The fastest of several searches, since other programs only make it slower; processor time is that of all threads.

Example: .venv/bin/python benchmarks/scale.py --sizes 1000 10000 100000 1000000
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import made_library
import numpy as np

from twinlens.stores.exact import ExactStore
from twinlens.types import Embeddings, Ids

DIM, K, SEARCHES = 512, 10, 20
OWNER = "benchmark"


def rows(size: int) -> Iterator[tuple[Ids, Embeddings]]:
    """Ids and clustered vectors, block by block."""
    first = 1
    for block in made_library.clustered(size, DIM, 0):
        yield np.arange(first, first + len(block)), block
        first += len(block)


def measured(size: int, folder: Path) -> dict[str, float]:
    """The costs of a store of so many vectors."""
    queries = next(made_library.clustered(SEARCHES, DIM, 0))
    started = time.perf_counter()
    ExactStore(folder, dim=DIM, owner=OWNER).update(rows(size), np.empty(0, dtype=np.int64), generation=1)
    written = time.perf_counter()
    store = ExactStore(folder, dim=DIM, owner=OWNER)
    opened = time.perf_counter()
    store.search(queries[:1], K)
    first = time.perf_counter()
    wall, processor = [], []
    for query in queries[1:]:
        before = time.perf_counter(), time.process_time()
        store.search(query[None], K)
        wall.append(time.perf_counter() - before[0])
        processor.append(time.process_time() - before[1])
    return {
        "photos": size,
        "written_s": round(written - started, 2),
        "opened_ms": round(1000 * (opened - written), 1),
        "first_search_ms": round(1000 * (first - opened), 1),
        "search_ms": round(1000 * min(wall), 2),
        "search_processor_ms": round(1000 * min(processor), 2),
        "disk_mb": round(sum(file.stat().st_size for file in folder.iterdir()) / 1e6),
    }


def main() -> None:
    """Prints a line of JSON for each size."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    for size in options.parse_args().sizes:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measured(size, Path(folder, "exact"))), flush=True)


if __name__ == "__main__":
    main()
