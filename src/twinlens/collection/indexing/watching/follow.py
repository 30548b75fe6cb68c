"""Keep a collection up to date: an index run whenever its photo folders have changed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from twinlens.collection.indexing.telling.report import IndexReport
from twinlens.collection.indexing.watching.changes import Changes
from twinlens.errors import AlreadyIndexingError, TwinlensError

if TYPE_CHECKING:
    from twinlens.collection.indexing.watching.watch import Watch

BUSY_S = 2.0  # until the next try, while another process is indexing
FAILED_S = 30.0  # until the next try after a run that failed

Run = Callable[[Changes], IndexReport]
"""Indexes what has changed."""


def follow(
    watch: "Watch",
    run: Run,
    *,
    on_report: Callable[[IndexReport], None] = lambda _: None,
    on_error: Callable[[TwinlensError], None] = lambda _: None,
) -> None:
    """Runs whenever there are changes, until the watch is stopped.

    Args:
        watch: of the photo folders.
        run: an index run.
        on_report: called after each run.
        on_error: called when a run has failed, once for each message in a row; the run is tried again.
    """
    told = ""
    for changes in watch.changes():
        try:
            report = run(changes)
        except AlreadyIndexingError:
            watch.again_in(BUSY_S)
        except TwinlensError as error:
            watch.again_in(FAILED_S)
            if str(error) != told:
                told = str(error)
                on_error(error)
        else:
            told = ""
            on_report(report)
