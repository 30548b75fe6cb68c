"""How long until a server tells of a photo that was just written, and what that costs, in a library of any size.

A server follows the library's folders, and a client waits for the next change, as the page does; the clock runs from
the photo's last byte until that call has answered with one photo more. Processor time is that of the server.

Example: .venv/bin/python benchmarks/new_photo.py ~/made-library --make 100000
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

import drawn_photos
import made_library

IDLE_S = 10
HERTZ = os.sysconf("SC_CLK_TCK")


class Served:
    """Runs ``twinlens serve`` over a library."""

    def __init__(self, library: Path) -> None:
        line = [sys.executable, "-m", "twinlens", "serve", "--in", str(library), "--port", "0"]
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = json.loads(self.process.stdout.readline())["url"]

    def get(self, path: str) -> dict[str, Any]:
        """The answer of a call."""
        with urllib.request.urlopen(f"{self.url}{path}") as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def processor_s(self) -> float:
        """Seconds of all its threads so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / HERTZ


def until_told(served: Served, photos: int, generation: int) -> dict[str, Any]:
    """The statistics, once there is another number of photos."""
    while True:
        told = served.get(f"/api/stats?other_than={generation}")
        if told["num_images"] != photos:
            return told
        generation = told["generation"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=lambda text: Path(text).expanduser(), help="an indexed photo folder")
    parser.add_argument("--make", type=int, metavar="N", help="make a library of N photos there first")
    parser.add_argument("--photos", type=int, default=10, help="how many are written, one after the other")
    arguments = parser.parse_args()
    if arguments.make:
        made_library.make(arguments.library, arguments.make)
    with tempfile.TemporaryDirectory() as folder:
        photos = drawn_photos.draw_photos(Path(folder), arguments.photos)
        contents = [photo.read_bytes() for photo in photos]
    served = Served(arguments.library)
    try:
        while served.get("/api/index")["stage"] != "done":  # of the run at the start
            time.sleep(0.2)
        state = served.get("/api/stats")
        before = served.processor_s()
        served.get(f"/api/stats?other_than={state['generation']}&wait_s={IDLE_S}")
        print(f"{state['num_images']:,} photos; idle: {(served.processor_s() - before) / IDLE_S:.1%} of a core")
        clock, processor = [], []
        for content in contents:
            file = arguments.library / f"new-{time.time_ns()}.jpg"
            file.write_bytes(content)
            used, written = served.processor_s(), time.perf_counter()
            state = until_told(served, state["num_images"], state["generation"])
            clock.append(time.perf_counter() - written)
            processor.append(served.processor_s() - used)
            file.unlink()
            state = until_told(served, state["num_images"], state["generation"])
        print(
            f"told after {median(clock):.2f} s (longest {max(clock):.2f} s), {median(processor):.2f} s of a core each"
        )
    finally:
        served.process.terminate()
        served.process.wait()


if __name__ == "__main__":
    main()
