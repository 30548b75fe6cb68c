"""Processes on a Ray cluster that work together as the ranks of torch.distributed, as ``torchrun`` starts them."""

import os
import platform
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

from twinlens import __version__
from twinlens.cluster.connection import Cluster
from twinlens.cluster.pool import START_S, TICK_S, last_line
from twinlens.counted import counted
from twinlens.errors import ClusterError, TwinlensError

LATE_S = 60.0  # after one process has failed, until the death of another is known: a moment, if machines are not busy

Tell = Callable[[str, tuple[Any, ...]], None]


class RankLostError(ClusterError):
    """The process of a rank has died, or its machine."""


class Rank:
    """One process of several; a Ray actor."""

    def __init__(self, version: str) -> None:
        if version != __version__:
            raise ClusterError(
                f"{platform.node()} has twinlens {__version__}, this machine {version}; install the same on all"
            )
        self._events: list[tuple[str, tuple[Any, ...]]] = []
        self._guard = threading.Lock()

    def address(self) -> tuple[str, int]:
        """Where the others find this process: its machine's address, and a port that is free now."""
        import ray

        with socket.socket() as found:
            found.bind(("", 0))
            return ray.util.get_node_ip_address(), found.getsockname()[1]

    def run(self, environment: Mapping[str, str], work: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
        """What the work returns; it may tell of its progress."""
        os.environ.update(environment)
        return work(self._tell, **arguments)

    def events(self) -> list[tuple[str, tuple[Any, ...]]]:
        """What was told since this was last asked."""
        with self._guard:
            told, self._events = self._events, []
        return told

    def _tell(self, name: str, values: tuple[Any, ...]) -> None:
        with self._guard:
            self._events.append((name, values))


def run_ranks(
    cluster: Cluster, work: Callable[..., Any], arguments: Mapping[str, Any], *, on_event: Tell = lambda *_: None
) -> Any:
    """Runs the same work in as many processes as the cluster has workers; returns what the first one returns.

    Args:
        cluster: on whose machines they run, each with one CPU.
        work: called with a function that tells of events, and with the arguments; what it needs of torch.distributed
            is in the environment.
        arguments: by name; whatever can be pickled.
        on_event: called here with each event of the first process.

    Raises:
        RankLostError: a process has died, so that all were ended.
        ClusterError: the processes cannot run at the same time.
        Exception: what the work has raised in one of them.
    """
    import ray

    count, errors = cluster.workers, ray.exceptions
    options = ray.remote(Rank).options(num_cpus=1, max_restarts=0, max_concurrency=2, scheduling_strategy="SPREAD")
    ranks = [options.remote(__version__) for _ in range(count)]
    try:
        addresses = [rank.address.remote() for rank in ranks]
        ready, waiting = ray.wait(addresses, num_returns=count, timeout=START_S)
        if waiting:
            raise ClusterError(
                f"{counted(count, 'worker')} must run at the same time, but only {len(ready)} could start within "
                f"{START_S:.0f} s at {cluster.address}; give fewer with --workers, or see 'ray status'"
            )
        host, port = ray.get(addresses)[0]
        common = {"WORLD_SIZE": str(count), "MASTER_ADDR": host, "MASTER_PORT": str(port), "LOCAL_RANK": "0"}
        running = [
            rank.run.remote({**common, "RANK": str(number)}, work, dict(arguments)) for number, rank in enumerate(ranks)
        ]
        try:
            return _results(running, ranks[0], on_event)[0]
        except errors.RayError as error:
            raise _why(running, error) from error
    finally:
        for rank in ranks:
            ray.kill(rank)


def _results(running: list[Any], first: Any, on_event: Tell) -> list[Any]:
    """What all have returned; the first error ends the wait, since the others would wait for each other."""
    import ray

    waiting = list(running)
    while waiting:
        done, waiting = ray.wait(waiting, num_returns=1, timeout=TICK_S)
        for name, values in ray.get(first.events.remote()):  # before an error ends this
            on_event(name, values)
        ray.get(done)
    return list(ray.get(running))


def _why(running: list[Any], error: Exception) -> Exception:
    """Why the work has ended: a process whose neighbour is gone fails by it, perhaps before that one is missed."""
    import ray

    own_cause = getattr(error, "cause", None)
    if isinstance(own_cause, TwinlensError):
        return own_cause
    ended, _ = ray.wait(running, num_returns=len(running), timeout=LATE_S)
    found = [error]
    for ref in ended:
        try:
            ray.get(ref)
        except ray.exceptions.RayError as own:
            found.append(own)
    causes = [getattr(one, "cause", None) for one in found]
    for cause in causes:
        if isinstance(cause, TwinlensError):
            return cause
    for one in found:
        if not isinstance(one, ray.exceptions.RayTaskError):
            return RankLostError(f"a worker was lost: {last_line(one)}")
    return next((cause for cause in causes if isinstance(cause, Exception)), error)
