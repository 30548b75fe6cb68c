"""Keys and sessions: what fits, until when, and how a request shows it."""

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from rest.served_library import KEY
from twinlens.rest.gate.keys import COOKIE, SESSION_S, KeyRing, shown_key, shown_session


def test_cookies_of_other_programs_sign_nobody_out(locked: TestClient) -> None:
    locked.post("/api/session", json={"key": KEY})
    token = locked.cookies[COOKIE]
    locked.cookies.clear()
    for other in ('{"a":[1]}=@', "a b=c", "ü=\xfc", 'x="', "=", "nothing", "[=]; path=/"):
        for cookies in (f"{other}; {COOKIE}={token}", f"{COOKIE}={token}; {other}"):
            assert locked.get("/api/stats", headers={"Cookie": cookies.encode("latin-1")}).status_code == 200


def test_a_session_ends_after_its_time_and_with_its_key() -> None:
    keys = KeyRing("one")
    token = keys.new_session(now=1000)
    assert keys.fits_session(token, now=1000 + SESSION_S - 1)
    assert not keys.fits_session(token, now=1000 + SESSION_S + 1)
    assert not KeyRing("two").fits_session(token, now=1000)
    expires, _, signature = token.partition(".")
    assert not keys.fits_session(f"{int(expires) + 1}.{signature}", now=1000)


@pytest.mark.parametrize(
    ("shown", "fits"), [("one", True), ("One", False), ("one ", False), ("on", False), ("", False), ("\udcff", False)]
)
def test_only_the_key_itself_fits(shown: str, fits: bool) -> None:
    assert KeyRing("one").fits(shown) is fits


def test_no_session_gives_the_key_away() -> None:
    assert "a-key-of-the-test-01" not in KeyRing("a-key-of-the-test-01").new_session()


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"X-API-Key": " k "}, "k"),
        ({"Authorization": "Bearer k"}, "k"),
        ({"Authorization": "BEARER  k "}, "k"),
        ({"X-API-Key": "a", "Authorization": "Bearer b"}, "a"),
        ({"Authorization": "Basic k"}, None),
        ({"Authorization": "Bearer "}, None),
        ({"Cookie": f"{COOKIE}=k"}, None),
        ({}, None),
    ],
)
def test_a_key_is_shown_in_one_of_two_headers(headers: dict[str, str], key: str | None) -> None:
    assert shown_key(Headers(headers)) == key


def test_a_session_is_shown_in_our_cookie_alone() -> None:
    assert shown_session(Headers({"cookie": f"other=1; {COOKIE}=token; more=2"})) == "token"
    assert shown_session(Headers({"cookie": "other=token"})) is None
    assert shown_session(Headers({})) is None
