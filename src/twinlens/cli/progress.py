"""Progress bars on stderr, with rate and ETA."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from twinlens import api
from twinlens.counted import counted

logger = logging.getLogger(__name__)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.0f}/s")


def progress_bar() -> Progress:
    """A progress bar on stderr: done and total, rate, time left."""
    # average over 60 s, so that one slow panorama does not distort the ETA
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(stderr=True),
        speed_estimate_period=60,
    )


def download_bar() -> Progress:
    """A progress bar on stderr for bytes: those here and those wanted, speed, time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(stderr=True),
    )


@contextmanager
def texts_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr for a list of texts that is embedded, drawn only if it is."""
    with ExitStack() as drawn:
        bar = progress_bar()
        task = bar.add_task(what, total=None)

        def on_progress(done: int, total: int) -> None:
            if not bar.live.is_started:
                drawn.enter_context(bar)
            bar.update(task, completed=done, total=total)

        yield on_progress


class IndexProgress:
    """Shows the progress of indexing: one line with the plan, then a bar."""

    def __init__(self) -> None:
        self._bar = progress_bar()
        self._photos = self._captions = TaskID(0)
        self._videos: TaskID | None = None
        self._helped: TaskID | None = None
        self._change: api.indexing.ModelChangePlan | None = None
        self._again: tuple[TaskID, TaskID] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pause()

    def pause(self) -> None:
        """Stops drawing, so that the terminal is free; the next bar starts it again."""
        if not self._bar.live.is_started:  # stopping one that never started prints an empty line
            return
        try:
            self._bar.stop()
        except IndexError:
            logger.debug("the bar was interrupted while it was being started")  # nothing is drawn yet

    def planned(self, plan: "api.indexing.IndexPlan") -> None:
        """The folders have been scanned."""
        if self._helped is not None:  # this one's own run begins
            self._bar.update(self._helped, total=self._bar.tasks[self._helped].completed)
        found, size_mb = counted(plan.found, "photo"), plan.disk_bytes / 1e6
        self._bar.console.print(
            f"{found} found, {plan.to_read:,} to read, about {size_mb:,.1f} MB on disk", highlight=False
        )
        if plan.to_read:
            self._photos = self._start("indexing", plan.to_read)

    def advanced(self, done: int, report: "api.indexing.IndexReport") -> None:
        """More photos are stored."""
        skipped = f" ({len(report.skipped):,} skipped)" if report.skipped else ""
        self._bar.update(self._photos, completed=done, description=f"indexing{skipped}")

    def captions_planned(self, plan: "api.indexing.CaptionPlan") -> None:
        """The captions have been read and matched to photos."""
        found = counted(plan.found, "caption")
        self._bar.console.print(f"{found} found, {plan.to_embed:,} of them new", highlight=False)
        if plan.to_embed:
            self._captions = self._start("captions", plan.to_embed)

    def captions_advanced(self, done: int) -> None:
        """More captions are stored."""
        self._bar.update(self._captions, completed=done)

    def videos_advanced(self, done: int, total: int, /) -> None:
        """More videos have been looked at."""
        if self._videos is None:
            self._videos = self._start("videos", total)
        self._bar.update(self._videos, completed=done, total=total)

    def helped(self, done: int, /) -> None:
        """More photos were read for another process."""
        if self._helped is None:
            self._bar.console.print("another process is indexing; this one reads photos for it", highlight=False)
            self._helped = self._start("helping", None)
        self._bar.update(self._helped, completed=done)

    def change_planned(self, plan: "api.indexing.ModelChangePlan") -> None:
        """The model has changed; everything must be embedded again."""
        self._change, self._again = plan, None

    def change_advanced(self, progress: "api.indexing.ModelChangeProgress") -> None:
        """The new model has embedded more; prints one line once the speed is known, then shows bars."""
        if self._change is None or (self._again is None and progress.seconds_left is None):
            return
        if self._again is None:
            line = _change_line(self._change, progress.seconds_left or 0.0)
            self._bar.console.print(line, highlight=False, soft_wrap=True)
            photos = self._start("embedding again", self._change.photos_left)
            captions = (
                self._start("captions again", self._change.captions_left) if self._change.captions_left else photos
            )
            self._again = photos, captions
        photos, captions = self._again
        self._bar.update(photos, completed=progress.photos)
        if captions != photos:
            self._bar.update(captions, completed=progress.captions)

    def _start(self, what: str, total: int | None) -> TaskID:
        self._bar.start()
        return self._bar.add_task(what, total=total)


def _change_line(plan: "api.indexing.ModelChangePlan", seconds: float) -> str:
    model = "the default model" if plan.model == "default" else f"the model {plan.model}"
    what = f"{model} has changed" if plan.is_update else f"changing to {model}"
    done = plan.photos - plan.photos_left
    before = f" ({counted(done, 'is', 'are')} done)" if done else ""
    photos = f"{counted(plan.photos_left, 'photo')} to embed again{before}, about {_duration(seconds)}"
    return f"{what}: {photos}; searches use the old vectors until then"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return counted(max(1, round(seconds)), "second")
    return counted(round(seconds / 60), "minute") if seconds < 5400 else f"{seconds / 3600:.1f} hours"
