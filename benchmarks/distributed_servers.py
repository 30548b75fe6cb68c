"""One to four ``twinlens serve`` processes on one catalog: answers a second, p95, and the processor time of an answer.

The catalog is an SQLite file or, with ``--postgres ADDRESS``, on a server of this machine as well (its password is in
TWINLENS_CATALOG_PASSWORD, its schema is made and left). Clients ask for words that nobody asked for before. Then the
same with Caddy in front of as many servers as there are: what it adds. Processor time is that of the servers, of
PostgreSQL and of Caddy; clients are not counted.

Example: .venv-test/bin/python benchmarks/distributed_servers.py --to benchmarks/results/distributed_servers.jsonl
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from search_latency import fill
from serve_load import Load, ask_all

from twinlens.api.library import Collection

MODEL = "default"
WARM_UP = 40  # requests of each server
STARTED_S = 300.0


@dataclass
class Measured:
    """One number of servers.

    Attributes:
        catalog: sqlite, or postgres.
        servers: processes.
        is_behind_proxy: whether Caddy was in front of them.
        per_s: answers a second.
        p50_ms, p95_ms: so long took half, and 95 of 100 answers.
        processor_ms: of an answer, in the servers.
        catalog_ms: of an answer, in PostgreSQL.
        proxy_ms: of an answer, in Caddy.
        errors: answers that were none.
    """

    catalog: str
    servers: int
    is_behind_proxy: bool
    clients: int
    photos: int
    per_s: float
    p50_ms: float
    p95_ms: float
    processor_ms: float
    catalog_ms: float
    proxy_ms: float
    errors: int


@contextmanager
def serving(place: str) -> Iterator[tuple[int, psutil.Process]]:
    """A server in a process of its own: its port, and the process."""
    line = [sys.executable, "-m", "twinlens", "serve", "--in", place, "--port", "0", "--no-watch"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(json.loads(process.stdout.readline())["port"]), psutil.Process(process.pid)
        finally:
            process.terminate()
            process.stdout.read()


@contextmanager
def caddy(program: str, ports: Sequence[int], folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    """Caddy in front of servers, without TLS."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    servers = " ".join(f"127.0.0.1:{one}" for one in ports)
    site = f"http://127.0.0.1:{port} {{\n\treverse_proxy {servers} {{\n\t\tlb_policy least_conn\n\t}}\n}}\n"
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n}}\n{site}")
    line = [program, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    with subprocess.Popen(line, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + STARTED_S
            while not listens(port):
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("Caddy has not started")
                time.sleep(0.05)
            yield port, psutil.Process(process.pid)
        finally:
            process.terminate()


def listens(port: int) -> bool:
    """Whether a program of this machine takes connections."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def postgres_at(address: str) -> psutil.Process:
    """The first process of a PostgreSQL server of this machine."""
    port = urlsplit(address).port or 5432
    listening = [one.pid for one in psutil.net_connections("tcp") if one.status == "LISTEN" and one.laddr.port == port]
    return psutil.Process(next(pid for pid in listening if pid))


def processor_s(processes: Sequence[psutil.Process]) -> float:
    """Seconds of processor time so far, those of their children included, which may end meanwhile."""
    took = 0.0
    for process in processes:
        for child in process.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                took += sum(child.cpu_times()[:2])
        took += sum(process.cpu_times()[:4])
    return took


def ask(ports: Sequence[int], clients: int, requests: int) -> Load:
    """Lets clients ask all ports at once, each as many."""
    loads = [Load() for _ in ports]
    threads = [
        threading.Thread(
            target=ask_all, args=(port, -(-clients // len(ports)), requests // len(ports), load), daemon=True
        )
        for port, load in zip(ports, loads, strict=True)
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together = Load(seconds=time.perf_counter() - started)
    for load in loads:
        together.ms += load.ms
        together.errors += load.errors
    return together


def run(place: str, kind: str, options: argparse.Namespace, tell: Callable[[Measured], None]) -> None:
    """Measures each number of servers on one catalog, and with a proxy in front where there is one."""
    program = shutil.which(options.caddy)
    for count in options.servers:
        with ExitStack() as open_ones, tempfile.TemporaryDirectory() as folder:
            started = [open_ones.enter_context(serving(place)) for _ in range(count)]
            ports, servers = [port for port, _ in started], [process for _, process in started]
            ask(ports, options.clients, WARM_UP * count)
            catalog = [postgres_at(place)] if kind == "postgres" else []
            ways: list[tuple[list[int], list[psutil.Process]]] = [(ports, [])]
            if program:
                port, proxy = open_ones.enter_context(caddy(program, ports, Path(folder)))
                ways.append(([port], [proxy]))
            for asked, proxies in ways:
                parts = (servers, catalog, proxies)
                before = [processor_s(part) for part in parts]
                load = ask(asked, options.clients, options.requests)
                took = [
                    round(1000 * (processor_s(part) - earlier) / len(load.ms), 2)
                    for part, earlier in zip(parts, before, strict=True)
                ]
                figures = (round(load.rate, 1), round(load.percentile(50), 1), round(load.percentile(95), 1), *took)
                tell(Measured(kind, count, bool(proxies), options.clients, options.size, *figures, len(load.errors)))


def main() -> None:
    """Prints a line of JSON for each measurement."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--size", type=int, default=10_000, help="photos")
    options.add_argument("--servers", type=int, nargs="+", default=[1, 2, 3, 4])
    options.add_argument("--clients", type=int, default=12)
    options.add_argument("--requests", type=int, default=600, help="for each number of servers")
    options.add_argument("--catalogs", nargs="+", choices=["sqlite", "postgres"], default=["sqlite", "postgres"])
    options.add_argument("--postgres", metavar="ADDRESS", help="postgresql://USER@127.0.0.1:PORT/DATABASE")
    options.add_argument("--caddy", default="caddy", help="program; without it, nothing is measured behind a proxy")
    options.add_argument("--to", type=Path, help="file to add the lines to")
    chosen = options.parse_args()

    def tell(one: Measured) -> None:
        print(json.dumps(asdict(one)), flush=True)
        if chosen.to:
            with chosen.to.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(one)) + "\n")

    with tempfile.TemporaryDirectory() as folder:
        os.environ["TWINLENS_HOME"] = str(Path(folder, "home"))
        photos = Path(folder, "photos")
        photos.mkdir()
        places = {"sqlite": str(Path(folder, "library"))}
        if chosen.postgres:
            sign = "&" if "?" in chosen.postgres else "?"
            places["postgres"] = f"{chosen.postgres}{sign}schema=benchmark_{uuid.uuid4().hex[:8]}"
        for kind, place in ((kind, places[kind]) for kind in chosen.catalogs if kind in places):
            with Collection.create([photos], at=place, model=MODEL) as collection:
                fill(collection, MODEL, chosen.size)
            run(place, kind, chosen, tell)


if __name__ == "__main__":
    main()
