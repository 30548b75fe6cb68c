"""How much faster do two Ray workers embed photos than one, after they have started?

Both read, decode and embed the same photos on this machine, in turns; each worker uses one core. The share of the
ideal is the rate of two divided by twice the rate of one. Processor time tells the same on a machine that is shared:
what two workers and this process need for a photo, beside what one worker needs. Needs the extra ``ray``, and psutil.
"""

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil
from result_page import publish, table

from twinlens.cluster.connection import Cluster
from twinlens.embedding.on_cluster import ClusterEmbedding
from twinlens.model.load import load_model
from twinlens.protocols import DualEncoder


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, help="a folder with photos, which is only read")
    parser.add_argument("--count", type=int, default=192, help="photos to embed (default: 192)")
    parser.add_argument("--rounds", type=int, default=3, help="times for each number of workers (default: 3)")
    parser.add_argument("--write", action="store_true", help="write the page in benchmarks/results")
    given = parser.parse_args(arguments)
    files = sorted(file for file in given.photos.expanduser().resolve().iterdir() if file.suffix == ".jpg")[
        : given.count
    ]
    encoder = load_model("default")
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 — as this process has it; Ray gives its workers less priority
    with Cluster(workers=3):
        made = {count: ClusterEmbedding(Cluster(workers=count)) for count in (1, 2)}
        for count, on in made.items():
            while on.started < count:
                on.embed_photos(files[: 32 * count], encoder)
        runs: dict[int, list[Run]] = {count: [] for count in made}
        for _ in range(given.rounds):
            for count, on in made.items():
                runs[count].append(measured(on, files, encoder))
        for on in made.values():
            on.close()
    shares = [two.rate / (2 * one.rate) for one, two in zip(runs[1], runs[2], strict=True)]
    rows = []
    for count, own in runs.items():
        rates = [run.rate for run in own]
        spent = (median(run.workers_ms for run in own), median(run.own_ms for run in own))
        rows.append([str(count), *(f"{rate:.1f}" for rate in (median(rates), min(rates), max(rates)))])
        rows[-1] += [f"{ms:.1f}" for ms in spent]
    one, two = (min(run.workers_ms for run in runs[count]) for count in (1, 2))
    own_ms = min(run.own_ms for run in runs[2])
    head = ["workers", "photos/s", "lowest", "highest", "workers' ms of processor a photo", "this process's"]
    body = (
        f"{len(files)} photos, {given.rounds} rounds in turns; load average {os.getloadavg()[0]:.0f}.\n\n"
        + table(head, rows)
        + f"\n\nShare of the ideal with two workers, by the clock: {median(shares):.0%} "
        f"(rounds: {', '.join(f'{share:.0%}' for share in shares)}); by processor time, {one:.1f} ms a photo with one "
        f"worker beside {two:.1f} + {own_ms:.1f} ms with two and this process: {one / (two + own_ms):.0%}."
    )
    title = "Photos a second with one and two Ray workers"
    publish(__file__, title, body, model=f"{encoder.name} {encoder.fingerprint}", write=given.write)


class Run(NamedTuple):
    """Photos a second, and processor time a photo: of the workers, and of this process."""

    rate: float
    workers_ms: float
    own_ms: float


def measured(on: ClusterEmbedding, files: Sequence[Path], encoder: DualEncoder) -> Run:
    """One run over all photos."""
    before, own, start = workers_s(), time.process_time(), time.perf_counter()
    embedded = on.embed_photos(files, encoder)
    seconds, own_s, spent_s = time.perf_counter() - start, time.process_time() - own, workers_s() - before
    photos = len(embedded.kept)
    return Run(photos / seconds, 1000 * spent_s / photos, 1000 * own_s / photos)


def workers_s() -> float:
    """Processor time of Ray's workers until now, their decoder processes included."""
    workers = [own for own in psutil.Process().children(recursive=True) if own.name().startswith("ray::")]
    return sum(sum(own.cpu_times()[:4]) for own in workers)


if __name__ == "__main__":
    main()
