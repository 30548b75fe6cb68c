"""What libraries of 1,000 to 1,000,000 photos cost: commands, answers, the server, and the store of vectors.

Libraries are made where --at says, and stay there. All times are processor time of all threads, which other programs
disturb less than the clock. With --write the figures are kept in docs/figures/scale.json, those of other sizes with
them, and drawn as docs/images/scale.svg.

Example: .venv/bin/python benchmarks/scale.py --at ~/made --sizes 1000 10000 100000 --write
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import library_costs
import made_library
import numpy as np
from command_run import run_command
from scale_plot import draw

from twinlens.stores.exact import ExactStore
from twinlens.types import Embeddings, Ids

DIM, K, SEARCHES = 512, 10, 20
OWNER = "benchmark"
DOCS = Path(__file__).resolve().parent.parent / "docs"
FIGURES, PICTURE = DOCS / "figures" / "scale.json", DOCS / "images" / "scale.svg"


def rows(size: int) -> Iterator[tuple[Ids, Embeddings]]:
    """Ids and clustered vectors, block by block."""
    first = 1
    for block in made_library.clustered(size, DIM, 0):
        yield np.arange(first, first + len(block)), block
        first += len(block)


def store_costs(size: int) -> dict[str, float]:
    """Of a store of so many vectors; the fastest of several searches, since other programs only make it slower."""
    queries = next(made_library.clustered(SEARCHES, DIM, 0))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "exact")
        ExactStore(folder, dim=DIM, owner=OWNER).update(rows(size), np.empty(0, dtype=np.int64), generation=1)
        started = time.process_time()
        store = ExactStore(folder, dim=DIM, owner=OWNER)
        store.search(queries[:1], K)
        first = time.process_time() - started
        taken = []
        for query in queries[1:]:
            started = time.process_time()
            store.search(query[None], K)
            taken.append(time.process_time() - started)
        disk = sum(file.stat().st_size for file in folder.iterdir())
    return {
        "store_first_ms": round(1000 * first, 1),
        "store_search_ms": round(1000 * min(taken), 2),
        "store_disk_mb": round(disk / 1e6),
    }


def made(at: Path, size: int) -> Path:
    """A library of so many photos, made and indexed if it is missing."""
    library = at / str(size)
    if not library.exists():
        made_library.make(library, size)
        run_command(library_costs.twinlens("index", library))
    return library


PARTS: dict[str, Callable[[Path], dict[str, float]]] = {
    "commands": library_costs.command_costs,
    "answers": library_costs.answer_costs,
    "server": library_costs.server_costs,
}


def measured(part: str, size: int, at: Path) -> dict[str, float]:
    """One part of the costs of so many photos."""
    return store_costs(size) if part == "store" else PARTS[part](made(at, size))


def main() -> None:
    """Prints a line of JSON for each size."""
    parts = ("store", *PARTS)
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    options.add_argument("--at", type=Path, required=True, help="folder of the made libraries")
    options.add_argument("--parts", nargs="+", choices=parts, default=parts, help="what is measured")
    options.add_argument("--write", action="store_true", help="keep the figures in docs, and draw them")
    asked = options.parse_args()
    figures = json.loads(FIGURES.read_text(encoding="utf-8")) if asked.write and FIGURES.exists() else {}
    for size in asked.sizes:
        for part in asked.parts:
            found = measured(part, size, asked.at)
            print(json.dumps({"photos": size, **found}), flush=True)
            figures[str(size)] = {**figures.get(str(size), {}), **found}
    if asked.write:
        FIGURES.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        draw({int(size): costs for size, costs in figures.items()}, PICTURE)


if __name__ == "__main__":
    main()
