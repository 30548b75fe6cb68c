"""Who may ask: without a key, from another machine, from pages of other sites, too often."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from rest.served_library import KEY, client_of, code
from twinlens.rest import settings
from twinlens.rest.app import create_app
from twinlens.rest.gate.keys import wrong_keys
from twinlens.rest.gate.keys.keys import COOKIE
from twinlens.rest.gate.keys.wrong_keys import WRONG_KEYS_PER_MINUTE
from twinlens.rest.gate.limits.body_limit import KEY_BYTES
from twinlens.rest.settings import Settings

TEXT = {"query": "a dog"}


@pytest.fixture
def few_requests(monkeypatch: pytest.MonkeyPatch) -> int:
    """The usual limit of requests a minute, made small."""
    monkeypatch.setattr(settings, "REQUESTS_PER_MINUTE", 30)
    return 30


@pytest.mark.parametrize("path", ["/api/stats", "/api/image/black.png", "/api/image/black.png/thumbnail", "/metrics"])
def test_nothing_of_the_library_is_shown_without_the_key(locked: TestClient, path: str) -> None:
    answer = locked.get(path)
    assert (answer.status_code, code(answer)) == (401, "missing_key")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    for headers in ({"X-API-Key": KEY}, {"Authorization": f"Bearer {KEY}"}, {"authorization": f"bearer  {KEY}"}):
        assert locked.get(path, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "//api/stats",
        "/api/session/",
        "/static",
        "/docs/x",
        "/x/static/icon.svg",
        "/API/stats",
        "/later",
    ],
)
def test_only_what_is_named_is_shown_without_the_key(locked: TestClient, path: str) -> None:
    assert locked.get(path, follow_redirects=False).status_code == 401
    for shown in ("/", "/static/icon.svg"):
        assert locked.get(shown).status_code == 200


@pytest.mark.parametrize("is_mounted", [True, False])
def test_a_path_before_ours_takes_no_key_away(indexed: Path, is_mounted: bool) -> None:
    app = create_app(indexed, settings=Settings(api_key=KEY))
    outer = Starlette(routes=[Mount("/photos", app)], lifespan=lambda _: app.router.lifespan_context(app))
    options = {"base_url": "http://localhost", "client": ("127.0.0.1", 50000)}
    with TestClient(outer, **options) if is_mounted else TestClient(app, root_path="/photos", **options) as client:
        for path in ("api/image/black.png", "api/image/black.png/thumbnail", "api/stats", "metrics"):
            assert client.get(f"/photos/{path}").status_code == 401
        for path in ("", "health", "docs", "static/icon.svg", "api/session"):
            assert client.get(f"/photos/{path}").status_code in (200, 503)  # the model may still be loading
        large = client.post("/photos/api/session", content=b"x" * (KEY_BYTES + 1))
        assert (large.status_code, code(large)) == (413, "body_too_large")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": KEY + "x"},
        {"X-API-Key": KEY[:-1]},
        {"X-API-Key": KEY.upper()},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": "Bearer"},
        {"Cookie": f"{COOKIE}_80={KEY}"},
        {"Cookie": f"{COOKIE}_80=default.id.9999999999.{'0' * 64}"},
        {"Cookie": f"{COOKIE}_80=.."},
        {"Cookie": f"{COOKIE}_80=default.\xff.\xff"},
        {"X-API-Key": "\xff\xfe"},
    ],
)
def test_what_is_not_the_key_is_401(locked: TestClient, headers: dict[str, str]) -> None:
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    assert locked.get("/api/stats", headers=raw).status_code == 401


def test_probes_and_the_list_of_calls_need_no_key(locked: TestClient) -> None:
    for path in ("/health", "/readyz", "/docs", "/openapi.json"):
        assert locked.get(path).status_code == 200


@pytest.fixture
def not_slowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong keys are refused without delay."""
    monkeypatch.setattr(wrong_keys, "SLOWED_S", 0.0)


