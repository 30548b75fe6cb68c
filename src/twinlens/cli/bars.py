"""A bar for each part of a long command, drawn from its first step on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import TaskID


@contextmanager
def part_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Gives what is told the part, how many are done, of how many; an error before the first step stays one line."""
    from twinlens.cli.progress import progress_bar  # --help need not wait for it

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
        if bar.live.is_started:  # else it would print an empty line
            bar.stop()
