"""How many photos a second does ``twinlens index`` take in from object storage, beside the same from a folder?

The photos of a folder are served on loopback in the language of S3 by a small server in a process of its own, with a
wait before each answer, as a network has it. Folder and buckets are indexed in turns, each time into a new
collection, by the command as a user runs it. Needs the extra ``objects``.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from command_run import CommandRun, run_command
from result_page import publish, table

from twinlens.api.models import load_model

BUCKET = "photos"
PAGE = 1000
ENTRY = (
    "<Contents><Key>{}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;{}&quot;</ETag>"
    "<Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>"
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, help="a folder with photos, which is only read")
    parser.add_argument("--count", type=int, default=500, help="photos to index (default: 500)")
    parser.add_argument("--rounds", type=int, default=3, help="times that each is measured (default: 3)")
    parser.add_argument("--waits-ms", type=int, nargs="+", default=[0, 30, 100], help="before each answer")
    parser.add_argument("--write", action="store_true", help="write benchmarks/results/object_storage.md")
    given = parser.parse_args(arguments)
    files = sorted(file for file in given.photos.iterdir() if file.suffix.lower() == ".jpg")[: given.count]
    rows: dict[str, list[CommandRun]] = {"a folder": []}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "photos")
        folder.mkdir()
        for file in files:
            (folder / file.name).write_bytes(file.read_bytes())
        for number in range(given.rounds):
            rows["a folder"].append(indexed(str(folder), Path(place, f"folder-{number}"), {}))
            for wait_ms in given.waits_ms:
                with_server = rows.setdefault(f"a bucket, {wait_ms} ms before each answer", [])
                with_server.append(from_server(folder, wait_ms, Path(place, f"bucket-{wait_ms}-{number}")))
    size_mb = sum(file.stat().st_size for file in files) / len(files) / 1e6
    body = table(
        ("photos from", "photos/s", "least", "most", "CPU s", "peak MB"),
        [(what, *figures(runs, len(files))) for what, runs in rows.items()],
    )
    told = f"{len(files)} photos of {size_mb:.2f} MB, {given.rounds} rounds, the median of them and its range.\n\n"
    encoder = load_model("default")
    title = "Photos a second from object storage, and from a folder"
    publish(__file__, title, told + body, model=f"{encoder.name} {encoder.fingerprint}", write=given.write)


def figures(runs: Sequence[CommandRun], photos: int) -> list[str]:
    """Photos a second of the runs themselves, without the start of the program; CPU time and memory of the process."""
    rates = sorted(photos / json.loads(run.stdout)["seconds"] for run in runs)
    spent, most = median(run.cpu_seconds for run in runs), max(run.peak_bytes for run in runs)
    return [f"{median(rates):.1f}", f"{rates[0]:.1f}", f"{rates[-1]:.1f}", f"{spent:.0f}", f"{most / 1e6:,.0f}"]


def indexed(photos: str, at: Path, environment: dict[str, str]) -> CommandRun:
    """One index run into a new collection."""
    os.environ.update(environment)
    return run_command([sys.executable, "-m", "twinlens", "index", photos, "--collection", str(at), "--json"])


def from_server(folder: Path, wait_ms: int, at: Path) -> CommandRun:
    """One index run from a server that is started for it."""
    ours, its = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(folder, wait_ms / 1000, its), daemon=True)
    server.start()
    try:
        keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
        return indexed(f"s3://{BUCKET}", at, {**keys, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ours.recv()}"})
    finally:
        server.terminate()
        server.join()


def serve(folder: Path, wait_s: float, port: Connection) -> None:
    """Serves a folder as a bucket until the process ends."""
    names = sorted(file.name for file in folder.iterdir())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            time.sleep(wait_s)
            url = urlsplit(self.path)
            asked, key = parse_qs(url.query), unquote(url.path).removeprefix(f"/{BUCKET}").lstrip("/")
            content = (folder / key).read_bytes() if key else listing(asked.get("continuation-token", ["0"])[0])
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    def listing(start: str) -> bytes:
        first = int(start)
        page = names[first : first + PAGE]
        more = first + PAGE < len(names)
        entries = "".join(ENTRY.format(escape(name), name, (folder / name).stat().st_size) for name in page)
        after = f"<NextContinuationToken>{first + PAGE}</NextContinuationToken>" if more else ""
        cut = f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        return f"<ListBucketResult><Name>{BUCKET}</Name>{cut}{after}{entries}</ListBucketResult>".encode()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port.send(server.server_address[1])
    server.serve_forever()


if __name__ == "__main__":
    main()
