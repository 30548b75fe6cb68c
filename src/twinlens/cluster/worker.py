"""What a Ray actor runs: it opens what it needs once, then does one job after another."""

import platform
from collections.abc import Callable
from typing import Any, NamedTuple

from twinlens import __version__
from twinlens.errors import ClusterError


class NeedsMore(NamedTuple):
    """The answer to a job that this worker can do only in its full form.

    Attributes:
        always: whether its later jobs had better come in their full form, too.
    """

    always: bool


class Worker:
    """Does jobs.

    Args:
        version: of twinlens in the process that asks.
        work: called here once, with the arguments; returns the function that does a job.
        *arguments: whatever can be pickled.

    Raises:
        ClusterError: another version of twinlens is installed here.
    """

    def __init__(self, version: str, work: Callable[..., Callable[[Any], Any]], *arguments: Any) -> None:
        if version != __version__:
            raise ClusterError(
                f"{platform.node()} has twinlens {__version__}, this machine {version}; install the same on all"
            )
        self._do = work(*arguments)

    def hello(self) -> str:
        """The name of the machine; answered once everything is open."""
        return platform.node()

    def do(self, job: Any) -> Any:
        """The result of one job, or ``NeedsMore``."""
        return self._do(job)
