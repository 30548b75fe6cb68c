"""``twinlens index --watch``: a line on stderr for each run that changed something, until a signal ends it."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from twinlens import api
from twinlens.cli.interrupts import interrupts
from twinlens.cli.outcome import FOUND, print_json, say
from twinlens.counted import counted

CHANGES = ("added", "updated", "renamed", "removed")
SKIPPED_SHOWN = 5


def follow_with_lines(collection: "api.library.Collection", last: "api.indexing.IndexReport", *, as_json: bool) -> int:
    """Keeps a collection up to date until SIGTERM, which is a success, or Ctrl-C, which is an interrupt.

    Args:
        collection: brought up to date just now.
        last: the report of that run.
        as_json: whether each run that changed something prints its report on stdout, as a line of JSON.
    """
    lines = _Lines(last, as_json=as_json)
    folders = counted(len(collection.folders()), "folder")
    say(f"following {folders}: changes are indexed as they come; Ctrl+C stops")
    ended: list[int] = []
    with _terminated(ended):
        try:
            with interrupts(lambda: "finished work is kept"):
                collection.follow(threading.Event(), on_report=lines.tell, on_error=lambda error: say(_now(str(error))))
        except KeyboardInterrupt:
            if not ended:
                raise
    say("stopped; finished work is kept")
    return FOUND


class _Lines:
    def __init__(self, last: "api.indexing.IndexReport", *, as_json: bool) -> None:
        self._as_json, self._skipped, self._kept = as_json, set(last.skipped), set(last.kept_folders)

    def tell(self, report: "api.indexing.IndexReport") -> None:
        """Tells what a run has changed, and what it skipped or kept that the ones before did not."""
        counts = [f"{getattr(report, name):,} {name}" for name in CHANGES if getattr(report, name)]
        skipped = [file for file in report.skipped if file not in self._skipped]
        kept = [folder for folder in report.kept_folders if folder not in self._kept]
        self._skipped, self._kept = set(report.skipped), set(report.kept_folders)
        if counts:
            say(_now(f"{', '.join(counts)}; {counted(report.images, 'photo')} can be searched"))
        for file in skipped[:SKIPPED_SHOWN]:
            say(_now(api.searching.on_one_line(f"skipped {file.path}: {file.reason}")))
        if len(skipped) > SKIPPED_SHOWN:
            say(_now(f"skipped {counted(len(skipped) - SKIPPED_SHOWN, 'more file')}"))
        for folder in kept:
            say(_now(f"{folder} Nothing was removed there"))
        if self._as_json and (counts or skipped or kept):
            print_json(report.to_json())


@contextmanager
def _terminated(ended: list[int]) -> Iterator[None]:
    """Turns SIGTERM into an interrupt, and notes it."""

    def end(number: int, _: object) -> None:
        ended.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _now(text: str) -> str:
    return f"{time.strftime('%H:%M:%S')} {text}"
