"""Turns for uploads: a few at a time, clients in rotation, no endless queue."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from twinlens.rest.engine.turns import Turns
from twinlens.rest.failures import RequestFailure


def run(check: Coroutine[Any, Any, None]) -> None:
    asyncio.run(check)


async def upload(turns: Turns, client: str, order: list[str], gate: asyncio.Event) -> None:
    async with turns.turn(client):
        order.append(client)
        await gate.wait()


def test_a_client_with_one_upload_does_not_wait_for_all_of_another() -> None:
    async def check() -> None:
        turns, order, gate = Turns(1), [], asyncio.Event()
        tasks = []
        for client in "aaaaabc":
            tasks.append(asyncio.create_task(upload(turns, client, order, gate)))
            await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*tasks)
        assert "".join(order) == "aabcaaa"

    run(check())


def test_never_more_than_allowed_at_once() -> None:
    async def check() -> None:
        turns, running, most = Turns(2), 0, 0

        async def one(client: str) -> None:
            nonlocal running, most
            async with turns.turn(client):
                running += 1
                most = max(most, running)
                await asyncio.sleep(0.001)
                running -= 1

        await asyncio.gather(*(one(str(number % 5)) for number in range(40)))
        assert (most, running) == (2, 0)

    run(check())


@pytest.mark.parametrize(("limits", "clients"), [({"most_waiting": 2}, "abcd"), ({"most_of_one": 2}, "aaaa")])
def test_too_many_are_refused(limits: dict[str, int], clients: str) -> None:
    async def check() -> None:
        turns, order, gate = Turns(1, **limits), [], asyncio.Event()
        tasks = []
        for client in clients[:3]:
            tasks.append(asyncio.create_task(upload(turns, client, order, gate)))
            await asyncio.sleep(0)
        with pytest.raises(RequestFailure) as refused:
            async with turns.turn(clients[3]):
                pass
        assert (refused.value.code, refused.value.headers) == ("too_busy", {"Retry-After": "5"})
        gate.set()
        await asyncio.gather(*tasks)

    run(check())


def test_who_has_waited_long_or_has_left_gives_the_place_back() -> None:
    async def check() -> None:
        turns, order, gate = Turns(1, patience_s=0.01), [], asyncio.Event()
        first = asyncio.create_task(upload(turns, "a", order, gate))
        await asyncio.sleep(0)
        with pytest.raises(RequestFailure, match="waiting"):
            async with turns.turn("b"):
                pass
        gone = asyncio.create_task(upload(turns, "c", order, gate))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        gate.set()
        await first
        async with turns.turn("d"):
            order.append("d")
        assert order == ["a", "d"]

    run(check())
