"""Which process was writing, and whether it still can."""

import json
import subprocess
import sys

import pytest

from twinlens.collection.indexing.writer_process import this_process, was_ended

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")
TELL = (
    "from twinlens.collection.indexing.writer_process import this_process; print(this_process(), flush=True); input()"
)


def test_a_process_has_ended_once_it_has_died_and_not_before() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", TELL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        assert not was_ended(told)
        process.kill()
        process.wait()
        assert was_ended(told)
    assert not was_ended(this_process())


def test_a_later_process_of_the_same_number_is_another_one() -> None:
    told = json.loads(this_process())
    assert was_ended(json.dumps({**told, "started": "1"}))


@pytest.mark.parametrize("told", ["", "{}", "null", '{"pid": "x", "started": "1", "machine": "m"}'])
def test_a_process_that_is_not_described_may_still_run(told: str) -> None:
    assert not was_ended(told)


def test_a_process_of_another_machine_may_still_run() -> None:
    assert not was_ended(json.dumps({"pid": 1 << 30, "started": "1", "machine": "another"}))
