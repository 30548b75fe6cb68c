"""Requests counted by a real Redis server, for several processes together."""

import asyncio
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.redis_server import RunningRedis
from relay import Relay
from rest.served_library import client_of
from twinlens.errors import ConfigError
from twinlens.rest.gate.limits import in_redis
from twinlens.rest.gate.limits import requests as limits
from twinlens.rest.gate.limits.allowance import DAY_S, Allowance, Refused
from twinlens.rest.gate.limits.here import CountsHere
from twinlens.rest.gate.limits.in_redis import CountsInRedis
from twinlens.rest.gate.limits.requests import RequestLimits
from twinlens.rest.settings import Settings

# chosen so that no answer changes with the seconds that pass meanwhile
ASKED = [
    (Allowance(per_minute=2), [1.0, 0.5, 1.0, 3.0, 0.05, 1.0]),
    (Allowance(per_minute=5), [6.0, 1.0, 0.05]),
    (Allowance(per_day=8), [1.0, 0.05, 3.0, 6.0, 1.0, 0.05]),
    (Allowance(per_minute=1000, per_day=2), [1.0, 0.5, 1.0, 0.05]),
]
PATIENCE_S = 10.0  # a busy machine may answer late
NOON_S = DAY_S / 2  # the day must not end meanwhile
_PROCESS = f"""
import asyncio, sys
from twinlens.rest.gate.limits import in_redis
from twinlens.rest.gate.limits.allowance import Allowance
from twinlens.rest.gate.limits.in_redis import CountsInRedis
in_redis.TIMEOUT_S = {PATIENCE_S}
async def all_of_them():
    counts = CountsInRedis(sys.argv[1], clock=lambda: {NOON_S})
    answers = [await counts.take("ana", 1.0, Allowance(per_day=50)) for _ in range(40)]
    await counts.close()
    print(answers.count(None))
asyncio.run(all_of_them())
"""


def needs_redis() -> None:
    if importlib.util.find_spec("redis") is None:
        assert not os.environ.get("PROXIES_REQUIRED"), "the package redis is missing"
        pytest.skip("needs the package redis")


