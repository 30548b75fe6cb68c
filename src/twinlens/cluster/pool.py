"""Jobs for the workers of a Ray cluster: few at a time, in order, and done although workers are lost or slow."""

import logging
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType
from typing import Any, Generic, Self, TypeAlias, TypeVar

from twinlens import __version__
from twinlens.cluster.worker import NeedsMore, Worker
from twinlens.counted import counted
from twinlens.errors import ClusterError

logger = logging.getLogger(__name__)
AHEAD = 2  # jobs that a worker has: the next one waits there while it does one
WINDOW = 4  # jobs for each worker that are under way, or done and waiting for an earlier one
PATIENCE_S = 30.0  # a batch of photos takes a second
SLOW = 4  # times the mean: a worker that takes so long for a job is given up on, if others have nothing to do
TRIES = 3  # workers that a job may cost before it is done here
START_S = 300.0  # for a worker: it imports, and opens a model, perhaps on a busy machine
TICK_S = 1.0
FETCH_S = 120.0  # for an answer that is there

_CLASS = re.compile(r"^[\w.]+Error: ")  # before the message of an error that a worker has raised

Job = TypeVar("Job")
Here: TypeAlias = Callable[[Job], Any]


@dataclass(eq=False)
class _Actor:
    """A worker: what it was given, in order, and since when it does the first of it."""

    handle: Any
    hello: Any
    is_ready: bool = False
    needs_full: bool = False
    refs: deque[Any] = field(default_factory=deque)
    since: float = 0.0


@dataclass(eq=False)
class _Task(Generic[Job]):
    """A job under way; ``places`` are the workers that have it."""

    job: Job
    result: Any = None
    is_done: bool = False
    is_full: bool = False
    losses: int = 0
    places: list[_Actor] = field(default_factory=list)


