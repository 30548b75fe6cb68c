"""Keys and cookies: what fits, and how a request shows it."""

from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from rest.served_library import KEY
from twinlens.rest.gate.keys.keys import COOKIE, Key, KeyRing, cookie_name, cookie_path, shown_key, shown_session


def scope_of(*, host: str = "localhost", port: int = 5000, root_path: str = "", cookie: str = "") -> dict[str, Any]:
    headers = [(b"host", host.encode()), (b"cookie", cookie.encode())]
    return {"type": "http", "server": ("127.0.0.1", port), "root_path": root_path, "headers": headers}


def test_cookies_of_other_programs_sign_nobody_out(locked: TestClient) -> None:
    locked.post("/api/session", json={"key": KEY})
    ((name, token),) = locked.cookies.items()
    locked.cookies.clear()
    for other in ('{"a":[1]}=@', "a b=c", "ü=\xfc", 'x="', "=", "nothing", "[=]; path=/"):
        for cookies in (f"{other}; {name}={token}", f"{name}={token}; {other}"):
            assert locked.get("/api/stats", headers={"Cookie": cookies.encode("latin-1")}).status_code == 200


@pytest.mark.parametrize(
    ("shown", "fits"), [("one", True), ("One", False), ("one ", False), ("on", False), ("", False), ("\udcff", False)]
)
def test_only_the_key_itself_fits(shown: str, fits: bool) -> None:
    ring = KeyRing([Key.of("a", "one"), Key.of("b", "two", ["search"])])
    found = ring.find(shown)
    assert (found is not None and found.name == "a") is fits
    two = ring.find("two")
    assert (two and two.name, two and two.scopes) == ("b", {"search"})


def test_no_key_is_in_what_a_log_may_show() -> None:
    key = Key.of("ana", "a-key-of-the-test-01")
    assert "a-key" not in repr(key)
    assert key.digest.hex() not in repr(key)


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"X-API-Key": " k "}, "k"),
        ({"Authorization": "Bearer k"}, "k"),
        ({"Authorization": "BEARER  k "}, "k"),
        ({"X-API-Key": "a", "Authorization": "Bearer b"}, "a"),
        ({"Authorization": "Basic k"}, None),
        ({"Authorization": "Bearer "}, None),
        ({"Cookie": f"{COOKIE}_5000=k"}, None),
        ({}, None),
    ],
)
def test_a_key_is_shown_in_one_of_two_headers(headers: dict[str, str], key: str | None) -> None:
    assert shown_key(Headers(headers)) == key


def test_a_session_is_shown_in_our_cookie_alone() -> None:
    assert shown_session(scope_of(cookie=f"other=1; {COOKIE}_5000=token; more=2")) == "token"
    assert shown_session(scope_of(cookie=f"{COOKIE}=token; {COOKIE}_5001=token")) is None
    assert shown_session({**scope_of(), "headers": []}) is None


def test_each_server_of_a_host_has_a_cookie_of_its_own() -> None:
    servers = [
        scope_of(),
        scope_of(port=5001),
        scope_of(host="localhost:8443"),  # through a proxy, or a tunnel
        scope_of(root_path="/photos"),
        scope_of(root_path="/photos/work"),
        scope_of(port=5001, root_path="/photos"),
    ]
    assert len({cookie_name(one) for one in servers}) == len(servers)
    assert cookie_name(scope_of(host="localhost:5000")) == cookie_name(scope_of())
    assert [cookie_path(one) for one in servers[2:5]] == ["/", "/photos/", "/photos/work/"]
