"""Training progress on stderr: a table with one row per epoch, and a progress bar."""

from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from twinlens import api
from twinlens.cli.outcome import say

if TYPE_CHECKING:
    from twinlens.training.loop.run_log import EpochLog
    from twinlens.training.runs.run import RunListener

ROWS = 15  # of the live table; metrics.jsonl has all epochs
_COLUMNS = ("epoch", "stage", "train loss", "val loss", "t→i R@1", "i→t R@1", "rate", "photos/s", "")


class TrainingLog:
    """A live table on a terminal; otherwise one line per epoch."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=self._console,
            speed_estimate_period=60,
        )
        self._rows: list[tuple[str, ...]] = []
        self._tasks: dict[str, TaskID] = {}
        self._live = Live(self._view(), console=self._console, refresh_per_second=4)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live.is_started:
            self._live.update(self._view())
            self._live.stop()

    def prepared(self, what: str, done: int, total: int) -> None:
        """More photos or captions have been encoded by a frozen tower."""
        self._advance(f"preparing {what}", done, total)

    def stepped(self, epoch: int, done: int, steps: int) -> None:
        """A step is done."""
        for task in [task for name, task in self._tasks.items() if not name.startswith("epoch")]:
            self._bar.update(task, visible=False)
        self._advance("epoch", done, steps, shown=f"epoch {epoch}")

    def epoch_done(self, line: "EpochLog") -> None:
        """An epoch is done."""
        row = (
            str(line.epoch),
            str(line.stage),
            f"{line.losses['loss']:.4f}",
            _number(line.val_loss),
            _number(line.text_to_image.get("R@1")),
            _number(line.image_to_text.get("R@1")),
            f"{max(line.learning_rates.values()):.2g}",
            f"{line.photos_per_s:,.0f}",
            "best" if line.best else "",
        )
        self._rows.append(row)
        if self._live.is_started:
            self._live.update(self._view())
            return
        if len(self._rows) == 1:
            self._print(_COLUMNS)
        self._print(row)

    def _print(self, cells: tuple[str, ...]) -> None:
        self._console.print("".join(f"{cell:>11}" for cell in cells).rstrip(), highlight=False, soft_wrap=True)

    def _advance(self, name: str, done: int, total: int, *, shown: str = "") -> None:
        if name not in self._tasks:
            self._tasks[name] = self._bar.add_task(shown or name, total=total)
        if done == 1:
            self._bar.reset(self._tasks[name], total=total, description=shown or name)
        self._bar.update(self._tasks[name], completed=done, total=total, description=shown or name, visible=True)

    def _view(self) -> Group:
        table = Table(box=None)
        for column in _COLUMNS:
            table.add_column(column, justify="right")
        for row in self._rows[-ROWS:]:
            table.add_row(*row)
        return Group(table, self._bar) if self._rows else Group(self._bar)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def listen(log: TrainingLog) -> "RunListener":
    """The listener of a run whose events the log shows."""
    listener = api.lab.run_listener()
    listener.on_prepare, listener.on_step = log.prepared, log.stepped
    listener.on_epoch, listener.on_note = log.epoch_done, say
    return listener