@pytest.mark.usefixtures("not_slowed")
def test_guessing_is_limited_and_the_right_key_works_all_the_same(locked: TestClient) -> None:
    assert locked.post("/api/session", json={"key": KEY}).status_code == 200
    cookie = dict(locked.cookies)
    locked.cookies.clear()
    guesses = [
        *(locked.get("/api/stats", headers={"X-API-Key": f"guess {n}"}) for n in range(WRONG_KEYS_PER_MINUTE)),
        locked.get("/api/stats", headers={"X-API-Key": "one more"}),
        locked.post("/api/session", json={"key": "one more"}),
        locked.get("/api/session", headers={"X-API-Key": "one more"}),
    ]
    assert guesses[0].status_code == 401
    for answer in guesses[-3:]:
        assert (answer.status_code, code(answer)) == (429, "too_many_wrong_keys")
        assert int(answer.headers["retry-after"]) > 0
    assert locked.get("/api/stats", headers={"X-API-Key": KEY}).status_code == 200
    assert locked.get("/api/session", headers={"X-API-Key": KEY}).json()["is_valid"] is True
    locked.cookies.update(cookie)
    assert locked.get("/api/stats").status_code == 200
    locked.cookies.clear()
    assert locked.post("/api/session", json={"key": KEY}).status_code == 200


@pytest.mark.usefixtures("not_slowed")
def test_wrong_keys_use_up_no_requests_of_others_at_the_address(few_requests: int, locked: TestClient) -> None:
    for n in range(few_requests + 20):
        locked.get("/api/stats", headers={"X-API-Key": f"guess {n}"})
        locked.post("/api/session", json={"key": f"guess {n}"})
    for path in ("/", "/health", "/static/icon.svg"):  # the page, before anybody has signed in
        assert locked.get(path).status_code == 200
    assert locked.post("/api/session", json={"key": KEY}).status_code == 200
    assert locked.get("/api/stats").status_code == 200


def test_requests_without_a_key_use_up_none_of_those_with_one(few_requests: int, locked: TestClient) -> None:
    answers = [locked.get("/health").status_code for _ in range(few_requests + 20)]
    assert answers[-1] == 429
    assert locked.get("/api/stats", headers={"X-API-Key": KEY}).status_code == 200
    assert locked.post("/api/session", json={"key": KEY}).status_code == 200
    answers = [locked.get("/health").status_code for _ in range(few_requests + 20)]
    assert answers[-1] == 429  # a key has its limit, too