@pytest.fixture
def redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningRedis]:
    needs_redis()
    monkeypatch.setattr(in_redis, "TIMEOUT_S", PATIENCE_S)
    server = RunningRedis(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.mark.server
def test_it_counts_as_a_process_by_itself_does(redis: RunningRedis) -> None:
    async def both() -> None:
        here, there = CountsHere(clock=lambda: NOON_S), CountsInRedis(redis.url, clock=lambda: NOON_S)
        for allowance, costs in ASKED:
            caller = f"{allowance} of a person"
            for cost in costs:
                one, other = await here.take(caller, cost, allowance), await there.take(caller, cost, allowance)
                assert (one is None, one and one.of) == (other is None, other and other.of), (allowance, cost)
                if one is not None and other is not None:  # the clock goes on between the two
                    assert abs(one.wait_s - other.wait_s) <= 60
        names = await there._client.keys("*")
        assert names
        assert not any(b"person" in name for name in names)
        assert all([0 < await there._client.ttl(name) <= DAY_S + 61 for name in names])
        await there.close()

    asyncio.run(both())


@pytest.mark.server
def test_processes_share_one_count(redis: RunningRedis) -> None:
    line = [sys.executable, "-c", _PROCESS, redis.url]
    running = [subprocess.Popen(line, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sum(int(process.communicate()[0]) for process in running) == 50


@pytest.mark.server
def test_requests_are_served_while_redis_is_away_and_the_log_says_so_once(
    indexed: Path, redis: RunningRedis, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TRY_AGAIN_S", 0.0)
    settings = Settings(limits=redis.url, requests_per_minute=1000)

    with client_of(indexed, settings) as client:
        assert client.get("/api/stats").status_code == 200
        assert told(caplog) == []
        redis.stop()
        assert {client.get("/api/stats").status_code for _ in range(5)} == {200}
        (away,) = told(caplog)
        assert "does not answer" in away
        redis.start()
        asked_until(lambda: len(told(caplog)) > 1, lambda: client.get("/api/stats").status_code)
        assert ["answers again" in one for one in told(caplog)] == [False, True]


@pytest.mark.server
def test_a_redis_that_is_there_and_silent_holds_up_no_request(
    redis: RunningRedis, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_redis, "TIMEOUT_S", 0.2)

    async def asked() -> None:
        shared = RequestLimits(Allowance(9), shared=CountsInRedis(redis.url))
        assert [await shared.take("ana", 1.0, shared.usual) for _ in range(3)] == [None] * 3
        await shared.close()

    assert redis.process is not None
    redis.process.send_signal(signal.SIGSTOP)
    try:
        asyncio.run(asked())
    finally:
        redis.process.send_signal(signal.SIGCONT)
    (away,) = told(caplog)
    assert "does not answer" in away


@pytest.mark.server
def test_a_network_to_redis_that_is_cut_and_mended(
    indexed: Path, redis: RunningRedis, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TRY_AGAIN_S", 0.0)
    monkeypatch.setattr(in_redis, "TIMEOUT_S", 1.0)  # a busy machine may answer later: then it is told more often
    with Relay(redis.port) as relay:
        settings = Settings(limits=f"redis://127.0.0.1:{relay.port}/0", requests_per_minute=1000)
        with client_of(indexed, settings) as client:
            assert client.get("/api/stats").status_code == 200
            relay.cut()
            started = time.monotonic()
            assert {client.get(path).status_code for path in ("/api/stats", "/readyz", "/health")} == {200}
            assert time.monotonic() - started < 60
            assert "does not answer" in told(caplog)[-1]
            relay.mend()
            asked_until(lambda: "answers again" in told(caplog)[-1], lambda: client.get("/api/stats").status_code)


class Failing(CountsInRedis):
    """Counts that answer, or fail, as they are told; each answer waits for the loop once."""

    def __init__(self, fails: list[bool]) -> None:
        self._fails = fails

    async def take(self, caller: str, cost: float, allowance: Allowance) -> Refused | None:
        fails = self._fails.pop(0)
        await asyncio.sleep(0)
        if fails:
            raise TimeoutError("no answer")
        return Refused("minute", 7)


def test_one_failure_does_not_part_the_counts(caplog: pytest.LogCaptureFixture) -> None:
    async def asked() -> list[Refused | None]:
        shared = RequestLimits(Allowance(9), shared=Failing([True, False, True, False]))
        return [await shared.take("ana", 1.0, shared.usual) for _ in range(4)]

    assert [one is not None for one in asyncio.run(asked())] == [False, True, False, True]
    assert told(caplog) == []


def test_requests_that_fail_at_once_are_one_failure(caplog: pytest.LogCaptureFixture) -> None:
    async def asked() -> Refused | None:
        shared = RequestLimits(Allowance(9), shared=Failing([True, True, True, False]))
        await asyncio.gather(*[shared.take("ana", 1.0, shared.usual) for _ in range(3)])
        return await shared.take("ana", 1.0, shared.usual)

    assert asyncio.run(asked()) is not None
    assert told(caplog) == []


def test_only_one_request_asks_whether_redis_is_back() -> None:
    now, fails = 0.0, [True] * 6

    async def asked() -> None:
        nonlocal now
        shared = RequestLimits(Allowance(9), shared=Failing(fails), clock=lambda: now)
        for _ in range(2):
            await shared.take("ana", 1.0, shared.usual)
        now = limits.TRY_AGAIN_S
        await asyncio.gather(*[shared.take("ana", 1.0, shared.usual) for _ in range(3)])

    asyncio.run(asked())
    assert len(fails) == 3


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if "--limits" in one.getMessage()]


def asked_until(is_so: Callable[[], bool], ask: Callable[[], int]) -> None:
    """Asks again and again; each answer must be a good one."""
    deadline = time.monotonic() + 6 * PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        assert ask() == 200
        time.sleep(0.02)


def test_while_redis_is_away_a_process_counts_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    needs_redis()
    now = 0.0

    async def asked() -> None:
        nonlocal now
        shared = RequestLimits(Allowance(3), shared=CountsInRedis("redis://127.0.0.1:1/0"), clock=lambda: now)
        answers = [await shared.take("ana", 1.0, shared.usual) for _ in range(4)]
        assert answers[:3] == [None] * 3
        assert answers[3] is not None
        now = limits.TRY_AGAIN_S
        assert await shared.take("ana", 1.0, shared.usual) is not None
        await shared.close()

    asyncio.run(asked())
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.parametrize(
    "wrong",
    ["localhost:6379", "http://127.0.0.1/0", "redis://", "unix://", "redis://:secret@host:port/0", "redis://h:99999"],
)
def test_what_is_no_address_is_told_without_its_password(wrong: str) -> None:
    needs_redis()
    with pytest.raises(ConfigError, match="--limits") as error:
        CountsInRedis(wrong)
    assert "secret" not in str(error.value)
