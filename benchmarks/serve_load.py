"""How many searches does a server answer, how fast, and what does embedding queries together gain?

Builds collections of clustered unit vectors straight in the catalog (a search opens no photo
file) and serves each by two processes: one embeds queries that come at one time together, the
other each alone. Clients, a thread with a connection each, ask for words that nobody asked
for before, so that no answer comes from the cache; the two servers take turns. Last, one server
answers 20,000 requests while its memory is watched.
"""

import argparse
import http.client
import json
import multiprocessing
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, product
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from result_page import publish, table
from search_latency import PLACES, SUBJECTS, fill

from twinlens.api.library import Collection
from twinlens.rest.process.server import bind, serve
from twinlens.rest.settings import Settings

K = 10
TURNS = 3  # of each server at each number of clients
MEMORY_CLIENTS = 8
MEMORY_STEPS = 10
TOGETHER, ALONE = "together", "each alone"
_processes = multiprocessing.get_context("spawn")
_lock = threading.Lock()
_numbers = count()
_PHRASES = [f"{subject} {place}" for subject, place in product(SUBJECTS, PLACES)]


@dataclass
class Load:
    """What came of one number of clients at one server.

    Attributes:
        ms: of each request that was answered.
        seconds: all turns together.
        errors: what was no answer.
    """

    ms: list[float] = field(default_factory=list)
    seconds: float = 0.0
    errors: list[str] = field(default_factory=list)

    def percentile(self, share: int) -> float:
        """So many of 100 requests took no longer, ms."""
        return float(np.percentile(self.ms, share)) if self.ms else float("nan")

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.ms) / self.seconds


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000], help="photos in the collections")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64], help="that ask at one time")
    parser.add_argument("--requests", type=int, default=2_000, help="at each number of clients (default: 2,000)")
    parser.add_argument("--memory-requests", type=int, default=20_000, help="while memory is watched (default: 20,000)")
    parser.add_argument("--model", default="default", help="name or folder of a model bundle")
    parser.add_argument("--write", action="store_true", help="write results/serve_load.md")
    options = parser.parse_args(arguments)
    if min(options.sizes) < K or min(options.clients) < 1 or options.requests < TURNS * max(options.clients):
        parser.error(f"--sizes from {K}, --clients from 1, --requests at least {TURNS} for each client")
    loads: dict[tuple[int, int, str], Load] = {}
    memory: list[tuple[int, float]] = []
    for size in options.sizes:
        with collection_of(size, options.model) as (photos, model):
            with serving(photos, together=True) as one, serving(photos, together=False) as other:
                servers = {TOGETHER: one, ALONE: other}
                for clients in options.clients:
                    for way, load in measured(servers, clients, options.requests).items():
                        loads[size, clients, way] = load
            if size == max(options.sizes) and options.memory_requests:
                with serving(photos, together=True) as port:
                    memory = watched_memory(port, options.memory_requests)
    publish(__file__, "How much load does a server bear?", _body(loads, memory), model=model, write=options.write)


@contextmanager
def collection_of(size: int, model: str) -> Iterator[tuple[Path, str]]:
    """Its photo folder, with no photo in it, and the model's name and fingerprint."""
    with tempfile.TemporaryDirectory() as name:
        photos = Path(name) / "photos"
        photos.mkdir()
        print(f"building a collection of {size:,} photos", file=sys.stderr)
        with Collection.create([photos], model=model) as collection:
            fill(collection, model, size)
            told = f"{collection.encoder.name}, {collection.encoder.fingerprint}"
        yield photos, told


@contextmanager
def serving(photos: Path, *, together: bool) -> Iterator[int]:
    """The port of a server in a process of its own."""
    ours, theirs = _processes.Pipe()
    process = _processes.Process(target=_serve, args=(str(photos), together, theirs))
    process.start()
    theirs.close()
    try:
        yield int(ours.recv())
    finally:
        process.terminate()
        process.join()


def _serve(photos: str, together: bool, line: Connection) -> None:
    settings = Settings(collection=photos, port=0, batch_queries=together)
    listener = bind(settings)
    serve(settings, listener, on_ready=lambda _: line.send(listener.getsockname()[1]))


