"""Several processes on one socket."""

import time
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from rest.conftest import Serve

pytestmark = pytest.mark.server
QUERY = {"query": "a red wall", "top_k": 2}


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced(serve: Serve, indexed: Path) -> None:
    import psutil

    with serve(indexed, "--workers", 2) as served:
        time.sleep(5.5)  # one that dies sooner would die again
        parent = psutil.Process(served.process.pid)

        def workers() -> set[int]:
            found = set()
            for child in parent.children():
                with suppress(psutil.NoSuchProcess):  # it has just died
                    if "spawn_main" in " ".join(child.cmdline()):
                        found.add(child.pid)
            return found

        first = workers()
        assert len(first) == 2
        psutil.Process(next(iter(first))).kill()
        deadline = time.monotonic() + 120
        statuses = []
        while time.monotonic() < deadline and (workers() <= first or len(workers()) < 2 or len(statuses) < 200):
            with suppress(requests.ConnectionError):  # it was connected to the one that died
                statuses.append(requests.post(f"{served.url}/api/search/text", json=QUERY, timeout=60).status_code)
        assert len(workers()) == 2
        assert not workers() <= first
        assert set(statuses) == {200}  # the new one takes callers when it can answer
