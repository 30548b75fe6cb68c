"""Requests a minute of each client."""

from twinlens.rest.gate.limits.rate import MOST_CLIENTS, RateLimit


def test_a_bucket_fills_again_with_time_and_the_quiet_are_forgotten() -> None:
    now = 0.0
    limit = RateLimit(60, clock=lambda: now)
    assert [limit.take("a") for _ in range(61)] == [0] * 60 + [1]
    now = 1.0
    assert limit.take("a") == 0
    assert limit.take("a") == 1
    for number in range(MOST_CLIENTS):
        limit.take(str(number))
    assert [limit.take("a") for _ in range(60)] == [0] * 60  # as one that was never seen
    last = str(MOST_CLIENTS - 1)
    assert [limit.take(last) for _ in range(60)] == [0] * 59 + [1]


def test_one_clients_haste_is_not_anothers() -> None:
    limit = RateLimit(2, clock=lambda: 0.0)
    assert [limit.take(client) for client in "aaabbb"] == [0, 0, 30, 0, 0, 30]


def test_a_rest_never_saves_up_more_than_a_minute() -> None:
    now = 0.0
    limit = RateLimit(3, clock=lambda: now)
    limit.take("a")
    now = 3600.0
    assert [limit.take("a") for _ in range(4)] == [0, 0, 0, 20]


def test_no_limit_lets_all_pass() -> None:
    limit = RateLimit(0)
    assert {limit.take("a") for _ in range(1000)} == {0}
