"""How many 12-megapixel photos a second does ``twinlens index`` take in, and does its memory stay flat?

Measures the command as a user runs it, in a process of its own, with a quarter of the
photos and with all of them; then, in this process, its two halves alone: decoding and
resizing (all cores), and the image tower. Processor time, that of all threads, tells most
where other programs run as well. Photos are drawn in code unless ``--photos``
names a folder; that folder is only read, the collection goes to a temporary one. With
``--clip-b32`` the same ViT-B/32 also goes through ``twinlens index`` and through a straight
indexer, in turns.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from command_run import run_command
from drawn_photos import HEIGHT, QUALITY, WIDTH, draw_photos
from result_page import publish, table
from straight_comparison import compare

from twinlens.api.models import load_model
from twinlens.collection.indexing.scanning.scan import scan_folder
from twinlens.embedding.local import BATCH_SIZE, map_ahead, prepare_photo
from twinlens.protocols import DualEncoder


@dataclass(frozen=True)
class IndexRun:
    """One ``twinlens index`` of N photos."""

    photos: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int

    def row(self) -> list[str]:
        return [
            f"{self.photos:,} photos",
            f"{self.photos / self.seconds:.1f}",
            f"{self.seconds:.1f}",
            f"{1000 * self.cpu_seconds / self.photos:.1f}",
            f"{self.peak_bytes / 1e6:,.0f}",
        ]


@dataclass(frozen=True)
class Rate:
    """How fast a number of photos went."""

    photos: int
    seconds: float
    cpu_seconds: float

    @property
    def cpu_ms(self) -> float:
        """Processor time of a photo."""
        return 1000 * self.cpu_seconds / self.photos

    def row(self, name: str) -> list[str]:
        return [name, f"{self.photos / self.seconds:.1f}", f"{self.cpu_ms:.1f}"]


@dataclass(frozen=True)
class PartRates:
    """Each half of indexing alone."""

    decode: Rate
    embed: Rate

    @property
    def seconds(self) -> float:
        """Of a photo, if the halves take turns on the same cores."""
        return sum(part.seconds / part.photos for part in (self.decode, self.embed))

    @property
    def cpu_ms(self) -> float:
        """Processor time of a photo, both together."""
        return self.decode.cpu_ms + self.embed.cpu_ms


class Clock:
    """Measures from its making on."""

    def __init__(self) -> None:
        self._seconds, self._cpu_seconds = time.perf_counter(), time.process_time()

    def rate(self, photos: int) -> Rate:
        return Rate(photos, time.perf_counter() - self._seconds, time.process_time() - self._cpu_seconds)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="photos to index, at least 4 (default: 200)")
    parser.add_argument("--photos", type=Path, help="take photos of this folder, the first in the order of their paths")
    parser.add_argument("--model", default="default", help="name or folder of a model bundle")
    parser.add_argument(
        "--clip-b32",
        type=Path,
        metavar="FOLDER",
        help="compare with a straight indexer; FOLDER keeps the models made for it (1 GB, needs the extra train)",
    )
    parser.add_argument("--rounds", type=int, default=3, help="turns of each way in that comparison (default: 3)")
    parser.add_argument("--write", action="store_true", help="write results/index_speed.md")
    options = parser.parse_args(arguments)
    if options.count < 4:
        parser.error("--count must be at least 4")
    if options.photos is not None and not options.photos.expanduser().is_dir():
        parser.error(f"the photo folder {options.photos} does not exist")
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        photos = _photos(work, options.photos, options.count)
        if len(photos) < 4:
            parser.error(f"{options.photos} holds {len(photos)} photos, at least 4 are needed")
        parts = [index_run(work / "quarter", photos[: len(photos) // 4], options.model)]
        parts.append(index_run(work / "whole", photos, options.model))
        encoder = load_model(options.model)
        rates = part_rates(photos, encoder)
        body = _body(photos, parts, rates, drawn=options.photos is None)
        if options.clip_b32 is not None:
            body += compare(work, photos, options.clip_b32.expanduser(), rounds=options.rounds)
    model = f"{encoder.name}, {encoder.fingerprint}"
    publish(__file__, "How fast are photos indexed?", body, model=model, write=options.write)


def index_run(folder: Path, photos: Sequence[Path], model: str) -> IndexRun:
    """Indexes photos, linked into a new folder, with the command line.

    Raises:
        RuntimeError: the command failed or left photos out.
    """
    folder.mkdir()
    for number, photo in enumerate(photos):
        (folder / f"{number:06d}{photo.suffix}").symlink_to(photo.resolve())
    command = [sys.executable, "-m", "twinlens", "index", str(folder), "--model", model, "--follow-links", "--json"]
    run = run_command(command)
    report = json.loads(run.stdout)
    if report["images"] != len(photos):
        raise RuntimeError(f"{len(photos)} photos were given, {report['images']} indexed; skipped: {report['skipped']}")
    return IndexRun(len(photos), run.seconds, run.cpu_seconds, run.peak_bytes)


def part_rates(photos: Sequence[Path], encoder: DualEncoder) -> PartRates:
    """Rates of decoding alone and of the image tower alone, as indexing runs them."""
    prepared, clock = [], Clock()
    for _, photo in map_ahead(lambda path: prepare_photo(path, encoder), photos):
        prepared.append(photo.pixels)
    decode = clock.rate(len(photos))
    pixels = np.stack(prepared)
    encoder.encode_pixels(pixels[:1])  # opens the tower
    clock = Clock()
    for start in range(0, len(pixels), BATCH_SIZE):
        encoder.encode_pixels(pixels[start : start + BATCH_SIZE])
    return PartRates(decode, clock.rate(len(pixels)))


def _photos(work: Path, given: Path | None, count: int) -> list[Path]:
    if given is not None:
        root = given.expanduser()
        return [root / photo.path for photo in scan_folder(root).photos[:count]]
    folder = work / "drawn"
    folder.mkdir()
    print(f"drawing {count:,} photos", file=sys.stderr)
    return draw_photos(folder, count)


def _body(photos: Sequence[Path], runs: Sequence[IndexRun], rates: PartRates, *, drawn: bool) -> str:
    megabytes = sum(photo.stat().st_size for photo in photos) / len(photos) / 1e6
    what = f"drawn in code, {WIDTH} x {HEIGHT} pixels, JPEG quality {QUALITY}" if drawn else "of one folder"
    quarter, whole = runs
    further = Rate(
        whole.photos - quarter.photos, whole.seconds - quarter.seconds, whole.cpu_seconds - quarter.cpu_seconds
    )
    share, cpu_share = rates.seconds / (further.seconds / further.photos), rates.cpu_ms / further.cpu_ms
    parts = [
        rates.decode.row("reading, decoding, resizing"),
        rates.embed.row("image tower"),
        ["both, in turns", f"{1 / rates.seconds:.1f}", f"{rates.cpu_ms:.1f}"],
        further.row("each further photo of the command"),
    ]
    return f"""
**{whole.photos / whole.seconds:.1f} photos a second**, end to end, with at most **{whole.peak_bytes / 1e6:,.0f} MB**.
Once the program has started, a further photo goes at {share:.0%} of the speed that its halves allow together,
and takes {further.cpu_ms:.1f} ms of one core, of which the halves are {cpu_share:.0%}.

Photos {what}, {megabytes:.1f} MB a file on average, read through the operating system's file cache.

`twinlens index`, the start of the program included:

{table(["", "photos/s", "seconds", "ms of one core a photo", "peak memory, MB"], [run.row() for run in runs])}

Its halves alone, in one process, for comparison (when indexing they share the cores):

{table(["", "photos/s", "ms of one core a photo"], parts)}
"""


if __name__ == "__main__":
    main()
