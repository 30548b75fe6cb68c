"""Progress bars of long commands: one for each part, or one for a download."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import TaskID


@contextmanager
def part_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Yields a callback of (part, done, total); bars appear at the first call, so early errors stay one line."""
    from twinlens.cli.progress import progress_bar  # imported late to keep --help fast

    bar = progress_bar()
    tasks: dict[str, TaskID] = {}

    def show(what: str, done: int, total: int) -> None:
        bar.start()
        if what not in tasks:
            tasks[what] = bar.add_task(what, total=total)
        bar.update(tasks[what], completed=done, total=total)

    try:
        yield show
    finally:
        if bar.live.is_started:  # stopping one that never started prints an empty line
            bar.stop()


@contextmanager
def byte_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yields a callback of (bytes here, bytes wanted); the bar shows sizes, speed and time left."""
    from twinlens.cli.progress import download_bar  # imported late to keep --help fast

    bar = download_bar()
    tasks: list[TaskID] = []

    def show(done: int, total: int) -> None:
        if not tasks:
            bar.start()
            tasks.append(bar.add_task(what, total=total))
        bar.update(tasks[0], completed=done, total=total)

    try:
        yield show
    finally:
        if bar.live.is_started:
            bar.stop()