def measured(servers: dict[str, int], clients: int, requests: int) -> dict[str, Load]:
    """Both servers under the same load, in turns."""
    loads = {way: Load() for way in servers}
    for turn in range(TURNS + 1):
        for way, port in servers.items():
            ask_all(port, clients, requests // TURNS, loads[way] if turn else Load())  # the first warms up
    return loads


def ask_all(port: int, clients: int, requests: int, load: Load) -> None:
    """Lets clients ask one query after another until all requests are sent."""
    shares = [requests // clients + (number < requests % clients) for number in range(clients)]
    threads = [threading.Thread(target=_ask, args=(port, share, load)) for share in shares]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds += time.perf_counter() - started


def _ask(port: int, requests: int, load: Load) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for query in _new_queries(requests):
        body = json.dumps({"query": query, "top_k": K})
        started = time.perf_counter()
        try:
            connection.request("POST", "/api/search/text", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            results = json.loads(answer.read()).get("results", [])
            fault = "" if answer.status == 200 and len(results) == K else f"status {answer.status}"
        except (OSError, http.client.HTTPException, ValueError) as error:
            fault = repr(error)
            connection.close()
        if fault:
            load.errors.append(fault)
        else:
            load.ms.append((time.perf_counter() - started) * 1000)
    connection.close()


def _new_queries(requests: int) -> list[str]:
    """Words that nobody has asked for: a number makes each another text to the model."""
    with _lock:
        numbers = [next(_numbers) for _ in range(requests)]
    return [f"{_PHRASES[number % len(_PHRASES)]} {number}" for number in numbers]


def watched_memory(port: int, requests: int) -> list[tuple[int, float]]:
    """Requests so far and MB that the server holds."""
    memory = []
    for step in range(MEMORY_STEPS + 1):
        load = Load()
        if step:
            ask_all(port, MEMORY_CLIENTS, requests // MEMORY_STEPS, load)
        if load.errors:
            raise RuntimeError(f"{len(load.errors)} requests failed, the first with {load.errors[0]}")
        memory.append((step * (requests // MEMORY_STEPS), _held_mb(port)))
    return memory


def _held_mb(port: int) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    held = re.findall(r"^twinlens_process_memory_bytes\{.*\} (\S+)$", text, re.MULTILINE)
    return sum(float(bytes_held) for bytes_held in held) / 1e6


def _body(loads: dict[tuple[int, int, str], Load], memory: Sequence[tuple[int, float]]) -> str:
    rows = [
        [f"{size:,}", str(clients), way, *(f"{load.percentile(share):.1f}" for share in (50, 95, 99))]
        + [f"{load.rate:,.0f}", str(len(load.errors))]
        for (size, clients, way), load in loads.items()
    ]
    size, most = max(size for size, _, _ in loads), max(clients for _, clients, _ in loads)
    fewest = min(clients for _, clients, _ in loads)
    gain = loads[size, most, TOGETHER].rate / loads[size, most, ALONE].rate
    first = loads[size, fewest, TOGETHER].percentile(50)
    head = ["photos", "clients", "queries are embedded", "p50, ms", "p95, ms", "p99, ms", "answers/s", "errors"]
    return f"""
At {size:,} photos, **{first:.1f} ms** is the median with {fewest} client(s), and embedding queries together gives
**{gain:.2f} times** the answers at {most}. One server process; clients and server share the machine.

{table(head, rows)}

Each request is a search by words that were not asked for before (no answer from the cache), the best {K} of all photos;
{TURNS} turns of each server after one to warm up.

{_memory_part(size, memory)}
The vectors are synthetic; the photos' records too.
"""


def _memory_part(size: int, memory: Sequence[tuple[int, float]]) -> str:
    if not memory:
        return ""
    rows = [[f"{requests:,}", f"{mb:,.0f}"] for requests, mb in memory]
    half = memory[len(memory) // 2]
    grown = memory[-1][1] - half[1]
    return f"""Memory of a server of {size:,} photos while {MEMORY_CLIENTS} clients ask, mapped vectors included; from
{half[0]:,} requests on it changed by **{grown:+,.1f} MB** (the vectors of 4,096 recent queries are kept):

{table(["requests", "MB"], rows)}
"""


if __name__ == "__main__":
    main()
