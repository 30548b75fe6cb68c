"""An answer that comes before a request is sent whole reaches its client."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from rest.sending import answer_after_sending, answer_while_sending
from rest.served_library import server_of
from twinlens.rest.process import lingering
from twinlens.rest.process.lingering import Lingering
from twinlens.rest.settings import Settings


@pytest.mark.server
@pytest.mark.parametrize("send", [answer_while_sending, answer_after_sending])
def test_a_client_that_is_still_sending_reads_the_413(indexed: Path, send: Callable[[int, str, int], bytes]) -> None:
    with server_of(indexed, Settings(port=0)) as (_, url):
        port = int(url.rpartition(":")[2])
        for _ in range(5):  # a reset would not lose every answer
            answer = send(port, "/api/search/image", 40_000_000)
            assert answer.startswith(b"HTTP/1.1 413"), answer[:200]
            assert b'"body_too_large"' in answer


class Pipe(asyncio.Transport):
    """A transport that only notes what is done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.done.append("end")

    def resume_reading(self) -> None:
        self.done.append("read")

    def is_closing(self) -> bool:
        return "close" in self.done

    def close(self) -> None:
        self.done.append("close")


def test_a_client_that_goes_quiet_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lingering, "SILENCE_S", 0.01)

    async def closed(*, is_receiving: bool) -> list[str]:
        pipe = Pipe()
        transport = Lingering(pipe, lambda: is_receiving)
        transport.close()
        assert transport.is_closing()
        while not pipe.is_closing():
            await asyncio.sleep(0.005)
        return pipe.done

    assert asyncio.run(closed(is_receiving=True)) == ["end", "read", "close"]
    assert asyncio.run(closed(is_receiving=False)) == ["close"]


def test_a_client_that_never_stops_sending_is_not_waited_for_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lingering, "LINGER_S", 0.05)

    async def sends_for_ever() -> None:
        pipe = Pipe()
        transport = Lingering(pipe, lambda: True)
        transport.close()
        while not pipe.is_closing():
            transport.note_data()
            await asyncio.sleep(0.005)

    asyncio.run(sends_for_ever())
