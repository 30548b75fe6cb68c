"""Connections that one address may hold."""

import pytest

from twinlens.rest.gate.callers import MOST_OF_ONE, MOST_OF_THIS_MACHINE, Callers
from twinlens.rest.settings import Settings

PROXY = "10.1.2.3"


@pytest.mark.parametrize(
    ("address", "most"),
    [("203.0.113.7", MOST_OF_ONE), ("127.0.0.1", MOST_OF_THIS_MACHINE), ("::1", MOST_OF_THIS_MACHINE)],
)
def test_an_address_holds_so_many_and_a_place_comes_back_with_each_that_is_closed(address: str, most: int) -> None:
    callers = Callers(Settings())
    assert [callers.come(address) for _ in range(most + 2)] == [True] * most + [False] * 2
    assert callers.come("203.0.113.8")  # others have their own places
    for _ in range(2):  # those that were refused are closed, too
        callers.go(address)
    assert not callers.come(address)
    callers.go(address)
    callers.go(address)
    assert callers.come(address)


def test_a_trusted_proxy_holds_as_many_as_it_likes() -> None:
    callers = Callers(Settings(trusted_proxies=("10.0.0.0/8",)))
    assert all(callers.come(PROXY) for _ in range(MOST_OF_ONE + 50))
    assert callers.trust(PROXY)
    assert not callers.trust("203.0.113.7")


def test_one_that_came_and_went_leaves_nothing_behind() -> None:
    callers = Callers(Settings())
    for _ in range(3 * MOST_OF_ONE):
        assert callers.come("203.0.113.7")
        callers.go("203.0.113.7")
