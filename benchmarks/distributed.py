"""Vectors in files and on a Milvus server: queries a second at what recall, with filters, and what memory they take.

Each query is asked alone, one after the other. Processor time is that of this process and of the server together: other
programs on the machine change it less than the time by the clock.

Example: .venv-test/bin/python benchmarks/distributed.py --size 100000 --plot benchmarks/results/distributed.svg
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import distributed_plot
import made_library
import numpy as np
import psutil

from twinlens.protocols import VectorStore
from twinlens.stores.exact import ExactStore
from twinlens.stores.milvus import kinds
from twinlens.stores.milvus import server as milvus_server
from twinlens.stores.milvus.store import MilvusStore
from twinlens.types import Embeddings, Ids

DIM, K = 512, 10
SHARES = (0.001, 0.01, 0.1, 1.0)  # of the photos that pass a filter
BREADTHS = {"FLAT": (0,), "HNSW": (75, 128, 256, 512), "IVF_SQ8": (16, 32, 64, 128, 256)}
USUAL = {"FLAT": 0, "HNSW": kinds._EF, "IVF_SQ8": kinds._PROBES}
SETTLED_S = 1800.0  # for the index to be built
PATIENCE_S = 600.0  # for one call: a busy machine may take minutes to take a block


@dataclass
class Measured:
    """One store with one filter.

    Attributes:
        store: exact, or the kind of index on the server.
        breadth: HNSW's ef, IVF's nprobe; 0 for those without.
        share: of the photos that pass the filter.
        recall: share of the ten nearest that were found.
        per_s: queries a second.
        p95_ms: 95 of 100 queries were faster.
        processor_ms: of a query.
        memory_mb: of the server; for files, the size of those that are mapped.
    """

    store: str
    size: int
    breadth: int
    share: float
    recall: float
    per_s: float
    p95_ms: float
    processor_ms: float
    memory_mb: int


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """PyPI's Milvus until the block ends: its address, and its process."""
    from milvus import MilvusServer

    # else what is measured is a rough index that Milvus uses until the real one is built
    os.environ["QUERYNODE_SEGCORE_INTERIMINDEX_ENABLEINDEX"] = "false"
    running = MilvusServer(debug=False)
    running.set_base_dir(str(folder / "server"))
    running.start()
    try:
        yield f"milvus://127.0.0.1:{running.listen_port}", psutil.Process(running.server_proc.pid)
    finally:
        running.server_proc.kill()


def rows(size: int) -> Iterator[tuple[Ids, Embeddings]]:
    """Ids and clustered vectors, block by block."""
    first = 1
    for block in made_library.clustered(size, DIM, 0):
        yield np.arange(first, first + len(block)), block
        first += len(block)


def processor_s(processes: list[psutil.Process]) -> float:
    """Seconds of processor time so far."""
    return float(sum(sum(process.cpu_times()[:2]) for process in processes))


def measured(
    store: VectorStore, queries: Embeddings, among: Ids | None, processes: list[psutil.Process]
) -> tuple[list[set[int]], dict[str, float]]:
    """What is found for each query, and how fast."""
    store.search(queries[:1], K, among=among)
    found, times, before = [], [], processor_s(processes)
    for query in queries:
        started = time.perf_counter()
        found.append(set(store.search(query[None], K, among=among).ids[0].tolist()))
        times.append(time.perf_counter() - started)
    return found, {
        "per_s": round(len(queries) / sum(times), 1),
        "p95_ms": round(1000 * float(np.quantile(times, 0.95)), 1),
        "processor_ms": round(1000 * (processor_s(processes) - before) / len(queries), 1),
    }


def settle(store: MilvusStore, process: psutil.Process) -> None:
    """Waits until the server has built the index and uses it: it has no other work any more."""
    client, name = store._server._client, store.space.name if store.space else ""
    client.flush(name)
    until = time.monotonic() + SETTLED_S
    while client.describe_index(name, "vector").get("pending_index_rows", 0) and time.monotonic() < until:
        time.sleep(1.0)
    quiet = 0
    while quiet < 5 and time.monotonic() < until:
        before = processor_s([process])
        time.sleep(1.0)
        quiet = quiet + 1 if processor_s([process]) - before < 0.3 else 0


def run(size: int, queries: int, wanted: list[str], tell: Callable[[Measured], None]) -> None:
    """Measures each store with each filter."""
    asked = next(made_library.clustered(queries, DIM, 7))
    near = next(made_library.clustered(min(size, made_library.AT_ONCE), DIM, 0))
    asked = made_library.unit(near[:: max(1, len(near) // queries)][:queries] + np.float32(0.7) * asked)
    dice = np.random.default_rng(1)
    filters = {
        share: None if share == 1.0 else np.sort(dice.permutation(size)[: int(size * share)]) + 1 for share in SHARES
    }
    own = psutil.Process()
    milvus_server.CALL_S = PATIENCE_S
    with tempfile.TemporaryDirectory() as folder:
        exact = ExactStore(Path(folder, "exact"), dim=DIM, owner="benchmark")
        exact.update(rows(size), np.empty(0, dtype=np.int64), generation=1)
        mapped = round(sum(file.stat().st_size for file in Path(folder, "exact").iterdir()) / 1e6)
        truth = {}
        for share, among in filters.items():
            truth[share], times = measured(exact, asked, among, [own])
            tell(Measured("exact", size, 0, share, 1.0, memory_mb=mapped, **times))
        for name in wanted:
            with server(Path(folder, name)) as (address, process):
                kinds._UP_TO = ((2**62, kinds.kind_called(name)),)
                url = f"{address}/benchmark"
                store = MilvusStore(Path(folder, name, "c-photos"), dim=DIM, owner="benchmark", url=url)
                store.update(rows(size), np.empty(0, dtype=np.int64), generation=1)
                settle(store, process)
                for breadth in BREADTHS[name]:
                    kinds._EF = kinds._PROBES = breadth
                    for share in SHARES if breadth == USUAL[name] else (1.0,):
                        found, times = measured(store, asked, filters[share], [own, process])
                        recall = np.mean([len(one & true) / K for one, true in zip(found, truth[share], strict=True)])
                        memory = round(process.memory_info().rss / 1e6)
                        tell(Measured(name, size, breadth, share, round(float(recall), 4), memory_mb=memory, **times))


def main() -> None:
    """Prints a line of JSON for each measurement, and draws them."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--size", type=int, default=100_000)
    options.add_argument("--queries", type=int, default=200)
    options.add_argument("--kinds", nargs="*", choices=list(BREADTHS), default=list(BREADTHS))
    options.add_argument("--plot", type=Path, help="SVG file to write")
    chosen = options.parse_args()
    done: list[Measured] = []

    def tell(one: Measured) -> None:
        done.append(one)
        print(json.dumps(asdict(one)), flush=True)

    run(chosen.size, chosen.queries, chosen.kinds, tell)
    if chosen.plot:
        distributed_plot.draw([asdict(one) for one in done], chosen.plot)


if __name__ == "__main__":
    main()
