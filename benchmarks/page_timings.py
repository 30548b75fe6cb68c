"""How fast is the page: paint, typing, scrolling, opening, bytes; on a fast and a slow network, before and after."""

import argparse
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from page.looking import FIGURES, Network, look
from result_page import publish, table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser.served_page import ServedPage  # noqa: E402 — as the tests start servers
from twinlens.api.models import load_model  # noqa: E402

NETWORKS = (Network("fast"), Network("slow", latency_ms=400, bytes_per_s=50_000))
NOW = "now"
# by each release for itself: one that opens the library of another reads dates anew, and then shows other photos first
DRAW = "import sys; from pathlib import Path; from browser.drawn_library import draw_library, multiply; "
DRAW += "multiply(draw_library(Path(sys.argv[1])), int(sys.argv[2]))"


def main() -> int:
    """Measures, and prints or writes the page; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--runs", type=int, default=3, help="openings of the page, each with one fling and one photo")
    parser.add_argument("--before", metavar="COMMIT", help="measure that one in the same run, too")
    parser.add_argument("--write", action="store_true", help="keep the figures in benchmarks/results")
    options = parser.parse_args()
    parts = []
    with tempfile.TemporaryDirectory() as place, trees(options.before, Path(place)) as found:
        for photos in options.photos:
            parts.append(f"## {photos:,} photos\n\n{_measure(found, photos, options.runs, Path(place))}")
            print(parts[-1], file=sys.stderr)  # the next size may take long
    load = f"; {os.getloadavg()[0]:.1f} processes wanted a core at the end" if hasattr(os, "getloadavg") else ""
    body = f"Chromium without a window on the server's machine{load}. Slow: 400 ms there and back, 50 KB a second.\n"
    body += "Medians; with p95 behind where each opening gives many values.\n\n" + "\n\n".join(parts)
    model = load_model("default")
    publish(__file__, "How fast is the page?", body, model=f"{model.name} {model.fingerprint}", write=options.write)
    return 0


@contextmanager
def trees(before: str | None, place: Path) -> Iterator[dict[str, Path]]:
    """The source trees that are measured, by name; that of a commit is checked out for as long."""
    if before is None:
        yield {NOW: ROOT}
        return
    tree = place / "before"
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--detach", str(tree), before], check=True, stdout=subprocess.DEVNULL)
    try:
        yield {f"before ({before[:7]})": tree, NOW: ROOT}
    finally:
        subprocess.run([*git, "remove", "--force", str(tree)], check=True)


def _measure(found: dict[str, Path], photos: int, runs: int, place: Path) -> str:
    """A table of the figures for libraries of one size, a column for each tree and network."""
    columns: dict[str, dict[str, list[float]]] = {}
    for number, (name, tree) in enumerate(found.items()):
        library = place / f"{photos}-{number}" / "photos"
        with _paths_of(tree):
            subprocess.run([sys.executable, "-c", DRAW, str(library), str(photos)], check=True)
            served = ServedPage(library)
            try:
                for network in NETWORKS:
                    columns[f"{name}, {network.name}"] = look(served.url, runs, network)
            finally:
                served.stop()
        shutil.rmtree(library.parent)
    rows = [[figure, *(_told(values[figure]) for values in columns.values())] for figure in FIGURES]
    return table(["", *columns], rows)


@contextmanager
def _paths_of(tree: Path) -> Iterator[None]:
    """Programs that are started meanwhile are those of a source tree."""
    kept = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(tree / "src"), str(tree / "tests")])
    try:
        yield
    finally:
        os.environ.pop("PYTHONPATH")
        if kept is not None:
            os.environ["PYTHONPATH"] = kept


def _told(values: list[float]) -> str:
    if not values:
        return "none in time"
    median = f"{statistics.median(values):,.0f}"
    return median if len(values) < 10 else f"{median} / {sorted(values)[math.ceil(0.95 * (len(values) - 1))]:,.0f}"


if __name__ == "__main__":
    sys.exit(main())
