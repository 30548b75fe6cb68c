"""Limits of keys and of people: wherever they ask from, and others are not affected."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Response
from starlette.testclient import TestClient

from rest.served_library import KEY, client_of, code
from twinlens.rest.gate.callers import caller_of
from twinlens.rest.gate.keys.keys import ONLY_KEY, Key
from twinlens.rest.gate.keys.tokens import TokenRules, Tokens
from twinlens.rest.gate.limits.allowance import Allowance
from twinlens.rest.settings import Settings

ANA, BEN, ALL = "ana-s-key-is-long-enough", "ben-s-key-is-long-enough", "a-family-s-key-is-long-enough"
KEYS = f"""
[ana]
key = "{ANA}"
requests_per_day = 5
[ben]
key = "{BEN}"
requests_per_minute = 3
[family]
key = "{ALL}"
"""
HOME, AWAY = "203.0.113.7", "203.0.113.8"


@pytest.fixture
def client(indexed: Path, tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "keys.toml").write_text(KEYS, encoding="utf-8")
    settings = Settings(
        keys_file=str(tmp_path / "keys.toml"), api_key=KEY, state_folder=str(tmp_path), requests_per_minute=2
    )
    with client_of(indexed, settings, address=HOME) as made:
        yield made


def asked(client: TestClient, key: str, address: str) -> Response:
    client._transport.client = (address, 1)  # type: ignore[attr-defined]
    return client.get("/api/session", headers={"X-API-Key": key})


def until_refused(client: TestClient, key: str, address: str) -> dict[str, str]:
    """Asks until a request is one too many, which comes soon; says what the answer is."""
    answer = next(one for one in (asked(client, key, address) for _ in range(100)) if one.status_code != 200)
    assert (answer.status_code, code(answer)) == (429, "too_many_requests")
    assert 0 < int(answer.headers["retry-after"]) <= 86_400
    told: dict[str, str] = answer.json()["error"]
    return told


def test_a_quota_is_used_up_wherever_the_key_is_used(client: TestClient) -> None:
    places = [HOME, AWAY, HOME, AWAY, "127.0.0.1"]
    assert [asked(client, ANA, place).status_code for place in places] == [200] * 5
    for place in places:
        told = until_refused(client, ANA, place)
        assert "more than 5 requests per day came from the key 'ana'" in told["message"]
        assert "until midnight, UTC; the limit is requests_per_day of the key" in told["hint"]


def test_a_key_may_have_a_limit_of_its_own_and_the_others_have_the_server_s(client: TestClient) -> None:
    assert "3 requests per minute came from the key 'ben'" in until_refused(client, BEN, HOME)["message"]
    told = until_refused(client, ALL, HOME)
    assert "2 requests per minute came from the key 'family'" in told["message"]
    assert told["hint"].endswith("the limit is --rate-limit")
    assert "this client" in until_refused(client, KEY, HOME)["message"]


def test_the_key_that_is_given_by_itself_is_everybody_s_and_counted_by_address() -> None:
    everybody, ana = Key(ONLY_KEY, b""), Key("ana", b"")
    assert len({caller_of(everybody, HOME), caller_of(everybody, AWAY), caller_of(None, HOME)}) == 3
    assert caller_of(ana, HOME) == caller_of(ana, AWAY)


def test_a_group_s_limits_are_those_of_each_member() -> None:
    rules = TokenRules.model_validate(
        {"issuer": "i", "audience": "a", "keys": "k", "group": {"guests": {"requests_per_day": 100}}}
    )
    ana, ben = (Tokens(rules, {})._key({"sub": name, "groups": ["guests"]}) for name in ("ana", "ben"))
    assert (ana.allowance, ana.name == ben.name) == (Allowance(per_day=100), False)
