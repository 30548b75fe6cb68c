"""Requests counted in one process: a minute's burst, and a day's quota."""

import asyncio

from twinlens.rest.gate.limits.allowance import DAY_S, Allowance, Refused
from twinlens.rest.gate.limits.here import CountsHere
from twinlens.rest.gate.limits.rate import MOST_CLIENTS


def test_a_quota_holds_until_midnight() -> None:
    now = 3 * DAY_S + 100.0
    counts = CountsHere(clock=lambda: now)

    def take(caller: str, cost: float = 1.0) -> Refused | None:
        return asyncio.run(counts.take(caller, cost, Allowance(per_day=3)))

    assert [take("ana"), take("ana", 0.5), take("ana", 1.5)] == [None] * 3
    assert take("ana") == Refused("day", DAY_S - 100)
    assert take("ben") is None
    now = 4 * DAY_S + 1.0
    assert [take("ana"), take("ana", 100), take("ana")] == [None, None, Refused("day", DAY_S - 1)]


def test_what_a_minute_refuses_counts_for_no_day_and_callers_differ_in_what_they_may() -> None:
    counts = CountsHere(clock=lambda: 0.0)

    def take(caller: str, allowance: Allowance) -> str:
        refused = asyncio.run(counts.take(caller, 1.0, allowance))
        return refused.of if refused else "allowed"

    small, large = Allowance(per_minute=2, per_day=3), Allowance(per_minute=5)
    assert [take("ana", small) for _ in range(4)] == ["allowed", "allowed", "minute", "minute"]
    assert [take("ben", large) for _ in range(6)] == ["allowed"] * 5 + ["minute"]
    assert take("ana", Allowance(per_day=3)) == "allowed"
    assert take("ana", Allowance(per_day=3)) == "day"


def test_those_who_asked_last_are_remembered() -> None:
    counts, one = CountsHere(), Allowance(per_day=1)

    async def all_ask() -> None:
        for number in range(MOST_CLIENTS + 1):
            await counts.take(str(number), 1.0, one)
        assert await counts.take(str(MOST_CLIENTS), 1.0, one) is not None
        assert await counts.take("0", 1.0, one) is None

    asyncio.run(all_ask())
