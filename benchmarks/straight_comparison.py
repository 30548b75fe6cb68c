"""The same ViT-B/32 through ``twinlens index`` and through a straight indexer, in turns, on the same photos."""

import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from command_run import CommandRun, run_command
from random_clip import clip_b32
from result_page import table

STRAIGHT, OURS, SMALL = "straight indexer", "twinlens index", "twinlens index, int8"


@dataclass
class Way:
    """One way to embed the photos, and its runs."""

    name: str
    command: list[str]
    runs: list[CommandRun] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Median of the runs, by the clock."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def cpu_seconds(self) -> float:
        """Median of the runs, on all cores together."""
        return statistics.median(run.cpu_seconds for run in self.runs)


def compare(work: Path, photos: Sequence[Path], models: Path, *, rounds: int) -> str:
    """A section of the page.

    Args:
        work: a folder for links and collections.
        photos: files.
        models: keeps the bundles with random weights.
        rounds: how often each way takes its turn; whatever else the machine does hits all alike.

    Raises:
        RuntimeError: a command failed or left photos out.
    """
    folder = work / "compared"
    folder.mkdir()
    for number, photo in enumerate(photos):
        (folder / f"{number:06d}{photo.suffix}").symlink_to(photo.resolve())
    full, small = (clip_b32(models, weights=weights).directory for weights in ("float32", "int8"))
    script = str(Path(__file__).with_name("straight_indexer.py"))
    index = [sys.executable, "-m", "twinlens", "index", str(folder), "--follow-links", "--json"]
    ways = [
        Way(STRAIGHT, [sys.executable, script, str(full), str(folder)]),
        Way(OURS, [*index, "--model", str(full)]),
        Way(SMALL, [*index, "--model", str(small)]),
    ]
    for number in range(rounds):
        for way in ways:
            place = [] if way.name == STRAIGHT else ["--collection", str(work / f"{way.name} {number}")]
            run = run_command([*way.command, *place])
            if (count := json.loads(run.stdout)["images"]) != len(photos):
                raise RuntimeError(f"{len(photos)} photos were given, {way.name} embedded {count}")
            way.runs.append(run)
            print(f"{way.name}: {run.seconds:.1f} s, {run.cpu_seconds:.1f} s of CPU", file=sys.stderr)
    return _section(ways, len(photos), rounds)


def _section(ways: Sequence[Way], count: int, rounds: int) -> str:
    first = ways[0]
    rows = [
        [
            way.name,
            *(f"{count / way.seconds:.1f}", f"{first.seconds / way.seconds:.2f}"),
            *(f"{1000 * way.cpu_seconds / count:.0f}", f"{first.cpu_seconds / way.cpu_seconds:.2f}"),
        ]
        for way in ways
    ]
    head = ["", "photos/s", "times as fast", "CPU, ms a photo", "times as little CPU"]
    return f"""
## ViT-B/32, against a straight indexer

The same ViT-B/32 (random weights: speed does not depend on them) on the same {count:,} photos and cores, in turns,
median of {rounds} runs, the start of each program included. The straight indexer is the usual way: Pillow decodes in
full, two threads ahead of ONNX Runtime, which gets batches of eight. It keeps nothing; `twinlens index` also hashes the
files, reads their EXIF data and writes the collection.

{table(head, rows)}

Where other programs share the cores, time by the clock says little; CPU time says more.
"""
