"""What a library costs those who use it: commands as processes of their own, and what the server answers from."""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import drawn_photos
from command_run import CommandRun, run_command
from new_photo import Served

from twinlens.api.library import Area, Collection, View

QUERY, TIMES = "a dog on a beach", 5
FILTERED = f"{QUERY} camera:canon near:Paris year:2005..2020"
EARTH = View(Area(-180, -90, 180, 90), 2.0)
MB = 1e6


def command_costs(library: Path) -> dict[str, float]:
    """Seconds of processor time, and peak memory, of commands over a library that is indexed."""
    commands = {
        "search": ("search", QUERY, "--in", library),
        "index": ("index", library),
        "status": ("status", "--in", library),
    }
    found: dict[str, float] = {}
    for name, command in commands.items():
        run = _run(*command)
        found |= {f"{name}_s": round(run.cpu_seconds, 2), f"{name}_mb": round(run.peak_bytes / MB)}
        found[f"{name}_own_mb"] = round(run.own_bytes / MB)
    (photo,) = drawn_photos.draw_photos(library, 1)
    try:
        found["add_one_s"] = round(_run("index", library).cpu_seconds, 2)
    finally:
        photo.unlink()
    found["delete_one_s"] = round(_run("index", library).cpu_seconds, 2)
    return found


def twinlens(*command: object) -> list[str]:
    """A command line of this source tree."""
    return [sys.executable, "-m", "twinlens", *map(str, command)]


def _run(*command: object) -> CommandRun:
    return run_command(twinlens(*command))


def answer_costs(library: Path) -> dict[str, float]:
    """Milliseconds of processor time of what the page asks for, in a program that is running."""
    with Collection.open(library) as collection:
        deep = len(collection) * 9 // 10
        acts: dict[str, Callable[[], object]] = {
            "words": lambda: collection.answer(QUERY, k=40),
            "filtered": lambda: collection.answer(FILTERED, k=40),
            "name": lambda: collection.answer("name:IMG_000123", k=40),
            "first_page": lambda: collection.browse(k=40),
            "deep_page": lambda: collection.browse(k=40, offset=deep),
            "time_line": collection.months,
            "places": lambda: collection.map_of_places(EARTH),
            "facets": collection.facets,
        }
        return {f"{name}_ms": round(1000 * _median(act), 1) for name, act in acts.items()}


def _median(act: Callable[[], object]) -> float:
    """Of several times, all threads; without the first, which reads what the others find in memory."""
    act()
    taken = []
    for _ in range(TIMES):
        started = time.process_time()
        act()
        taken.append(time.process_time() - started)
    return statistics.median(taken)


def server_costs(library: Path) -> dict[str, float]:
    """Processor time until the server answers, and its memory: of its own, without files that it has mapped."""
    served = Served(library)
    try:
        served.get("/api/photos?top_k=40")
        ready_s = served.processor_s()
        served.get("/api/months")
        status = Path(f"/proc/{served.process.pid}/status").read_text(encoding="ascii")
        own_kb = next(line.split()[1] for line in status.splitlines() if line.startswith("RssAnon"))
    finally:
        served.process.terminate()
        served.process.wait()
    return {"serve_s": round(ready_s, 2), "serve_mb": round(int(own_kb) * 1024 / MB)}
