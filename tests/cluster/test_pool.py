"""Jobs come back in order and once, whatever happens to the workers."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twinlens.cluster import pool as pool_module
from twinlens.cluster.connection import Cluster
from twinlens.cluster.pool import WINDOW
from twinlens.cluster.worker import NeedsMore
from twinlens.errors import ClusterError, DataError


class Doubler:
    """Doubles numbers; some jobs do something else first."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __call__(self, job: Any) -> Any:
        what, number = job if isinstance(job, tuple) else ("", job)
        mark = self.place / f"{what}{number}"
        if what == "die" or (what == "die once" and not mark.exists()):
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if what == "hang once" and not mark.exists():
            mark.touch()
            time.sleep(3600)  # the pool ends this worker
        if what == "raise":
            raise DataError("no such number")
        if what == "short":
            return NeedsMore(always=False)
        return 2 * number


def test_results_are_in_order_few_jobs_are_read_ahead_and_what_one_raises_is_raised(
    cluster: Cluster, tmp_path: Path
) -> None:
    read: list[int] = []

    def jobs() -> Iterator[int]:
        for number in range(40):
            read.append(number)
            yield number

    with cluster.pool(Doubler, tmp_path) as pool:
        for done, (job, result) in enumerate(pool.map(jobs()), start=1):
            assert (job, result) == (done - 1, 2 * job)
            assert len(read) <= done + WINDOW * cluster.workers
        assert done == 40
        # a run that was given up leaves the workers fit for the next
        assert next(pool.map(iter(range(5))))[1] == 0
        assert [result for _, result in pool.map([7, 8, 9])] == [14, 16, 18]
        # what a worker cannot do as it is comes again in full
        short = pool.map(range(5), sent=lambda job, is_full: job if is_full else ("short", job))
        assert [result for _, result in short] == [0, 2, 4, 6, 8]
        with pytest.raises(DataError, match="no such number"):
            list(pool.map([("raise", 1)]))


def test_a_job_survives_its_worker_and_its_slow_worker(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [0, ("die once", 1), 2, ("hang once", 3), *range(4, 20)]
    with cluster.pool(Doubler, tmp_path, patience_s=0.2) as pool:
        assert [result for _, result in pool.map(jobs)] == [2 * number for number in range(20)]
        assert sorted(mark.name for mark in tmp_path.iterdir()) == ["die once1", "hang once3"]
        # what is too much for any worker is done here
        monkeypatch.setattr(pool_module, "TRIES", 2)
        assert [result for _, result in pool.map([("die", 1)], here=lambda job: ("here", job[1]))] == [("here", 1)]


def test_workers_that_cannot_start_end_the_run(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cluster.pool(_cannot) as pool, pytest.raises(ClusterError, match="cannot start: the disk is full here"):
        list(pool.map([1]))
    monkeypatch.setattr(pool_module, "START_S", 0.5)
    with cluster.pool(Doubler, tmp_path, cpus=64) as pool, pytest.raises(ClusterError, match="no worker has started"):
        list(pool.map([1]))


def _cannot() -> Callable[[Any], Any]:
    raise ClusterError("the disk is full here")