def test_many_wrong_keys_are_answered_later(locked: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(wrong_keys.asyncio, "sleep", sleep)
    for n in range(WRONG_KEYS_PER_MINUTE + 3):
        locked.get("/api/stats", headers={"X-API-Key": f"guess {n}"})
    assert waited.count(wrong_keys.SLOWED_S) == 3


def test_a_server_without_a_key_answers_its_own_machine_only(indexed: Path) -> None:
    with client_of(indexed, address="203.0.113.7") as client:
        assert code(client.get("/api/stats")) == "not_exposed"
    with client_of(indexed, Settings(host="0.0.0.0", insecure=True), address="203.0.113.7") as client:
        assert client.get("/api/stats").status_code == 200


def test_a_name_that_is_allowed_lets_no_other_machine_in(indexed: Path) -> None:
    named = Settings(allowed_hosts=("photos.example.org",), trusted_proxies=("10.0.0.1",))
    for address in ("203.0.113.7", "10.0.0.1"):  # in this process no proxy has connected, whatever it is called
        with client_of(indexed, named, address=address) as client:
            answer = client.get("/api/stats", headers={"Host": "photos.example.org"})
            assert (answer.status_code, code(answer)) == (403, "not_exposed")


def test_pages_of_other_sites_can_neither_read_nor_set_off_anything(client: TestClient) -> None:
    for origin in ("https://evil.example", "null", "http://localhost.evil.example", "http://localhost:1@evil.example"):
        read = client.get("/api/stats", headers={"Origin": origin})
        assert "access-control-allow-origin" not in read.headers
        for path in ("/api/index", "/api/search/text"):
            answer = client.post(path, json=TEXT, headers={"Origin": origin})
            assert (answer.status_code, code(answer)) == (403, "origin_not_allowed")
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        assert client.options("/api/search/text", headers=asked).status_code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
def test_a_page_of_another_site_sets_nothing_off_with_or_without_the_cookie(
    locked: TestClient, method: str, origin: str
) -> None:
    locked.post("/api/session", json={"key": KEY})
    cookie = dict(locked.cookies)
    assert cookie
    for cookies in (cookie, {}):
        locked.cookies.clear()
        locked.cookies.update(cookies)
        for path in ("/api/session", "/api/index", "/api/favourites", "/nothing"):
            answer = locked.request(method, path, headers={"Origin": origin})
            assert (answer.status_code, code(answer)) == (403, "origin_not_allowed")
            assert "set-cookie" not in answer.headers
            assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_what_sets_nothing_off_is_answered_whatever_page_asks_and_only_the_browser_keeps_it_from_reading(
    locked: TestClient, origin: str
) -> None:
    assert locked.get("/api/stats", headers={"Origin": origin}).status_code == 401  # the key, not the origin
    locked.post("/api/session", json={"key": KEY})
    for method in ("GET", "HEAD"):
        answer = locked.request(method, "/api/stats", headers={"Origin": origin})
        assert answer.status_code == 200
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("origin", ["http://photos.example.org", "http://localhost:3000", None])
def test_our_own_page_and_programs_may_use_every_method(locked: TestClient, method: str, origin: str | None) -> None:
    answer = locked.request(method, "/api/session", headers={"Origin": origin} if origin else {})
    assert answer.status_code in (204, 405, 422)  # as the call itself says


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:8080", "http://localhost"])
def test_pages_of_this_machine_may_ask(client: TestClient, origin: str) -> None:
    answer = client.post("/api/search/text", json=TEXT, headers={"Origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    preflight = client.options("/api/search/text", headers=asked)
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "Content-Type" in preflight.headers["access-control-allow-headers"]
    failed = client.post("/api/search/text", json={}, headers={"Origin": origin})
    assert failed.headers["access-control-allow-origin"] == origin


def test_a_page_opened_from_a_file_may_ask_where_null_was_named(indexed: Path) -> None:
    with client_of(indexed, Settings(cors_origins=("null", "https://my.example"))) as client:
        for origin in ("null", "https://my.example"):
            answer = client.post("/api/search/text", json=TEXT, headers={"Origin": origin})
            assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


def test_no_cache_shows_one_page_what_another_was_told(client: TestClient) -> None:
    for headers in (
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:3000"},
        {"Host": "evil.example"},
    ):
        for path in ("/api/stats", "/api/image/black.png", "/nothing", "/"):
            assert "Origin" in client.get(path, headers=headers).headers["vary"]


@pytest.mark.parametrize(
    "behind",
    [
        Settings(api_key=KEY, allowed_hosts=("photos.example.org",), trusted_proxies=("127.0.0.1",)),
        Settings(api_key=KEY, trusted_proxies=("127.0.0.1",)),
        Settings(api_key=KEY, host="0.0.0.0"),
    ],
)
def test_callers_of_a_proxy_are_limited_and_people_at_the_machine_are_not(
    indexed: Path, behind: Settings, few_requests: int
) -> None:
    for address, status in (("203.0.113.7", 429), ("127.0.0.1", 200)):
        with client_of(indexed, behind, address=address) as client:
            answers = [client.get("/api/session").status_code for _ in range(few_requests + 20)]
        assert answers[-1] == status
        assert answers.count(200) >= few_requests


def test_a_proxy_that_is_not_trusted_is_one_client(indexed: Path, few_requests: int) -> None:
    with client_of(indexed, Settings(api_key=KEY, allowed_hosts=("photos.example.org",))) as client:
        answers = [client.get("/api/session").status_code for _ in range(few_requests + 20)]
    assert answers[-1] == 429


def test_too_many_requests_are_429_with_the_limit(indexed: Path) -> None:
    with client_of(indexed, Settings(requests_per_minute=5)) as client:
        answers = [client.get("/health") for _ in range(7)]
    assert [answer.status_code for answer in answers[-5:-1]].count(200) >= 1
    assert (answers[-1].status_code, code(answers[-1])) == (429, "too_many_requests")
    assert "5 requests per minute" in answers[-1].json()["error"]["message"]
    assert int(answers[-1].headers["retry-after"]) > 0
