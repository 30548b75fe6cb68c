"""Progress on stderr: bars with rate and an honest ETA."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from twinlens import api


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.0f}/s")


def progress_bar() -> Progress:
    """A bar on stderr: done of all, rate, time left."""
    # 60 s of history: one slow panorama does not swing the ETA
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(stderr=True),
        speed_estimate_period=60,
    )


class IndexProgress:
    """Shows indexing: the plan in a line, then a bar."""

    def __init__(self) -> None:
        self._bar = progress_bar()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar.live.is_started:  # else it would print an empty line
            self._bar.stop()

    def planned(self, plan: "api.IndexPlan") -> None:
        """The folders were walked."""
        self._bar.console.print(
            f"{plan.found:,} photos found, {plan.to_read:,} to read, about {plan.disk_bytes / 1e6:,.1f} MB of disk",
            highlight=False,
        )
        if plan.to_read:
            self._bar.start()
            self._bar.add_task("indexing", total=plan.to_read)

    def advanced(self, done: int, report: "api.IndexReport") -> None:
        """More photos are committed."""
        skipped = f" ({len(report.skipped):,} skipped)" if report.skipped else ""
        self._bar.update(self._bar.task_ids[0], completed=done, description=f"indexing{skipped}")