class Pool:
    """Workers for one kind of job; see ``Cluster.pool``."""

    def __init__(
        self,
        address: str,
        work: Callable[..., Callable[[Any], Any]],
        arguments: Sequence[Any],
        *,
        workers: int,
        cpus: int,
        patience_s: float,
    ) -> None:
        import ray

        self.ray, self.address, self.workers, self.patience_s = ray, address, workers, patience_s
        self._work, self._arguments, self.cpus = work, arguments, cpus
        self._class = ray.remote(Worker)
        self.actors: list[_Actor] = []

    def map(
        self, jobs: Iterable[Job], *, sent: Callable[[Job, bool], Any] | None = None, here: Here[Job] | None = None
    ) -> Iterator[tuple[Job, Any]]:
        """Each job with its result, in order; jobs are read as they are needed.

        A job is done by one worker, or by a second one when the first is lost or far slower than others; the first
        answer counts. So a job may be computed twice, but is returned once.

        Args:
            jobs: of this process.
            sent: makes of a job what a worker gets, which must be picklable; the second argument is whether in its
                full form, for workers that answered ``NeedsMore``. None = the job itself.
            here: does a job in this process that has cost several workers.

        Raises:
            ClusterError: no worker is left, none can start, or the cluster does not answer any more.
            Exception: what a job has raised.
        """
        run = _Run(self, iter(jobs), sent or _as_it_is, here)
        try:
            yield from run.results()
        except ConnectionError as error:  # of Ray's client
            raise ClusterError(f"the connection to Ray at {self.address} was lost: {error}") from error

    def start(self, jobs: int) -> None:
        """Starts as many workers as are wanted for so many jobs, and not there."""
        while len(self.actors) < min(jobs, self.workers):
            options = self._class.options(num_cpus=self.cpus, max_restarts=0, scheduling_strategy="SPREAD")
            handle = options.remote(__version__, self._work, *self._arguments)
            self.actors.append(_Actor(handle, handle.hello.remote()))

    def end(self, actor: _Actor) -> None:
        """Ends a worker that is lost, or no longer wanted."""
        self.actors.remove(actor)
        if self.ray.is_initialized():
            with suppress(self.ray.exceptions.RayError):  # of one that is gone
                self.ray.kill(actor.handle)

    def close(self) -> None:
        """Ends all workers."""
        for actor in list(self.actors):
            self.end(actor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Run(Generic[Job]):
    """State of one ``Pool.map``."""

    def __init__(
        self, pool: Pool, jobs: Iterator[Job], sent: Callable[[Job, bool], Any], here: Here[Job] | None
    ) -> None:
        self.pool, self.ray, self.jobs, self.sent, self.here = pool, pool.ray, jobs, sent, here
        self.window: deque[_Task[Job]] = deque()  # in order
        self.waiting: deque[_Task[Job]] = deque()
        self.of_ref: dict[Any, _Task[Job]] = {}
        self.done, self.busy_s = 0, 0.0
        self.alive = time.monotonic()  # when a worker was ready last

    def results(self) -> Iterator[tuple[Job, Any]]:
        """The jobs with their results."""
        try:
            while True:
                for job in islice(self.jobs, WINDOW * self.pool.workers - len(self.window)):
                    task = _Task(job)
                    self.window.append(task)
                    self.waiting.append(task)
                if not self.window:
                    return
                self._give_out()
                if not self.window[0].is_done:
                    self._wait()
                while self.window and self.window[0].is_done:
                    task = self.window.popleft()
                    yield task.job, task.result
        finally:
            for actor in [actor for actor in self.pool.actors if actor.refs]:
                self.pool.end(actor)  # nobody waits for its answer, which may never come

    def _give_out(self) -> None:
        self.pool.start(len(self.window))
        ready = [actor for actor in self.pool.actors if actor.is_ready]
        for load in range(AHEAD):  # each has one before any has two
            for actor in ready:
                if len(actor.refs) == load and self.waiting:
                    self._give(actor, self.waiting.popleft())
        if not self.waiting:
            for actor in ready:
                if not actor.refs and (task := self._slow_one()):
                    logger.info("a job is slow, and given to a second worker")
                    self._give(actor, task)

    def _slow_one(self) -> _Task[Job] | None:
        """The first job that a slow worker alone has."""
        mean = self.busy_s / self.done if self.done else 0.0
        before = time.monotonic() - max(self.pool.patience_s, SLOW * mean)
        for task in self.window:
            if not task.is_done and len(task.places) == 1 and task.places[0].since < before:
                return task
        return None

    def _give(self, actor: _Actor, task: _Task[Job]) -> None:
        job = self.sent(task.job, task.is_full or actor.needs_full)
        if not actor.refs:
            actor.since = time.monotonic()
        ref = actor.handle.do.remote(job)
        actor.refs.append(ref)
        task.places.append(actor)
        self.of_ref[ref] = task

    def _wait(self) -> None:
        """Waits for an answer, for a moment at most."""
        owners = {actor.hello: actor for actor in self.pool.actors if not actor.is_ready}
        owners |= {ref: actor for actor in self.pool.actors for ref in actor.refs}
        found, _ = self.ray.wait(list(owners), num_returns=1, timeout=TICK_S)
        for ref in found:
            actor = owners[ref]
            if ref == actor.hello:
                self._begin(actor)
            else:
                self._take(actor, ref)
        now = time.monotonic()
        if any(actor.is_ready for actor in self.pool.actors):
            self.alive = now
        elif now - self.alive > START_S:
            raise ClusterError(
                f"no worker has started at {self.pool.address} for {START_S:.0f} s; wanted "
                f"{counted(self.pool.workers, 'worker')} with {counted(self.pool.cpus, 'CPU')} each: see 'ray status'"
            )

    def _begin(self, actor: _Actor) -> None:
        errors = self.ray.exceptions
        try:
            host = self.ray.get(actor.hello, timeout=FETCH_S)
        except errors.RayActorError as error:
            self.pool.end(actor)
            if error.actor_init_failed:
                raise ClusterError(f"a worker cannot start: {last_line(error)}") from error
            logger.warning("a worker was lost before it had started")
            return
        actor.is_ready = True
        logger.info("a worker has started on %s", host)

    def _take(self, actor: _Actor, ref: Any) -> None:
        """Takes the answer to a job, or notes that its worker is lost."""
        errors = self.ray.exceptions
        try:
            result = self.ray.get(ref, timeout=FETCH_S)
        except errors.RayTaskError as error:
            cause = getattr(error, "cause", None)
            raise cause if isinstance(cause, Exception) else error from error
        except errors.RayError as error:
            self._lose(actor, error)
            return
        task = self.of_ref.pop(ref)
        now = time.monotonic()
        if actor.refs[0] == ref:
            self.busy_s += now - actor.since
            self.done += 1
        actor.refs.remove(ref)
        actor.since = now
        task.places.remove(actor)
        if task.is_done:
            return
        if isinstance(result, NeedsMore):
            task.is_full = True
            actor.needs_full |= result.always
            self.waiting.appendleft(task)
        else:
            task.result, task.is_done = result, True
            for slow in [place for place in task.places if self.of_ref[place.refs[0]] is task]:
                logger.info("a worker that was overtaken is ended")
                self._end(slow)

    def _lose(self, actor: _Actor, error: BaseException) -> None:
        """Takes back what a lost worker had; what it was doing has had one try more."""
        logger.warning("a worker was lost, and what it had is done by others: %s", last_line(error))
        task = self.of_ref[actor.refs[0]]
        task.losses += 1
        if task.losses >= TRIES and not task.is_done:
            if self.here is None:
                raise ClusterError(f"{task.losses} workers were lost by the same job: {last_line(error)}") from error
            logger.warning("a job has cost %d workers, and is done here", task.losses)
            task.result, task.is_done = self.here(task.job), True
        self._end(actor)

    def _end(self, actor: _Actor) -> None:
        """Ends a worker, and gives what it had to others."""
        self.pool.end(actor)
        for ref in reversed(actor.refs):
            task = self.of_ref.pop(ref)
            task.places.remove(actor)
            if not task.is_done and not task.places and task not in self.waiting:
                self.waiting.appendleft(task)


def last_line(error: BaseException) -> str:
    """What an error of Ray says at its end, which is what the worker has said."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return _CLASS.sub("", lines[-1]) if lines else type(error).__name__


def _as_it_is(job: Job, _is_full: bool) -> Job:
    return job
