"""The key of the page: shown once for a cookie."""

from pathlib import Path

from starlette.testclient import TestClient

from rest.served_library import KEY, client_of, code
from twinlens.rest.gate.keys import SESSION_S
from twinlens.rest.settings import Settings


def test_the_page_exchanges_the_key_for_a_cookie_that_scripts_cannot_read(locked: TestClient) -> None:
    assert locked.get("/api/session").json() == {"key_needed": True, "is_valid": False, "max_top_k": 1000}
    assert code(locked.post("/api/session", json={"key": "wrong"})) == "wrong_key"
    answer = locked.post("/api/session", json={"key": KEY})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert KEY not in cookie
    assert locked.get("/api/image/black.png").status_code == 200
    assert locked.get("/api/session").json() == {"key_needed": True, "is_valid": True, "max_top_k": 1000}
    locked.delete("/api/session")
    assert locked.get("/api/image/black.png").status_code == 401


def test_where_no_key_is_wanted_there_is_no_session(client: TestClient) -> None:
    open_to_all = {"key_needed": False, "is_valid": True, "max_top_k": 1000}
    assert client.get("/api/session").json() == open_to_all
    answer = client.post("/api/session", json={"key": "any"})
    assert (answer.json(), "set-cookie" in answer.headers) == (open_to_all, False)


def test_the_cookie_lives_as_long_as_its_session_and_stays_on_safe_lines(locked: TestClient) -> None:
    for scheme, is_secure in (("http", False), ("https", True)):
        answer = locked.post(f"{scheme}://photos.example.org/api/session", json={"key": KEY})
        cookie = answer.headers["set-cookie"].lower()
        assert f"max-age={SESSION_S}" in cookie
        assert ("secure" in cookie) is is_secure


def test_a_key_in_a_header_is_told_as_valid_and_gets_no_cookie(locked: TestClient) -> None:
    answer = locked.get("/api/session", headers={"X-API-Key": KEY})
    assert (answer.json()["is_valid"], "set-cookie" in answer.headers) == (True, False)
    assert code(locked.get("/api/session", headers={"X-API-Key": "wrong"})) == "wrong_key"


def test_the_page_is_told_how_much_it_may_ask_for(indexed: Path) -> None:
    with client_of(indexed, Settings(max_top_k=7)) as client:
        assert client.get("/api/session").json()["max_top_k"] == 7
