"""The key of the page: shown once for a cookie."""

from pathlib import Path

from starlette.testclient import TestClient

from rest.served_library import KEY, client_of, code
from twinlens.rest.app import create_app
from twinlens.rest.gate.keys.sessions import SESSION_S
from twinlens.rest.settings import Settings

SIGNED_IN = {
    "key_needed": True,
    "is_valid": True,
    "max_top_k": 1000,
    "key_name": "default",
    "scopes": ["search", "curate", "index"],
    "signed_in": True,
    "read_only": False,
    "is_one_of_several": False,
    "favourites": "shared",
}
SIGNED_OUT = {**SIGNED_IN, "is_valid": False, "key_name": None, "scopes": [], "signed_in": False}


def test_the_page_exchanges_the_key_for_a_cookie_that_scripts_cannot_read(locked: TestClient) -> None:
    assert locked.get("/api/session").json() == SIGNED_OUT
    assert code(locked.post("/api/session", json={"key": "wrong"})) == "wrong_key"
    answer = locked.post("/api/session", json={"key": KEY})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert KEY not in cookie
    assert locked.get("/api/image/black.png").status_code == 200
    assert locked.get("/api/session").json() == SIGNED_IN
    locked.delete("/api/session")
    assert locked.get("/api/image/black.png").status_code == 401


def test_signing_out_ends_the_session_itself(locked: TestClient) -> None:
    locked.post("/api/session", json={"key": KEY})
    stolen = dict(locked.cookies)
    locked.post("/api/session", json={"key": KEY})
    own = dict(locked.cookies)
    locked.cookies.clear()
    locked.cookies.update(stolen)
    assert locked.delete("/api/session").status_code == 204
    for cookies, status in ((stolen, 401), (own, 200)):
        locked.cookies.clear()
        locked.cookies.update(cookies)
        assert locked.get("/api/stats").status_code == status


def test_a_session_goes_on_after_a_restart_and_one_that_was_ended_does_not(indexed: Path) -> None:
    settings = Settings(api_key=KEY)
    with client_of(indexed, settings) as client:
        client.post("/api/session", json={"key": KEY})
        kept = dict(client.cookies)
        client.post("/api/session", json={"key": KEY})
        ended = dict(client.cookies)
        client.delete("/api/session")
    for cookies, status in ((kept, 200), (ended, 401)):
        with client_of(indexed, settings) as client:
            client.cookies.update(cookies)
            assert client.get("/api/stats").status_code == status


def test_two_servers_of_one_host_do_not_sign_each_other_out(indexed: Path) -> None:
    with client_of(indexed, Settings(api_key=KEY)) as one, client_of(indexed, Settings(api_key="other-" + KEY)) as two:
        browser: dict[str, str] = {}
        for client, port, key in ((one, 5000, KEY), (two, 5001, "other-" + KEY)):
            client.post(f"http://localhost:{port}/api/session", json={"key": key})
            browser |= dict(client.cookies)
        assert len(browser) == 2
        for client, port in ((one, 5000), (two, 5001)):
            client.cookies.clear()
            cookies = "; ".join(f"{name}={value}" for name, value in browser.items())
            answer = client.get(f"http://localhost:{port}/api/stats", headers={"Cookie": cookies})
            assert answer.status_code == 200


def test_below_a_path_the_cookie_is_sent_to_that_path_only(indexed: Path) -> None:
    app = create_app(indexed, settings=Settings(api_key=KEY))
    with TestClient(app, root_path="/photos", base_url="http://localhost", client=("127.0.0.1", 1)) as client:
        cookie = client.post("/photos/api/session", json={"key": KEY}).headers["set-cookie"]
        assert "path=/photos/;" in cookie.lower()
        assert client.delete("/photos/api/session").headers["set-cookie"].split("=")[0] == cookie.split("=")[0]


def test_where_no_key_is_wanted_there_is_no_session(client: TestClient) -> None:
    open_to_all = {**SIGNED_IN, "key_needed": False, "key_name": None, "signed_in": False}
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
    assert (answer.json()["is_valid"], answer.json()["signed_in"], "set-cookie" in answer.headers) == (
        True,
        False,
        False,
    )
    assert code(locked.get("/api/session", headers={"X-API-Key": "wrong"})) == "wrong_key"


def test_the_page_is_told_how_much_it_may_ask_for(indexed: Path) -> None:
    with client_of(indexed, Settings(max_top_k=7)) as client:
        assert client.get("/api/session").json()["max_top_k"] == 7
